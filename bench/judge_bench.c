/*
 * Where the time of a judged night goes: the measures of all default rules over two packed
 * snapshots, the judgement with and without 28 earlier loads, examples of findings and what reports
 * draw of them. As processor time, beside a bare merge pass over the same rows.
 *
 *   judge_bench [narrow|wide [ROWS [RESET [CHANGED]]]]
 *
 * RESET is the share of rows whose score is reset: without any there are no findings, hence no
 * examples and drawings. Defaults: narrow 5000000 0 0.1. The peak of memory beside the
 * mapped files, while measuring, comes last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/sample.h"
#include "bench/tables.h"
#include "guard/drawings.h"

enum part {
    PART_MERGE,
    PART_PAIRING,
    PART_MEASURES,
    PART_JUDGEMENT,
    PART_HISTORY,
    PART_DRAWINGS,
    PART_ALL,
};
#define N_PARTS 7

struct night {
    struct table table;
    struct rule_set *rules;
    struct history history;
    double seconds[N_PARTS][SAMPLE_ROUNDS];
    long memory_kib;
};

/* Keeps the highest number of KiB in use that no file stands behind. */
static void watch_memory(uint64_t rows_done, uint64_t rows_total, void *arg)
{
    char line[128];
    long *highest_kib = arg;
    FILE *file = fopen("/proc/self/status", "re");
    (void)rows_done;
    (void)rows_total;
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        long kib = strncmp(line, "RssAnon:", 8) == 0 ? strtol(line + 8, NULL, 10) : 0;
        *highest_kib = kib > *highest_kib ? kib : *highest_kib;
    }
    (void)fclose(file);
}

static enum error_code time_pairing(struct night *night, double *ret_seconds, struct error *err)
{
    const struct measure rows = {.aggregate = AGG_ROWS};
    const struct measure_plan plan = {
        .schema = night->table.schema, .measures = &rows, .n_measures = 1};
    struct arena arena = {0};
    struct diff_result result;
    double start = sample_now();
    enum error_code code = diff_run(night->table.old_snapshot, night->table.new_snapshot, &plan,
                                    &arena, NULL, NULL, &result, err);
    *ret_seconds = sample_now() - start;
    arena_release(&arena);
    return code;
}

/* Earlier loads that were all like this one. */
static void remember(struct night *night, const struct diff_result *result)
{
    while (night->history.n_loads < HISTORY_MAX_LOADS) {
        const struct history_load load = {.load = (int64_t)night->history.n_loads + 1};
        size_t index = history_add_load(&night->history, &load);
        if (index == HISTORY_NO_LOAD)
            return;
        history_add_result(&night->history, index, rule_set_plan(night->rules), result, 1);
    }
    night->history.previous = 0;
}

static enum error_code time_judgement(const struct night *night, const struct history *history,
                                      struct judged *judged, double *ret_seconds, struct error *err)
{
    const struct judge_context context = {.has_old = true, .history = history};
    double start = sample_now();
    TRY(rule_set_judge(night->rules, &judged->diff, &context, &judged->arena, &judged->judgement,
                       err));
    *ret_seconds = sample_now() - start;
    return OK;
}

static enum error_code time_drawings(struct night *night, struct judged *judged,
                                     double *ret_seconds, struct error *err)
{
    double start = sample_now();
    TRY(drawings_find(night->table.old_snapshot, night->table.new_snapshot, night->rules, judged,
                      err));
    *ret_seconds = sample_now() - start;
    return OK;
}

static enum error_code time_measures(struct night *night, struct judged *judged,
                                     double *ret_seconds, struct error *err)
{
    struct packed *old_snapshot = night->table.old_snapshot;
    struct packed *new_snapshot = night->table.new_snapshot;
    struct measure_plan plan;
    double start = sample_now();
    TRY(rule_set_plan_for(night->rules, old_snapshot, new_snapshot, &judged->arena, &plan, err));
    TRY(diff_run(old_snapshot, new_snapshot, &plan, &judged->arena, watch_memory,
                 &night->memory_kib, &judged->diff, err));
    *ret_seconds = sample_now() - start;
    return OK;
}

static enum error_code time_parts(struct night *night, struct judged *judged, size_t round,
                                  struct error *err)
{
    double seconds[N_PARTS] = {0};
    TRY(sample_merge(night->table.old_snapshot, night->table.new_snapshot, &seconds[PART_MERGE],
                     err));
    TRY(time_pairing(night, &seconds[PART_PAIRING], err));
    TRY(time_measures(night, judged, &seconds[PART_MEASURES], err));
    remember(night, &judged->diff);
    TRY(time_judgement(night, &night->history, judged, &seconds[PART_HISTORY], err));
    TRY(time_judgement(night, NULL, judged, &seconds[PART_JUDGEMENT], err));
    TRY(time_drawings(night, judged, &seconds[PART_DRAWINGS], err));
    for (size_t i = 0; i < N_PARTS; i++)
        night->seconds[i][round] = seconds[i];
    return OK;
}

/* A whole night as the program judges it, with findings if there are any. */
static enum error_code time_all(struct night *night, size_t round, struct error *err)
{
    const struct judge_context context = {.has_old = true};
    CLEANUP(judged_release) struct judged judged = {0};
    double start = sample_now();
    TRY(judge_run(night->table.old_snapshot, night->table.new_snapshot, night->rules, &context,
                  &judged, err));
    night->seconds[PART_ALL][round] = sample_now() - start;
    return OK;
}

static void print_night(struct night *night, uint64_t rows)
{
    static const char *const names[N_PARTS] = {
        "merge, the limit", "pairing alone",        "measures", "judging without history",
        "judging with 28",  "drawings of findings", "all"};
    double merge = sample_median(night->seconds[PART_MERGE]);
    for (size_t i = 0; i < N_PARTS; i++) {
        double seconds = sample_median(night->seconds[i]);
        (void)printf("%-24s %8.4f s %8.2f ns a row %7.2f of the merge\n", names[i], seconds,
                     seconds * 1e9 / (double)rows, seconds / merge);
    }
    (void)printf("%-24s %8ld KiB\n", "memory beside files", night->memory_kib);
}

static enum error_code bench(struct night *night, const struct table_options *options,
                             struct arena *arena, struct error *err)
{
    TRY(table_make(options, arena, &night->table, err));
    TRY(rule_set_default(night->table.schema, &night->rules, err));
    history_init(&night->history, arena);
    for (size_t i = 0; i < SAMPLE_ROUNDS; i++) {
        CLEANUP(judged_release) struct judged judged = {0};
        TRY(time_parts(night, &judged, i, err));
        TRY(time_all(night, i, err));
    }
    print_night(night, options->rows);
    return OK;
}

int main(int argc, char **argv)
{
    struct error err;
    struct arena arena = {0};
    struct night night = {0};
    struct table_options options = {.rows = 5000000, .changed = 0.1};
    if (argc > 1)
        options.wide = strcmp(argv[1], "wide") == 0;
    if (argc > 2)
        options.rows = strtoull(argv[2], NULL, 10);
    if (argc > 3)
        options.reset = strtod(argv[3], NULL);
    if (argc > 4)
        options.changed = strtod(argv[4], NULL);
    enum error_code code = bench(&night, &options, &arena, &err);
    if (code != OK)
        error_print(&err, stderr);
    table_release(&night.table);
    rule_set_free(night.rules);
    arena_release(&arena);
    return code == OK ? 0 : error_exit_status(err.code);
}
