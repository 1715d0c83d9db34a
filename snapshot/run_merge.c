#include "snapshot/run_merge.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "snapshot/row_sort.h"

/* How many rows, or how much text, are collected before they are copied column by column. */
#define BURST_ROWS 1024
#define BURST_TEXT_BYTES ((size_t)16 << 20)

/* The current row of a run. */
struct source {
    struct packed *run;
    struct column *columns;
    struct batch batch;
    size_t next_block;
    size_t row;
    uint64_t prefix;
};

/* heap[0] has the lowest key. */
struct merge {
    struct source *sources;
    size_t n_sources;
    struct source **heap;
    size_t n_heap;
    bool prefix_is_whole;
    struct row_ref burst[BURST_ROWS];
    size_t n_burst;
    size_t burst_bytes;
    struct batch_builder *builder;
    struct sorted_stream *out;
};

static bool is_lower(const struct merge *merge, const struct source *a, const struct source *b)
{
    if (a->prefix != b->prefix || merge->prefix_is_whole)
        return a->prefix < b->prefix;
    return batch_compare_keys(&a->batch, a->row, &b->batch, b->row) < 0;
}

/* Lets the source at `place` sink until it is not above a lower one. */
static void sink(struct merge *merge, size_t place)
{
    struct source *source = merge->heap[place];
    for (;;) {
        size_t child = place * 2 + 1;
        if (child >= merge->n_heap)
            break;
        if (child + 1 < merge->n_heap &&
            is_lower(merge, merge->heap[child + 1], merge->heap[child]))
            child++;
        if (!is_lower(merge, merge->heap[child], source))
            break;
        merge->heap[place] = merge->heap[child];
        place = child;
    }
    merge->heap[place] = source;
}

static enum error_code send_batch(struct merge *merge, struct error *err)
{
    bool sorted = false;
    TRY(sorted_stream_add(merge->out, batch_builder_batch(merge->builder), &sorted, err));
    assert(sorted);
    batch_builder_clear(merge->builder);
    return OK;
}

/* Copies the rows collected so far, which point into the sources' current blocks. */
static enum error_code send_burst(struct merge *merge, struct error *err)
{
    TRY(builder_gather(merge->builder, merge->burst, merge->n_burst, err));
    merge->n_burst = 0;
    merge->burst_bytes = 0;
    if (merge->builder->n_rows + BURST_ROWS > BATCH_ROWS || batch_builder_full(merge->builder))
        return send_batch(merge, err);
    return OK;
}

/* Opens the next block of a source; batch.n_rows is 0 at its end. */
static enum error_code open_block(struct source *source, struct error *err)
{
    source->row = 0;
    source->batch.n_rows = 0;
    if (source->next_block == packed_blocks(source->run))
        return OK;
    TRY(packed_block(source->run, source->next_block++, source->columns, &source->batch, err));
    source->prefix = key_prefix(&source->batch, 0);
    return OK;
}

static enum error_code advance(struct merge *merge, struct source *source, struct error *err)
{
    if (++source->row < source->batch.n_rows) {
        source->prefix = key_prefix(&source->batch, source->row);
    } else {
        TRY(send_burst(merge, err));
        TRY(open_block(source, err));
        if (source->batch.n_rows == 0)
            merge->heap[0] = merge->heap[--merge->n_heap];
    }
    if (merge->n_heap > 0)
        sink(merge, 0);
    return OK;
}

static enum error_code run(struct merge *merge, struct error *err)
{
    while (merge->n_heap > 0) {
        struct source *lowest = merge->heap[0];
        merge->burst[merge->n_burst++] = (struct row_ref){&lowest->batch, lowest->row};
        merge->burst_bytes += builder_row_text_bytes(merge->builder, &lowest->batch, lowest->row);
        if (merge->n_burst == BURST_ROWS || merge->burst_bytes >= BURST_TEXT_BYTES)
            TRY(send_burst(merge, err));
        TRY(advance(merge, lowest, err));
    }
    return merge->builder->n_rows > 0 ? send_batch(merge, err) : OK;
}

static enum error_code set_up(struct merge *merge, struct packed *const *runs, size_t n_runs,
                              struct error *err)
{
    const struct schema *schema = packed_schema(runs[0]);
    merge->prefix_is_whole = key_prefix_is_whole(schema);
    merge->sources = calloc(n_runs, sizeof(*merge->sources));
    merge->heap = calloc(n_runs, sizeof(struct source *));
    if (merge->sources == NULL || merge->heap == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot merge sorted rows");
    TRY(batch_builder_new(schema, &merge->builder, err));
    for (size_t i = 0; i < n_runs; i++) {
        struct source *source = &merge->sources[merge->n_sources++];
        source->run = runs[i];
        source->columns = calloc(schema->n_columns, sizeof(*source->columns));
        if (source->columns == NULL)
            return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot merge sorted rows");
        TRY(open_block(source, err));
        if (source->batch.n_rows > 0)
            merge->heap[merge->n_heap++] = source;
    }
    for (size_t place = merge->n_heap / 2; place-- > 0;)
        sink(merge, place);
    return OK;
}

static void release(struct merge *merge)
{
    for (size_t i = 0; i < merge->n_sources; i++)
        free(merge->sources[i].columns);
    free(merge->sources);
    free(merge->heap);
    batch_builder_free(merge->builder);
}

enum error_code run_merge(struct packed *const *runs, size_t n_runs, struct sorted_stream *out,
                          struct error *err)
{
    struct merge merge = {.out = out};
    enum error_code code = set_up(&merge, runs, n_runs, err);
    if (code == OK)
        code = run(&merge, err);
    release(&merge);
    return code;
}
