#include "rules/token.h"

#include <ctype.h>
#include <string.h>

#include "yaml/units.h"

static const char *const keywords[] = {
    "and",  "or",   "not",  "is",   "null", "distinct", "from", "in",    "between",
    "like", "case", "when", "then", "else", "end",      "true", "false",
};

#define MAX_NUMBER_BYTES 60

bool token_is_keyword(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (strcmp(keywords[i], word) == 0)
            return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static char peek(const struct lexer *lexer, size_t ahead)
{
    return lexer->at + ahead < lexer->len ? lexer->text[lexer->at + ahead] : '\0';
}

static enum error_code fail_at(struct syntax_error *error, size_t offset, const char *hint,
                               const char *format, ...) PRINTF_LIKE(4, 5);

static enum error_code fail_at(struct syntax_error *error, size_t offset, const char *hint,
                               const char *format, ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)error_set(&error->err, ERR_CONFIG, "%s", message);
    if (hint != NULL)
        error_hint(&error->err, "%s", hint);
    error->offset = offset;
    return ERR_CONFIG;
}

static const char *copy_lower(struct lexer *lexer, size_t start, size_t end)
{
    char *text = arena_strndup(lexer->arena, lexer->text + start, end - start);
    for (char *p = text; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

/* Whether a parenthesis follows: distinct is a function then, and part of `is distinct from` else.
 */
static bool call_follows(const struct lexer *lexer)
{
    size_t ahead = 0;
    while (peek(lexer, ahead) == ' ')
        ahead++;
    return peek(lexer, ahead) == '(';
}

static enum error_code read_name(struct lexer *lexer, struct token *token,
                                 struct syntax_error *error)
{
    size_t start = lexer->at;
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
        lexer->at++;
    const char *lower = copy_lower(lexer, start, lexer->at);
    if (strncmp(lower, "\xE2\x80", 2) == 0)
        return fail_at(error, start, "Write straight quotes: 'text'.",
                       "this character is not part of the language");
    token->end = lexer->at;
    bool is_function = strcmp(lower, "distinct") == 0 && call_follows(lexer);
    token->kind = token_is_keyword(lower) && !is_function ? TOKEN_KEYWORD : TOKEN_NAME;
    token->text = token->kind == TOKEN_KEYWORD
                      ? lower
                      : arena_strndup(lexer->arena, lexer->text + start, lexer->at - start);
    return OK;
}

/* Text between quotes; a doubled quote stands for one. */
static enum error_code read_quoted(struct lexer *lexer, char quote, struct token *token,
                                   struct syntax_error *error)
{
    size_t start = lexer->at++;
    char *text = arena_alloc(lexer->arena, lexer->len - start + 1);
    size_t n = 0;
    for (;;) {
        if (lexer->at >= lexer->len)
            return fail_at(error, start,
                           lexer->in_yaml_plain
                               ? "Close the quote. If there is a # after a space in it, YAML takes "
                                 "the rest for a comment: put double quotes around the whole value."
                               : "Close the quote.",
                           "a %s that begins here has no end",
                           quote == '\'' ? "text in quotes" : "name in double quotes");
        char c = lexer->text[lexer->at++];
        if (c == quote && peek(lexer, 0) != quote)
            break;
        lexer->at += c == quote;
        text[n++] = c;
    }
    token->kind = quote == '\'' ? TOKEN_STRING : TOKEN_QUOTED;
    token->text = text;
    token->end = lexer->at;
    if (quote == '"' && n == 0)
        return fail_at(error, start, "A text, which may be empty, stands in single quotes: ''.",
                       "a name in double quotes is empty");
    return OK;
}

static void skip_digits(struct lexer *lexer)
{
    while (is_digit(peek(lexer, 0)) || (peek(lexer, 0) == '_' && is_digit(peek(lexer, 1))))
        lexer->at++;
}

/* Digits, fraction and exponent. */
static void skip_number(struct lexer *lexer)
{
    skip_digits(lexer);
    if (peek(lexer, 0) == '.') {
        lexer->at++;
        skip_digits(lexer);
    }
    size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
    if ((peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') && is_digit(peek(lexer, 1 + sign))) {
        lexer->at += 1 + sign;
        skip_digits(lexer);
    }
}

static const char *without_underscores(struct lexer *lexer, size_t start, size_t end)
{
    char *text = arena_alloc(lexer->arena, end - start + 2);
    size_t n = 0;
    if (lexer->text[start] == '.')
        text[n++] = '0';
    for (size_t i = start; i < end; i++) {
        if (lexer->text[i] != '_')
            text[n++] = lexer->text[i];
    }
    return text;
}

static enum error_code read_duration(struct lexer *lexer, size_t start, struct token *token,
                                     struct syntax_error *error)
{
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)) || peek(lexer, 0) == '.')
        lexer->at++;
    token->kind = TOKEN_DURATION;
    token->end = lexer->at;
    token->text = without_underscores(lexer, start, lexer->at);
    if (units_parse_duration(token->text, strlen(token->text), &token->duration_us, NULL) != OK)
        return fail_at(error, start, "Units of time are ms, s, m, h and d.",
                       "'%.40s' is neither a number nor a duration like 500ms, 30m, 2h or 3d",
                       token->text);
    return OK;
}

static enum error_code read_number(struct lexer *lexer, struct token *token,
                                   struct syntax_error *error)
{
    size_t start = lexer->at;
    skip_number(lexer);
    if (is_letter(peek(lexer, 0)))
        return read_duration(lexer, start, token, error);
    token->kind = TOKEN_NUMBER;
    token->text = without_underscores(lexer, start, lexer->at);
    if (strlen(token->text) > MAX_NUMBER_BYTES)
        return fail_at(error, start, "Shorten it, or write it as in 1e9.",
                       "the number has more than %d digits", MAX_NUMBER_BYTES);
    if (peek(lexer, 0) == '%') {
        token->percent = true;
        lexer->at++;
        if (strpbrk(token->text, "eE") != NULL)
            return fail_at(error, start, "Write the percentage out, as in 0.5%.",
                           "a percentage has no exponent");
    }
    token->end = lexer->at;
    return OK;
}

struct known_mistake {
    const char *text;
    const char *message;
    const char *hint;
};

static const struct known_mistake known_mistakes[] = {
    {"==", "there is no operator ==", "Write = to compare."},
    {"=>", "there is no operator =>", "Write >= for at least."},
    {"=<", "there is no operator =<", "Write <= for at most."},
    {"&&", "there is no operator &&", "Write and."},
    {"||", "there is no operator ||", "Write or."},
    {"!", "there is no operator !", "Write not."},
    {"&", "there is no operator &", "Write and."},
    {"|", "there is no operator |", "Write or."},
    {"**", "there is no operator **", "Write x * x, or exp(y * ln(x))."},
    {"^", "there is no operator ^", "Write x * x, or exp(y * ln(x))."},
    {"%", "% stands directly after a number, as in 5%", "There is no remainder operator."},
    {"`", "names do not stand in backquotes", "Put the name in double quotes, or in none."},
    {"[", "there are no square brackets", "Lists stand in parentheses, as in x in (1, 2)."},
    {"{", "there are no braces in an expression",
     "Templates are not filled in here: write the value itself."},
    {";", "an expression has no ; in it", "Write one condition; join several with and."},
    {"$", "there are no parameters", "Write the value itself."},
    {":", "there is no :: or : in an expression",
     "Compare a text with the column as it is: its "
     "type decides how the text is read."},
    {"~", "there is no operator ~", "Match texts with like 'a%'."},
    {"?", "there is no operator ?", "Write case when x > 0 then 1 else 0 end."},
    {"#", "there are no comments in an expression", "Write the reason into because:."},
    {"@", "there are no variables", "Write the value itself."},
    {"]", "there are no square brackets", "Lists stand in parentheses, as in x in (1, 2)."},
    {"}", "there are no braces in an expression",
     "Templates are not filled in here: write the value itself."},
};

static enum error_code unknown_symbol(const struct lexer *lexer, struct syntax_error *error)
{
    const char *at = lexer->text + lexer->at;
    for (size_t i = 0; i < ARRAY_SIZE(known_mistakes); i++) {
        const struct known_mistake *known = &known_mistakes[i];
        if (strncmp(at, known->text, strlen(known->text)) == 0)
            return fail_at(error, lexer->at, known->hint, "%s", known->message);
    }
    return fail_at(error, lexer->at, "Remove it; a text with it stands in single quotes.",
                   "'%c' is not part of the language",
                   (unsigned char)*at < 0x20 || *at == 0x7F ? '?' : *at);
}

static enum error_code read_symbol(struct lexer *lexer, struct token *token,
                                   struct syntax_error *error)
{
    static const char *const symbols[] = {"<>", "<=", ">=", "!=", "+", "-", "*", "/",
                                          "(",  ")",  ",",  ".",  "=", "<", ">"};
    const char *at = lexer->text + lexer->at;
    static const char *const lookalikes[] = {"==", "=>", "=<", "**"};
    for (size_t i = 0; i < ARRAY_SIZE(lookalikes); i++) {
        if (strncmp(at, lookalikes[i], 2) == 0)
            return unknown_symbol(lexer, error);
    }
    for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
        if (strncmp(at, symbols[i], strlen(symbols[i])) != 0)
            continue;
        token->kind = TOKEN_SYMBOL;
        token->text = strcmp(symbols[i], "!=") == 0 ? "<>" : symbols[i];
        lexer->at += strlen(symbols[i]);
        token->end = lexer->at;
        return OK;
    }
    return unknown_symbol(lexer, error);
}

enum error_code lexer_next(struct lexer *lexer, struct token *ret_token, struct syntax_error *error)
{
    while (lexer->at < lexer->len && strchr(" \t\r\n", lexer->text[lexer->at]) != NULL)
        lexer->at++;
    struct token token = {.offset = lexer->at, .end = lexer->at, .text = ""};
    char c = peek(lexer, 0);
    if (lexer->at == lexer->len)
        token.kind = TOKEN_END;
    else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        TRY(read_number(lexer, &token, error));
    else if (is_letter(c))
        TRY(read_name(lexer, &token, error));
    else if (c == '\'' || c == '"')
        TRY(read_quoted(lexer, c, &token, error));
    else
        TRY(read_symbol(lexer, &token, error));
    *ret_token = token;
    return OK;
}
