#include "notify/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "notify/transfer.h"

#define LONGEST_POLL_MS 1000

struct http_client {
    CURLM *multi;
    struct transfer_settings settings;
    char *proxy;
    char *ca_file;
};

/* One call of http_perform. */
struct batch {
    struct http_client *client;
    const struct http_request *requests;
    size_t n_requests;
    size_t n_begun;
    struct transfer *active[HTTP_MAX_CONCURRENT];
    size_t n_active;
    http_done_fn *done;
    void *context;
};

static CURLcode global_result;

static void initialise_libcurl(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static enum error_code copy_text(const char *text, char **ret_copy, struct error *err)
{
    if (text == NULL)
        return OK;
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? OK : error_set(err, ERR_MEMORY, "out of memory");
}

static enum error_code take_options(struct http_client *client,
                                    const struct http_client_options *options, struct error *err)
{
    struct transfer_settings *settings = &client->settings;
    settings->resolve = options->resolve;
    TRY(copy_text(options->proxy, &client->proxy, err));
    TRY(copy_text(options->ca_file, &client->ca_file, err));
    settings->proxy = client->proxy;
    settings->ca_file = client->ca_file;
    const char *const *network = options->allowed_networks;
    for (; network != NULL && *network != NULL; network++) {
        if (settings->n_allowed == MAX_NETWORKS)
            return error_set(err, ERR_CONFIG, "more than %d networks are allowed", MAX_NETWORKS);
        TRY(network_parse(*network, &settings->allowed[settings->n_allowed++], err));
    }
    return OK;
}

enum error_code http_client_new(const struct http_client_options *options,
                                struct http_client **ret_client, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, initialise_libcurl);
    CLEANUP(http_client_cleanup) struct http_client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the HTTP client");
    client->settings.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (client->settings.wake_fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create an event descriptor");
    TRY(take_options(client, options, err));
    client->multi = global_result == CURLE_OK ? curl_multi_init() : NULL;
    if (client->multi == NULL || curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                                                   (long)HTTP_MAX_CONCURRENT) != CURLM_OK)
        return error_set(err, ERR_MEMORY, "cannot initialise libcurl");
    *ret_client = TAKE(client);
    return OK;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    (void)curl_multi_cleanup(client->multi);
    fd_cleanup(&client->settings.wake_fd);
    free(client->proxy);
    free(client->ca_file);
    free(client);
}

/* Hands the result over and forgets the transfer. */
static void finish(struct batch *batch, size_t position, const struct http_result *result)
{
    struct transfer *transfer = batch->active[position];
    assert(transfer != NULL);
    if (transfer->easy != NULL)
        (void)curl_multi_remove_handle(batch->client->multi, transfer->easy);
    batch->done(batch->context, transfer->index, result);
    transfer_release(transfer);
    free(transfer);
    batch->active[position] = batch->active[--batch->n_active];
}

static void finish_failed(struct batch *batch, size_t position, enum http_failure failure,
                          const struct error *why)
{
    struct http_result result;
    transfer_failure(batch->active[position], failure, why, &result);
    finish(batch, position, &result);
}

static enum error_code begin_more(struct batch *batch, struct error *err)
{
    while (batch->n_active < HTTP_MAX_CONCURRENT && batch->n_begun < batch->n_requests) {
        struct transfer *transfer = calloc(1, sizeof(*transfer));
        if (transfer == NULL)
            return error_set(err, ERR_MEMORY, "out of memory for a request");
        batch->active[batch->n_active++] = transfer;
        size_t index = batch->n_begun++;
        enum http_failure failure = HTTP_BAD_REQUEST;
        struct error why;
        if (transfer_init(transfer, &batch->client->settings, &batch->requests[index], index,
                          &failure, &why) != OK)
            finish_failed(batch, batch->n_active - 1, failure, &why);
    }
    return OK;
}

/* Gives libcurl those whose names are resolved; false if this one came to its end by that. */
static bool launch(struct batch *batch, size_t position)
{
    struct transfer *transfer = batch->active[position];
    enum http_failure failure = HTTP_BAD_REQUEST;
    struct error why;
    enum error_code code = transfer_launch(transfer, &failure, &why);
    if (code == OK && curl_multi_add_handle(batch->client->multi, transfer->easy) != CURLM_OK)
        code = error_set(&why, ERR_MEMORY, "cannot add a request to libcurl's");
    if (code != OK)
        finish_failed(batch, position, failure, &why);
    return code == OK;
}

static void launch_resolved(struct batch *batch)
{
    for (size_t i = 0; i < batch->n_active;) {
        const struct transfer *transfer = batch->active[i];
        if (transfer->easy != NULL) {
            i++;
        } else if (transfer_is_resolved(transfer)) {
            if (launch(batch, i))
                i++;
        } else if (clock_monotonic_us() >= transfer->connect_by_us) {
            struct error why;
            (void)error_set(&why, ERR_TIMEOUT, "no answer to the name lookup of %s in time",
                            transfer->shown_url);
            finish_failed(batch, i, HTTP_TIMED_OUT, &why);
        } else {
            i++;
        }
    }
}

static size_t position_of(const struct batch *batch, const struct transfer *transfer)
{
    size_t i = 0;
    while (batch->active[i] != transfer)
        i++;
    return i;
}

static void finish_ended(struct batch *batch)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(batch->client->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *transfer = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        struct http_result result;
        transfer_result(transfer, code, &result);
        finish(batch, position_of(batch, transfer), &result);
    }
}

/* libcurl wakes up for its own deadlines; here count those of the lookups. */
static int poll_timeout(const struct batch *batch)
{
    int64_t least_ms = LONGEST_POLL_MS;
    for (size_t i = 0; i < batch->n_active; i++) {
        const struct transfer *transfer = batch->active[i];
        if (transfer->easy != NULL)
            continue;
        int64_t left_ms = (transfer->connect_by_us - clock_monotonic_us()) / 1000 + 1;
        least_ms = left_ms < least_ms ? left_ms : least_ms;
    }
    return least_ms > 0 ? (int)least_ms : 0;
}

static enum error_code wait_for_news(struct batch *batch, struct error *err)
{
    int wake_fd = batch->client->settings.wake_fd;
    struct curl_waitfd extra[] = {{wake_fd, CURL_WAIT_POLLIN, 0},
                                  {interrupt_fd(), CURL_WAIT_POLLIN, 0}};
    unsigned n_extra = interrupt_fd() >= 0 ? 2 : 1;
    if (curl_multi_poll(batch->client->multi, extra, n_extra, poll_timeout(batch), NULL) !=
        CURLM_OK)
        return error_set(err, ERR_IO, "cannot wait for answers over HTTP");
    uint64_t ignored;
    (void)!read(wake_fd, &ignored, sizeof(ignored));
    return OK;
}

static enum error_code perform_all(struct batch *batch, struct error *err)
{
    while (batch->n_active > 0 || batch->n_begun < batch->n_requests) {
        int running = 0;
        TRY(interrupt_check(err));
        TRY(begin_more(batch, err));
        launch_resolved(batch);
        if (curl_multi_perform(batch->client->multi, &running) != CURLM_OK)
            return error_set(err, ERR_IO, "cannot send requests over HTTP");
        finish_ended(batch);
        if (batch->n_active > 0)
            TRY(wait_for_news(batch, err));
    }
    return OK;
}

/* Every request gets its one call of done, also those that were not begun. */
static void stop_rest(struct batch *batch, const struct error *cause)
{
    struct error why = *cause;
    while (batch->n_active > 0)
        finish_failed(batch, batch->n_active - 1, HTTP_STOPPED, &why);
    struct http_result result = {.failure = HTTP_STOPPED, .error = why, .body = ""};
    while (batch->n_begun < batch->n_requests)
        batch->done(batch->context, batch->n_begun++, &result);
}

enum error_code http_perform(struct http_client *client, const struct http_request *requests,
                             size_t n_requests, http_done_fn *done, void *context,
                             struct error *err)
{
    struct batch batch = {.client = client,
                          .requests = requests,
                          .n_requests = n_requests,
                          .done = done,
                          .context = context};
    struct error cause = {0};
    enum error_code code = perform_all(&batch, &cause);
    if (code != OK) {
        stop_rest(&batch, &cause);
        if (err != NULL)
            *err = cause;
    }
    return code;
}
