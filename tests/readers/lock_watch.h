/* Looks every few milliseconds whether a reader waits for a lock. */
#ifndef LG_TESTS_READERS_LOCK_WATCH_H
#define LG_TESTS_READERS_LOCK_WATCH_H

/* No reader may wait for a lock for longer than this. Shorter waits are those for a commit that has
 * become visible and is just about to let go of its locks. */
#define LOCK_WAIT_LONG_MS 50

struct lock_watch;

/* What was seen: how often it was looked, how often a reader waited, for how long at most. */
struct lock_waits {
    long looks;
    long seen;
    long long_ones;
    double longest_ms;
};

/* Sessions whose application_name is 'reader' are watched. NULL if it could not be started. */
struct lock_watch *lock_watch_start(const char *url);

/* Ends the watch. Waits that were too long have been printed. */
void lock_watch_finish(struct lock_watch *watch, struct lock_waits *ret_waits);

#endif
