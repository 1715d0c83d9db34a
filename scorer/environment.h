/* What a scorer finds in its environment. */
#ifndef LG_SCORER_ENVIRONMENT_H
#define LG_SCORER_ENVIRONMENT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"
#include "scorer/spec.h"

/*
 * The variables that always pass, those that the spec allows or sets, and the contract's own:
 * LOADGUARD_FEED, LOADGUARD_LOAD_ID, LOADGUARD_AS_OF, LOADGUARD_MANIFEST, LOADGUARD_MANIFEST_FD.
 * With another account, HOME, USER, LOGNAME and SHELL are that account's. user may be NULL. The
 * list ends with NULL and lives in the arena.
 *
 * ERR_CONFIG for a name that is none or begins with LOADGUARD_.
 */
enum error_code scorer_environment(const struct scorer_spec *spec,
                                   const struct scorer_context *context,
                                   const struct process_user *user, const char *manifest_path,
                                   struct arena *arena, const char *const **ret_env,
                                   struct error *err) MUST_CHECK;

#endif
