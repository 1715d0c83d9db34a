/*
 * Sorts rows by their key within a limit of memory: what does not fit is sorted in runs, which are
 * spilled to unnamed files and merged at the end.
 */
#ifndef LG_SNAPSHOT_SORTER_H
#define LG_SNAPSHOT_SORTER_H

#include <stddef.h>

#include "snapshot/sorted_stream.h"

struct sorter;

/* directory is for the runs, as for packed_writer_new; it and schema stay the caller's. */
enum error_code sorter_new(const struct schema *schema, const char *directory, size_t memory_bytes,
                           struct sorter **ret_sorter, struct error *err) MUST_CHECK;
void sorter_free(struct sorter *sorter);

enum error_code sorter_add(struct sorter *sorter, const struct batch *batch,
                           struct error *err) MUST_CHECK;

/* Adds rows that are sorted already; takes the run over, also on failure. */
enum error_code sorter_add_run(struct sorter *sorter, struct packed *run,
                               struct error *err) MUST_CHECK;

/* Ends the input and sends all rows to out in the order of the key. */
enum error_code sorter_finish(struct sorter *sorter, struct sorted_stream *out,
                              struct error *err) MUST_CHECK;

#endif
