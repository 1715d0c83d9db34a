/* Who did what to a feed, in a chain of hashes that shows later changes. */
#ifndef LG_STORE_AUDIT_H
#define LG_STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/conn.h"

#define AUDIT_HASH_BYTES 65 /* SHA-256 in hexadecimal, and a zero byte */

struct audit_entry {
    const char *feed;
    const char *actor;        /* a person or "loadguard" */
    const char *action;       /* "published", "approved", "rolled back", … */
    int64_t load;             /* 0: none */
    const char *details_json; /* or NULL */
};

/*
 * Appends to the feed's chain inside the caller's transaction; entries of one feed are serialised
 * until its end. *ret_head is the new head of the chain.
 */
enum error_code audit_append(struct store *store, const struct audit_entry *entry,
                             char ret_head[AUDIT_HASH_BYTES], struct error *err) MUST_CHECK;

/*
 * Recomputes the feed's chain. ERR_CORRUPT names the first entry that does not fit. *ret_entries is
 * how many there are.
 */
enum error_code audit_verify(struct store *store, const char *feed, int64_t *ret_entries,
                             struct error *err) MUST_CHECK;

/* One entry as read back. */
struct audit_record {
    int64_t sequence;
    int64_t at_us;
    const char *actor;
    const char *action;
    int64_t load;
    const char *details_json;
};
/* Entries about one load, oldest first. */
enum error_code audit_of_load(struct store *store, int64_t load, struct arena *arena,
                              struct audit_record **ret_records, size_t *ret_n,
                              struct error *err) MUST_CHECK;

#endif
