/*
 * Writes the nights of an incident as CSV files named after their day, to run through the gate:
 * quiet ones, then damaged ones, then quiet ones again.
 *
 *   incident_nights INCIDENT DIRECTORY [ROWS [SEED [SHARE [QUIET [DAMAGED [AFTER]]]]]]
 *
 * Prints the name of each file, its number of rows and "quiet" or "damaged". Without arguments it
 * lists the incidents.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "tests/incidents/damage.h"

struct nights {
    const struct incident *incident;
    const char *directory;
    struct schema *schema;
    struct feed feed;
    struct feed last;
    double share;
    uint64_t seed;
};

static int list(void)
{
    for (size_t i = 0; i < n_incidents; i++)
        printf("%-24s %s\n", incidents[i].name, incidents[i].what);
    return 1;
}

static const char *day_name(int day)
{
    static char name[32];
    struct tm parts;
    time_t seconds = (time_t)((day * USEC_PER_DAY + PG_EPOCH_UNIX_US) / 1000000);
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(name, sizeof(name), "%Y-%m-%d", &parts);
    return name;
}

static void write_night(const struct nights *nights, const struct feed *rows, unsigned copies,
                        enum feed_column omitted, const char *word)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s.csv", nights->directory, day_name(nights->feed.day));
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(2);
    }
    feed_write_csv(rows, nights->schema, copies, omitted, out);
    if (fclose(out) != 0) {
        perror(path);
        exit(2);
    }
    printf("%s.csv %zu %s\n", day_name(nights->feed.day), rows->n * copies, word);
}

static void quiet_night(struct nights *nights)
{
    feed_release(&nights->last);
    feed_copy(&nights->feed, &nights->last);
    write_night(nights, &nights->feed, 1, FEED_N_COLUMNS, "quiet");
    feed_next(&nights->feed);
}

static void damaged_night(struct nights *nights)
{
    const struct incident *incident = nights->incident;
    struct feed tonight;
    feed_copy(&nights->feed, &tonight);
    incident->damage(&tonight, &nights->last, nights->share, nights->seed);
    write_night(nights, &tonight, incident->copies == 0 ? 1 : incident->copies,
                incident->omitted == FEED_ID ? FEED_N_COLUMNS : incident->omitted, "damaged");
    if (incident->every_night || incident->on_purpose) {
        feed_release(&nights->feed);
        feed_copy(&tonight, &nights->feed);
    }
    feed_release(&tonight);
    feed_next(&nights->feed);
}

static double argument(int argc, char **argv, int index, double otherwise)
{
    return index < argc ? strtod(argv[index], NULL) : otherwise;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct nights nights = {0};
    if (argc < 3)
        return list();
    nights.incident = incident_find(argv[1]);
    if (nights.incident == NULL) {
        (void)fprintf(stderr, "incident_nights: there is no incident '%s'\n", argv[1]);
        return 1;
    }
    nights.directory = argv[2];
    nights.seed = (uint64_t)argument(argc, argv, 4, 1);
    nights.share = argument(argc, argv, 5, 1);
    nights.schema = feed_schema(true, &arena);
    feed_init(&nights.feed, (size_t)argument(argc, argv, 3, 10000), nights.seed);
    for (int i = 0; i < (int)argument(argc, argv, 6, 10); i++)
        quiet_night(&nights);
    for (int i = 0; i < (int)argument(argc, argv, 7, 1); i++)
        damaged_night(&nights);
    for (int i = 0; i < (int)argument(argc, argv, 8, 1); i++)
        quiet_night(&nights);
    feed_release(&nights.feed);
    feed_release(&nights.last);
    arena_release(&arena);
    return 0;
}
