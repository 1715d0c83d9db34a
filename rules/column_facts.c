#include "rules/column_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/interrupt.h"

#define SAMPLE_BLOCKS 16
#define N_SLOTS 4096

/* A source that fails often holds about this share of the rows, as one of Klout's did in 2012. */
#define TELLING_SHARE 0.2

/* A value of the sample. count 0: a free slot. */
struct seen {
    uint64_t hash;
    uint64_t count;
    struct cell cell;
};

struct survey {
    const struct schema *schema;
    struct column_facts *facts;
    struct seen *seen; /* n_columns tables of N_SLOTS */
    struct arena *arena;
};

static uint64_t hash_of(enum column_type type, const struct cell *cell)
{
    if (type == TYPE_TEXT || type == TYPE_NUMERIC)
        return XXH3_64bits(cell->text, cell->len);
    if (type == TYPE_UUID)
        return XXH3_64bits(&cell->uuid, sizeof(cell->uuid));
    if (type == TYPE_REAL || type == TYPE_DOUBLE)
        return XXH3_64bits(&cell->f64, sizeof(cell->f64));
    return XXH3_64bits(&cell->i64, sizeof(cell->i64));
}

static void sample_value(struct survey *survey, size_t column, const struct cell *cell)
{
    struct column_facts *facts = &survey->facts[column];
    struct seen *table = &survey->seen[column * N_SLOTS];
    enum column_type type = survey->schema->columns[column].type;
    uint64_t hash = hash_of(type, cell);
    size_t slot = hash % N_SLOTS;
    while (table[slot].count > 0 && table[slot].hash != hash)
        slot = (slot + 1) % N_SLOTS;
    if (table[slot].count == 0) {
        if (facts->distinct == FACTS_MAX_DISTINCT)
            return;
        table[slot].hash = hash;
        table[slot].cell = cell_copy(cell, survey->arena);
        facts->distinct++;
    }
    table[slot].count++;
}

static bool has_order(enum column_type type)
{
    return type != TYPE_TEXT && type != TYPE_UUID && type != TYPE_BOOLEAN;
}

static bool is_infinite_time(enum column_type type, const struct cell *cell)
{
    return (type == TYPE_DATE && (cell->i64 == INT32_MAX || cell->i64 == INT32_MIN)) ||
           (type == TYPE_TIMESTAMPTZ && (cell->i64 == INT64_MAX || cell->i64 == INT64_MIN));
}

static void widen_range(struct survey *survey, size_t column, const struct cell *cell)
{
    struct column_facts *facts = &survey->facts[column];
    enum column_type type = survey->schema->columns[column].type;
    if (is_infinite_time(type, cell) ||
        (schema_type_is_number(type) && !isfinite(cell_number(type, cell))))
        return;
    if (!facts->has_range || cell_compare(type, cell, &facts->min) < 0)
        facts->min = cell_copy(cell, survey->arena);
    if (!facts->has_range || cell_compare(type, cell, &facts->max) > 0)
        facts->max = cell_copy(cell, survey->arena);
    facts->has_range = true;
}

static void look_at(struct survey *survey, size_t column, const struct batch *batch, bool sample)
{
    enum column_type type = survey->schema->columns[column].type;
    const struct column *values = &batch->columns[column];
    survey->facts[column].nulls += values->n_nulls;
    for (size_t row = 0; row < batch->n_rows && (sample || has_order(type)); row++) {
        struct cell cell = cell_of(values, row);
        if (cell.is_null)
            continue;
        if (sample)
            sample_value(survey, column, &cell);
        if (has_order(type))
            widen_range(survey, column, &cell);
    }
}

static void choose_category(struct survey *survey, size_t column)
{
    struct column_facts *facts = &survey->facts[column];
    enum column_type type = survey->schema->columns[column].type;
    double nearest = 2;
    uint64_t total = 0;
    if ((type != TYPE_TEXT && type != TYPE_BOOLEAN) || facts->distinct < 2 ||
        facts->distinct > FACTS_MAX_CATEGORY || schema_is_key(survey->schema, column))
        return;
    const struct seen *table = &survey->seen[column * N_SLOTS];
    for (size_t i = 0; i < N_SLOTS; i++)
        total += table[i].count;
    for (size_t i = 0; i < N_SLOTS; i++) {
        double distance = fabs((double)table[i].count / (double)total - TELLING_SHARE);
        if (table[i].count == 0 || distance >= nearest)
            continue;
        nearest = distance;
        facts->category = table[i].cell;
    }
    facts->is_category = true;
}

static enum error_code look_at_all(struct survey *survey, struct packed *rows, struct error *err)
{
    size_t n_blocks = packed_blocks(rows);
    size_t every = n_blocks / SAMPLE_BLOCKS + 1;
    struct column *columns =
        arena_calloc(survey->arena, survey->schema->n_columns, sizeof(*columns));
    for (size_t block = 0; block < n_blocks; block++) {
        struct batch batch;
        TRY(interrupt_check(err));
        TRY(packed_block(rows, block, columns, &batch, err));
        for (size_t column = 0; column < survey->schema->n_columns; column++)
            look_at(survey, column, &batch, block % every == 0);
    }
    for (size_t column = 0; column < survey->schema->n_columns; column++)
        choose_category(survey, column);
    return OK;
}

enum error_code column_facts_find(struct packed *rows, struct arena *arena,
                                  struct column_facts **ret_facts, struct error *err)
{
    const struct schema *schema = packed_schema(rows);
    struct survey survey = {.schema = schema, .arena = arena};
    survey.facts = arena_calloc(arena, schema->n_columns, sizeof(*survey.facts));
    survey.seen = calloc(schema->n_columns * N_SLOTS, sizeof(*survey.seen));
    if (survey.seen == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a look at the columns");
    enum error_code code = look_at_all(&survey, rows, err);
    free(survey.seen);
    if (code == OK)
        *ret_facts = survey.facts;
    return code;
}
