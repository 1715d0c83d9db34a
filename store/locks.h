/*
 * One run of a feed at a time, one service of a store at a time: session advisory locks. They are
 * gone with the session, so whoever relies on one for long checks it again.
 */
#ifndef LG_STORE_LOCKS_H
#define LG_STORE_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/conn.h"

/*
 * Takes the feed's lock without waiting. ERR_BUSY says who has it: program, process and host, since
 * when; also if this session has it already.
 */
enum error_code feed_lock_take(struct store *store, const char *feed, struct error *err) MUST_CHECK;

/* ERR_CONFLICT if this session does not hold the lock any more. */
enum error_code feed_lock_check(struct store *store, const char *feed,
                                struct error *err) MUST_CHECK;

/* Gives it back; nothing happens if the session is lost. */
void feed_lock_release(struct store *store, const char *feed);

/*
 * The same for the one active service of a store: others stand by and try again.
 */
enum error_code service_lock_take(struct store *store, struct error *err) MUST_CHECK;
enum error_code service_lock_check(struct store *store, struct error *err) MUST_CHECK;
void service_lock_release(struct store *store);

#endif
