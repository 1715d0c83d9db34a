#include "tests/unit/snapshot/helpers.h"

#include "base/file.h"
#include "snapshot/copy_binary.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"

#define EVERY_TYPE                                                                                 \
    "id bigint, i integer, r real?, d double precision?, n numeric?, t text, b boolean, dt "       \
    "date?, "                                                                                      \
    "ts timestamptz?, u uuid"

struct fixture {
    struct arena arena;
    struct schema *schema;
    struct buffer bytes;
};

static void begin(struct fixture *f, const char *schema)
{
    *f = (struct fixture){0};
    f->schema = make_schema(&f->arena, schema, 1);
    buffer_init(&f->bytes, (size_t)64 << 20);
}

static void end(struct fixture *f)
{
    buffer_release(&f->bytes);
    arena_release(&f->arena);
}

static void load(struct fixture *f, const char *name)
{
    char path[512];
    struct error err;
    (void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA_DIRECTORY, name);
    buffer_clear(&f->bytes);
    assert_ok(file_read(path, &f->bytes, &err));
}

/* The only batch of what is in f->bytes, in a builder that the caller frees. */
static struct batch_builder *read_all(struct fixture *f, enum row_format format)
{
    struct error err;
    struct reader *reader = NULL;
    const struct batch *batch = NULL;
    struct batch_builder *copy = NULL;
    const struct reader_options options = {.format = format, .name = "rows"};
    int fd = memory_file(f->bytes.data, f->bytes.len);
    assert_ok(reader_open(fd, f->schema, &options, &reader, &err));
    assert_ok(batch_builder_new(f->schema, &copy, &err));
    assert_ok(reader_next(reader, &batch, &err));
    for (size_t i = 0; batch != NULL && i < batch->n_rows; i++)
        assert_ok(batch_builder_put_row(copy, batch, i, &err));
    assert_ok(reader_next(reader, &batch, &err));
    assert_null(batch);
    assert_ok(reader_check(reader, &err));
    reader_free(reader);
    (void)close(fd);
    return copy;
}

static void encode(const struct batch *batch, struct buffer *out)
{
    struct error err;
    buffer_clear(out);
    assert_ok(copy_binary_header(out, &err));
    assert_ok(copy_binary_rows(batch, 0, batch->n_rows, out, &err));
    assert_ok(copy_binary_trailer(out, &err));
}

static void expect_same_rows(const struct batch *a, const struct batch *b)
{
    assert_int_equal(a->n_rows, b->n_rows);
    for (size_t i = 0; i < a->n_rows; i++) {
        char expected[8192];
        (void)snprintf(expected, sizeof(expected), "%s", row_text(a, i));
        assert_string_equal(row_text(b, i), expected);
    }
}

static void the_bytes_are_those_that_postgresql_writes(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, EVERY_TYPE);
    load(&f, "every_type.csv");
    struct batch_builder *rows = read_all(&f, FORMAT_CSV);
    load(&f, "every_type.copy");
    struct buffer encoded;
    buffer_init(&encoded, 1 << 20);
    encode(batch_builder_batch(rows), &encoded);
    assert_int_equal(encoded.len, f.bytes.len);
    assert_memory_equal(encoded.data, f.bytes.data, encoded.len);
    buffer_release(&encoded);
    batch_builder_free(rows);
    end(&f);
}

static void what_postgresql_writes_is_read_alike_from_both_formats(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, EVERY_TYPE);
    load(&f, "every_type.csv");
    struct batch_builder *from_csv = read_all(&f, FORMAT_CSV);
    load(&f, "every_type.copy");
    struct batch_builder *from_copy = read_all(&f, FORMAT_COPY_BINARY);
    assert_int_equal(batch_builder_batch(from_copy)->n_rows, 7);
    expect_same_rows(batch_builder_batch(from_csv), batch_builder_batch(from_copy));
    struct fingerprint a = {0};
    struct fingerprint b = {0};
    fingerprint_add(&a, batch_builder_batch(from_csv));
    fingerprint_add(&b, batch_builder_batch(from_copy));
    assert_memory_equal(&a, &b, sizeof(a));
    batch_builder_free(from_csv);
    batch_builder_free(from_copy);
    end(&f);
}

static void values_are_shown_as_postgresql_prints_them(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, EVERY_TYPE);
    load(&f, "every_type.copy");
    struct batch_builder *rows = read_all(&f, FORMAT_COPY_BINARY);
    const struct batch *batch = batch_builder_batch(rows);
    assert_string_equal(row_text(batch, 0),
                        "1|-2|1.5|-2.25|12.50|gr\xC3\xBC\xC3\x9F\xE2\x82\xAC\xF0\x9F\x98\x80|t|"
                        "2011-05-23|2011-05-23 11:00:00.123456+00|"
                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    assert_string_equal(row_text(batch, 3),
                        "4|0|1e-45|5e-324|123456789012345678901234567890.000|x|f|infinity|"
                        "-infinity|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12");
    assert_string_equal(row_text(batch, 4), "5|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
    assert_string_equal(row_text(batch, 6), "7|8|-0|-0|10000|z|t|2000-01-01|2000-01-01 00:00:00+00|"
                                            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14");
    batch_builder_free(rows);
    end(&f);
}

static void no_rows_are_a_valid_stream(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    begin(&f, "id bigint");
    struct buffer encoded;
    buffer_init(&encoded, 1 << 20);
    load(&f, "no_rows.copy");
    assert_ok(copy_binary_header(&encoded, &err));
    assert_ok(copy_binary_trailer(&encoded, &err));
    assert_int_equal(encoded.len, f.bytes.len);
    assert_memory_equal(encoded.data, f.bytes.data, encoded.len);
    struct batch_builder *rows = read_all(&f, FORMAT_COPY_BINARY);
    assert_int_equal(batch_builder_batch(rows)->n_rows, 0);
    batch_builder_free(rows);
    buffer_release(&encoded);
    end(&f);
}

/* Columns of a fixed width without NULL take another way than the others; both must agree. */
static void rows_of_equal_length_are_encoded_like_all_others(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    begin(&f, "id bigint, a integer, b real, c double precision, d boolean, e date, f timestamptz, "
              "g uuid");
    struct batch_builder *rows = NULL;
    assert_ok(batch_builder_new(f.schema, &rows, &err));
    for (int i = 0; i < 1500; i++) {
        char row[200];
        (void)snprintf(row, sizeof(row),
                       "%d|%d|%d.5|-%d.25|%s|2011-05-23|2011-05-23T00:00:%02dZ|%032x", i, -i, i, i,
                       i % 2 == 0 ? "t" : "f", i % 60, (unsigned)i);
        add_row(rows, row);
    }
    struct buffer strips;
    struct buffer singles;
    buffer_init(&strips, 1 << 20);
    buffer_init(&singles, 1 << 20);
    encode(batch_builder_batch(rows), &strips);
    assert_ok(copy_binary_header(&singles, &err));
    for (size_t i = 0; i < 1500; i += 7)
        assert_ok(copy_binary_rows(batch_builder_batch(rows), i, i + 7 > 1500 ? 1500 - i : 7,
                                   &singles, &err));
    assert_ok(copy_binary_trailer(&singles, &err));
    assert_int_equal(singles.len, strips.len);
    assert_memory_equal(singles.data, strips.data, strips.len);
    assert_ok(buffer_append(&f.bytes, strips.data, strips.len, &err));
    struct batch_builder *back = read_all(&f, FORMAT_COPY_BINARY);
    expect_same_rows(batch_builder_batch(rows), batch_builder_batch(back));
    batch_builder_free(back);
    batch_builder_free(rows);
    buffer_release(&strips);
    buffer_release(&singles);
    end(&f);
}

static void random_rows_come_back_the_same(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    uint64_t random = 4;
    begin(&f, "id bigint, n numeric, t text, d double precision");
    struct batch_builder *rows = NULL;
    assert_ok(batch_builder_new(f.schema, &rows, &err));
    for (int i = 0; i < 2000; i++) {
        char row[200];
        int decimals = (int)(next_random(&random) % 20);
        (void)snprintf(row, sizeof(row), "%d|%s%u.%0*u|%.*s|%.17g", i,
                       next_random(&random) % 2 == 0 ? "-" : "",
                       (unsigned)next_random(&random) >> next_random(&random) % 32, decimals + 1,
                       (unsigned)next_random(&random) % 10, decimals, "some text or other in it",
                       (double)next_random(&random) / 1e9);
        add_row(rows, i % 9 == 0 ? "0|\\N|\\N|\\N" : row);
    }
    encode(batch_builder_batch(rows), &f.bytes);
    struct batch_builder *back = read_all(&f, FORMAT_COPY_BINARY);
    expect_same_rows(batch_builder_batch(rows), batch_builder_batch(back));
    batch_builder_free(back);
    batch_builder_free(rows);
    end(&f);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    begin(&f, "id bigint, t text");
    struct batch_builder *rows = NULL;
    assert_ok(batch_builder_new(f.schema, &rows, &err));
    add_row(rows, "1|some text");
    struct buffer small;
    buffer_init(&small, 20);
    assert_ok(copy_binary_header(&small, &err));
    assert_fails(ERR_LIMIT, copy_binary_rows(batch_builder_batch(rows), 0, 1, &small, &err));
    buffer_release(&small);
    batch_builder_free(rows);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_that_postgresql_writes),
        cmocka_unit_test(what_postgresql_writes_is_read_alike_from_both_formats),
        cmocka_unit_test(values_are_shown_as_postgresql_prints_them),
        cmocka_unit_test(no_rows_are_a_valid_stream),
        cmocka_unit_test(rows_of_equal_length_are_encoded_like_all_others),
        cmocka_unit_test(random_rows_come_back_the_same),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
