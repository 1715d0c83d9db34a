/* Merging sorted runs. */
#ifndef LG_SNAPSHOT_RUN_MERGE_H
#define LG_SNAPSHOT_RUN_MERGE_H

#include <stddef.h>

#include "snapshot/packed.h"
#include "snapshot/sorted_stream.h"

/* Sends the rows of all runs, which stay the caller's, to out in the order of the key. */
enum error_code run_merge(struct packed *const *runs, size_t n_runs, struct sorted_stream *out,
                          struct error *err) MUST_CHECK;

#endif
