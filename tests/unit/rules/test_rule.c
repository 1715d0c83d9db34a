/* Includes, overrides and what becomes of names. */
#include "tests/unit/rules/folder.h"

static struct rule_info find_rule(const struct rules *rules, const char *name)
{
    struct rule_info found = {.name = "", .file = ""};
    size_t n = 0;
    for (size_t i = 0; i < rule_set_n_rules(rules->set); i++) {
        struct rule_info info = rule_set_rule(rules->set, i);
        if (strcmp(info.name, name) == 0) {
            found = info;
            n++;
        }
    }
    if (n != 1)
        fail_msg("%zu rules '%s'", n, name);
    return found;
}

static bool has_rule(const struct rules *rules, const char *name)
{
    for (size_t i = 0; i < rule_set_n_rules(rules->set); i++) {
        if (strcmp(rule_set_rule(rules->set, i).name, name) == 0)
            return true;
    }
    return false;
}

static void assert_read(const struct rules *rules)
{
    if (rules->code != OK)
        fail_msg("%s:%u: %s", rules->err.file, rules->err.line, rules->err.message);
}

static void a_file_has_a_list_or_a_map_with_the_key_rules(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    folder_make(&folder);
    folder_write(&folder, "list.yaml", "- {name: a, hold: rows > 5, because: of this}\n");
    folder_write(&folder, "map.yaml", "rules:\n  - {name: a, hold: rows > 5}\n");
    folder_write(&folder, "typo.yaml", "ruels:\n  - {name: a, hold: rows > 5}\n");
    rules_from_file(&rules, &folder, "list.yaml");
    assert_read(&rules);
    assert_int_equal(rule_set_n_rules(rules.set), 1);
    struct rule_info info = rule_set_rule(rules.set, 0);
    assert_string_equal(info.name, "a");
    assert_string_equal(info.condition, "rows > 5");
    assert_string_equal(info.because, "of this");
    assert_int_equal(info.line, 1);
    assert_contains(info.file, "/list.yaml");
    rules_release(&rules);
    rules_from_file(&rules, &folder, "map.yaml");
    assert_read(&rules);
    rules_release(&rules);
    rules_from_file(&rules, &folder, "typo.yaml");
    assert_int_equal(rules.code, ERR_CONFIG);
    assert_contains(rules.diags.problems[0].hint, "Did you mean 'rules'?");
    rules_release(&rules);
    folder_remove(&folder);
}

static void a_rule_after_an_include_replaces_the_included_one(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- include: default\n"
                            "- {name: rows lost, warn: removed / old_rows > 50%}\n");
    assert_read(&rules);
    struct rule_info info = find_rule(&rules, "rows lost");
    assert_int_equal(info.action, ACTION_WARN);
    assert_string_equal(info.file, "rules.yaml");
    assert_true(has_rule(&rules, "rows added"));
    rules_release(&rules);
}

static void a_rule_of_each_column_can_be_replaced_too(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- include: default\n"
                            "- {name: mass reset, each: text, hold: arrivals(x) > 50%}\n");
    assert_read(&rules);
    assert_int_equal(find_rule(&rules, "mass reset").n_checks, 1);
    rules_release(&rules);
}

static void an_included_rule_can_be_switched_off(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- include: default\n- {name: mass reset, off: true}\n");
    assert_read(&rules);
    assert_false(has_rule(&rules, "mass reset"));
    assert_true(has_rule(&rules, "jumped"));
    rules_release(&rules);
}

static void a_rule_before_the_include_is_refused(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: mass reset, hold: rows > 5}\n- include: default\n");
    assert_int_equal(rules.code, ERR_CONFIG);
    assert_string_equal(rules.err.file, "default.yaml");
    assert_contains(rules.err.message, "stands before the include, in rules.yaml:1");
    assert_contains(rules.err.hint, "Put include: first");
    rules_release(&rules);
}

static void paths_are_relative_to_the_file_they_stand_in(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    folder_make(&folder);
    folder_make_sub(&folder, "sub");
    folder_write(&folder, "top.yaml", "- include: sub/middle.yaml\n");
    folder_write(&folder, "sub/middle.yaml",
                 "- include: leaf.yaml\n"
                 "- {name: m, hold: rows > 5}\n");
    folder_write(&folder, "sub/leaf.yaml",
                 "- {name: l, hold: rows > 5, where: profile_id in file(\"ids.txt\")}\n");
    folder_write(&folder, "sub/ids.txt", "1\n2\n3\n");
    rules_from_file(&rules, &folder, "top.yaml");
    assert_read(&rules);
    assert_true(has_rule(&rules, "m"));
    assert_contains(find_rule(&rules, "l").file, "sub/leaf.yaml");
    rules_release(&rules);
    folder_remove(&folder);
}

static void files_of_one_name_in_two_folders_are_two_measures(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    folder_make(&folder);
    folder_make_sub(&folder, "a");
    folder_make_sub(&folder, "b");
    folder_write(&folder, "top.yaml", "- include: a/r.yaml\n- include: b/r.yaml\n");
    folder_write(&folder, "a/r.yaml",
                 "- {name: a, hold: share(profile_id in file(\"ids.txt\")) > 5%}\n");
    folder_write(&folder, "b/r.yaml",
                 "- {name: b, hold: share(profile_id in file(\"ids.txt\")) > 5%}\n");
    folder_write(&folder, "a/ids.txt", "1\n");
    folder_write(&folder, "b/ids.txt", "2\n3\n");
    rules_from_file(&rules, &folder, "top.yaml");
    assert_read(&rules);
    /* Two shares with their old rows, two counts of matches, and the duplicates. */
    assert_int_equal(rule_set_plan(rules.set)->n_measures, 6);
    rules_release(&rules);
    folder_remove(&folder);
}

static void files_that_include_each_other_are_refused(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    folder_make(&folder);
    folder_write(&folder, "a.yaml", "- include: b.yaml\n");
    folder_write(&folder, "b.yaml", "- include: ../b.yaml\n- include: a.yaml\n");
    folder_write(&folder, "c.yaml", "- include: ./c.yaml\n");
    rules_from_file(&rules, &folder, "a.yaml");
    assert_int_equal(rules.code, ERR_CONFIG);
    assert_int_equal(diagnostics_count(&rules.diags), 2);
    assert_contains(rules.diags.problems[1].message, "includes itself");
    rules_release(&rules);
    rules_from_file(&rules, &folder, "c.yaml");
    assert_contains(rules.err.message, "includes itself");
    rules_release(&rules);
    folder_remove(&folder);
}

static void problems_of_an_included_file_name_that_file(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    folder_make(&folder);
    folder_write(&folder, "a.yaml", "- include: b.yaml\n- {name: x, hold: row > 5}\n");
    folder_write(&folder, "b.yaml", "\n- {name: y, hold: mean(scroe) > 5}\n");
    rules_from_file(&rules, &folder, "a.yaml");
    assert_int_equal(diagnostics_count(&rules.diags), 2);
    diagnostics_sort(&rules.diags);
    assert_contains(rules.diags.problems[0].file, "b.yaml");
    assert_int_equal(rules.diags.problems[0].line, 2);
    assert_contains(rules.diags.problems[1].file, "a.yaml");
    rules_release(&rules);
    folder_remove(&folder);
}

static void a_rule_may_have_several_actions(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "- {name: a, warn: rows > 5, block: rows > 50}\n");
    assert_read(&rules);
    assert_int_equal(rule_set_rule(rules.set, 0).action, ACTION_BLOCK);
    assert_string_equal(rule_set_rule(rules.set, 0).condition, "rows > 50");
    rules_release(&rules);
}

static void digest_of(const char *text, char out[RULE_SET_DIGEST_BYTES])
{
    struct rules rules;
    rules_from_text(&rules, text);
    assert_read(&rules);
    assert_int_equal(strlen(rule_set_digest(rules.set)), RULE_SET_DIGEST_BYTES - 1);
    memcpy(out, rule_set_digest(rules.set), RULE_SET_DIGEST_BYTES);
    rules_release(&rules);
}

static void the_digest_follows_the_meaning_not_the_layout(void **state)
{
    (void)state;
    static const char *const different[] = {
        "- {name: b, hold: rows > 5, because: x}\n",
        "- {name: a, warn: rows > 5, because: x}\n",
        "- {name: a, hold: rows > 6, because: x}\n",
        "- {name: a, hold: rows > 5, because: y}\n",
        "- {name: a, hold: rows > 5, because: x, shadow: true}\n",
        "- {name: a, hold: rows > 5, because: x, min_rows: 7}\n",
        "- {name: a, hold: rows > 5, because: x, by: network}\n",
        "- {name: a, hold: rows > 5, because: x, by: level}\n",
        "- {name: a, hold: rows > 5, because: x, where: level = 1}\n",
        "- {name: a, hold: rows > 5, because: x, each: text}\n",
        "- {name: a, hold: rows > 5, because: x}\n- {name: b, hold: rows > 5}\n",
    };
    char first[RULE_SET_DIGEST_BYTES];
    char other[RULE_SET_DIGEST_BYTES];
    digest_of("- {name: a, hold: rows > 5, because: x}\n", first);
    digest_of("# said differently\n- because: x\n  hold: ( rows>5 )\n  name: 'a'\n", other);
    assert_string_equal(first, other);
    for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
        digest_of(different[i], other);
        assert_string_not_equal(first, other);
    }
}

static void the_digest_follows_the_files_that_rules_read(void **state)
{
    (void)state;
    struct folder folder;
    struct rules rules;
    char first[RULE_SET_DIGEST_BYTES];
    folder_make(&folder);
    folder_write(&folder, "r.yaml", "- {name: a, hold: rows > 5, where: level in file('l')}\n");
    folder_write(&folder, "l", "1\n2\n");
    rules_from_file(&rules, &folder, "r.yaml");
    assert_read(&rules);
    memcpy(first, rule_set_digest(rules.set), sizeof(first));
    rules_release(&rules);
    folder_write(&folder, "l", "1\n3\n");
    rules_from_file(&rules, &folder, "r.yaml");
    assert_string_not_equal(first, rule_set_digest(rules.set));
    rules_release(&rules);
    folder_remove(&folder);
}

static void problems_found_before_do_not_spoil_good_rules(void **state)
{
    (void)state;
    struct rules rules = {0};
    struct arena document CLEANUP(arena_release) = {0};
    struct error err;
    const struct yaml_node *root = NULL;
    static const char text[] = "- {name: a, hold: rows > 5}\n";
    rules.schema = test_schema(&rules.arena);
    diagnostics_add(&rules.diags, "loadguard.yaml", 1, 1, "", "something else");
    assert_ok(yaml_parse_text("r.yaml", text, strlen(text), &document, &root, &rules.diags, &err));
    assert_ok(rule_set_from_node(root, rules.schema, &rules.set, &rules.diags, &err));
    rules_release(&rules);
}

static void an_empty_list_judges_duplicates_alone(void **state)
{
    (void)state;
    struct rules rules;
    rules_from_text(&rules, "[]\n");
    assert_read(&rules);
    assert_int_equal(rule_set_n_rules(rules.set), 0);
    assert_int_equal(rule_set_plan(rules.set)->n_measures, 1);
    rules_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_has_a_list_or_a_map_with_the_key_rules),
        cmocka_unit_test(a_rule_after_an_include_replaces_the_included_one),
        cmocka_unit_test(a_rule_of_each_column_can_be_replaced_too),
        cmocka_unit_test(an_included_rule_can_be_switched_off),
        cmocka_unit_test(a_rule_before_the_include_is_refused),
        cmocka_unit_test(paths_are_relative_to_the_file_they_stand_in),
        cmocka_unit_test(files_of_one_name_in_two_folders_are_two_measures),
        cmocka_unit_test(files_that_include_each_other_are_refused),
        cmocka_unit_test(problems_of_an_included_file_name_that_file),
        cmocka_unit_test(a_rule_may_have_several_actions),
        cmocka_unit_test(the_digest_follows_the_meaning_not_the_layout),
        cmocka_unit_test(the_digest_follows_the_files_that_rules_read),
        cmocka_unit_test(problems_found_before_do_not_spoil_good_rules),
        cmocka_unit_test(an_empty_list_judges_duplicates_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
