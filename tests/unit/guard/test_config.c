#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/config.h"

struct fixture {
    struct arena arena;
    struct diagnostics diags;
    struct config config;
    struct error err;
    char path[64];
    char *printed;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    diagnostics_init(&f->diags);
    (void)snprintf(f->path, sizeof(f->path), "/tmp/lg-config-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    (void)unlink(f->path);
    diagnostics_release(&f->diags);
    arena_release(&f->arena);
    free(f->printed);
    free(f);
    return 0;
}

static enum error_code load(struct fixture *f, const char *text)
{
    FILE *out = fopen(f->path, "w");
    assert_non_null(out);
    (void)fputs(text, out);
    (void)fclose(out);
    enum error_code code = config_load(f->path, &f->arena, &f->diags, &f->config, &f->err);
    size_t len = 0;
    FILE *memory = open_memstream(&f->printed, &len);
    diagnostics_print(&f->diags, memory);
    (void)fclose(memory);
    return code;
}

static void a_whole_feed_is_read_with_its_defaults(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    enum error_code code = load(f, "state_dir: /tmp/x\n"
                                   "feeds:\n"
                                   "  klout:\n"
                                   "    key: profile_id\n"
                                   "    columns: {profile_id: bigint, score: {type: real, "
                                   "not_null: true}}\n"
                                   "    indexes: [score]\n"
                                   "    scorer: {command: [./score, today], timeout: 3h, "
                                   "sources: {twitter: {max_age: 26h}}}\n");
    err = f->err;
    assert_ok(code);
    const struct feed_config *feed = NULL;
    assert_ok(config_feed(&f->config, "klout", &feed, &err));
    assert_string_equal(feed->view, "public.klout");
    assert_int_equal(feed->schema->n_columns, 2);
    assert_int_equal(feed->schema->columns[1].type, TYPE_REAL);
    assert_true(feed->schema->columns[1].not_null);
    assert_int_equal(feed->scorer.command.n, 2);
    assert_int_equal(feed->scorer.timeout_us, 3 * INT64_C(3600000000));
    assert_int_equal(feed->scorer.drain_us, 10000000);
    assert_int_equal(feed->keep_loads, 7);
    assert_int_equal(((struct source_config *)feed->scorer.sources.items)->max_age_us,
                     26 * INT64_C(3600000000));
    assert_string_equal(((struct index_config *)feed->indexes.items)->columns.texts[0], "score");
}

static void every_mistake_is_reported_with_its_place_at_once(void **state)
{
    struct fixture *f = *state;
    assert_fails(ERR_CONFIG, load(f, "feeds:\n"
                                     "  klout:\n"
                                     "    kye: profile_id\n"
                                     "    key: profil_id\n"
                                     "    columns: {profile_id: bigint, score: duble}\n"
                                     "    scorer: {command: [x], file: y}\n"
                                     "routes:\n"
                                     "  - {name: a, webhook: 'http://x', secret_file: s, feeds: "
                                     "klot}\n"));
    assert_contains(f->printed, ":3:5: feeds.klout.kye: ");
    assert_contains(f->printed, "'key'");
    assert_contains(f->printed, ":5:42: feeds.klout.columns.score: ");
    assert_contains(f->printed, ":6:13: feeds.klout.scorer: has more than one of");
    assert_contains(f->printed, "there is no feed 'klot'");
    assert_contains(f->printed, "Did you mean 'klout'?");
}

static void a_key_column_that_is_not_declared_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_fails(ERR_CONFIG, load(f, "feeds:\n  klout:\n    key: profil_id\n"
                                     "    columns: {profile_id: bigint, score: real}\n"
                                     "    scorer: {file: x}\n"));
    assert_contains(f->printed, ":3:10: feeds.klout.key: ");
    assert_contains(f->printed, "profil_id");
}

static void names_that_cannot_be_tables_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_fails(ERR_CONFIG, load(f, "feeds:\n  'klout; drop':\n    key: a\n"
                                     "    columns: {a: bigint}\n    scorer: {file: x}\n"));
    assert_contains(f->printed, "cannot be the name of a feed");
}

static void an_empty_file_and_a_missing_one_are_errors(void **state)
{
    struct fixture *f = *state;
    assert_fails(ERR_CONFIG, load(f, ""));
    const char *path = NULL;
    struct error err;
    assert_fails(ERR_CONFIG, config_load("/nonexistent/loadguard.yaml", &f->arena, &f->diags,
                                         &f->config, &err));
    assert_ok(config_find("given.yaml", &f->arena, &path, &err));
    assert_string_equal(path, "given.yaml");
}

static void an_unknown_feed_is_answered_with_the_closest(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    enum error_code code = load(f, "feeds:\n  klout:\n    key: a\n    columns: {a: bigint}\n"
                                   "    scorer: {file: x}\n");
    err = f->err;
    assert_ok(code);
    const struct feed_config *feed = NULL;
    assert_fails(ERR_USAGE, config_feed(&f->config, "klot", &feed, &err));
    assert_contains(err.hint, "klout");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_feed_is_read_with_its_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_mistake_is_reported_with_its_place_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_key_column_that_is_not_declared_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_that_cannot_be_tables_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_and_a_missing_one_are_errors, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_feed_is_answered_with_the_closest, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
