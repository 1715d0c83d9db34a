#include "store/audit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "embedded/ledger_sql.h"
#include "store/digest.h"

_Static_assert(AUDIT_HASH_BYTES == DIGEST_TEXT_BYTES, "a hash is a SHA-256 in hexadecimal");

#define NO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* What the hash of an entry covers. */
struct link {
    const char *previous;
    const char *feed;
    int64_t sequence;
    int64_t at_us;
    const char *actor;
    const char *action;
    int64_t load;
    const char *details; /* or NULL */
};

/* Text of a column that is never null. */
static const char *get_text(const struct store_result *result, size_t row, size_t column)
{
    const char *text = store_get_text(result, row, column);
    assert(text != NULL);
    return text;
}

static enum error_code append_text(const char *name, const char *value, struct buffer *out,
                                   struct error *err)
{
    return buffer_printf(out, err, "%s %zu:%s\n", name, strlen(value), value);
}

static enum error_code append_number(const char *name, int64_t value, struct buffer *out,
                                     struct error *err)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    return append_text(name, text, out, err);
}

static enum error_code canonical_text(const struct link *link, struct buffer *out,
                                      struct error *err)
{
    TRY(append_text("previous", link->previous, out, err));
    TRY(append_text("feed", link->feed, out, err));
    TRY(append_number("sequence", link->sequence, out, err));
    TRY(append_number("at", link->at_us, out, err));
    TRY(append_text("actor", link->actor, out, err));
    TRY(append_text("action", link->action, out, err));
    TRY(append_number("load", link->load, out, err));
    if (link->details == NULL)
        return buffer_append_string(out, "details -\n", err);
    return append_text("details", link->details, out, err);
}

static enum error_code hash_link(const struct link *link, char ret_hash[AUDIT_HASH_BYTES],
                                 struct error *err)
{
    struct buffer text CLEANUP(buffer_release);
    buffer_init(&text, BUFFER_DEFAULT_MAX_BYTES);
    TRY(canonical_text(link, &text, err));
    return digest_sha256(text.data, text.len, ret_hash, err);
}

static enum error_code lock_head(struct store *store, const struct audit_entry *entry,
                                 struct store_result *ret_head, struct error *err)
{
    const struct store_query make = {audit_head_make_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_query lock = {audit_head_lock_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(entry->feed), store_text(entry->details_json)};
    TRY(store_exec(store, &make, params, 1, NULL, err));
    return store_exec(store, &lock, params, ARRAY_SIZE(params), ret_head, err);
}

enum error_code audit_append(struct store *store, const struct audit_entry *entry,
                             char ret_head[AUDIT_HASH_BYTES], struct error *err)
{
    struct store_result head CLEANUP(store_result_release) = {0};
    char hash[AUDIT_HASH_BYTES];
    assert(store_in_transaction(store));
    assert(entry->feed != NULL && entry->actor != NULL && entry->action != NULL);
    TRY(lock_head(store, entry, &head, err));
    const struct link link = {
        .previous = get_text(&head, 0, 1),
        .feed = entry->feed,
        .sequence = store_get_int(&head, 0, 0) + 1,
        .at_us = store_get_time(&head, 0, 2),
        .actor = entry->actor,
        .action = entry->action,
        .load = entry->load,
        .details = store_get_text(&head, 0, 3),
    };
    TRY(hash_link(&link, hash, err));
    const struct store_query insert = {audit_insert_sql, STORE_NO_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {
        store_text(link.feed),    store_int(link.sequence),
        store_time(link.at_us),   store_text(link.actor),
        store_text(link.action),  link.load == 0 ? store_text(NULL) : store_int(link.load),
        store_text(link.details), store_text(link.previous),
        store_text(hash)};
    TRY(store_exec(store, &insert, params, ARRAY_SIZE(params), NULL, err));
    memcpy(ret_head, hash, sizeof(hash));
    return OK;
}

/* How far a check of a chain has come. */
struct progress {
    const char *feed;
    int64_t sequence;
    char hash[AUDIT_HASH_BYTES];
};

static enum error_code broken(const struct progress *progress, int64_t sequence, const char *reason,
                              struct error *err)
{
    (void)error_set(err, ERR_CORRUPT, "the audit log of '%s' was changed: entry %" PRId64 " %s",
                    progress->feed, sequence, reason);
    error_hint(err, "Compare the log with the hashes in the alerts of that time, and with a "
                    "backup.");
    return ERR_CORRUPT;
}

static enum error_code check_entry(const struct store_result *page, size_t row,
                                   struct progress *progress, struct error *err)
{
    char hash[AUDIT_HASH_BYTES];
    const struct link link = {
        .previous = get_text(page, row, 6),
        .feed = progress->feed,
        .sequence = store_get_int(page, row, 0),
        .at_us = store_get_time(page, row, 1),
        .actor = get_text(page, row, 2),
        .action = get_text(page, row, 3),
        .load = store_get_null(page, row, 4) ? 0 : store_get_int(page, row, 4),
        .details = store_get_text(page, row, 5),
    };
    if (link.sequence != progress->sequence + 1)
        return broken(progress, progress->sequence + 1, "is missing", err);
    if (strcmp(link.previous, progress->hash) != 0)
        return broken(progress, link.sequence, "does not follow the one before it", err);
    TRY(hash_link(&link, hash, err));
    if (strcmp(hash, get_text(page, row, 7)) != 0)
        return broken(progress, link.sequence, "is not what was written", err);
    progress->sequence = link.sequence;
    memcpy(progress->hash, hash, sizeof(hash));
    return OK;
}

static enum error_code check_page(struct store *store, struct progress *progress, size_t *ret_rows,
                                  struct error *err)
{
    struct store_result page CLEANUP(store_result_release) = {0};
    const struct store_query query = {audit_page_sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(progress->feed), store_int(progress->sequence)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &page, err));
    for (size_t row = 0; row < store_rows(&page); row++)
        TRY(check_entry(&page, row, progress, err));
    *ret_rows = store_rows(&page);
    return OK;
}

enum error_code audit_head(struct store *store, const char *feed, int64_t *ret_sequence,
                           char ret_hash[AUDIT_HASH_BYTES], struct error *err)
{
    struct store_result head CLEANUP(store_result_release) = {0};
    const struct store_query query = {audit_head_read_sql, STORE_MAYBE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &head, err));
    bool found = store_rows(&head) == 1;
    *ret_sequence = found ? store_get_int(&head, 0, 0) : 0;
    (void)snprintf(ret_hash, AUDIT_HASH_BYTES, "%s", found ? get_text(&head, 0, 1) : NO_HASH);
    return OK;
}

/*
 * The head is read first: an entry that is appended meanwhile is then beyond it, and a head that
 * the entries do not reach means that the newest were removed.
 */
enum error_code audit_verify(struct store *store, const char *feed, int64_t *ret_entries,
                             struct error *err)
{
    struct progress progress = {.feed = feed, .sequence = 0, .hash = NO_HASH};
    char head[AUDIT_HASH_BYTES];
    int64_t sequence = 0;
    size_t rows = 1;
    TRY(audit_head(store, feed, &sequence, head, err));
    while (rows > 0)
        TRY(check_page(store, &progress, &rows, err));
    if (progress.sequence < sequence)
        return broken(&progress, progress.sequence + 1, "is missing", err);
    *ret_entries = progress.sequence;
    return audit_witness(store, feed, head, err);
}

enum error_code audit_witness(struct store *store, const char *feed, const char *hash,
                              struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {audit_witness_sql, STORE_ONE_ROW, STORE_QUICK_MS};
    const struct store_param params[] = {store_text(feed), store_text(hash)};
    TRY(store_exec(store, &query, params, ARRAY_SIZE(params), &result, err));
    if (store_get_bool(&result, 0, 0) || strcmp(hash, NO_HASH) == 0)
        return OK;
    (void)error_set(err, ERR_CORRUPT, "the audit log of '%s' was changed: it has no entry %s", feed,
                    hash);
    return ERR_CORRUPT;
}

static enum error_code read_records(struct store *store, const char *sql,
                                    const struct store_param *params, size_t n_params,
                                    struct arena *arena, struct audit_record **ret_records,
                                    size_t *ret_n, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_query query = {sql, STORE_ANY_ROWS, STORE_QUICK_MS};
    TRY(store_exec(store, &query, params, n_params, &result, err));
    size_t n = store_rows(&result);
    struct audit_record *records = arena_calloc(arena, n, sizeof(*records));
    for (size_t i = 0; i < n; i++) {
        const char *details = store_get_text(&result, i, 5);
        records[i] = (struct audit_record){
            .sequence = store_get_int(&result, i, 0),
            .at_us = store_get_time(&result, i, 1),
            .actor = arena_strdup(arena, get_text(&result, i, 2)),
            .action = arena_strdup(arena, get_text(&result, i, 3)),
            .load = store_get_null(&result, i, 4) ? 0 : store_get_int(&result, i, 4),
            .details_json = details == NULL ? NULL : arena_strdup(arena, details),
        };
    }
    *ret_records = records;
    *ret_n = n;
    return OK;
}

enum error_code audit_of_load(struct store *store, int64_t load, struct arena *arena,
                              struct audit_record **ret_records, size_t *ret_n, struct error *err)
{
    const struct store_param params[] = {store_int(load)};
    return read_records(store, audit_of_load_sql, params, ARRAY_SIZE(params), arena, ret_records,
                        ret_n, err);
}

enum error_code audit_of_feed(struct store *store, const char *feed, size_t limit,
                              struct arena *arena, struct audit_record **ret_records, size_t *ret_n,
                              struct error *err)
{
    const struct store_param params[] = {store_text(feed), store_int((int64_t)limit)};
    return read_records(store, audit_of_feed_sql, params, ARRAY_SIZE(params), arena, ret_records,
                        ret_n, err);
}
