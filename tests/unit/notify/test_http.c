#include "tests/unit/test.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "notify/http.h"
#include "tests/unit/notify/server.h"

#define MAX_RESULTS 200
#define SHORT_US INT64_C(200000)

static const struct server_route routes[] = {
    {"/ok", SERVER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
    {"/500", SERVER_ANSWER, "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"},
    {"/429", SERVER_ANSWER, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"},
    {"/past", SERVER_ANSWER,
     "HTTP/1.1 503 No\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n"},
    {"/redirect", SERVER_ANSWER,
     "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
    {"/file", SERVER_ANSWER,
     "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"},
    {"/endless", SERVER_ENDLESS, "HTTP/1.1 200 OK\r\n\r\n12345678"},
    {"/chunks", SERVER_ENDLESS,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
    {"/headers", SERVER_ENDLESS, "HTTP/1.1 200 OK\r\nA: 456\r\n"},
    {"/silent", SERVER_HANG, ""},
    {"/slow", SERVER_HANG, "HTTP/1.1 200 OK\r\nX-Slow: "},
    {"/cut", SERVER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"},
    {"/garbage", SERVER_ANSWER, "\x01\x02 this is no HTTP\r\n\r\n"},
    {"/nothing", SERVER_ANSWER, ""},
};

static struct error err;
static struct server server;

/* What the callback saw, in order. */
struct seen {
    size_t n;
    size_t order[MAX_RESULTS];
    struct http_result results[MAX_RESULTS]; /* by index of the request; without the body */
    char body[20];                           /* of the last */
};

static void on_done(void *context, size_t index, const struct http_result *result)
{
    struct seen *seen = context;
    assert_int_equal(result->failure == HTTP_ANSWERED, result->error.code == OK);
    seen->order[seen->n++] = index;
    seen->results[index] = *result;
    (void)snprintf(seen->body, sizeof(seen->body), "%s", result->body);
}

static struct http_client *new_client(const struct http_client_options *options)
{
    static const struct http_client_options standard = {0};
    struct http_client *client = NULL;
    assert_ok(http_client_new(options != NULL ? options : &standard, &client, &err));
    return client;
}

static const char *url_of(const char *path, char url[200])
{
    (void)snprintf(url, 200, "http://127.0.0.1:%u%s", server.port, path);
    return url;
}

/* Performs one request with a client of its own. */
static struct http_result perform(const struct http_request *request, struct seen *seen)
{
    struct http_client *client = new_client(NULL);
    *seen = (struct seen){0};
    assert_ok(http_perform(client, request, 1, on_done, seen, &err));
    assert_int_equal(seen->n, 1);
    http_client_free(client);
    return seen->results[0];
}

static struct http_result get(const char *path, struct seen *seen)
{
    char url[200];
    const struct http_request request = {.url = url_of(path, url), .total_timeout_us = SHORT_US};
    return perform(&request, seen);
}

static void an_answer_has_its_status_and_body(void **state)
{
    (void)state;
    struct seen seen;
    struct http_result result = get("/ok", &seen);
    assert_int_equal(result.failure, HTTP_ANSWERED);
    assert_int_equal(result.status, 200);
    assert_string_equal(seen.body, "ok");
    assert_false(result.body_cut);
    assert_false(result.has_retry_after);
    result = get("/500", &seen);
    assert_int_equal(result.failure, HTTP_ANSWERED);
    assert_int_equal(result.status, 500);
}

static void a_post_sends_exactly_its_headers_and_bytes(void **state)
{
    (void)state;
    char url[200];
    static const char *const headers[] = {"Content-Type: application/json", "X-One: 1", NULL};
    const struct http_request request = {.method = HTTP_POST,
                                         .url = url_of("/ok", url),
                                         .headers = headers,
                                         .body = "{\"a\": 1}\n",
                                         .body_bytes = 9};
    struct seen seen;
    assert_int_equal(perform(&request, &seen).status, 200);
    static char sent[SERVER_MAX_REQUEST + 1];
    server_last_request(&server, sent);
    assert_contains(sent, "POST /ok HTTP/1.1\r\n");
    assert_contains(sent, "\r\nContent-Type: application/json\r\n");
    assert_contains(sent, "\r\nX-One: 1\r\n");
    assert_contains(sent, "\r\nContent-Length: 9\r\n");
    assert_contains(sent, "\r\n\r\n{\"a\": 1}\n");
}

static void a_redirect_is_an_answer_and_never_followed(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(get("/redirect", &seen).status, 302);
    assert_int_equal(get("/file", &seen).status, 302);
}

static void retry_after_is_read(void **state)
{
    (void)state;
    struct seen seen;
    struct http_result result = get("/429", &seen);
    assert_true(result.has_retry_after);
    assert_int_equal(result.retry_after_us, 7 * USEC_PER_SEC);
    result = get("/past", &seen);
    assert_true(result.has_retry_after);
    assert_int_equal(result.retry_after_us, 0);
}

static void an_endless_body_is_cut(void **state)
{
    (void)state;
    static const char *const paths[] = {"/endless", "/chunks"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        char url[200];
        const struct http_request request = {.url = url_of(paths[i], url),
                                             .max_answer_bytes = 1000};
        struct seen seen;
        struct http_result result = perform(&request, &seen);
        assert_int_equal(result.failure, HTTP_ANSWERED);
        assert_int_equal(result.status, 200);
        assert_int_equal(result.body_bytes, 1000);
        assert_true(result.body_cut);
    }
}

static void endless_headers_are_refused(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_not_equal(get("/headers", &seen).failure, HTTP_ANSWERED);
}

static void silence_ends_at_the_timeout(void **state)
{
    (void)state;
    struct seen seen;
    static const char *const paths[] = {"/silent", "/slow"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct http_result result = get(paths[i], &seen);
        assert_int_equal(result.failure, HTTP_TIMED_OUT);
        assert_int_equal(result.error.code, ERR_TIMEOUT);
        assert_true(result.duration_us >= SHORT_US / 2);
    }
}

static void what_is_no_http_is_a_bad_answer(void **state)
{
    (void)state;
    struct seen seen;
    static const char *const paths[] = {"/garbage", "/nothing", "/cut"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct http_result result = get(paths[i], &seen);
        assert_int_equal(result.failure, HTTP_BAD_ANSWER);
        assert_int_equal(result.error.code, ERR_NETWORK);
    }
}

static unsigned unused_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(close(fd), 0);
    return ntohs(address.sin_port);
}

static void a_refused_connection_says_so_without_the_secrets_of_the_url(void **state)
{
    (void)state;
    char url[200];
    (void)snprintf(url, sizeof(url), "http://me:hunter2@127.0.0.1:%u/token-hunter2?k=hunter2",
                   unused_port());
    const struct http_request request = {.url = url};
    struct seen seen;
    struct http_result result = perform(&request, &seen);
    assert_int_equal(result.failure, HTTP_NO_CONNECTION);
    assert_contains(result.error.message, "Connection refused");
    assert_contains(result.error.message, "http://***@127.0.0.1:");
    assert_null(strstr(result.error.message, "hunter2"));
}

static void a_server_without_tls_is_no_tls(void **state)
{
    (void)state;
    char url[200];
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/garbage", server.port);
    const struct http_request request = {.url = url, .total_timeout_us = SHORT_US};
    struct seen seen;
    struct http_result result = perform(&request, &seen);
    assert_true(result.failure == HTTP_NO_TLS || result.failure == HTTP_TIMED_OUT);
}

static void unusable_requests_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"",
                                       "no url",
                                       "file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "gopher://127.0.0.1/",
                                       "http://",
                                       "http://h\xC3\xA4st.test/",
                                       "http://127.0.0.1:99999/",
                                       "http://a b/",
                                       "http://127.0.0.1\r\nX: y/"};
    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        const struct http_request request = {.url = urls[i]};
        struct seen seen;
        struct http_result result = perform(&request, &seen);
        assert_int_equal(result.failure, HTTP_BAD_REQUEST);
        assert_int_equal(result.error.code, ERR_CONFIG);
    }
}

static void a_header_cannot_smuggle_another_one(void **state)
{
    (void)state;
    static const char *const bad[] = {"X: a\r\nY: b", "X: a\nY: b", "no colon",
                                      ": x",          "X y: z",     "X: \x7F"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char url[200];
        const char *const headers[] = {bad[i], NULL};
        const struct http_request request = {.url = url_of("/ok", url), .headers = headers};
        struct seen seen;
        assert_int_equal(perform(&request, &seen).failure, HTTP_BAD_REQUEST);
    }
}

static void the_proxies_of_the_environment_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1", 1), 0);
    struct seen seen;
    assert_int_equal(get("/ok", &seen).status, 200);
    assert_int_equal(unsetenv("http_proxy") + unsetenv("ALL_PROXY"), 0);
}

static void a_configured_proxy_is_used(void **state)
{
    (void)state;
    char proxy[200];
    const struct http_client_options options = {.proxy = url_of("", proxy)};
    struct http_client *client = new_client(&options);
    const struct http_request request = {.url = "http://elsewhere.invalid/x",
                                         .total_timeout_us = SHORT_US};
    struct seen seen = {0};
    assert_ok(http_perform(client, &request, 1, on_done, &seen, &err));
    static char sent[SERVER_MAX_REQUEST + 1];
    server_last_request(&server, sent);
    assert_contains(sent, "GET http://elsewhere.invalid/x HTTP/1.1\r\n");
    http_client_free(client);
}

/* --- Many at once ----------------------------------------------------------------------------- */

static void one_slow_endpoint_delays_nobody_else(void **state)
{
    (void)state;
    static char urls[150][200];
    static struct http_request requests[150];
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        requests[i] = (struct http_request){.url = url_of(i == 0 ? "/silent" : "/ok", urls[i]),
                                            .total_timeout_us =
                                                i == 0 ? 2 * USEC_PER_SEC : 30 * USEC_PER_SEC};
    struct http_client *client = new_client(NULL);
    static struct seen seen;
    seen = (struct seen){0};
    assert_ok(http_perform(client, requests, ARRAY_SIZE(requests), on_done, &seen, &err));
    assert_int_equal(seen.n, ARRAY_SIZE(requests));
    assert_int_equal(seen.order[seen.n - 1], 0);
    assert_int_equal(seen.results[0].failure, HTTP_TIMED_OUT);
    for (size_t i = 1; i < ARRAY_SIZE(requests); i++)
        assert_int_equal(seen.results[i].status, 200);
    http_client_free(client);
}

static void no_requests_are_done_at_once(void **state)
{
    (void)state;
    struct http_client *client = new_client(NULL);
    assert_ok(http_perform(client, NULL, 0, on_done, NULL, &err));
    http_client_free(client);
}

static void an_interrupt_ends_the_call_and_every_request_hears_of_it(void **state)
{
    (void)state;
    static char urls[100][200];
    static struct http_request requests[100];
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        requests[i] = (struct http_request){.url = url_of("/silent", urls[i])};
    struct http_client *client = new_client(NULL);
    static struct seen seen;
    seen = (struct seen){0};
    assert_int_equal(raise(SIGTERM), 0);
    assert_fails(ERR_CANCELLED,
                 http_perform(client, requests, ARRAY_SIZE(requests), on_done, &seen, &err));
    interrupt_reset();
    assert_int_equal(seen.n, ARRAY_SIZE(requests));
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        assert_int_equal(seen.results[i].failure, HTTP_STOPPED);
    http_client_free(client);
}

static void *raise_soon(void *argument)
{
    (void)usleep(100000);
    (void)kill(getpid(), SIGTERM);
    return argument;
}

static void an_interrupt_wakes_a_call_that_waits(void **state)
{
    (void)state;
    char url[200];
    const struct http_request request = {.url = url_of("/silent", url),
                                         .total_timeout_us = 60 * USEC_PER_SEC};
    struct http_client *client = new_client(NULL);
    struct seen seen = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, NULL), 0);
    assert_fails(ERR_CANCELLED, http_perform(client, &request, 1, on_done, &seen, &err));
    assert_int_equal(pthread_join(thread, NULL), 0);
    interrupt_reset();
    assert_int_equal(seen.results[0].failure, HTTP_STOPPED);
    http_client_free(client);
}

/* --- Names ------------------------------------------------------------------------------------ */

static int slow_name_server = -1;

/* *.test is this machine; slow.test is answered when the test says so, none.test does not exist. */
static int resolve(const char *host, const char *port, const struct addrinfo *hints,
                   struct addrinfo **ret_addresses)
{
    struct pollfd go = {slow_name_server, POLLIN, 0};
    if (strcmp(host, "slow.test") == 0)
        (void)poll(&go, 1, 20000);
    if (strcmp(host, "none.test") == 0)
        return EAI_NONAME;
    return getaddrinfo("127.0.0.1", port, hints, ret_addresses);
}

static void a_name_server_that_is_slow_delays_nobody_else(void **state)
{
    (void)state;
    slow_name_server = eventfd(0, EFD_CLOEXEC);
    const struct http_client_options options = {.resolve = resolve};
    struct http_client *client = new_client(&options);
    char urls[3][200];
    static const char *const hosts[] = {"slow.test", "quick.test", "none.test"};
    struct http_request requests[3];
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        (void)snprintf(urls[i], sizeof(urls[i]), "http://%s:%u/ok", hosts[i], server.port);
        requests[i] = (struct http_request){.url = urls[i], .connect_timeout_us = SHORT_US};
    }
    struct seen seen = {0};
    assert_ok(http_perform(client, requests, ARRAY_SIZE(requests), on_done, &seen, &err));
    assert_int_equal(seen.order[2], 0);
    assert_int_equal(seen.results[0].failure, HTTP_TIMED_OUT);
    assert_contains(seen.results[0].error.message, "name lookup");
    assert_int_equal(seen.results[1].status, 200);
    assert_int_equal(seen.results[2].failure, HTTP_NO_NAME);
    assert_contains(seen.results[2].error.message, "http://none.test:");
    http_client_free(client);
    assert_int_equal(write(slow_name_server, &(uint64_t){1}, sizeof(uint64_t)), 8);
    (void)usleep(50000); /* lets the lookup that was given up end for itself */
    assert_int_equal(close(slow_name_server), 0);
}

static void a_partner_cannot_point_us_at_our_own_network(void **state)
{
    (void)state;
    const struct http_client_options options = {.resolve = resolve};
    struct http_client *client = new_client(&options);
    static const char *const hosts[] = {"127.0.0.1",       "name.test", "2130706433",
                                        "0x7f.1",          "[::1]",     "[::ffff:127.0.0.1]",
                                        "169.254.169.254", "0",         "10.0.0.1"};
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        char url[200];
        (void)snprintf(url, sizeof(url), "https://%s:%u/ok", hosts[i], server.port);
        const struct http_request request = {
            .url = url, .reach = HTTP_REACH_PUBLIC, .total_timeout_us = SHORT_US};
        struct seen seen = {0};
        assert_ok(http_perform(client, &request, 1, on_done, &seen, &err));
        assert_int_equal(seen.results[0].failure, HTTP_BAD_REQUEST);
        assert_int_equal(seen.results[0].error.code, ERR_REFUSED);
    }
    http_client_free(client);
}

static void a_partner_is_spoken_to_by_https_only(void **state)
{
    (void)state;
    const struct http_request request = {.url = "http://93.184.216.34/",
                                         .reach = HTTP_REACH_PUBLIC};
    struct seen seen;
    struct http_result result = perform(&request, &seen);
    assert_int_equal(result.failure, HTTP_BAD_REQUEST);
    assert_contains(result.error.message, "only https");
}

static void an_allowed_network_may_be_reached_by_partners_addresses(void **state)
{
    (void)state;
    static const char *const networks[] = {"127.0.0.0/8", NULL};
    const struct http_client_options options = {.allowed_networks = networks};
    struct http_client *client = new_client(&options);
    char url[200];
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", unused_port());
    const struct http_request request = {.url = url, .reach = HTTP_REACH_PUBLIC};
    struct seen seen = {0};
    assert_ok(http_perform(client, &request, 1, on_done, &seen, &err));
    assert_int_equal(seen.results[0].failure, HTTP_NO_CONNECTION);
    http_client_free(client);
    static const char *const bad[] = {"127.0.0.0/33", NULL};
    const struct http_client_options wrong = {.allowed_networks = bad};
    assert_fails(ERR_CONFIG, http_client_new(&wrong, &client, &err));
}

static int set_up(void **state)
{
    (void)state;
    return interrupt_install(&err) == OK && server_start(&server, routes, ARRAY_SIZE(routes)) ? 0
                                                                                              : -1;
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
        cmocka_unit_test(an_answer_has_its_status_and_body),
        cmocka_unit_test(a_post_sends_exactly_its_headers_and_bytes),
        cmocka_unit_test(a_redirect_is_an_answer_and_never_followed),
        cmocka_unit_test(retry_after_is_read),
        cmocka_unit_test(an_endless_body_is_cut),
        cmocka_unit_test(endless_headers_are_refused),
        cmocka_unit_test(silence_ends_at_the_timeout),
        cmocka_unit_test(what_is_no_http_is_a_bad_answer),
        cmocka_unit_test(a_refused_connection_says_so_without_the_secrets_of_the_url),
        cmocka_unit_test(a_server_without_tls_is_no_tls),
        cmocka_unit_test(unusable_requests_are_refused),
        cmocka_unit_test(a_header_cannot_smuggle_another_one),
        cmocka_unit_test(the_proxies_of_the_environment_are_ignored),
        cmocka_unit_test(a_configured_proxy_is_used),
        cmocka_unit_test(one_slow_endpoint_delays_nobody_else),
        cmocka_unit_test(no_requests_are_done_at_once),
        cmocka_unit_test(an_interrupt_ends_the_call_and_every_request_hears_of_it),
        cmocka_unit_test(an_interrupt_wakes_a_call_that_waits),
        cmocka_unit_test(a_name_server_that_is_slow_delays_nobody_else),
        cmocka_unit_test(a_partner_cannot_point_us_at_our_own_network),
        cmocka_unit_test(a_partner_is_spoken_to_by_https_only),
        cmocka_unit_test(an_allowed_network_may_be_reached_by_partners_addresses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
