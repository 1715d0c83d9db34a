#include "tests/unit/test.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "notify/webhook.h"
#include "tests/unit/notify/server.h"

/* 2011-05-23T11:00:00Z */
#define NIGHT_US INT64_C(1306148400000000)

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const struct server_route routes[] = {
    {"/204", SERVER_ANSWER, "HTTP/1.1 204 No Content\r\n\r\n"},
    {"/500", SERVER_ANSWER, "HTTP/1.1 500 Oops\r\nContent-Length: 12\r\n\r\nout\x1B of\nluck"},
};

static struct error err;
static struct server server;
static struct webhook_keys keys;

static const char *body_of(const char *type, const char *data, struct buffer *body)
{
    buffer_init(body, 100000);
    assert_ok(webhook_body(type, NIGHT_US, data, body, &err));
    return buffer_string(body);
}

static void a_body_has_type_time_and_data(void **state)
{
    (void)state;
    struct buffer body;
    assert_string_equal(body_of("load.blocked", "{\"load\": 7}", &body),
                        "{\"type\":\"load.blocked\",\"timestamp\":\"2011-05-23T11:00:00Z\","
                        "\"data\":{\"load\": 7}}");
    buffer_release(&body);
}

static void data_that_is_no_json_object_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "1", "{", "{} {}", "{\"a\": \"\xFF\"}", "null"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct buffer body;
        buffer_init(&body, 1000);
        assert_fails(ERR_DATA, webhook_body("x", 0, bad[i], &body, &err));
        assert_int_equal(body.len, 0);
        buffer_release(&body);
    }
}

/* A JSON object of exactly so many bytes. */
static const char *object_of(size_t len)
{
    static char data[WEBHOOK_MAX_BODY_BYTES + 1];
    assert_in_range(len, 8, sizeof(data) - 1);
    memset(data, 'x', len);
    memcpy(data, "{\"a\":\"", 6);
    memcpy(data + len - 2, "\"}", 3);
    return data;
}

static void a_body_stays_under_20_kb(void **state)
{
    (void)state;
    struct buffer body;
    size_t around = strlen(body_of("t", object_of(100), &body)) - 100;
    buffer_release(&body);
    size_t most = WEBHOOK_MAX_BODY_BYTES - 1 - around;
    assert_int_equal(strlen(body_of("t", object_of(most), &body)), WEBHOOK_MAX_BODY_BYTES - 1);
    buffer_clear(&body);
    assert_fails(ERR_LIMIT, webhook_body("t", NIGHT_US, object_of(most + 1), &body, &err));
    buffer_release(&body);
}

struct seen {
    struct delivery_result result;
    int status;
};

static void on_done(void *context, size_t index, const struct delivery_result *result)
{
    struct seen *seen = context;
    assert_int_equal(index, 0);
    seen->result = *result;
    seen->status = result->http->status;
}

static struct seen deliver(const char *path, const char *body)
{
    char url[200];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server.port, path);
    const struct webhook webhook = {.url = url,
                                    .id = "msg_1",
                                    .keys = &keys,
                                    .body = body,
                                    .body_bytes = strlen(body),
                                    .attempt_us = INT64_C(1614265330999999)};
    struct http_client *client = NULL;
    struct arena arena = {0};
    struct http_request request;
    struct seen seen = {0};
    assert_ok(webhook_request(&webhook, &arena, &request, &err));
    assert_ok(http_client_new(&(struct http_client_options){0}, &client, &err));
    assert_ok(notify_send_batch(client, &request, 1, on_done, &seen, &err));
    http_client_free(client);
    arena_release(&arena);
    return seen;
}

/* As a receiver would: from what arrived, with the secret, nothing else. */
static void verify(const char *request)
{
    char id[100];
    char time[100];
    char signature[200];
    char text[1000];
    const char *body = strstr(request, "\r\n\r\n");
    assert_int_equal(sscanf(strstr(request, "webhook-id: "), "%*s %99s", id), 1);
    assert_int_equal(sscanf(strstr(request, "webhook-timestamp: "), "%*s %99s", time), 1);
    assert_int_equal(sscanf(strstr(request, "webhook-signature: "), "%*s %199s", signature), 1);
    (void)snprintf(text, sizeof(text), "%s.%s.%s", id, time, body + 4);
    unsigned char digest[32];
    char expected[64] = "v1,";
    assert_non_null(HMAC(EVP_sha256(), keys.current, (int)keys.current_len,
                         (const unsigned char *)text, strlen(text), digest, NULL));
    (void)EVP_EncodeBlock((unsigned char *)expected + 3, digest, 32);
    assert_string_equal(signature, expected);
    assert_string_equal(time, "1614265330");
}

static void what_arrives_verifies(void **state)
{
    (void)state;
    struct seen seen = deliver("/204", "{\"name\": \"\xC3\xA4\"}");
    assert_int_equal(seen.result.outcome, DELIVERY_DONE);
    assert_string_equal(seen.result.reason, "204");
    static char request[SERVER_MAX_REQUEST + 1];
    server_last_request(&server, request);
    assert_contains(request, "Content-Type: application/json\r\n");
    assert_contains(request, "webhook-id: msg_1\r\n");
    verify(request);
}

static void a_failure_shows_the_start_of_the_answer_on_one_clean_line(void **state)
{
    (void)state;
    struct seen seen = deliver("/500", "{}");
    assert_int_equal(seen.result.outcome, DELIVERY_RETRY);
    assert_int_equal(seen.status, 500);
    assert_string_equal(seen.result.reason, "500: out? of luck");
}

static void a_body_that_receivers_would_refuse_is_not_sent(void **state)
{
    (void)state;
    static char large[WEBHOOK_MAX_BODY_BYTES];
    memset(large, ' ', sizeof(large));
    struct arena arena = {0};
    struct http_request request;
    struct webhook webhook = {
        .url = "http://x/", .id = "msg_1", .keys = &keys, .body = "\xFF", .body_bytes = 1};
    assert_fails(ERR_DATA, webhook_request(&webhook, &arena, &request, &err));
    webhook.body = large;
    webhook.body_bytes = sizeof(large);
    assert_fails(ERR_LIMIT, webhook_request(&webhook, &arena, &request, &err));
    webhook.body_bytes = sizeof(large) - 1;
    assert_ok(webhook_request(&webhook, &arena, &request, &err));
    webhook.id = "a.b";
    assert_fails(ERR_CONFIG, webhook_request(&webhook, &arena, &request, &err));
    arena_release(&arena);
}

static enum delivery_outcome outcome_of(enum http_failure failure, int status)
{
    const struct http_result result = {.failure = failure, .status = status, .body = ""};
    return delivery_classify(&result);
}

static void each_answer_has_its_meaning(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum delivery_outcome outcome;
    } cases[] = {
        {200, DELIVERY_DONE},      {204, DELIVERY_DONE},      {299, DELIVERY_DONE},
        {301, DELIVERY_FAILED},    {302, DELIVERY_FAILED},    {308, DELIVERY_FAILED},
        {400, DELIVERY_RETRY},     {401, DELIVERY_RETRY},     {404, DELIVERY_RETRY},
        {410, DELIVERY_DISABLE},   {429, DELIVERY_SLOW_DOWN}, {500, DELIVERY_RETRY},
        {502, DELIVERY_SLOW_DOWN}, {503, DELIVERY_RETRY},     {504, DELIVERY_SLOW_DOWN},
        {199, DELIVERY_RETRY},     {999, DELIVERY_RETRY},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(outcome_of(HTTP_ANSWERED, cases[i].status), cases[i].outcome);
    assert_int_equal(outcome_of(HTTP_NO_NAME, 0), DELIVERY_RETRY);
    assert_int_equal(outcome_of(HTTP_NO_CONNECTION, 0), DELIVERY_RETRY);
    assert_int_equal(outcome_of(HTTP_NO_TLS, 0), DELIVERY_RETRY);
    assert_int_equal(outcome_of(HTTP_TIMED_OUT, 0), DELIVERY_RETRY);
    assert_int_equal(outcome_of(HTTP_BAD_ANSWER, 0), DELIVERY_RETRY);
    assert_int_equal(outcome_of(HTTP_BAD_REQUEST, 0), DELIVERY_FAILED);
    assert_int_equal(outcome_of(HTTP_STOPPED, 0), DELIVERY_STOPPED);
}

static void each_outcome_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(delivery_outcome_name(DELIVERY_DONE), "done");
    assert_string_equal(delivery_outcome_name(DELIVERY_STOPPED), "stopped");
}

static int set_up(void **state)
{
    (void)state;
    struct secret secret = {0};
    bool ready = interrupt_install(&err) == OK &&
                 secret_set(&secret, SECRET, strlen(SECRET), &err) == OK &&
                 webhook_keys_parse(&secret, NULL, &keys, &err) == OK &&
                 server_start(&server, routes, ARRAY_SIZE(routes));
    secret_release(&secret);
    return ready ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    server_stop(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_has_type_time_and_data),
        cmocka_unit_test(data_that_is_no_json_object_is_refused),
        cmocka_unit_test(a_body_stays_under_20_kb),
        cmocka_unit_test(what_arrives_verifies),
        cmocka_unit_test(a_failure_shows_the_start_of_the_answer_on_one_clean_line),
        cmocka_unit_test(a_body_that_receivers_would_refuse_is_not_sent),
        cmocka_unit_test(each_answer_has_its_meaning),
        cmocka_unit_test(each_outcome_has_a_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
