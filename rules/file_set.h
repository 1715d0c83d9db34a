/* Files of values for `in file("…")`: one value a line. */
#ifndef LG_RULES_FILE_SET_H
#define LG_RULES_FILE_SET_H

#include <stdbool.h>

#include "base/arena.h"
#include "diff/expr.h"

#define FILE_SET_MAX_BYTES ((size_t)256 << 20)

/* One file as values of one type. */
struct file_set {
    const char *path;
    enum value_type type;
    bool is_real; /* numbers are rounded as a column of type real rounds them */
    struct value_set *values;
    char digest[33]; /* of the bytes of the file */
};

/* Zero-initialise; release afterwards. Each file is read once for each type. The list belongs to
 * the arena, the values do not. */
struct file_sets {
    struct file_set *sets;
    size_t n_sets;
    size_t capacity;
};

void file_sets_release(struct file_sets *sets);

/*
 * The values of a file: blank lines are left out, space around a value as well unless it is text.
 * ERR_CONFIG with file and line: the file is missing, larger than FILE_SET_MAX_BYTES, has no value,
 * or a value that is none of the type. ERR_MEMORY.
 */
enum error_code file_sets_get(struct file_sets *sets, const char *path, enum value_type type,
                              bool is_real, struct arena *arena, const struct value_set **ret_set,
                              struct error *err) MUST_CHECK;

/*
 * Reads a text as a value of the type, as files and literals need it. The value's text refers to
 * the given one, or belongs to the arena if it has to be in another form. ERR_DATA with the reason.
 */
enum error_code file_set_parse_value(const char *text, size_t len, enum value_type type,
                                     bool is_real, struct arena *arena, struct value *ret_value,
                                     struct error *err) MUST_CHECK;

#endif
