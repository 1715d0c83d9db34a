/* A judgement of two nights of one feed, made by hand, for the tests of the report. */
#ifndef LG_TESTS_UNIT_REPORT_FIXTURE_H
#define LG_TESTS_UNIT_REPORT_FIXTURE_H

#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/report.h"

#define NULL_OF(value_type) ((struct value){.type = (value_type), .is_null = true})
#define INTEGER(number) ((struct value){.type = VALUE_INTEGER, .i64 = (number)})
#define DOUBLE(number) ((struct value){.type = VALUE_DOUBLE, .f64 = (number)})
#define TEXT_OF(literal)                                                                           \
    ((struct value){.type = VALUE_TEXT, .text = {.bytes = (literal), .len = sizeof(literal) - 1}})
#define NUMERIC(literal)                                                                           \
    ((struct value){.type = VALUE_NUMERIC,                                                         \
                    .text = {.bytes = (literal), .len = sizeof(literal) - 1}})

/* profile_id bigint (the key), score double precision, network text. */
static struct schema_column fixture_columns[] = {
    {.name = "profile_id", .type = TYPE_BIGINT, .not_null = true},
    {.name = "score", .type = TYPE_DOUBLE},
    {.name = "network", .type = TYPE_TEXT},
};
static size_t fixture_keys[] = {0};
static const struct schema fixture_schema = {
    .columns = fixture_columns, .n_columns = 3, .keys = fixture_keys, .n_keys = 1};

static const struct row_counts fixture_counts = {.old_rows = 75000000,
                                                 .new_rows = 75010000,
                                                 .kept = 74990000,
                                                 .changed = 69888123,
                                                 .added = 20000,
                                                 .removed = 10000};

/* An outcome of which every text that may not be NULL is set. */
static inline struct outcome fixture_outcome(enum outcome_kind kind, const char *rule)
{
    return (struct outcome){.kind = kind,
                            .rule = rule,
                            .action = ACTION_HOLD,
                            .releasable = true,
                            .condition = "",
                            .basis = "fixed",
                            .because = "",
                            .sentence = "",
                            .example_measure = OUTCOME_NO_EXAMPLES,
                            .file = ""};
}

static const struct outcome_measure fixture_measures[] = {
    {.text = "share(score = 1 and old.score > 1)", .value = {.type = VALUE_DOUBLE, .f64 = 0.93196}},
};

static inline struct outcome fixture_mass_reset(void)
{
    struct outcome outcome = fixture_outcome(OUTCOME_FINDING, "mass reset");
    outcome.action = ACTION_BLOCK;
    outcome.condition = "share(score = 1 and old.score > 1) > 0.5%";
    outcome.measures = fixture_measures;
    outcome.n_measures = 1;
    outcome.has_limit = true;
    outcome.measured = DOUBLE(0.93196);
    outcome.limit = DOUBLE(0.005);
    outcome.limit_is_percentage = true;
    outcome.because = "the last pipeline step writes 1 when its inputs are missing";
    outcome.sentence = "93.2 % of kept rows have score = 1 and old.score > 1 (limit 0.5 %)";
    outcome.file = "rules.yaml";
    outcome.line = 12;
    return outcome;
}

/* The rows 7 and 8 million whatever, from 62 and 48.25 to 1. */
static const struct value fixture_key_a[] = {{.type = VALUE_INTEGER, .i64 = 7}};
static const struct value fixture_key_b[] = {{.type = VALUE_INTEGER, .i64 = 8123456}};
static const struct value fixture_row_a_old[] = {
    {.type = VALUE_INTEGER, .i64 = 7},
    {.type = VALUE_DOUBLE, .f64 = 62},
    {.type = VALUE_TEXT, .text = {.bytes = "twitter", .len = 7}}};
static const struct value fixture_row_a_new[] = {
    {.type = VALUE_INTEGER, .i64 = 7},
    {.type = VALUE_DOUBLE, .f64 = 1},
    {.type = VALUE_TEXT, .text = {.bytes = "twitter", .len = 7}}};
static const struct value fixture_row_b_old[] = {
    {.type = VALUE_INTEGER, .i64 = 8123456},
    {.type = VALUE_DOUBLE, .f64 = 48.25},
    {.type = VALUE_TEXT, .text = {.bytes = "facebook", .len = 8}}};
static const struct value fixture_row_b_new[] = {{.type = VALUE_INTEGER, .i64 = 8123456},
                                                 {.type = VALUE_DOUBLE, .f64 = 1},
                                                 {.type = VALUE_TEXT, .is_null = true}};
static const struct example fixture_examples[] = {
    {.key = fixture_key_a, .old_values = fixture_row_a_old, .new_values = fixture_row_a_new},
    {.key = fixture_key_b, .old_values = fixture_row_b_old, .new_values = fixture_row_b_new},
};

/* A report of a comparison of two files; the judgement is borrowed. */
static inline struct report fixture_files(const struct judgement *judgement)
{
    return (struct report){.title = "old.csv → new.csv",
                           .schema = &fixture_schema,
                           .counts = &fixture_counts,
                           .judgement = judgement};
}

/* A report of load 12 of the feed klout, compared with load 11 of the day before. */
static inline struct report fixture_load(const struct judgement *judgement)
{
    struct report report = fixture_files(judgement);
    report.title = "klout load 12";
    report.feed = "klout";
    report.load_id = 12;
    report.baseline_id = 11;
    report.has_as_of = true;
    report.as_of_us = INT64_C(1306148400000000);
    report.has_baseline_as_of = true;
    report.baseline_as_of_us = INT64_C(1306062000000000);
    report.completeness = "manifest";
    report.judged_in_us = 4200000;
    return report;
}

/* What the call prints to the FILE that it is given; freed by the caller. */
#define PRINTED(file, call)                                                                        \
    __extension__({                                                                                \
        char *printed_text_ = NULL;                                                                \
        size_t printed_bytes_ = 0;                                                                 \
        FILE *file = open_memstream(&printed_text_, &printed_bytes_);                              \
        assert_non_null(file);                                                                     \
        assert_ok(call);                                                                           \
        (void)fclose(file);                                                                        \
        printed_text_;                                                                             \
    })

#endif
