/* How a damage changes single rows; for rules/damage*.c only. */
#ifndef LG_RULES_DAMAGE_INTERNAL_H
#define LG_RULES_DAMAGE_INTERNAL_H

#include "base/buffer.h"
#include "rules/damage.h"

/* Whether the damage changes values of its column, and no rows come or go. */
bool damage_is_of_column(enum damage_kind kind);

/* What changing values one by one needs to remember. Zero-initialise, and release. */
struct alteration {
    const struct damage *damage;
    enum column_type type;
    double strength;
    char number[CELL_NUMBER_BYTES];
    struct buffer text;  /* a new key */
    struct buffer other; /* the value of the row that was hit before */
    struct cell carried;
    bool has_carried;
    uint64_t renamed; /* rows so far */
};
void alteration_init(struct alteration *alteration, const struct damage *damage,
                     const struct schema *schema, double share);
void alteration_release(struct alteration *alteration);

/* Whether the row can be hit. Only for damages of columns, and for a category that is lost. */
bool damage_can_hit(const struct damage *damage, const struct batch *batch, size_t row);

/* The new value of a row that is hit; valid until the next call. */
enum error_code alteration_next(struct alteration *alteration, const struct column *column,
                                size_t row, struct cell *ret_cell, struct error *err) MUST_CHECK;

/* Rows that the damage can hit, by looking at all of them. */
enum error_code damage_count(const struct damage *damage, const struct damage_source *source,
                             uint64_t *ret_rows, struct error *err) MUST_CHECK;

/*
 * Place of item i of n in an order that looks random and depends on the seed alone: a bijection of
 * [0, n).
 */
uint64_t damage_shuffle(uint64_t i, uint64_t n, uint64_t seed);

#endif
