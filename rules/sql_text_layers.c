#include "rules/sql_text_layers.h"

#include <string.h>
#include <xxhash.h>

void sql_layer_init(struct sql_layer *layer, struct arena *arena, const char *prefix)
{
    *layer = (struct sql_layer){.arena = arena, .prefix = prefix};
}

static size_t *find_slot(const struct sql_layer *layer, size_t *slots, size_t n_slots,
                         const char *text)
{
    size_t at = (size_t)XXH3_64bits(text, strlen(text)) & (n_slots - 1);
    while (slots[at] != 0 && strcmp(layer->texts[slots[at] - 1], text) != 0)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static void grow_slots(struct sql_layer *layer)
{
    if (layer->n * 2 < layer->n_slots)
        return;
    size_t n_slots = layer->n_slots == 0 ? 64 : layer->n_slots * 2;
    size_t *slots = arena_calloc(layer->arena, n_slots, sizeof(*slots));
    for (size_t i = 0; i < layer->n; i++)
        *find_slot(layer, slots, n_slots, layer->texts[i]) = i + 1;
    layer->slots = slots;
    layer->n_slots = n_slots;
}

const char *sql_layer_add(struct sql_layer *layer, const char *text)
{
    grow_slots(layer);
    size_t *slot = find_slot(layer, layer->slots, layer->n_slots, text);
    if (*slot == 0) {
        layer->texts = arena_grow(layer->arena, layer->texts, sizeof(*layer->texts),
                                  &layer->capacity, layer->n + 1);
        layer->texts[layer->n++] = text;
        *slot = layer->n;
    }
    return arena_printf(layer->arena, "%s%zu", layer->prefix, *slot - 1);
}

enum error_code sql_layer_append(const struct sql_layer *layer, struct buffer *out,
                                 struct error *err)
{
    const char *name = strchr(layer->prefix, '.') + 1;
    for (size_t i = 0; i < layer->n; i++)
        TRY(buffer_printf(out, err, ", %s as %s%zu", layer->texts[i], name, i));
    return OK;
}

static const char *relation(const struct sql_rows *rows, enum side side)
{
    if (side == SIDE_NEW)
        return rows->relations->new_relation;
    if (rows->relations->old_relation != NULL)
        return rows->relations->old_relation;
    return arena_printf(rows->arena, "(select * from %s s where false)",
                        rows->relations->new_relation);
}

static const char *key_name(const struct sql_rows *rows, size_t key)
{
    return sql_quote_name(rows->arena, rows->schema->columns[rows->schema->keys[key]].name);
}

/* s."a", s."b" */
static const char *key_list(const struct sql_rows *rows)
{
    const char *list = "";
    for (size_t i = 0; i < rows->schema->n_keys; i++)
        list = arena_printf(rows->arena, "%s%ss.%s", list, i > 0 ? ", " : "", key_name(rows, i));
    return list;
}

/* Whether a key stands twice, on this side or the other. */
static const char *uniqueness(const struct sql_rows *rows)
{
    if (rows->relations->keys_are_unique)
        return ", 1 as once, false as twice";
    return arena_printf(rows->arena,
                        ", case when count(*) over (partition by %s) = 1 then 1 end as once, "
                        "d.p is not null as twice",
                        key_list(rows));
}

/* The keys that stand twice on the other side. */
static const char *join_twice(const struct sql_rows *rows, enum side side)
{
    const char *on = "";
    const char *columns = "";
    if (rows->relations->keys_are_unique)
        return "";
    for (size_t i = 0; i < rows->schema->n_keys; i++) {
        const char *name = key_name(rows, i);
        columns = arena_printf(rows->arena, "%ss.%s as k%zu, ", columns, name, i);
        on = arena_printf(rows->arena, "%s%ss.%s = d.k%zu", on, i > 0 ? " and " : "", name, i);
    }
    return arena_printf(rows->arena,
                        " left join (select %strue as p from %s s group by %s having count(*) > 1)"
                        " d on %s",
                        columns, relation(rows, side == SIDE_NEW ? SIDE_OLD : SIDE_NEW),
                        key_list(rows), on);
}

static const char *one_side(const struct sql_rows *rows, enum side side)
{
    bool paired = rows->sides[SIDE_NEW] && rows->sides[SIDE_OLD];
    const char *columns = "true as p";
    for (size_t i = 0; paired && i < rows->schema->n_keys; i++)
        columns = arena_printf(rows->arena, "%s, s.%s as k%zu", columns, key_name(rows, i), i);
    for (size_t i = 0; i < rows->schema->n_columns; i++) {
        const struct schema_column *column = &rows->schema->columns[i];
        if (!rows->columns->used[side][i])
            continue;
        const char *name =
            arena_printf(rows->arena, "s.%s", sql_quote_name(rows->arena, column->name));
        columns = arena_printf(rows->arena, "%s, %s as c%zu", columns,
                               sql_column(rows->arena, column->type, name), i);
    }
    return arena_printf(rows->arena, "(select %s%s from %s s%s) %c", columns,
                        paired ? uniqueness(rows) : "", relation(rows, side),
                        paired ? join_twice(rows, side) : "", side == SIDE_NEW ? 'n' : 'o');
}

const char *sql_rows_from(const struct sql_rows *rows)
{
    if (!rows->sides[SIDE_OLD])
        return one_side(rows, SIDE_NEW);
    if (!rows->sides[SIDE_NEW])
        return one_side(rows, SIDE_OLD);
    const char *on = rows->relations->keys_are_unique ? "" : " and n.once = o.once";
    for (size_t i = rows->schema->n_keys; i-- > 0;)
        on = arena_printf(rows->arena, "%sn.k%zu = o.k%zu%s", i > 0 ? " and " : "", i, i, on);
    return arena_printf(rows->arena, "%s full join %s on %s", one_side(rows, SIDE_NEW),
                        one_side(rows, SIDE_OLD), on);
}

const char *sql_segment_value(const struct sql_rows *rows, size_t column, enum side side)
{
    char name = side == SIDE_NEW ? 'n' : 'o';
    rows->columns->used[side][column] = true;
    switch (rows->schema->columns[column].type) {
    case TYPE_NUMERIC:
        return arena_printf(rows->arena, "trim_scale(%c.c%zu)", name, column);
    case TYPE_REAL:
    case TYPE_DOUBLE: /* -0 becomes 0 */
        return arena_printf(rows->arena, "(%c.c%zu + 0)", name, column);
    default:
        return arena_printf(rows->arena, "%c.c%zu", name, column);
    }
}

static const char *key_of(struct arena *arena, const char *const *values, size_t n)
{
    const char *list = "";
    for (size_t i = 0; i < n; i++)
        list = arena_printf(arena, "%s%s%s::text", list, i > 0 ? ", " : "", values[i]);
    return arena_printf(arena, "(array[%s]::text) collate \"C\"", list);
}

const char *sql_segment_key(const struct sql_rows *rows, const size_t *by, size_t n_by,
                            enum side side)
{
    const char *values[MEASURE_MAX_BY];
    for (size_t i = 0; i < n_by; i++)
        values[i] = sql_segment_value(rows, by[i], side);
    return key_of(rows->arena, values, n_by);
}

const char *sql_key_of_values(struct arena *arena, const char *prefix, size_t n)
{
    const char *values[MEASURE_MAX_BY];
    for (size_t i = 0; i < n; i++)
        values[i] = arena_printf(arena, "%s%zu", prefix, i);
    return key_of(arena, values, n);
}

const char *sql_chosen_key(struct arena *arena, const char *key, const char *const *keys, size_t n)
{
    const char **quoted = arena_calloc(arena, n + 1, sizeof(*quoted));
    size_t len = 1;
    for (size_t i = 0; i < n; i++) {
        quoted[i] = sql_quote(arena, keys[i], strlen(keys[i]));
        len += strlen(quoted[i]) + 1;
    }
    char *list = arena_alloc(arena, len);
    char *at = list;
    for (size_t i = 0; i < n; i++) {
        at = stpcpy(at, i > 0 ? "," : "");
        at = stpcpy(at, quoted[i]);
    }
    return arena_printf(arena, "case when %s = any(array[%s]::text[]) then %s else '' end", key,
                        list, key);
}
