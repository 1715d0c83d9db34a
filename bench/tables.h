/* Tables that benchmarks compare: two snapshots of a night and of the one before. */
#ifndef LG_BENCH_TABLES_H
#define LG_BENCH_TABLES_H

#include "base/arena.h"
#include "snapshot/packed.h"

/* Shares of all rows: whose values changed; that stand on one side only; whose first value was
 * reset to 1. wide: three numbers, a category of 20 texts and a time instead of one number. */
struct table_options {
    uint64_t rows;
    bool wide;
    double changed;
    double alone;
    double reset;
};

/* Owned by the caller; the schema belongs to the arena. The first columns are bigint, the key, and
 * double precision. */
struct table {
    struct schema *schema;
    struct packed *old_snapshot;
    struct packed *new_snapshot;
};

enum error_code table_make(const struct table_options *options, struct arena *arena,
                           struct table *ret_table, struct error *err) MUST_CHECK;
void table_release(struct table *table);

#endif
