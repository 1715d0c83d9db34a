#include <string.h>

#include "base/clock.h"
#include "report/drawing_json.h"
#include "report/examples.h"
#include "report/report.h"
#include "report/values.h"
#include "rules/figure.h"

static json_t *time_json(bool known, int64_t unix_us)
{
    char text[CLOCK_TEXT_BYTES];
    return known ? json_string(clock_format_rfc3339(unix_us, text)) : json_null();
}

static json_t *id_json(int64_t id)
{
    return id == 0 ? json_null() : json_integer(id);
}

/* The array itself, or NULL after freeing it if something could not be put into it. */
static json_t *finished(json_t *json, int failed)
{
    if (failed == 0)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *rows_json(const struct row_counts *counts)
{
    const struct {
        const char *name;
        uint64_t rows;
    } members[] = {{"old", counts->old_rows},
                   {"new", counts->new_rows},
                   {"kept", counts->kept},
                   {"added", counts->added},
                   {"removed", counts->removed},
                   {"changed", counts->changed},
                   {"duplicates", counts->duplicates}};
    json_t *object = json_object();
    int failed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        failed |=
            json_object_set_new(object, members[i].name, json_integer((json_int_t)members[i].rows));
    return finished(object, failed);
}

static json_t *column_names_json(const struct schema *schema, const size_t *columns, size_t n)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < n; i++)
        failed |= json_array_append_new(array, values_text_json(schema->columns[columns[i]].name));
    return finished(array, failed);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether the measure reads best as a percentage. */
static bool is_share(const struct outcome *outcome, const struct outcome_measure *measure)
{
    if (measure->value.type != VALUE_DOUBLE)
        return false;
    return (outcome->has_limit && outcome->limit_is_percentage && outcome->n_measures == 1) ||
           starts_with(measure->text, "share(") || starts_with(measure->text, "arrivals(") ||
           starts_with(measure->text, "top_share(");
}

static json_t *measure_json(const struct outcome *outcome, const struct outcome_measure *measure)
{
    char text[FIGURE_TEXT_BYTES];
    json_t *object = json_object();
    int failed = values_set(object, "measure", values_text_json(measure->text));
    failed |= values_set(object, "value", values_json(&measure->value, 0));
    figure_text(&measure->value, is_share(outcome, measure), 0, text);
    failed |= values_set(object, "text", values_text_json(text));
    if (measure->has_arrived_at)
        failed |= values_set(object, "arrived_at", values_json(&measure->arrived_at, 0));
    if (measure->relative_error != 0)
        failed |= values_set(object, "relative_error", json_real(measure->relative_error));
    return finished(object, failed);
}

static json_t *measures_json(const struct outcome *outcome)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < outcome->n_measures; i++)
        failed |= json_array_append_new(array, measure_json(outcome, &outcome->measures[i]));
    return finished(array, failed);
}

/* What findings and other outcomes have in common. */
static int set_common(json_t *object, const struct outcome *outcome)
{
    int failed = values_set(object, "rule", values_text_json(outcome->rule));
    failed |= values_set(object, "action", json_string(action_name(outcome->action)));
    failed |= values_set(object, "segment", values_text_json(outcome->segment));
    failed |= values_set(object, "condition", values_text_json(outcome->condition));
    failed |= values_set(object, "column", values_text_json(outcome->column));
    failed |= values_set(object, "measures", measures_json(outcome));
    failed |= values_set(object, "basis", values_text_json(outcome->basis));
    failed |= values_set(object, "loads", json_integer((json_int_t)outcome->n_loads));
    failed |= values_set(object, "because", values_text_json(outcome->because));
    failed |= values_set(object, "sentence", values_text_json(outcome->sentence));
    failed |= values_set(object, "shadow", json_boolean(outcome->shadow));
    bool has_place = outcome->file[0] != '\0';
    failed |= values_set(object, "file", has_place ? values_text_json(outcome->file) : json_null());
    failed |= values_set(object, "line", has_place ? json_integer(outcome->line) : json_null());
    return failed;
}

static int set_limit_texts(json_t *object, const struct outcome *outcome)
{
    char limit[FIGURE_TEXT_BYTES];
    char measured[FIGURE_TEXT_BYTES];
    figure_texts(&outcome->measured, &outcome->limit, outcome->limit_is_percentage, measured,
                 limit);
    int failed = values_set(object, "measured_text", values_text_json(measured));
    return failed | values_set(object, "limit_text", values_text_json(limit));
}

static json_t *number_json(double number)
{
    const struct value value = {.type = VALUE_DOUBLE, .f64 = number};
    return values_json(&value, 0);
}

static json_t *pair_json(bool has, const double pair[2])
{
    return has ? json_pack("[o, o]", number_json(pair[0]), number_json(pair[1])) : json_null();
}

static json_t *past_json(const struct outcome *outcome)
{
    json_t *array = json_array();
    int failed = 0;
    for (size_t i = 0; i < outcome->n_past; i++) {
        const struct outcome_past *past = &outcome->past[i];
        json_t *object = json_object();
        failed |= values_set(object, "load", id_json(past->load));
        failed |= values_set(object, "as_of", time_json(past->has_as_of, past->as_of_us));
        failed |= values_set(object, "value", number_json(past->number));
        failed |= json_array_append_new(array, object);
    }
    return finished(array, failed);
}

static int set_limit(json_t *object, const struct outcome *outcome)
{
    bool has = outcome->has_limit;
    int failed =
        values_set(object, "measured", has ? values_json(&outcome->measured, 0) : json_null());
    failed |= values_set(object, "limit", has ? values_json(&outcome->limit, 0) : json_null());
    if (has)
        failed |= set_limit_texts(object, outcome);
    failed |= values_set(object, "percentage", json_boolean(has && outcome->limit_is_percentage));
    failed |= values_set(object, "range", pair_json(outcome->has_range, outcome->range));
    failed |= values_set(object, "band", pair_json(outcome->has_band, outcome->band));
    return failed | values_set(object, "past", past_json(outcome));
}

static int set_examples(json_t *object, const struct schema *schema, const struct outcome *outcome,
                        const struct report_examples *examples,
                        const struct report_drawing *drawing, size_t *budget_bytes)
{
    struct example_columns columns = {0};
    if (examples->n_examples > 0 || (drawing != NULL && drawing->worst.n_examples > 0))
        columns = examples_choose_columns(schema, outcome, examples);
    json_t *rows = examples_json(schema, &columns, examples, budget_bytes);
    size_t left_out = examples->n_examples - json_array_size(rows);
    int failed =
        values_set(object, "example_columns", column_names_json(schema, columns.index, columns.n));
    failed |=
        values_set(object, "example_columns_left_out", json_integer((json_int_t)columns.left_out));
    failed |= values_set(object, "examples_left_out", json_integer((json_int_t)left_out));
    failed |= values_set(object, "examples", rows);
    return failed |
           values_set(object, "drawing", drawing_json(schema, drawing, &columns, budget_bytes));
}

static json_t *rest_json(const struct outcome *outcome)
{
    if (outcome->n_rest == 0)
        return json_null();
    return json_pack("{s:I, s:I}", "single", (json_int_t)outcome->n_single, "together",
                     (json_int_t)outcome->n_rest);
}

static json_t *finding_json(const struct report *report, size_t index, size_t *budget_bytes)
{
    static const struct report_examples none = {0};
    const struct outcome *outcome = &report->judgement->outcomes[index];
    json_t *object = json_object();
    int failed = set_common(object, outcome);
    failed |= set_limit(object, outcome);
    failed |= values_set(object, "segments", json_integer((json_int_t)outcome->n_segments));
    failed |= values_set(object, "rest", rest_json(outcome));
    failed |= values_set(object, "releasable", json_boolean(outcome->releasable));
    failed |=
        set_examples(object, report->schema, outcome,
                     report->examples == NULL ? &none : &report->examples[index],
                     report->drawings == NULL ? NULL : &report->drawings[index], budget_bytes);
    return finished(object, failed);
}

static json_t *other_json(const struct outcome *outcome)
{
    json_t *object = json_object();
    int failed = values_set(object, "outcome", json_string(outcome_kind_name(outcome->kind)));
    failed |= set_common(object, outcome);
    failed |= values_set(object, "segments", json_integer((json_int_t)outcome->n_segments));
    failed |= values_set(object, "lacks_history", json_boolean(outcome->lacks_history));
    return finished(object, failed);
}

static json_t *history_json(const struct judgement *judgement)
{
    return json_pack("{s:I, s:o}", "loads", (json_int_t)judgement->n_loads, "gap",
                     number_json(judgement->gap < 1 ? 1 : judgement->gap));
}

static int set_outcomes(json_t *object, const struct report *report)
{
    size_t budget_bytes = REPORT_MAX_EXAMPLE_BYTES;
    json_t *findings = json_array();
    json_t *others = json_array();
    int failed = 0;
    for (size_t i = 0; i < report->judgement->n_outcomes; i++) {
        const struct outcome *outcome = &report->judgement->outcomes[i];
        if (outcome->kind == OUTCOME_FINDING)
            failed |= json_array_append_new(findings, finding_json(report, i, &budget_bytes));
        else
            failed |= json_array_append_new(others, other_json(outcome));
    }
    failed |= json_object_set_new(object, "findings", findings);
    return failed | json_object_set_new(object, "outcomes", others);
}

/* What only a load of a feed has. */
static int set_load(json_t *object, const struct report *report)
{
    int failed = values_set(object, "feed", values_text_json(report->feed));
    failed |= values_set(object, "load", id_json(report->load_id));
    failed |= values_set(object, "baseline", id_json(report->baseline_id));
    failed |= values_set(object, "as_of", time_json(report->has_as_of, report->as_of_us));
    failed |= values_set(object, "baseline_as_of",
                         time_json(report->has_baseline_as_of, report->baseline_as_of_us));
    failed |= values_set(object, "completeness", values_text_json(report->completeness));
    failed |= values_set(object, "correction", json_boolean(report->correction));
    return failed | values_set(object, "scorer_stderr", values_text_json(report->stderr_tail));
}

static json_t *seconds_json(int64_t duration_us)
{
    return duration_us <= 0 ? json_null() : json_real((double)duration_us / (double)USEC_PER_SEC);
}

enum error_code report_json(const struct report *report, json_t **ret_json, struct error *err)
{
    const struct schema *schema = report->schema;
    json_t *object = json_object();
    int failed =
        values_set(object, "verdict", json_string(verdict_name(report->judgement->verdict)));
    failed |= values_set(object, "title", values_text_json(report->title));
    if (report->feed != NULL)
        failed |= set_load(object, report);
    failed |= values_set(object, "rows", rows_json(report->counts));
    failed |= values_set(object, "judged_in", seconds_json(report->judged_in_us));
    failed |= values_set(object, "history", history_json(report->judgement));
    failed |= values_set(object, "key", column_names_json(schema, schema->keys, schema->n_keys));
    failed |= set_outcomes(object, report);
    object = finished(object, failed);
    if (object == NULL)
        return error_set(err, ERR_MEMORY, "not enough memory for a report");
    *ret_json = object;
    return OK;
}
