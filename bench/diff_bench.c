/*
 * Times the comparison of two packed snapshots of (bigint, double) with eight aggregates and with
 * the measures of all default rules, beside a bare merge pass over the same columns as the limit of
 * what one core can do.
 *
 *   diff_bench [ROWS [CHANGED [ALONE]]]    shares of rows that changed, and that stand on one side
 *                                          only; defaults 5000000 0.1 0
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "diff/diff.h"
#include "rules/rule_set.h"
#include "snapshot/packed.h"

#define REPEATS 7

struct options {
    uint64_t rows;
    double changed;
    double alone;
};

static uint64_t random_state = 88172645463325252;

static double random_unit(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)(random_state * UINT64_C(2685821657736338717) >> 11) * 0x1p-53;
}

/* Rows of one side that wait to be packed. */
struct filling {
    struct packer *packer;
    int64_t keys[BATCH_ROWS];
    double scores[BATCH_ROWS];
    size_t n;
};

static enum error_code flush_side(struct filling *side, const struct schema *schema,
                                  struct error *err)
{
    struct column columns[] = {{.type = TYPE_BIGINT, .i64 = side->keys},
                               {.type = TYPE_DOUBLE, .f64 = side->scores}};
    struct batch batch = {.schema = schema, .columns = columns, .n_rows = side->n};
    side->n = 0;
    return packer_add(side->packer, &batch, err);
}

static enum error_code add(struct filling *side, const struct schema *schema, int64_t key,
                           double score, struct error *err)
{
    if (side->n == BATCH_ROWS)
        TRY(flush_side(side, schema, err));
    side->keys[side->n] = key;
    side->scores[side->n++] = score;
    return OK;
}

static enum error_code fill(const struct options *options, const struct schema *schema,
                            struct filling *old_side, struct filling *new_side, struct error *err)
{
    for (uint64_t i = 0; i < options->rows; i++) {
        double score = floor(random_unit() * 9900) / 100 + 1;
        double moved = random_unit() < options->changed ? score - 20 * random_unit() : score;
        double fate = random_unit();
        if (fate >= options->alone)
            TRY(add(old_side, schema, (int64_t)i * 3, score, err));
        if (fate < 1 - options->alone)
            TRY(add(new_side, schema, (int64_t)i * 3, moved, err));
    }
    TRY(flush_side(old_side, schema, err));
    return flush_side(new_side, schema, err);
}

static enum error_code make_snapshots(const struct options *options, const struct schema *schema,
                                      struct packed **ret_old, struct packed **ret_new,
                                      struct error *err)
{
    static struct filling old_side;
    static struct filling new_side;
    struct packer_options where = {.directory = "/tmp"};
    TRY(packer_new(schema, &where, &old_side.packer, err));
    TRY(packer_new(schema, &where, &new_side.packer, err));
    TRY(fill(options, schema, &old_side, &new_side, err));
    TRY(packer_finish(old_side.packer, ret_old, err));
    TRY(packer_finish(new_side.packer, ret_new, err));
    packer_free(old_side.packer);
    packer_free(new_side.packer);
    return OK;
}

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

static enum error_code time_diff(struct packed *old_snapshot, struct packed *new_snapshot,
                                 const struct measure_plan *plan, double *ret_seconds,
                                 struct error *err)
{
    struct diff_result result;
    struct arena arena = {0};
    int64_t start_us = clock_monotonic_us();
    enum error_code code =
        diff_run(old_snapshot, new_snapshot, plan, &arena, NULL, NULL, &result, err);
    *ret_seconds = (double)(clock_monotonic_us() - start_us) / (double)USEC_PER_SEC;
    arena_release(&arena);
    return code;
}

/* A block at a time of one side, for the bare merge. */
struct reading {
    struct packed *packed;
    struct column columns[2];
    struct batch batch;
    size_t next_block;
    size_t row;
};

static enum error_code refill(struct reading *reading, bool *ret_more, struct error *err)
{
    *ret_more = reading->row < reading->batch.n_rows;
    if (*ret_more || reading->next_block == packed_blocks(reading->packed))
        return OK;
    reading->row = 0;
    *ret_more = true;
    return packed_block(reading->packed, reading->next_block++, reading->columns, &reading->batch,
                        err);
}

static void merge_blocks(struct reading *old_side, struct reading *new_side, double *sums)
{
    const int64_t *x = old_side->columns[0].i64;
    const int64_t *y = new_side->columns[0].i64;
    size_t i = old_side->row;
    size_t j = new_side->row;
    while (i < old_side->batch.n_rows && j < new_side->batch.n_rows) {
        bool kept = x[i] == y[j];
        bool old_first = x[i] <= y[j];
        bool new_first = y[j] <= x[i];
        sums[0] += kept ? old_side->columns[SCORE].f64[i] : 0;
        sums[1] += kept ? new_side->columns[SCORE].f64[j] : 0;
        i += old_first;
        j += new_first;
    }
    old_side->row = i;
    new_side->row = j;
}

/* The least that comparing two sorted sides can cost a row at a time: two sums over kept rows. */
static enum error_code time_merge(struct packed *old_snapshot, struct packed *new_snapshot,
                                  double *ret_seconds, struct error *err)
{
    struct reading old_side = {.packed = old_snapshot};
    struct reading new_side = {.packed = new_snapshot};
    double sums[2] = {0};
    bool old_more = true;
    bool new_more = true;
    int64_t start_us = clock_monotonic_us();
    for (;;) {
        TRY(refill(&old_side, &old_more, err));
        TRY(refill(&new_side, &new_more, err));
        if (!old_more || !new_more)
            break;
        merge_blocks(&old_side, &new_side, sums);
    }
    *ret_seconds = (double)(clock_monotonic_us() - start_us) / (double)USEC_PER_SEC;
    if (sums[0] == 0 && sums[1] == 1)
        (void)puts("");
    return OK;
}

static enum error_code run_rounds(const struct options *options, struct packed *old_snapshot,
                                  struct packed *new_snapshot, const struct measure_plan *plan,
                                  const char *name, struct error *err)
{
    double best = HUGE_VAL;
    double best_merge = HUGE_VAL;
    for (int i = 0; i < REPEATS; i++) {
        double seconds = 0;
        TRY(time_diff(old_snapshot, new_snapshot, plan, &seconds, err));
        best = fmin(best, seconds);
        TRY(time_merge(old_snapshot, new_snapshot, &seconds, err));
        best_merge = fmin(best_merge, seconds);
    }
    (void)printf("%" PRIu64 " rows, %g changed, %g on one side, %zu measures of %s: %.3f s, "
                 "merge %.3f s, ratio %.2f, %.2f ns a row\n",
                 options->rows, options->changed, options->alone, plan->n_measures, name, best,
                 best_merge, best / best_merge, best * 1e9 / (double)options->rows);
    return OK;
}

static enum error_code run_all(const struct options *options, const struct schema *schema,
                               struct packed *old_snapshot, struct packed *new_snapshot,
                               const struct measure_plan *plan, struct error *err)
{
    CLEANUP(rule_set_cleanup) struct rule_set *rules = NULL;
    struct expr score = score_on(SIDE_NEW);
    struct measure measures[] = {{.aggregate = AGG_ROWS}, {.aggregate = AGG_KS, .arg = &score}};
    struct measure_plan bare = {.schema = schema, .measures = measures, .n_measures = 1};
    struct measure_plan drift = {.schema = schema, .measures = measures + 1, .n_measures = 1};
    TRY(run_rounds(options, old_snapshot, new_snapshot, plan, "the benchmark", err));
    TRY(run_rounds(options, old_snapshot, new_snapshot, &bare, "rows", err));
    TRY(run_rounds(options, old_snapshot, new_snapshot, &drift, "ks of a double", err));
    TRY(rule_set_default(schema, &rules, err));
    return run_rounds(options, old_snapshot, new_snapshot, rule_set_plan(rules),
                      "the default rules", err);
}

static enum error_code bench(const struct options *options, struct error *err)
{
    struct arena arena = {0};
    struct schema_column columns[] = {{.name = "id", .type = TYPE_BIGINT, .not_null = true},
                                      {.name = "score", .type = TYPE_DOUBLE}};
    const char *key = "id";
    struct schema *schema = NULL;
    struct packed *old_snapshot = NULL;
    struct packed *new_snapshot = NULL;
    TRY(schema_make(&arena, columns, 2, &key, 1, &schema, err));
    TRY(make_snapshots(options, schema, &old_snapshot, &new_snapshot, err));
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
    struct measure_plan plan = {.schema = schema, .measures = measures, .n_measures = 8};
    enum error_code code = run_all(options, schema, old_snapshot, new_snapshot, &plan, err);
    packed_free(old_snapshot);
    packed_free(new_snapshot);
    arena_release(&arena);
    return code;
}

int main(int argc, char **argv)
{
    struct error err;
    struct options options = {.rows = 5000000, .changed = 0.1};
    if (argc > 1)
        options.rows = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        options.changed = strtod(argv[2], NULL);
    if (argc > 3)
        options.alone = strtod(argv[3], NULL);
    if (bench(&options, &err) == OK)
        return 0;
    error_print(&err, stderr);
    return error_exit_status(err.code);
}
