/*
 * Fails the Nth allocation, write, fsync or rename of reading, sorting and packing, for every N:
 * each time the error has to be told, nothing may leak, and no file may be left.
 */
#include "tests/unit/snapshot/helpers.h"

#include <errno.h>
#include <limits.h>

#include "base/buffer.h"
#include "snapshot/copy_binary.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"

#define NEVER LONG_MAX

/* Counts down to the call that fails; below zero nothing fails any more. */
static long allocations_left = NEVER;
static long writes_left = NEVER;
static long syncs_left = NEVER;
static long renames_left = NEVER;
static bool writes_are_short;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

static bool fails_now(long *left)
{
    if (*left == NEVER)
        return false;
    return (*left)-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now(&allocations_left) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    /* An arena ends the process when it gets no memory, so its chunks of 16 KiB are let through. */
    bool is_arena = count == 1 && size >> 14 == 1;
    return !is_arena && fails_now(&allocations_left) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails_now(&allocations_left) ? NULL : __real_realloc(memory, size);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    static unsigned calls;
    if (fails_now(&writes_left)) {
        errno = ENOSPC;
        return -1;
    }
    if (writes_are_short && ++calls % 3 == 0) {
        errno = EINTR;
        return -1;
    }
    return __real_write(fd, bytes, writes_are_short && len > 1 ? len / 2 : len);
}

int __wrap_fsync(int fd)
{
    if (!fails_now(&syncs_left))
        return __real_fsync(fd);
    errno = EIO;
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    if (!fails_now(&renames_left))
        return __real_rename(from, to);
    errno = EACCES;
    return -1;
}

struct scenario {
    struct arena arena;
    struct schema *schema;
    char directory[40];
    char path[60];
    char text[16384];
};

static void begin(struct scenario *s)
{
    *s = (struct scenario){.directory = "/tmp/lg-faults-XXXXXX"};
    s->schema = make_schema(&s->arena, "id bigint, name text, amount numeric", 1);
    assert_non_null(mkdtemp(s->directory));
    (void)snprintf(s->path, sizeof(s->path), "%s/rows.lgs", s->directory);
    size_t n = (size_t)sprintf(s->text, "id,name,amount\n");
    for (int i = 0; i < 200; i++)
        n += (size_t)sprintf(s->text + n, "%d,%s,%d.50\n", (i * 37) % 211,
                             i % 10 == 0 ? "" : "\"a \"\"name\"\"\"", i);
}

static void end(struct scenario *s)
{
    if (rmdir(s->directory) != 0)
        fail_msg("files are left in %s", s->directory);
    arena_release(&s->arena);
}

/* Sends all rows to the packer and, encoded, to out. */
static enum error_code pump(struct reader *reader, struct packer *packer, struct buffer *out,
                            struct error *err)
{
    const struct batch *batch = NULL;
    for (;;) {
        TRY(reader_next(reader, &batch, err));
        if (batch == NULL)
            return OK;
        TRY(packer_add(packer, batch, err));
        TRY(packer_add(packer, batch, err));
        TRY(copy_binary_rows(batch, 0, batch->n_rows, out, err));
    }
}

static enum error_code pack_into(struct scenario *s, int fd, size_t memory_bytes,
                                 struct packed **ret_packed, struct error *err)
{
    CLEANUP(reader_cleanup) struct reader *reader = NULL;
    CLEANUP(packer_cleanup) struct packer *packer = NULL;
    CLEANUP(buffer_release) struct buffer out;
    const struct reader_options reader_options = {.format = FORMAT_CSV};
    const struct packer_options packer_options = {.path = s->path, .memory_bytes = memory_bytes};
    buffer_init(&out, 1 << 20);
    TRY(reader_open(fd, s->schema, &reader_options, &reader, err));
    TRY(packer_new(s->schema, &packer_options, &packer, err));
    TRY(pump(reader, packer, &out, err));
    return packer_finish(packer, ret_packed, err);
}

/*
 * Reads, sorts in runs, packs and verifies, with the Nth call that counts down from *left failing;
 * removes the file. *left is below zero if there was an Nth call.
 */
static enum error_code run(struct scenario *s, size_t memory_bytes, long *left, long n,
                           struct error *err)
{
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    int fd = memory_file(s->text, strlen(s->text));
    *left = n;
    enum error_code code = pack_into(s, fd, memory_bytes, &packed, err);
    (void)close(fd);
    if (code == OK)
        code = packed_verify(packed, err);
    if (code == OK)
        (void)unlink(s->path);
    return code;
}

/*
 * Runs with the first, second, third ... call failing until there is no such call; returns how many
 * there were. may_recover: a failure may also have been overcome.
 */
static size_t fail_each(long *left, enum error_code expected, bool may_recover, size_t memory_bytes)
{
    struct scenario s;
    long n = 0;
    begin(&s);
    for (;; n++) {
        struct error err;
        enum error_code code = run(&s, memory_bytes, left, n, &err);
        bool failed = *left < 0;
        *left = NEVER;
        if (code != OK && code != expected)
            error_print(&err, stderr);
        assert_true(code == (failed ? expected : OK) || (may_recover && code == OK));
        if (!failed)
            break;
        (void)unlink(s.path);
    }
    end(&s);
    return (size_t)n;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each(&allocations_left, ERR_MEMORY, true, 0) > 20);
    assert_true(fail_each(&allocations_left, ERR_MEMORY, true, 10000) > 100);
}

static void every_write_may_find_the_disk_full(void **state)
{
    (void)state;
    assert_true(fail_each(&writes_left, ERR_SPACE, false, 10000) > 5);
}

static void every_fsync_and_rename_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each(&syncs_left, ERR_IO, false, 0) == 2);
    assert_true(fail_each(&renames_left, ERR_IO, false, 0) == 1);
}

static void short_and_interrupted_writes_are_continued(void **state)
{
    (void)state;
    struct scenario s;
    struct error err;
    begin(&s);
    struct packed *packed = NULL;
    int fd = memory_file(s.text, strlen(s.text));
    writes_are_short = true;
    enum error_code code = pack_into(&s, fd, 10000, &packed, &err);
    writes_are_short = false;
    assert_int_equal(code, OK);
    assert_ok(packed_verify(packed, &err));
    packed_free(packed);
    (void)close(fd);
    (void)unlink(s.path);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_write_may_find_the_disk_full),
        cmocka_unit_test(every_fsync_and_rename_may_fail),
        cmocka_unit_test(short_and_interrupted_writes_are_continued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
