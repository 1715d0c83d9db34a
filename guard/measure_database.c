#include "guard/measure_database.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diff/segment_text.h"
#include "store/conn.h"
#include "store/feed_table.h"

#define MAX_SQL_BYTES ((size_t)1 << 20)

static const char *relation_of(struct arena *arena, const char *feed, int64_t load)
{
    char name[LOAD_TABLE_NAME_BYTES];
    return arena_printf(arena, "loadguard_data.\"%s\"", load_table_name(feed, load, name));
}

void measuring_relations(const char *feed, int64_t new_load, int64_t old_load, struct arena *arena,
                         struct sql_relations *ret_relations)
{
    *ret_relations = (struct sql_relations){
        .new_relation = relation_of(arena, feed, new_load),
        .old_relation = old_load == 0 ? NULL : relation_of(arena, feed, old_load),
    };
}

enum error_code measure_database_check(const struct rule_set *rules, struct error *err)
{
    const struct measure_plan *plan = rule_set_plan(rules);
    for (size_t i = 0; i < plan->n_measures; i++) {
        const struct measure *measure = &plan->measures[i];
        const char *reason = sql_text_refusal(measure);
        struct rule_info rule = {0};
        if (reason == NULL)
            continue;
        bool known = rule_set_rule_of_measure(rules, i, &rule);
        (void)error_set(err, ERR_CONFIG, "rule '%s': %s cannot be measured in the database: %s",
                        known ? rule.name : "", measure->text, reason);
        if (known)
            error_at(err, rule.file, rule.line, 0);
        error_hint(err, "Leave measure_in: database away, or switch the rule off.");
        return ERR_CONFIG;
    }
    return OK;
}

/* ---- all measures ---- */

/* A division with its segments, in the order of their texts, and where each key stands. */
struct segments {
    struct segment *segments;
    size_t n;
    struct place *places; /* sorted by key */
};

struct place {
    const char *key;
    size_t segment;
};

struct task {
    const struct measuring *measuring;
    const struct measure_plan *plan;
    struct store *session;
    struct arena *arena;
    struct sql_division *divisions;
    size_t n_divisions;
    struct segments *segments; /* of each division */
};

static enum error_code ask(const struct task *task, const char *sql, enum store_shape shape,
                           struct store_result *ret_result, struct error *err)
{
    const struct store_query query = {sql, shape, task->measuring->timeout_ms};
    return store_exec(task->session, &query, NULL, 0, ret_result, err);
}

static int compare_places(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->key, ((const struct place *)b)->key);
}

/* A segment while it is being read. */
struct found {
    struct segment segment;
    const char *key;
};

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    if (x->segment.is_rest != y->segment.is_rest)
        return x->segment.is_rest ? 1 : -1;
    int order = strcmp(x->segment.text, y->segment.text);
    return order != 0 ? order : strcmp(x->key, y->key);
}

#define FIRST_VALUE 6 /* column of the first by-column's value; see sql_text_divisions() */

static const char *segment_name(const struct task *task, const struct sql_division *division,
                                const struct store_result *result, size_t row)
{
    const char *names[MEASURE_MAX_BY];
    struct value values[MEASURE_MAX_BY];
    for (size_t i = 0; i < division->n_by; i++) {
        const struct schema_column *column = &task->plan->schema->columns[division->by[i]];
        names[i] = column->name;
        values[i] = sql_text_value(value_type_of_column(column->type),
                                   store_get_text(result, row, FIRST_VALUE + i), task->arena);
    }
    return segment_text(names, values, division->n_by, task->arena);
}

/* The segments that are told apart; what is left of all rows is the rest. */
static size_t read_segments(const struct task *task, const struct sql_division *division,
                            const struct store_result *result, struct found *found)
{
    size_t n_rows = store_rows(result);
    size_t n = n_rows < DIFF_MAX_SEGMENTS ? n_rows : DIFF_MAX_SEGMENTS;
    struct segment rest = {.text = SEGMENT_REST_TEXT, .is_rest = true};
    if (n_rows > 0) {
        rest.new_rows = (uint64_t)store_get_int(result, 0, 3);
        rest.old_rows = (uint64_t)store_get_int(result, 0, 4);
        rest.n_values = (uint64_t)store_get_int(result, 0, 5) - n;
    }
    for (size_t i = 0; i < n; i++) {
        found[i].key = arena_strdup(task->arena, store_get_text(result, i, 0));
        found[i].segment.text = segment_name(task, division, result, i);
        found[i].segment.new_rows = (uint64_t)store_get_int(result, i, 1);
        found[i].segment.old_rows = (uint64_t)store_get_int(result, i, 2);
        found[i].segment.n_values = 1;
        rest.new_rows -= found[i].segment.new_rows;
        rest.old_rows -= found[i].segment.old_rows;
    }
    if (n_rows > n)
        found[n++] = (struct found){.segment = rest, .key = ""};
    return n;
}

static void place_segments(const struct task *task, size_t index, struct found *found, size_t n)
{
    struct segments *segments = &task->segments[index];
    struct sql_division *division = &task->divisions[index];
    const char **keys = arena_calloc(task->arena, n + 1, sizeof(*keys));
    qsort(found, n, sizeof(*found), compare_found);
    segments->segments = arena_calloc(task->arena, n + 1, sizeof(*segments->segments));
    segments->places = arena_calloc(task->arena, n + 1, sizeof(*segments->places));
    segments->n = n;
    for (size_t i = 0; i < n; i++) {
        segments->segments[i] = found[i].segment;
        segments->places[i] = (struct place){.key = found[i].key, .segment = i};
        division->has_rest |= found[i].segment.is_rest;
        if (!found[i].segment.is_rest)
            keys[division->n_keys++] = found[i].key;
    }
    division->keys = keys;
    qsort(segments->places, n, sizeof(*segments->places), compare_places);
}

static enum error_code find_segments(struct task *task, struct error *err)
{
    sql_text_divisions(task->plan, &task->measuring->relations, task->arena, &task->divisions,
                       &task->n_divisions);
    task->segments = arena_calloc(task->arena, task->n_divisions + 1, sizeof(*task->segments));
    for (size_t i = 0; i < task->n_divisions; i++) {
        struct store_result result CLEANUP(store_result_release) = {0};
        TRY(ask(task, task->divisions[i].segments_sql, STORE_ANY_ROWS, &result, err));
        struct found *found = arena_calloc(task->arena, store_rows(&result) + 2, sizeof(*found));
        size_t n = read_segments(task, &task->divisions[i], &result, found);
        place_segments(task, i, found, n);
    }
    return OK;
}

static const struct segments *segments_of(const struct task *task, const struct measure *measure)
{
    for (size_t i = 0; i < task->n_divisions; i++)
        if (sql_text_divides(&task->divisions[i], measure))
            return &task->segments[i];
    return NULL;
}

static bool is_about_a_value(enum aggregate aggregate)
{
    return aggregate == AGG_ARRIVALS || aggregate == AGG_TOP_SHARE;
}

/* A measure over no row at all, in every segment. */
static void prepare(const struct task *task, size_t index, struct measure_result *ret_result)
{
    const struct measure *measure = &task->plan->measures[index];
    const struct segments *segments = segments_of(task, measure);
    size_t n = segments == NULL ? 1 : segments->n;
    struct value *values = arena_calloc(task->arena, n + 1, sizeof(*values));
    struct value *about = arena_calloc(task->arena, n + 1, sizeof(*about));
    bool is_count = measure->type == VALUE_INTEGER && measure->aggregate != AGG_MIN &&
                    measure->aggregate != AGG_MAX;
    for (size_t i = 0; i < n; i++) {
        values[i] = (struct value){.type = measure->type, .is_null = !is_count};
        about[i] = (struct value){.is_null = true};
    }
    *ret_result = (struct measure_result){
        .n_segments = n,
        .segments = segments == NULL ? NULL : segments->segments,
        .values = values,
        .scope_rows = arena_calloc(task->arena, n + 1, sizeof(uint64_t)),
        .arrived_at = is_about_a_value(measure->aggregate) ? about : NULL,
    };
}

/* One row of a statement of sql_text_measures(). Arrays of results are this file's own. */
static enum error_code take_row(const struct task *task, const struct store_result *result,
                                size_t row, struct diff_result *diff, struct error *err)
{
    size_t index = (size_t)store_get_int(result, row, 0);
    const struct measure *measure = &task->plan->measures[index];
    const struct segments *segments = segments_of(task, measure);
    struct measure_result *into = &diff->measures[index];
    size_t at = 0;
    if (segments != NULL) {
        const struct place key = {.key = store_get_text(result, row, 1)};
        const struct place *place =
            bsearch(&key, segments->places, segments->n, sizeof(*segments->places), compare_places);
        if (place == NULL)
            return error_set(err, ERR_SQL, "a segment of %s appeared while it was measured",
                             measure->text);
        at = place->segment;
    }
    struct value *values = (struct value *)(uintptr_t)into->values;
    uint64_t *scope_rows = (uint64_t *)(uintptr_t)into->scope_rows;
    values[at] = sql_text_value(measure->type, store_get_text(result, row, 2), task->arena);
    scope_rows[at] = (uint64_t)store_get_int(result, row, 3);
    if (into->arrived_at != NULL)
        ((struct value *)(uintptr_t)into->arrived_at)[at] =
            sql_text_value(measure->arg->type, store_get_text(result, row, 4), task->arena);
    return OK;
}

static enum error_code count_rows(const struct task *task, struct row_counts *ret_counts,
                                  struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const char *sql = sql_text_counts(task->plan->schema, &task->measuring->relations, task->arena);
    TRY(ask(task, sql, STORE_ONE_ROW, &result, err));
    uint64_t counts[7];
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        counts[i] = (uint64_t)store_get_int(&result, 0, i);
    *ret_counts = (struct row_counts){.old_rows = counts[0],
                                      .new_rows = counts[1],
                                      .kept = counts[2],
                                      .changed = counts[3],
                                      .added = counts[4],
                                      .removed = counts[5],
                                      .duplicates = counts[6]};
    return OK;
}

static enum error_code measure_all(struct task *task, struct diff_result *diff, struct error *err)
{
    const char *const *statements = NULL;
    size_t n_statements = 0;
    TRY(find_segments(task, err));
    TRY(sql_text_measures(task->plan, &task->measuring->relations, task->divisions,
                          task->n_divisions, task->arena, &statements, &n_statements, err));
    diff->measures = arena_calloc(task->arena, task->plan->n_measures + 1, sizeof(*diff->measures));
    for (size_t i = 0; i < task->plan->n_measures; i++)
        prepare(task, i, &diff->measures[i]);
    for (size_t i = 0; i < n_statements; i++) {
        struct store_result result CLEANUP(store_result_release) = {0};
        TRY(ask(task, statements[i], STORE_ANY_ROWS, &result, err));
        for (size_t row = 0; row < store_rows(&result); row++)
            TRY(take_row(task, &result, row, diff, err));
    }
    return count_rows(task, &diff->counts, err);
}

enum error_code measure_in_database(const struct measuring *measuring,
                                    const struct measure_plan *plan, struct arena *arena,
                                    struct diff_result *ret_result, struct error *err)
{
    CLEANUP(store_closep) struct store *session = NULL;
    static const struct store_query begin = {"begin isolation level repeatable read read only",
                                             STORE_NO_ROWS, STORE_QUICK_MS};
    TRY(store_open_again(measuring->store, &session, err));
    TRY(store_exec(session, &begin, NULL, 0, NULL, err));
    struct task task = {.measuring = measuring, .plan = plan, .session = session, .arena = arena};
    struct diff_result result = {0};
    TRY(measure_all(&task, &result, err));
    *ret_result = result;
    return OK;
}

/* ---- SQL of rules ---- */

static enum error_code put_relation(const char **at, const char *name, const char *relation,
                                    struct buffer *out, struct error *err)
{
    *at += strlen(name);
    return buffer_append_string(out, relation, err);
}

/* The SQL with the relations in the places of {new} and {old}. */
static enum error_code fill_in(const struct sql_relations *relations, const char *sql,
                               struct buffer *out, struct error *err)
{
    const char *old_relation = relations->old_relation == NULL ? "{old}" : relations->old_relation;
    while (*sql != '\0') {
        if (strncmp(sql, "{new}", 5) == 0)
            TRY(put_relation(&sql, "{new}", relations->new_relation, out, err));
        else if (strncmp(sql, "{old}", 5) == 0)
            TRY(put_relation(&sql, "{old}", old_relation, out, err));
        else
            TRY(buffer_append_char(out, *sql++, err));
    }
    while (out->len > 0 && strchr("; \t\r\n", out->data[out->len - 1]) != NULL)
        out->data[--out->len] = '\0';
    return OK;
}

static enum error_code run_sql(const struct measuring *measuring, struct store *session,
                               const char *sql, struct value *ret_value, struct error *err)
{
    CLEANUP(buffer_release) struct buffer text;
    struct value value = {.type = VALUE_DOUBLE};
    buffer_init(&text, MAX_SQL_BYTES);
    TRY(fill_in(&measuring->relations, sql, &text, err));
    TRY(store_query_number(session, buffer_string(&text), measuring->timeout_ms, &value.f64,
                           &value.is_null, err));
    *ret_value = value;
    return OK;
}

/* Whether the failure is the session's, and not the statement's. */
static bool ends_all(enum error_code code)
{
    return code == ERR_STORE || code == ERR_CANCELLED || code == ERR_MEMORY;
}

static void set_value(const struct measure_plan *plan, size_t index, const struct value *value,
                      struct arena *arena, struct diff_result *result)
{
    struct value *values = arena_calloc(arena, 1, sizeof(*values));
    uint64_t *scope_rows = arena_calloc(arena, 1, sizeof(*scope_rows));
    values[0] = *value;
    scope_rows[0] =
        plan->measures[index].scope == SCOPE_NEW ? result->counts.new_rows : result->counts.kept;
    result->measures[index] =
        (struct measure_result){.n_segments = 1, .values = values, .scope_rows = scope_rows};
}

enum error_code measure_own_sql(const struct measuring *measuring, const struct measure_plan *plan,
                                struct arena *arena, struct diff_result *result,
                                const char *const **ret_errors, struct error *err)
{
    CLEANUP(store_closep) struct store *session = NULL;
    const char **errors = arena_calloc(arena, plan->n_measures + 1, sizeof(*errors));
    for (size_t i = 0; i < plan->n_measures; i++) {
        const struct measure *measure = &plan->measures[i];
        struct value value = {.type = VALUE_DOUBLE, .is_null = true};
        struct error failure = {0};
        if (measure->aggregate != AGG_SQL)
            continue;
        set_value(plan, i, &value, arena, result);
        if (measure->scope != SCOPE_NEW && measuring->relations.old_relation == NULL)
            continue;
        if (session == NULL)
            TRY(store_open_again(measuring->store, &session, err));
        enum error_code code = run_sql(measuring, session, measure->sql, &value, &failure);
        if (ends_all(code)) {
            *err = failure;
            return code;
        }
        if (code != OK)
            errors[i] = arena_strdup(arena, failure.message);
        set_value(plan, i, &value, arena, result);
    }
    *ret_errors = errors;
    return OK;
}
