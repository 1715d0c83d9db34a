#include "report/drawing_json.h"

#include "report/values.h"

static json_t *finished(json_t *json, int failed)
{
    if (failed == 0)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static const char *kind_name(enum bin_kind kind)
{
    static const char *const names[] = {
        [BIN_VALUE] = "value", [BIN_RANGE] = "range",   [BIN_BELOW] = "below",
        [BIN_ABOVE] = "above", [BIN_OTHERS] = "others", [BIN_NULL] = "null",
        [BIN_NAN] = "nan"};
    return names[kind];
}

static const char *scale_name(enum distribution_scale scale)
{
    static const char *const names[] = {
        [SCALE_CATEGORIES] = "categories", [SCALE_LINEAR] = "linear", [SCALE_LOG] = "log"};
    return names[scale];
}

static json_t *bin_json(const struct bin *bin)
{
    json_t *object = json_object();
    int failed = values_set(object, "kind", json_string(kind_name(bin->kind)));
    failed |= values_set(object, "label", values_text_json(bin->label));
    failed |= values_set(object, "old", count_json(bin->old_rows));
    failed |= values_set(object, "new", count_json(bin->new_rows));
    return finished(object, failed);
}

static json_t *bins_json(const struct bin *bins, size_t n)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < n; i++)
        failed |= json_array_append_new(array, bin_json(&bins[i]));
    return finished(array, failed);
}

static json_t *distribution_json(const struct distribution *distribution)
{
    if (distribution == NULL)
        return json_null();
    const struct {
        const char *name;
        uint64_t rows;
    } members[] = {{"old_rows", distribution->old_rows},   {"new_rows", distribution->new_rows},
                   {"old_nulls", distribution->old_nulls}, {"new_nulls", distribution->new_nulls},
                   {"old_nans", distribution->old_nans},   {"new_nans", distribution->new_nans}};
    json_t *object = json_object();
    int failed = values_set(object, "scale", json_string(scale_name(distribution->scale)));
    failed |= values_set(object, "bins", bins_json(distribution->bins, distribution->n_bins));
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        failed |= values_set(object, members[i].name, count_json(members[i].rows));
    return finished(object, failed);
}

static json_t *row_json(const uint64_t *rows, size_t n)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < n; i++)
        failed |= json_array_append_new(array, count_json(rows[i]));
    return finished(array, failed);
}

static json_t *transitions_json(const struct transitions *transitions)
{
    if (transitions == NULL)
        return json_null();
    size_t n = transitions->n_groups;
    json_t *groups = json_array();
    json_t *rows = json_array();
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        failed |= json_array_append_new(groups, values_text_json(transitions->groups[i].label));
        failed |= json_array_append_new(rows, row_json(&transitions->rows[i * n], n));
    }
    json_t *object = json_object();
    failed |= values_set(object, "groups", groups);
    failed |= values_set(object, "rows", rows);
    failed |= values_set(object, "kept", count_json(transitions->kept));
    failed |= values_set(object, "changed", count_json(transitions->changed));
    return finished(object, failed);
}

json_t *drawing_json(const struct schema *schema, const struct report_drawing *drawing,
                     const struct example_columns *columns, size_t *budget_bytes)
{
    if (drawing == NULL || drawing->column == NULL)
        return json_null();
    json_t *object = json_object();
    int failed = values_set(object, "column", values_text_json(drawing->column));
    failed |= values_set(object, "distribution", distribution_json(drawing->distribution));
    failed |= values_set(object, "transitions", transitions_json(drawing->transitions));
    failed |=
        values_set(object, "worst", examples_json(schema, columns, &drawing->worst, budget_bytes));
    return finished(object, failed);
}
