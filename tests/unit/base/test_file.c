#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static void a_file_reads_back_whole(void **state)
{
    (void)state;
    struct error err;
    char path[] = "/tmp/lg-file-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(write(fd, "0123456789", 10), 10);
    (void)close(fd);
    struct buffer buf;
    buffer_init(&buf, 100000);
    assert_ok(file_read(path, &buf, &err));
    assert_int_equal(buf.len, 50000);
    assert_memory_equal(buf.data + 49990, "0123456789", 10);
    buffer_release(&buf);
    buffer_init(&buf, 49999);
    assert_fails(ERR_LIMIT, file_read(path, &buf, &err));
    assert_contains(err.message, path);
    buffer_release(&buf);
    (void)unlink(path);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf;
    buffer_init(&buf, 10);
    assert_fails(ERR_IO, file_read("/nonexistent/x", &buf, &err));
    assert_contains(err.message, "/nonexistent/x");
    buffer_release(&buf);
}

static void parents_are_made_with_the_mode_and_existing_ones_are_fine(void **state)
{
    (void)state;
    struct error err;
    char root[] = "/tmp/lg-dir-XXXXXX";
    assert_non_null(mkdtemp(root));
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/a/b", root);
    assert_ok(directory_make(path, 0711, &err));
    assert_ok(directory_make(path, 0711, &err));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0711);
    (void)rmdir(path);
    (void)snprintf(path, sizeof(path), "%s/a", root);
    (void)rmdir(path);
    (void)rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_reads_back_whole),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(parents_are_made_with_the_mode_and_existing_ones_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
