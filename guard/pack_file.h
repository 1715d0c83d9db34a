/* A file of rows as a packed snapshot without a name, for comparisons outside the store. */
#ifndef LG_GUARD_PACK_FILE_H
#define LG_GUARD_PACK_FILE_H

#include "snapshot/packed.h"
#include "snapshot/reader.h"

/*
 * Reads the whole file ("-" is standard input), shows progress, and fails if any row was bad.
 * memory_bytes is for sorting, 0 for the default. The packed form lives in $TMPDIR or /tmp.
 */
enum error_code pack_file(const char *path, const struct schema *schema, enum row_format format,
                          int64_t memory_bytes, struct packed **ret_packed,
                          struct error *err) MUST_CHECK;

#endif
