#include "rules/ast.h"

#include <assert.h>
#include <string.h>

#include "rules/token.h"

/* How tightly things bind, from loosest to tightest. */
enum binding {
    BIND_OR,
    BIND_AND,
    BIND_NOT,
    BIND_COMPARE,
    BIND_ADD,
    BIND_MULTIPLY,
    BIND_UNARY,
    BIND_PRIMARY,
};

struct writer {
    struct buffer *out;
    const struct ast_style *style;
    struct arena *arena;
};

static void write_ast(struct writer *w, const struct ast *ast, enum binding at_least);

const char *ast_op_text(enum ast_op op)
{
    static const char *const texts[] = {
        [AST_OP_ADD] = "+", [AST_OP_SUB] = "-", [AST_OP_MUL] = "*", [AST_OP_DIV] = "/",
        [AST_OP_EQ] = "=",  [AST_OP_NE] = "<>", [AST_OP_LT] = "<",  [AST_OP_LE] = "<=",
        [AST_OP_GT] = ">",  [AST_OP_GE] = ">=",
    };
    return texts[op];
}

static enum binding binding_of(const struct ast *ast)
{
    switch (ast->kind) {
    case AST_OR:
        return BIND_OR;
    case AST_AND:
        return BIND_AND;
    case AST_NOT:
        return BIND_NOT;
    case AST_COMPARE:
    case AST_IS_NULL:
    case AST_IS_DISTINCT:
    case AST_IN:
    case AST_IN_FILE:
    case AST_BETWEEN:
    case AST_LIKE:
        return BIND_COMPARE;
    case AST_ARITHMETIC:
        return ast->op == AST_OP_ADD || ast->op == AST_OP_SUB ? BIND_ADD : BIND_MULTIPLY;
    case AST_NEGATE:
        return BIND_UNARY;
    default:
        return BIND_PRIMARY;
    }
}

/* The text is bounded by the size of the tree, so that the buffer can only run out of memory. */
static void put(struct writer *w, const char *text)
{
    struct error err;
    enum error_code code = buffer_append_string(w->out, text, &err);
    assert(code == OK);
    (void)code;
}

static void put_doubling(struct writer *w, char quote, const char *text)
{
    char piece[3] = {quote, '\0', '\0'};
    put(w, piece);
    for (const char *p = text; *p != '\0'; p++) {
        piece[0] = *p;
        piece[1] = *p == quote ? quote : '\0';
        put(w, piece);
    }
    piece[0] = quote;
    piece[1] = '\0';
    put(w, piece);
}

bool ast_name_needs_quotes(const char *name)
{
    char lower[64];
    size_t n = 0;
    for (const char *p = name; *p != '\0'; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
                      (unsigned char)*p >= 0x80;
        bool digit = *p >= '0' && *p <= '9';
        if (!letter && (!digit || p == name))
            return true;
        if (n + 1 < sizeof(lower))
            lower[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
    }
    lower[n] = '\0';
    return n == 0 || token_is_keyword(lower) || strcmp(lower, "old") == 0 ||
           strcmp(lower, "changed") == 0;
}

static void write_name(struct writer *w, const struct ast *ast)
{
    const char *name = ast->text;
    bool is_x = !ast->quoted && w->style->x != NULL && strcmp(name, "x") == 0;
    if (is_x)
        name = w->style->x;
    if (ast->old)
        put(w, "old.");
    if (ast_name_needs_quotes(name) && (ast->quoted || is_x))
        put_doubling(w, '"', name);
    else
        put(w, name);
}

static void write_list(struct writer *w, const struct ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put(w, ", ");
        write_ast(w, items[i], BIND_OR);
    }
}

static void write_joined(struct writer *w, const struct ast *ast, const char *word,
                         enum binding binding)
{
    for (size_t i = 0; i < ast->n_args; i++) {
        if (i > 0)
            put(w, word);
        write_ast(w, ast->args[i], (enum binding)(binding + 1));
    }
}

static void write_infix(struct writer *w, const struct ast *ast, enum binding left,
                        enum binding right)
{
    write_ast(w, ast->args[0], left);
    put(w, " ");
    put(w, ast_op_text(ast->op));
    put(w, " ");
    write_ast(w, ast->args[1], right);
}

/* "x [not] word ", the beginning of the tests that can be negated. */
static void write_tested(struct writer *w, const struct ast *ast, const char *word)
{
    write_ast(w, ast->args[0], BIND_ADD);
    put(w, ast->negated ? " not " : " ");
    put(w, word);
    put(w, " ");
}

static void write_case(struct writer *w, const struct ast *ast)
{
    put(w, "case");
    for (size_t i = 0; i + 1 < ast->n_args; i += 2) {
        put(w, " when ");
        write_ast(w, ast->args[i], BIND_OR);
        put(w, " then ");
        write_ast(w, ast->args[i + 1], BIND_OR);
    }
    if (ast->n_args % 2 == 1) {
        put(w, " else ");
        write_ast(w, ast->args[ast->n_args - 1], BIND_OR);
    }
    put(w, " end");
}

static void write_file(struct writer *w, const struct ast *ast)
{
    const char *path = ast->text;
    if (w->style->directory != NULL && path[0] != '/')
        path = arena_printf(w->arena, "%s/%s", w->style->directory, path);
    write_tested(w, ast, "in");
    put(w, "file(");
    put_doubling(w, '"', path);
    put(w, ")");
}

static void write_test(struct writer *w, const struct ast *ast)
{
    switch (ast->kind) {
    case AST_IS_NULL:
        write_ast(w, ast->args[0], BIND_ADD);
        put(w, ast->negated ? " is not null" : " is null");
        break;
    case AST_IS_DISTINCT:
        write_ast(w, ast->args[0], BIND_ADD);
        put(w, ast->negated ? " is not distinct from " : " is distinct from ");
        write_ast(w, ast->args[1], BIND_ADD);
        break;
    case AST_IN:
        write_tested(w, ast, "in");
        put(w, "(");
        write_list(w, ast->args + 1, ast->n_args - 1);
        put(w, ")");
        break;
    case AST_IN_FILE:
        write_file(w, ast);
        break;
    case AST_BETWEEN:
        write_tested(w, ast, "between");
        write_ast(w, ast->args[1], BIND_ADD);
        put(w, " and ");
        write_ast(w, ast->args[2], BIND_ADD);
        break;
    case AST_LIKE:
        write_tested(w, ast, "like");
        write_ast(w, ast->args[1], BIND_ADD);
        break;
    default:
        write_infix(w, ast, BIND_ADD, BIND_ADD);
        break;
    }
}

static void write_operator(struct writer *w, const struct ast *ast)
{
    switch (ast->kind) {
    case AST_OR:
        write_joined(w, ast, " or ", BIND_OR);
        break;
    case AST_AND:
        write_joined(w, ast, " and ", BIND_AND);
        break;
    case AST_NOT:
        put(w, "not ");
        write_ast(w, ast->args[0], BIND_NOT);
        break;
    case AST_NEGATE:
        put(w, "-");
        write_ast(w, ast->args[0], BIND_PRIMARY);
        break;
    case AST_ARITHMETIC:
        if (ast->op == AST_OP_ADD || ast->op == AST_OP_SUB)
            write_infix(w, ast, BIND_ADD, BIND_MULTIPLY);
        else
            write_infix(w, ast, BIND_MULTIPLY, BIND_UNARY);
        break;
    default:
        write_test(w, ast);
        break;
    }
}

static void write_primary(struct writer *w, const struct ast *ast)
{
    switch (ast->kind) {
    case AST_NUMBER:
        put(w, ast->text);
        put(w, ast->percent ? "%" : "");
        break;
    case AST_DURATION:
        put(w, ast->text);
        break;
    case AST_STRING:
        put_doubling(w, '\'', ast->text);
        break;
    case AST_BOOLEAN:
        put(w, ast->truth ? "true" : "false");
        break;
    case AST_NULL:
        put(w, "null");
        break;
    case AST_NAME:
        write_name(w, ast);
        break;
    case AST_CALL:
        put(w, ast->text);
        put(w, "(");
        write_list(w, ast->args, ast->n_args);
        put(w, ")");
        break;
    default:
        write_case(w, ast);
        break;
    }
}

static bool is_negative_literal(const struct ast *ast)
{
    return (ast->kind == AST_NUMBER || ast->kind == AST_DURATION) && ast->text[0] == '-';
}

static void write_ast(struct writer *w, const struct ast *ast, enum binding at_least)
{
    enum binding binding = is_negative_literal(ast) ? BIND_UNARY : binding_of(ast);
    bool wrap = binding < at_least;
    if (wrap)
        put(w, "(");
    if (binding_of(ast) == BIND_PRIMARY)
        write_primary(w, ast);
    else
        write_operator(w, ast);
    if (wrap)
        put(w, ")");
}

const char *ast_text(const struct ast *ast, const struct ast_style *style, struct arena *arena)
{
    struct buffer out CLEANUP(buffer_release);
    buffer_init(&out, BUFFER_DEFAULT_MAX_BYTES);
    struct writer w = {.out = &out, .style = style, .arena = arena};
    write_ast(&w, ast, BIND_OR);
    return arena_strndup(arena, buffer_string(&out), out.len);
}
