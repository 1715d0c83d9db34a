/*
 * Pairs the rows of two packed snapshots by key: one merge of two sorted sequences. Runs of equal
 * keys are handed on as they lie in the blocks; scattered rows are gathered by index.
 *
 * A key that stands more than once on a side cannot be paired without guessing. All its rows, on
 * both sides, go into slices of their own (see enum row_kind) and are neither kept nor added nor
 * removed.
 */
#ifndef LG_DIFF_PAIRING_H
#define LG_DIFF_PAIRING_H

#include "diff/slice.h"
#include "snapshot/packed.h"

struct pairing;

/*
 * Where slices go. A slice and what it points to is valid during the call only, but the blocks'
 * texts stay where they are as long as the snapshots are open. on_block is called when a block is
 * begun, with the number of rows of both sides up to its end. An error ends the pairing.
 */
struct pairing_sink {
    enum error_code (*on_slice)(const struct slice *slice, void *arg, struct error *err);
    enum error_code (*on_block)(uint64_t rows_done, void *arg, struct error *err);
    void *arg;
};

/* Neither snapshot is owned; the old one may be NULL, which is an empty one. ERR_MEMORY. */
enum error_code pairing_new(struct packed *old_snapshot, struct packed *new_snapshot,
                            struct pairing **ret_pairing, struct error *err) MUST_CHECK;
void pairing_free(struct pairing *pairing);
DEFINE_POINTER_CLEANUP(struct pairing, pairing_cleanup, pairing_free)

/*
 * The rows are divided into windows, each a block of the new snapshot with the old rows that lie
 * between its first key and the next block's; every row is in exactly one. There is at least one.
 */
size_t pairing_windows(const struct pairing *pairing);

/* Runs over n_windows windows from first_window on. ERR_CORRUPT, or what the sink returns. */
enum error_code pairing_run(struct pairing *pairing, size_t first_window, size_t n_windows,
                            const struct pairing_sink *sink, struct error *err) MUST_CHECK;

#endif
