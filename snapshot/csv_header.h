/* The first line of a CSV file against the columns that are declared. */
#ifndef LG_SNAPSHOT_CSV_HEADER_H
#define LG_SNAPSHOT_CSV_HEADER_H

#include <stddef.h>

#include "base/error.h"
#include "snapshot/schema.h"

/*
 * ERR_DATA unless names are exactly the schema's columns in order. The detail tells at once which
 * are missing, unknown (with the name that was probably meant), doubled or out of order; the hint
 * gives the header that was expected.
 */
enum error_code csv_check_header(const struct schema *schema, const char *const *names,
                                 size_t n_names, struct error *err) MUST_CHECK;

#endif
