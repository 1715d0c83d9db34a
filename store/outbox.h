/*
 * Events and their deliveries. An event is added in the transaction that decides, together with one
 * delivery for each endpoint, so that no message is lost and none speaks of something that did not
 * happen. Sending is somebody else's business: it claims what is due, sends, and reports back.
 */
#ifndef LG_STORE_OUTBOX_H
#define LG_STORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/conn.h"

/* What an event does to the feed's incident; at most one incident of a feed is open at a time. */
enum outbox_effect {
    OUTBOX_NONE,    /* belongs to no incident */
    OUTBOX_TRIGGER, /* opens the feed's incident, or joins the open one */
    OUTBOX_RESOLVE, /* resolves the open incident; without one it is as OUTBOX_NONE */
    OUTBOX_UPDATE,  /* belongs to the open incident; without one it is as OUTBOX_NONE */
};

struct outbox_event {
    const char *feed;
    int64_t load; /* 0: none */
    const char *type;
    const char *severity;
    enum outbox_effect effect;
    const char *incident_state; /* of OUTBOX_UPDATE: identified, monitoring; NULL: as it is */
    bool only_resolves;         /* says nothing but that the incident is over; see outbox_add */
    const char *payload_json;   /* the `data` of the message; whole, since it may be all that an
                                   endpoint ever hears of the incident */
    const char *const *endpoints;
    size_t n_endpoints;
    const char *dedup_key; /* an event with this key is added once; NULL: always */
};

#define EVENT_ID_BYTES 40

/*
 * Adds the event inside the caller's transaction. The id ("msg_" and random letters and digits) is
 * the same at every attempt to every endpoint. Within an incident events have a sequence, 1, 2, …,
 * and commit in that order. With a dedup_key that is known already nothing is added, and ret_id is
 * the event that has it.
 *
 * Supersession, for each endpoint of the new event: older deliveries of the same incident that were
 * never attempted are superseded by it, since it tells the net state. What was attempted, even by a
 * process that died in the middle, may have arrived: it is tried to its end, and the new one waits
 * for that, so that a resolve never overtakes its trigger.
 *
 * If all older ones are superseded, the endpoint has heard nothing of the incident. The new event
 * is sent all the same, as news ("published, after a block that you were not told of"), unless
 * only_resolves is set: then that endpoint gets no delivery, since there is nothing to take back.
 *
 * Sessions that listen on OUTBOX_CHANNEL are woken at the commit.
 */
#define OUTBOX_CHANNEL "loadguard_outbox"
enum error_code outbox_add(struct store *store, const struct outbox_event *event,
                           char ret_id[EVENT_ID_BYTES], struct error *err) MUST_CHECK;

/* One delivery that this process has leased. Texts belong to the arena. */
struct claimed_delivery {
    int64_t id;
    const char *event_id;
    const char *endpoint;
    const char *type;
    int64_t created_us; /* of the event */
    const char *payload_json;
    int64_t incident;  /* 0: none */
    int64_t sequence;  /* within the incident; 0: none */
    unsigned attempts; /* begun before; a cut off one may have arrived */
};

/*
 * Leases up to limit deliveries that are due, for lease_us by the database's clock, and commits. A
 * delivery is not claimed while an earlier one for its endpoint and incident is unfinished.
 * endpoints lists the names that this process can send to.
 */
enum error_code outbox_claim(struct store *store, const char *const *endpoints, size_t n_endpoints,
                             size_t limit, int64_t lease_us, struct arena *arena,
                             struct claimed_delivery **ret_deliveries, size_t *ret_n,
                             struct error *err) MUST_CHECK;

/*
 * Notes, and commits, that an attempt is about to be made: from here nothing may supersede it, and
 * the lease starts anew. ERR_CONFLICT if the lease has run out: the attempt must not be made, since
 * somebody else may be making it.
 */
enum error_code outbox_begin_attempt(struct store *store, int64_t delivery,
                                     struct error *err) MUST_CHECK;

enum delivery_end {
    DELIVERY_END_DONE,
    DELIVERY_END_RETRY, /* again after wait_us */
    DELIVERY_END_DEAD,
};

struct attempt_result {
    int64_t delivery;
    enum delivery_end end;
    int64_t wait_us;
    int status;         /* HTTP status, 0 without an answer */
    const char *reason; /* "204", or why not; scrubbed */
    int64_t duration_us;
};

/*
 * Records the end of an attempt. Repeating it changes nothing. If the lease ran out meanwhile and
 * somebody else took over, a success is recorded and anything else is left to them. ERR_NOT_FOUND.
 */
enum error_code outbox_end_attempt(struct store *store, const struct attempt_result *result,
                                   struct error *err) MUST_CHECK;

/*
 * When the next delivery for one of the endpoints is due: *ret_wait_us from now, negative if none
 * is waiting.
 */
enum error_code outbox_next_due(struct store *store, const char *const *endpoints,
                                size_t n_endpoints, int64_t *ret_wait_us,
                                struct error *err) MUST_CHECK;

/* Counts of deliveries by state, for `status` and `show`. load 0: all. */
struct outbox_counts {
    int64_t pending;
    int64_t delivered;
    int64_t superseded;
    int64_t dead;
};
enum error_code outbox_count(struct store *store, int64_t load, struct outbox_counts *ret_counts,
                             struct error *err) MUST_CHECK;

/* One delivery of a load's events, for `show`. */
struct delivery_info {
    const char *event_id;
    const char *type;
    const char *endpoint;
    const char *state; /* pending, leased, delivered, superseded, dead */
    unsigned attempts;
    int64_t created_us;
    int64_t finished_us; /* STORE_NO_TIME while unfinished */
    int last_status;
    const char *last_error; /* or NULL */
};
enum error_code outbox_list(struct store *store, int64_t load, struct arena *arena,
                            struct delivery_info **ret_infos, size_t *ret_n,
                            struct error *err) MUST_CHECK;

/* Makes a dead or delivered message due again, with the same event id. ERR_NOT_FOUND if it is
 * neither. */
enum error_code outbox_retry(struct store *store, int64_t delivery, struct error *err) MUST_CHECK;

/*
 * Gives committed events their positions for replay, in the order of their creation after those
 * that have one; *ret_n counts them. An event that commits late gets a later position and is not
 * lost.
 */
enum error_code outbox_assign_positions(struct store *store, int64_t *ret_n,
                                        struct error *err) MUST_CHECK;

/* Gives deliveries that this process has leased, and not begun, back at once. */
enum error_code outbox_release(struct store *store, const int64_t *deliveries, size_t n,
                               struct error *err) MUST_CHECK;

#endif
