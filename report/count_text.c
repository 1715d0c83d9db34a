#include "report/count_text.h"

#include <string.h>

#include "base/number.h"
#include "report/stored.h"

#define GAP 2

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A count, and what share of a whole it is. */
static void set_count(struct count *count, const char *label, uint64_t rows, uint64_t whole)
{
    count->label = label;
    number_format_count(rows, count->number);
    count->percent[0] = '\0';
    if (rows > 0 && whole > 0)
        number_format_share((double)rows / (double)whole, 0, count->percent);
    count->width = max(max(strlen(label), strlen(count->number)), strlen(count->percent));
}

/* Growth of the new side over the old one: "+0.3 %". */
static void set_growth(struct count *count, uint64_t old_rows, uint64_t new_rows)
{
    char text[NUMBER_TEXT_BYTES];
    if (old_rows == 0 || old_rows == new_rows)
        return;
    double growth = ((double)new_rows - (double)old_rows) / (double)old_rows;
    number_format_share(growth, 0, text);
    (void)snprintf(count->percent, sizeof(count->percent), "%s%s", growth > 0 ? "+" : "", text);
    count->width = max(count->width, strlen(count->percent));
}

void count_text_read(const json_t *rows, struct count counts[N_COUNTS])
{
    uint64_t old_rows = stored_count(rows, "old");
    uint64_t new_rows = stored_count(rows, "new");
    uint64_t kept = stored_count(rows, "kept");
    set_count(&counts[0], "old rows", old_rows, 0);
    set_count(&counts[1], "new rows", new_rows, 0);
    set_growth(&counts[1], old_rows, new_rows);
    set_count(&counts[2], "kept", kept, old_rows);
    set_count(&counts[3], "changed", stored_count(rows, "changed"), kept);
    set_count(&counts[4], "added", stored_count(rows, "added"), new_rows);
    set_count(&counts[5], "removed", stored_count(rows, "removed"), old_rows);
    set_count(&counts[6], "duplicates", stored_count(rows, "duplicates"), new_rows);
}

static void put_right(struct page *page, enum ink ink, size_t end, const char *text)
{
    if (*text == '\0')
        return;
    page_tab(page, end - strlen(text));
    page_put(page, ink, text);
}

/* Labels, numbers and percentages in columns. */
static void put_across(struct page *page, const struct count counts[N_COUNTS], size_t indent)
{
    size_t ends[N_COUNTS];
    size_t end = indent;
    for (size_t i = 0; i < N_COUNTS; i++) {
        end += counts[i].width;
        ends[i] = end;
        end += GAP;
    }
    for (size_t i = 0; i < N_COUNTS; i++)
        put_right(page, INK_DIM, ends[i], counts[i].label);
    page_newline(page);
    for (size_t i = 0; i < N_COUNTS; i++)
        put_right(page, INK_PLAIN, ends[i], counts[i].number);
    page_newline(page);
    for (size_t i = 0; i < N_COUNTS; i++)
        put_right(page, INK_DIM, ends[i], counts[i].percent);
    page_newline(page);
}

/* A line each, for a narrow terminal. */
static void put_down(struct page *page, const struct count counts[N_COUNTS], size_t indent)
{
    size_t label_width = 0;
    size_t number_width = 0;
    size_t percent_width = 0;
    for (size_t i = 0; i < N_COUNTS; i++) {
        label_width = max(label_width, strlen(counts[i].label));
        number_width = max(number_width, strlen(counts[i].number));
        percent_width = max(percent_width, strlen(counts[i].percent));
    }
    size_t number_end = indent + label_width + GAP + number_width;
    for (size_t i = 0; i < N_COUNTS; i++) {
        page_tab(page, indent);
        page_put(page, INK_DIM, counts[i].label);
        put_right(page, INK_PLAIN, number_end, counts[i].number);
        put_right(page, INK_DIM, number_end + GAP + percent_width, counts[i].percent);
        page_newline(page);
    }
}

void count_text_put(struct page *page, const json_t *rows, size_t indent)
{
    struct count counts[N_COUNTS];
    size_t width = indent;
    count_text_read(rows, counts);
    for (size_t i = 0; i < N_COUNTS; i++)
        width += counts[i].width + (i > 0 ? GAP : 0);
    if (width <= page->width)
        put_across(page, counts, indent);
    else
        put_down(page, counts, indent);
}
