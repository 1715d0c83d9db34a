/* Rows on their way in: read once, checked once, sent to the store and packed for judging. */
#ifndef LG_GUARD_INGEST_H
#define LG_GUARD_INGEST_H

#include "scorer/scorer.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"
#include "store/staging.h"

/* What the rows came to. */
struct ingested {
    uint64_t rows; /* whole ones */
    uint64_t bad_rows;
    struct packed *packed; /* owned by the caller; NULL unless the rows were good */
};

/*
 * Reads the scorer's rows to their end into a packed snapshot and, unless it is NULL, into staging.
 * Shows progress. ERR_DATA if any row was bad, with the first ones named. packer is spent.
 */
enum error_code ingest_rows(struct scorer *scorer, enum row_format format,
                            const struct schema *schema, struct packer *packer,
                            struct staging *staging, struct ingested *ret_ingested,
                            struct error *err) MUST_CHECK;

#endif
