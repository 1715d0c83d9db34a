#include "tests/unit/snapshot/helpers.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "snapshot/packed.h"
#include "snapshot/packed_format.h"
#include "snapshot/packed_internal.h"

#define SCHEMA                                                                                     \
    "a bigint, b integer, c real?, d double precision, e numeric, f text, g boolean, h date, "     \
    "i timestamptz, j uuid"

struct image {
    char *bytes;
    size_t len;
    struct arena arena;
    struct schema *schema;
};

static void add_rows(struct batch_builder *builder, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char row[256];
        if (i % 5 == 3)
            (void)snprintf(row, sizeof(row), "%zu|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N", i);
        else
            (void)snprintf(row, sizeof(row),
                           "%zu|%zu|NaN|0.%zu|-%zu.50|text %zu gr\xC3\xBC|%s|2011-05-23|2011-05-23 "
                           "04:00:00Z|a0eebc99-9c0b-4ef8-bb6d-%012zu",
                           i, i, i, i, i, i % 2 == 0 ? "t" : "f", i);
        add_row(builder, row);
    }
}

/* The bytes of a snapshot file with n rows of every type. */
static struct image make_image(size_t n)
{
    struct image image = {0};
    struct error err;
    struct batch_builder *builder = NULL;
    struct packer *packer = NULL;
    struct packed *packed = NULL;
    char path[] = "/tmp/lg-packed-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    image.schema = make_schema(&image.arena, SCHEMA, 1);
    assert_ok(batch_builder_new(image.schema, &builder, &err));
    add_rows(builder, n);
    const struct packer_options options = {.path = path};
    assert_ok(packer_new(image.schema, &options, &packer, &err));
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    assert_ok(packer_finish(packer, &packed, &err));
    packed_free(packed);
    packer_free(packer);
    batch_builder_free(builder);
    fd = open(path, O_RDONLY);
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    image.len = (size_t)status.st_size;
    image.bytes = malloc(image.len);
    assert_int_equal(read(fd, image.bytes, image.len), (ssize_t)image.len);
    (void)close(fd);
    (void)unlink(path);
    return image;
}

static void free_image(struct image *image)
{
    free(image->bytes);
    arena_release(&image->arena);
}

/* Opens and verifies the bytes as a file; OK or the code of what failed. */
static enum error_code open_image(const struct image *image, const char *bytes, size_t len,
                                  struct error *err)
{
    int fd = memory_file(bytes, len);
    struct packed *packed = NULL;
    enum error_code code = packed_open_fd(fd, "test.lgs", image->schema, &packed, err);
    if (code == OK)
        code = packed_verify(packed, err);
    packed_free(packed);
    (void)close(fd);
    return code;
}

static void every_type_survives_the_file(void **state)
{
    (void)state;
    struct image image = make_image(100);
    struct error err;
    struct batch_builder *builder = NULL;
    struct packed *packed = NULL;
    struct column columns[10];
    struct batch batch;
    assert_ok(batch_builder_new(image.schema, &builder, &err));
    add_rows(builder, 100);
    const struct batch *expected = batch_builder_batch(builder);
    int fd = memory_file(image.bytes, image.len);
    assert_ok(packed_open_fd(fd, "test.lgs", image.schema, &packed, &err));
    (void)close(fd);
    assert_ok(packed_block(packed, 0, columns, &batch, &err));
    assert_int_equal(batch.n_rows, 100);
    for (size_t i = 0; i < 100; i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s", row_text(expected, i));
        assert_string_equal(row_text(&batch, i), text);
    }
    packed_free(packed);
    batch_builder_free(builder);
    free_image(&image);
}

static void columns_are_aligned_for_vectors(void **state)
{
    (void)state;
    struct image image = make_image(77);
    struct error err;
    struct packed *packed = NULL;
    struct column columns[10];
    struct batch batch;
    int fd = memory_file(image.bytes, image.len);
    assert_ok(packed_open_fd(fd, "test.lgs", image.schema, &packed, &err));
    (void)close(fd);
    assert_ok(packed_block(packed, 0, columns, &batch, &err));
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal((uintptr_t)columns[i].data % 64, 0);
        assert_int_equal((uintptr_t)columns[i].nulls % 64, 0);
    }
    packed_free(packed);
    free_image(&image);
}

static void a_file_can_be_opened_without_knowing_its_schema(void **state)
{
    (void)state;
    struct image image = make_image(3);
    struct error err;
    struct packed *packed = NULL;
    int fd = memory_file(image.bytes, image.len);
    assert_ok(packed_open_fd(fd, "test.lgs", NULL, &packed, &err));
    (void)close(fd);
    assert_true(schema_equal(packed_schema(packed), image.schema));
    assert_true(packed_schema(packed)->columns[2].allow_nonfinite);
    assert_true(packed_schema(packed)->columns[0].not_null);
    packed_free(packed);
    free_image(&image);
}

static void another_schema_is_refused(void **state)
{
    (void)state;
    struct image image = make_image(3);
    struct error err;
    image.schema = make_schema(&image.arena, "a bigint, b integer", 1);
    assert_fails(ERR_CORRUPT, open_image(&image, image.bytes, image.len, &err));
    assert_contains(err.message, "other columns");
    free_image(&image);
}

static void a_missing_file_is_not_found(void **state)
{
    (void)state;
    struct error err;
    struct packed *packed = NULL;
    assert_fails(ERR_NOT_FOUND, packed_open("/nonexistent/rows.lgs", NULL, &packed, &err));
    assert_fails(ERR_CORRUPT, packed_open("/dev/null", NULL, &packed, &err));
    assert_fails(ERR_CORRUPT, packed_open("/tmp", NULL, &packed, &err));
}

static void a_file_cut_off_anywhere_is_refused(void **state)
{
    (void)state;
    struct image image = make_image(20);
    struct error err;
    assert_ok(open_image(&image, image.bytes, image.len, &err));
    for (size_t len = 0; len < image.len; len += 1 + len % 13)
        assert_fails(ERR_CORRUPT, open_image(&image, image.bytes, len, &err));
    free_image(&image);
}

static void a_longer_file_is_refused(void **state)
{
    (void)state;
    struct image image = make_image(20);
    struct error err;
    char *longer = calloc(1, image.len + 64);
    memcpy(longer, image.bytes, image.len);
    assert_fails(ERR_CORRUPT, open_image(&image, longer, image.len + 64, &err));
    free(longer);
    free_image(&image);
}

/* Padding between what is checked may differ; nothing else may. */
static void any_changed_byte_is_noticed_or_without_effect(void **state)
{
    (void)state;
    struct image image = make_image(20);
    struct error err;
    size_t unnoticed = 0;
    for (size_t i = 0; i < image.len; i++) {
        char before = image.bytes[i];
        image.bytes[i] = (char)(before ^ (1 << (i % 8)));
        if (open_image(&image, image.bytes, image.len, &err) == OK) {
            assert_int_equal(before, 0);
            unnoticed++;
        }
        image.bytes[i] = before;
    }
    assert_true(unnoticed < 64); /* the padding after the header */
    free_image(&image);
}

/*
 * Makes the checksums right again after a change, so that the checks behind them are reached. The
 * places follow from packed_format.h.
 */
static void forge_checksums(struct image *image)
{
    struct packed_tail tail;
    char *tail_at = image->bytes + image->len - sizeof(tail);
    memcpy(&tail, tail_at, sizeof(tail));
    if (tail.footer_offset > image->len || tail.footer_bytes > image->len - tail.footer_offset ||
        tail.footer_bytes < sizeof(struct packed_footer) + sizeof(struct packed_entry))
        return;
    char *entry_at = image->bytes + tail.footer_offset + sizeof(struct packed_footer);
    struct packed_entry entry;
    memcpy(&entry, entry_at, sizeof(entry));
    if (entry.offset <= image->len && entry.n_bytes <= image->len - entry.offset) {
        entry.checksum = packed_checksum(image->bytes + entry.offset, entry.n_bytes);
        memcpy(entry_at, &entry, sizeof(entry));
    }
    struct packed_header header;
    memcpy(&header, image->bytes, sizeof(header));
    if (header.schema_bytes <= image->len - sizeof(header)) {
        header.checksum = packed_checksum(image->bytes + sizeof(header), header.schema_bytes);
        memcpy(image->bytes, &header, sizeof(header));
        tail.header_checksum = packed_checksum(image->bytes, sizeof(header) + header.schema_bytes);
    }
    tail.footer_checksum = packed_checksum(image->bytes + tail.footer_offset, tail.footer_bytes);
    memcpy(tail_at, &tail, sizeof(tail));
}

static void damage_with_right_checksums_never_leads_outside_the_file(void **state)
{
    (void)state;
    struct image image = make_image(70);
    struct error err;
    char *original = malloc(image.len);
    uint64_t random = 11;
    memcpy(original, image.bytes, image.len);
    size_t refused = 0;
    for (int i = 0; i < 6000; i++) {
        memcpy(image.bytes, original, image.len);
        for (int change = 0; change < 1 + i % 3; change++) {
            uint64_t where = next_random(&random);
            /* half of the changes where offsets and counts are: block start and file end */
            size_t at = i % 2 == 0
                            ? where % image.len
                            : (where % 2 == 0 ? 256 + where % 500 : image.len - 1 - where % 160);
            image.bytes[at] = (char)next_random(&random);
        }
        forge_checksums(&image);
        refused += open_image(&image, image.bytes, image.len, &err) != OK;
    }
    assert_true(refused > 3000);
    free(original);
    free_image(&image);
}

static void garbage_is_refused(void **state)
{
    (void)state;
    struct image image = make_image(1);
    struct error err;
    char garbage[4096];
    uint64_t random = 3;
    for (int i = 0; i < 500; i++) {
        for (size_t j = 0; j < sizeof(garbage); j++)
            garbage[j] = (char)next_random(&random);
        if (i % 2 == 0)
            memcpy(garbage, image.bytes, sizeof(struct packed_header));
        assert_fails(ERR_CORRUPT, open_image(&image, garbage, sizeof(garbage), &err));
    }
    free_image(&image);
}

static void a_damaged_block_is_named(void **state)
{
    (void)state;
    struct image image = make_image(20);
    struct error err;
    image.bytes[image.len / 2] ^= 1;
    assert_fails(ERR_CORRUPT, open_image(&image, image.bytes, image.len, &err));
    assert_contains(err.message, "test.lgs is damaged in block 1: its checksum is wrong");
    free_image(&image);
}

static void *read_all_blocks(void *arg)
{
    struct packed *packed = arg;
    struct column columns[10];
    struct error err;
    size_t rows = 0;
    for (size_t i = 0; i < packed_blocks(packed); i++) {
        struct batch batch;
        if (packed_block(packed, i, columns, &batch, &err) != OK)
            return NULL;
        rows += batch.n_rows;
    }
    return (void *)rows;
}

static void threads_may_read_the_same_blocks(void **state)
{
    (void)state;
    struct image image = make_image(2000);
    struct error err;
    struct packed *packed = NULL;
    pthread_t threads[4];
    int fd = memory_file(image.bytes, image.len);
    assert_ok(packed_open_fd(fd, "test.lgs", image.schema, &packed, &err));
    (void)close(fd);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_blocks, packed), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *rows = NULL;
        assert_int_equal(pthread_join(threads[i], &rows), 0);
        assert_int_equal((size_t)rows, 2000);
    }
    packed_free(packed);
    free_image(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives_the_file),
        cmocka_unit_test(columns_are_aligned_for_vectors),
        cmocka_unit_test(a_file_can_be_opened_without_knowing_its_schema),
        cmocka_unit_test(another_schema_is_refused),
        cmocka_unit_test(a_missing_file_is_not_found),
        cmocka_unit_test(a_file_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_longer_file_is_refused),
        cmocka_unit_test(any_changed_byte_is_noticed_or_without_effect),
        cmocka_unit_test(damage_with_right_checksums_never_leads_outside_the_file),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(a_damaged_block_is_named),
        cmocka_unit_test(threads_may_read_the_same_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
