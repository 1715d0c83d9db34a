/* From all that is known after a scorer's end to what that says about its rows. */
#ifndef LG_SCORER_EVIDENCE_H
#define LG_SCORER_EVIDENCE_H

#include "scorer/completeness.h"
#include "scorer/manifest.h"
#include "scorer/rows_file.h"
#include "scorer/spec.h"

/* A load's time further ahead of the clock than this is a mistake that would make every later load
 * look stale. */
#define EVIDENCE_MAX_AHEAD_US USEC_PER_DAY

/* Borrows everything. */
struct evidence {
    const struct scorer_spec *spec;
    const struct scorer_context *context;
    const struct scorer_callbacks *callbacks;
    const struct manifest *manifest; /* NULL: the scorer cannot have one */
    const struct rows_file *file;    /* NULL unless the rows come from a file */
    int64_t started_us;              /* wall clock, as all times here */
    int64_t now_us;
    uint64_t rows_read;
};

/*
 * Weighs the evidence as described at scorer_finish. *ret_completeness has to be released; it is
 * untouched on failure.
 */
enum error_code evidence_weigh(const struct evidence *evidence,
                               struct completeness *ret_completeness, struct error *err) MUST_CHECK;

#endif
