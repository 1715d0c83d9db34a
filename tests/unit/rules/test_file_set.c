#include "tests/unit/rules/folder.h"

#include "rules/file_set.h"

struct fixture {
    struct folder folder;
    struct arena arena;
    struct file_sets sets;
    struct error err;
    const struct value_set *set;
};

static enum error_code read_list(struct fixture *f, const char *text, enum value_type type)
{
    *f = (struct fixture){0};
    folder_make(&f->folder);
    folder_write(&f->folder, "list", text);
    return file_sets_get(&f->sets, f->folder.files[0], type, false, &f->arena, &f->set, &f->err);
}

static void release(struct fixture *f)
{
    file_sets_release(&f->sets);
    folder_remove(&f->folder);
    arena_release(&f->arena);
}

static bool has_integer(const struct value_set *set, int64_t number)
{
    struct value value = {.type = VALUE_INTEGER, .i64 = number};
    return value_set_contains(set, &value);
}

static bool has_text(const struct value_set *set, enum value_type type, const char *text)
{
    struct value value = {.type = type, .text = {.bytes = text, .len = strlen(text)}};
    return value_set_contains(set, &value);
}

static void each_line_is_a_value(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(read_list(&f,
                               "\xEF\xBB\xBF"
                               "1\r\n\n  22  \n-3\n\t4",
                               VALUE_INTEGER),
                     OK);
    assert_int_equal(value_set_size(f.set), 4);
    assert_true(has_integer(f.set, 1));
    assert_true(has_integer(f.set, 22));
    assert_true(has_integer(f.set, -3));
    assert_true(has_integer(f.set, 4));
    assert_false(has_integer(f.set, 5));
    release(&f);
}

static void texts_keep_their_spaces(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(read_list(&f, " a \nb\r\n", VALUE_TEXT), OK);
    assert_true(has_text(f.set, VALUE_TEXT, " a "));
    assert_true(has_text(f.set, VALUE_TEXT, "b"));
    assert_false(has_text(f.set, VALUE_TEXT, "a"));
    release(&f);
}

static void numerics_are_equal_by_value(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(read_list(&f, "1.50\n1e3\n", VALUE_NUMERIC), OK);
    assert_true(has_text(f.set, VALUE_NUMERIC, "1.5"));
    assert_true(has_text(f.set, VALUE_NUMERIC, "1000"));
    release(&f);
}

static void a_value_of_another_type_is_refused_with_its_line(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(read_list(&f, "1\n2\nthree\n", VALUE_INTEGER), ERR_CONFIG);
    assert_int_equal(f.err.line, 3);
    assert_contains(f.err.message, "'three'");
    release(&f);
    assert_int_equal(read_list(&f, "2024-01-01\n2024-02-30\n", VALUE_DATE), ERR_CONFIG);
    assert_int_equal(f.err.line, 2);
    release(&f);
    assert_int_equal(read_list(&f, "a\n\xFF\n", VALUE_TEXT), ERR_CONFIG);
    assert_int_equal(f.err.line, 2);
    release(&f);
    assert_int_equal(read_list(&f, "1h\n", VALUE_DURATION), ERR_CONFIG);
    release(&f);
}

static void a_file_without_values_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    assert_int_equal(read_list(&f, "\n  \n", VALUE_INTEGER), ERR_CONFIG);
    assert_contains(f.err.message, "no value");
    release(&f);
    assert_int_equal(read_list(&f, "", VALUE_TEXT), ERR_CONFIG);
    release(&f);
}

static void a_file_is_read_once_for_each_type(void **state)
{
    (void)state;
    struct fixture f;
    const struct value_set *again = NULL;
    assert_int_equal(read_list(&f, "0.1\n", VALUE_DOUBLE), OK);
    const char *path = f.folder.files[0];
    assert_int_equal(file_sets_get(&f.sets, path, VALUE_DOUBLE, false, &f.arena, &again, &f.err),
                     OK);
    assert_ptr_equal(again, f.set);
    assert_int_equal(file_sets_get(&f.sets, path, VALUE_DOUBLE, true, &f.arena, &again, &f.err),
                     OK);
    assert_ptr_not_equal(again, f.set);
    struct value real = {.type = VALUE_DOUBLE, .f64 = (double)0.1f};
    assert_true(value_set_contains(again, &real));
    assert_false(value_set_contains(f.set, &real));
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_a_value),
        cmocka_unit_test(texts_keep_their_spaces),
        cmocka_unit_test(numerics_are_equal_by_value),
        cmocka_unit_test(a_value_of_another_type_is_refused_with_its_line),
        cmocka_unit_test(a_file_without_values_is_refused),
        cmocka_unit_test(a_file_is_read_once_for_each_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
