/* A private cluster for a while, apart from ledger and readers. */
#ifndef LG_GUARD_SCRATCH_H
#define LG_GUARD_SCRATCH_H

#include "guard/config.h"

/*
 * Makes a folder below the state directory, and a configuration that is the given one but keeps
 * everything in a private cluster there and tells nobody.
 */
enum error_code scratch_make(const struct config *config, struct arena *arena,
                             struct config *ret_scratch, struct error *err) MUST_CHECK;

/* Removes the folder; the cluster in it has to be stopped. */
void scratch_remove(const struct config *scratch);

#endif
