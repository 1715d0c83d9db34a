#include "tests/unit/snapshot/helpers.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "snapshot/input.h"

#define MAX_BYTES ((size_t)1 << 20)

/* Everything that an input gives, or the code of its failure. */
static enum error_code drain(int fd, struct buffer *out, struct error *err)
{
    struct input input;
    enum error_code code = OK;
    input_init(&input, fd, "the input", MAX_BYTES);
    while (code == OK && !input.at_end) {
        code = input_more(&input, err);
        if (code == OK)
            code = buffer_append(out, input.data + input.start, input.end - input.start, err);
        input.start = input.end;
    }
    input_release(&input);
    return code;
}

/* One gzip member with the text. */
static size_t compress_member(const char *text, size_t len, unsigned char *out, size_t capacity)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t written = capacity - stream.avail_out;
    (void)deflateEnd(&stream);
    return written;
}

static char *make_text(size_t len)
{
    char *text = malloc(len);
    uint64_t random = 9;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + next_random(&random) % 20);
    return text;
}

static void expect_text(int fd, const char *text, size_t len)
{
    struct error err;
    struct buffer out;
    buffer_init(&out, (size_t)64 << 20);
    assert_ok(drain(fd, &out, &err));
    assert_int_equal(out.len, len);
    if (len > 0)
        assert_memory_equal(out.data, text, len);
    buffer_release(&out);
    (void)close(fd);
}

static void plain_bytes_come_as_they_are(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 65536, 262144, 1000000};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char *text = make_text(lengths[i] + 1);
        expect_text(memory_file(text, lengths[i]), text, lengths[i]);
        free(text);
    }
}

static void gzip_is_recognised_and_decompressed(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 100, 1000000};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char *text = make_text(lengths[i] + 1);
        unsigned char *packed = malloc(lengths[i] + 1000);
        size_t len = compress_member(text, lengths[i], packed, lengths[i] + 1000);
        expect_text(memory_file(packed, len), text, lengths[i]);
        expect_text(dripping_pipe((const char *)packed, len, 1 + len / 100), text, lengths[i]);
        free(packed);
        free(text);
    }
}

static void members_of_gzip_follow_one_another(void **state)
{
    (void)state;
    char *text = make_text(300000);
    unsigned char *packed = malloc(400000);
    size_t len = compress_member(text, 100000, packed, 400000);
    len += compress_member("", 0, packed + len, 400000 - len);
    len += compress_member(text + 100000, 200000, packed + len, 400000 - len);
    memset(packed + len, 0, 700); /* padding, as tape drives leave it */
    expect_text(memory_file(packed, len), text, 300000);
    expect_text(memory_file(packed, len + 700), text, 300000);
    free(packed);
    free(text);
}

static void gzip_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    char *text = make_text(5000);
    unsigned char packed[6000];
    size_t whole = compress_member(text, 5000, packed, sizeof(packed));
    for (size_t len = 2; len < whole; len += 1 + len % 37) {
        struct error err;
        struct buffer out;
        buffer_init(&out, MAX_BYTES);
        int fd = memory_file(packed, len);
        assert_fails(ERR_DATA, drain(fd, &out, &err));
        assert_string_equal(err.message, "the gzip data end early");
        (void)close(fd);
        buffer_release(&out);
    }
    free(text);
}

static void damaged_gzip_is_refused(void **state)
{
    (void)state;
    char *text = make_text(5000);
    unsigned char packed[6000];
    size_t len = compress_member(text, 5000, packed, sizeof(packed));
    packed[len / 2] ^= 0x10;
    struct error err;
    struct buffer out;
    buffer_init(&out, MAX_BYTES);
    int fd = memory_file(packed, len);
    assert_fails(ERR_DATA, drain(fd, &out, &err));
    assert_contains(err.message, "the gzip data");
    (void)close(fd);
    packed[len / 2] ^= 0x10;
    packed[len] = 'x';
    fd = memory_file(packed, len + 1);
    assert_fails(ERR_DATA, drain(fd, &out, &err));
    assert_string_equal(err.message, "the gzip data are followed by something else");
    (void)close(fd);
    buffer_release(&out);
    free(text);
}

static void the_window_grows_to_its_limit_and_no_further(void **state)
{
    (void)state;
    char *text = make_text(MAX_BYTES * 3);
    struct error err;
    struct input input;
    int fd = memory_file(text, MAX_BYTES * 3);
    input_init(&input, fd, "the input", MAX_BYTES);
    enum error_code code = OK;
    while (code == OK && input.end < MAX_BYTES)
        code = input_more(&input, &err);
    assert_int_equal(code, OK);
    assert_memory_equal(input.data, text, MAX_BYTES);
    assert_fails(ERR_LIMIT, input_more(&input, &err));
    assert_true(input.capacity <= MAX_BYTES + ((size_t)256 << 10));
    input_release(&input);
    (void)close(fd);
    free(text);
}

static void unread_bytes_at_least_double(void **state)
{
    (void)state;
    char *text = make_text(600000);
    struct error err;
    struct input input;
    int fd = dripping_pipe(text, 600000, 1000);
    input_init(&input, fd, "the input", MAX_BYTES);
    size_t calls = 0;
    while (!input.at_end) {
        assert_ok(input_more(&input, &err));
        calls++;
    }
    assert_int_equal(input.end, 600000);
    assert_memory_equal(input.data, text, 600000);
    assert_true(calls < 40);
    input_release(&input);
    (void)close(fd);
    free(text);
}

static void a_descriptor_that_does_not_block_is_waited_for(void **state)
{
    (void)state;
    static const char text[] = "a text that drips slowly";
    int fd = dripping_pipe(text, sizeof(text), 1);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    expect_text(fd, text, sizeof(text));
}

static void a_descriptor_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct error err;
    struct buffer out;
    buffer_init(&out, MAX_BYTES);
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    assert_fails(ERR_IO, drain(fd, &out, &err));
    assert_contains(err.message, "cannot read the input");
    (void)close(fd);
    buffer_release(&out);
}

static void *interrupt_soon(void *arg)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    (void)nanosleep(&pause, NULL);
    (void)pthread_kill(*(pthread_t *)arg, SIGINT);
    return NULL;
}

static void an_interrupt_ends_the_wait_for_a_silent_pipe(void **state)
{
    (void)state;
    struct error err;
    struct buffer out;
    int ends[2];
    pthread_t self = pthread_self();
    pthread_t thread;
    buffer_init(&out, MAX_BYTES);
    assert_ok(interrupt_install(&err));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, &self), 0);
    assert_fails(ERR_CANCELLED, drain(ends[0], &out, &err));
    assert_int_equal(pthread_join(thread, NULL), 0);
    interrupt_reset();
    (void)close(ends[0]);
    (void)close(ends[1]);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_bytes_come_as_they_are),
        cmocka_unit_test(gzip_is_recognised_and_decompressed),
        cmocka_unit_test(members_of_gzip_follow_one_another),
        cmocka_unit_test(gzip_that_is_cut_off_is_refused),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(the_window_grows_to_its_limit_and_no_further),
        cmocka_unit_test(unread_bytes_at_least_double),
        cmocka_unit_test(a_descriptor_that_does_not_block_is_waited_for),
        cmocka_unit_test(a_descriptor_that_cannot_be_read_is_an_error),
        cmocka_unit_test(an_interrupt_ends_the_wait_for_a_silent_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
