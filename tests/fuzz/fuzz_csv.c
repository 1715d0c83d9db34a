/* Fuzz target: CSV of a known schema, whole and in pieces, and of one that is found out. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"
#include "snapshot/value.h"
#include "tests/fuzz/target.h"

#define MAX_INPUT_BYTES ((size_t)16 << 10)
#define MAX_ROW_BYTES ((size_t)2 << 10) /* small, so that long rows are met with, too */
#define MAX_PIECES 100

static const struct schema *declared_schema(void)
{
    static const struct schema_column columns[] = {
        {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "level", .type = TYPE_INTEGER},
        {.name = "rate", .type = TYPE_REAL, .allow_nonfinite = true},
        {.name = "score", .type = TYPE_DOUBLE},
        {.name = "price", .type = TYPE_NUMERIC, .allow_nonfinite = true},
        {.name = "name", .type = TYPE_TEXT, .not_null = true},
        {.name = "active", .type = TYPE_BOOLEAN},
        {.name = "born", .type = TYPE_DATE, .allow_nonfinite = true},
        {.name = "seen", .type = TYPE_TIMESTAMPTZ},
        {.name = "token", .type = TYPE_UUID},
    };
    static const char *const keys[] = {"id", "name"};
    static struct arena arena;
    static struct schema *schema;
    struct error err;
    if (schema != NULL)
        return schema;
    enum error_code code =
        schema_make(&arena, columns, ARRAY_SIZE(columns), keys, ARRAY_SIZE(keys), &schema, &err);
    assert(code == OK);
    return schema;
}

static int in_one(const uint8_t *data, size_t size)
{
    int fd = memfd_create("csv", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

/* A descriptor from which every read gives at most `step` bytes. */
static int in_pieces(const uint8_t *data, size_t size, size_t step)
{
    int ends[2];
    int made = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
    assert(made == 0);
    for (size_t i = 0; i < size; i += step) {
        size_t n = size - i < step ? size - i : step;
        ssize_t written = write(ends[1], data + i, n);
        assert(written == (ssize_t)n);
    }
    (void)close(ends[1]);
    return ends[0];
}

struct outcome {
    enum error_code code;
    char message[sizeof(((struct error *)NULL)->message)];
    uint64_t rows;
    struct fingerprint fingerprint;
    struct row_errors errors;
};

/* What a value is shown as can be read, and is the same value. */
static void write_back(const struct batch *batch)
{
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    struct fingerprint before = {0};
    struct fingerprint after = {0};
    struct error err;
    enum error_code code = batch_builder_new(batch->schema, &builder, &err);
    assert(code == OK);
    for (size_t row = 0; row < batch->n_rows; row++) {
        for (size_t i = 0; i < batch->schema->n_columns; i++) {
            static char text[2 * MAX_INPUT_BYTES];
            const struct column *column = &batch->columns[i];
            size_t len = column_format(column, row, text, sizeof(text));
            code = column_is_null(column, row)
                       ? batch_builder_put_null(builder, i, &err)
                       : batch_builder_put_text(builder, i, text, len, &err);
            assert(code == OK);
        }
        batch_builder_end_row(builder);
    }
    fingerprint_add(&before, batch);
    fingerprint_add(&after, batch_builder_batch(builder));
    assert(before.low == after.low && before.high == after.high);
}

/* Takes the descriptor. */
static struct outcome read_rows(int fd, const struct schema *schema)
{
    const struct reader_options options = {
        .format = FORMAT_CSV, .name = "rows.csv", .max_row_bytes = MAX_ROW_BYTES};
    struct reader *reader CLEANUP(reader_cleanup) = NULL;
    struct outcome outcome = {0};
    const struct batch *batch = NULL;
    struct error err = {0};
    outcome.code = reader_open(fd, schema, &options, &reader, &err);
    assert(outcome.code == OK);
    while ((outcome.code = reader_next(reader, &batch, &err)) == OK && batch != NULL) {
        outcome.rows += batch->n_rows;
        fingerprint_add(&outcome.fingerprint, batch);
        write_back(batch);
    }
    assert(outcome.code == OK || outcome.code == ERR_DATA || outcome.code == ERR_LIMIT);
    assert(outcome.code == OK || err.message[0] != '\0');
    memcpy(outcome.message, err.message, sizeof(outcome.message));
    outcome.errors = *reader_errors(reader);
    assert((reader_check(reader, &err) == OK) == (outcome.errors.count == 0));
    (void)close(fd);
    return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
    assert(a->code == b->code && strcmp(a->message, b->message) == 0);
    assert(a->rows == b->rows && a->errors.count == b->errors.count);
    assert(a->fingerprint.low == b->fingerprint.low && a->fingerprint.high == b->fingerprint.high);
    for (size_t i = 0; i < a->errors.count && i < READER_ERROR_SAMPLES; i++) {
        const struct row_error *x = &a->errors.first[i];
        const struct row_error *y = &b->errors.first[i];
        assert(x->row == y->row && x->line == y->line);
        assert(strcmp(x->column, y->column) == 0 && strcmp(x->reason, y->reason) == 0);
    }
}

/* The types that are found out refuse no row that could be read as texts. */
static void compare_with_texts(const uint8_t *data, size_t size, const struct schema *schema)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct schema texts = *schema;
    texts.columns = arena_calloc(&arena, schema->n_columns, sizeof(*texts.columns));
    for (size_t i = 0; i < schema->n_columns; i++) {
        texts.columns[i] = schema->columns[i];
        texts.columns[i].type = TYPE_TEXT;
    }
    struct outcome typed = read_rows(in_one(data, size), schema);
    struct outcome untyped = read_rows(in_one(data, size), &texts);
    assert(typed.code == untyped.code && typed.rows == untyped.rows);
    assert(typed.errors.count == untyped.errors.count);
}

static void find_out(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct schema *schema = NULL;
    struct error err;
    char path[64];
    const char *const paths[] = {path};
    CLEANUP(fd_cleanup) int fd = in_one(data, size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (reader_infer_schema(paths, 1, NULL, 0, &arena, &schema, &err) == OK)
        compare_with_texts(data, size, schema);
    else
        assert(err.message[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MAX_INPUT_BYTES || (size >= 2 && data[0] == 0x1F && data[1] == 0x8B))
        return 0; /* gzip is zlib's matter */
    struct outcome whole = read_rows(in_one(data, size), declared_schema());
    struct outcome pieces =
        read_rows(in_pieces(data, size, 1 + size / MAX_PIECES), declared_schema());
    expect_same(&whole, &pieces);
    find_out(data, size);
    return 0;
}
