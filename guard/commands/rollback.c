#include "guard/commands/commands.h"

#include <inttypes.h>

#include "guard/commands/shared.h"

const struct option_spec rollback_options[] = {
    {"to", "LOAD", "the load to go back to (default: the one that was live before)", false},
    {"reason", "TEXT", "why; required, goes into the audit log and the messages", false},
    {"json", NULL, "print one JSON object", false},
};
const size_t n_rollback_options = ARRAY_SIZE(rollback_options);

enum error_code command_rollback(struct app *app, const struct arguments *arguments,
                                 int *ret_exit_status, struct error *err)
{
    struct decider decider;
    int64_t from = 0;
    int64_t to = 0;
    *ret_exit_status = 0;
    TRY(read_decider(app, arguments, &decider, err));
    if (arguments_text(arguments, "to") != NULL)
        TRY(arguments_load_id(arguments_text(arguments, "to"), &to, err));
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(gate_open(&app->config, app->store, arguments->operands[0], &gate, err));
    TRY(decide_rollback(&gate, to, &decider, &from, &to, err));
    if (arguments_flag(arguments, "json"))
        TRY(app_print_json(
            json_pack("{s:I, s:I}", "from", (json_int_t)from, "live", (json_int_t)to), err));
    else
        (void)printf("rolled back: load %" PRId64 " is live again, load %" PRId64
                     " is marked bad and kept for study\n",
                     to, from);
    (void)fflush(stdout);
    tell_everyone(app, gate.feed->name, TELL_FOR_US);
    return OK;
}
