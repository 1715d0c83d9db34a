#include "guard/commands/commands.h"

const struct option_spec help_options[] = {
    {"man", NULL, "print the manual page (mdoc) of all commands", false},
    {"completion", "SHELL", "print the completion for bash or zsh", false},
    {"configuration", NULL, "print the reference of the configuration (Markdown)", false},
};
const size_t n_help_options = ARRAY_SIZE(help_options);

static enum error_code print_configuration(struct error *err)
{
    struct buffer text;
    buffer_init(&text, (size_t)1 << 20);
    enum error_code code = keys_write_reference(&config_table, "Configuration", &text, err);
    if (code == OK)
        (void)fputs(buffer_string(&text), stdout);
    buffer_release(&text);
    return code;
}

enum error_code command_help(struct app *app, const struct arguments *arguments,
                             int *ret_exit_status, struct error *err)
{
    (void)app;
    *ret_exit_status = 0;
    const char *shell = arguments_text(arguments, "completion");
    if (shell != NULL)
        return command_print_completion(shell, stdout, err);
    if (arguments_flag(arguments, "configuration"))
        return print_configuration(err);
    if (arguments_flag(arguments, "man")) {
        command_print_manual(stdout);
        return OK;
    }
    if (arguments->n_operands == 0) {
        command_print_overview(stdout);
        return OK;
    }
    const struct command *command = command_find(arguments->operands[0]);
    if (command == NULL) {
        (void)error_set(err, ERR_USAGE, "there is no command '%s'", arguments->operands[0]);
        error_hint(err, "'loadguard help' lists the commands.");
        return ERR_USAGE;
    }
    command_print_help(command, stdout);
    return OK;
}
