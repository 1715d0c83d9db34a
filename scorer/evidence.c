#include "scorer/evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

/* Times of files are taken from a clock that ticks, and on some file systems in steps of 2 s. */
#define FILE_TIME_SLACK_US (2 * USEC_PER_SEC)

/* All that is wrong is told, not only the first; the first decides the code. */
struct weighing {
    const struct evidence *evidence;
    struct completeness found;
    size_t n_problems;
    struct error first;
    struct buffer others;
};

static void add_problem(struct weighing *w, enum error_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void add_problem(struct weighing *w, enum error_code code, const char *format, ...)
{
    char text[sizeof(w->first.message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (w->n_problems++ == 0)
        (void)error_set(&w->first, code, "%s", text);
    else /* what is beyond the detail's size would not be shown anyway */
        (void)(buffer_printf(&w->others, NULL, "%sAlso: %s.", w->n_problems > 2 ? "\n" : "",
                             text) == OK);
}

static void take_problem(struct weighing *w, const struct error *problem)
{
    if (w->n_problems == 0) {
        w->n_problems = 1;
        w->first = *problem;
    } else {
        add_problem(w, problem->code, "%s", problem->message);
    }
}

/* An outside name made safe to show. */
static const char *shown(struct weighing *w, const char *text)
{
    struct buffer clean;
    buffer_init(&clean, 400);
    size_t len = strlen(text);
    (void)(text_append_clean(&clean, text, len < 100 ? len : 100, NULL) == OK);
    const char *copy = arena_strdup(&w->found.arena, buffer_string(&clean));
    buffer_release(&clean);
    return copy;
}

/* --- Time ------------------------------------------------------------------------------------- */

static void check_as_of(struct weighing *w, int64_t as_of_us)
{
    const struct scorer_context *context = w->evidence->context;
    char text[CLOCK_TEXT_BYTES];
    char live[CLOCK_TEXT_BYTES];
    w->found.as_of_us = as_of_us;
    (void)clock_format_rfc3339(as_of_us, text);
    if (as_of_us > w->evidence->now_us + EVIDENCE_MAX_AHEAD_US)
        add_problem(w, ERR_INCOMPLETE, "as_of %s is more than a day in the future", text);
    if (!context->has_live)
        return;
    if (as_of_us < context->live_as_of_us)
        add_problem(w, ERR_STALE, "as_of %s is older than the live load's, %s", text,
                    clock_format_rfc3339(context->live_as_of_us, live));
    w->found.correction = as_of_us == context->live_as_of_us;
}

/* Reads a member that is a time; false, with a problem noted, if it is none. */
static bool read_time(struct weighing *w, const json_t *value, const char *what, int64_t *ret_us)
{
    struct error why;
    if (!json_is_string(value)) {
        add_problem(w, ERR_INCOMPLETE, "%s in the manifest is no text", what);
        return false;
    }
    if (clock_parse_rfc3339(json_string_value(value), json_string_length(value), ret_us, &why) ==
        OK)
        return true;
    add_problem(w, ERR_INCOMPLETE, "%s in the manifest is no time with a zone: '%s'", what,
                shown(w, json_string_value(value)));
    return false;
}

/* --- Sources ---------------------------------------------------------------------------------- */

static void report_source(struct weighing *w, const char *name, const json_t *value,
                          struct source_report *report)
{
    const char *label = arena_printf(&w->found.arena, "as_of of source '%s'", shown(w, name));
    *report = (struct source_report){.name = arena_strdup(&w->found.arena, name)};
    if (!json_is_object(value)) {
        add_problem(w, ERR_INCOMPLETE, "source '%s' in the manifest is no object", shown(w, name));
        return;
    }
    const json_t *as_of = json_object_get(value, "as_of");
    if (as_of != NULL)
        report->has_as_of = read_time(w, as_of, label, &report->as_of_us);
    const json_t *rows = json_object_get(value, "rows");
    report->has_rows = rows != NULL && manifest_count(rows, &report->rows);
    if (rows != NULL && !report->has_rows)
        add_problem(w, ERR_INCOMPLETE, "rows of source '%s' in the manifest is no count",
                    shown(w, name));
    if (report->has_as_of && report->as_of_us > w->evidence->now_us + EVIDENCE_MAX_AHEAD_US)
        add_problem(w, ERR_INCOMPLETE, "%s is more than a day in the future", label);
}

static void report_sources(struct weighing *w, json_t *sources)
{
    if (sources == NULL)
        return;
    if (!json_is_object(sources)) {
        add_problem(w, ERR_INCOMPLETE, "\"sources\" in the manifest is no object");
        return;
    }
    struct source_report *list =
        arena_calloc(&w->found.arena, json_object_size(sources) + 1, sizeof(*list));
    const char *name;
    json_t *value;
    json_object_foreach(sources, name, value)
        report_source(w, name, value, &list[w->found.n_sources++]);
    w->found.sources = list;
}

static const struct source_report *find_source(const struct weighing *w, const char *name)
{
    for (size_t i = 0; i < w->found.n_sources; i++)
        if (strcmp(w->found.sources[i].name, name) == 0)
            return &w->found.sources[i];
    return NULL;
}

static void check_source(struct weighing *w, const struct source_spec *wanted)
{
    const struct source_report *source = find_source(w, wanted->name);
    if (source == NULL) {
        add_problem(w, ERR_INCOMPLETE, "the manifest does not mention the source '%s'",
                    wanted->name);
        return;
    }
    if (!source->has_as_of) {
        add_problem(w, ERR_INCOMPLETE, "the manifest has no as_of for the source '%s'",
                    wanted->name);
        return;
    }
    int64_t load_us = w->found.as_of_us > w->evidence->context->as_of_us
                          ? w->found.as_of_us
                          : w->evidence->context->as_of_us;
    char age[CLOCK_TEXT_BYTES];
    char limit[CLOCK_TEXT_BYTES];
    if (load_us - source->as_of_us > wanted->max_age_us)
        add_problem(w, ERR_INCOMPLETE, "the source '%s' is %s old, more than %s", wanted->name,
                    clock_format_duration(load_us - source->as_of_us, age),
                    clock_format_duration(wanted->max_age_us, limit));
}

/* --- Who vouches ------------------------------------------------------------------------------ */

static void check_count(struct weighing *w, uint64_t expected, const char *who)
{
    if (expected != w->evidence->rows_read)
        add_problem(w, ERR_INCOMPLETE, "%s counts %" PRIu64 " rows, but %" PRIu64 " were read", who,
                    expected, w->evidence->rows_read);
}

static void weigh_manifest(struct weighing *w)
{
    const json_t *object = w->evidence->manifest->complete;
    w->found.how = "manifest";
    if (!json_is_true(json_object_get(object, "complete")))
        add_problem(w, ERR_INCOMPLETE, "the scorer says that its rows are not complete");
    uint64_t rows = 0;
    if (manifest_count(json_object_get(object, "rows"), &rows))
        check_count(w, rows, "the manifest");
    else
        add_problem(w, ERR_INCOMPLETE, "the manifest has no \"rows\" that is a count");
    int64_t as_of_us = w->evidence->context->as_of_us;
    const json_t *as_of = json_object_get(object, "as_of");
    if (as_of == NULL)
        check_as_of(w, as_of_us); /* it was told LOADGUARD_AS_OF and does not disagree */
    else if (read_time(w, as_of, "as_of", &as_of_us))
        check_as_of(w, as_of_us);
    report_sources(w, json_object_get(object, "sources"));
    for (size_t i = 0; i < w->evidence->spec->n_sources; i++)
        check_source(w, &w->evidence->spec->sources[i]);
}

/* The time before which a file cannot have been written for these rows. */
static int64_t rows_time_us(const struct evidence *evidence)
{
    if (evidence->file != NULL && evidence->file->is_plain)
        return rows_file_time_us(&evidence->file->info);
    return evidence->started_us - FILE_TIME_SLACK_US;
}

static void weigh_voucher(struct weighing *w)
{
    const struct complete_when *when = &w->evidence->spec->complete_when;
    bool counts = when->kind == COMPLETE_WHEN_ROW_COUNT_FILE;
    struct error problem;
    uint64_t count = 0;
    if (voucher_check(when, rows_time_us(w->evidence), ERR_INCOMPLETE, &count, &problem) != OK)
        take_problem(w, &problem);
    else if (counts)
        check_count(w, count, "the row-count file");
}

static enum error_code weigh_query(struct weighing *w, struct error *err)
{
    const struct scorer_callbacks *callbacks = w->evidence->callbacks;
    const char *sql = w->evidence->spec->complete_when.text;
    bool answer = false;
    enum error_code code = callbacks->ask(callbacks->context, sql, &answer, err);
    if (code != OK) {
        error_prefix(err, "cannot tell whether the rows are complete");
        return code;
    }
    if (!answer)
        add_problem(w, ERR_INCOMPLETE,
                    "the query that says whether the rows are complete is not "
                    "true: %s",
                    sql);
    return OK;
}

static enum error_code weigh_complete_when(struct weighing *w, struct error *err)
{
    static const char *const names[] = {[COMPLETE_WHEN_MARKER_FILE] = "marker file",
                                        [COMPLETE_WHEN_ROW_COUNT_FILE] = "row-count file",
                                        [COMPLETE_WHEN_QUERY] = "query"};
    enum complete_when_kind kind = w->evidence->spec->complete_when.kind;
    if (kind == COMPLETE_WHEN_NONE)
        return OK;
    if (w->found.how == NULL)
        w->found.how = names[kind];
    if (kind == COMPLETE_WHEN_QUERY)
        return weigh_query(w, err);
    weigh_voucher(w);
    return OK;
}

/*
 * Without a manifest the load's time is the run's, but that of a file is when it was written: last
 * night's file is not tonight's only because it is read tonight.
 */
static void take_time_without_manifest(struct weighing *w, bool person_vouches)
{
    const struct evidence *evidence = w->evidence;
    const struct rows_file *file = evidence->file;
    if (person_vouches || file == NULL || !file->is_plain) {
        check_as_of(w, evidence->context->as_of_us);
        return;
    }
    check_as_of(w, rows_file_time_us(&file->info));
    if (w->found.correction)
        add_problem(w, ERR_STALE, "the rows file %s has not changed since the live load",
                    file->name);
}

static void weigh_person(struct weighing *w)
{
    const struct scorer_context *context = w->evidence->context;
    w->found.how = context->has_expected_rows ? "--rows" : "--assume-complete";
    if (context->has_expected_rows)
        check_count(w, context->expected_rows, "--rows");
    if (w->evidence->spec->n_sources > 0)
        completeness_add_note(
            &w->found, "The ages of the sources are unknown: a person vouches for the rows.");
}

static void refuse_unknown_sources(struct weighing *w)
{
    for (size_t i = 0; i < w->evidence->spec->n_sources; i++)
        add_problem(w, ERR_INCOMPLETE,
                    "the age of the source '%s' is unknown, because there is no manifest",
                    w->evidence->spec->sources[i].name);
}

static bool has_words(const struct manifest *manifest)
{
    return manifest != NULL && (manifest->complete != NULL || manifest->problem.code != OK);
}

static enum error_code weigh_all(struct weighing *w, struct error *err)
{
    const struct evidence *evidence = w->evidence;
    const struct manifest *manifest = evidence->manifest;
    bool person = evidence->context->has_expected_rows || evidence->context->assume_complete;
    if (has_words(manifest) && manifest->problem.code != OK) {
        take_problem(w, &manifest->problem);
        return OK;
    }
    if (has_words(manifest)) {
        weigh_manifest(w);
        return weigh_complete_when(w, err);
    }
    take_time_without_manifest(w, person);
    if (person) {
        weigh_person(w);
        return OK;
    }
    refuse_unknown_sources(w);
    TRY(weigh_complete_when(w, err));
    if (w->found.how == NULL && manifest != NULL && manifest->n_lines > 0)
        add_problem(w, ERR_INCOMPLETE, "the scorer wrote to the manifest, but never \"complete\"");
    return OK;
}

static void finish_findings(struct weighing *w)
{
    w->found.state = w->found.how != NULL ? COMPLETENESS_COMPLETE : COMPLETENESS_UNKNOWN;
    if (w->found.how == NULL)
        w->found.how = "none";
    w->found.rows = w->evidence->rows_read;
}

enum error_code evidence_weigh(const struct evidence *evidence,
                               struct completeness *ret_completeness, struct error *err)
{
    struct weighing w = {.evidence = evidence};
    buffer_init(&w.others, sizeof(w.first.detail));
    enum error_code code = weigh_all(&w, err);
    if (code == OK && w.n_problems > 0) {
        code = w.first.code;
        if (w.n_problems > 1)
            error_detail(&w.first, "%s", buffer_string(&w.others));
        if (err != NULL)
            *err = w.first;
    }
    buffer_release(&w.others);
    if (code != OK) {
        completeness_release(&w.found);
        return code;
    }
    finish_findings(&w);
    *ret_completeness = w.found;
    return OK;
}
