/*
 * Random tables of every column type in two forms, and random measures over random expressions of
 * them, from one seed.
 */
#ifndef LG_TESTS_UNIT_RANDOM_MEASURES_H
#define LG_TESTS_UNIT_RANDOM_MEASURES_H

#include "tests/unit/diff/helpers.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "tests/unit/diff/reference.h"

struct sample {
    const char *text;
    int64_t i64; /* of dates and times */
};

static const struct sample booleans[] = {{"t", 0}, {"f", 0}};
static const struct sample integers[] = {{"-2147483648", 0}, {"2147483647", 0}, {"0", 0},
                                         {"1", 0},           {"-1", 0},         {"2", 0},
                                         {"7", 0},           {"100", 0}};
static const struct sample bigints[] = {{"9223372036854775807", 0},
                                        {"-9223372036854775808", 0},
                                        {"9007199254740993", 0},
                                        {"-9007199254740993", 0},
                                        {"9007199254740992", 0},
                                        {"0", 0},
                                        {"1", 0},
                                        {"2", 0},
                                        {"100", 0}};
static const struct sample doubles[] = {{"NaN", 0},
                                        {"Infinity", 0},
                                        {"-Infinity", 0},
                                        {"0", 0},
                                        {"-0", 0},
                                        {"1", 0},
                                        {"1.5", 0},
                                        {"-12.5", 0},
                                        {"0.1", 0},
                                        {"100", 0},
                                        {"1e30", 0},
                                        {"9007199254740992", 0},
                                        {"1e-30", 0},
                                        {"2", 0},
                                        {"1.7976931348623157e308", 0},
                                        {"-1.7e308", 0},
                                        {"1e308", 0},
                                        {"4.9e-324", 0},
                                        {"-2.3e-308", 0},
                                        {"1e-200", 0},
                                        {"1e200", 0},
                                        {"0.5", 0},
                                        {"2.5", 0},
                                        {"9223372036854775808", 0},
                                        {"0.30000000000000004", 0}};
static const struct sample reals[] = {{"NaN", 0}, {"Infinity", 0}, {"-Infinity", 0}, {"0", 0},
                                      {"-0", 0},  {"1", 0},        {"1.5", 0},       {"0.1", 0},
                                      {"100", 0}, {"1e30", 0},     {"3.4e38", 0},    {"1e-45", 0}};
static const struct sample numerics[] = {
    {"0", 0},
    {"0.0", 0},
    {"-12.50", 0},
    {"-12.5", 0},
    {"1", 0},
    {"1.00", 0},
    {"0.1", 0},
    {"NaN", 0},
    {"2", 0},
    {"123456789012345678901234567890.5", 0},
    {"100", 0},
    {"9007199254740993", 0},
    {"1.5", 0},
    {"0.1000000000000000055511151231257827021181583404541015625", 0},
    {"Infinity", 0},
    {"-Infinity", 0},
    {"9223372036854775808", 0},
    {"0.00000000000000000000000000000000000000000000001", 0},
    {"2.5", 0}};
static const struct sample texts[] = {
    {"", 0},    {"a", 0},    {"A", 0},         {"ab", 0}, {"\xc3\xa4", 0},
    {"a%b", 0}, {"NULL", 0}, {"a,b=\"c\"", 0}, {"b", 0},  {"a longer text than sixteen bytes", 0}};
static const struct sample dates[] = {{"2000-01-01", 0},       {"1999-12-31", -1},
                                      {"2024-09-11", 9020},    {"0001-01-01", -730119},
                                      {"9999-12-31", 2921939}, {"infinity", INT64_MAX},
                                      {"-infinity", INT64_MIN}};
static const struct sample times[] = {
    {"2000-01-01T00:00:00Z", 0},
    {"2000-01-02T00:00:00Z", INT64_C(86400000000)},
    {"1999-12-31T23:59:59.999999Z", -1},
    {"2024-09-11T00:00:00Z", INT64_C(9020) * 86400000000},
    {"0001-01-01T00:00:00Z", INT64_C(-730119) * 86400000000},
    {"9999-12-31T23:59:59.999999Z", INT64_C(2921940) * 86400000000 - 1},
    {"infinity", INT64_MAX},
    {"-infinity", INT64_MIN}};
static const struct sample uuids[] = {{"00000000-0000-0000-0000-000000000000", 0},
                                      {"ffffffff-ffff-ffff-ffff-ffffffffffff", 0},
                                      {"00000000-0000-0000-0000-000000000001", 0}};
static const int64_t durations[] = {0, 1, -1, INT64_C(3600000000), INT64_MAX, INT64_MIN, 7};

static const struct {
    const struct sample *samples;
    size_t n;
} pools[N_COLUMN_TYPES] = {
    [TYPE_BOOLEAN] = {booleans, ARRAY_SIZE(booleans)},
    [TYPE_INTEGER] = {integers, ARRAY_SIZE(integers)},
    [TYPE_BIGINT] = {bigints, ARRAY_SIZE(bigints)},
    [TYPE_REAL] = {reals, ARRAY_SIZE(reals)},
    [TYPE_DOUBLE] = {doubles, ARRAY_SIZE(doubles)},
    [TYPE_NUMERIC] = {numerics, ARRAY_SIZE(numerics)},
    [TYPE_TEXT] = {texts, ARRAY_SIZE(texts)},
    [TYPE_DATE] = {dates, ARRAY_SIZE(dates)},
    [TYPE_TIMESTAMPTZ] = {times, ARRAY_SIZE(times)},
    [TYPE_UUID] = {uuids, ARRAY_SIZE(uuids)},
};

static struct arena arena;
static uint64_t seed = 88172645463325252;

/* The last digit of OP_LOG2 may differ from one library to the next. */
static bool leave_out_log2;

/* How many operators an expression may have within each other. */
static int max_depth = 3;

static size_t random_below(size_t n)
{
    assert(n > 0);
    return (size_t)(next_random(&seed) % n);
}

static bool one_in(size_t n)
{
    return random_below(n) == 0;
}

static struct value value_of_sample(enum column_type type, const struct sample *sample)
{
    struct value value = {.type = value_type_of_column(type)};
    switch (type) {
    case TYPE_BOOLEAN:
        value.u8 = sample->text[0] == 't';
        break;
    case TYPE_INTEGER:
    case TYPE_BIGINT:
        value.i64 = strtoll(sample->text, NULL, 10);
        break;
    case TYPE_REAL:
        value.f64 = (double)strtof(sample->text, NULL);
        break;
    case TYPE_DOUBLE:
        value.f64 = strtod(sample->text, NULL);
        break;
    case TYPE_NUMERIC:
    case TYPE_TEXT:
        value.text = (struct text_ref){.bytes = sample->text, .len = strlen(sample->text)};
        break;
    case TYPE_DATE:
    case TYPE_TIMESTAMPTZ:
        value.i64 = sample->i64;
        break;
    case TYPE_UUID:
        for (size_t i = 0, digit = 0; sample->text[i] != '\0'; i++)
            if (sample->text[i] != '-') {
                bool is_letter = sample->text[i] >= 'a';
                unsigned nibble = (unsigned)(sample->text[i] - (is_letter ? 'a' - 10 : '0'));
                value.uuid.bytes[digit / 2] |= (uint8_t)(nibble << (digit % 2 == 0 ? 4 : 0));
                digit++;
            }
        break;
    }
    return value;
}

/* A table of rows under construction, in the two forms that are compared. */
struct table {
    struct reference_table reference;
    struct value *values;
    struct packer *packer;
    struct batch_builder *builder;
    struct packed *packed;
};

static void begin_table(struct table *table, const struct schema *schema, size_t max_rows)
{
    struct error err;
    *table = (struct table){.reference = {.schema = schema}};
    table->values = arena_calloc(&arena, max_rows * schema->n_columns, sizeof(*table->values));
    table->reference.values = table->values;
    table->packer = pack_begin(schema);
    assert_ok(batch_builder_new(schema, &table->builder, &err));
}

/* Puts a value of the pool, or NULL for -1, and returns it. */
static struct value put_sample(struct batch_builder *builder, size_t column, enum column_type type,
                               int choice)
{
    struct error err;
    if (choice < 0) {
        assert_ok(batch_builder_put_null(builder, column, &err));
        return (struct value){.type = value_type_of_column(type), .is_null = true};
    }
    const struct sample *sample = &pools[type].samples[choice];
    assert_ok(batch_builder_put_text(builder, column, sample->text, strlen(sample->text), &err));
    return value_of_sample(type, sample);
}

/* The value of a key column of the given key, which numbers all of its columns. */
static struct value put_key(struct table *table, size_t column, int64_t key)
{
    struct error err;
    enum column_type type = table->reference.schema->columns[column].type;
    struct value value = {.type = value_type_of_column(type), .i64 = key};
    char text[64];
    unsigned long long magnitude = (unsigned long long)(key < 0 ? -key : key);
    if (type == TYPE_TEXT)
        (void)snprintf(text, sizeof(text), "%s'\"\\\xc3\xa4%llu", key < 0 ? "Z" : "", magnitude);
    else if (type == TYPE_UUID)
        (void)snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012llx", key < 0 ? ~0U : 0,
                       magnitude);
    else
        (void)snprintf(text, sizeof(text), "%lld", (long long)key);
    assert_ok(batch_builder_put_text(table->builder, column, text, strlen(text), &err));
    if (type == TYPE_TEXT)
        return text_value(VALUE_TEXT, arena_strdup(&arena, text));
    if (type == TYPE_UUID)
        value = value_of_sample(type, &(struct sample){.text = text});
    return value;
}

/* Adds a row of indices into the pools, -1 for NULL; the first columns are the key. */
static void add_table_row(struct table *table, int64_t key, const int *choice)
{
    const struct schema *schema = table->reference.schema;
    struct value *values = table->values + table->reference.n_rows++ * schema->n_columns;
    size_t n_keys = schema->n_keys;
    pack_builder(table->packer, table->builder, false);
    for (size_t c = 0; c + 1 < n_keys; c++, key /= 5)
        values[c] = put_key(table, c, key % 5);
    values[n_keys - 1] = put_key(table, n_keys - 1, key);
    for (size_t c = n_keys; c < schema->n_columns; c++)
        values[c] = put_sample(table->builder, c, schema->columns[c].type, choice[c]);
    batch_builder_end_row(table->builder);
}

static void end_table(struct table *table)
{
    pack_builder(table->packer, table->builder, true);
    batch_builder_free(table->builder);
    table->packed = pack_end(table->packer);
    assert_int_equal(packed_rows(table->packed), table->reference.n_rows);
}

/* How alike the sides are: one row in so many is added, removed, changed or stands twice. */
struct mixture {
    size_t n_keys;
    size_t alone;
    size_t changed;
    size_t twice;
    enum {
        NEITHER_SIDE_IS_EMPTY,
        OLD_SIDE_IS_EMPTY,
        NEW_SIDE_IS_EMPTY,
    } empty;
    size_t null_columns; /* one value column in so many has no value; 0: none is so */
};

/* A NULL, or a value of the pool; in the columns that are so, always NULL. */
static void random_choice(const struct schema *schema, uint64_t null_columns, int *choice)
{
    for (size_t c = schema->n_keys; c < schema->n_columns; c++)
        choice[c] = one_in(8) || (null_columns >> c & 1) != 0
                        ? -1
                        : (int)random_below(pools[schema->columns[c].type].n);
}

static uint64_t random_columns(const struct schema *schema, size_t one_of)
{
    uint64_t columns = 0;
    for (size_t c = 0; one_of > 0 && c < schema->n_columns; c++)
        columns |= (uint64_t)one_in(one_of) << c;
    return columns;
}

static void random_tables(const struct schema *schema, const struct mixture *mixture,
                          struct table *old_table, struct table *new_table)
{
    int choice[64] = {0};
    begin_table(old_table, schema, mixture->n_keys * 3);
    begin_table(new_table, schema, mixture->n_keys * 3);
    uint64_t nulls = random_columns(schema, mixture->null_columns);
    for (size_t key = 0; key < mixture->n_keys; key++) {
        bool no_old = mixture->empty == OLD_SIDE_IS_EMPTY || one_in(mixture->alone);
        bool no_new = mixture->empty == NEW_SIDE_IS_EMPTY || (!no_old && one_in(mixture->alone));
        size_t old_copies = no_old ? 0 : one_in(mixture->twice) ? 2 : 1;
        size_t new_copies = no_new ? 0 : one_in(mixture->twice) ? 3 : 1;
        random_choice(schema, nulls, choice);
        for (size_t i = 0; i < old_copies; i++)
            add_table_row(old_table, (int64_t)key * 3 - 700, choice);
        for (size_t c = schema->n_keys; one_in(mixture->changed) && c < schema->n_columns; c++)
            if (one_in(2) && (nulls >> c & 1) == 0)
                choice[c] = (int)random_below(pools[schema->columns[c].type].n);
        for (size_t i = 0; i < new_copies; i++)
            add_table_row(new_table, (int64_t)key * 3 - 700, choice);
    }
    end_table(old_table);
    end_table(new_table);
}

static const struct expr *random_expr(const struct schema *schema, enum value_type type, int depth);

static const struct expr *random_literal(enum value_type type)
{
    if (one_in(10))
        return e_null(&arena, type);
    if (type == VALUE_DURATION)
        return e_time(&arena, type, durations[random_below(ARRAY_SIZE(durations))]);
    static const enum column_type columns[] = {
        [VALUE_BOOLEAN] = TYPE_BOOLEAN,  [VALUE_INTEGER] = TYPE_BIGINT,
        [VALUE_DOUBLE] = TYPE_DOUBLE,    [VALUE_NUMERIC] = TYPE_NUMERIC,
        [VALUE_TEXT] = TYPE_TEXT,        [VALUE_DATE] = TYPE_DATE,
        [VALUE_TIME] = TYPE_TIMESTAMPTZ, [VALUE_UUID] = TYPE_UUID};
    enum column_type column = columns[type];
    return e_value(&arena,
                   value_of_sample(column, &pools[column].samples[random_below(pools[column].n)]));
}

static const struct expr *random_leaf(const struct schema *schema, enum value_type type)
{
    size_t start = random_below(schema->n_columns);
    for (size_t i = 0; type != VALUE_DURATION && !one_in(3) && i < schema->n_columns; i++) {
        size_t c = (start + i) % schema->n_columns;
        if (value_type_of_column(schema->columns[c].type) == type)
            return e_column(&arena, schema, one_in(2) ? SIDE_OLD : SIDE_NEW,
                            schema->columns[c].name);
    }
    return random_literal(type);
}

static enum value_type random_number_type(void)
{
    static const enum value_type types[] = {VALUE_INTEGER, VALUE_DOUBLE, VALUE_NUMERIC};
    return types[random_below(3)];
}

static const struct expr *number(const struct schema *schema, int depth)
{
    return random_expr(schema, random_number_type(), depth);
}

static const struct expr *call2(enum expr_op op, enum value_type type, const struct expr *a,
                                const struct expr *b)
{
    return E_CALL(&arena, op, type, a, b);
}

/* COALESCE, CASE, LEAST and GREATEST; a DOUBLE may come from any numbers. */
static const struct expr *random_choice_call(const struct schema *schema, enum value_type type,
                                             int depth)
{
    static const enum expr_op ops[] = {OP_COALESCE, OP_CASE, OP_LEAST, OP_GREATEST};
    enum expr_op op = ops[random_below(ARRAY_SIZE(ops))];
    const struct expr *args[5];
    size_t n = op == OP_CASE ? 3 + 2 * random_below(2) : 1 + random_below(4);
    for (size_t i = 0; i < n; i++) {
        bool condition = op == OP_CASE && i % 2 == 0 && i + 1 < n;
        enum value_type arg_type = type == VALUE_DOUBLE ? random_number_type() : type;
        args[i] = random_expr(schema, condition ? VALUE_BOOLEAN : arg_type, depth);
    }
    return e_call_array(&arena, op, type, args, n);
}

static const struct expr *random_comparison(const struct schema *schema, int depth)
{
    static const enum expr_op ops[] = {OP_EQ, OP_NE, OP_LT,          OP_LE,
                                       OP_GT, OP_GE, OP_IS_DISTINCT, OP_IN};
    enum value_type type = (enum value_type)random_below(VALUE_UUID + 1);
    enum value_type other = type;
    if (type == VALUE_INTEGER || type == VALUE_DOUBLE || type == VALUE_NUMERIC)
        other = random_number_type();
    if ((type == VALUE_DATE || type == VALUE_TIME) && one_in(2))
        other = type == VALUE_DATE ? VALUE_TIME : VALUE_DATE;
    enum expr_op op = ops[random_below(ARRAY_SIZE(ops))];
    const struct expr *a = random_expr(schema, type, depth);
    const struct expr *b = random_expr(schema, other, depth);
    if (op == OP_IN)
        return E_CALL(&arena, op, VALUE_BOOLEAN, a, b, random_literal(type));
    return call2(op, VALUE_BOOLEAN, a, b);
}

static const struct value_set *random_set(enum value_type type);

static const struct expr *random_in_set(const struct schema *schema, int depth)
{
    static const enum value_type types[] = {VALUE_INTEGER, VALUE_DOUBLE, VALUE_NUMERIC, VALUE_TEXT,
                                            VALUE_UUID};
    enum value_type type = types[random_below(ARRAY_SIZE(types))];
    struct expr *expr = arena_alloc(&arena, sizeof(*expr));
    *expr = (struct expr){.kind = EXPR_IN_SET, .type = VALUE_BOOLEAN};
    expr->in_arg = random_expr(schema, type, depth);
    expr->set = random_set(type);
    return expr;
}

static const struct expr *random_boolean(const struct schema *schema, int depth)
{
    const struct expr *args[3];
    size_t n = 1 + random_below(3);
    switch (random_below(10)) {
    case 0:
        for (size_t i = 0; i < n; i++)
            args[i] = random_expr(schema, VALUE_BOOLEAN, depth);
        return e_call_array(&arena, one_in(2) ? OP_AND : OP_OR, VALUE_BOOLEAN, args, n);
    case 1:
        return E_CALL(&arena, OP_NOT, VALUE_BOOLEAN, random_expr(schema, VALUE_BOOLEAN, depth));
    case 2:
        return E_CALL(&arena, OP_IS_NULL, VALUE_BOOLEAN,
                      random_expr(schema, (enum value_type)random_below(VALUE_UUID + 1), depth));
    case 3:
        return call2(OP_LIKE, VALUE_BOOLEAN, random_expr(schema, VALUE_TEXT, depth),
                     e_text(&arena, one_in(2) ? "%a_%" : "a%"));
    case 4:
        return call2(OP_JUMPED, VALUE_BOOLEAN, number(schema, depth), number(schema, depth));
    case 5:
        return e_call_array(&arena, OP_CHANGED, VALUE_BOOLEAN, NULL, 0);
    case 6:
        return random_in_set(schema, depth);
    default:
        return random_comparison(schema, depth);
    }
}

static const struct expr *random_double(const struct schema *schema, int depth)
{
    static const enum expr_op unary[] = {OP_NEG, OP_ABS, OP_ROUND, OP_FLOOR, OP_CEIL,
                                         OP_LN,  OP_EXP, OP_SQRT,  OP_LOG2};
    static const enum expr_op binary[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SHIFT};
    if (one_in(8))
        return call2(OP_DIV, VALUE_DOUBLE, random_expr(schema, VALUE_DURATION, depth),
                     random_expr(schema, VALUE_DURATION, depth));
    if (one_in(3))
        return E_CALL(&arena, unary[random_below(ARRAY_SIZE(unary) - leave_out_log2)], VALUE_DOUBLE,
                      number(schema, depth));
    return call2(binary[random_below(ARRAY_SIZE(binary))], VALUE_DOUBLE, number(schema, depth),
                 number(schema, depth));
}

static const struct expr *random_integer(const struct schema *schema, int depth)
{
    static const enum expr_op unary[] = {OP_NEG, OP_ABS, OP_ROUND, OP_FLOOR, OP_CEIL};
    return E_CALL(&arena, unary[random_below(ARRAY_SIZE(unary))], VALUE_INTEGER,
                  random_expr(schema, VALUE_INTEGER, depth));
}

static const struct expr *random_time(const struct schema *schema, int depth)
{
    enum value_type type = one_in(2) ? VALUE_TIME : VALUE_DATE;
    const struct expr *time = random_expr(schema, type, depth);
    const struct expr *duration = random_expr(schema, VALUE_DURATION, depth);
    if (one_in(3))
        return call2(OP_SUB, VALUE_TIME, time, duration);
    return one_in(2) ? call2(OP_ADD, VALUE_TIME, time, duration)
                     : call2(OP_ADD, VALUE_TIME, duration, time);
}

static const struct expr *random_duration(const struct schema *schema, int depth)
{
    const struct expr *a = random_expr(schema, VALUE_DURATION, depth);
    const struct expr *b = random_expr(schema, VALUE_DURATION, depth);
    switch (random_below(6)) {
    case 0:
        return call2(one_in(2) ? OP_ADD : OP_SUB, VALUE_DURATION, a, b);
    case 1:
        return E_CALL(&arena, one_in(2) ? OP_NEG : OP_ABS, VALUE_DURATION, a);
    case 2:
        return call2(one_in(2) ? OP_MUL : OP_DIV, VALUE_DURATION, a, number(schema, depth));
    case 3:
        return call2(OP_MUL, VALUE_DURATION, number(schema, depth), a);
    default:
        return call2(OP_SUB, VALUE_DURATION,
                     random_expr(schema, one_in(2) ? VALUE_TIME : VALUE_DATE, depth),
                     random_expr(schema, one_in(2) ? VALUE_TIME : VALUE_DATE, depth));
    }
}

static const struct expr *random_expr(const struct schema *schema, enum value_type type, int depth)
{
    if (depth == 0 || one_in(6))
        return random_leaf(schema, type);
    if (one_in(4))
        return random_choice_call(schema, type, depth - 1);
    switch (type) {
    case VALUE_BOOLEAN:
        return random_boolean(schema, depth - 1);
    case VALUE_DOUBLE:
        return random_double(schema, depth - 1);
    case VALUE_INTEGER:
        return random_integer(schema, depth - 1);
    case VALUE_TIME:
        return random_time(schema, depth - 1);
    case VALUE_DURATION:
        return random_duration(schema, depth - 1);
    default:
        return random_leaf(schema, type);
    }
}

/* Sets are freed at the end of the test that asked for them. */
static struct value_set *sets[4000];
static size_t n_sets;

static const struct value_set *random_set(enum value_type type)
{
    struct error err;
    assert_true(n_sets < ARRAY_SIZE(sets));
    assert_ok(value_set_new(type, &sets[n_sets], &err));
    for (size_t i = 0; i < 3; i++) {
        const struct expr *member = random_literal(type);
        if (!member->literal.is_null)
            assert_ok(value_set_add(sets[n_sets], &member->literal, &err));
    }
    return sets[n_sets++];
}

static enum value_type random_arg_type(enum aggregate aggregate)
{
    static const enum value_type ordered[] = {VALUE_INTEGER, VALUE_DOUBLE, VALUE_NUMERIC,
                                              VALUE_DATE,    VALUE_TIME,   VALUE_DURATION};
    switch (aggregate) {
    case AGG_SHARE:
        return VALUE_BOOLEAN;
    case AGG_SUM:
    case AGG_MEAN:
        return one_in(4) ? VALUE_DURATION : random_number_type();
    case AGG_STDDEV:
    case AGG_QUANTILE:
        return random_number_type();
    case AGG_MIN:
    case AGG_MAX:
        return ordered[random_below(ARRAY_SIZE(ordered))];
    default:
        return (enum value_type)random_below(VALUE_UUID + 1);
    }
}

static const struct expr *random_arrivals_arg(const struct schema *schema)
{
    size_t c = schema->n_keys + random_below(schema->n_columns - schema->n_keys);
    return e_column(&arena, schema, SIDE_NEW, schema->columns[c].name);
}

static const struct expr *random_drift_arg(const struct schema *schema, enum aggregate aggregate)
{
    static const char *const ordered[] = {"i", "l", "r", "d", "n", "day", "at"};
    if (aggregate == AGG_PSI || aggregate == AGG_JS)
        return random_arrivals_arg(schema);
    size_t n = aggregate == AGG_EMD ? 5 : ARRAY_SIZE(ordered);
    return e_column(&arena, schema, SIDE_NEW, ordered[random_below(n)]);
}

/* A measure with one of the aggregates from the first to `last`. */
static struct measure random_measure(const struct schema *schema, enum aggregate last)
{
    struct measure measure = {.text = "measure"};
    measure.aggregate = (enum aggregate)random_below((size_t)last + 1);
    measure.scope = (enum scope)random_below(3);
    measure.parameter = (double)random_below(101) / 100;
    if (one_in(2))
        measure.filter = random_expr(schema, VALUE_BOOLEAN, max_depth - 1);
    if (one_in(3))
        measure.where = random_expr(schema, VALUE_BOOLEAN, max_depth - 1);
    if (measure.aggregate == AGG_ARRIVALS)
        measure.arg = random_arrivals_arg(schema);
    else if (measure.aggregate >= AGG_KS)
        measure.arg = random_drift_arg(schema, measure.aggregate);
    else if (measure.aggregate > AGG_DUPLICATES)
        measure.arg = random_expr(schema, random_arg_type(measure.aggregate), max_depth);
    if (measure.aggregate == AGG_OVERLAP)
        measure.parameter = (double)(1 + random_below(60));
    if (one_in(3))
        measure.n_by = 1 + random_below(2);
    for (size_t i = 0; i < measure.n_by; i++)
        measure.by[i] = schema->n_keys + random_below(schema->n_columns - schema->n_keys);
    return measure;
}

/* Ends a round: what its rows and measures were made of. */
static void free_round(struct table *old_table, struct table *new_table)
{
    packed_free(old_table->packed);
    packed_free(new_table->packed);
    for (size_t i = 0; i < n_sets; i++)
        value_set_free(sets[i]);
    n_sets = 0;
    arena_release(&arena);
}

#endif
