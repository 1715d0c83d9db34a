/* What markup comes to, for tests of what is put into it. */
#ifndef LG_TESTS_UNIT_REPORT_HTML_H
#define LG_TESTS_UNIT_REPORT_HTML_H

#include "tests/unit/test.h"

#include <jansson.h>
#include <stdlib.h>

#include "report/markup.h"

/* Writes the markup to a string, which the caller frees, and releases it. */
static inline char *markup_string(struct markup *markup)
{
    struct error err = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_ok(markup_write(markup, out));
    (void)fclose(out);
    markup_release(markup);
    return text;
}

static inline json_t *parsed(const char *text)
{
    json_error_t where;
    json_t *json = json_loads(text, 0, &where);
    if (json == NULL)
        fail_msg("%s: %s", where.text, text);
    return json;
}

/* What put makes of a JSON value; freed by the caller. */
static inline char *html_of(void (*put)(struct markup *markup, const json_t *json),
                            const char *json_text)
{
    struct error err;
    struct markup markup;
    json_t *json = parsed(json_text);
    markup_init(&markup, &err);
    put(&markup, json);
    json_decref(json);
    return markup_string(&markup);
}

static inline void assert_html_contains(void (*put)(struct markup *markup, const json_t *json),
                                        const char *json_text, const char *expected)
{
    char *html = html_of(put, json_text);
    assert_contains(html, expected);
    free(html);
}

static inline void assert_no_html(void (*put)(struct markup *markup, const json_t *json),
                                  const char *json_text)
{
    char *html = html_of(put, json_text);
    assert_string_equal(html, "");
    free(html);
}

#endif
