#include "yaml/suggest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MAX_WORD_BYTES 64
#define MAX_EDITS 3
#define MIN_PREFIX_BYTES 3

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(const char *text, size_t i)
{
    return tolower((unsigned char)text[i]);
}

/*
 * Edits between two words: the restricted Damerau-Levenshtein distance (optimal string alignment).
 * rows hold the last three lines of its table.
 */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][MAX_WORD_BYTES + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *now = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = last[j - 1] + (lower(a, i - 1) != lower(b, j - 1));
            now[j] = min_size(replaced, min_size(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a, i - 1) == lower(b, j - 2) &&
                lower(a, i - 2) == lower(b, j - 1))
                now[j] = min_size(now[j], before[j - 2] + 1);
        }
        size_t *recycled = before;
        before = last;
        last = now;
        now = recycled;
    }
    return last[b_len];
}

/* Edits, or a number beyond any that counts as near. */
static size_t distance_if_near(const char *word, size_t word_len, const char *candidate)
{
    const size_t far = MAX_EDITS + 1;
    size_t len = strlen(candidate);
    if (len == 0 || len > MAX_WORD_BYTES)
        return far;
    size_t longer = len > word_len ? len : word_len;
    size_t allowed = min_size(longer / 3, MAX_EDITS);
    size_t distance = edit_distance(word, word_len, candidate, len);
    if (distance <= allowed)
        return distance;
    if (word_len >= MIN_PREFIX_BYTES && strncasecmp(word, candidate, word_len) == 0)
        return MAX_EDITS;
    return far;
}

const char *suggest_closest(const char *word, const char *const *candidates, size_t n_candidates)
{
    size_t word_len = strlen(word);
    if (word_len == 0 || word_len > MAX_WORD_BYTES)
        return NULL;
    const char *best = NULL;
    size_t best_distance = MAX_EDITS + 1;
    for (size_t i = 0; i < n_candidates; i++) {
        if (candidates[i] == NULL)
            continue;
        size_t distance = distance_if_near(word, word_len, candidates[i]);
        if (distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
