/* Messages to partners: body and headers of a webhook, and what an endpoint's answer means. */
#ifndef LG_NOTIFY_WEBHOOK_H
#define LG_NOTIFY_WEBHOOK_H

#include <stdint.h>

#include "base/arena.h"
#include "notify/http.h"
#include "notify/standard_webhooks.h"

/* A body has to stay under it. */
#define WEBHOOK_MAX_BODY_BYTES 20000

/*
 * Appends {"type":…,"timestamp":"…Z","data":…}. type is like "load.blocked"; data is the text of a
 * JSON object. timestamp_us is when it happened. ERR_DATA if data is no JSON object in UTF-8;
 * ERR_LIMIT if the body reaches WEBHOOK_MAX_BODY_BYTES.
 */
enum error_code webhook_body(const char *type, int64_t timestamp_us, const char *data,
                             struct buffer *body, struct error *err) MUST_CHECK;

/* One attempt to deliver a body. Borrows everything. */
struct webhook {
    const char *url;
    const char *id; /* the same at every attempt, e.g. "msg_…"; no dot */
    const struct webhook_keys *keys;
    const char *body;
    size_t body_bytes;
    int64_t attempt_us;       /* time of this attempt: it is signed */
    enum http_reach reach;    /* HTTP_REACH_PUBLIC for partners */
    const char *content_type; /* NULL: application/json */
};

/*
 * Makes the request, its headers in the arena. ERR_DATA if the body is not UTF-8 (receivers refuse
 * it even when signed right), ERR_LIMIT, ERR_CONFIG as webhook_sign.
 */
enum error_code webhook_request(const struct webhook *webhook, struct arena *arena,
                                struct http_request *ret_request, struct error *err) MUST_CHECK;

/* What to do with a delivery after an attempt. */
enum delivery_outcome {
    DELIVERY_DONE,      /* 2xx */
    DELIVERY_RETRY,     /* no answer, or a status that may change: next attempt as scheduled */
    DELIVERY_SLOW_DOWN, /* 429, 502, 504: as RETRY, and the endpoint as a whole gets fewer */
    DELIVERY_DISABLE,   /* 410: the endpoint wants nothing more */
    DELIVERY_FAILED,    /* 3xx or an unusable request: the same attempt cannot succeed */
    DELIVERY_STOPPED,   /* interrupted: not counted as an attempt, though it may have arrived */
};

enum delivery_outcome delivery_classify(const struct http_result *result);

/* Short name for ledger and logs: "done", "retry", "slow down", "disable", "failed", "stopped". */
const char *delivery_outcome_name(enum delivery_outcome outcome);

/* Valid during the callback only. */
struct delivery_result {
    enum delivery_outcome outcome;
    char reason[300]; /* "204", or why not: status and start of the answer, or the failure; clean
                       * UTF-8 without the URL's secrets */
    const struct http_result *http;
};

typedef void delivery_done_fn(void *context, size_t index, const struct delivery_result *result);

/* http_perform, with each result classified. */
enum error_code notify_send_batch(struct http_client *client, const struct http_request *requests,
                                  size_t n_requests, delivery_done_fn *done, void *context,
                                  struct error *err) MUST_CHECK;

#endif
