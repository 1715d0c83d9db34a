/* What a page comes to, for tests of what is put on it. */
#ifndef LG_TESTS_UNIT_REPORT_WRITTEN_H
#define LG_TESTS_UNIT_REPORT_WRITTEN_H

#include "tests/unit/test.h"

#include <stdlib.h>

#include "report/page.h"

/* Writes the page to a string, which the caller frees, and releases it. */
static inline char *page_text(struct page *page)
{
    struct error err;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_ok(page_write(page, out));
    (void)fclose(out);
    page_release(page);
    return text;
}

static inline void assert_written(struct page *page, const char *expected)
{
    char *text = page_text(page);
    assert_string_equal(text, expected);
    free(text);
}

#endif
