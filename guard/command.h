/* The commands: one table from which dispatch, help, manual page and completion are made. */
#ifndef LG_GUARD_COMMAND_H
#define LG_GUARD_COMMAND_H

#include <stdio.h>

#include "base/error.h"
#include "guard/arguments.h"

/* What has to be there before the function of a command is called. */
enum command_needs {
    NEEDS_NOTHING,
    NEEDS_CONFIG, /* the configuration, read and checked */
    NEEDS_STORE,  /* that, and an open store with its ledger up to date */
};

struct app;

/*
 * Runs a command. *ret_exit_status is what the process exits with when the function returns OK;
 * on an error it is the error's own.
 */
typedef enum error_code (*command_fn)(struct app *app, const struct arguments *arguments,
                                      int *ret_exit_status, struct error *err);

struct command {
    const char *name;
    const char *operands; /* as shown in the usage: "FEED [LOAD]" */
    size_t min_operands;
    size_t max_operands;
    const char *summary;     /* one line */
    const char *description; /* paragraphs parted by empty lines */
    const struct option_spec *options;
    const size_t *n_options;
    enum command_needs needs;
    command_fn run;
};

extern const struct command commands[];
extern const size_t n_commands;

/* Options that go with every command. */
extern const struct option_spec common_options[];
extern const size_t n_common_options;

/* The command of that name, or NULL. */
const struct command *command_find(const char *name);

/* Fills specs with the command's own and the common options; returns how many. */
size_t command_options(const struct command *command,
                       struct option_spec specs[ARGUMENTS_MAX_OPTIONS]);

/* The list of commands; one command's help; the manual page in mdoc; a shell's completion. */
void command_print_overview(FILE *out);
void command_print_help(const struct command *command, FILE *out);
void command_print_manual(FILE *out);
enum error_code command_print_completion(const char *shell, FILE *out,
                                         struct error *err) MUST_CHECK;

#endif
