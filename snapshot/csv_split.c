#include "snapshot/csv_split.h"

#include <endian.h>
#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* High bits of the bytes that are zero; exact up to the first. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - ONES) & ~word & HIGHS;
}

const char *csv_find_special(const char *p, const char *end, bool *ret_high)
{
    uint64_t seen = 0;
    while (p < end) {
        uint64_t word = 0;
        memcpy(&word, p, sizeof(word));
        word = le64toh(word);
        uint64_t low = (word - ONES * ' ') & ~word & HIGHS;
        uint64_t found = low | zero_bytes(word ^ ONES * ',') | zero_bytes(word ^ ONES * '"');
        if (found != 0) {
            unsigned bit = (unsigned)__builtin_ctzll(found);
            p += bit / 8;
            seen |= word & ((UINT64_C(1) << (bit & ~7U)) - 1);
            break;
        }
        seen |= word;
        p += sizeof(word);
    }
    if ((seen & HIGHS) != 0)
        *ret_high = true;
    return p < end ? p : end;
}

struct splitter {
    const char *p;
    const char *end;
    bool at_end;
    struct csv_record *record;
};

static bool at_line_end(const struct splitter *s, const char *p)
{
    if (p == s->end)
        return s->at_end;
    return *p == '\n' || (*p == '\r' && (p + 1 == s->end ? s->at_end : p[1] == '\n'));
}

/* Whether p could become a line end when more bytes arrive. */
static bool undecided(const struct splitter *s, const char *p)
{
    return !s->at_end && (p == s->end || (*p == '\r' && p + 1 == s->end));
}

/* Moves on to the comma or line end behind unquoted text, noting what must not be in it. */
static enum csv_result skip_unquoted(struct splitter *s, struct csv_field *field)
{
    bool high = false;
    for (;;) {
        s->p = csv_find_special(s->p, s->end, &high);
        if (undecided(s, s->p))
            return CSV_MORE;
        if (at_line_end(s, s->p) || *s->p == ',')
            return CSV_RECORD;
        if (*s->p == '\0')
            return CSV_NUL;
        if (*s->p == '"' && field->problem == NULL)
            field->problem = "a quote inside a field that does not start with one";
        if (*s->p == '\r' && field->problem == NULL)
            field->problem = "a carriage return outside quotes that does not end the line";
        s->p++;
    }
}

static uint64_t count_lines(const char *text, const char *end)
{
    uint64_t lines = 0;
    while (text < end && (text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        lines++;
        text++;
    }
    return lines;
}

/* Moves on behind the closing quote. */
static enum csv_result skip_quoted(struct splitter *s, struct csv_field *field)
{
    s->p++;
    field->text = s->p;
    field->quoted = true;
    for (;;) {
        const char *quote = memchr(s->p, '"', (size_t)(s->end - s->p));
        if (quote == NULL)
            return s->at_end ? CSV_OPEN_QUOTE : CSV_MORE;
        if (quote + 1 == s->end && !s->at_end)
            return CSV_MORE;
        s->p = quote + 1;
        if (s->p == s->end || *s->p != '"')
            break;
        field->doubled = true;
        s->p++;
    }
    field->len = (size_t)(s->p - 1 - field->text);
    const char *nul = memchr(field->text, '\0', field->len);
    s->record->lines += count_lines(field->text, nul == NULL ? s->p : nul);
    return nul == NULL ? CSV_RECORD : CSV_NUL;
}

static enum csv_result split_field(struct splitter *s, struct csv_field *field)
{
    *field = (struct csv_field){.text = s->p};
    if (s->p == s->end || *s->p != '"') {
        enum csv_result result = skip_unquoted(s, field);
        field->len = (size_t)(s->p - field->text);
        return result;
    }
    enum csv_result result = skip_quoted(s, field);
    if (result != CSV_RECORD || (s->p < s->end && *s->p == ','))
        return result;
    if (undecided(s, s->p))
        return CSV_MORE;
    if (at_line_end(s, s->p))
        return CSV_RECORD;
    field->problem = "text after a closing quote";
    return skip_unquoted(s, field);
}

enum csv_result csv_split(const char *p, const char *end, bool at_end, struct csv_record *record)
{
    struct splitter s = {.p = p, .end = end, .at_end = at_end, .record = record};
    record->n_fields = 0;
    record->lines = 0;
    for (;;) {
        struct csv_field ignored;
        bool kept = record->n_fields < record->capacity;
        enum csv_result result =
            split_field(&s, kept ? &record->fields[record->n_fields] : &ignored);
        if (result != CSV_RECORD) {
            record->next = result == CSV_OPEN_QUOTE ? end : s.p + (s.p < end);
            return result;
        }
        record->n_fields++;
        if (s.p == end || *s.p != ',')
            break;
        s.p++;
    }
    if (s.p < end) {
        s.p += *s.p == '\r' && s.p + 1 < end ? 2 : 1;
        record->lines++;
    }
    record->next = s.p;
    return CSV_RECORD;
}

enum error_code csv_field_value(const struct csv_field *field, struct buffer *scratch,
                                const char **ret_text, size_t *ret_len, struct error *err)
{
    *ret_text = field->text;
    *ret_len = field->len;
    if (!field->doubled)
        return OK;
    buffer_clear(scratch);
    TRY(buffer_reserve(scratch, field->len, err));
    const char *end = field->text + field->len;
    for (const char *p = field->text; p < end; p++) {
        scratch->data[scratch->len++] = *p;
        p += *p == '"';
    }
    scratch->data[scratch->len] = '\0';
    *ret_text = scratch->data;
    *ret_len = scratch->len;
    return OK;
}
