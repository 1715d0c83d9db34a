#include "tests/unit/rules/night.h"

#include <unistd.h>

#include "rules/damage.h"
#include "rules/damage_internal.h"

#define N_ROWS 10000

/* Two nights, and what can be done to the second. */
struct scene {
    struct arena arena;
    struct schema *schema;
    struct damage_source source;
    struct damage *damages;
    size_t n;
};

static int set_up(void **state)
{
    struct scene *scene = test_calloc(1, sizeof(*scene));
    struct night night;
    struct error err;
    night_first(&night, N_ROWS, 7);
    scene->schema = night_schema(&scene->arena);
    scene->source.before = night_pack(&night, scene->schema);
    night_next(&night);
    scene->source.rows = night_pack(&night, scene->schema);
    free(night.rows);
    assert_ok(damages_find(&scene->source, NULL, &scene->arena, &scene->damages, &scene->n, &err));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    packed_free(scene->source.rows);
    packed_free(scene->source.before);
    arena_release(&scene->arena);
    test_free(scene);
    return 0;
}

static const struct damage *damage_named(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->n; i++) {
        if (strcmp(scene->damages[i].name, name) == 0)
            return &scene->damages[i];
    }
    for (size_t i = 0; i < scene->n; i++)
        print_message("  %s\n", scene->damages[i].name);
    fail_msg("no damage '%s'", name);
    return NULL;
}

static struct packed *damaged(const struct scene *scene, const char *name, double share)
{
    const struct damage_dose dose = {.share = share, .seed = 1, .directory = "/tmp"};
    struct packed *packed = NULL;
    struct error err;
    assert_ok(damage_apply(damage_named(scene, name), &scene->source, &dose, &packed, &err));
    assert_ok(packed_verify(packed, &err));
    return packed;
}

/* What the rows differ in, by a plan of measures that a rule would use. */
struct seen {
    struct row_counts counts;
    uint64_t column_changed;
};

static enum error_code measure(const struct scene *scene, struct packed *copy, struct seen *seen,
                               struct error *err)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct rule_set *rules CLEANUP(rule_set_cleanup) = NULL;
    struct diff_result diff;
    TRY(rule_set_default(scene->schema, &rules, err));
    TRY(diff_run(scene->source.rows, copy, rule_set_plan(rules), &arena, NULL, NULL, &diff, err));
    seen->counts = diff.counts;
    return OK;
}

static struct row_counts counts_of(const struct scene *scene, const char *name, double share)
{
    struct packed *copy CLEANUP(packed_cleanup) = damaged(scene, name, share);
    struct seen seen = {0};
    struct error err;
    assert_ok(measure(scene, copy, &seen, &err));
    return seen.counts;
}

static uint64_t rows_of(const struct scene *scene)
{
    return packed_rows(scene->source.rows);
}

static void setting_half_of_a_column_changes_exactly_half_of_the_rows_that_differ(void **state)
{
    const struct scene *scene = *state;
    const struct damage *damage = damage_named(scene, "score set to 0");
    struct row_counts counts = counts_of(scene, damage->name, 0.5);
    assert_int_equal(counts.changed, damage_rows(damage, 0.5));
    assert_int_equal(counts.kept, rows_of(scene));
}

static void the_smallest_share_hits_one_row(void **state)
{
    const struct scene *scene = *state;
    assert_int_equal(counts_of(scene, "score set to NULL", 1e-9).changed, 1);
    assert_int_equal(counts_of(scene, "score swapped between rows", 1e-9).changed, 1);
    assert_int_equal(counts_of(scene, "rows delivered twice", 1e-9).duplicates, 2);
    assert_int_equal(counts_of(scene, "last rows missing", 1e-9).removed, 1);
}

static void rows_that_have_the_value_already_cannot_be_set_to_it(void **state)
{
    const struct scene *scene = *state;
    const struct damage *damage = damage_named(scene, "active set to false");
    assert_true(damage->rows < rows_of(scene));
    assert_int_equal(counts_of(scene, damage->name, 1).changed, damage->rows);
}

static void a_lost_source_takes_all_of_its_rows_and_no_others(void **state)
{
    const struct scene *scene = *state;
    for (size_t i = 0; i < scene->n; i++) {
        const struct damage *damage = &scene->damages[i];
        if (damage->kind != DAMAGE_SOURCE_LOST)
            continue;
        struct row_counts counts = counts_of(scene, damage->name, 1);
        assert_int_equal(counts.removed, damage->rows);
        assert_in_range(damage->rows, rows_of(scene) / 8, rows_of(scene) / 4);
        return;
    }
    fail_msg("no source to lose");
}

static void a_cut_at_a_power_of_two_leaves_the_largest_below_the_row_count(void **state)
{
    const struct scene *scene = *state;
    assert_int_equal(counts_of(scene, "cut off at a power of two", 1).new_rows, 8192);
}

static void doubled_rows_are_all_duplicates(void **state)
{
    const struct scene *scene = *state;
    struct row_counts counts = counts_of(scene, "rows delivered twice", 1);
    assert_int_equal(counts.new_rows, 2 * rows_of(scene));
    assert_int_equal(counts.duplicates, 2 * rows_of(scene));
}

static void renamed_keys_are_new_and_unique(void **state)
{
    const struct scene *scene = *state;
    struct row_counts counts = counts_of(scene, "rows under new keys", 0.1);
    uint64_t hit = damage_rows(damage_named(scene, "rows under new keys"), 0.1);
    assert_int_equal(counts.added, hit);
    assert_int_equal(counts.removed, hit);
    assert_int_equal(counts.duplicates, 0);
}

static void rows_that_do_not_move_are_as_they_were_a_night_earlier(void **state)
{
    const struct scene *scene = *state;
    struct packed *copy CLEANUP(packed_cleanup) = damaged(scene, "rows that did not move", 1);
    struct scene earlier = {.schema = scene->schema, .source.rows = scene->source.before};
    struct seen seen = {0};
    struct error err;
    assert_ok(measure(&earlier, copy, &seen, &err));
    assert_int_equal(seen.counts.changed, 0);
    assert_true(seen.counts.added > 0);
}

static void a_stale_copy_is_the_load_itself(void **state)
{
    const struct scene *scene = *state;
    struct packed *copy CLEANUP(packed_cleanup) = damaged(scene, "the live load again", 1);
    struct fingerprint a = packed_fingerprint(copy);
    struct fingerprint b = packed_fingerprint(scene->source.rows);
    assert_memory_equal(&a, &b, sizeof(a));
}

static void the_same_seed_makes_the_same_damage_and_another_seed_another(void **state)
{
    const struct scene *scene = *state;
    struct fingerprint prints[3];
    for (uint64_t i = 0; i < 3; i++) {
        const struct damage_dose dose = {.share = 0.1, .seed = i / 2, .directory = "/tmp"};
        struct packed *copy CLEANUP(packed_cleanup) = NULL;
        struct error err;
        assert_ok(damage_apply(damage_named(scene, "score set to 1"), &scene->source, &dose, &copy,
                               &err));
        prints[i] = packed_fingerprint(copy);
    }
    assert_memory_equal(&prints[0], &prints[1], sizeof(prints[0]));
    assert_memory_not_equal(&prints[0], &prints[2], sizeof(prints[0]));
}

static void every_damage_that_is_found_does_something_at_every_share(void **state)
{
    const struct scene *scene = *state;
    for (size_t i = 0; i < scene->n; i++) {
        const struct damage *damage = &scene->damages[i];
        if (damage->refused != NULL || damage->kind == DAMAGE_STALE)
            continue;
        struct row_counts counts = counts_of(scene, damage->name, 0.3);
        if (counts.changed + counts.removed + counts.duplicates == 0)
            fail_msg("'%s' did nothing", damage->name);
    }
}

static void null_and_nan_are_refused_where_the_column_refuses_them(void **state)
{
    (void)state;
    static const struct schema_column columns[] = {
        {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "score", .type = TYPE_DOUBLE, .not_null = true},
    };
    static const char *const keys[] = {"id"};
    struct scene scene = {0};
    struct error err;
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    const struct packer_options options = {.directory = "/tmp"};
    assert_ok(schema_make(&scene.arena, columns, 2, keys, 1, &scene.schema, &err));
    assert_ok(packer_new(scene.schema, &options, &packer, &err));
    assert_ok(batch_builder_new(scene.schema, &builder, &err));
    night_put(builder, 0, "1");
    night_put(builder, 1, "5.5");
    batch_builder_end_row(builder);
    night_flush(builder, packer);
    assert_ok(packer_finish(packer, &scene.source.rows, &err));
    assert_ok(damages_find(&scene.source, NULL, &scene.arena, &scene.damages, &scene.n, &err));
    assert_non_null(damage_named(&scene, "score set to NULL")->refused);
    assert_non_null(damage_named(&scene, "score set to NaN")->refused);
    packed_free(scene.source.rows);
    batch_builder_free(TAKE(builder));
    packer_free(TAKE(packer));
    arena_release(&scene.arena);
}

static void columns_that_are_named_are_damaged_and_no_others(void **state)
{
    struct scene *scene = *state;
    bool columns[8] = {[2] = true};
    struct damage *damages = NULL;
    size_t n = 0;
    struct error err;
    assert_ok(damages_find(&scene->source, columns, &scene->arena, &damages, &n, &err));
    for (size_t i = 0; i < n; i++)
        assert_true(damages[i].column == DAMAGE_NO_COLUMN || damages[i].column == 2 ||
                    damages[i].kind == DAMAGE_KEYS_RENAMED);
}

static void an_order_that_looks_random_visits_each_place_once(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 64, 1000, 1025};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        bool visited[1025] = {0};
        for (uint64_t j = 0; j < sizes[i]; j++) {
            uint64_t place = damage_shuffle(j, sizes[i], 42);
            assert_true(place < sizes[i]);
            assert_false(visited[place]);
            visited[place] = true;
        }
    }
}

static void numbers_that_do_not_fit_a_type_are_refused(void **state)
{
    (void)state;
    char text[CELL_NUMBER_BYTES];
    struct cell cell;
    assert_false(cell_from_number(TYPE_INTEGER, 3e9, 0, text, &cell));
    assert_false(cell_from_number(TYPE_BIGINT, 0x1p63, 0, text, &cell));
    assert_false(cell_from_number(TYPE_REAL, 1e300, 0, text, &cell));
    assert_false(cell_from_number(TYPE_DOUBLE, (double)INFINITY, 0, text, &cell));
    assert_false(cell_from_number(TYPE_TEXT, 1, 0, text, &cell));
    assert_true(cell_from_number(TYPE_NUMERIC, -0.001, 2, text, &cell));
    assert_int_equal(cell.len, 4);
    assert_memory_equal(cell.text, "0.00", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_half_of_a_column_changes_exactly_half_of_the_rows_that_differ),
        cmocka_unit_test(the_smallest_share_hits_one_row),
        cmocka_unit_test(rows_that_have_the_value_already_cannot_be_set_to_it),
        cmocka_unit_test(a_lost_source_takes_all_of_its_rows_and_no_others),
        cmocka_unit_test(a_cut_at_a_power_of_two_leaves_the_largest_below_the_row_count),
        cmocka_unit_test(doubled_rows_are_all_duplicates),
        cmocka_unit_test(renamed_keys_are_new_and_unique),
        cmocka_unit_test(rows_that_do_not_move_are_as_they_were_a_night_earlier),
        cmocka_unit_test(a_stale_copy_is_the_load_itself),
        cmocka_unit_test(the_same_seed_makes_the_same_damage_and_another_seed_another),
        cmocka_unit_test(every_damage_that_is_found_does_something_at_every_share),
        cmocka_unit_test(null_and_nan_are_refused_where_the_column_refuses_them),
        cmocka_unit_test(columns_that_are_named_are_damaged_and_no_others),
        cmocka_unit_test(an_order_that_looks_random_visits_each_place_once),
        cmocka_unit_test(numbers_that_do_not_fit_a_type_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
