#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/csv_fast.h"
#include "snapshot/csv_header.h"
#include "snapshot/reader_internal.h"

static enum error_code split_error(const struct reader *reader, enum csv_result result,
                                   struct error *err)
{
    uint64_t line = reader->line + reader->record.lines;
    unsigned shown = line > UINT32_MAX ? 0 : (unsigned)line;
    if (result == CSV_NUL) {
        (void)error_set(err, ERR_DATA, "a NUL byte in line %llu", (unsigned long long)line);
        error_hint(err, "A CSV file is UTF-8 text; this may be UTF-16 or no text at all.");
    } else {
        (void)error_set(err, ERR_DATA,
                        "the input ends inside a quoted field that starts in line %llu",
                        (unsigned long long)line);
        error_hint(err, "Either a quote is missing, or the file was cut off.");
    }
    error_at(err, reader->name, shown, 0);
    return ERR_DATA;
}

/* Takes the next record apart, getting more input as needed. False at the end of the input. */
static enum error_code next_record(struct reader *reader, bool *ret_any, struct error *err)
{
    struct input *input = &reader->input;
    for (;;) {
        const char *start = input->data + input->start;
        const char *end = input->data + input->end;
        enum csv_result result = CSV_MORE;
        if (start < end)
            result = csv_split(start, end, input->at_end, &reader->record);
        else if (input->at_end) {
            *ret_any = false;
            return OK;
        }
        if (result == CSV_RECORD && csv_is_blank(&reader->record) && reader->record.next == end &&
            !input->at_end)
            result = CSV_MORE; /* whether a blank line is the last decides what it means */
        if (result == CSV_MORE) {
            TRY(reader_more(reader, err));
            continue;
        }
        if ((size_t)(reader->record.next - start) > reader->max_row_bytes)
            return reader_too_long(reader, err);
        if (result != CSV_RECORD)
            return split_error(reader, result, err);
        *ret_any = true;
        return OK;
    }
}

/* Makes reader->line and the window go on behind the record. */
static void pass_record(struct reader *reader)
{
    reader->input.start = (size_t)(reader->record.next - reader->input.data);
    reader->line += reader->record.lines;
}

static enum error_code put_field(struct reader *reader, size_t column, struct error *err)
{
    const struct csv_field *field = &reader->record.fields[column];
    if (field->len == 0 && !field->quoted)
        return batch_builder_put_null(reader->builder, column, err);
    const char *text = NULL;
    size_t len = 0;
    TRY(csv_field_value(field, &reader->scratch, &text, &len, err));
    return batch_builder_put_text(reader->builder, column, text, len, err);
}

/* Why the record as a whole, or one of its fields, cannot be read; *ret_column is -1 or which. */
static bool find_problem(const struct reader *reader, long *ret_column, char reason[200])
{
    const struct csv_record *record = &reader->record;
    *ret_column = -1;
    for (size_t i = 0; i < record->n_fields && i < record->capacity; i++) {
        if (record->fields[i].problem == NULL)
            continue;
        *ret_column = i < reader->schema->n_columns ? (long)i : -1;
        (void)snprintf(reason, 200, "%s", record->fields[i].problem);
        return true;
    }
    if (record->n_fields == reader->schema->n_columns)
        return false;
    (void)snprintf(reason, 200, "%zu field%s instead of %zu", record->n_fields,
                   record->n_fields == 1 ? "" : "s", reader->schema->n_columns);
    return true;
}

static enum error_code put_record(struct reader *reader, struct error *err)
{
    char reason[200];
    long column = -1;
    if (find_problem(reader, &column, reason)) {
        reader_bad_row(reader, column, reason);
        return OK;
    }
    for (size_t i = 0; i < reader->schema->n_columns; i++) {
        enum error_code code = put_field(reader, i, err);
        if (code != OK)
            return reader_bad_value(reader, i, code, err);
    }
    batch_builder_end_row(reader->builder);
    return OK;
}

static enum error_code careful_row(struct reader *reader, struct error *err)
{
    bool any = false;
    batch_builder_drop_row(reader->builder);
    TRY(next_record(reader, &any, err));
    const struct csv_record *record = &reader->record;
    bool last_blank = any && csv_is_blank(record) && reader->input.at_end &&
                      record->next == reader->input.data + reader->input.end;
    if (!any || last_blank) {
        reader->finished = true;
        return OK;
    }
    reader->row++;
    TRY(put_record(reader, err));
    pass_record(reader);
    return OK;
}

enum error_code csv_fill(struct reader *reader, struct error *err)
{
    struct input *input = &reader->input;
    while (!reader->finished && !batch_builder_full(reader->builder)) {
        if (reader->builder->n_rows == reader->builder->row_capacity)
            TRY(builder_reserve_row(reader->builder, err));
        const char *start = input->data + input->start;
        const char *end = input->data + input->end;
        const char *next = csv_fast_row(reader->builder, start, end);
        if (next == NULL || (size_t)(next - start) > reader->max_row_bytes) {
            TRY(careful_row(reader, err));
            continue;
        }
        batch_builder_end_row(reader->builder);
        reader->row++;
        reader->line++;
        input->start = (size_t)(next - input->data);
    }
    return OK;
}

/* The header. */

static enum error_code skip_byte_order_mark(struct reader *reader, struct error *err)
{
    struct input *input = &reader->input;
    while (input->end - input->start < 3 && !input->at_end)
        TRY(input_more(input, err));
    const char *bytes = input->data + input->start;
    size_t len = input->end - input->start;
    if (len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        input->start += 3;
    if (len >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0)) {
        (void)error_set(err, ERR_DATA, "%s is UTF-16", reader->name);
        error_hint(err, "Convert it with iconv -f UTF-16 -t UTF-8.");
        return ERR_DATA;
    }
    return OK;
}

/* Appends the names in the header to texts, each with a zero byte. */
static enum error_code take_names(struct reader *reader, struct buffer *texts, size_t *ret_n_names,
                                  struct error *err)
{
    const struct csv_record *record = &reader->record;
    size_t n_names = record->n_fields < record->capacity ? record->n_fields : record->capacity;
    for (size_t i = 0; i < n_names; i++) {
        const struct csv_field *field = &record->fields[i];
        const char *text = NULL;
        size_t len = 0;
        if (field->problem != NULL)
            return error_set(err, ERR_DATA, "%s in the header", field->problem);
        TRY(csv_field_value(field, &reader->scratch, &text, &len, err));
        TRY(buffer_append(texts, text, len, err));
        TRY(buffer_append_char(texts, '\0', err));
    }
    *ret_n_names = n_names;
    return OK;
}

enum error_code csv_read_names(struct reader *reader, struct buffer *texts, size_t *ret_n_names,
                               struct error *err)
{
    bool any = false;
    TRY(skip_byte_order_mark(reader, err));
    TRY(next_record(reader, &any, err));
    if (!any) {
        (void)error_set(err, ERR_DATA, "%s is empty", reader->name);
        error_hint(err, "A CSV file has a header even if it has no rows.");
        return ERR_DATA;
    }
    enum error_code code = take_names(reader, texts, ret_n_names, err);
    if (code == ERR_DATA)
        error_at(err, reader->name, 1, 0);
    pass_record(reader);
    return code;
}

static enum error_code check_names(const struct reader *reader, const struct buffer *texts,
                                   size_t n_names, struct error *err)
{
    const char **names = calloc(n_names, sizeof(*names));
    if (names == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot hold the header");
    const char *text = buffer_string(texts);
    for (size_t i = 0; i < n_names; i++) {
        names[i] = text;
        text += strlen(text) + 1;
    }
    enum error_code code = csv_check_header(reader->schema, names, n_names, err);
    free(names);
    if (code != OK)
        error_at(err, reader->name, 1, 0);
    return code;
}

enum error_code csv_start(struct reader *reader, struct error *err)
{
    CLEANUP(buffer_release) struct buffer texts;
    size_t n_names = 0;
    buffer_init(&texts, reader->max_row_bytes * 2);
    TRY(csv_read_names(reader, &texts, &n_names, err));
    return check_names(reader, &texts, n_names, err);
}
