/* Rows of loads that are kept, for looking back at them without disturbing any run. */
#ifndef LG_GUARD_KEPT_LOAD_H
#define LG_GUARD_KEPT_LOAD_H

#include "guard/gate.h"
#include "snapshot/packed.h"
#include "store/ledger.h"

/*
 * Opens the rows of a load: its packed file if there is one, else a file without a name that is
 * made from the store. *ret_rows is NULL if the rows are no longer kept. ERR_CORRUPT if they are
 * not those that were recorded.
 */
enum error_code kept_load_open(struct gate *gate, const struct load_record *load,
                               struct packed **ret_rows, struct error *err) MUST_CHECK;

#endif
