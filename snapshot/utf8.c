#include "snapshot/utf8.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

bool utf8_is_ascii(const char *text, size_t len)
{
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, text + i, sizeof(word));
        seen |= word;
    }
    for (; i < len; i++)
        seen |= (unsigned char)text[i];
    return (seen & HIGH_BITS) == 0;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/*
 * Length of the character at p, 0 if it is not valid. Source: the Unicode standard, table 3-7,
 * "Well-Formed UTF-8 Byte Sequences".
 */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < length)
        return 0;
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (!is_continuation(p[i]))
            return 0;
    }
    return length;
}

static size_t ascii_prefix(const char *text, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, text + i, sizeof(word));
        if ((word & HIGH_BITS) != 0)
            break;
    }
    while (i < len && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

size_t utf8_valid_prefix(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len) {
        i += ascii_prefix(text + i, len - i);
        while (i < len && (unsigned char)text[i] >= 0x80) {
            size_t length = sequence_length((const unsigned char *)text + i, len - i);
            if (length == 0)
                return i;
            i += length;
        }
    }
    return i;
}

size_t utf8_cut(const char *text, size_t len, size_t limit)
{
    if (len <= limit)
        return len;
    size_t cut = limit;
    while (cut > 0 && is_continuation((unsigned char)text[cut]))
        cut--;
    return cut;
}
