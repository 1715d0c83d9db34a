/* Writes the blocks of a packed snapshot to a file that appears under its name only when whole. */
#ifndef LG_SNAPSHOT_PACKED_WRITER_H
#define LG_SNAPSHOT_PACKED_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/packed.h"

struct packed_writer;

/*
 * With a path, writes to path.tmp. Without one, writes to a file in directory that has no name;
 * directory NULL: $TMPDIR, or /var/tmp. Both are copied; schema stays the caller's.
 */
enum error_code packed_writer_new(const struct schema *schema, const char *path,
                                  const char *directory, struct packed_writer **ret_writer,
                                  struct error *err) MUST_CHECK;

/* Removes path.tmp unless finished. */
void packed_writer_free(struct packed_writer *writer);

/* Appends the rows of a batch (n_rows > 0), in key order, as a block. */
enum error_code packed_writer_add(struct packed_writer *writer, const struct batch *batch,
                                  struct error *err) MUST_CHECK;

size_t packed_writer_blocks(const struct packed_writer *writer);

/*
 * Writes the footer. With a path, makes file and name durable: fsync, rename, fsync of the
 * directory. The writer can only be freed afterwards.
 */
enum error_code packed_writer_finish(struct packed_writer *writer, uint64_t duplicate_rows,
                                     const struct fingerprint *fingerprint,
                                     struct packed **ret_packed, struct error *err) MUST_CHECK;

/* As packed_writer_finish, but for rows that are only an intermediate step: no name is left. */
enum error_code packed_writer_finish_run(struct packed_writer *writer, struct packed **ret_run,
                                         struct error *err) MUST_CHECK;

/* The directory part of a path ("." without one), which the caller frees; NULL without memory. */
char *packed_directory_of(const char *path);

/* Writes all bytes at the descriptor's position, however often write() has to be called. */
enum error_code packed_write_all(int fd, const char *name, const void *bytes, size_t len,
                                 struct error *err) MUST_CHECK;

#endif
