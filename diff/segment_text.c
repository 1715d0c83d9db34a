#include "diff/segment_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "diff/vector.h"
#include "snapshot/utf8.h"

#define MAX_VALUE_BYTES ((size_t)200)

static bool needs_quotes(struct text_ref text)
{
    if (text.len == 0 || text.bytes[0] == ' ' || text.bytes[text.len - 1] == ' ')
        return true;
    if (text.len == 4 && memcmp(text.bytes, "NULL", 4) == 0)
        return true;
    for (size_t i = 0; i < text.len; i++)
        if (text.bytes[i] == ',' || text.bytes[i] == '=' || text.bytes[i] == '"')
            return true;
    return false;
}

/* In double quotes, with those in the text doubled. */
static const char *quoted(struct text_ref text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len * 2 + 3);
    size_t len = 0;
    out[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == '"')
            out[len++] = '"';
        out[len++] = text.bytes[i];
    }
    out[len] = '"';
    return out;
}

/* Long texts with the same beginning stay different by their hash. */
static struct text_ref shortened(struct text_ref text, struct arena *arena)
{
    if (text.len <= MAX_VALUE_BYTES)
        return text;
    size_t cut = utf8_cut(text.bytes, text.len, MAX_VALUE_BYTES);
    const char *out = arena_printf(arena, "%.*s…%016" PRIx64, (int)cut, text.bytes,
                                   (uint64_t)XXH3_64bits(text.bytes, text.len));
    return (struct text_ref){.bytes = out, .len = strlen(out)};
}

static const char *value_text(const struct value *value, struct arena *arena)
{
    char text[64];
    if (value->is_null || !value_type_is_text(value->type))
        return arena_strdup(arena, value_format(value, text, sizeof(text)));
    struct text_ref shown = shortened(value->text, arena);
    return needs_quotes(shown) ? quoted(shown, arena)
                               : arena_strndup(arena, shown.bytes, shown.len);
}

const char *segment_text(const char *const *names, const struct value *values, size_t n,
                         struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < n; i++)
        text = arena_printf(arena, "%s%s%s=%s", text, i > 0 ? ", " : "", names[i],
                            value_text(&values[i], arena));
    return text;
}
