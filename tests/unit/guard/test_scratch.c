#include "guard/scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/guard/site.h"

static void a_scratch_store_is_apart_from_everything(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct config scratch;
    const struct site_options options = {
        .routes = "[{name: oncall, webhook: 'http://x/', secret_file: secret}]"};
    site_open(&site, NULL, &options);
    site.config.store.url = "postgresql://production/scores";
    site.config.store.keep_running = true;
    assert_ok(scratch_make(&site.config, &site.arena, &scratch, &err));
    assert_null(scratch.store.url);
    assert_null(scratch.store.url_file);
    assert_false(scratch.store.keep_running);
    assert_int_equal(scratch.routes.n, 0);
    assert_int_equal(scratch.feeds.n, 1);
    assert_string_equal(scratch.directory, site.config.directory);
    assert_memory_equal(scratch.state_dir, site.config.state_dir, strlen(site.config.state_dir));
    assert_string_not_equal(scratch.state_dir, site.config.state_dir);
    assert_int_equal(access(scratch.state_dir, W_OK), 0);
    scratch_remove(&scratch);
    site_close(&site);
}

static void two_scratch_stores_do_not_meet(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct config one;
    struct config other;
    site_open(&site, NULL, NULL);
    assert_ok(scratch_make(&site.config, &site.arena, &one, &err));
    assert_ok(scratch_make(&site.config, &site.arena, &other, &err));
    assert_string_not_equal(one.state_dir, other.state_dir);
    scratch_remove(&one);
    assert_int_equal(access(other.state_dir, F_OK), 0);
    scratch_remove(&other);
    site_close(&site);
}

static void removing_takes_everything_inside_and_nothing_that_links_lead_to(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct config scratch;
    char path[512];
    site_open(&site, NULL, NULL);
    assert_ok(scratch_make(&site.config, &site.arena, &scratch, &err));
    (void)snprintf(path, sizeof(path), "%s/deep", scratch.state_dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/deep/link", scratch.state_dir);
    assert_int_equal(symlink(site.dir, path), 0);
    scratch_remove(&scratch);
    assert_int_not_equal(access(scratch.state_dir, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s/loadguard.yaml", site.dir);
    assert_int_equal(access(path, F_OK), 0);
    site_close(&site);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct config scratch;
    site_open(&site, NULL, NULL);
    site.config.state_dir = "/proc/nowhere/state";
    assert_fails(ERR_IO, scratch_make(&site.config, &site.arena, &scratch, &err));
    assert_contains(err.message, "/proc/nowhere");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scratch_store_is_apart_from_everything),
        cmocka_unit_test(two_scratch_stores_do_not_meet),
        cmocka_unit_test(removing_takes_everything_inside_and_nothing_that_links_lead_to),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
