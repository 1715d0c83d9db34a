/*
 * Fuzz target: expressions. The first byte, a digit, says what the expression is of a rule; the
 * rest is parsed, written out and parsed again, and stands in that rule.
 */
#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "rules/parser.h"
#include "snapshot/value.h"
#include "tests/fuzz/loads.h"
#include "tests/fuzz/target.h"

#define MAX_INPUT_BYTES ((size_t)4 << 10)
#define MAX_YAML_BYTES (8 * MAX_INPUT_BYTES)

/* What stands before and after the expression, which is between double quotes. */
static const char *const rules[][2] = {
    {"- name: a\n  hold: \"", "\"\n"},
    {"- name: a\n  each: [number, time]\n  warn: \"", "\"\n"},
    {"- name: a\n  hold: rows > 5 or max(score) > 1\n  where: \"", "\"\n"},
    {"- name: a\n  by: [network, active]\n  block: \"", "\"\n"},
    {"- name: a\n  hold: \"share(", ") > 5%\"\n"},
    {"- name: a\n  by: each category\n  where: score <> old.score\n  hold: \"", "\"\n"},
    {"- name: a\n  min_history: 3\n  hold: \"beyond(", ", 5, 1)\"\n"},
};

/* Parses anything; what is text, as it always is in YAML, means the same when it is written out. */
static void read_back(const char *text, size_t len, bool is_text)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct ast_style style = {0};
    struct syntax_error error;
    const struct ast *ast = NULL;
    const struct ast *again = NULL;
    char *exact = arena_strndup(&arena, text, len);
    if (parse_expression(exact, len, false, &arena, &ast, &error) != OK) {
        assert(error.err.code == ERR_CONFIG && error.err.message[0] != '\0');
        assert(error.offset <= len);
        return;
    }
    const char *written = ast_text(ast, &style, &arena);
    if (!is_text || strlen(written) > MAX_INPUT_BYTES)
        return;
    enum error_code code =
        parse_expression(written, strlen(written), false, &arena, &again, &error);
    if (code != OK) { /* it has more parentheses then */
        assert(2 * ast->depth + 2 > AST_MAX_DEPTH);
        return;
    }
    assert(strcmp(ast_text(again, &style, &arena), written) == 0);
}

static enum error_code write_rule(const char *const rule[2], const char *text, size_t len,
                                  struct buffer *yaml, struct error *err)
{
    TRY(buffer_append_string(yaml, rule[0], err));
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            TRY(buffer_printf(yaml, err, "\\x%02X", c));
        else
            TRY(buffer_append_char(yaml, text[i], err));
    }
    return buffer_append_string(yaml, rule[1], err);
}

static void put_into_rule(const char *const rule[2], const char *text, size_t len)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct buffer yaml CLEANUP(buffer_release);
    struct diagnostics diags = {0};
    const struct yaml_node *root = NULL;
    struct error err;
    buffer_init(&yaml, MAX_YAML_BYTES);
    enum error_code code = write_rule(rule, text, len, &yaml, &err);
    assert(code == OK);
    if (yaml_parse_text("/nonexistent/rules.yaml", buffer_string(&yaml), yaml.len, &arena, &root,
                        &diags, &err) == OK)
        fuzz_rule_set(root, &diags);
    else
        fuzz_expect_problems(&diags);
    diagnostics_release(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    if (size < 1 || size > MAX_INPUT_BYTES)
        return 0;
    const char *text = (const char *)data + 1;
    bool is_text = value_check_text(text, size - 1, &err) == OK;
    read_back(text, size - 1, is_text);
    if (is_text)
        put_into_rule(rules[(uint8_t)(data[0] - '0') % ARRAY_SIZE(rules)], text, size - 1);
    return 0;
}
