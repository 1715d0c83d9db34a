#include "guard/feed_scorer.h"

#include <stdio.h>

#include "tests/unit/guard/site.h"

static void spec_of(struct site *site, const struct site_options *options,
                    const struct run_source *source, struct scorer_spec *spec)
{
    struct error err;
    site_open(site, NULL, options);
    assert_ok(feed_scorer_spec(&site->config, site->feed, source, &site->arena, spec, &err));
}

static const struct run_source own = {0};

static void a_command_runs_in_the_folder_of_the_configuration(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    const struct site_options options = {
        .scorer = "      environment: [TOKEN]\n      timeout: 3h\n"
                  "      ready: [select true]\n      sources: {twitter: {max_age: 26h}}"};
    spec_of(&site, &options, &own, &spec);
    assert_int_equal(spec.kind, SCORER_COMMAND);
    assert_string_equal(spec.argv[0], "sh");
    assert_string_equal(spec.argv[1], "./score");
    assert_null(spec.argv[2]);
    assert_string_equal(spec.dir, site.dir);
    assert_string_equal(spec.env_names[0], "TOKEN");
    assert_null(spec.env_names[1]);
    assert_int_equal(spec.timeout_us, 3 * 3600 * USEC_PER_SEC);
    assert_int_equal(spec.drain_us, USEC_PER_SEC);
    assert_int_equal(spec.n_ready, 1);
    assert_int_equal(spec.n_sources, 1);
    assert_string_equal(spec.sources[0].name, "twitter");
    assert_int_equal(spec.sources[0].max_age_us, 26 * 3600 * USEC_PER_SEC);
    assert_string_equal(feed_scorer_describe(&spec, &site.arena), "command sh");
    site_close(&site);
}

static void paths_are_relative_to_the_configuration(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    char path[256];
    const struct site_options options = {
        .no_command = true,
        .scorer = "      file: night.csv\n      complete_when: {marker_file: done}"};
    spec_of(&site, &options, &own, &spec);
    assert_int_equal(spec.kind, SCORER_FILE);
    (void)snprintf(path, sizeof(path), "%s/night.csv", site.dir);
    assert_string_equal(spec.path, path);
    (void)snprintf(path, sizeof(path), "%s/done", site.dir);
    assert_int_equal(spec.complete_when.kind, COMPLETE_WHEN_MARKER_FILE);
    assert_string_equal(spec.complete_when.text, path);
    site_close(&site);
}

static void a_query_and_a_completeness_query_are_taken_as_they_stand(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    const struct site_options options = {
        .no_command = true,
        .scorer = "      query: select 1\n      complete_when: {query: select true}"};
    spec_of(&site, &options, &own, &spec);
    assert_int_equal(spec.kind, SCORER_QUERY);
    assert_string_equal(spec.sql, "select 1");
    assert_int_equal(spec.complete_when.kind, COMPLETE_WHEN_QUERY);
    assert_string_equal(feed_scorer_describe(&spec, &site.arena), "query");
    site_close(&site);
}

static void a_row_count_file_is_the_third_way_to_know(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    const struct site_options options = {.scorer =
                                             "      complete_when: {row_count_file: /n/count}"};
    spec_of(&site, &options, &own, &spec);
    assert_int_equal(spec.complete_when.kind, COMPLETE_WHEN_ROW_COUNT_FILE);
    assert_string_equal(spec.complete_when.text, "/n/count");
    site_close(&site);
}

static void a_file_on_the_command_line_replaces_the_scorer_and_is_relative_to_here(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    const struct run_source source = {.from = "x.csv", .assume_complete = true};
    const struct site_options options = {.scorer = "      ready: [select false]"};
    spec_of(&site, &options, &source, &spec);
    assert_int_equal(spec.kind, SCORER_FILE);
    assert_string_equal(spec.path, "x.csv");
    assert_int_equal(spec.n_ready, 0);
    assert_string_equal(feed_scorer_describe(&spec, &site.arena), "file x.csv");
    site_close(&site);
}

static void a_feed_without_a_scorer_needs_a_file(void **state)
{
    (void)state;
    struct site site;
    struct scorer_spec spec;
    struct error err;
    site_open(&site, NULL, NULL);
    struct feed_config bare = *site.feed;
    bare.scorer = (struct scorer_config){0};
    assert_fails(ERR_CONFIG, feed_scorer_spec(&site.config, &bare, &own, &site.arena, &spec, &err));
    assert_contains(err.message, "scores");
    assert_contains(err.hint, "--from");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_runs_in_the_folder_of_the_configuration),
        cmocka_unit_test(paths_are_relative_to_the_configuration),
        cmocka_unit_test(a_query_and_a_completeness_query_are_taken_as_they_stand),
        cmocka_unit_test(a_row_count_file_is_the_third_way_to_know),
        cmocka_unit_test(a_file_on_the_command_line_replaces_the_scorer_and_is_relative_to_here),
        cmocka_unit_test(a_feed_without_a_scorer_needs_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
