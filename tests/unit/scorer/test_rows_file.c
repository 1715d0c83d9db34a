#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scorer/rows_file.h"

static struct error err;
static char path[] = "/tmp/loadguard-rows-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum error_code count_in(const char *text, uint64_t *ret_count)
{
    const struct complete_when when = {COMPLETE_WHEN_ROW_COUNT_FILE, path};
    write_file(text);
    return voucher_check(&when, 0, ERR_INCOMPLETE, ret_count, &err);
}

static void a_row_count_is_digits_and_nothing_else(void **state)
{
    (void)state;
    uint64_t count = 0;
    assert_ok(count_in("75000000\n", &count));
    assert_int_equal(count, 75000000);
    assert_ok(count_in(" \t0 \r\n", &count));
    assert_int_equal(count, 0);
    assert_ok(count_in("18446744073709551615", &count));
    static const char *const bad[] = {"",    "\n",   "-1",  "+1",    "1 2",
                                      "1e3", "0x10", "12a", "1,000", "18446744073709551616"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        count = 5;
        assert_fails(ERR_INCOMPLETE, count_in(bad[i], &count));
        assert_int_equal(count, 5);
        assert_contains(err.message, "holds no number of rows");
    }
    assert_fails(ERR_INCOMPLETE, count_in("1                                                     "
                                          "                    ",
                                          &count));
}

static void a_voucher_must_not_be_older_than_the_rows(void **state)
{
    (void)state;
    const struct complete_when when = {COMPLETE_WHEN_MARKER_FILE, path};
    write_file("");
    uint64_t count = 0;
    assert_fails(ERR_NOT_READY,
                 voucher_check(&when, clock_now_us() + USEC_PER_SEC, ERR_NOT_READY, &count, &err));
    assert_contains(err.hint, "earlier load");
    assert_ok(
        voucher_check(&when, clock_now_us() - 60 * USEC_PER_SEC, ERR_NOT_READY, &count, &err));
}

static void folders_and_devices_hold_no_rows(void **state)
{
    (void)state;
    struct rows_file file;
    assert_fails(ERR_CONFIG, rows_file_open("/tmp", &file, &err));
    assert_fails(ERR_CONFIG, rows_file_open("/dev/zero", &file, &err));
    assert_fails(ERR_NOT_READY, rows_file_open("/no/such/file", &file, &err));
    assert_fails(ERR_IO, rows_file_open("/etc/passwd/x", &file, &err));
}

static void standard_input_is_opened_by_its_sign(void **state)
{
    (void)state;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    struct rows_file file;
    assert_ok(rows_file_open("-", &file, &err));
    assert_string_equal(file.name, "standard input");
    assert_false(file.is_plain);
    assert_true(file.fd > STDERR_FILENO);
    assert_int_equal(close(file.fd) + close(ends[0]) + close(ends[1]), 0);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(saved), 0);
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_count_is_digits_and_nothing_else),
        cmocka_unit_test(a_voucher_must_not_be_older_than_the_rows),
        cmocka_unit_test(folders_and_devices_hold_no_rows),
        cmocka_unit_test(standard_input_is_opened_by_its_sign),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
