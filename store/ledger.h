/*
 * The record of loads: what ran, what it produced, what was judged, who decided. Functions that
 * write run inside the caller's transaction if one is open, so that a verdict, the publication and
 * every message about it commit together; otherwise each is a transaction of its own.
 *
 * All times are microseconds since the Unix epoch, STORE_NO_TIME for none. Texts that are returned
 * belong to the arena.
 */
#ifndef LG_STORE_LEDGER_H
#define LG_STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "snapshot/packed.h"
#include "store/conn.h"

/* One load as recorded. Texts are NULL until they are known. */
struct load_record {
    int64_t id;
    const char *feed;
    const char *state;
    int64_t as_of_us;
    int64_t scheduled_for_us;
    int64_t created_us;
    int64_t started_us;
    int64_t staged_us;
    int64_t judged_us;
    int64_t published_us;  /* when readers first saw it */
    int64_t finished_us;   /* when work on it ended; a later rollback does not change it */
    int64_t baseline_load; /* compared with; 0: none */
    int64_t live_load;     /* live when it was judged: usually the baseline; 0: none */
    int64_t epoch;         /* of the pointer when it was judged */
    bool has_rows;
    uint64_t rows;
    struct fingerprint fingerprint; /* valid if has_rows */
    const char *verdict;
    bool releasable; /* false: no person can release it */
    bool marked_bad;
    const char *marked_reason;
    const char *completeness; /* by whose word the rows are complete */
    bool correction;
    const char *source; /* "command ./score", "file x.csv" */
    const char *rules_digest;
    const char *evidence_digest;
    const char *summary; /* one sentence */
    const char *error;
    const char *stderr_tail; /* the scorer's last words */
    const char *host;
    int64_t pid;
};

/* Registers the feed if it is new. */
enum error_code ledger_ensure_feed(struct store *store, const char *feed,
                                   struct error *err) MUST_CHECK;

/* Registers the feed, with a description of it as JSON for people who read the ledger. */
enum error_code ledger_define_feed(struct store *store, const char *feed,
                                   const char *definition_json, struct error *err) MUST_CHECK;

/*
 * Creates a load in state "waiting". If scheduled_for_us is a time, the night (feed, scheduled_for)
 * is claimed for it: if the night has a load already, nothing is created, *ret_existing is true and
 * *ret_load is that load; a night whose load failed or was abandoned may be claimed again.
 */
struct new_load {
    const char *feed;
    int64_t scheduled_for_us;
    const char *source;
    const char *host;
    int64_t pid;
};
enum error_code ledger_create_load(struct store *store, const struct new_load *new_load,
                                   int64_t *ret_load, bool *ret_existing,
                                   struct error *err) MUST_CHECK;

/* The load of a night; 0 if nobody has claimed it. */
enum error_code ledger_night_load(struct store *store, const char *feed, int64_t scheduled_for_us,
                                  int64_t *ret_load, struct error *err) MUST_CHECK;

/* ERR_NOT_FOUND names the load. */
enum error_code ledger_read_load(struct store *store, int64_t load, struct arena *arena,
                                 struct load_record *ret_record, struct error *err) MUST_CHECK;

/* Loads of a feed, newest first; at most limit. */
enum error_code ledger_list_loads(struct store *store, const char *feed, size_t limit,
                                  struct arena *arena, struct load_record **ret_records,
                                  size_t *ret_n, struct error *err) MUST_CHECK;

/* Loads of a feed whose state is one of those listed, oldest first. */
enum error_code ledger_loads_in_states(struct store *store, const char *feed,
                                       const char *const *states, size_t n_states,
                                       struct arena *arena, struct load_record **ret_records,
                                       size_t *ret_n, struct error *err) MUST_CHECK;

/*
 * Loads of all feeds that are under way by their state although no session holds the lock of their
 * feed, oldest first: their process died.
 */
enum error_code ledger_unfinished(struct store *store, struct arena *arena,
                                  struct load_record **ret_records, size_t *ret_n,
                                  struct error *err) MUST_CHECK;

/*
 * Changes the state if it is still `from`, else ERR_CONFLICT with the state that it has. Which
 * changes are allowed is the caller's business. Notes the time of the change where there is a
 * column for it (running: started, staged, judged; released, held, …: finished).
 */
enum error_code ledger_change_state(struct store *store, int64_t load, const char *from,
                                    const char *to, struct error *err) MUST_CHECK;

/* What is known once all rows are staged. */
struct staged_facts {
    uint64_t rows;
    struct fingerprint fingerprint;
    int64_t as_of_us;
    const char *completeness;
    bool correction;
};
enum error_code ledger_set_staged(struct store *store, int64_t load,
                                  const struct staged_facts *facts, struct error *err) MUST_CHECK;

/* What judging came to. report_json is the whole report. */
struct judged_facts {
    int64_t baseline_load;
    int64_t live_load;
    int64_t epoch;
    const char *verdict;
    bool releasable;
    const char *summary;
    const char *rules_digest;
    const char *evidence_digest;
    const char *report_json;
};
enum error_code ledger_set_judged(struct store *store, int64_t load,
                                  const struct judged_facts *facts, struct error *err) MUST_CHECK;

/* Why a load ended with an error, with the scorer's last words (may be NULL). */
enum error_code ledger_set_error(struct store *store, int64_t load, const char *error,
                                 const char *stderr_tail, struct error *err) MUST_CHECK;

/* The stored report; *ret_json is NULL if there is none. */
enum error_code ledger_read_report(struct store *store, int64_t load, struct arena *arena,
                                   const char **ret_json, struct error *err) MUST_CHECK;

/* Measures of a load, replacing those stored before. */
struct recorded_measure {
    const char *text;
    const char *segment; /* "" for all rows */
    bool is_null;
    double value;
    bool trains; /* later loads are judged against it */
};
enum error_code ledger_store_measures(struct store *store, int64_t load,
                                      const struct recorded_measure *measures, size_t n,
                                      struct error *err) MUST_CHECK;
/* Sorted by text, then segment, by bytes. */
enum error_code ledger_read_measures(struct store *store, int64_t load, struct arena *arena,
                                     struct recorded_measure **ret_measures, size_t *ret_n,
                                     struct error *err) MUST_CHECK;

/*
 * What later loads can be judged against: measures with one of n texts of the newest n_loads other
 * than `load` that are live or were superseded and are not marked bad; by load, newest as_of first,
 * then as ledger_read_measures. Approvals are not looked at: see ledger_read_excuses.
 */
struct past_measure {
    int64_t load;
    int64_t as_of_us;
    struct recorded_measure measure;
};
struct history_wish {
    const char *feed;
    int64_t load; /* that is not wanted, or 0 */
    size_t n_loads;
    const char *const *texts;
    size_t n_texts;
};
enum error_code ledger_read_history(struct store *store, const struct history_wish *wish,
                                    struct arena *arena, struct past_measure **ret_measures,
                                    size_t *ret_n, struct error *err) MUST_CHECK;

/*
 * Removes what no later load is judged against any more, of one feed. Segments stay for the newest
 * LEDGER_SEGMENT_LOADS loads that history can use and all that came after the oldest of them;
 * measures over all rows for the newest LEDGER_MEASURE_LOADS loads. Takes at most
 * LEDGER_PRUNE_LOADS loads at a time.
 */
#define LEDGER_SEGMENT_LOADS 56
#define LEDGER_MEASURE_LOADS 1500
#define LEDGER_PRUNE_LOADS 50
enum error_code ledger_prune_measures(struct store *store, const char *feed,
                                      struct error *err) MUST_CHECK;

/* The different as_of of the newest n loads that were judged, whatever came of them; ascending. */
enum error_code ledger_read_nights(struct store *store, const char *feed, size_t n,
                                   struct arena *arena, int64_t **ret_as_of_us, size_t *ret_n,
                                   struct error *err) MUST_CHECK;

/*
 * The load that a new one is compared with: the live one unless it is marked bad, else the newest
 * that was live once, is still kept (its rows can be read) and is not marked bad. *ret_load is 0 if
 * there is none.
 */
enum error_code ledger_last_good(struct store *store, const char *feed, int64_t *ret_load,
                                 struct error *err) MUST_CHECK;

/*
 * Marks a load bad, or good again. What was measured in comparison with a load does not train while
 * that load is marked bad. ERR_NOT_FOUND.
 */
enum error_code ledger_mark(struct store *store, int64_t load, bool bad, const char *person,
                            const char *reason, struct error *err) MUST_CHECK;

/* An approval, bound to the evidence digest that the load has now; a person's later one counts. */
struct approval {
    int64_t load;
    const char *person;
    const char *reason;
    bool override;
    const char *evidence_digest;
    const char *const *measures; /* texts of what the load was held or blocked for */
    size_t n_measures;
    bool new_normal; /* their history starts afresh with this load */
};
enum error_code ledger_add_approval(struct store *store, const struct approval *approval,
                                    struct error *err) MUST_CHECK;
/* Approvals of the load with another digest than this are marked lapsed; *ret_lapsed counts them.
 */
enum error_code ledger_lapse_approvals(struct store *store, int64_t load,
                                       const char *evidence_digest, int64_t *ret_lapsed,
                                       struct error *err) MUST_CHECK;
/*
 * What approvals of published loads say about the history, from load `since` on, by load. One that
 * has lapsed, or whose load was rolled back or marked bad since, says nothing.
 */
struct ledger_excuse {
    int64_t load;
    bool new_normal;
    const char *measure; /* NULL: the approval is about no measure */
};
enum error_code ledger_read_excuses(struct store *store, const char *feed, int64_t since,
                                    struct arena *arena, struct ledger_excuse **ret_excuses,
                                    size_t *ret_n, struct error *err) MUST_CHECK;

/* Whether a valid approval with this digest exists. */
enum error_code ledger_is_approved(struct store *store, int64_t load, const char *evidence_digest,
                                   bool *ret_approved, struct error *err) MUST_CHECK;

/* One approval as recorded. */
struct approval_record {
    const char *person;
    const char *reason;
    bool override;
    const char *evidence_digest;
    int64_t at_us;
    bool lapsed;
};
/* Approvals of a load, oldest first. */
enum error_code ledger_read_approvals(struct store *store, int64_t load, struct arena *arena,
                                      struct approval_record **ret_records, size_t *ret_n,
                                      struct error *err) MUST_CHECK;

#endif
