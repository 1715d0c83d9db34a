/*
 * Random measures over random rows, computed from packed files and in PostgreSQL. With
 * LOADGUARD_SEED and LOADGUARD_ROUNDS in the environment other ones, and more.
 */
#include "guard/measure_database.h"

#include <inttypes.h>
#include <math.h>

#include "tests/unit/guard/site.h"
#include "tests/unit/random_measures.h"
#include "tests/unit/store/pg.h"

#define MEASURES_A_ROUND 40
#define DAY INT64_C(86400000000)

/* ---- rows in the database ---- */

static void append_text(struct buffer *out, const char *text, size_t len)
{
    struct error err;
    assert_ok(buffer_append_char(out, '\'', &err));
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            assert_ok(buffer_append_char(out, '\'', &err));
        assert_ok(buffer_append_char(out, text[i], &err));
    }
    assert_ok(buffer_append_char(out, '\'', &err));
}

static void append_moment(struct buffer *out, const struct value *value)
{
    struct error err;
    if (value->i64 == INT64_MIN || value->i64 == INT64_MAX)
        assert_ok(buffer_append_string(out, value->i64 < 0 ? "'-infinity'" : "'infinity'", &err));
    else if (value->type == VALUE_DATE)
        assert_ok(buffer_printf(out, &err, "date '2000-01-01' + (%" PRId64 ")", value->i64));
    else
        assert_ok(buffer_printf(out, &err,
                                "timestamptz '2000-01-01 00:00Z' + interval '%" PRId64
                                " days' + interval '%" PRId64 " microseconds'",
                                value->i64 / DAY, value->i64 % DAY));
}

static void append_value(struct buffer *out, const struct value *value)
{
    struct error err;
    char text[64];
    if (value->is_null) {
        assert_ok(buffer_append_string(out, "null", &err));
        return;
    }
    switch (value->type) {
    case VALUE_TEXT:
    case VALUE_NUMERIC:
        append_text(out, value->text.bytes, value->text.len);
        break;
    case VALUE_DATE:
    case VALUE_TIME:
        append_moment(out, value);
        break;
    case VALUE_DOUBLE:
        (void)snprintf(text, sizeof(text), "%.17g", value->f64);
        append_text(out, text, strlen(text));
        break;
    case VALUE_BOOLEAN:
        assert_ok(buffer_append_string(out, value->u8 != 0 ? "true" : "false", &err));
        break;
    default:
        (void)value_format(value, text, sizeof(text));
        append_text(out, text, strlen(text));
        break;
    }
}

static void append_row(struct buffer *out, const struct reference_table *table, size_t row)
{
    struct error err;
    size_t n = table->schema->n_columns;
    for (size_t c = 0; c < n; c++) {
        assert_ok(buffer_append_string(out, c > 0 ? ", " : row > 0 ? "), (" : "(", &err));
        append_value(out, &table->values[row * n + c]);
    }
}

static void store_table(struct store *store, const char *name, const struct reference_table *table)
{
    struct error err;
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&sql, (size_t)64 << 20);
    assert_ok(buffer_printf(&sql, &err, "drop table if exists public.%s; create table public.%s",
                            name, name));
    for (size_t c = 0; c < table->schema->n_columns; c++)
        assert_ok(buffer_printf(&sql, &err, "%s\"%s\" %s", c > 0 ? ", " : " (",
                                table->schema->columns[c].name,
                                schema_type_name(table->schema->columns[c].type)));
    assert_ok(buffer_append_char(&sql, ')', &err));
    if (table->n_rows > 0)
        assert_ok(buffer_printf(&sql, &err, "; insert into public.%s values ", name));
    for (size_t row = 0; row < table->n_rows; row++)
        append_row(&sql, table, row);
    assert_ok(buffer_append_string(&sql, table->n_rows > 0 ? ")" : "", &err));
    pg_run(store, buffer_string(&sql));
}

/* ---- the two ways ---- */

struct both {
    struct store *store;
    const struct schema *schema;
    struct packed *old_rows;
    struct packed *new_rows;
    struct measuring measuring;
    uint64_t seed; /* of the round */
};

static struct measure_plan plan_of(const struct both *both, const struct measure *measures,
                                   size_t n)
{
    return (struct measure_plan){.schema = both->schema, .measures = measures, .n_measures = n};
}

/* The result type that rules/ gives a measure. */
static enum value_type type_of(const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_MIN:
    case AGG_MAX:
        return measure->arg->type;
    case AGG_SUM:
    case AGG_MEAN:
        return measure->arg->type == VALUE_DURATION ? VALUE_DURATION : VALUE_DOUBLE;
    case AGG_SHARE:
    case AGG_STDDEV:
    case AGG_QUANTILE:
    case AGG_ARRIVALS:
    case AGG_TOP_SHARE:
        return VALUE_DOUBLE;
    default:
        return VALUE_INTEGER;
    }
}

static bool is_sum(const struct measure *measure)
{
    return measure->aggregate == AGG_SUM || measure->aggregate == AGG_MEAN;
}

/* How large the numbers are that were added up: rounding is relative to that. */
static double magnitude(const struct both *both, const struct measure *measure)
{
    if (!is_sum(measure))
        return 0;
    struct measure sizes = *measure;
    sizes.aggregate = AGG_SUM;
    sizes.n_by = 0;
    sizes.arg = E_CALL(&arena, OP_ABS, VALUE_DOUBLE, measure->arg);
    struct value size = run_measure(both->old_rows, both->new_rows, sizes, &arena);
    return size.is_null ? 0 : size.f64;
}

static bool same_double(const struct both *both, const struct measure *measure, double here,
                        double there)
{
    bool is_rounded = is_sum(measure) || measure->aggregate == AGG_STDDEV;
    if (here == there || (isnan(here) && isnan(there)))
        return true;
    if (!is_rounded)
        return measure->aggregate == AGG_ARRIVALS && fabs(here - there) <= 1e-12 * fabs(there);
    double size = magnitude(both, measure);
    /* Where sums on the way overflow the order of rows decides. */
    if (!(size < 1e307) || (measure->aggregate == AGG_STDDEV && !(there < 1e150)))
        return true;
    return fabs(here - there) <=
           1e-9 * fabs(there) + size * 1e-28 + (measure->aggregate == AGG_STDDEV ? 1e-9 : 0);
}

static bool same_value(const struct both *both, const struct measure *measure,
                       const struct value *here, const struct value *there)
{
    if (here->is_null || there->is_null)
        return here->is_null == there->is_null;
    if (here->type != there->type)
        return false;
    if (here->type == VALUE_DOUBLE)
        return same_double(both, measure, here->f64, there->f64);
    return reference_same(here, there);
}

/* What differs between the two results of a measure, or NULL. */
static const char *difference(const struct both *both, const struct measure *measure,
                              const struct measure_result *here, const struct measure_result *there)
{
    if (here->n_segments != there->n_segments)
        return arena_printf(&arena, "%zu segments here, %zu there", here->n_segments,
                            there->n_segments);
    for (size_t i = 0; i < here->n_segments; i++) {
        const char *name = here->segments == NULL ? "" : here->segments[i].text;
        if (here->segments != NULL && (strcmp(name, there->segments[i].text) != 0 ||
                                       here->segments[i].new_rows != there->segments[i].new_rows ||
                                       here->segments[i].old_rows != there->segments[i].old_rows))
            return arena_printf(&arena, "segment %s here, %s there", name, there->segments[i].text);
        if (here->segments != NULL && (here->segments[i].is_rest != there->segments[i].is_rest ||
                                       here->segments[i].n_values != there->segments[i].n_values))
            return arena_printf(&arena, "%" PRIu64 " values here, %" PRIu64 " there in %s",
                                here->segments[i].n_values, there->segments[i].n_values, name);
        if (here->scope_rows[i] != there->scope_rows[i])
            return arena_printf(&arena, "%" PRIu64 " rows here, %" PRIu64 " there in %s",
                                here->scope_rows[i], there->scope_rows[i], name);
        if (!same_value(both, measure, &here->values[i], &there->values[i]))
            return arena_printf(&arena, "%s here, %s there in %s", shown(here->values[i]),
                                shown(there->values[i]), name);
        if (here->arrived_at != NULL &&
            !reference_same(&here->arrived_at[i], &there->arrived_at[i]))
            return arena_printf(&arena, "about %s here, %s there in %s", shown(here->arrived_at[i]),
                                shown(there->arrived_at[i]), name);
    }
    return NULL;
}

static const char *run_alone(const struct both *both, const struct measure *measure)
{
    struct error err;
    struct diff_result there;
    struct diff_result here = run_measures(both->old_rows, both->new_rows, measure, 1, &arena);
    struct measure_plan plan = plan_of(both, measure, 1);
    if (measure_in_database(&both->measuring, &plan, &arena, &there, &err) != OK)
        return arena_strdup(&arena, err.message);
    return difference(both, measure, &here.measures[0], &there.measures[0]);
}

/* ---- a smaller measure that still differs ---- */

static bool still_differs(const struct both *both, struct measure *measure,
                          const struct measure *smaller)
{
    struct measure tried = *smaller;
    tried.type = type_of(&tried);
    if (run_alone(both, &tried) == NULL)
        return false;
    *measure = tried;
    return true;
}

/* Replaces a part of the expression by one of its own parts of the same type, wherever it helps. */
static bool shrink_expr(const struct both *both, struct measure *measure, const struct expr **root,
                        struct expr *at)
{
    for (size_t i = 0; at->kind == EXPR_CALL && i < at->n_args; i++) {
        const struct expr *part = at->args[i];
        struct expr whole = *at;
        if (part->type == at->type) {
            *at = *part;
            if (still_differs(both, measure, measure))
                return true;
            *at = whole;
        }
        if (shrink_expr(both, measure, root, (struct expr *)(uintptr_t)part))
            return true;
    }
    return false;
}

static bool shrink_once(const struct both *both, struct measure *measure)
{
    const struct expr **parts[] = {&measure->where, &measure->filter, &measure->arg};
    struct measure without = *measure;
    without.n_by = 0;
    if (measure->n_by > 0 && still_differs(both, measure, &without))
        return true;
    for (size_t i = 0; i < 2; i++) {
        without = *measure;
        *(i == 0 ? &without.where : &without.filter) = NULL;
        if (*parts[i] != NULL && still_differs(both, measure, &without))
            return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (*parts[i] != NULL &&
            shrink_expr(both, measure, parts[i], (struct expr *)(uintptr_t)*parts[i]))
            return true;
    return false;
}

static void fail_with(const struct both *both, struct measure *measure)
{
    const char *const *statements = NULL;
    size_t n_statements = 0;
    struct error err;
    for (int i = 0; i < 100 && shrink_once(both, measure); i++)
        continue;
    measure->n_by = 0;
    struct measure_plan plan = plan_of(both, measure, 1);
    if (sql_text_measures(&plan, &both->measuring.relations, NULL, 0, &arena, &statements,
                          &n_statements, &err) != OK)
        fail_msg("%s", err.message);
    const char *problem = run_alone(both, measure);
    fail_msg("seed %" PRIu64 ", aggregate %d, scope %d, parameter %g: %s\n%s", both->seed,
             (int)measure->aggregate, (int)measure->scope, measure->parameter,
             problem == NULL ? "differs by segments only" : problem,
             n_statements > 0 ? statements[0] : "");
}

static void compare(const struct both *both, struct measure *measures, size_t n)
{
    struct error err;
    struct diff_result there;
    struct diff_result here = run_measures(both->old_rows, both->new_rows, measures, n, &arena);
    struct measure_plan plan = plan_of(both, measures, n);
    enum error_code code = measure_in_database(&both->measuring, &plan, &arena, &there, &err);
    for (size_t i = 0; code != OK && i < n; i++)
        if (run_alone(both, &measures[i]) != NULL)
            fail_with(both, &measures[i]);
    assert_ok(code);
    assert_memory_equal(&here.counts, &there.counts, sizeof(here.counts));
    for (size_t i = 0; i < n; i++)
        if (difference(both, &measures[i], &here.measures[i], &there.measures[i]) != NULL)
            fail_with(both, &measures[i]);
}

static bool has_unique_keys(const struct both *both)
{
    return packed_duplicate_rows(both->old_rows) == 0 && packed_duplicate_rows(both->new_rows) == 0;
}

static void one_round(struct store *store, const struct schema *schema,
                      const struct mixture *mixture, size_t n)
{
    struct both both = {.store = store, .schema = schema, .seed = seed};
    struct table old_table;
    struct table new_table;
    random_tables(schema, mixture, &old_table, &new_table);
    store_table(store, "old_rows", &old_table.reference);
    store_table(store, "new_rows", &new_table.reference);
    both.old_rows = old_table.packed;
    both.new_rows = new_table.packed;
    both.measuring = (struct measuring){.store = store,
                                        .relations = {.new_relation = "public.new_rows",
                                                      .old_relation = "public.old_rows",
                                                      .keys_are_unique = has_unique_keys(&both)},
                                        .timeout_ms = 60000};
    struct measure *measures = arena_calloc(&arena, n, sizeof(*measures));
    for (size_t i = 0; i < n; i++) {
        measures[i] = random_measure(schema, AGG_INVALID);
        measures[i].type = type_of(&measures[i]);
    }
    compare(&both, measures, n);
    free_round(&old_table, &new_table);
}

#define VALUE_COLUMNS                                                                              \
    "b boolean, i integer, l bigint, r real?, d double?, n numeric?, t text, day date?, "          \
    "at timestamptz?, u uuid"

static const struct {
    const char *columns;
    size_t n;
} keys[] = {
    {"id bigint, " VALUE_COLUMNS, 1},
    {"name text, " VALUE_COLUMNS, 1},
    {"ref uuid, " VALUE_COLUMNS, 1},
    {"name text, small integer, ref uuid, id bigint, " VALUE_COLUMNS, 4},
};

static size_t from_environment(const char *name, size_t otherwise)
{
    const char *given = getenv(name);
    return given == NULL ? otherwise : strtoull(given, NULL, 10);
}

static void random_measures_are_the_same_in_the_database(void **state)
{
    struct pg_test *test = *state;
    size_t n = from_environment("LOADGUARD_ROUNDS", 12);
    seed = from_environment("LOADGUARD_SEED", seed);
    max_depth = (int)from_environment("LOADGUARD_DEPTH", 3);
    leave_out_log2 = true;
    for (size_t round = 0; round < n; round++) {
        size_t empty = random_below(12);
        const struct mixture mixture = {.n_keys =
                                            one_in(4) ? random_below(3) : 5 + random_below(150),
                                        .alone = 2 + random_below(30),
                                        .changed = 1 + random_below(10),
                                        .twice = one_in(2) ? 1000000 : 10 + random_below(50),
                                        .empty = empty == 0   ? OLD_SIDE_IS_EMPTY
                                                 : empty == 1 ? NEW_SIDE_IS_EMPTY
                                                              : NEITHER_SIDE_IS_EMPTY,
                                        .null_columns = one_in(4) ? 1 + random_below(4) : 0};
        size_t key = round % (2 * ARRAY_SIZE(keys));
        key = key < ARRAY_SIZE(keys) ? key : 0;
        one_round(test->store, make_schema(&arena, keys[key].columns, keys[key].n), &mixture,
                  MEASURES_A_ROUND);
    }
}

/* ---- many segments ---- */

#define MANY 15000
#define SEGMENTS_SQL                                                                               \
    "drop table if exists public.%s; create table public.%s as select id::bigint, "                \
    "case when id %% 500 <> 0 then 'v' || id * 7919 %% %d end as t, (id * %d %% 13)::bigint as l " \
    "from generate_series(%d, %d) id"

/* Rows with keys from `first` in up to `modulus` segments, in both forms. */
static struct packed *segmented_rows(const struct both *both, const char *name, int first,
                                     int modulus, int factor)
{
    struct error err;
    struct buffer sql CLEANUP(buffer_release);
    struct packer *packer = pack_begin(both->schema);
    struct batch_builder *builder = NULL;
    buffer_init(&sql, 1000);
    assert_ok(buffer_printf(&sql, &err, SEGMENTS_SQL, name, name, modulus, factor, first,
                            first + MANY - 1));
    pg_run(both->store, buffer_string(&sql));
    assert_ok(batch_builder_new(both->schema, &builder, &err));
    for (int64_t id = first; id < first + MANY; id++) {
        char row[100];
        char text[32] = "\\N";
        if (id % 500 != 0)
            (void)snprintf(text, sizeof(text), "v%" PRId64, id * 7919 % modulus);
        (void)snprintf(row, sizeof(row), "%" PRId64 "|%s|%" PRId64, id, text, id * factor % 13);
        add_row(builder, row);
        pack_builder(packer, builder, false);
    }
    pack_builder(packer, builder, true);
    batch_builder_free(builder);
    return pack_end(packer);
}

static void the_largest_of_too_many_segments_are_the_same_in_the_database(void **state)
{
    struct pg_test *test = *state;
    struct both both = {.store = test->store,
                        .schema = make_schema(&arena, "id bigint, t text, l bigint", 1)};
    both.old_rows = segmented_rows(&both, "old_rows", 1, 12000, 5);
    both.new_rows = segmented_rows(&both, "new_rows", 800, 13000, 7);
    both.measuring = (struct measuring){
        .store = test->store,
        .relations = {.new_relation = "public.new_rows", .old_relation = "public.old_rows"},
        .timeout_ms = 60000};
    const struct expr *l = e_column(&arena, both.schema, SIDE_NEW, "l");
    const struct expr *old = e_column(&arena, both.schema, SIDE_OLD, "l");
    const struct expr *larger = E_CALL(&arena, OP_GT, VALUE_BOOLEAN, l, old);
    struct measure measures[] = {
        measure_of(AGG_ROWS, SCOPE_NEW, NULL),   measure_of(AGG_OLD_ROWS, SCOPE_OLD, NULL),
        measure_of(AGG_KEPT, SCOPE_KEPT, NULL),  measure_of(AGG_ADDED, SCOPE_NEW, NULL),
        measure_of(AGG_MEAN, SCOPE_NEW, l),      measure_of(AGG_SHARE, SCOPE_KEPT, larger),
        measure_of(AGG_TOP_SHARE, SCOPE_OLD, l), measure_of(AGG_ARRIVALS, SCOPE_KEPT, l),
        measure_of(AGG_DISTINCT, SCOPE_NEW, l),
    };
    for (size_t i = 0; i < ARRAY_SIZE(measures); i++) {
        measures[i].type = type_of(&measures[i]);
        measures[i].n_by = 1 + i % 2;
        measures[i].by[0] = 1;
        measures[i].by[1] = 2 * (i % 2);
    }
    struct diff_result result = run_measures(both.old_rows, both.new_rows, measures, 2, &arena);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(result.measures[i].n_segments, DIFF_MAX_SEGMENTS + 1);
        assert_true(result.measures[i].segments[DIFF_MAX_SEGMENTS].n_values > 1);
    }
    compare(&both, measures, ARRAY_SIZE(measures));
    packed_free(both.old_rows);
    packed_free(both.new_rows);
    arena_release(&arena);
}

/* ---- loads ---- */

static const struct outcome *outcome_of(const struct site *site, const char *rule)
{
    const struct judgement *judgement = &site->result.verdict.judged.judgement;
    for (size_t i = 0; i < judgement->n_outcomes; i++)
        if (strcmp(judgement->outcomes[i].rule, rule) == 0)
            return &judgement->outcomes[i];
    fail_msg("there is no outcome of %s", rule);
    return NULL;
}

static void a_feed_can_be_measured_in_the_database(void **state)
{
    struct site site;
    const struct site_options options = {.feed = "    measure_in: database\n"};
    site_open(&site, *state, &options);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 1, LOAD_BLOCKED);
    const struct outcome *outcome = outcome_of(&site, "reset");
    assert_true(outcome->measures[0].value.f64 == 1.0);
    (void)site_load(&site, 5, 5, LOAD_HELD);
    assert_contains(outcome_of(&site, "fewer")->sentence, "removed is 5");
    site_close(&site);
}

static void duplicates_are_found_in_the_database(void **state)
{
    struct site site;
    const struct site_options options = {.feed = "    measure_in: database\n"};
    site_open(&site, *state, &options);
    site_write(&site, "score",
               "printf 'profile_id,score\n1,2\n1,3\n'; "
               "echo '{\"complete\": true, \"rows\": 2}' >&\"$LOADGUARD_MANIFEST_FD\"\n");
    assert_int_equal(site_run(&site), OK);
    assert_string_equal(load_state_name(site.result.state), "blocked");
    site_close(&site);
}

static void write_large_file(const struct site *site)
{
    struct error err;
    struct buffer text CLEANUP(buffer_release);
    buffer_init(&text, (size_t)4 << 20);
    for (int i = 0; i <= SQL_TEXT_MAX_SET; i++)
        assert_ok(buffer_printf(&text, &err, "%d\n", i));
    site_write(site, "large.txt", buffer_string(&text));
}

static void a_measure_without_sql_is_refused_by_the_name_of_its_rule(void **state)
{
    struct error err;
    struct site site;
    struct gate gate = {0};
    struct pg_test *test = *state;
    const struct site_options options = {
        .feed = "    measure_in: database\n",
        .rules = "[{name: known, hold: \"share(profile_id in file('large.txt')) > 10%\"}]",
    };
    site_open(&site, NULL, &options);
    write_large_file(&site);
    assert_int_equal(gate_open(&site.config, test->store, "scores", &gate, &err), ERR_CONFIG);
    assert_contains(err.message, "rule 'known': share(profile_id in file(");
    assert_contains(err.message, "more values than a statement can hold");
    gate_release(&gate);
    site_close(&site);
}

#define SQL_RULE(sql, condition) "[{name: own, sql: \"" sql "\", hold: " condition "}]"

/* Loads a night of ten rows of 5 under a rule; the state it ends in. */
static void check_sql(void **state, const char *rules, enum load_state expected,
                      enum outcome_kind kind, const char *sentence)
{
    struct site site;
    const struct site_options options = {.rules = rules};
    site_open(&site, *state, &options);
    (void)site_load(&site, 10, 5, expected);
    assert_string_equal(outcome_kind_name(outcome_of(&site, "own")->kind), outcome_kind_name(kind));
    assert_contains(outcome_of(&site, "own")->sentence, sentence);
    site_close(&site);
}

static void the_number_of_a_query_is_judged(void **state)
{
    check_sql(state, SQL_RULE("select count(*) from {new} where score = 5", "value > 9"), LOAD_HELD,
              OUTCOME_FINDING, "value is 10");
}

static void a_query_may_be_put_beside_other_measures(void **state)
{
    check_sql(state, SQL_RULE("select sum(score) from {new};", "value / rows > 4"), LOAD_HELD,
              OUTCOME_FINDING, "is 5");
}

static void a_query_that_finds_nothing_passes(void **state)
{
    check_sql(state, SQL_RULE("select count(*) from {new} where score > 5", "value > 0"),
              LOAD_PUBLISHED, OUTCOME_PASS, "");
}

static void null_is_not_applicable(void **state)
{
    check_sql(state, SQL_RULE("select max(score) from {new} where score > 5", "value > 0"),
              LOAD_PUBLISHED, OUTCOME_NOT_APPLICABLE, "has no value");
}

static void without_a_last_good_load_a_query_over_both_is_not_applicable(void **state)
{
    check_sql(state,
              SQL_RULE("select count(*) from {new} n join {old} o using (profile_id)", "value > 0"),
              LOAD_PUBLISHED, OUTCOME_NOT_APPLICABLE, "no last good load");
}

static void a_query_that_fails_holds_and_says_where_it_stands(void **state)
{
    check_sql(state, SQL_RULE("select count(*) from nowhere", "value > 0"), LOAD_HELD,
              OUTCOME_ERROR, "\"nowhere\" does not exist");
    check_sql(state, SQL_RULE("select count(*) from nowhere", "value > 0"), LOAD_HELD,
              OUTCOME_ERROR, "loadguard.yaml:");
}

static void a_query_that_writes_or_gives_no_number_holds(void **state)
{
    check_sql(state, SQL_RULE("delete from {new} returning 1", "value > 0"), LOAD_HELD,
              OUTCOME_ERROR, "read-only");
    check_sql(state, SQL_RULE("select 1, 2", "value > 0"), LOAD_HELD, OUTCOME_ERROR, "2 columns");
    check_sql(state, SQL_RULE("select score from {new}", "value > 0"), LOAD_HELD, OUTCOME_ERROR,
              "more than one row");
    check_sql(state, SQL_RULE("select 'a'::text", "value > 0"), LOAD_HELD, OUTCOME_ERROR,
              "did not return a number");
}

static void a_query_that_fails_does_not_stop_the_next_one(void **state)
{
    static const char next[] = "{name: own, sql: 'select count(*) from {new}', hold: value > 9}]";
    static const char *const failing[] = {"select generate_series(1, 100000)",
                                          "copy (select 1) to stdout"};
    for (size_t i = 0; i < ARRAY_SIZE(failing); i++) {
        char rules[300];
        (void)snprintf(rules, sizeof(rules), "[{name: bad, sql: '%s', hold: value > 0}, %s",
                       failing[i], next);
        check_sql(state, rules, LOAD_HELD, OUTCOME_FINDING, "value is 10");
    }
}

static void a_query_sees_both_loads(void **state)
{
    struct site site;
    const struct site_options options = {
        .rules = SQL_RULE("select count(*) from {new} n join {old} o using (profile_id) where "
                          "n.score <> o.score",
                          "value > 9")};
    site_open(&site, *state, &options);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 5, LOAD_PUBLISHED);
    (void)site_load(&site, 10, 6, LOAD_HELD);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pg_unit_test(random_measures_are_the_same_in_the_database),
        pg_unit_test(the_largest_of_too_many_segments_are_the_same_in_the_database),
        pg_unit_test(a_feed_can_be_measured_in_the_database),
        pg_unit_test(duplicates_are_found_in_the_database),
        pg_unit_test(a_measure_without_sql_is_refused_by_the_name_of_its_rule),
        pg_unit_test(the_number_of_a_query_is_judged),
        pg_unit_test(a_query_may_be_put_beside_other_measures),
        pg_unit_test(a_query_that_finds_nothing_passes),
        pg_unit_test(null_is_not_applicable),
        pg_unit_test(without_a_last_good_load_a_query_over_both_is_not_applicable),
        pg_unit_test(a_query_that_fails_holds_and_says_where_it_stands),
        pg_unit_test(a_query_that_writes_or_gives_no_number_holds),
        pg_unit_test(a_query_that_fails_does_not_stop_the_next_one),
        pg_unit_test(a_query_sees_both_loads),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
