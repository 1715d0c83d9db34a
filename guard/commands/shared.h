/* What several commands do in the same way. */
#ifndef LG_GUARD_COMMANDS_SHARED_H
#define LG_GUARD_COMMANDS_SHARED_H

#include "guard/app.h"
#include "guard/arguments.h"
#include "guard/decide.h"
#include "guard/gate.h"
#include "guard/states.h"

/* Tells what readers see and which commands act on a load that was not published. */
void print_what_next(const struct gate *gate, int64_t load, enum load_state state,
                     struct arena *arena);

#define TELL_FOR_US INT64_C(30000000)

/* Sends what is due, for at most for_us, and says on standard error what could not be sent. Does
 * nothing after an interrupt. */
void tell_everyone(struct app *app, const char *feed, int64_t for_us);

/* Opens the gate of the feed that a load given as operand belongs to. */
enum error_code open_gate_of_load(struct app *app, const char *operand, int64_t *ret_load,
                                  struct gate *ret_gate, struct error *err) MUST_CHECK;

/* The --reason of a decision, which is required, and who decides. */
enum error_code read_decider(struct app *app, const struct arguments *arguments,
                             struct decider *ret_decider, struct error *err) MUST_CHECK;

/* A load as JSON, as `loads` and `show` print it. */
struct load_record;
json_t *load_json(const struct load_record *record);

/* "2011-05-23 04:00 UTC", or "-" for no time; returns out. */
#define MINUTE_TEXT_BYTES 40
char *format_minute(int64_t unix_us, char out[MINUTE_TEXT_BYTES]);

#endif
