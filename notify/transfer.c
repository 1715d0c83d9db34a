#include "notify/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define MAX_CONNECTION_AGE_S 600L
#define MAX_HEADERS 32

/* --- The request ------------------------------------------------------------------------------ */

static enum error_code bad_request(const struct transfer *transfer, enum error_code code,
                                   const char *reason, enum http_failure *ret_failure,
                                   struct error *err)
{
    *ret_failure = HTTP_BAD_REQUEST;
    return error_set(err, code, "cannot send a request to %s: %s", transfer->shown_url, reason);
}

static bool header_is_safe(const char *header)
{
    const char *colon = strchr(header, ':');
    if (colon == NULL || colon == header)
        return false;
    for (const char *p = header; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F || (p < colon && *p == ' '))
            return false;
    return true;
}

static bool add_header(struct transfer *transfer, const char *header)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, header);
    if (longer != NULL)
        transfer->headers = longer;
    return longer != NULL;
}

static enum error_code collect_headers(struct transfer *transfer, enum http_failure *ret_failure,
                                       struct error *err)
{
    const char *const *header = transfer->request->headers;
    size_t n = 0;
    for (; header != NULL && *header != NULL; header++) {
        if (++n > MAX_HEADERS || !header_is_safe(*header))
            return bad_request(transfer, ERR_CONFIG, "a header is not usable", ret_failure, err);
        if (!add_header(transfer, *header))
            return bad_request(transfer, ERR_MEMORY, "out of memory", ret_failure, err);
    }
    return OK;
}

/* --- The address ------------------------------------------------------------------------------ */

struct url_parts {
    char *scheme;
    char *host;
    char *port;
};

static void url_parts_release(struct url_parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
}

static bool split_url(const char *url, struct url_parts *parts)
{
    CURLU *handle = curl_url();
    bool done = handle != NULL && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_SCHEME, &parts->scheme, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_HOST, &parts->host, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    curl_url_cleanup(handle);
    return done;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7F)
            return false;
    return true;
}

static bool is_literal(const char *host)
{
    unsigned char ignored[16];
    return host[0] == '[' || inet_pton(AF_INET, host, ignored) == 1;
}

static bool uses_proxy(const struct transfer *transfer)
{
    return transfer->request->reach == HTTP_REACH_ANY && transfer->settings->proxy != NULL &&
           transfer->settings->proxy[0] != '\0';
}

static enum error_code check_url(const struct transfer *transfer, const struct url_parts *parts,
                                 enum http_failure *ret_failure, struct error *err)
{
    bool is_https = strcmp(parts->scheme, "https") == 0;
    if (!is_https && strcmp(parts->scheme, "http") != 0)
        return bad_request(transfer, ERR_CONFIG, "it is neither http nor https", ret_failure, err);
    if (!is_https && transfer->request->reach == HTTP_REACH_PUBLIC)
        return bad_request(transfer, ERR_REFUSED, "only https is allowed there", ret_failure, err);
    if (!is_ascii(parts->host))
        return bad_request(transfer, ERR_CONFIG,
                           "write the host's name in its ASCII form, which begins with xn--",
                           ret_failure, err);
    return OK;
}

static enum error_code start_lookup(struct transfer *transfer, enum http_failure *ret_failure,
                                    struct error *err)
{
    struct url_parts parts = {0};
    enum error_code code = OK;
    if (!split_url(transfer->request->url, &parts))
        code = bad_request(transfer, ERR_CONFIG, "the URL is not valid", ret_failure, err);
    if (code == OK)
        code = check_url(transfer, &parts, ret_failure, err);
    if (code == OK && !is_literal(parts.host) && !uses_proxy(transfer)) {
        *ret_failure = HTTP_NO_NAME;
        code = lookup_start(parts.host, parts.port, transfer->settings->resolve,
                            transfer->settings->wake_fd, &transfer->lookup, err);
        if (code != OK)
            error_prefix(err, "cannot look up the name of %s", transfer->shown_url);
    }
    url_parts_release(&parts);
    return code;
}

static int64_t or_default(int64_t value, int64_t standard)
{
    return value > 0 ? value : standard;
}

enum error_code transfer_init(struct transfer *transfer, const struct transfer_settings *settings,
                              const struct http_request *request, size_t index,
                              enum http_failure *ret_failure, struct error *err)
{
    int64_t now_us = clock_monotonic_us();
    int64_t connect_us = or_default(request->connect_timeout_us, HTTP_DEFAULT_CONNECT_TIMEOUT_US);
    int64_t total_us = or_default(request->total_timeout_us, HTTP_DEFAULT_TOTAL_TIMEOUT_US);
    *transfer = (struct transfer){
        .settings = settings,
        .request = request,
        .index = index,
        .started_us = now_us,
        .connect_by_us = now_us + (connect_us < total_us ? connect_us : total_us),
        .end_by_us = now_us + total_us,
    };
    buffer_init(&transfer->body, request->max_answer_bytes > 0 ? request->max_answer_bytes
                                                               : HTTP_DEFAULT_MAX_ANSWER_BYTES);
    (void)url_scrub(request->url, transfer->shown_url);
    TRY(collect_headers(transfer, ret_failure, err));
    return start_lookup(transfer, ret_failure, err);
}

void transfer_release(struct transfer *transfer)
{
    lookup_free(transfer->lookup);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    curl_slist_free_all(transfer->pin);
    buffer_release(&transfer->body);
    *transfer = (struct transfer){0};
}

bool transfer_is_resolved(const struct transfer *transfer)
{
    return transfer->lookup == NULL || lookup_ended(transfer->lookup);
}

/* --- Callbacks of libcurl --------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    size_t len = size * count;
    size_t room = transfer->body.max_bytes - transfer->body.len;
    size_t keep = len < room ? len : room;
    if (keep > 0 && buffer_append(&transfer->body, bytes, keep, NULL) != OK)
        return 0;
    transfer->body_cut = keep < len;
    return keep;
}

static bool is_allowed(const struct transfer *transfer, const struct sockaddr *address)
{
    const struct transfer_settings *settings = transfer->settings;
    if (transfer->request->reach == HTTP_REACH_ANY)
        return true;
    for (size_t i = 0; i < settings->n_allowed; i++)
        if (network_contains(&settings->allowed[i], address))
            return true;
    return address_is_public(address) && !address_is_own(address);
}

/* Before each new connection, whatever the name was resolved to. */
static curl_socket_t open_socket(void *argument, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct transfer *transfer = argument;
    (void)purpose;
    if (!is_allowed(transfer, &address->addr)) {
        transfer->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before each request, so for a connection too that an earlier request opened. */
static int before_request(void *argument, char *remote, char *local, int remote_port,
                          int local_port)
{
    struct transfer *transfer = argument;
    (void)local;
    (void)remote_port;
    (void)local_port;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    bool allowed = false;
    if (inet_pton(AF_INET, remote, &four.sin_addr) == 1)
        allowed = is_allowed(transfer, (const struct sockaddr *)&four);
    else if (inet_pton(AF_INET6, remote, &six.sin6_addr) == 1)
        allowed = is_allowed(transfer, (const struct sockaddr *)&six);
    else
        allowed = transfer->request->reach == HTTP_REACH_ANY;
    transfer->is_refused = !allowed;
    return allowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* --- Launching -------------------------------------------------------------------------------- */

static enum error_code pin_address(struct transfer *transfer, enum http_failure *ret_failure,
                                   struct error *err)
{
    struct buffer pin;
    buffer_init(&pin, 65536);
    *ret_failure = HTTP_NO_NAME;
    enum error_code code = lookup_pin(transfer->lookup, &pin, err);
    if (code == OK) {
        transfer->pin = curl_slist_append(NULL, buffer_string(&pin));
        if (transfer->pin == NULL)
            code = error_set(err, ERR_MEMORY, "out of memory");
    }
    if (code != OK)
        error_prefix(err, "cannot look up the name of %s", transfer->shown_url);
    buffer_release(&pin);
    lookup_free(transfer->lookup);
    transfer->lookup = NULL;
    return code;
}

static long milliseconds_until(int64_t deadline_us)
{
    int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;
    return left_ms > 0 ? (long)left_ms : 1L; /* 0 would mean no limit */
}

/* Collects whether all options were taken: an option that is not set is a hole in the fence. */
#define SET(option, value) (is_set = is_set && curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool set_fence(struct transfer *transfer, CURL *easy)
{
    const struct transfer_settings *settings = transfer->settings;
    bool is_public = transfer->request->reach == HTTP_REACH_PUBLIC;
    bool is_set = true;
    SET(CURLOPT_PROTOCOLS_STR, is_public ? "https" : "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, uses_proxy(transfer) ? settings->proxy : "");
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_PREREQFUNCTION, before_request);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_MAXLIFETIME_CONN, MAX_CONNECTION_AGE_S);
    if (settings->ca_file != NULL)
        SET(CURLOPT_CAINFO, settings->ca_file);
    return is_set;
}

static bool set_request(struct transfer *transfer, CURL *easy)
{
    const struct http_request *request = transfer->request;
    bool is_set = true;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_USERAGENT, "loadguard");
    if (request->method == HTTP_POST) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
        SET(CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
    }
    if (transfer->pin != NULL)
        SET(CURLOPT_RESOLVE, transfer->pin);
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_until(transfer->connect_by_us));
    SET(CURLOPT_TIMEOUT_MS, milliseconds_until(transfer->end_by_us));
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_PRIVATE, transfer);
    return is_set;
}

enum error_code transfer_launch(struct transfer *transfer, enum http_failure *ret_failure,
                                struct error *err)
{
    if (transfer->lookup != NULL)
        TRY(pin_address(transfer, ret_failure, err));
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL)
        return bad_request(transfer, ERR_MEMORY, "out of memory", ret_failure, err);
    if (!set_fence(transfer, transfer->easy) || !set_request(transfer, transfer->easy))
        return bad_request(transfer, ERR_CONFIG, "libcurl does not take its options", ret_failure,
                           err);
    return OK;
}

/* --- Results ---------------------------------------------------------------------------------- */

void transfer_failure(const struct transfer *transfer, enum http_failure failure,
                      const struct error *why, struct http_result *ret_result)
{
    *ret_result = (struct http_result){
        .failure = failure,
        .error = *why,
        .body = "",
        .duration_us = clock_monotonic_us() - transfer->started_us,
    };
}

static enum http_failure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_NO_NAME;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return HTTP_NO_CONNECTION;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_NO_TLS;
    case CURLE_URL_MALFORMAT:
        return HTTP_BAD_REQUEST;
    default:
        return HTTP_BAD_ANSWER;
    }
}

static void explain(const struct transfer *transfer, CURLcode code, enum http_failure failure,
                    struct error *err)
{
    long system_errno = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &system_errno);
    if (failure == HTTP_TIMED_OUT)
        (void)error_set(err, ERR_TIMEOUT, "no answer from %s in time", transfer->shown_url);
    else if (failure == HTTP_NO_CONNECTION && system_errno != 0)
        (void)error_set_errno(err, ERR_NETWORK, (int)system_errno, "cannot connect to %s",
                              transfer->shown_url);
    else /* only libcurl's general words: its particular ones may quote the URL */
        (void)error_set(err, ERR_NETWORK, "no answer from %s: %s", transfer->shown_url,
                        curl_easy_strerror(code));
}

static void read_retry_after(const struct transfer *transfer, struct http_result *result)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        result->has_retry_after =
            http_parse_retry_after(header->value, clock_now_us(), &result->retry_after_us);
}

static void take_answer(struct transfer *transfer, struct http_result *result)
{
    long status = 0;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    result->status = (int)status;
    result->body = buffer_string(&transfer->body);
    result->body_bytes = transfer->body.len;
    result->body_cut = transfer->body_cut;
    read_retry_after(transfer, result);
}

void transfer_result(struct transfer *transfer, CURLcode code, struct http_result *ret_result)
{
    struct error why = {0};
    /* We ourselves stopped reading a body that is longer than anybody wants. */
    if (code == CURLE_WRITE_ERROR && transfer->body_cut)
        code = CURLE_OK;
    if (code == CURLE_OK) {
        transfer_failure(transfer, HTTP_ANSWERED, &why, ret_result);
        take_answer(transfer, ret_result);
        return;
    }
    enum http_failure failure = failure_of(code);
    if (transfer->is_refused) {
        (void)bad_request(transfer, ERR_REFUSED,
                          "its address is not a public one; see the allowed networks", &failure,
                          &why);
    } else {
        explain(transfer, code, failure, &why);
    }
    transfer_failure(transfer, failure, &why, ret_result);
}
