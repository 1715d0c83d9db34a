#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "diff/compare.h"
#include "diff/diff.h"
#include "diff/measure_rows.h"
#include "diff/pairing.h"
#include "diff/segment_text.h"
#include "diff/value_table.h"

/* Memory of which by-values belong to the wanted segment is started anew beyond this. */
#define REMEMBERED_VALUES 65536

/* The segment that examples have to lie in, if there is one. */
struct wanted_segment {
    const char *text; /* NULL: any */
    bool is_rest;
    const struct measure_result *result;
    struct value_table seen; /* values of the by-columns that have been looked at */
    uint8_t *belongs;        /* one per entry of seen */
    struct vector columns[MEASURE_MAX_BY];
    struct vector_buffer buffers[MEASURE_MAX_BY];
};

struct search {
    const struct measure *measure;
    const struct schema *schema;
    struct program program;
    struct measure_rows rows;
    struct measure_nodes nodes;
    struct value about; /* what rows are compared with; NULL is a value for ARRIVALS */
    struct wanted_segment segment;
    struct arena *arena;
    struct example *examples; /* max */
    size_t n;
    size_t max;
    size_t enough; /* number of examples after which the window at hand has given its share */
    bool was_cut;  /* a window had more than its share */
};

static void search_release(struct search *search)
{
    struct wanted_segment *segment = &search->segment;
    for (size_t i = 0; i < MEASURE_MAX_BY; i++) {
        free(segment->buffers[i].data);
        free(segment->buffers[i].nulls);
    }
    value_table_release(&segment->seen);
    free(segment->belongs);
    program_release(&search->program);
}

/* Whether there are rows that one can point at. */
static bool has_examples(const struct measure *measure, const struct value *value)
{
    bool is_limited = measure->where != NULL || measure->filter != NULL;
    switch (measure->aggregate) {
    case AGG_ROWS:
    case AGG_OLD_ROWS:
    case AGG_KEPT:
        return is_limited;
    case AGG_COUNT:
        return is_limited || measure->arg->type == VALUE_BOOLEAN;
    case AGG_SUM:
    case AGG_MEAN:
    case AGG_STDDEV:
    case AGG_QUANTILE:
    case AGG_DISTINCT:
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
    case AGG_OVERLAP:
    case AGG_SPEARMAN:
        return false;
    case AGG_ARRIVALS:
        return !value->is_null && value->f64 > 0;
    case AGG_MIN:
    case AGG_MAX:
    case AGG_TOP_SHARE:
        return !value->is_null;
    default:
        return true;
    }
}

/* Whether a row in scope is an example. */
static bool is_example(const struct search *search, const struct vector *arg, size_t row)
{
    if (arg == NULL)
        return true;
    struct value value = vector_value(arg, row);
    switch (search->measure->aggregate) {
    case AGG_NULLS:
        return value.is_null;
    case AGG_INVALID:
        return value_is_invalid(&value);
    case AGG_COUNT:
    case AGG_SHARE:
        return !value.is_null && (value.type != VALUE_BOOLEAN || value.u8 != 0);
    default:
        return value_equal(&value, &search->about);
    }
}

static bool text_is_segment(const struct measure_result *result, const char *text)
{
    size_t low = 0;
    size_t high = result->n_segments;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct segment *segment = &result->segments[middle];
        int order = segment->is_rest ? 1 : strcmp(segment->text, text);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool values_belong(struct search *search, size_t row)
{
    const char *names[MEASURE_MAX_BY];
    struct value values[MEASURE_MAX_BY];
    struct arena scratch = {0};
    for (size_t i = 0; i < search->measure->n_by; i++) {
        names[i] = search->schema->columns[search->measure->by[i]].name;
        values[i] = vector_value(&search->segment.columns[i], row);
    }
    const char *text = segment_text(names, values, search->measure->n_by, &scratch);
    bool belongs = search->segment.is_rest ? !text_is_segment(search->segment.result, text)
                                           : strcmp(text, search->segment.text) == 0;
    arena_release(&scratch);
    return belongs;
}

static enum error_code row_belongs(struct search *search, size_t row, bool *ret_belongs,
                                   struct error *err)
{
    struct wanted_segment *segment = &search->segment;
    struct vector one[MEASURE_MAX_BY];
    uint64_t hash = 0;
    uint32_t index = 0;
    *ret_belongs = segment->text == NULL;
    if (segment->text == NULL)
        return OK;
    for (size_t i = 0; i < search->measure->n_by; i++)
        one[i] = vector_row(&segment->columns[i], row);
    value_hash_rows(one, search->measure->n_by, 1, &hash);
    index = value_table_find(&segment->seen, one, 0, hash);
    if (index == VALUE_TABLE_NONE) {
        if (segment->seen.size == REMEMBERED_VALUES)
            value_table_clear(&segment->seen);
        TRY(value_table_add(&segment->seen, one, 0, hash, &index, err));
        segment->belongs[index] = values_belong(search, row);
    }
    *ret_belongs = segment->belongs[index] != 0;
    return OK;
}

static struct value copy_value(const struct value *value, struct arena *arena)
{
    struct value copy = *value;
    if (!value->is_null && value_type_is_text(value->type))
        copy.text.bytes = arena_strndup(arena, value->text.bytes, value->text.len);
    return copy;
}

static struct value read_value(const struct search *search, const struct rows *rows, size_t row,
                               size_t column)
{
    struct value_row memory;
    struct vector_buffer buffer = {.data = &memory.text, .nulls = &memory.is_null};
    struct rows one = {.columns = rows->columns, .start = rows_at(rows, row)};
    enum value_type type = value_type_of_column(search->schema->columns[column].type);
    struct vector vector = rows_load(&one, column, type, 1, &buffer);
    struct value value = vector_value(&vector, 0);
    return copy_value(&value, search->arena);
}

static const struct value *read_row(const struct search *search, const struct rows *rows,
                                    size_t row)
{
    size_t n = search->schema->n_columns;
    if (rows->columns == NULL)
        return NULL;
    struct value *values = arena_calloc(search->arena, n, sizeof(*values));
    for (size_t c = 0; c < n; c++)
        values[c] = read_value(search, rows, row, c);
    return values;
}

static void keep_example(struct search *search, const struct slice *slice, size_t row)
{
    struct example *example = &search->examples[search->n++];
    example->new_values = read_row(search, &slice->sides[SIDE_NEW], row);
    example->old_values = read_row(search, &slice->sides[SIDE_OLD], row);
    const struct value *values =
        example->new_values != NULL ? example->new_values : example->old_values;
    struct value *key = arena_calloc(search->arena, search->schema->n_keys, sizeof(*key));
    for (size_t k = 0; k < search->schema->n_keys; k++)
        key[k] = values[search->schema->keys[k]];
    example->key = key;
}

static void compute(struct search *search, const struct slice *slice, uint8_t *changed)
{
    struct program_input input = {.slice = slice, .n = slice->n};
    if (slice->kind == ROWS_KEPT) {
        slice_changed(search->schema, slice, changed);
        input.changed = changed;
    }
    for (size_t s = 0; s < search->program.n_steps; s++)
        if (!search->program.steps[s].is_use)
            program_compute(&search->program, search->program.steps[s].index, &input);
    const struct rows *rows = &slice->sides[search->rows.segment_side];
    for (size_t i = 0; search->segment.text != NULL && i < search->measure->n_by; i++) {
        size_t column = search->measure->by[i];
        enum value_type type = value_type_of_column(search->schema->columns[column].type);
        search->segment.columns[i] =
            rows_load(rows, column, type, slice->n, &search->segment.buffers[i]);
    }
}

static const struct vector *vector_of(const struct search *search, uint32_t node)
{
    return node == PROGRAM_NONE ? NULL : &search->program.nodes[node].value;
}

static enum error_code on_slice(const struct slice *slice, void *arg, struct error *err)
{
    struct search *search = arg;
    uint8_t changed[SLICE_ROWS];
    if ((search->rows.kinds & ROWS_BIT(slice->kind)) == 0 ||
        (search->was_cut && search->n >= search->enough))
        return OK;
    compute(search, slice, changed);
    bool is_arrivals = search->measure->aggregate == AGG_ARRIVALS;
    const struct vector *arg_values = vector_of(search, search->nodes.arg);
    const struct vector *select =
        vector_of(search, is_arrivals ? search->nodes.moved : search->nodes.select);
    for (size_t i = 0; i < slice->n; i++) {
        bool belongs = false;
        if ((select != NULL && select->u8[i] == 0) || !is_example(search, arg_values, i))
            continue;
        TRY(row_belongs(search, i, &belongs, err));
        if (!belongs)
            continue;
        search->was_cut |= search->n >= search->enough;
        if (search->n >= search->enough)
            break;
        keep_example(search, slice, i);
    }
    return OK;
}

static enum error_code on_block(uint64_t rows_done, void *arg, struct error *err)
{
    (void)rows_done;
    (void)arg;
    return interrupt_check(err);
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A step that visits all of n windows and lands far from where it has been: near the golden ratio.
 */
static size_t spread_step(size_t n)
{
    size_t step = (size_t)((double)n * 0.6180339887498949);
    while (step == 0 || greatest_common_divisor(step, n) != 1)
        step++;
    return step;
}

/* Visits windows until there are enough examples; each gives at most `share`. */
static enum error_code visit_windows(struct search *search, struct pairing *pairing, size_t share,
                                     struct error *err)
{
    struct pairing_sink sink = {.on_slice = on_slice, .on_block = on_block, .arg = search};
    size_t n_windows = pairing_windows(pairing);
    size_t step = spread_step(n_windows);
    size_t window = 0;
    for (size_t i = 0; i < n_windows && search->n < search->max; i++) {
        size_t enough = search->n + share;
        search->enough = enough < search->max ? enough : search->max;
        TRY(pairing_run(pairing, window, 1, &sink, err));
        window = (window + step) % n_windows;
    }
    return OK;
}

static enum error_code start_segment(struct search *search, const char *text,
                                     const struct measure_result *result, struct error *err)
{
    struct wanted_segment *segment = &search->segment;
    enum value_type types[MEASURE_MAX_BY] = {0};
    segment->result = result;
    if (text == NULL || search->measure->n_by == 0)
        return OK;
    segment->text = text;
    segment->is_rest = strcmp(text, SEGMENT_REST_TEXT) == 0;
    segment->belongs = calloc(REMEMBERED_VALUES + 1, 1);
    bool has_memory = segment->belongs != NULL;
    for (size_t i = 0; i < search->measure->n_by; i++) {
        types[i] = value_type_of_column(search->schema->columns[search->measure->by[i]].type);
        segment->buffers[i].data = calloc(SLICE_ROWS, VECTOR_MAX_WIDTH);
        segment->buffers[i].nulls = calloc(SLICE_ROWS, 1);
        has_memory &= segment->buffers[i].data != NULL && segment->buffers[i].nulls != NULL;
    }
    value_table_init(&segment->seen, types, search->measure->n_by);
    return has_memory ? OK : error_set(err, ERR_MEMORY, "out of memory for examples");
}

static size_t find_segment(const struct measure_result *result, const char *text)
{
    for (size_t i = 0; text != NULL && result->segments != NULL && i < result->n_segments; i++)
        if (strcmp(result->segments[i].text, text) == 0)
            return i;
    return 0;
}

/* Takes from the result what rows are compared with; false if the measure has no examples. */
static bool find_about(struct search *search, const struct measure_result *result, size_t segment)
{
    if (segment >= result->n_segments)
        return false;
    const struct value *value = &result->values[segment];
    bool has_about = result->arrived_at != NULL;
    search->about = has_about ? result->arrived_at[segment] : *value;
    return has_examples(search->measure, value);
}

static enum error_code start_program(struct search *search, struct error *err)
{
    program_init(&search->program, search->schema, SLICE_ROWS);
    search->rows = measure_rows(search->measure);
    search->nodes = measure_add_nodes(search->measure, &search->program);
    struct program_use use = {.needs = {search->nodes.arg, search->nodes.select, search->nodes.old,
                                        search->nodes.moved, search->nodes.old_select},
                              .rows = search->rows.kinds};
    return program_schedule(&search->program, &use, 1, err);
}

/* First a few from each window; if that is not enough because windows had more, all of them. */
static enum error_code find_examples(struct search *search, struct pairing *pairing,
                                     struct error *err)
{
    size_t share = (search->max + 3) / 4;
    TRY(visit_windows(search, pairing, share, err));
    if (search->n == search->max || !search->was_cut)
        return OK;
    search->n = 0;
    search->was_cut = false;
    return visit_windows(search, pairing, search->max, err);
}

/* NOLINTNEXTLINE(readability-function-size): what is compared, what was found, what is wanted. */
enum error_code diff_examples(struct packed *old_snapshot, struct packed *new_snapshot,
                              const struct measure_plan *plan, size_t measure,
                              const struct diff_result *result, const char *segment,
                              size_t max_examples, struct arena *arena,
                              struct example **ret_examples, size_t *ret_n_examples,
                              struct error *err)
{
    const struct measure_result *measured = &result->measures[measure];
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    CLEANUP(search_release)
    struct search search = {.measure = &plan->measures[measure],
                            .schema = plan->schema,
                            .arena = arena,
                            .max = max_examples};
    search.examples = arena_calloc(arena, max_examples + 1, sizeof(*search.examples));
    if (max_examples > 0 && find_about(&search, measured, find_segment(measured, segment))) {
        TRY(start_program(&search, err));
        TRY(start_segment(&search, segment, measured, err));
        TRY(pairing_new(old_snapshot, new_snapshot, &pairing, err));
        TRY(find_examples(&search, pairing, err));
    }
    *ret_examples = search.examples;
    *ret_n_examples = search.n;
    return OK;
}
