/* Which network addresses a partner's endpoint may have. */
#ifndef LG_NOTIFY_ADDRESS_H
#define LG_NOTIFY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/error.h"

/* An address prefix; IPv4 in the first four bytes. */
struct network {
    int family; /* AF_INET or AF_INET6 */
    unsigned char bytes[16];
    unsigned bits;
};

#define MAX_NETWORKS 64

/* "10.1.0.0/16", "fd00::/8", or an address for itself alone. ERR_CONFIG. */
enum error_code network_parse(const char *text, struct network *ret_network,
                              struct error *err) MUST_CHECK;

bool network_contains(const struct network *network, const struct sockaddr *address);

/*
 * Whether the address is globally reachable unicast by IANA's special-purpose registries (RFC 6890
 * and its successors, as of 2025), is no address inside which another one is hidden (IPv4-mapped,
 * 6to4, Teredo, NAT64), and is none of a cloud's metadata services.
 */
bool address_is_public(const struct sockaddr *address);

/* Whether one of this machine's interfaces has the address. */
bool address_is_own(const struct sockaddr *address);

#endif
