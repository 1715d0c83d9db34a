#include "diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "diff/accumulator.h"
#include "diff/measure_rows.h"
#include "diff/pairing.h"
#include "diff/segmentation.h"

#define PROGRESS_INTERVAL_US (USEC_PER_SEC / 10)
#define SAMPLED_WINDOWS ((size_t)8)

/* A segmentation and, for the slice at hand, the segments of its rows on each side. */
struct division {
    struct segmentation segmentation;
    uint32_t found[2][SLICE_ROWS];
    bool is_found[2];
};

/* A measure under way. division is NULL without by. */
struct running {
    struct measure_rows rows;
    struct measure_nodes nodes;
    struct accumulator accumulator;
    struct division *division;
    bool is_active; /* takes part in the pass at hand */
};

/* Passes are planned ahead for the progress shown; further ones are shown as no progress. */
struct progress {
    diff_progress_fn call;
    void *arg;
    uint64_t rows_total;
    uint64_t rows_before; /* of earlier passes */
    uint64_t n_passes;
    int64_t last_us;
};

struct run {
    const struct measure_plan *plan;
    struct packed *sides[2];
    struct arena *arena;
    struct program program;
    struct pairing *pairing;
    struct running *running; /* plan->n_measures */
    struct division **divisions;
    size_t n_divisions;
    unsigned pass;
    bool is_sampling;   /* ahead of the first pass */
    bool needs_changed; /* the pass at hand uses which rows changed */
    uint64_t changed;
    uint64_t rows[N_ROW_KINDS];
    struct progress progress;
    struct program_use *uses; /* plan->n_measures */
};

static void run_release(struct run *run)
{
    for (size_t i = 0; run->running != NULL && i < run->plan->n_measures; i++)
        accumulator_release(&run->running[i].accumulator);
    for (size_t i = 0; i < run->n_divisions; i++) {
        segmentation_release(&run->divisions[i]->segmentation);
        free(run->divisions[i]);
    }
    free(run->divisions);
    free(run->running);
    free(run->uses);
    pairing_free(run->pairing);
    program_release(&run->program);
}

static enum error_code out_of_memory(struct error *err)
{
    return error_set(err, ERR_MEMORY, "out of memory for the measures");
}

/* After each block of a pass over rows_total rows. */
static enum error_code after_block(uint64_t rows_done, void *arg, struct error *err)
{
    struct progress *progress = &((struct run *)arg)->progress;
    int64_t now_us = clock_monotonic_us();
    TRY(interrupt_check(err));
    if (progress->call == NULL || now_us - progress->last_us < PROGRESS_INTERVAL_US)
        return OK;
    progress->last_us = now_us;
    uint64_t done = (progress->rows_before + rows_done) / progress->n_passes;
    progress->call(done < progress->rows_total ? done : progress->rows_total, progress->rows_total,
                   progress->arg);
    return OK;
}

static void end_progress_pass(struct progress *progress)
{
    progress->rows_before += progress->rows_total;
}

static bool takes_two_passes(const struct measure *measure)
{
    return measure->aggregate == AGG_ARRIVALS || measure->aggregate == AGG_QUANTILE ||
           measure->aggregate == AGG_SPEARMAN;
}

static void plan_progress(struct run *run, diff_progress_fn call, void *arg)
{
    bool again = false;
    for (size_t i = 0; i < run->plan->n_measures; i++)
        again |= takes_two_passes(&run->plan->measures[i]);
    struct packed *old_snapshot = run->sides[SIDE_OLD];
    run->progress = (struct progress){.call = call, .arg = arg, .n_passes = 1 + again};
    run->progress.rows_total =
        packed_rows(run->sides[SIDE_NEW]) + (old_snapshot == NULL ? 0 : packed_rows(old_snapshot));
}

/* The division of a measure: one that another measure has already, or a new one. */
static enum error_code find_division(struct run *run, const struct measure *measure,
                                     struct division **ret_division, struct error *err)
{
    for (size_t i = 0; i < run->n_divisions; i++)
        if (segmentation_fits(&run->divisions[i]->segmentation, measure)) {
            *ret_division = run->divisions[i];
            return OK;
        }
    struct division *division = calloc(1, sizeof(*division));
    if (division == NULL)
        return out_of_memory(err);
    run->divisions[run->n_divisions++] = division;
    run->progress.n_passes++;
    TRY(segmentation_init(&division->segmentation, measure, run->plan->schema, run->sides[SIDE_OLD],
                          run->sides[SIDE_NEW], run->arena, after_block, run, err));
    end_progress_pass(&run->progress);
    *ret_division = division;
    return OK;
}

/*
 * The accumulator of an earlier measure that counts the same rows for another form of drift: nodes
 * are equal where expressions are.
 */
static struct accumulator *find_source(struct run *run, size_t index)
{
    const struct running *running = &run->running[index];
    enum aggregate aggregate = run->plan->measures[index].aggregate;
    for (size_t i = 0; aggregate >= AGG_KS && aggregate <= AGG_EMD && i < index; i++) {
        struct running *other = &run->running[i];
        if (other->accumulator.class == &drift_class && other->accumulator.source == NULL &&
            other->division == running->division &&
            memcmp(&other->nodes, &running->nodes, sizeof(running->nodes)) == 0)
            return &other->accumulator;
    }
    return NULL;
}

static enum error_code start_measure(struct run *run, size_t index, struct error *err)
{
    const struct measure *measure = &run->plan->measures[index];
    struct running *running = &run->running[index];
    size_t n_segments = 1;
    running->rows = measure_rows(measure);
    running->nodes = measure_add_nodes(measure, &run->program);
    if (measure->n_by > 0) {
        TRY(find_division(run, measure, &running->division, err));
        n_segments = running->division->segmentation.n_segments;
    }
    uint32_t arg = running->nodes.arg;
    enum value_type arg_type = arg == PROGRAM_NONE ? VALUE_INTEGER : run->program.nodes[arg].type;
    struct accumulator *source = find_source(run, index);
    running->is_active = source == NULL;
    return accumulator_init(&running->accumulator, measure, arg_type, n_segments, source, err);
}

static enum error_code start(struct run *run, struct error *err)
{
    size_t n = run->plan->n_measures;
    program_init(&run->program, run->plan->schema, SLICE_ROWS);
    run->running = calloc(n + 1, sizeof(*run->running));
    run->uses = calloc(n + 1, sizeof(*run->uses));
    run->divisions = calloc(n + 1, sizeof(*run->divisions));
    if (run->running == NULL || run->uses == NULL || run->divisions == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++)
        TRY(start_measure(run, i, err));
    return pairing_new(run->sides[SIDE_OLD], run->sides[SIDE_NEW], &run->pairing, err);
}

/* Segments of the rows of one side of a slice, found once however many measures ask. */
static const uint32_t *find_segments(struct division *division, const struct slice *slice,
                                     enum side side)
{
    if (!division->is_found[side])
        segmentation_find(&division->segmentation, &slice->sides[side], slice->n,
                          division->found[side]);
    division->is_found[side] = true;
    return division->found[side];
}

static void count_segment_rows(struct division *division, const struct slice *slice)
{
    struct segment *segments = division->segmentation.segments;
    if (slice->sides[SIDE_NEW].columns != NULL) {
        const uint32_t *found = find_segments(division, slice, SIDE_NEW);
        for (size_t i = 0; i < slice->n; i++)
            segments[found[i]].new_rows++;
    }
    if (slice->sides[SIDE_OLD].columns != NULL) {
        const uint32_t *found = find_segments(division, slice, SIDE_OLD);
        for (size_t i = 0; i < slice->n; i++)
            segments[found[i]].old_rows++;
    }
}

static void begin_slice(struct run *run, const struct slice *slice, uint8_t *changed)
{
    bool is_kept = slice->kind == ROWS_KEPT;
    if (is_kept && ((run->pass == 0 && !run->is_sampling) || run->needs_changed))
        slice_changed(run->plan->schema, slice, changed);
    for (size_t i = 0; i < run->n_divisions; i++)
        memset(run->divisions[i]->is_found, 0, sizeof(run->divisions[i]->is_found));
    if (run->pass > 0 || run->is_sampling)
        return;
    run->rows[slice->kind] += slice->n;
    run->changed += is_kept ? mask_count(changed, slice->n) : 0;
    for (size_t i = 0; i < run->n_divisions; i++)
        count_segment_rows(run->divisions[i], slice);
}

static const struct vector *vector_of(const struct run *run, uint32_t node)
{
    return node == PROGRAM_NONE ? NULL : &run->program.nodes[node].value;
}

static const uint8_t *mask_of(const struct run *run, uint32_t node)
{
    return node == PROGRAM_NONE ? NULL : run->program.nodes[node].value.u8;
}

static void take_two_sides(struct running *running, const struct slice *slice, struct intake *in)
{
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        in->has_side[side] = slice->sides[side].columns != NULL;
    if (running->division != NULL && in->has_side[SIDE_NEW])
        in->segments = find_segments(running->division, slice, SIDE_NEW);
    if (running->division != NULL && in->has_side[SIDE_OLD])
        in->old_segments = find_segments(running->division, slice, SIDE_OLD);
}

static enum error_code take_slice(struct run *run, struct running *running,
                                  const struct slice *slice, struct error *err)
{
    struct intake in = {.n = slice->n,
                        .first = slice->first,
                        .arg = vector_of(run, running->nodes.arg),
                        .old = vector_of(run, running->nodes.old),
                        .moved = mask_of(run, running->nodes.moved),
                        .select = mask_of(run, running->nodes.select),
                        .old_select = mask_of(run, running->nodes.old_select),
                        .has_side = {true, false},
                        .slice = slice};
    if (aggregate_has_two_sides(running->accumulator.aggregate))
        take_two_sides(running, slice, &in);
    else if (running->division != NULL)
        in.segments = find_segments(running->division, slice, running->rows.segment_side);
    if (run->is_sampling)
        return accumulator_sample(&running->accumulator, &in, err);
    return accumulator_take(&running->accumulator, &in, err);
}

static enum error_code on_slice(const struct slice *slice, void *arg, struct error *err)
{
    struct run *run = arg;
    uint8_t changed[SLICE_ROWS];
    begin_slice(run, slice, changed);
    struct program_input input = {
        .slice = slice, .changed = slice->kind == ROWS_KEPT ? changed : NULL, .n = slice->n};
    for (size_t s = 0; s < run->program.n_steps; s++) {
        const struct program_step *step = &run->program.steps[s];
        if ((step->rows & ROWS_BIT(slice->kind)) == 0)
            continue;
        if (step->is_use)
            TRY(take_slice(run, &run->running[step->index], slice, err));
        else
            program_compute(&run->program, step->index, &input);
    }
    return OK;
}

static bool takes_part(const struct run *run, const struct running *running)
{
    return running->is_active &&
           (!run->is_sampling || accumulator_wants_sample(&running->accumulator));
}

static enum error_code schedule(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->plan->n_measures; i++) {
        const struct measure_nodes *nodes = &run->running[i].nodes;
        struct program_use none = {
            .needs = {PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE, PROGRAM_NONE}};
        struct program_use use = {
            .needs = {nodes->arg, nodes->select, nodes->old, nodes->moved, nodes->old_select},
            .rows = run->running[i].rows.kinds};
        run->uses[i] = takes_part(run, &run->running[i]) ? use : none;
    }
    TRY(program_schedule(&run->program, run->uses, run->plan->n_measures, err));
    run->needs_changed = false;
    for (size_t i = 0; i < run->program.n_nodes; i++)
        run->needs_changed |=
            run->program.nodes[i].kind == NODE_CHANGED && run->program.nodes[i].rows != 0;
    return OK;
}

/* One pass over all rows; *ret_again if a measure needs another. */
static enum error_code run_pass(struct run *run, bool *ret_again, struct error *err)
{
    struct pairing_sink sink = {.on_slice = on_slice, .on_block = after_block, .arg = run};
    *ret_again = false;
    TRY(schedule(run, err));
    TRY(pairing_run(run->pairing, 0, pairing_windows(run->pairing), &sink, err));
    for (size_t i = 0; i < run->plan->n_measures; i++) {
        struct running *running = &run->running[i];
        if (running->is_active)
            TRY(accumulator_end_pass(&running->accumulator, &running->is_active, err));
        *ret_again |= running->is_active;
    }
    end_progress_pass(&run->progress);
    run->pass++;
    return OK;
}

static enum error_code after_sampled_block(uint64_t rows_done, void *arg, struct error *err)
{
    (void)rows_done;
    (void)arg;
    return interrupt_check(err);
}

/* All windows of a small snapshot, some of a large one, evenly spread. */
static size_t windows_to_sample(size_t n_windows)
{
    size_t some = n_windows / SAMPLED_WINDOWS;
    if (n_windows <= SAMPLED_WINDOWS || some < SAMPLED_WINDOWS)
        return n_windows < SAMPLED_WINDOWS ? n_windows : SAMPLED_WINDOWS;
    return some < 2 * SAMPLED_WINDOWS ? some : 2 * SAMPLED_WINDOWS;
}

/* Shows some rows to the measures that choose by them how to count. */
static enum error_code run_sample(struct run *run, struct error *err)
{
    struct pairing_sink sink = {.on_slice = on_slice, .on_block = after_sampled_block, .arg = run};
    size_t n_windows = pairing_windows(run->pairing);
    size_t n_sampled = windows_to_sample(n_windows);
    bool is_wanted = false;
    for (size_t i = 0; i < run->plan->n_measures; i++)
        is_wanted |= accumulator_wants_sample(&run->running[i].accumulator);
    if (!is_wanted)
        return OK;
    run->is_sampling = true;
    TRY(schedule(run, err));
    for (size_t i = 0; i < n_sampled; i++) {
        size_t window = (i * n_windows + n_windows / 2) / n_sampled;
        TRY(pairing_run(run->pairing, window, 1, &sink, err));
    }
    run->is_sampling = false;
    for (size_t i = 0; i < run->plan->n_measures; i++)
        if (accumulator_wants_sample(&run->running[i].accumulator))
            TRY(accumulator_end_sample(&run->running[i].accumulator, err));
    return OK;
}

static void write_result(const struct run *run, struct diff_result *ret_result)
{
    size_t n = run->plan->n_measures;
    const uint64_t *rows = run->rows;
    ret_result->counts = (struct row_counts){
        .old_rows = rows[ROWS_KEPT] + rows[ROWS_REMOVED] + rows[ROWS_OLD_UNPAIRED],
        .new_rows =
            rows[ROWS_KEPT] + rows[ROWS_ADDED] + rows[ROWS_DUPLICATE] + rows[ROWS_NEW_UNPAIRED],
        .kept = rows[ROWS_KEPT],
        .changed = run->changed,
        .added = rows[ROWS_ADDED],
        .removed = rows[ROWS_REMOVED],
        .duplicates = rows[ROWS_DUPLICATE],
    };
    ret_result->measures = arena_calloc(run->arena, n + 1, sizeof(*ret_result->measures));
    for (size_t i = 0; i < n; i++) {
        accumulator_result(&run->running[i].accumulator, run->arena, &ret_result->measures[i]);
        if (run->running[i].division != NULL)
            ret_result->measures[i].segments = run->running[i].division->segmentation.segments;
    }
}

enum error_code diff_run(struct packed *old_snapshot, struct packed *new_snapshot,
                         const struct measure_plan *plan, struct arena *arena,
                         diff_progress_fn progress, void *progress_arg,
                         struct diff_result *ret_result, struct error *err)
{
    CLEANUP(run_release)
    struct run run = {.plan = plan,
                      .arena = arena,
                      .sides = {[SIDE_NEW] = new_snapshot, [SIDE_OLD] = old_snapshot}};
    bool again = true;
    plan_progress(&run, progress, progress_arg);
    TRY(start(&run, err));
    TRY(run_sample(&run, err));
    while (again)
        TRY(run_pass(&run, &again, err));
    write_result(&run, ret_result);
    return OK;
}
