#include "guard/arguments.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/suggest.h"
#include "yaml/units.h"

static long find_option(const struct option_spec *specs, size_t n_specs, const char *name,
                        size_t len)
{
    for (size_t i = 0; i < n_specs; i++)
        if (strlen(specs[i].name) == len && memcmp(specs[i].name, name, len) == 0)
            return (long)i;
    return -1;
}

static enum error_code unknown_option(const char *given, const struct option_spec *specs,
                                      size_t n_specs, struct error *err)
{
    const char *names[ARGUMENTS_MAX_OPTIONS];
    for (size_t i = 0; i < n_specs; i++)
        names[i] = specs[i].name;
    (void)error_set(err, ERR_USAGE, "unknown option '%s'", given);
    const char *closest = suggest_closest(given + strspn(given, "-"), names, n_specs);
    if (closest != NULL)
        error_hint(err, "Did you mean '--%s'?", closest);
    else
        error_hint(err, "See --help for the options of this command.");
    return ERR_USAGE;
}

static enum error_code parse_option(int argc, char **argv, int *i, struct arguments *arguments,
                                    struct error *err)
{
    const char *given = argv[*i];
    const char *name = given + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    if (strcmp(given, "-h") == 0 || strcmp(given, "--help") == 0) {
        arguments->help = true;
        return OK;
    }
    long found =
        given[1] == '-' ? find_option(arguments->specs, arguments->n_specs, name, len) : -1;
    if (found < 0)
        return unknown_option(given, arguments->specs, arguments->n_specs, err);
    const struct option_spec *spec = &arguments->specs[found];
    if (arguments->values[found] != NULL)
        return error_set(err, ERR_USAGE, "option '--%s' was given twice", spec->name);
    if (spec->metavar == NULL) {
        if (equals != NULL)
            return error_set(err, ERR_USAGE, "option '--%s' takes no value", spec->name);
        arguments->values[found] = "";
        return OK;
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (value == NULL)
        return error_set(err, ERR_USAGE, "option '--%s' needs a value: --%s %s", spec->name,
                         spec->name, spec->metavar);
    arguments->values[found] = value;
    return OK;
}

enum error_code arguments_parse(int argc, char **argv, const struct option_spec *specs,
                                size_t n_specs, struct arguments *ret_arguments, struct error *err)
{
    assert(n_specs <= ARGUMENTS_MAX_OPTIONS);
    struct arguments arguments = {.specs = specs, .n_specs = n_specs, .operands = argv};
    bool options_ended = false;
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (!options_ended && strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (!options_ended && word[0] == '-' && word[1] != '\0') {
            TRY(parse_option(argc, argv, &i, &arguments, err));
        } else {
            argv[arguments.n_operands++] = word;
        }
    }
    *ret_arguments = arguments;
    return OK;
}

const char *arguments_text(const struct arguments *arguments, const char *name)
{
    long found = find_option(arguments->specs, arguments->n_specs, name, strlen(name));
    assert(found >= 0);
    return arguments->values[found];
}

bool arguments_flag(const struct arguments *arguments, const char *name)
{
    return arguments_text(arguments, name) != NULL;
}

static enum error_code parse_integer(const char *text, int64_t *ret_value)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0)
        return ERR_USAGE;
    *ret_value = value;
    return OK;
}

enum error_code arguments_integer(const struct arguments *arguments, const char *name,
                                  int64_t *ret_value, struct error *err)
{
    const char *text = arguments_text(arguments, name);
    if (text == NULL)
        return OK;
    if (parse_integer(text, ret_value) != OK)
        return error_set(err, ERR_USAGE, "option '--%s': '%s' is not a whole number of 0 or more",
                         name, text);
    return OK;
}

enum error_code arguments_duration(const struct arguments *arguments, const char *name,
                                   int64_t *ret_us, struct error *err)
{
    const char *text = arguments_text(arguments, name);
    if (text == NULL || units_parse_duration(text, strlen(text), ret_us, err) == OK)
        return OK;
    error_prefix(err, "option '--%s'", name);
    if (err != NULL)
        err->code = ERR_USAGE;
    return ERR_USAGE;
}

enum error_code arguments_load_id(const char *operand, int64_t *ret_load, struct error *err)
{
    if (parse_integer(operand, ret_load) == OK && *ret_load > 0)
        return OK;
    (void)error_set(err, ERR_USAGE, "'%s' is not the number of a load", operand);
    error_hint(err, "'loadguard loads FEED' lists the loads with their numbers.");
    return ERR_USAGE;
}

size_t arguments_split(const char *text, struct arena *arena, const char ***ret_names)
{
    size_t n = 0;
    size_t capacity = 0;
    const char **names = NULL;
    for (const char *p = text; p != NULL;) {
        const char *comma = strchr(p, ',');
        size_t len = comma == NULL ? strlen(p) : (size_t)(comma - p);
        names = arena_grow(arena, names, sizeof(*names), &capacity, n + 1);
        names[n++] = arena_strndup(arena, p, len);
        p = comma == NULL ? NULL : comma + 1;
    }
    *ret_names = names;
    return n;
}
