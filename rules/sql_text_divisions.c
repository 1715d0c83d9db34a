/* Statements that find segments and count rows, and the values that statements return. */
#include <stdlib.h>
#include <string.h>

#include "rules/sql_text_layers.h"

bool sql_text_divides(const struct sql_division *division, const struct measure *measure)
{
    return measure->n_by > 0 && division->n_by == measure->n_by &&
           memcmp(division->by, measure->by, measure->n_by * sizeof(*measure->by)) == 0;
}

static struct sql_rows rows_of_side(const struct schema *schema,
                                    const struct sql_relations *relations, enum side side,
                                    struct arena *arena)
{
    struct sql_columns *columns = arena_alloc(arena, sizeof(*columns));
    for (size_t i = 0; i < 2; i++)
        columns->used[i] = arena_calloc(arena, schema->n_columns, sizeof(bool));
    struct sql_rows rows = {
        .arena = arena, .schema = schema, .relations = relations, .columns = columns};
    rows.sides[side] = true;
    return rows;
}

/* Values and rows of the segments of one side. */
static const char *side_segments(const struct measure_plan *plan,
                                 const struct sql_relations *relations,
                                 const struct sql_division *division, enum side side,
                                 struct arena *arena)
{
    struct sql_rows rows = rows_of_side(plan->schema, relations, side, arena);
    const char *values = "";
    const char *names = "1";
    for (size_t i = 0; i < division->n_by; i++) {
        const char *column = sql_segment_value(&rows, division->by[i], side);
        values = arena_printf(arena, "%s%s as v%zu, ", values, column, i);
        names = i == 0 ? names : arena_printf(arena, "%s, %zu", names, i + 1);
    }
    return arena_printf(arena, "select %scount(*) as %s, 0::bigint as %s from %s group by %s",
                        values, side == SIDE_NEW ? "n" : "o", side == SIDE_NEW ? "o" : "n",
                        sql_rows_from(&rows), names);
}

static const char *segments_sql(const struct measure_plan *plan,
                                const struct sql_relations *relations,
                                const struct sql_division *division, struct arena *arena)
{
    const char *names = "";
    const char *texts = "";
    const char *order = "";
    for (size_t i = 0; i < division->n_by; i++) {
        names = arena_printf(arena, "%s%ss.v%zu", names, i > 0 ? ", " : "", i);
        texts = arena_printf(arena, "%s, q.v%zu::text", texts, i);
        order = arena_printf(arena, "%s, q.v%zu nulls first", order, i);
    }
    const char *old_side = side_segments(plan, relations, division, SIDE_OLD, arena);
    /* The union takes columns by position. */
    old_side = arena_printf(arena, "select %s, s.n, s.o from (%s) s", names, old_side);
    return arena_printf(
        arena,
        "select %s, q.n::bigint, q.o::bigint, q.all_n::bigint, q.all_o::bigint, q.segments%s from "
        "(select %s, sum(s.n) as n, sum(s.o) as o, sum(sum(s.n)) over () as all_n, "
        "sum(sum(s.o)) over () as all_o, count(*) over () as segments from (%s union all %s) s "
        "group by %s) q "
        "order by q.n + q.o desc%s limit %d",
        sql_key_of_values(arena, "q.v", division->n_by), texts, names,
        side_segments(plan, relations, division, SIDE_NEW, arena), old_side, names, order,
        DIFF_MAX_SEGMENTS + 1);
}

void sql_text_divisions(const struct measure_plan *plan, const struct sql_relations *relations,
                        struct arena *arena, struct sql_division **ret_divisions,
                        size_t *ret_n_divisions)
{
    struct sql_division *divisions = NULL;
    size_t capacity = 0;
    size_t n = 0;
    for (size_t i = 0; i < plan->n_measures; i++) {
        const struct measure *measure = &plan->measures[i];
        bool known = measure->n_by == 0;
        for (size_t d = 0; d < n && !known; d++)
            known = sql_text_divides(&divisions[d], measure);
        if (known)
            continue;
        divisions = arena_grow(arena, divisions, sizeof(*divisions), &capacity, n + 1);
        struct sql_division *division = &divisions[n++];
        *division = (struct sql_division){.n_by = measure->n_by};
        memcpy(division->by, measure->by, sizeof(division->by));
        division->segments_sql = segments_sql(plan, relations, division, arena);
    }
    *ret_divisions = divisions;
    *ret_n_divisions = n;
}

const char *sql_text_counts(const struct schema *schema, const struct sql_relations *relations,
                            struct arena *arena)
{
    struct sql_rows rows = rows_of_side(schema, relations, SIDE_NEW, arena);
    struct sql_writer writer = {.arena = arena, .schema = schema, .columns = rows.columns};
    const struct expr changed = {.kind = EXPR_CALL, .type = VALUE_BOOLEAN, .op = OP_CHANGED};
    const char *is_changed = sql_expr(&writer, &changed).text;
    rows.sides[SIDE_OLD] = true;
    return arena_printf(arena,
                        "select count(*) filter (where o.p), count(*) filter (where n.p), count(*) "
                        "filter (where " SQL_IS_KEPT
                        "), count(*) filter (where %s), count(*) filter (where " SQL_IS_ADDED
                        "), count(*) filter (where " SQL_IS_REMOVED
                        "), count(*) filter (where " SQL_IS_DUPLICATE ") from %s",
                        is_changed, sql_rows_from(&rows));
}

static struct value uuid_value(const char *text)
{
    struct value value = {.type = VALUE_UUID};
    size_t digits = 0;
    for (; *text != '\0' && digits < 2 * sizeof(value.uuid.bytes); text++) {
        if (*text == '-')
            continue;
        unsigned nibble = *text <= '9' ? (unsigned)(*text - '0') : (unsigned)(*text - 'a') + 10;
        value.uuid.bytes[digits / 2] |= (uint8_t)(nibble << (digits % 2 == 0 ? 4 : 0));
        digits++;
    }
    return value;
}

struct value sql_text_value(enum value_type type, const char *text, struct arena *arena)
{
    struct value value = {.type = type, .is_null = text == NULL};
    if (text == NULL)
        return value;
    switch (type) {
    case VALUE_BOOLEAN:
        value.u8 = text[0] == 't';
        break;
    case VALUE_DOUBLE:
        value.f64 = strtod(text, NULL);
        break;
    case VALUE_NUMERIC:
    case VALUE_TEXT:
        value.text = (struct text_ref){.bytes = arena_strdup(arena, text), .len = strlen(text)};
        break;
    case VALUE_UUID:
        return uuid_value(text);
    default:
        value.i64 = strtoll(text, NULL, 10);
        break;
    }
    return value;
}
