/*
 * The HTTP client of deliveries and probes: many requests at once, each with its own deadlines, so
 * that one slow endpoint, or one slow name server, delays nobody else. Redirects are never
 * followed, only http and https are spoken, and the environment's proxies are ignored.
 */
#ifndef LG_NOTIFY_HTTP_H
#define LG_NOTIFY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

#define HTTP_DEFAULT_CONNECT_TIMEOUT_US INT64_C(5000000)
#define HTTP_DEFAULT_TOTAL_TIMEOUT_US INT64_C(15000000)
#define HTTP_DEFAULT_MAX_ANSWER_BYTES ((size_t)64 << 10)
#define HTTP_MAX_CONCURRENT 64

/* Longest wait that a Retry-After can ask for. */
#define HTTP_MAX_RETRY_AFTER_US (INT64_C(86400) * 1000000)

enum http_method { HTTP_GET, HTTP_POST };

/* Whom a request may talk to. */
enum http_reach {
    HTTP_REACH_ANY,    /* operators' endpoints and probes */
    HTTP_REACH_PUBLIC, /* partners' endpoints: https and globally reachable addresses only, no
                        * proxy; http_client_options.allowed_networks are allowed too */
};

/* One request. Borrows everything until its answer was handed over. */
struct http_request {
    enum http_method method;
    const char *url;
    const char *const *headers; /* "Name: value", then NULL (may be NULL) */
    const char *body;           /* POST; sent as it is */
    size_t body_bytes;
    int64_t connect_timeout_us; /* 0: the default; name lookup included */
    int64_t total_timeout_us;   /* 0: the default */
    size_t max_answer_bytes;    /* 0: the default; the rest of a longer body is not read */
    enum http_reach reach;
};

/* Why there is no answer; probes tell "bad" and "unknown" apart by it. */
enum http_failure {
    HTTP_ANSWERED,
    HTTP_BAD_REQUEST, /* URL or header unusable, address not allowed */
    HTTP_NO_NAME,
    HTTP_NO_CONNECTION,
    HTTP_NO_TLS,
    HTTP_TIMED_OUT,
    HTTP_BAD_ANSWER, /* what came was no HTTP, or broke off */
    HTTP_STOPPED,    /* interrupted */
};

/*
 * Valid during the callback only. error is OK exactly if failure is HTTP_ANSWERED (any status).
 * Messages show the URL scrubbed.
 */
struct http_result {
    enum http_failure failure;
    struct error error; /* ERR_NETWORK, ERR_TIMEOUT, ERR_CONFIG, ERR_REFUSED or ERR_CANCELLED */
    int status;         /* 0 without an answer */
    const char *body;   /* zero-terminated; may hold anything */
    size_t body_bytes;
    bool body_cut; /* there was more than max_answer_bytes */
    bool has_retry_after;
    int64_t retry_after_us; /* from now, 0 to HTTP_MAX_RETRY_AFTER_US */
    int64_t duration_us;
};

/* index is the request's in the array given to http_perform. */
typedef void http_done_fn(void *context, size_t index, const struct http_result *result);

/* Like getaddrinfo with AI_ADDRCONFIG and SOCK_STREAM; for tests. */
struct addrinfo;
typedef int http_resolve_fn(const char *host, const char *port, const struct addrinfo *hints,
                            struct addrinfo **ret_addresses);

/* Borrowed until http_client_free. Zeroed options are the defaults. */
struct http_client_options {
    const char *proxy;                   /* for HTTP_REACH_ANY; NULL or "": none */
    const char *ca_file;                 /* NULL: the system's */
    const char *const *allowed_networks; /* "10.1.0.0/16", "fd00::/8", then NULL (may be NULL) */
    http_resolve_fn *resolve;            /* NULL: getaddrinfo */
};

/* Keeps connections open between calls. To be used by one thread at a time. */
struct http_client;

/* ERR_CONFIG for a network that cannot be read; ERR_MEMORY. */
enum error_code http_client_new(const struct http_client_options *options,
                                struct http_client **ret_client, struct error *err) MUST_CHECK;
void http_client_free(struct http_client *client);
DEFINE_POINTER_CLEANUP(struct http_client, http_client_cleanup, http_client_free)

/*
 * Performs all requests, at most HTTP_MAX_CONCURRENT at a time, and calls done for each as soon as
 * it has ended, in the order of their ends, from the calling thread. Failures of a request are in
 * its result. ERR_CANCELLED when the process was interrupted: what was under way is then reported
 * as HTTP_STOPPED, requests that were not begun as well. ERR_MEMORY, ERR_IO.
 */
enum error_code http_perform(struct http_client *client, const struct http_request *requests,
                             size_t n_requests, http_done_fn *done, void *context,
                             struct error *err) MUST_CHECK;

/*
 * Reads the value of a Retry-After header (RFC 9110, 10.2.3: seconds, or an HTTP date) as
 * microseconds from now_us (Unix epoch), clamped to 0 … HTTP_MAX_RETRY_AFTER_US. False if it is
 * neither.
 */
bool http_parse_retry_after(const char *value, int64_t now_us, int64_t *ret_us);

#endif
