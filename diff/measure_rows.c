#include "diff/measure_rows.h"

static const struct measure_rows new_rows = {
    .kinds = ROWS_OF_NEW, .binding = BIND_ROWS, .segment_side = SIDE_NEW};
static const struct measure_rows old_rows = {
    .kinds = ROWS_OF_OLD, .binding = BIND_OLD, .segment_side = SIDE_OLD};
static const struct measure_rows kept_rows = {
    .kinds = ROWS_BIT(ROWS_KEPT), .binding = BIND_ROWS, .segment_side = SIDE_OLD};

static const struct measure_rows both_sides = {
    .kinds = ROWS_OF_EITHER, .binding = BIND_ROWS, .segment_side = SIDE_NEW};

static struct measure_rows only(struct measure_rows rows, enum row_kind kind)
{
    rows.kinds = ROWS_BIT(kind);
    return rows;
}

struct measure_rows measure_rows(const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_ROWS:
        return new_rows;
    case AGG_OLD_ROWS:
        return old_rows;
    case AGG_ADDED:
        return only(new_rows, ROWS_ADDED);
    case AGG_REMOVED:
        return only(old_rows, ROWS_REMOVED);
    case AGG_DUPLICATES:
        return only(new_rows, ROWS_DUPLICATE);
    case AGG_KEPT:
    case AGG_ARRIVALS:
    case AGG_SPEARMAN:
        return kept_rows;
    default:
        break;
    }
    if (aggregate_has_two_sides(measure->aggregate))
        return both_sides;
    if (measure->scope == SCOPE_KEPT)
        return kept_rows;
    return measure->scope == SCOPE_OLD ? old_rows : new_rows;
}

bool aggregate_has_no_arg(enum aggregate aggregate)
{
    return aggregate <= AGG_DUPLICATES;
}

bool aggregate_is_drift(enum aggregate aggregate)
{
    return aggregate >= AGG_KS && aggregate <= AGG_SPEARMAN;
}

bool aggregate_has_two_sides(enum aggregate aggregate)
{
    return aggregate >= AGG_KS && aggregate <= AGG_OVERLAP;
}

static uint32_t add_optional(struct program *program, const struct expr *expr, enum binding binding)
{
    return expr == NULL ? PROGRAM_NONE : program_add(program, expr, binding);
}

/* STDDEV and QUANTILE are computed in doubles, as are sums and orders of numerics. */
static uint32_t add_arg(struct program *program, const struct measure *measure,
                        enum binding binding)
{
    uint32_t arg = program_add(program, measure->arg, binding);
    enum value_type type = program->nodes[arg].type;
    bool is_sum = measure->aggregate == AGG_SUM || measure->aggregate == AGG_MEAN;
    bool is_ordered = aggregate_is_drift(measure->aggregate);
    bool in_doubles = measure->aggregate == AGG_STDDEV || measure->aggregate == AGG_QUANTILE ||
                      ((is_sum || is_ordered) && type == VALUE_NUMERIC);
    return in_doubles ? program_add_double(program, arg) : arg;
}

struct measure_nodes measure_add_nodes(const struct measure *measure, struct program *program)
{
    enum binding binding = measure_rows(measure).binding;
    struct measure_nodes nodes = {PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE,
                                  PROGRAM_NONE};
    uint32_t filter = add_optional(program, measure->filter, binding);
    nodes.select = add_optional(program, measure->where, binding);
    if (!aggregate_has_no_arg(measure->aggregate))
        nodes.arg = add_arg(program, measure, binding);
    if (measure->aggregate == AGG_ARRIVALS) {
        nodes.old = program_add(program, measure->arg, BIND_OLD);
        nodes.moved = program_add_is_distinct(program, nodes.arg, nodes.old);
        nodes.moved = program_add_and(program, nodes.moved, filter);
        nodes.moved = program_add_and(program, nodes.moved, nodes.select);
    } else {
        nodes.select = program_add_and(program, nodes.select, filter);
    }
    if (aggregate_is_drift(measure->aggregate))
        nodes.old = add_arg(program, measure, BIND_OLD);
    if (aggregate_has_two_sides(measure->aggregate))
        nodes.old_select = program_add_and(program, add_optional(program, measure->where, BIND_OLD),
                                           add_optional(program, measure->filter, BIND_OLD));
    return nodes;
}
