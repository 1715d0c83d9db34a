#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scorer/evidence.h"

#define HOUR_US (3600 * USEC_PER_SEC)

/* 2011-05-23T11:00:00Z, which is 04:00 in San Francisco. */
#define NIGHT_US INT64_C(1306148400000000)
#define AS_OF "\"as_of\": \"2011-05-23T04:00:00-07:00\""

static struct error err;
static char voucher_path[] = "/tmp/loadguard-evidence-XXXXXX";

/* What is known about a run: two rows of the night, read a minute later. */
struct fixture {
    struct scorer_spec spec;
    struct scorer_context context;
    struct scorer_callbacks callbacks;
    struct manifest manifest;
    struct evidence evidence;
    struct completeness found;
    bool answer;
};

static enum error_code ask(void *context, const char *sql, bool *ret_answer, struct error *e)
{
    const struct fixture *f = context;
    if (strcmp(sql, "broken") == 0)
        return error_set(e, ERR_SQL, "no such table");
    *ret_answer = f->answer;
    return OK;
}

static void fixture_init(struct fixture *f, const char *manifest)
{
    *f = (struct fixture){0};
    scorer_spec_init(&f->spec);
    f->context = (struct scorer_context){.feed = "klout", .as_of_us = NIGHT_US};
    f->callbacks = (struct scorer_callbacks){.context = f, .ask = ask};
    manifest_init(&f->manifest);
    if (manifest != NULL)
        manifest_add(&f->manifest, manifest, strlen(manifest));
    manifest_end(&f->manifest);
    f->evidence = (struct evidence){.spec = &f->spec,
                                    .context = &f->context,
                                    .callbacks = &f->callbacks,
                                    .manifest = &f->manifest,
                                    .started_us = NIGHT_US,
                                    .now_us = NIGHT_US + 60 * USEC_PER_SEC,
                                    .rows_read = 2};
}

static enum error_code weigh(struct fixture *f)
{
    return evidence_weigh(&f->evidence, &f->found, &err);
}

static void fixture_release(struct fixture *f)
{
    completeness_release(&f->found);
    manifest_release(&f->manifest);
}

static void assert_refused(const char *manifest, const char *words)
{
    struct fixture f;
    fixture_init(&f, manifest);
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, words);
    fixture_release(&f);
}

static void each_part_of_the_manifest_is_required(void **state)
{
    (void)state;
    assert_refused("{\"complete\": false, \"rows\": 2, " AS_OF "}", "not complete");
    assert_refused("{\"complete\": true, " AS_OF "}", "no \"rows\"");
    assert_refused("{\"complete\": true, \"rows\": \"2\", " AS_OF "}", "no \"rows\"");
    assert_refused("{\"complete\": true, \"rows\": 3, " AS_OF "}", "3 rows, but 2 were read");
}

static void a_time_has_to_be_one(void **state)
{
    (void)state;
    assert_refused("{\"complete\": true, \"rows\": 2, \"as_of\": \"2011-05-23 04:00\"}",
                   "no time with a zone: '2011-05-23 04:00'");
    assert_refused("{\"complete\": true, \"rows\": 2, \"as_of\": 1306148400}", "is no text");
    assert_refused("{\"complete\": true, \"rows\": 2, \"as_of\": \"2011-05-25T04:00:00Z\"}",
                   "future");
}

static void everything_that_is_wrong_is_told(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"complete\": false, \"rows\": 3}");
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, "not complete");
    assert_contains(err.detail, "counts 3 rows");
    fixture_release(&f);
}

static void a_load_older_than_the_live_one_is_stale(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"complete\": true, \"rows\": 2, " AS_OF "}");
    f.context.has_live = true;
    f.context.live_as_of_us = NIGHT_US + 1;
    assert_fails(ERR_STALE, weigh(&f));
    assert_contains(err.message, "2011-05-23T11:00:00.000001Z");
    f.context.live_as_of_us = NIGHT_US;
    assert_ok(weigh(&f));
    assert_true(f.found.correction);
    completeness_release(&f.found);
    f.context.live_as_of_us = NIGHT_US - 1;
    assert_ok(weigh(&f));
    assert_false(f.found.correction);
    fixture_release(&f);
}

#define WITH_SOURCE(source)                                                                        \
    "{\"complete\": true, \"rows\": 2, " AS_OF ", \"sources\": {" source "}}"

static enum error_code weigh_source(const char *manifest, int64_t max_age_us)
{
    struct fixture f;
    fixture_init(&f, manifest);
    struct source_spec source = {"twitter", max_age_us};
    f.spec.sources = &source;
    f.spec.n_sources = 1;
    enum error_code code = weigh(&f);
    fixture_release(&f);
    return code;
}

static void a_configured_source_has_to_be_there_and_fresh(void **state)
{
    (void)state;
    const char *fresh = WITH_SOURCE("\"twitter\": {\"as_of\": \"2011-05-23T03:00:00-07:00\"}");
    assert_ok(weigh_source(fresh, HOUR_US));
    assert_fails(ERR_INCOMPLETE, weigh_source(fresh, HOUR_US - 1));
    assert_contains(err.message, "the source 'twitter' is 1 h");
    assert_fails(ERR_INCOMPLETE, weigh_source(WITH_SOURCE(""), HOUR_US));
    assert_contains(err.message, "does not mention the source 'twitter'");
    assert_fails(ERR_INCOMPLETE, weigh_source(WITH_SOURCE("\"twitter\": {\"rows\": 1}"), HOUR_US));
    assert_contains(err.message, "no as_of for the source 'twitter'");
    assert_fails(ERR_INCOMPLETE, weigh_source(NULL, HOUR_US));
    assert_contains(err.message, "no manifest");
}

static void the_age_of_a_source_counts_from_the_night_that_was_asked_for(void **state)
{
    (void)state;
    /* A scorer that is stuck in an old night vouches for itself and its sources alike. */
    struct fixture f;
    fixture_init(&f, WITH_SOURCE("\"twitter\": {\"as_of\": \"2011-05-23T03:00:00-07:00\"}"));
    struct source_spec source = {"twitter", 26 * HOUR_US};
    f.spec.sources = &source;
    f.spec.n_sources = 1;
    f.context.as_of_us = NIGHT_US + 24 * HOUR_US;
    assert_ok(weigh(&f));
    completeness_release(&f.found);
    f.context.as_of_us = NIGHT_US + 48 * HOUR_US;
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    fixture_release(&f);
}

static void sources_are_reported_and_garbage_in_them_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, WITH_SOURCE("\"twitter\": {\"as_of\": \"2011-05-23T10:55:00Z\", "
                                 "\"rows\": 61000000}, \"rss\": {}"));
    assert_ok(weigh(&f));
    assert_int_equal(f.found.n_sources, 2);
    assert_string_equal(f.found.sources[0].name, "twitter");
    assert_int_equal(f.found.sources[0].rows, 61000000);
    assert_true(f.found.sources[0].has_as_of);
    assert_false(f.found.sources[1].has_rows);
    fixture_release(&f);
    assert_refused(WITH_SOURCE("\"rss\": 1"), "source 'rss' in the manifest is no object");
    assert_refused(WITH_SOURCE("\"rss\": {\"rows\": -1}"), "no count");
    assert_refused(WITH_SOURCE("\"rss\": {\"as_of\": \"now\"}"), "as_of of source 'rss'");
    assert_refused(WITH_SOURCE("\"rss\": {\"as_of\": \"2031-01-01T00:00:00Z\"}"), "future");
    assert_refused("{\"complete\": true, \"rows\": 2, " AS_OF ", \"sources\": []}", "no object");
}

/* --- Without a manifest ----------------------------------------------------------------------- */

static void set_time(int64_t unix_us)
{
    struct timespec times[2] = {{unix_us / USEC_PER_SEC, (unix_us % USEC_PER_SEC) * 1000}};
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, voucher_path, times, 0), 0);
}

static void write_voucher(const char *text, int64_t unix_us)
{
    FILE *file = fopen(voucher_path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    set_time(unix_us);
}

static void a_marker_has_to_be_written_by_this_run(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NULL);
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_MARKER_FILE, voucher_path};
    write_voucher("", NIGHT_US + USEC_PER_SEC);
    assert_ok(weigh(&f));
    assert_int_equal(f.found.state, COMPLETENESS_COMPLETE);
    assert_string_equal(f.found.how, "marker file");
    assert_int_equal(f.found.as_of_us, NIGHT_US);
    completeness_release(&f.found);
    set_time(NIGHT_US - 24 * HOUR_US);
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, "older than the rows");
    f.spec.complete_when.text = "/no/such/marker";
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    fixture_release(&f);
}

static void a_row_count_file_has_to_hold_the_count(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NULL);
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_ROW_COUNT_FILE, voucher_path};
    write_voucher(" 2\n", NIGHT_US);
    assert_ok(weigh(&f));
    assert_string_equal(f.found.how, "row-count file");
    completeness_release(&f.found);
    write_voucher("3", NIGHT_US);
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, "the row-count file counts 3 rows, but 2 were read");
    fixture_release(&f);
}

static void a_query_has_to_be_true(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NULL);
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_QUERY, "select done"};
    f.answer = true;
    assert_ok(weigh(&f));
    assert_string_equal(f.found.how, "query");
    completeness_release(&f.found);
    f.answer = false;
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, "select done");
    f.spec.complete_when.text = "broken";
    assert_fails(ERR_SQL, weigh(&f));
    fixture_release(&f);
}

static void with_a_manifest_the_marker_is_checked_as_well(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "{\"complete\": true, \"rows\": 2, " AS_OF "}");
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_MARKER_FILE, "/no/such/marker"};
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    fixture_release(&f);
}

static void a_person_may_vouch(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NULL);
    struct source_spec source = {"twitter", HOUR_US};
    f.spec.sources = &source;
    f.spec.n_sources = 1;
    f.context.assume_complete = true;
    assert_ok(weigh(&f));
    assert_string_equal(f.found.how, "--assume-complete");
    assert_int_equal(f.found.n_notes, 1);
    completeness_release(&f.found);
    f.context.has_expected_rows = true;
    f.context.expected_rows = 1;
    assert_fails(ERR_INCOMPLETE, weigh(&f));
    assert_contains(err.message, "--rows counts 1 rows, but 2 were read");
    fixture_release(&f);
}

static void a_file_that_did_not_change_since_the_live_load_is_stale(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, NULL);
    f.evidence.manifest = NULL;
    write_voucher("2", NIGHT_US);
    struct rows_file file;
    assert_ok(rows_file_open(voucher_path, &file, &err));
    f.evidence.file = &file;
    f.spec.complete_when = (struct complete_when){COMPLETE_WHEN_ROW_COUNT_FILE, voucher_path};
    f.context.as_of_us = NIGHT_US + 24 * HOUR_US;
    f.context.has_live = true;
    f.context.live_as_of_us = NIGHT_US - 1;
    assert_ok(weigh(&f));
    assert_int_equal(f.found.as_of_us, NIGHT_US);
    completeness_release(&f.found);
    f.context.live_as_of_us = NIGHT_US;
    assert_fails(ERR_STALE, weigh(&f));
    assert_contains(err.message, "has not changed");
    f.context.assume_complete = true;
    assert_ok(weigh(&f));
    assert_int_equal(f.found.as_of_us, NIGHT_US + 24 * HOUR_US);
    assert_int_equal(close(file.fd), 0);
    fixture_release(&f);
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(voucher_path);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(voucher_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_of_the_manifest_is_required),
        cmocka_unit_test(a_time_has_to_be_one),
        cmocka_unit_test(everything_that_is_wrong_is_told),
        cmocka_unit_test(a_load_older_than_the_live_one_is_stale),
        cmocka_unit_test(a_configured_source_has_to_be_there_and_fresh),
        cmocka_unit_test(the_age_of_a_source_counts_from_the_night_that_was_asked_for),
        cmocka_unit_test(sources_are_reported_and_garbage_in_them_refused),
        cmocka_unit_test(a_marker_has_to_be_written_by_this_run),
        cmocka_unit_test(a_row_count_file_has_to_hold_the_count),
        cmocka_unit_test(a_query_has_to_be_true),
        cmocka_unit_test(with_a_manifest_the_marker_is_checked_as_well),
        cmocka_unit_test(a_person_may_vouch),
        cmocka_unit_test(a_file_that_did_not_change_since_the_live_load_is_stale),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
