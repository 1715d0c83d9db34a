#include "tests/unit/store/loads.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "snapshot/packed.h"
#include "store/publish.h"

void test_feed_make(struct test_feed *feed, struct store *store)
{
    static const struct schema_column columns[] = {
        {.name = "profile_id", .type = TYPE_BIGINT},
        {.name = "score", .type = TYPE_DOUBLE},
        {.name = "name", .type = TYPE_TEXT},
    };
    struct error err;
    struct schema *schema;
    *feed = (struct test_feed){0};
    const char *key = "profile_id";
    assert_ok(schema_make(&feed->arena, columns, 3, &key, 1, &schema, &err));
    feed->table =
        (struct feed_table){.feed = "scores", .view = "public.scores_now", .schema = schema};
    assert_ok(feed_table_ensure(store, &feed->table, &err));
}

void test_feed_release(struct test_feed *feed)
{
    arena_release(&feed->arena);
}

static enum error_code put_row(struct batch_builder *builder, int64_t key, double score,
                               struct error *err)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "%lld", (long long)key);
    TRY(batch_builder_put_text(builder, 0, text, (size_t)len, err));
    len = snprintf(text, sizeof(text), "%.17g", score);
    TRY(batch_builder_put_text(builder, 1, text, (size_t)len, err));
    if (key % 10 == 0)
        TRY(batch_builder_put_null(builder, 2, err));
    else
        TRY(batch_builder_put_text(builder, 2, "somebody", 8, err));
    batch_builder_end_row(builder);
    return OK;
}

static enum error_code send_batch(struct staging *staging, struct batch_builder *builder,
                                  struct fingerprint *fingerprint, struct error *err)
{
    const struct batch *batch = batch_builder_batch(builder);
    TRY(staging_append(staging, batch, err));
    fingerprint_add(fingerprint, batch);
    batch_builder_clear(builder);
    return OK;
}

enum error_code send_rows(struct staging *staging, const struct test_feed *feed, int64_t first,
                          size_t n, double score, struct fingerprint *fingerprint,
                          struct error *err)
{
    struct batch_builder *builder CLEANUP(batch_builder_cleanup) = NULL;
    TRY(batch_builder_new(feed->table.schema, &builder, err));
    for (size_t i = 0; i < n; i++) {
        if (batch_builder_full(builder))
            TRY(send_batch(staging, builder, fingerprint, err));
        TRY(put_row(builder, first + (int64_t)i, score, err));
    }
    return send_batch(staging, builder, fingerprint, err);
}

void append_rows(struct staging *staging, const struct test_feed *feed, int64_t first, size_t n,
                 double score, struct fingerprint *fingerprint)
{
    struct error err;
    assert_ok(send_rows(staging, feed, first, n, score, fingerprint, &err));
}

void stage_load(struct store *store, const struct test_feed *feed, int64_t load_id, size_t rows)
{
    struct error err;
    struct staging *staging CLEANUP(staging_cleanup) = NULL;
    const struct staging_options options = {.expected_rows = rows};
    struct fingerprint fingerprint = {0};
    uint64_t staged;
    assert_ok(staging_begin(store, &feed->table, load_id, &options, &staging, &err));
    append_rows(staging, feed, 1, rows, (double)load_id, &fingerprint);
    assert_ok(staging_finish(staging, false, &staged, &err));
    assert_int_equal(staged, rows);
    assert_ok(staging_record(staging, store, staged, &fingerprint, &err));
    assert_ok(staging_index(store, &feed->table, load_id, &err));
}

void crash_server(struct pg_test *test)
{
    struct error err;
    struct store *victim = pg_open(test);
    const struct store_query query = {"select 1", STORE_ONE_ROW, 0};
    assert_int_equal(0, kill(store_backend_pid(victim), SIGKILL));
    while (store_exec(test->store, &query, NULL, 0, NULL, &err) == OK)
        (void)usleep(1000);
    for (int i = 0; i < 1000 && store_reconnect(test->store, &err) != OK; i++)
        (void)usleep(20000);
    assert_true(store_connected(test->store));
    store_close(victim);
}

struct wait_options quick_wait(void)
{
    struct wait_options options = wait_options_default();
    options.give_up_after_us = 1000000;
    return options;
}

void make_ready(struct store *store, const struct test_feed *feed, int64_t load_id)
{
    struct error err;
    const struct wait_options wait = quick_wait();
    const struct publication publication = {.feed = &feed->table, .load_id = load_id};
    assert_ok(publish_attach(store, &publication, 1, &wait, &err));
    assert_ok(publish_wait(store, &publication, 1, &wait, &err));
}

void flip_to(struct store *store, const struct test_feed *feed, int64_t load_id)
{
    struct error err;
    struct live live;
    assert_ok(publish_live(store, feed->table.feed, &live, &err));
    const struct publication publication = {.feed = &feed->table,
                                            .load_id = load_id,
                                            .judged_against = live.load_id,
                                            .epoch = live.epoch};
    assert_ok(store_begin(store, &err));
    assert_ok(publish_flip(store, &publication, 1, &err));
    assert_ok(store_commit(store, &err));
}

void publish_load(struct store *store, const struct test_feed *feed, int64_t load_id, size_t rows)
{
    stage_load(store, feed, load_id, rows);
    make_ready(store, feed, load_id);
    flip_to(store, feed, load_id);
}

const char *state_of(struct store *store, int64_t load_id)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce((select state from loadguard.snapshot where load_id = %lld), "
                   "'none')",
                   (long long)load_id);
    return pg_text(store, sql);
}

const char *readers_see(struct store *store)
{
    return pg_text(store, "select count(*) || ' rows of ' || coalesce(string_agg(distinct "
                          "score::text, ', '), 'nothing') from public.scores_now");
}
