/* The layers that a statement is built from, for rules/sql_text.c only. */
#ifndef LG_RULES_SQL_TEXT_LAYERS_H
#define LG_RULES_SQL_TEXT_LAYERS_H

#include "base/buffer.h"
#include "rules/sql_text.h"
#include "rules/sql_text_expr.h"

/* Columns of a layer, each different text once; column i has the name prefix, then i. */
struct sql_layer {
    struct arena *arena;
    const char *prefix; /* with the layer's own name, "r.e" */
    const char **texts;
    size_t n;
    size_t capacity;
    size_t *slots; /* hash table of index + 1, 0 for free */
    size_t n_slots;
};
void sql_layer_init(struct sql_layer *layer, struct arena *arena, const char *prefix);

/* The name of the column in the next layer. */
const char *sql_layer_add(struct sql_layer *layer, const char *text);

/* Appends ", text as name" for all columns. */
enum error_code sql_layer_append(const struct sql_layer *layer, struct buffer *out,
                                 struct error *err) MUST_CHECK;

/* Conditions on the rows of both sides. A key that stands twice on a side leaves n.once and o.once
 * NULL on that side, and sets twice on the rows of the other. */
#define SQL_IS_KEPT "n.p and o.p"
#define SQL_IS_ADDED "n.p and o.p is null and n.once = 1 and not n.twice"
#define SQL_IS_REMOVED "o.p and n.p is null and o.once = 1 and not o.twice"
#define SQL_IS_DUPLICATE "n.p and n.once is null"

/* The rows of one side, or of both with pairs joined, with the columns that are used. */
struct sql_rows {
    struct arena *arena;
    const struct schema *schema;
    const struct sql_relations *relations;
    struct sql_columns *columns;
    bool sides[2];
};

/* What stands after FROM; columns has to be complete. */
const char *sql_rows_from(const struct sql_rows *rows);

/* A by-column in its canonical form: equal values have one text. Marks it as used. */
const char *sql_segment_value(const struct sql_rows *rows, size_t column, enum side side);

/* The key of a row's segment, and the key over columns that are called prefix0, prefix1, … */
const char *sql_segment_key(const struct sql_rows *rows, const size_t *by, size_t n_by,
                            enum side side);
const char *sql_key_of_values(struct arena *arena, const char *prefix, size_t n);

/* The key if it is one of those given, or else "". */
const char *sql_chosen_key(struct arena *arena, const char *key, const char *const *keys, size_t n);

#endif
