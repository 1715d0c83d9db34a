#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scorer/stderr_log.h"

static struct error err;

static void assert_tail(const struct stderr_log *log, size_t max_bytes, const char *expected)
{
    struct buffer out;
    buffer_init(&out, SCORER_TAIL_BYTES);
    assert_ok(stderr_log_tail(log, max_bytes, &out, &err));
    assert_string_equal(buffer_string(&out), expected);
    buffer_release(&out);
}

static void the_tail_starts_at_a_line(void **state)
{
    (void)state;
    struct stderr_log log = {0};
    stderr_log_add(&log, "first\nsecond\nthird\n", 19);
    assert_tail(&log, 100, "first\nsecond\nthird\n");
    assert_tail(&log, 19, "first\nsecond\nthird\n");
    assert_tail(&log, 18, "second\nthird\n");
    assert_tail(&log, 8, "third\n");
}

static void a_single_long_line_is_cut_at_a_character(void **state)
{
    (void)state;
    struct stderr_log log = {0};
    stderr_log_add(&log, "ab\xC3\xA4xyz\n", 8);
    assert_tail(&log, 5, "xyz\n");
    assert_tail(&log, 6, "\xC3\xA4xyz\n");
    assert_tail(&log, 0, "");
}

static void the_tail_is_the_same_in_whatever_pieces_it_came(void **state)
{
    (void)state;
    static char text[3 * SCORER_TAIL_BYTES];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 50 == 49 ? '\n' : (char)('a' + i / 50 % 26);
    struct stderr_log whole = {0};
    stderr_log_add(&whole, text, sizeof(text));
    struct buffer expected;
    buffer_init(&expected, SCORER_TAIL_BYTES);
    assert_ok(stderr_log_tail(&whole, SCORER_TAIL_BYTES, &expected, &err));
    assert_true(expected.len > SCORER_TAIL_BYTES - 50 && expected.len < SCORER_TAIL_BYTES);
    static const size_t pieces[] = {1, 7, 4096, SCORER_TAIL_BYTES, SCORER_TAIL_BYTES + 1};
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        struct stderr_log log = {0};
        for (size_t at = 0; at < sizeof(text); at += pieces[i])
            stderr_log_add(&log, text + at,
                           sizeof(text) - at < pieces[i] ? sizeof(text) - at : pieces[i]);
        assert_tail(&log, SCORER_TAIL_BYTES, buffer_string(&expected));
    }
    buffer_release(&expected);
}

static void binary_garbage_never_exceeds_the_size_asked_for(void **state)
{
    (void)state;
    static char garbage[SCORER_TAIL_BYTES];
    memset(garbage, '\xFF', sizeof(garbage));
    struct stderr_log log = {0};
    stderr_log_add(&log, garbage, sizeof(garbage));
    struct buffer out;
    buffer_init(&out, 1000);
    assert_ok(stderr_log_tail(&log, 1000, &out, &err));
    assert_int_equal(out.len, 999); /* whole characters of three bytes */
    buffer_release(&out);
}

static void the_file_is_cut_exactly_at_its_limit(void **state)
{
    (void)state;
    char path[] = "/tmp/loadguard-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct stderr_log log = {0};
    assert_ok(stderr_log_open(&log, path, 5, &err));
    stderr_log_add(&log, "abcde", 5);
    assert_false(log.cut);
    stderr_log_add(&log, "f", 1);
    assert_true(log.cut);
    stderr_log_add(&log, "g", 1);
    stderr_log_release(&log);
    char text[200] = "";
    assert_true(read(fd, text, sizeof(text) - 1) > 5);
    assert_string_equal(text, "abcde\n[loadguard: the rest of standard error is not logged]\n");
    assert_int_equal(close(fd) + unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tail_starts_at_a_line),
        cmocka_unit_test(a_single_long_line_is_cut_at_a_character),
        cmocka_unit_test(the_tail_is_the_same_in_whatever_pieces_it_came),
        cmocka_unit_test(binary_garbage_never_exceeds_the_size_asked_for),
        cmocka_unit_test(the_file_is_cut_exactly_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
