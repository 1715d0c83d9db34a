/*
 * What a crash can leave behind, found and finished or removed at the next start: tables of loads
 * that nobody finished, detaches half done, indexes that are not valid, and relation files that no
 * catalog knows. The caller decides about loads, because it knows their state; it holds the feed's
 * lock while it does.
 */
#ifndef LG_STORE_RECOVER_H
#define LG_STORE_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/conn.h"
#include "store/feed_table.h"

/* How far a load has come; also the text in loadguard.snapshot.state. */
enum snapshot_state {
    SNAPSHOT_STAGING,   /* rows are arriving; its table may not exist or be partial */
    SNAPSHOT_STAGED,    /* whole, not attached: held, blocked, or kept after its time */
    SNAPSHOT_ATTACHED,  /* attached, readers not waited for yet */
    SNAPSHOT_READY,     /* may be live */
    SNAPSHOT_DETACHING, /* on its way to staged */
};

const char *snapshot_state_name(enum snapshot_state state);

/* A load that the store has, or had begun to have, rows of. */
struct snapshot_info {
    int64_t load_id;
    enum snapshot_state state;
    bool live;
    bool verified;       /* its table is the one that was verified last */
    uint64_t rows;       /* 0 while staging */
    uint64_t bytes;      /* on disk, indexes included */
    int64_t attached_us; /* microseconds since the Unix epoch; 0: is not */
    int64_t left_us;     /* when readers last left it; 0: never live, or live now */
};

/* The loads of a feed by id, in the arena. */
enum error_code recover_list(struct store *store, const char *feed, struct arena *arena,
                             struct snapshot_info **ret_infos, size_t *ret_n,
                             struct error *err) MUST_CHECK;

struct recover_result {
    unsigned dropped;   /* loads that were still staging, tables without a record */
    unsigned finalized; /* pending detaches */
    unsigned corrected; /* records that were behind what the catalog says */
    unsigned postponed; /* things that somebody still uses: sessions of a dead run may take a moment
                           to end; try again later */
};

/*
 * Puts a feed in order. Needs the feed's lock, so that no run is under way. Loads in state
 * `staging` are dropped, pending detaches finalized, attaches and detaches that were committed
 * without their record are recorded; `attached` stays, since publish_wait resumes it.
 */
enum error_code recover_feed(struct store *store, const char *feed,
                             struct recover_result *ret_result, struct error *err) MUST_CHECK;

struct orphan_files {
    unsigned files;
    uint64_t bytes;
    bool postponed; /* transactions were under way that may own what was found; try again later */
};

/*
 * Removes relation files of this database that no catalog knows: a server that dies in a
 * transaction that has created a table leaves its files behind for good. Only in the private
 * cluster; does nothing for any other server, whose files are not ours to touch. Waits a few
 * seconds at most. ERR_IO.
 */
enum error_code recover_orphan_files(struct store *store, struct orphan_files *ret_removed,
                                     struct error *err) MUST_CHECK;

#endif
