#include "snapshot/utf8.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
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
            size_t length = text_utf8_sequence(text + i, len - i);
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
