/* SQL text with names in it: DDL and COPY take no parameters, so words are put in, quoted. */
#ifndef LG_STORE_SQL_TEMPLATE_H
#define LG_STORE_SQL_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/conn.h"

enum sql_word_kind {
    SQL_IDENTIFIER, /* quoted as a name */
    SQL_LITERAL,    /* quoted as a string */
    SQL_NUMBER,
    SQL_PLAIN, /* as it is: text made by this program, or SQL from the configuration */
};

/* What stands for {placeholder}. */
struct sql_word {
    const char *placeholder;
    enum sql_word_kind kind;
    const char *text;
    int64_t number;
};

/*
 * Appends the template with every {placeholder} replaced; a brace that is not followed by a lower
 * case letter is plain text. Asserts that each placeholder has its word. ERR_DATA: not UTF-8.
 */
enum error_code sql_expand(struct store *store, const char *template, const struct sql_word *words,
                           size_t n_words, struct buffer *out, struct error *err) MUST_CHECK;

/* Expands and runs a statement that returns no rows. */
enum error_code sql_run(struct store *store, const char *template, const struct sql_word *words,
                        size_t n_words, int deadline_ms, struct error *err) MUST_CHECK;

#endif
