/* Rows that come in the order of their key, on the way into a packed snapshot. */
#ifndef LG_SNAPSHOT_SORTED_STREAM_H
#define LG_SNAPSHOT_SORTED_STREAM_H

#include "snapshot/builder.h"
#include "snapshot/key_order.h"
#include "snapshot/packed_writer.h"

/* Zero-initialise before sorted_stream_open. */
struct sorted_stream {
    struct packed_writer *writer;
    struct batch_builder *pending; /* rows that are not in the file yet */
    struct batch_builder *last;    /* the last row so far */
    struct key_order order;
};

/* path and directory as for packed_writer_new. */
enum error_code sorted_stream_open(struct sorted_stream *stream, const struct schema *schema,
                                   const char *path, const char *directory,
                                   struct error *err) MUST_CHECK;
void sorted_stream_release(struct sorted_stream *stream);

/*
 * Appends a batch. *ret_sorted is false, and nothing is appended, when a key in it is lower than
 * the one before.
 */
enum error_code sorted_stream_add(struct sorted_stream *stream, const struct batch *batch,
                                  bool *ret_sorted, struct error *err) MUST_CHECK;

/* Writes the pending rows; then the writer can be finished. */
enum error_code sorted_stream_flush(struct sorted_stream *stream, struct error *err) MUST_CHECK;

#endif
