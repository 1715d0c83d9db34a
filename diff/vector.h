/* A slice of rows of one expression: the form in which everything in this folder computes. */
#ifndef LG_DIFF_VECTOR_H
#define LG_DIFF_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "diff/expr.h"

#define SLICE_ROWS 1024 /* a slice has at most this many rows */

/*
 * Marks loops that are worth a second form for processors with AVX2, chosen when the program
 * starts: gcc's SSE2 code for comparing doubles takes three times as long. Without FMA, so that
 * results are the same everywhere. Sanitizers cannot run before the choice is made.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTORISED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORISED
#endif

/*
 * Values of one type, a row each, owned by whoever made it. nulls has a byte a row, 1 for NULL, or
 * is NULL when no row is. What stands under a NULL is readable but means nothing, except that a
 * BOOLEAN is 0 there: the bytes of a BOOLEAN are the rows for which it is true.
 */
struct vector {
    enum value_type type;
    union {
        const void *data;
        const uint8_t *u8;
        const int64_t *i64;
        const double *f64;
        const struct text_ref *text;
        const struct uuid *uuid;
    };
    const uint8_t *nulls;
};

/* Memory that a vector of up to the agreed number of rows can be written to. */
struct vector_buffer {
    void *data;
    uint8_t *nulls;
};

#define VECTOR_MAX_WIDTH 16

/* Bytes of one value: 1, 8 or 16. */
static inline size_t value_type_width(enum value_type type)
{
    switch (type) {
    case VALUE_BOOLEAN:
        return 1;
    case VALUE_TEXT:
    case VALUE_NUMERIC:
        return sizeof(struct text_ref);
    case VALUE_UUID:
        return sizeof(struct uuid);
    default:
        return sizeof(int64_t);
    }
}

/* How values of a type are kept, and whether they are numbers. */
static inline bool value_type_is_i64(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DATE || type == VALUE_TIME ||
           type == VALUE_DURATION;
}

static inline bool value_type_is_text(enum value_type type)
{
    return type == VALUE_TEXT || type == VALUE_NUMERIC;
}

static inline bool value_type_is_number(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DOUBLE || type == VALUE_NUMERIC;
}

/* One row of a vector as a value; texts are not copied. */
struct value vector_value(const struct vector *vector, size_t row);

/* One row of a vector as a vector of its own, a view. */
struct vector vector_row(const struct vector *vector, size_t row);

/* The first n rows of a buffer all set to one value. */
void vector_fill(const struct value *value, size_t n, struct vector_buffer *buffer);

/* A vector over a buffer. */
struct vector vector_of_buffer(enum value_type type, const struct vector_buffer *buffer,
                               bool has_nulls);

/*
 * Number of rows for which the byte is 1, of bytes that are 0 or 1; n at most SLICE_ROWS. The
 * second also looks at a further mask, which may be NULL.
 */
size_t mask_count(const uint8_t *mask, size_t n);
size_t mask_count_both(const uint8_t *a, const uint8_t *b, size_t n);

#endif
