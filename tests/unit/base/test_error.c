#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>

static char *printed(const struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    error_print(err, out);
    (void)fclose(out);
    return text;
}

static void a_full_disk_is_told_apart_from_other_io_errors(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(ERR_SPACE, error_set_errno(&err, ERR_IO, ENOSPC, "cannot write %s", "a.csv"));
    assert_int_equal(err.code, ERR_SPACE);
    assert_string_equal(err.message, "cannot write a.csv: No space left on device");
    assert_int_equal(err.sys_errno, ENOSPC);
}

static void a_printed_error_names_place_message_detail_and_hint(void **state)
{
    (void)state;
    struct error err;
    (void)error_set(&err, ERR_CONFIG, "unknown key '%s'", "kye");
    error_detail(&err, "A feed has no such key.");
    error_hint(&err, "Did you mean 'key'?");
    error_at(&err, "loadguard.yaml", 4, 3);
    char *text = printed(&err);
    assert_string_equal(text, "loadguard.yaml:4:3: unknown key 'kye'\n"
                              "  A feed has no such key.\n  hint: Did you mean 'key'?\n");
    free(text);
}

static void control_characters_from_input_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct error err;
    (void)error_set(&err, ERR_DATA, "bad \x1b[31mvalue");
    char *text = printed(&err);
    assert_string_equal(text, "bad ?[31mvalue\n");
    free(text);
}

static void a_long_message_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    char filler[601];
    memset(filler, 'x', sizeof(filler));
    filler[600] = '\0';
    for (size_t pad = 505; pad < 512; pad++) {
        struct error err;
        (void)error_set(&err, ERR_DATA, "%.*s\xE2\x82\xAC\xE2\x82\xAC", (int)pad, filler);
        size_t len = strlen(err.message);
        size_t tail = 0;
        while (tail < len && (unsigned char)err.message[len - 1 - tail] >= 0x80)
            tail++;
        assert_int_equal(tail % 3, 0);
    }
}

static void a_prefix_goes_before_the_message(void **state)
{
    (void)state;
    struct error err;
    (void)error_set(&err, ERR_IO, "no such file");
    error_prefix(&err, "cannot read %s", "x.csv");
    assert_string_equal(err.message, "cannot read x.csv: no such file");
}

static void every_code_has_a_documented_exit_status(void **state)
{
    (void)state;
    for (int code = ERR_USAGE; code <= ERR_STALE; code++) {
        int status = error_exit_status((enum error_code)code);
        assert_in_range(status, 1, 5);
        assert_true(error_name((enum error_code)code)[0] != '\0');
    }
    assert_int_equal(error_exit_status(ERR_BLOCKED), 3);
    assert_int_equal(error_exit_status(ERR_HELD), 4);
    assert_int_equal(error_exit_status(ERR_INCOMPLETE), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_is_told_apart_from_other_io_errors),
        cmocka_unit_test(a_printed_error_names_place_message_detail_and_hint),
        cmocka_unit_test(control_characters_from_input_do_not_reach_the_terminal),
        cmocka_unit_test(a_long_message_is_cut_at_a_whole_character),
        cmocka_unit_test(a_prefix_goes_before_the_message),
        cmocka_unit_test(every_code_has_a_documented_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
