/* Rows from outside: CSV with a header, or PostgreSQL binary COPY, plain or gzip-compressed. */
#ifndef LG_SNAPSHOT_READER_H
#define LG_SNAPSHOT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/batch.h"

enum row_format {
    FORMAT_CSV,
    FORMAT_COPY_BINARY,
};

#define READER_ERROR_SAMPLES 10

/* One row that could not be read. */
struct row_error {
    uint64_t row;  /* 1-based data row; the header is not counted */
    uint64_t line; /* 1-based line of the file where the row starts; 0 for binary input */
    char column[SCHEMA_MAX_NAME_BYTES + 1]; /* empty if the whole row is bad */
    char reason[200];
};

/* Bad rows are counted, the first few kept. */
struct row_errors {
    uint64_t count;
    struct row_error first[READER_ERROR_SAMPLES];
};

struct reader_options {
    enum row_format format;
    const char *name;     /* for messages: a path, or "standard output of the scorer" */
    size_t max_row_bytes; /* 0: 64 MiB; a longer row ends the input with ERR_LIMIT */
};

struct reader;

/*
 * Reads from fd, which stays the caller's (not closed). Recognises gzip by its magic. The CSV
 * header is read and checked by the first call of reader_next.
 */
enum error_code reader_open(int fd, const struct schema *schema,
                            const struct reader_options *options, struct reader **ret_reader,
                            struct error *err) MUST_CHECK;
void reader_free(struct reader *reader);
DEFINE_POINTER_CLEANUP(struct reader, reader_cleanup, reader_free)

/*
 * Next batch, valid until the next call; *ret_batch is NULL at the end of input. A row that cannot
 * be read is counted in reader_errors and left out; reading goes on, so that the count is whole.
 *
 * ERR_DATA: the input as a whole is no table of this schema (empty file, no header, wrong header
 * with what is missing, extra, renamed or reordered; NUL byte; broken quote at the end; binary
 * garbage). ERR_LIMIT: row too long. ERR_CANCELLED on interrupt. ERR_IO, ERR_MEMORY.
 */
enum error_code reader_next(struct reader *reader, const struct batch **ret_batch,
                            struct error *err) MUST_CHECK;

const struct row_errors *reader_errors(const struct reader *reader);

/* Input bytes consumed so far, before decompression; for progress. */
uint64_t reader_input_bytes(const struct reader *reader);

/*
 * ERR_DATA naming the count and the first bad rows (row, line, column, reason) if any row was bad,
 * else OK.
 */
enum error_code reader_check(const struct reader *reader, struct error *err) MUST_CHECK;

/*
 * Guesses the schema of a CSV file that can be read twice: names from the header, each type the
 * narrowest of bigint, double precision, boolean, uuid, date, timestamptz, text that every value of
 * the whole file satisfies (an all-NULL column is text). A type counts only if it would lose
 * nothing: numbers have no leading zeros or plus ("007" is text) and whole numbers have to be
 * exact, booleans are true, false, t or f, and uuids have their hyphens. Several files given: a
 * schema that fits all, which have to have the same header. Rows that cannot be read are left to
 * the reader.
 *
 * key_names NULL: the first column or the shortest prefix of columns (up to 32, none with a NULL)
 * whose values are unique in the first file's first 100,000 rows; ERR_CONFIG with a hint to use
 * --key if there is none. A key column that is no bigint or uuid is text. Columns allow non-finite
 * values. *ret_schema is owned by the arena. ERR_USAGE for a pipe or "-", ERR_NOT_FOUND, and the
 * errors of reader_next.
 */
enum error_code reader_infer_schema(const char *const *paths, size_t n_paths,
                                    const char *const *key_names, size_t n_keys,
                                    struct arena *arena, struct schema **ret_schema,
                                    struct error *err) MUST_CHECK;

#endif
