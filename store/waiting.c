#include "store/waiting.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "embedded/publish_sql.h"

#define MIN_PAUSE_US INT64_C(2000)
#define MAX_PAUSE_US INT64_C(200000)
#define DEFAULT_REPORT_US (60 * USEC_PER_SEC)

struct wait_options wait_options_default(void)
{
    return (struct wait_options){
        .report_after_us = DEFAULT_REPORT_US,
        .report_every_us = DEFAULT_REPORT_US,
    };
}

static void read_blocker(const struct store_result *result, size_t row, struct blocker *blocker)
{
    *blocker = (struct blocker){
        .pid = (int)store_get_int(result, row, 0),
        .age_us = store_get_int(result, row, 4),
    };
    (void)snprintf(blocker->virtual_transaction, sizeof(blocker->virtual_transaction), "%s",
                   store_get_text(result, row, 1));
    (void)snprintf(blocker->user, sizeof(blocker->user), "%s", store_get_text(result, row, 2));
    (void)snprintf(blocker->application, sizeof(blocker->application), "%s",
                   store_get_text(result, row, 3));
    (void)snprintf(blocker->statement, sizeof(blocker->statement), "%s",
                   store_get_text(result, row, 5));
}

static enum error_code read_blockers(struct store *store, const char *transactions,
                                     struct blocker *blockers, size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){blockers_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(transactions)}, 1, &result, err));
    *ret_n =
        store_rows(&result) < WAITING_MAX_BLOCKERS ? store_rows(&result) : WAITING_MAX_BLOCKERS;
    for (size_t i = 0; i < *ret_n; i++)
        read_blocker(&result, i, &blockers[i]);
    return OK;
}

/* Whether it was ended. That the role may not is no reason to stop waiting. */
static enum error_code terminate(struct store *store, const struct blocker *blocker, bool *ret_done,
                                 struct error *err)
{
    const struct store_param params[] = {store_text(blocker->virtual_transaction),
                                         store_int(blocker->pid)};
    enum error_code code =
        store_exec(store, &(struct store_query){terminate_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), NULL, err);
    if (code == OK)
        *ret_done = true;
    return code == ERR_SQL ? OK : code;
}

static enum error_code terminate_all(struct waiting *waiting, const struct blocker *blockers,
                                     size_t n, bool *ret_any, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (blockers[i].pid != 0)
            TRY(terminate(waiting->store, &blockers[i], ret_any, err));
    }
    return OK;
}

static enum error_code give_up(const struct waiting *waiting, const struct blocker *blockers,
                               size_t n, struct error *err)
{
    char waited[CLOCK_TEXT_BYTES];
    clock_format_duration(clock_monotonic_us() - waiting->started_us, waited);
    (void)error_set(err, ERR_TIMEOUT, "feed '%s' has waited %s for %s", waiting->feed, waited,
                    waiting->reason);
    if (n == 0)
        return ERR_TIMEOUT;
    char age[CLOCK_TEXT_BYTES];
    clock_format_duration(blockers[0].age_us, age);
    error_detail(err, "The oldest of %zu is process %d of '%s' (%s), for %s in: %.300s", n,
                 blockers[0].pid, blockers[0].user, blockers[0].application, age,
                 blockers[0].statement);
    error_hint(err, "Let it finish or end it; what was done so far stays and is gone on with.");
    return ERR_TIMEOUT;
}

static enum error_code report(struct waiting *waiting, const char *transactions, int64_t now_us,
                              struct error *err)
{
    const struct wait_options *options = waiting->options;
    size_t n;
    struct blocker blockers[WAITING_MAX_BLOCKERS];
    struct blockage blockage = {
        .feed = waiting->feed,
        .reason = waiting->reason,
        .blockers = blockers,
        .waited_us = now_us - waiting->started_us,
    };
    TRY(read_blockers(waiting->store, transactions, blockers, &n, err));
    blockage.n_blockers = n;
    if (options->give_up_after_us > 0 && blockage.waited_us >= options->give_up_after_us)
        return give_up(waiting, blockers, n, err);
    if (options->terminate_after_us > 0 && blockage.waited_us >= options->terminate_after_us)
        TRY(terminate_all(waiting, blockers, n, &blockage.terminated, err));
    if (options->on_blocked != NULL && n > 0)
        TRY(options->on_blocked(options->context, &blockage, err));
    return OK;
}

/* When there is something to do besides sleeping. */
static int64_t next_due_us(const struct waiting *waiting, int64_t report_us, int64_t now_us)
{
    const struct wait_options *options = waiting->options;
    const int64_t after_us[] = {options->give_up_after_us, options->terminate_after_us};
    int64_t due_us = report_us;
    for (size_t i = 0; i < ARRAY_SIZE(after_us); i++) {
        int64_t at_us = waiting->started_us + after_us[i];
        if (after_us[i] > 0 && at_us > now_us && at_us < due_us)
            due_us = at_us;
    }
    return due_us;
}

void waiting_begin(struct waiting *waiting, struct store *store, const struct wait_options *options,
                   const char *feed, const char *reason)
{
    int64_t now_us = clock_monotonic_us();
    *waiting = (struct waiting){
        .store = store,
        .options = options,
        .feed = feed,
        .reason = reason,
        .started_us = now_us,
        .pause_us = MIN_PAUSE_US,
    };
    waiting->due_us = next_due_us(waiting, now_us + options->report_after_us, now_us);
}

static enum error_code nap(struct waiting *waiting, int64_t until_us, struct error *err)
{
    struct pollfd interrupted = {.fd = interrupt_fd(), .events = POLLIN};
    int64_t left_us = until_us - clock_monotonic_us();
    int64_t pause_us = left_us < waiting->pause_us ? left_us : waiting->pause_us;
    if (pause_us > 0)
        (void)poll(&interrupted, 1, (int)((pause_us + 999) / 1000));
    waiting->pause_us = waiting->pause_us * 2 < MAX_PAUSE_US ? waiting->pause_us * 2 : MAX_PAUSE_US;
    return interrupt_check(err);
}

enum error_code waiting_round(struct waiting *waiting, const char *transactions, struct error *err)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us >= waiting->due_us) {
        TRY(report(waiting, transactions, now_us, err));
        waiting->due_us = next_due_us(waiting, now_us + waiting->options->report_every_us, now_us);
    }
    return nap(waiting, waiting->due_us, err);
}

enum error_code lock_holders(struct store *store, const char *table, bool with_parts,
                             const char *of, struct buffer *out, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {store_text(table), store_bool(with_parts), store_text(of)};
    TRY(store_exec(store, &(struct store_query){lock_holders_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    return buffer_append_string(out, store_get_text(&result, 0, 0), err);
}
