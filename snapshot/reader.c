#include "snapshot/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/reader_internal.h"
#include "snapshot/utf8.h"

#define DEFAULT_MAX_ROW_BYTES ((size_t)64 << 20)
#define EXTRA_FIELDS 2048 /* fields of a too long record or header that are kept for messages */

static enum error_code set_up(struct reader *reader, int fd, const struct schema *schema,
                              const struct reader_options *options, struct error *err)
{
    reader->schema = schema;
    reader->format = options->format;
    reader->max_row_bytes =
        options->max_row_bytes == 0 ? DEFAULT_MAX_ROW_BYTES : options->max_row_bytes;
    reader->line = 1;
    buffer_init(&reader->scratch, reader->max_row_bytes * 2);
    reader->name = strdup(options->name == NULL ? "the input" : options->name);
    input_init(&reader->input, fd, reader->name, reader->max_row_bytes + 1);
    reader->record.capacity = schema->n_columns + EXTRA_FIELDS;
    reader->record.fields = calloc(reader->record.capacity, sizeof(*reader->record.fields));
    if (reader->name == NULL || reader->record.fields == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up a reader");
    return batch_builder_new(schema, &reader->builder, err);
}

enum error_code reader_open(int fd, const struct schema *schema,
                            const struct reader_options *options, struct reader **ret_reader,
                            struct error *err)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up a reader");
    enum error_code code = set_up(reader, fd, schema, options, err);
    if (code != OK) {
        reader_free(reader);
        return code;
    }
    *ret_reader = reader;
    return OK;
}

void reader_free(struct reader *reader)
{
    if (reader == NULL)
        return;
    input_release(&reader->input);
    buffer_release(&reader->scratch);
    batch_builder_free(reader->builder);
    free(reader->record.fields);
    free(reader->name);
    free(reader);
}

static enum error_code start(struct reader *reader, struct error *err)
{
    TRY(reader->format == FORMAT_CSV ? csv_start(reader, err) : copy_start(reader, err));
    reader->started = true;
    return OK;
}

enum error_code reader_next(struct reader *reader, const struct batch **ret_batch,
                            struct error *err)
{
    if (!reader->started)
        TRY(start(reader, err));
    batch_builder_clear(reader->builder);
    if (!reader->finished)
        TRY(reader->format == FORMAT_CSV ? csv_fill(reader, err) : copy_fill(reader, err));
    const struct batch *batch = batch_builder_batch(reader->builder);
    *ret_batch = batch->n_rows > 0 ? batch : NULL;
    return OK;
}

const struct row_errors *reader_errors(const struct reader *reader)
{
    return &reader->errors;
}

uint64_t reader_input_bytes(const struct reader *reader)
{
    return reader->input.raw_bytes;
}

void reader_bad_row(struct reader *reader, long column, const char *reason)
{
    batch_builder_drop_row(reader->builder);
    struct row_errors *errors = &reader->errors;
    if (errors->count < READER_ERROR_SAMPLES) {
        struct row_error *error = &errors->first[errors->count];
        *error = (struct row_error){.row = reader->row};
        if (reader->format == FORMAT_CSV)
            error->line = reader->line;
        if (column >= 0)
            (void)snprintf(error->column, sizeof(error->column), "%s",
                           reader->schema->columns[column].name);
        size_t len = utf8_cut(reason, strlen(reason), sizeof(error->reason) - 1);
        memcpy(error->reason, reason, len);
        error->reason[len] = '\0';
    }
    errors->count++;
}

enum error_code reader_bad_value(struct reader *reader, size_t column, enum error_code code,
                                 const struct error *err)
{
    if (code != ERR_DATA)
        return code;
    reader_bad_row(reader, (long)column, err->message);
    return OK;
}

enum error_code reader_too_long(const struct reader *reader, struct error *err)
{
    if (!reader->started)
        (void)error_set(err, ERR_LIMIT, "the header is longer than %zu bytes",
                        reader->max_row_bytes);
    else if (reader->format == FORMAT_CSV)
        (void)error_set(err, ERR_LIMIT,
                        "row %" PRIu64 ", which starts in line %" PRIu64
                        ", is longer than %zu bytes",
                        reader->row + 1, reader->line, reader->max_row_bytes);
    else
        (void)error_set(err, ERR_LIMIT, "row %" PRIu64 " is longer than %zu bytes", reader->row + 1,
                        reader->max_row_bytes);
    error_at(
        err, reader->name,
        reader->format == FORMAT_CSV && reader->line <= UINT32_MAX ? (unsigned)reader->line : 0, 0);
    if (reader->format == FORMAT_CSV)
        error_hint(err, "A quote that is never closed makes one row of many lines.");
    return ERR_LIMIT;
}

enum error_code reader_more(struct reader *reader, struct error *err)
{
    const struct input *input = &reader->input;
    if (input->end - input->start > reader->max_row_bytes)
        return reader_too_long(reader, err);
    return input_more(&reader->input, err);
}

/* Appends "row 3, line 4, column score: reason" as long as there is room. */
static void describe(const struct row_error *error, char *text, size_t capacity)
{
    size_t n = strlen(text);
    char line[32] = "";
    char item[400];
    if (error->line > 0)
        (void)snprintf(line, sizeof(line), ", line %" PRIu64, error->line);
    int len =
        snprintf(item, sizeof(item), "%sRow %" PRIu64 "%s%s%s: %s.", n > 0 ? " " : "", error->row,
                 line, error->column[0] != '\0' ? ", column " : "", error->column, error->reason);
    if (len > 0 && n + (size_t)len < capacity)
        memcpy(text + n, item, (size_t)len + 1);
}

enum error_code reader_check(const struct reader *reader, struct error *err)
{
    const struct row_errors *errors = &reader->errors;
    if (errors->count == 0)
        return OK;
    char text[sizeof(err->detail)] = "";
    for (size_t i = 0; i < errors->count && i < READER_ERROR_SAMPLES; i++)
        describe(&errors->first[i], text, sizeof(text));
    (void)error_set(err, ERR_DATA, "%" PRIu64 " of %" PRIu64 " rows could not be read",
                    errors->count, reader->row);
    error_detail(err, "%s", text);
    error_at(err, reader->name,
             errors->first[0].line <= UINT32_MAX ? (unsigned)errors->first[0].line : 0, 0);
    return ERR_DATA;
}
