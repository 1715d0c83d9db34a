#include "store/export.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "embedded/publish_sql.h"
#include "snapshot/reader.h"
#include "store/feed_names.h"
#include "store/snapshot_row.h"
#include "store/sql_template.h"

#define MAX_SQL_BYTES ((size_t)1 << 20)
#define PIECE_BYTES ((size_t)64 * 1024)

/* The thread that takes rows from the server and hands them on through a pipe of sorts. */
struct source {
    struct store *store;
    struct buffer sql;
    struct buffer piece;
    int write_fd;
    int read_fd;
    pthread_t thread;
    bool running;
    enum error_code code;
    struct error error;
};

static enum error_code send_piece(struct source *source, struct error *err)
{
    size_t sent = 0;
    while (sent < source->piece.len) {
        ssize_t n = send(source->write_fd, source->piece.data + sent, source->piece.len - sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, ERR_IO, errno, "cannot hand rows on");
        sent += n < 0 ? 0 : (size_t)n;
    }
    buffer_clear(&source->piece);
    return OK;
}

static enum error_code take_row(void *context, const char *bytes, size_t len, struct error *err)
{
    struct source *source = context;
    TRY(buffer_append(&source->piece, bytes, len, err));
    return source->piece.len < PIECE_BYTES ? OK : send_piece(source, err);
}

static void *copy_in_thread(void *argument)
{
    struct source *source = argument;
    source->code = store_copy_out(source->store, buffer_string(&source->sql), 0, take_row, source,
                                  &source->error);
    if (source->code == OK)
        source->code = send_piece(source, &source->error);
    (void)shutdown(source->write_fd, SHUT_WR);
    return NULL;
}

static void source_stop(struct source *source)
{
    if (source->running) {
        (void)shutdown(source->read_fd, SHUT_RD);
        (void)pthread_join(source->thread, NULL);
    }
    source->running = false;
}

static void source_release(struct source *source)
{
    source_stop(source);
    if (source->read_fd >= 0)
        (void)close(source->read_fd);
    if (source->write_fd >= 0)
        (void)close(source->write_fd);
    buffer_release(&source->sql);
    buffer_release(&source->piece);
}

static void source_init(struct source *source, struct store *store)
{
    *source = (struct source){.store = store, .read_fd = -1, .write_fd = -1};
    buffer_init(&source->sql, MAX_SQL_BYTES);
    buffer_init(&source->piece, BUFFER_DEFAULT_MAX_BYTES + PIECE_BYTES);
}

static enum error_code source_start(struct source *source, const struct feed_table *feed,
                                    const char *table, struct error *err)
{
    struct buffer columns CLEANUP(buffer_release);
    int fds[2];
    buffer_init(&columns, MAX_SQL_BYTES);
    TRY(append_columns(source->store, feed->schema, &columns, err));
    const struct sql_word words[] = {
        {.placeholder = "columns", .kind = SQL_PLAIN, .text = buffer_string(&columns)},
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
    };
    TRY(sql_expand(source->store, export_sql, words, ARRAY_SIZE(words), &source->sql, err));
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot make a pair of sockets");
    source->read_fd = fds[0];
    source->write_fd = fds[1];
    int failed = pthread_create(&source->thread, NULL, copy_in_thread, source);
    if (failed != 0)
        return error_set_errno(err, ERR_MEMORY, failed, "cannot start a thread");
    source->running = true;
    return OK;
}

/* What was read so far, to be compared with the record. */
struct tally {
    uint64_t rows;
    struct fingerprint fingerprint;
};

static enum error_code read_rows(int fd, const struct feed_table *feed, const char *table,
                                 struct packer *packer, struct tally *tally, struct error *err)
{
    struct reader *reader CLEANUP(reader_cleanup) = NULL;
    const struct reader_options options = {.format = FORMAT_COPY_BINARY, .name = table};
    const struct batch *batch;
    TRY(reader_open(fd, feed->schema, &options, &reader, err));
    for (;;) {
        TRY(reader_next(reader, &batch, err));
        if (batch == NULL)
            break;
        tally->rows += batch->n_rows;
        fingerprint_add(&tally->fingerprint, batch);
        if (packer != NULL)
            TRY(packer_add(packer, batch, err));
    }
    return reader_check(reader, err);
}

/* When both ends fail, the server's reason is the cause, unless it only lost its reader. */
static enum error_code transfer(struct source *source, const struct feed_table *feed,
                                const char *table, struct packer *packer, struct tally *tally,
                                struct error *err)
{
    enum error_code code = read_rows(source->read_fd, feed, table, packer, tally, err);
    source_stop(source);
    if (source->code == OK || (code != OK && source->code == ERR_IO))
        return code;
    if (err != NULL)
        *err = source->error;
    return source->code;
}

static enum error_code compare(const struct snapshot_row *row, const struct tally *tally,
                               struct error *err)
{
    char text[FINGERPRINT_TEXT_BYTES];
    fingerprint_format(&tally->fingerprint, text);
    if (tally->rows == row->rows && strcmp(text, row->fingerprint) == 0)
        return OK;
    (void)error_set(err, ERR_CORRUPT, "the table of load %lld does not hold what was staged",
                    (long long)row->load_id);
    error_detail(err, "%s has %llu rows with fingerprint %s; %llu rows with %s were staged.",
                 row->table, (unsigned long long)tally->rows, text, (unsigned long long)row->rows,
                 row->fingerprint);
    error_hint(err, "Somebody has changed it, or the storage is damaged. Do not use this load.");
    return ERR_CORRUPT;
}

static enum error_code read_back(struct store *store, const struct feed_table *feed,
                                 const struct snapshot_row *row, struct packer *packer,
                                 struct error *err)
{
    struct source source CLEANUP(source_release);
    struct tally tally = {0};
    source_init(&source, store);
    if (row->state == SNAPSHOT_STAGING || row->attachment == ATTACHMENT_GONE)
        return error_set(err, ERR_NOT_FOUND, "the store has no rows of load %lld of feed '%s'",
                         (long long)row->load_id, feed->feed);
    TRY(source_start(&source, feed, row->table, err));
    TRY(transfer(&source, feed, row->table, packer, &tally, err));
    return compare(row, &tally, err);
}

enum error_code load_export(struct store *store, const struct feed_table *feed, int64_t load_id,
                            struct packer *packer, struct error *err)
{
    struct snapshot_row row;
    TRY(snapshot_row_read(store, feed->feed, load_id, &row, err));
    return read_back(store, feed, &row, packer, err);
}

static enum error_code read_identity(struct store *store, const char *table, char *out,
                                     size_t capacity, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){load_identity_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(table)}, 1, &result, err));
    const char *identity = store_get_text(&result, 0, 0);
    (void)snprintf(out, capacity, "%s", identity == NULL ? "" : identity);
    return OK;
}

static enum error_code note_verified(struct store *store, int64_t load_id, const char *identity,
                                     struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store, &(struct store_query){verified_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_int(load_id), store_text(identity)}, 2, &result,
                   err));
    if (store_affected(&result) == 1)
        return OK;
    return error_set(err, ERR_CONFLICT, "load %lld was changed while it was verified",
                     (long long)load_id);
}

/* Nobody rolls back to it any more. */
static enum error_code note_damaged(struct store *store, int64_t load_id, struct error *err)
{
    return store_exec(store, &(struct store_query){damaged_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                      (struct store_param[]){store_int(load_id)}, 1, NULL, err);
}

/* The damage is what has to be told, whether or not it could be noted. */
static enum error_code tell_damage(struct store *store, int64_t load_id, struct error *err)
{
    struct error other;
    enum error_code code = note_damaged(store, load_id, &other);
    if (code != OK)
        error_detail(err, "It could not be noted either: %s", other.message);
    return ERR_CORRUPT;
}

enum error_code load_verify(struct store *store, const struct feed_table *feed, int64_t load_id,
                            struct error *err)
{
    struct snapshot_row row;
    char identity[256];
    TRY(snapshot_row_read(store, feed->feed, load_id, &row, err));
    TRY(read_identity(store, row.table, identity, sizeof(identity), err));
    enum error_code code = read_back(store, feed, &row, NULL, err);
    if (code == ERR_CORRUPT)
        return tell_damage(store, load_id, err);
    TRY(code);
    return note_verified(store, load_id, identity, err);
}
