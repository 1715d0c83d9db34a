#include <string.h>

#include "snapshot/bytes.h"
#include "snapshot/numeric.h"
#include "snapshot/value.h"

#define GROUP 4 /* decimal digits in one of the base-10000 digits */
#define SIGN_POSITIVE 0x0000
#define SIGN_NEGATIVE 0x4000
#define SIGN_NAN 0xC000
#define SIGN_INFINITY 0xD000
#define SIGN_MINUS_INFINITY 0xF000
#define INFINITY_SCALE 32 /* meaningless, but what PostgreSQL sends */
#define HEADER_BYTES 8

/* A numeric in normal form, seen as groups of four digits around the point. */
struct grouped {
    const char *whole;
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    bool negative;
};

static bool all_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return len > 0;
}

static bool group_up(const char *text, size_t len, struct grouped *ret_grouped)
{
    struct grouped grouped = {.negative = len > 0 && *text == '-'};
    text += grouped.negative;
    len -= grouped.negative;
    const char *point = memchr(text, '.', len);
    grouped.whole = text;
    grouped.whole_len = point == NULL ? len : (size_t)(point - text);
    grouped.fraction = point == NULL ? text + len : point + 1;
    grouped.fraction_len = (size_t)(text + len - grouped.fraction);
    *ret_grouped = grouped;
    return all_digits(grouped.whole, grouped.whole_len) &&
           (point == NULL || all_digits(grouped.fraction, grouped.fraction_len)) &&
           grouped.whole_len <= NUMERIC_MAX_BEFORE_POINT &&
           grouped.fraction_len <= NUMERIC_MAX_AFTER_POINT;
}

static size_t groups_of(size_t digits)
{
    return (digits + GROUP - 1) / GROUP;
}

/* Value of a group: 0 is the first before the point. */
static unsigned group_value(const struct grouped *grouped, size_t index)
{
    size_t whole_groups = groups_of(grouped->whole_len);
    const char *text = grouped->whole;
    size_t len = grouped->whole_len;
    size_t start = index * GROUP;
    size_t pad = whole_groups * GROUP - grouped->whole_len;
    if (index >= whole_groups) {
        text = grouped->fraction;
        len = grouped->fraction_len;
        start = (index - whole_groups) * GROUP;
        pad = 0;
    }
    unsigned value = 0;
    for (size_t i = start; i < start + GROUP; i++)
        value = value * 10 + (i >= pad && i - pad < len ? (unsigned)(text[i - pad] - '0') : 0);
    return value;
}

static enum error_code put_header(struct buffer *out, size_t n_groups, int weight, unsigned sign,
                                  size_t scale, struct error *err)
{
    char header[HEADER_BYTES];
    put_be16(header, (uint16_t)n_groups);
    put_be16(header + 2, (uint16_t)weight);
    put_be16(header + 4, (uint16_t)sign);
    put_be16(header + 6, (uint16_t)scale);
    return buffer_append(out, header, sizeof(header), err);
}

/* The sign that stands for NaN or an infinity, or -1. */
static int special_sign(const char *text, size_t len)
{
    static const struct {
        const char *text;
        int sign;
    } specials[] = {
        {"NaN", SIGN_NAN}, {"Infinity", SIGN_INFINITY}, {"-Infinity", SIGN_MINUS_INFINITY}};
    for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
        if (len == strlen(specials[i].text) && memcmp(text, specials[i].text, len) == 0)
            return specials[i].sign;
    }
    return -1;
}

enum error_code numeric_to_binary(const char *text, size_t len, struct buffer *out,
                                  struct error *err)
{
    char quoted[VALUE_QUOTE_BYTES];
    int special = numeric_is_special(text, len) ? special_sign(text, len) : -1;
    if (special >= 0)
        return put_header(out, 0, 0, (unsigned)special, special == SIGN_NAN ? 0 : INFINITY_SCALE,
                          err);
    struct grouped grouped = {0};
    if (!group_up(text, len, &grouped))
        return error_set(err, ERR_CORRUPT, "'%s' is not a numeric", value_quote(text, len, quoted));
    size_t whole_groups = groups_of(grouped.whole_len);
    size_t first = 0;
    size_t end = whole_groups + groups_of(grouped.fraction_len);
    while (first < end && group_value(&grouped, first) == 0)
        first++;
    while (end > first && group_value(&grouped, end - 1) == 0)
        end--;
    int weight = first == end ? 0 : (int)whole_groups - 1 - (int)first;
    unsigned sign = grouped.negative && first < end ? SIGN_NEGATIVE : SIGN_POSITIVE;
    TRY(put_header(out, end - first, weight, sign, grouped.fraction_len, err));
    TRY(buffer_reserve(out, (end - first) * 2, err));
    for (size_t i = first; i < end; i++) {
        put_be16(out->data + out->len, (uint16_t)group_value(&grouped, i));
        out->len += 2;
    }
    return OK;
}

struct binary_numeric {
    const unsigned char *groups;
    int n_groups;
    int weight;
    unsigned sign;
    int scale;
};

/* The base-10000 digit with this weight; 0 if there is none. */
static unsigned group_of_weight(const struct binary_numeric *binary, int weight)
{
    int index = binary->weight - weight;
    if (index < 0 || index >= binary->n_groups)
        return 0;
    return get_be16(binary->groups + (size_t)index * 2);
}

static enum error_code read_binary(const unsigned char *bytes, size_t len,
                                   struct binary_numeric *ret_binary, struct error *err)
{
    if (len < HEADER_BYTES)
        return error_set(err, ERR_DATA, "%zu bytes are not a numeric", len);
    struct binary_numeric binary = {.groups = bytes + HEADER_BYTES,
                                    .n_groups = get_be16(bytes),
                                    .weight = (int16_t)get_be16(bytes + 2),
                                    .sign = get_be16(bytes + 4),
                                    .scale = get_be16(bytes + 6)};
    bool special = binary.sign == SIGN_NAN || binary.sign == SIGN_INFINITY ||
                   binary.sign == SIGN_MINUS_INFINITY;
    if (!special && binary.sign != SIGN_POSITIVE && binary.sign != SIGN_NEGATIVE)
        return error_set(err, ERR_DATA, "a numeric with an unknown sign (0x%04X)", binary.sign);
    if (len != HEADER_BYTES + (size_t)binary.n_groups * 2)
        return error_set(err, ERR_DATA, "a numeric of %d digits in %zu bytes", binary.n_groups,
                         len);
    if (binary.scale > NUMERIC_MAX_AFTER_POINT)
        return error_set(err, ERR_DATA, "a numeric with %d digits after the point", binary.scale);
    for (int i = 0; i < binary.n_groups; i++) {
        if (get_be16(binary.groups + (size_t)i * 2) > 9999)
            return error_set(err, ERR_DATA, "a numeric with a digit above 9999");
    }
    while (binary.n_groups > 0 && get_be16(binary.groups) == 0) {
        binary.groups += 2;
        binary.n_groups--;
        binary.weight--;
    }
    *ret_binary = binary;
    return OK;
}

static void put_group(char *out, unsigned value)
{
    for (int i = GROUP - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/*
 * Writes the number without sign and returns its length; whole groups are written on both sides of
 * the point, so out has to have room for three digits more.
 */
static size_t write_digits(const struct binary_numeric *binary, char *out)
{
    size_t n = 0;
    if (binary->n_groups == 0 || binary->weight < 0)
        out[n++] = '0';
    for (int weight = binary->weight; binary->n_groups > 0 && weight >= 0; weight--) {
        put_group(out + n, group_of_weight(binary, weight));
        n += GROUP;
    }
    size_t zeros = 0;
    while (zeros + 1 < n && out[zeros] == '0')
        zeros++;
    memmove(out, out + zeros, n - zeros);
    n -= zeros;
    if (binary->scale == 0)
        return n;
    out[n++] = '.';
    size_t point = n;
    for (int weight = -1; n < point + (size_t)binary->scale; weight--) {
        put_group(out + n, group_of_weight(binary, weight));
        n += GROUP;
    }
    return point + (size_t)binary->scale;
}

static bool is_zero(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '0' && text[i] != '.')
            return false;
    }
    return true;
}

enum error_code numeric_from_binary(const unsigned char *bytes, size_t len, struct buffer *out,
                                    struct error *err)
{
    struct binary_numeric binary = {0};
    TRY(read_binary(bytes, len, &binary, err));
    if (binary.sign == SIGN_NAN)
        return buffer_append_string(out, "NaN", err);
    if (binary.sign == SIGN_INFINITY)
        return buffer_append_string(out, "Infinity", err);
    if (binary.sign == SIGN_MINUS_INFINITY)
        return buffer_append_string(out, "-Infinity", err);
    size_t whole_groups = binary.n_groups > 0 && binary.weight >= 0 ? (size_t)binary.weight + 1 : 1;
    TRY(buffer_reserve(out, whole_groups * GROUP + (size_t)binary.scale + GROUP + 2, err));
    char *start = out->data + out->len;
    bool negative = binary.sign == SIGN_NEGATIVE;
    *start = '-';
    size_t n = write_digits(&binary, start + negative);
    if (negative && is_zero(start + 1, n)) {
        memmove(start, start + 1, n);
        negative = false;
    }
    out->len += n + negative;
    out->data[out->len] = '\0';
    return OK;
}
