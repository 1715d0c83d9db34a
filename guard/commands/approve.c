#include "guard/commands/commands.h"

#include <inttypes.h>

#include "guard/commands/shared.h"

const struct option_spec approve_options[] = {
    {"reason", "TEXT", "why it is right; required, goes into the audit log", false},
    {"override", NULL, "release a blocked load", false},
    {"once", NULL, "keep the history as it was: this load is an exception (default)", false},
    {"new-normal", NULL, "start the history of what was found afresh: it stays like this", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_approve_options = ARRAY_SIZE(approve_options);

static int exit_status_of(enum load_state state)
{
    switch (state) {
    case LOAD_PUBLISHED:
        return 0;
    case LOAD_BLOCKED:
        return error_exit_status(ERR_BLOCKED);
    default:
        return error_exit_status(ERR_HELD);
    }
}

enum error_code command_approve(struct app *app, const struct arguments *arguments,
                                int *ret_exit_status, struct error *err)
{
    struct decider decider;
    int64_t load = 0;
    enum load_state state = LOAD_HELD;
    TRY(read_decider(app, arguments, &decider, err));
    const struct approval_wish wish = {
        .override = arguments_flag(arguments, "override"),
        .new_normal = arguments_flag(arguments, "new-normal"),
    };
    if (wish.new_normal && arguments_flag(arguments, "once")) {
        (void)error_set(err, ERR_USAGE, "--once and --new-normal exclude each other");
        error_hint(err, "Give the one that is true; without either it is --once.");
        return ERR_USAGE;
    }
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(open_gate_of_load(app, arguments->operands[0], &load, &gate, err));
    TRY(gate_enter(&gate, err));
    TRY(decide_approve(&gate, load, &wish, &decider, &state, err));
    *ret_exit_status = exit_status_of(state);
    if (arguments_flag(arguments, "json")) {
        TRY(app_print_json(
            json_pack("{s:I, s:s}", "load", (json_int_t)load, "state", load_state_name(state)),
            err));
    } else if (state == LOAD_PUBLISHED) {
        (void)printf("published: load %" PRId64 " is live, released by %s\n", load, decider.actor);
    } else {
        (void)printf("the live load changed since load %" PRId64
                     " was judged, so it was judged again and your approval lapsed\n",
                     load);
        print_what_next(&gate, load, state, &gate.arena);
    }
    (void)fflush(stdout);
    gate_leave(&gate);
    tell_everyone(app, gate.feed->name, TELL_FOR_US);
    return OK;
}
