#include "base/text.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Source: the Unicode standard, table 3-7, "Well-Formed UTF-8 Byte Sequences". */
size_t text_utf8_sequence(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t need = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len < need)
        return 0;
    unsigned char least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

static bool is_control(const char *text, size_t step)
{
    unsigned char first = (unsigned char)text[0];
    if (step == 1)
        return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F;
    return step == 2 && first == 0xC2 && (unsigned char)text[1] < 0xA0;
}

enum error_code text_append_clean(struct buffer *buf, const char *text, size_t len,
                                  struct error *err)
{
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        if (step == 0) {
            TRY(buffer_append_string(buf, REPLACEMENT, err));
            step = 1;
        } else if (is_control(text + at, step)) {
            TRY(buffer_append_char(buf, '?', err));
        } else {
            TRY(buffer_append(buf, text + at, step, err));
        }
        at += step;
    }
    return OK;
}

static enum error_code append_json_character(struct buffer *buf, const char *text, size_t step,
                                             struct error *err)
{
    char c = text[0];
    if (c == '"' || c == '\\') {
        const char escaped[] = {'\\', c};
        return buffer_append(buf, escaped, sizeof(escaped), err);
    }
    if (c == '\n')
        return buffer_append_string(buf, "\\n", err);
    if (c == '\t')
        return buffer_append_string(buf, "\\t", err);
    if ((unsigned char)c < 0x20 || c == 0x7F)
        return buffer_printf(buf, err, "\\u%04x", (unsigned)c);
    return buffer_append(buf, text, step, err);
}

enum error_code text_append_json(struct buffer *buf, const char *text, size_t len,
                                 struct error *err)
{
    TRY(buffer_append_char(buf, '"', err));
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        if (step == 0) {
            TRY(buffer_append_string(buf, REPLACEMENT, err));
            step = 1;
        } else {
            TRY(append_json_character(buf, text + at, step, err));
        }
        at += step;
    }
    return buffer_append_char(buf, '"', err);
}
