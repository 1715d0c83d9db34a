#include "store/pq.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void store_result_release(struct store_result *result)
{
    PQclear(result->pg);
    result->pg = NULL;
}

size_t store_rows(const struct store_result *result)
{
    return result->pg == NULL ? 0 : (size_t)PQntuples(result->pg);
}

int64_t store_affected(const struct store_result *result)
{
    return result->pg == NULL ? 0 : strtoll(PQcmdTuples(result->pg), NULL, 10);
}

bool store_get_null(const struct store_result *result, size_t row, size_t column)
{
    assert(row < store_rows(result) && column < (size_t)PQnfields(result->pg));
    return PQgetisnull(result->pg, (int)row, (int)column) != 0;
}

const char *store_get_text(const struct store_result *result, size_t row, size_t column)
{
    if (store_get_null(result, row, column))
        return NULL;
    return PQgetvalue(result->pg, (int)row, (int)column);
}

/* The text of a column that the query never leaves null. */
static const char *get_value(const struct store_result *result, size_t row, size_t column)
{
    const char *text = store_get_text(result, row, column);
    assert(text != NULL);
    return text;
}

int64_t store_get_int(const struct store_result *result, size_t row, size_t column)
{
    return strtoll(get_value(result, row, column), NULL, 10);
}

double store_get_number(const struct store_result *result, size_t row, size_t column)
{
    return strtod(get_value(result, row, column), NULL);
}

bool store_get_bool(const struct store_result *result, size_t row, size_t column)
{
    return get_value(result, row, column)[0] == 't';
}

/* The session's DateStyle and time zone give "2011-05-23 04:00:00.5+00". */
int64_t store_get_time(const struct store_result *result, size_t row, size_t column)
{
    char full[64];
    int64_t unix_us = STORE_NO_TIME;
    const char *text = store_get_text(result, row, column);
    if (text == NULL)
        return STORE_NO_TIME;
    int len = snprintf(full, sizeof(full), "%s:00", text);
    enum error_code code = clock_parse_rfc3339(full, (size_t)len, &unix_us, NULL);
    /* Tables of the ledger hold no times outside the years 1 to 9999. */
    return code == OK ? unix_us : STORE_NO_TIME;
}

static enum error_code append_array_item(const char *item, struct buffer *out, struct error *err)
{
    if (item == NULL)
        return buffer_append_string(out, "null", err);
    TRY(buffer_append_char(out, '"', err));
    for (const char *p = item; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            TRY(buffer_append_char(out, '\\', err));
        TRY(buffer_append_char(out, *p, err));
    }
    return buffer_append_char(out, '"', err);
}

enum error_code store_text_array(const char *const *items, size_t n, struct buffer *out,
                                 struct error *err)
{
    TRY(buffer_append_char(out, '{', err));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            TRY(buffer_append_char(out, ',', err));
        TRY(append_array_item(items[i], out, err));
    }
    return buffer_append_char(out, '}', err);
}

enum error_code store_int_array(const int64_t *items, size_t n, struct buffer *out,
                                struct error *err)
{
    TRY(buffer_append_char(out, '{', err));
    for (size_t i = 0; i < n; i++)
        TRY(buffer_printf(out, err, "%s%" PRId64, i > 0 ? "," : "", items[i]));
    return buffer_append_char(out, '}', err);
}

static enum error_code append_quoted(struct store *store, char *quoted, struct buffer *out,
                                     struct error *err)
{
    if (quoted == NULL)
        return error_set(err, ERR_DATA, "cannot quote a name: %s",
                         store->conn == NULL ? "no connection" : "it is not valid UTF-8");
    enum error_code code = buffer_append_string(out, quoted, err);
    PQfreemem(quoted);
    return code;
}

enum error_code store_quote_identifier(struct store *store, const char *name, struct buffer *out,
                                       struct error *err)
{
    return append_quoted(store, PQescapeIdentifier(store->conn, name, strlen(name)), out, err);
}

enum error_code store_quote_literal(struct store *store, const char *text, struct buffer *out,
                                    struct error *err)
{
    return append_quoted(store, PQescapeLiteral(store->conn, text, strlen(text)), out, err);
}
