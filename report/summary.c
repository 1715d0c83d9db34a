#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "report/report.h"
#include "report/visible.h"

static bool counts(const struct outcome *outcome)
{
    return !outcome->shadow && (outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR);
}

/* The outcome that says most: the first finding that counts, or else the first error. */
static const struct outcome *strongest(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->n_outcomes; i++)
        if (counts(&judgement->outcomes[i]))
            return &judgement->outcomes[i];
    return NULL;
}

static void describe_others(const struct judgement *judgement, char *out, size_t capacity)
{
    size_t others = judgement->n_findings > 0 ? judgement->n_findings - 1 : 0;
    *out = '\0';
    if (others > 0)
        (void)snprintf(out, capacity, ", and %zu more finding%s", others, others == 1 ? "" : "s");
}

/* Length of the text without a full stop at its end. */
static size_t without_stop(const char *text, size_t len)
{
    return len > 0 && text[len - 1] == '.' ? len - 1 : len;
}

/* What the outcome says, visible. */
static const char *describe(const struct outcome *outcome, struct arena *arena)
{
    const char *sentence = outcome->sentence[0] != '\0' ? outcome->sentence : outcome->rule;
    if (outcome->kind == OUTCOME_ERROR)
        sentence = arena_printf(arena, "could not judge %s: %s", outcome->rule, sentence);
    return visible_copy(arena, sentence, strlen(sentence));
}

/* The largest length <= limit at which a valid text can be cut between characters. */
static size_t cut_before(const char *text, size_t limit)
{
    while (limit > 0 && ((unsigned char)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

static char *summarise_pass(const struct judgement *judgement, char out[REPORT_SUMMARY_BYTES])
{
    size_t passed = 0;
    for (size_t i = 0; i < judgement->n_outcomes; i++)
        passed += judgement->outcomes[i].kind == OUTCOME_PASS;
    (void)snprintf(out, REPORT_SUMMARY_BYTES, "%s: %zu check%s passed",
                   verdict_name(judgement->verdict), passed, passed == 1 ? "" : "s");
    return out;
}

char *report_summary(const struct judgement *judgement, char out[REPORT_SUMMARY_BYTES])
{
    const struct outcome *outcome = strongest(judgement);
    if (outcome == NULL)
        return summarise_pass(judgement, out);
    char others[64];
    describe_others(judgement, others, sizeof(others));
    CLEANUP(arena_release) struct arena arena = {0};
    const char *text = describe(outcome, &arena);
    const char *verdict = verdict_name(judgement->verdict);
    size_t room = REPORT_SUMMARY_BYTES - 1 - strlen(verdict) - strlen(": ") - strlen(others);
    size_t len = without_stop(text, strlen(text));
    const char *ellipsis = "";
    if (len > room) {
        ellipsis = "…";
        len = cut_before(text, room - strlen(ellipsis));
    }
    (void)snprintf(out, REPORT_SUMMARY_BYTES, "%s: %.*s%s%s", verdict, (int)len, text, ellipsis,
                   others);
    return out;
}
