#include "guard/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/guard/site.h"

#define OLDER "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkMTI="

static const struct site_options with_route = {
    .routes = "[{name: oncall, webhook: 'https://example.com/x', secret_file: secret}]"};

static enum error_code read_keys(struct site *site, const char *secret, struct webhook_keys *keys,
                                 struct error *err)
{
    site_write(site, "secret", secret);
    return route_read_keys(&site->config, route_find(&site->config, "oncall"), keys, err);
}

static void one_line_is_the_secret(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct webhook_keys keys = {0};
    site_open(&site, NULL, &with_route);
    assert_ok(read_keys(&site, SITE_SECRET "\n", &keys, &err));
    assert_int_equal(keys.current_len, 32);
    assert_memory_equal(keys.current, "0123456789abcdef", 16);
    assert_int_equal(keys.older_len, 0);
    webhook_keys_release(&keys);
    site_close(&site);
}

static void a_second_line_is_the_older_secret(void **state)
{
    (void)state;
    static const char *const texts[] = {SITE_SECRET "\n" OLDER "\n", SITE_SECRET "\r\n" OLDER,
                                        SITE_SECRET "\n\n" OLDER "\n\n"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct site site;
        struct error err;
        struct webhook_keys keys = {0};
        site_open(&site, NULL, &with_route);
        assert_ok(read_keys(&site, texts[i], &keys, &err));
        assert_memory_equal(keys.current, "0123456789abcdef", 16);
        assert_int_equal(keys.older_len, 32);
        assert_memory_equal(keys.older, "oldold", 6);
        webhook_keys_release(&keys);
        site_close(&site);
    }
}

static void a_bad_secret_is_refused_and_never_shown(void **state)
{
    (void)state;
    static const char *const texts[] = {"whsec_short", "", "\n", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%",
                                        SITE_SECRET "\nhunter2hunter2"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct site site;
        struct error err = {0};
        struct webhook_keys keys = {0};
        site_open(&site, NULL, &with_route);
        assert_fails(ERR_CONFIG, read_keys(&site, texts[i], &keys, &err));
        assert_null(strstr(err.message, "short"));
        assert_null(strstr(err.message, "hunter2"));
        assert_int_equal(keys.current_len, 0);
        site_close(&site);
    }
}

static void a_secret_that_everybody_may_read_is_refused(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct webhook_keys keys = {0};
    char path[256];
    site_open(&site, NULL, &with_route);
    (void)snprintf(path, sizeof(path), "%s/secret", site.dir);
    assert_int_equal(chmod(path, 0644), 0);
    assert_fails(ERR_CONFIG,
                 route_read_keys(&site.config, route_find(&site.config, "oncall"), &keys, &err));
    assert_contains(err.message, path);
    site_close(&site);
}

static void a_check_names_every_route_that_cannot_work(void **state)
{
    (void)state;
    struct site site;
    const struct site_options options = {
        .routes = "[{name: good, webhook: 'http://127.0.0.1/', secret_file: secret}, "
                  "{name: scheme, webhook: 'ftp://x/', secret_file: secret}, "
                  "{name: missing, webhook: 'https://x/', secret_file: nowhere}]"};
    site_open(&site, NULL, &options);
    CLEANUP(diagnostics_release) struct diagnostics diags = {0};
    routes_check(&site.config, &diags);
    assert_int_equal(diagnostics_count(&diags), 2);
    assert_contains(diags.problems[0].message, "http");
    assert_contains(diags.problems[1].message, "nowhere");
    site_close(&site);
}

static void events_of_a_feed_go_to_the_routes_that_want_it(void **state)
{
    (void)state;
    struct site site;
    const char **names = NULL;
    const struct site_options options = {
        .routes = "[{name: all, webhook: 'http://x/', secret_file: secret}, "
                  "{name: some, webhook: 'http://x/', secret_file: secret, feeds: scores}]"};
    site_open(&site, NULL, &options);
    assert_int_equal(routes_for_feed(&site.config, "scores", &site.arena, &names), 2);
    assert_string_equal(names[0], "all");
    assert_string_equal(names[1], "some");
    assert_int_equal(routes_for_feed(&site.config, "other", &site.arena, &names), 1);
    assert_null(route_find(&site.config, "nobody"));
    assert_string_equal(route_find(&site.config, "some")->name, "some");
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_is_the_secret),
        cmocka_unit_test(a_second_line_is_the_older_secret),
        cmocka_unit_test(a_bad_secret_is_refused_and_never_shown),
        cmocka_unit_test(a_secret_that_everybody_may_read_is_refused),
        cmocka_unit_test(a_check_names_every_route_that_cannot_work),
        cmocka_unit_test(events_of_a_feed_go_to_the_routes_that_want_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
