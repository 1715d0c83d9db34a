#include "guard/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/ledger.h"
#include "tests/unit/guard/site.h"

struct fixture {
    struct site site;
    struct cache_identity identity;
    char path[320];
};

/* A published load with its packed file. */
static void set_up(struct fixture *f, void **state)
{
    struct error err;
    struct load_record record;
    site_open(&f->site, *state, NULL);
    int64_t load = site_load(&f->site, 100, 5, LOAD_PUBLISHED);
    assert_ok(ledger_read_load(f->site.pg->store, load, &f->site.arena, &record, &err));
    f->identity = (struct cache_identity){load, record.rows, record.fingerprint};
    (void)snprintf(f->path, sizeof(f->path), "%s/cache/scores/%lld.packed",
                   f->site.config.state_dir, (long long)load);
    assert_int_equal(access(f->path, R_OK), 0);
}

static enum error_code open_cache(struct fixture *f, struct packed **packed, bool *rebuilt,
                                  struct error *err)
{
    return cache_open(&f->site.config, f->site.pg->store, &f->site.gate.table, &f->identity, packed,
                      rebuilt, err);
}

static void expect(struct fixture *f, bool expected_rebuilt)
{
    struct error err;
    bool rebuilt = !expected_rebuilt;
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    assert_ok(open_cache(f, &packed, &rebuilt, &err));
    assert_int_equal(rebuilt, expected_rebuilt);
    assert_int_equal(packed_rows(packed), 100);
    assert_ok(packed_verify(packed, &err));
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void a_file_that_is_right_is_not_made_anew(void **state)
{
    struct fixture f;
    set_up(&f, state);
    expect(&f, false);
    site_close(&f.site);
}

static void a_missing_file_is_made_from_the_store(void **state)
{
    struct fixture f;
    set_up(&f, state);
    assert_int_equal(unlink(f.path), 0);
    expect(&f, true);
    expect(&f, false);
    site_close(&f.site);
}

static void a_damaged_file_is_made_from_the_store(void **state)
{
    struct fixture f;
    char bytes[65536];
    set_up(&f, state);
    FILE *in = fopen(f.path, "r");
    size_t len = fread(bytes, 1, sizeof(bytes), in);
    (void)fclose(in);
    assert_true(len > 100 && len < sizeof(bytes));
    const size_t lengths[] = {0, 7, len / 2, len - 1};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        write_file(f.path, bytes, lengths[i]);
        expect(&f, true);
    }
    memset(bytes, 'x', len);
    write_file(f.path, bytes, len);
    expect(&f, true);
    site_close(&f.site);
}

static void the_file_of_another_load_is_not_trusted(void **state)
{
    struct fixture f;
    char other[320];
    set_up(&f, state);
    int64_t load = site_load(&f.site, 100, 6, LOAD_PUBLISHED);
    (void)snprintf(other, sizeof(other), "%s/cache/scores/%lld.packed", f.site.config.state_dir,
                   (long long)load);
    assert_int_equal(rename(other, f.path), 0);
    expect(&f, true);
    site_close(&f.site);
}

static void a_store_that_holds_other_rows_than_recorded_is_found_out(void **state)
{
    struct fixture f;
    struct error err = {0};
    struct packed *packed = NULL;
    char sql[128];
    set_up(&f, state);
    (void)snprintf(sql, sizeof(sql), "update loadguard_data.scores__%lld set score = 6",
                   (long long)f.identity.load_id);
    struct store *other = pg_open_superuser(f.site.pg);
    pg_run(other, sql);
    store_close(other);
    assert_int_equal(unlink(f.path), 0);
    assert_fails(ERR_CORRUPT, open_cache(&f, &packed, NULL, &err));
    assert_null(packed);
    site_close(&f.site);
}

static void rebuilding_replaces_the_file(void **state)
{
    struct fixture f;
    struct error err;
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    set_up(&f, state);
    write_file(f.path, "garbage", 7);
    assert_ok(cache_rebuild(&f.site.config, f.site.pg->store, &f.site.gate.table, &f.identity,
                            &packed, &err));
    assert_int_equal(packed_rows(packed), 100);
    expect(&f, false);
    site_close(&f.site);
}

static void a_lost_connection_is_an_error_and_leaves_no_half_file(void **state)
{
    struct fixture f;
    struct error err = {0};
    struct packed *packed = NULL;
    set_up(&f, state);
    assert_int_equal(unlink(f.path), 0);
    site_lose_connection(&f.site);
    assert_fails(ERR_STORE, open_cache(&f, &packed, NULL, &err));
    assert_int_not_equal(access(f.path, F_OK), 0);
    assert_ok(store_reconnect(f.site.pg->store, &err));
    expect(&f, true);
    site_close(&f.site);
}

static void only_files_of_kept_loads_stay(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    const char *path = NULL;
    site_open(&site, NULL, NULL);
    static const char *const names[] = {"7.packed", "8.packed", "8.packed.tmp", "08x.packed",
                                        "notes"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "state/cache/scores/%s", names[i]);
        assert_ok(cache_path(&site.config, "scores", 8, &site.arena, &path, &err));
        site_write(&site, name, "x");
    }
    const int64_t kept[] = {8, 9};
    cache_keep_only(&site.config, "scores", kept, 2);
    assert_int_equal(access(path, F_OK), 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char name[320];
        (void)snprintf(name, sizeof(name), "%s/state/cache/scores/%s", site.dir, names[i]);
        assert_int_equal(access(name, F_OK) == 0, strcmp(names[i], "8.packed") == 0);
    }
    cache_keep_only(&site.config, "no such feed", kept, 2);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(a_file_that_is_right_is_not_made_anew),
        pg_unit_test(a_missing_file_is_made_from_the_store),
        pg_unit_test(a_damaged_file_is_made_from_the_store),
        pg_unit_test(the_file_of_another_load_is_not_trusted),
        pg_unit_test(a_store_that_holds_other_rows_than_recorded_is_found_out),
        pg_unit_test(rebuilding_replaces_the_file),
        pg_unit_test(a_lost_connection_is_an_error_and_leaves_no_half_file),
        cmocka_unit_test(only_files_of_kept_loads_stay),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
