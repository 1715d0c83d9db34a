#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/feed_rules.h"
#include "tests/unit/guard/site.h"

static size_t n_rules(const char *path, const struct site *site, const struct feed_config *feed)
{
    struct error err;
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    assert_ok(feed_rules_load(path, feed, site->feed->schema, &rules, &err));
    return rule_set_n_rules(rules);
}

static void a_feed_has_its_own_rules(void **state)
{
    (void)state;
    struct site site;
    site_open(&site, NULL, NULL);
    assert_int_equal(n_rules(NULL, &site, site.feed), 2);
    site_close(&site);
}

static void without_a_feed_the_default_rules_apply(void **state)
{
    (void)state;
    struct error err;
    struct site site;
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    site_open(&site, NULL, NULL);
    assert_ok(rule_set_default(site.feed->schema, &rules, &err));
    assert_int_equal(n_rules(NULL, &site, NULL), rule_set_n_rules(rules));
    struct feed_config bare = *site.feed;
    bare.rules_node = NULL;
    assert_int_equal(n_rules(NULL, &site, &bare), rule_set_n_rules(rules));
    site_close(&site);
}

static void a_named_file_comes_before_the_feed(void **state)
{
    (void)state;
    struct site site;
    char path[256];
    site_open(&site, NULL, NULL);
    site_write(&site, "rules.yaml", "rules:\n  - {name: only, hold: rows < 1}\n");
    (void)snprintf(path, sizeof(path), "%s/rules.yaml", site.dir);
    assert_int_equal(n_rules(path, &site, site.feed), 1);
    site_close(&site);
}

static void mistakes_are_counted_in_the_error_and_none_is_left_out(void **state)
{
    (void)state;
    struct site site;
    struct error err;
    struct rule_set *rules = NULL;
    const struct site_options options = {
        .rules = "[{name: a, hold: scor > 1}, {name: b, hodl: rows > 1}]"};
    site_open(&site, NULL, &options);
    CLEANUP(diagnostics_release) struct diagnostics diags = {0};
    assert_fails(ERR_CONFIG, feed_rules_check(site.feed, &rules, &diags, &err));
    assert_true(diagnostics_count(&diags) >= 2);
    assert_fails(ERR_CONFIG, report_problems(&diags, &err));
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "%zu mistakes", diagnostics_count(&diags));
    assert_contains(err.message, expected);
    assert_null(rules);
    site_close(&site);
}

static void a_file_of_rules_that_is_missing_is_a_mistake(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct rule_set *rules = NULL;
    site_open(&site, NULL, NULL);
    assert_fails(ERR_CONFIG,
                 feed_rules_load("/nowhere.yaml", site.feed, site.feed->schema, &rules, &err));
    assert_null(rules);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_feed_has_its_own_rules),
        cmocka_unit_test(without_a_feed_the_default_rules_apply),
        cmocka_unit_test(a_named_file_comes_before_the_feed),
        cmocka_unit_test(mistakes_are_counted_in_the_error_and_none_is_left_out),
        cmocka_unit_test(a_file_of_rules_that_is_missing_is_a_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
