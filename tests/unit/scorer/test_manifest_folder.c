#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scorer/manifest_folder.h"

static struct error err;
static char parent[] = "/tmp/loadguard-folders-XXXXXX";

/* Makes a folder look as if it had been made so many seconds ago. */
static void make_older(const char *path, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
                                      {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void write_file(const char *folder, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void a_folder_is_private_and_goes_with_its_files(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct manifest_folder folder = MANIFEST_NO_FOLDER;
    struct stat info;
    assert_ok(manifest_folder_make(&folder, parent, NULL, &arena, &err));
    assert_int_equal(stat(folder.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    write_file(folder.path, "manifest");
    write_file(folder.path, ".other");
    const char *path = folder.path;
    manifest_folder_remove(&folder);
    assert_false(is_there(path));
    manifest_folder_remove(&folder);
    arena_release(&arena);
}

static void what_a_killed_process_left_is_removed_by_the_next(void **state)
{
    (void)state;
    struct arena arena = {0};
    char old[200];
    char fresh[200];
    char foreign[200];
    (void)snprintf(old, sizeof(old), "%s/loadguard-manifest-old", parent);
    (void)snprintf(fresh, sizeof(fresh), "%s/loadguard-manifest-new", parent);
    (void)snprintf(foreign, sizeof(foreign), "%s/manifest", parent);
    assert_int_equal(mkdir(old, 0700) + mkdir(fresh, 0700) + mkdir(foreign, 0700), 0);
    write_file(old, "manifest");
    make_older(old, 3700);
    make_older(foreign, 3700);
    struct manifest_folder folder = MANIFEST_NO_FOLDER;
    assert_ok(manifest_folder_make(&folder, parent, NULL, &arena, &err));
    assert_false(is_there(old));
    assert_true(is_there(fresh));
    assert_true(is_there(foreign));
    manifest_folder_remove(&folder);
    assert_int_equal(rmdir(fresh) + rmdir(foreign), 0);
    arena_release(&arena);
}

static void the_folder_of_a_scorer_that_has_run_for_hours_stays(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct manifest_folder running = MANIFEST_NO_FOLDER;
    struct manifest_folder next = MANIFEST_NO_FOLDER;
    assert_ok(manifest_folder_make(&running, parent, NULL, &arena, &err));
    make_older(running.path, 36000);
    assert_ok(manifest_folder_make(&next, parent, NULL, &arena, &err));
    assert_true(is_there(running.path));
    manifest_folder_remove(&running);
    manifest_folder_remove(&next);
    arena_release(&arena);
}

static void a_parent_that_does_not_exist_is_named(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct manifest_folder folder = MANIFEST_NO_FOLDER;
    assert_fails(ERR_IO, manifest_folder_make(&folder, "/no/such/parent", NULL, &arena, &err));
    assert_contains(err.message, "/no/such/parent");
    manifest_folder_remove(&folder);
    arena_release(&arena);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(parent) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_private_and_goes_with_its_files),
        cmocka_unit_test(what_a_killed_process_left_is_removed_by_the_next),
        cmocka_unit_test(the_folder_of_a_scorer_that_has_run_for_hours_stays),
        cmocka_unit_test(a_parent_that_does_not_exist_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
