/*
 * Who did what to a feed, in a chain of hashes that shows later changes.
 *
 * The hash of an entry is the SHA-256, in lower-case hexadecimal, of these lines, each "name
 * bytes:value" with a line feed at its end, where bytes counts those of the value:
 *
 *     previous 64:<hash of the entry before; 64 zeros for the first>
 *     feed 12:klout_scores
 *     sequence 2:17
 *     at 16:1306148400000000            microseconds since the Unix epoch
 *     actor 3:joe
 *     action 8:approved
 *     load 2:42                         0: none
 *     details 2:{}                      as PostgreSQL prints the jsonb; "-" alone for none
 *
 * Somebody with access to the tables can rewrite a whole chain with its hashes. What cannot be
 * rewritten is what others have seen: alerts carry the head, and audit_witness checks it.
 */
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

/* Newest entry of the feed's chain; sequence 0 and zeros without any. */
enum error_code audit_head(struct store *store, const char *feed, int64_t *ret_sequence,
                           char ret_hash[AUDIT_HASH_BYTES], struct error *err) MUST_CHECK;

/*
 * Checks that an entry of the feed has this hash, which somebody noted when it was the head.
 * Together with audit_verify that vouches for everything up to it. ERR_CORRUPT if there is none.
 */
enum error_code audit_witness(struct store *store, const char *feed, const char *hash,
                              struct error *err) MUST_CHECK;

/* One entry as read back. */
struct audit_record {
    int64_t sequence;
    int64_t at_us;
    const char *actor;
    const char *action;
    int64_t load;
    const char *details_json; /* or NULL */
};
/* Entries about one load, oldest first. */
enum error_code audit_of_load(struct store *store, int64_t load, struct arena *arena,
                              struct audit_record **ret_records, size_t *ret_n,
                              struct error *err) MUST_CHECK;

/* Entries of a feed, newest first, at most limit. */
enum error_code audit_of_feed(struct store *store, const char *feed, size_t limit,
                              struct arena *arena, struct audit_record **ret_records, size_t *ret_n,
                              struct error *err) MUST_CHECK;

#endif
