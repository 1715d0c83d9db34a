#include "tests/incidents/feed.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define FIRST_DAY 7998 /* in November 2021 */
#define OPEN_SHARE 0.013
#define CLOSE_SHARE 0.010
#define BUSY_SHARE 0.6
#define RHYTHM 0.4
#define RENEWAL_DAYS 30

static void *must(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        exit(2);
    }
    return memory;
}

static void must_be_ok(enum error_code code, const struct error *err)
{
    if (code == OK)
        return;
    (void)fprintf(stderr, "%s\n", err->message);
    exit(2);
}

/* SplitMix64 (Steele, Lea, Flood, 2014). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

double feed_random(struct feed *feed)
{
    feed->seed += UINT64_C(0x9E3779B97F4A7C15);
    return (double)(mix(feed->seed) >> 11) * 0x1p-53;
}

double feed_normal(struct feed *feed)
{
    double u = 1 - feed_random(feed);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * feed_random(feed));
}

double feed_lot(const struct feed_row *row, uint64_t seed)
{
    return (double)(mix(mix((uint64_t)row->id) ^ seed) >> 11) * 0x1p-53;
}

static double rhythm(const struct feed *feed)
{
    return 1 + RHYTHM * sin(2 * M_PI * (feed->day % 7) / 7.0);
}

/* Keeps a walk within its bounds by turning it back. */
static double turn_back(double x, double low, double high)
{
    if (x < low)
        return fmin(2 * low - x, high);
    return x > high ? fmax(2 * high - x, low) : x;
}

double feed_cents(double x)
{
    return round(x * 100) / 100;
}

static int32_t posts_of(struct feed *feed)
{
    bool weekend = feed->day % 7 >= 5;
    return (int32_t)(-8 * log(1 - feed_random(feed)) * (weekend ? 0.6 : 1));
}

static struct feed_row *append(struct feed *feed)
{
    if (feed->n == feed->capacity) {
        feed->capacity = feed->capacity * 2 + 1024;
        feed->rows = must(realloc(feed->rows, feed->capacity * sizeof(*feed->rows)));
    }
    struct feed_row *row = &feed->rows[feed->n++];
    *row = (struct feed_row){.id = feed->next_id++};
    return row;
}

static void open_account(struct feed *feed)
{
    struct feed_row *row = append(feed);
    row->score = feed_cents(turn_back(45 + 18 * feed_normal(feed), 1, 100));
    row->grade = (int32_t)turn_back(60 + 15 * feed_normal(feed), 0, 100);
    row->influence = turn_back(45 + 15 * feed_normal(feed), 1, 100);
    row->followers = (int64_t)exp(4 + 2 * feed_normal(feed));
    row->following = (int64_t)exp(4 + 1.2 * feed_normal(feed));
    row->price_cents = (int32_t)(exp(3 + feed_normal(feed)) * 100) + 100;
    row->active = feed_random(feed) < 0.9;
    row->network = (uint8_t)(FEED_N_NETWORKS * feed_random(feed) * feed_random(feed));
    row->country = (uint8_t)(FEED_N_COUNTRIES * feed_random(feed) * feed_random(feed));
    row->born = (int32_t)(-3650 + 9000 * feed_random(feed));
    row->seen_us = feed->day * USEC_PER_DAY - (int64_t)(3e11 * feed_random(feed));
    row->rating = (float)(1 + 4 * feed_random(feed));
    row->nulls = feed_random(feed) < 0.6 ? UINT32_C(1) << FEED_RATING : 0;
    row->days_left = (int32_t)(1 + RENEWAL_DAYS * feed_random(feed));
    row->level = exp(4 + 0.5 * feed_normal(feed));
    row->posts = posts_of(feed);
}

void feed_init(struct feed *feed, size_t n_rows, uint64_t seed)
{
    *feed = (struct feed){.next_id = 1, .day = FIRST_DAY, .swing = 1, .seed = mix(seed)};
    for (size_t i = 0; i < n_rows; i++)
        open_account(feed);
}

void feed_release(struct feed *feed)
{
    free(feed->rows);
    feed->rows = NULL;
}

static int64_t grow(struct feed *feed, int64_t followers)
{
    if (feed_random(feed) < 0.0005)
        return followers + (int64_t)((double)followers * (0.1 + 0.5 * feed_random(feed)));
    return followers + (int64_t)((double)followers * 0.004 * feed_random(feed) + feed_random(feed));
}

static void be_busy(struct feed *feed, struct feed_row *row)
{
    row->score = feed_cents(turn_back(row->score + 0.8 * feed_normal(feed), 1, 100));
    if (feed_random(feed) < 0.5)
        row->grade = (int32_t)turn_back(row->grade + (feed_random(feed) < 0.5 ? -1 : 1), 0, 100);
    row->influence *= 1 + 0.002 * feed_normal(feed);
    row->followers = grow(feed, row->followers);
    row->following += (int64_t)(3 * feed_random(feed)) - (feed_random(feed) < 0.3);
    if (row->following < 0)
        row->following = 0;
    row->price_cents = (int32_t)(row->price_cents * exp(0.02 * feed_normal(feed))) + 1;
    if (feed_random(feed) < 0.002)
        row->active = !row->active;
    if (feed_random(feed) < 0.01)
        row->rating = (float)(1 + 4 * feed_random(feed));
    if (feed_random(feed) < 0.004)
        row->nulls ^= UINT32_C(1) << FEED_RATING;
    row->seen_us = feed->day * USEC_PER_DAY - (int64_t)(8e10 * feed_random(feed));
}

void feed_next(struct feed *feed)
{
    feed->day++;
    feed->swing = exp(0.05 * sin(2 * M_PI * (feed->day % 7) / 7.0) + 0.01 * feed_normal(feed));
    double beat = rhythm(feed);
    size_t n = feed->n;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct feed_row *row = &feed->rows[i];
        if (feed_random(feed) < CLOSE_SHARE * beat)
            continue;
        if (feed_random(feed) < BUSY_SHARE * beat)
            be_busy(feed, row);
        row->posts = posts_of(feed);
        row->days_left = row->days_left == 1 ? RENEWAL_DAYS : row->days_left - 1;
        feed->rows[kept++] = *row;
    }
    feed->n = kept;
    for (size_t i = 0; i < (size_t)((double)n * OPEN_SHARE * beat); i++)
        open_account(feed);
}

void feed_copy(const struct feed *feed, struct feed *ret_copy)
{
    *ret_copy = *feed;
    ret_copy->capacity = feed->n;
    ret_copy->rows = must(malloc((feed->n + 1) * sizeof(*feed->rows)));
    memcpy(ret_copy->rows, feed->rows, feed->n * sizeof(*feed->rows));
}

struct schema *feed_schema(bool steady, struct arena *arena)
{
    static const struct schema_column columns[FEED_N_COLUMNS] = {
        [FEED_ID] = {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        [FEED_SCORE] = {.name = "score", .type = TYPE_DOUBLE},
        [FEED_GRADE] = {.name = "grade", .type = TYPE_INTEGER},
        [FEED_INFLUENCE] = {.name = "influence", .type = TYPE_DOUBLE},
        [FEED_FOLLOWERS] = {.name = "followers", .type = TYPE_BIGINT},
        [FEED_FOLLOWING] = {.name = "following", .type = TYPE_BIGINT},
        [FEED_PRICE] = {.name = "price", .type = TYPE_NUMERIC},
        [FEED_ACTIVE] = {.name = "active", .type = TYPE_BOOLEAN},
        [FEED_NETWORK] = {.name = "network", .type = TYPE_TEXT},
        [FEED_COUNTRY] = {.name = "country", .type = TYPE_TEXT},
        [FEED_NAME] = {.name = "name", .type = TYPE_TEXT},
        [FEED_BORN] = {.name = "born", .type = TYPE_DATE},
        [FEED_SEEN] = {.name = "seen", .type = TYPE_TIMESTAMPTZ},
        [FEED_RATING] = {.name = "rating", .type = TYPE_REAL},
        [FEED_POSTS] = {.name = "posts", .type = TYPE_INTEGER},
        [FEED_DAYS_LEFT] = {.name = "days_left", .type = TYPE_INTEGER},
        [FEED_LEVEL] = {.name = "level", .type = TYPE_DOUBLE},
    };
    static const char *const keys[] = {"id"};
    struct schema *schema = NULL;
    struct error err;
    must_be_ok(schema_make(arena, columns, steady ? FEED_N_STEADY : FEED_N_COLUMNS, keys, 1,
                           &schema, &err),
               &err);
    return schema;
}

/* One column of a batch that is being filled. */
struct filling {
    union {
        int64_t *i64;
        int32_t *i32;
        float *f32;
        double *f64;
        uint8_t *u8;
        uint32_t *offsets;
        void *data;
    };
    char *bytes;
    uint64_t *nulls;
};

#define MAX_TEXT_BYTES 32

static const char *const networks[FEED_N_NETWORKS] = {"twitter", "facebook", "linkedin",
                                                      "flickr",  "tumblr",   "blogger"};

static size_t text_of(const struct feed_row *row, enum feed_column column, char *out)
{
    switch (column) {
    case FEED_PRICE:
        return (size_t)sprintf(out, "%d.%02d", row->price_cents / 100, row->price_cents % 100);
    case FEED_NETWORK:
        return (size_t)sprintf(out, "%s", networks[row->network]);
    case FEED_COUNTRY:
        return (size_t)sprintf(out, "c%02d", row->country);
    default:
        return (size_t)sprintf(out, "user%" PRId64, row->id);
    }
}

static void fill(const struct feed *feed, const struct feed_row *row, enum feed_column column,
                 size_t at, struct filling *to)
{
    bool is_null = (row->nulls >> column & 1) != 0;
    switch (column) {
    case FEED_ID:
        to->i64[at] = row->id;
        break;
    case FEED_SCORE:
        to->f64[at] = is_null ? 0 : row->score;
        break;
    case FEED_GRADE:
        to->i32[at] = is_null ? 0 : row->grade;
        break;
    case FEED_INFLUENCE:
        to->f64[at] = is_null ? 0 : row->influence;
        break;
    case FEED_FOLLOWERS:
        to->i64[at] = is_null ? 0 : row->followers;
        break;
    case FEED_FOLLOWING:
        to->i64[at] = is_null ? 0 : row->following;
        break;
    case FEED_ACTIVE:
        to->u8[at] = is_null ? 0 : row->active;
        break;
    case FEED_BORN:
        to->i32[at] = is_null ? 0 : row->born;
        break;
    case FEED_SEEN:
        to->i64[at] = is_null ? 0 : row->seen_us;
        break;
    case FEED_RATING:
        to->f32[at] = is_null ? 0 : row->rating;
        break;
    case FEED_POSTS:
        to->i32[at] = is_null ? 0 : row->posts;
        break;
    case FEED_DAYS_LEFT:
        to->i32[at] = is_null ? 0 : row->days_left;
        break;
    case FEED_LEVEL:
        to->f64[at] = is_null ? 0 : row->level * feed->swing;
        break;
    default:
        to->offsets[at + 1] =
            to->offsets[at] +
            (uint32_t)(is_null ? 0 : text_of(row, column, to->bytes + to->offsets[at]));
        break;
    }
    if (is_null)
        to->nulls[at / 64] |= UINT64_C(1) << (at % 64);
}

static void start(struct filling *fillings, const struct schema *schema, struct arena *arena)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        bool is_text =
            schema->columns[i].type == TYPE_TEXT || schema->columns[i].type == TYPE_NUMERIC;
        fillings[i].data = arena_calloc(arena, BATCH_ROWS + 1, 8);
        fillings[i].nulls = arena_calloc(arena, BATCH_ROWS / 64, 8);
        if (is_text)
            fillings[i].bytes = arena_alloc(arena, (size_t)BATCH_ROWS * MAX_TEXT_BYTES);
    }
}

static void add_batch(const struct schema *schema, struct filling *fillings, size_t n,
                      struct packer *packer)
{
    struct column columns[FEED_N_COLUMNS];
    struct error err;
    for (size_t i = 0; i < schema->n_columns; i++) {
        columns[i] = (struct column){.type = schema->columns[i].type,
                                     .data = fillings[i].data,
                                     .bytes = fillings[i].bytes,
                                     .nulls = fillings[i].nulls};
        for (size_t word = 0; word < BATCH_ROWS / 64; word++)
            columns[i].n_nulls += (size_t)__builtin_popcountll(fillings[i].nulls[word]);
    }
    const struct batch batch = {.schema = schema, .columns = columns, .n_rows = n};
    must_be_ok(packer_add(packer, &batch, &err), &err);
    for (size_t i = 0; i < schema->n_columns; i++)
        memset(fillings[i].nulls, 0, BATCH_ROWS / 8);
}

struct packed *feed_pack(const struct feed *feed, const struct schema *schema, unsigned copies)
{
    struct arena arena = {0};
    struct error err;
    struct packed *packed = NULL;
    struct packer *packer = NULL;
    struct filling fillings[FEED_N_COLUMNS] = {0};
    const struct packer_options options = {.directory = "/dev/shm"};
    must_be_ok(packer_new(schema, &options, &packer, &err), &err);
    start(fillings, schema, &arena);
    size_t n = 0;
    for (size_t i = 0; i < feed->n * copies; i++) {
        for (size_t column = 0; column < schema->n_columns; column++)
            fill(feed, &feed->rows[i / copies], (enum feed_column)column, n, &fillings[column]);
        if (++n == BATCH_ROWS || i + 1 == feed->n * copies) {
            add_batch(schema, fillings, n, packer);
            n = 0;
        }
    }
    must_be_ok(packer_finish(packer, &packed, &err), &err);
    packer_free(packer);
    arena_release(&arena);
    return packed;
}

static struct tm parts_of(int64_t us)
{
    struct tm parts;
    time_t seconds = (time_t)((us + PG_EPOCH_UNIX_US) / 1000000);
    (void)gmtime_r(&seconds, &parts);
    return parts;
}

static void print_date(int32_t day, FILE *out)
{
    char text[40];
    struct tm parts = parts_of(day * USEC_PER_DAY);
    (void)strftime(text, sizeof(text), "%Y-%m-%d", &parts);
    (void)fputs(text, out);
}

static void print_time(int64_t us, FILE *out)
{
    char text[40];
    struct tm parts = parts_of(us);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S+00", &parts);
    (void)fputs(text, out);
}

static void print_value(const struct feed *feed, const struct feed_row *row,
                        enum feed_column column, FILE *out)
{
    char text[MAX_TEXT_BYTES];
    if ((row->nulls >> column & 1) != 0)
        return;
    switch (column) {
    case FEED_ID:
        (void)fprintf(out, "%" PRId64, row->id);
        break;
    case FEED_SCORE:
        (void)fprintf(out, "%.2f", row->score);
        break;
    case FEED_GRADE:
        (void)fprintf(out, "%d", row->grade);
        break;
    case FEED_INFLUENCE:
        (void)fprintf(out, "%.17g", row->influence);
        break;
    case FEED_FOLLOWERS:
        (void)fprintf(out, "%" PRId64, row->followers);
        break;
    case FEED_FOLLOWING:
        (void)fprintf(out, "%" PRId64, row->following);
        break;
    case FEED_ACTIVE:
        (void)fputs(row->active ? "true" : "false", out);
        break;
    case FEED_BORN:
        print_date(row->born, out);
        break;
    case FEED_SEEN:
        print_time(row->seen_us, out);
        break;
    case FEED_RATING:
        (void)fprintf(out, "%.9g", (double)row->rating);
        break;
    case FEED_POSTS:
        (void)fprintf(out, "%d", row->posts);
        break;
    case FEED_DAYS_LEFT:
        (void)fprintf(out, "%d", row->days_left);
        break;
    case FEED_LEVEL:
        (void)fprintf(out, "%.17g", row->level * feed->swing);
        break;
    default:
        (void)fwrite(text, 1, text_of(row, column, text), out);
        break;
    }
}

void feed_write_csv(const struct feed *feed, const struct schema *schema, unsigned copies,
                    enum feed_column omitted, FILE *out)
{
    for (size_t i = 0; i < schema->n_columns; i++) {
        if (i != omitted)
            (void)fprintf(out, "%s%s", i == 0 ? "" : ",", schema->columns[i].name);
    }
    (void)fputc('\n', out);
    for (size_t i = 0; i < feed->n * copies; i++) {
        for (size_t column = 0; column < schema->n_columns; column++) {
            if (column == omitted)
                continue;
            if (column > 0)
                (void)fputc(',', out);
            print_value(feed, &feed->rows[i / copies], (enum feed_column)column, out);
        }
        (void)fputc('\n', out);
    }
}
