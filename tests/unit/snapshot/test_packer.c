#include "tests/unit/snapshot/helpers.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/interrupt.h"
#include "snapshot/packed.h"

struct fixture {
    struct arena arena;
    struct schema *schema;
    char directory[64];
    char path[80];
};

static void begin(struct fixture *f, const char *schema, size_t n_keys)
{
    /* thousands of runs: in memory where there is such a file system */
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    *f = (struct fixture){0};
    (void)snprintf(f->directory, sizeof(f->directory), "%s/lg-packer-XXXXXX", parent);
    f->schema = make_schema(&f->arena, schema, n_keys);
    assert_non_null(mkdtemp(f->directory));
    (void)snprintf(f->path, sizeof(f->path), "%s/rows.lgs", f->directory);
}

/* Nothing may be left in the directory but the snapshot itself. */
static void end(struct fixture *f)
{
    (void)unlink(f->path);
    if (rmdir(f->directory) != 0)
        fail_msg("files are left in %s", f->directory);
    arena_release(&f->arena);
}

static void add_rows(struct packer *packer, const struct schema *schema, const char *const *rows,
                     size_t n, size_t batch_rows)
{
    struct error err;
    struct batch_builder *builder = NULL;
    assert_ok(batch_builder_new(schema, &builder, &err));
    for (size_t i = 0; i < n; i++) {
        add_row(builder, rows[i]);
        if ((i + 1) % batch_rows != 0 && i + 1 < n)
            continue;
        assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
        batch_builder_clear(builder);
    }
    batch_builder_free(builder);
}

/* Rows as texts, packed in batches of the given size, and verified. */
static struct packed *pack_with(const struct fixture *f, const char *const *rows, size_t n,
                                size_t batch_rows, const struct packer_options *options)
{
    struct error err;
    struct packer *packer = NULL;
    struct packed *packed = NULL;
    assert_ok(packer_new(f->schema, options, &packer, &err));
    add_rows(packer, f->schema, rows, n, batch_rows);
    assert_ok(packer_finish(packer, &packed, &err));
    packer_free(packer);
    assert_ok(packed_verify(packed, &err));
    return packed;
}

static struct packed *pack(const struct fixture *f, const char *const *rows, size_t n,
                           size_t batch_rows, size_t memory_bytes)
{
    const struct packer_options options = {.directory = f->directory, .memory_bytes = memory_bytes};
    return pack_with(f, rows, n, batch_rows, &options);
}

/* Calls the function with the text of each row, in the order of the file. */
static void each_row(struct packed *packed, void (*visit)(const char *row, size_t index, void *arg),
                     void *arg)
{
    struct column columns[64];
    struct error err;
    size_t row = 0;
    for (size_t i = 0; i < packed_blocks(packed); i++) {
        struct batch batch;
        assert_ok(packed_block(packed, i, columns, &batch, &err));
        for (size_t j = 0; j < batch.n_rows; j++)
            visit(row_text(&batch, j), row++, arg);
    }
    assert_int_equal(row, packed_rows(packed));
}

static void expect_row(const char *row, size_t index, void *arg)
{
    const char *const *rows = arg;
    assert_string_equal(row, rows[index]);
}

static void sorted_rows_are_kept_as_they_are(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "id bigint, name text, score real", 1);
    const char *rows[] = {"-5|a|1", "1|b|NULL", "2|NULL|3", "3||4"};
    const char *input[] = {"-5|a|1", "1|b|\\N", "2|\\N|3", "3||4"};
    struct packed *packed = pack(&f, input, 4, 2, 0);
    assert_int_equal(packed_rows(packed), 4);
    assert_int_equal(packed_duplicate_rows(packed), 0);
    assert_true(schema_equal(packed_schema(packed), f.schema));
    each_row(packed, expect_row, rows);
    packed_free(packed);
    end(&f);
}

static void no_rows_are_a_snapshot_too(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    begin(&f, "id bigint, name text", 1);
    const struct packer_options options = {.path = f.path};
    struct packed *packed = pack_with(&f, NULL, 0, 1, &options);
    assert_int_equal(packed_rows(packed), 0);
    assert_int_equal(packed_blocks(packed), 0);
    packed_free(packed);
    assert_ok(packed_open(f.path, f.schema, &packed, &err));
    packed_free(packed);
    end(&f);
}

static void rows_out_of_order_are_sorted(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "id bigint, name text", 1);
    const char *rows[] = {"7|x", "-1|y", "3|z", "3000000000|", "-9223372036854775808|w"};
    const char *sorted[] = {"-9223372036854775808|w", "-1|y", "3|z", "7|x", "3000000000|"};
    struct packed *packed = pack(&f, rows, 5, 2, 0);
    each_row(packed, expect_row, sorted);
    packed_free(packed);
    end(&f);
}

static void all_copies_of_a_duplicate_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "id bigint, name text", 1);
    const char *sorted[] = {"1|a", "1|b", "1|c", "2|d", "3|e", "3|f"};
    const char *unsorted[] = {"3|e", "1|a", "2|d", "1|b", "3|f", "1|c"};
    for (size_t batch_rows = 1; batch_rows <= 6; batch_rows++) {
        struct packed *packed = pack(&f, sorted, 6, batch_rows, 0);
        assert_int_equal(packed_duplicate_rows(packed), 5);
        packed_free(packed);
        packed = pack(&f, unsorted, 6, batch_rows, 1);
        assert_int_equal(packed_duplicate_rows(packed), 5);
        packed_free(packed);
    }
    end(&f);
}

static void the_file_appears_under_its_name_only_when_finished(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct packer *packer = NULL;
    struct batch_builder *builder = NULL;
    struct packed *packed = NULL;
    struct stat status;
    begin(&f, "id bigint", 1);
    const struct packer_options options = {.path = f.path};
    assert_ok(batch_builder_new(f.schema, &builder, &err));
    add_row(builder, "1");
    assert_ok(packer_new(f.schema, &options, &packer, &err));
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    assert_int_not_equal(stat(f.path, &status), 0);
    assert_ok(packer_finish(packer, &packed, &err));
    assert_int_equal(stat(f.path, &status), 0);
    packer_free(packer);
    packed_free(packed);
    assert_ok(packed_open(f.path, f.schema, &packed, &err));
    assert_int_equal(packed_rows(packed), 1);
    packed_free(packed);
    batch_builder_free(builder);
    end(&f);
}

static void an_abandoned_packer_leaves_no_file_and_the_old_one_whole(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct packer *packer = NULL;
    struct batch_builder *builder = NULL;
    begin(&f, "id bigint", 1);
    const struct packer_options options = {.path = f.path};
    const char *row = "17";
    packed_free(pack_with(&f, &row, 1, 1, &options));
    assert_ok(batch_builder_new(f.schema, &builder, &err));
    assert_ok(packer_new(f.schema, &options, &packer, &err));
    add_row(builder, "2");
    add_row(builder, "1");
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    packer_free(packer);
    batch_builder_free(builder);
    struct packed *packed = NULL;
    assert_ok(packed_open(f.path, f.schema, &packed, &err));
    assert_int_equal(packed_rows(packed), 1);
    packed_free(packed);
    end(&f);
}

/* Random rows against qsort. */

struct random_case {
    const char *schema;
    size_t n_keys;
    void (*make)(uint64_t *random, uint64_t range, char *out);
};

static void make_bigint(uint64_t *random, uint64_t range, char *out)
{
    int64_t id = (int64_t)(next_random(random) % range) - (int64_t)(range / 2);
    (void)sprintf(out, "%lld|%u", (long long)id, (unsigned)(next_random(random) % 1000));
}

static void make_wide_bigint(uint64_t *random, uint64_t range, char *out)
{
    uint64_t id = next_random(random) % range * UINT64_C(0x9E3779B97F4A7C15);
    (void)sprintf(out, "%lld|%u", (long long)(int64_t)id, (unsigned)(next_random(random) % 1000));
}

static void make_integers(uint64_t *random, uint64_t range, char *out)
{
    int32_t a = (int32_t)(next_random(random) % 7) - 3;
    int32_t b = (int32_t)(next_random(random) % range) - (int32_t)(range / 2);
    (void)sprintf(out, "%d|%d|x", a, b);
}

/* Names of very different lengths, many with a prefix in common. */
static void make_text(uint64_t *random, uint64_t range, char *out)
{
    uint64_t number = next_random(random) % range;
    int padding = (int)(number % 40);
    (void)sprintf(out, "%s%.*s%llu|%u", number % 3 == 0 ? "common/" : "", padding,
                  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
                  (unsigned long long)number, (unsigned)(next_random(random) % 10));
}

static void make_uuid(uint64_t *random, uint64_t range, char *out)
{
    uint64_t number = next_random(random) % range;
    (void)sprintf(out, "%08x-0000-0000-%04x-%012llx|y|-1", (unsigned)(number % 5) << 29,
                  (unsigned)(number % 65536), (unsigned long long)number);
}

struct reference {
    struct batch_builder *builder; /* all rows, at most BATCH_ROWS */
    size_t *order;
};

static const struct batch *compared;

static int compare_rows(const void *a, const void *b)
{
    return batch_compare_keys(compared, *(const size_t *)a, compared, *(const size_t *)b);
}

static uint64_t count_duplicates(const struct reference *reference, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool before = i > 0 && compare_rows(&reference->order[i - 1], &reference->order[i]) == 0;
        bool after = i + 1 < n && compare_rows(&reference->order[i + 1], &reference->order[i]) == 0;
        count += before || after;
    }
    return count;
}

/* Keys in the order of the reference; the rows of equal keys as a set, by the fingerprint. */
static void check_against(struct packed *packed, const struct reference *reference, size_t n)
{
    struct column columns[64];
    struct error err;
    struct fingerprint fingerprint = {0};
    size_t row = 0;
    for (size_t i = 0; i < packed_blocks(packed); i++) {
        struct batch batch;
        assert_ok(packed_block(packed, i, columns, &batch, &err));
        for (size_t j = 0; j < batch.n_rows; j++, row++)
            assert_int_equal(batch_compare_keys(&batch, j, compared, reference->order[row]), 0);
    }
    assert_int_equal(row, n);
    assert_int_equal(packed_duplicate_rows(packed), count_duplicates(reference, n));
    fingerprint_add(&fingerprint, compared);
    struct fingerprint stored = packed_fingerprint(packed);
    assert_memory_equal(&stored, &fingerprint, sizeof(stored));
}

static void run_random_case(const struct random_case *c, uint64_t range, size_t n,
                            size_t batch_rows, size_t memory_bytes)
{
    struct fixture f;
    struct error err;
    struct reference reference = {.order = calloc(n, sizeof(size_t))};
    char(*texts)[128] = calloc(n, sizeof(*texts));
    const char **rows = calloc(n, sizeof(*rows));
    uint64_t random = range + n + memory_bytes;
    begin(&f, c->schema, c->n_keys);
    assert_ok(batch_builder_new(f.schema, &reference.builder, &err));
    for (size_t i = 0; i < n; i++) {
        c->make(&random, range, texts[i]);
        rows[i] = texts[i];
        reference.order[i] = i;
        add_row(reference.builder, rows[i]);
    }
    compared = batch_builder_batch(reference.builder);
    qsort(reference.order, n, sizeof(size_t), compare_rows);
    struct packed *packed = pack(&f, rows, n, batch_rows, memory_bytes);
    check_against(packed, &reference, n);
    packed_free(packed);
    batch_builder_free(reference.builder);
    free(rows);
    free(texts);
    free(reference.order);
    end(&f);
}

static const struct random_case cases[] = {
    {"id bigint, score integer", 1, make_bigint},
    {"id bigint, score integer", 1, make_wide_bigint},
    {"a integer, b integer, c text", 2, make_integers},
    {"name text, score integer", 1, make_text},
    {"id uuid, b text, c bigint", 3, make_uuid},
};

static void random_rows_are_sorted_in_memory_as_qsort_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run_random_case(&cases[i], 1000000, 5000, BATCH_ROWS, 0);
        run_random_case(&cases[i], 100, 3000, 7, 0);
    }
}

static void random_rows_are_sorted_in_many_runs_as_qsort_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run_random_case(&cases[i], 1000000, 8000, 100, 20000);
        run_random_case(&cases[i], 50, 1000, 10, 1);
    }
}

static void runs_of_runs_are_merged(void **state)
{
    (void)state;
    run_random_case(&cases[0], 1000000, 4200, 1, 1); /* a run a row: two generations */
}

static void a_late_row_out_of_order_is_sorted_into_what_is_in_the_file(void **state)
{
    (void)state;
    const size_t n = (size_t)5 * BATCH_ROWS;
    struct fixture f;
    struct error err;
    struct column columns[2];
    struct batch batch;
    char(*texts)[32] = calloc(n, sizeof(*texts));
    const char **rows = calloc(n, sizeof(*rows));
    begin(&f, "id bigint, name text", 1);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(texts[i], sizeof(*texts), "%zu|row %zu", i == n - 1 ? 777 : i * 2, i);
        rows[i] = texts[i];
    }
    const struct packer_options options = {.path = f.path};
    struct packed *packed = pack_with(&f, rows, n, BATCH_ROWS, &options);
    assert_ok(packed_block(packed, 0, columns, &batch, &err));
    assert_int_equal(columns[0].i64[389], 777);
    assert_int_equal(packed_rows(packed), n);
    packed_free(packed);
    free(rows);
    free(texts);
    end(&f);
}

static size_t open_files(void)
{
    size_t n = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        n++;
    (void)closedir(directory);
    return n;
}

static void no_descriptor_stays_open(void **state)
{
    (void)state;
    size_t before = open_files();
    run_random_case(&cases[0], 1000, 2000, 10, 1);
    assert_int_equal(open_files(), before);
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct packer *packer = NULL;
    begin(&f, "id bigint", 1);
    const struct packer_options options = {.path = "/nonexistent/dir/rows.lgs"};
    assert_fails(ERR_IO, packer_new(f.schema, &options, &packer, &err));
    assert_contains(err.message, "/nonexistent/dir/rows.lgs.tmp");
    const struct packer_options unlinked = {.directory = "/nonexistent"};
    assert_fails(ERR_IO, packer_new(f.schema, &unlinked, &packer, &err));
    end(&f);
}

static void an_interrupt_ends_packing(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    struct packer *packer = NULL;
    struct batch_builder *builder = NULL;
    begin(&f, "id bigint", 1);
    const struct packer_options options = {.path = f.path};
    assert_ok(interrupt_install(&err));
    assert_ok(batch_builder_new(f.schema, &builder, &err));
    add_row(builder, "1");
    assert_ok(packer_new(f.schema, &options, &packer, &err));
    assert_ok(packer_add(packer, batch_builder_batch(builder), &err));
    assert_int_equal(raise(SIGTERM), 0);
    assert_fails(ERR_CANCELLED, packer_add(packer, batch_builder_batch(builder), &err));
    packer_free(packer);
    interrupt_reset();
    batch_builder_free(builder);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_rows_are_kept_as_they_are),
        cmocka_unit_test(no_rows_are_a_snapshot_too),
        cmocka_unit_test(rows_out_of_order_are_sorted),
        cmocka_unit_test(all_copies_of_a_duplicate_are_counted),
        cmocka_unit_test(the_file_appears_under_its_name_only_when_finished),
        cmocka_unit_test(an_abandoned_packer_leaves_no_file_and_the_old_one_whole),
        cmocka_unit_test(random_rows_are_sorted_in_memory_as_qsort_does),
        cmocka_unit_test(random_rows_are_sorted_in_many_runs_as_qsort_does),
        cmocka_unit_test(runs_of_runs_are_merged),
        cmocka_unit_test(a_late_row_out_of_order_is_sorted_into_what_is_in_the_file),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(a_directory_that_cannot_be_written_is_named),
        cmocka_unit_test(an_interrupt_ends_packing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
