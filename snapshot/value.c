#include "snapshot/value.h"

#include <string.h>
#include <strings.h>

#include "snapshot/utf8.h"

#define QUOTE_LIMIT 60

const char *value_quote(const char *text, size_t len, char out[VALUE_QUOTE_BYTES])
{
    size_t n = 0;
    size_t i = 0;
    while (i < len && n < QUOTE_LIMIT) {
        size_t left = len - i < 4 ? len - i : 4;
        size_t valid = utf8_valid_prefix(text + i, left);
        unsigned char c = (unsigned char)text[i];
        if (valid == 0 || c < 0x20 || c == 0x7F) {
            out[n++] = '?';
            i++;
            continue;
        }
        size_t length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        memcpy(out + n, text + i, length);
        n += length;
        i += length;
    }
    const char *ellipsis = i < len ? "…" : "";
    memcpy(out + n, ellipsis, strlen(ellipsis) + 1);
    return out;
}

static enum error_code fail(const char *text, size_t len, const char *why, struct error *err)
{
    char quoted[VALUE_QUOTE_BYTES];
    return error_set(err, ERR_DATA, "'%s' is %s", value_quote(text, len, quoted), why);
}

/* Reads [+-]digits into a magnitude that may be at most limit (one more if negative). */
static enum error_code parse_integer(const char *text, size_t len, uint64_t limit, const char *type,
                                     int64_t *ret_value, struct error *err)
{
    bool negative = len > 0 && text[0] == '-';
    size_t i = len > 0 && (text[0] == '-' || text[0] == '+');
    char quoted[VALUE_QUOTE_BYTES];
    bool overflow = false;
    uint64_t magnitude = 0;
    size_t start = i;
    for (; i < len && (unsigned char)(text[i] - '0') < 10; i++) {
        overflow = overflow || __builtin_mul_overflow(magnitude, 10, &magnitude) ||
                   __builtin_add_overflow(magnitude, (uint64_t)(text[i] - '0'), &magnitude);
    }
    if (i != len || i == start)
        return error_set(err, ERR_DATA, "'%s' is not %s", value_quote(text, len, quoted), type);
    if (overflow || magnitude > limit + negative)
        return error_set(err, ERR_DATA, "'%s' is out of range for %s",
                         value_quote(text, len, quoted), strchr(type, ' ') + 1);
    *ret_value = (int64_t)(negative ? -magnitude : magnitude);
    return OK;
}

enum error_code value_parse_bigint(const char *text, size_t len, int64_t *ret_value,
                                   struct error *err)
{
    return parse_integer(text, len, INT64_MAX, "a bigint", ret_value, err);
}

enum error_code value_parse_integer(const char *text, size_t len, int32_t *ret_value,
                                    struct error *err)
{
    int64_t value = 0;
    TRY(parse_integer(text, len, INT32_MAX, "an integer", &value, err));
    *ret_value = (int32_t)value;
    return OK;
}

enum error_code value_parse_boolean(const char *text, size_t len, uint8_t *ret_value,
                                    struct error *err)
{
    static const struct {
        const char *word;
        size_t shortest; /* unique prefix */
        uint8_t value;
    } words[] = {{"true", 1, 1}, {"false", 1, 0}, {"yes", 1, 1}, {"no", 1, 0},
                 {"on", 2, 1},   {"off", 2, 0},   {"1", 1, 1},   {"0", 1, 0}};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (len >= words[i].shortest && len <= strlen(words[i].word) &&
            strncasecmp(text, words[i].word, len) == 0) {
            *ret_value = words[i].value;
            return OK;
        }
    }
    return fail(text, len, "not a boolean", err);
}

#define NO_HEX_DIGIT 16U

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : NO_HEX_DIGIT;
}

static bool scan_uuid(const char *p, const char *end, struct uuid *ret_value)
{
    for (size_t i = 0; i < sizeof(ret_value->bytes); i++) {
        if (end - p < 2)
            return false;
        unsigned high = hex_digit(p[0]);
        unsigned low = hex_digit(p[1]);
        if (high == NO_HEX_DIGIT || low == NO_HEX_DIGIT)
            return false;
        ret_value->bytes[i] = (uint8_t)(high << 4 | low);
        p += 2;
        bool group_ends = i % 2 == 1 && i < sizeof(ret_value->bytes) - 1;
        if (group_ends && p < end && *p == '-')
            p++;
    }
    return p == end;
}

enum error_code value_parse_uuid(const char *text, size_t len, struct uuid *ret_value,
                                 struct error *err)
{
    bool braces = len >= 2 && text[0] == '{' && text[len - 1] == '}';
    struct uuid value;
    if (!scan_uuid(text + braces, text + len - braces, &value))
        return fail(text, len, "not a uuid", err);
    *ret_value = value;
    return OK;
}

enum error_code value_check_text(const char *text, size_t len, struct error *err)
{
    const char *nul = memchr(text, '\0', len);
    if (nul != NULL)
        return error_set(err, ERR_DATA, "byte 0x00 at position %zu cannot be part of a text",
                         (size_t)(nul - text) + 1);
    size_t valid = utf8_valid_prefix(text, len);
    if (valid != len)
        return error_set(err, ERR_DATA, "byte 0x%02X at position %zu is not valid UTF-8",
                         (unsigned char)text[valid], valid + 1);
    return OK;
}
