/* Thousands of damaged and random inputs: whatever comes, reading ends with rows or an error. */
#include "tests/unit/snapshot/helpers.h"

#include <sys/socket.h>

#include "base/file.h"
#include "snapshot/copy_binary.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"

#define SCHEMA "id bigint, i integer, d double precision, n numeric, t text, b boolean"
#define EVERY_TYPE                                                                                 \
    "id bigint, i integer, r real?, d double precision?, n numeric?, t text, b boolean, dt "       \
    "date?, "                                                                                      \
    "ts timestamptz?, u uuid"

/* A descriptor from which every read gives at most `step` of the bytes. */
static int piecewise(const char *bytes, size_t len, size_t step)
{
    int ends[2];
    int room = 1 << 20;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
    for (size_t i = 0; i < len; i += step) {
        size_t n = len - i < step ? len - i : step;
        assert_int_equal(write(ends[1], bytes + i, n), (ssize_t)n);
    }
    (void)close(ends[1]);
    return ends[0];
}

struct outcome {
    enum error_code code;
    char message[256];
    uint64_t rows;
    struct fingerprint fingerprint;
    struct row_errors errors;
};

static void read_batches(struct reader *reader, struct outcome *outcome)
{
    struct error err = {0};
    for (;;) {
        const struct batch *batch = NULL;
        outcome->code = reader_next(reader, &batch, &err);
        if (outcome->code != OK || batch == NULL)
            break;
        outcome->rows += batch->n_rows;
        fingerprint_add(&outcome->fingerprint, batch);
    }
    (void)snprintf(outcome->message, sizeof(outcome->message), "%s", err.message);
    outcome->errors = *reader_errors(reader);
}

static struct outcome read_from(int fd, const struct schema *schema, enum row_format format)
{
    struct outcome outcome = {0};
    struct error err;
    struct reader *reader = NULL;
    const struct reader_options options = {.format = format, .max_row_bytes = 1 << 20};
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    read_batches(reader, &outcome);
    reader_free(reader);
    (void)close(fd);
    return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b, const char *text)
{
    bool same = a->code == b->code && a->rows == b->rows &&
                a->fingerprint.low == b->fingerprint.low && a->errors.count == b->errors.count &&
                strcmp(a->message, b->message) == 0;
    for (size_t i = 0; i < READER_ERROR_SAMPLES; i++)
        same = same && a->errors.first[i].line == b->errors.first[i].line &&
               strcmp(a->errors.first[i].reason, b->errors.first[i].reason) == 0;
    if (!same)
        fail_msg("read in pieces, this gives something else: %s", text);
}

/* The header and some lines of values, some in the wrong column, some with a stray byte. */
static size_t make_csv(uint64_t *random, char *out, size_t capacity)
{
    static const char *const values[6][4] = {
        {"1", "-22", "\"3\"", "9223372036854775808"},    {"0", "", "-7", "\"\""},
        {"3.5", "1e5", "", "0.00000000000000000001"},    {"12.50", "", "1e-3", "\"007\""},
        {"text", "\"q\"\"q\"", "\"a,\nb\"", "\xC3\xBC"}, {"t", "no", "", "\"1\""}};
    static const char noise[] = "\",\n\r\"\"a1.- \t\x80\xC3\0e";
    size_t n = (size_t)snprintf(out, capacity, "id,i,d,n,t,b\n");
    size_t lines = next_random(random) % 6;
    for (size_t i = 0; i < lines * 6 && n + 40 < capacity; i++) {
        size_t column = next_random(random) % 64 == 0 ? next_random(random) % 6 : i % 6;
        const char *end = i % 6 != 5 ? "," : next_random(random) % 3 == 0 ? "\r\n" : "\n";
        n += (size_t)snprintf(out + n, capacity - n, "%s%s",
                              values[column][next_random(random) % 4], end);
        if (next_random(random) % 64 == 0)
            out[n++] = noise[next_random(random) % (sizeof(noise) - 1)];
    }
    return n;
}

static void random_csv_is_read_alike_whole_and_in_pieces(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, SCHEMA, 1);
    uint64_t random = 2011;
    uint64_t rows = 0;
    for (int i = 0; i < 1500; i++) {
        char text[400];
        size_t len = make_csv(&random, text, sizeof(text));
        struct outcome whole = read_from(memory_file(text, len), schema, FORMAT_CSV);
        int pieces = piecewise(text, len, 1 + (size_t)i % 5);
        struct outcome in_pieces = read_from(pieces, schema, FORMAT_CSV);
        expect_same(&whole, &in_pieces, text);
        rows += whole.rows;
    }
    assert_true(rows > 300);
    arena_release(&arena);
}

static void random_bytes_are_no_csv(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, SCHEMA, 1);
    uint64_t random = 5;
    for (int i = 0; i < 1000; i++) {
        char bytes[512];
        size_t len = next_random(&random) % sizeof(bytes);
        for (size_t j = 0; j < len; j++)
            bytes[j] = (char)next_random(&random);
        if (len >= 3 && i % 4 == 0) { /* the start of gzip */
            bytes[0] = 0x1F;
            bytes[1] = (char)0x8B;
            bytes[2] = 8;
        }
        assert_int_not_equal(read_from(memory_file(bytes, len), schema, FORMAT_CSV).code, OK);
    }
    arena_release(&arena);
}

static void load_stream(struct buffer *out)
{
    char path[512];
    struct error err;
    (void)snprintf(path, sizeof(path), "%s/every_type.copy", TEST_DATA_DIRECTORY);
    buffer_init(out, 1 << 20);
    assert_ok(file_read(path, out, &err));
}

static void damaged_copy_data_are_read_alike_whole_and_in_pieces(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, EVERY_TYPE, 1);
    struct buffer stream;
    uint64_t random = 23;
    size_t refused = 0;
    load_stream(&stream);
    char *damaged = malloc(stream.len);
    for (int i = 0; i < 1500; i++) {
        memcpy(damaged, stream.data, stream.len);
        for (int change = 0; change <= i % 3; change++)
            damaged[next_random(&random) % stream.len] ^= (char)(1 << next_random(&random) % 8);
        struct outcome whole =
            read_from(memory_file(damaged, stream.len), schema, FORMAT_COPY_BINARY);
        struct outcome in_pieces =
            read_from(piecewise(damaged, stream.len, 7), schema, FORMAT_COPY_BINARY);
        expect_same(&whole, &in_pieces, "damaged COPY data");
        refused += whole.code != OK || whole.errors.count > 0;
    }
    assert_true(refused > 300);
    free(damaged);
    buffer_release(&stream);
    arena_release(&arena);
}

/* Reads the stream; what it accepts is encoded into out. */
static bool reencode(int fd, const struct schema *schema, struct buffer *out)
{
    struct error err;
    struct reader *reader = NULL;
    const struct batch *batch = NULL;
    const struct reader_options options = {.format = FORMAT_COPY_BINARY};
    assert_ok(reader_open(fd, schema, &options, &reader, &err));
    enum error_code code = reader_next(reader, &batch, &err);
    bool whole = code == OK && batch != NULL && reader_check(reader, &err) == OK;
    if (whole) {
        buffer_clear(out);
        assert_ok(copy_binary_header(out, &err));
        assert_ok(copy_binary_rows(batch, 0, batch->n_rows, out, &err));
        assert_ok(copy_binary_trailer(out, &err));
    }
    reader_free(reader);
    (void)close(fd);
    return whole;
}

static void what_damaged_copy_data_still_mean_survives_another_round(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct schema *schema = make_schema(&arena, EVERY_TYPE, 1);
    struct buffer stream;
    struct buffer first;
    struct buffer second;
    uint64_t random = 77;
    size_t accepted = 0;
    load_stream(&stream);
    buffer_init(&first, 1 << 24);
    buffer_init(&second, 1 << 24);
    for (int i = 0; i < 1000; i++) {
        size_t at = next_random(&random) % stream.len;
        char before = stream.data[at];
        stream.data[at] ^= (char)(1 << next_random(&random) % 8);
        if (reencode(memory_file(stream.data, stream.len), schema, &first)) {
            assert_true(reencode(memory_file(first.data, first.len), schema, &second));
            assert_int_equal(first.len, second.len);
            assert_memory_equal(first.data, second.data, first.len);
            accepted++;
        }
        stream.data[at] = before;
    }
    assert_true(accepted > 100);
    buffer_release(&stream);
    buffer_release(&first);
    buffer_release(&second);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_csv_is_read_alike_whole_and_in_pieces),
        cmocka_unit_test(random_bytes_are_no_csv),
        cmocka_unit_test(damaged_copy_data_are_read_alike_whole_and_in_pieces),
        cmocka_unit_test(what_damaged_copy_data_still_mean_survives_another_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
