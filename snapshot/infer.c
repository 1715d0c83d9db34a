#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/fd.h"
#include "base/text.h"
#include "snapshot/infer_type.h"
#include "snapshot/reader_internal.h"

#define SAMPLE_ROWS 100000 /* in which a key has to be unique */

struct column_guess {
    type_set types;
    bool has_value;
    bool has_null;
};

/* Hashes of the values of the first columns of the first rows, row by row. */
struct key_sample {
    uint64_t *hashes; /* n_rows x n_columns */
    size_t n_columns;
    size_t n_rows;
};

struct inference {
    struct schema texts; /* the header, each column as text, without a key */
    struct column_guess *guesses;
    struct key_sample sample;
};

static enum error_code open_file(const char *path, int *ret_fd, struct error *err)
{
    CLEANUP(fd_cleanup) int fd = -1;
    struct stat status;
    bool is_dash = strcmp(path, "-") == 0;
    if (!is_dash) {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &status) != 0)
            return error_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                                   "cannot open %s", path);
    }
    if (is_dash || !S_ISREG(status.st_mode)) {
        (void)error_set(err, ERR_USAGE, "the types of %s cannot be found out",
                        is_dash ? "standard input" : path);
        error_detail(err, "That takes reading the rows twice, which only a file allows for.");
        error_hint(err,
                   "Save the rows to a file first, or name a feed whose columns are declared.");
        return ERR_USAGE;
    }
    *ret_fd = fd_take(&fd);
    return OK;
}

/* Names of the header, each with a zero byte, in texts. */
static enum error_code read_header(int fd, const char *path, struct buffer *texts, size_t *ret_n,
                                   struct error *err)
{
    struct schema_column column = {.name = "", .type = TYPE_TEXT};
    const struct schema any = {.columns = &column, .n_columns = 1};
    const struct reader_options options = {.format = FORMAT_CSV, .name = path};
    CLEANUP(reader_cleanup) struct reader *reader = NULL;
    TRY(reader_open(fd, &any, &options, &reader, err));
    TRY(csv_read_names(reader, texts, ret_n, err));
    if (lseek(fd, 0, SEEK_SET) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot read %s again", path);
    return OK;
}

static enum error_code set_up(struct inference *inference, int fd, const char *path,
                              struct arena *arena, struct error *err)
{
    CLEANUP(buffer_release) struct buffer texts;
    size_t n = 0;
    buffer_init(&texts, BUFFER_DEFAULT_MAX_BYTES);
    TRY(read_header(fd, path, &texts, &n, err));
    if (n > SCHEMA_MAX_COLUMNS)
        return error_set(err, ERR_DATA, "%s has more than %d columns", path, SCHEMA_MAX_COLUMNS);
    inference->texts.columns = arena_calloc(arena, n, sizeof(struct schema_column));
    inference->texts.n_columns = n;
    inference->guesses = arena_calloc(arena, n, sizeof(*inference->guesses));
    const char *name = buffer_string(&texts);
    for (size_t i = 0; i < n; i++) {
        if (!text_is_utf8(name, strlen(name)))
            return error_set(err, ERR_DATA, "the name of column %zu of %s is not UTF-8", i + 1,
                             path);
        inference->texts.columns[i] =
            (struct schema_column){.name = arena_strdup(arena, name), .type = TYPE_TEXT};
        inference->guesses[i].types = TYPE_SET_ALL;
        name += strlen(name) + 1;
    }
    struct key_sample *sample = &inference->sample;
    sample->n_columns = n < SCHEMA_MAX_KEYS ? n : SCHEMA_MAX_KEYS;
    sample->hashes = calloc(sample->n_columns + 1, SAMPLE_ROWS * sizeof(*sample->hashes));
    if (sample->hashes == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot look for a key in %s", path);
    return OK;
}

static void narrow_column(struct column_guess *guess, const struct column *column, size_t n_rows)
{
    for (size_t row = 0; row < n_rows; row++) {
        if (column_is_null(column, row)) {
            guess->has_null = true;
            continue;
        }
        size_t len = 0;
        const char *text = column_text(column, row, &len);
        guess->types = infer_narrow(guess->types, text, len);
        guess->has_value = true;
    }
}

static void take_sample(struct key_sample *sample, const struct batch *batch)
{
    for (size_t row = 0; row < batch->n_rows && sample->n_rows < SAMPLE_ROWS; row++) {
        uint64_t *hashes = sample->hashes + sample->n_rows++ * sample->n_columns;
        for (size_t i = 0; i < sample->n_columns; i++) {
            size_t len = 0;
            const char *text = column_text(&batch->columns[i], row, &len);
            hashes[i] = len == 0 ? 0 : XXH3_64bits(text, len);
        }
    }
}

static enum error_code read_rows(struct inference *inference, int fd, const char *path,
                                 bool is_first, struct error *err)
{
    const struct reader_options options = {.format = FORMAT_CSV, .name = path};
    CLEANUP(reader_cleanup) struct reader *reader = NULL;
    TRY(reader_open(fd, &inference->texts, &options, &reader, err));
    for (;;) {
        const struct batch *batch = NULL;
        TRY(reader_next(reader, &batch, err));
        if (batch == NULL)
            return OK;
        for (size_t i = 0; i < inference->texts.n_columns; i++)
            narrow_column(&inference->guesses[i], &batch->columns[i], batch->n_rows);
        if (is_first)
            take_sample(&inference->sample, batch);
    }
}

static int compare_samples(const void *a, const void *b, void *arg)
{
    const struct key_sample *sample = arg;
    const uint64_t *x = sample->hashes + *(const uint32_t *)a * sample->n_columns;
    const uint64_t *y = sample->hashes + *(const uint32_t *)b * sample->n_columns;
    for (size_t i = 0; i < sample->n_columns; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

/* Number of first columns in which two rows agree. */
static size_t common_columns(const struct key_sample *sample, size_t a, size_t b)
{
    const uint64_t *x = sample->hashes + a * sample->n_columns;
    const uint64_t *y = sample->hashes + b * sample->n_columns;
    size_t n = 0;
    while (n < sample->n_columns && x[n] == y[n])
        n++;
    return n;
}

/*
 * The fewest first columns that no two rows share: one more than any neighbours have in common when
 * the rows are sorted.
 */
static enum error_code unique_prefix(struct key_sample *sample, size_t *ret_n, struct error *err)
{
    uint32_t *order = calloc(sample->n_rows + 1, sizeof(*order));
    if (order == NULL)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot look for a key");
    for (size_t i = 0; i < sample->n_rows; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, sample->n_rows, sizeof(*order), compare_samples, sample);
    size_t common = 0;
    for (size_t i = 1; i < sample->n_rows; i++) {
        size_t n = common_columns(sample, order[i - 1], order[i]);
        common = n > common ? n : common;
    }
    free(order);
    *ret_n = common + 1;
    return OK;
}

static enum error_code find_key(struct inference *inference, const char **ret_names, size_t *ret_n,
                                struct error *err)
{
    size_t n = 0;
    TRY(unique_prefix(&inference->sample, &n, err));
    bool found = n <= inference->sample.n_columns;
    for (size_t i = 0; found && i < n; i++) {
        found = !inference->guesses[i].has_null;
        ret_names[i] = inference->texts.columns[i].name;
    }
    if (!found) {
        (void)error_set(err, ERR_CONFIG, "no first columns tell all rows apart");
        error_detail(err, "A key has no NULL and no value twice.");
        error_hint(err, "Name the columns of the key with --key.");
        return ERR_CONFIG;
    }
    *ret_n = n;
    return OK;
}

static bool is_named(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static enum error_code make_schema(const struct inference *inference, const char *const *key_names,
                                   size_t n_keys, struct arena *arena, struct schema **ret_schema,
                                   struct error *err)
{
    size_t n = inference->texts.n_columns;
    struct schema_column *columns = arena_calloc(arena, n, sizeof(*columns));
    for (size_t i = 0; i < n; i++) {
        const struct column_guess *guess = &inference->guesses[i];
        columns[i] = inference->texts.columns[i];
        columns[i].type = guess->has_value ? infer_narrowest(guess->types) : TYPE_TEXT;
        columns[i].allow_nonfinite = true;
        if (is_named(columns[i].name, key_names, n_keys) &&
            !schema_type_can_be_key(columns[i].type))
            columns[i].type = TYPE_TEXT;
    }
    return schema_make(arena, columns, n, key_names, n_keys, ret_schema, err);
}

static enum error_code infer(struct inference *inference, const char *const *paths, size_t n_paths,
                             struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < n_paths; i++) {
        CLEANUP(fd_cleanup) int fd = -1;
        TRY(open_file(paths[i], &fd, err));
        if (i == 0)
            TRY(set_up(inference, fd, paths[i], arena, err));
        TRY(read_rows(inference, fd, paths[i], i == 0, err));
    }
    return OK;
}

enum error_code reader_infer_schema(const char *const *paths, size_t n_paths,
                                    const char *const *key_names, size_t n_keys,
                                    struct arena *arena, struct schema **ret_schema,
                                    struct error *err)
{
    struct inference inference = {0};
    const char *found_names[SCHEMA_MAX_KEYS];
    enum error_code code = infer(&inference, paths, n_paths, arena, err);
    if (code == OK && key_names == NULL) {
        code = find_key(&inference, found_names, &n_keys, err);
        key_names = found_names;
    }
    free(inference.sample.hashes);
    if (code != OK)
        return code;
    return make_schema(&inference, key_names, n_keys, arena, ret_schema, err);
}
