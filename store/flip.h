/* What publishing and rolling back have in common; for the files of this folder. */
#ifndef LG_STORE_FLIP_H
#define LG_STORE_FLIP_H

#include <stdint.h>

#include "store/conn.h"

/* ERR_REFUSED unless the load may be pointed to at once. */
enum error_code flip_check_target(struct store *store, const char *feed, int64_t load_id,
                                  struct error *err) MUST_CHECK;

/* Notes that readers go from one load (0: none) to another. */
enum error_code flip_note(struct store *store, int64_t from, int64_t to,
                          struct error *err) MUST_CHECK;

#endif
