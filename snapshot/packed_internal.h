/* What the writers of packed snapshots need of their reader. */
#ifndef LG_SNAPSHOT_PACKED_INTERNAL_H
#define LG_SNAPSHOT_PACKED_INTERNAL_H

#include "snapshot/packed.h"

/* As packed_open, from a descriptor that stays the caller's and is not needed afterwards. */
enum error_code packed_open_fd(int fd, const char *name, const struct schema *schema,
                               struct packed **ret_packed, struct error *err) MUST_CHECK;

#endif
