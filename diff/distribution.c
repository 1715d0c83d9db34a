/*
 * Both are computed in two passes: the first sees which values there are and chooses the bins, the
 * second counts. A distribution needs no pairing, each side is read by itself. Of a large snapshot
 * the first pass reads some blocks only, unless they turn out not to be enough.
 */
#include "diff/distribution.h"

#include <assert.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "diff/binning.h"
#include "diff/column_rows.h"
#include "diff/compare.h"
#include "diff/pairing.h"

/* What a first pass over some blocks reads, and what it has to have seen to do for all. */
#define SOME_BLOCKS ((size_t)32)
#define ENOUGH_ROWS 10000
#define ENOUGH_MOVED 1000

/* What the passes go along with. counts is per side of each place, or of each pair of places. */
struct study {
    struct column_rows rows;
    struct seen_values seen;
    struct binning binning;
    uint64_t *counts;
    uint64_t changed;
    struct column *columns;
    struct packed *sides[2];
    struct pairing *pairing; /* of transitions; NULL for a distribution */
    bool is_counting;        /* the second pass */
};

static void study_release(struct study *study)
{
    column_rows_release(&study->rows);
    seen_release(&study->seen);
    binning_release(&study->binning);
    free(study->counts);
    free(study->columns);
    pairing_free(study->pairing);
}

static enum error_code study_start(struct study *study, struct packed *const *sides, size_t column,
                                   const struct segment_choice *segment, struct error *err)
{
    const struct schema *schema = packed_schema(sides[SIDE_NEW]);
    assert(column < schema->n_columns);
    study->sides[SIDE_NEW] = sides[SIDE_NEW];
    study->sides[SIDE_OLD] = sides[SIDE_OLD];
    TRY(column_rows_init(&study->rows, schema, column, segment, err));
    study->columns = calloc(schema->n_columns, sizeof(*study->columns));
    return study->columns == NULL ? error_set(err, ERR_MEMORY, "out of memory for a drawing") : OK;
}

static size_t n_places(const struct study *study)
{
    return study->binning.n_bins + 2;
}

static enum error_code new_counts(struct study *study, size_t n, struct error *err)
{
    study->counts = calloc(n, sizeof(*study->counts));
    return study->counts == NULL ? error_set(err, ERR_MEMORY, "out of memory for a drawing") : OK;
}

static enum error_code take_rows(struct study *study, enum side side, const struct rows *rows,
                                 size_t n, struct error *err)
{
    uint8_t select[SLICE_ROWS];
    uint32_t places[SLICE_ROWS];
    TRY(column_rows_select(&study->rows, rows, n, select, err));
    struct vector values = column_rows_load(&study->rows, rows, n, 0);
    if (!study->is_counting)
        return seen_add(&study->seen, side, &values, n, select, err);
    binning_find(&study->binning, &values, n, places);
    for (size_t i = 0; i < n; i++)
        study->counts[side * n_places(study) + places[i]] += select[i];
    return OK;
}

static enum error_code read_block(struct study *study, enum side side, size_t block,
                                  struct error *err)
{
    struct batch batch;
    TRY(interrupt_check(err));
    TRY(packed_block(study->sides[side], block, study->columns, &batch, err));
    for (size_t start = 0; start < batch.n_rows; start += SLICE_ROWS) {
        struct rows rows = {.columns = batch.columns, .block = block, .start = start};
        size_t left = batch.n_rows - start;
        TRY(take_rows(study, side, &rows, left < SLICE_ROWS ? left : SLICE_ROWS, err));
    }
    return OK;
}

/* Reads all blocks of a side, or at most so many, spread evenly. */
static enum error_code read_side(struct study *study, enum side side, size_t most,
                                 struct error *err)
{
    struct packed *packed = study->sides[side];
    size_t n_blocks = packed == NULL ? 0 : packed_blocks(packed);
    size_t n = n_blocks < most ? n_blocks : most;
    for (size_t i = 0; i < n; i++)
        TRY(read_block(study, side, i * n_blocks / n, err));
    return OK;
}

static bool is_to_be_shown(const struct study *study, const struct bin *bin)
{
    bool is_end = bin->kind == BIN_BELOW || bin->kind == BIN_ABOVE;
    bool is_gap = bin->kind == BIN_RANGE && !study->seen.has_many;
    return (!is_end && !is_gap) || bin->old_rows + bin->new_rows > 0;
}

static void write_distribution(const struct study *study, struct distribution *ret_distribution)
{
    const struct binning *binning = &study->binning;
    const uint64_t *new_counts = study->counts;
    const uint64_t *old_counts = study->counts + n_places(study);
    size_t nan = binning->n_bins;
    *ret_distribution = (struct distribution){.scale = binning->scale,
                                              .type = study->seen.type,
                                              .bins = binning->bins,
                                              .old_nans = old_counts[nan],
                                              .new_nans = new_counts[nan],
                                              .old_nulls = old_counts[nan + 1],
                                              .new_nulls = new_counts[nan + 1]};
    for (size_t place = 0; place < n_places(study); place++) {
        ret_distribution->old_rows += old_counts[place];
        ret_distribution->new_rows += new_counts[place];
    }
    for (size_t i = 0; i < binning->n_bins; i++) {
        struct bin bin = binning->bins[i];
        bin.old_rows = old_counts[i];
        bin.new_rows = new_counts[i];
        if (is_to_be_shown(study, &bin))
            ret_distribution->bins[ret_distribution->n_bins++] = bin;
    }
}

/* Different values that are no texts or UUIDs have different hashes, but one has that of NULL. */
static void find_moved_bits(const struct vector *a, const struct vector *b, size_t n,
                            uint8_t *ret_moved)
{
    static const uint8_t none[SLICE_ROWS];
    uint64_t a_hashes[SLICE_ROWS];
    uint64_t b_hashes[SLICE_ROWS];
    const uint8_t *a_nulls = a->nulls == NULL ? none : a->nulls;
    const uint8_t *b_nulls = b->nulls == NULL ? none : b->nulls;
    value_hash_rows(a, 1, n, a_hashes);
    value_hash_rows(b, 1, n, b_hashes);
    for (size_t i = 0; i < n; i++)
        ret_moved[i] = (a_hashes[i] != b_hashes[i]) | (a_nulls[i] != b_nulls[i]);
}

/* Which of n rows differ; NaN equals NaN. */
static void find_moved(const struct vector *a, const struct vector *b, size_t n, uint8_t *ret_moved)
{
    if (!value_type_is_text(a->type) && a->type != VALUE_UUID) {
        find_moved_bits(a, b, n, ret_moved);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct value x = vector_value(a, i);
        struct value y = vector_value(b, i);
        ret_moved[i] = !value_equal(&x, &y);
    }
}

static enum error_code take_pairs(const struct slice *slice, void *arg, struct error *err)
{
    struct study *study = arg;
    uint8_t select[SLICE_ROWS];
    uint8_t moved[SLICE_ROWS];
    uint32_t from[SLICE_ROWS];
    uint32_t to[SLICE_ROWS];
    if (slice->kind != ROWS_KEPT)
        return OK;
    TRY(column_rows_select(&study->rows, &slice->sides[SIDE_OLD], slice->n, select, err));
    struct vector new_values = column_rows_load(&study->rows, &slice->sides[SIDE_NEW], slice->n, 0);
    struct vector old_values = column_rows_load(&study->rows, &slice->sides[SIDE_OLD], slice->n, 1);
    find_moved(&new_values, &old_values, slice->n, moved);
    for (size_t i = 0; i < slice->n; i++)
        moved[i] &= select[i];
    if (!study->is_counting) {
        TRY(seen_add(&study->seen, SIDE_NEW, &new_values, slice->n, select, err));
        TRY(seen_add(&study->seen, SIDE_OLD, &old_values, slice->n, select, err));
        return seen_add(&study->seen, SEEN_MOVED, &new_values, slice->n, moved, err);
    }
    binning_find(&study->binning, &old_values, slice->n, from);
    binning_find(&study->binning, &new_values, slice->n, to);
    for (size_t i = 0; i < slice->n; i++) {
        study->counts[from[i] * n_places(study) + to[i]] += select[i];
        study->changed += moved[i];
    }
    return OK;
}

static enum error_code on_block(uint64_t rows_done, void *arg, struct error *err)
{
    (void)rows_done;
    (void)arg;
    return interrupt_check(err);
}

/* Runs over all rows, or over at most so many blocks of each side. */
static enum error_code run_pass(struct study *study, size_t most, struct error *err)
{
    struct pairing_sink sink = {.on_slice = take_pairs, .on_block = on_block, .arg = study};
    if (study->pairing == NULL) {
        TRY(read_side(study, SIDE_NEW, most, err));
        return read_side(study, SIDE_OLD, most, err);
    }
    size_t n_windows = pairing_windows(study->pairing);
    if (n_windows <= most)
        return pairing_run(study->pairing, 0, n_windows, &sink, err);
    for (size_t i = 0; i < most; i++)
        TRY(pairing_run(study->pairing, i * n_windows / most, 1, &sink, err));
    return OK;
}

/* Whether some blocks can stand for all: of values without an order the most frequent are wanted,
 * and their order, so each row has to be seen. */
static bool may_see_some(const struct study *study)
{
    struct packed *old_snapshot = study->sides[SIDE_OLD];
    return value_type_has_order(study->rows.type) &&
           (packed_blocks(study->sides[SIDE_NEW]) > SOME_BLOCKS ||
            (old_snapshot != NULL && packed_blocks(old_snapshot) > SOME_BLOCKS));
}

static bool has_seen_enough(const struct study *study)
{
    const uint64_t *rows = study->seen.rows;
    return rows[SIDE_NEW] >= ENOUGH_ROWS &&
           (study->sides[SIDE_OLD] == NULL || rows[SIDE_OLD] >= ENOUGH_ROWS) &&
           (study->pairing == NULL || rows[SEEN_MOVED] >= ENOUGH_MOVED);
}

/* Whether rows were counted between the few values that the first pass has seen. */
static bool was_surprised(const struct study *study)
{
    bool is_surprise = false;
    size_t n = n_places(study);
    for (size_t place = 0; !study->seen.has_many && place < study->binning.n_bins; place++) {
        if (study->binning.bins[place].kind == BIN_VALUE)
            continue;
        for (size_t other = 0; study->pairing != NULL && other < n; other++)
            is_surprise |=
                study->counts[place * n + other] > 0 || study->counts[other * n + place] > 0;
        for (enum side side = SIDE_NEW; study->pairing == NULL && side <= SIDE_OLD; side++)
            is_surprise |= study->counts[side * n + place] > 0;
    }
    return is_surprise;
}

/* The first pass, over all rows or some; max_bins is that of the binning. */
static enum error_code see_rows(struct study *study, size_t max_bins, size_t most,
                                struct error *err)
{
    seen_release(&study->seen);
    seen_init(&study->seen, study->rows.type, study->pairing == NULL ? max_bins : max_bins - 2);
    study->is_counting = false;
    return run_pass(study, most, err);
}

/* The second pass, over all rows. */
static enum error_code count_seen(struct study *study, size_t max_bins, struct arena *arena,
                                  struct error *err)
{
    binning_release(&study->binning);
    free(TAKE(study->counts));
    if (study->pairing == NULL)
        TRY(binning_to_draw(&study->binning, &study->seen, max_bins, arena, err));
    else
        TRY(binning_to_group(&study->binning, &study->seen, max_bins, arena, err));
    TRY(new_counts(study, n_places(study) * (study->pairing == NULL ? 2 : n_places(study)), err));
    study->changed = 0;
    study->is_counting = true;
    return run_pass(study, SIZE_MAX, err);
}

static enum error_code count_rows(struct study *study, size_t max_bins, struct arena *arena,
                                  struct error *err)
{
    if (may_see_some(study)) {
        TRY(see_rows(study, max_bins, SOME_BLOCKS, err));
        if (has_seen_enough(study)) {
            TRY(count_seen(study, max_bins, arena, err));
            if (!was_surprised(study))
                return OK;
        }
    }
    TRY(see_rows(study, max_bins, SIZE_MAX, err));
    return count_seen(study, max_bins, arena, err);
}

enum error_code diff_distribution(struct packed *old_snapshot, struct packed *new_snapshot,
                                  size_t column, const struct segment_choice *segment,
                                  size_t max_bins, struct arena *arena,
                                  struct distribution *ret_distribution, struct error *err)
{
    CLEANUP(study_release) struct study study = {0};
    struct packed *sides[] = {[SIDE_NEW] = new_snapshot, [SIDE_OLD] = old_snapshot};
    assert(max_bins >= DISTRIBUTION_MIN_BINS && max_bins <= DISTRIBUTION_MAX_BINS);
    TRY(study_start(&study, sides, column, segment, err));
    TRY(count_rows(&study, max_bins, arena, err));
    write_distribution(&study, ret_distribution);
    return OK;
}

/* The groups with rows, and NaN and NULL behind them. */
static size_t choose_groups(const struct study *study, struct bin *groups, size_t *ret_places)
{
    const struct binning *binning = &study->binning;
    size_t n = 0;
    for (size_t place = 0; place < n_places(study); place++) {
        struct bin bin = {.kind = BIN_NAN, .label = "NaN"};
        if (place == binning->n_bins + 1)
            bin = (struct bin){.kind = BIN_NULL, .label = "NULL"};
        else if (place < binning->n_bins)
            bin = binning->bins[place];
        for (size_t other = 0; other < n_places(study); other++) {
            bin.old_rows += study->counts[place * n_places(study) + other];
            bin.new_rows += study->counts[other * n_places(study) + place];
        }
        if (bin.old_rows + bin.new_rows == 0)
            continue;
        ret_places[n] = place;
        groups[n++] = bin;
    }
    return n;
}

static void write_transitions(const struct study *study, struct arena *arena,
                              struct transitions *ret_transitions)
{
    size_t n = n_places(study);
    size_t *places = arena_calloc(arena, n, sizeof(*places));
    *ret_transitions = (struct transitions){.type = study->seen.type,
                                            .groups = arena_calloc(arena, n, sizeof(struct bin)),
                                            .changed = study->changed};
    size_t n_groups = choose_groups(study, ret_transitions->groups, places);
    uint64_t *rows = arena_calloc(arena, n_groups * n_groups + 1, sizeof(*rows));
    for (size_t from = 0; from < n_groups; from++)
        for (size_t to = 0; to < n_groups; to++) {
            rows[from * n_groups + to] = study->counts[places[from] * n + places[to]];
            ret_transitions->kept += rows[from * n_groups + to];
        }
    ret_transitions->n_groups = n_groups;
    ret_transitions->rows = rows;
}

enum error_code diff_transitions(struct packed *old_snapshot, struct packed *new_snapshot,
                                 size_t column, const struct segment_choice *segment,
                                 size_t max_groups, struct arena *arena,
                                 struct transitions *ret_transitions, struct error *err)
{
    CLEANUP(study_release) struct study study = {0};
    struct packed *sides[] = {[SIDE_NEW] = new_snapshot, [SIDE_OLD] = old_snapshot};
    assert(max_groups >= TRANSITIONS_MIN_GROUPS && max_groups <= TRANSITIONS_MAX_GROUPS);
    TRY(study_start(&study, sides, column, segment, err));
    TRY(pairing_new(old_snapshot, new_snapshot, &study.pairing, err));
    TRY(count_rows(&study, max_groups, arena, err));
    write_transitions(&study, arena, ret_transitions);
    return OK;
}
