/* A folder of files for tests of includes and lists. */
#ifndef LG_TESTS_UNIT_RULES_FOLDER_H
#define LG_TESTS_UNIT_RULES_FOLDER_H

#include "tests/unit/rules/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MAX_FILES 128

struct folder {
    char path[64];
    char files[FOLDER_MAX_FILES][160]; /* in the order of being made, folders among them */
    size_t n_files;
};

static inline void folder_make(struct folder *folder)
{
    *folder = (struct folder){.path = "/tmp/loadguard-rules-XXXXXX"};
    assert_non_null(mkdtemp(folder->path));
}

static inline char *folder_add(struct folder *folder, const char *name)
{
    assert_true(folder->n_files < FOLDER_MAX_FILES);
    char path[sizeof(folder->files[0])];
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    return memcpy(folder->files[folder->n_files++], path, sizeof(path));
}

static inline void folder_write(struct folder *folder, const char *name, const char *text)
{
    FILE *file = fopen(folder_add(folder, name), "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static inline void folder_make_sub(struct folder *folder, const char *name)
{
    assert_int_equal(mkdir(folder_add(folder, name), 0700), 0);
}

static inline void folder_remove(struct folder *folder)
{
    for (size_t i = folder->n_files; i > 0; i--)
        (void)remove(folder->files[i - 1]);
    (void)rmdir(folder->path);
}

/* Reads a file of the folder as rules. */
static inline void rules_from_file(struct rules *rules, const struct folder *folder,
                                   const char *name)
{
    char path[160];
    *rules = (struct rules){0};
    rules->schema = test_schema(&rules->arena);
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    rules->code = rule_set_read(path, rules->schema, &rules->set, &rules->diags, &rules->err);
}

#endif
