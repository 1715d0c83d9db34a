#include "tests/unit/snapshot/helpers.h"

#include <sys/stat.h>
#include <zlib.h>

#include "snapshot/reader.h"

#define MAX_FILES 3

struct fixture {
    struct arena arena;
    char paths[MAX_FILES][40];
    const char *names[MAX_FILES];
    size_t n;
};

static void add_file(struct fixture *f, const char *text)
{
    char *path = f->paths[f->n];
    (void)snprintf(path, sizeof(f->paths[0]), "/tmp/lg-infer-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    f->names[f->n++] = path;
}

static void end(struct fixture *f)
{
    for (size_t i = 0; i < f->n; i++)
        (void)unlink(f->paths[i]);
    arena_release(&f->arena);
}

/* "name type, ..." of all columns, the key's marked with *. */
static const char *describe(const struct schema *schema)
{
    static char text[1024];
    size_t n = 0;
    for (size_t i = 0; i < schema->n_columns; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s %s", i > 0 ? ", " : "",
                              schema_is_key(schema, i) ? "*" : "", schema->columns[i].name,
                              schema_type_name(schema->columns[i].type));
    return text;
}

static void expect(const char *text, const char *expected)
{
    struct fixture f = {0};
    struct error err;
    struct schema *schema = NULL;
    add_file(&f, text);
    assert_ok(reader_infer_schema(f.names, 1, NULL, 0, &f.arena, &schema, &err));
    assert_string_equal(describe(schema), expected);
    end(&f);
}

static void each_column_gets_the_narrowest_type_that_fits_all_values(void **state)
{
    (void)state;
    expect("id,score,flag,who,day,at,name\n"
           "1,2.5,true,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,2011-05-23,2011-05-23T04:00:00Z,x\n"
           "2,3,f,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12,2011-05-24,2011-05-23 04:00:00+02,7\n"
           "3,,,,,,\n",
           "*id bigint, score double precision, flag boolean, who uuid, day date, "
           "at timestamptz, name text");
}

static void zeros_and_ones_are_numbers_not_booleans(void **state)
{
    (void)state;
    expect("id,a\n1,0\n2,1\n", "*id bigint, a bigint");
}

static void numbers_with_leading_zeros_or_a_plus_are_text(void **state)
{
    (void)state;
    expect("id,a,b,c,d\n1,007,0,+49,0.5\n2,1,-1,1,-0.25\n",
           "*id bigint, a text, b bigint, c text, d double precision");
    expect("id,a\n1,00.5\n", "*id bigint, a text");
}

static void whole_numbers_that_a_double_would_change_are_text(void **state)
{
    (void)state;
    expect("id,a,b\n1,9223372036854775807,9223372036854775808\n", "*id bigint, a bigint, b text");
    expect("id,a\n1,1.5\n2,9007199254740993\n", "*id bigint, a text");
    expect("id,a\n1,1.5\n2,9007199254740991\n", "*id bigint, a double precision");
}

static void what_is_not_finite_is_still_a_number(void **state)
{
    (void)state;
    expect("id,a\n1,NaN\n2,1.5\n3,-Infinity\n", "*id bigint, a double precision");
}

static void words_and_odd_forms_are_text(void **state)
{
    (void)state;
    expect("id,a,b,c,d,e\n1,yes,a0eebc999c0b4ef8bb6d6bb9bd380a11,2011-05-23 04:00:00,,\"\"\n",
           "*id bigint, a text, b text, c text, d text, e text");
}

static void a_value_at_the_end_of_the_file_counts(void **state)
{
    (void)state;
    char *text = malloc(400000);
    size_t n = (size_t)sprintf(text, "id,a\n");
    for (int i = 0; i < 20000; i++)
        n += (size_t)sprintf(text + n, "%d,%d\n", i, i);
    (void)sprintf(text + n, "20000,x\n");
    expect(text, "*id bigint, a text");
    free(text);
}

static void a_key_of_fractions_is_text(void **state)
{
    (void)state;
    expect("id,a\n1.5,1\n2.5,2\n", "*id text, a bigint");
}

static void the_shortest_unique_prefix_is_the_key(void **state)
{
    (void)state;
    expect("list,user,repo,stars\nx,a,r,1\nx,a,s,1\ny,a,r,2\n",
           "*list text, *user text, *repo text, stars bigint");
    expect("list,user,repo,stars\nx,a,r,1\nx,b,r,1\ny,a,r,2\n",
           "*list text, *user text, repo text, stars bigint");
}

static void without_a_unique_prefix_a_key_has_to_be_named(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b\n1,2\n1,2\n", "a,b\n1,\n1,2\n", "a,b\n,1\n2,2\n"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct fixture f = {0};
        struct error err;
        struct schema *schema = NULL;
        add_file(&f, texts[i]);
        assert_fails(ERR_CONFIG, reader_infer_schema(f.names, 1, NULL, 0, &f.arena, &schema, &err));
        assert_contains(err.hint, "--key");
        end(&f);
    }
}

static void a_named_key_is_taken(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct error err;
    struct schema *schema = NULL;
    static const char *const keys[] = {"b", "a"};
    static const char *const unknown[] = {"c"};
    add_file(&f, "a,b\n1,2.5\n");
    assert_ok(reader_infer_schema(f.names, 1, keys, 2, &f.arena, &schema, &err));
    assert_string_equal(describe(schema), "*a bigint, *b text");
    assert_int_equal(schema->keys[0], 1);
    assert_true(schema->columns[0].allow_nonfinite);
    assert_fails(ERR_CONFIG, reader_infer_schema(f.names, 1, unknown, 1, &f.arena, &schema, &err));
    assert_contains(err.message, "'c' is not among the columns");
    end(&f);
}

static void several_files_get_one_schema_that_fits_all(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct error err;
    struct schema *schema = NULL;
    add_file(&f, "id,a,b\n1,1,1\n");
    add_file(&f, "id,a,b\n1,1.5,x\n");
    assert_ok(reader_infer_schema(f.names, 2, NULL, 0, &f.arena, &schema, &err));
    assert_string_equal(describe(schema), "*id bigint, a double precision, b text");
    end(&f);
}

static void several_files_have_to_have_the_same_header(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct error err;
    struct schema *schema = NULL;
    add_file(&f, "id,a\n1,1\n");
    add_file(&f, "id,b\n1,1\n");
    assert_fails(ERR_DATA, reader_infer_schema(f.names, 2, NULL, 0, &f.arena, &schema, &err));
    assert_string_equal(err.file, f.paths[1]);
    assert_contains(err.detail, "Missing: 'a'");
    end(&f);
}

static void a_header_without_rows_is_text(void **state)
{
    (void)state;
    expect("id,a\n", "*id text, a text");
}

static void a_compressed_file_is_read_too(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct error err;
    struct schema *schema = NULL;
    add_file(&f, "");
    gzFile file = gzopen(f.paths[0], "wb");
    assert_true(gzputs(file, "id,a\n1,2.5\n") > 0);
    assert_int_equal(gzclose(file), Z_OK);
    assert_ok(reader_infer_schema(f.names, 1, NULL, 0, &f.arena, &schema, &err));
    assert_string_equal(describe(schema), "*id bigint, a double precision");
    end(&f);
}

static void bad_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
    } cases[] = {{"", ERR_DATA},
                 {"id,\n1,2\n", ERR_CONFIG},
                 {"id,id\n1,2\n", ERR_CONFIG},
                 {"id,\xFF\n1,2\n", ERR_DATA},
                 {"id,\"a\n", ERR_DATA}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        struct error err;
        struct schema *schema = NULL;
        add_file(&f, cases[i].text);
        assert_fails(cases[i].code,
                     reader_infer_schema(f.names, 1, NULL, 0, &f.arena, &schema, &err));
        end(&f);
    }
}

static void what_can_be_read_only_once_is_refused_with_a_hint(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct error err;
    struct schema *schema = NULL;
    const char *dash = "-";
    char directory[] = "/tmp/lg-infer-XXXXXX";
    char fifo[64];
    const char *path = fifo;
    assert_fails(ERR_USAGE, reader_infer_schema(&dash, 1, NULL, 0, &arena, &schema, &err));
    assert_contains(err.message, "standard input");
    assert_contains(err.hint, "to a file first");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_fails(ERR_USAGE, reader_infer_schema(&path, 1, NULL, 0, &arena, &schema, &err));
    (void)unlink(fifo);
    assert_fails(ERR_NOT_FOUND, reader_infer_schema(&path, 1, NULL, 0, &arena, &schema, &err));
    (void)rmdir(directory);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_gets_the_narrowest_type_that_fits_all_values),
        cmocka_unit_test(zeros_and_ones_are_numbers_not_booleans),
        cmocka_unit_test(numbers_with_leading_zeros_or_a_plus_are_text),
        cmocka_unit_test(whole_numbers_that_a_double_would_change_are_text),
        cmocka_unit_test(what_is_not_finite_is_still_a_number),
        cmocka_unit_test(words_and_odd_forms_are_text),
        cmocka_unit_test(a_value_at_the_end_of_the_file_counts),
        cmocka_unit_test(a_key_of_fractions_is_text),
        cmocka_unit_test(the_shortest_unique_prefix_is_the_key),
        cmocka_unit_test(without_a_unique_prefix_a_key_has_to_be_named),
        cmocka_unit_test(a_named_key_is_taken),
        cmocka_unit_test(several_files_get_one_schema_that_fits_all),
        cmocka_unit_test(several_files_have_to_have_the_same_header),
        cmocka_unit_test(a_header_without_rows_is_text),
        cmocka_unit_test(a_compressed_file_is_read_too),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(what_can_be_read_only_once_is_refused_with_a_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
