#include "rules/damage.h"

#include <math.h>

#include "base/interrupt.h"
#include "rules/damage_internal.h"

#define THIRD 3

/* The largest power of two below n, which is at least 2. */
static uint64_t power_below(uint64_t n)
{
    uint64_t power = 1;
    while (power < n - power)
        power *= 2;
    return power;
}

uint64_t damage_rows(const struct damage *damage, double share)
{
    double rows = (double)damage->rows;
    if (damage->axis == DAMAGE_WHOLE || damage->kind == DAMAGE_LOWERED)
        return damage->rows;
    if (damage->kind == DAMAGE_THIRD_LOWERED)
        rows /= THIRD;
    else
        rows *= share;
    return rows < 1 ? 1 : (uint64_t)llround(rows);
}

/* A snapshot that is read row by row. */
struct row_cursor {
    struct packed *packed;
    struct column *columns;
    struct batch batch;
    size_t block;
    size_t row;
    bool ended;
};

static enum error_code cursor_block(struct row_cursor *cursor, struct error *err)
{
    cursor->row = 0;
    cursor->ended = cursor->block == packed_blocks(cursor->packed);
    if (cursor->ended)
        return OK;
    TRY(interrupt_check(err));
    return packed_block(cursor->packed, cursor->block++, cursor->columns, &cursor->batch, err);
}

static enum error_code cursor_start(struct row_cursor *cursor, struct packed *packed,
                                    struct arena *arena, struct error *err)
{
    size_t n_columns = packed_schema(packed)->n_columns;
    *cursor = (struct row_cursor){.packed = packed,
                                  .columns = arena_calloc(arena, n_columns, sizeof(struct column))};
    return cursor_block(cursor, err);
}

static enum error_code cursor_step(struct row_cursor *cursor, struct error *err)
{
    if (++cursor->row < cursor->batch.n_rows)
        return OK;
    return cursor_block(cursor, err);
}

/* Moves to the row with the key of another cursor's row, if there is one. */
static enum error_code cursor_find(struct row_cursor *cursor, const struct row_cursor *like,
                                   bool *ret_found, struct error *err)
{
    int order = -1;
    while (!cursor->ended &&
           (order = batch_compare_keys(&cursor->batch, cursor->row, &like->batch, like->row)) < 0)
        TRY(cursor_step(cursor, err));
    *ret_found = !cursor->ended && order == 0;
    return OK;
}

static bool rows_differ(const struct row_cursor *a, const struct row_cursor *b)
{
    const struct schema *schema = packed_schema(a->packed);
    for (size_t i = 0; i < schema->n_columns; i++) {
        struct cell x = cell_of(&a->columns[i], a->row);
        struct cell y = cell_of(&b->columns[i], b->row);
        if (!cell_equal(schema->columns[i].type, &x, &y))
            return true;
    }
    return false;
}

static enum error_code count_moved(const struct damage_source *source, uint64_t *ret_rows,
                                   struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct row_cursor now;
    struct row_cursor before;
    uint64_t rows = 0;
    TRY(cursor_start(&now, source->rows, &arena, err));
    TRY(cursor_start(&before, source->before, &arena, err));
    for (; !now.ended;) {
        bool found = false;
        TRY(cursor_find(&before, &now, &found, err));
        rows += found && rows_differ(&now, &before);
        TRY(cursor_step(&now, err));
    }
    *ret_rows = rows;
    return OK;
}

static enum error_code count_hits(const struct damage *damage, struct packed *packed,
                                  uint64_t *ret_rows, struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct row_cursor cursor;
    uint64_t rows = 0;
    TRY(cursor_start(&cursor, packed, &arena, err));
    for (; !cursor.ended;) {
        rows += damage_can_hit(damage, &cursor.batch, cursor.row);
        TRY(cursor_step(&cursor, err));
    }
    *ret_rows = rows;
    return OK;
}

enum error_code damage_count(const struct damage *damage, const struct damage_source *source,
                             uint64_t *ret_rows, struct error *err)
{
    uint64_t rows = packed_rows(source->rows);
    switch (damage->kind) {
    case DAMAGE_STALE:
    case DAMAGE_CUT_OFF:
    case DAMAGE_DOUBLED:
        *ret_rows = rows;
        return OK;
    case DAMAGE_CUT_AT_POWER:
        *ret_rows = rows < 2 ? 0 : rows - power_below(rows);
        return OK;
    case DAMAGE_FROZEN:
        return count_moved(source, ret_rows, err);
    default:
        return count_hits(damage, source->rows, ret_rows, err);
    }
}

/* A damaged copy being written. */
struct work {
    const struct damage *damage;
    const struct damage_dose *dose;
    const struct damage_source *source;
    uint64_t hits; /* rows to hit */
    uint64_t seen; /* rows so far that can be hit */
    struct packer *packer;
};

/* Whether the next row that can be hit is. */
static bool hit(struct work *work)
{
    const struct damage *damage = work->damage;
    uint64_t place = work->seen++;
    if (work->hits >= damage->rows)
        return true;
    return damage_shuffle(place, damage->rows, work->dose->seed) < work->hits;
}

static enum error_code alter_block(struct work *work, struct alteration *alteration,
                                   struct batch *batch, struct cell_column *made, struct error *err)
{
    struct column *column = &batch->columns[work->damage->column];
    TRY(cell_column_begin(made, column->type, err));
    for (size_t row = 0; row < batch->n_rows; row++) {
        struct cell cell = cell_of(column, row);
        if (damage_can_hit(work->damage, batch, row) && hit(work))
            TRY(alteration_next(alteration, column, row, &cell, err));
        TRY(cell_column_put(made, &cell, err));
    }
    *column = cell_column_view(made);
    return packer_add(work->packer, batch, err);
}

static enum error_code alter_blocks(struct work *work, struct alteration *alteration,
                                    struct cell_column *made, struct arena *arena,
                                    struct error *err)
{
    struct packed *rows = work->source->rows;
    struct column *columns = arena_calloc(arena, packed_schema(rows)->n_columns, sizeof(*columns));
    for (size_t block = 0; block < packed_blocks(rows); block++) {
        struct batch batch;
        TRY(interrupt_check(err));
        TRY(packed_block(rows, block, columns, &batch, err));
        TRY(alter_block(work, alteration, &batch, made, err));
    }
    return OK;
}

static enum error_code alter_column(struct work *work, struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct cell_column made CLEANUP(cell_column_release) = {0};
    struct alteration alteration CLEANUP(alteration_release);
    alteration_init(&alteration, work->damage, packed_schema(work->source->rows),
                    work->dose->share);
    return alter_blocks(work, &alteration, &made, &arena, err);
}

static enum error_code put(struct work *work, struct batch_builder *builder,
                           const struct row_cursor *cursor, struct error *err)
{
    if (batch_builder_full(builder)) {
        TRY(packer_add(work->packer, batch_builder_batch(builder), err));
        batch_builder_clear(builder);
    }
    return batch_builder_put_row(builder, &cursor->batch, cursor->row, err);
}

/* How often a row is delivered. */
static unsigned copies_of(struct work *work, const struct row_cursor *cursor)
{
    switch (work->damage->kind) {
    case DAMAGE_SOURCE_LOST:
        return damage_can_hit(work->damage, &cursor->batch, cursor->row) && hit(work) ? 0 : 1;
    case DAMAGE_CUT_OFF:
    case DAMAGE_CUT_AT_POWER:
        return work->seen++ < packed_rows(work->source->rows) - work->hits;
    case DAMAGE_DOUBLED:
        return hit(work) ? 2 : 1;
    default:
        return 1;
    }
}

static enum error_code copy_rows(struct work *work, struct batch_builder *builder,
                                 struct arena *arena, struct error *err)
{
    struct row_cursor cursor;
    TRY(cursor_start(&cursor, work->source->rows, arena, err));
    for (; !cursor.ended;) {
        unsigned copies = copies_of(work, &cursor);
        for (unsigned i = 0; i < copies; i++)
            TRY(put(work, builder, &cursor, err));
        TRY(cursor_step(&cursor, err));
    }
    return OK;
}

static enum error_code freeze_rows(struct work *work, struct batch_builder *builder,
                                   struct arena *arena, struct error *err)
{
    struct row_cursor now;
    struct row_cursor before;
    TRY(cursor_start(&now, work->source->rows, arena, err));
    TRY(cursor_start(&before, work->source->before, arena, err));
    for (; !now.ended;) {
        bool found = false;
        TRY(cursor_find(&before, &now, &found, err));
        bool frozen = found && rows_differ(&now, &before) && hit(work);
        TRY(put(work, builder, frozen ? &before : &now, err));
        TRY(cursor_step(&now, err));
    }
    return OK;
}

static enum error_code write_rows(struct work *work, struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    TRY(batch_builder_new(packed_schema(work->source->rows), &builder, err));
    if (work->damage->kind == DAMAGE_FROZEN)
        TRY(freeze_rows(work, builder, &arena, err));
    else
        TRY(copy_rows(work, builder, &arena, err));
    return packer_add(work->packer, batch_builder_batch(builder), err);
}

enum error_code damage_apply(const struct damage *damage, const struct damage_source *source,
                             const struct damage_dose *dose, struct packed **ret_packed,
                             struct error *err)
{
    const struct packer_options options = {.directory = dose->directory,
                                           .memory_bytes = dose->memory_bytes};
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    TRY(packer_new(packed_schema(source->rows), &options, &packer, err));
    struct work work = {
        .damage = damage,
        .dose = dose,
        .source = source,
        .hits = damage_rows(damage, dose->share),
        .packer = packer,
    };
    if (damage_is_of_column(damage->kind))
        TRY(alter_column(&work, err));
    else
        TRY(write_rows(&work, err));
    return packer_finish(packer, ret_packed, err);
}
