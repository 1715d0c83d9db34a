#include "rules/damage_internal.h"

#define ROUNDS 6

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A balanced Feistel network over twice half_bits bits. */
static uint64_t encrypt(uint64_t x, unsigned half_bits, uint64_t seed)
{
    uint64_t mask = (UINT64_C(1) << half_bits) - 1;
    uint64_t left = x >> half_bits;
    uint64_t right = x & mask;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t next = left ^ (mix(right ^ mix(seed + round)) & mask);
        left = right;
        right = next;
    }
    return left << half_bits | right;
}

/*
 * Walks the cycle of the network until it is back in range, which keeps it a bijection. Source: J.
 * Black and P. Rogaway, "Ciphers with Arbitrary Finite Domains", 2002.
 */
uint64_t damage_shuffle(uint64_t i, uint64_t n, uint64_t seed)
{
    unsigned half_bits = 1;
    while (half_bits < 32 && n > UINT64_C(1) << (2 * half_bits))
        half_bits++;
    do {
        i = encrypt(i, half_bits, seed);
    } while (i >= n);
    return i;
}
