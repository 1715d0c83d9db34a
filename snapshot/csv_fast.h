/* CSV records that are plain, which nearly all are, parsed in one go. */
#ifndef LG_SNAPSHOT_CSV_FAST_H
#define LG_SNAPSHOT_CSV_FAST_H

#include "snapshot/builder.h"

/*
 * Reads the record at p into the current row, for which room has been reserved, and returns where
 * the next one starts. NULL for whatever is not plain (quotes, long numbers, bad values, a record
 * that is not whole): then the row has to be dropped and the record taken apart from its start.
 * INPUT_SLACK_BYTES zero bytes have to follow end.
 */
const char *csv_fast_row(struct batch_builder *builder, const char *p, const char *end);

#endif
