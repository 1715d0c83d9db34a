/* Packed snapshots from short texts and expressions from calls, for the tests of this folder. */
#ifndef LG_TESTS_UNIT_DIFF_HELPERS_H
#define LG_TESTS_UNIT_DIFF_HELPERS_H

#include "tests/unit/snapshot/helpers.h"

#include "diff/diff.h"
#include "snapshot/packed.h"

/* Takes batches until pack_end. */
static inline struct packer *pack_begin(const struct schema *schema)
{
    struct error err;
    struct packer *packer = NULL;
    struct packer_options options = {.directory = "/tmp", .memory_bytes = (size_t)16 << 20};
    assert_ok(packer_new(schema, &options, &packer, &err));
    return packer;
}

static inline struct packed *pack_end(struct packer *packer)
{
    struct error err;
    struct packed *packed = NULL;
    assert_ok(packer_finish(packer, &packed, &err));
    packer_free(packer);
    return packed;
}

/* Hands the rows of the builder over to the packer if it is full, or if asked to. */
static inline void pack_builder(struct packer *packer, struct batch_builder *builder, bool always)
{
    struct error err;
    if (!always && !batch_builder_full(builder))
        return;
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    batch_builder_clear(builder);
}

/* Rows of "|"-separated values, \N is NULL; ends with a NULL. */
static inline struct packed *pack_rows(const struct schema *schema, const char *const *rows)
{
    struct error err;
    struct batch_builder *builder = NULL;
    struct packer *packer = pack_begin(schema);
    assert_ok(batch_builder_new(schema, &builder, &err));
    for (; *rows != NULL; rows++) {
        add_row(builder, *rows);
        pack_builder(packer, builder, false);
    }
    pack_builder(packer, builder, true);
    batch_builder_free(builder);
    return pack_end(packer);
}
#define PACK(schema, ...) pack_rows(schema, (const char *const[]){__VA_ARGS__, NULL})

/* n rows of fixed-width columns without NULLs: data[c] is an array of n values of column c. */
static inline struct packed *pack_columns(const struct schema *schema, size_t n,
                                          const void *const *data, size_t n_columns)
{
    struct error err;
    struct column columns[16] = {0};
    struct packer *packer = pack_begin(schema);
    assert_int_equal(n_columns, schema->n_columns);
    assert_true(n_columns <= ARRAY_SIZE(columns));
    for (size_t start = 0; start < n; start += BATCH_ROWS) {
        struct batch batch = {.schema = schema, .columns = columns};
        batch.n_rows = n - start < BATCH_ROWS ? n - start : BATCH_ROWS;
        for (size_t c = 0; c < n_columns; c++) {
            columns[c].type = schema->columns[c].type;
            columns[c].data =
                (const char *)data[c] + start * schema_type_width(schema->columns[c].type);
        }
        assert_ok(packer_add(packer, &batch, &err));
    }
    return pack_end(packer);
}
#define PACK_COLUMNS(schema, n, ...)                                                               \
    pack_columns(schema, n, (const void *const[]){__VA_ARGS__},                                    \
                 ARRAY_SIZE(((const void *const[]){__VA_ARGS__})))

static inline struct value text_value(enum value_type type, const char *text)
{
    return (struct value){.type = type, .text = {.bytes = text, .len = strlen(text)}};
}

static inline struct expr *e_value(struct arena *arena, struct value value)
{
    struct expr *expr = arena_alloc(arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_LITERAL, .type = value.type, .literal = value};
    return expr;
}

static inline struct expr *e_int(struct arena *arena, int64_t i64)
{
    return e_value(arena, (struct value){.type = VALUE_INTEGER, .i64 = i64});
}

static inline struct expr *e_double(struct arena *arena, double f64)
{
    return e_value(arena, (struct value){.type = VALUE_DOUBLE, .f64 = f64});
}

static inline struct expr *e_bool(struct arena *arena, bool value)
{
    return e_value(arena, (struct value){.type = VALUE_BOOLEAN, .u8 = value});
}

static inline struct expr *e_null(struct arena *arena, enum value_type type)
{
    return e_value(arena, (struct value){.type = type, .is_null = true});
}

/* An i64 type: DATE, TIME, DURATION. */
static inline struct expr *e_time(struct arena *arena, enum value_type type, int64_t i64)
{
    return e_value(arena, (struct value){.type = type, .i64 = i64});
}

static inline struct expr *e_text(struct arena *arena, const char *text)
{
    return e_value(arena, text_value(VALUE_TEXT, text));
}

static inline struct expr *e_numeric(struct arena *arena, const char *text)
{
    return e_value(arena, text_value(VALUE_NUMERIC, text));
}

static inline struct expr *e_column(struct arena *arena, const struct schema *schema,
                                    enum side side, const char *name)
{
    long column = schema_find(schema, name);
    assert_true(column >= 0);
    struct expr *expr = arena_alloc(arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_COLUMN,
                          .type = value_type_of_column(schema->columns[column].type)};
    expr->side = side;
    expr->column = (size_t)column;
    return expr;
}

static inline struct expr *e_call_array(struct arena *arena, enum expr_op op, enum value_type type,
                                        const struct expr *const *args, size_t n_args)
{
    struct expr *expr = arena_alloc(arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_CALL, .type = type};
    expr->op = op;
    expr->n_args = n_args;
    expr->args = arena_calloc(arena, n_args + 1, sizeof(*expr->args));
    for (size_t i = 0; i < n_args; i++)
        expr->args[i] = args[i];
    return expr;
}
#define E_CALL(arena, op, type, ...)                                                               \
    e_call_array(arena, op, type, (const struct expr *const[]){__VA_ARGS__},                       \
                 ARRAY_SIZE(((const struct expr *const[]){__VA_ARGS__})))

/* Value of an expression without columns. */
static inline struct value eval(const struct expr *expr)
{
    struct error err;
    struct value value;
    assert_ok(expr_eval_measures(expr, NULL, &value, &err));
    return value;
}

static inline const char *shown(struct value value)
{
    static char text[4][200];
    static unsigned next;
    char *out = text[next++ % 4];
    return value_format(&value, out, sizeof(text[0]));
}

/* A measure over one aggregate; the rest is set by the caller. */
static inline struct measure measure_of(enum aggregate aggregate, enum scope scope,
                                        const struct expr *arg)
{
    return (struct measure){.aggregate = aggregate, .scope = scope, .arg = arg, .text = "measure"};
}

static inline struct diff_result run_measures(struct packed *old_snapshot,
                                              struct packed *new_snapshot,
                                              const struct measure *measures, size_t n,
                                              struct arena *arena)
{
    struct error err;
    struct diff_result result;
    struct measure_plan plan = {
        .schema = packed_schema(new_snapshot), .measures = measures, .n_measures = n};
    assert_ok(diff_run(old_snapshot, new_snapshot, &plan, arena, NULL, NULL, &result, &err));
    return result;
}

/* The one value of one measure. */
static inline struct value run_measure(struct packed *old_snapshot, struct packed *new_snapshot,
                                       struct measure measure, struct arena *arena)
{
    struct diff_result result = run_measures(old_snapshot, new_snapshot, &measure, 1, arena);
    assert_int_equal(result.measures[0].n_segments, 1);
    return result.measures[0].values[0];
}

#endif
