#include "rules/parser.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

struct parser {
    struct lexer lexer;
    struct token token; /* the next one */
    struct syntax_error *error;
    size_t depth; /* of the calls under way */
    size_t n_nodes;
};

/* Parses a part into node. The assertion tells the analyser what success means. */
#define PARSE(rule, p, node)                                                                       \
    do {                                                                                           \
        TRY(rule(p, &(node)));                                                                     \
        assert((node) != NULL);                                                                    \
    } while (0)

static enum error_code parse_or(struct parser *p, struct ast **ret_ast);
static enum error_code parse_additive(struct parser *p, struct ast **ret_ast);
static enum error_code parse_unary(struct parser *p, struct ast **ret_ast);

static enum error_code fail_at(struct parser *p, size_t offset, const char *hint,
                               const char *format, ...) PRINTF_LIKE(4, 5);

static enum error_code fail_at(struct parser *p, size_t offset, const char *hint,
                               const char *format, ...)
{
    char message[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)error_set(&p->error->err, ERR_CONFIG, "%s", message);
    if (hint != NULL)
        error_hint(&p->error->err, "%s", hint);
    p->error->offset = offset;
    return ERR_CONFIG;
}

static enum error_code advance(struct parser *p)
{
    return lexer_next(&p->lexer, &p->token, p->error);
}

static bool at_keyword(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_KEYWORD && strcmp(p->token.text, word) == 0;
}

static bool at_symbol(const struct parser *p, const char *symbol)
{
    return p->token.kind == TOKEN_SYMBOL && strcmp(p->token.text, symbol) == 0;
}

/* The next token as messages show it. */
static const char *shown_token(const struct parser *p)
{
    if (p->token.kind == TOKEN_END)
        return "the end";
    size_t len = p->token.end - p->token.offset;
    return arena_printf(p->lexer.arena, "'%.*s'", (int)(len > 40 ? 40 : len),
                        p->lexer.text + p->token.offset);
}

static enum error_code expect_symbol(struct parser *p, const char *symbol, const char *after)
{
    if (!at_symbol(p, symbol))
        return fail_at(
            p, p->token.offset,
            "Lists and paths stand in parentheses: x in (1, 2), x in file(\"list.txt\").",
            "'%s' is expected %s, not %s", symbol, after, shown_token(p));
    return advance(p);
}

/* The whole form that the word belongs to. */
static const char *keyword_hint(const char *word)
{
    if (strcmp(word, "and") == 0)
        return "Write x between 1 and 5.";
    if (strcmp(word, "from") == 0)
        return "Write x is distinct from y.";
    return "Write case when x > 0 then 1 else 0 end.";
}

static enum error_code expect_keyword(struct parser *p, const char *word, const char *after)
{
    if (!at_keyword(p, word))
        return fail_at(p, p->token.offset, keyword_hint(word), "'%s' is expected %s, not %s", word,
                       after, shown_token(p));
    return advance(p);
}

/* A node over the args, which are copied. */
static enum error_code new_node(struct parser *p, enum ast_kind kind, size_t offset,
                                struct ast *const *args, size_t n_args, struct ast **ret_ast)
{
    if (++p->n_nodes > AST_MAX_NODES)
        return fail_at(p, offset, "Put long lists into a file: x in file(\"list.txt\").",
                       "the expression has more than %d parts", AST_MAX_NODES);
    struct ast *ast = arena_alloc(p->lexer.arena, sizeof(*ast));
    *ast = (struct ast){.kind = kind, .offset = offset, .depth = 1, .text = "", .n_args = n_args};
    if (n_args > 0)
        ast->args = arena_calloc(p->lexer.arena, n_args, sizeof(*ast->args));
    for (size_t i = 0; i < n_args; i++) {
        ast->args[i] = args[i];
        if (args[i]->depth >= ast->depth)
            ast->depth = args[i]->depth + 1;
    }
    if (ast->depth > AST_MAX_DEPTH)
        return fail_at(p, offset, "Split the condition into several rules.",
                       "the expression is nested more than %d deep", AST_MAX_DEPTH);
    *ret_ast = ast;
    return OK;
}

/* Expressions that are being collected for one node. */
struct list {
    struct ast **items;
    size_t n;
    size_t capacity;
};

static void list_add(struct parser *p, struct list *list, struct ast *ast)
{
    list->items =
        arena_grow(p->lexer.arena, list->items, sizeof(struct ast *), &list->capacity, list->n + 1);
    list->items[list->n++] = ast;
}

/* Words of SQL and of other tools, with what to write instead. */
static const char *foreign_word_hint(const struct parser *p)
{
    static const char *const words[][2] = {
        {"where", "A condition on rows is the last argument: mean(score, active)."},
        {"filter", "A condition on rows is the last argument: mean(score, active)."},
        {"by", "Write by: with the columns in a line of its own."},
        {"group", "Write by: with the columns in a line of its own."},
        {"over", "Write by: with the columns in a line of its own."},
        {"as", "Values have the types of their columns; there are no casts."},
        {"ilike", "Match texts with like 'a%'."},
        {"matches", "Match texts with like 'a%'."},
        {"regexp", "Match texts with like 'a%'."},
        {"hours", "Write the unit directly behind the number: 24h."},
        {"hour", "Write the unit directly behind the number: 1h."},
        {"days", "Write the unit directly behind the number: 3d."},
        {"day", "Write the unit directly behind the number: 1d."},
        {"minutes", "Write the unit directly behind the number: 30m."},
        {"percent", "Write 5%."},
        {"from", "A condition is no query: compare a measure, as in rows > 0."},
        {"limit", "A condition is no query: compare a measure, as in rows > 0."},
    };
    size_t len = p->token.end - p->token.offset;
    const char *text = p->lexer.text + p->token.offset;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (len == strlen(words[i][0]) && strncasecmp(text, words[i][0], len) == 0)
            return words[i][1];
    }
    return NULL;
}

/* What to do where a parenthesis should close. */
static const char *closing_hint(const struct parser *p)
{
    if (p->token.kind == TOKEN_END)
        return p->lexer.in_yaml_plain ? "Close the parenthesis. If a # stands after a space above, "
                                        "put double quotes around the whole value."
                                      : "Close the parenthesis.";
    const char *hint = foreign_word_hint(p);
    return hint != NULL ? hint : "Is an operator, a comma or a parenthesis missing before it?";
}

/* Comma-separated expressions up to and including the closing parenthesis. */
static enum error_code parse_arguments(struct parser *p, struct list *list)
{
    if (at_symbol(p, ")"))
        return advance(p);
    for (;;) {
        struct ast *item = NULL;
        PARSE(parse_or, p, item);
        list_add(p, list, item);
        if (!at_symbol(p, ","))
            break;
        TRY(advance(p));
    }
    if (!at_symbol(p, ")"))
        return fail_at(p, p->token.offset, closing_hint(p), "',' or ')' is expected here, not %s",
                       shown_token(p));
    return advance(p);
}

static enum error_code parse_call(struct parser *p, const struct token *name, struct ast **ret_ast)
{
    struct list args = {0};
    TRY(advance(p));
    if (at_symbol(p, "*"))
        return fail_at(p, p->token.offset, "Write rows for the number of rows.",
                       "%s(*) is not part of the language", name->text);
    TRY(parse_arguments(p, &args));
    TRY(new_node(p, AST_CALL, name->offset, args.items, args.n, ret_ast));
    char *lower = arena_strdup(p->lexer.arena, name->text);
    for (char *c = lower; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    (*ret_ast)->text = lower;
    return OK;
}

/* name, "name", old.name, function(...). */
static enum error_code parse_name(struct parser *p, struct ast **ret_ast)
{
    struct token name = p->token;
    bool old = false;
    TRY(advance(p));
    if (at_symbol(p, "(") && name.kind == TOKEN_NAME)
        return parse_call(p, &name, ret_ast);
    if (at_symbol(p, ".")) {
        old = name.kind == TOKEN_NAME && strcmp(name.text, "old") == 0;
        if (!old)
            return fail_at(p, name.offset,
                           strcmp(name.text, "new") == 0
                               ? "Write the column alone for its new value."
                               : "A name with a dot in it stands in double quotes.",
                           "only old. can stand before a column");
        TRY(advance(p));
        if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_QUOTED)
            return fail_at(p, p->token.offset,
                           "Write old.score; old values of *, or of an "
                           "expression, are written column by column.",
                           "a column is expected after old., not %s", shown_token(p));
        name.kind = p->token.kind;
        name.text = p->token.text;
        TRY(advance(p));
    }
    TRY(new_node(p, AST_NAME, name.offset, NULL, 0, ret_ast));
    (*ret_ast)->text = name.text;
    (*ret_ast)->old = old;
    (*ret_ast)->quoted = name.kind == TOKEN_QUOTED;
    return OK;
}

static enum error_code parse_case(struct parser *p, struct ast **ret_ast)
{
    size_t offset = p->token.offset;
    struct list args = {0};
    struct ast *part = NULL;
    TRY(advance(p));
    if (!at_keyword(p, "when"))
        return fail_at(p, p->token.offset, "Write case when x = 1 then ... end.",
                       "'when' is expected after case, not %s", shown_token(p));
    while (at_keyword(p, "when")) {
        TRY(advance(p));
        PARSE(parse_or, p, part);
        list_add(p, &args, part);
        TRY(expect_keyword(p, "then", "after the condition of when"));
        PARSE(parse_or, p, part);
        list_add(p, &args, part);
    }
    if (at_keyword(p, "else")) {
        TRY(advance(p));
        PARSE(parse_or, p, part);
        list_add(p, &args, part);
    }
    TRY(expect_keyword(p, "end", "to close the case"));
    return new_node(p, AST_CASE, offset, args.items, args.n, ret_ast);
}

static enum error_code parse_literal(struct parser *p, enum ast_kind kind, struct ast **ret_ast)
{
    TRY(new_node(p, kind, p->token.offset, NULL, 0, ret_ast));
    (*ret_ast)->text = p->token.text;
    (*ret_ast)->percent = p->token.percent;
    (*ret_ast)->duration_us = p->token.duration_us;
    (*ret_ast)->truth = strcmp(p->token.text, "true") == 0;
    return advance(p);
}

static enum error_code parse_parentheses(struct parser *p, struct ast **ret_ast)
{
    size_t offset = p->token.offset;
    TRY(advance(p));
    TRY(parse_or(p, ret_ast));
    if (!at_symbol(p, ")"))
        return fail_at(p, p->token.offset, closing_hint(p),
                       "')' is expected here, not %s; the '(' is at character %zu", shown_token(p),
                       offset + 1);
    return advance(p);
}

static enum error_code unexpected(struct parser *p)
{
    const char *hint = NULL;
    if (p->token.kind == TOKEN_END)
        hint = p->lexer.in_yaml_plain
                   ? "A # after a space begins a comment in YAML: put double quotes around the "
                     "value if there is one."
                   : "Complete the expression.";
    else if (at_keyword(p, "distinct"))
        hint = "Write distinct(x) for the number of different values.";
    else if (at_keyword(p, "and") || at_keyword(p, "or"))
        hint = "Write a condition on both sides of it.";
    else if (p->token.kind == TOKEN_KEYWORD)
        hint = "A column of that name stands in double quotes.";
    else
        hint = "Write a number, a column or a function before it.";
    return fail_at(p, p->token.offset, hint, "a value is expected here, not %s", shown_token(p));
}

static enum error_code parse_primary(struct parser *p, struct ast **ret_ast)
{
    switch (p->token.kind) {
    case TOKEN_NUMBER:
        return parse_literal(p, AST_NUMBER, ret_ast);
    case TOKEN_DURATION:
        return parse_literal(p, AST_DURATION, ret_ast);
    case TOKEN_STRING:
        return parse_literal(p, AST_STRING, ret_ast);
    case TOKEN_NAME:
    case TOKEN_QUOTED:
        return parse_name(p, ret_ast);
    default:
        break;
    }
    if (at_keyword(p, "true") || at_keyword(p, "false"))
        return parse_literal(p, AST_BOOLEAN, ret_ast);
    if (at_keyword(p, "null"))
        return parse_literal(p, AST_NULL, ret_ast);
    if (at_keyword(p, "case"))
        return parse_case(p, ret_ast);
    if (at_symbol(p, "("))
        return parse_parentheses(p, ret_ast);
    return unexpected(p);
}

/* Whether the node is a number or duration without a sign, which a minus can become part of. */
static bool takes_sign(const struct ast *ast)
{
    return (ast->kind == AST_NUMBER || ast->kind == AST_DURATION) && ast->text[0] != '-';
}

static enum error_code negate(struct parser *p, size_t offset, bool was_bare,
                              struct ast **inout_ast)
{
    struct ast *ast = *inout_ast;
    if (!was_bare || !takes_sign(ast))
        return new_node(p, AST_NEGATE, offset, inout_ast, 1, inout_ast);
    ast->text = arena_printf(p->lexer.arena, "-%s", ast->text);
    ast->duration_us = -ast->duration_us;
    ast->offset = offset;
    return OK;
}

static enum error_code enter(struct parser *p)
{
    if (++p->depth > AST_MAX_DEPTH)
        return fail_at(p, p->token.offset, "Split the condition into several rules.",
                       "the expression is nested more than %d deep", AST_MAX_DEPTH);
    return OK;
}

static enum error_code parse_unary(struct parser *p, struct ast **ret_ast)
{
    size_t offset = p->token.offset;
    bool minus = at_symbol(p, "-");
    if (!minus && !at_symbol(p, "+"))
        return parse_primary(p, ret_ast);
    TRY(enter(p));
    TRY(advance(p));
    bool bare = p->token.kind == TOKEN_NUMBER || p->token.kind == TOKEN_DURATION;
    TRY(parse_unary(p, ret_ast));
    p->depth--;
    return minus ? negate(p, offset, bare, ret_ast) : OK;
}

static bool at_operator(const struct parser *p, const char *const *symbols, enum ast_op first,
                        size_t n, enum ast_op *ret_op)
{
    for (size_t i = 0; i < n; i++) {
        if (at_symbol(p, symbols[i])) {
            *ret_op = (enum ast_op)(first + i);
            return true;
        }
    }
    return false;
}

static enum error_code infix_node(struct parser *p, enum ast_kind kind, enum ast_op op,
                                  size_t offset, struct ast *left, struct ast *right,
                                  struct ast **ret_ast)
{
    struct ast *args[2] = {left, right};
    TRY(new_node(p, kind, offset, args, 2, ret_ast));
    (*ret_ast)->op = op;
    return OK;
}

static enum error_code parse_product(struct parser *p, struct ast **ret_ast)
{
    static const char *const symbols[] = {"*", "/"};
    struct ast *left = NULL;
    enum ast_op op = AST_OP_MUL;
    PARSE(parse_unary, p, left);
    while (at_operator(p, symbols, AST_OP_MUL, 2, &op)) {
        struct ast *right = NULL;
        TRY(advance(p));
        PARSE(parse_unary, p, right);
        TRY(infix_node(p, AST_ARITHMETIC, op, left->offset, left, right, &left));
    }
    *ret_ast = left;
    return OK;
}

static enum error_code parse_additive(struct parser *p, struct ast **ret_ast)
{
    static const char *const symbols[] = {"+", "-"};
    struct ast *left = NULL;
    enum ast_op op = AST_OP_ADD;
    PARSE(parse_product, p, left);
    while (at_operator(p, symbols, AST_OP_ADD, 2, &op)) {
        struct ast *right = NULL;
        TRY(advance(p));
        PARSE(parse_product, p, right);
        TRY(infix_node(p, AST_ARITHMETIC, op, left->offset, left, right, &left));
    }
    *ret_ast = left;
    return OK;
}

/* After "is": [not] null, [not] distinct from value. */
static enum error_code parse_is(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    bool negated = false;
    TRY(advance(p));
    if (at_keyword(p, "not")) {
        negated = true;
        TRY(advance(p));
    }
    if (at_keyword(p, "null")) {
        TRY(advance(p));
        TRY(new_node(p, AST_IS_NULL, left->offset, &left, 1, ret_ast));
    } else if (at_keyword(p, "distinct")) {
        struct ast *args[2] = {left, NULL};
        TRY(advance(p));
        TRY(expect_keyword(p, "from", "after is distinct"));
        PARSE(parse_additive, p, args[1]);
        TRY(new_node(p, AST_IS_DISTINCT, left->offset, args, 2, ret_ast));
    } else {
        return fail_at(p, p->token.offset,
                       at_keyword(p, "true") || at_keyword(p, "false")
                           ? "A condition stands alone: share(active), share(not active)."
                           : "Compare with = or <>; is null tests for NULL.",
                       "'null' or 'distinct from' is expected after is, not %s", shown_token(p));
    }
    (*ret_ast)->negated = negated;
    return OK;
}

static enum error_code parse_in_file(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    TRY(advance(p));
    TRY(expect_symbol(p, "(", "after file"));
    if (p->token.kind != TOKEN_STRING && p->token.kind != TOKEN_QUOTED)
        return fail_at(p, p->token.offset, "Write in file(\"list.txt\").",
                       "a path in quotes is expected in file(), not %s", shown_token(p));
    TRY(new_node(p, AST_IN_FILE, left->offset, &left, 1, ret_ast));
    (*ret_ast)->text = p->token.text;
    TRY(advance(p));
    return expect_symbol(p, ")", "after the path");
}

static enum error_code parse_in(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    TRY(advance(p));
    if (p->token.kind == TOKEN_NAME && strcmp(p->token.text, "file") == 0)
        return parse_in_file(p, left, ret_ast);
    struct list args = {0};
    list_add(p, &args, left);
    TRY(expect_symbol(p, "(", "after in"));
    if (at_symbol(p, ")"))
        return fail_at(p, p->token.offset, "Write at least one value, as in x in ('a', 'b').",
                       "the list of in (...) is empty");
    TRY(parse_arguments(p, &args));
    return new_node(p, AST_IN, left->offset, args.items, args.n, ret_ast);
}

static enum error_code parse_between(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    struct ast *args[3] = {left, NULL, NULL};
    TRY(advance(p));
    PARSE(parse_additive, p, args[1]);
    TRY(expect_keyword(p, "and", "after the lower end of between"));
    PARSE(parse_additive, p, args[2]);
    return new_node(p, AST_BETWEEN, left->offset, args, 3, ret_ast);
}

static enum error_code parse_like(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    struct ast *args[2] = {left, NULL};
    TRY(advance(p));
    PARSE(parse_additive, p, args[1]);
    return new_node(p, AST_LIKE, left->offset, args, 2, ret_ast);
}

/* [not] in, between, like. */
static enum error_code parse_membership(struct parser *p, struct ast *left, struct ast **ret_ast)
{
    bool negated = at_keyword(p, "not");
    if (negated)
        TRY(advance(p));
    if (at_keyword(p, "in"))
        TRY(parse_in(p, left, ret_ast));
    else if (at_keyword(p, "between"))
        TRY(parse_between(p, left, ret_ast));
    else if (at_keyword(p, "like"))
        TRY(parse_like(p, left, ret_ast));
    else
        return fail_at(p, p->token.offset,
                       at_keyword(p, "null") ? "Write x is not null."
                                             : "not stands before a whole condition: not (x = 1).",
                       "'in', 'between' or 'like' is expected after not, not %s", shown_token(p));
    assert(*ret_ast != NULL);
    (*ret_ast)->negated = negated;
    return OK;
}

static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">="};

static enum error_code parse_comparison(struct parser *p, struct ast **ret_ast)
{
    struct ast *left = NULL;
    enum ast_op op = AST_OP_EQ;
    PARSE(parse_additive, p, left);
    if (at_keyword(p, "is")) {
        TRY(parse_is(p, left, &left));
    } else if (at_keyword(p, "not") || at_keyword(p, "in") || at_keyword(p, "between") ||
               at_keyword(p, "like")) {
        TRY(parse_membership(p, left, &left));
    } else if (at_operator(p, comparisons, AST_OP_EQ, 6, &op)) {
        struct ast *right = NULL;
        TRY(advance(p));
        PARSE(parse_additive, p, right);
        TRY(infix_node(p, AST_COMPARE, op, left->offset, left, right, &left));
    } else {
        *ret_ast = left;
        return OK;
    }
    if (at_operator(p, comparisons, AST_OP_EQ, 6, &op) || at_keyword(p, "is"))
        return fail_at(p, p->token.offset,
                       "Join two comparisons with and: a < b and b < c. Or is a parenthesis to be "
                       "closed before it?",
                       "a comparison cannot follow another");
    *ret_ast = left;
    return OK;
}

static enum error_code parse_not(struct parser *p, struct ast **ret_ast)
{
    if (!at_keyword(p, "not"))
        return parse_comparison(p, ret_ast);
    size_t offset = p->token.offset;
    struct ast *arg = NULL;
    TRY(enter(p));
    TRY(advance(p));
    PARSE(parse_not, p, arg);
    p->depth--;
    return new_node(p, AST_NOT, offset, &arg, 1, ret_ast);
}

typedef enum error_code (*parse_fn)(struct parser *p, struct ast **ret_ast);

/* One part, or several joined by the word. */
static enum error_code parse_joined(struct parser *p, parse_fn parse_part, const char *word,
                                    enum ast_kind kind, struct ast **ret_ast)
{
    struct list parts = {0};
    struct ast *part = NULL;
    PARSE(parse_part, p, part);
    if (!at_keyword(p, word)) {
        *ret_ast = part;
        return OK;
    }
    list_add(p, &parts, part);
    while (at_keyword(p, word)) {
        TRY(advance(p));
        PARSE(parse_part, p, part);
        list_add(p, &parts, part);
    }
    return new_node(p, kind, parts.items[0]->offset, parts.items, parts.n, ret_ast);
}

static enum error_code parse_and(struct parser *p, struct ast **ret_ast)
{
    return parse_joined(p, parse_not, "and", AST_AND, ret_ast);
}

static enum error_code parse_or(struct parser *p, struct ast **ret_ast)
{
    TRY(enter(p));
    TRY(parse_joined(p, parse_and, "or", AST_OR, ret_ast));
    p->depth--;
    return OK;
}

static enum error_code trailing(struct parser *p)
{
    const char *hint = foreign_word_hint(p);
    if (hint != NULL)
        return fail_at(p, p->token.offset, hint, "the expression should end before %s",
                       shown_token(p));
    if (at_symbol(p, ")"))
        hint = "There is one ) more than there are (.";
    else if (at_symbol(p, ","))
        hint = "A thousand is written 1000 or 1_000, and a fraction 0.5.";
    else if (p->token.kind == TOKEN_NAME || p->token.kind == TOKEN_NUMBER)
        hint = "Is an operator missing before it?";
    else
        hint = "Join conditions with and, or or.";
    return fail_at(p, p->token.offset, hint, "the expression should end before %s", shown_token(p));
}

enum error_code parse_expression(const char *text, size_t len, bool in_yaml_plain,
                                 struct arena *arena, const struct ast **ret_ast,
                                 struct syntax_error *error)
{
    struct parser p = {
        .lexer = {.text = text, .len = len, .arena = arena, .in_yaml_plain = in_yaml_plain},
        .error = error,
    };
    struct ast *ast = NULL;
    if (len > AST_MAX_TEXT_BYTES)
        return fail_at(&p, 0, "Put long lists into a file: x in file(\"list.txt\").",
                       "the expression is longer than %zu KiB", AST_MAX_TEXT_BYTES >> 10);
    TRY(advance(&p));
    TRY(parse_or(&p, &ast));
    if (p.token.kind != TOKEN_END)
        return trailing(&p);
    *ret_ast = ast;
    return OK;
}
