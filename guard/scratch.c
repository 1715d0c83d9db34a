#include "guard/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define OPEN_FOLDERS 16
#define STATE_DIR_MODE                                                                             \
    0711 /* root's private cluster runs as another account and passes through                      \
          */

enum error_code scratch_make(const struct config *config, struct arena *arena,
                             struct config *ret_scratch, struct error *err)
{
    TRY(directory_make(config->state_dir, STATE_DIR_MODE, err));
    char *path = arena_printf(arena, "%s/scratch-XXXXXX", config->state_dir);
    if (mkdtemp(path) == NULL || chmod(path, STATE_DIR_MODE) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create %s", path);
    *ret_scratch = *config;
    ret_scratch->state_dir = path;
    ret_scratch->store = (struct store_config){.pg_bindir = config->store.pg_bindir};
    ret_scratch->routes = (struct key_list){0};
    return OK;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    (void)remove(path);
    return 0;
}

void scratch_remove(const struct config *scratch)
{
    (void)nftw(scratch->state_dir, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
