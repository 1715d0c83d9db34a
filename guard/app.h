/* What a running command has at hand. */
#ifndef LG_GUARD_APP_H
#define LG_GUARD_APP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "guard/config.h"

struct store;

struct app {
    struct arena arena; /* lives as long as the command */
    const char *config_path;
    struct config config;
    struct store *store; /* open if the command needs it */
    bool color;          /* standard output is a terminal that shows colours */
};

/*
 * Runs the command line: finds the command, reads the configuration and opens the store as the
 * command needs, prints errors. Returns the exit status of the process.
 */
int app_main(int argc, char **argv);

/* Finds, reads and checks the configuration unless that is done; problems go to standard error. */
enum error_code app_load_config(struct app *app, struct error *err) MUST_CHECK;

/* Prints a JSON value and a line feed on standard output, and drops the reference. */
enum error_code app_print_json(json_t *json, struct error *err) MUST_CHECK;

/* Columns of the terminal on standard output; 100 if it is none. */
unsigned app_terminal_width(void);

#endif
