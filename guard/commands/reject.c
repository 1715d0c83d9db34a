#include "guard/commands/commands.h"

#include <inttypes.h>

#include "guard/commands/shared.h"

const struct option_spec reject_options[] = {
    {"reason", "TEXT", "why; required, goes into the audit log", false},
};
const size_t n_reject_options = ARRAY_SIZE(reject_options);

enum error_code command_reject(struct app *app, const struct arguments *arguments,
                               int *ret_exit_status, struct error *err)
{
    struct decider decider;
    int64_t load = 0;
    *ret_exit_status = 0;
    TRY(read_decider(app, arguments, &decider, err));
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(open_gate_of_load(app, arguments->operands[0], &load, &gate, err));
    TRY(gate_enter(&gate, err));
    TRY(decide_reject(&gate, load, &decider, err));
    (void)printf("rejected: load %" PRId64 " will not be published\n", load);
    (void)fflush(stdout);
    gate_leave(&gate);
    tell_everyone(app, gate.feed->name, TELL_FOR_US);
    return OK;
}
