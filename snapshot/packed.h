/*
 * Packed snapshots: rows sorted by key in columns, in one checksummed file that is mapped, not
 * read. Every comparison runs over two of them. Kept under the state directory they are a cache of
 * the live load; an unlinked one is the working form of a load under way.
 */
#ifndef LG_SNAPSHOT_PACKED_H
#define LG_SNAPSHOT_PACKED_H

#include <stdint.h>

#include "snapshot/batch.h"

#define FINGERPRINT_BYTES 16
#define FINGERPRINT_TEXT_BYTES 33

/*
 * Order-free fingerprint of a set of rows: the sum modulo 2^128 of a 128-bit XXH3 hash of each
 * row's canonical encoding (see fingerprint.c), so it is the same whatever order and format the
 * rows came in. Values count by their bits: 0.0 differs from -0.0, and numeric 1.0 from 1.00.
 */
struct fingerprint {
    uint64_t low;
    uint64_t high;
};

char *fingerprint_format(const struct fingerprint *fingerprint, char out[FINGERPRINT_TEXT_BYTES]);
enum error_code fingerprint_parse(const char *text, struct fingerprint *ret_fingerprint,
                                  struct error *err) MUST_CHECK;
/* Adds the rows of a batch. */
void fingerprint_add(struct fingerprint *fingerprint, const struct batch *batch);

struct packed;

/*
 * Maps a packed snapshot and checks its header, footer and that its schema equals the given one
 * (NULL: any; see packed_schema). ERR_NOT_FOUND if there is no such file; ERR_CORRUPT names what is
 * wrong with it. The checksums of the blocks are checked when a block is first looked at. A file
 * must not be changed in place while it is mapped; writers here always make a new one.
 */
enum error_code packed_open(const char *path, const struct schema *schema,
                            struct packed **ret_packed, struct error *err) MUST_CHECK;
void packed_free(struct packed *packed);
DEFINE_POINTER_CLEANUP(struct packed, packed_cleanup, packed_free)

uint64_t packed_rows(const struct packed *packed);
size_t packed_blocks(const struct packed *packed);
/* The schema as the file has it; lives as long as the snapshot. */
const struct schema *packed_schema(const struct packed *packed);
struct fingerprint packed_fingerprint(const struct packed *packed);
/* Rows whose key stands more than once, all copies counted; 0 for anything that may be published.
 */
uint64_t packed_duplicate_rows(const struct packed *packed);

/*
 * Block `index` as a batch whose columns point into the mapping (valid until packed_free); columns
 * is an array of n_columns that the caller provides. Thread-safe. ERR_CORRUPT.
 */
enum error_code packed_block(struct packed *packed, size_t index, struct column *columns,
                             struct batch *ret_batch, struct error *err) MUST_CHECK;

/* Reads everything: checksums, order of keys, row count and fingerprint. ERR_CORRUPT. */
enum error_code packed_verify(struct packed *packed, struct error *err) MUST_CHECK;

struct packer;

struct packer_options {
    /* Written as path.tmp and renamed at the end; NULL: an unlinked file in directory. */
    const char *path;
    /* For spilled runs and unlinked results; NULL: that of path, else $TMPDIR or /var/tmp. */
    const char *directory;
    size_t memory_bytes; /* for sorting; 0: 1 GiB */
};

/*
 * Turns batches in any order into a packed snapshot. Input that is sorted already streams to the
 * file in constant memory; otherwise runs are sorted within memory_bytes, spilled and merged.
 */
enum error_code packer_new(const struct schema *schema, const struct packer_options *options,
                           struct packer **ret_packer, struct error *err) MUST_CHECK;
void packer_free(struct packer *packer);
DEFINE_POINTER_CLEANUP(struct packer, packer_cleanup, packer_free)

/* ERR_SPACE, ERR_IO, ERR_MEMORY, ERR_CANCELLED. */
enum error_code packer_add(struct packer *packer, const struct batch *batch,
                           struct error *err) MUST_CHECK;

/* Ends the input and opens the result; the packer is spent. With a path the file is fsynced, then
 * renamed into place. */
enum error_code packer_finish(struct packer *packer, struct packed **ret_packed,
                              struct error *err) MUST_CHECK;

#endif
