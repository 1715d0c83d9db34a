#include "report/markup.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "report/visible.h"

#define FORMAT_MAX_BYTES 1024

void markup_init(struct markup *markup, struct error *err)
{
    *markup = (struct markup){.err = err};
    buffer_init(&markup->html, MARKUP_MAX_BYTES);
    buffer_init(&markup->visible, MARKUP_MAX_BYTES);
}

void markup_release(struct markup *markup)
{
    buffer_release(&markup->html);
    buffer_release(&markup->visible);
}

static void append(struct markup *markup, const char *bytes, size_t len)
{
    if (markup->status == OK)
        markup->status = buffer_append(&markup->html, bytes, len, markup->err);
}

void markup_raw(struct markup *markup, const char *html)
{
    append(markup, html, strlen(html));
}

void markup_format(struct markup *markup, const char *format, ...)
{
    char text[FORMAT_MAX_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    markup_raw(markup, text);
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_text(struct markup *markup, const char *text)
{
    buffer_clear(&markup->visible);
    if (markup->status == OK)
        markup->status = visible_append(&markup->visible, text, strlen(text), markup->err);
    const char *at = buffer_string(&markup->visible);
    while (*at != '\0') {
        size_t plain = strcspn(at, "&<>\"'");
        append(markup, at, plain);
        at += plain;
        if (*at != '\0')
            markup_raw(markup, entity(*at++));
    }
}

void markup_element(struct markup *markup, const char *open, const char *text)
{
    markup_format(markup, "<%s>", open);
    markup_text(markup, text);
    markup_format(markup, "</%.*s>\n", (int)strcspn(open, " "), open);
}

enum error_code markup_write(struct markup *markup, FILE *out)
{
    if (markup->status != OK)
        return markup->status;
    errno = 0;
    const char *html = buffer_string(&markup->html);
    if (fwrite(html, 1, markup->html.len, out) != markup->html.len || fflush(out) != 0)
        return error_set_errno(markup->err, ERR_IO, errno, "cannot write the report");
    return OK;
}
