#include "guard/routes.h"

#include <string.h>

static enum error_code split_secrets(const struct secret *whole, struct secret *current,
                                     struct secret *older, struct error *err)
{
    const char *text = secret_reveal(whole);
    size_t first = strcspn(text, "\r\n");
    const char *second = text + first;
    second += strspn(second, "\r\n");
    TRY(secret_set(current, text, first, err));
    return secret_set(older, second, strcspn(second, "\r\n"), err);
}

enum error_code route_read_keys(const struct config *config, const struct route_config *route,
                                struct webhook_keys *ret_keys, struct error *err)
{
    struct arena arena = {0};
    CLEANUP(secret_release) struct secret whole = {0};
    CLEANUP(secret_release) struct secret current = {0};
    CLEANUP(secret_release) struct secret older = {0};
    const char *path = config_path(config, &arena, route->secret_file);
    enum error_code code = secret_read_file(&whole, path, err);
    arena_release(&arena);
    if (code == OK)
        code = split_secrets(&whole, &current, &older, err);
    if (code == OK)
        code = webhook_keys_parse(&current, &older, ret_keys, err);
    return code;
}

static bool url_is_http(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

void routes_check(const struct config *config, struct diagnostics *diags)
{
    const struct route_config *routes = config->routes.items;
    for (size_t i = 0; i < config->routes.n; i++) {
        struct error err = {0};
        struct webhook_keys keys = {0};
        if (!url_is_http(routes[i].webhook)) {
            yaml_problem(diags, yaml_get(routes[i].node, "webhook"),
                         "is not an http or https address");
        }
        if (route_read_keys(config, &routes[i], &keys, &err) != OK) {
            yaml_problem(diags, yaml_get(routes[i].node, "secret_file"), "%s", err.message);
            diagnostics_hint(diags, "%s", err.hint);
        }
        webhook_keys_release(&keys);
    }
}

bool route_has_feed(const struct route_config *route, const char *feed)
{
    for (size_t i = 0; i < route->feeds.n; i++)
        if (strcmp(route->feeds.texts[i], feed) == 0)
            return true;
    return route->feeds.n == 0;
}

size_t routes_for_feed(const struct config *config, const char *feed, struct arena *arena,
                       const char ***ret_names)
{
    const struct route_config *routes = config->routes.items;
    const char **names = arena_calloc(arena, config->routes.n + 1, sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < config->routes.n; i++)
        if (route_has_feed(&routes[i], feed))
            names[n++] = routes[i].name;
    *ret_names = names;
    return n;
}

const struct route_config *route_find(const struct config *config, const char *name)
{
    const struct route_config *routes = config->routes.items;
    for (size_t i = 0; i < config->routes.n; i++)
        if (strcmp(routes[i].name, name) == 0)
            return &routes[i];
    return NULL;
}
