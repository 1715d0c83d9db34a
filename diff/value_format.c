#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "diff/expr.h"
#include "snapshot/utf8.h"
#include "snapshot/value.h"

#define SCRATCH_BYTES 64

static struct text_ref as_text(const char *text)
{
    return (struct text_ref){.bytes = text, .len = strlen(text)};
}

static const char *infinity_name(int64_t value)
{
    if (value == INT64_MAX)
        return "infinity";
    return value == INT64_MIN ? "-infinity" : NULL;
}

static struct text_ref format_date(int64_t days, char *scratch)
{
    int year = 0;
    int month = 0;
    int day = 0;
    clock_date_from_days(days + PG_EPOCH_UNIX_US / USEC_PER_DAY, &year, &month, &day);
    (void)snprintf(scratch, SCRATCH_BYTES, "%04d-%02d-%02d", year, month, day);
    return as_text(scratch);
}

static struct text_ref format_time(int64_t time_us, char *scratch)
{
    int64_t unix_us = 0;
    if (__builtin_add_overflow(time_us, PG_EPOCH_UNIX_US, &unix_us))
        unix_us = INT64_MAX;
    return as_text(clock_format_rfc3339(unix_us, scratch));
}

static struct text_ref format_duration(int64_t duration_us, char *scratch)
{
    if (duration_us >= 0)
        return as_text(clock_format_duration(duration_us, scratch));
    int64_t magnitude = duration_us == INT64_MIN ? INT64_MAX : -duration_us;
    scratch[0] = '-';
    (void)clock_format_duration(magnitude, scratch + 1);
    return as_text(scratch);
}

static struct text_ref format_double(double value, char *scratch)
{
    size_t len = value_format_double(value, scratch);
    return (struct text_ref){.bytes = scratch, .len = len};
}

/* The whole text; in scratch unless it stands elsewhere already. */
static struct text_ref whole_text(const struct value *value, char *scratch)
{
    if (value->is_null)
        return as_text("NULL");
    if ((value->type == VALUE_DATE || value->type == VALUE_TIME) && infinity_name(value->i64))
        return as_text(infinity_name(value->i64));
    switch (value->type) {
    case VALUE_BOOLEAN:
        return as_text(value->u8 != 0 ? "true" : "false");
    case VALUE_INTEGER:
        (void)snprintf(scratch, SCRATCH_BYTES, "%" PRId64, value->i64);
        return as_text(scratch);
    case VALUE_DOUBLE:
        return format_double(value->f64, scratch);
    case VALUE_DATE:
        return format_date(value->i64, scratch);
    case VALUE_TIME:
        return format_time(value->i64, scratch);
    case VALUE_DURATION:
        return format_duration(value->i64, scratch);
    case VALUE_UUID:
        return (struct text_ref){.bytes = scratch, .len = value_format_uuid(&value->uuid, scratch)};
    case VALUE_NUMERIC:
    case VALUE_TEXT:
        break;
    }
    return value->text;
}

char *value_format(const struct value *value, char *out, size_t capacity)
{
    static const char ellipsis[] = "…";
    char scratch[SCRATCH_BYTES];
    struct text_ref text = whole_text(value, scratch);
    size_t len = text.len;
    if (len >= capacity) {
        len = utf8_cut(text.bytes, text.len, capacity - sizeof(ellipsis));
        memcpy(out + len, ellipsis, sizeof(ellipsis));
    }
    memcpy(out, text.bytes, len);
    if (len == text.len)
        out[len] = '\0';
    return out;
}
