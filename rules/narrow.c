/* Leaves out segmentations by columns that a sample shows to be no categories. */
#include <string.h>

#include "rules/compiled.h"

#define SAMPLE_BLOCKS 4

static void free_values(struct value_set **set)
{
    value_set_free(*set);
}

/* Adds the values of a text column in a block; stops once there are too many. */
static enum error_code add_values(const struct column *column, size_t n_rows,
                                  struct value_set *values, struct error *err)
{
    for (size_t row = 0; row < n_rows && value_set_size(values) <= CATEGORY_MAX; row++) {
        struct value value = {.type = VALUE_TEXT};
        if (column_is_null(column, row))
            continue;
        value.text.bytes = column_text(column, row, &value.text.len);
        TRY(value_set_add(values, &value, err));
    }
    return OK;
}

/* Samples blocks that are spread over a snapshot. */
static enum error_code sample(struct packed *packed, size_t column, struct arena *arena,
                              struct value_set *values, struct error *err)
{
    const struct schema *schema = packed_schema(packed);
    struct column *columns = arena_calloc(arena, schema->n_columns, sizeof(*columns));
    size_t n_blocks = packed_blocks(packed);
    size_t step = n_blocks < SAMPLE_BLOCKS ? 1 : n_blocks / SAMPLE_BLOCKS;
    for (size_t i = 0; i < n_blocks && value_set_size(values) <= CATEGORY_MAX; i += step) {
        struct batch batch;
        TRY(packed_block(packed, i, columns, &batch, err));
        TRY(add_values(&batch.columns[column], batch.n_rows, values, err));
    }
    return OK;
}

/* Whether the column surely has too many values on one side. */
static enum error_code is_hopeless(struct packed *const *sides, size_t column, struct arena *arena,
                                   bool *ret_hopeless, struct error *err)
{
    bool hopeless = false;
    for (size_t i = 0; i < 2 && !hopeless; i++) {
        struct value_set *values CLEANUP(free_values) = NULL;
        if (sides[i] == NULL || packed_rows(sides[i]) == 0)
            continue;
        TRY(value_set_new(VALUE_TEXT, &values, err));
        TRY(sample(sides[i], column, arena, values, err));
        hopeless = value_set_size(values) > CATEGORY_MAX;
    }
    *ret_hopeless = hopeless;
    return OK;
}

/* Marks the measures of a check, and those that tell whether they had a value before. */
static void mark(const struct rule_set *set, const struct check *check, bool *marks)
{
    for (size_t i = 0; i < check->n_actions; i++) {
        const struct condition *condition = &check->actions[i].condition;
        for (size_t j = 0; j < condition->n_slots; j++) {
            size_t mirror = set->mirrors[condition->slots[j]];
            marks[condition->slots[j]] = true;
            if (mirror != PLAN_NO_MEASURE)
                marks[mirror] = true;
        }
    }
}

/* Whether the check segments by a column only if it is a category. */
static bool is_conditional(const struct check *check)
{
    for (size_t i = 0; i < check->n_categories; i++) {
        if (check->n_by == 1 && check->categories[i].column == check->by[0])
            return true;
    }
    return false;
}

enum error_code rule_set_plan_for(const struct rule_set *set, struct packed *old_snapshot,
                                  struct packed *new_snapshot, struct arena *arena,
                                  struct measure_plan *ret_plan, struct error *err)
{
    const struct schema *schema = set->plan.schema;
    struct packed *sides[2] = {old_snapshot, new_snapshot};
    size_t n = set->plan.n_measures;
    struct measure *measures = arena_calloc(arena, n, sizeof(*measures));
    bool *wanted = arena_calloc(arena, n, sizeof(*wanted));
    bool *hopeless = arena_calloc(arena, schema->n_columns, sizeof(*hopeless));
    memcpy(measures, set->plan.measures, n * sizeof(*measures));
    for (size_t i = 0; i < set->n_checks; i++) {
        const struct check *check = &set->checks[i];
        if (check->n_by > 0 && !is_conditional(check))
            mark(set, check, wanted);
        else if (check->n_by > 0)
            hopeless[check->by[0]] = schema->columns[check->by[0]].type == TYPE_TEXT;
    }
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (hopeless[i])
            TRY(is_hopeless(sides, i, arena, &hopeless[i], err));
    }
    for (size_t i = 0; i < n; i++) {
        if (measures[i].n_by == 1 && hopeless[measures[i].by[0]] && !wanted[i])
            measures[i].n_by = 0;
    }
    *ret_plan = (struct measure_plan){.schema = schema, .measures = measures, .n_measures = n};
    return OK;
}
