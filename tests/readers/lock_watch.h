/* Looks every few milliseconds whether a reader waits for a lock. */
#ifndef LG_TESTS_READERS_LOCK_WATCH_H
#define LG_TESTS_READERS_LOCK_WATCH_H

struct lock_watch;

/* Sessions whose application_name is 'reader' are watched. NULL if it could not be started. */
struct lock_watch *lock_watch_start(const char *url);

/* How often it has looked, and how often it has seen a reader wait. Prints what it has seen. */
void lock_watch_finish(struct lock_watch *watch, long *ret_looks, long *ret_seen);

#endif
