#include "tests/unit/snapshot/helpers.h"

#include "snapshot/csv_split.h"

#define MAX_FIELDS 8

struct split {
    struct csv_field fields[MAX_FIELDS];
    struct csv_record record;
    char bytes[256];
};

static enum csv_result split(struct split *s, const char *text, size_t len, bool at_end)
{
    assert_true(len + 8 <= sizeof(s->bytes));
    memset(s->bytes, 0, sizeof(s->bytes));
    memcpy(s->bytes, text, len);
    s->record = (struct csv_record){.fields = s->fields, .capacity = MAX_FIELDS};
    return csv_split(s->bytes, s->bytes + len, at_end, &s->record);
}

/* The fields of the first record in square brackets, and a mark for what is wrong with one. */
static const char *fields_of(const char *text, bool at_end)
{
    static char out[512];
    struct split s;
    struct error err;
    struct buffer scratch;
    buffer_init(&scratch, 1000);
    size_t n = 0;
    assert_int_equal(split(&s, text, strlen(text), at_end), CSV_RECORD);
    for (size_t i = 0; i < s.record.n_fields; i++) {
        const char *value = NULL;
        size_t len = 0;
        assert_ok(csv_field_value(&s.fields[i], &scratch, &value, &len, &err));
        n += (size_t)snprintf(out + n, sizeof(out) - n, "%s[%.*s]%s", s.fields[i].quoted ? "q" : "",
                              (int)len, value, s.fields[i].problem != NULL ? "!" : "");
    }
    buffer_release(&scratch);
    return out;
}

static void fields_end_at_commas_and_lines(void **state)
{
    (void)state;
    assert_string_equal(fields_of("a,b,c\nx", false), "[a][b][c]");
    assert_string_equal(fields_of("a,,\nx", false), "[a][][]");
    assert_string_equal(fields_of("\nx", false), "[]");
    assert_string_equal(fields_of("a,b\r\nx", false), "[a][b]");
    assert_string_equal(fields_of("a longer field, with spaces\t\nx", false),
                        "[a longer field][ with spaces\t]");
}

static void quotes_enclose_commas_lines_and_quotes(void **state)
{
    (void)state;
    assert_string_equal(fields_of("\"a,b\",\"c\nd\"\n", false), "q[a,b]q[c\nd]");
    assert_string_equal(fields_of("\"\",x\n", false), "q[][x]");
    assert_string_equal(fields_of("\"say \"\"hi\"\"\",x\n", false), "q[say \"hi\"][x]");
    assert_string_equal(fields_of("\"\"\"\"\r\n", false), "q[\"]");
    assert_string_equal(fields_of("\"a\r\nb\"\r\nx", false), "q[a\r\nb]");
}

static void the_last_line_may_lack_its_end(void **state)
{
    (void)state;
    assert_string_equal(fields_of("a,b", true), "[a][b]");
    assert_string_equal(fields_of("a,", true), "[a][]");
    assert_string_equal(fields_of("a,\"b\"", true), "[a]q[b]");
    assert_string_equal(fields_of("a,b\r", true), "[a][b]");
}

static void stray_quotes_and_carriage_returns_are_problems_of_their_field(void **state)
{
    (void)state;
    assert_string_equal(fields_of("a\"b,c\n", false), "[a\"b]![c]");
    assert_string_equal(fields_of("\"a\"b,c\n", false), "q[a]![c]");
    assert_string_equal(fields_of("\"a\" ,c\n", false), "q[a]![c]");
    assert_string_equal(fields_of("a\rb,c\n", false), "[a\rb]![c]");
    assert_string_equal(fields_of("\"a\"\rb,c\n", false), "q[a]![c]");
}

static void an_unfinished_record_asks_for_more_unless_the_input_ends(void **state)
{
    (void)state;
    static const char *const unfinished[] = {"a",    "a,b",     "a\r",     "\"a",    "\"a\"",
                                             "a,\"", "\"a\"\"", "\"a\n\"", "\"a\"\r"};
    struct split s;
    for (size_t i = 0; i < ARRAY_SIZE(unfinished); i++)
        assert_int_equal(split(&s, unfinished[i], strlen(unfinished[i]), false), CSV_MORE);
}

static void an_open_quote_at_the_end_is_told_with_its_line(void **state)
{
    (void)state;
    struct split s;
    assert_int_equal(split(&s, "\"a\nb\",\"c\nd", 10, true), CSV_OPEN_QUOTE);
    assert_int_equal(s.record.lines, 1);
}

static void nul_bytes_are_found_inside_and_outside_quotes(void **state)
{
    (void)state;
    struct split s;
    assert_int_equal(split(&s, "a,b\0c\n", 6, true), CSV_NUL);
    assert_int_equal(split(&s, "\"a\nb\n\0c\"\n", 9, true), CSV_NUL);
    assert_int_equal(s.record.lines, 2);
}

static void fields_beyond_the_capacity_are_counted(void **state)
{
    (void)state;
    struct split s;
    assert_int_equal(split(&s, "1,2,3,4,5,6,7,8,9,10,\"11\"\nx", 27, false), CSV_RECORD);
    assert_int_equal(s.record.n_fields, 11);
    assert_string_equal(s.record.next, "x");
}

static void lines_are_counted(void **state)
{
    (void)state;
    struct split s;
    assert_int_equal(split(&s, "\"a\nb\r\n\",c\r\nx", 12, false), CSV_RECORD);
    assert_int_equal(s.record.lines, 3);
    assert_int_equal(split(&s, "a", 1, true), CSV_RECORD);
    assert_int_equal(s.record.lines, 0);
}

static void the_first_special_byte_is_found_at_every_place(void **state)
{
    (void)state;
    static const char specials[] = {',', '"', '\n', '\r', '\t', '\0', 0x1F};
    for (size_t at = 0; at < 20; at++) {
        for (size_t i = 0; i < sizeof(specials); i++) {
            char text[40];
            memset(text, 0x21, sizeof(text)); /* one above the quote's neighbour: borrows */
            text[at] = specials[i];
            text[at + 1] = ',';
            bool high = false;
            assert_ptr_equal(csv_find_special(text, text + 30, &high), text + at);
            assert_false(high);
            text[at + 2] = (char)0xC3;
            assert_ptr_equal(csv_find_special(text, text + 30, &high), text + at);
            assert_false(high);
            if (at == 0)
                continue;
            text[at - 1] = (char)0xC3;
            assert_ptr_equal(csv_find_special(text, text + 30, &high), text + at);
            assert_true(high);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_end_at_commas_and_lines),
        cmocka_unit_test(quotes_enclose_commas_lines_and_quotes),
        cmocka_unit_test(the_last_line_may_lack_its_end),
        cmocka_unit_test(stray_quotes_and_carriage_returns_are_problems_of_their_field),
        cmocka_unit_test(an_unfinished_record_asks_for_more_unless_the_input_ends),
        cmocka_unit_test(an_open_quote_at_the_end_is_told_with_its_line),
        cmocka_unit_test(nul_bytes_are_found_inside_and_outside_quotes),
        cmocka_unit_test(fields_beyond_the_capacity_are_counted),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(the_first_special_byte_is_found_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
