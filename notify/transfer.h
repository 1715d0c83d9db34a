/* One HTTP request on its way: name lookup, libcurl handle, collected answer. */
#ifndef LG_NOTIFY_TRANSFER_H
#define LG_NOTIFY_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/secret.h"
#include "notify/address.h"
#include "notify/http.h"
#include "notify/resolver.h"

/* What all requests of a client share. */
struct transfer_settings {
    const char *proxy;
    const char *ca_file;
    http_resolve_fn *resolve;
    struct network allowed[MAX_NETWORKS];
    size_t n_allowed;
    int wake_fd; /* an eventfd, written to when a lookup ends */
};

struct transfer {
    const struct transfer_settings *settings;
    const struct http_request *request;
    size_t index;
    int64_t started_us; /* monotonic */
    int64_t connect_by_us;
    int64_t end_by_us;
    char shown_url[URL_SCRUBBED_BYTES];
    struct lookup *lookup; /* NULL: none is needed, or it was pinned */
    CURL *easy;            /* NULL until launched */
    struct curl_slist *headers;
    struct curl_slist *pin;
    struct buffer body;
    bool body_cut;
    bool is_refused; /* the address is not allowed */
};

/*
 * Checks the request and starts the lookup of its host, if it needs one. On failure *ret_failure
 * says of what kind it is, and err, with the URL scrubbed, what it was. The transfer has to be
 * released in either case.
 */
enum error_code transfer_init(struct transfer *transfer, const struct transfer_settings *settings,
                              const struct http_request *request, size_t index,
                              enum http_failure *ret_failure, struct error *err) MUST_CHECK;

/* Whether the lookup has ended, well or not, or there is none: it can be launched. */
bool transfer_is_resolved(const struct transfer *transfer);

/* Makes the libcurl handle. Failures as transfer_init. */
enum error_code transfer_launch(struct transfer *transfer, enum http_failure *ret_failure,
                                struct error *err) MUST_CHECK;

/* Makes the result after libcurl's end; the body is the transfer's. */
void transfer_result(struct transfer *transfer, CURLcode code, struct http_result *ret_result);

/* Makes the result of a transfer that ended without libcurl. */
void transfer_failure(const struct transfer *transfer, enum http_failure failure,
                      const struct error *why, struct http_result *ret_result);

void transfer_release(struct transfer *transfer);

#endif
