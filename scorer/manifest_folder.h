/* The private folder in which a scorer may leave its manifest as a file. */
#ifndef LG_SCORER_MANIFEST_FOLDER_H
#define LG_SCORER_MANIFEST_FOLDER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"

/* Start from MANIFEST_NO_FOLDER. */
struct manifest_folder {
    const char *path; /* NULL: none */
    int lock_fd;      /* held, so that the folder is not taken for a leftover */
};

#define MANIFEST_NO_FOLDER ((struct manifest_folder){.lock_fd = -1})

/*
 * Makes the folder below parent (NULL: /tmp), for nobody but the scorer's account (NULL: this
 * process's). Removes there what processes that were killed have left behind an hour ago or
 * earlier. The path lives in the arena. ERR_IO; the folder has then to be removed all the same.
 */
enum error_code manifest_folder_make(struct manifest_folder *folder, const char *parent,
                                     const struct process_user *user, struct arena *arena,
                                     struct error *err) MUST_CHECK;

/* Removes the folder and the files in it, if there is one. */
void manifest_folder_remove(struct manifest_folder *folder);

#endif
