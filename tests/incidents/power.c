/* Prints what the default rules make of each incident at each share. */
#include <stdlib.h>
#include <string.h>

#include "tests/incidents/past.h"

static const double shares[] = {1,     0.8,   0.5,   0.2,   0.1,    0.05,   0.02,   0.01,
                                0.005, 0.003, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00001};

static void print_finding(const struct past_verdict *verdict)
{
    for (size_t i = 0; i < verdict->judgement.n_outcomes && i < 1; i++) {
        const struct outcome *outcome = &verdict->judgement.outcomes[i];
        if (outcome->kind == OUTCOME_FINDING || outcome->kind == OUTCOME_ERROR)
            printf("  %s: %s", outcome->rule, outcome->sentence);
    }
}

static void print_power(struct past *past, const struct incident *incident, uint64_t seed)
{
    for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
        struct feed tonight;
        struct past_verdict verdict;
        feed_copy(&past->feed, &tonight);
        incident->damage(&tonight, &past->last, shares[i], seed);
        past_judge(past, &tonight, incident->copies == 0 ? 1 : incident->copies, &verdict);
        printf("%-24s %9g  %-6s %3zu", incident->name, shares[i],
               verdict_name(verdict.judgement.verdict), verdict.judgement.n_findings);
        print_finding(&verdict);
        printf("\n");
        bool passed = verdict.judgement.verdict == VERDICT_PASS;
        past_verdict_release(&verdict);
        feed_release(&tonight);
        if (passed)
            break;
    }
}

static void quiet(size_t rows, uint64_t seed, size_t nights)
{
    struct past past;
    size_t stopped = 0;
    past_init(&past, false, rows, seed);
    past_quiet_nights(&past, 9);
    for (size_t i = 9; i < nights; i++) {
        struct past_verdict verdict;
        feed_next(&past.feed);
        past_judge(&past, &past.feed, 1, &verdict);
        for (size_t j = 0; j < verdict.judgement.n_findings; j++)
            printf("night %zu: %s: %s: %s\n", i, verdict_name(verdict.judgement.verdict),
                   verdict.judgement.outcomes[j].rule, verdict.judgement.outcomes[j].sentence);
        stopped += past_stopped(&verdict);
        past_end_night(&past, &past.feed, &verdict, true, false);
        past_verdict_release(&verdict);
    }
    printf("%zu nights stopped\n", stopped);
    past_release(&past);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 1;
    size_t rows = strtoull(argv[2], NULL, 10);
    uint64_t seed = strtoull(argv[3], NULL, 10);
    size_t nights = argc > 4 ? strtoull(argv[4], NULL, 10) : 28;
    if (strcmp(argv[1], "quiet") == 0) {
        quiet(rows, seed, nights);
        return 0;
    }
    struct past past;
    bool cold = strcmp(argv[1], "cold") == 0;
    past_init(&past, cold, rows, seed);
    past_quiet_nights(&past, cold ? 2 : nights + 1);
    feed_next(&past.feed);
    for (size_t i = 0; i < n_incidents; i++) {
        if ((argc <= 5 || strcmp(argv[5], incidents[i].name) == 0) && !incidents[i].every_night)
            print_power(&past, &incidents[i], seed);
    }
    past_release(&past);
    return 0;
}
