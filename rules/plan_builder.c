#include "rules/plan_builder.h"

#include <string.h>
#include <xxhash.h>

static size_t *find_slot(size_t *slots, size_t n_slots, const char *const *keys, const char *key)
{
    size_t at = (size_t)XXH3_64bits(key, strlen(key)) & (n_slots - 1);
    while (slots[at] != 0 && strcmp(keys[slots[at] - 1], key) != 0)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static void grow_slots(struct plan_builder *builder)
{
    if (builder->n_measures * 2 < builder->n_slots)
        return;
    size_t n_slots = builder->n_slots == 0 ? 64 : builder->n_slots * 2;
    size_t *slots = arena_calloc(builder->arena, n_slots, sizeof(*slots));
    for (size_t i = 0; i < builder->n_measures; i++)
        *find_slot(slots, n_slots, builder->keys, builder->keys[i]) = i + 1;
    builder->slots = slots;
    builder->n_slots = n_slots;
}

static const char *key_of(struct plan_builder *builder, const struct measure *measure,
                          const char *identity)
{
    const char *key = arena_printf(builder->arena, "%d %s", (int)measure->scope, identity);
    for (size_t i = 0; i < measure->n_by; i++)
        key = arena_printf(builder->arena, "%s by %zu", key, measure->by[i]);
    return key;
}

static size_t append(struct plan_builder *builder, const struct measure *measure, const char *key)
{
    size_t n = builder->n_measures + 1;
    builder->measures = arena_grow(builder->arena, builder->measures, sizeof(*builder->measures),
                                   &builder->capacity, n);
    builder->keys = arena_grow(builder->arena, builder->keys, sizeof(*builder->keys),
                               &builder->keys_capacity, n);
    builder->mirrors = arena_grow(builder->arena, builder->mirrors, sizeof(*builder->mirrors),
                                  &builder->mirrors_capacity, n);
    builder->measures[n - 1] = *measure;
    builder->keys[n - 1] = key;
    builder->mirrors[n - 1] = PLAN_NO_MEASURE;
    builder->n_measures = n;
    return n - 1;
}

/* Whether the measure can be NULL where that of the last good load was not. */
static bool can_be_null(const struct measure *measure)
{
    switch (measure->aggregate) {
    case AGG_SHARE:
    case AGG_TOP_SHARE:
        return measure->scope == SCOPE_NEW;
    case AGG_SUM:
    case AGG_MEAN:
    case AGG_STDDEV:
    case AGG_MIN:
    case AGG_MAX:
    case AGG_QUANTILE:
    case AGG_KS:
    case AGG_PSI:
    case AGG_JS:
    case AGG_EMD:
    case AGG_SPEARMAN:
        return measure->scope != SCOPE_OLD;
    default:
        return false;
    }
}

static const struct expr always = {
    .kind = EXPR_LITERAL,
    .type = VALUE_BOOLEAN,
    .literal = {.type = VALUE_BOOLEAN, .u8 = 1},
};

/* What old rows are counted by: a share needs rows, anything else rows with a value. */
static const struct expr *value_test(const struct measure *measure)
{
    const struct expr *arg = measure->arg;
    if (arg == NULL || measure->aggregate == AGG_SHARE || measure->aggregate == AGG_TOP_SHARE ||
        measure->aggregate == AGG_PSI || measure->aggregate == AGG_JS)
        return &always;
    /* The shift of a column is known where the column is. */
    return arg->kind == EXPR_CALL && arg->op == OP_SHIFT ? arg->args[0] : arg;
}

static size_t add_mirror(struct plan_builder *builder, const struct measure *measure,
                         const char *identity)
{
    struct measure mirror = {
        .aggregate = AGG_COUNT,
        .scope = SCOPE_OLD,
        .arg = value_test(measure),
        .filter = measure->filter,
        .where = measure->where,
        .n_by = measure->n_by,
        .type = VALUE_INTEGER,
        .text = arena_printf(builder->arena, "values of the last good load for %s", measure->text),
    };
    memcpy(mirror.by, measure->by, sizeof(mirror.by));
    if (mirror.arg == &always && mirror.filter == NULL && mirror.where == NULL) {
        mirror.aggregate = AGG_OLD_ROWS;
        mirror.scope = SCOPE_NEW;
        mirror.arg = NULL;
        mirror.text = "old_rows";
        return plan_add(builder, &mirror, mirror.text);
    }
    return plan_add(builder, &mirror,
                    arena_printf(builder->arena, "values of the last good load for %s", identity));
}

size_t plan_add(struct plan_builder *builder, const struct measure *measure, const char *identity)
{
    grow_slots(builder);
    const char *key = key_of(builder, measure, identity);
    size_t *slot = find_slot(builder->slots, builder->n_slots, builder->keys, key);
    if (*slot != 0)
        return *slot - 1;
    if (builder->n_measures == PLAN_MAX_MEASURES)
        return PLAN_NO_MEASURE;
    size_t index = append(builder, measure, key);
    *slot = index + 1;
    if (can_be_null(measure)) {
        size_t mirror = add_mirror(builder, measure, identity);
        builder->mirrors[index] = mirror;
    }
    return index;
}

size_t plan_mirror(const struct plan_builder *builder, size_t index)
{
    return builder->mirrors[index];
}
