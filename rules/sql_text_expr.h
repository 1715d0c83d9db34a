/* Expressions as SQL, for rules/sql_text*.c only. */
#ifndef LG_RULES_SQL_TEXT_EXPR_H
#define LG_RULES_SQL_TEXT_EXPR_H

#include "base/arena.h"
#include "diff/diff.h"

/*
 * An expression as SQL text. Types map: BOOLEAN boolean, INTEGER bigint, DOUBLE double precision,
 * NUMERIC numeric, TEXT text with collation "C", UUID uuid; DATE, TIME and DURATION are bigint with
 * the numbers of diff/expr.h.
 */
struct sql_value {
    const char *text;
    enum value_type type;
    const struct value *literal; /* or NULL */
    bool is_name;                /* a column: costs nothing to repeat */
    bool is_moderate;            /* a DOUBLE that is 0, or not far from 1 by its magnitude */
};

/* Which columns of the two sides, n and o, the expressions look at. */
struct sql_columns {
    bool *used[2]; /* by enum side; schema->n_columns each */
};

/* Where an expression is written. Every column is the old row's own if old_only. */
struct sql_writer {
    struct arena *arena;
    const struct schema *schema;
    struct sql_columns *columns;
    bool old_only;
};

/* The expression over rows with columns n.c0, o.c0 and so on, and n.p, o.p where a side is there.
 * Evaluating it never fails. */
struct sql_value sql_expr(const struct sql_writer *writer, const struct expr *expr);

/* The value as double precision. */
struct sql_value sql_double(struct arena *arena, struct sql_value value);

/* Whether two values of one type are distinct. */
const char *sql_is_distinct(struct arena *arena, struct sql_value a, struct sql_value b);

/*
 * A formula of names: $u, $v stand for the values. Values that would be computed several times are
 * computed once, in a subquery.
 */
const char *sql_formula(struct arena *arena, const char *formula, struct sql_value u,
                        struct sql_value v);

/* "bigint" and so on. */
const char *sql_type_name(enum value_type type);

/* A string literal. */
const char *sql_quote(struct arena *arena, const char *text, size_t len);

/* A column or relation name in double quotes. */
const char *sql_quote_name(struct arena *arena, const char *name);

/* A column, given by its SQL name, in the type that expressions expect. */
const char *sql_column(struct arena *arena, enum column_type type, const char *name);

/* Exact decimal value of a finite double precision name. */
const char *sql_exact(struct arena *arena, const char *name);

#define SQL_INFINITY "'Infinity'::float8"
#define SQL_NAN "'NaN'::float8"
#define SQL_MIN_TIME "'-9223372036854775808'::bigint"
#define SQL_MAX_TIME "'9223372036854775807'::bigint"

/* From here on a number is infinite as double precision: 2^1024 - 2^970. */
#define SQL_OVERFLOW                                                                               \
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"   \
    "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"   \
    "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"   \
    "342711559699508093042880177904174497792"

#endif
