#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "rules/column_facts.h"
#include "rules/damage_internal.h"

#define FUTURE_DAYS 30
#define NO_COLUMN DAMAGE_NO_COLUMN

/* What finding damages needs, and those found so far. */
struct finding {
    const struct damage_source *source;
    const struct schema *schema;
    const struct column_facts *facts;
    struct arena *arena;
    size_t category; /* the column whose values are taken for sources, or NO_COLUMN */
    struct damage *damages;
    size_t n;
    size_t capacity;
};

static const char *name_of(const struct finding *f, size_t column)
{
    return f->schema->columns[column].name;
}

static enum column_type type_of(const struct finding *f, size_t column)
{
    return f->schema->columns[column].type;
}

/* "network=twitter" */
static const char *category_name(const struct finding *f)
{
    return arena_printf(
        f->arena, "%s=%s", name_of(f, f->category),
        cell_show(type_of(f, f->category), &f->facts[f->category].category, f->arena));
}

/* Keeps a damage that can hit at least one row, or that is refused. */
static enum error_code add(struct finding *f, struct damage damage, struct error *err)
{
    if (damage.incident == NULL)
        damage.incident = "";
    if (damage.refused == NULL) {
        TRY(damage_count(&damage, f->source, &damage.rows, err));
        if (damage.rows == 0)
            return OK;
    }
    f->damages = arena_grow(f->arena, f->damages, sizeof(*f->damages), &f->capacity, f->n + 1);
    f->damages[f->n++] = damage;
    return OK;
}

static enum error_code add_set(struct finding *f, size_t column, const struct cell *value,
                               const char *incident, struct error *err)
{
    enum column_type type = type_of(f, column);
    for (size_t i = 0; i < f->n; i++) {
        const struct damage *other = &f->damages[i];
        if (other->kind == DAMAGE_SET && other->column == column &&
            cell_equal(type, &other->value, value))
            return OK;
    }
    struct cell kept = cell_copy(value, f->arena);
    return add(f,
               (struct damage){
                   .kind = DAMAGE_SET,
                   .name = arena_printf(f->arena, "%s set to %s", name_of(f, column),
                                        cell_show(type, &kept, f->arena)),
                   .incident = incident,
                   .column = column,
                   .value = kept,
                   .by = NO_COLUMN,
               },
               err);
}

static enum error_code add_number(struct finding *f, size_t column, double number,
                                  const char *incident, struct error *err)
{
    char text[CELL_NUMBER_BYTES];
    struct cell value;
    bool whole = nearbyint(number) == number;
    if (!cell_from_number(type_of(f, column), number, whole ? 0 : 2, text, &value))
        return OK;
    return add_set(f, column, &value, incident, err);
}

static enum error_code add_nulls(struct finding *f, size_t column, struct error *err)
{
    return add(f,
               (struct damage){
                   .kind = DAMAGE_NULL,
                   .name = arena_printf(f->arena, "%s set to NULL", name_of(f, column)),
                   .incident = "Google, June 2025: blank fields",
                   .refused = f->schema->columns[column].not_null ? "the column is not_null" : NULL,
                   .column = column,
                   .by = NO_COLUMN,
               },
               err);
}

static enum error_code add_nan(struct finding *f, size_t column, struct error *err)
{
    enum column_type type = type_of(f, column);
    if (type != TYPE_REAL && type != TYPE_DOUBLE && type != TYPE_NUMERIC)
        return OK;
    struct damage damage = {
        .kind = DAMAGE_NAN,
        .name = arena_printf(f->arena, "%s set to NaN", name_of(f, column)),
        .refused = f->schema->columns[column].allow_nonfinite
                       ? NULL
                       : "the column does not say allow_nonfinite",
        .column = column,
        .by = NO_COLUMN,
        .value = {.f64 = (double)NAN, .text = "NaN", .len = strlen("NaN")},
    };
    return add(f, damage, err);
}

static enum error_code add_of_column(struct finding *f, enum damage_kind kind,
                                     enum damage_axis axis, size_t column, const char *format,
                                     const char *incident, struct error *err)
{
    return add(f,
               (struct damage){
                   .kind = kind,
                   .axis = axis,
                   .name = arena_printf(f->arena, "%s %s", name_of(f, column), format),
                   .incident = incident,
                   .column = column,
                   .by = NO_COLUMN,
               },
               err);
}

/* Damages to the rows of one source. */
static enum error_code add_in_category(struct finding *f, size_t column, struct error *err)
{
    char text[CELL_NUMBER_BYTES];
    struct damage damage = {
        .kind = DAMAGE_SEGMENT_SET,
        .incident = "Klout, May 2011: the last step wrote 1 when inputs were missing",
        .column = column,
        .by = f->category,
    };
    if (f->category == NO_COLUMN)
        return OK;
    const char *category = category_name(f);
    damage.category = f->facts[f->category].category;
    damage.name = arena_printf(f->arena, "%s set to 1 for %s", name_of(f, column), category);
    if (cell_from_number(type_of(f, column), 1, 0, text, &damage.value)) {
        damage.value = cell_copy(&damage.value, f->arena);
        TRY(add(f, damage, err));
    }
    damage.kind = DAMAGE_INPUTS_MISSING;
    damage.incident = "Klout, May 2012: one source's inputs were blank for weeks";
    damage.value = (struct cell){0};
    damage.name = arena_printf(f->arena, "%s halved for %s", name_of(f, column), category);
    return add(f, damage, err);
}

static enum error_code add_for_number(struct finding *f, size_t column, struct error *err)
{
    const struct column_facts *facts = &f->facts[column];
    TRY(add_number(f, column, 1, "Klout, May 2011: everybody's score became 1", err));
    TRY(add_number(f, column, 0, "Twitter, May 2010: all counts were 0", err));
    if (facts->has_range)
        TRY(add_set(f, column, &facts->min, "Klout, May 2011: scores at the floor", err));
    TRY(add_number(f, column, 123.45, "", err));
    TRY(add_number(f, column, 0.01, "Appeagle, 2012, and a repricer, 2014: prices at a penny",
                   err));
    TRY(add_nulls(f, column, err));
    TRY(add_in_category(f, column, err));
    TRY(add_of_column(f, DAMAGE_LOWERED, DAMAGE_OF_VALUE, column, "lowered for all rows",
                      "Klout, October 2011, and Twitter, July 2018, on purpose", err));
    TRY(add_of_column(f, DAMAGE_THIRD_LOWERED, DAMAGE_OF_VALUE, column,
                      "lowered for a third of the rows", "Ofqual, August 2020, on purpose", err));
    TRY(add_of_column(f, DAMAGE_NEGATED, DAMAGE_OF_ROWS, column, "with the sign turned", "", err));
    TRY(add_of_column(f, DAMAGE_SWAPPED, DAMAGE_OF_ROWS, column, "swapped between rows", "", err));
    return add_nan(f, column, err);
}

static enum error_code add_for_text(struct finding *f, size_t column, struct error *err)
{
    static const struct cell unknown = {.text = "unknown", .len = sizeof("unknown") - 1};
    TRY(add_set(f, column, &unknown, "", err));
    return add_nulls(f, column, err);
}

static enum error_code add_for_boolean(struct finding *f, size_t column, struct error *err)
{
    static const struct cell no = {.i64 = 0};
    TRY(add_set(f, column, &no, "", err));
    return add_nulls(f, column, err);
}

static enum error_code add_for_time(struct finding *f, size_t column, struct error *err)
{
    const struct column_facts *facts = &f->facts[column];
    int64_t month = type_of(f, column) == TYPE_DATE ? FUTURE_DAYS : FUTURE_DAYS * USEC_PER_DAY;
    TRY(add_of_column(f, DAMAGE_TIME_BACK, DAMAGE_OF_ROWS, column, "set back by a day",
                      "AWS, October 2025: an older plan overwrote a newer one", err));
    if (facts->has_range)
        TRY(add(f,
                (struct damage){
                    .kind = DAMAGE_TIME_FUTURE,
                    .name = arena_printf(f->arena, "%s set to %d days past the newest",
                                         name_of(f, column), FUTURE_DAYS),
                    .column = column,
                    .value = {.i64 = facts->max.i64 + month},
                    .by = NO_COLUMN,
                },
                err));
    return add_nulls(f, column, err);
}

static enum error_code add_for_column(struct finding *f, size_t column, struct error *err)
{
    enum column_type type = type_of(f, column);
    if (schema_type_is_number(type))
        return add_for_number(f, column, err);
    if (type == TYPE_TEXT)
        return add_for_text(f, column, err);
    if (type == TYPE_BOOLEAN)
        return add_for_boolean(f, column, err);
    if (type == TYPE_UUID)
        return add_nulls(f, column, err);
    return add_for_time(f, column, err);
}

/* Keys of whole numbers get the first free ones above all others, or below. */
static enum error_code add_renamed_keys(struct finding *f, struct error *err)
{
    size_t key = f->schema->keys[0];
    enum column_type type = type_of(f, key);
    const struct column_facts *facts = &f->facts[key];
    struct damage damage = {
        .kind = DAMAGE_KEYS_RENAMED,
        .name = "rows under new keys",
        .column = key,
        .by = NO_COLUMN,
    };
    if (type == TYPE_BIGINT || type == TYPE_INTEGER) {
        int64_t most = type == TYPE_BIGINT ? INT64_MAX : INT32_MAX;
        int64_t least = type == TYPE_BIGINT ? INT64_MIN : INT32_MIN;
        int64_t rows = (int64_t)packed_rows(f->source->rows);
        if (facts->max.i64 < most - rows)
            damage.value.i64 = facts->max.i64 + 1;
        else if (facts->min.i64 > least + rows)
            damage.value.i64 = facts->min.i64 - rows;
        else
            return OK;
    }
    return add(f, damage, err);
}

static enum error_code add_row(struct finding *f, enum damage_kind kind, enum damage_axis axis,
                               const char *name, const char *incident, struct error *err)
{
    return add(f,
               (struct damage){.kind = kind,
                               .axis = axis,
                               .name = name,
                               .incident = incident,
                               .column = NO_COLUMN,
                               .by = NO_COLUMN},
               err);
}

static enum error_code add_for_rows(struct finding *f, struct error *err)
{
    TRY(add_row(f, DAMAGE_DOUBLED, DAMAGE_OF_ROWS, "rows delivered twice",
                "Cloudflare, November 2025: a query returned every row twice", err));
    TRY(add_row(f, DAMAGE_CUT_OFF, DAMAGE_OF_ROWS, "last rows missing",
                "Public Health England, 2020: files cut off", err));
    TRY(add_row(f, DAMAGE_CUT_AT_POWER, DAMAGE_WHOLE, "cut off at a power of two",
                "Public Health England, 2020: 65,536 rows", err));
    if (f->category != NO_COLUMN) {
        struct damage damage = {
            .kind = DAMAGE_SOURCE_LOST,
            .name = arena_printf(f->arena, "rows of %s missing", category_name(f)),
            .incident = "Klout, July 2012: a source was down for a day",
            .column = NO_COLUMN,
            .by = f->category,
            .category = f->facts[f->category].category,
        };
        TRY(add(f, damage, err));
    }
    TRY(add_renamed_keys(f, err));
    TRY(add_row(f, DAMAGE_STALE, DAMAGE_WHOLE, "the live load again",
                "AWS, October 2025: a stale plan", err));
    if (f->source->before != NULL)
        TRY(add_row(f, DAMAGE_FROZEN, DAMAGE_OF_ROWS, "rows that did not move", "", err));
    return OK;
}

/* How much a column tells; 0: nothing. Fewer NULLs come first, then more values, then fractions. */
static double telling(const struct finding *f, size_t column)
{
    const struct column_facts *facts = &f->facts[column];
    double rows = (double)packed_rows(f->source->rows);
    enum column_type type = type_of(f, column);
    bool fractions = type == TYPE_DOUBLE || type == TYPE_REAL || type == TYPE_NUMERIC;
    if (schema_is_key(f->schema, column) || facts->distinct == 0)
        return 0;
    return (facts->nulls * 2 > (uint64_t)rows ? 1 : 10000) + (double)facts->distinct +
           (facts->is_category ? 2 * FACTS_MAX_DISTINCT : 0) + (fractions ? 0.5 : 0);
}

static bool same_family(enum column_type a, enum column_type b)
{
    if (schema_type_is_number(a))
        return schema_type_is_number(b);
    if (a == TYPE_DATE || a == TYPE_TIMESTAMPTZ)
        return b == TYPE_DATE || b == TYPE_TIMESTAMPTZ;
    return a == b;
}

static bool most_telling(const struct finding *f, size_t column)
{
    double own = telling(f, column);
    for (size_t other = 0; other < f->schema->n_columns; other++) {
        double theirs = telling(f, other);
        if (same_family(type_of(f, column), type_of(f, other)) &&
            (theirs > own || (theirs == own && other < column)))
            return false;
    }
    return own > 0;
}

static void choose_category_column(struct finding *f)
{
    f->category = NO_COLUMN;
    for (size_t column = f->schema->n_columns; column-- > 0;) {
        if (f->facts[column].is_category &&
            (f->category == NO_COLUMN || type_of(f, column) == TYPE_TEXT))
            f->category = column;
    }
}

enum error_code damages_find(const struct damage_source *source, const bool *columns,
                             struct arena *arena, struct damage **ret_damages, size_t *ret_n,
                             struct error *err)
{
    struct column_facts *facts = NULL;
    TRY(column_facts_find(source->rows, arena, &facts, err));
    struct finding f = {
        .source = source, .schema = packed_schema(source->rows), .facts = facts, .arena = arena};
    choose_category_column(&f);
    for (size_t column = 0; column < f.schema->n_columns; column++) {
        bool wanted = columns == NULL ? most_telling(&f, column) : columns[column];
        if (wanted && !schema_is_key(f.schema, column))
            TRY(add_for_column(&f, column, err));
    }
    TRY(add_for_rows(&f, err));
    *ret_damages = f.damages;
    *ret_n = f.n;
    return OK;
}
