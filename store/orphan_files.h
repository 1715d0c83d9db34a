/* Relation files that no catalog knows, in a data directory that is ours; for this folder. */
#ifndef LG_STORE_ORPHAN_FILES_H
#define LG_STORE_ORPHAN_FILES_H

#include "store/recover.h"

/* As recover_orphan_files, for a directory that is named. */
enum error_code orphan_files_remove(struct store *store, const char *data_directory,
                                    struct orphan_files *ret_removed, struct error *err) MUST_CHECK;

#endif
