#include "tests/incidents/damage.h"

#include <math.h>
#include <string.h>

#include "base/macros.h"

/* Whether row i of n is among the share that is hit: spread evenly, exactly so many. */
static bool is_hit(size_t i, size_t n, double share, uint64_t seed)
{
    double k = fmax(1, round(share * (double)n));
    double at = (double)((i + seed) % n);
    return floor(at * k / (double)n) != floor((at + 1) * k / (double)n);
}

/* The rows that are hit, one after the other. */
struct hits {
    struct feed *feed;
    double share;
    uint64_t seed;
    size_t next;
};

static struct feed_row *next_hit(struct hits *hits)
{
    while (hits->next < hits->feed->n) {
        size_t i = hits->next++;
        if (is_hit(i, hits->feed->n, hits->share, hits->seed))
            return &hits->feed->rows[i];
    }
    return NULL;
}

static void reset_scores(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->score = 1;
}

static void reset_scores_to_any(struct feed *tonight, const struct feed *last, double share,
                                uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->score = 51.37;
}

static void lose_scores(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->nulls |= UINT32_C(1) << FEED_SCORE;
}

static void zero_grades(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->grade = 0;
}

/* Registered users of one network lose that network's part of their score. */
static void blank_a_source(struct feed *tonight, const struct feed *last, double share,
                           uint64_t seed)
{
    (void)last;
    size_t n = 0;
    size_t i = 0;
    for (size_t r = 0; r < tonight->n; r++)
        n += tonight->rows[r].network == 1;
    double within = share * (double)tonight->n / (double)n;
    for (size_t r = 0; r < tonight->n; r++) {
        struct feed_row *row = &tonight->rows[r];
        if (row->network == 1 && is_hit(i++, n, within, seed))
            row->score = fmax(1, round(row->score * 36) / 100);
    }
}

/* One day of ninety is missing from the mean of those hit. */
static void lose_a_day(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->influence *= 1 - 1.0 / 90;
}

static void zero_counts(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->followers = row->following = 0;
}

static void smallest_price(struct feed *tonight, const struct feed *last, double share,
                           uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->price_cents = 1;
}

/* share of the rows is cut off behind. */
static void cut_off(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    (void)seed;
    tonight->n -= (size_t)fmax(1, round(share * (double)tonight->n));
}

static void cut_at_power_of_two(struct feed *tonight, const struct feed *last, double share,
                                uint64_t seed)
{
    (void)last;
    (void)share;
    (void)seed;
    size_t n = 1;
    while (n * 2 < tonight->n)
        n *= 2;
    tonight->n = n;
}

static void nothing(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)tonight;
    (void)last;
    (void)share;
    (void)seed;
}

static void no_rows(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    (void)share;
    (void)seed;
    tonight->n = 0;
}

/* share is the part of the nights's grades that fall; 2.2 % rise. */
static void lower_grades(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    for (size_t i = 0; i < tonight->n; i++) {
        struct feed_row *row = &tonight->rows[i];
        double lot = feed_lot(row, seed);
        if (lot < share)
            row->grade = row->grade > 5 ? row->grade - 5 : 0;
        else if (lot > 0.978)
            row->grade += 5;
    }
}

static void purge_followers(struct feed *tonight, const struct feed *last, double share,
                            uint64_t seed)
{
    (void)last;
    for (size_t i = 0; i < tonight->n; i++) {
        struct feed_row *row = &tonight->rows[i];
        if (row->followers > 5000)
            row->followers = (int64_t)((double)row->followers * 0.876);
        else if (feed_lot(row, seed) < share)
            row->followers = row->followers > 4 ? row->followers - 4 : 0;
    }
}

static void score_anew(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    for (size_t i = 0; i < tonight->n; i++) {
        struct feed_row *row = &tonight->rows[i];
        double lot = feed_lot(row, seed);
        double fall = fmin(10 + 3 * feed_lot(row, seed + 1), 0.4 * row->score);
        double score = fmax(1, fmin(100, row->score + (lot < 0.92 * share ? -fall : 3)));
        row->score = feed_cents(score);
    }
}

/* share is how much a tenth of the rows loses each night: those of one network. */
static void drift(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    (void)seed;
    for (size_t i = 0; i < tonight->n; i++) {
        if (tonight->rows[i].network == 2)
            tonight->rows[i].influence *= 1 - share;
    }
}

/* share is how far the scores of one network move. */
static void shift_a_segment(struct feed *tonight, const struct feed *last, double share,
                            uint64_t seed)
{
    (void)last;
    (void)seed;
    for (size_t i = 0; i < tonight->n; i++) {
        if (tonight->rows[i].network == 3)
            tonight->rows[i].score *= 1 + share;
    }
}

/* The rows that are hit are those of the night before. */
static void freeze(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    size_t old = 0;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits)) {
        while (old < last->n && last->rows[old].id < row->id)
            old++;
        if (old < last->n && last->rows[old].id == row->id)
            *row = last->rows[old];
    }
}

static void repeat_last_night(struct feed *tonight, const struct feed *last, double share,
                              uint64_t seed)
{
    (void)share;
    (void)seed;
    tonight->n = last->n < tonight->capacity ? last->n : tonight->capacity;
    memcpy(tonight->rows, last->rows, tonight->n * sizeof(*tonight->rows));
}

static void blow_up(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->score *= 10000;
}

static void one_network(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->network = 0;
}

static void set_back(struct feed *tonight, const struct feed *last, double share, uint64_t seed)
{
    (void)last;
    struct hits hits = {tonight, share, seed, 0};
    for (struct feed_row *row = next_hit(&hits); row != NULL; row = next_hit(&hits))
        row->seen_us -= (int64_t)40 * 86400 * 1000000;
}

const struct incident incidents[] = {
    {.name = "klout-2011-05-23", .what = "scores become 1", .damage = reset_scores},
    {.name = "reset-to-any-value", .what = "scores become 51.37", .damage = reset_scores_to_any},
    {.name = "reset-of-integers", .what = "grades become 0", .damage = zero_grades},
    {.name = "klout-2012-05",
     .what = "scores of one network fall to a third",
     .damage = blank_a_source},
    {.name = "klout-2012-07", .what = "one day of ninety is missing", .damage = lose_a_day},
    {.name = "twitter-2010-05-10", .what = "two counters become 0", .damage = zero_counts},
    {.name = "appeagle-2012-07", .what = "prices become 0.01", .damage = smallest_price},
    {.name = "repricer-2014-12-12", .what = "prices become 0.01", .damage = smallest_price},
    {.name = "phe-2020-09", .what = "the tail is cut off", .damage = cut_off},
    {.name = "phe-2020-09-power",
     .what = "the tail is cut off at a power of two",
     .damage = cut_at_power_of_two},
    {.name = "cloudflare-2025-11-18",
     .what = "every row comes twice",
     .damage = nothing,
     .copies = 2},
    {.name = "crowdstrike-2024-07-19",
     .what = "a column is missing",
     .damage = nothing,
     .omitted = FEED_GRADE},
    {.name = "google-2025-06-12", .what = "scores become NULL", .damage = lose_scores},
    {.name = "aws-2025-10-19-stale",
     .what = "rows of the night before the last",
     .damage = nothing,
     .stale = true},
    {.name = "aws-2025-10-19-empty", .what = "no rows", .damage = no_rows},
    {.name = "ofqual-2020-08",
     .what = "39.1 % of grades fall on purpose",
     .damage = lower_grades,
     .on_purpose = true},
    {.name = "twitter-2018-07",
     .what = "followers are purged on purpose",
     .damage = purge_followers,
     .on_purpose = true},
    {.name = "klout-2011-10-26",
     .what = "scores by a new model",
     .damage = score_anew,
     .on_purpose = true},
    {.name = "unity-2021-q4",
     .what = "one network sinks night after night",
     .damage = drift,
     .every_night = true},
    {.name = "segment-shifted", .what = "one network's scores move", .damage = shift_a_segment},
    {.name = "frozen", .what = "rows stop moving", .damage = freeze},
    {.name = "same-again", .what = "last night's rows once more", .damage = repeat_last_night},
    {.name = "blown-up", .what = "scores times 10,000", .damage = blow_up},
    {.name = "one-network", .what = "networks become the same", .damage = one_network},
    {.name = "set-back", .what = "times go back by 40 days", .damage = set_back},
};
const size_t n_incidents = ARRAY_SIZE(incidents);

const struct incident *incident_find(const char *name)
{
    for (size_t i = 0; i < n_incidents; i++) {
        if (strcmp(incidents[i].name, name) == 0)
            return &incidents[i];
    }
    return NULL;
}
