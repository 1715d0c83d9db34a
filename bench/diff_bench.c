/*
 * Times the comparison of two packed snapshots of (bigint, double) with eight aggregates and with
 * the measures of all default rules, beside a bare merge pass over the same columns as the limit of
 * what one core can do.
 *
 *   diff_bench [ROWS [CHANGED [ALONE]]]    shares of rows that changed, and that stand on one side
 *                                          only; defaults 5000000 0.1 0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/sample.h"
#include "bench/tables.h"
#include "diff/diff.h"
#include "rules/rule_set.h"

#define SCORE 1

static struct expr score_on(enum side name)
{
    struct expr expr = {.kind = EXPR_COLUMN, .type = VALUE_DOUBLE};
    expr.side = name;
    expr.column = SCORE;
    return expr;
}

static struct expr call(enum expr_op op, enum value_type type, const struct expr **args,
                        size_t n_args)
{
    struct expr expr = {.kind = EXPR_CALL, .type = type};
    expr.op = op;
    expr.args = args;
    expr.n_args = n_args;
    return expr;
}

static enum error_code time_diff(const struct table *table, const struct measure_plan *plan,
                                 double *ret_seconds, struct error *err)
{
    struct diff_result result;
    struct arena arena = {0};
    double start = sample_now();
    enum error_code code =
        diff_run(table->old_snapshot, table->new_snapshot, plan, &arena, NULL, NULL, &result, err);
    *ret_seconds = sample_now() - start;
    arena_release(&arena);
    return code;
}

static enum error_code run_rounds(const struct table_options *options, const struct table *table,
                                  const struct measure_plan *plan, const char *name,
                                  struct error *err)
{
    double seconds[SAMPLE_ROUNDS];
    double merge_seconds[SAMPLE_ROUNDS];
    for (int i = 0; i < SAMPLE_ROUNDS; i++) {
        TRY(time_diff(table, plan, &seconds[i], err));
        TRY(sample_merge(table->old_snapshot, table->new_snapshot, &merge_seconds[i], err));
    }
    double middle = sample_median(seconds);
    double merge = sample_median(merge_seconds);
    (void)printf("%" PRIu64 " rows, %g changed, %g on one side, %zu measures of %s: %.3f s, "
                 "merge %.3f s, ratio %.2f, %.2f ns a row\n",
                 options->rows, options->changed, options->alone, plan->n_measures, name, middle,
                 merge, middle / merge, middle * 1e9 / (double)options->rows);
    return OK;
}

static enum error_code run_all(const struct table_options *options, const struct table *table,
                               const struct measure_plan *plan, struct error *err)
{
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    const struct schema *schema = table->schema;
    struct expr score = score_on(SIDE_NEW);
    struct measure measures[] = {{.aggregate = AGG_ROWS}, {.aggregate = AGG_KS, .arg = &score}};
    struct measure_plan bare = {.schema = schema, .measures = measures, .n_measures = 1};
    struct measure_plan drift = {.schema = schema, .measures = measures + 1, .n_measures = 1};
    TRY(run_rounds(options, table, plan, "the benchmark", err));
    TRY(run_rounds(options, table, &bare, "rows", err));
    TRY(run_rounds(options, table, &drift, "ks of a double", err));
    TRY(rule_set_default(schema, &rules, err));
    return run_rounds(options, table, rule_set_plan(rules), "the default rules", err);
}

static enum error_code bench(const struct table_options *options, struct table *table,
                             struct arena *arena, struct error *err)
{
    TRY(table_make(options, arena, table, err));
    struct expr new_score = score_on(SIDE_NEW);
    struct expr old_score = score_on(SIDE_OLD);
    struct expr ten = {
        .kind = EXPR_LITERAL, .type = VALUE_INTEGER, .literal = {.type = VALUE_INTEGER, .i64 = 10}};
    struct expr minus =
        call(OP_SUB, VALUE_DOUBLE, (const struct expr *[]){&new_score, &old_score}, 2);
    struct expr moved = call(OP_ABS, VALUE_DOUBLE, (const struct expr *[]){&minus}, 1);
    struct expr limit = call(OP_SUB, VALUE_DOUBLE, (const struct expr *[]){&old_score, &ten}, 2);
    struct expr dropped =
        call(OP_LE, VALUE_BOOLEAN, (const struct expr *[]){&new_score, &limit}, 2);
    struct expr changed = call(OP_CHANGED, VALUE_BOOLEAN, NULL, 0);
    struct measure measures[] = {
        {.aggregate = AGG_KEPT},
        {.aggregate = AGG_ADDED},
        {.aggregate = AGG_REMOVED},
        {.aggregate = AGG_COUNT, .scope = SCOPE_KEPT, .arg = &changed},
        {.aggregate = AGG_MEAN, .scope = SCOPE_NEW, .arg = &new_score},
        {.aggregate = AGG_MEAN, .scope = SCOPE_OLD, .arg = &old_score},
        {.aggregate = AGG_MAX, .scope = SCOPE_KEPT, .arg = &moved},
        {.aggregate = AGG_SHARE, .scope = SCOPE_KEPT, .arg = &dropped},
    };
    struct measure_plan plan = {.schema = table->schema, .measures = measures, .n_measures = 8};
    return run_all(options, table, &plan, err);
}

int main(int argc, char **argv)
{
    struct error err;
    struct arena arena = {0};
    struct table table = {0};
    struct table_options options = {.rows = 5000000, .changed = 0.1};
    if (argc > 1)
        options.rows = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        options.changed = strtod(argv[2], NULL);
    if (argc > 3)
        options.alone = strtod(argv[3], NULL);
    enum error_code code = bench(&options, &table, &arena, &err);
    if (code != OK)
        error_print(&err, stderr);
    table_release(&table);
    arena_release(&arena);
    return code == OK ? 0 : error_exit_status(err.code);
}
