/* What is said about a load: the types of events and their payloads. */
#ifndef LG_GUARD_EVENTS_H
#define LG_GUARD_EVENTS_H

#include <jansson.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* What an event does to the feed's incident. */
enum event_effect {
    EFFECT_NONE,    /* good news while nothing is wrong */
    EFFECT_TRIGGER, /* opens the feed's incident, or joins the open one */
    EFFECT_RESOLVE, /* ends the open incident; without one it is EFFECT_NONE */
};

enum event_type {
    EVENT_PUBLISHED,
    EVENT_HELD,
    EVENT_BLOCKED,
    EVENT_FAILED,
    EVENT_NOT_READY,
    EVENT_REJECTED,
    EVENT_ROLLED_BACK,
    EVENT_WAITING, /* publication waits for older transactions */
};

/* "load.published", …; its severity "info", "warning", "error" or "critical"; what it does. */
const char *event_type_name(enum event_type type);
const char *event_severity(enum event_type type);
enum event_effect event_effect(enum event_type type);

/* What readers see at the moment of the event. */
struct live_facts {
    int64_t load_id; /* 0: nothing was published yet */
    int64_t as_of_us;
    uint64_t rows;
    const char *fingerprint; /* NULL without a live load */
};

/* Facts of one event. Texts may be NULL except feed and summary. */
struct event_facts {
    enum event_type type;
    const char *feed;
    int64_t load_id;
    const char *state; /* of the load */
    const char *verdict;
    const char *summary; /* one sentence for people, with numbers */
    const char *actor;   /* who decided, if a person did */
    const char *reason;
    const char *chain_head; /* hash of the feed's audit log, so that it is witnessed outside */
    struct live_facts live;
};

/* A text as JSON, null for NULL. Errors quote what scorers wrote, in whatever encoding: bytes that
 * are not UTF-8 become U+FFFD, since a message has to go out all the same. NULL without memory. */
json_t *event_text(const char *text);

/* The event's `data` as JSON text in the arena. ERR_MEMORY. */
enum error_code event_payload(const struct event_facts *facts, struct arena *arena,
                              const char **ret_json, struct error *err) MUST_CHECK;

#endif
