/* The routes of the configuration with their secrets read. */
#ifndef LG_GUARD_ROUTES_H
#define LG_GUARD_ROUTES_H

#include "guard/config.h"
#include "notify/standard_webhooks.h"

struct route {
    const struct route_config *config;
    struct webhook_keys keys;
};

/* Checks every route's URL and secret; problems go to diags. */
void routes_check(const struct config *config, struct diagnostics *diags);

/*
 * Reads the secret of a route: first line the current one, an optional second line the older one.
 * ERR_CONFIG with the reason. The caller zeroes the keys with webhook_keys_release.
 */
enum error_code route_read_keys(const struct config *config, const struct route_config *route,
                                struct webhook_keys *ret_keys, struct error *err) MUST_CHECK;

/* Whether events of the feed go to the route. */
bool route_has_feed(const struct route_config *route, const char *feed);

/* Names of the routes that events of the feed go to; *ret_names is owned by the arena. */
size_t routes_for_feed(const struct config *config, const char *feed, struct arena *arena,
                       const char ***ret_names);

/* The route of that name, or NULL. */
const struct route_config *route_find(const struct config *config, const char *name);

#endif
