/* Mistakes that users make in rules, each with the place and the words that they get to see. */
#include "tests/unit/rules/fixture.h"

struct mistake {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
    const char *hint;
};

/* A rule with the condition, which begins in line 2, column 9. */
#define HOLD(condition) "- name: a\n  hold: " condition "\n"

static const struct mistake mistakes[] = {
    /* Names. */
    {HOLD("mean(scroe) > 5"), 2, 14, "there is no column 'scroe'", "Did you mean 'score'?"},
    {HOLD("mean(old.scroe) > 5"), 2, 14, "there is no column 'scroe'", "Did you mean 'old.score'?"},
    {HOLD("mean(old.zzz) > 5"), 2, 14, "there is no column 'zzz'", "The columns are profile_id"},
    {HOLD("share(Score > 5) > 5%"), 2, 15, "there is no column 'Score'", "Did you mean 'score'?"},
    {HOLD("share(network = twitter) > 5%"), 2, 25, "there is no column 'twitter'",
     "A text stands in single quotes, as in 'twitter'."},
    {HOLD("share(network = \"twitter\") > 5%"), 2, 25, "there is no column 'twitter'",
     "A text stands in single quotes, as in 'twitter'."},
    {HOLD("meen(score) > 5"), 2, 9, "there is no function 'meen'", "Did you mean 'mean'?"},
    {HOLD("avg(score) > 5"), 2, 9, "there is no function 'avg'", "Write mean(x)."},
    {HOLD("row > 5"), 2, 9, "there is no measure 'row'", "Did you mean 'rows'?"},
    {HOLD("rows() > 5"), 2, 9, "there is no function 'rows'", "Write rows without parentheses"},
    {HOLD("mean > 5"), 2, 9, "there is no measure 'mean'", "mean needs parentheses"},
    {HOLD("scoer > 5"), 2, 9, "there is no measure 'scoer'", "Did you mean the column 'score'"},
    {HOLD("qqq > 5"), 2, 9, "there is no measure 'qqq'", "Measures are share()"},
    {HOLD("mean(x) > 5"), 2, 14, "there is no column 'x'", "x stands for a column in rules with"},
    /* Rows and measures. */
    {HOLD("score > 5"), 2, 9, "score has a value for each row", "Write mean(score), max(score)"},
    {HOLD("network = 'a'"), 2, 9, "network has a value for each row", "distinct(network)"},
    {HOLD("old.score > 5"), 2, 9, "old.score has a value for each row", "mean(score)"},
    {HOLD("max(mean(score)) > 5"), 2, 13, "mean() looks at many rows and cannot stand inside",
     "Compare measures outside"},
    {HOLD("share(rows > 5) > 5%"), 2, 15, "rows is about a whole load", "outside share()"},
    {HOLD("share(seen > as_of) > 5%"), 2, 22, "as_of is about a whole load", "outside share()"},
    {HOLD("jumped(score)"), 2, 9, "jumped() is about each row", "Write share(jumped(score))."},
    {HOLD("shift(score) > 5%"), 2, 9, "shift() is about each row", "Write mean(shift(score))."},
    {HOLD("profile_id in file(\"a\")"), 2, 9, "profile_id has a value for each row", ""},
    {HOLD("1 > 0"), 2, 9, "looks at no measure", ""},
    {HOLD("as_of > '2024-01-01T00:00:00Z'"), 2, 9, "looks at no measure", ""},
    /* Types. */
    {HOLD("mean(score)"), 2, 9, "a rule needs a condition, and mean(score) is a number",
     "as in mean(score) > 0"},
    {HOLD("rows > 5 and removed"), 2, 22, "and needs a condition, and removed is a number",
     "as in removed > 0"},
    {HOLD("share(score) > 5%"), 2, 15, "share() takes a condition, and score is a number",
     "as in share(score > 0)"},
    {HOLD("share(score = '5') > 5%"), 2, 15, "score is a number and '5' is text", "without quotes"},
    {HOLD("share(network = 5) > 5%"), 2, 15, "network is text and 5 is a number",
     "in single quotes: '5'"},
    {HOLD("share(active = 1) > 5%"), 2, 15, "active is true or false and 1 is a number",
     "true or false"},
    {HOLD("share(network > score) > 5%"), 2, 15, "cannot be compared", ""},
    {HOLD("share(seen - old.seen > 5) > 5%"), 2, 15, "is a duration and 5 is a number",
     "unit of time"},
    {HOLD("share(seen + 5 > old.seen) > 5%"), 2, 15, "+ cannot be applied to seen (a time)",
     "unit of time"},
    {HOLD("share(score + 2h > 5) > 5%"), 2, 15, "+ cannot be applied to score (a number)",
     "unit of time"},
    {HOLD("share(network + 'a' = 'b') > 5%"), 2, 15, "+ cannot be applied to network (text)", ""},
    {HOLD("share(active + active > 1) > 5%"), 2, 15, "+ cannot be applied", "case when"},
    {HOLD("share(-network = 'b') > 5%"), 2, 15, "- cannot be applied to network, which is text",
     ""},
    {HOLD("share(seen > 'yesterday') > 5%"), 2, 22, "'yesterday'", "Write it with a zone"},
    {HOLD("share(seen > '2024-01-01') > 5%"), 2, 22, "'2024-01-01'", "Write it with a zone"},
    {HOLD("share(born > '2024-13-01') > 5%"), 2, 22, "'2024-13-01'", "Write it as '2011-05-23'"},
    {HOLD("share(token = 'abc') > 5%"), 2, 23, "'abc'", ""},
    {HOLD("share(score = null) > 5%"), 2, 23, "nothing is ever equal to null", "Write is null"},
    {HOLD("share(score in (1, 'a')) > 5%"), 2, 15, "cannot be compared", ""},
    {HOLD("share(score in (1, null)) > 5%"), 2, 28, "in (...) never finds null", "or x is null"},
    {HOLD("share(score like '1%') > 5%"), 2, 15, "like takes text, and score is a number", ""},
    {HOLD("share(network like network) > 5%"), 2, 28, "the pattern of like is a text in quotes",
     ""},
    {HOLD("sum(network) > 5"), 2, 13, "sum() takes a number or a duration, and network is text",
     ""},
    {HOLD("min(network) = 'a'"), 2, 13, "min() takes a number, a date, a time or a duration", ""},
    {HOLD("mean(born) > 5"), 2, 14, "mean() takes a number or a duration, and born is a date", ""},
    {HOLD("share(jumped(network)) > 5%"), 2, 22, "jumped() takes a column of numbers", ""},
    {HOLD("share(jumped(score + 1)) > 5%"), 2, 22, "jumped() takes the name of a column", ""},
    {HOLD("arrivals(old.score) > 5%"), 2, 18, "arrivals() takes the name of a column without old.",
     ""},
    {HOLD("arrivals(score + 1) > 5%"), 2, 18, "arrivals() takes the name of a column, not score",
     ""},
    {HOLD("invalid(network) > 0"), 2, 17, "invalid() takes a number, and network is text", ""},
    {HOLD("share(case when score then 1 else 0 end = 1) > 5%"), 2, 25, "when needs a condition",
     ""},
    {HOLD("share(case when score > 1 then 1 else 'a' end = 1) > 5%"), 2, 47, "is text, but 1",
     "of one kind"},
    {HOLD("share(coalesce(score, 'none') > 1) > 5%"), 2, 31, "'none' is text, but score", ""},
    {HOLD("share(1e400 < score) > 5%"), 2, 15, "1e400 is too large a number", ""},
    /* Percentages. */
    {HOLD("rows > 5%"), 2, 16, "rows is a number, and 5% a share of something",
     "Divide by rows or old_rows"},
    {HOLD("count(score > 5) > 5%"), 2, 28, "count(score > 5) is a number", "use share()"},
    {HOLD("share(score > 5) > 50"), 2, 28, "lies between 0% and 100%, and 50 does not",
     "Write 50%."},
    {HOLD("arrivals(score) > 150%"), 2, 27, "150% does not", ""},
    {HOLD("share(score > 5) > 5 %"), 2, 30, "% stands directly after a number", ""},
    /* Arguments. */
    {HOLD("mean() > 5"), 2, 9, "mean() takes at least 1 argument, here are 0", ""},
    {HOLD("mean(score, active, active) > 5"), 2, 9, "mean() takes at most 2 arguments, here are 3",
     ""},
    {HOLD("abs(rows, 2) > 5"), 2, 9, "abs() takes 1 argument, here are 2", ""},
    {HOLD("round(mean(score), 2) > 5"), 2, 9, "round() takes 1 argument", "round(x * 100) / 100"},
    {HOLD("max(score, level) > 5"), 2, 20, "the second argument of max() chooses rows",
     "Write greatest(a, b)"},
    {HOLD("mean(score, level) > 5"), 2, 21, "the second argument of mean() chooses rows",
     "Write a condition"},
    {HOLD("quantile(score, 95) > 5"), 2, 25, "a number between 0 and 1, not 95", "0.95"},
    {HOLD("quantile(score) > 5"), 2, 9, "quantile() takes at least 2 arguments", ""},
    {HOLD("nulls(null) > 5"), 2, 15, "null alone cannot be measured", ""},
    /* What this version does not have. */
    {HOLD("beyond(mean(score), 5)"), 2, 9, "beyond() takes 3 arguments", "or none"},
    {HOLD("beyond(mean(score), -5, 1)"), 2, 29, "never negative", "without a sign"},
    {HOLD("beyond(mean(score), none, old)"), 2, 35, "third limit", "5%, 0.5%"},
    {HOLD("beyond(usual(rows), none, 1)"), 2, 16, "cannot stand inside beyond()", "recent()"},
    {HOLD("recent(rows, 1) > 5"), 2, 22, "between 2 and 14", "a week"},
    {HOLD("share(usual(score) > 1) > 5%"), 2, 15, "cannot stand inside a measure", "inside"},
    {HOLD("highest(max(seen)) > 5"), 2, 17, "a measure that is a number", ""},
    {HOLD("ks(score) > 10%"), 2, 9, "ks() is not available in this version", "jumped"},
    {HOLD("spearman(score) < 90%"), 2, 9, "spearman() is not available", "rank"},
    {"- name: a\n  sql: select 1\n  hold: rows > 5\n", 2, 8, "sql: is not available",
     "as an expression"},
    {"- name: a\n  rollback: rows > 5\n", 2, 13, "rollback: is not available", "block:"},
    {"- name: a\n  hold: rows > 5\n  min_history: 29\n", 3, 16, "28", ""},
    /* Keys of rules. */
    {"- name: a\n  hodl: rows > 5\n", 2, 3, "there is no such key here", "Did you mean 'hold'?"},
    {"- hold: rows > 5\n", 1, 3, "the rule has no name", "name: mass reset"},
    {"- name: a\n", 1, 3, "the rule has no condition", "warn:, hold: or block:"},
    {"- name: a\n  hold: [rows > 5]\n", 2, 9, "an expression is expected here, not a list", ""},
    {"- name: a\n  hold:\n", 2, 8, "the expression is missing", ""},
    {"- name: duplicate keys\n  hold: rows > 5\n", 1, 9, "is built in and cannot be changed", ""},
    {"- name: a\n  hold: rows > 5\n- name: a\n  hold: rows > 6\n", 3, 9,
     "a rule of this name in line 1 already", "another name"},
    {"- name: a\n  hold: rows > 5\n  by: netwrok\n", 3, 7, "there is no column 'netwrok'",
     "Did you mean 'network'?"},
    {"- name: a\n  hold: rows > 5\n  by: each categroy\n", 3, 7,
     "there is no column 'each categroy'", "Did you mean 'each category'?"},
    {"- name: a\n  hold: rows > 5\n  by: [network, network]\n", 3, 17, "'network' stands twice",
     ""},
    {"- name: a\n  hold: rows > 5\n  min_rows: none\n", 3, 13, "not a whole number", ""},
    {"- name: a\n  hold: rows > 5\n  shadow: maybe\n", 3, 11, "neither true nor false", ""},
    {"- name: a\n  hold: rows > 5\n  where: mean(score) > 5\n", 3, 10,
     "mean() looks at many rows and cannot stand in where:", "one by one"},
    {"- name: a\n  hold: rows > 5\n  where: score\n", 3, 10, "where: needs a condition",
     "score > 0"},
    {"- name: a\n  hold: rows > 5\n  where: old.score > 5\n", 2, 9,
     "rows cannot be limited by a where: that looks at old values", "count(condition)"},
    {"- name: a\n  hold: rows > 5\n  where: score > > 5\n", 3, 18, "a value is expected here", ""},
    {"- name: a\n  each: numbr\n  hold: mean(x) > 5\n", 2, 9, "there is no column 'numbr'",
     "Did you mean 'number'?"},
    {"- name: a\n  each: profile_id\n  hold: mean(x) > 5\n", 2, 9, "is part of the key", ""},
    {"- name: a\n  each: number\n  except: scroe\n  hold: mean(x) > 5\n", 3, 11,
     "there is no column 'scroe'", "Did you mean 'score'?"},
    {"- name: a\n  except: score\n  hold: rows > 5\n", 2, 11, "except: goes with each:", ""},
    {"- name: a\n  each: any\n  hold: mean(x) > 5\n", 3, 14,
     "mean() takes a number or a duration, and network is text", ""},
    {"- each: number\n  rules:\n    - each: text\n      name: a\n      hold: mean(x) > 5\n", 3, 13,
     "each: stands around this rule already", ""},
    {"- each: number\n  name: a\n  rules: []\n", 2, 9, "name cannot stand beside rules:", ""},
    {"- rules: []\n", 1, 3, "needs each: beside it", ""},
    {"- each: number\n  rules: {name: a}\n", 2, 10, "a list of rules is expected", ""},
    {"- include: no/such.yaml\n", 1, 12, "the file ./no/such.yaml cannot be found", "relative to"},
    {"- include: default\n  name: a\n", 2, 9, "name cannot stand beside include:", ""},
    {"- include: default\n- name: mass rest\n  off: true\n", 2, 9,
     "no rule of this name has been included before", "Did you mean 'mass reset'?"},
    {"- include: default\n- {name: mass reset, off: true, hold: rows > 5}\n", 2, 39,
     "hold cannot stand beside off:", ""},
    {"- name: a\n  hold: rows > 5\n- {name: a, off: true}\n", 3, 10,
     "this rule stands in the same file, in line 1", "Remove it there"},
    {"- mass reset\n", 1, 3, "a map is expected here", ""},
    {"name: a\nhold: rows > 5\n", 1, 1, "a list of rules is expected here", "- name:"},
    /* Files. */
    {"- name: a\n  hold: rows > 5\n  where: profile_id in file(\"no.txt\")\n", 3, 10,
     "cannot open the file ./no.txt: No such file", ""},
    {"- name: a\n  hold: rows > 5\n  where: profile_id in file(\"/\")\n", 3, 10,
     "is not a regular file", ""},
    /* Places in every style of YAML. */
    {"- name: a\n  hold: 'rows > 5 and meen(score) > 5'\n", 2, 23, "no function 'meen'", ""},
    {"- name: a\n  hold: \"rows > 5\\n and meen(score) > 5\"\n", 2, 25, "no function 'meen'", ""},
    {"- name: a\n  hold: >\n    rows > 5\n    and meen(score) > 5\n", 4, 9, "no function 'meen'",
     ""},
    {"- name: a\n  hold: |\n    rows > 5\n    and meen(score) > 5\n", 4, 9, "no function 'meen'",
     ""},
    {"- name: a\n  hold: rows > 5\n    and meen(score) > 5\n", 3, 9, "no function 'meen'", ""},
    {"- name: a\n  hold: share(network = ' # x') > 5%\n", 2, 25, "has no end",
     "YAML takes the rest for a comment"},
};

static void each_mistake_is_reported_at_its_place_with_a_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        const struct mistake *m = &mistakes[i];
        struct rules rules;
        rules_from_text(&rules, m->text);
        if (rules.code != ERR_CONFIG || diagnostics_count(&rules.diags) != 1) {
            diagnostics_print(&rules.diags, stderr);
            fail_msg("'%s' has %zu problems", m->text, diagnostics_count(&rules.diags));
        }
        const struct problem *problem = &rules.diags.problems[0];
        if (problem->line != m->line || problem->column != m->column)
            fail_msg("'%s': at %u:%u: %s", m->text, problem->line, problem->column,
                     problem->message);
        assert_contains(problem->message, m->message);
        assert_contains(problem->hint, m->hint);
        rules_release(&rules);
    }
}

static void all_mistakes_are_reported_at_once(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- name: a\n  hold: meen(score) > 5 and mean(scroe) > 3\n"
                            "- name: b\n  warn: rows >\n  hold: qqq > 1\n"
                            "- name: c\n  hold: rows > 5\n  by: netwrk\n");
    assert_int_equal(rules.code, ERR_CONFIG);
    assert_int_equal(diagnostics_count(&rules.diags), 4);
    assert_string_equal(rules.err.file, "rules.yaml");
    assert_int_equal(rules.err.line, 2);
    assert_int_equal(rules.err.column, 9);
    assert_contains(rules.err.message, "[0].hold: there is no function 'meen'");
    rules_release(&rules);
}

static void a_mistake_in_a_rule_for_many_columns_is_reported_once(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: a, each: any, hold: meen(x) > 5}\n");
    assert_int_equal(diagnostics_count(&rules.diags), 1);
    rules_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_reported_at_its_place_with_a_remedy),
        cmocka_unit_test(all_mistakes_are_reported_at_once),
        cmocka_unit_test(a_mistake_in_a_rule_for_many_columns_is_reported_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
