#include "tests/unit/snapshot/helpers.h"

#include "snapshot/bytes.h"
#include "snapshot/reader.h"

/* A COPY stream that is put together by hand. */
struct stream {
    char bytes[4096];
    size_t len;
};

static void put(struct stream *s, const void *bytes, size_t len)
{
    assert_true(s->len + len <= sizeof(s->bytes));
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
}

static void put16(struct stream *s, uint16_t value)
{
    char bytes[2];
    put_be16(bytes, value);
    put(s, bytes, 2);
}

static void put32(struct stream *s, uint32_t value)
{
    char bytes[4];
    put_be32(bytes, value);
    put(s, bytes, 4);
}

static void put_bigint(struct stream *s, int64_t value)
{
    char bytes[8];
    put32(s, 8);
    put_be64(bytes, (uint64_t)value);
    put(s, bytes, 8);
}

static void put_text(struct stream *s, const char *text)
{
    put32(s, (uint32_t)strlen(text));
    put(s, text, strlen(text));
}

static void put_header(struct stream *s, uint32_t flags, uint32_t extension)
{
    s->len = 0;
    put(s, "PGCOPY\n\377\r\n", 11);
    put32(s, flags);
    put32(s, extension);
}

struct result {
    enum error_code code;
    struct error err;
    size_t n_rows;
    char last_row[512];
    struct row_errors errors;
};

static struct result read_stream(const char *schema_text, int fd, size_t max_row_bytes)
{
    struct result result = {0};
    struct arena arena = {0};
    struct error err;
    struct schema *schema = make_schema(&arena, schema_text, 1);
    struct reader *reader = NULL;
    const struct reader_options options = {
        .format = FORMAT_COPY_BINARY, .name = "rows.copy", .max_row_bytes = max_row_bytes};
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    for (;;) {
        const struct batch *batch = NULL;
        result.code = reader_next(reader, &batch, &result.err);
        if (result.code != OK || batch == NULL)
            break;
        result.n_rows += batch->n_rows;
        (void)snprintf(result.last_row, sizeof(result.last_row), "%s",
                       row_text(batch, batch->n_rows - 1));
    }
    result.errors = *reader_errors(reader);
    reader_free(reader);
    arena_release(&arena);
    (void)close(fd);
    return result;
}

static struct result read_bytes(const char *schema, const struct stream *s)
{
    return read_stream(schema, memory_file(s->bytes, s->len), 0);
}

static void put_row(struct stream *s, int64_t id, const char *text)
{
    put16(s, 2);
    put_bigint(s, id);
    put_text(s, text);
}

static void a_header_extension_is_skipped(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 7, 5); /* flags below bit 16 may be ignored */
    put(&s, "extra", 5);
    put_row(&s, 1, "x");
    put16(&s, 0xFFFF);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, OK);
    assert_string_equal(result.last_row, "1|x");
}

static void unknown_features_are_refused(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, UINT32_C(1) << 16, 0);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "OIDs");
    put_header(&s, UINT32_C(1) << 20, 0);
    result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "flags 0x00100000");
    put_header(&s, 0, 0x7FFFFFFF);
    result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
}

static void what_is_no_copy_data_is_refused_with_a_hint(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "id,score\n1,2\n", "PGCOPY\n"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct stream s = {.len = 0};
        put(&s, texts[i], strlen(texts[i]));
        struct result result = read_bytes("a bigint, b text", &s);
        assert_int_equal(result.code, ERR_DATA);
        assert_contains(result.err.message, "rows.copy is not PostgreSQL's binary COPY format");
        assert_contains(result.err.hint, "FORMAT binary");
    }
}

static void an_end_without_the_trailer_is_refused(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put_row(&s, 1, "x");
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_string_equal(result.err.message,
                        "row 2: the input ends without the mark that ends the rows");
}

static void a_stream_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put_row(&s, 1, "some text");
    put16(&s, 0xFFFF);
    size_t whole = s.len;
    for (s.len = 0; s.len < whole; s.len++)
        assert_int_equal(read_bytes("a bigint, b text", &s).code, ERR_DATA);
    assert_int_equal(read_bytes("a bigint, b text", &s).code, OK);
}

static void data_after_the_trailer_are_refused(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put_row(&s, 1, "x");
    put16(&s, 0xFFFF);
    put(&s, "", 1);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "data follow the end of 1 rows");
}

static void a_wrong_number_of_fields_is_refused_with_its_row(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put_row(&s, 1, "x");
    put16(&s, 3);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_string_equal(result.err.message, "row 2: 3 fields instead of 2");
    put_header(&s, 0, 0);
    put16(&s, 0xFFFE);
    result = read_bytes("a bigint, b text", &s);
    assert_string_equal(result.err.message, "row 1: -2 fields instead of 2");
}

static void a_value_of_the_wrong_width_is_a_bad_row(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put16(&s, 2);
    put32(&s, 4);
    put32(&s, 17);
    put_text(&s, "x");
    put_row(&s, 2, "y");
    put16(&s, 0xFFFF);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, OK);
    assert_int_equal(result.n_rows, 1);
    assert_int_equal(result.errors.count, 1);
    assert_int_equal(result.errors.first[0].row, 1);
    assert_int_equal(result.errors.first[0].line, 0);
    assert_string_equal(result.errors.first[0].column, "a");
    assert_string_equal(result.errors.first[0].reason, "4 bytes where bigint has 8");
}

static void null_and_bad_values_are_bad_rows(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put16(&s, 2);
    put32(&s, UINT32_MAX);
    put_text(&s, "x");
    put_row(&s, 2, "\xFF");
    put16(&s, 2);
    put_bigint(&s, 3);
    put32(&s, 3);
    put(&s, "a\0b", 3);
    put16(&s, 2);
    put_bigint(&s, 4);
    put32(&s, UINT32_MAX);
    put16(&s, 0xFFFF);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.errors.count, 3);
    assert_string_equal(result.errors.first[0].reason, "NULL in a key column");
    assert_contains(result.errors.first[1].reason, "byte 0xFF at position 1");
    assert_contains(result.errors.first[2].reason, "byte 0x00 at position 2");
    assert_string_equal(result.last_row, "4|NULL");
}

static void a_negative_length_is_refused(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put16(&s, 2);
    put32(&s, (uint32_t)-2);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_DATA);
    assert_contains(result.err.message, "row 1: a field has a negative length");
}

static void a_row_beyond_the_limit_is_refused_before_it_is_read(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    put_row(&s, 1, "x");
    put16(&s, 2);
    put_bigint(&s, 2);
    put32(&s, 0x7FFFFFFF);
    put(&s, "abc", 3);
    struct result result = read_bytes("a bigint, b text", &s);
    assert_int_equal(result.code, ERR_LIMIT);
    assert_contains(result.err.message, "row 2 is longer than 67108864 bytes");
    s.len = 0;
    put_header(&s, 0, 0);
    put_row(&s, 1, "0123456789");
    put16(&s, 0xFFFF);
    result = read_stream("a bigint, b text", memory_file(s.bytes, s.len), 28);
    assert_int_equal(result.code, OK);
    result = read_stream("a bigint, b text", memory_file(s.bytes, s.len), 27);
    assert_int_equal(result.code, ERR_LIMIT);
}

static void put_double(struct stream *s, uint64_t bits)
{
    char bytes[8];
    put32(s, 8);
    put_be64(bytes, bits);
    put(s, bytes, 8);
}

static void values_that_are_not_finite_are_data_only_where_declared(void **state)
{
    (void)state;
    static const uint64_t bits[] = {UINT64_C(0x7FF8000000000000), UINT64_C(0xFFF0000000000000)};
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        struct stream s;
        put_header(&s, 0, 0);
        put16(&s, 2);
        put_bigint(&s, 1);
        put_double(&s, bits[i]);
        put16(&s, 0xFFFF);
        assert_int_equal(read_bytes("a bigint, b double precision?", &s).errors.count, 0);
        assert_int_equal(read_bytes("a bigint, b double precision", &s).errors.count, 1);
    }
}

static void every_nan_becomes_the_same(void **state)
{
    (void)state;
    struct stream s;
    struct arena arena = {0};
    struct error err;
    struct reader *reader = NULL;
    const struct batch *batch = NULL;
    struct schema *schema = make_schema(&arena, "a bigint, b double precision?", 1);
    const struct reader_options options = {.format = FORMAT_COPY_BINARY};
    put_header(&s, 0, 0);
    for (int i = 0; i < 2; i++) {
        put16(&s, 2);
        put_bigint(&s, i);
        put_double(&s, i == 0 ? UINT64_C(0x7FF8000000000000) : UINT64_C(0xFFF0000000000123));
    }
    put16(&s, 0xFFFF);
    int fd = memory_file(s.bytes, s.len);
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    assert_ok(reader_next(reader, &batch, &err));
    assert_memory_equal(&batch->columns[1].f64[0], &batch->columns[1].f64[1], 8);
    reader_free(reader);
    (void)close(fd);
    arena_release(&arena);
}

static void dates_and_times_outside_the_calendar_are_bad_rows(void **state)
{
    (void)state;
    static const struct {
        int32_t days;
        int64_t us;
        size_t bad;
    } cases[] = {{0, 0, 0},
                 {-730119, 0, 0},
                 {-730120, 0, 1},
                 {2921940, 0, 1},
                 {INT32_MAX, 0, 1},
                 {0, INT64_MIN, 1},
                 {0, INT64_C(252455616000000000), 1},
                 {0, INT64_C(252455615999999999), 0}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct stream s;
        put_header(&s, 0, 0);
        put16(&s, 3);
        put_bigint(&s, 1);
        put32(&s, 4);
        put32(&s, (uint32_t)cases[i].days);
        put_bigint(&s, cases[i].us);
        put16(&s, 0xFFFF);
        struct result result = read_bytes("a bigint, b date, c timestamptz", &s);
        assert_int_equal(result.code, OK);
        assert_int_equal(result.errors.count, cases[i].bad);
    }
}

static void a_dripping_pipe_gives_the_same_rows(void **state)
{
    (void)state;
    struct stream s;
    put_header(&s, 0, 0);
    for (int i = 0; i < 50; i++)
        put_row(&s, i, "some text");
    put16(&s, 0xFFFF);
    for (size_t step = 1; step < 20; step += 6) {
        struct result result =
            read_stream("a bigint, b text", dripping_pipe(s.bytes, s.len, step), 0);
        assert_int_equal(result.code, OK);
        assert_int_equal(result.n_rows, 50);
        assert_string_equal(result.last_row, "49|some text");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_extension_is_skipped),
        cmocka_unit_test(unknown_features_are_refused),
        cmocka_unit_test(what_is_no_copy_data_is_refused_with_a_hint),
        cmocka_unit_test(an_end_without_the_trailer_is_refused),
        cmocka_unit_test(a_stream_cut_off_anywhere_is_refused),
        cmocka_unit_test(data_after_the_trailer_are_refused),
        cmocka_unit_test(a_wrong_number_of_fields_is_refused_with_its_row),
        cmocka_unit_test(a_value_of_the_wrong_width_is_a_bad_row),
        cmocka_unit_test(null_and_bad_values_are_bad_rows),
        cmocka_unit_test(a_negative_length_is_refused),
        cmocka_unit_test(a_row_beyond_the_limit_is_refused_before_it_is_read),
        cmocka_unit_test(values_that_are_not_finite_are_data_only_where_declared),
        cmocka_unit_test(every_nan_becomes_the_same),
        cmocka_unit_test(dates_and_times_outside_the_calendar_are_bad_rows),
        cmocka_unit_test(a_dripping_pipe_gives_the_same_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
