/* Judgements of measures that are made up, so that each case is exactly what it says. */
#include "tests/unit/rules/judging.h"

static void a_condition_that_is_true_is_a_finding_with_all_it_rests_on(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- name: mass reset\n"
              "  block: share(score = 1 and old.score > 1) > 0.5%\n"
              "  because: the last step writes 1\n");
    set_double(&f, "share(score = 1 and old.score > 1)", 0.93);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    assert_int_equal(f.judgement.n_findings, 1);
    const struct outcome *outcome = &f.judgement.outcomes[0];
    assert_int_equal(outcome->kind, OUTCOME_FINDING);
    assert_string_equal(outcome->rule, "mass reset");
    assert_int_equal(outcome->action, ACTION_BLOCK);
    assert_true(outcome->releasable);
    assert_string_equal(outcome->condition, "share(score = 1 and old.score > 1) > 0.5%");
    assert_int_equal(outcome->n_measures, 1);
    assert_string_equal(outcome->measures[0].text, "share(score = 1 and old.score > 1)");
    assert_true(outcome->measures[0].value.f64 == 0.93);
    assert_true(outcome->has_limit);
    assert_true(outcome->measured.f64 == 0.93);
    assert_true(outcome->limit.f64 == 0.005);
    assert_true(outcome->limit_is_percentage);
    assert_string_equal(outcome->basis, "fixed");
    assert_string_equal(outcome->because, "the last step writes 1");
    assert_string_equal(outcome->sentence,
                        "93 % of kept rows have score = 1 and old.score > 1 (limit 0.5 %)");
    assert_int_equal(outcome->example_measure, index_of(&f, outcome->measures[0].text));
    assert_string_equal(outcome->file, "rules.yaml");
    assert_int_equal(outcome->line, 1);
    assert_null(outcome->segment);
    assert_null(outcome->column);
    end(&f);
}

static void a_condition_that_is_false_passes(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, block: share(score = 1) > 0.5%}\n");
    set_double(&f, "share(score = 1)", 0.005);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    assert_int_equal(f.judgement.n_findings, 0);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    end(&f);
}

static void the_strongest_finding_is_the_verdict_and_stands_first(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: w, warn: rows > 5}\n- {name: h, hold: rows > 5}\n"
              "- {name: p, block: rows > 500}\n- {name: b, block: rows > 5}\n");
    set_integer(&f, "rows", 10);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    assert_int_equal(f.judgement.n_findings, 3);
    assert_string_equal(f.judgement.outcomes[0].rule, "b");
    assert_string_equal(f.judgement.outcomes[1].rule, "h");
    assert_string_equal(f.judgement.outcomes[2].rule, "w");
    assert_int_equal(f.judgement.outcomes[3].kind, OUTCOME_PASS);
    end(&f);
}

static void of_several_actions_the_strongest_that_is_true_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, warn: rows > 5, hold: rows > 50, block: rows > 500}\n");
    set_integer(&f, "rows", 60);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    assert_int_equal(f.judgement.n_findings, 1);
    assert_int_equal(outcome_of(&f, "a")->limit.i64, 50);
    set_integer(&f, "rows", 6);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_WARN);
    set_integer(&f, "rows", 5);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    end(&f);
}

static void a_warning_does_not_stand_in_for_what_could_not_be_told(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, warn: rows > 5, hold: mean(score) > 5}\n");
    set_integer(&f, "rows", 10);
    set_null(&f, "mean(score)");
    set_integer(&f, "values of the last good load for mean(score)", 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_ERROR);
    set_integer(&f, "values of the last good load for mean(score)", 0);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_WARN);
    end(&f);
}

static void each_action_answers_for_its_own_files(void **state)
{
    (void)state;
    struct folder folder;
    struct fixture f = {0};
    folder_make(&folder);
    folder_write(&folder, "a.txt", "1\n");
    folder_write(&folder, "b.txt", "2\n");
    folder_write(&folder, "r.yaml",
                 "- name: a\n"
                 "  warn: share(profile_id in file('a.txt')) > 5%\n"
                 "  hold: share(profile_id in file('b.txt')) > 5%\n");
    rules_from_file(&f.rules, &folder, "r.yaml");
    prepare(&f);
    set_integer(&f, "count(profile_id in file(\"b.txt\"))", 1);
    set_double(&f, "share(profile_id in file(\"b.txt\"))", 0.5);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    set_integer(&f, "count(profile_id in file(\"b.txt\"))", 0);
    set_integer(&f, "count(profile_id in file(\"a.txt\"))", 1);
    judge(&f);
    assert_contains(outcome_of(&f, "a")->sentence, "b.txt");
    assert_string_equal(outcome_of(&f, "a")->condition,
                        "share(profile_id in file(\"b.txt\")) > 5%");
    end(&f);
    folder_remove(&folder);
}

static void a_shadow_rule_is_recorded_but_does_not_count(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, block: rows > 5, shadow: true}\n");
    set_integer(&f, "rows", 10);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    assert_int_equal(f.judgement.n_findings, 0);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    assert_true(outcome_of(&f, "a")->shadow);
    end(&f);
}

static void the_limit_is_that_of_the_first_comparison_that_is_true(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: added > 500 or 100 < removed or rows > 1}\n");
    set_integer(&f, "removed", 101);
    set_integer(&f, "rows", 7000);
    judge(&f);
    const struct outcome *outcome = outcome_of(&f, "a");
    assert_int_equal(outcome->measured.i64, 101);
    assert_int_equal(outcome->limit.i64, 100);
    assert_string_equal(outcome->sentence, "removed is 101 (limit 100)");
    assert_int_equal(outcome->example_measure, index_of(&f, "removed"));
    end(&f);
}

static void a_comparison_under_not_gives_no_limit(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: not (rows > 2 and added > 5)}\n- {name: b, hold: mean(score) > "
              "mean(old.score)}\n");
    set_integer(&f, "rows", 4321);
    set_integer(&f, "added", 6);
    set_double(&f, "mean(score)", 12.5);
    set_double(&f, "mean(old.score)", 12.25);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    assert_false(outcome_of(&f, "b")->has_limit);
    assert_string_equal(outcome_of(&f, "b")->sentence,
                        "mean(score) is 12.5, mean(old.score) is 12.25");
    set_integer(&f, "added", 5);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    assert_false(outcome_of(&f, "a")->has_limit);
    assert_string_equal(outcome_of(&f, "a")->sentence, "rows is 4,321, added is 5");
    end(&f);
}

static void arrivals_say_at_which_value(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, each: [score, network], block: arrivals(x) > 25%}\n");
    set_double(&f, "arrivals(score)", 0.93);
    struct measure_result *result = &f.result.measures[index_of(&f, "arrivals(score)")];
    *(struct value *)(uintptr_t)result->arrived_at = (struct value){.type = VALUE_DOUBLE, .f64 = 1};
    judge(&f);
    const struct outcome *outcome = outcome_of(&f, "a");
    assert_string_equal(outcome->column, "score");
    assert_string_equal(outcome->condition, "arrivals(score) > 25%");
    assert_string_equal(outcome->sentence, "93 % of kept rows moved to score = 1 (limit 25 %)");
    assert_true(outcome->measures[0].has_arrived_at);
    assert_true(outcome->measures[0].arrived_at.f64 == 1);
    assert_int_equal(f.judgement.n_findings, 1);
    end(&f);
}

static void duplicate_keys_block_and_cannot_be_released(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "[]\n");
    f.result.counts.duplicates = 1234;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    const struct outcome *outcome = outcome_of(&f, RULE_DUPLICATE_KEYS);
    assert_false(outcome->releasable);
    assert_string_equal(outcome->sentence, "1,234 rows share their key with another row");
    assert_int_equal(outcome->example_measure, index_of(&f, "duplicates"));
    end(&f);
}

static void a_first_load_is_judged_by_the_rules_that_need_no_old_side(void **state)
{
    (void)state;
    static const char *const need_old[] = {"old_rows = 0",
                                           "kept = 0",
                                           "added > 5",
                                           "removed / rows > 1%",
                                           "mean(old.score) > 1",
                                           "changed > 1",
                                           "share(jumped(score)) > 1%",
                                           "arrivals(score) > 1%",
                                           "nulls(old.x) = 0"};
    for (size_t i = 0; i < ARRAY_SIZE(need_old); i++) {
        struct fixture f;
        char text[200];
        (void)snprintf(text, sizeof(text), "- {name: a, each: score, block: %s}\n", need_old[i]);
        begin(&f, text);
        f.context.has_old = false;
        judge(&f);
        assert_int_equal(f.judgement.verdict, VERDICT_PASS);
        assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
        assert_contains(outcome_of(&f, "a")->sentence, "no last good load");
        end(&f);
    }
    struct fixture f;
    begin(&f, "- {name: a, block: rows = 0}\n");
    f.context.has_old = false;
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_BLOCK);
    end(&f);
}

static void a_measure_without_a_value_now_and_before_is_not_applicable(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: mean(score) > 5}\n");
    set_null(&f, "mean(score)");
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    assert_contains(outcome_of(&f, "a")->sentence, "mean(score) has no value to judge");
    end(&f);
}

static void a_measure_that_had_a_value_before_and_has_none_now_holds(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, warn: mean(score) > 5}\n");
    set_null(&f, "mean(score)");
    set_integer(&f, "values of the last good load for mean(score)", 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    assert_int_equal(f.judgement.n_findings, 1);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_ERROR);
    assert_int_equal(outcome_of(&f, "a")->action, ACTION_HOLD);
    assert_contains(outcome_of(&f, "a")->sentence,
                    "mean(score) has no value in this load, but had one before");
    end(&f);
}

static void a_share_of_rows_that_were_there_before_holds(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, warn: share(score > 5) > 5%}\n"
              "- {name: b, warn: 'share(score > 5, level = 1) > 5%'}\n"
              "- {name: c, warn: share(score > 5) > 5%, where: level = 2}\n");
    set_null(&f, "share(score > 5)");
    set_null(&f, "share(score > 5, level = 1)");
    set_null(&f, "share(score > 5) where level = 2");
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    set_integer(&f, "old_rows", 1);
    set_integer(&f, "values of the last good load for share(score > 5, level = 1)", 1);
    set_integer(&f, "values of the last good load for share(score > 5) where level = 2", 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    assert_int_equal(f.judgement.n_findings, 3);
    end(&f);
}

static void a_paired_measure_without_pairs_is_not_applicable(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: mean(score - old.score) > 5}\n");
    set_null(&f, "mean(score - old.score)");
    set_integer(&f, "values of the last good load for mean(score - old.score)", 9);
    *(uint64_t *)(uintptr_t)f.result.measures[index_of(&f, "mean(score - old.score)")].scope_rows =
        0;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    end(&f);
}

static void recorded_values_decide_before_the_old_rows_do(void **state)
{
    (void)state;
    struct fixture f;
    struct history history;
    const struct history_load load = {.load = 7};
    struct history_record record = {.text = "mean(score)", .segment = "", .value = 1};
    begin(&f, "- {name: a, hold: mean(score) > 5}\n");
    set_null(&f, "mean(score)");
    history_init(&history, &f.rules.arena);
    history.previous = history_add_load(&history, &load);
    history_add(&history, 0, &record);
    f.context.history = &history;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_ERROR);
    record.is_null = true;
    history_init(&history, &f.rules.arena);
    history.previous = history_add_load(&history, &load);
    history_add(&history, 0, &record);
    set_integer(&f, "values of the last good load for mean(score)", 5);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    end(&f);
}

static void a_division_by_zero_is_not_applicable(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: removed / old_rows > 5%}\n");
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    assert_contains(outcome_of(&f, "a")->sentence, "division by zero");
    end(&f);
}

static void unknown_parts_do_not_hide_what_is_known(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: mean(score) > 5 or rows > 5}\n"
              "- {name: b, hold: mean(score) > 5 and rows > 500}\n");
    set_null(&f, "mean(score)");
    set_integer(&f, "rows", 10);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    assert_int_equal(outcome_of(&f, "a")->limit.i64, 5);
    assert_int_equal(outcome_of(&f, "b")->kind, OUTCOME_PASS);
    end(&f);
}

static void as_of_is_the_time_of_the_load(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: max(seen) > as_of + 2d}\n");
    *value_of(&f, "max(seen)") = (struct value){.type = VALUE_TIME, .i64 = 3 * USEC_PER_DAY};
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    assert_contains(outcome_of(&f, "a")->sentence, "no as_of time");
    f.context.has_as_of = true;
    f.context.as_of_unix_us = PG_EPOCH_UNIX_US + USEC_PER_DAY;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_PASS);
    f.context.as_of_unix_us = PG_EPOCH_UNIX_US + USEC_PER_DAY - 1;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    assert_int_equal(outcome_of(&f, "a")->limit.i64, 3 * USEC_PER_DAY - 1);
    end(&f);
}

static void a_file_that_matches_nothing_holds(void **state)
{
    (void)state;
    struct folder folder;
    struct fixture f = {0};
    folder_make(&folder);
    folder_write(&folder, "ids.txt", "1\n");
    folder_write(&folder, "r.yaml",
                 "- {name: a, warn: rows > 5, where: profile_id in file('ids.txt')}\n"
                 "- {name: b, warn: rows > 5, where: profile_id not in file('ids.txt')}\n");
    rules_from_file(&f.rules, &folder, "r.yaml");
    prepare(&f);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_ERROR);
    assert_contains(outcome_of(&f, "a")->sentence,
                    "count(profile_id in file(\"ids.txt\")) is 0: the file matches no row");
    assert_int_equal(outcome_of(&f, "b")->kind, OUTCOME_PASS);
    assert_int_equal(f.judgement.verdict, VERDICT_HOLD);
    set_integer(&f, "count(profile_id in file(\"ids.txt\"))", 1);
    judge(&f);
    assert_int_equal(f.judgement.verdict, VERDICT_PASS);
    end(&f);
    folder_remove(&folder);
}

static void too_few_rows_are_not_judged(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: removed > 5, min_rows: 1001}\n");
    set_integer(&f, "removed", 900);
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_NOT_APPLICABLE);
    f.result.counts.old_rows = 1001;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->kind, OUTCOME_FINDING);
    end(&f);
}

/* Gives every measure with by the segments a, b, ... with as many rows as said. */
static struct segment *segment_all(struct fixture *f, const uint64_t (*rows)[2], size_t n)
{
    struct arena *arena = &f->rules.arena;
    const struct measure_plan *plan = rule_set_plan(f->rules.set);
    struct segment *segments = arena_calloc(arena, n, sizeof(*segments));
    for (size_t i = 0; i < n; i++)
        segments[i] = (struct segment){.text = arena_printf(arena, "network=%03zu", i),
                                       .new_rows = rows[i][0],
                                       .old_rows = rows[i][1]};
    for (size_t m = 0; m < plan->n_measures; m++) {
        if (plan->measures[m].n_by == 0)
            continue;
        struct measure_result *result = &f->result.measures[m];
        result->segments = segments;
        result->n_segments = n;
        for (size_t i = 0; i < n; i++) {
            ((struct value *)(uintptr_t)result->values)[i] =
                (struct value){.type = plan->measures[m].type};
            ((uint64_t *)(uintptr_t)result->scope_rows)[i] = 1;
        }
    }
    return segments;
}

static void each_segment_has_its_own_finding(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{50, 50}, {60, 60}, {70, 70}};
    struct fixture f;
    begin(&f, "- {name: a, hold: share(score > old.score) > 5%, by: network}\n");
    (void)segment_all(&f, rows, ARRAY_SIZE(rows));
    value_of(&f, "share(score > old.score)")[1].f64 = 0.5;
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 1);
    const struct outcome *outcome = &f.judgement.outcomes[0];
    assert_string_equal(outcome->segment, "network=001");
    assert_true(outcome->measures[0].value.f64 == 0.5);
    assert_contains(outcome->sentence, "network=001: 50 % of kept rows have score > old.score");
    assert_int_equal(f.judgement.n_outcomes, 3);
    const struct outcome *passes = &f.judgement.outcomes[2];
    assert_int_equal(passes->kind, OUTCOME_PASS);
    assert_int_equal(passes->n_segments, 2);
    end(&f);
}

static void small_segments_are_not_judged_and_large_ones_may_not_come_or_go(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{0, 1000}, {1000, 0}, {999, 999}, {1000, 5}, {0, 999}};
    struct fixture f;
    begin(&f,
          "- {name: a, each: [score, level], hold: mean(x) > 5, by: network, min_rows: 1000}\n");
    struct segment *segments = segment_all(&f, rows, ARRAY_SIZE(rows));
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 2);
    assert_string_equal(f.judgement.outcomes[0].sentence,
                        "network=000 has vanished: it had 1,000 rows in the last good load");
    assert_string_equal(f.judgement.outcomes[1].sentence,
                        "network=001 has appeared: it has 1,000 rows and had none");
    segments[0].is_rest = true;
    segments[1].is_rest = true;
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 0);
    segments[0].is_rest = false;
    f.context.has_old = false;
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 0);
    end(&f);
}

static void a_finding_says_how_many_values_are_judged_together(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{1000, 1000}, {1000, 1000}, {1000, 1000}};
    struct fixture f;
    begin(&f, "- {name: a, hold: share(score > old.score) > 5%, by: network}\n");
    struct segment *segments = segment_all(&f, rows, ARRAY_SIZE(rows));
    value_of(&f, "share(score > old.score)")[1].f64 = 0.5;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->n_rest, 0);
    segments[2].is_rest = true;
    segments[2].n_values = 52120;
    judge(&f);
    assert_int_equal(outcome_of(&f, "a")->n_single, 2);
    assert_int_equal(outcome_of(&f, "a")->n_rest, 52120);
    end(&f);
}

static void without_min_rows_segments_may_come_and_go(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{0, 100000}, {100000, 0}};
    struct fixture f;
    begin(&f, "- {name: a, hold: mean(score) > 5, by: network}\n");
    (void)segment_all(&f, rows, ARRAY_SIZE(rows));
    value_of(&f, "mean(score)")[0].is_null = true;
    value_of(&f, "values of the last good load for mean(score)")[0].i64 = 100000;
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 0);
    end(&f);
}

static void a_segment_that_lost_its_values_holds(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{100, 100}, {100, 100}};
    struct fixture f;
    begin(&f, "- {name: a, hold: mean(score) > 5, by: network}\n");
    (void)segment_all(&f, rows, ARRAY_SIZE(rows));
    value_of(&f, "mean(score)")[0].is_null = true;
    value_of(&f, "mean(score)")[1].is_null = true;
    value_of(&f, "values of the last good load for mean(score)")[1].i64 = 3;
    judge(&f);
    assert_int_equal(f.judgement.n_findings, 1);
    assert_int_equal(f.judgement.outcomes[0].kind, OUTCOME_ERROR);
    assert_string_equal(f.judgement.outcomes[0].segment, "network=001");
    end(&f);
}

static void findings_of_many_segments_are_capped_and_counted(void **state)
{
    (void)state;
    static uint64_t rows[MAX_SEGMENTS][2];
    struct fixture f;
    for (size_t i = 0; i < MAX_SEGMENTS; i++)
        rows[i][0] = rows[i][1] = 100;
    begin(&f, "- {name: a, hold: mean(score) >= 0, by: network}\n");
    (void)segment_all(&f, rows, MAX_SEGMENTS);
    judge(&f);
    assert_int_equal(f.judgement.n_findings, JUDGEMENT_MAX_SEGMENT_FINDINGS + 1);
    const struct outcome *last = &f.judgement.outcomes[JUDGEMENT_MAX_SEGMENT_FINDINGS];
    assert_string_equal(last->sentence, "156 more segments are like this");
    assert_int_equal(last->n_segments, 156);
    end(&f);
}

static void a_column_with_too_many_or_too_few_values_is_no_category(void **state)
{
    (void)state;
    static const uint64_t rows[][2] = {{100, 100}};
    static const struct {
        int64_t now;
        int64_t before;
        enum outcome_kind kind;
    } cases[] = {{1, 1, OUTCOME_NOT_APPLICABLE},
                 {2, 2, OUTCOME_FINDING},
                 {1, 2, OUTCOME_FINDING},
                 {100, 100, OUTCOME_FINDING},
                 {101, 100, OUTCOME_NOT_APPLICABLE},
                 {100, 101, OUTCOME_NOT_APPLICABLE}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f;
        begin(&f, "- {name: s, by: each category, hold: mean(score) >= 0}\n"
                  "- {name: c, each: category, hold: top_share(x) >= 0}\n");
        (void)segment_all(&f, rows, ARRAY_SIZE(rows));
        set_integer(&f, "distinct(network)", cases[i].now);
        set_integer(&f, "distinct(old.network)", cases[i].before);
        judge(&f);
        size_t expected = cases[i].kind == OUTCOME_FINDING ? 2 : 0;
        assert_int_equal(f.judgement.n_findings, expected);
        end(&f);
    }
}

static void sentences_read_well_for_each_kind_of_measure(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "- {name: a, hold: nulls(score) > 3}\n"
              "- {name: b, hold: count(score > 5) > 3, where: level = 1}\n"
              "- {name: c, hold: share(old.score > 5) > 3%}\n"
              "- {name: d, hold: max(score) > 1000000}\n"
              "- {name: e, hold: mean(seen - old.seen) > 2h}\n"
              "- {name: f, hold: removed / old_rows > 5%}\n"
              "- {name: g, hold: \"share(network = ')'', ' and active, score > 5) > 3%\"}\n"
              "- {name: h, hold: mean(score) > 1.5}\n");
    set_integer(&f, "nulls(score)", 1234567);
    set_integer(&f, "count(score > 5) where level = 1", 44);
    set_double(&f, "share(old.score > 5)", 0.9995);
    set_double(&f, "max(score)", 1234567.5);
    *value_of(&f, "mean(seen - old.seen)") =
        (struct value){.type = VALUE_DURATION, .i64 = INT64_C(3) * 3600 * USEC_PER_SEC};
    set_integer(&f, "removed", 123);
    set_integer(&f, "old_rows", 1000);
    set_double(&f, "share(network = ')'', ' and active, score > 5)", 0.5);
    set_double(&f, "mean(score)", 2);
    judge(&f);
    assert_string_equal(outcome_of(&f, "a")->sentence, "score is NULL in 1,234,567 rows (limit 3)");
    assert_string_equal(outcome_of(&f, "b")->sentence,
                        "44 rows have score > 5 where level = 1 (limit 3)");
    assert_string_equal(outcome_of(&f, "c")->sentence,
                        "99.95 % of rows of the last good load have old.score > 5 (limit 3 %)");
    assert_string_equal(outcome_of(&f, "d")->sentence, "max(score) is 1,234,568 (limit 1,000,000)");
    assert_string_equal(outcome_of(&f, "e")->sentence,
                        "mean(seen - old.seen) is 3 h 0 min (limit 2 h 0 min)");
    assert_string_equal(outcome_of(&f, "f")->sentence, "removed / old_rows is 12.3 % (limit 5 %)");
    assert_string_equal(
        outcome_of(&f, "g")->sentence,
        "50 % of rows have network = ')'', ' and active where score > 5 (limit 3 %)");
    assert_string_equal(outcome_of(&f, "h")->sentence, "mean(score) is 2 (limit 1.5)");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_that_is_true_is_a_finding_with_all_it_rests_on),
        cmocka_unit_test(a_condition_that_is_false_passes),
        cmocka_unit_test(the_strongest_finding_is_the_verdict_and_stands_first),
        cmocka_unit_test(of_several_actions_the_strongest_that_is_true_is_reported),
        cmocka_unit_test(a_warning_does_not_stand_in_for_what_could_not_be_told),
        cmocka_unit_test(each_action_answers_for_its_own_files),
        cmocka_unit_test(a_shadow_rule_is_recorded_but_does_not_count),
        cmocka_unit_test(the_limit_is_that_of_the_first_comparison_that_is_true),
        cmocka_unit_test(a_comparison_under_not_gives_no_limit),
        cmocka_unit_test(arrivals_say_at_which_value),
        cmocka_unit_test(duplicate_keys_block_and_cannot_be_released),
        cmocka_unit_test(a_first_load_is_judged_by_the_rules_that_need_no_old_side),
        cmocka_unit_test(a_measure_without_a_value_now_and_before_is_not_applicable),
        cmocka_unit_test(a_measure_that_had_a_value_before_and_has_none_now_holds),
        cmocka_unit_test(a_share_of_rows_that_were_there_before_holds),
        cmocka_unit_test(a_paired_measure_without_pairs_is_not_applicable),
        cmocka_unit_test(recorded_values_decide_before_the_old_rows_do),
        cmocka_unit_test(a_division_by_zero_is_not_applicable),
        cmocka_unit_test(unknown_parts_do_not_hide_what_is_known),
        cmocka_unit_test(as_of_is_the_time_of_the_load),
        cmocka_unit_test(a_file_that_matches_nothing_holds),
        cmocka_unit_test(too_few_rows_are_not_judged),
        cmocka_unit_test(each_segment_has_its_own_finding),
        cmocka_unit_test(small_segments_are_not_judged_and_large_ones_may_not_come_or_go),
        cmocka_unit_test(a_finding_says_how_many_values_are_judged_together),
        cmocka_unit_test(without_min_rows_segments_may_come_and_go),
        cmocka_unit_test(a_segment_that_lost_its_values_holds),
        cmocka_unit_test(findings_of_many_segments_are_capped_and_counted),
        cmocka_unit_test(a_column_with_too_many_or_too_few_values_is_no_category),
        cmocka_unit_test(sentences_read_well_for_each_kind_of_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
