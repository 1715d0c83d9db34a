#include "store/orphan_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/interrupt.h"
#include "embedded/publish_sql.h"
#include "store/data_directory.h"
#include "store/waiting.h"

#define MAX_LIST_BYTES ((size_t)64 << 20)
#define PATIENCE_US (5 * USEC_PER_SEC)
#define POLL_MS 20
#define ROWS_AT_ONCE 20000

struct place {
    char folder[PATH_MAX];  /* base/<oid of the database> */
    char control[PATH_MAX]; /* global/pg_control */
};

struct facts {
    uint64_t system_identifier;
    int64_t database_oid;
    bool default_tablespace;
    bool prepared;
};

/* Numbers of relation files found in the folder, each once or more. */
struct numbers {
    int64_t *items;
    size_t n;
    size_t capacity;
};

static void numbers_release(struct numbers *numbers)
{
    free(numbers->items);
}

static enum error_code numbers_add(struct numbers *numbers, int64_t number, struct error *err)
{
    if (numbers->n == numbers->capacity) {
        size_t capacity = numbers->capacity == 0 ? 1024 : numbers->capacity * 2;
        int64_t *items = reallocarray(numbers->items, capacity, sizeof(*items));
        if (items == NULL)
            return error_set(err, ERR_MEMORY, "no memory to list files");
        numbers->items = items;
        numbers->capacity = capacity;
    }
    numbers->items[numbers->n++] = number;
    return OK;
}

static enum error_code read_facts(struct store *store, struct facts *facts, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){orphan_facts_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   NULL, 0, &result, err));
    facts->system_identifier = (uint64_t)store_get_int(&result, 0, 0);
    facts->database_oid = store_get_int(&result, 0, 1);
    facts->default_tablespace = store_get_bool(&result, 0, 2);
    facts->prepared = store_get_bool(&result, 0, 3);
    return OK;
}

static enum error_code find_place(const char *data_directory, int64_t database_oid,
                                  struct place *place, struct error *err)
{
    int folder_len = snprintf(place->folder, sizeof(place->folder), "%s/base/%" PRId64,
                              data_directory, database_oid);
    int control_len =
        snprintf(place->control, sizeof(place->control), "%s/global/pg_control", data_directory);
    if (folder_len < PATH_MAX && control_len < PATH_MAX)
        return OK;
    return error_set(err, ERR_CONFIG, "the path of the data directory is too long");
}

/* pg_control begins with the identifier that initdb has given to the cluster. */
static enum error_code check_same_server(const struct place *place, const struct facts *facts,
                                         struct error *err)
{
    uint64_t identifier = 0;
    int fd = open(place->control, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, ERR_IO, errno, "cannot open %s", place->control);
    ssize_t n = read(fd, &identifier, sizeof(identifier));
    (void)close(fd);
    if (n == (ssize_t)sizeof(identifier) && identifier == facts->system_identifier)
        return OK;
    return error_set(err, ERR_REFUSED, "%s does not belong to the server of this session",
                     place->control);
}

/*
 * The number in the name of a relation's file, 0 for any other name: digits, then maybe a fork,
 * then maybe a segment. Temporary relations begin with t.
 * Source: PostgreSQL documentation, "Database File Layout".
 */
static int64_t file_number(const char *name)
{
    static const char *const forks[] = {"_fsm", "_vm", "_init"};
    char *end;
    if (name[0] < '1' || name[0] > '9')
        return 0;
    errno = 0;
    long long number = strtoll(name, &end, 10);
    if (errno != 0 || number > UINT32_MAX)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(forks); i++) {
        size_t len = strlen(forks[i]);
        if (strncmp(end, forks[i], len) == 0) {
            end += len;
            break;
        }
    }
    if (end[0] == '.' && end[1] != '\0' && strspn(end + 1, "0123456789") == strlen(end + 1))
        return number;
    return end[0] == '\0' ? number : 0;
}

typedef enum error_code (*visit_file)(void *context, int folder_fd, const char *name,
                                      int64_t number, struct error *err);

static enum error_code visit_files(const char *folder, visit_file visit, void *context,
                                   struct error *err)
{
    enum error_code code = OK;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_set_errno(err, ERR_IO, errno, "cannot open %s", folder);
    for (const struct dirent *entry = readdir(dir); entry != NULL && code == OK;
         entry = readdir(dir)) {
        int64_t number = file_number(entry->d_name);
        if (number != 0)
            code = visit(context, dirfd(dir), entry->d_name, number, err);
    }
    (void)closedir(dir);
    return code;
}

static enum error_code collect(void *context, int folder_fd, const char *name, int64_t number,
                               struct error *err)
{
    (void)folder_fd;
    (void)name;
    return numbers_add(context, number, err);
}

static enum error_code running(struct store *store, const char *of, struct buffer *out,
                               struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store,
                   &(struct store_query){running_transactions_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(of)}, 1, &result, err));
    buffer_clear(out);
    return buffer_append_string(out, store_get_text(&result, 0, 0), err);
}

/* Whoever may have created one of the files is over, so the catalogs know it or nobody does. */
static enum error_code wait_for_creators(struct store *store, bool *ret_over, struct error *err)
{
    struct buffer transactions CLEANUP(buffer_release);
    struct buffer left CLEANUP(buffer_release);
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    buffer_init(&transactions, MAX_LIST_BYTES);
    buffer_init(&left, MAX_LIST_BYTES);
    TRY(running(store, NULL, &transactions, err));
    for (;;) {
        TRY(running(store, buffer_string(&transactions), &left, err));
        *ret_over = strcmp(buffer_string(&left), NO_TRANSACTIONS) == 0;
        if (*ret_over || clock_monotonic_us() > until_us)
            return OK;
        (void)poll(NULL, 0, POLL_MS);
        TRY(interrupt_check(err));
    }
}

static enum error_code find_unknown_among(struct store *store, const int64_t *numbers, size_t n,
                                          struct numbers *unknown, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct buffer list CLEANUP(buffer_release);
    buffer_init(&list, MAX_LIST_BYTES);
    TRY(store_int_array(numbers, n, &list, err));
    TRY(store_exec(store, &(struct store_query){unknown_files_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(buffer_string(&list))}, 1, &result, err));
    for (size_t i = 0; i < store_rows(&result); i++)
        TRY(numbers_add(unknown, store_get_int(&result, i, 0), err));
    return OK;
}

static enum error_code find_unknown(struct store *store, const struct numbers *found,
                                    struct numbers *unknown, struct error *err)
{
    for (size_t at = 0; at < found->n; at += ROWS_AT_ONCE) {
        size_t left = found->n - at;
        size_t n = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        TRY(find_unknown_among(store, found->items + at, n, unknown, err));
    }
    return OK;
}

struct removal {
    const struct numbers *unknown;
    bool first_segments; /* they go last: while one is there, its number is not given out again */
    struct orphan_files removed;
};

static bool contains(const struct numbers *numbers, int64_t number)
{
    for (size_t i = 0; i < numbers->n; i++) {
        if (numbers->items[i] == number)
            return true;
    }
    return false;
}

static enum error_code remove_one(void *context, int folder_fd, const char *name, int64_t number,
                                  struct error *err)
{
    struct removal *removal = context;
    struct stat facts;
    bool first_segment = strspn(name, "0123456789") == strlen(name);
    if (first_segment != removal->first_segments || !contains(removal->unknown, number))
        return OK;
    if (fstatat(folder_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode))
        return OK;
    /* The server keeps empty files of dropped relations until its next checkpoint. */
    if (facts.st_size == 0)
        return OK;
    if (unlinkat(folder_fd, name, 0) != 0)
        return errno == ENOENT ? OK : error_set_errno(err, ERR_IO, errno, "cannot remove %s", name);
    removal->removed.files++;
    removal->removed.bytes += (uint64_t)facts.st_size;
    fault_point("orphans.removed");
    return OK;
}

static enum error_code remove_unknown(const char *folder, const struct numbers *unknown,
                                      struct orphan_files *ret_removed, struct error *err)
{
    struct removal removal = {.unknown = unknown};
    if (unknown->n > 0) {
        TRY(visit_files(folder, remove_one, &removal, err));
        removal.first_segments = true;
        TRY(visit_files(folder, remove_one, &removal, err));
    }
    *ret_removed = removal.removed;
    return OK;
}

/*
 * Files that no catalog knows may belong to transactions that run. So once those are over the
 * catalogs are asked again: what such a transaction had created is known if it committed, and
 * removed by the server itself if it did not. What is left was created by a server that is no more.
 * No buffers of it are left to be written, because recovery ends with a checkpoint.
 */
static enum error_code remove_from(struct store *store, const char *folder,
                                   struct orphan_files *ret_removed, struct error *err)
{
    struct numbers found CLEANUP(numbers_release) = {0};
    struct numbers unknown CLEANUP(numbers_release) = {0};
    struct numbers orphaned CLEANUP(numbers_release) = {0};
    bool over;
    TRY(visit_files(folder, collect, &found, err));
    TRY(find_unknown(store, &found, &unknown, err));
    if (unknown.n == 0)
        return OK;
    TRY(wait_for_creators(store, &over, err));
    ret_removed->postponed = !over;
    if (!over)
        return OK;
    TRY(find_unknown(store, &unknown, &orphaned, err));
    return remove_unknown(folder, &orphaned, ret_removed, err);
}

enum error_code orphan_files_remove(struct store *store, const char *data_directory,
                                    struct orphan_files *ret_removed, struct error *err)
{
    struct facts facts;
    struct place place;
    TRY(read_facts(store, &facts, err));
    TRY(find_place(data_directory, facts.database_oid, &place, err));
    TRY(check_same_server(&place, &facts, err));
    *ret_removed = (struct orphan_files){.postponed = facts.prepared};
    if (facts.prepared || !facts.default_tablespace)
        return OK;
    return remove_from(store, place.folder, ret_removed, err);
}

enum error_code recover_orphan_files(struct store *store, struct orphan_files *ret_removed,
                                     struct error *err)
{
    const char *data_directory = store_data_directory(store);
    *ret_removed = (struct orphan_files){0};
    return data_directory == NULL ? OK
                                  : orphan_files_remove(store, data_directory, ret_removed, err);
}
