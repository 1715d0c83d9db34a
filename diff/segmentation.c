#include "diff/segmentation.h"

#include <stdlib.h>
#include <string.h>

#include "diff/hyperloglog.h"
#include "diff/segment_text.h"
#include "diff/value_counter.h"

#define COUNTED_VALUES 65536
#define SKETCH_PRECISION 12U /* a standard error of 1.6 % */
#define SKETCH_BYTES ((size_t)1 << SKETCH_PRECISION)

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static enum error_code new_buffers(struct segmentation *segmentation, struct error *err)
{
    for (size_t i = 0; i < segmentation->n_by; i++) {
        struct vector_buffer *buffer = &segmentation->buffers[i];
        buffer->data = calloc(SLICE_ROWS, VECTOR_MAX_WIDTH);
        buffer->nulls = calloc(SLICE_ROWS, 1);
        if (buffer->data == NULL || buffer->nulls == NULL)
            return error_set(err, ERR_MEMORY, "out of memory for segments");
    }
    return OK;
}

/* The by-columns of n rows, and their hashes. */
static void load_columns(struct segmentation *segmentation, const struct rows *rows, size_t n,
                         struct vector *ret_columns, uint64_t *ret_hashes)
{
    for (size_t i = 0; i < segmentation->n_by; i++)
        ret_columns[i] = rows_load(rows, segmentation->by[i], segmentation->table.types[i], n,
                                   &segmentation->buffers[i]);
    value_hash_rows(ret_columns, segmentation->n_by, n, ret_hashes);
}

/* What counting the rows of both sides goes along with. */
struct counting {
    struct segmentation *segmentation;
    struct value_counter counter;
    bool is_sketched; /* there may soon be too many values for the counter */
    uint8_t sketch[SKETCH_BYTES];
    struct column *columns;
    uint64_t rows_done;
    enum error_code (*after_block)(uint64_t rows_done, void *arg, struct error *err);
    void *arg;
};

static void counting_release(struct counting *counting)
{
    value_counter_release(&counting->counter);
    free(counting->columns);
}

/* Begins while the counter still has every value. */
static void sketch_values(struct counting *counting, const uint64_t *hashes, size_t n)
{
    const struct value_table *table = &counting->counter.table;
    if (!counting->is_sketched && table->size + (size_t)SLICE_ROWS < COUNTED_VALUES)
        return;
    for (size_t i = 0; !counting->is_sketched && i < table->size; i++)
        hyperloglog_add(counting->sketch, SKETCH_PRECISION, table->hashes[i]);
    counting->is_sketched = true;
    for (size_t i = 0; i < n; i++)
        hyperloglog_add(counting->sketch, SKETCH_PRECISION, hashes[i]);
}

static enum error_code count_block(struct counting *counting, const struct batch *batch,
                                   struct error *err)
{
    struct segmentation *segmentation = counting->segmentation;
    struct vector columns[MEASURE_MAX_BY];
    uint64_t hashes[SLICE_ROWS];
    for (size_t start = 0; start < batch->n_rows; start += SLICE_ROWS) {
        struct rows rows = {.columns = batch->columns, .start = start};
        size_t n = min_size(SLICE_ROWS, batch->n_rows - start);
        load_columns(segmentation, &rows, n, columns, hashes);
        sketch_values(counting, hashes, n);
        TRY(value_counter_add(&counting->counter, columns, n, hashes, NULL, err));
    }
    return OK;
}

static enum error_code count_side(struct counting *counting, struct packed *packed,
                                  struct error *err)
{
    struct batch batch;
    size_t n_blocks = packed == NULL ? 0 : packed_blocks(packed);
    for (size_t block = 0; block < n_blocks; block++) {
        TRY(packed_block(packed, block, counting->columns, &batch, err));
        TRY(count_block(counting, &batch, err));
        counting->rows_done += batch.n_rows;
        TRY(counting->after_block(counting->rows_done, counting->arg, err));
    }
    return OK;
}

struct named {
    const char *text;
    uint32_t index;
};

static int compare_names(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static const char *entry_text(const struct segmentation *segmentation,
                              const struct value_table *table, uint32_t index, struct arena *arena)
{
    const char *names[MEASURE_MAX_BY];
    struct value values[MEASURE_MAX_BY];
    for (size_t i = 0; i < segmentation->n_by; i++) {
        names[i] = segmentation->schema->columns[segmentation->by[i]].name;
        values[i] = value_table_value(table, index, i);
    }
    return segment_text(names, values, segmentation->n_by, arena);
}

/* The rest beside n segments; values are estimated if the counter lost some. */
static struct segment rest_segment(const struct counting *counting, size_t n)
{
    struct segment rest = {.text = SEGMENT_REST_TEXT, .is_rest = true};
    double values = counting->counter.table.size;
    rest.is_estimate = counting->counter.taken_off > 0;
    if (rest.is_estimate)
        values = hyperloglog_estimate(counting->sketch, SKETCH_PRECISION);
    rest.n_values = values > (double)n + 1 ? (uint64_t)(values + 0.5) - n : 1;
    return rest;
}

/* Numbers the chosen entries of the counter by their texts. */
static enum error_code name_segments(struct segmentation *segmentation,
                                     const struct counting *counting, const uint32_t *chosen,
                                     size_t n, struct arena *arena, struct error *err)
{
    const struct value_counter *counter = &counting->counter;
    bool has_rest = counter->taken_off > 0 || n < counter->table.size;
    struct named *names = arena_calloc(arena, n + 1, sizeof(*names));
    for (size_t i = 0; i < n; i++)
        names[i] =
            (struct named){.text = entry_text(segmentation, &counter->table, chosen[i], arena),
                           .index = chosen[i]};
    qsort(names, n, sizeof(*names), compare_names);
    segmentation->n_segments = n + has_rest;
    segmentation->segments = arena_calloc(arena, n + 1, sizeof(*segmentation->segments));
    for (size_t i = 0; i < n; i++) {
        segmentation->segments[i] = (struct segment){.text = names[i].text, .n_values = 1};
        TRY(value_table_copy_entry(&segmentation->table, &counter->table, names[i].index, err));
    }
    if (has_rest) {
        segmentation->rest = (uint32_t)n;
        segmentation->segments[n] = rest_segment(counting, n);
    }
    return OK;
}

static enum error_code choose(struct segmentation *segmentation, const struct counting *counting,
                              struct arena *arena, struct error *err)
{
    uint32_t *chosen = NULL;
    size_t n = 0;
    TRY(value_counter_largest(&counting->counter, DIFF_MAX_SEGMENTS, &chosen, &n, err));
    enum error_code code = name_segments(segmentation, counting, chosen, n, arena, err);
    free(chosen);
    return code;
}

enum error_code segmentation_init(struct segmentation *segmentation, const struct measure *measure,
                                  const struct schema *schema, struct packed *old_snapshot,
                                  struct packed *new_snapshot, struct arena *arena,
                                  enum error_code (*after_block)(uint64_t rows_done, void *arg,
                                                                 struct error *err),
                                  void *arg, struct error *err)
{
    enum value_type types[MEASURE_MAX_BY];
    *segmentation =
        (struct segmentation){.schema = schema, .n_by = measure->n_by, .rest = VALUE_TABLE_NONE};
    for (size_t i = 0; i < measure->n_by; i++) {
        segmentation->by[i] = measure->by[i];
        types[i] = value_type_of_column(schema->columns[measure->by[i]].type);
    }
    value_table_init(&segmentation->table, types, measure->n_by);
    TRY(new_buffers(segmentation, err));
    CLEANUP(counting_release)
    struct counting counting = {
        .segmentation = segmentation, .after_block = after_block, .arg = arg};
    value_counter_init(&counting.counter, types, measure->n_by, COUNTED_VALUES);
    counting.columns = calloc(schema->n_columns, sizeof(*counting.columns));
    if (counting.columns == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for segments");
    TRY(count_side(&counting, old_snapshot, err));
    TRY(count_side(&counting, new_snapshot, err));
    return choose(segmentation, &counting, arena, err);
}

void segmentation_release(struct segmentation *segmentation)
{
    value_table_release(&segmentation->table);
    for (size_t i = 0; i < MEASURE_MAX_BY; i++) {
        free(segmentation->buffers[i].data);
        free(segmentation->buffers[i].nulls);
    }
}

bool segmentation_fits(const struct segmentation *segmentation, const struct measure *measure)
{
    return segmentation->n_by == measure->n_by &&
           memcmp(segmentation->by, measure->by, measure->n_by * sizeof(*measure->by)) == 0;
}

void segmentation_find(struct segmentation *segmentation, const struct rows *rows, size_t n,
                       uint32_t *ret_segments)
{
    struct vector columns[MEASURE_MAX_BY];
    uint64_t hashes[SLICE_ROWS];
    load_columns(segmentation, rows, n, columns, hashes);
    value_table_find_rows(&segmentation->table, columns, n, hashes, ret_segments);
    for (size_t i = 0; i < n; i++)
        if (ret_segments[i] == VALUE_TABLE_NONE)
            ret_segments[i] = segmentation->rest;
}
