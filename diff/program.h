/*
 * Expressions made ready to be computed: a graph in which each subexpression stands once, however
 * many expressions share it, and a schedule that computes a node just before it is first used and
 * reuses its memory after the last use.
 */
#ifndef LG_DIFF_PROGRAM_H
#define LG_DIFF_PROGRAM_H

#include "base/arena.h"
#include "diff/kernels.h"
#include "diff/slice.h"

#define PROGRAM_NONE UINT32_MAX

/* How columns of an expression are bound to the rows of a slice; see enum scope in diff/diff.h. */
enum binding {
    BIND_ROWS, /* each side to its own rows, but keys to the new row */
    BIND_OLD,  /* both sides to the old row */
};

enum node_kind {
    NODE_LITERAL,
    NODE_COLUMN,
    NODE_CHANGED,
    NODE_MEASURE,
    NODE_CALL,
};

struct node {
    enum node_kind kind;
    enum value_type type;
    struct value literal;
    enum side side;
    size_t index; /* of the column or measure */
    kernel_fn kernel;
    sign_fn sign;
    bool negate;
    const struct value_set *set;
    const uint32_t *args;
    size_t n_args;
    size_t first_column; /* smallest index of a column below it, SIZE_MAX if there is none */

    /* Set by program_schedule and while running. */
    const struct vector **inputs; /* n_args */
    unsigned rows;                /* kinds of rows it is needed for */
    size_t last_use;
    size_t memory;
    struct vector_buffer buffer;
    struct vector value;
};

/* A consumer of nodes: what a measure needs in order to take in a slice of certain rows. */
#define PROGRAM_MAX_NEEDS 5
struct program_use {
    uint32_t needs[PROGRAM_MAX_NEEDS]; /* PROGRAM_NONE where there is none */
    unsigned rows;
};

/* Compute a node, or let a use consume what it needs, for slices of these rows. */
struct program_step {
    bool is_use;
    size_t index;
    unsigned rows;
};

struct program_memory;

/* Owns everything but the schema and what expressions point to, which must outlive it. */
struct program {
    const struct schema *schema; /* NULL in measure scope */
    size_t max_rows;
    struct arena arena;
    struct node *nodes;
    size_t n_nodes;
    size_t capacity;
    uint32_t *slots; /* hash of the nodes, index + 1 or 0 */
    size_t n_slots;
    struct program_step *steps;
    size_t n_steps;
    struct program_memory *memory;
};

/* max_rows: rows of the largest slice, at most SLICE_ROWS. */
void program_init(struct program *program, const struct schema *schema, size_t max_rows);
void program_release(struct program *program);

/* Adds an expression and returns its node. The types have been checked by the parser. */
uint32_t program_add(struct program *program, const struct expr *expr, enum binding binding);

/* The node of `a and b`; either may be PROGRAM_NONE, which is then left out. */
uint32_t program_add_and(struct program *program, uint32_t a, uint32_t b);

/* The node of `a is distinct from b`. */
uint32_t program_add_is_distinct(struct program *program, uint32_t a, uint32_t b);

/* The node of a number as a DOUBLE. */
uint32_t program_add_double(struct program *program, uint32_t number);

/* The node of a call; equal calls give the same node, and calls of literals are computed at once.
 */
uint32_t program_add_call(struct program *program, const struct node *call);
uint32_t program_add_literal(struct program *program, const struct value *value);
uint32_t program_add_leaf(struct program *program, const struct node *leaf);

/*
 * Makes the steps for these uses, in an order that keeps uses of the same columns together, and the
 * memory for them. May be called again with other uses. ERR_MEMORY.
 */
enum error_code program_schedule(struct program *program, const struct program_use *uses,
                                 size_t n_uses, struct error *err) MUST_CHECK;

/* What nodes are computed from. slice and changed are NULL in measure scope. */
struct program_input {
    const struct slice *slice;
    const uint8_t *changed;       /* of a kept slice, see slice_changed */
    const struct value *measures; /* in measure scope, with one row */
    size_t n;
};

/* Computes the node of this index, whose arguments have been computed. */
void program_compute(struct program *program, size_t index, const struct program_input *input);

#endif
