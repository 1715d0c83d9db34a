#include "store/background.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "embedded/publish_sql.h"

struct background {
    struct store *store;
    char *sql;
    pthread_t thread;
    bool running;
    atomic_bool done;
    enum error_code code;
    struct error error;
};

static void *run(void *argument)
{
    struct background *background = argument;
    const struct store_query query = {background->sql, STORE_NO_ROWS, 0};
    background->code = store_exec(background->store, &query, NULL, 0, NULL, &background->error);
    atomic_store(&background->done, true);
    return NULL;
}

enum error_code background_start(const struct store *store, const char *sql,
                                 struct background **ret_background, struct error *err)
{
    struct background *background CLEANUP(background_cleanup) = calloc(1, sizeof(*background));
    if (background == NULL)
        return error_set(err, ERR_MEMORY, "no memory for a thread");
    background->sql = strdup(sql);
    if (background->sql == NULL)
        return error_set(err, ERR_MEMORY, "no memory for a thread");
    TRY(store_open_again(store, &background->store, err));
    TRY(store_exec(background->store,
                   &(struct store_query){asynchronous_sql, STORE_ONE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_bool(false)}, 1, NULL, err));
    int failed = pthread_create(&background->thread, NULL, run, background);
    if (failed != 0)
        return error_set_errno(err, ERR_MEMORY, failed, "cannot start a thread");
    background->running = true;
    *ret_background = TAKE(background);
    return OK;
}

int background_pid(const struct background *background)
{
    return store_backend_pid(background->store);
}

bool background_done(const struct background *background)
{
    return atomic_load(&background->done);
}

static void join(struct background *background)
{
    if (background->running)
        (void)pthread_join(background->thread, NULL);
    background->running = false;
}

enum error_code background_join(struct background *background, struct error *err)
{
    join(background);
    if (background->code != OK && err != NULL)
        *err = background->error;
    return background->code;
}

void background_free(struct background *background)
{
    if (background == NULL)
        return;
    join(background);
    store_close(background->store);
    free(background->sql);
    free(background);
}
