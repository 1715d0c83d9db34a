/* Big-endian integers at any address, as network formats have them. */
#ifndef LG_SNAPSHOT_BYTES_H
#define LG_SNAPSHOT_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_be16(void *out, uint16_t value)
{
    value = htobe16(value);
    memcpy(out, &value, sizeof(value));
}

static inline void put_be32(void *out, uint32_t value)
{
    value = htobe32(value);
    memcpy(out, &value, sizeof(value));
}

static inline void put_be64(void *out, uint64_t value)
{
    value = htobe64(value);
    memcpy(out, &value, sizeof(value));
}

static inline uint16_t get_be16(const void *bytes)
{
    uint16_t value = 0;
    memcpy(&value, bytes, sizeof(value));
    return be16toh(value);
}

static inline uint32_t get_be32(const void *bytes)
{
    uint32_t value = 0;
    memcpy(&value, bytes, sizeof(value));
    return be32toh(value);
}

static inline uint64_t get_be64(const void *bytes)
{
    uint64_t value = 0;
    memcpy(&value, bytes, sizeof(value));
    return be64toh(value);
}

#endif
