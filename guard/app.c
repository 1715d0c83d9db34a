#include "guard/app.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "guard/command.h"
#include "guard/feed_rules.h"
#include "guard/store_access.h"
#include "report/report.h"
#include "store/conn.h"
#include "yaml/suggest.h"

unsigned app_terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40)
        return 100;
    return size.ws_col;
}

enum error_code app_print_json(json_t *json, struct error *err)
{
    if (json == NULL)
        return error_set(err, ERR_MEMORY, "cannot make a JSON object");
    enum error_code code = report_write_json(json, true, stdout, err);
    json_decref(json);
    return code;
}

enum error_code app_load_config(struct app *app, struct error *err)
{
    if (app->config.path != NULL)
        return OK;
    const char *path = NULL;
    TRY(config_find(app->config_path, &app->arena, &path, err));
    CLEANUP(diagnostics_release) struct diagnostics diags = {0};
    enum error_code code = config_load(path, &app->arena, &diags, &app->config, err);
    if (code != OK && diagnostics_count(&diags) > 0)
        return report_problems(&diags, err);
    return code;
}

static enum error_code provide(struct app *app, enum command_needs needs, const char *name,
                               struct error *err)
{
    if (needs == NEEDS_NOTHING)
        return OK;
    TRY(app_load_config(app, err));
    if (needs == NEEDS_CONFIG)
        return OK;
    return store_access_open(&app->config, name, &app->arena, &app->store, err);
}

static enum error_code check_operands(const struct command *command,
                                      const struct arguments *arguments, struct error *err)
{
    if (arguments->n_operands >= command->min_operands &&
        arguments->n_operands <= command->max_operands)
        return OK;
    if (arguments->n_operands > command->max_operands)
        (void)error_set(err, ERR_USAGE, "'%s' is one argument too many",
                        arguments->operands[command->max_operands]);
    else
        (void)error_set(err, ERR_USAGE, "an argument is missing");
    error_hint(err, "usage: loadguard %s [OPTIONS] %s", command->name, command->operands);
    return ERR_USAGE;
}

static enum error_code run_command(struct app *app, const struct command *command, int argc,
                                   char **argv, int *ret_exit_status, struct error *err)
{
    struct option_spec specs[ARGUMENTS_MAX_OPTIONS];
    struct arguments arguments = {0};
    size_t n_specs = command_options(command, specs);
    TRY(arguments_parse(argc, argv, specs, n_specs, &arguments, err));
    if (arguments.help) {
        command_print_help(command, stdout);
        *ret_exit_status = 0;
        return OK;
    }
    TRY(check_operands(command, &arguments, err));
    app->config_path = arguments_text(&arguments, "config");
    TRY(provide(app, command->needs, command->name, err));
    enum error_code code = command->run(app, &arguments, ret_exit_status, err);
    if (code == OK && fflush(stdout) != 0)
        return error_set(err, ERR_IO, "cannot write to standard output");
    return code;
}

static int unknown_command(const char *name)
{
    const char *names[64];
    for (size_t i = 0; i < n_commands; i++)
        names[i] = commands[i].name;
    const char *closest = suggest_closest(name, names, n_commands);
    (void)fprintf(stderr, "loadguard: there is no command '%s'\n", name);
    if (closest != NULL)
        (void)fprintf(stderr, "  hint: Did you mean '%s'?\n", closest);
    else
        (void)fputs("  hint: 'loadguard help' lists the commands.\n", stderr);
    return error_exit_status(ERR_USAGE);
}

/* "loadguard --config FILE run klout" means the same as "loadguard run --config FILE klout". */
static void move_config_behind_command(int argc, char **argv)
{
    int n = 0;
    if (argc > 1 && strncmp(argv[1], "--config=", 9) == 0)
        n = 1;
    else if (argc > 2 && strcmp(argv[1], "--config") == 0)
        n = 2;
    if (n == 0 || argc <= n + 1)
        return;
    char *command = argv[n + 1];
    memmove(&argv[2], &argv[1], (size_t)n * sizeof(*argv));
    argv[1] = command;
}

static bool terminal_has_color(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL && term != NULL &&
           strcmp(term, "dumb") != 0;
}

int app_main(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    move_config_behind_command(argc, argv);
    if (argc < 2) {
        command_print_overview(stderr);
        return error_exit_status(ERR_USAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_find(name);
    if (command == NULL)
        return unknown_command(name);

    struct error err = {0};
    struct app app = {.color = terminal_has_color()};
    int exit_status = 0;
    enum error_code code = interrupt_install(&err);
    if (code == OK)
        code = run_command(&app, command, argc - 2, argv + 2, &exit_status, &err);
    if (code != OK) {
        (void)fflush(stdout);
        (void)fputs("loadguard: ", stderr);
        error_print(&err, stderr);
        exit_status = error_exit_status(code);
    }
    store_close(app.store);
    arena_release(&app.arena);
    return exit_status;
}
