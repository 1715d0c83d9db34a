/*
 * Readers of every kind, all the time, during flips between attached loads and during whole
 * publications, with reports that keep the view open: each result is exactly one load, and nobody
 * waits for a lock. With --broken loads are published as they must not be, attached and flipped to
 * in one transaction, and the test passes if the readers notice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/retention.h"
#include "store/rollback.h"
#include "tests/readers/lock_watch.h"
#include "tests/readers/reader.h"
#include "tests/unit/store/loads.h"

#define N_FLIPS 200
#define N_PUBLICATIONS 50
#define N_BROKEN_PUBLICATIONS 200
#define FIRST_LOADS 3
#define REPORT_HOLD_MS 40
#define READERS_PER_KIND 2
#define N_READERS (4 * READERS_PER_KIND + 1)

static bool broken;

struct scene {
    struct pg_test *test;
    struct test_feed feed;
    struct readers readers;
    struct reader *running[N_READERS];
    struct lock_watch *watch;
    struct samples flips;
    struct samples publications;
};

static void start_readers(struct scene *scene)
{
    size_t n = 0;
    scene->readers.url = scene->test->url;
    atomic_store(&scene->readers.report_hold_ms, -1);
    for (int i = 0; i < READERS_PER_KIND; i++) {
        for (enum reader_kind kind = READER_AD_HOC; kind < READER_REPORT; kind++)
            scene->running[n++] = reader_start(&scene->readers, kind, i);
    }
    scene->running[n++] = reader_start(&scene->readers, READER_REPORT, 0);
    scene->watch = lock_watch_start(scene->test->url);
    for (size_t i = 0; i < n; i++)
        assert_non_null(scene->running[i]);
    assert_non_null(scene->watch);
}

static void finish_readers(struct scene *scene)
{
    struct samples scans = {0};
    struct samples lookups = {0};
    struct lock_waits waits;
    long total = 0;
    atomic_store(&scene->readers.stop, true);
    lock_watch_finish(scene->watch, &waits);
    for (size_t i = 0; i < N_READERS; i++) {
        long results;
        reader_finish(scene->running[i], &scans, &lookups, &results);
        assert_true(results > 0);
        total += results;
    }
    (void)printf("%ld results of readers, %d wrong; scans p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
                 total, atomic_load(&scene->readers.wrong), samples_percentile(&scans, 0.5),
                 samples_percentile(&scans, 0.99), samples_percentile(&scans, 1));
    (void)printf("lookups p50 %.3f ms, p99 %.3f ms, max %.2f ms\n",
                 samples_percentile(&lookups, 0.5), samples_percentile(&lookups, 0.99),
                 samples_percentile(&lookups, 1));
    (void)printf("flips (%zu) p50 %.2f ms, p99 %.2f ms; publications (%zu) p50 %.1f ms, max %.1f "
                 "ms\n",
                 scene->flips.n, samples_percentile(&scene->flips, 0.5),
                 samples_percentile(&scene->flips, 0.99), scene->publications.n,
                 samples_percentile(&scene->publications, 0.5),
                 samples_percentile(&scene->publications, 1));
    (void)printf("looked for waiting readers %ld times, seen %ld, longest wait seen %.1f ms\n",
                 waits.looks, waits.seen, waits.longest_ms);
    free(scans.ms);
    free(lookups.ms);
    assert_int_equal(0, atomic_load(&scene->readers.broken));
    if (!broken)
        assert_int_equal(0, waits.long_ones);
}

static void stage(struct scene *scene, int64_t load_id)
{
    stage_load(scene->test->store, &scene->feed, load_id, (size_t)rows_of_load(load_id));
}

/* Forth as a publication, back as a rollback. */
static void flip(struct scene *scene, int64_t to)
{
    struct error err;
    struct live live;
    struct store *store = scene->test->store;
    assert_ok(publish_live(store, "scores", &live, &err));
    const struct publication publication = {.feed = &scene->feed.table,
                                            .load_id = to,
                                            .judged_against = live.load_id,
                                            .epoch = live.epoch};
    double begun_ms = now_ms();
    assert_ok(store_begin(store, &err));
    if (to > live.load_id)
        assert_ok(publish_flip(store, &publication, 1, &err));
    else
        assert_ok(rollback_flip(store, "scores", live.load_id, to, &live, &err));
    assert_ok(store_commit(store, &err));
    samples_add(&scene->flips, now_ms() - begun_ms);
}

static void flip_to_and_fro(struct scene *scene)
{
    for (int i = 0; i < N_FLIPS; i++) {
        flip(scene, 1 + (i + 1) % FIRST_LOADS);
        (void)usleep(2000);
    }
}

static void publish_well(struct scene *scene, int64_t load_id)
{
    struct error err;
    struct live live;
    struct store *store = scene->test->store;
    struct wait_options wait = wait_options_default();
    wait.give_up_after_us = 20000000;
    stage(scene, load_id);
    assert_ok(publish_live(store, "scores", &live, &err));
    /* The load that was just left goes at once, while snapshots that still show it are about. */
    const struct retention_options few = {.attached_max = 2, .keep = 2};
    const struct retention_options only_live = {.attached_max = 1, .keep = 2};
    const struct publication publication = {.feed = &scene->feed.table,
                                            .load_id = load_id,
                                            .judged_against = live.load_id,
                                            .epoch = live.epoch};
    struct retention_result result;
    assert_ok(retention_make_room(store, "scores", &few, &wait, &err));
    assert_ok(publish_attach(store, &publication, 1, &wait, &err));
    assert_ok(publish_wait(store, &publication, 1, &wait, &err));
    flip(scene, load_id);
    assert_ok(retention_step(store, "scores", &only_live, &result, &err));
}

static void publish_badly(struct scene *scene, int64_t load_id)
{
    char sql[300];
    stage(scene, load_id);
    (void)snprintf(sql, sizeof(sql),
                   "begin; alter table loadguard_data.scores attach partition "
                   "loadguard_data.scores__%lld for values in (%lld); update loadguard.live set "
                   "load_id = %lld; commit",
                   (long long)load_id, (long long)load_id, (long long)load_id);
    pg_run(scene->test->store, sql);
}

static void publish_again_and_again(struct scene *scene)
{
    int n = broken ? N_BROKEN_PUBLICATIONS : N_PUBLICATIONS;
    for (int i = 1; i <= n && !(broken && atomic_load(&scene->readers.wrong) > 0); i++) {
        double begun_ms = now_ms();
        if (broken)
            publish_badly(scene, FIRST_LOADS + i);
        else
            publish_well(scene, FIRST_LOADS + i);
        samples_add(&scene->publications, now_ms() - begun_ms);
    }
}

static void every_result_is_one_whole_load_and_nobody_waits(void **state)
{
    struct scene scene = {.test = *state};
    test_feed_make(&scene.feed, scene.test->store);
    for (int64_t load_id = FIRST_LOADS; load_id >= 1; load_id--) {
        stage(&scene, load_id);
        make_ready(scene.test->store, &scene.feed, load_id);
    }
    flip_to(scene.test->store, &scene.feed, 1);
    start_readers(&scene);
    flip_to_and_fro(&scene);
    assert_int_equal(0, atomic_load(&scene.readers.wrong));
    atomic_store(&scene.readers.report_hold_ms, REPORT_HOLD_MS);
    publish_again_and_again(&scene);
    finish_readers(&scene);
    if (broken)
        assert_int_not_equal(0, atomic_load(&scene.readers.wrong));
    else
        assert_int_equal(0, atomic_load(&scene.readers.wrong));
    free(scene.flips.ms);
    free(scene.publications.ms);
    test_feed_release(&scene.feed);
}

int main(int argc, char **argv)
{
    broken = argc > 1 && strcmp(argv[1], "--broken") == 0;
    const struct CMUnitTest tests[] = {
        pg_unit_test(every_result_is_one_whole_load_and_nobody_waits),
    };
    return cmocka_run_group_tests(tests, pg_start, pg_stop);
}
