/*
 * Name lookups in threads of their own. libcurl's own threaded lookups are waited for when a
 * transfer is given up, which then stalls all others for as long as a dead name server lets it.
 */
#ifndef LG_NOTIFY_RESOLVER_H
#define LG_NOTIFY_RESOLVER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "notify/http.h"

/* Lookups of the whole process that may be under way, given up ones included. */
#define RESOLVER_MAX_LOOKUPS 256

struct lookup;

/*
 * Starts a lookup. wake_fd is an eventfd that is written to at its end; it is duplicated. resolve
 * NULL stands for getaddrinfo. ERR_BUSY if too many are under way, ERR_IO, ERR_MEMORY.
 */
enum error_code lookup_start(const char *host, const char *port, http_resolve_fn *resolve,
                             int wake_fd, struct lookup **ret_lookup, struct error *err) MUST_CHECK;

bool lookup_ended(const struct lookup *lookup);

/*
 * After its end: appends "host:port:address,address" as CURLOPT_RESOLVE wants it. ERR_NETWORK with
 * the reason if the name has no address.
 */
enum error_code lookup_pin(const struct lookup *lookup, struct buffer *pin,
                           struct error *err) MUST_CHECK;

/* Gives the lookup up; it may run on for itself. Accepts NULL. */
void lookup_free(struct lookup *lookup);

#endif
