#include "snapshot/sorted_stream.h"

#define DIRECT_ROWS (BATCH_ROWS / 2) /* batches from this size on become blocks as they are */

enum error_code sorted_stream_open(struct sorted_stream *stream, const struct schema *schema,
                                   const char *path, const char *directory, struct error *err)
{
    TRY(batch_builder_new(schema, &stream->pending, err));
    TRY(batch_builder_new(schema, &stream->last, err));
    return packed_writer_new(schema, path, directory, &stream->writer, err);
}

void sorted_stream_release(struct sorted_stream *stream)
{
    packed_writer_free(stream->writer);
    batch_builder_free(stream->pending);
    batch_builder_free(stream->last);
    *stream = (struct sorted_stream){0};
}

enum error_code sorted_stream_flush(struct sorted_stream *stream, struct error *err)
{
    const struct batch *batch = batch_builder_batch(stream->pending);
    if (batch->n_rows == 0)
        return OK;
    TRY(packed_writer_add(stream->writer, batch, err));
    batch_builder_clear(stream->pending);
    return OK;
}

static enum error_code append(struct sorted_stream *stream, const struct batch *batch,
                              struct error *err)
{
    size_t pending = batch_builder_batch(stream->pending)->n_rows;
    if (pending > 0 &&
        (pending + batch->n_rows > BATCH_ROWS || batch_builder_full(stream->pending)))
        TRY(sorted_stream_flush(stream, err));
    if (batch->n_rows >= DIRECT_ROWS && batch_builder_batch(stream->pending)->n_rows == 0)
        return packed_writer_add(stream->writer, batch, err);
    return builder_put_rows(stream->pending, batch, 0, batch->n_rows, err);
}

enum error_code sorted_stream_add(struct sorted_stream *stream, const struct batch *batch,
                                  bool *ret_sorted, struct error *err)
{
    const struct batch *last = batch_builder_batch(stream->last);
    *ret_sorted =
        batch->n_rows == 0 || key_order_add(&stream->order, last->n_rows == 0 ? NULL : last, batch);
    if (!*ret_sorted || batch->n_rows == 0)
        return OK;
    TRY(append(stream, batch, err));
    batch_builder_clear(stream->last);
    return batch_builder_put_row(stream->last, batch, batch->n_rows - 1, err);
}
