/* Text of an expression to a tree. The grammar is in docs/rules.md. */
#ifndef LG_RULES_PARSER_H
#define LG_RULES_PARSER_H

#include "rules/ast.h"
#include "rules/token.h"

/*
 * Parses a whole text. ERR_CONFIG with the place and the reason at the first mistake, also for
 * texts, nesting or trees beyond the limits of rules/ast.h. The tree belongs to the arena.
 * in_yaml_plain: the text is an unquoted YAML value.
 */
enum error_code parse_expression(const char *text, size_t len, bool in_yaml_plain,
                                 struct arena *arena, const struct ast **ret_ast,
                                 struct syntax_error *error) MUST_CHECK;

#endif
