/*
 * What the default rules catch, and how surely:
 *
 *   incident_power table                      the table of expectations, as Markdown
 *   incident_power trials ROWS TRIALS         how often less than the tabled share is stopped
 *   incident_power look cold|warm ROWS SEED [INCIDENT]    verdict and first finding at each share
 */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "tests/incidents/expected.h"
#include "tests/incidents/past.h"

#define COLD_NIGHTS 2
#define WARM_NIGHTS 29
#define FIRST_SEED 20001

/* Of the tabled share. */
static const double fractions[] = {1, 0.8, 0.6, 0.4, 0.2};

static void begin(struct past *past, enum temperature temperature, size_t rows, uint64_t seed)
{
    past_init(past, temperature == COLD, rows, seed);
    past_quiet_nights(past, temperature == COLD ? COLD_NIGHTS : WARM_NIGHTS);
    feed_next(&past->feed);
}

static void judge(struct past *past, const struct incident *incident, double share, uint64_t seed,
                  struct past_verdict *ret_verdict)
{
    struct feed tonight;
    feed_copy(&past->feed, &tonight);
    incident->damage(&tonight, &past->last, share, seed);
    past_judge(past, &tonight, incident->copies == 0 ? 1 : incident->copies, ret_verdict);
    feed_release(&tonight);
}

static void print_table(void)
{
    printf("| case | what happens | with | at 10,000 rows from | at 1,000,000 from | verdict | "
           "rule |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < n_expectations; i++) {
        const struct expectation *expected = &expectations[i];
        printf("| %s | %s | %s | %.4g %% | %.4g %% | %s | %s |\n", expected->incident,
               incident_find(expected->incident)->what,
               expected->temperature == COLD ? "two nights" : "history", expected->small * 100,
               expected->large * 100, verdict_name(expected->verdict), expected->rule);
    }
}

/* Whether less than the tabled share is worth a trial: not where that is a whole incident, a single
 * row, or a change on purpose. */
static bool has_less(const struct expectation *expected, size_t rows)
{
    const struct incident *incident = incident_find(expected->incident);
    return expected->small < 0.1 && expected->small * (double)rows > 1 && !incident->on_purpose;
}

static void count_stops(size_t rows, size_t n_trials, enum temperature temperature,
                        unsigned (*counts)[ARRAY_SIZE(fractions)])
{
    for (size_t trial = 0; trial < n_trials; trial++) {
        struct past past;
        begin(&past, temperature, rows, FIRST_SEED + trial);
        for (size_t i = 0; i < n_expectations; i++) {
            const struct expectation *expected = &expectations[i];
            if (expected->temperature != temperature || !has_less(expected, rows))
                continue;
            for (size_t f = 0; f < ARRAY_SIZE(fractions); f++) {
                struct past_verdict verdict;
                judge(&past, incident_find(expected->incident), expected->small * fractions[f],
                      FIRST_SEED + trial + f, &verdict);
                counts[i][f] += past_stopped(&verdict);
                past_verdict_release(&verdict);
            }
        }
        past_release(&past);
    }
}

static void print_trials(size_t rows, size_t n_trials)
{
    unsigned(*counts)[ARRAY_SIZE(fractions)] = calloc(n_expectations, sizeof(*counts));
    if (counts == NULL)
        abort();
    count_stops(rows, n_trials, COLD, counts);
    count_stops(rows, n_trials, WARM, counts);
    printf("| case | with | tabled share |");
    for (size_t f = 0; f < ARRAY_SIZE(fractions); f++)
        printf(" × %g |", fractions[f]);
    printf("\n|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < n_expectations; i++) {
        if (!has_less(&expectations[i], rows))
            continue;
        printf("| %s | %s | %.4g %% |", expectations[i].incident,
               expectations[i].temperature == COLD ? "two nights" : "history",
               expectations[i].small * 100);
        for (size_t f = 0; f < ARRAY_SIZE(fractions); f++)
            printf(" %.0f %% |", 100.0 * counts[i][f] / (double)n_trials);
        printf("\n");
    }
    free(counts);
}

static void look_at(struct past *past, const struct incident *incident, uint64_t seed)
{
    static const double shares[] = {1,     0.8,   0.5,   0.2,   0.1,    0.05,   0.02,   0.01,
                                    0.005, 0.003, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00001};
    bool passed = false;
    for (size_t i = 0; i < ARRAY_SIZE(shares) && !passed; i++) {
        struct past_verdict verdict;
        judge(past, incident, shares[i], seed, &verdict);
        const struct judgement *judgement = &verdict.judgement;
        printf("%-24s %9g  %-6s %3zu", incident->name, shares[i], verdict_name(judgement->verdict),
               judgement->n_findings);
        if (judgement->n_outcomes > 0 && judgement->outcomes[0].kind != OUTCOME_PASS)
            printf("  %s: %s", judgement->outcomes[0].rule, judgement->outcomes[0].sentence);
        printf("\n");
        passed = judgement->verdict == VERDICT_PASS;
        past_verdict_release(&verdict);
    }
}

static void look(enum temperature temperature, size_t rows, uint64_t seed, const char *only)
{
    struct past past;
    begin(&past, temperature, rows, seed);
    for (size_t i = 0; i < n_incidents; i++)
        if ((only == NULL || strcmp(only, incidents[i].name) == 0) && !incidents[i].every_night)
            look_at(&past, &incidents[i], seed);
    past_release(&past);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "table") == 0)
        print_table();
    else if (argc == 4 && strcmp(argv[1], "trials") == 0)
        print_trials(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    else if ((argc == 5 || argc == 6) && strcmp(argv[1], "look") == 0 &&
             (strcmp(argv[2], "cold") == 0 || strcmp(argv[2], "warm") == 0))
        look(strcmp(argv[2], "cold") == 0 ? COLD : WARM, strtoull(argv[3], NULL, 10),
             strtoull(argv[4], NULL, 10), argc == 6 ? argv[5] : NULL);
    else {
        (void)fprintf(stderr, "usage: incident_power table\n"
                              "       incident_power trials ROWS TRIALS\n"
                              "       incident_power look cold|warm ROWS SEED [INCIDENT]\n");
        return 1;
    }
    return 0;
}
