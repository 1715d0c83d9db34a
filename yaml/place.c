/* Where things stand in a file: paths of keys, and places inside scalars of every style. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "yaml/document.h"
#include "yaml/source.h"

/* Puts a part in front of what is in out; false when it does not fit. */
static bool prepend(char out[YAML_PATH_BYTES], size_t *start, const char *part, size_t len)
{
    if (len > *start)
        return false;
    *start -= len;
    memcpy(out + *start, part, len);
    return true;
}

char *yaml_path(const struct yaml_node *node, char out[YAML_PATH_BYTES])
{
    char text[YAML_PATH_BYTES];
    size_t start = sizeof(text) - 1;
    bool fits = true;
    text[start] = '\0';
    for (const struct yaml_node *at = node; fits && at->parent != NULL; at = at->parent) {
        if (at->name != NULL) {
            bool joined = text[start] != '\0' && text[start] != '[';
            fits = (!joined || prepend(text, &start, ".", 1)) &&
                   prepend(text, &start, at->name, strlen(at->name));
        } else {
            char index[32];
            int len = snprintf(index, sizeof(index), "[%zu]%s", at->index,
                               text[start] != '\0' && text[start] != '[' ? "." : "");
            fits = prepend(text, &start, index, (size_t)len);
        }
    }
    while (!fits && ((unsigned char)text[start] & 0xC0) == 0x80)
        start++;
    memcpy(out, text + start, sizeof(text) - start);
    return out;
}

/* A walk through the source of a scalar, in step with its text. */
struct walk {
    const struct yaml_source *source;
    enum yaml_style style;
    const char *text;
    size_t len;
    size_t in_source;
    size_t in_text;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t sequence_bytes(const char *p, size_t left)
{
    size_t n = 1;
    while (n < left && ((unsigned char)p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Whether the rest of the source line is blank, so that folding takes over. */
static bool line_ends(const struct walk *w)
{
    size_t at = w->in_source;
    while (at < w->source->len && is_blank(w->source->text[at]))
        at++;
    return source_break_bytes(w->source, at) > 0;
}

/*
 * A line break in the source, with the blanks around it, stands for a space or line breaks in the
 * text, whatever the style makes of it: skip white space on both sides.
 */
static void skip_break(struct walk *w)
{
    const struct yaml_source *source = w->source;
    while (w->in_source < source->len) {
        size_t n = source_break_bytes(source, w->in_source);
        if (n == 0 && !is_blank(source->text[w->in_source]))
            break;
        w->in_source += n > 0 ? n : 1;
    }
    while (w->in_text < w->len && (is_blank(w->text[w->in_text]) || w->text[w->in_text] == '\n'))
        w->in_text++;
}

/* Bytes of the escape sequence at the walk's place in a double-quoted scalar. */
static size_t escape_bytes(const struct walk *w)
{
    size_t left = w->source->len - w->in_source;
    if (left < 2)
        return left;
    switch (w->source->text[w->in_source + 1]) {
    case 'x':
        return left < 4 ? left : 4;
    case 'u':
        return left < 6 ? left : 6;
    case 'U':
        return left < 10 ? left : 10;
    default:
        return 2;
    }
}

/* Skips escaped line breaks, which stand for nothing. */
static void skip_escaped_breaks(struct walk *w)
{
    while (w->style == YAML_STYLE_DOUBLE_QUOTED && w->in_source + 1 < w->source->len &&
           w->source->text[w->in_source] == '\\' &&
           source_break_bytes(w->source, w->in_source + 1) > 0) {
        w->in_source++;
        skip_break(w);
    }
}

static void step(struct walk *w)
{
    const char *at = w->source->text + w->in_source;
    size_t left = w->source->len - w->in_source;
    if (w->style == YAML_STYLE_DOUBLE_QUOTED && *at == '\\') {
        w->in_source += escape_bytes(w);
    } else if (w->style == YAML_STYLE_SINGLE_QUOTED && *at == '\'') {
        w->in_source += 2;
    } else if (line_ends(w)) {
        skip_break(w);
        return;
    } else {
        w->in_source += sequence_bytes(at, left);
    }
    w->in_text += sequence_bytes(w->text + w->in_text, w->len - w->in_text);
    skip_escaped_breaks(w);
}

/* Goes from the start of a scalar to where its text begins. */
static void enter(struct walk *w)
{
    if (w->style == YAML_STYLE_SINGLE_QUOTED || w->style == YAML_STYLE_DOUBLE_QUOTED) {
        w->in_source++;
        skip_escaped_breaks(w);
    } else if (w->style == YAML_STYLE_LITERAL || w->style == YAML_STYLE_FOLDED) {
        while (w->in_source < w->source->len && source_break_bytes(w->source, w->in_source) == 0)
            w->in_source++;
        skip_break(w);
    }
}

void yaml_place(const struct yaml_node *node, size_t offset, unsigned *ret_line,
                unsigned *ret_column)
{
    struct walk w = {
        .source = node->source,
        .style = node->style,
        .text = node->text,
        .len = node->len,
        .in_source = source_offset(node->source, node->line - 1, node->column - 1),
    };
    if (node->kind == YAML_KIND_SCALAR && node->len > 0) {
        enter(&w);
        while (w.in_text < offset && w.in_text < w.len && w.in_source < w.source->len)
            step(&w);
    }
    source_place(w.source, w.in_source, ret_line, ret_column);
}

static void add_problem(struct diagnostics *diags, const struct yaml_node *node, unsigned line,
                        unsigned column, const char *format, va_list args)
    __attribute__((format(printf, 5, 0)));

static void add_problem(struct diagnostics *diags, const struct yaml_node *node, unsigned line,
                        unsigned column, const char *format, va_list args)
{
    char path[YAML_PATH_BYTES];
    diagnostics_addv(diags, node->source->name, line, column, yaml_path(node, path), format, args);
}

void yaml_problem(struct diagnostics *diags, const struct yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(diags, node, node->line, node->column, format, args);
    va_end(args);
}

void yaml_problem_in(struct diagnostics *diags, const struct yaml_node *node, size_t offset,
                     const char *format, ...)
{
    unsigned line = 0;
    unsigned column = 0;
    yaml_place(node, offset, &line, &column);
    va_list args;
    va_start(args, format);
    add_problem(diags, node, line, column, format, args);
    va_end(args);
}
