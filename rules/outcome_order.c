#include "rules/outcome_order.h"

#include "rules/rule.h"

static int rank(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_FINDING:
        return ACTION_BLOCK - (int)outcome->action;
    case OUTCOME_ERROR:
        return N_ACTIONS;
    case OUTCOME_NOT_APPLICABLE:
        return N_ACTIONS + 1;
    default:
        return N_ACTIONS + 2;
    }
}

struct outcome *outcomes_sort(const struct outcome *outcomes, size_t n, struct arena *arena)
{
    struct outcome *sorted = arena_calloc(arena, n, sizeof(*sorted));
    size_t n_sorted = 0;
    for (int r = 0; r <= N_ACTIONS + 2; r++) {
        for (size_t i = 0; i < n; i++) {
            if (rank(&outcomes[i]) == r)
                sorted[n_sorted++] = outcomes[i];
        }
    }
    return sorted;
}
