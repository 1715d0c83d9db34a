#include "guard/commands/shared.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "guard/deliver.h"
#include "guard/life.h"

#define MAX_REASON_BYTES 1000
#define MAX_ACTOR_BYTES 200

char *format_minute(int64_t unix_us, char out[MINUTE_TEXT_BYTES])
{
    char text[CLOCK_TEXT_BYTES];
    if (unix_us == STORE_NO_TIME) {
        (void)snprintf(out, MINUTE_TEXT_BYTES, "-");
        return out;
    }
    clock_format_rfc3339(unix_us, text);
    (void)snprintf(out, MINUTE_TEXT_BYTES, "%.10s %.5s UTC", text, text + 11);
    return out;
}

static void print_live(const struct gate *gate, struct arena *arena)
{
    struct gate mutable_gate = *gate;
    struct live_facts live = {0};
    struct error err = {0};
    char as_of[MINUTE_TEXT_BYTES];
    if (life_read_live(&mutable_gate, arena, &live, &err) != OK)
        return;
    if (live.load_id == 0)
        (void)printf("readers see: nothing yet\n");
    else
        (void)printf("readers see: load %" PRId64 ", as of %s, %" PRIu64 " rows\n", live.load_id,
                     format_minute(live.as_of_us, as_of), live.rows);
}

void print_what_next(const struct gate *gate, int64_t load, enum load_state state,
                     struct arena *arena)
{
    (void)printf("\nload %" PRId64 " is %s\n", load, load_state_name(state));
    print_live(gate, arena);
    if (state == LOAD_HELD)
        (void)printf("to publish:  loadguard approve %" PRId64 " --reason TEXT\n", load);
    if (state == LOAD_BLOCKED)
        (void)printf("to publish:  loadguard approve %" PRId64 " --override --reason TEXT\n", load);
    if (state == LOAD_HELD || state == LOAD_BLOCKED)
        (void)printf("to end it:   loadguard reject %" PRId64 " --reason TEXT\n", load);
}

void tell_everyone(struct app *app, const char *feed, int64_t for_us)
{
    if (app->config.routes.n == 0 || interrupt_requested())
        return;
    struct error err = {0};
    struct deliver_result result = {0};
    const struct deliver_options options = {.for_us = for_us, .feed = feed};
    enum error_code code = deliver_due(&app->config, app->store, &options, &result, &err);
    if (code != OK)
        (void)fprintf(stderr, "messages: %s\n", err.message);
    if (result.waiting > 0)
        (void)fprintf(stderr,
                      "messages: %" PRIu64 " of %zu routes could not be told yet; 'loadguard "
                      "deliver' tries again\n",
                      result.waiting, app->config.routes.n);
    if (result.dead > 0)
        (void)fprintf(stderr,
                      "messages: %" PRIu64 " were given up; 'loadguard show LOAD' says why\n",
                      result.dead);
}

enum error_code open_gate_of_load(struct app *app, const char *operand, int64_t *ret_load,
                                  struct gate *ret_gate, struct error *err)
{
    struct load_record record;
    TRY(arguments_load_id(operand, ret_load, err));
    TRY(ledger_read_load(app->store, *ret_load, &app->arena, &record, err));
    return gate_open(&app->config, app->store, record.feed, ret_gate, err);
}

/* Words of a person that go into messages, which have a size, and into JSON. */
static enum error_code check_words(const char *what, const char *words, size_t max_bytes,
                                   struct error *err)
{
    size_t len = strlen(words);
    if (len > max_bytes)
        return error_set(err, ERR_USAGE, "%s has %zu bytes, more than the %zu that are allowed",
                         what, len, max_bytes);
    if (!text_is_utf8(words, len))
        return error_set(err, ERR_USAGE, "%s is not valid UTF-8", what);
    return OK;
}

enum error_code read_decider(struct app *app, const struct arguments *arguments,
                             struct decider *ret_decider, struct error *err)
{
    const char *reason = arguments_text(arguments, "reason");
    if (reason == NULL || reason[strspn(reason, " \t\n")] == '\0') {
        (void)error_set(err, ERR_USAGE, "a reason is missing");
        error_hint(err, "Say why with --reason TEXT; it goes into the audit log and the messages.");
        return ERR_USAGE;
    }
    const char *actor = life_actor(&app->arena);
    TRY(check_words("the reason", reason, MAX_REASON_BYTES, err));
    TRY(check_words("LOADGUARD_ACTOR", actor, MAX_ACTOR_BYTES, err));
    *ret_decider = (struct decider){.actor = actor, .reason = reason};
    return OK;
}

static json_t *time_json(int64_t unix_us)
{
    char text[CLOCK_TEXT_BYTES];
    return unix_us == STORE_NO_TIME ? json_null()
                                    : json_string(clock_format_rfc3339(unix_us, text));
}

static json_t *text_json(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *id_json(int64_t id)
{
    return id == 0 ? json_null() : json_integer(id);
}

json_t *load_json(const struct load_record *record)
{
    char fingerprint[FINGERPRINT_TEXT_BYTES] = "";
    if (record->has_rows)
        fingerprint_format(&record->fingerprint, fingerprint);
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "load",
        (json_int_t)record->id, "feed", record->feed, "state", record->state, "verdict",
        text_json(record->verdict), "as_of", time_json(record->as_of_us), "created",
        time_json(record->created_us), "finished", time_json(record->finished_us), "rows",
        record->has_rows ? json_integer((json_int_t)record->rows) : json_null(), "fingerprint",
        text_json(record->has_rows ? fingerprint : NULL), "baseline",
        id_json(record->baseline_load), "summary", text_json(record->summary), "error",
        text_json(record->error), "completeness", text_json(record->completeness), "marked_bad",
        record->marked_bad, "marked_reason", text_json(record->marked_reason), "source",
        text_json(record->source));
}
