/* The measure `value`: the number that the SQL of a rule gives. */
#include <string.h>

#include "rules/typed.h"

/* A statement on one line, for people and as its name in history. */
static const char *folded(struct arena *arena, const char *sql)
{
    char *out = arena_alloc(arena, strlen(sql) + 1);
    size_t len = 0;
    for (; *sql != '\0'; sql++) {
        bool is_space = strchr(" \t\r\n", *sql) != NULL;
        if (!is_space)
            out[len++] = *sql;
        else if (len > 0 && out[len - 1] != ' ')
            out[len++] = ' ';
    }
    while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == ';'))
        out[--len] = '\0';
    return out;
}

bool check_is_sql_value(const struct checker *c, const struct ast *ast)
{
    return c->sql != NULL && !ast->old && !ast->quoted && strcmp(ast->text, "value") == 0;
}

size_t check_plan_sql(struct checker *c)
{
    static const struct expr always = {
        .kind = EXPR_LITERAL, .type = VALUE_BOOLEAN, .literal = {.type = VALUE_BOOLEAN, .u8 = 1}};
    bool uses_old = strstr(c->sql, "{old}") != NULL;
    struct measure measure = {
        .aggregate = AGG_SQL,
        .scope = uses_old ? SCOPE_KEPT : SCOPE_NEW,
        .arg = &always,
        .sql = c->sql,
        .text = folded(c->arena, c->sql),
        .type = VALUE_DOUBLE,
    };
    c->uses_value = true;
    return plan_add(c->plan, &measure, c->sql);
}
