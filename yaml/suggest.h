/* "Did you mean": the nearest of some known words. */
#ifndef LG_YAML_SUGGEST_H
#define LG_YAML_SUGGEST_H

#include <stddef.h>

/*
 * The candidate nearest to the word by edit distance (insert, delete, replace, swap of neighbours;
 * letter case does not count), or NULL if none is near: at most one edit for every three letters
 * of the longer word, and at most three. A longer candidate that the word begins is near, too, from
 * three letters on. Words beyond 64 bytes have no near ones. NULL candidates are skipped.
 */
const char *suggest_closest(const char *word, const char *const *candidates, size_t n_candidates);

#endif
