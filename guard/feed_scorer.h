/* A feed's scorer as the scorer library wants it. */
#ifndef LG_GUARD_FEED_SCORER_H
#define LG_GUARD_FEED_SCORER_H

#include "guard/config.h"
#include "scorer/spec.h"

/* What --from and its companions said; zeroed: the feed's own scorer. */
struct run_source {
    const char *from; /* file, or "-"; NULL: the feed's scorer */
    bool has_rows;
    uint64_t rows;
    bool assume_complete;
};

/*
 * Makes the spec in the arena. ERR_CONFIG if the feed has no scorer and source names no file.
 */
enum error_code feed_scorer_spec(const struct config *config, const struct feed_config *feed,
                                 const struct run_source *source, struct arena *arena,
                                 struct scorer_spec *ret_spec, struct error *err) MUST_CHECK;

/* Where the rows come from, for the ledger: "command ./score", "file x.csv", "query". */
const char *feed_scorer_describe(const struct scorer_spec *spec, struct arena *arena);

#endif
