#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard/pack_file.h"

struct fixture {
    struct arena arena;
    struct schema *schema;
    char path[64];
};

static int set_up(void **state)
{
    static const struct schema_column columns[] = {{.name = "id", .type = TYPE_BIGINT},
                                                   {.name = "score", .type = TYPE_DOUBLE}};
    static const char *const key = "id";
    struct fixture *f = calloc(1, sizeof(*f));
    struct error err;
    assert_ok(schema_make(&f->arena, columns, 2, &key, 1, &f->schema, &err));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/lg-pack-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    (void)close(fd);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    (void)unlink(f->path);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static void fill(const struct fixture *f, const char *text)
{
    FILE *out = fopen(f->path, "w");
    assert_non_null(out);
    (void)fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void a_file_is_packed_whole(void **state)
{
    struct fixture *f = *state;
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    struct error err;
    fill(f, "id,score\n3,1.5\n1,2.5\n2,\n");
    assert_ok(pack_file(f->path, f->schema, FORMAT_CSV, 0, &packed, &err));
    assert_int_equal(packed_rows(packed), 3);
    assert_ok(packed_verify(packed, &err));
}

static void one_bad_row_fails_the_file_and_is_named(void **state)
{
    struct fixture *f = *state;
    struct packed *packed = NULL;
    struct error err = {0};
    fill(f, "id,score\n1,2.5\n2,many\n");
    assert_fails(ERR_DATA, pack_file(f->path, f->schema, FORMAT_CSV, 0, &packed, &err));
    char said[2048];
    (void)snprintf(said, sizeof(said), "%s %s", err.message, err.detail);
    assert_contains(said, "many");
    assert_null(packed);
}

static void a_file_that_is_missing_is_named(void **state)
{
    struct fixture *f = *state;
    struct packed *packed = NULL;
    struct error err = {0};
    assert_fails(ERR_IO, pack_file("/nowhere.csv", f->schema, FORMAT_CSV, 0, &packed, &err));
    assert_contains(err.message, "/nowhere.csv");
    assert_fails(ERR_IO, pack_file("/tmp", f->schema, FORMAT_CSV, 0, &packed, &err));
    assert_contains(err.message, "/tmp");
}

static void a_dash_is_standard_input_which_stays_open(void **state)
{
    struct fixture *f = *state;
    CLEANUP(packed_cleanup) struct packed *packed = NULL;
    struct error err;
    fill(f, "id,score\n1,2.5\n");
    int saved = dup(STDIN_FILENO);
    assert_non_null(freopen(f->path, "r", stdin));
    assert_ok(pack_file("-", f->schema, FORMAT_CSV, 0, &packed, &err));
    assert_true(lseek(STDIN_FILENO, 0, SEEK_CUR) >= 0);
    assert_true(dup2(saved, STDIN_FILENO) >= 0);
    (void)close(saved);
    assert_int_equal(packed_rows(packed), 1);
}

#define with_file(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_file(a_file_is_packed_whole),
        with_file(one_bad_row_fails_the_file_and_is_named),
        with_file(a_file_that_is_missing_is_named),
        with_file(a_dash_is_standard_input_which_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
