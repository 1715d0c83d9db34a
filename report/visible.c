#include "report/visible.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

#define MAX_COMBINING 8

static locale_t utf8_locale;

static void make_utf8_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* Columns of a code point, -1 if it cannot be printed; 1 where the system has no table of widths.
 */
static int width_of(uint32_t code_point)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (code_point < 0x7F)
        return code_point < 0x20 ? -1 : 1;
    (void)pthread_once(&once, make_utf8_locale);
    if (utf8_locale == (locale_t)0)
        return code_point < 0xA0 ? -1 : 1;
    locale_t before = uselocale(utf8_locale);
    int width = wcwidth((wchar_t)code_point);
    (void)uselocale(before);
    return width;
}

/* Format characters that leave no mark. The joiners U+200C and U+200D are part of words in several
 * scripts and stay. Source: Unicode Character Database, general category Cf. */
static bool is_invisible(uint32_t code_point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0x00AD, 0x00AD}, {0x061C, 0x061C},  {0x180E, 0x180E}, {0x200B, 0x200B},
                  {0x200E, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
                  {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        if (code_point >= ranges[i].first && code_point <= ranges[i].last)
            return true;
    return false;
}

bool visible_is_plain(uint32_t code_point)
{
    return width_of(code_point) >= 0 && !is_invisible(code_point);
}

uint32_t visible_decode(const char *sequence, size_t len)
{
    static const unsigned char first_bits[] = {0x7F, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code_point = (unsigned char)sequence[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        code_point = code_point << 6 | ((unsigned char)sequence[i] & 0x3F);
    return code_point;
}

#define ESCAPE_BYTES 16

/* Writes how a code point that is not plain is shown; returns the length. */
static size_t escape(uint32_t code_point, char out[ESCAPE_BYTES])
{
    static const char named[] = "\n\t\r";
    const char *name = code_point < 0x20 && code_point > 0 ? strchr(named, (int)code_point) : NULL;
    int len = 0;
    if (name != NULL)
        len = snprintf(out, ESCAPE_BYTES, "\\%c", "ntr"[name - named]);
    else if (code_point < 0x80)
        len = snprintf(out, ESCAPE_BYTES, "\\x%02x", (unsigned)code_point);
    else
        len = snprintf(out, ESCAPE_BYTES, "\\u%04x", (unsigned)code_point);
    return (size_t)len;
}

/* Takes one character off the text: its bytes to show are *ret_bytes[*ret_len]. Returns its length
 * in the text. */
static size_t show(const char *text, size_t len, char scratch[ESCAPE_BYTES], const char **ret_bytes,
                   size_t *ret_len)
{
    size_t step = text_utf8_sequence(text, len);
    *ret_bytes = scratch;
    if (step == 0) {
        *ret_len = (size_t)snprintf(scratch, ESCAPE_BYTES, "\xEF\xBF\xBD");
        return 1;
    }
    uint32_t code_point = visible_decode(text, step);
    if (visible_is_plain(code_point)) {
        *ret_bytes = text;
        *ret_len = step;
    } else {
        *ret_len = escape(code_point, scratch);
    }
    return step;
}

enum error_code visible_append(struct buffer *buf, const char *text, size_t len, struct error *err)
{
    char scratch[ESCAPE_BYTES];
    for (size_t at = 0; at < len;) {
        const char *bytes = NULL;
        size_t shown = 0;
        at += show(text + at, len - at, scratch, &bytes, &shown);
        TRY(buffer_append(buf, bytes, shown, err));
    }
    return OK;
}

/* Copies the visible text to out, or only measures it if out is NULL; returns its bytes. */
static size_t copy_visible(const char *text, size_t len, char *out)
{
    char scratch[ESCAPE_BYTES];
    size_t total = 0;
    for (size_t at = 0; at < len;) {
        const char *bytes = NULL;
        size_t shown = 0;
        at += show(text + at, len - at, scratch, &bytes, &shown);
        if (out != NULL)
            memcpy(out + total, bytes, shown);
        total += shown;
    }
    return total;
}

char *visible_copy(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, copy_visible(text, len, NULL) + 1);
    copy_visible(text, len, copy);
    return copy;
}

static size_t width_of_sequence(const char *text, size_t step)
{
    int width = width_of(visible_decode(text, step));
    return width < 0 ? 0 : (size_t)width;
}

size_t visible_columns(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        columns += step == 0 ? 1 : width_of_sequence(text + at, step);
        at += step == 0 ? 1 : step;
    }
    return columns;
}

size_t visible_cut(const char *text, size_t len, size_t columns)
{
    size_t used = 0;
    size_t combining = 0;
    size_t at = 0;
    while (at < len) {
        size_t step = text_utf8_sequence(text + at, len - at);
        size_t width = step == 0 ? 1 : width_of_sequence(text + at, step);
        combining = width == 0 ? combining + 1 : 0;
        used += width;
        if (used > columns || combining > MAX_COMBINING)
            break;
        at += step == 0 ? 1 : step;
    }
    return at;
}
