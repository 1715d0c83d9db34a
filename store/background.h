/* A statement that runs in a thread and a session of its own; for the files of this folder. */
#ifndef LG_STORE_BACKGROUND_H
#define LG_STORE_BACKGROUND_H

#include <stdbool.h>

#include "store/conn.h"

struct background;

/*
 * Opens a session beside store and runs the statement there; it returns no rows. Its commits are
 * asynchronous: a crash may undo what it reported as done.
 */
enum error_code background_start(const struct store *store, const char *sql,
                                 struct background **ret_background, struct error *err) MUST_CHECK;

/* Process id of its server session. */
int background_pid(const struct background *background);

/* Whether it has ended. */
bool background_done(const struct background *background);

/* Waits for its end and returns how it ended. */
enum error_code background_join(struct background *background, struct error *err) MUST_CHECK;

/* Waits for its end first. */
void background_free(struct background *background);
DEFINE_POINTER_CLEANUP(struct background, background_cleanup, background_free)

#endif
