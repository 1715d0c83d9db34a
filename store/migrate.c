#include "store/migrate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "embedded/ledger_sql.h"
#include "embedded/migrations_sql.h"
#include "store/digest.h"

/* Another program may be applying a migration that takes its time. */
#define MIGRATION_MS 600000

struct migration {
    int version;
    const char *name;
    const char *sql;
};

/* Versions count from 1 without gaps. What was released is never changed, only followed. */
static const struct migration migrations[] = {
    {1, "ledger", file_0001_ledger_sql},
    {2, "publish", file_0002_publish_sql},
    {3, "excuses", file_0003_excuses_sql},
};

int store_newest_version(void)
{
    return (int)ARRAY_SIZE(migrations);
}

static enum error_code too_new(int version, struct error *err)
{
    (void)error_set(err, ERR_REFUSED,
                    "the store is at version %d, this program knows no more than %d", version,
                    store_newest_version());
    error_detail(err, "A newer Loadguard has changed the tables.");
    error_hint(err, "Install that version here too, or point store.url at another database.");
    return ERR_REFUSED;
}

static enum error_code check_applied(const struct store_result *applied, size_t row,
                                     struct error *err)
{
    char checksum[DIGEST_TEXT_BYTES];
    int version = (int)store_get_int(applied, row, 0);
    if (version > store_newest_version())
        return too_new(version, err);
    const struct migration *known = &migrations[version - 1];
    TRY(digest_sha256(known->sql, strlen(known->sql), checksum, err));
    if (strcmp(checksum, store_get_text(applied, row, 2)) == 0)
        return OK;
    (void)error_set(err, ERR_REFUSED, "migration %d of the store was '%s' with another text",
                    version, store_get_text(applied, row, 1));
    error_hint(err, "The database was made by an unreleased build. Use that build, or a new "
                    "database.");
    return ERR_REFUSED;
}

enum error_code store_version(struct store *store, int *ret_version, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query exists = {migration_exists_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_query read = {migrations_read_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    TRY(store_exec(store, &exists, NULL, 0, &result, err));
    int version = 0;
    if (store_get_bool(&result, 0, 0)) {
        TRY(store_exec(store, &read, NULL, 0, &result, err));
        for (size_t row = store_rows(&result); row > 0; row--)
            TRY(check_applied(&result, row - 1, err));
        version = (int)store_rows(&result);
    }
    *ret_version = version;
    return OK;
}

static enum error_code apply(struct store *store, const struct migration *migration,
                             struct error *err)
{
    char checksum[DIGEST_TEXT_BYTES];
    const struct store_query record = {migration_record_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    TRY(digest_sha256(migration->sql, strlen(migration->sql), checksum, err));
    enum error_code code = store_exec_script(store, migration->sql, MIGRATION_MS, err);
    if (code != OK) {
        error_prefix(err, "cannot bring the store to version %d (%s)", migration->version,
                     migration->name);
        return code;
    }
    const struct store_param params[] = {store_int(migration->version), store_text(migration->name),
                                         store_text(checksum)};
    return store_exec(store, &record, params, ARRAY_SIZE(params), NULL, err);
}

/* Reads the version again under the lock: another program may have been faster. */
static enum error_code apply_next(struct store *store, int wanted, int *ret_version,
                                  struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    const struct store_query lock = {migration_lock_sql, STORE_ONE_ROW, MIGRATION_MS};
    int version = 0;
    TRY(store_begin(open, err));
    TRY(store_exec(open, &lock, NULL, 0, NULL, err));
    TRY(store_exec_script(open, migration_table_sql, STORE_QUICK_MS, err));
    TRY(store_version(open, &version, err));
    if (version < wanted) {
        TRY(apply(open, &migrations[version], err));
        version++;
    }
    TRY(store_commit(open, err));
    *ret_version = version;
    return OK;
}

enum error_code store_migrate_to(struct store *store, int wanted, struct error *err)
{
    int version = 0;
    assert(wanted >= 0 && wanted <= store_newest_version());
    TRY(store_version(store, &version, err));
    while (version < wanted)
        TRY(apply_next(store, wanted, &version, err));
    return OK;
}

enum error_code store_migrate(struct store *store, struct error *err)
{
    return store_migrate_to(store, store_newest_version(), err);
}
