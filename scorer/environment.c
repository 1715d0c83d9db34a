#include "scorer/environment.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* No credentials are in these; without them programs misbehave. */
static const char *const always[] = {"PATH", "HOME",   "USER",     "LOGNAME", "SHELL",
                                     "LANG", "LC_ALL", "LC_CTYPE", "TZ",      "TMPDIR"};

struct variables {
    struct arena *arena;
    const char **list;
    size_t n;
    size_t capacity;
};

/* Sets or replaces; name has name_len bytes of entry, "NAME=value". */
static void set_entry(struct variables *variables, const char *entry, size_t name_len)
{
    for (size_t i = 0; i < variables->n; i++) {
        if (strncmp(variables->list[i], entry, name_len + 1) == 0) {
            variables->list[i] = entry;
            return;
        }
    }
    variables->list = arena_grow(variables->arena, variables->list, sizeof(*variables->list),
                                 &variables->capacity, variables->n + 2);
    variables->list[variables->n++] = entry;
    variables->list[variables->n] = NULL;
}

static void set_value(struct variables *variables, const char *name, const char *value)
{
    set_entry(variables, arena_printf(variables->arena, "%s=%s", name, value), strlen(name));
}

static void pass_on(struct variables *variables, const char *name)
{
    const char *value = getenv(name);
    if (value != NULL)
        set_value(variables, name, value);
}

static enum error_code check_name(const char *name, size_t len, struct error *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    if (len == 0 || strspn(name, letters) < len || (name[0] >= '0' && name[0] <= '9'))
        return error_set(err, ERR_CONFIG, "'%.*s' is no name of an environment variable", (int)len,
                         name);
    if (strncmp(name, "LOADGUARD_", 10) == 0)
        return error_set(err, ERR_CONFIG,
                         "the environment variable %.*s cannot be configured: names that begin "
                         "with LOADGUARD_ are set by the run",
                         (int)len, name);
    return OK;
}

static enum error_code add_configured(struct variables *variables, const struct scorer_spec *spec,
                                      struct error *err)
{
    for (const char *const *name = spec->env_names; name != NULL && *name != NULL; name++) {
        TRY(check_name(*name, strlen(*name), err));
        pass_on(variables, *name);
    }
    for (const char *const *entry = spec->env_values; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL)
            return error_set(err, ERR_CONFIG, "the environment entry '%s' has no value", *entry);
        size_t len = (size_t)(equals - *entry);
        TRY(check_name(*entry, len, err));
        set_entry(variables, *entry, len);
    }
    return OK;
}

enum error_code scorer_environment(const struct scorer_spec *spec,
                                   const struct scorer_context *context,
                                   const struct process_user *user, const char *manifest_path,
                                   struct arena *arena, const char *const **ret_env,
                                   struct error *err)
{
    struct variables variables = {.arena = arena};
    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        pass_on(&variables, always[i]);
    if (user != NULL) {
        set_value(&variables, "HOME", user->home);
        set_value(&variables, "USER", user->name);
        set_value(&variables, "LOGNAME", user->name);
        set_value(&variables, "SHELL", user->shell);
    }
    TRY(add_configured(&variables, spec, err));
    char as_of[CLOCK_TEXT_BYTES];
    set_value(&variables, "LOADGUARD_FEED", context->feed);
    set_value(&variables, "LOADGUARD_LOAD_ID", arena_printf(arena, "%" PRId64, context->load_id));
    set_value(&variables, "LOADGUARD_AS_OF", clock_format_rfc3339(context->as_of_us, as_of));
    set_value(&variables, "LOADGUARD_MANIFEST", manifest_path);
    set_value(&variables, "LOADGUARD_MANIFEST_FD", arena_printf(arena, "%d", PROCESS_EXTRA_FD));
    *ret_env = variables.list;
    return OK;
}
