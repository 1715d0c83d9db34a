/* One value of a column of any type, to be looked at or changed; for the damages of a drill. */
#ifndef LG_RULES_CELL_H
#define LG_RULES_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "snapshot/batch.h"

/* Which member counts follows from the type of the column. */
struct cell {
    bool is_null;
    int64_t i64; /* bigint, integer, boolean, date, timestamptz */
    double f64;  /* real, double precision */
    struct uuid uuid;
    const char *text; /* text, numeric; borrowed, not zero-terminated */
    size_t len;
};

struct cell cell_of(const struct column *column, size_t row);
bool cell_equal(enum column_type type, const struct cell *a, const struct cell *b);

/* Order of numbers and times; neither may be NULL. */
int cell_compare(enum column_type type, const struct cell *a, const struct cell *b);

/* With its text copied to the arena. */
struct cell cell_copy(const struct cell *cell, struct arena *arena);

/* A number as a double; 0 for what is none. */
double cell_number(enum column_type type, const struct cell *cell);

#define CELL_NUMBER_BYTES 512

/*
 * A number as a value of a number column: integers are rounded, numerics get `decimals` digits
 * after the point and are written to text. False if it does not fit the type.
 */
bool cell_from_number(enum column_type type, double number, unsigned decimals,
                      char text[CELL_NUMBER_BYTES], struct cell *ret_cell);

/* Digits after the point of a numeric. */
unsigned cell_decimals(const struct cell *cell);

/* As a person would write it, in the arena; "NULL" for NULL. */
const char *cell_show(enum column_type type, const struct cell *cell, struct arena *arena);

/*
 * A column that is written anew value by value, up to BATCH_ROWS of them. Zero-initialise, and
 * release; the column that it makes points into it.
 */
struct cell_column {
    enum column_type type;
    void *data; /* values, or n + 1 offsets */
    char *bytes;
    size_t bytes_capacity;
    uint64_t *nulls;
    size_t n_nulls;
    size_t n;
};
void cell_column_release(struct cell_column *column);
enum error_code cell_column_begin(struct cell_column *column, enum column_type type,
                                  struct error *err) MUST_CHECK;
enum error_code cell_column_put(struct cell_column *column, const struct cell *cell,
                                struct error *err) MUST_CHECK;
struct column cell_column_view(const struct cell_column *column);

#endif
