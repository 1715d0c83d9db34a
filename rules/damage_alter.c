#include "rules/damage_internal.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define HALF 0.5
#define FUTURE_DAYS 30
#define RENAMED_PREFIX "~"

bool damage_is_of_column(enum damage_kind kind)
{
    switch (kind) {
    case DAMAGE_STALE:
    case DAMAGE_FROZEN:
    case DAMAGE_SOURCE_LOST:
    case DAMAGE_CUT_OFF:
    case DAMAGE_CUT_AT_POWER:
    case DAMAGE_DOUBLED:
        return false;
    default:
        return true;
    }
}

void alteration_init(struct alteration *alteration, const struct damage *damage,
                     const struct schema *schema, double share)
{
    *alteration = (struct alteration){
        .damage = damage, .type = schema->columns[damage->column].type, .strength = share};
    buffer_init(&alteration->text, UINT32_MAX);
    buffer_init(&alteration->other, UINT32_MAX);
}

void alteration_release(struct alteration *alteration)
{
    buffer_release(&alteration->text);
    buffer_release(&alteration->other);
}

static bool in_category(const struct damage *damage, const struct batch *batch, size_t row)
{
    if (damage->by == DAMAGE_NO_COLUMN)
        return true;
    struct cell cell = cell_of(&batch->columns[damage->by], row);
    return cell_equal(batch->schema->columns[damage->by].type, &cell, &damage->category);
}

static bool is_infinite_time(enum column_type type, const struct cell *cell)
{
    return type == TYPE_DATE ? cell->i64 == INT32_MAX || cell->i64 == INT32_MIN
                             : cell->i64 == INT64_MAX || cell->i64 == INT64_MIN;
}

static bool value_can_be_hit(const struct damage *damage, enum column_type type,
                             const struct cell *cell)
{
    double number = cell_number(type, cell);
    switch (damage->kind) {
    case DAMAGE_SET:
    case DAMAGE_SEGMENT_SET:
    case DAMAGE_TIME_FUTURE:
        return !cell_equal(type, cell, &damage->value);
    case DAMAGE_NULL:
    case DAMAGE_SWAPPED:
        return !cell->is_null;
    case DAMAGE_NAN:
        return !cell->is_null && !isnan(number);
    case DAMAGE_INPUTS_MISSING:
    case DAMAGE_LOWERED:
    case DAMAGE_THIRD_LOWERED:
        return !cell->is_null && isfinite(number) && number != 0;
    case DAMAGE_NEGATED:
        return !cell->is_null && isfinite(number) && number > 0;
    case DAMAGE_TIME_BACK:
        return !cell->is_null && !is_infinite_time(type, cell);
    default:
        return true;
    }
}

bool damage_can_hit(const struct damage *damage, const struct batch *batch, size_t row)
{
    if (!in_category(damage, batch, row))
        return false;
    if (!damage_is_of_column(damage->kind))
        return true;
    struct cell cell = cell_of(&batch->columns[damage->column], row);
    return value_can_be_hit(damage, batch->schema->columns[damage->column].type, &cell);
}

/* The value as it is if the new number does not fit its type. */
static void set_number(struct alteration *a, const struct cell *old, double number,
                       struct cell *cell)
{
    if (!cell_from_number(a->type, number, cell_decimals(old), a->number, cell))
        *cell = *old;
}

static void earlier(struct alteration *a, const struct cell *old, struct cell *cell)
{
    *cell = *old;
    cell->i64 -= a->type == TYPE_DATE ? 1 : USEC_PER_DAY;
}

/* Gives the row what the one hit before had, and the first one what its neighbour has. */
static enum error_code swap(struct alteration *a, const struct column *column, size_t row,
                            struct cell *cell, struct error *err)
{
    struct cell old = cell_of(column, row);
    struct cell before = a->has_carried ? a->carried : cell_of(column, row > 0 ? row - 1 : 0);
    buffer_clear(&a->text);
    if (before.len > 0)
        TRY(buffer_append(&a->text, before.text, before.len, err));
    *cell = before;
    cell->text = buffer_string(&a->text);
    a->carried = old;
    a->has_carried = true;
    buffer_clear(&a->other);
    if (old.len > 0)
        TRY(buffer_append(&a->other, old.text, old.len, err));
    a->carried.text = buffer_string(&a->other);
    return OK;
}

static enum error_code rename_key(struct alteration *a, const struct cell *old, struct cell *cell,
                                  struct error *err)
{
    *cell = *old;
    if (a->type == TYPE_UUID) {
        for (size_t i = 0; i < sizeof(cell->uuid.bytes); i++)
            cell->uuid.bytes[i] ^= 0xff;
    } else if (a->type == TYPE_TEXT) {
        buffer_clear(&a->text);
        TRY(buffer_append_string(&a->text, RENAMED_PREFIX, err));
        TRY(buffer_append(&a->text, old->text, old->len, err));
        cell->text = a->text.data;
        cell->len = a->text.len;
    } else {
        cell->i64 = a->damage->value.i64 + (int64_t)a->renamed++;
    }
    return OK;
}

enum error_code alteration_next(struct alteration *a, const struct column *column, size_t row,
                                struct cell *ret_cell, struct error *err)
{
    struct cell old = cell_of(column, row);
    double number = cell_number(a->type, &old);
    switch (a->damage->kind) {
    case DAMAGE_NULL:
        *ret_cell = (struct cell){.is_null = true};
        return OK;
    case DAMAGE_INPUTS_MISSING:
        set_number(a, &old, number * HALF, ret_cell);
        return OK;
    case DAMAGE_LOWERED:
    case DAMAGE_THIRD_LOWERED:
        set_number(a, &old, number - fabs(number) * a->strength, ret_cell);
        return OK;
    case DAMAGE_NEGATED:
        set_number(a, &old, -number, ret_cell);
        return OK;
    case DAMAGE_TIME_BACK:
        earlier(a, &old, ret_cell);
        return OK;
    case DAMAGE_SWAPPED:
        return swap(a, column, row, ret_cell, err);
    case DAMAGE_KEYS_RENAMED:
        return rename_key(a, &old, ret_cell, err);
    default:
        *ret_cell = a->damage->value;
        return OK;
    }
}
