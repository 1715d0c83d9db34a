#include "notify/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shared by the caller and the thread; whoever lets go last frees it. */
struct lookup {
    atomic_int holders;
    atomic_bool ended;
    char *host;
    char *port;
    http_resolve_fn *resolve;
    int wake_fd;
    int result; /* of getaddrinfo */
    struct addrinfo *addresses;
};

static atomic_int lookups_under_way;

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holders, 1) > 1)
        return;
    if (lookup->addresses != NULL)
        freeaddrinfo(lookup->addresses);
    if (lookup->wake_fd >= 0)
        (void)close(lookup->wake_fd);
    free(lookup->host);
    free(lookup->port);
    free(lookup);
}

static void *run(void *argument)
{
    struct lookup *lookup = argument;
    const struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
    lookup->result = lookup->resolve(lookup->host, lookup->port, &hints, &lookup->addresses);
    atomic_store(&lookup->ended, true);
    (void)!write(lookup->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)atomic_fetch_sub(&lookups_under_way, 1);
    let_go(lookup);
    return NULL;
}

static int create_thread(struct lookup *lookup)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, &attributes, run, lookup);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return rc;
}

static struct lookup *new_lookup(const char *host, const char *port, http_resolve_fn *resolve,
                                 int wake_fd)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        return NULL;
    atomic_init(&lookup->holders, 1);
    lookup->resolve = resolve != NULL ? resolve : getaddrinfo;
    lookup->host = strdup(host);
    lookup->port = strdup(port);
    lookup->wake_fd = fcntl(wake_fd, F_DUPFD_CLOEXEC, 3);
    if (lookup->host != NULL && lookup->port != NULL && lookup->wake_fd >= 0)
        return lookup;
    let_go(lookup);
    return NULL;
}

enum error_code lookup_start(const char *host, const char *port, http_resolve_fn *resolve,
                             int wake_fd, struct lookup **ret_lookup, struct error *err)
{
    struct lookup *lookup = new_lookup(host, port, resolve, wake_fd);
    if (lookup == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for a name lookup");
    if (atomic_fetch_add(&lookups_under_way, 1) >= RESOLVER_MAX_LOOKUPS) {
        (void)atomic_fetch_sub(&lookups_under_way, 1);
        let_go(lookup);
        return error_set(err, ERR_BUSY, "%d name lookups have not been answered yet",
                         RESOLVER_MAX_LOOKUPS);
    }
    (void)atomic_fetch_add(&lookup->holders, 1);
    int rc = create_thread(lookup);
    if (rc == 0) {
        *ret_lookup = lookup;
        return OK;
    }
    (void)atomic_fetch_sub(&lookups_under_way, 1);
    let_go(lookup);
    let_go(lookup);
    return error_set_errno(err, ERR_IO, rc, "cannot start a thread for a name lookup");
}

bool lookup_ended(const struct lookup *lookup)
{
    return atomic_load(&lookup->ended);
}

static enum error_code append_address(struct buffer *pin, const struct addrinfo *address,
                                      const char *separator, struct error *err)
{
    char text[NI_MAXHOST];
    if (getnameinfo(address->ai_addr, address->ai_addrlen, text, sizeof(text), NULL, 0,
                    NI_NUMERICHOST) != 0)
        return OK;
    bool brackets = address->ai_family == AF_INET6;
    return buffer_printf(pin, err, "%s%s%s%s", separator, brackets ? "[" : "", text,
                         brackets ? "]" : "");
}

enum error_code lookup_pin(const struct lookup *lookup, struct buffer *pin, struct error *err)
{
    if (lookup->result != 0)
        return error_set(err, ERR_NETWORK, "%s",
                         lookup->result == EAI_SYSTEM ? "the name lookup failed"
                                                      : gai_strerror(lookup->result));
    TRY(buffer_printf(pin, err, "%s:%s:", lookup->host, lookup->port));
    size_t start = pin->len;
    for (const struct addrinfo *a = lookup->addresses; a != NULL; a = a->ai_next)
        TRY(append_address(pin, a, pin->len > start ? "," : "", err));
    return pin->len > start ? OK : error_set(err, ERR_NETWORK, "the name has no address");
}

void lookup_free(struct lookup *lookup)
{
    if (lookup != NULL)
        let_go(lookup);
}
