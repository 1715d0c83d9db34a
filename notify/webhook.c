#include "notify/webhook.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Of an answer's body, what goes into the reason. */
#define REASON_BODY_BYTES 200

static enum error_code check_data(const char *data, struct error *err)
{
    json_error_t why;
    json_t *object = json_loads(data, JSON_REJECT_DUPLICATES, &why);
    bool is_object = json_is_object(object);
    json_decref(object);
    return is_object ? OK
                     : error_set(err, ERR_DATA, "the data of a message is no JSON object in UTF-8");
}

enum error_code webhook_body(const char *type, int64_t timestamp_us, const char *data,
                             struct buffer *body, struct error *err)
{
    char time[CLOCK_TEXT_BYTES];
    size_t start = body->len;
    TRY(check_data(data, err));
    TRY(buffer_append_string(body, "{\"type\":", err));
    TRY(text_append_json(body, type, strlen(type), err));
    TRY(buffer_printf(body, err, ",\"timestamp\":\"%s\",\"data\":%s}",
                      clock_format_rfc3339(timestamp_us, time), data));
    if (body->len - start < WEBHOOK_MAX_BODY_BYTES)
        return OK;
    return error_set(err, ERR_LIMIT,
                     "a message of %zu bytes is too long for a webhook, which has "
                     "less than %d",
                     body->len - start, WEBHOOK_MAX_BODY_BYTES);
}

static enum error_code check_body(const struct webhook *webhook, struct error *err)
{
    if (webhook->body_bytes >= WEBHOOK_MAX_BODY_BYTES)
        return error_set(err, ERR_LIMIT, "a message of %zu bytes is too long for a webhook",
                         webhook->body_bytes);
    if (!text_is_utf8(webhook->body, webhook->body_bytes))
        return error_set(err, ERR_DATA, "the body of a webhook is not UTF-8");
    return OK;
}

enum error_code webhook_request(const struct webhook *webhook, struct arena *arena,
                                struct http_request *ret_request, struct error *err)
{
    int64_t timestamp_s = webhook->attempt_us / USEC_PER_SEC;
    struct buffer signature;
    buffer_init(&signature, 1000);
    TRY(check_body(webhook, err));
    enum error_code code = webhook_sign(webhook->keys, webhook->id, timestamp_s, webhook->body,
                                        webhook->body_bytes, &signature, err);
    if (code == OK) {
        const char **headers = arena_calloc(arena, 5, sizeof(*headers));
        headers[0] = arena_printf(arena, "Content-Type: %s",
                                  webhook->content_type != NULL ? webhook->content_type
                                                                : "application/json");
        headers[1] = arena_printf(arena, "webhook-id: %s", webhook->id);
        headers[2] = arena_printf(arena, "webhook-timestamp: %" PRId64, timestamp_s);
        headers[3] = arena_printf(arena, "webhook-signature: %s", buffer_string(&signature));
        *ret_request = (struct http_request){.method = HTTP_POST,
                                             .url = webhook->url,
                                             .headers = headers,
                                             .body = webhook->body,
                                             .body_bytes = webhook->body_bytes,
                                             .reach = webhook->reach};
    }
    buffer_release(&signature);
    return code;
}

enum delivery_outcome delivery_classify(const struct http_result *result)
{
    if (result->failure == HTTP_STOPPED)
        return DELIVERY_STOPPED;
    if (result->failure == HTTP_BAD_REQUEST)
        return result->error.code == ERR_MEMORY ? DELIVERY_RETRY : DELIVERY_FAILED;
    if (result->failure != HTTP_ANSWERED)
        return DELIVERY_RETRY;
    if (result->status >= 200 && result->status < 300)
        return DELIVERY_DONE;
    if (result->status >= 300 && result->status < 400)
        return DELIVERY_FAILED;
    switch (result->status) {
    case 410:
        return DELIVERY_DISABLE;
    case 429:
    case 502:
    case 504:
        return DELIVERY_SLOW_DOWN;
    default:
        return DELIVERY_RETRY;
    }
}

const char *delivery_outcome_name(enum delivery_outcome outcome)
{
    static const char *const names[] = {
        [DELIVERY_DONE] = "done",           [DELIVERY_RETRY] = "retry",
        [DELIVERY_SLOW_DOWN] = "slow down", [DELIVERY_DISABLE] = "disable",
        [DELIVERY_FAILED] = "failed",       [DELIVERY_STOPPED] = "stopped",
    };
    return names[outcome];
}

/* The start of an answer's body on one line. */
static void append_answer(struct buffer *reason, const struct http_result *result)
{
    size_t len = result->body_bytes < REASON_BODY_BYTES ? result->body_bytes : REASON_BODY_BYTES;
    if (len == 0 || buffer_append_string(reason, ": ", NULL) != OK)
        return;
    size_t start = reason->len;
    (void)(text_append_clean(reason, result->body, len, NULL) == OK);
    for (size_t i = start; i < reason->len; i++)
        if (reason->data[i] == '\n' || reason->data[i] == '\t')
            reason->data[i] = ' ';
}

static void explain(const struct http_result *result, enum delivery_outcome outcome,
                    struct delivery_result *delivery)
{
    struct buffer reason;
    buffer_init(&reason, sizeof(delivery->reason) - 1);
    if (result->failure != HTTP_ANSWERED) {
        size_t len = strlen(result->error.message);
        (void)(text_append_clean(&reason, result->error.message, len, NULL) == OK);
    } else {
        (void)(buffer_printf(&reason, NULL, "%d", result->status) == OK);
        if (outcome != DELIVERY_DONE)
            append_answer(&reason, result);
    }
    (void)snprintf(delivery->reason, sizeof(delivery->reason), "%s", buffer_string(&reason));
    buffer_release(&reason);
}

struct forward {
    delivery_done_fn *done;
    void *context;
};

static void on_done(void *context, size_t index, const struct http_result *result)
{
    const struct forward *forward = context;
    struct delivery_result delivery = {.outcome = delivery_classify(result), .http = result};
    explain(result, delivery.outcome, &delivery);
    forward->done(forward->context, index, &delivery);
}

enum error_code notify_send_batch(struct http_client *client, const struct http_request *requests,
                                  size_t n_requests, delivery_done_fn *done, void *context,
                                  struct error *err)
{
    struct forward forward = {done, context};
    return http_perform(client, requests, n_requests, on_done, &forward, err);
}
