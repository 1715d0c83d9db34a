/*
 * Random measures over random expressions on random rows of every type, held to the row-at-a-time
 * reference.
 */
#include "tests/unit/random_measures.h"

#include <math.h>

static void check_double(const struct measure *measure, double value,
                         const struct reference_result *expected)
{
    double wanted = expected->value.f64;
    bool is_sum = measure->aggregate == AGG_SUM || measure->aggregate == AGG_MEAN;
    bool is_rounded = is_sum || measure->aggregate == AGG_STDDEV;
    if (value == wanted || (isnan(value) && isnan(wanted)))
        return;
    /* Doubles overflow where the wider reference does not. */
    if (is_sum && !isfinite(value) && !(expected->magnitude < 1e307))
        return;
    if (measure->aggregate == AGG_STDDEV && !(wanted < 1e150))
        return;
    is_rounded |= measure->aggregate >= AGG_KS;
    double allowed = is_rounded ? 1e-9 * fabs(wanted) : 1e-12 * fabs(wanted);
    if (is_sum)
        allowed += expected->magnitude * 1e-28;
    if (measure->aggregate == AGG_EMD)
        allowed += expected->magnitude * 1e-14;
    if (measure->aggregate == AGG_STDDEV || measure->aggregate >= AGG_KS)
        allowed += 1e-9;
    if (!(fabs(value - wanted) <= allowed))
        fail_msg("aggregate %d is %.17g, not %.17g", (int)measure->aggregate, value, wanted);
}

static void check_value(const struct measure *measure, const struct value *value,
                        uint64_t scope_rows, const struct reference_result *expected)
{
    if (scope_rows != expected->scope_rows)
        fail_msg("aggregate %d has %lu rows in scope, not %lu", (int)measure->aggregate,
                 (unsigned long)scope_rows, (unsigned long)expected->scope_rows);
    if (value->is_null != expected->value.is_null)
        fail_msg("aggregate %d is %s, not %s", (int)measure->aggregate, shown(*value),
                 shown(expected->value));
    if (value->is_null)
        return;
    assert_int_equal(value->type, expected->value.type);
    if (value->type == VALUE_DOUBLE)
        check_double(measure, value->f64, expected);
    else if (!reference_same(value, &expected->value))
        fail_msg("aggregate %d is %s, not %s", (int)measure->aggregate, shown(*value),
                 shown(expected->value));
}

/* Values of the by-columns of some row of the segment, found by its text. */
static void check_segment(const struct measure *measure, const struct table *old_table,
                          const struct table *new_table, const struct measure_result *result,
                          const struct value *by)
{
    struct value values[MEASURE_MAX_BY];
    char text[400];
    size_t len = 0;
    const struct schema *schema = new_table->reference.schema;
    for (size_t i = 0; i < measure->n_by; i++) {
        values[i] = by[measure->by[i]];
        bool quote = !values[i].is_null && values[i].type == VALUE_TEXT &&
                     (values[i].text.len == 0 ||
                      memchr(values[i].text.bytes, '=', values[i].text.len) != NULL ||
                      (values[i].text.len == 4 && values[i].text.bytes[0] == 'N'));
        const char *shown_value = shown(values[i]);
        if (quote && values[i].text.len == 7)
            shown_value = "a,b=\"\"c\"\"";
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s%s%s", i > 0 ? ", " : "",
                                schema->columns[measure->by[i]].name, quote ? "\"" : "",
                                shown_value, quote ? "\"" : "");
    }
    for (size_t s = 0; s < result->n_segments; s++)
        if (strcmp(result->segments[s].text, text) == 0) {
            struct reference_result expected =
                reference_measure(measure, &old_table->reference, &new_table->reference, values);
            check_value(measure, &result->values[s], result->scope_rows[s], &expected);
            return;
        }
    /* Equal numerics have one text, that of the shortest form. */
    for (size_t i = 0; i < measure->n_by; i++)
        if (values[i].type == VALUE_NUMERIC || values[i].type == VALUE_DOUBLE)
            return;
    fail_msg("there is no segment %s", text);
}

static void check_measure(const struct measure *measure, const struct table *old_table,
                          const struct table *new_table, const struct measure_result *result)
{
    if (measure->n_by == 0) {
        struct reference_result expected =
            reference_measure(measure, &old_table->reference, &new_table->reference, NULL);
        assert_int_equal(result->n_segments, 1);
        assert_null(result->segments);
        check_value(measure, &result->values[0], result->scope_rows[0], &expected);
        return;
    }
    const struct reference_table *sides[] = {&old_table->reference, &new_table->reference};
    for (size_t k = 0; k < 4; k++) {
        const struct reference_table *side = sides[k % 2];
        if (side->n_rows > 0)
            check_segment(measure, old_table, new_table, result,
                          side->values + random_below(side->n_rows) * side->schema->n_columns);
    }
    uint64_t old_rows = 0;
    uint64_t new_rows = 0;
    for (size_t s = 0; s < result->n_segments; s++) {
        old_rows += result->segments[s].old_rows;
        new_rows += result->segments[s].new_rows;
        assert_false(result->segments[s].is_rest);
        if (s > 0)
            assert_true(strcmp(result->segments[s - 1].text, result->segments[s].text) < 0);
    }
    assert_int_equal(old_rows, old_table->reference.n_rows);
    assert_int_equal(new_rows, new_table->reference.n_rows);
}

static void check_mixture(const struct mixture *mixture, size_t n_measures)
{
    const struct schema *schema =
        make_schema(&arena,
                    "id bigint, b boolean, i integer, l bigint, r real?, d double?, n numeric?, "
                    "t text, day date?, at timestamptz?, u uuid",
                    1);
    struct table old_table;
    struct table new_table;
    random_tables(schema, mixture, &old_table, &new_table);
    struct measure *measures = arena_calloc(&arena, n_measures, sizeof(*measures));
    for (size_t i = 0; i < n_measures; i++)
        measures[i] = random_measure(schema, AGG_SPEARMAN);
    struct diff_result result =
        run_measures(old_table.packed, new_table.packed, measures, n_measures, &arena);
    struct row_counts counts = reference_counts(&old_table.reference, &new_table.reference);
    assert_memory_equal(&result.counts, &counts, sizeof(counts));
    for (size_t i = 0; i < n_measures; i++)
        check_measure(&measures[i], &old_table, &new_table, &result.measures[i]);
    free_round(&old_table, &new_table);
}

static void random_measures_are_those_of_the_reference(void **state)
{
    (void)state;
    for (size_t round = 0; round < 12; round++)
        check_mixture(&(struct mixture){.n_keys = 50 + random_below(900),
                                        .alone = 2 + random_below(30),
                                        .changed = 1 + random_below(10),
                                        .twice = 10 + random_below(100)},
                      150);
}

static void runs_longer_than_a_slice_are_no_different(void **state)
{
    (void)state;
    check_mixture(&(struct mixture){.n_keys = 3500, .alone = 500, .changed = 3, .twice = 100000},
                  120);
}

static void nothing_on_either_side_is_no_different(void **state)
{
    (void)state;
    check_mixture(&(struct mixture){.n_keys = 0, .alone = 1, .changed = 1, .twice = 10}, 60);
    check_mixture(&(struct mixture){.n_keys = 5, .alone = 1, .changed = 1, .twice = 10}, 60);
    check_mixture(&(struct mixture){.n_keys = 1, .alone = 2, .changed = 1, .twice = 10}, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_measures_are_those_of_the_reference),
        cmocka_unit_test(runs_longer_than_a_slice_are_no_different),
        cmocka_unit_test(nothing_on_either_side_is_no_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
