#include "tests/unit/diff/reference.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;
__extension__ typedef __float128 quad;

static const int64_t day_us = INT64_C(86400) * 1000000;

static struct value null_value(enum value_type type)
{
    return (struct value){.type = type, .is_null = true};
}

static struct value boolean(bool truth)
{
    return (struct value){.type = VALUE_BOOLEAN, .u8 = truth};
}

static int compare_wide(wide a, wide b)
{
    return (a > b) - (a < b);
}

/* A number as decimal digits: sign, digits before and after the point. */
struct digits {
    bool negative;
    char *whole;
    char *fraction;
};

static struct digits digits_of(const struct value *value)
{
    char *text = NULL;
    int len = 0;
    if (value->type == VALUE_INTEGER)
        len = asprintf(&text, "%" PRId64, value->i64);
    else if (value->type == VALUE_DOUBLE)
        len = asprintf(&text, "%.1074f", value->f64);
    else
        len = asprintf(&text, "%.*s", (int)value->text.len, value->text.bytes);
    assert(len > 0);
    struct digits digits = {.negative = text[0] == '-'};
    char *start = text + digits.negative;
    char *point = strchr(start, '.');
    if (point != NULL)
        *point = '\0';
    digits.whole = strdup(start + strspn(start, "0"));
    digits.fraction = strdup(point != NULL ? point + 1 : "");
    size_t n = strlen(digits.fraction);
    while (n > 0 && digits.fraction[n - 1] == '0')
        digits.fraction[--n] = '\0';
    if (digits.whole[0] == '\0' && n == 0)
        digits.negative = false;
    free(text);
    return digits;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static int compare_digits(const struct digits *a, const struct digits *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    size_t a_len = strlen(a->whole);
    size_t b_len = strlen(b->whole);
    int order = a_len != b_len ? (a_len > b_len ? 1 : -1) : sign(strcmp(a->whole, b->whole));
    if (order == 0)
        order = sign(strcmp(a->fraction, b->fraction));
    return a->negative ? -order : order;
}

static bool is_number(enum value_type type)
{
    return type == VALUE_INTEGER || type == VALUE_DOUBLE || type == VALUE_NUMERIC;
}

static bool is_nan(const struct value *value)
{
    return (value->type == VALUE_DOUBLE && isnan(value->f64)) ||
           (value->type == VALUE_NUMERIC && value->text.bytes[0] == 'N');
}

/* -1, 0 or 1 for minus infinity, a finite number, infinity. */
static int infinity_of(const struct value *value)
{
    return value->type == VALUE_DOUBLE && isinf(value->f64) ? (value->f64 > 0 ? 1 : -1) : 0;
}

static int compare_numbers(const struct value *a, const struct value *b)
{
    if (is_nan(a) || is_nan(b))
        return (int)is_nan(a) - (int)is_nan(b);
    if (infinity_of(a) != 0 || infinity_of(b) != 0)
        return sign(infinity_of(a) - infinity_of(b));
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        return compare_wide(a->i64, b->i64);
    if (a->type == VALUE_DOUBLE && b->type == VALUE_DOUBLE)
        return (a->f64 > b->f64) - (a->f64 < b->f64);
    struct digits x = digits_of(a);
    struct digits y = digits_of(b);
    int order = compare_digits(&x, &y);
    free(x.whole);
    free(x.fraction);
    free(y.whole);
    free(y.fraction);
    return order;
}

/* Microseconds; infinities are kept beyond everything else. */
static wide instant(const struct value *value)
{
    const wide beyond = (wide)1 << 100;
    if (value->i64 == INT64_MAX || value->i64 == INT64_MIN)
        return value->i64 > 0 ? beyond : -beyond;
    return value->type == VALUE_DATE ? (wide)value->i64 * day_us : value->i64;
}

int reference_compare(const struct value *a, const struct value *b)
{
    if (is_number(a->type))
        return compare_numbers(a, b);
    switch (a->type) {
    case VALUE_BOOLEAN:
        return a->u8 - b->u8;
    case VALUE_DATE:
    case VALUE_TIME:
        return compare_wide(instant(a), instant(b));
    case VALUE_UUID:
        return memcmp(a->uuid.bytes, b->uuid.bytes, 16);
    case VALUE_TEXT: {
        size_t shorter = a->text.len < b->text.len ? a->text.len : b->text.len;
        int order = shorter == 0 ? 0 : memcmp(a->text.bytes, b->text.bytes, shorter);
        return order != 0 ? order : compare_wide((wide)a->text.len, (wide)b->text.len);
    }
    default:
        return compare_wide(a->i64, b->i64);
    }
}

bool reference_same(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null && b->is_null;
    return reference_compare(a, b) == 0;
}

static double as_double(const struct value *value)
{
    if (value->type == VALUE_DOUBLE)
        return value->f64;
    if (value->type == VALUE_INTEGER)
        return (double)value->i64;
    char text[2000];
    (void)snprintf(text, sizeof(text), "%.*s", (int)value->text.len, value->text.bytes);
    return strtod(text, NULL);
}

static struct value of_double(double x)
{
    return (struct value){.type = VALUE_DOUBLE, .f64 = x};
}

static struct value of_wide(enum value_type type, wide x)
{
    if (x < INT64_MIN || x > INT64_MAX)
        return null_value(type);
    return (struct value){.type = type, .i64 = (int64_t)x};
}

static bool is_time(const struct value *value)
{
    return value->type == VALUE_TIME || value->type == VALUE_DATE;
}

static bool is_infinite_time(const struct value *value)
{
    return value->i64 == INT64_MAX || value->i64 == INT64_MIN;
}

/* Times one step from the infinities and beyond do not exist. */
static bool is_time_in_reach(wide time)
{
    return time > (wide)INT64_MIN + 1 && time < (wide)INT64_MAX - 1;
}

static struct value move_time(const struct value *time, wide by)
{
    if (is_infinite_time(time))
        return (struct value){.type = VALUE_TIME, .i64 = time->i64};
    wide moved = instant(time) + by;
    if (!is_time_in_reach(instant(time)) || !is_time_in_reach(moved))
        return null_value(VALUE_TIME);
    return of_wide(VALUE_TIME, moved);
}

static struct value between_times(const struct value *a, const struct value *b)
{
    bool dates = a->type == VALUE_DATE && b->type == VALUE_DATE;
    if (is_infinite_time(a) || is_infinite_time(b))
        return null_value(VALUE_DURATION);
    if (!dates && (!is_time_in_reach(instant(a)) || !is_time_in_reach(instant(b))))
        return null_value(VALUE_DURATION);
    return of_wide(VALUE_DURATION, instant(a) - instant(b));
}

static struct value rounded_duration(long double x)
{
    x = rintl(x);
    if (!(x > -0x1p63L && x < 0x1p63L))
        return null_value(VALUE_DURATION);
    return (struct value){.type = VALUE_DURATION, .i64 = (int64_t)x};
}

static struct value scaled_duration(const struct value *duration, const struct value *by)
{
    if (by->type == VALUE_INTEGER)
        return of_wide(VALUE_DURATION, (wide)duration->i64 * by->i64);
    return rounded_duration((long double)duration->i64 * (long double)as_double(by));
}

static struct value arithmetic(enum expr_op op, const struct value *a, const struct value *b)
{
    bool a_duration = a->type == VALUE_DURATION;
    bool b_duration = b->type == VALUE_DURATION;
    switch (op) {
    case OP_ADD:
        if (is_time(a))
            return move_time(a, b->i64);
        if (is_time(b))
            return move_time(b, a->i64);
        return a_duration ? of_wide(VALUE_DURATION, (wide)a->i64 + b->i64)
                          : of_double(as_double(a) + as_double(b));
    case OP_SUB:
        if (is_time(a))
            return is_time(b) ? between_times(a, b) : move_time(a, -(wide)b->i64);
        return a_duration ? of_wide(VALUE_DURATION, (wide)a->i64 - b->i64)
                          : of_double(as_double(a) - as_double(b));
    case OP_MUL:
        if (a_duration || b_duration)
            return a_duration ? scaled_duration(a, b) : scaled_duration(b, a);
        return of_double(as_double(a) * as_double(b));
    default:
        break;
    }
    double divisor = b_duration ? (double)b->i64 : as_double(b);
    if (divisor == 0)
        return null_value(a_duration && !b_duration ? VALUE_DURATION : VALUE_DOUBLE);
    if (a_duration && !b_duration)
        return rounded_duration((long double)a->i64 / (long double)divisor);
    return of_double((a_duration ? (double)a->i64 : as_double(a)) / divisor);
}

static double larger(double x, double y)
{
    if (isnan(x) || isnan(y))
        return NAN;
    return fabs(x) > fabs(y) ? fabs(x) : fabs(y);
}

static struct value moved(enum expr_op op, const struct value *a, const struct value *b)
{
    double x = as_double(a);
    double old = as_double(b);
    double magnitude = larger(x, old);
    if (op == OP_SHIFT) {
        bool same = x == old || (isnan(x) && isnan(old));
        return of_double(same ? 0 : (x - old) / magnitude);
    }
    bool jumped = fabs(x - old) > magnitude / 2;
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        jumped = jumped && fabs(x - old) > 1 + 4 * sqrt(magnitude);
    return boolean(jumped);
}

static struct value of_sign_function(enum expr_op op, enum value_type type, const struct value *a)
{
    if (type == VALUE_DOUBLE) {
        double x = as_double(a);
        return of_double(op == OP_NEG ? -x : fabs(x));
    }
    wide x = a->i64;
    return of_wide(type, op == OP_NEG ? -x : (x < 0 ? -x : x));
}

static struct value of_function(enum expr_op op, enum value_type type, const struct value *a)
{
    if (op == OP_NEG || op == OP_ABS)
        return of_sign_function(op, type, a);
    if (type == VALUE_INTEGER)
        return *a;
    double x = as_double(a);
    switch (op) {
    case OP_ROUND:
        return of_double(round(x));
    case OP_FLOOR:
        return of_double(floor(x));
    case OP_CEIL:
        return of_double(ceil(x));
    case OP_EXP:
        return of_double(exp(x));
    case OP_LN:
        return x <= 0 ? null_value(VALUE_DOUBLE) : of_double(log(x));
    case OP_LOG2:
        return x <= 0 ? null_value(VALUE_DOUBLE) : of_double(log2(x));
    default:
        return x < 0 ? null_value(VALUE_DOUBLE) : of_double(sqrt(x));
    }
}

static size_t character(const char *text, size_t len)
{
    size_t n = 1;
    while (n < len && ((unsigned char)text[n] & 0xC0) == 0x80)
        n++;
    return n;
}

static bool like(const char *text, size_t len, const char *pattern, size_t pattern_len)
{
    if (pattern_len == 0)
        return len == 0;
    if (pattern[0] == '%') {
        for (size_t skip = 0;; skip += character(text + skip, len - skip)) {
            if (like(text + skip, len - skip, pattern + 1, pattern_len - 1))
                return true;
            if (skip >= len)
                return false;
        }
    }
    if (len == 0)
        return false;
    if (pattern[0] == '_') {
        size_t n = character(text, len);
        return like(text + n, len - n, pattern + 1, pattern_len - 1);
    }
    size_t escape = pattern[0] == '\\' && pattern_len > 1;
    return pattern[escape] == text[0] &&
           like(text + 1, len - 1, pattern + 1 + escape, pattern_len - 1 - escape);
}

static struct value compared(enum expr_op op, const struct value *a, const struct value *b)
{
    int order = reference_compare(a, b);
    switch (op) {
    case OP_EQ:
        return boolean(order == 0);
    case OP_NE:
        return boolean(order != 0);
    case OP_LT:
        return boolean(order < 0);
    case OP_LE:
        return boolean(order <= 0);
    case OP_GT:
        return boolean(order > 0);
    default:
        return boolean(order >= 0);
    }
}

static struct value converted(struct value value, enum value_type type)
{
    if (value.is_null || value.type == type) {
        value.type = type;
        return value;
    }
    if (type == VALUE_DOUBLE)
        return of_double(as_double(&value));
    assert(type == VALUE_TIME && value.type == VALUE_DATE);
    if (is_infinite_time(&value))
        return (struct value){.type = VALUE_TIME, .i64 = value.i64};
    wide time = instant(&value);
    if (!is_time_in_reach(time))
        time = time < 0 ? (wide)INT64_MIN + 1 : (wide)INT64_MAX - 1;
    return of_wide(VALUE_TIME, time);
}

static struct value eval_logic(const struct expr *expr, const struct reference_row *row,
                               bool old_only, bool deciding)
{
    bool any_null = false;
    for (size_t i = 0; i < expr->n_args; i++) {
        struct value arg = reference_eval(expr->args[i], row, old_only);
        if (!arg.is_null && (arg.u8 != 0) == deciding)
            return boolean(deciding);
        any_null |= arg.is_null;
    }
    return any_null ? null_value(VALUE_BOOLEAN) : boolean(!deciding);
}

static struct value eval_choice(const struct expr *expr, const struct reference_row *row,
                                bool old_only)
{
    struct value best = null_value(expr->type);
    for (size_t i = 0; i < expr->n_args; i++) {
        struct value arg = converted(reference_eval(expr->args[i], row, old_only), expr->type);
        if (arg.is_null)
            continue;
        if (expr->op == OP_COALESCE)
            return arg;
        int order = best.is_null ? 0 : reference_compare(&arg, &best);
        if (best.is_null || (expr->op == OP_LEAST ? order < 0 : order > 0))
            best = arg;
    }
    return best;
}

static struct value eval_case(const struct expr *expr, const struct reference_row *row,
                              bool old_only)
{
    size_t i = 0;
    while (i + 1 < expr->n_args) {
        struct value condition = reference_eval(expr->args[i], row, old_only);
        if (!condition.is_null && condition.u8 != 0)
            return converted(reference_eval(expr->args[i + 1], row, old_only), expr->type);
        i += 2;
    }
    return converted(reference_eval(expr->args[i], row, old_only), expr->type);
}

static struct value eval_in(const struct expr *expr, const struct reference_row *row, bool old_only)
{
    struct value x = reference_eval(expr->args[0], row, old_only);
    bool any_null = x.is_null;
    for (size_t i = 1; i < expr->n_args; i++) {
        struct value y = reference_eval(expr->args[i], row, old_only);
        if (!x.is_null && !y.is_null && reference_compare(&x, &y) == 0)
            return boolean(true);
        any_null |= y.is_null;
    }
    return any_null ? null_value(VALUE_BOOLEAN) : boolean(false);
}

static bool is_key(const struct schema *schema, size_t column)
{
    for (size_t k = 0; k < schema->n_keys; k++)
        if (schema->keys[k] == column)
            return true;
    return false;
}

static struct value eval_changed(const struct reference_row *row)
{
    if (row->new_values == NULL || row->old_values == NULL)
        return null_value(VALUE_BOOLEAN);
    for (size_t c = 0; c < row->schema->n_columns; c++)
        if (!is_key(row->schema, c) && !reference_same(&row->new_values[c], &row->old_values[c]))
            return boolean(true);
    return boolean(false);
}

static struct value eval_strict(const struct expr *expr, const struct reference_row *row,
                                bool old_only)
{
    struct value a = reference_eval(expr->args[0], row, old_only);
    struct value b = a;
    if (expr->n_args > 1)
        b = reference_eval(expr->args[1], row, old_only);
    if (a.is_null || b.is_null)
        return null_value(expr->type);
    switch (expr->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return arithmetic(expr->op, &a, &b);
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return compared(expr->op, &a, &b);
    case OP_NOT:
        return boolean(a.u8 == 0);
    case OP_LIKE:
        return boolean(like(a.text.bytes, a.text.len, b.text.bytes, b.text.len));
    case OP_JUMPED:
    case OP_SHIFT:
        return moved(expr->op, &a, &b);
    default:
        return of_function(expr->op, expr->type, &a);
    }
}

static struct value eval_call(const struct expr *expr, const struct reference_row *row,
                              bool old_only)
{
    struct value a;
    struct value b;
    switch (expr->op) {
    case OP_AND:
        return eval_logic(expr, row, old_only, false);
    case OP_OR:
        return eval_logic(expr, row, old_only, true);
    case OP_IS_NULL:
        return boolean(reference_eval(expr->args[0], row, old_only).is_null);
    case OP_IS_DISTINCT:
        a = reference_eval(expr->args[0], row, old_only);
        b = reference_eval(expr->args[1], row, old_only);
        return boolean(!reference_same(&a, &b));
    case OP_IN:
        return eval_in(expr, row, old_only);
    case OP_COALESCE:
    case OP_LEAST:
    case OP_GREATEST:
        return eval_choice(expr, row, old_only);
    case OP_CASE:
        return eval_case(expr, row, old_only);
    case OP_CHANGED:
        return eval_changed(row);
    default:
        return eval_strict(expr, row, old_only);
    }
}

struct value reference_eval(const struct expr *expr, const struct reference_row *row, bool old_only)
{
    struct value value;
    bool old = false;
    switch (expr->kind) {
    case EXPR_LITERAL:
        return expr->literal;
    case EXPR_COLUMN:
        old = old_only || (expr->side == SIDE_OLD && !is_key(row->schema, expr->column));
        if ((old ? row->old_values : row->new_values) == NULL)
            return null_value(expr->type);
        return (old ? row->old_values : row->new_values)[expr->column];
    case EXPR_IN_SET:
        value = reference_eval(expr->in_arg, row, old_only);
        return value.is_null ? null_value(VALUE_BOOLEAN)
                             : boolean(value_set_contains(expr->set, &value));
    case EXPR_CALL:
        return eval_call(expr, row, old_only);
    case EXPR_MEASURE:
        break;
    }
    abort();
}

static int64_t key_of(const struct reference_table *table, size_t row)
{
    return table->values[row * table->schema->n_columns + table->schema->keys[0]].i64;
}

static size_t first_not_below(const struct reference_table *table, wide key)
{
    size_t low = 0;
    size_t high = table->n_rows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_of(table, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_key(const struct reference_table *table, int64_t key, size_t *ret_row)
{
    *ret_row = first_not_below(table, key);
    return first_not_below(table, (wide)key + 1) - *ret_row;
}

enum place {
    PLACE_KEPT,
    PLACE_ALONE,
    PLACE_DUPLICATE,
    PLACE_BLOCKED,
};

/* What became of a row of a table, and its other half if it is kept. */
static enum place place_of(const struct reference_table *table, size_t row,
                           const struct reference_table *other, const struct value **ret_other)
{
    size_t at = 0;
    int64_t key = key_of(table, row);
    *ret_other = NULL;
    size_t here = count_key(table, key, &at);
    size_t there = count_key(other, key, &at);
    if (here > 1)
        return PLACE_DUPLICATE;
    if (there > 1)
        return PLACE_BLOCKED;
    if (there == 0)
        return PLACE_ALONE;
    *ret_other = other->values + at * other->schema->n_columns;
    return PLACE_KEPT;
}

static bool counts_place(enum aggregate aggregate, enum scope scope, bool new_side,
                         enum place place)
{
    switch (aggregate) {
    case AGG_ROWS:
        return new_side;
    case AGG_OLD_ROWS:
        return !new_side;
    case AGG_ADDED:
        return new_side && place == PLACE_ALONE;
    case AGG_REMOVED:
        return !new_side && place == PLACE_ALONE;
    case AGG_DUPLICATES:
        return new_side && place == PLACE_DUPLICATE;
    case AGG_KEPT:
    case AGG_ARRIVALS:
        return new_side && place == PLACE_KEPT;
    default:
        break;
    }
    if (scope == SCOPE_KEPT)
        return new_side && place == PLACE_KEPT;
    return new_side == (scope == SCOPE_NEW);
}

/* Rows in scope, with what the measure sees of each. */
struct seen {
    struct value arg;
    struct value old;
    bool filtered;
};

struct collected {
    struct seen *rows;
    size_t n;
};

static bool is_true(const struct expr *expr, const struct reference_row *row, bool old_only)
{
    if (expr == NULL)
        return true;
    struct value value = reference_eval(expr, row, old_only);
    return !value.is_null && value.u8 != 0;
}

static bool in_segment(const struct measure *measure, const struct value *values,
                       const struct value *segment)
{
    for (size_t i = 0; segment != NULL && i < measure->n_by; i++)
        if (!reference_same(&values[measure->by[i]], &segment[i]))
            return false;
    return true;
}

static void collect_side(const struct measure *measure, const struct reference_table *table,
                         const struct reference_table *other, bool new_side,
                         const struct value *segment, struct collected *collected)
{
    bool paired = measure->aggregate == AGG_KEPT || measure->aggregate == AGG_ARRIVALS ||
                  (measure->aggregate > AGG_DUPLICATES && measure->scope == SCOPE_KEPT);
    for (size_t r = 0; r < table->n_rows; r++) {
        struct reference_row row = {.schema = table->schema};
        const struct value *values = table->values + r * table->schema->n_columns;
        const struct value *other_values = NULL;
        enum place place = place_of(table, r, other, &other_values);
        if (!counts_place(measure->aggregate, measure->scope, new_side, place))
            continue;
        row.new_values = new_side ? values : other_values;
        row.old_values = new_side ? other_values : values;
        const struct value *own = paired ? row.old_values : values;
        assert(own != NULL);
        bool filtered = is_true(measure->filter, &row, !new_side);
        if (!in_segment(measure, own, segment) || !is_true(measure->where, &row, !new_side) ||
            (!filtered && measure->aggregate != AGG_ARRIVALS))
            continue;
        struct seen *seen = &collected->rows[collected->n++];
        *seen = (struct seen){.filtered = filtered};
        if (measure->arg != NULL)
            seen->arg = reference_eval(measure->arg, &row, !new_side);
        if (measure->aggregate == AGG_ARRIVALS)
            seen->old = reference_eval(measure->arg, &row, true);
    }
}

static struct value of_count(uint64_t count)
{
    return (struct value){.type = VALUE_INTEGER, .i64 = (int64_t)count};
}

static bool is_hit(enum aggregate aggregate, const struct value *arg)
{
    if (aggregate <= AGG_DUPLICATES)
        return true;
    if (aggregate == AGG_NULLS)
        return arg->is_null;
    if (arg->is_null)
        return false;
    if (aggregate == AGG_INVALID)
        return is_nan(arg) || infinity_of(arg) != 0 || (is_time(arg) && is_infinite_time(arg));
    return arg->type != VALUE_BOOLEAN || arg->u8 != 0;
}

static struct value count_hits(const struct measure *measure, const struct collected *collected)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < collected->n; i++)
        hits += is_hit(measure->aggregate, &collected->rows[i].arg);
    if (measure->aggregate != AGG_SHARE)
        return of_count(hits);
    return collected->n == 0 ? null_value(VALUE_DOUBLE)
                             : of_double((double)hits / (double)collected->n);
}

static struct reference_result sum_durations(const struct measure *measure,
                                             const struct collected *collected)
{
    wide total = 0;
    wide n = 0;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            total += collected->rows[i].arg.i64;
            n++;
        }
    if (n == 0)
        return (struct reference_result){.value = null_value(VALUE_DURATION)};
    if (measure->aggregate == AGG_MEAN)
        total = (total * 2 + (total < 0 ? -n : n)) / (n * 2);
    return (struct reference_result){.value = of_wide(VALUE_DURATION, total)};
}

static struct reference_result sum_up(const struct measure *measure,
                                      const struct collected *collected)
{
    struct reference_result result = {.value = null_value(VALUE_DOUBLE)};
    quad sum = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < collected->n; i++) {
        const struct value *arg = &collected->rows[i].arg;
        if (arg->is_null)
            continue;
        n++;
        sum += arg->type == VALUE_INTEGER ? (quad)arg->i64 : (quad)as_double(arg);
        result.magnitude += fabs(as_double(arg));
    }
    if (measure->aggregate == AGG_MEAN && n > 0)
        sum /= (quad)n;
    if (n > 0)
        result.value = of_double((double)sum);
    return result;
}

static struct value deviation(const struct collected *collected)
{
    long double mean = 0;
    long double squares = 0;
    long double n = 0;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            mean += (long double)as_double(&collected->rows[i].arg);
            n += 1;
        }
    if (n < 2)
        return null_value(VALUE_DOUBLE);
    mean /= n;
    for (size_t i = 0; i < collected->n; i++)
        if (!collected->rows[i].arg.is_null) {
            long double x = (long double)as_double(&collected->rows[i].arg) - mean;
            squares += x * x;
        }
    return of_double((double)sqrtl(squares / (n - 1)));
}

static struct value extreme(const struct measure *measure, const struct collected *collected)
{
    struct value best = null_value(measure->arg->type);
    for (size_t i = 0; i < collected->n; i++) {
        const struct value *arg = &collected->rows[i].arg;
        if (arg->is_null)
            continue;
        int order = best.is_null ? 0 : reference_compare(arg, &best);
        if (best.is_null || (measure->aggregate == AGG_MIN ? order < 0 : order > 0))
            best = *arg;
    }
    return best;
}

static int compare_seen(const void *a, const void *b)
{
    const struct value *x = &((const struct seen *)a)->arg;
    const struct value *y = &((const struct seen *)b)->arg;
    if (x->is_null || y->is_null)
        return (int)x->is_null - (int)y->is_null;
    return reference_compare(x, y);
}

/* Rows without NULL, which are the first once sorted. */
static size_t sort_rows(struct collected *collected)
{
    size_t n = 0;
    qsort(collected->rows, collected->n, sizeof(*collected->rows), compare_seen);
    while (n < collected->n && !collected->rows[n].arg.is_null)
        n++;
    return n;
}

static struct value quantile(const struct measure *measure, struct collected *collected)
{
    for (size_t i = 0; i < collected->n; i++)
        collected->rows[i].arg = converted(collected->rows[i].arg, VALUE_DOUBLE);
    size_t n = sort_rows(collected);
    if (n == 0)
        return null_value(VALUE_DOUBLE);
    double place = measure->parameter * (double)(n - 1);
    size_t below = (size_t)place;
    double low = collected->rows[below].arg.f64;
    double high = below + 1 < n ? collected->rows[below + 1].arg.f64 : low;
    double part = place - (double)below;
    return of_double(part == 0 || low == high ? low : low + part * (high - low));
}

static uint64_t run_length(const struct collected *collected, size_t start)
{
    size_t end = start;
    while (end < collected->n &&
           reference_same(&collected->rows[start].arg, &collected->rows[end].arg))
        end++;
    return end - start;
}

static struct value distinct(struct collected *collected)
{
    size_t n = sort_rows(collected);
    uint64_t count = 0;
    for (size_t i = 0; i < n; i += run_length(collected, i))
        count++;
    return of_count(count);
}

static struct value top_share(struct collected *collected)
{
    uint64_t best = 0;
    (void)sort_rows(collected);
    for (size_t i = 0; i < collected->n; i += run_length(collected, i))
        best = run_length(collected, i) > best ? run_length(collected, i) : best;
    return collected->n == 0 ? null_value(VALUE_DOUBLE)
                             : of_double((double)best / (double)collected->n);
}

static double arrivals_at(const struct collected *collected, const struct value *value)
{
    double in = 0;
    double out = 0;
    double old = 0;
    double elsewhere = 0;
    double n = (double)collected->n;
    for (size_t i = 0; i < collected->n; i++) {
        const struct seen *row = &collected->rows[i];
        bool moved_row = row->filtered && !reference_same(&row->arg, &row->old);
        in += moved_row && reference_same(&row->arg, value);
        out += moved_row && reference_same(&row->old, value);
        elsewhere += moved_row && !reference_same(&row->arg, value);
        old += reference_same(&row->old, value);
    }
    double natural = out;
    if (old < n && elsewhere * (old / n) / (1 - old / n) > natural)
        natural = elsewhere * (old / n) / (1 - old / n);
    double beyond = in - natural - 4 * sqrt(2 * natural);
    return beyond > 0 ? beyond / n : 0;
}

static struct reference_result arrivals(struct collected *collected)
{
    struct reference_result best = {.value = null_value(VALUE_DOUBLE)};
    if (collected->n == 0)
        return best;
    best.value = of_double(0);
    (void)sort_rows(collected);
    for (size_t i = 0; i < collected->n; i += run_length(collected, i)) {
        double share = arrivals_at(collected, &collected->rows[i].arg);
        if (share > best.value.f64) {
            best.value = of_double(share);
            best.about = collected->rows[i].arg;
        }
    }
    return best;
}

static struct reference_result aggregate(const struct measure *measure, struct collected *collected)
{
    struct reference_result result = {0};
    switch (measure->aggregate) {
    case AGG_SUM:
    case AGG_MEAN:
        return measure->arg->type == VALUE_DURATION ? sum_durations(measure, collected)
                                                    : sum_up(measure, collected);
    case AGG_STDDEV:
        result.value = deviation(collected);
        break;
    case AGG_MIN:
    case AGG_MAX:
        result.value = extreme(measure, collected);
        break;
    case AGG_QUANTILE:
        result.value = quantile(measure, collected);
        break;
    case AGG_DISTINCT:
        result.value = distinct(collected);
        break;
    case AGG_TOP_SHARE:
        result.value = top_share(collected);
        break;
    case AGG_ARRIVALS:
        return arrivals(collected);
    default:
        result.value = count_hits(measure, collected);
        break;
    }
    return result;
}

struct reference_result reference_measure(const struct measure *measure,
                                          const struct reference_table *old_table,
                                          const struct reference_table *new_table,
                                          const struct value *segment)
{
    struct collected collected = {0};
    collected.rows = calloc(old_table->n_rows + new_table->n_rows + 1, sizeof(*collected.rows));
    collect_side(measure, new_table, old_table, true, segment, &collected);
    collect_side(measure, old_table, new_table, false, segment, &collected);
    struct reference_result result = aggregate(measure, &collected);
    result.scope_rows = collected.n;
    free(collected.rows);
    return result;
}

struct row_counts reference_counts(const struct reference_table *old_table,
                                   const struct reference_table *new_table)
{
    const struct value *other = NULL;
    struct row_counts counts = {.old_rows = old_table->n_rows, .new_rows = new_table->n_rows};
    for (size_t r = 0; r < new_table->n_rows; r++) {
        enum place place = place_of(new_table, r, old_table, &other);
        struct reference_row row = {.schema = new_table->schema,
                                    .new_values =
                                        new_table->values + r * new_table->schema->n_columns,
                                    .old_values = other};
        counts.kept += place == PLACE_KEPT;
        counts.added += place == PLACE_ALONE;
        counts.duplicates += place == PLACE_DUPLICATE;
        counts.changed += place == PLACE_KEPT && eval_changed(&row).u8 != 0;
    }
    for (size_t r = 0; r < old_table->n_rows; r++)
        counts.removed += place_of(old_table, r, new_table, &other) == PLACE_ALONE;
    return counts;
}
