#include "report/page.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "report/visible.h"

#define PRINTF_MAX_BYTES 4096

void page_init(struct page *page, unsigned width, bool color, struct error *err)
{
    *page = (struct page){.width = width == 0 ? PAGE_DEFAULT_WIDTH : width, .color = color};
    if (page->width < PAGE_MIN_WIDTH)
        page->width = PAGE_MIN_WIDTH;
    page->err = err;
    buffer_init(&page->text, PAGE_MAX_BYTES);
    buffer_init(&page->word, PAGE_MAX_BYTES);
}

void page_release(struct page *page)
{
    buffer_release(&page->text);
    buffer_release(&page->word);
}

static void append(struct page *page, const char *bytes, size_t len)
{
    if (page->status == OK)
        page->status = buffer_append(&page->text, bytes, len, page->err);
}

static void set_ink(struct page *page, enum ink ink)
{
    static const char *const codes[] = {
        [INK_PLAIN] = "\033[0m",    [INK_DIM] = "\033[2m",       [INK_BOLD] = "\033[1m",
        [INK_GREEN] = "\033[1;32m", [INK_YELLOW] = "\033[1;33m", [INK_RED] = "\033[1;31m"};
    if (!page->color || page->ink == ink)
        return;
    if (page->ink != INK_PLAIN)
        append(page, codes[INK_PLAIN], strlen(codes[INK_PLAIN]));
    if (ink != INK_PLAIN)
        append(page, codes[ink], strlen(codes[ink]));
    page->ink = ink;
}

/* Adds visible text. */
static void add(struct page *page, enum ink ink, const char *text, size_t len)
{
    if (len == 0)
        return;
    set_ink(page, ink);
    append(page, text, len);
    page->column += visible_columns(text, len);
}

/* The visible form of a text, in page->word. */
static const char *make_visible(struct page *page, const char *text, size_t *ret_len)
{
    buffer_clear(&page->word);
    if (page->status == OK)
        page->status = visible_append(&page->word, text, strlen(text), page->err);
    *ret_len = page->word.len;
    return buffer_string(&page->word);
}

void page_put(struct page *page, enum ink ink, const char *text)
{
    size_t len = 0;
    const char *visible = make_visible(page, text, &len);
    add(page, ink, visible, len);
}

void page_printf(struct page *page, enum ink ink, const char *format, ...)
{
    char text[PRINTF_MAX_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    page_put(page, ink, text);
}

void page_put_cut(struct page *page, enum ink ink, const char *text)
{
    size_t len = 0;
    const char *visible = make_visible(page, text, &len);
    size_t room = page->column < page->width ? page->width - page->column : 1;
    if (visible_cut(visible, len, room) == len) {
        add(page, ink, visible, len);
        return;
    }
    add(page, ink, visible, visible_cut(visible, len, room - 1));
    add(page, ink, "…", strlen("…"));
}

/* Bytes up to the next space at which a line may be broken. */
static size_t word_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && (text[at] != ' ' || (at + 1 < len && text[at + 1] == '%')))
        at++;
    return at;
}

static void break_line(struct page *page, size_t indent)
{
    page_newline(page);
    page_tab(page, indent);
}

static void put_word(struct page *page, enum ink ink, size_t indent, const char *word, size_t len)
{
    while (len > 0) {
        size_t room = page->column < page->width ? page->width - page->column : 0;
        size_t fits = visible_cut(word, len, room);
        add(page, ink, word, fits);
        word += fits;
        len -= fits;
        if (len > 0)
            break_line(page, indent);
    }
}

void page_wrap(struct page *page, enum ink ink, size_t indent, const char *text)
{
    size_t len = 0;
    const char *at = make_visible(page, text, &len);
    const char *end = at + len;
    bool first = true;
    if (indent > page->width / 2)
        indent = page->width / 2;
    while (at < end) {
        size_t word = word_length(at, (size_t)(end - at));
        size_t columns = visible_columns(at, word);
        if (page->column + !first + columns > page->width && page->column > indent)
            break_line(page, indent);
        else if (!first)
            add(page, ink, " ", 1);
        put_word(page, ink, indent, at, word);
        at += word;
        at += at < end;
        first = false;
    }
}

void page_tab(struct page *page, size_t column)
{
    while (page->column < column && page->status == OK)
        add(page, INK_PLAIN, " ", 1);
}

void page_newline(struct page *page)
{
    set_ink(page, INK_PLAIN);
    while (page->text.len > 0 && page->text.data[page->text.len - 1] == ' ')
        page->text.data[--page->text.len] = '\0';
    append(page, "\n", 1);
    page->column = 0;
}

enum error_code page_write(struct page *page, FILE *out)
{
    if (page->status != OK)
        return page->status;
    errno = 0;
    bool written = fwrite(buffer_string(&page->text), 1, page->text.len, out) == page->text.len;
    if (!written || fflush(out) != 0)
        return error_set_errno(page->err, ERR_IO, errno, "cannot write the report");
    return OK;
}
