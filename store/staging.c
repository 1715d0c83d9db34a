#include "store/staging.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "snapshot/copy_binary.h"
#include "store/data_directory.h"
#include "store/feed_names.h"
#include "store/load_index.h"
#include "store/sql_template.h"
#include "store/staging_estimate.h"

#define DEFAULT_PARTS 2
/* A further part pays only for a load of some size: readers pay for it with every query. */
#define DEFAULT_ROWS_PER_PART UINT64_C(1000000)
/* Rows encoded at a time: some 64 KiB for narrow ones. */
#define SLICE_ROWS 2048
#define MAX_ENCODED_BYTES ((size_t)1 << 30)
#define MAX_SQL_BYTES ((size_t)1 << 20)

/* One table that takes rows over a session of its own; after the COPY its thread has the session.
 */
struct part {
    struct staging *staging;
    unsigned number;
    char table[LOAD_TABLE_NAME_BYTES];
    struct store *store;
    uint64_t rows;
    pthread_t thread;
    bool running;
    enum error_code code; /* what became of the work in the thread */
    struct error error;
};

struct staging {
    const struct feed_table *feed;
    int64_t load_id;
    char table[LOAD_TABLE_NAME_BYTES];
    struct part parts[LOAD_MAX_PARTS];
    unsigned n_parts;
    unsigned max_parts;
    uint64_t rows_per_part;
    unsigned next; /* the part that gets the next slice */
    uint64_t rows;
    bool index_early;
    struct buffer encoded;
};

/* A unique index of the user's has to see all rows, so they stay in one table. */
static unsigned allowed_parts(const struct feed_table *feed, unsigned wanted)
{
    if (wanted == 0)
        wanted = DEFAULT_PARTS;
    for (size_t i = 0; i < feed->n_indexes; i++) {
        if (strncmp(feed->indexes[i], "unique ", 7) == 0)
            wanted = 1;
    }
    return wanted < LOAD_MAX_PARTS ? wanted : LOAD_MAX_PARTS;
}

static enum error_code check_space(const struct store *store, const struct feed_table *feed,
                                   const struct staging_options *options, struct error *err)
{
    const char *directory = options->data_directory;
    if (directory == NULL)
        directory = store_data_directory(store);
    if (directory == NULL || options->expected_rows == 0)
        return OK;
    uint64_t bytes = staging_estimate_bytes(feed->schema, options->expected_rows);
    return data_directory_check_space(directory, bytes, err);
}

static enum error_code leave_trace(struct store *store, const struct staging *staging,
                                   struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    const struct store_param params[] = {
        store_int(staging->load_id), store_text(staging->feed->feed), store_text(staging->table)};
    TRY(store_exec(store, &(struct store_query){staging_begin_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_REFUSED, "load %lld was staged before", (long long)staging->load_id);
}

static enum error_code create_table(struct store *store, const struct feed_table *feed,
                                    const char *table, struct error *err)
{
    struct buffer definitions CLEANUP(buffer_release);
    buffer_init(&definitions, MAX_SQL_BYTES);
    TRY(append_definitions(store, feed->schema, &definitions, err));
    const struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
        {.placeholder = "definitions", .kind = SQL_PLAIN, .text = buffer_string(&definitions)},
    };
    return sql_run(store, staging_create_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err);
}

static enum error_code begin_copy(struct store *store, const struct feed_table *feed,
                                  const char *table, struct error *err)
{
    struct buffer columns CLEANUP(buffer_release);
    struct buffer sql CLEANUP(buffer_release);
    buffer_init(&columns, MAX_SQL_BYTES);
    buffer_init(&sql, MAX_SQL_BYTES);
    TRY(append_columns(store, feed->schema, &columns, err));
    const struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
        {.placeholder = "columns", .kind = SQL_PLAIN, .text = buffer_string(&columns)},
    };
    TRY(sql_expand(store, staging_copy_sql, words, ARRAY_SIZE(words), &sql, err));
    return store_copy_begin(store, buffer_string(&sql), STORE_QUICK_MS, err);
}

/* Opens the session of the next part and begins its COPY, in the transaction of its table. */
static enum error_code open_part(struct staging *staging, const struct store *origin,
                                 struct error *err)
{
    struct part *part = &staging->parts[staging->n_parts];
    part->staging = staging;
    part->number = staging->n_parts;
    load_part_name(staging->table, part->number, part->table);
    TRY(store_open_again(origin, &part->store, err));
    staging->n_parts++;
    TRY(store_exec(part->store,
                   &(struct store_query){staging_session_sql, STORE_ONE_ROW, STORE_QUICK_MS}, NULL,
                   0, NULL, err));
    TRY(store_begin(part->store, err));
    TRY(create_table(part->store, staging->feed, part->table, err));
    TRY(begin_copy(part->store, staging->feed, part->table, err));
    buffer_clear(&staging->encoded);
    TRY(copy_binary_header(&staging->encoded, err));
    return store_copy_put(part->store, staging->encoded.data, staging->encoded.len, err);
}

enum error_code staging_begin(struct store *store, const struct feed_table *feed, int64_t load_id,
                              const struct staging_options *options, struct staging **ret_staging,
                              struct error *err)
{
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    assert(load_id > 0);
    TRY(check_space(store, feed, options, err));
    staging = calloc(1, sizeof(*staging));
    if (staging == NULL)
        return error_set(err, ERR_MEMORY, "no memory to stage a load");
    staging->feed = feed;
    staging->load_id = load_id;
    staging->max_parts = allowed_parts(feed, options->max_parts);
    staging->rows_per_part =
        options->rows_per_part == 0 ? DEFAULT_ROWS_PER_PART : options->rows_per_part;
    load_table_name(feed->feed, load_id, staging->table);
    buffer_init(&staging->encoded, MAX_ENCODED_BYTES);
    TRY(leave_trace(store, staging, err));
    fault_point("staging.traced");
    TRY(open_part(staging, store, err));
    fault_point("staging.begun");
    *ret_staging = TAKE(staging);
    return OK;
}

static void join_part(struct part *part)
{
    if (!part->running)
        return;
    (void)pthread_join(part->thread, NULL);
    part->running = false;
}

void staging_free(struct staging *staging)
{
    if (staging == NULL)
        return;
    for (unsigned i = 0; i < staging->n_parts; i++) {
        join_part(&staging->parts[i]);
        store_close(staging->parts[i].store);
    }
    buffer_release(&staging->encoded);
    free(staging);
}

static enum error_code append_slice(struct staging *staging, const struct batch *batch,
                                    size_t first, size_t n, struct error *err)
{
    struct part *part = &staging->parts[staging->next];
    buffer_clear(&staging->encoded);
    TRY(copy_binary_rows(batch, first, n, &staging->encoded, err));
    TRY(store_copy_put(part->store, staging->encoded.data, staging->encoded.len, err));
    part->rows += n;
    staging->rows += n;
    return OK;
}

enum error_code staging_append(struct staging *staging, const struct batch *batch,
                               struct error *err)
{
    for (size_t first = 0; first < batch->n_rows; first += SLICE_ROWS) {
        size_t left = batch->n_rows - first;
        if (staging->n_parts < staging->max_parts &&
            staging->rows >= staging->n_parts * staging->rows_per_part)
            TRY(open_part(staging, staging->parts[0].store, err));
        TRY(append_slice(staging, batch, first, left < SLICE_ROWS ? left : SLICE_ROWS, err));
        staging->next = (staging->next + 1) % staging->n_parts;
    }
    fault_point("staging.copying");
    return OK;
}

static enum error_code seal(struct part *part, struct error *err)
{
    const struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = part->table},
        {.placeholder = "load", .kind = SQL_NUMBER, .number = part->staging->load_id},
        {.placeholder = "part", .kind = SQL_NUMBER, .number = part->number},
    };
    return sql_run(part->store, staging_seal_sql, words, ARRAY_SIZE(words), 0, err);
}

static enum error_code complete_part(struct part *part, struct error *err)
{
    TRY(store_commit(part->store, err));
    fault_point("staging.committed");
    TRY(seal(part, err));
    fault_point("staging.sealed");
    if (!part->staging->index_early)
        return OK;
    TRY(load_index_leaf(part->store, part->staging->feed, part->table, err));
    return load_analyze(part->store, part->table, err);
}

static void *complete_in_thread(void *argument)
{
    struct part *part = argument;
    part->code = complete_part(part, &part->error);
    return NULL;
}

static enum error_code end_copy(struct part *part, struct error *err)
{
    int64_t rows = 0;
    struct buffer *encoded = &part->staging->encoded;
    buffer_clear(encoded);
    TRY(copy_binary_trailer(encoded, err));
    TRY(store_copy_put(part->store, encoded->data, encoded->len, err));
    TRY(store_copy_end(part->store, 0, &rows, err));
    if ((uint64_t)rows == part->rows)
        return OK;
    return error_set(err, ERR_CORRUPT, "the store has counted %lld rows of %llu that were sent",
                     (long long)rows, (unsigned long long)part->rows);
}

static enum error_code start_thread(struct part *part, struct error *err)
{
    int failed = pthread_create(&part->thread, NULL, complete_in_thread, part);
    if (failed != 0)
        return error_set_errno(err, ERR_MEMORY, failed, "cannot start a thread");
    part->running = true;
    return OK;
}

enum error_code staging_finish(struct staging *staging, bool index_early, uint64_t *ret_rows,
                               struct error *err)
{
    staging->index_early = index_early;
    for (unsigned i = 0; i < staging->n_parts; i++)
        TRY(end_copy(&staging->parts[i], err));
    fault_point("staging.copied");
    for (unsigned i = 0; i < staging->n_parts; i++)
        TRY(start_thread(&staging->parts[i], err));
    *ret_rows = staging->rows;
    return OK;
}

static enum error_code join_parts(struct staging *staging, struct error *err)
{
    for (unsigned i = 0; i < staging->n_parts; i++)
        join_part(&staging->parts[i]);
    for (unsigned i = 0; i < staging->n_parts; i++) {
        const struct part *part = &staging->parts[i];
        if (part->code != OK && err != NULL)
            *err = part->error;
        TRY(part->code);
    }
    return OK;
}

/* Makes the parts one relation that bears the load's name. */
static enum error_code assemble(struct staging *staging, struct store *store, struct error *err)
{
    struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = staging->table},
        {.placeholder = "parent", .kind = SQL_IDENTIFIER, .text = staging->feed->feed},
        {.placeholder = "part", .kind = SQL_IDENTIFIER, .text = staging->parts[0].table},
        {.placeholder = "number", .kind = SQL_NUMBER},
    };
    if (staging->n_parts == 1)
        return sql_run(store, staging_rename_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err);
    TRY(sql_run(store, staging_whole_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    for (unsigned i = 0; i < staging->n_parts; i++) {
        words[2].text = staging->parts[i].table;
        words[3].number = i;
        TRY(sql_run(store, staging_join_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    }
    return OK;
}

static enum error_code record(struct staging *staging, struct store *store, uint64_t rows,
                              const struct fingerprint *fingerprint, struct error *err)
{
    char text[FINGERPRINT_TEXT_BYTES];
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(assemble(staging, store, err));
    const struct store_param params[] = {store_int(staging->load_id), store_int((int64_t)rows),
                                         store_text(fingerprint_format(fingerprint, text))};
    TRY(store_exec(store, &(struct store_query){staging_record_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_CONFLICT, "load %lld is no longer being staged",
                     (long long)staging->load_id);
}

enum error_code staging_record(struct staging *staging, struct store *store, uint64_t rows,
                               const struct fingerprint *fingerprint, struct error *err)
{
    TRY(join_parts(staging, err));
    if (rows != staging->rows)
        return error_set(err, ERR_CORRUPT, "%llu rows were staged and %llu are to be recorded",
                         (unsigned long long)staging->rows, (unsigned long long)rows);
    if (store_in_transaction(store))
        return record(staging, store, rows, fingerprint, err);
    struct store *open CLEANUP(store_rollbackp) = store;
    TRY(store_begin(store, err));
    TRY(record(staging, store, rows, fingerprint, err));
    fault_point("staging.recording");
    TRY(store_commit(open, err));
    fault_point("staging.recorded");
    return OK;
}
