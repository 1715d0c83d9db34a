#include "diff/accumulator.h"

#include <math.h>
#include <stdlib.h>

static const struct accumulator_class *class_of(enum aggregate aggregate)
{
    switch (aggregate) {
    case AGG_SUM:
    case AGG_MEAN:
        return &sum_class;
    case AGG_STDDEV:
        return &moments_class;
    case AGG_MIN:
    case AGG_MAX:
        return &extreme_class;
    case AGG_QUANTILE:
        return &quantile_class;
    case AGG_DISTINCT:
        return &distinct_class;
    case AGG_TOP_SHARE:
        return &top_share_class;
    case AGG_ARRIVALS:
        return &arrivals_class;
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
        return &drift_class;
    case AGG_OVERLAP:
        return &overlap_class;
    case AGG_SPEARMAN:
        return &spearman_class;
    default:
        return &count_class;
    }
}

enum error_code accumulator_init(struct accumulator *acc, const struct measure *measure,
                                 enum value_type arg_type, size_t n_segments,
                                 struct accumulator *source, struct error *err)
{
    *acc = (struct accumulator){.class = class_of(measure->aggregate),
                                .aggregate = measure->aggregate,
                                .arg_type = arg_type,
                                .parameter = measure->parameter,
                                .source = source,
                                .n_segments = n_segments};
    if (source != NULL)
        source->wants_sums |= measure->aggregate == AGG_EMD;
    acc->wants_sums = measure->aggregate == AGG_EMD;
    if (source != NULL)
        return OK;
    acc->scope_rows = calloc(n_segments + 1, sizeof(*acc->scope_rows));
    if (acc->scope_rows == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the measures");
    return acc->class->start(acc, err);
}

enum error_code accumulator_new_state(struct accumulator *acc, size_t size, struct error *err)
{
    acc->state = calloc(acc->n_segments + 1, size);
    if (acc->state == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the measures");
    return OK;
}

void accumulator_release(struct accumulator *acc)
{
    if (acc->class != NULL && acc->state != NULL && acc->class->release != NULL)
        acc->class->release(acc);
    free(acc->scope_rows);
    free(acc->state);
    *acc = (struct accumulator){0};
}

size_t accumulator_share(const struct accumulator *acc, size_t budget, size_t least, size_t most)
{
    size_t share = budget / (acc->n_segments > 0 ? acc->n_segments : 1);
    if (share < least)
        return least;
    return share > most ? most : share;
}

static void count_scope(struct accumulator *acc, const struct intake *in)
{
    if (in->segments == NULL) {
        acc->scope_rows[0] += in->select == NULL ? in->n : mask_count(in->select, in->n);
        return;
    }
    for (size_t i = 0; i < in->n; i++)
        acc->scope_rows[in->segments[i]] += in->select == NULL || in->select[i] != 0;
}

bool accumulator_wants_sample(const struct accumulator *acc)
{
    return acc->class->sample != NULL && acc->source == NULL;
}

enum error_code accumulator_sample(struct accumulator *acc, const struct intake *in,
                                   struct error *err)
{
    return acc->class->sample(acc, in, err);
}

enum error_code accumulator_end_sample(struct accumulator *acc, struct error *err)
{
    return acc->class->end_sample(acc, err);
}

enum error_code accumulator_take(struct accumulator *acc, const struct intake *in,
                                 struct error *err)
{
    if (acc->pass == 0 && in->has_side[SIDE_NEW])
        count_scope(acc, in);
    return acc->class->take(acc, in, err);
}

enum error_code accumulator_end_pass(struct accumulator *acc, bool *ret_again, struct error *err)
{
    *ret_again = false;
    if (acc->class->end_pass != NULL)
        TRY(acc->class->end_pass(acc, ret_again, err));
    acc->pass++;
    return OK;
}

static void keep_text(struct value *value, struct arena *arena)
{
    if (!value->is_null && value_type_is_text(value->type))
        value->text.bytes = arena_strndup(arena, value->text.bytes, value->text.len);
}

/* A bound that is as large as the value says no more than that it is. */
static void find_errors(const struct accumulator *acc, const struct value *values,
                        struct measure_result *ret_result)
{
    if (acc->class->relative_error != NULL)
        ret_result->relative_error = acc->class->relative_error(acc);
    for (size_t i = 0; acc->class->absolute_error != NULL && i < acc->n_segments; i++) {
        double error = acc->class->absolute_error(acc, i);
        double size = values[i].is_null ? 0 : fabs(values[i].f64);
        double relative = error == 0 ? 0 : error < size ? error / size : 1;
        if (error > ret_result->absolute_error)
            ret_result->absolute_error = error;
        if (relative > ret_result->relative_error)
            ret_result->relative_error = relative;
    }
}

void accumulator_result(const struct accumulator *acc, struct arena *arena,
                        struct measure_result *ret_result)
{
    size_t n = acc->n_segments;
    bool has_about = acc->aggregate == AGG_ARRIVALS || acc->aggregate == AGG_TOP_SHARE;
    struct value *values = arena_calloc(arena, n + 1, sizeof(*values));
    struct value *about = arena_calloc(arena, n + 1, sizeof(*about));
    uint64_t *scope_rows = arena_calloc(arena, n + 1, sizeof(*scope_rows));
    const struct accumulator *counted = acc->source != NULL ? acc->source : acc;
    for (size_t i = 0; i < n; i++) {
        values[i] = (struct value){.type = VALUE_DOUBLE, .is_null = true};
        about[i] = (struct value){.type = acc->arg_type, .is_null = true};
        acc->class->result(acc, i, &values[i], &about[i]);
        keep_text(&values[i], arena);
        keep_text(&about[i], arena);
        scope_rows[i] = counted->scope_rows[i];
    }
    ret_result->n_segments = n;
    ret_result->values = values;
    ret_result->scope_rows = scope_rows;
    ret_result->arrived_at = has_about ? about : NULL;
    find_errors(acc, values, ret_result);
}
