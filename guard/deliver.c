#include "guard/deliver.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/interrupt.h"
#include "guard/routes.h"
#include "notify/schedule.h"
#include "notify/webhook.h"
#include "store/conn.h"
#include "store/outbox.h"

#define LEASE_US (60 * USEC_PER_SEC)
#define CLAIM_LIMIT 16
#define LONGEST_SLEEP_MS 1000

/* One route at work. */
struct courier {
    const struct config *config;
    const struct deliver_options *options;
    const struct route_config *route;
    struct store *store;
    struct webhook_keys keys;
    struct http_client *client;
    int64_t until_us;
    struct deliver_result result;
    pthread_t thread;
    bool running;
    enum error_code code;
    struct error error;

    /* the batch under way */
    struct arena arena;
    struct claimed_delivery *deliveries;
    size_t n_deliveries;
    enum error_code batch_code;
};

static void print_attempt(const struct courier *courier, const struct claimed_delivery *delivery,
                          const struct delivery_result *result)
{
    if (courier->options->verbose)
        (void)printf("%s  %-20s  %s  %s: %s\n", delivery->event_id, delivery->type,
                     courier->route->name, delivery_outcome_name(result->outcome), result->reason);
}

/* What becomes of a delivery after an attempt. */
static struct attempt_result settle(struct courier *courier,
                                    const struct claimed_delivery *delivery,
                                    const struct delivery_result *result)
{
    struct attempt_result attempt = {
        .delivery = delivery->id,
        .end = DELIVERY_END_DEAD,
        .status = result->http->status,
        .reason = result->reason,
        .duration_us = result->http->duration_us,
    };
    const struct schedule_input next = {
        .kind = SCHEDULE_OPERATOR,
        .attempts = delivery->attempts + 1,
        .seed = (uint64_t)delivery->id,
        .retry_after_us = result->http->has_retry_after ? result->http->retry_after_us : 0,
    };
    switch (result->outcome) {
    case DELIVERY_DONE:
        attempt.end = DELIVERY_END_DONE;
        courier->result.delivered++;
        return attempt;
    case DELIVERY_STOPPED:
        attempt.end = DELIVERY_END_RETRY;
        return attempt;
    case DELIVERY_RETRY:
    case DELIVERY_SLOW_DOWN:
        courier->result.failed_attempts++;
        if (schedule_next(&next, &attempt.wait_us))
            attempt.end = DELIVERY_END_RETRY;
        break;
    case DELIVERY_DISABLE:
    case DELIVERY_FAILED:
        courier->result.failed_attempts++;
        break;
    }
    courier->result.dead += attempt.end == DELIVERY_END_DEAD;
    return attempt;
}

static void on_done(void *context, size_t index, const struct delivery_result *result)
{
    struct courier *courier = context;
    const struct claimed_delivery *delivery = &courier->deliveries[index];
    fault_point("deliver.answered");
    struct attempt_result attempt = settle(courier, delivery, result);
    print_attempt(courier, delivery, result);
    bool before = store_set_uninterruptible(courier->store, true);
    enum error_code code = outbox_end_attempt(courier->store, &attempt, &courier->error);
    (void)store_set_uninterruptible(courier->store, before);
    if (code != OK && courier->batch_code == OK)
        courier->batch_code = code;
    fault_point("deliver.recorded");
}

static enum error_code make_request(struct courier *courier,
                                    const struct claimed_delivery *delivery,
                                    struct http_request *ret_request, struct error *err)
{
    struct buffer body;
    buffer_init(&body, WEBHOOK_MAX_BODY_BYTES + 1024);
    enum error_code code =
        webhook_body(delivery->type, delivery->created_us, delivery->payload_json, &body, err);
    struct webhook webhook = {
        .url = courier->route->webhook,
        .id = delivery->event_id,
        .keys = &courier->keys,
        .attempt_us = clock_now_us(),
        .reach = HTTP_REACH_ANY,
    };
    if (code == OK) {
        webhook.body = arena_strndup(&courier->arena, body.data, body.len);
        webhook.body_bytes = body.len;
        code = webhook_request(&webhook, &courier->arena, ret_request, err);
    }
    buffer_release(&body);
    return code;
}

/* A message that cannot even be made is given up, with the reason on record. */
static enum error_code give_up(struct courier *courier, const struct claimed_delivery *delivery,
                               const struct error *cause, struct error *err)
{
    const struct attempt_result attempt = {
        .delivery = delivery->id, .end = DELIVERY_END_DEAD, .reason = cause->message};
    courier->result.dead++;
    return outbox_end_attempt(courier->store, &attempt, err);
}

static enum error_code send_batch(struct courier *courier, struct error *err)
{
    struct http_request *requests =
        arena_calloc(&courier->arena, courier->n_deliveries, sizeof(*requests));
    size_t n = 0;
    for (size_t i = 0; i < courier->n_deliveries; i++) {
        struct error cause = {0};
        enum error_code code = outbox_begin_attempt(courier->store, courier->deliveries[i].id, err);
        if (code == ERR_CONFLICT) /* the lease ran out: somebody else may be sending it */
            continue;
        TRY(code);
        if (make_request(courier, &courier->deliveries[i], &requests[n], &cause) != OK) {
            TRY(give_up(courier, &courier->deliveries[i], &cause, err));
            continue;
        }
        courier->deliveries[n++] = courier->deliveries[i];
    }
    fault_point("deliver.begun");
    courier->batch_code = OK;
    TRY(notify_send_batch(courier->client, requests, n, on_done, courier, err));
    if (courier->batch_code != OK)
        *err = courier->error;
    return courier->batch_code;
}

/* Sleeps until something is due; false when nothing will be in time. */
static enum error_code wait_for_due(struct courier *courier, bool *ret_more, struct error *err)
{
    int64_t wait_us = -1;
    *ret_more = false;
    TRY(outbox_next_due(courier->store, &courier->route->name, 1, &wait_us, err));
    if (wait_us < 0)
        return OK;
    int64_t left_us = courier->until_us - clock_monotonic_us();
    if (wait_us > left_us) {
        courier->result.waiting = 1;
        return OK;
    }
    struct pollfd interrupt = {.fd = interrupt_fd(), .events = POLLIN};
    int64_t sleep_ms = wait_us / 1000 + 1;
    (void)poll(&interrupt, 1, (int)(sleep_ms > LONGEST_SLEEP_MS ? LONGEST_SLEEP_MS : sleep_ms));
    *ret_more = true;
    return interrupt_check(err);
}

/* Time is up: what is still to be sent is left for the next time. */
static enum error_code note_waiting(struct courier *courier, struct error *err)
{
    int64_t wait_us = -1;
    TRY(outbox_next_due(courier->store, &courier->route->name, 1, &wait_us, err));
    courier->result.waiting = wait_us >= 0;
    return OK;
}

static enum error_code deliver_route(struct courier *courier, struct error *err)
{
    bool more = true;
    while (more) {
        arena_release(&courier->arena);
        TRY(outbox_claim(courier->store, &courier->route->name, 1, CLAIM_LIMIT, LEASE_US,
                         &courier->arena, &courier->deliveries, &courier->n_deliveries, err));
        fault_point("deliver.claimed");
        if (courier->n_deliveries > 0)
            TRY(send_batch(courier, err));
        else
            TRY(wait_for_due(courier, &more, err));
        TRY(interrupt_check(err));
        if (more && clock_monotonic_us() >= courier->until_us)
            return note_waiting(courier, err);
    }
    return OK;
}

static void *courier_main(void *arg)
{
    struct courier *courier = arg;
    struct error err = {0};
    courier->code = deliver_route(courier, &err);
    courier->error = err;
    return NULL;
}

static enum error_code courier_start(struct courier *courier, struct store *main, struct error *err)
{
    TRY(route_read_keys(courier->config, courier->route, &courier->keys, err));
    TRY(http_client_new(&(struct http_client_options){0}, &courier->client, err));
    TRY(store_open_again(main, &courier->store, err));
    int failed = pthread_create(&courier->thread, NULL, courier_main, courier);
    if (failed != 0)
        return error_set_errno(err, ERR_IO, failed, "cannot start a thread");
    courier->running = true;
    return OK;
}

static void courier_finish(struct courier *courier, struct deliver_result *total)
{
    if (courier->running)
        (void)pthread_join(courier->thread, NULL);
    if (courier->code != OK && courier->code != ERR_CANCELLED) {
        (void)fprintf(stderr, "route %s: ", courier->route->name);
        error_print(&courier->error, stderr);
        total->broken++;
    }
    total->delivered += courier->result.delivered;
    total->failed_attempts += courier->result.failed_attempts;
    total->dead += courier->result.dead;
    total->waiting += courier->result.waiting;
    http_client_free(courier->client);
    store_close(courier->store);
    webhook_keys_release(&courier->keys);
    arena_release(&courier->arena);
}

enum error_code deliver_due(const struct config *config, struct store *store,
                            const struct deliver_options *options,
                            struct deliver_result *ret_result, struct error *err)
{
    const struct route_config *routes = config->routes.items;
    struct arena arena = {0};
    struct deliver_result total = {0};
    struct courier *couriers = arena_calloc(&arena, config->routes.n + 1, sizeof(*couriers));
    for (size_t i = 0; i < config->routes.n; i++) {
        struct courier *courier = &couriers[i];
        if (options->feed != NULL && !route_has_feed(&routes[i], options->feed))
            continue;
        *courier = (struct courier){.config = config,
                                    .options = options,
                                    .route = &routes[i],
                                    .until_us = clock_monotonic_us() + options->for_us};
        enum error_code code = courier_start(courier, store, &courier->error);
        if (code != OK) /* else the thread has begun and the rest is its own */
            courier->code = code;
    }
    for (size_t i = 0; i < config->routes.n; i++)
        if (couriers[i].config != NULL)
            courier_finish(&couriers[i], &total);
    arena_release(&arena);
    *ret_result = total;
    return interrupt_check(err);
}
