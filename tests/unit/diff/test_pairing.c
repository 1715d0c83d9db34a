#include "tests/unit/diff/helpers.h"

#include <stdlib.h>

#include "diff/pairing.h"

#define MAX_KEYS 40000

static struct arena arena;

/* How often each key stands on each side; keys are numbered in their order. */
struct pattern {
    size_t n_keys;
    uint16_t copies[2][MAX_KEYS];
};

static struct pattern pattern;

/* What the pairing has said of the rows of each key: how many of each kind. */
static uint16_t seen[2][MAX_KEYS][N_ROW_KINDS];

static void begin_pattern(size_t n_keys)
{
    assert_true(n_keys <= MAX_KEYS);
    pattern.n_keys = n_keys;
    for (size_t k = 0; k < n_keys; k++) {
        pattern.copies[SIDE_NEW][k] = 1;
        pattern.copies[SIDE_OLD][k] = 1;
    }
}

/* A form of keys: a schema whose last column is the number of the key, and how to write key k. */
struct key_form {
    const char *schema;
    size_t n_keys;
    void (*write)(size_t k, char *out, size_t capacity);
};

static void write_integer(size_t k, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "%ld|%zu", (long)k * 7 - 1000, k);
}

static void write_uuid(size_t k, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "00000000-0000-%04zx-0000-0000000000ff|%zu", k + 0x7fff - 1000,
                   k);
}

static void write_text(size_t k, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "user%08zu%.*s|%zu", k, (int)(k % 5), "xxxxx", k);
}

static void write_two(size_t k, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "g%04zu|%zu|%zu", k / 10, k % 10, k);
}

static void write_numbers(size_t k, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "%ld|%ld|%zu", (long)(k / 100) - 5, (long)(k % 100) - 50, k);
}

static const struct key_form forms[] = {
    {"id bigint, k integer", 1, write_integer},
    {"id integer, k integer", 1, write_integer},
    {"id uuid, k integer", 1, write_uuid},
    {"id text, k integer", 1, write_text},
    {"g text, i integer, k integer", 2, write_two},
    {"a bigint, b bigint, k integer", 2, write_numbers},
};

static struct packed *pack_side(const struct schema *schema, const struct key_form *form,
                                enum side side)
{
    struct error err;
    char row[128];
    struct batch_builder *builder = NULL;
    struct packer *packer = pack_begin(schema);
    assert_ok(batch_builder_new(schema, &builder, &err));
    for (size_t k = 0; k < pattern.n_keys; k++)
        for (size_t copy = 0; copy < pattern.copies[side][k]; copy++) {
            pack_builder(packer, builder, false);
            form->write(k, row, sizeof(row));
            add_row(builder, row);
        }
    pack_builder(packer, builder, true);
    batch_builder_free(builder);
    return pack_end(packer);
}

static enum row_kind expected_kind(enum side side, size_t k)
{
    size_t here = pattern.copies[side][k];
    size_t there = pattern.copies[side == SIDE_NEW ? SIDE_OLD : SIDE_NEW][k];
    if (here > 1)
        return side == SIDE_NEW ? ROWS_DUPLICATE : ROWS_OLD_UNPAIRED;
    if (there > 1)
        return side == SIDE_NEW ? ROWS_NEW_UNPAIRED : ROWS_OLD_UNPAIRED;
    if (there == 1)
        return ROWS_KEPT;
    return side == SIDE_NEW ? ROWS_ADDED : ROWS_REMOVED;
}

struct watch {
    size_t key_column;
    uint64_t of_kind[N_ROW_KINDS];
    uint64_t rows_done;
    size_t fail_after; /* slices; 0: never */
};

static enum error_code watch_slice(const struct slice *slice, void *arg, struct error *err)
{
    struct watch *watch = arg;
    assert_true(slice->n > 0 && slice->n <= SLICE_ROWS);
    assert_int_equal(slice->first, watch->of_kind[slice->kind]);
    watch->of_kind[slice->kind] += slice->n;
    for (size_t i = 0; i < slice->n; i++) {
        size_t keys[2] = {0};
        for (size_t side = 0; side < 2; side++) {
            const struct rows *rows = &slice->sides[side];
            bool wanted =
                (ROWS_BIT(slice->kind) & (side == SIDE_NEW ? ROWS_OF_NEW : ROWS_OF_OLD)) != 0;
            assert_int_equal(rows->columns != NULL, wanted);
            if (rows->columns == NULL)
                continue;
            keys[side] = (size_t)rows->columns[watch->key_column].i32[rows_at(rows, i)];
            seen[side][keys[side]][slice->kind]++;
        }
        if (slice->kind == ROWS_KEPT)
            assert_int_equal(keys[SIDE_NEW], keys[SIDE_OLD]);
    }
    if (watch->fail_after > 0 && --watch->fail_after == 0)
        return error_set(err, ERR_LIMIT, "enough");
    return OK;
}

static enum error_code watch_block(uint64_t rows_done, void *arg, struct error *err)
{
    (void)err;
    struct watch *watch = arg;
    assert_true(rows_done >= watch->rows_done);
    watch->rows_done = rows_done;
    return OK;
}

static void check_seen(void)
{
    for (size_t side = 0; side < 2; side++)
        for (size_t k = 0; k < pattern.n_keys; k++)
            for (size_t kind = 0; kind < N_ROW_KINDS; kind++) {
                size_t copies = pattern.copies[side][k];
                bool expected = copies > 0 && expected_kind((enum side)side, k) == kind;
                if (seen[side][k][kind] != (expected ? copies : 0))
                    fail_msg("key %zu of side %zu is %d times of kind %zu", k, side,
                             seen[side][k][kind], kind);
            }
}

/* Runs over all windows, `step` at a time, and compares with what the pattern says. */
static void check_run(struct pairing *pairing, size_t key_column, size_t step, uint64_t n_rows)
{
    struct error err;
    struct watch all = {0};
    for (size_t side = 0; side < 2; side++)
        memset(seen[side], 0, pattern.n_keys * sizeof(seen[side][0]));
    for (size_t window = 0; window < pairing_windows(pairing); window += step) {
        struct watch watch = {.key_column = key_column};
        struct pairing_sink sink = {watch_slice, watch_block, &watch};
        size_t left = pairing_windows(pairing) - window;
        assert_ok(pairing_run(pairing, window, left < step ? left : step, &sink, &err));
        all.rows_done += watch.rows_done;
    }
    check_seen();
    if (step >= pairing_windows(pairing) && n_rows > 0)
        assert_true(all.rows_done <= n_rows);
}

static void check_form(const struct key_form *form)
{
    struct error err;
    CLEANUP(packed_cleanup) struct packed *old_side = NULL;
    CLEANUP(packed_cleanup) struct packed *new_side = NULL;
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    const struct schema *schema = make_schema(&arena, form->schema, form->n_keys);
    old_side = pack_side(schema, form, SIDE_OLD);
    new_side = pack_side(schema, form, SIDE_NEW);
    assert_ok(pairing_new(old_side, new_side, &pairing, &err));
    uint64_t n_rows = packed_rows(old_side) + packed_rows(new_side);
    check_run(pairing, schema->n_columns - 1, pairing_windows(pairing), n_rows);
    check_run(pairing, schema->n_columns - 1, 1, n_rows);
    arena_release(&arena);
}

static void check_pattern(void)
{
    for (size_t f = 0; f < ARRAY_SIZE(forms); f++)
        check_form(&forms[f]);
}

static void identical_sides_are_all_kept(void **state)
{
    (void)state;
    size_t sizes[] = {0, 1, 2, 63, 64, 65, 1023, 1024, 1025, 8191, 8192, 8193, 16384, 16385};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        begin_pattern(sizes[i]);
        check_form(&forms[i % ARRAY_SIZE(forms)]);
        check_form(&forms[(i + 3) % ARRAY_SIZE(forms)]);
    }
}

static void an_empty_side_leaves_the_other_alone(void **state)
{
    (void)state;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        begin_pattern(9000);
        memset(pattern.copies[side], 0, 9000 * sizeof(uint16_t));
        check_pattern();
    }
}

static void disjoint_sides_have_nothing_in_common(void **state)
{
    (void)state;
    for (enum side first = SIDE_NEW; first <= SIDE_OLD; first++) {
        begin_pattern(20000);
        for (size_t k = 0; k < pattern.n_keys; k++)
            pattern.copies[k < 9000 ? first : 1 - first][k] = 0;
        check_pattern();
    }
}

static void alternating_keys_are_told_apart(void **state)
{
    (void)state;
    begin_pattern(9000);
    for (size_t k = 0; k < pattern.n_keys; k++)
        pattern.copies[k % 2][k] = 0;
    check_pattern();
}

static void a_row_missing_at_a_border_shifts_all_others(void **state)
{
    (void)state;
    size_t places[] = {0, 1, 1023, 1024, 8190, 8191, 8192, 8193, 16383, 16384, 16399};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
            begin_pattern(16400);
            pattern.copies[side][places[i]] = 0;
            check_form(&forms[i % ARRAY_SIZE(forms)]);
        }
}

static void whole_blocks_can_be_missing_in_the_middle(void **state)
{
    (void)state;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        begin_pattern(21000);
        memset(pattern.copies[side] + 8192, 0, 12000 * sizeof(uint16_t));
        check_pattern();
    }
}

static void keys_that_stand_twice_are_not_paired(void **state)
{
    (void)state;
    for (int sides = 1; sides < 4; sides++) {
        begin_pattern(100);
        for (size_t k = 10; k < 100; k += 10) {
            pattern.copies[SIDE_NEW][k] = sides % 2 == 1 ? 2 : 1;
            pattern.copies[SIDE_OLD][k] = sides / 2 == 1 ? 3 : 1;
        }
        pattern.copies[SIDE_NEW][50] = 0;
        pattern.copies[SIDE_OLD][60] = 0;
        check_pattern();
    }
}

static void repeated_keys_are_seen_across_block_borders(void **state)
{
    (void)state;
    for (size_t k = 8188; k <= 8193; k++)
        for (size_t copies = 2; copies <= 4; copies++)
            for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
                begin_pattern(8300);
                pattern.copies[side][k] = (uint16_t)copies;
                check_form(&forms[k % 2 * 3]);
            }
}

static void a_key_that_fills_blocks_is_one_duplicate(void **state)
{
    (void)state;
    for (enum side side = SIDE_NEW; side <= SIDE_OLD; side++) {
        begin_pattern(300);
        pattern.copies[side][100] = 20000;
        pattern.copies[1 - side][100] = 5;
        pattern.copies[side][200] = 9000;
        check_pattern();
    }
}

static void random_patterns_are_paired_right(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (size_t round = 0; round < 10; round++) {
        size_t n_keys = 1000 + next_random(&seed) % 20000;
        size_t rare = 2 + next_random(&seed) % 200;
        begin_pattern(n_keys);
        for (size_t k = 0; k < n_keys; k++)
            for (size_t side = 0; side < 2; side++) {
                uint64_t chance = next_random(&seed);
                if (chance % rare == 0)
                    pattern.copies[side][k] = 0;
                else if (round % 3 == 0 && chance % 50 == 1)
                    pattern.copies[side][k] = (uint16_t)(2 + chance / 50 % 3);
            }
        check_form(&forms[round % ARRAY_SIZE(forms)]);
    }
}

static uint64_t count_kept(const struct schema *schema, const char *const *old_keys,
                           const char *const *new_keys)
{
    struct error err;
    CLEANUP(packed_cleanup) struct packed *old_side = pack_rows(schema, old_keys);
    CLEANUP(packed_cleanup) struct packed *new_side = pack_rows(schema, new_keys);
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    struct watch watch = {.key_column = 1};
    struct pairing_sink sink = {watch_slice, watch_block, &watch};
    assert_ok(pairing_new(old_side, new_side, &pairing, &err));
    assert_ok(pairing_run(pairing, 0, pairing_windows(pairing), &sink, &err));
    return watch.of_kind[ROWS_KEPT];
}

static void text_keys_are_equal_only_as_a_whole(void **state)
{
    (void)state;
    const struct schema *schema = make_schema(&arena, "id text, k integer", 1);
    assert_int_equal(count_kept(schema, (const char *[]){"a|0", "b|1", NULL},
                                (const char *[]){"ab|2", "b|1", NULL}),
                     1);
    assert_int_equal(count_kept(schema, (const char *[]){"|0", "ab|1", NULL},
                                (const char *[]){"a|2", "b|3", NULL}),
                     0);
    /* The same bytes one after another, divided differently; enough to be compared at once. */
    char rows[2][40][100];
    const char *sides[2][41] = {0};
    for (size_t i = 0; i < 40; i++)
        for (size_t side = 0; side < 2; side++) {
            size_t len = i + 1 + 40 * side;
            memset(rows[side][i], 'a', len);
            (void)snprintf(rows[side][i] + len, 10, "|%zu", len);
            sides[side][i] = rows[side][i];
        }
    assert_int_equal(count_kept(schema, sides[0], sides[1]), 0);
    arena_release(&arena);
}

static void a_first_load_has_no_old_side(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(packed_cleanup) struct packed *new_side = NULL;
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    begin_pattern(9000);
    const struct schema *schema = make_schema(&arena, forms[0].schema, 1);
    new_side = pack_side(schema, &forms[0], SIDE_NEW);
    memset(pattern.copies[SIDE_OLD], 0, sizeof(pattern.copies[SIDE_OLD]));
    assert_ok(pairing_new(NULL, new_side, &pairing, &err));
    check_run(pairing, 1, pairing_windows(pairing), 9000);
    check_run(pairing, 1, 1, 9000);
    arena_release(&arena);
}

static void an_error_of_the_sink_ends_the_pairing(void **state)
{
    (void)state;
    struct error err;
    begin_pattern(20000);
    const struct schema *schema = make_schema(&arena, forms[0].schema, 1);
    CLEANUP(packed_cleanup) struct packed *side = pack_side(schema, &forms[0], SIDE_NEW);
    CLEANUP(pairing_cleanup) struct pairing *pairing = NULL;
    assert_ok(pairing_new(side, side, &pairing, &err));
    struct watch watch = {.key_column = 1, .fail_after = 3};
    struct pairing_sink sink = {watch_slice, watch_block, &watch};
    assert_fails(ERR_LIMIT, pairing_run(pairing, 0, pairing_windows(pairing), &sink, &err));
    assert_int_equal(watch.of_kind[ROWS_KEPT], 3 * SLICE_ROWS);
    check_run(pairing, 1, pairing_windows(pairing), 40000);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_sides_are_all_kept),
        cmocka_unit_test(an_empty_side_leaves_the_other_alone),
        cmocka_unit_test(disjoint_sides_have_nothing_in_common),
        cmocka_unit_test(alternating_keys_are_told_apart),
        cmocka_unit_test(a_row_missing_at_a_border_shifts_all_others),
        cmocka_unit_test(whole_blocks_can_be_missing_in_the_middle),
        cmocka_unit_test(keys_that_stand_twice_are_not_paired),
        cmocka_unit_test(repeated_keys_are_seen_across_block_borders),
        cmocka_unit_test(a_key_that_fills_blocks_is_one_duplicate),
        cmocka_unit_test(random_patterns_are_paired_right),
        cmocka_unit_test(text_keys_are_equal_only_as_a_whole),
        cmocka_unit_test(a_first_load_has_no_old_side),
        cmocka_unit_test(an_error_of_the_sink_ends_the_pairing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
