#include "guard/commands/commands.h"

#include <inttypes.h>
#include <string.h>

#include "guard/commands/shared.h"

const struct option_spec mark_options[] = {
    {"reason", "TEXT", "why; required, goes into the audit log", false},
};
const size_t n_mark_options = ARRAY_SIZE(mark_options);

enum error_code command_mark(struct app *app, const struct arguments *arguments,
                             int *ret_exit_status, struct error *err)
{
    struct decider decider;
    int64_t load = 0;
    *ret_exit_status = 0;
    const char *mark = arguments->operands[1];
    if (strcmp(mark, "bad") != 0 && strcmp(mark, "good") != 0)
        return error_set(err, ERR_USAGE, "'%s' is neither bad nor good", mark);
    TRY(read_decider(app, arguments, &decider, err));
    CLEANUP(gate_release) struct gate gate = {0};
    TRY(open_gate_of_load(app, arguments->operands[0], &load, &gate, err));
    TRY(decide_mark(&gate, load, strcmp(mark, "bad") == 0, &decider, err));
    (void)printf("load %" PRId64 " is marked %s\n", load, mark);
    return OK;
}
