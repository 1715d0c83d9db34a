/*
 * A statement has layers: the rows of a side or of both with their columns (n and o), what measures
 * need of a row (r), aggregates of that by segment (g), and the values. A value is computed once in
 * its layer and named in the next; offset 0 keeps the planner from merging layers, which would
 * compute it wherever it is named.
 */
#include "rules/sql_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "diff/value_set.h"
#include "rules/sql_text_layers.h"

#define MAX_STATEMENT_BYTES ((size_t)64 << 20)

/* PostgreSQL takes 1,664 columns; a measure adds a dozen at most. */
#define MAX_LAYER_COLUMNS 1500

enum source {
    FROM_NEW,
    FROM_OLD,
    FROM_BOTH,
};

/* How the rows of a measure are found. */
struct placing {
    enum source source;
    enum side side;   /* that segments are told by */
    const char *rows; /* condition on the rows of n and o */
    bool old_only;    /* every column is the old row's own */
    size_t division;  /* index + 1, or 0 */
};

/* What makes up a statement. */
struct statement {
    struct arena *arena;
    const struct measure_plan *plan;
    const struct sql_relations *relations;
    const struct sql_division *division; /* or NULL */
    enum source source;
    enum side side;
    struct sql_columns columns;
    struct sql_layer row;       /* r */
    struct sql_layer aggregate; /* g */
    struct sql_layer values;    /* "(measure, value, rows)" */
    struct sql_layer ranked;    /* statements of measures that look at each value */
};

static bool has_no_arg(enum aggregate aggregate)
{
    return aggregate <= AGG_DUPLICATES;
}

/* ---- which measures there is no SQL for ---- */

static const struct value_set *large_set(const struct expr *expr)
{
    if (expr == NULL)
        return NULL;
    if (expr->kind == EXPR_IN_SET)
        return value_set_size(expr->set) > SQL_TEXT_MAX_SET ? expr->set : large_set(expr->in_arg);
    const struct value_set *found = NULL;
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args && found == NULL; i++)
        found = large_set(expr->args[i]);
    return found;
}

const char *sql_text_refusal(const struct measure *measure)
{
    if (measure->aggregate > AGG_INVALID)
        return "it works through the rows in an order of its own, which SQL cannot repeat";
    if (large_set(measure->arg) != NULL || large_set(measure->filter) != NULL ||
        large_set(measure->where) != NULL)
        return "its file has more values than a statement can hold";
    return NULL;
}

static enum error_code refuse(const struct measure *measure, struct error *err)
{
    const char *reason = sql_text_refusal(measure);
    if (reason == NULL)
        return OK;
    (void)error_set(err, ERR_REFUSED, "%s cannot be measured in the database: %s", measure->text,
                    reason);
    error_hint(err, "Leave measure_in: database away, or the rule.");
    return ERR_REFUSED;
}

/* ---- where the rows of a measure come from ---- */

/* Whether an expression looks at values of the old side that are not the row's own. */
static bool looks_across(const struct measure_plan *plan, const struct expr *expr, bool old_only)
{
    if (expr == NULL)
        return false;
    if (expr->kind == EXPR_COLUMN)
        return !old_only && expr->side == SIDE_OLD && !schema_is_key(plan->schema, expr->column);
    if (expr->kind == EXPR_IN_SET)
        return looks_across(plan, expr->in_arg, old_only);
    bool found = expr->kind == EXPR_CALL && expr->op == OP_CHANGED;
    for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->n_args && !found; i++)
        found = looks_across(plan, expr->args[i], old_only);
    return found;
}

static bool any_looks_across(const struct measure_plan *plan, const struct measure *measure,
                             bool old_only)
{
    return looks_across(plan, measure->arg, old_only) ||
           looks_across(plan, measure->filter, old_only) ||
           looks_across(plan, measure->where, old_only);
}

static struct placing paired(const char *rows, enum side side, bool old_only)
{
    return (struct placing){.source = FROM_BOTH, .side = side, .rows = rows, .old_only = old_only};
}

static struct placing of_side(const struct measure_plan *plan, const struct measure *measure,
                              enum side side)
{
    bool old_only = side == SIDE_OLD;
    bool across = any_looks_across(plan, measure, old_only);
    return (struct placing){
        .source = across     ? FROM_BOTH
                  : old_only ? FROM_OLD
                             : FROM_NEW,
        .side = side,
        .rows = old_only ? "o.p" : "n.p",
        .old_only = old_only,
    };
}

/* The counterpart of measure_rows() in diff/measure_rows.c. */
static struct placing place(const struct measure_plan *plan, const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_ROWS:
        return of_side(plan, measure, SIDE_NEW);
    case AGG_OLD_ROWS:
        return of_side(plan, measure, SIDE_OLD);
    case AGG_ADDED:
        return paired(SQL_IS_ADDED, SIDE_NEW, false);
    case AGG_REMOVED:
        return paired(SQL_IS_REMOVED, SIDE_OLD, true);
    case AGG_DUPLICATES:
        return paired(SQL_IS_DUPLICATE, SIDE_NEW, false);
    case AGG_KEPT:
    case AGG_ARRIVALS:
        return paired(SQL_IS_KEPT, SIDE_OLD, false);
    default:
        break;
    }
    if (measure->scope == SCOPE_KEPT)
        return paired(SQL_IS_KEPT, SIDE_OLD, false);
    return of_side(plan, measure, measure->scope == SCOPE_OLD ? SIDE_OLD : SIDE_NEW);
}

/* ---- what measures need of a row ---- */

static struct sql_writer writer_of(struct statement *s, bool old_only)
{
    return (struct sql_writer){
        .arena = s->arena, .schema = s->plan->schema, .columns = &s->columns, .old_only = old_only};
}

static const char *both(struct arena *arena, const char *a, const char *b)
{
    return b == NULL ? a : arena_printf(arena, "%s and %s", a, b);
}

static const char *optional(const struct sql_writer *writer, const struct expr *expr)
{
    return expr == NULL ? NULL : sql_expr(writer, expr).text;
}

/* Names, in layer r, of what a measure looks at. */
struct needed {
    const char *select;
    const char *arg;
    enum value_type type; /* of arg */
    const char *old;      /* of ARRIVALS */
    const char *moved;
};

static bool in_doubles(const struct measure *measure, enum value_type type)
{
    bool is_sum = measure->aggregate == AGG_SUM || measure->aggregate == AGG_MEAN;
    return measure->aggregate == AGG_STDDEV || measure->aggregate == AGG_QUANTILE ||
           (is_sum && type == VALUE_NUMERIC);
}

static void need_arrivals(struct statement *s, const struct measure *measure, struct sql_value arg,
                          const char *where, const char *filter, struct needed *needed)
{
    struct sql_writer writer = writer_of(s, true);
    struct sql_value old = sql_expr(&writer, measure->arg);
    const char *moved = both(s->arena, sql_is_distinct(s->arena, arg, old), filter);
    needed->old = sql_layer_add(&s->row, old.text);
    needed->moved =
        sql_layer_add(&s->row, both(s->arena, both(s->arena, SQL_IS_KEPT, moved), where));
}

static struct needed need(struct statement *s, const struct measure *measure,
                          const struct placing *placing)
{
    struct needed needed = {0};
    struct sql_writer writer = writer_of(s, placing->old_only);
    const char *where = optional(&writer, measure->where);
    const char *filter = optional(&writer, measure->filter);
    const char *select = both(s->arena, placing->rows, where);
    if (measure->aggregate != AGG_ARRIVALS)
        select = both(s->arena, select, filter);
    needed.select = sql_layer_add(&s->row, select);
    if (has_no_arg(measure->aggregate))
        return needed;
    struct sql_value arg = sql_expr(&writer, measure->arg);
    if (in_doubles(measure, arg.type))
        arg = sql_double(s->arena, arg);
    needed.arg = sql_layer_add(&s->row, arg.text);
    needed.type = arg.type;
    if (measure->aggregate == AGG_ARRIVALS)
        need_arrivals(s, measure, arg, where, filter, &needed);
    return needed;
}

/* ---- aggregates ---- */

/* An aggregate over the selected rows for which a condition, if any, is true; its name in g. */
static const char *aggregate(struct statement *s, const char *call, const struct needed *needed,
                             const char *condition)
{
    const char *filter = both(s->arena, needed->select, condition);
    return sql_layer_add(&s->aggregate,
                         arena_printf(s->arena, "%s filter (where %s)", call, filter));
}

/* A function of the argument of the selected rows. */
static const char *of_arg(struct statement *s, const char *function, const struct needed *needed)
{
    return aggregate(s, arena_printf(s->arena, "%s(%s)", function, needed->arg), needed, NULL);
}

static const char *invalid_condition(struct statement *s, const struct needed *needed)
{
    switch (needed->type) {
    case VALUE_DOUBLE:
        return arena_printf(s->arena, "abs(%s) >= " SQL_INFINITY, needed->arg);
    case VALUE_NUMERIC:
        return arena_printf(s->arena, "abs(%s) >= 'Infinity'::numeric", needed->arg);
    case VALUE_DATE:
    case VALUE_TIME:
        return arena_printf(s->arena, "%s in (" SQL_MIN_TIME ", " SQL_MAX_TIME ")", needed->arg);
    default:
        return "false";
    }
}

/* What count() and its like count. */
static const char *hits(struct statement *s, const struct measure *measure,
                        const struct needed *needed)
{
    if (has_no_arg(measure->aggregate))
        return aggregate(s, "count(*)", needed, NULL);
    if (measure->aggregate == AGG_INVALID)
        return aggregate(s, "count(*)", needed, invalid_condition(s, needed));
    if (measure->aggregate == AGG_NULLS)
        return aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s is null", needed->arg));
    if (needed->type == VALUE_BOOLEAN)
        return aggregate(s, "count(*)", needed, needed->arg);
    return of_arg(s, "count", needed);
}

/*
 * The exact sum of doubles: whole parts and fractions of those of common magnitude, which are
 * integers, and the rest as numerics. The sum is infinite or NaN as it would be in doubles.
 */
static const char *sum_of_doubles(struct statement *s, const struct needed *needed)
{
    const char *x = needed->arg;
    const char *common =
        arena_printf(s->arena, "(abs(%s) < 4e18 and (abs(%s) >= 0.0009765625 or %s = 0))", x, x, x);
    const char *whole =
        aggregate(s, arena_printf(s->arena, "sum(trunc(%s)::bigint)", x), needed, common);
    const char *fraction = aggregate(
        s, arena_printf(s->arena, "sum(((%s - trunc(%s)) * 9223372036854775808)::bigint)", x, x),
        needed, common);
    const char *rest =
        aggregate(s, arena_printf(s->arena, "sum(%s)", sql_exact(s->arena, x)), needed,
                  arena_printf(s->arena, "abs(%s) < " SQL_INFINITY " and not %s", x, common));
    const char *high =
        aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s = " SQL_INFINITY, x));
    const char *low =
        aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s = '-Infinity'::float8", x));
    const char *nan = aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s = " SQL_NAN, x));
    return arena_printf(
        s->arena,
        "case when %s > 0 or (%s > 0 and %s > 0) then 'NaN' when %s > 0 then 'Infinity' "
        "when %s > 0 then '-Infinity' else coalesce(%s, 0) + coalesce(%s, 0) * "
        "0.000000000000000000108420217248550443400745280086994171142578125 + coalesce(%s, 0) end",
        nan, high, low, high, low, whole, fraction, rest);
}

static const char *sum_of_durations(struct statement *s, const struct measure *measure,
                                    const char *total, const char *n)
{
    const char *sum = total;
    if (measure->aggregate == AGG_MEAN)
        sum =
            arena_printf(s->arena, "sign(%s) * div(2 * abs(%s) + %s, 2 * %s)", total, total, n, n);
    return arena_printf(s->arena,
                        "case when %s > 0 and %s between '-9223372036854775808'::bigint and "
                        "9223372036854775807 then %s end",
                        n, sum, sum);
}

static const char *sum(struct statement *s, const struct measure *measure,
                       const struct needed *needed)
{
    const char *n = of_arg(s, "count", needed);
    if (needed->type == VALUE_DURATION) {
        const char *total = of_arg(s, "sum", needed);
        return sum_of_durations(s, measure, total, arena_printf(s->arena, "nullif(%s, 0)", n));
    }
    const char *total =
        needed->type == VALUE_INTEGER ? of_arg(s, "sum", needed) : sum_of_doubles(s, needed);
    if (measure->aggregate == AGG_SUM)
        return arena_printf(s->arena, "case when %s > 0 then %s end", n, total);
    struct sql_value value = {.text = total, .type = VALUE_NUMERIC};
    return arena_printf(s->arena, "case when %s > 0 then (%s) / %s end", n,
                        sql_double(s->arena, value).text, n);
}

/* Over exact numerics, so that nothing is lost where the values are far from 0. */
static const char *deviation(struct statement *s, const struct needed *needed)
{
    const char *x = needed->arg;
    const char *n = of_arg(s, "count", needed);
    const char *finite = arena_printf(s->arena, "abs(%s) < " SQL_INFINITY, x);
    const char *n_finite = aggregate(s, "count(*)", needed, finite);
    const char *deviation = aggregate(
        s, arena_printf(s->arena, "stddev_samp(%s)", sql_exact(s->arena, x)), needed, finite);
    return arena_printf(
        s->arena,
        "case when %s < 2 then null when %s > %s then 'NaN' when %s * %s >= " SQL_OVERFLOW
        "::numeric / (%s - 1) then 'Infinity' else %s end",
        n, n, n_finite, deviation, deviation, n, deviation);
}

/* Between two infinities percentile_cont() gives NaN. */
static const char *quantile(struct statement *s, const struct measure *measure,
                            const struct needed *needed)
{
    const char *x = needed->arg;
    const char *n = of_arg(s, "count", needed);
    const char *low =
        aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s = '-Infinity'::float8", x));
    const char *below =
        aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s < " SQL_INFINITY, x));
    const char *numbers =
        aggregate(s, "count(*)", needed, arena_printf(s->arena, "%s <= " SQL_INFINITY, x));
    const char *quantile = aggregate(
        s,
        arena_printf(s->arena, "percentile_cont('%.17g'::float8) within group (order by %s)",
                     measure->parameter, x),
        needed, NULL);
    const char *rank = arena_printf(s->arena, "'%.17g'::float8 * (%s - 1)", measure->parameter, n);
    return arena_printf(s->arena,
                        "case when %s = 0 then null when ceil(%s) < %s then '-Infinity'::float8 "
                        "when floor(%s) >= %s "
                        "and ceil(%s) < %s then " SQL_INFINITY " else %s end",
                        n, rank, low, rank, below, rank, numbers, quantile);
}

/* The value of a measure over columns of g. */
static const char *value_of(struct statement *s, const struct measure *measure,
                            const struct needed *needed, const char *scope)
{
    switch (measure->aggregate) {
    case AGG_SHARE:
        return arena_printf(s->arena, "%s::float8 / nullif(%s, 0)", hits(s, measure, needed),
                            scope);
    case AGG_SUM:
    case AGG_MEAN:
        return sum(s, measure, needed);
    case AGG_STDDEV:
        return deviation(s, needed);
    case AGG_MIN:
        return of_arg(s, "min", needed);
    case AGG_MAX:
        return of_arg(s, "max", needed);
    case AGG_QUANTILE:
        return quantile(s, measure, needed);
    case AGG_DISTINCT:
        return aggregate(s, arena_printf(s->arena, "count(distinct %s)", needed->arg), needed,
                         NULL);
    default:
        return hits(s, measure, needed);
    }
}

/* ---- measures that look at each value ---- */

static const char *top_share(struct statement *s, size_t index, const struct needed *needed)
{
    return arena_printf(
        s->arena,
        "select %zu::bigint, q.k, (q.n::float8 / q.total::float8)::text, q.total::bigint, "
        "q.v::text from (select c.k, c.v, c.n, sum(c.n) over (partition by c.k) as total, "
        "row_number() over (partition by c.k order by c.n desc, c.v nulls first) as place from "
        "(select r.k, %s as v, count(*) as n from r where %s group by r.k, %s) c) q "
        "where q.place = 1",
        index, needed->arg, needed->select, needed->arg);
}

/* Flows of each value: rows that came, that left, and that were there; then diff/arrivals.h. */
static const char *arrivals(struct statement *s, size_t index, const struct needed *needed)
{
    const char *flows = arena_printf(
        s->arena,
        "select r.k, %s as v, count(*) as came, 0::bigint as went, 0::bigint as old from r "
        "where %s group by r.k, %s union all select r.k, %s, 0, count(*) filter (where %s), "
        "count(*) from r where %s group by r.k, %s",
        needed->arg, needed->moved, needed->arg, needed->old, needed->moved, needed->select,
        needed->old);
    const char *counts = arena_printf(
        s->arena,
        "select f.k, f.v, sum(f.came)::float8 as came, sum(f.went)::float8 as went, "
        "sum(f.old)::float8 as old, sum(sum(f.old)) over (partition by f.k)::float8 as total, "
        "sum(sum(f.came)) over (partition by f.k)::float8 as moved from (%s) f group by f.k, f.v",
        flows);
    const char *natural = arena_printf(
        s->arena,
        "select c.k, c.v, c.came, c.went, c.total, greatest(c.went, case when c.old < c.total "
        "then (c.moved - c.came) * (c.old / c.total) / (1 - c.old / c.total) "
        "else c.moved - c.came end) as natural from (%s) c",
        counts);
    return arena_printf(
        s->arena,
        "select %zu::bigint, q.k, q.share::text, q.total::bigint, case when q.share > 0 then "
        "q.v::text end from (select p.*, row_number() over (partition by p.k order by p.share "
        "desc, p.net desc, p.v nulls first) as place from (select b.k, b.v, b.total, b.came - "
        "b.went as net, greatest(b.came - b.natural - 4 * sqrt(2 * b.natural), 0) / b.total as "
        "share from (%s) b) p) q where q.place = 1",
        index, natural);
}

static void add_measure(struct statement *s, size_t index, const struct placing *placing)
{
    const struct measure *measure = &s->plan->measures[index];
    struct needed needed = need(s, measure, placing);
    if (measure->aggregate == AGG_TOP_SHARE) {
        (void)sql_layer_add(&s->ranked, top_share(s, index, &needed));
        return;
    }
    if (measure->aggregate == AGG_ARRIVALS) {
        (void)sql_layer_add(&s->ranked, arrivals(s, index, &needed));
        return;
    }
    const char *scope = aggregate(s, "count(*)", &needed, NULL);
    (void)sql_layer_add(&s->values, arena_printf(s->arena, "(%zu, (%s)::text, %s)", index,
                                                 value_of(s, measure, &needed, scope), scope));
}

/* ---- the whole statement ---- */

static struct sql_rows rows_of(struct statement *s)
{
    return (struct sql_rows){
        .arena = s->arena,
        .schema = s->plan->schema,
        .relations = s->relations,
        .columns = &s->columns,
        .sides = {[SIDE_NEW] = s->source != FROM_OLD, [SIDE_OLD] = s->source != FROM_NEW}};
}

static enum error_code append_rows(struct statement *s, struct buffer *out, struct error *err)
{
    struct sql_rows rows = rows_of(s);
    const char *key = "''::text";
    const char *present = "";
    if (s->division != NULL) {
        key = sql_segment_key(&rows, s->division->by, s->division->n_by, s->side);
        if (s->division->has_rest)
            key = sql_chosen_key(s->arena, key, s->division->keys, s->division->n_keys);
        present = s->side == SIDE_NEW ? " where n.p" : " where o.p";
    }
    TRY(buffer_printf(out, err, "select %s as k", key));
    TRY(sql_layer_append(&s->row, out, err));
    const char *from = sql_rows_from(&rows);
    return buffer_printf(out, err, " from %s%s offset 0", from, present);
}

static enum error_code append_values(struct statement *s, struct buffer *out, struct error *err)
{
    TRY(buffer_append_string(out,
                             "select x.measure::bigint, g.k, x.value, x.rows::bigint, null::text "
                             "from (select ",
                             err));
    TRY(buffer_append_string(out, s->division == NULL ? "''::text as k" : "r.k", err));
    TRY(sql_layer_append(&s->aggregate, out, err));
    TRY(buffer_append_string(out, " from r", err));
    if (s->division != NULL)
        TRY(buffer_append_string(out, " group by r.k", err));
    TRY(buffer_append_string(out, " offset 0) g cross join lateral (values ", err));
    for (size_t i = 0; i < s->values.n; i++)
        TRY(buffer_printf(out, err, "%s%s", i > 0 ? ", " : "", s->values.texts[i]));
    return buffer_append_string(out, ") as x (measure, value, rows)", err);
}

static enum error_code append_statement(struct statement *s, struct buffer *out, struct error *err)
{
    bool several = s->ranked.n + (s->values.n > 0) > 1;
    TRY(buffer_printf(out, err, "with r as %smaterialized (", several ? "" : "not "));
    TRY(append_rows(s, out, err));
    TRY(buffer_append_string(out, ") ", err));
    if (s->values.n > 0)
        TRY(append_values(s, out, err));
    for (size_t i = 0; i < s->ranked.n; i++)
        TRY(buffer_printf(out, err, "%s%s", i > 0 || s->values.n > 0 ? " union all " : "",
                          s->ranked.texts[i]));
    return OK;
}

static enum error_code finish(struct statement *s, const char **ret_text, struct error *err)
{
    struct buffer text CLEANUP(buffer_release);
    buffer_init(&text, MAX_STATEMENT_BYTES);
    enum error_code code = append_statement(s, &text, err);
    if (code == ERR_LIMIT) {
        (void)error_set(err, ERR_LIMIT, "the measures make an SQL statement of more than %zu MiB",
                        MAX_STATEMENT_BYTES >> 20);
        error_hint(err, "Leave measure_in: database away, or use shorter files in rules.");
    }
    if (code == OK)
        *ret_text = arena_strdup(s->arena, buffer_string(&text));
    return code;
}

/* ---- the statements of a plan ---- */

/* Measures and statements while they are being made. */
struct writing {
    const struct measure_plan *plan;
    const struct sql_relations *relations;
    const struct sql_division *divisions;
    struct arena *arena;
    struct placing *placings; /* of each measure */
    bool *is_done;
    const char **statements;
    size_t n_statements;
    size_t capacity;
};

/* Whether a measure goes into the statement: rows of both sides also serve for those of one. */
static bool fits(const struct writing *w, const struct placing *first, size_t index)
{
    const struct placing *placing = &w->placings[index];
    if (w->is_done[index] || placing->division != first->division)
        return false;
    if (placing->division != 0 && placing->side != first->side)
        return false;
    return placing->source == first->source || first->source == FROM_BOTH;
}

static struct statement begin(const struct writing *w, const struct placing *first)
{
    struct statement s = {
        .arena = w->arena,
        .plan = w->plan,
        .relations = w->relations,
        .division = first->division == 0 ? NULL : &w->divisions[first->division - 1],
        .source = first->source,
        .side = first->side,
    };
    for (size_t i = 0; i < 2; i++)
        s.columns.used[i] = arena_calloc(w->arena, w->plan->schema->n_columns, sizeof(bool));
    sql_layer_init(&s.row, w->arena, "r.e");
    sql_layer_init(&s.aggregate, w->arena, "g.a");
    sql_layer_init(&s.values, w->arena, "");
    sql_layer_init(&s.ranked, w->arena, "");
    return s;
}

/* A statement of measures that go with this one, from the first of the plan on. */
static enum error_code write_one(struct writing *w, size_t index, struct error *err)
{
    const struct placing first = w->placings[index];
    struct statement s = begin(w, &first);
    for (size_t i = 0; i < w->plan->n_measures; i++) {
        if (!fits(w, &first, i) || s.row.n > MAX_LAYER_COLUMNS || s.aggregate.n > MAX_LAYER_COLUMNS)
            continue;
        add_measure(&s, i, &w->placings[i]);
        w->is_done[i] = true;
    }
    w->statements = arena_grow(w->arena, w->statements, sizeof(*w->statements), &w->capacity,
                               w->n_statements + 1);
    TRY(finish(&s, &w->statements[w->n_statements], err));
    w->n_statements++;
    return OK;
}

/* Statements over both sides come first, so that they take in what they can. */
static enum error_code write_all(struct writing *w, struct error *err)
{
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < w->plan->n_measures; i++)
            while (!w->is_done[i] && (round == 1 || w->placings[i].source == FROM_BOTH))
                TRY(write_one(w, i, err));
    return OK;
}

enum error_code sql_text_measures(const struct measure_plan *plan,
                                  const struct sql_relations *relations,
                                  const struct sql_division *divisions, size_t n_divisions,
                                  struct arena *arena, const char *const **ret_statements,
                                  size_t *ret_n_statements, struct error *err)
{
    struct writing w = {
        .plan = plan, .relations = relations, .divisions = divisions, .arena = arena};
    w.placings = arena_calloc(arena, plan->n_measures + 1, sizeof(*w.placings));
    w.is_done = arena_calloc(arena, plan->n_measures + 1, sizeof(*w.is_done));
    for (size_t i = 0; i < plan->n_measures; i++) {
        w.is_done[i] = plan->measures[i].aggregate == AGG_SQL;
        if (w.is_done[i])
            continue;
        TRY(refuse(&plan->measures[i], err));
        w.placings[i] = place(plan, &plan->measures[i]);
        for (size_t d = 0; d < n_divisions; d++)
            if (sql_text_divides(&divisions[d], &plan->measures[i]))
                w.placings[i].division = d + 1;
    }
    TRY(write_all(&w, err));
    *ret_statements = w.statements;
    *ret_n_statements = w.n_statements;
    return OK;
}
