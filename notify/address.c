#include "notify/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* Source: IANA IPv4 Special-Purpose Address Registry, what is not globally reachable; multicast. */
static const char *const closed_ipv4[] = {
    "0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
    "169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",   "168.63.129.16/32",
};

/* Only 2000::/3 is global unicast; these parts of it are not, or hide other addresses. */
static const char *const closed_ipv6[] = {
    "2001::/23",     /* protocol assignments, among them Teredo, benchmarking, ORCHID */
    "2001:db8::/32", /* documentation */
    "2002::/16",     /* 6to4 */
    "3fff::/20",     /* documentation */
};

enum error_code network_parse(const char *text, struct network *ret_network, struct error *err)
{
    char address[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "/");
    struct network network = {.family = memchr(text, ':', len) != NULL ? AF_INET6 : AF_INET};
    unsigned most = network.family == AF_INET6 ? 128 : 32;
    (void)snprintf(address, sizeof(address), "%.*s", (int)len, text);
    char *end = NULL;
    unsigned long bits = text[len] == '/' ? strtoul(text + len + 1, &end, 10) : most;
    bool has_digits = text[len] != '/' || (text[len + 1] >= '0' && text[len + 1] <= '9');
    if (len >= sizeof(address) || inet_pton(network.family, address, network.bytes) != 1 ||
        !has_digits || (end != NULL && *end != '\0') || bits > most) {
        (void)error_set(err, ERR_CONFIG, "'%s' is no network", text);
        error_hint(err, "Write it like 10.1.0.0/16 or fd00::/8.");
        return ERR_CONFIG;
    }
    network.bits = (unsigned)bits;
    *ret_network = network;
    return OK;
}

/* The bytes of an address, NULL for another family. */
static const unsigned char *address_bytes(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (const unsigned char *)&((const struct sockaddr_in *)(const void *)address)
            ->sin_addr;
    if (address->sa_family == AF_INET6)
        return (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)address)
            ->sin6_addr;
    return NULL;
}

bool network_contains(const struct network *network, const struct sockaddr *address)
{
    const unsigned char *bytes = address_bytes(address);
    if (bytes == NULL || address->sa_family != network->family)
        return false;
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(bytes, network->bytes, whole) != 0)
        return false;
    unsigned mask = 0xFFU << (8 - rest);
    return rest == 0 || ((bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

static bool is_in_any(const struct sockaddr *address, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct network network;
        if (network_parse(list[i], &network, NULL) == OK && network_contains(&network, address))
            return true;
    }
    return false;
}

bool address_is_public(const struct sockaddr *address)
{
    const unsigned char *bytes = address_bytes(address);
    if (bytes == NULL)
        return false;
    if (address->sa_family == AF_INET)
        return !is_in_any(address, closed_ipv4, ARRAY_SIZE(closed_ipv4));
    return (bytes[0] & 0xE0) == 0x20 && !is_in_any(address, closed_ipv6, ARRAY_SIZE(closed_ipv6));
}

bool address_is_own(const struct sockaddr *address)
{
    const unsigned char *bytes = address_bytes(address);
    struct ifaddrs *interfaces = NULL;
    if (bytes == NULL || getifaddrs(&interfaces) != 0)
        return true; /* what cannot be told is not allowed */
    size_t len = address->sa_family == AF_INET ? 4 : 16;
    bool own = false;
    for (const struct ifaddrs *i = interfaces; i != NULL && !own; i = i->ifa_next)
        own = i->ifa_addr != NULL && i->ifa_addr->sa_family == address->sa_family &&
              memcmp(address_bytes(i->ifa_addr), bytes, len) == 0;
    freeifaddrs(interfaces);
    return own;
}
