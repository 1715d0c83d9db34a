#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scorer/manifest.h"

static struct error err;
static char folder[] = "/tmp/loadguard-manifest-test-XXXXXX";

static void add(struct manifest *manifest, const char *text)
{
    manifest_add(manifest, text, strlen(text));
}

/* A manifest made of one text, ended. */
static struct manifest read_text(const char *text)
{
    struct manifest manifest;
    manifest_init(&manifest);
    add(&manifest, text);
    manifest_end(&manifest);
    return manifest;
}

static void assert_problem(const char *text, const char *words)
{
    struct manifest manifest = read_text(text);
    assert_int_equal(manifest.problem.code, ERR_INCOMPLETE);
    assert_contains(manifest.problem.message, words);
    manifest_release(&manifest);
}

static void lines_may_arrive_in_any_pieces(void **state)
{
    (void)state;
    static const char text[] = "{\"progress\": 0.25}\r\n\n  \n{\"progress\": 0.5, \"rows\": 7}\n"
                               "{\"complete\": true, \"rows\": 9}";
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct manifest manifest;
        manifest_init(&manifest);
        for (size_t at = 0; at < sizeof(text) - 1; at += piece)
            manifest_add(&manifest, text + at,
                         sizeof(text) - 1 - at < piece ? sizeof(text) - 1 - at : piece);
        manifest_end(&manifest);
        assert_int_equal(manifest.problem.code, OK);
        assert_non_null(manifest.complete);
        assert_int_equal(manifest.progress.rows, 7);
        assert_true(manifest.progress.fraction > 0.4);
        assert_int_equal(manifest.n_lines, 5);
        manifest_release(&manifest);
    }
}

static void what_is_no_manifest_is_quoted_with_its_line(void **state)
{
    (void)state;
    assert_problem("{\"progress\": 0.1}\nhello\n", "line 2 of the manifest is not valid JSON: "
                                                   "'hello'");
    assert_problem("[1]", "is no JSON object");
    assert_problem("{\"completed\": true}", "neither \"complete\" nor \"progress\"");
    assert_problem("{\"complete\": \"yes\"}", "neither true nor false");
    assert_problem("{\"complete\": true", "is not valid JSON");
    assert_problem("{\"complete\": true} {}", "is not valid JSON");
    assert_problem("{\"complete\": true, \"complete\": false}", "is not valid JSON");
    assert_problem("\x1B[31m\xFF", "'?[31m\xEF\xBF\xBD'");
    assert_problem("{\"progress\": 1e999}", "is not valid JSON");
}

static void nothing_may_follow_the_last_object(void **state)
{
    (void)state;
    assert_problem("{\"complete\": true}\n{\"complete\": true}\n", "comes after");
    assert_problem("{\"complete\": true}\n{\"progress\": 1}\n", "comes after");
    struct manifest manifest = read_text("{\"complete\": true}\n\n \n");
    assert_int_equal(manifest.problem.code, OK);
    manifest_release(&manifest);
}

static void a_zero_byte_is_garbage(void **state)
{
    (void)state;
    struct manifest manifest;
    manifest_init(&manifest);
    manifest_add(&manifest, "{\"progress\": 1}\0\n", 17);
    manifest_end(&manifest);
    assert_int_equal(manifest.problem.code, ERR_INCOMPLETE);
    manifest_release(&manifest);
}

static void a_line_may_have_64_kib_and_not_one_byte_more(void **state)
{
    (void)state;
    static char line[MANIFEST_MAX_LINE_BYTES + 2];
    memset(line, ' ', sizeof(line) - 1);
    memcpy(line, "{\"complete\": true}", 18);
    line[MANIFEST_MAX_LINE_BYTES] = '\n';
    struct manifest manifest = read_text(line);
    assert_int_equal(manifest.problem.code, OK);
    manifest_release(&manifest);
    line[MANIFEST_MAX_LINE_BYTES] = ' ';
    assert_problem(line, "longer than 64 KiB");
}

static void deeply_nested_garbage_is_refused(void **state)
{
    (void)state;
    static char line[60000];
    memset(line, '[', sizeof(line) - 1);
    assert_problem(line, "is not valid JSON");
}

static void progress_that_makes_no_sense_is_not_shown(void **state)
{
    (void)state;
    struct manifest manifest = read_text("{\"progress\": 40, \"rows\": -1}\n");
    assert_int_equal(manifest.problem.code, OK);
    assert_false(manifest.progress.has_fraction);
    assert_false(manifest.progress.has_rows);
    manifest_release(&manifest);
}

static void damaged_manifests_are_survived(void **state)
{
    (void)state;
    static const char good[] = "{\"progress\": 0.4, \"rows\": 30000000}\n"
                               "{\"complete\": true, \"rows\": 75000000, \"sources\": "
                               "{\"a\": {\"as_of\": \"2011-05-23T03:55:00-07:00\"}}}\n";
    uint64_t random = 88172645463325252U; /* xorshift64 (Marsaglia, 2003) */
    size_t n_complete = 0;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof(good)];
        memcpy(text, good, sizeof(good));
        for (int damage = 0; damage < 1 + round % 4; damage++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            text[random % (sizeof(good) - 1)] = (char)(random >> 32);
        }
        struct manifest manifest;
        manifest_init(&manifest);
        manifest_add(&manifest, text, sizeof(text) - 1);
        manifest_end(&manifest);
        assert_true(manifest.complete == NULL || json_is_object(manifest.complete));
        assert_true(manifest.problem.code == OK || manifest.problem.message[0] != '\0');
        n_complete += manifest.problem.code == OK && manifest.complete != NULL;
        manifest_release(&manifest);
    }
    assert_in_range(n_complete, 1, 10000); /* digits and names may change and it still is one */
}

static bool count_of(const char *text, uint64_t *ret_count)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    bool is_count = manifest_count(value, ret_count);
    json_decref(value);
    return is_count;
}

static void a_count_is_a_whole_number_that_is_not_negative(void **state)
{
    (void)state;
    uint64_t count = 0;
    assert_true(count_of("75000000", &count));
    assert_int_equal(count, 75000000);
    assert_true(count_of("7.5e7", &count));
    assert_int_equal(count, 75000000);
    assert_true(count_of("9223372036854775807", &count));
    assert_true(count_of("0", &count));
    assert_false(count_of("-1", &count));
    assert_false(count_of("1.5", &count));
    assert_false(count_of("1e300", &count));
    assert_false(count_of("\"75\"", &count));
    assert_false(count_of("true", &count));
    assert_false(manifest_count(NULL, &count));
}

static void write_file(const char *text, size_t times, const char *end)
{
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/manifest", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (size_t i = 0; i < times; i++)
        assert_true(fputs(text, file) >= 0);
    assert_true(fputs(end, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void of_a_large_file_the_end_is_read(void **state)
{
    (void)state;
    struct manifest manifest;
    manifest_init(&manifest);
    write_file("{\"progress\": 0.1234567890123456789}\n", 100000, "{\"complete\": true}\n");
    assert_ok(manifest_read_file(&manifest, folder, &err));
    assert_int_equal(manifest.problem.code, OK);
    assert_non_null(manifest.complete);
    assert_true(manifest.n_lines < 40000);
    manifest_release(&manifest);
}

static void a_file_is_read_whole_up_to_the_limit(void **state)
{
    (void)state;
    struct manifest manifest;
    manifest_init(&manifest);
    write_file("{\"rows\": 1}\n", 1000, "");
    assert_ok(manifest_read_file(&manifest, folder, &err));
    assert_int_equal(manifest.n_lines, 1000);
    manifest_release(&manifest);
}

static void a_missing_file_is_no_manifest(void **state)
{
    (void)state;
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/manifest", folder);
    (void)unlink(path);
    struct manifest manifest;
    manifest_init(&manifest);
    assert_ok(manifest_read_file(&manifest, folder, &err));
    assert_int_equal(manifest.n_lines, 0);
    manifest_release(&manifest);
    assert_fails(ERR_IO, manifest_read_file(&manifest, "/no/such/folder", &err));
}

static void a_second_name_of_somebody_elses_file_is_refused(void **state)
{
    (void)state;
    char path[100];
    char other[100];
    (void)snprintf(path, sizeof(path), "%s/manifest", folder);
    (void)snprintf(other, sizeof(other), "%s/other", folder);
    write_file("secret", 1, "");
    assert_int_equal(link(path, other), 0);
    struct manifest manifest;
    manifest_init(&manifest);
    assert_fails(ERR_INCOMPLETE, manifest_read_file(&manifest, folder, &err));
    manifest_release(&manifest);
    assert_int_equal(unlink(path) + unlink(other), 0);
}

static void assert_chosen(const char *from_fd, const char *from_file, char expected)
{
    struct manifest a = read_text(from_fd);
    struct manifest b = read_text(from_file);
    const struct manifest *chosen = NULL;
    enum error_code code = manifest_choose(&a, &b, &chosen, &err);
    if (expected == '!')
        assert_int_equal(code, ERR_INCOMPLETE);
    else
        assert_ptr_equal(chosen, expected == 'd' ? &a : &b);
    manifest_release(&a);
    manifest_release(&b);
}

static void descriptor_and_file_become_one_manifest(void **state)
{
    (void)state;
    assert_chosen("{\"complete\": true}", "", 'd');
    assert_chosen("", "{\"complete\": true}", 'f');
    assert_chosen("{\"progress\": 1}", "{\"complete\": true}", 'f');
    assert_chosen("{\"complete\": true}", "{\"progress\": 1}", 'd');
    assert_chosen("{\"progress\": 1}", "", 'd');
    assert_chosen("", "{\"progress\": 1}", 'f');
    assert_chosen("{\"complete\": true}", "garbage", 'f');
    assert_chosen("garbage", "{\"complete\": true}", 'd');
    assert_chosen("{\"complete\": true, \"rows\": 1}", "{\"rows\": 1, \"complete\": true}", 'd');
    assert_chosen("{\"complete\": true}", "{\"complete\": false}", '!');
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_may_arrive_in_any_pieces),
        cmocka_unit_test(what_is_no_manifest_is_quoted_with_its_line),
        cmocka_unit_test(nothing_may_follow_the_last_object),
        cmocka_unit_test(a_zero_byte_is_garbage),
        cmocka_unit_test(a_line_may_have_64_kib_and_not_one_byte_more),
        cmocka_unit_test(deeply_nested_garbage_is_refused),
        cmocka_unit_test(damaged_manifests_are_survived),
        cmocka_unit_test(progress_that_makes_no_sense_is_not_shown),
        cmocka_unit_test(a_count_is_a_whole_number_that_is_not_negative),
        cmocka_unit_test(of_a_large_file_the_end_is_read),
        cmocka_unit_test(a_file_is_read_whole_up_to_the_limit),
        cmocka_unit_test(a_missing_file_is_no_manifest),
        cmocka_unit_test(a_second_name_of_somebody_elses_file_is_refused),
        cmocka_unit_test(descriptor_and_file_become_one_manifest),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
