#include "guard/commands/commands.h"

const struct option_spec version_options[] = {
    {"json", NULL, "print one JSON object", false},
};
const size_t n_version_options = ARRAY_SIZE(version_options);

enum error_code command_version(struct app *app, const struct arguments *arguments,
                                int *ret_exit_status, struct error *err)
{
    (void)app;
    *ret_exit_status = 0;
    if (arguments_flag(arguments, "json"))
        return app_print_json(json_pack("{s:s}", "version", LOADGUARD_VERSION), err);
    (void)printf("loadguard %s\n", LOADGUARD_VERSION);
    return OK;
}
