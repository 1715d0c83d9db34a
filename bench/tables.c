#include "bench/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define N_COLUMNS 6
#define N_NARROW 2
#define N_NETWORKS 20
#define NETWORK_BYTES 9 /* "network07" */

static uint64_t random_state = 88172645463325252;

static double random_unit(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)(random_state * UINT64_C(2685821657736338717) >> 11) * 0x1p-53;
}

struct row {
    int64_t key;
    double score;
    double rate;
    int32_t followers;
    unsigned network;
    int64_t seen_us;
};

/* Rows of one side that wait to be packed. */
struct filling {
    struct packer *packer;
    const struct schema *schema;
    int64_t keys[BATCH_ROWS];
    double scores[BATCH_ROWS];
    double rates[BATCH_ROWS];
    int32_t followers[BATCH_ROWS];
    int64_t seen_us[BATCH_ROWS];
    char networks[BATCH_ROWS * NETWORK_BYTES + 1];
    uint32_t offsets[BATCH_ROWS + 1];
    size_t n;
};

static enum error_code flush_side(struct filling *side, struct error *err)
{
    struct column columns[N_COLUMNS] = {
        {.type = TYPE_BIGINT, .i64 = side->keys},
        {.type = TYPE_DOUBLE, .f64 = side->scores},
        {.type = TYPE_DOUBLE, .f64 = side->rates},
        {.type = TYPE_INTEGER, .i32 = side->followers},
        {.type = TYPE_TEXT, .offsets = side->offsets, .bytes = side->networks},
        {.type = TYPE_TIMESTAMPTZ, .i64 = side->seen_us}};
    struct batch batch = {.schema = side->schema, .columns = columns, .n_rows = side->n};
    side->n = 0;
    return packer_add(side->packer, &batch, err);
}

static enum error_code add(struct filling *side, const struct row *row, struct error *err)
{
    if (side->n == BATCH_ROWS)
        TRY(flush_side(side, err));
    size_t i = side->n++;
    side->keys[i] = row->key;
    side->scores[i] = row->score;
    side->rates[i] = row->rate;
    side->followers[i] = row->followers;
    side->seen_us[i] = row->seen_us;
    (void)snprintf(side->networks + i * NETWORK_BYTES, NETWORK_BYTES + 1, "network%02u",
                   row->network);
    side->offsets[i + 1] = (uint32_t)((i + 1) * NETWORK_BYTES);
    return OK;
}

static struct row first_night(uint64_t i)
{
    return (struct row){
        .key = (int64_t)i * 3,
        .score = floor(random_unit() * 9900) / 100 + 1,
        .rate = random_unit(),
        .followers = (int32_t)exp(random_unit() * 16),
        .network = (unsigned)(random_unit() * N_NETWORKS),
        .seen_us = (int64_t)(random_unit() * 30) * USEC_PER_DAY,
    };
}

static void move(struct row *row)
{
    row->score -= 20 * random_unit();
    row->rate *= 1 + random_unit() / 10;
    row->followers += row->followers / 100;
    row->seen_us += USEC_PER_DAY;
}

static enum error_code fill(const struct table_options *options, struct filling *old_side,
                            struct filling *new_side, struct error *err)
{
    for (uint64_t i = 0; i < options->rows; i++) {
        struct row row = first_night(i);
        double fate = random_unit();
        if (fate >= options->alone)
            TRY(add(old_side, &row, err));
        if (random_unit() < options->changed)
            move(&row);
        if (random_unit() < options->reset)
            row.score = 1;
        if (fate < 1 - options->alone)
            TRY(add(new_side, &row, err));
    }
    TRY(flush_side(old_side, err));
    return flush_side(new_side, err);
}

static enum error_code make_schema(const struct table_options *options, struct arena *arena,
                                   struct schema **ret_schema, struct error *err)
{
    static const struct schema_column columns[N_COLUMNS] = {
        {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "score", .type = TYPE_DOUBLE},
        {.name = "rate", .type = TYPE_DOUBLE},
        {.name = "followers", .type = TYPE_INTEGER},
        {.name = "network", .type = TYPE_TEXT},
        {.name = "seen", .type = TYPE_TIMESTAMPTZ}};
    const char *key = "id";
    return schema_make(arena, columns, options->wide ? N_COLUMNS : N_NARROW, &key, 1, ret_schema,
                       err);
}

enum error_code table_make(const struct table_options *options, struct arena *arena,
                           struct table *ret_table, struct error *err)
{
    static struct filling sides[2];
    struct packer_options where = {.directory = "/tmp"};
    CLEANUP(packer_cleanup) struct packer *old_packer = NULL;
    CLEANUP(packer_cleanup) struct packer *new_packer = NULL;
    TRY(make_schema(options, arena, &ret_table->schema, err));
    TRY(packer_new(ret_table->schema, &where, &old_packer, err));
    TRY(packer_new(ret_table->schema, &where, &new_packer, err));
    sides[0] = (struct filling){.packer = old_packer, .schema = ret_table->schema};
    sides[1] = (struct filling){.packer = new_packer, .schema = ret_table->schema};
    TRY(fill(options, &sides[0], &sides[1], err));
    TRY(packer_finish(old_packer, &ret_table->old_snapshot, err));
    return packer_finish(new_packer, &ret_table->new_snapshot, err);
}

void table_release(struct table *table)
{
    packed_free(table->old_snapshot);
    packed_free(table->new_snapshot);
}
