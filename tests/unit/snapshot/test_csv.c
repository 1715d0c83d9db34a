#include "tests/unit/snapshot/helpers.h"

#include "snapshot/reader.h"

#define MAX_ROWS 64

/* What came of reading a CSV text. */
struct result {
    enum error_code code;
    struct error err;
    char rows[MAX_ROWS][512];
    size_t n_rows;
    struct row_errors errors;
    enum error_code check_code;
    struct error check;
};

static void collect(struct reader *reader, struct result *result)
{
    for (;;) {
        const struct batch *batch = NULL;
        result->code = reader_next(reader, &batch, &result->err);
        if (result->code != OK || batch == NULL)
            break;
        for (size_t i = 0; i < batch->n_rows && result->n_rows < MAX_ROWS; i++)
            (void)snprintf(result->rows[result->n_rows++], 512, "%s", row_text(batch, i));
    }
    result->errors = *reader_errors(reader);
    result->check_code = reader_check(reader, &result->check);
}

static struct result read_fd(const char *schema_text, size_t n_keys, int fd, size_t max_row_bytes)
{
    struct result result = {0};
    struct arena arena = {0};
    struct error err;
    struct schema *schema = make_schema(&arena, schema_text, n_keys);
    struct reader *reader = NULL;
    const struct reader_options options = {
        .format = FORMAT_CSV, .name = "rows.csv", .max_row_bytes = max_row_bytes};
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    collect(reader, &result);
    reader_free(reader);
    arena_release(&arena);
    (void)close(fd);
    return result;
}

static struct result read_bytes(const char *schema, const char *text, size_t len)
{
    return read_fd(schema, 1, memory_file(text, len), 0);
}

static struct result read_text(const char *schema, const char *text)
{
    return read_bytes(schema, text, strlen(text));
}

static void expect_rows(const struct result *result, size_t n, const char *const *rows)
{
    if (result->code != OK) {
        error_print(&result->err, stderr);
        fail_msg("reading failed");
    }
    assert_int_equal(result->n_rows, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(result->rows[i], rows[i]);
}

static void rows_of_every_type_are_read(void **state)
{
    (void)state;
    struct result result = read_text(
        "a bigint, b integer, c real, d double precision, e numeric, f text, g boolean, h date, "
        "i timestamptz, j uuid",
        "a,b,c,d,e,f,g,h,i,j\n"
        "1,-2,1.5,-2.25,0012.50,gr\xC3\xBC\xC3\x9F,true,2011-05-23,2011-05-23T04:00:00-07:00,"
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\n"
        "\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"f\",\"2000-01-01\",\"2000-01-01 00:00Z\","
        "\"00000000-0000-0000-0000-000000000001\"\r\n"
        "3,,,,,,,,,\n");
    static const char *const rows[] = {
        ("1|-2|1.5|-2.25|12.50|gr\xC3\xBC\xC3\x9F|t|2011-05-23|2011-05-23 11:00:00+00|"
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        "2|3|4|5|6|7|f|2000-01-01|2000-01-01 00:00:00+00|00000000-0000-0000-0000-000000000001",
        "3|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"};
    expect_rows(&result, 3, rows);
    assert_int_equal(result.check_code, OK);
}

static void an_unquoted_empty_field_is_null_and_a_quoted_one_the_empty_string(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n1,\n2,\"\"\n");
    static const char *const rows[] = {"1|NULL", "2|"};
    expect_rows(&result, 2, rows);
}

static void a_quoted_empty_field_is_no_number(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b real", "a,b\n1,\"\"\n2,\n");
    static const char *const rows[] = {"2|NULL"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 1);
    assert_string_equal(result.errors.first[0].reason, "'' is not a real");
}

static void quoted_text_may_have_commas_lines_and_quotes(void **state)
{
    (void)state;
    struct result result =
        read_text("a bigint, b text, c bigint", "a,b,c\n1,\"x, \"\"y\"\"\nz\",2\n3,plain,4\n");
    static const char *const rows[] = {"1|x, \"y\"\nz|2", "3|plain|4"};
    expect_rows(&result, 2, rows);
}

static void line_ends_may_be_mixed_and_the_last_one_missing(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\r\n1,x\n2,y\r\n3,\r\n4,z");
    static const char *const rows[] = {"1|x", "2|y", "3|NULL", "4|z"};
    expect_rows(&result, 4, rows);
}

static void a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "\xEF\xBB\xBF"
                                                         "a,b\n1,x\n");
    static const char *const rows[] = {"1|x"};
    expect_rows(&result, 1, rows);
}

static void a_header_alone_has_no_rows(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n");
    expect_rows(&result, 0, NULL);
    result = read_text("a bigint, b text", "\"a\",\"b\"");
    expect_rows(&result, 0, NULL);
    assert_int_equal(result.check_code, OK);
}

static void an_empty_file_is_refused(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "");
    assert_int_equal(result.code, ERR_DATA);
    assert_string_equal(result.err.message, "rows.csv is empty");
    result = read_text("a bigint, b text", "\xEF\xBB\xBF");
    assert_int_equal(result.code, ERR_DATA);
}

static void a_wrong_header_is_refused_with_file_and_line(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,c\n1,x\n");
    assert_int_equal(result.code, ERR_DATA);
    assert_string_equal(result.err.file, "rows.csv");
    assert_int_equal(result.err.line, 1);
    assert_contains(result.err.detail, "Missing: 'b'");
}

static void bad_values_are_counted_and_named_with_row_line_and_column(void **state)
{
    (void)state;
    struct result result = read_text("id bigint, note text, score real",
                                     "id,note,score\n1,\"a\nb\",1\n2,x,12x\n3,y,3\nfour,z,4\n");
    static const char *const rows[] = {"1|a\nb|1", "3|y|3"};
    expect_rows(&result, 2, rows);
    assert_int_equal(result.errors.count, 2);
    assert_int_equal(result.errors.first[0].row, 2);
    assert_int_equal(result.errors.first[0].line, 4);
    assert_string_equal(result.errors.first[0].column, "score");
    assert_string_equal(result.errors.first[0].reason, "'12x' is not a real");
    assert_int_equal(result.errors.first[1].row, 4);
    assert_int_equal(result.errors.first[1].line, 6);
    assert_string_equal(result.errors.first[1].column, "id");
    assert_int_equal(result.check_code, ERR_DATA);
    assert_string_equal(result.check.message, "2 of 4 rows could not be read");
    assert_string_equal(result.check.detail, "Row 2, line 4, column score: '12x' is not a real. "
                                             "Row 4, line 6, column id: 'four' is not a bigint.");
    assert_string_equal(result.check.file, "rows.csv");
    assert_int_equal(result.check.line, 4);
}

static void every_bad_row_is_counted_but_few_are_kept(void **state)
{
    (void)state;
    char text[4096] = "a,b\n";
    for (int i = 0; i < 100; i++)
        (void)snprintf(text + strlen(text), 32, "%d,%s\n", i, i % 2 == 0 ? "bad value" : "1");
    struct result result = read_text("a bigint, b bigint", text);
    assert_int_equal(result.errors.count, 50);
    assert_int_equal(result.n_rows, 50);
    assert_int_equal(result.errors.first[READER_ERROR_SAMPLES - 1].row, 19);
    assert_string_equal(result.check.message, "50 of 100 rows could not be read");
}

static void short_and_long_rows_tell_how_many_fields_they_have(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n1\n2,x,y\n\n3,\"\",,,,\n4,fine\n");
    static const char *const rows[] = {"4|fine"};
    static const char *const reasons[] = {"1 field instead of 2", "3 fields instead of 2",
                                          "1 field instead of 2", "6 fields instead of 2"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, ARRAY_SIZE(reasons));
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        assert_string_equal(result.errors.first[i].reason, reasons[i]);
        assert_string_equal(result.errors.first[i].column, "");
    }
}

static void null_in_the_key_is_a_bad_row(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text!", "a,b\n,x\n2,\n3,\"\"\n");
    static const char *const rows[] = {"3|"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 2);
    assert_string_equal(result.errors.first[0].reason, "NULL in a key column");
    assert_contains(result.errors.first[1].reason, "must not be NULL");
}

static void broken_quoting_is_a_bad_row_and_reading_goes_on(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n1,x\"y\n2,\"x\"y\n3,x\ry\n4,ok\n");
    static const char *const rows[] = {"4|ok"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 3);
    assert_contains(result.errors.first[0].reason, "a quote inside a field");
    assert_string_equal(result.errors.first[0].column, "b");
    assert_string_equal(result.errors.first[1].reason, "text after a closing quote");
    assert_contains(result.errors.first[2].reason, "a carriage return");
}

static void a_quote_left_open_names_the_line_where_it_starts(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n1,\"x\ny\"\n2,\"open\n3,z\n");
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "ends inside a quoted field that starts in line 4");
    assert_int_equal(result.err.line, 4);
}

static void a_nul_byte_ends_the_input_with_its_line(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,x\n2,y\0z\n";
    struct result result = read_bytes("a bigint, b text", text, sizeof(text) - 1);
    assert_int_equal(result.code, ERR_DATA);
    assert_string_equal(result.err.message, "a NUL byte in line 3");
    static const char quoted[] = "a,b\n1,\"x\n\0\"\n";
    result = read_bytes("a bigint, b text", quoted, sizeof(quoted) - 1);
    assert_string_equal(result.err.message, "a NUL byte in line 3");
}

static void utf16_is_recognised(void **state)
{
    (void)state;
    struct result result = read_bytes("a bigint",
                                      "\xFF\xFE"
                                      "a\0\n\0",
                                      6);
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "UTF-16");
    assert_contains(result.err.hint, "iconv");
}

static void bytes_that_are_not_utf8_are_a_bad_row(void **state)
{
    (void)state;
    struct result result =
        read_text("a bigint, b text", "a,b\n1,gr\xFC\xDF\n2,\"gr\xFC\"\n3,gr\xC3\xBC\n");
    static const char *const rows[] = {"3|gr\xC3\xBC"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 2);
    assert_string_equal(result.errors.first[0].reason,
                        "byte 0xFC at position 3 is not valid UTF-8");
}

static void one_blank_line_at_the_end_is_no_row(void **state)
{
    (void)state;
    static const char *const rows[] = {"1|x"};
    struct result result = read_text("a bigint, b text", "a,b\n1,x\n\n");
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 0);
    result = read_text("a bigint, b text", "a,b\n1,x\n\r\n");
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 0);
    result = read_text("a bigint, b text", "a,b\n1,x\n\n\n");
    assert_int_equal(result.errors.count, 1);
}

static void an_empty_line_of_a_one_column_file_is_null(void **state)
{
    (void)state;
    struct result result = read_text("a bigint", "a\n1\n\n2\n\n");
    static const char *const rows[] = {"1", "2"};
    expect_rows(&result, 2, rows);
    assert_int_equal(result.errors.count, 1);
    assert_string_equal(result.errors.first[0].reason, "NULL in a key column");
}

static void spaces_around_a_number_are_refused(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b text", "a,b\n 1,x\n2 ,x\n3, kept \n");
    static const char *const rows[] = {"3| kept "};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 2);
}

static void numbers_that_the_fast_way_leaves_out_are_read_all_the_same(void **state)
{
    (void)state;
    struct result result = read_text(
        "a bigint, b integer, c real, d double precision",
        "a,b,c,d\n9223372036854775807,-2147483648,1e38,1.7976931348623157e308\n"
        "-9223372036854775808,2147483647,1e-45,0.1000000000000000055511151231257827\n"
        "+5,+6,1e+2,1E2\n9223372036854775808,0,0,0\n1,2147483648,0,0\n2,0,1e39,0\n3,0,0,1e309\n");
    static const char *const rows[] = {
        "9223372036854775807|-2147483648|1e+38|1.7976931348623157e+308",
        "-9223372036854775808|2147483647|1e-45|0.1", "5|6|100|100"};
    expect_rows(&result, 3, rows);
    assert_int_equal(result.errors.count, 4);
}

static void values_that_are_not_finite_are_data_only_where_declared(void **state)
{
    (void)state;
    struct result result = read_text("a bigint, b real?, c real", "a,b,c\n1,NaN,1\n2,1,NaN\n");
    static const char *const rows[] = {"1|NaN|1"};
    expect_rows(&result, 1, rows);
    assert_int_equal(result.errors.count, 1);
    assert_contains(result.errors.first[0].reason, "is not finite");
}

static void a_dripping_pipe_gives_the_same_rows_as_a_file(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "a,b,c\r\n1,\"x\r\n\"\"y\"\"\",2.5\r\n\"2\",z,\r\n3,bad\n"
                               "4,\"\",1e2\n\n";
    struct result expected = read_text("a bigint, b text, c real", text);
    assert_int_equal(expected.n_rows, 3);
    for (size_t step = 1; step < 8; step++) {
        int fd = dripping_pipe(text, sizeof(text) - 1, step);
        struct result result = read_fd("a bigint, b text, c real", 1, fd, 0);
        assert_int_equal(result.code, OK);
        assert_memory_equal(result.rows, expected.rows, sizeof(result.rows));
        assert_memory_equal(&result.errors, &expected.errors, sizeof(result.errors));
    }
}

static void a_file_longer_than_the_window_is_read_whole(void **state)
{
    (void)state;
    const size_t n_rows = 100000;
    char *text = malloc(n_rows * 40);
    size_t len = (size_t)sprintf(text, "id,name\n");
    for (size_t i = 0; i < n_rows; i++)
        len += (size_t)sprintf(text + len,
                               i % 7 == 0 ? "%zu,\"row \"\"%zu\"\"\"\n" : "%zu,row %zu\n", i, i);
    struct arena arena = {0};
    struct error err;
    struct schema *schema = make_schema(&arena, "id bigint, name text", 1);
    struct reader *reader = NULL;
    const struct reader_options options = {.format = FORMAT_CSV};
    int fd = memory_file(text, len);
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    size_t row = 0;
    for (;;) {
        const struct batch *batch = NULL;
        assert_ok(reader_next(reader, &batch, &err));
        if (batch == NULL)
            break;
        for (size_t i = 0; i < batch->n_rows; i++, row++) {
            char expected[64];
            (void)snprintf(expected, sizeof(expected),
                           row % 7 == 0 ? "%zu|row \"%zu\"" : "%zu|row %zu", row, row);
            assert_string_equal(row_text(batch, i), expected);
        }
    }
    assert_int_equal(row, n_rows);
    assert_int_equal(reader_input_bytes(reader), len);
    reader_free(reader);
    (void)close(fd);
    arena_release(&arena);
    free(text);
}

static void a_row_beyond_the_limit_is_named_with_row_and_line(void **state)
{
    (void)state;
    size_t len = 3000000;
    char *text = malloc(len + 1);
    memset(text, 'x', len);
    (void)snprintf(text, len, "a,b\n1,y\n2,");
    text[strlen(text)] = 'x';
    text[len - 1] = '\n';
    struct result result = read_fd("a bigint, b text", 1, memory_file(text, len), (size_t)1 << 20);
    assert_int_equal(result.code, ERR_LIMIT);
    assert_contains(result.err.message, "row 2, which starts in line 3, is longer than 1048576");
    assert_int_equal(result.err.line, 3);
    result = read_fd("a bigint, b text", 1, memory_file(text, len), (size_t)4 << 20);
    assert_int_equal(result.code, OK);
    assert_int_equal(result.n_rows, 2);
    free(text);
}

static void the_row_limit_counts_every_byte_of_a_row(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,xxxxxxx\n2,\"xxxxx\"\n";
    struct result result = read_fd("a bigint, b text", 1, memory_file(text, 24), 10);
    assert_int_equal(result.code, OK);
    assert_int_equal(result.n_rows, 2);
    result = read_fd("a bigint, b text", 1, memory_file(text, 24), 9);
    assert_int_equal(result.code, ERR_LIMIT);
    assert_contains(result.err.message, "row 1");
}

static void a_header_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static const char text[] = "a,bbbbbbbbbbbbbbbbb\n1,x\n";
    struct result result = read_fd("a bigint, b text", 1, memory_file(text, 24), 10);
    assert_int_equal(result.code, ERR_LIMIT);
    assert_contains(result.err.message, "the header is longer than 10 bytes");
}

static void beyond_the_row_limit_nothing_else_is_wrong_with_a_row(void **state)
{
    (void)state;
    static const char open[] = "a,b\n1,\"xxxxxxx\n";
    static const char nul[] = "a,b\n1,xxxxxxx\0\n";
    struct result result = read_fd("a bigint, b text", 1, memory_file(open, 15), 10);
    assert_int_equal(result.code, ERR_LIMIT);
    result = read_fd("a bigint, b text", 1, memory_file(open, 15), 11);
    assert_contains(result.err.message, "ends inside a quoted field");
    result = read_fd("a bigint, b text", 1, memory_file(nul, 15), 9);
    assert_int_equal(result.code, ERR_LIMIT);
    result = read_fd("a bigint, b text", 1, memory_file(nul, 15), 10);
    assert_contains(result.err.message, "a NUL byte in line 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_every_type_are_read),
        cmocka_unit_test(an_unquoted_empty_field_is_null_and_a_quoted_one_the_empty_string),
        cmocka_unit_test(a_quoted_empty_field_is_no_number),
        cmocka_unit_test(quoted_text_may_have_commas_lines_and_quotes),
        cmocka_unit_test(line_ends_may_be_mixed_and_the_last_one_missing),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(a_header_alone_has_no_rows),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_wrong_header_is_refused_with_file_and_line),
        cmocka_unit_test(bad_values_are_counted_and_named_with_row_line_and_column),
        cmocka_unit_test(every_bad_row_is_counted_but_few_are_kept),
        cmocka_unit_test(short_and_long_rows_tell_how_many_fields_they_have),
        cmocka_unit_test(null_in_the_key_is_a_bad_row),
        cmocka_unit_test(broken_quoting_is_a_bad_row_and_reading_goes_on),
        cmocka_unit_test(a_quote_left_open_names_the_line_where_it_starts),
        cmocka_unit_test(a_nul_byte_ends_the_input_with_its_line),
        cmocka_unit_test(utf16_is_recognised),
        cmocka_unit_test(bytes_that_are_not_utf8_are_a_bad_row),
        cmocka_unit_test(one_blank_line_at_the_end_is_no_row),
        cmocka_unit_test(an_empty_line_of_a_one_column_file_is_null),
        cmocka_unit_test(spaces_around_a_number_are_refused),
        cmocka_unit_test(numbers_that_the_fast_way_leaves_out_are_read_all_the_same),
        cmocka_unit_test(values_that_are_not_finite_are_data_only_where_declared),
        cmocka_unit_test(a_dripping_pipe_gives_the_same_rows_as_a_file),
        cmocka_unit_test(a_file_longer_than_the_window_is_read_whole),
        cmocka_unit_test(a_row_beyond_the_limit_is_named_with_row_and_line),
        cmocka_unit_test(the_row_limit_counts_every_byte_of_a_row),
        cmocka_unit_test(a_header_beyond_the_limit_is_refused),
        cmocka_unit_test(beyond_the_row_limit_nothing_else_is_wrong_with_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
