#include "guard/events.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

struct type_entry {
    const char *name;
    const char *severity;
    enum event_effect effect;
};

static const struct type_entry types[] = {
    [EVENT_PUBLISHED] = {"load.published", "info", EFFECT_RESOLVE},
    [EVENT_HELD] = {"load.held", "warning", EFFECT_TRIGGER},
    [EVENT_BLOCKED] = {"load.blocked", "critical", EFFECT_TRIGGER},
    [EVENT_FAILED] = {"load.failed", "error", EFFECT_TRIGGER},
    [EVENT_NOT_READY] = {"load.not_ready", "warning", EFFECT_TRIGGER},
    [EVENT_REJECTED] = {"load.rejected", "info", EFFECT_TRIGGER},
    [EVENT_ROLLED_BACK] = {"load.rolled_back", "critical", EFFECT_TRIGGER},
    [EVENT_WAITING] = {"load.waiting", "warning", EFFECT_TRIGGER},
};

const char *event_type_name(enum event_type type)
{
    return types[type].name;
}

const char *event_severity(enum event_type type)
{
    return types[type].severity;
}

enum event_effect event_effect(enum event_type type)
{
    return types[type].effect;
}

json_t *event_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    CLEANUP(buffer_release) struct buffer clean;
    buffer_init(&clean, BUFFER_DEFAULT_MAX_BYTES);
    if (text_append_clean(&clean, text, strlen(text), NULL) == OK)
        json = json_string(buffer_string(&clean));
    return json;
}

static json_t *live_json(const struct live_facts *live)
{
    char as_of[CLOCK_TEXT_BYTES];
    if (live->load_id == 0)
        return json_null();
    return json_pack("{s:I, s:s, s:I, s:o}", "load", (json_int_t)live->load_id, "as_of",
                     clock_format_rfc3339(live->as_of_us, as_of), "rows", (json_int_t)live->rows,
                     "fingerprint", event_text(live->fingerprint));
}

/* The commands that act on what the event tells, for the person who reads it. */
static json_t *actions_json(const struct event_facts *facts, struct arena *arena)
{
    json_t *actions = json_array();
    if (facts->type == EVENT_HELD || facts->type == EVENT_BLOCKED) {
        (void)json_array_append_new(
            actions, json_string(arena_printf(arena, "loadguard show %" PRId64, facts->load_id)));
        (void)json_array_append_new(
            actions, json_string(arena_printf(
                         arena, "loadguard approve %" PRId64 "%s --reason TEXT", facts->load_id,
                         facts->type == EVENT_BLOCKED ? " --override" : "")));
        (void)json_array_append_new(
            actions, json_string(arena_printf(arena, "loadguard reject %" PRId64 " --reason TEXT",
                                              facts->load_id)));
    } else if (facts->type == EVENT_FAILED || facts->type == EVENT_NOT_READY) {
        (void)json_array_append_new(
            actions, json_string(arena_printf(arena, "loadguard show %" PRId64, facts->load_id)));
        (void)json_array_append_new(
            actions, json_string(arena_printf(arena, "loadguard run %s", facts->feed)));
    }
    return actions;
}

enum error_code event_payload(const struct event_facts *facts, struct arena *arena,
                              const char **ret_json, struct error *err)
{
    json_t *json =
        json_pack("{s:s, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "feed", facts->feed,
                  "load", (json_int_t)facts->load_id, "state", event_text(facts->state), "verdict",
                  event_text(facts->verdict), "severity", event_severity(facts->type), "summary",
                  event_text(facts->summary), "by", event_text(facts->actor), "reason",
                  event_text(facts->reason), "live", live_json(&facts->live), "actions",
                  actions_json(facts, arena), "audit_head", event_text(facts->chain_head));
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL)
        return error_set(err, ERR_MEMORY, "cannot make the message of an event");
    *ret_json = arena_strdup(arena, text);
    free(text);
    return OK;
}
