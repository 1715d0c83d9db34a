/*
 * Rows as PostgreSQL's binary COPY format, for COPY ... FROM STDIN (FORMAT binary).
 * Source: PostgreSQL documentation, "COPY", section "Binary Format", and the send functions of the
 * types.
 */
#ifndef LG_SNAPSHOT_COPY_BINARY_H
#define LG_SNAPSHOT_COPY_BINARY_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "snapshot/batch.h"

/*
 * Appends what stands before the first row (19 bytes), rows [first_row, first_row + n_rows) of a
 * batch with all its columns in schema order, and what stands after the last row (2 bytes). One
 * stream is one header, any number of calls for rows, one trailer.
 *
 * ERR_LIMIT when out would exceed its cap, ERR_MEMORY; copy_binary_rows also ERR_CORRUPT when a
 * numeric is not in the form that batch.h states. After a failure what was appended has to be
 * thrown away.
 */
enum error_code copy_binary_header(struct buffer *out, struct error *err) MUST_CHECK;
enum error_code copy_binary_rows(const struct batch *batch, size_t first_row, size_t n_rows,
                                 struct buffer *out, struct error *err) MUST_CHECK;
enum error_code copy_binary_trailer(struct buffer *out, struct error *err) MUST_CHECK;

#endif
