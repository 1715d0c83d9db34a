/* Parts of expressions with their types, while they are being checked; for rules/check*.c only. */
#ifndef LG_RULES_TYPED_H
#define LG_RULES_TYPED_H

#include "rules/check.h"

/* What a number says, as far as it is known. */
enum nature {
    NATURE_PLAIN,
    NATURE_COUNT, /* a number of rows or values */
    NATURE_SHARE, /* between 0 and 1 */
};

struct typed {
    const struct expr *expr; /* NULL: a problem has been reported */
    const struct ast *ast;
    enum value_type type;
    bool is_null; /* the word null */
    bool is_real; /* a value of a column of type real */
    enum nature nature;
};

/* Any expression, at the checker's level. */
struct typed check_expr(struct checker *c, const struct ast *ast);

/* An expression that has to be true or false. `what` names its place: "share()", "where". */
struct typed check_boolean(struct checker *c, const struct ast *ast, const char *what);

/* A call of a function or aggregate; names of columns and bare measures. */
struct typed check_call(struct checker *c, const struct ast *ast);
struct typed check_name(struct checker *c, const struct ast *ast);

/* A call of a function of history, which find_history_function() knows. */
struct typed check_history(struct checker *c, const struct ast *ast);

/* Whether the expression is such a call; not any more once check_place_history() has given all
 * calls of the condition their slots, behind those of the measures. */
bool check_is_history(const struct expr *expr);
void check_place_history(struct checker *c);

/* The plan index of the first measure with examples in the expression, or CONDITION_NONE. */
size_t check_find_example(struct checker *c, const struct expr *expr);

/* Whether a name stands for the number of the rule's SQL, and the plan index of that measure. */
bool check_is_sql_value(const struct checker *c, const struct ast *ast);
size_t check_plan_sql(struct checker *c);

/* + - * / and unary minus. */
struct typed check_arithmetic(struct checker *c, const struct ast *ast);
struct typed check_negate(struct checker *c, const struct ast *ast);

/* A literal as it is when nothing says otherwise. */
struct typed literal_of(struct checker *c, const struct ast *ast);

/*
 * Makes a literal fit the value beside it: texts become dates, times or UUIDs, numbers become
 * numeric, or are rounded as the column of type real beside them rounds. False with a problem if
 * the text does not read as that type.
 */
bool literal_fit(struct checker *c, struct typed *literal, const struct typed *beside);

/* Whether two types can be compared with each other. */
bool types_compare(enum value_type a, enum value_type b);

/*
 * Makes values alike for least, greatest, coalesce and case: literals are fitted, and the common
 * type is returned in *ret_type. False with a problem if they have none.
 */
bool make_alike(struct checker *c, struct typed *values, size_t n, enum value_type *ret_type);

/* A call node. */
struct typed make_call(struct checker *c, const struct ast *ast, enum expr_op op,
                       enum value_type type, const struct typed *args, size_t n_args);

/* The part that a problem has been reported for. */
struct typed no_type(const struct ast *ast);

/* Adds a problem at the part's place, lets hints follow. */
void check_problem(struct checker *c, const struct ast *ast, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The text of a part for messages, cut; "score", "'abc'". */
const char *shown(struct checker *c, const struct ast *ast);

/* Canonical text with x replaced, and with the paths of files written in full. */
const char *canonical_text(struct checker *c, const struct ast *ast);
const char *identity_text(struct checker *c, const struct ast *ast);

#endif
