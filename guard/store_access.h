/* Opening the store that the configuration names. */
#ifndef LG_GUARD_STORE_ACCESS_H
#define LG_GUARD_STORE_ACCESS_H

#include "guard/config.h"

struct store;

/*
 * Opens the store, starting the private cluster if there is no URL, and brings its ledger up to
 * date. purpose is shown to the database as "loadguard <purpose>". Errors as store_open and
 * store_migrate; ERR_CONFIG if url_file cannot be read, may be read by everybody, or is empty.
 */
enum error_code store_access_open(const struct config *config, const char *purpose,
                                  struct arena *arena, struct store **ret_store,
                                  struct error *err) MUST_CHECK;

#endif
