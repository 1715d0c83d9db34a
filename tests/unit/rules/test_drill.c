#include "tests/unit/rules/night.h"

#include "rules/drill.h"

#define N_ROWS 2000

/* A drill of one night under rules given as text. */
struct exercise {
    struct arena arena;
    struct schema *schema;
    struct rule_set *rules;
    struct drill_options options;
    struct drill_result result;
};

static void run(struct exercise *e, const char *text, bool evolving)
{
    struct arena document CLEANUP(arena_release) = {0};
    struct diagnostics diags CLEANUP(diagnostics_release) = {0};
    const struct yaml_node *root = NULL;
    struct night night;
    struct error err;
    *e = (struct exercise){0};
    e->schema = night_schema(&e->arena);
    assert_ok(yaml_parse_text("rules.yaml", text, strlen(text), &document, &root, &diags, &err));
    assert_ok(rule_set_from_node(root, e->schema, &e->rules, &diags, &err));
    night_first(&night, N_ROWS, 7);
    if (evolving) {
        e->options.source.before = night_pack(&night, e->schema);
        night_next(&night);
    }
    e->options.source.rows = night_pack(&night, e->schema);
    free(night.rows);
    static const bool score_only[8] = {[1] = true};
    e->options.rules = e->rules;
    e->options.columns = score_only;
    e->options.directory = "/tmp";
    e->options.next.has_old = e->options.last.has_old = true;
    assert_ok(drill_run(&e->options, &e->arena, &e->result, &err));
}

static void end(struct exercise *e)
{
    packed_free(e->options.source.rows);
    packed_free(e->options.source.before);
    rule_set_free(e->rules);
    arena_release(&e->arena);
}

static const struct drill_row *row_of(const struct exercise *e, const char *damage)
{
    for (size_t i = 0; i < e->result.n_rows; i++) {
        if (strcmp(e->result.rows[i].damage.name, damage) == 0)
            return &e->result.rows[i];
    }
    fail_msg("no damage '%s'", damage);
    return NULL;
}

static double caught_by(const struct exercise *e, const char *damage, const char *rule)
{
    for (size_t i = 0; i < e->result.n_rules; i++) {
        if (strcmp(e->result.rules[i], rule) == 0)
            return row_of(e, damage)->caught[i];
    }
    fail_msg("no rule '%s'", rule);
    return 0;
}

static void the_smallest_share_is_that_of_the_limit(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: reset, hold: share(score = 0) > 3%}\n", false);
    const struct drill_row *row = row_of(&e, "score set to 0");
    assert_true(caught_by(&e, "score set to 0", "reset") == 0.05);
    assert_true(row->stops->share == 0.05);
    assert_int_equal(row->stops->verdict, VERDICT_HOLD);
    assert_null(row->passes);
    end(&e);
}

static void a_block_in_full_may_be_a_warning_for_few(void **state)
{
    (void)state;
    struct exercise e;
    run(&e,
        "- {name: reset, warn: share(score = 0) > 1%, hold: share(score = 0) > 10%, block: "
        "share(score = 0) > 60%}\n",
        false);
    const struct drill_row *row = row_of(&e, "score set to 0");
    assert_int_equal(row->steps[0].verdict, VERDICT_BLOCK);
    assert_true(row->stops->share == 0.2);
    assert_int_equal(row->warns->verdict, VERDICT_WARN);
    assert_true(row->warns->share == 0.02);
    end(&e);
}

static void duplicates_are_blocked_down_to_one_row_by_any_rules(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: nothing, warn: rows = 0}\n", false);
    const struct drill_row *row = row_of(&e, "rows delivered twice");
    assert_int_equal(row->stops->verdict, VERDICT_BLOCK);
    assert_int_equal(row->stops->rows, 1);
    end(&e);
}

static void what_nothing_catches_stays_uncaught_after_few_steps(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: nothing, warn: rows = 0}\n", false);
    const struct drill_row *row = row_of(&e, "score set to 0");
    assert_null(row->warns);
    assert_int_equal(row->n_steps, DRILL_QUIET_STEPS);
    end(&e);
}

static void a_rule_that_finds_an_undamaged_load_catches_nothing(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: always, block: rows > 0}\n- {name: reset, hold: share(score = 0) > 3%}\n",
        false);
    assert_true(caught_by(&e, "score set to 0", "always") == DRILL_NOTHING);
    assert_int_equal(row_of(&e, "score set to 0")->stops->verdict, VERDICT_HOLD);
    assert_true(e.result.still[0]);
    assert_false(e.result.still[1]);
    end(&e);
}

static void a_share_that_passes_above_one_that_is_stopped_is_told(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: some, hold: share(score = 0) between 3% and 30%}\n", false);
    const struct drill_row *row = row_of(&e, "score set to 0");
    assert_non_null(row->stops);
    assert_non_null(row->passes);
    assert_true(row->passes->share == 0.5);
    end(&e);
}

static void shadow_rules_do_not_count(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: reset, hold: share(score = 0) > 3%, shadow: true}\n", false);
    assert_null(row_of(&e, "score set to 0")->warns);
    end(&e);
}

static void a_rule_that_could_not_tell_holds_and_so_catches(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: mean, block: mean(score) > 1000}\n", false);
    assert_true(caught_by(&e, "score set to NULL", "mean") == 1);
    assert_int_equal(row_of(&e, "score set to NULL")->stops->verdict, VERDICT_HOLD);
    end(&e);
}

static void with_the_load_before_damage_comes_on_top_of_what_a_night_does(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: still, hold: changed / kept < 20%}\n", true);
    assert_false(e.result.still[0]);
    assert_true(caught_by(&e, "rows that did not move", "still") == 0.8);
    assert_null(row_of(&e, "score set to 0")->stops);
    end(&e);
}

static void a_stale_copy_is_compared_with_the_live_load(void **state)
{
    (void)state;
    struct exercise e;
    run(&e, "- {name: same, warn: changed + added + removed = 0}\n", true);
    assert_int_equal(row_of(&e, "the live load again")->warns->verdict, VERDICT_WARN);
    end(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_share_is_that_of_the_limit),
        cmocka_unit_test(a_block_in_full_may_be_a_warning_for_few),
        cmocka_unit_test(duplicates_are_blocked_down_to_one_row_by_any_rules),
        cmocka_unit_test(what_nothing_catches_stays_uncaught_after_few_steps),
        cmocka_unit_test(a_rule_that_finds_an_undamaged_load_catches_nothing),
        cmocka_unit_test(a_share_that_passes_above_one_that_is_stopped_is_told),
        cmocka_unit_test(shadow_rules_do_not_count),
        cmocka_unit_test(a_rule_that_could_not_tell_holds_and_so_catches),
        cmocka_unit_test(with_the_load_before_damage_comes_on_top_of_what_a_night_does),
        cmocka_unit_test(a_stale_copy_is_compared_with_the_live_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
