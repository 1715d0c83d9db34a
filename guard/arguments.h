/* Options and arguments of one command, described by a table that also makes the help texts. */
#ifndef LG_GUARD_ARGUMENTS_H
#define LG_GUARD_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* One option. metavar NULL: a flag. Names are without dashes. */
struct option_spec {
    const char *name;
    const char *metavar;
    const char *help;
    bool repeatable;
};

#define ARGUMENTS_MAX_OPTIONS 24

/* What was given on the command line; texts point into argv. */
struct arguments {
    const struct option_spec *specs;
    size_t n_specs;
    const char *values[ARGUMENTS_MAX_OPTIONS]; /* last value given; "" for a flag; NULL if absent */
    char **operands;
    size_t n_operands;
    bool help;
};

/*
 * Parses argv[0..argc) (without program and command name). "--" ends the options, "-" is an
 * operand, "--name=value" and "--name value" both work, options and operands may be mixed.
 * argv's elements are reordered: the operands move to its front. ERR_USAGE with "did you mean".
 */
enum error_code arguments_parse(int argc, char **argv, const struct option_spec *specs,
                                size_t n_specs, struct arguments *ret_arguments,
                                struct error *err) MUST_CHECK;

/* Value of an option, or NULL; whether a flag was given. The name has to be in the table. */
const char *arguments_text(const struct arguments *arguments, const char *name);
bool arguments_flag(const struct arguments *arguments, const char *name);

/* Reads a non-negative integer option; *ret_value is untouched if it is absent. ERR_USAGE. */
enum error_code arguments_integer(const struct arguments *arguments, const char *name,
                                  int64_t *ret_value, struct error *err) MUST_CHECK;

/* Reads a duration option ("30s") in microseconds; *ret_us is untouched if it is absent. ERR_USAGE.
 */
enum error_code arguments_duration(const struct arguments *arguments, const char *name,
                                   int64_t *ret_us, struct error *err) MUST_CHECK;

/* Reads a load id given as an operand. ERR_USAGE. */
enum error_code arguments_load_id(const char *operand, int64_t *ret_load,
                                  struct error *err) MUST_CHECK;

/* Splits "a,b" at its commas into names, which belong to the arena; returns how many. */
size_t arguments_split(const char *text, struct arena *arena, const char ***ret_names);

#endif
