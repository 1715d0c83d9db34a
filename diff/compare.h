/* Exact order of single values of different types; see diff/expr.h for the rules. */
#ifndef LG_DIFF_COMPARE_H
#define LG_DIFF_COMPARE_H

#include <stdbool.h>
#include <string.h>

#include "diff/expr.h"

/* The order of a and b: <0, 0, >0. Nothing is rounded; NaN equals NaN and sorts above all. */
int compare_integer_double(int64_t a, double b);
int compare_numeric_integer(struct text_ref a, int64_t b);
int compare_numeric_double(struct text_ref a, double b);

static inline int compare_double(double a, double b)
{
    if (a != a || b != b)
        return (a != a) - (b != b);
    return (a > b) - (a < b);
}

static inline int compare_text(struct text_ref a, struct text_ref b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.bytes, b.bytes, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Equality of two values of the same type, NULL being a value like any other. */
bool value_equal(const struct value *a, const struct value *b);

/* The shortest form of a numeric: equal values have equal texts. Points into the text or to "0". */
struct text_ref numeric_canonical(struct text_ref numeric);

bool numeric_is_nan(struct text_ref numeric);

/* Whether the value is NaN or an infinity, of a number or a time; NULL is not. */
bool value_is_invalid(const struct value *value);

/* Whether a UTF-8 text matches a pattern: % any characters, _ one, \ takes the next literally. */
bool text_like(struct text_ref text, struct text_ref pattern);

#endif
