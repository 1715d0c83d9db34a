/* One run of a feed at a time: a session advisory lock. */
#ifndef LG_STORE_LOCKS_H
#define LG_STORE_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/conn.h"

/*
 * Takes the feed's lock without waiting. ERR_BUSY says who has it: application, pid of the server
 * session, since when.
 */
enum error_code feed_lock_take(struct store *store, const char *feed, struct error *err) MUST_CHECK;

/* ERR_CONFLICT if this session does not hold the lock any more. */
enum error_code feed_lock_check(struct store *store, const char *feed,
                                struct error *err) MUST_CHECK;

/* Gives it back; nothing happens if the session is lost. */
void feed_lock_release(struct store *store, const char *feed);

#endif
