#include "guard/store_access.h"

#include <string.h>

#include "base/secret.h"
#include "store/conn.h"
#include "store/migrate.h"

#define MAX_URL_BYTES 4096

static enum error_code find_url(const struct config *config, struct arena *arena,
                                const char **ret_url, struct error *err)
{
    *ret_url = config->store.url;
    if (config->store.url_file == NULL)
        return OK;
    CLEANUP(secret_release) struct secret text = {0};
    const char *path = config_path(config, arena, config->store.url_file);
    enum error_code code = secret_read_file(&text, path, err);
    if (code != OK) {
        error_prefix(err, "store.url_file");
        return code;
    }
    size_t len = strcspn(secret_reveal(&text), "\r\n");
    if (len == 0 || len > MAX_URL_BYTES)
        return error_set(err, ERR_CONFIG, "store.url_file: the first line of %s is no URL", path);
    *ret_url = arena_strndup(arena, secret_reveal(&text), len);
    return OK;
}

enum error_code store_access_open(const struct config *config, const char *purpose,
                                  struct arena *arena, struct store **ret_store, struct error *err)
{
    const char *url = NULL;
    TRY(find_url(config, arena, &url, err));
    const struct store_options options = {
        .url = url,
        .state_dir = config->state_dir,
        .application_name = arena_printf(arena, "loadguard %s", purpose),
        .pg_bindir = config->store.pg_bindir,
        .keep_running = config->store.keep_running,
    };
    CLEANUP(store_closep) struct store *store = NULL;
    TRY(store_open(&options, &store, err));
    TRY(store_migrate(store, err));
    *ret_store = TAKE(store);
    return OK;
}
