#include "tests/incidents/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void must_be_ok(enum error_code code, const struct error *err)
{
    if (code == OK)
        return;
    (void)fprintf(stderr, "%s\n", err->message);
    exit(2);
}

void past_init(struct past *past, bool steady, size_t n_rows, uint64_t seed)
{
    struct error err;
    *past = (struct past){0};
    past->schema = feed_schema(steady, &past->arena);
    past->nights = arena_calloc(&past->arena, PAST_MAX_NIGHTS, sizeof(*past->nights));
    must_be_ok(rule_set_default(past->schema, &past->rules, &err), &err);
    feed_init(&past->feed, n_rows, seed);
}

void past_release(struct past *past)
{
    for (size_t i = 0; i < past->n_nights; i++)
        arena_release(&past->nights[i].arena);
    packed_free(past->live);
    feed_release(&past->feed);
    feed_release(&past->last);
    rule_set_free(past->rules);
    arena_release(&past->arena);
}

static bool has_finding_on(const struct judgement *judgement, const char *text)
{
    for (size_t i = 0; i < judgement->n_outcomes; i++) {
        const struct outcome *outcome = &judgement->outcomes[i];
        if (outcome->kind != OUTCOME_FINDING && outcome->kind != OUTCOME_ERROR)
            continue;
        for (size_t j = 0; j < outcome->n_measures; j++) {
            if (strcmp(outcome->measures[j].text, text) == 0)
                return true;
        }
    }
    return false;
}

/* What an approved load had findings on does not train. */
static void excuse(struct history *history, size_t load, const struct judgement *judgement)
{
    for (size_t i = 0; i < history->n_series; i++) {
        if (has_finding_on(judgement, history->series[i].text))
            history->series[i].trains &= ~(UINT32_C(1) << load);
    }
}

/* The published nights, the newest first. */
static void fill_history(const struct past *past, struct history *history)
{
    const struct measure_plan *plan = rule_set_plan(past->rules);
    for (size_t i = past->n_nights; i > 0; i--) {
        const struct past_night *night = &past->nights[i - 1];
        if (!night->published)
            continue;
        const struct history_load load = {.load = (int64_t)i, .approved = night->approved};
        size_t index = history_add_load(history, &load);
        if (index == HISTORY_NO_LOAD)
            return;
        if (night->day == past->live_day)
            history->previous = index;
        history_add_result(history, index, plan, &night->result, night->gap);
        if (night->approved)
            excuse(history, index, &night->judgement);
    }
}

static double gap_of(const struct past *past)
{
    int64_t times[HISTORY_MAX_LOADS + 1];
    size_t n = past->n_nights < ARRAY_SIZE(times) ? past->n_nights : ARRAY_SIZE(times);
    for (size_t i = 0; i < n; i++)
        times[i] = past->nights[past->n_nights - n + i].day * USEC_PER_DAY;
    return past->live == NULL ? 1
                              : history_gap(times, n, past->live_day * USEC_PER_DAY,
                                            past->feed.day * USEC_PER_DAY);
}

void past_judge(struct past *past, const struct feed *rows, unsigned copies,
                struct past_verdict *ret_verdict)
{
    struct error err;
    struct history history;
    *ret_verdict = (struct past_verdict){.packed = feed_pack(rows, past->schema, copies)};
    history_init(&history, &ret_verdict->arena);
    fill_history(past, &history);
    ret_verdict->gap = gap_of(past);
    const struct judge_context context = {
        .has_old = past->live != NULL,
        .has_as_of = true,
        .as_of_unix_us = past->feed.day * USEC_PER_DAY + PG_EPOCH_UNIX_US,
        .history = &history,
        .gap = ret_verdict->gap,
    };
    struct measure_plan plan;
    must_be_ok(rule_set_plan_for(past->rules, past->live, ret_verdict->packed, &ret_verdict->arena,
                                 &plan, &err),
               &err);
    must_be_ok(diff_run(past->live, ret_verdict->packed, &plan, &ret_verdict->arena, NULL, NULL,
                        &ret_verdict->result, &err),
               &err);
    must_be_ok(rule_set_judge(past->rules, &ret_verdict->result, &context, &ret_verdict->arena,
                              &ret_verdict->judgement, &err),
               &err);
}

void past_verdict_release(struct past_verdict *verdict)
{
    packed_free(verdict->packed);
    arena_release(&verdict->arena);
    *verdict = (struct past_verdict){0};
}

bool past_stopped(const struct past_verdict *verdict)
{
    return verdict->judgement.verdict >= VERDICT_HOLD;
}

void past_end_night(struct past *past, const struct feed *rows, struct past_verdict *verdict,
                    bool published, bool approved)
{
    struct past_night *night = &past->nights[past->n_nights++];
    *night = (struct past_night){
        .arena = verdict->arena,
        .result = verdict->result,
        .judgement = verdict->judgement,
        .gap = verdict->gap,
        .published = published,
        .approved = approved,
        .day = past->feed.day,
    };
    verdict->arena = (struct arena){0};
    if (!published)
        return;
    packed_free(past->live);
    past->live = TAKE(verdict->packed);
    past->live_day = past->feed.day;
    feed_release(&past->last);
    feed_copy(rows, &past->last);
}

void past_quiet_nights(struct past *past, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct past_verdict verdict;
        if (past->n_nights > 0)
            feed_next(&past->feed);
        past_judge(past, &past->feed, 1, &verdict);
        past_end_night(past, &past->feed, &verdict, true, false);
        past_verdict_release(&verdict);
    }
}
