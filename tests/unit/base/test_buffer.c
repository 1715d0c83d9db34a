#include "tests/unit/test.h"

#include <stdlib.h>

#include "base/buffer.h"

static void what_is_appended_reads_back_as_a_string(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf;
    buffer_init(&buf, 1000);
    assert_string_equal(buffer_string(&buf), "");
    assert_ok(buffer_append_string(&buf, "rows: ", &err));
    assert_ok(buffer_printf(&buf, &err, "%d", 42));
    assert_ok(buffer_append_char(&buf, '!', &err));
    assert_string_equal(buffer_string(&buf), "rows: 42!");
    assert_int_equal(buf.len, 9);
    buffer_release(&buf);
}

static void growth_stops_at_the_cap_and_keeps_the_bytes(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf;
    buffer_init(&buf, 10);
    assert_ok(buffer_append_string(&buf, "0123456789", &err));
    assert_fails(ERR_LIMIT, buffer_append_char(&buf, 'x', &err));
    assert_string_equal(buffer_string(&buf), "0123456789");
    buffer_release(&buf);
}

static void taking_leaves_an_empty_usable_buffer(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf;
    buffer_init(&buf, 100);
    assert_ok(buffer_append_string(&buf, "abc", &err));
    char *text = buffer_take(&buf);
    assert_string_equal(text, "abc");
    free(text);
    assert_ok(buffer_append_string(&buf, "d", &err));
    assert_string_equal(buffer_string(&buf), "d");
    buffer_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_reads_back_as_a_string),
        cmocka_unit_test(growth_stops_at_the_cap_and_keeps_the_bytes),
        cmocka_unit_test(taking_leaves_an_empty_usable_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
