#include "guard/schema.h"
#include "guard/commands/commands.h"

const struct option_spec schema_options[] = {
    {"rules", NULL, "of a file of rules, not of the configuration", false},
};
const size_t n_schema_options = ARRAY_SIZE(schema_options);

enum error_code command_schema(struct app *app, const struct arguments *arguments,
                               int *ret_exit_status, struct error *err)
{
    (void)app;
    json_t *schema = NULL;
    *ret_exit_status = 0;
    if (arguments_flag(arguments, "rules"))
        TRY(schema_of_rules(&schema, err));
    else
        TRY(schema_of_config(&schema, err));
    return app_print_json(schema, err);
}
