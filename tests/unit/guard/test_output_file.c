#include "tests/unit/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "guard/output_file.h"

static struct error err;

struct folder {
    char path[64];
    char file[128];
};

static void folder_open(struct folder *folder)
{
    (void)snprintf(folder->path, sizeof(folder->path), "/tmp/loadguard-output-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->file, sizeof(folder->file), "%s/report.html", folder->path);
}

static void folder_close(const struct folder *folder)
{
    (void)unlink(folder->file);
    assert_int_equal(rmdir(folder->path), 0);
}

static void assert_holds(const char *path, const char *expected)
{
    CLEANUP(buffer_release) struct buffer text;
    buffer_init(&text, 1000);
    assert_ok(file_read(path, &text, &err));
    assert_string_equal(buffer_string(&text), expected);
}

static void write_file(const char *path, const char *text)
{
    CLEANUP(output_file_release) struct output_file file = {0};
    assert_ok(output_file_open(&file, path, &err));
    (void)fputs(text, file.stream);
    assert_ok(output_file_finish(&file, &err));
}

static void a_file_that_is_finished_replaces_the_one_before(void **state)
{
    (void)state;
    struct folder folder;
    folder_open(&folder);
    write_file(folder.file, "old and longer");
    write_file(folder.file, "new");
    assert_holds(folder.file, "new");
    folder_close(&folder);
}

static void a_file_that_is_not_finished_leaves_the_one_before(void **state)
{
    (void)state;
    struct folder folder;
    struct output_file file = {0};
    folder_open(&folder);
    write_file(folder.file, "old");
    assert_ok(output_file_open(&file, folder.file, &err));
    (void)fputs("half", file.stream);
    output_file_release(&file);
    assert_holds(folder.file, "old");
    folder_close(&folder);
}

static void a_link_stays_and_what_it_leads_to_is_replaced(void **state)
{
    (void)state;
    struct folder folder;
    char link[160];
    struct stat status;
    folder_open(&folder);
    (void)snprintf(link, sizeof(link), "%s/link", folder.path);
    write_file(folder.file, "old");
    assert_int_equal(symlink(folder.file, link), 0);
    write_file(link, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_holds(folder.file, "new");
    (void)unlink(link);
    folder_close(&folder);
}

static void what_is_no_file_is_written_in_place(void **state)
{
    (void)state;
    struct output_file file = {0};
    write_file("/dev/null", "gone");
    assert_ok(output_file_open(&file, "/dev/full", &err));
    (void)fputs("text", file.stream);
    assert_int_not_equal(output_file_finish(&file, &err), OK);
    assert_contains(err.message, "/dev/full");
    output_file_release(&file);
}

static void a_place_that_is_none_is_an_error_that_names_it(void **state)
{
    (void)state;
    struct output_file file = {0};
    assert_fails(ERR_IO, output_file_open(&file, "/nowhere/report.html", &err));
    assert_contains(err.message, "/nowhere/report.html");
    output_file_release(&file);
    assert_fails(ERR_IO, output_file_open(&file, "/tmp", &err));
    output_file_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_finished_replaces_the_one_before),
        cmocka_unit_test(a_file_that_is_not_finished_leaves_the_one_before),
        cmocka_unit_test(a_link_stays_and_what_it_leads_to_is_replaced),
        cmocka_unit_test(what_is_no_file_is_written_in_place),
        cmocka_unit_test(a_place_that_is_none_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
