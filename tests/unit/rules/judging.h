/* Rules judged over measures that are made up. */
#ifndef LG_TESTS_UNIT_RULES_JUDGING_H
#define LG_TESTS_UNIT_RULES_JUDGING_H

#include "base/clock.h"
#include "tests/unit/rules/folder.h"

#define MAX_SEGMENTS 256

struct fixture {
    struct rules rules;
    struct diff_result result;
    struct judge_context context;
    struct judgement judgement;
};

static inline void assert_ready(const struct rules *rules)
{
    if (rules->code != OK)
        fail_msg("%s:%u: %s", rules->err.file, rules->err.line, rules->err.message);
}

/* Every measure has one entry, which is 0, over 1000 rows. */
static inline void prepare(struct fixture *f)
{
    assert_ready(&f->rules);
    const struct measure_plan *plan = rule_set_plan(f->rules.set);
    struct arena *arena = &f->rules.arena;
    f->result.counts = (struct row_counts){.old_rows = 1000, .new_rows = 1000, .kept = 1000};
    f->result.measures = arena_calloc(arena, plan->n_measures, sizeof(*f->result.measures));
    for (size_t i = 0; i < plan->n_measures; i++) {
        struct value *values = arena_calloc(arena, MAX_SEGMENTS, sizeof(*values));
        uint64_t *rows = arena_calloc(arena, MAX_SEGMENTS, sizeof(*rows));
        struct value *arrived = arena_calloc(arena, MAX_SEGMENTS, sizeof(*arrived));
        values[0].type = plan->measures[i].type;
        rows[0] = 1000;
        f->result.measures[i] =
            (struct measure_result){.n_segments = 1, .values = values, .scope_rows = rows};
        if (plan->measures[i].aggregate == AGG_ARRIVALS)
            f->result.measures[i].arrived_at = arrived;
    }
    f->context = (struct judge_context){.has_old = true};
}

static inline void begin(struct fixture *f, const char *text)
{
    *f = (struct fixture){0};
    rules_from_text(&f->rules, text);
    prepare(f);
}

static inline void end(struct fixture *f)
{
    rules_release(&f->rules);
}

static inline size_t index_of(const struct fixture *f, const char *measure)
{
    const struct measure_plan *plan = rule_set_plan(f->rules.set);
    for (size_t i = 0; i < plan->n_measures; i++) {
        if (strcmp(plan->measures[i].text, measure) == 0)
            return i;
    }
    fail_msg("no measure '%s'", measure);
    return 0;
}

static inline struct value *value_of(struct fixture *f, const char *measure)
{
    return (struct value *)(uintptr_t)f->result.measures[index_of(f, measure)].values;
}

static inline void set_integer(struct fixture *f, const char *measure, int64_t number)
{
    *value_of(f, measure) = (struct value){.type = VALUE_INTEGER, .i64 = number};
}

static inline void set_double(struct fixture *f, const char *measure, double number)
{
    *value_of(f, measure) = (struct value){.type = VALUE_DOUBLE, .f64 = number};
}

static inline void set_null(struct fixture *f, const char *measure)
{
    value_of(f, measure)->is_null = true;
}

static inline void judge(struct fixture *f)
{
    struct error err;
    assert_ok(rule_set_judge(f->rules.set, &f->result, &f->context, &f->rules.arena, &f->judgement,
                             &err));
}

static inline const struct outcome *outcome_of(const struct fixture *f, const char *rule)
{
    for (size_t i = 0; i < f->judgement.n_outcomes; i++) {
        if (strcmp(f->judgement.outcomes[i].rule, rule) == 0)
            return &f->judgement.outcomes[i];
    }
    fail_msg("no outcome of '%s'", rule);
    return NULL;
}

#endif
