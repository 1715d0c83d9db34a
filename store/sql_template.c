#include "store/sql_template.h"

#include <assert.h>
#include <string.h>

#define MAX_SQL_BYTES ((size_t)1 << 20)

static const struct sql_word *find_word(const struct sql_word *words, size_t n_words,
                                        const char *name, size_t len)
{
    for (size_t i = 0; i < n_words; i++) {
        if (strlen(words[i].placeholder) == len && memcmp(words[i].placeholder, name, len) == 0)
            return &words[i];
    }
    return NULL;
}

static enum error_code append_word(struct store *store, const struct sql_word *word,
                                   struct buffer *out, struct error *err)
{
    switch (word->kind) {
    case SQL_IDENTIFIER:
        return store_quote_identifier(store, word->text, out, err);
    case SQL_LITERAL:
        return store_quote_literal(store, word->text, out, err);
    case SQL_NUMBER:
        return buffer_printf(out, err, "%lld", (long long)word->number);
    case SQL_PLAIN:
        return buffer_append_string(out, word->text, err);
    }
    return OK;
}

/* The next brace that opens a placeholder, or the end of the text. */
static const char *next_placeholder(const char *text)
{
    const char *brace = strchr(text, '{');
    while (brace != NULL && !(brace[1] >= 'a' && brace[1] <= 'z'))
        brace = strchr(brace + 1, '{');
    return brace != NULL ? brace : text + strlen(text);
}

enum error_code sql_expand(struct store *store, const char *template, const struct sql_word *words,
                           size_t n_words, struct buffer *out, struct error *err)
{
    const char *at = template;
    while (*at != '\0') {
        const char *brace = next_placeholder(at);
        TRY(buffer_append(out, at, (size_t)(brace - at), err));
        if (*brace == '\0')
            break;
        const char *name = brace + 1;
        size_t len = strcspn(name, "}");
        const struct sql_word *word = find_word(words, n_words, name, len);
        assert(word != NULL);
        TRY(append_word(store, word, out, err));
        at = name + len + 1;
    }
    return OK;
}

enum error_code sql_run(struct store *store, const char *template, const struct sql_word *words,
                        size_t n_words, int deadline_ms, struct error *err)
{
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, MAX_SQL_BYTES);
    TRY(sql_expand(store, template, words, n_words, &sql, err));
    return store_exec(store, &(struct store_query){buffer_string(&sql), STORE_NO_ROWS, deadline_ms},
                      NULL, 0, NULL, err);
}
