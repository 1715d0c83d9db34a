/* A configuration with a feed and routes in a folder of its own, and its gate, for tests. */
#ifndef LG_TESTS_UNIT_GUARD_SITE_H
#define LG_TESTS_UNIT_GUARD_SITE_H

#include "guard/gate.h"
#include "guard/load_run.h"
#include "tests/unit/store/pg.h"

/* A signing secret that webhook_keys_parse takes. */
#define SITE_SECRET "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

/*
 * Feed `scores` with columns profile_id bigint (the key), score double precision; its scorer prints
 * night.csv and the manifest. Its rules: a load is blocked if more than half of the scores become
 * 1, held if more than two keys are gone, and nothing else is looked at.
 */
struct site {
    struct pg_test *pg; /* NULL without a store */
    char dir[128];
    struct arena arena;
    struct config config;
    const struct feed_config *feed;
    struct gate gate;
    struct load_run_result result; /* of the latest site_run */
    struct error err;
};

/* What a test may have otherwise. Texts are YAML and may be NULL. */
struct site_options {
    const char *rules;  /* instead of the rules above, a list in flow style */
    const char *scorer; /* further lines of the scorer, or the whole scorer if command is false */
    bool no_command;
    const char *feed;   /* further lines of the feed */
    const char *routes; /* the list of routes in flow style */
};

/* Makes folder and configuration; with pg also opens the gate in its database, not entered. */
void site_open(struct site *site, struct pg_test *pg, const struct site_options *options);
void site_close(struct site *site);

/* Writes a file of the folder. */
void site_write(const struct site *site, const char *name, const char *text);

/* The next night: keys 1 … rows, all with one score, and a manifest that vouches for them. */
void site_night(const struct site *site, int rows, double score);

/* Enters the gate if that has not been done, and runs a load. */
enum error_code site_run(struct site *site);

/* A night that has to end in the state; returns the load. */
int64_t site_load(struct site *site, int rows, double score, enum load_state state);

/* State of a load by the ledger. */
const char *site_state(const struct site *site, int64_t load);

/* Rows and score that readers see: "10 rows of 5". */
const char *site_readers_see(const struct site *site);

/* Types of all events about a load, oldest first, with commas; actions of the audit log alike. */
const char *site_events(const struct site *site, int64_t load);
const char *site_audit(const struct site *site, int64_t load);

/* Whether the store has a table with the load's rows. */
bool site_has_rows(const struct site *site, int64_t load);

/* Gives the gate up and opens and enters it anew in the same session, as the next process does. */
enum error_code site_restart(struct site *site);

/* Ends the server session of the gate's store, as a lost network would. */
void site_lose_connection(struct site *site);

/* Another session of the test's database in an open transaction that has read the feed. */
struct store *site_old_reader(struct site *site);

#endif
