/* One feed with everything that its commands need: configuration, rules, tables, store. */
#ifndef LG_GUARD_GATE_H
#define LG_GUARD_GATE_H

#include "guard/config.h"
#include "rules/rule_set.h"
#include "store/conn.h"
#include "store/feed_table.h"

/* Zero-initialise; gate_release ends the lock and frees the rules. config and store are borrowed.
 */
struct gate {
    struct arena arena;
    const struct config *config;
    struct store *store;
    const struct feed_config *feed;
    struct feed_table table;
    struct rule_set *rules;
    const char **endpoints; /* names of the routes that the feed's events go to */
    size_t n_endpoints;
    bool locked;
};

/*
 * Finds the feed and reads its rules; touches no table. Problems in rules are printed. ERR_USAGE
 * for an unknown feed, ERR_CONFIG.
 */
enum error_code gate_open(const struct config *config, struct store *store, const char *feed,
                          struct gate *ret_gate, struct error *err) MUST_CHECK;
void gate_release(struct gate *gate);

/*
 * Takes the feed's lock, creates the feed's tables if it is new, and finishes or ends what a
 * process that died has left. ERR_BUSY names the run that has the lock.
 */
enum error_code gate_enter(struct gate *gate, struct error *err) MUST_CHECK;

/* Gives the feed's lock back, before work that others need not wait for. */
void gate_leave(struct gate *gate);

/* ERR_CONFLICT if the feed's lock is no longer ours, e.g. after the connection was lost. */
enum error_code gate_check_lock(struct gate *gate, struct error *err) MUST_CHECK;

#endif
