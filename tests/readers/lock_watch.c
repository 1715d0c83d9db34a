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
    "select a.pid, a.wait_event, a.query, pg_blocking_pids(a.pid)::text, "                         \
    "array(select b.query from pg_stat_activity b where b.pid = any "                              \
    "(pg_blocking_pids(a.pid)))::text from pg_stat_activity a where a.application_name = "         \
    "'reader' and a.wait_event_type = 'Lock'"

struct lock_watch {
    const char *url;
    pthread_t thread;
    atomic_bool stop;
    long looks;
    long seen;
};

static void look(struct lock_watch *watch, PGconn *conn)
{
    PGresult *result = PQexec(conn, WAITING);
    watch->looks++;
    for (int i = 0; i < PQntuples(result); i++) {
        if (watch->seen++ < 5)
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

void lock_watch_finish(struct lock_watch *watch, long *ret_looks, long *ret_seen)
{
    atomic_store(&watch->stop, true);
    (void)pthread_join(watch->thread, NULL);
    *ret_looks = watch->looks;
    *ret_seen = watch->seen;
    free(watch);
}
