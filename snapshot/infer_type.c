#include "snapshot/infer_type.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "snapshot/value.h"

#define EXACT_INTEGERS 9007199254740992.0 /* 2^53: below it, every whole number is a double */
#define UUID_TEXT_BYTES 36

/* From narrow to wide; the types that are not listed are never guessed. */
static const enum column_type candidates[] = {TYPE_BIGINT, TYPE_DOUBLE, TYPE_BOOLEAN,
                                              TYPE_UUID,   TYPE_DATE,   TYPE_TIMESTAMPTZ};

static type_set set_of(enum column_type type)
{
    return 1U << type;
}

/* A number that would be written the same way again: no plus, no zeros in front. */
static bool is_plain_number(const char *text, size_t len)
{
    size_t sign = len > 0 && text[0] == '-';
    if (len == 0 || text[0] == '+')
        return false;
    return !(len - sign >= 2 && text[sign] == '0' && text[sign + 1] >= '0' &&
             text[sign + 1] <= '9');
}

static bool is_bigint(const char *text, size_t len)
{
    int64_t value = 0;
    bool minus_zero = len == 2 && memcmp(text, "-0", 2) == 0;
    return is_plain_number(text, len) && !minus_zero &&
           value_parse_bigint(text, len, &value, NULL) == OK;
}

static bool all_digits(const char *text, size_t len)
{
    for (size_t i = text[0] == '-'; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

static bool is_double(const char *text, size_t len)
{
    double value = 0;
    if (!is_plain_number(text, len) || value_parse_double(text, len, true, &value, NULL) != OK)
        return false;
    return fabs(value) < EXACT_INTEGERS || !isfinite(value) || !all_digits(text, len);
}

static bool is_boolean(const char *text, size_t len)
{
    static const char *const words[] = {"true", "false", "t", "f"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (len == strlen(words[i]) && strncasecmp(text, words[i], len) == 0)
            return true;
    }
    return false;
}

static bool is_uuid(const char *text, size_t len)
{
    struct uuid value;
    return len == UUID_TEXT_BYTES && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
           text[23] == '-' && value_parse_uuid(text, len, &value, NULL) == OK;
}

static bool satisfies(enum column_type type, const char *text, size_t len)
{
    int32_t days = 0;
    int64_t us = 0;
    switch (type) {
    case TYPE_BIGINT:
        return is_bigint(text, len);
    case TYPE_DOUBLE:
        return is_double(text, len);
    case TYPE_BOOLEAN:
        return is_boolean(text, len);
    case TYPE_UUID:
        return is_uuid(text, len);
    case TYPE_DATE:
        return value_parse_date(text, len, true, &days, NULL) == OK;
    case TYPE_TIMESTAMPTZ:
        return value_parse_timestamptz(text, len, true, &us, NULL) == OK;
    default:
        return false;
    }
}

type_set infer_narrow(type_set types, const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
        type_set candidate = set_of(candidates[i]);
        if ((types & candidate) != 0 && !satisfies(candidates[i], text, len))
            types &= ~candidate;
    }
    return types;
}

enum column_type infer_narrowest(type_set types)
{
    for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
        if ((types & set_of(candidates[i])) != 0)
            return candidates[i];
    }
    return TYPE_TEXT;
}
