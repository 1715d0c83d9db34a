/* One row of loadguard.snapshot, for the files of this folder. */
#ifndef LG_STORE_SNAPSHOT_ROW_H
#define LG_STORE_SNAPSHOT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "store/conn.h"
#include "store/feed_table.h"
#include "store/recover.h"

/* How the catalog says a load's table stands to the feed's parent. */
enum attachment {
    ATTACHMENT_NONE,     /* a table of its own */
    ATTACHMENT_ATTACHED, /* a partition that readers' plans know */
    ATTACHMENT_PENDING,  /* a detach was begun and not finished */
    ATTACHMENT_OTHER,    /* attached to something else, or for another load */
    ATTACHMENT_GONE,     /* there is no such table */
};

struct snapshot_row {
    int64_t load_id;
    enum snapshot_state state;
    enum attachment attachment;
    char table[LOAD_TABLE_NAME_BYTES];
    char fingerprint[64]; /* empty while staging */
    uint64_t rows;
    bool verified; /* the table is the one that was verified last, or staged */
    bool live;
    bool was_live; /* readers have left it */
};

/* Reads a load's row. ERR_NOT_FOUND if the store keeps nothing of it. */
enum error_code snapshot_row_read(struct store *store, const char *feed, int64_t load_id,
                                  struct snapshot_row *ret_row, struct error *err) MUST_CHECK;

/* Moves a load from one state to another. ERR_CONFLICT if it is in a third. */
enum error_code snapshot_row_move(struct store *store, int64_t load_id, enum snapshot_state from,
                                  enum snapshot_state to, struct error *err) MUST_CHECK;

enum error_code snapshot_state_parse(const char *name, enum snapshot_state *ret_state,
                                     struct error *err) MUST_CHECK;
enum error_code attachment_parse(const char *name, enum attachment *ret_attachment,
                                 struct error *err) MUST_CHECK;

/* Limits how long statements of the open transaction wait for a lock. */
enum error_code limit_lock_wait(struct store *store, int timeout_ms, struct error *err) MUST_CHECK;

/* Locks the feed's pointer against being moved, for the open transaction. ERR_NOT_FOUND. */
enum error_code lock_pointer(struct store *store, const char *feed, int64_t *ret_live,
                             struct error *err) MUST_CHECK;

#endif
