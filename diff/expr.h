/*
 * Typed expression trees, evaluated a vector of rows at a time. The same tree serves row scope
 * (columns of two paired snapshots) and measure scope (values of measures, a row a segment).
 * Trees are made by the rule parser, which has checked every type; see docs for the language.
 */
#ifndef LG_DIFF_EXPR_H
#define LG_DIFF_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/batch.h"

/*
 * Types of values. Column types map: bigint, integer -> INTEGER; real, double -> DOUBLE; numeric ->
 * NUMERIC; text -> TEXT; boolean -> BOOLEAN; date -> DATE; timestamptz -> TIME; uuid -> UUID.
 */
enum value_type {
    VALUE_BOOLEAN,  /* u8 0 or 1 */
    VALUE_INTEGER,  /* i64 */
    VALUE_DOUBLE,   /* f64 */
    VALUE_NUMERIC,  /* text in the form of snapshot/batch.h */
    VALUE_TEXT,     /* text */
    VALUE_DATE,     /* i64, days since 2000-01-01; INT64_MIN and INT64_MAX are the infinities */
    VALUE_TIME,     /* i64, microseconds since 2000-01-01 UTC; infinities likewise */
    VALUE_DURATION, /* i64, microseconds */
    VALUE_UUID,     /* uuid */
};

struct text_ref {
    const char *bytes;
    size_t len;
};

/* One value; which member is used follows from type, none if is_null. Texts are owned elsewhere. */
struct value {
    enum value_type type;
    bool is_null;
    union {
        uint8_t u8;
        int64_t i64;
        double f64;
        struct text_ref text;
        struct uuid uuid;
    };
};

enum side {
    SIDE_NEW,
    SIDE_OLD,
};

enum expr_kind {
    EXPR_LITERAL,
    EXPR_COLUMN,  /* a column of one side; row scope only */
    EXPR_MEASURE, /* the value of a measure; measure scope only */
    EXPR_CALL,    /* operator or function over arguments */
    EXPR_IN_SET,  /* argument is among the members of a set read from a file */
};

/*
 * Operators and functions. NULL follows SQL: any NULL argument gives NULL unless said otherwise.
 * Arithmetic is double (INTEGER and NUMERIC arguments are converted), except DATE and TIME with
 * DURATION, which stay exact. Division by zero and domain errors give NULL. Comparisons are exact
 * between any two of INTEGER, DOUBLE and NUMERIC (no rounding of either); NaN equals NaN and sorts
 * above all; TEXT compares by bytes.
 *
 * Types: a comparison (also in OP_IN) takes two values of one type, any two numbers, or DATE and
 * TIME; a date is its midnight UTC wherever TIME is called for. COALESCE, CASE, LEAST and GREATEST
 * take values of the result's type, or any numbers for a result of DOUBLE. NEG, ABS, ROUND, FLOOR
 * and CEIL of an INTEGER may be INTEGER (exact, NULL on overflow) or DOUBLE. A literal NULL may
 * stand for any type.
 *
 * DOUBLE arithmetic overflows to infinity. Exact time arithmetic gives NULL on overflow and where
 * an infinity meets a subtraction of times; an infinite time plus or minus a DURATION stays itself.
 */
enum expr_op {
    OP_ADD, /* number + number; TIME or DATE + DURATION is TIME; DURATION + DURATION */
    OP_SUB, /* number - number; any of TIME and DATE - any of them is DURATION; TIME or DATE -
               DURATION is TIME; DURATION - DURATION */
    OP_MUL, /* number * number; DURATION * number and number * DURATION, to the nearest unit */
    OP_DIV, /* number / number; DURATION / DURATION is DOUBLE; DURATION / number */
    OP_NEG,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_AND, /* n-ary, three-valued */
    OP_OR,  /* n-ary, three-valued */
    OP_NOT,
    OP_IS_NULL,     /* never NULL */
    OP_IS_DISTINCT, /* never NULL; NULL is not distinct from NULL */
    OP_IN,          /* first argument equals any of the others, SQL's NULL semantics */
    OP_LIKE,        /* argument, literal pattern; % and _ match, \ escapes, by character */
    OP_COALESCE,    /* first argument that is not NULL */
    OP_CASE,        /* condition, value, condition, value, ..., else value (always present) */
    OP_ABS,         /* number or DURATION */
    OP_LEAST,       /* NULL arguments are left out, as in SQL */
    OP_GREATEST,
    OP_ROUND, /* half away from zero */
    OP_FLOOR,
    OP_CEIL,
    OP_LN,
    OP_LOG2,
    OP_EXP,
    OP_SQRT,
    OP_CHANGED, /* no argument: any value column of a kept row is distinct from its old value;
                   NULL for a row that stands on one side only */
    OP_JUMPED,  /* new number, old number: moved by more than half of the larger magnitude, and
                   for two INTEGER arguments also by more than 4 * sqrt(larger magnitude) + 1.
                   False where either is NaN or infinite: AGG_INVALID is the measure of those */
    OP_SHIFT,   /* new number, old number: (x - old) / greatest(|x|, |old|), 0 where equal; NaN
                   where they differ and either is NaN or infinite */
};

struct value_set;

struct expr {
    enum expr_kind kind;
    enum value_type type;
    union {
        struct value literal;
        struct {
            enum side side;
            size_t column; /* index into the schema */
        };
        size_t measure; /* index into the plan's measures */
        struct {
            enum expr_op op;
            const struct expr **args;
            size_t n_args;
        };
        struct {
            const struct expr *in_arg;
            const struct value_set *set;
        };
    };
};

/*
 * A set of values of one type for EXPR_IN_SET, whose argument has to be of that type; a NULL
 * argument gives NULL. Adding copies the value; NULL must not be added. Lookups are hashed and
 * exact in the type (1.0 equals 1.00). Adding fails with ERR_LIMIT beyond VALUE_SET_MAX values or
 * VALUE_SET_MAX_TEXT_BYTES of text. Owned by the caller.
 */
#define VALUE_SET_MAX ((size_t)100 << 20)
#define VALUE_SET_MAX_TEXT_BYTES ((size_t)4 << 30)

enum error_code value_set_new(enum value_type type, struct value_set **ret_set,
                              struct error *err) MUST_CHECK;
void value_set_free(struct value_set *set);
DEFINE_POINTER_CLEANUP(struct value_set, value_set_cleanup, value_set_free)
enum error_code value_set_add(struct value_set *set, const struct value *value,
                              struct error *err) MUST_CHECK;
size_t value_set_size(const struct value_set *set);
bool value_set_contains(const struct value_set *set, const struct value *value);

enum value_type value_type_of_column(enum column_type type);

/* Whether the operator is NULL whenever an argument is, so that a literal NULL decides it. */
bool expr_op_is_strict(enum expr_op op);

/* Which sides the expression looks at; key columns of either side count for neither. */
struct expr_sides {
    bool uses_new;
    bool uses_old;
};
struct expr_sides expr_sides(const struct expr *expr, const struct schema *schema);

/*
 * Evaluates a measure-scope expression for one segment. measures[i] is the value of measure i.
 * The result's text, if any, points into the inputs. ERR_MEMORY.
 */
enum error_code expr_eval_measures(const struct expr *expr, const struct value *measures,
                                   struct value *ret_value, struct error *err) MUST_CHECK;

/*
 * Value for people: "0.93" (the shortest digits that read back the same), "62", "2024-09-11",
 * "2024-09-11T00:00:00Z", "4 h 3 min", "NULL"; cut to fit, with "…" at the end. capacity > 4 counts
 * the final zero byte. Returns out.
 */
char *value_format(const struct value *value, char *out, size_t capacity);

#endif
