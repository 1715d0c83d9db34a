/* The text of a document: reading it whole, checking its bytes, finding its lines. */
#ifndef LG_YAML_SOURCE_H
#define LG_YAML_SOURCE_H

#include "yaml/document.h"

/*
 * Reads a regular file, a pipe or a device as a whole, at most YAML_MAX_FILE_BYTES, into the arena.
 * ERR_CONFIG with a problem in diags.
 */
enum error_code source_read(const char *path, struct arena *arena, const char **ret_text,
                            size_t *ret_len, struct diagnostics *diags,
                            struct error *err) MUST_CHECK;

/*
 * Copies a text into the arena, without a byte order mark, and finds its lines as YAML counts them.
 * ERR_CONFIG with a problem in diags: too long, not UTF-8, or a zero byte.
 */
enum error_code source_make(const char *name, const char *text, size_t len, struct arena *arena,
                            const struct yaml_source **ret_source, struct diagnostics *diags,
                            struct error *err) MUST_CHECK;

/* Byte offset of a character given by 0-based line and 0-based column in characters. */
size_t source_offset(const struct yaml_source *source, size_t line, size_t column);

/* 1-based line and column in characters of a byte offset. */
void source_place(const struct yaml_source *source, size_t offset, unsigned *ret_line,
                  unsigned *ret_column);

/* Bytes of the line break at an offset, 0 if there is none: \n, \r\n, \r, U+0085, U+2028, U+2029.
 */
size_t source_break_bytes(const struct yaml_source *source, size_t offset);

#endif
