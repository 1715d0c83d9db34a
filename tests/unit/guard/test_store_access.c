#include "guard/store_access.h"

#include <stdio.h>
#include <sys/stat.h>

#include "store/conn.h"
#include "tests/unit/guard/site.h"

static enum error_code open_store(struct site *site, struct store **store, struct error *err)
{
    return store_access_open(&site->config, "test", &site->arena, store, err);
}

static void a_url_leads_to_a_ledger_that_is_up_to_date(void **state)
{
    struct pg_test *pg = *state;
    struct site site;
    struct error err;
    CLEANUP(store_closep) struct store *store = NULL;
    site_open(&site, NULL, NULL);
    site.config.store.url = pg->url;
    assert_ok(open_store(&site, &store, &err));
    assert_int_equal(pg_int(store, "select count(*) from loadguard.feed"), 0);
    assert_contains(pg_text(store, "show application_name"), "loadguard test");
    site_close(&site);
}

static void a_file_with_the_url_works_alike(void **state)
{
    struct pg_test *pg = *state;
    struct site site;
    struct error err;
    char text[600];
    CLEANUP(store_closep) struct store *store = NULL;
    site_open(&site, NULL, NULL);
    (void)snprintf(text, sizeof(text), "%s\r\n# what follows is no part of it\n", pg->url);
    site_write(&site, "url", text);
    site.config.store.url_file = "url";
    assert_ok(open_store(&site, &store, &err));
    assert_string_equal(pg_text(store, "select current_database()"), pg->name);
    site_close(&site);
}

static void a_file_that_is_missing_is_a_mistake_in_the_configuration(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct store *store = NULL;
    site_open(&site, NULL, NULL);
    site.config.store.url_file = "/nowhere.url";
    assert_fails(ERR_CONFIG, open_store(&site, &store, &err));
    assert_contains(err.message, "store.url_file");
    assert_contains(err.message, "/nowhere.url");
    assert_null(store);
    site_close(&site);
}

static void a_file_without_a_url_does_not_mean_some_other_database(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "\n\npostgresql://x/\n"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct site site;
        struct error err = {0};
        struct store *store = NULL;
        site_open(&site, NULL, NULL);
        site_write(&site, "url", texts[i]);
        site.config.store.url_file = "url";
        assert_fails(ERR_CONFIG, open_store(&site, &store, &err));
        assert_contains(err.message, "store.url_file");
        site_close(&site);
    }
}

static void a_file_with_a_password_for_everybody_is_refused(void **state)
{
    struct pg_test *pg = *state;
    struct site site;
    struct error err = {0};
    struct store *store = NULL;
    char path[256];
    site_open(&site, NULL, NULL);
    site_write(&site, "url", pg->url);
    (void)snprintf(path, sizeof(path), "%s/url", site.dir);
    assert_int_equal(chmod(path, 0644), 0);
    site.config.store.url_file = "url";
    assert_fails(ERR_CONFIG, open_store(&site, &store, &err));
    site_close(&site);
}

static void a_server_that_does_not_answer_can_be_tried_again(void **state)
{
    (void)state;
    struct site site;
    struct error err = {0};
    struct store *store = NULL;
    site_open(&site, NULL, NULL);
    site.config.store.url = "postgresql://nobody:hunter2@127.0.0.1:1/none";
    assert_fails(ERR_STORE, open_store(&site, &store, &err));
    assert_true(error_retryable(err.code));
    assert_null(strstr(err.message, "hunter2"));
    assert_null(strstr(err.detail, "hunter2"));
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test_empty(a_url_leads_to_a_ledger_that_is_up_to_date),
        pg_unit_test(a_file_with_the_url_works_alike),
        pg_unit_test(a_file_that_is_missing_is_a_mistake_in_the_configuration),
        pg_unit_test(a_file_without_a_url_does_not_mean_some_other_database),
        pg_unit_test(a_file_with_a_password_for_everybody_is_refused),
        pg_unit_test(a_server_that_does_not_answer_can_be_tried_again),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
