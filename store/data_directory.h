/* Where the server keeps its files, if this process may know. */
#ifndef LG_STORE_DATA_DIRECTORY_H
#define LG_STORE_DATA_DIRECTORY_H

#include <stdint.h>

#include "store/conn.h"

/* The data directory of the private cluster; NULL for any other server. */
const char *store_data_directory(const struct store *store);

/* ERR_SPACE if less than needed_bytes are free where the directory is. */
enum error_code data_directory_check_space(const char *directory, uint64_t needed_bytes,
                                           struct error *err) MUST_CHECK;

#endif
