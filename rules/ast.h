/*
 * Expressions as they were written: what the parser makes and the checker reads. No types yet.
 */
#ifndef LG_RULES_AST_H
#define LG_RULES_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

enum ast_kind {
    AST_NUMBER,   /* text: digits as written, with sign, without underscores and % */
    AST_STRING,   /* text: without quotes */
    AST_DURATION, /* duration_us; text: as written */
    AST_BOOLEAN,  /* truth */
    AST_NULL,
    AST_NAME, /* a column or a bare measure; text: the name */
    AST_CALL, /* text: the function in lower case; args */
    AST_NEGATE,
    AST_NOT,
    AST_ARITHMETIC, /* op: + - * /; two args */
    AST_COMPARE,    /* op: = <> < <= > >=; two args */
    AST_AND,        /* two or more args */
    AST_OR,
    AST_IS_NULL,     /* one arg; may be negated */
    AST_IS_DISTINCT, /* two args; may be negated */
    AST_IN,          /* the first arg is tested against the others; may be negated */
    AST_IN_FILE,     /* one arg; text: the path as written; may be negated */
    AST_BETWEEN,     /* three args; may be negated */
    AST_LIKE,        /* two args; may be negated */
    AST_CASE,        /* condition, value, ..., and the else value if n_args is odd */
};

enum ast_op {
    AST_OP_ADD,
    AST_OP_SUB,
    AST_OP_MUL,
    AST_OP_DIV,
    AST_OP_EQ,
    AST_OP_NE,
    AST_OP_LT,
    AST_OP_LE,
    AST_OP_GT,
    AST_OP_GE,
};

/* Nesting beyond this is refused, so that no walk over a tree can overflow the stack. */
#define AST_MAX_DEPTH 200
#define AST_MAX_NODES 10000
#define AST_MAX_TEXT_BYTES ((size_t)64 << 10)

struct ast {
    enum ast_kind kind;
    size_t offset; /* of the first byte in the text that was parsed */
    size_t depth;  /* 1 for a leaf */
    enum ast_op op;
    bool negated; /* is not, not in, not between, not like */
    bool percent; /* of a number: it stood before a % */
    bool quoted;  /* of a name: it stood in double quotes */
    bool old;     /* of a name: old. stood before it */
    bool truth;
    int64_t duration_us;
    const char *text;
    const struct ast **args;
    size_t n_args;
};

/* How a tree is written. */
struct ast_style {
    const char *x;         /* replaces the name x; NULL: none does */
    const char *directory; /* put before relative paths of file(); NULL: as written */
};

/*
 * Writes the tree in one canonical form: keywords in lower case, single spaces, no parentheses but
 * the needed ones. Two texts that parse to the same tree are written alike.
 */
const char *ast_text(const struct ast *ast, const struct ast_style *style, struct arena *arena);

/* Whether a name has to stand in double quotes to be read as that name. */
bool ast_name_needs_quotes(const char *name);

/* "+", "<=" and so on. */
const char *ast_op_text(enum ast_op op);

#endif
