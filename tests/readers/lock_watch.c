#include "tests/readers/lock_watch.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAUSE_US 3000
#define WAITING                                                                                    \
    "select l.pid, l.locktype, a.query, pg_blocking_pids(l.pid)::text, "                           \
    "array(select b.query from pg_stat_activity b where b.pid = any "                              \
    "(pg_blocking_pids(l.pid)))::text, "                                                           \
    "1000 * extract(epoch from clock_timestamp() - l.waitstart) "                                  \
    "from pg_locks l join pg_stat_activity a using (pid) "                                         \
    "where a.application_name = 'reader' and not l.granted and l.waitstart is not null"

struct lock_watch {
    const char *url;
    pthread_t thread;
    atomic_bool stop;
    struct lock_waits waits;
};

static void look(struct lock_watch *watch, PGconn *conn)
{
    PGresult *result = PQexec(conn, WAITING);
    watch->waits.looks++;
    for (int i = 0; i < PQntuples(result); i++) {
        double waited_ms = strtod(PQgetvalue(result, i, 5), NULL);
        watch->waits.seen++;
        if (waited_ms > watch->waits.longest_ms)
            watch->waits.longest_ms = waited_ms;
        if (waited_ms <= LOCK_WAIT_LONG_MS)
            continue;
        if (watch->waits.long_ones++ < 5)
            (void)fprintf(stderr, "reader %s waits for a %s lock: %.60s; blocked by %s: %.200s\n",
                          PQgetvalue(result, i, 0), PQgetvalue(result, i, 1),
                          PQgetvalue(result, i, 2), PQgetvalue(result, i, 3),
                          PQgetvalue(result, i, 4));
    }
    PQclear(result);
}

static void *look_on(void *argument)
{
    struct lock_watch *watch = argument;
    PGconn *conn = PQconnectdb(watch->url);
    while (!atomic_load(&watch->stop)) {
        look(watch, conn);
        (void)usleep(PAUSE_US);
    }
    PQfinish(conn);
    return NULL;
}

struct lock_watch *lock_watch_start(const char *url)
{
    struct lock_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->url = url;
    if (pthread_create(&watch->thread, NULL, look_on, watch) == 0)
        return watch;
    free(watch);
    return NULL;
}

void lock_watch_finish(struct lock_watch *watch, struct lock_waits *ret_waits)
{
    atomic_store(&watch->stop, true);
    (void)pthread_join(watch->thread, NULL);
    *ret_waits = watch->waits;
    free(watch);
}
