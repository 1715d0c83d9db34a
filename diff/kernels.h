/*
 * The loops that compute one operator over the rows of a slice. Types and NULL rules are those of
 * diff/expr.h; which kernel fits which operator and types is decided in diff/lower.c.
 */
#ifndef LG_DIFF_KERNELS_H
#define LG_DIFF_KERNELS_H

#include "diff/vector.h"

/* Signs of the order of two vectors; 0 where either is NULL. */
typedef void (*sign_fn)(const struct vector *a, const struct vector *b, size_t n,
                        int8_t *ret_signs);

/*
 * args have n rows, n at most SLICE_ROWS. The kernel writes out.data, and out.nulls if it sets
 * has_nulls. out overlaps none of the arguments. negate, sign and set are for those that need them.
 */
struct kernel_call {
    const struct vector *const *args;
    size_t n_args;
    size_t n;
    bool negate;
    sign_fn sign;
    const struct value_set *set;
    struct vector_buffer out;
    bool has_nulls;
};

typedef void (*kernel_fn)(struct kernel_call *call);

/* Result is NULL where any argument is. */
void kernel_strict_nulls(struct kernel_call *call);
/* The same for a BOOLEAN result, which is 0 where it is NULL. */
void kernel_strict_boolean(struct kernel_call *call);
/* The same for kernels that add NULLs of their own: out.nulls is written in any case. */
void kernel_open_nulls(struct kernel_call *call);

/* Comparisons of two vectors of one type; the answer is turned round by negate. */
void kernel_eq_boolean(struct kernel_call *call);
void kernel_lt_boolean(struct kernel_call *call);
void kernel_eq_i64(struct kernel_call *call);
void kernel_lt_i64(struct kernel_call *call);
void kernel_eq_f64(struct kernel_call *call);
void kernel_lt_f64(struct kernel_call *call);
void kernel_eq_text(struct kernel_call *call);
void kernel_eq_uuid(struct kernel_call *call);

/* Comparisons by call->sign, for other types and pairs of types. */
void kernel_eq_sign(struct kernel_call *call);
void kernel_lt_sign(struct kernel_call *call);
void sign_text(const struct vector *a, const struct vector *b, size_t n, int8_t *ret_signs);
void sign_uuid(const struct vector *a, const struct vector *b, size_t n, int8_t *ret_signs);
void sign_numeric(const struct vector *a, const struct vector *b, size_t n, int8_t *ret_signs);
void sign_integer_double(const struct vector *a, const struct vector *b, size_t n,
                         int8_t *ret_signs);
void sign_double_integer(const struct vector *a, const struct vector *b, size_t n,
                         int8_t *ret_signs);
void sign_numeric_integer(const struct vector *a, const struct vector *b, size_t n,
                          int8_t *ret_signs);
void sign_integer_numeric(const struct vector *a, const struct vector *b, size_t n,
                          int8_t *ret_signs);
void sign_numeric_double(const struct vector *a, const struct vector *b, size_t n,
                         int8_t *ret_signs);
void sign_double_numeric(const struct vector *a, const struct vector *b, size_t n,
                         int8_t *ret_signs);

/* Text and its pattern. */
void kernel_like(struct kernel_call *call);
/* One argument among call->set. */
void kernel_in_set(struct kernel_call *call);

/* Three-valued logic. */
void kernel_and(struct kernel_call *call);
void kernel_or(struct kernel_call *call);
void kernel_not(struct kernel_call *call);
void kernel_is_null(struct kernel_call *call);
/* Arguments: a, b, and whether they are equal. */
void kernel_is_distinct(struct kernel_call *call);

/*
 * Choices, by the width of the values. case: condition, value, ..., value. pick: a, b, and whether
 * b is the better one; a NULL is never better than a value.
 */
void kernel_coalesce_1(struct kernel_call *call);
void kernel_coalesce_8(struct kernel_call *call);
void kernel_coalesce_16(struct kernel_call *call);
void kernel_case_1(struct kernel_call *call);
void kernel_case_8(struct kernel_call *call);
void kernel_case_16(struct kernel_call *call);
void kernel_pick_1(struct kernel_call *call);
void kernel_pick_8(struct kernel_call *call);
void kernel_pick_16(struct kernel_call *call);

/* Conversions. A date too far for a time becomes the last finite one, which arithmetic refuses. */
void kernel_integer_to_double(struct kernel_call *call);
void kernel_numeric_to_double(struct kernel_call *call);
void kernel_date_to_time(struct kernel_call *call);

/* Arithmetic on doubles. */
void kernel_add_f64(struct kernel_call *call);
void kernel_sub_f64(struct kernel_call *call);
void kernel_mul_f64(struct kernel_call *call);
void kernel_div_f64(struct kernel_call *call);
void kernel_shift(struct kernel_call *call);
void kernel_jumped(struct kernel_call *call);
void kernel_jumped_count(struct kernel_call *call);
void kernel_neg_f64(struct kernel_call *call);
void kernel_abs_f64(struct kernel_call *call);
void kernel_round(struct kernel_call *call);
void kernel_floor(struct kernel_call *call);
void kernel_ceil(struct kernel_call *call);
void kernel_ln(struct kernel_call *call);
void kernel_log2(struct kernel_call *call);
void kernel_exp(struct kernel_call *call);
void kernel_sqrt(struct kernel_call *call);

/* Exact arithmetic on integers, times and durations. */
void kernel_neg_i64(struct kernel_call *call);
void kernel_abs_i64(struct kernel_call *call);
void kernel_add_durations(struct kernel_call *call);
void kernel_sub_durations(struct kernel_call *call);
void kernel_add_time_duration(struct kernel_call *call);
void kernel_sub_time_duration(struct kernel_call *call);
void kernel_sub_times(struct kernel_call *call);
void kernel_sub_dates(struct kernel_call *call);
void kernel_mul_duration_integer(struct kernel_call *call);
void kernel_mul_duration_double(struct kernel_call *call);
void kernel_div_duration_double(struct kernel_call *call);
void kernel_ratio_durations(struct kernel_call *call);

#endif
