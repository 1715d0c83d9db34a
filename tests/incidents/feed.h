/*
 * A made-up feed with columns of all kinds, and its nights: quiet ones as they ordinarily are, to
 * which damage is then done. Everything follows from the seed.
 *
 * On a quiet night accounts open and close (1.3 % and 1 %, with a weekly rhythm of 40 %), a share
 * of them is busy (60 %, with the same rhythm) and moves: scores walk at random, counters grow
 * (single ones by tens of percent), prices move by 2 %. Some columns are quiet only to who knows
 * the nights before: a flow that is 0.6 of its size on weekends, a countdown, and a level in which
 * all rows swing together.
 */
#ifndef LG_TESTS_INCIDENTS_FEED_H
#define LG_TESTS_INCIDENTS_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "snapshot/packed.h"

#define FEED_N_NETWORKS 6
#define FEED_N_COUNTRIES 30

enum feed_column {
    FEED_ID,
    FEED_SCORE,     /* double precision, 1 to 100 */
    FEED_GRADE,     /* integer, 0 to 100 */
    FEED_INFLUENCE, /* double precision, mean of the last 90 days: hardly moves */
    FEED_FOLLOWERS, /* bigint, grows, heavy tail */
    FEED_FOLLOWING, /* bigint */
    FEED_PRICE,     /* numeric */
    FEED_ACTIVE,    /* boolean */
    FEED_NETWORK,   /* text, a few values */
    FEED_COUNTRY,   /* text, some values */
    FEED_NAME,      /* text, all different */
    FEED_BORN,      /* date */
    FEED_SEEN,      /* timestamptz of the last visit */
    FEED_RATING,    /* real, 60 % NULL */
    FEED_N_STEADY,
    FEED_POSTS = FEED_N_STEADY, /* integer, of the day */
    FEED_DAYS_LEFT,             /* integer, counts down to a renewal */
    FEED_LEVEL,                 /* double precision, all rows swing together */
    FEED_N_COLUMNS,
};

struct feed_row {
    int64_t id;
    int64_t followers;
    int64_t following;
    int64_t seen_us; /* since 2000 */
    double score;
    double influence;
    double level; /* before the common swing */
    float rating;
    int32_t grade;
    int32_t price_cents;
    int32_t born; /* days since 2000 */
    int32_t posts;
    int32_t days_left;
    uint32_t nulls; /* bit for each feed_column */
    uint8_t active;
    uint8_t network;
    uint8_t country;
};

struct feed {
    struct feed_row *rows; /* sorted by id */
    size_t n;
    size_t capacity;
    int64_t next_id;
    int day; /* since 2000 */
    double swing;
    uint64_t seed;
};

/* The first night. Released by feed_release. */
void feed_init(struct feed *feed, size_t n_rows, uint64_t seed);
void feed_release(struct feed *feed);

/* Makes tonight the next quiet night. */
void feed_next(struct feed *feed);

/* A copy that damage can be done to. Released by feed_release. */
void feed_copy(const struct feed *feed, struct feed *ret_copy);

/* A uniform random number in [0, 1), a normal one, and one in [0, 1) that belongs to a row. */
double feed_random(struct feed *feed);
double feed_normal(struct feed *feed);
double feed_lot(const struct feed_row *row, uint64_t seed);

/* Rounded to two places, as scores are. */
double feed_cents(double x);

/* With all columns, or with the steady ones that a comparison without history can judge. */
struct schema *feed_schema(bool steady, struct arena *arena);

/* The rows as a packed snapshot; each row `copies` times. */
struct packed *feed_pack(const struct feed *feed, const struct schema *schema, unsigned copies);

/* The rows as CSV with a header, without the column `omitted` (FEED_N_COLUMNS: with all). */
void feed_write_csv(const struct feed *feed, const struct schema *schema, unsigned copies,
                    enum feed_column omitted, FILE *out);

#endif
