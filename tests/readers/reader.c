#include "tests/readers/reader.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SCAN                                                                                       \
    "select count(*), coalesce(sum(score), 0), min(score), max(score), count(distinct "            \
    "profile_id) from public.scores_now"
#define PAUSE_US 4000       /* so that readers do not keep each other from reading */
#define MAX_SNAPSHOT_MS 250 /* longer than a hasty detach would take */
#define LOOKUP "select score from public.scores_now where profile_id = $1"

struct reader {
    struct readers *readers;
    enum reader_kind kind;
    int number;
    pthread_t thread;
    PGconn *conn;
    unsigned random;
    long results;
    struct samples scans;
    struct samples lookups;
};

double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void samples_add(struct samples *samples, double ms)
{
    if (samples->ms == NULL)
        samples->ms = calloc(MAX_SAMPLES, sizeof(*samples->ms));
    if (samples->ms != NULL && samples->n < MAX_SAMPLES)
        samples->ms[samples->n++] = ms;
}

static int compare_ms(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_percentile(struct samples *samples, double share)
{
    if (samples->n == 0)
        return 0;
    qsort(samples->ms, samples->n, sizeof(*samples->ms), compare_ms);
    return samples->ms[(size_t)(share * (double)(samples->n - 1))];
}

const char *reader_kind_name(enum reader_kind kind)
{
    static const char *const names[N_READER_KINDS] = {
        "ad hoc", "prepared", "prepared in a transaction", "repeatable read", "report"};
    return names[kind];
}

static void complain(struct reader *reader, const char *what)
{
    (void)fprintf(stderr, "%s reader %d: %s\n", reader_kind_name(reader->kind), reader->number,
                  what);
}

static bool run(struct reader *reader, const char *sql)
{
    PGresult *result = PQexec(reader->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        complain(reader, PQresultErrorMessage(result));
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Every row of load n has score n, and there are rows_of_load(n) of them with keys that differ. */
static int64_t load_of(PGresult *result)
{
    if (PQgetisnull(result, 0, 2))
        return 0;
    int64_t rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    double sum = strtod(PQgetvalue(result, 0, 1), NULL);
    double low = strtod(PQgetvalue(result, 0, 2), NULL);
    double high = strtod(PQgetvalue(result, 0, 3), NULL);
    int64_t keys = strtoll(PQgetvalue(result, 0, 4), NULL, 10);
    int64_t load_id = (int64_t)low;
    bool whole =
        low == high && rows == rows_of_load(load_id) && keys == rows && sum == (double)rows * low;
    return whole ? load_id : 0;
}

static void wrong_result(struct reader *reader, PGresult *result)
{
    if (atomic_fetch_add(&reader->readers->wrong, 1) > 4)
        return;
    char text[200];
    (void)snprintf(text, sizeof(text), "%s rows, scores from '%s' to '%s'",
                   PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 2), PQgetvalue(result, 0, 3));
    complain(reader, text);
}

/* Takes the result over; gives the load that was seen, 0 for none or a mixture, -1 for an error. */
static int64_t check_scan(struct reader *reader, PGresult *result, double begun_ms)
{
    int64_t load_id = -1;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        complain(reader, PQresultErrorMessage(result));
    } else {
        load_id = load_of(result);
        reader->results++;
        samples_add(&reader->scans, now_ms() - begun_ms);
        if (load_id == 0)
            wrong_result(reader, result);
    }
    PQclear(result);
    return load_id;
}

static int64_t scan_prepared(struct reader *reader)
{
    double begun_ms = now_ms();
    return check_scan(reader, PQexecPrepared(reader->conn, "scan", 0, NULL, NULL, NULL, 0),
                      begun_ms);
}

static bool lookup(struct reader *reader)
{
    char key[20];
    const char *values[] = {key};
    (void)snprintf(key, sizeof(key), "%d", 1 + rand_r(&reader->random) % 2000);
    double begun_ms = now_ms();
    PGresult *result = PQexecPrepared(reader->conn, "lookup", 1, values, NULL, NULL, 0);
    samples_add(&reader->lookups, now_ms() - begun_ms);
    bool fine = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!fine)
        complain(reader, PQresultErrorMessage(result));
    else if (PQntuples(result) != 1 && atomic_fetch_add(&reader->readers->wrong, 1) < 5)
        complain(reader, "a key that every load has was found in none, or twice");
    reader->results++;
    PQclear(result);
    return fine;
}

static bool ad_hoc(struct reader *reader)
{
    double begun_ms = now_ms();
    int64_t load_id = check_scan(reader, PQexec(reader->conn, SCAN), begun_ms);
    (void)usleep(PAUSE_US);
    return load_id >= 0;
}

static bool prepared(struct reader *reader)
{
    for (int i = 0; i < 20; i++) {
        if (!lookup(reader))
            return false;
    }
    (void)usleep(PAUSE_US);
    return scan_prepared(reader) >= 0;
}

static bool in_transaction(struct reader *reader)
{
    bool fine = run(reader, "begin");
    int n = 5 + rand_r(&reader->random) % 20;
    for (int i = 0; i < n && fine; i++) {
        fine = scan_prepared(reader) >= 0;
        (void)usleep(PAUSE_US);
    }
    return run(reader, "commit") && fine;
}

static bool repeatable_read(struct reader *reader)
{
    if (!run(reader, "begin isolation level repeatable read") || !run(reader, "select 1"))
        return false;
    (void)usleep((useconds_t)(rand_r(&reader->random) % MAX_SNAPSHOT_MS) * 1000);
    int64_t first = scan_prepared(reader);
    int64_t second = scan_prepared(reader);
    if (first > 0 && second > 0 && first != second) {
        atomic_fetch_add(&reader->readers->wrong, 1);
        complain(reader, "one snapshot has shown two loads");
    }
    return run(reader, "commit") && first >= 0 && second >= 0;
}

/* Short naps, so that the end of the test is not slept through. */
static void hold(const struct readers *readers, double begun_ms)
{
    for (;;) {
        int hold_ms = atomic_load(&readers->report_hold_ms);
        if (atomic_load(&readers->stop) || (hold_ms >= 0 && now_ms() - begun_ms > hold_ms))
            return;
        (void)usleep(2000);
    }
}

static bool report(struct reader *reader)
{
    double begun_ms = now_ms();
    if (!run(reader, "begin") || scan_prepared(reader) < 0)
        return false;
    hold(reader->readers, begun_ms);
    return scan_prepared(reader) >= 0 && run(reader, "commit");
}

static bool connect_and_prepare(struct reader *reader)
{
    reader->conn = PQconnectdb(reader->readers->url);
    if (PQstatus(reader->conn) != CONNECTION_OK) {
        complain(reader, PQerrorMessage(reader->conn));
        return false;
    }
    PQclear(PQprepare(reader->conn, "scan", SCAN, 0, NULL));
    PQclear(PQprepare(reader->conn, "lookup", LOOKUP, 0, NULL));
    return run(reader, "set application_name = 'reader'");
}

static void *read_on(void *argument)
{
    static bool (*const actions[N_READER_KINDS])(struct reader *) = {
        ad_hoc, prepared, in_transaction, repeatable_read, report};
    struct reader *reader = argument;
    bool fine = connect_and_prepare(reader);
    while (fine && !atomic_load(&reader->readers->stop))
        fine = actions[reader->kind](reader);
    if (!fine)
        atomic_fetch_add(&reader->readers->broken, 1);
    PQfinish(reader->conn);
    return NULL;
}

struct reader *reader_start(struct readers *readers, enum reader_kind kind, int number)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return NULL;
    reader->readers = readers;
    reader->kind = kind;
    reader->number = number;
    reader->random = (unsigned)number * 7919U + (unsigned)kind;
    if (pthread_create(&reader->thread, NULL, read_on, reader) == 0)
        return reader;
    free(reader);
    return NULL;
}

static void take_samples(struct samples *from, struct samples *to)
{
    for (size_t i = 0; i < from->n; i++)
        samples_add(to, from->ms[i]);
    free(from->ms);
}

void reader_finish(struct reader *reader, struct samples *scans, struct samples *lookups,
                   long *ret_results)
{
    (void)pthread_join(reader->thread, NULL);
    take_samples(&reader->scans, scans);
    take_samples(&reader->lookups, lookups);
    *ret_results = reader->results;
    free(reader);
}
