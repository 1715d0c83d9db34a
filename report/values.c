#include "report/values.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "snapshot/value.h"

#define MAX_EXACT_INTEGER (INT64_C(1) << 53)
#define MAX_EXACT_DIGITS 15

/* Bytes as they are, but what cannot be in a JSON string as U+FFFD. */
static enum error_code append_valid(struct buffer *buf, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        bool valid = step > 0 && text[at] != '\0';
        TRY(valid ? buffer_append(buf, text + at, step, NULL)
                  : buffer_append_string(buf, "\xEF\xBF\xBD", NULL));
        at += step == 0 ? 1 : step;
    }
    return OK;
}

static json_t *valid_string(const char *before, const char *text, size_t len, const char *after)
{
    CLEANUP(buffer_release) struct buffer buf;
    buffer_init(&buf, BUFFER_DEFAULT_MAX_BYTES);
    if (buffer_append_string(&buf, before, NULL) != OK || append_valid(&buf, text, len) != OK ||
        buffer_append_string(&buf, after, NULL) != OK)
        return NULL;
    return json_stringn(buffer_string(&buf), buf.len);
}

json_t *values_text_json(const char *text)
{
    return text == NULL ? json_null() : valid_string("", text, strlen(text), "");
}

int values_set(json_t *object, const char *name, json_t *value)
{
    if (text_is_utf8(name, strlen(name)))
        return json_object_set_new_nocheck(object, name, value);
    CLEANUP(buffer_release) struct buffer buf;
    buffer_init(&buf, BUFFER_DEFAULT_MAX_BYTES);
    if (append_valid(&buf, name, strlen(name)) == OK)
        return json_object_set_new_nocheck(object, buffer_string(&buf), value);
    json_decref(value);
    return -1;
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* The largest length <= limit at which the text can be cut between characters. */
static size_t cut_before(const char *text, size_t limit)
{
    while (limit > 0 && !starts_character(text[limit]))
        limit--;
    return limit;
}

static json_t *text_json(struct text_ref text, size_t skip)
{
    if (text.len == 0)
        return json_string("");
    size_t len = text.len - skip;
    const char *start = text.bytes + skip;
    const char *before = skip > 0 ? "…" : "";
    if (len <= VALUES_MAX_TEXT_BYTES)
        return valid_string(before, start, len, "");
    return valid_string(before, start, cut_before(start, VALUES_MAX_TEXT_BYTES), "…");
}

static json_t *real_json(double number)
{
    if (isnan(number))
        return json_string("NaN");
    if (isinf(number))
        return json_string(number > 0 ? "Infinity" : "-Infinity");
    return json_real(number);
}

static json_t *integer_json(int64_t number)
{
    if (number >= -MAX_EXACT_INTEGER && number <= MAX_EXACT_INTEGER)
        return json_integer(number);
    return json_sprintf("%" PRId64, number);
}

static json_t *numeric_json(struct text_ref text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++)
        digits += text.bytes[i] >= '0' && text.bytes[i] <= '9';
    if (digits == 0 || digits > MAX_EXACT_DIGITS)
        return text_json(text, 0);
    if (memchr(text.bytes, '.', text.len) != NULL)
        return real_json(numeric_to_double(text.bytes, text.len));
    return json_integer((json_int_t)numeric_to_double(text.bytes, text.len));
}

static json_t *duration_json(int64_t duration_us)
{
    if (duration_us % USEC_PER_SEC == 0)
        return integer_json(duration_us / USEC_PER_SEC);
    return json_real((double)duration_us / (double)USEC_PER_SEC);
}

json_t *values_json(const struct value *value, size_t skip)
{
    char text[VALUE_TEXT_BYTES];
    if (value->is_null)
        return json_null();
    switch (value->type) {
    case VALUE_BOOLEAN:
        return json_boolean(value->u8);
    case VALUE_INTEGER:
        return integer_json(value->i64);
    case VALUE_DOUBLE:
        return real_json(value->f64);
    case VALUE_NUMERIC:
        return numeric_json(value->text);
    case VALUE_TEXT:
        return text_json(value->text, skip);
    case VALUE_DURATION:
        return duration_json(value->i64);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_UUID:
        break;
    }
    return values_text_json(value_format(value, text, sizeof(text)));
}

#define COMMON_BYTES_KEPT 100 /* of what two long texts have in common, before they differ */

size_t values_common_bytes(const struct value *a, const struct value *b)
{
    if (a->type != VALUE_TEXT || a->is_null || b->is_null)
        return 0;
    size_t shorter = a->text.len < b->text.len ? a->text.len : b->text.len;
    size_t longer = a->text.len + b->text.len - shorter;
    size_t common = 0;
    while (common < shorter && a->text.bytes[common] == b->text.bytes[common])
        common++;
    if (longer <= VALUES_MAX_TEXT_BYTES || common <= VALUES_MAX_TEXT_BYTES / 2 || common == longer)
        return 0;
    return cut_before(a->text.bytes, common - COMMON_BYTES_KEPT);
}
