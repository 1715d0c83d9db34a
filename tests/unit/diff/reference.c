#include "tests/unit/diff/reference_values.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t day_us = INT64_C(86400) * 1000000;

struct value reference_null_value(enum value_type type)
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

bool reference_is_nan(const struct value *value)
{
    return (value->type == VALUE_DOUBLE && isnan(value->f64)) ||
           (value->type == VALUE_NUMERIC && value->text.bytes[0] == 'N');
}

/* -1, 0 or 1 for minus infinity, a finite number, infinity. */
int reference_infinity_of(const struct value *value)
{
    if (value->type == VALUE_NUMERIC)
        return value->text.bytes[0] == 'I'                          ? 1
               : value->text.len > 1 && value->text.bytes[1] == 'I' ? -1
                                                                    : 0;
    return value->type == VALUE_DOUBLE && isinf(value->f64) ? (value->f64 > 0 ? 1 : -1) : 0;
}

static int compare_numbers(const struct value *a, const struct value *b)
{
    if (reference_is_nan(a) || reference_is_nan(b))
        return (int)reference_is_nan(a) - (int)reference_is_nan(b);
    if (reference_infinity_of(a) != 0 || reference_infinity_of(b) != 0)
        return sign(reference_infinity_of(a) - reference_infinity_of(b));
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

double reference_as_double(const struct value *value)
{
    if (value->type == VALUE_DOUBLE)
        return value->f64;
    if (value->type == VALUE_INTEGER)
        return (double)value->i64;
    char text[2000];
    (void)snprintf(text, sizeof(text), "%.*s", (int)value->text.len, value->text.bytes);
    return strtod(text, NULL);
}

struct value reference_of_double(double x)
{
    return (struct value){.type = VALUE_DOUBLE, .f64 = x};
}

struct value reference_of_wide(enum value_type type, wide x)
{
    if (x < INT64_MIN || x > INT64_MAX)
        return reference_null_value(type);
    return (struct value){.type = type, .i64 = (int64_t)x};
}

bool reference_is_time(const struct value *value)
{
    return value->type == VALUE_TIME || value->type == VALUE_DATE;
}

bool reference_is_infinite_time(const struct value *value)
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
    if (reference_is_infinite_time(time))
        return (struct value){.type = VALUE_TIME, .i64 = time->i64};
    wide moved = instant(time) + by;
    if (!is_time_in_reach(instant(time)) || !is_time_in_reach(moved))
        return reference_null_value(VALUE_TIME);
    return reference_of_wide(VALUE_TIME, moved);
}

static struct value between_times(const struct value *a, const struct value *b)
{
    bool dates = a->type == VALUE_DATE && b->type == VALUE_DATE;
    if (reference_is_infinite_time(a) || reference_is_infinite_time(b))
        return reference_null_value(VALUE_DURATION);
    if (!dates && (!is_time_in_reach(instant(a)) || !is_time_in_reach(instant(b))))
        return reference_null_value(VALUE_DURATION);
    return reference_of_wide(VALUE_DURATION, instant(a) - instant(b));
}

static struct value rounded_duration(long double x)
{
    x = rintl(x);
    if (!(x > -0x1p63L && x < 0x1p63L))
        return reference_null_value(VALUE_DURATION);
    return (struct value){.type = VALUE_DURATION, .i64 = (int64_t)x};
}

static struct value scaled_duration(const struct value *duration, const struct value *by)
{
    if (by->type == VALUE_INTEGER)
        return reference_of_wide(VALUE_DURATION, (wide)duration->i64 * by->i64);
    return rounded_duration((long double)duration->i64 * (long double)reference_as_double(by));
}

static struct value arithmetic(enum expr_op op, const struct value *a, const struct value *b)
{
    bool a_duration = a->type == VALUE_DURATION;
    bool b_duration = b->type == VALUE_DURATION;
    switch (op) {
    case OP_ADD:
        if (reference_is_time(a))
            return move_time(a, b->i64);
        if (reference_is_time(b))
            return move_time(b, a->i64);
        return a_duration ? reference_of_wide(VALUE_DURATION, (wide)a->i64 + b->i64)
                          : reference_of_double(reference_as_double(a) + reference_as_double(b));
    case OP_SUB:
        if (reference_is_time(a))
            return reference_is_time(b) ? between_times(a, b) : move_time(a, -(wide)b->i64);
        return a_duration ? reference_of_wide(VALUE_DURATION, (wide)a->i64 - b->i64)
                          : reference_of_double(reference_as_double(a) - reference_as_double(b));
    case OP_MUL:
        if (a_duration || b_duration)
            return a_duration ? scaled_duration(a, b) : scaled_duration(b, a);
        return reference_of_double(reference_as_double(a) * reference_as_double(b));
    default:
        break;
    }
    double divisor = b_duration ? (double)b->i64 : reference_as_double(b);
    if (divisor == 0)
        return reference_null_value(a_duration && !b_duration ? VALUE_DURATION : VALUE_DOUBLE);
    if (a_duration && !b_duration)
        return rounded_duration((long double)a->i64 / (long double)divisor);
    return reference_of_double((a_duration ? (double)a->i64 : reference_as_double(a)) / divisor);
}

static double larger(double x, double y)
{
    if (isnan(x) || isnan(y))
        return NAN;
    return fabs(x) > fabs(y) ? fabs(x) : fabs(y);
}

static struct value moved(enum expr_op op, const struct value *a, const struct value *b)
{
    double x = reference_as_double(a);
    double old = reference_as_double(b);
    double magnitude = larger(x, old);
    if (op == OP_SHIFT) {
        bool same = x == old || (isnan(x) && isnan(old));
        return reference_of_double(same ? 0 : (x - old) / magnitude);
    }
    bool jumped = fabs(x - old) > magnitude / 2;
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        jumped = jumped && fabs(x - old) > 1 + 4 * sqrt(magnitude);
    return boolean(jumped);
}

static struct value of_sign_function(enum expr_op op, enum value_type type, const struct value *a)
{
    if (type == VALUE_DOUBLE) {
        double x = reference_as_double(a);
        return reference_of_double(op == OP_NEG ? -x : fabs(x));
    }
    wide x = a->i64;
    return reference_of_wide(type, op == OP_NEG ? -x : (x < 0 ? -x : x));
}

static struct value of_function(enum expr_op op, enum value_type type, const struct value *a)
{
    if (op == OP_NEG || op == OP_ABS)
        return of_sign_function(op, type, a);
    if (type == VALUE_INTEGER)
        return *a;
    double x = reference_as_double(a);
    switch (op) {
    case OP_ROUND:
        return reference_of_double(round(x));
    case OP_FLOOR:
        return reference_of_double(floor(x));
    case OP_CEIL:
        return reference_of_double(ceil(x));
    case OP_EXP:
        return reference_of_double(exp(x));
    case OP_LN:
        return x <= 0 ? reference_null_value(VALUE_DOUBLE) : reference_of_double(log(x));
    case OP_LOG2:
        return x <= 0 ? reference_null_value(VALUE_DOUBLE) : reference_of_double(log2(x));
    default:
        return x < 0 ? reference_null_value(VALUE_DOUBLE) : reference_of_double(sqrt(x));
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

struct value reference_converted(struct value value, enum value_type type)
{
    if (value.is_null || value.type == type) {
        value.type = type;
        return value;
    }
    if (type == VALUE_DOUBLE)
        return reference_of_double(reference_as_double(&value));
    assert(type == VALUE_TIME && value.type == VALUE_DATE);
    if (reference_is_infinite_time(&value))
        return (struct value){.type = VALUE_TIME, .i64 = value.i64};
    wide time = instant(&value);
    if (!is_time_in_reach(time))
        time = time < 0 ? (wide)INT64_MIN + 1 : (wide)INT64_MAX - 1;
    return reference_of_wide(VALUE_TIME, time);
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
    return any_null ? reference_null_value(VALUE_BOOLEAN) : boolean(!deciding);
}

static struct value eval_choice(const struct expr *expr, const struct reference_row *row,
                                bool old_only)
{
    struct value best = reference_null_value(expr->type);
    for (size_t i = 0; i < expr->n_args; i++) {
        struct value arg =
            reference_converted(reference_eval(expr->args[i], row, old_only), expr->type);
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
            return reference_converted(reference_eval(expr->args[i + 1], row, old_only),
                                       expr->type);
        i += 2;
    }
    return reference_converted(reference_eval(expr->args[i], row, old_only), expr->type);
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
    return any_null ? reference_null_value(VALUE_BOOLEAN) : boolean(false);
}

static bool is_key(const struct schema *schema, size_t column)
{
    for (size_t k = 0; k < schema->n_keys; k++)
        if (schema->keys[k] == column)
            return true;
    return false;
}

struct value reference_eval_changed(const struct reference_row *row)
{
    if (row->new_values == NULL || row->old_values == NULL)
        return reference_null_value(VALUE_BOOLEAN);
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
        return reference_null_value(expr->type);
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
        return reference_eval_changed(row);
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
            return reference_null_value(expr->type);
        return (old ? row->old_values : row->new_values)[expr->column];
    case EXPR_IN_SET:
        value = reference_eval(expr->in_arg, row, old_only);
        return value.is_null ? reference_null_value(VALUE_BOOLEAN)
                             : boolean(value_set_contains(expr->set, &value));
    case EXPR_CALL:
        return eval_call(expr, row, old_only);
    case EXPR_MEASURE:
        break;
    }
    abort();
}
