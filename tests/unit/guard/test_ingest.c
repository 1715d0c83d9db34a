#include "guard/ingest.h"

#include <stdio.h>

#include "tests/unit/guard/site.h"

/* Reads what the site's scorer prints into a packed snapshot and, if it is not NULL, staging. */
static enum error_code ingest(struct site *site, struct staging *staging, struct ingested *ingested,
                              struct error *err)
{
    static const struct run_source own = {0};
    static const struct scorer_callbacks none = {0};
    struct scorer_spec spec;
    const struct scorer_context context = {.feed = "scores", .load_id = 1};
    CLEANUP(scorer_cleanup) struct scorer *scorer = NULL;
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    const struct packer_options options = {.directory = site->dir};
    TRY(feed_scorer_spec(&site->config, site->feed, &own, &site->arena, &spec, err));
    TRY(packer_new(site->feed->schema, &options, &packer, err));
    TRY(scorer_start(&spec, &context, &none, &scorer, err));
    if (ingest_rows(scorer, FORMAT_CSV, site->feed->schema, packer, staging, ingested, err) != OK)
        return scorer_fail(scorer, err);
    return OK;
}

static void good_rows_are_packed(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct ingested ingested = {0};
    site_open(&site, NULL, NULL);
    site_night(&site, 1000, 5);
    assert_ok(ingest(&site, NULL, &ingested, &err));
    CLEANUP(packed_cleanup) struct packed *packed = ingested.packed;
    assert_int_equal(ingested.rows, 1000);
    assert_int_equal(packed_rows(packed), 1000);
    site_close(&site);
}

static void bad_rows_are_counted_to_the_end_and_the_first_ones_named(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct ingested ingested = {0};
    site_open(&site, NULL, NULL);
    site_write(&site, "score",
               "echo profile_id,score; echo 1,2; echo 2,many; seq 3 20 | sed s/$/,x/\n");
    assert_fails(ERR_DATA, ingest(&site, NULL, &ingested, &err));
    assert_contains(err.message, "19");
    assert_contains(err.detail, "many");
    assert_null(ingested.packed);
    site_close(&site);
}

static void a_scorer_that_fails_in_the_middle_is_the_cause(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct ingested ingested = {0};
    site_open(&site, NULL, NULL);
    site_write(&site, "score",
               "echo profile_id,score; printf '1,\"2'; echo disk full >&2; exit 7\n");
    assert_fails(ERR_SCORER, ingest(&site, NULL, &ingested, &err));
    assert_contains(err.message, "7");
    assert_contains(err.detail, "disk full");
    site_close(&site);
}

static void a_scorer_without_a_header_is_no_table(void **state)
{
    (void)state;
    static const char *const scripts[] = {"true\n", "echo 1,2\n", "echo id,score\n",
                                          "head -c 100000 /dev/zero\n"};
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        struct site site;
        struct error err = {0};
        struct ingested ingested = {0};
        site_open(&site, NULL, NULL);
        site_write(&site, "score", scripts[i]);
        assert_fails(ERR_DATA, ingest(&site, NULL, &ingested, &err));
        assert_null(ingested.packed);
        site_close(&site);
    }
}

static void rows_go_to_staging_as_well(void **state)
{
    struct site site;
    struct error err;
    struct ingested ingested = {0};
    uint64_t staged = 0;
    const struct staging_options options = {0};
    site_open(&site, *state, NULL);
    assert_ok(gate_enter(&site.gate, &err));
    site_night(&site, 1000, 5);
    pg_run(site.pg->store, "insert into loadguard.load (id, feed) values (1, 'scores')");
    CLEANUP(staging_cleanup) struct staging *staging = NULL;
    assert_ok(staging_begin(site.pg->store, &site.gate.table, 1, &options, &staging, &err));
    assert_ok(ingest(&site, staging, &ingested, &err));
    packed_free(ingested.packed);
    assert_ok(staging_finish(staging, true, &staged, &err));
    assert_int_equal(staged, 1000);
    staging_free(TAKE(staging));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_rows_are_packed),
        cmocka_unit_test(bad_rows_are_counted_to_the_end_and_the_first_ones_named),
        cmocka_unit_test(a_scorer_that_fails_in_the_middle_is_the_cause),
        cmocka_unit_test(a_scorer_without_a_header_is_no_table),
        pg_unit_test(rows_go_to_staging_as_well),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
