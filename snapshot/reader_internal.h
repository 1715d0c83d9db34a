/* What the readers of the two formats share. */
#ifndef LG_SNAPSHOT_READER_INTERNAL_H
#define LG_SNAPSHOT_READER_INTERNAL_H

#include "base/buffer.h"
#include "snapshot/builder.h"
#include "snapshot/csv_split.h"
#include "snapshot/input.h"
#include "snapshot/reader.h"

struct reader {
    const struct schema *schema;
    enum row_format format;
    char *name;
    size_t max_row_bytes;
    struct input input;
    struct batch_builder *builder;
    struct row_errors errors;
    uint64_t row;  /* data rows seen so far, bad ones included */
    uint64_t line; /* 1-based line at input.start; CSV only */
    bool started;
    bool finished;
    struct csv_record record; /* CSV only; one field more than columns */
    struct buffer scratch;
};

/*
 * Each format checks what comes before the first row, then fills the builder until it is full or
 * the input has ended (reader->finished).
 */
enum error_code csv_start(struct reader *reader, struct error *err) MUST_CHECK;
enum error_code csv_fill(struct reader *reader, struct error *err) MUST_CHECK;
enum error_code copy_start(struct reader *reader, struct error *err) MUST_CHECK;
enum error_code copy_fill(struct reader *reader, struct error *err) MUST_CHECK;

/*
 * Reads the header and appends its names to texts, each with a zero byte. ERR_DATA for an empty
 * input or one that begins with no CSV at all.
 */
enum error_code csv_read_names(struct reader *reader, struct buffer *texts, size_t *ret_n_names,
                               struct error *err) MUST_CHECK;

/*
 * Counts the current row (reader->row) as bad; column is -1 if the whole row is. Drops what the
 * builder has of it.
 */
void reader_bad_row(struct reader *reader, long column, const char *reason);

/*
 * Counts a row bad for a value that was refused with ERR_DATA and returns OK; passes any other
 * error on.
 */
enum error_code reader_bad_value(struct reader *reader, size_t column, enum error_code code,
                                 const struct error *err);

/* More input for the current row; names the row (and line) when it is too long. */
enum error_code reader_more(struct reader *reader, struct error *err) MUST_CHECK;

/* ERR_LIMIT for the current row. */
enum error_code reader_too_long(const struct reader *reader, struct error *err);

#endif
