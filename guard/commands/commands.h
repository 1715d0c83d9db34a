/* The functions and options of the commands, one file each. */
#ifndef LG_GUARD_COMMANDS_COMMANDS_H
#define LG_GUARD_COMMANDS_COMMANDS_H

#include "guard/app.h"
#include "guard/command.h"

#define DECLARE_COMMAND(name)                                                                      \
    enum error_code command_##name(struct app *app, const struct arguments *arguments,             \
                                   int *ret_exit_status, struct error *err) MUST_CHECK;            \
    extern const struct option_spec name##_options[];                                              \
    extern const size_t n_##name##_options

DECLARE_COMMAND(init);
DECLARE_COMMAND(check);
DECLARE_COMMAND(version);
DECLARE_COMMAND(run);
DECLARE_COMMAND(diff);
DECLARE_COMMAND(replay);
DECLARE_COMMAND(backtest);
DECLARE_COMMAND(drill);
DECLARE_COMMAND(suggest);
DECLARE_COMMAND(schema);
DECLARE_COMMAND(status);
DECLARE_COMMAND(loads);
DECLARE_COMMAND(show);
DECLARE_COMMAND(states);
DECLARE_COMMAND(approve);
DECLARE_COMMAND(reject);
DECLARE_COMMAND(rollback);
DECLARE_COMMAND(mark);
DECLARE_COMMAND(deliver);
DECLARE_COMMAND(help);

#endif
