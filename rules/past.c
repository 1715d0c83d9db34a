#include "rules/past.h"

static void add(const struct history_load *load, double number, struct outcome_past *past,
                size_t *n)
{
    past[(*n)++] = (struct outcome_past){.load = load->load,
                                         .has_as_of = load->has_as_of,
                                         .as_of_us = load->as_of_us,
                                         .number = number};
}

void past_of_call(const struct history *history, const struct history_outcome *call,
                  struct arena *arena, struct outcome *outcome)
{
    struct outcome_past *past = arena_calloc(arena, HISTORY_MAX_LOADS, sizeof(*past));
    for (size_t i = 0; i < call->n_loads; i++)
        add(&history->loads[call->loads[i]], call->numbers[i], past, &outcome->n_past);
    outcome->past = past;
}

void past_of_series(const struct history *history, const struct history_series *series,
                    struct arena *arena, struct outcome *outcome)
{
    if (series == NULL)
        return;
    struct outcome_past *past = arena_calloc(arena, HISTORY_MAX_LOADS, sizeof(*past));
    uint32_t usable = series->known & ~series->null;
    for (size_t i = 0; i < history->n_loads; i++)
        if ((usable >> i & 1) != 0)
            add(&history->loads[i], series->values[i], past, &outcome->n_past);
    outcome->past = past;
}
