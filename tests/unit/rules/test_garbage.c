/* Whatever stands in a rule file ends in a rule set or in problems, never in a crash. */
#include "tests/unit/rules/fixture.h"

#include "base/buffer.h"
#include "rules/parser.h"

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static const char *const words[] = {
    "share(",
    "mean(",
    "arrivals(",
    "quantile(",
    "min(",
    "count(",
    "nulls(",
    "abs(",
    "greatest(",
    "coalesce(",
    "jumped(",
    "shift(",
    "distinct",
    "(",
    ")",
    ")",
    ")",
    ",",
    "score",
    "old.score",
    "x",
    "old.x",
    "level",
    "rate",
    "price",
    "network",
    "active",
    "born",
    "seen",
    "token",
    "profile_id",
    "rows",
    "old_rows",
    "kept",
    "changed",
    "as_of",
    "1",
    "0.5%",
    "-2",
    "2h",
    "'a'",
    "'2024-01-01'",
    "null",
    "true",
    "and",
    "or",
    "not",
    "is",
    "from",
    "in",
    "between",
    "like",
    "case when",
    "then",
    "else",
    "end",
    "=",
    "<>",
    ">",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "file('/nonexistent')",
    "\"q\"",
    "beyond(",
    "zzz",
    "1e9",
};

static void random_words_end_in_a_condition_or_a_problem(void **state)
{
    (void)state;
    uint64_t seed = 1;
    struct error err;
    size_t good = 0;
    for (int round = 0; round < 6000; round++) {
        struct buffer text CLEANUP(buffer_release);
        buffer_init(&text, 1 << 16);
        assert_ok(buffer_append_string(
            &text, "- name: a\n  each: [number, text, time]\n  hold: >-\n    ", &err));
        size_t n = 1 + next(&seed) % 14;
        for (size_t i = 0; i < n; i++)
            assert_ok(buffer_printf(&text, &err, "%s ", words[next(&seed) % ARRAY_SIZE(words)]));
        struct rules rules;
        rules_from_text(&rules, buffer_string(&text));
        good += rules.code == OK;
        assert_true(rules.code == OK ||
                    (rules.code == ERR_CONFIG && diagnostics_count(&rules.diags) > 0));
        rules_release(&rules);
    }
    assert_true(good < 6000);
}

/* Conditions that are whole, with one word exchanged: they get further than random ones. */
static void damaged_conditions_end_in_a_condition_or_a_problem(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "share ( score = 1 and old.score > 1 ) > 0.5%",
        "arrivals ( score , jumped ( score ) ) * kept >= 10",
        "max ( seen ) > as_of + 2d and rows > 5",
        "quantile ( price , 0.5 , active ) between 1 and 2 or rows is null",
        "case when rows > 5 then added / rows else 0 end > 10%",
        "nulls ( network ) / rows - nulls ( old.network ) / old_rows > 2%",
        "count ( network in ( 'a' , 'b' ) ) > 5 and not changed = 0",
        "mean ( coalesce ( price , 0 ) - old.price ) > 1.5",
    };
    uint64_t seed = 2;
    for (int round = 0; round < 6000; round++) {
        char text[400] = "- name: a\n  hold: >-\n    ";
        char condition[200];
        char *rest = NULL;
        (void)snprintf(condition, sizeof(condition), "%s", whole[next(&seed) % ARRAY_SIZE(whole)]);
        size_t damaged = next(&seed) % 14;
        size_t at = 0;
        for (char *word = strtok_r(condition, " ", &rest); word != NULL;
             word = strtok_r(NULL, " ", &rest)) {
            strcat(text, at++ == damaged ? words[next(&seed) % ARRAY_SIZE(words)] : word);
            strcat(text, " ");
        }
        strcat(text, "\n");
        struct rules rules;
        rules_from_text(&rules, text);
        assert_true(rules.code == OK || rules.code == ERR_CONFIG);
        rules_release(&rules);
    }
}

static void random_bytes_end_in_a_tree_or_a_problem(void **state)
{
    (void)state;
    static const char alphabet[] = "ax1.5%'\"()<>=!+-*/, \n\tnot_oldisin\xC3\xA4#[;0e9hd";
    uint64_t seed = 3;
    for (int round = 0; round < 60000; round++) {
        char text[40];
        size_t len = next(&seed) % sizeof(text);
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[next(&seed) % (sizeof(alphabet) - 1)];
        struct arena arena CLEANUP(arena_release) = {0};
        const struct ast *ast = NULL;
        struct syntax_error error;
        char *exact = arena_strndup(&arena, text, len);
        if (parse_expression(exact, len, false, &arena, &ast, &error) == OK) {
            struct ast_style style = {0};
            const char *written = ast_text(ast, &style, &arena);
            const struct ast *again = NULL;
            assert_int_equal(
                parse_expression(written, strlen(written), false, &arena, &again, &error), OK);
            assert_string_equal(ast_text(again, &style, &arena), written);
        } else {
            assert_true(error.offset <= len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_words_end_in_a_condition_or_a_problem),
        cmocka_unit_test(damaged_conditions_end_in_a_condition_or_a_problem),
        cmocka_unit_test(random_bytes_end_in_a_tree_or_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
