#include "snapshot/sorter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "snapshot/row_sort.h"
#include "snapshot/run_merge.h"

#define FAN_IN 64 /* runs of one generation that are merged into one of the next */
#define GATHER_TEXT_BYTES ((size_t)16 << 20)
#define GATHER_ROWS 256 /* rows copied at a time, between looks at the size of their text */
#define MAX_CHUNKS ((size_t)1 << 19) /* so that rows of a run can be counted with 32 bits */

struct run {
    struct packed *packed;
    unsigned generation; /* how often its rows have been merged */
};

struct sorter {
    const struct schema *schema;
    const char *directory;
    size_t memory_bytes;
    struct batch_builder **chunks; /* rows in memory; all but the last are full */
    size_t n_chunks;
    size_t chunk_capacity;
    size_t full_bytes; /* memory of the chunks but the last, entries for sorting included */
    size_t n_rows;     /* in memory */
    struct run *runs;
    size_t n_runs;
    size_t run_capacity;
};

static enum error_code no_memory(struct error *err)
{
    return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot sort rows");
}

enum error_code sorter_new(const struct schema *schema, const char *directory, size_t memory_bytes,
                           struct sorter **ret_sorter, struct error *err)
{
    struct sorter *sorter = calloc(1, sizeof(*sorter));
    if (sorter == NULL)
        return no_memory(err);
    sorter->schema = schema;
    sorter->directory = directory;
    sorter->memory_bytes = memory_bytes;
    *ret_sorter = sorter;
    return OK;
}

static void forget_chunks(struct sorter *sorter)
{
    for (size_t i = 0; i < sorter->n_chunks; i++)
        batch_builder_free(sorter->chunks[i]);
    sorter->n_chunks = 0;
    sorter->full_bytes = 0;
    sorter->n_rows = 0;
}

void sorter_free(struct sorter *sorter)
{
    if (sorter == NULL)
        return;
    forget_chunks(sorter);
    for (size_t i = 0; i < sorter->n_runs; i++)
        packed_free(sorter->runs[i].packed);
    free(sorter->chunks);
    free(sorter->runs);
    free(sorter);
}

/* Memory of a chunk, with an entry and its scratch for each row when they are sorted. */
static size_t chunk_bytes(const struct batch_builder *chunk)
{
    return builder_memory(chunk) + chunk->n_rows * 2 * sizeof(struct sort_entry);
}

static enum error_code grow(void **array, size_t size, size_t count, size_t *capacity,
                            struct error *err)
{
    if (count < *capacity)
        return OK;
    size_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*array, larger * size);
    if (grown == NULL)
        return no_memory(err);
    *array = grown;
    *capacity = larger;
    return OK;
}

static enum error_code add_run(struct sorter *sorter, struct packed *packed, unsigned generation,
                               struct error *err)
{
    void *runs = sorter->runs;
    enum error_code code =
        grow(&runs, sizeof(*sorter->runs), sorter->n_runs, &sorter->run_capacity, err);
    sorter->runs = runs;
    if (code != OK) {
        packed_free(packed);
        return code;
    }
    sorter->runs[sorter->n_runs++] = (struct run){.packed = packed, .generation = generation};
    return OK;
}

enum error_code sorter_add_run(struct sorter *sorter, struct packed *run, struct error *err)
{
    return add_run(sorter, run, 0, err);
}

/* Copies up to GATHER_ROWS rows, fewer if they have much text; returns how many in ret_count. */
static enum error_code gather(const struct sort_entry *entries, size_t n,
                              const struct batch *const *batches, struct batch_builder *builder,
                              size_t *ret_count, struct error *err)
{
    struct row_ref rows[GATHER_ROWS];
    size_t count = 0;
    size_t bytes = 0;
    while (count < n && count < GATHER_ROWS && bytes < GATHER_TEXT_BYTES) {
        const struct batch *batch = batches[entries[count].batch];
        bytes += builder_row_text_bytes(builder, batch, entries[count].row);
        rows[count] = (struct row_ref){batch, entries[count].row};
        count++;
    }
    *ret_count = count;
    return builder_gather(builder, rows, count, err);
}

/* Sends rows in the order of their entries. */
static enum error_code send_rows(const struct sort_entry *entries, size_t n,
                                 const struct batch *const *batches, struct batch_builder *builder,
                                 struct sorted_stream *out, struct error *err)
{
    for (size_t done = 0; done < n;) {
        size_t count = 0;
        TRY(gather(entries + done, n - done, batches, builder, &count, err));
        done += count;
        if (done < n && builder->n_rows + GATHER_ROWS <= BATCH_ROWS && !batch_builder_full(builder))
            continue;
        bool sorted = false;
        TRY(sorted_stream_add(out, batch_builder_batch(builder), &sorted, err));
        assert(sorted);
        batch_builder_clear(builder);
    }
    return OK;
}

static void list_rows(const struct sorter *sorter, const struct batch **batches,
                      struct sort_entry *entries)
{
    size_t n = 0;
    for (size_t chunk = 0; chunk < sorter->n_chunks; chunk++) {
        const struct batch *batch = batch_builder_batch(sorter->chunks[chunk]);
        batches[chunk] = batch;
        for (size_t row = 0; row < batch->n_rows; row++)
            entries[n++] = (struct sort_entry){
                .prefix = key_prefix(batch, row), .batch = (uint32_t)chunk, .row = (uint32_t)row};
    }
}

/* Sorts the rows in memory and sends them to out. */
static enum error_code send_memory(struct sorter *sorter, struct sorted_stream *out,
                                   struct error *err)
{
    struct sort_entry *entries = calloc(sorter->n_rows * 2 + 1, sizeof(*entries));
    const struct batch **batches = calloc(sorter->n_chunks + 1, sizeof(struct batch *));
    struct batch_builder *builder = NULL;
    enum error_code code = batch_builder_new(sorter->schema, &builder, err);
    if (code == OK && (entries == NULL || batches == NULL))
        code = no_memory(err);
    if (code == OK) {
        list_rows(sorter, batches, entries);
        row_sort(entries, sorter->n_rows, entries + sorter->n_rows, batches);
        code = send_rows(entries, sorter->n_rows, batches, builder, out, err);
    }
    batch_builder_free(builder);
    free(batches);
    free(entries);
    forget_chunks(sorter);
    return code;
}

/* Ends a stream without a name and keeps it as a run. */
static enum error_code keep_run(struct sorter *sorter, struct sorted_stream *stream,
                                unsigned generation, struct error *err)
{
    struct packed *run = NULL;
    TRY(sorted_stream_flush(stream, err));
    TRY(packed_writer_finish_run(stream->writer, &run, err));
    return add_run(sorter, run, generation, err);
}

/* Replaces the last FAN_IN runs by one of the next generation. */
static enum error_code merge_last(struct sorter *sorter, struct error *err)
{
    CLEANUP(sorted_stream_release) struct sorted_stream stream = {0};
    struct run *last = sorter->runs + sorter->n_runs - FAN_IN;
    struct packed *runs[FAN_IN];
    unsigned generation = last->generation + 1;
    for (size_t i = 0; i < FAN_IN; i++)
        runs[i] = last[i].packed;
    TRY(sorted_stream_open(&stream, sorter->schema, NULL, sorter->directory, err));
    TRY(run_merge(runs, FAN_IN, &stream, err));
    for (size_t i = 0; i < FAN_IN; i++)
        packed_free(runs[i]);
    sorter->n_runs -= FAN_IN;
    return keep_run(sorter, &stream, generation, err);
}

/* Whether the last FAN_IN runs are of the same generation. */
static bool has_generation(const struct sorter *sorter)
{
    if (sorter->n_runs < FAN_IN)
        return false;
    return sorter->runs[sorter->n_runs - FAN_IN].generation ==
           sorter->runs[sorter->n_runs - 1].generation;
}

static enum error_code spill(struct sorter *sorter, struct error *err)
{
    if (sorter->n_rows == 0)
        return OK;
    CLEANUP(sorted_stream_release) struct sorted_stream stream = {0};
    TRY(sorted_stream_open(&stream, sorter->schema, NULL, sorter->directory, err));
    TRY(send_memory(sorter, &stream, err));
    TRY(keep_run(sorter, &stream, 0, err));
    while (has_generation(sorter))
        TRY(merge_last(sorter, err));
    return OK;
}

/* Starts another chunk, after spilling if one more would probably not fit. */
static enum error_code add_chunk(struct sorter *sorter, struct error *err)
{
    if (sorter->n_chunks > 0) {
        size_t last = chunk_bytes(sorter->chunks[sorter->n_chunks - 1]);
        sorter->full_bytes += last;
        if (sorter->full_bytes + last > sorter->memory_bytes || sorter->n_chunks == MAX_CHUNKS)
            TRY(spill(sorter, err));
    }
    void *chunks = sorter->chunks;
    enum error_code code = grow(&chunks, sizeof(struct batch_builder *), sorter->n_chunks,
                                &sorter->chunk_capacity, err);
    sorter->chunks = chunks;
    TRY(code);
    TRY(batch_builder_new(sorter->schema, &sorter->chunks[sorter->n_chunks], err));
    sorter->n_chunks++;
    return OK;
}

/* Appends as many rows as the last chunk takes, at most GATHER_ROWS. */
static enum error_code fill_chunk(struct sorter *sorter, const struct batch *batch, size_t first,
                                  size_t *ret_count, struct error *err)
{
    struct batch_builder *chunk = sorter->chunks[sorter->n_chunks - 1];
    size_t count = BATCH_ROWS - chunk->n_rows;
    if (count > batch->n_rows - first)
        count = batch->n_rows - first;
    if (count > GATHER_ROWS)
        count = GATHER_ROWS;
    TRY(builder_put_rows(chunk, batch, first, count, err));
    sorter->n_rows += count;
    *ret_count = count;
    return OK;
}

enum error_code sorter_add(struct sorter *sorter, const struct batch *batch, struct error *err)
{
    for (size_t done = 0; done < batch->n_rows;) {
        size_t count = 0;
        if (sorter->n_chunks == 0 || batch_builder_full(sorter->chunks[sorter->n_chunks - 1]))
            TRY(add_chunk(sorter, err));
        TRY(fill_chunk(sorter, batch, done, &count, err));
        done += count;
        size_t used = sorter->full_bytes + chunk_bytes(sorter->chunks[sorter->n_chunks - 1]);
        if (used > sorter->memory_bytes)
            TRY(spill(sorter, err));
    }
    return interrupt_check(err);
}

enum error_code sorter_finish(struct sorter *sorter, struct sorted_stream *out, struct error *err)
{
    if (sorter->n_runs == 0)
        return send_memory(sorter, out, err);
    TRY(spill(sorter, err));
    struct packed **runs = calloc(sorter->n_runs, sizeof(struct packed *));
    if (runs == NULL)
        return no_memory(err);
    for (size_t i = 0; i < sorter->n_runs; i++)
        runs[i] = sorter->runs[i].packed;
    enum error_code code = run_merge(runs, sorter->n_runs, out, err);
    free(runs);
    return code;
}
