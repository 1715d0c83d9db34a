#include "guard/deliver.h"

#include <stdio.h>
#include <unistd.h>

#include "guard/life.h"
#include "store/ledger.h"
#include "tests/unit/guard/site.h"
#include "tests/unit/notify/server.h"

static const char no_content[] = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
static const char gone[] = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n";
static const char broken[] =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nRetry-After: 3600\r\n\r\n";

static const struct server_route server_routes[] = {
    {"/good", SERVER_ANSWER, no_content},
    {"/gone", SERVER_ANSWER, gone},
    {"/broken", SERVER_ANSWER, broken},
};

struct fixture {
    struct site site;
    struct server server;
    char routes[1024];
};

/* A site with routes to paths of the server, each named after its path. */
static void set_up(struct fixture *f, void **state, const char *const *paths, size_t n)
{
    struct error err;
    int len = 0;
    assert_true(server_start(&f->server, server_routes, ARRAY_SIZE(server_routes)));
    for (size_t i = 0; i < n; i++)
        len += snprintf(f->routes + len, sizeof(f->routes) - (size_t)len,
                        "%s{name: %s, webhook: 'http://127.0.0.1:%u/%s', secret_file: secret}",
                        i == 0 ? "[" : ", ", paths[i], f->server.port, paths[i]);
    (void)snprintf(f->routes + len, sizeof(f->routes) - (size_t)len, "]");
    const struct site_options options = {.routes = f->routes};
    site_open(&f->site, *state, &options);
    assert_ok(gate_enter(&f->site.gate, &err));
}

static void tear_down(struct fixture *f)
{
    site_close(&f->site);
    server_stop(&f->server);
}

static void announce(struct fixture *f, enum event_type type)
{
    struct error err;
    const struct decision decision = {
        .event = type, .state = LOAD_HELD, .action = "x", .summary = "something happened"};
    assert_ok(store_begin(f->site.pg->store, &err));
    assert_ok(life_announce(&f->site.gate, &decision, &err));
    assert_ok(store_commit(f->site.pg->store, &err));
}

static struct deliver_result deliver(struct fixture *f, int64_t for_us)
{
    struct error err;
    struct deliver_result result;
    const struct deliver_options options = {.for_us = for_us};
    assert_ok(deliver_due(&f->site.config, f->site.pg->store, &options, &result, &err));
    return result;
}

static const char *states(struct fixture *f)
{
    return pg_text(f->site.pg->store,
                   "select string_agg(endpoint || ' ' || state, ', ' order by endpoint, id) from "
                   "loadguard.delivery");
}

static void what_is_due_is_sent_once(void **state)
{
    struct fixture f;
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    announce(&f, EVENT_HELD);
    struct deliver_result result = deliver(&f, 0);
    assert_int_equal(result.delivered, 1);
    assert_string_equal(states(&f), "good delivered");
    char request[SERVER_MAX_REQUEST + 1];
    server_last_request(&f.server, request);
    assert_contains(request, "webhook-signature: v1,");
    assert_contains(request, "something happened");
    result = deliver(&f, 0);
    assert_int_equal(result.delivered, 0);
    assert_int_equal(f.server.n_connections, 1);
    tear_down(&f);
}

static void one_route_that_fails_delays_no_other(void **state)
{
    struct fixture f;
    static const char *const paths[] = {"broken", "good", "gone"};
    set_up(&f, state, paths, 3);
    announce(&f, EVENT_HELD);
    struct deliver_result result = deliver(&f, 0);
    assert_int_equal(result.delivered, 1);
    assert_int_equal(result.failed_attempts, 2);
    assert_int_equal(result.dead, 1);
    assert_int_equal(result.waiting, 1);
    assert_int_equal(result.broken, 0);
    assert_string_equal(states(&f), "broken pending, gone dead, good delivered");
    tear_down(&f);
}

static void only_routes_of_the_feed_are_worked_on(void **state)
{
    struct fixture f;
    struct error err;
    struct deliver_result result;
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    announce(&f, EVENT_HELD);
    struct route_config *route = f.site.config.routes.items;
    const char *other = "other";
    route->feeds = (struct key_texts){.texts = &other, .n = 1};
    const struct deliver_options options = {.feed = "scores"};
    assert_ok(deliver_due(&f.site.config, f.site.pg->store, &options, &result, &err));
    assert_int_equal(result.delivered, 0);
    assert_string_equal(states(&f), "good pending");
    tear_down(&f);
}

static void a_route_without_its_secret_is_broken_and_loses_nothing(void **state)
{
    struct fixture f;
    char path[256];
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    announce(&f, EVENT_HELD);
    (void)snprintf(path, sizeof(path), "%s/secret", f.site.dir);
    assert_int_equal(unlink(path), 0);
    struct deliver_result result = deliver(&f, 0);
    assert_int_equal(result.broken, 1);
    assert_string_equal(states(&f), "good pending");
    site_write(&f.site, "secret", SITE_SECRET);
    assert_int_equal(deliver(&f, 0).delivered, 1);
    tear_down(&f);
}

static void a_message_too_long_to_send_is_given_up_with_its_reason(void **state)
{
    struct fixture f;
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    announce(&f, EVENT_HELD);
    pg_run(f.site.pg->store,
           "update loadguard.event set payload = jsonb_build_object('x', repeat('x', 30000))");
    struct deliver_result result = deliver(&f, 0);
    assert_int_equal(result.dead, 1);
    assert_int_equal(result.broken, 0);
    assert_string_equal(states(&f), "good dead");
    tear_down(&f);
}

static void messages_of_an_incident_arrive_in_their_order(void **state)
{
    struct fixture f;
    char request[SERVER_MAX_REQUEST + 1];
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    announce(&f, EVENT_BLOCKED);
    assert_int_equal(deliver(&f, 0).delivered, 1);
    announce(&f, EVENT_PUBLISHED);
    assert_int_equal(deliver(&f, 0).delivered, 1);
    server_last_request(&f.server, request);
    assert_contains(request, "load.published");
    tear_down(&f);
}

static void many_messages_go_out_in_one_call(void **state)
{
    struct fixture f;
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    for (int i = 0; i < 40; i++)
        announce(&f, EVENT_PUBLISHED);
    assert_int_equal(deliver(&f, INT64_C(30000000)).delivered, 40);
    tear_down(&f);
}

static void a_backlog_does_not_keep_a_call_longer_than_its_time(void **state)
{
    struct fixture f;
    static const char *const paths[] = {"good"};
    set_up(&f, state, paths, 1);
    for (int i = 0; i < 40; i++)
        announce(&f, EVENT_PUBLISHED);
    struct deliver_result result = deliver(&f, 0);
    assert_true(result.delivered > 0 && result.delivered < 40);
    assert_int_equal(result.waiting, 1);
    tear_down(&f);
}

static void without_routes_there_is_nothing_to_do(void **state)
{
    struct site site;
    struct error err;
    struct deliver_result result;
    const struct deliver_options options = {0};
    site_open(&site, *state, NULL);
    assert_ok(deliver_due(&site.config, site.pg->store, &options, &result, &err));
    assert_int_equal(result.delivered + result.failed_attempts + result.broken, 0);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(what_is_due_is_sent_once),
        pg_unit_test(one_route_that_fails_delays_no_other),
        pg_unit_test(only_routes_of_the_feed_are_worked_on),
        pg_unit_test(a_route_without_its_secret_is_broken_and_loses_nothing),
        pg_unit_test(a_message_too_long_to_send_is_given_up_with_its_reason),
        pg_unit_test(messages_of_an_incident_arrive_in_their_order),
        pg_unit_test(many_messages_go_out_in_one_call),
        pg_unit_test(a_backlog_does_not_keep_a_call_longer_than_its_time),
        pg_unit_test(without_routes_there_is_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
