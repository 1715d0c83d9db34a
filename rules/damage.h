/*
 * Damages: ways in which loads have gone wrong elsewhere, done on purpose to a copy of a good one.
 * A seed decides which rows are hit; with the same seed the rows of a smaller share are among those
 * of a larger one.
 */
#ifndef LG_RULES_DAMAGE_H
#define LG_RULES_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "rules/cell.h"
#include "snapshot/packed.h"

enum damage_kind {
    DAMAGE_STALE,          /* yesterday's rows again */
    DAMAGE_FROZEN,         /* rows that keep what they were a load earlier */
    DAMAGE_SET,            /* rows at one value */
    DAMAGE_NULL,           /* rows without a value */
    DAMAGE_SEGMENT_SET,    /* rows of one category at one value */
    DAMAGE_INPUTS_MISSING, /* values of one category halved */
    DAMAGE_SOURCE_LOST,    /* rows of one category gone */
    DAMAGE_CUT_OFF,        /* the last rows gone */
    DAMAGE_CUT_AT_POWER,   /* rows beyond a power of two gone */
    DAMAGE_DOUBLED,        /* rows delivered twice */
    DAMAGE_LOWERED,        /* all values lowered */
    DAMAGE_THIRD_LOWERED,  /* those of a third of the rows */
    DAMAGE_NEGATED,        /* values with the sign turned */
    DAMAGE_NAN,            /* rows at NaN */
    DAMAGE_SWAPPED,        /* values of other rows */
    DAMAGE_TIME_BACK,      /* times a day earlier */
    DAMAGE_TIME_FUTURE,    /* times a month beyond the newest */
    DAMAGE_KEYS_RENAMED,   /* rows under keys that never were */
};

/* What a share says. */
enum damage_axis {
    DAMAGE_OF_ROWS,  /* how many of the rows that can be hit */
    DAMAGE_OF_VALUE, /* by how much values are lowered */
    DAMAGE_WHOLE,    /* nothing: it happens or does not */
};

#define DAMAGE_NO_COLUMN SIZE_MAX

/* One damage to one column or to whole rows. Texts belong to the arena of damages_find. */
struct damage {
    enum damage_kind kind;
    enum damage_axis axis;
    const char *name;     /* "score set to 1", "network=twitter lost" */
    const char *incident; /* where it happened, or "" */
    const char *refused;  /* why such a load fails before it is judged, or NULL */
    size_t column;        /* or DAMAGE_NO_COLUMN */
    struct cell value;    /* DAMAGE_SET and the like: to what */
    size_t by;            /* column of the category, or DAMAGE_NO_COLUMN */
    struct cell category;
    uint64_t rows; /* that can be hit, at least 1 */
};

/* What damages are done to. */
struct damage_source {
    struct packed *rows;
    struct packed *before; /* the load before it, or NULL; needed by DAMAGE_FROZEN */
};

/*
 * The damages that can be done to these rows. columns (schema->n_columns flags) says which value
 * columns to damage; NULL: the most telling of each type, which is the one with the fewest NULLs
 * and the most different values among numbers, a category among texts. ERR_CORRUPT, ERR_MEMORY,
 * ERR_CANCELLED.
 */
enum error_code damages_find(const struct damage_source *source, const bool *columns,
                             struct arena *arena, struct damage **ret_damages, size_t *ret_n,
                             struct error *err) MUST_CHECK;

/* How much of a damage, and where the result is written. */
struct damage_dose {
    double share;          /* (0, 1] */
    uint64_t seed;         /* which rows */
    const char *directory; /* for files without a name; NULL: $TMPDIR or /var/tmp */
    size_t memory_bytes;   /* for sorting; 0: the default */
};

/* Rows that the dose hits: at least one. */
uint64_t damage_rows(const struct damage *damage, double share);

/*
 * Makes a damaged copy, a packed snapshot without a name. Must not be called for a damage that is
 * refused. ERR_IO, ERR_SPACE, ERR_MEMORY, ERR_CANCELLED, ERR_CORRUPT.
 */
enum error_code damage_apply(const struct damage *damage, const struct damage_source *source,
                             const struct damage_dose *dose, struct packed **ret_packed,
                             struct error *err) MUST_CHECK;

#endif
