#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "snapshot/sorted_stream.h"
#include "snapshot/sorter.h"

#define DEFAULT_MEMORY_BYTES ((size_t)1 << 30)

struct packer {
    const struct schema *schema;
    char *path;
    char *directory;
    size_t memory_bytes;
    struct fingerprint fingerprint;
    struct sorted_stream stream; /* the result, as long as rows come in order */
    struct sorter *sorter;       /* NULL as long as rows come in order */
};

static enum error_code copy_text(const char *text, char **ret_copy, struct error *err)
{
    if (text != NULL && (*ret_copy = strdup(text)) == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot write a snapshot file");
    return OK;
}

static enum error_code set_up(struct packer *packer, const struct packer_options *options,
                              struct error *err)
{
    packer->memory_bytes =
        options->memory_bytes == 0 ? DEFAULT_MEMORY_BYTES : options->memory_bytes;
    TRY(copy_text(options->path, &packer->path, err));
    TRY(copy_text(options->directory, &packer->directory, err));
    if (packer->directory == NULL && packer->path != NULL &&
        (packer->directory = packed_directory_of(packer->path)) == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot write a snapshot file");
    return sorted_stream_open(&packer->stream, packer->schema, packer->path, packer->directory,
                              err);
}

enum error_code packer_new(const struct schema *schema, const struct packer_options *options,
                           struct packer **ret_packer, struct error *err)
{
    struct packer *packer = calloc(1, sizeof(*packer));
    if (packer == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot write a snapshot file");
    packer->schema = schema;
    enum error_code code = set_up(packer, options, err);
    if (code != OK) {
        packer_free(packer);
        return code;
    }
    *ret_packer = packer;
    return OK;
}

void packer_free(struct packer *packer)
{
    if (packer == NULL)
        return;
    sorted_stream_release(&packer->stream);
    sorter_free(packer->sorter);
    free(packer->path);
    free(packer->directory);
    free(packer);
}

/* What is in the file already becomes a sorted run; few rows are simply sorted with the others. */
static enum error_code start_sorting(struct packer *packer, struct error *err)
{
    TRY(sorter_new(packer->schema, packer->directory, packer->memory_bytes, &packer->sorter, err));
    struct sorted_stream *stream = &packer->stream;
    if (packed_writer_blocks(stream->writer) == 0)
        return sorter_add(packer->sorter, batch_builder_batch(stream->pending), err);
    struct packed *run = NULL;
    TRY(sorted_stream_flush(stream, err));
    TRY(packed_writer_finish_run(stream->writer, &run, err));
    return sorter_add_run(packer->sorter, run, err);
}

enum error_code packer_add(struct packer *packer, const struct batch *batch, struct error *err)
{
    TRY(interrupt_check(err));
    if (batch->n_rows == 0)
        return OK;
    fingerprint_add(&packer->fingerprint, batch);
    if (packer->sorter == NULL) {
        bool sorted = false;
        TRY(sorted_stream_add(&packer->stream, batch, &sorted, err));
        if (sorted)
            return OK;
        TRY(start_sorting(packer, err));
    }
    return sorter_add(packer->sorter, batch, err);
}

/* Writes the sorted rows to a stream of their own, since the first one has become a run. */
static enum error_code write_sorted(struct packer *packer, struct error *err)
{
    sorted_stream_release(&packer->stream);
    TRY(sorted_stream_open(&packer->stream, packer->schema, packer->path, packer->directory, err));
    return sorter_finish(packer->sorter, &packer->stream, err);
}

enum error_code packer_finish(struct packer *packer, struct packed **ret_packed, struct error *err)
{
    struct sorted_stream *stream = &packer->stream;
    if (packer->sorter != NULL)
        TRY(write_sorted(packer, err));
    TRY(sorted_stream_flush(stream, err));
    return packed_writer_finish(stream->writer, stream->order.duplicate_rows, &packer->fingerprint,
                                ret_packed, err);
}
