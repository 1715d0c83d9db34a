/*
 * Both are computed in two passes: the first sees which values there are and chooses the bins, the
 * second counts. A distribution needs no pairing, each side is read by itself.
 */
#include "diff/distribution.h"

#include <assert.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "diff/binning.h"
#include "diff/column_rows.h"
#include "diff/compare.h"
#include "diff/pairing.h"

/* What the passes go along with. counts is per side of each place, or of each pair of places. */
struct study {
    struct column_rows rows;
    struct seen_values seen;
    struct binning binning;
    uint64_t *counts;
    uint64_t changed;
    struct column *columns;
    bool is_counting; /* the second pass */
};

static void study_release(struct study *study)
{
    column_rows_release(&study->rows);
    seen_release(&study->seen);
    binning_release(&study->binning);
    free(study->counts);
    free(study->columns);
}

static enum error_code study_start(struct study *study, const struct schema *schema, size_t column,
                                   const struct segment_choice *segment, size_t few,
                                   struct error *err)
{
    assert(column < schema->n_columns);
    TRY(column_rows_init(&study->rows, schema, column, segment, err));
    seen_init(&study->seen, study->rows.type, few);
    candidates_init(&study->binning.categories, study->rows.type);
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

static enum error_code read_side(struct study *study, enum side side, struct packed *packed,
                                 struct error *err)
{
    struct batch batch;
    size_t n_blocks = packed == NULL ? 0 : packed_blocks(packed);
    for (size_t block = 0; block < n_blocks; block++) {
        TRY(interrupt_check(err));
        TRY(packed_block(packed, block, study->columns, &batch, err));
        for (size_t start = 0; start < batch.n_rows; start += SLICE_ROWS) {
            struct rows rows = {.columns = batch.columns, .block = block, .start = start};
            size_t left = batch.n_rows - start;
            TRY(take_rows(study, side, &rows, left < SLICE_ROWS ? left : SLICE_ROWS, err));
        }
    }
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

enum error_code diff_distribution(struct packed *old_snapshot, struct packed *new_snapshot,
                                  size_t column, const struct segment_choice *segment,
                                  size_t max_bins, struct arena *arena,
                                  struct distribution *ret_distribution, struct error *err)
{
    CLEANUP(study_release) struct study study = {0};
    struct packed *sides[] = {[SIDE_NEW] = new_snapshot, [SIDE_OLD] = old_snapshot};
    assert(max_bins >= DISTRIBUTION_MIN_BINS && max_bins <= DISTRIBUTION_MAX_BINS);
    TRY(study_start(&study, packed_schema(new_snapshot), column, segment, max_bins, err));
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        TRY(read_side(&study, side, sides[side], err));
    TRY(binning_to_draw(&study.binning, &study.seen, max_bins, arena, err));
    TRY(new_counts(&study, 2 * n_places(&study), err));
    study.is_counting = true;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++)
        TRY(read_side(&study, side, sides[side], err));
    write_distribution(&study, ret_distribution);
    return OK;
}

/* Which of n rows differ; NaN equals NaN. */
static void find_moved(const struct vector *a, const struct vector *b, size_t n, uint8_t *ret_moved)
{
    uint64_t a_hashes[SLICE_ROWS];
    uint64_t b_hashes[SLICE_ROWS];
    bool is_exact = !value_type_is_text(a->type) && a->type != VALUE_UUID;
    value_hash_rows(a, 1, n, a_hashes);
    value_hash_rows(b, 1, n, b_hashes);
    for (size_t i = 0; i < n; i++) {
        struct value x = vector_value(a, i);
        struct value y = vector_value(b, i);
        bool is_same = a_hashes[i] == b_hashes[i] && x.is_null == y.is_null;
        ret_moved[i] = !(is_same && (is_exact || value_equal(&x, &y)));
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
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    struct pairing_sink sink = {.on_slice = take_pairs, .on_block = on_block, .arg = &study};
    assert(max_groups >= TRANSITIONS_MIN_GROUPS && max_groups <= TRANSITIONS_MAX_GROUPS);
    TRY(study_start(&study, packed_schema(new_snapshot), column, segment, max_groups - 2, err));
    TRY(pairing_new(old_snapshot, new_snapshot, &pairing, err));
    TRY(pairing_run(pairing, 0, pairing_windows(pairing), &sink, err));
    TRY(binning_to_group(&study.binning, &study.seen, max_groups, arena, err));
    TRY(new_counts(&study, n_places(&study) * n_places(&study), err));
    study.is_counting = true;
    TRY(pairing_run(pairing, 0, pairing_windows(pairing), &sink, err));
    write_transitions(&study, arena, ret_transitions);
    return OK;
}
