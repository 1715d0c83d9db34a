/* Schemas and batches from short texts, for the tests of this folder. */
#ifndef LG_TESTS_UNIT_SNAPSHOT_HELPERS_H
#define LG_TESTS_UNIT_SNAPSHOT_HELPERS_H

#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "snapshot/batch.h"
#include "snapshot/schema.h"

/*
 * Schema from "id bigint, score double precision?, name text!": ? allows what is not finite, ! is
 * not null. The first n_keys columns are the key. Fails the test if it is none.
 */
static inline struct schema *make_schema(struct arena *arena, const char *text, size_t n_keys)
{
    struct schema_column columns[64] = {0};
    const char *keys[SCHEMA_MAX_KEYS];
    size_t n = 0;
    struct error err;
    char *copy = arena_strdup(arena, text);
    char *rest = NULL;
    for (char *item = strtok_r(copy, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        item += strspn(item, " ");
        char *type = strchr(item, ' ');
        assert_non_null(type);
        *type++ = '\0';
        columns[n] = (struct schema_column){.name = item};
        char *mark = type + strcspn(type, "?!");
        columns[n].allow_nonfinite = *mark == '?';
        columns[n].not_null = *mark == '!';
        *mark = '\0';
        assert_ok(schema_type_parse(type, &columns[n].type, &err));
        n++;
    }
    for (size_t k = 0; k < n_keys; k++)
        keys[k] = columns[k].name;
    struct schema *schema = NULL;
    assert_ok(schema_make(arena, columns, n, keys, n_keys, &schema, &err));
    return schema;
}

/* Adds one row of "|"-separated values; \N is NULL. */
static inline void add_row(struct batch_builder *builder, const char *row)
{
    struct error err;
    size_t column = 0;
    const char *p = row;
    for (;;) {
        size_t len = strcspn(p, "|");
        if (len == 2 && strncmp(p, "\\N", 2) == 0)
            assert_ok(batch_builder_put_null(builder, column, &err));
        else
            assert_ok(batch_builder_put_text(builder, column, p, len, &err));
        column++;
        if (p[len] == '\0')
            break;
        p += len + 1;
    }
    assert_int_equal(column, batch_builder_batch(builder)->schema->n_columns);
    batch_builder_end_row(builder);
}

/* A row as column_format shows it, "|"-separated; in a static buffer. */
static inline const char *row_text(const struct batch *batch, size_t row)
{
    static char text[8192];
    size_t n = 0;
    for (size_t c = 0; c < batch->schema->n_columns; c++) {
        if (c > 0)
            text[n++] = '|';
        n += column_format(&batch->columns[c], row, text + n, 1024);
    }
    text[n] = '\0';
    return text;
}

/* A file in memory with these bytes, at its start; the caller closes it. */
static inline int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* The read end of a pipe into which a child process writes the bytes, `step` at a time. */
static inline int dripping_pipe(const char *bytes, size_t len, size_t step)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(ends[0]);
        for (size_t i = 0; i < len; i += step) {
            size_t n = len - i < step ? len - i : step;
            if (write(ends[1], bytes + i, n) != (ssize_t)n)
                break;
        }
        _exit(0);
    }
    (void)close(ends[1]);
    return ends[0];
}

/* xorshift64*: the same numbers on every run. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

#endif
