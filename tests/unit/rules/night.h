/*
 * Nights of a made-up feed for tests of whole judgements: a quiet night is yesterday with what
 * ordinarily happens to scores, counters, prices and categories; faults are put into it.
 */
#ifndef LG_TESTS_UNIT_RULES_NIGHT_H
#define LG_TESTS_UNIT_RULES_NIGHT_H

#include "tests/unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "diff/diff.h"
#include "rules/rule_set.h"
#include "snapshot/packed.h"

#define NIGHT_N_NETWORKS 6

struct night_row {
    int64_t id;
    double score;      /* 1 to 100, walks at random */
    int64_t followers; /* heavy tail, grows */
    double price;      /* moves by 2 % a day */
    int network;
    bool active;
    bool has_note; /* note is NULL in 60 % of the rows every night */
    int64_t seen_us;
    bool score_is_null;
};

struct night {
    struct night_row *rows;
    size_t n;
    size_t capacity;
    int64_t next_id;
    int day;
    uint64_t seed;
};

static inline double night_random(struct night *night)
{
    night->seed = night->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(night->seed >> 11) / 9007199254740992.0;
}

/* About normal: the sum of twelve uniforms. */
static inline double night_normal(struct night *night)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += night_random(night);
    return sum;
}

static inline void night_add(struct night *night)
{
    if (night->n == night->capacity) {
        night->capacity = night->capacity * 2 + 64;
        night->rows = realloc(night->rows, night->capacity * sizeof(*night->rows));
        assert_non_null(night->rows);
    }
    struct night_row *row = &night->rows[night->n++];
    *row = (struct night_row){
        .id = night->next_id++,
        .score = 1 + 99 * night_random(night),
        .followers = (int64_t)exp(10 * night_random(night)),
        .price = 5 + 95 * night_random(night),
        .network = (int)(NIGHT_N_NETWORKS * night_random(night)),
        .active = night_random(night) < 0.9,
        .has_note = night_random(night) < 0.4,
        .seen_us = night->day * INT64_C(86400000000),
    };
}

static inline void night_first(struct night *night, size_t n, uint64_t seed)
{
    *night = (struct night){.next_id = 1, .seed = seed, .day = 100};
    for (size_t i = 0; i < n; i++)
        night_add(night);
}

/* Moves on by a day: 40 % of the rows move, 0.5 % close, 0.8 % are new. */
static inline void night_next(struct night *night)
{
    size_t kept = 0;
    size_t n = night->n;
    night->day++;
    for (size_t i = 0; i < n; i++) {
        struct night_row row = night->rows[i];
        if (night_random(night) < 0.005)
            continue;
        if (night_random(night) < 0.4) {
            row.score = fmin(100, fmax(1, row.score + 0.5 * night_normal(night)));
            row.followers += (int64_t)((double)row.followers * 0.002 * night_random(night) +
                                       2 * night_random(night));
            row.price = fmax(0.01, row.price * (1 + 0.02 * night_normal(night)));
            row.active = night_random(night) < 0.01 ? !row.active : row.active;
            row.seen_us = night->day * INT64_C(86400000000);
        }
        night->rows[kept++] = row;
    }
    night->n = kept;
    for (size_t i = 0; i < n / 125; i++)
        night_add(night);
}

static inline struct schema *night_schema(struct arena *arena)
{
    static const struct schema_column columns[] = {
        {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "score", .type = TYPE_DOUBLE},
        {.name = "followers", .type = TYPE_BIGINT},
        {.name = "price", .type = TYPE_NUMERIC},
        {.name = "network", .type = TYPE_TEXT},
        {.name = "active", .type = TYPE_BOOLEAN},
        {.name = "note", .type = TYPE_TEXT},
        {.name = "seen", .type = TYPE_TIMESTAMPTZ},
    };
    static const char *const keys[] = {"id"};
    struct schema *schema = NULL;
    struct error err;
    assert_ok(schema_make(arena, columns, ARRAY_SIZE(columns), keys, 1, &schema, &err));
    return schema;
}

static inline void night_put(struct batch_builder *builder, size_t column, const char *text)
{
    struct error err;
    if (text == NULL)
        assert_ok(batch_builder_put_null(builder, column, &err));
    else
        assert_ok(batch_builder_put_text(builder, column, text, strlen(text), &err));
}

static inline void night_put_row(struct batch_builder *builder, const struct night_row *row)
{
    static const char *const networks[NIGHT_N_NETWORKS] = {"twitter", "facebook", "linkedin",
                                                           "flickr",  "tumblr",   "blogger"};
    char text[64];
    (void)snprintf(text, sizeof(text), "%lld", (long long)row->id);
    night_put(builder, 0, text);
    (void)snprintf(text, sizeof(text), "%.17g", row->score);
    night_put(builder, 1, row->score_is_null ? NULL : text);
    (void)snprintf(text, sizeof(text), "%lld", (long long)row->followers);
    night_put(builder, 2, text);
    (void)snprintf(text, sizeof(text), "%.2f", row->price);
    night_put(builder, 3, text);
    night_put(builder, 4, networks[row->network]);
    night_put(builder, 5, row->active ? "true" : "false");
    (void)snprintf(text, sizeof(text), "note %lld", (long long)row->id);
    night_put(builder, 6, row->has_note ? text : NULL);
    time_t seconds = (time_t)(row->seen_us / 1000000);
    struct tm parts;
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S+00", &parts);
    night_put(builder, 7, text);
    batch_builder_end_row(builder);
}

static inline void night_flush(struct batch_builder *builder, struct packer *packer)
{
    struct error err;
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    batch_builder_clear(builder);
}

static inline void night_fill(const struct night *night, struct batch_builder *builder,
                              struct packer *packer)
{
    for (size_t i = 0; i < night->n; i++) {
        night_put_row(builder, &night->rows[i]);
        if (batch_builder_full(builder) || i + 1 == night->n)
            night_flush(builder, packer);
    }
}

static inline struct packed *night_pack(const struct night *night, const struct schema *schema)
{
    struct error err;
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    struct packer_options options = {.directory = "/tmp"};
    struct packed *packed = NULL;
    assert_ok(packer_new(schema, &options, &packer, &err));
    assert_ok(batch_builder_new(schema, &builder, &err));
    night_fill(night, builder, packer);
    assert_ok(packer_finish(packer, &packed, &err));
    return packed;
}

#endif
