/* Rolling back: pointing readers to another load that is attached already. */
#ifndef LG_STORE_ROLLBACK_H
#define LG_STORE_ROLLBACK_H

#include <stdint.h>

#include "store/conn.h"
#include "store/publish.h"

/* What it takes to make a load live again. */
enum rollback_need {
    ROLLBACK_READY,  /* rollback_flip will do */
    ROLLBACK_VERIFY, /* its table is not the one that was verified last (restored, rewritten):
                        load_verify first */
    ROLLBACK_ATTACH, /* kept but not attached: publish_attach and publish_wait first */
    ROLLBACK_GONE,   /* its rows are no longer kept */
};

enum error_code rollback_check(struct store *store, const char *feed, int64_t load_id,
                               enum rollback_need *ret_need, struct error *err) MUST_CHECK;

/*
 * Inside a READ COMMITTED transaction of the caller: moves the pointer from the bad load to another
 * and increments the epoch, so that whatever was judged before is judged again. Takes no feed lock
 * and waits for nobody but another flip of the same feed. to_load may never have been live (a kept
 * load that was approved late).
 *
 * ERR_CONFLICT: from_load is not live, so nothing is done. ERR_REFUSED: to_load is not ready, or is
 * not what was verified; rollback_check says which. After any error the transaction has to be
 * rolled back.
 */
enum error_code rollback_flip(struct store *store, const char *feed, int64_t from_load,
                              int64_t to_load, struct live *ret_live, struct error *err) MUST_CHECK;

#endif
