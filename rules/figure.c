#include "rules/figure.h"

#include <string.h>

#include "base/clock.h"

#define MAX_MORE_DIGITS 12

static bool is_number(const struct value *value, double *ret_number)
{
    if (value->is_null)
        return false;
    if (value->type == VALUE_DOUBLE)
        *ret_number = value->f64;
    else if (value->type == VALUE_INTEGER)
        *ret_number = (double)value->i64;
    else if (value->type == VALUE_NUMERIC)
        *ret_number = numeric_to_double(value->text.bytes, value->text.len);
    else
        return false;
    return true;
}

char *figure_text(const struct value *value, bool is_percentage, int more_digits,
                  char out[FIGURE_TEXT_BYTES])
{
    double number = 0;
    int64_t unix_us = 0;
    if (is_percentage && is_number(value, &number))
        return number_format_share(number, more_digits, out);
    if (!value->is_null && value->type == VALUE_INTEGER)
        return number_format_integer(value->i64, out);
    if (!value->is_null && value->type == VALUE_DOUBLE)
        return number_format_double(value->f64, more_digits, out);
    if (!value->is_null && value->type == VALUE_TIME && value->i64 != INT64_MIN &&
        !__builtin_add_overflow(value->i64, PG_EPOCH_UNIX_US, &unix_us))
        return number_format_time(unix_us, out);
    return value_format(value, out, FIGURE_TEXT_BYTES);
}

void figure_texts(const struct value *measured, const struct value *limit, bool is_percentage,
                  char ret_measured[FIGURE_TEXT_BYTES], char ret_limit[FIGURE_TEXT_BYTES])
{
    for (int digits = 0; digits <= MAX_MORE_DIGITS; digits++) {
        figure_text(measured, is_percentage, digits, ret_measured);
        figure_text(limit, is_percentage, digits, ret_limit);
        if (strcmp(ret_measured, ret_limit) != 0)
            return;
    }
    figure_text(measured, is_percentage, 0, ret_measured);
    figure_text(limit, is_percentage, 0, ret_limit);
}
