/*
 * Memory for what lives as long as its owner: rules, expressions, configuration, findings. Freed
 * all at once.
 */
#ifndef LG_BASE_ARENA_H
#define LG_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/macros.h"

struct arena_chunk;

/* Zero-initialise before first use. Not safe for use from two threads at once. */
struct arena {
    struct arena_chunk *newest;
};

/* Frees all memory of the arena; it is empty and usable afterwards. */
void arena_release(struct arena *arena);

/*
 * Zeroed memory aligned for any type. Never NULL: a process that cannot get a few kilobytes for its
 * own rules has nothing left to decide, so it prints "out of memory" and aborts. What grows with
 * the data must use struct buffer or columns instead, whose functions report ERR_MEMORY.
 */
void *arena_alloc(struct arena *arena, size_t bytes) __attribute__((returns_nonnull));
void *arena_calloc(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_strndup(struct arena *arena, const char *text, size_t len)
    __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3)
    __attribute__((returns_nonnull));

/*
 * Grows an array of *capacity elements so that it holds at least needed; old elements are copied,
 * the old memory stays in the arena until release.
 */
void *arena_grow(struct arena *arena, void *array, size_t size, size_t *capacity, size_t needed)
    __attribute__((returns_nonnull));

#endif
