/* Splits the text of an expression into tokens. */
#ifndef LG_RULES_TOKEN_H
#define LG_RULES_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,   /* text without underscores; percent */
    TOKEN_DURATION, /* duration_us; text as written */
    TOKEN_STRING,   /* text without quotes, doubled quotes made single */
    TOKEN_QUOTED,   /* "…": text likewise */
    TOKEN_NAME,     /* text as written */
    TOKEN_KEYWORD,  /* text in lower case */
    TOKEN_SYMBOL,   /* text: one of + - * / ( ) , . = <> < <= > >= ; != is read as <> */
};

struct token {
    enum token_kind kind;
    size_t offset; /* of the first byte */
    size_t end;    /* offset after the last byte */
    const char *text;
    bool percent;
    int64_t duration_us;
};

struct lexer {
    const char *text;
    size_t len;
    size_t at;
    struct arena *arena;
    bool in_yaml_plain; /* the text is an unquoted YAML value, whose " #" begins a comment */
};

/* Where and why a text is no expression; message and hint are in err. */
struct syntax_error {
    size_t offset;
    struct error err;
};

/* Reads the next token. ERR_CONFIG with the place; *ret_token is untouched on failure. */
enum error_code lexer_next(struct lexer *lexer, struct token *ret_token,
                           struct syntax_error *error) MUST_CHECK;

/* Whether the word, in lower case, is a keyword of the language. */
bool token_is_keyword(const char *word);

#endif
