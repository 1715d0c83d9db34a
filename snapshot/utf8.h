/* UTF-8 as PostgreSQL accepts it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef LG_SNAPSHOT_UTF8_H
#define LG_SNAPSHOT_UTF8_H

#include <stddef.h>

/* Length of the longest valid prefix; equals len if all is valid. */
size_t utf8_valid_prefix(const char *text, size_t len);

/* The largest length <= limit (and <= len) at which a valid text can be cut between characters. */
size_t utf8_cut(const char *text, size_t len, size_t limit);

#endif
