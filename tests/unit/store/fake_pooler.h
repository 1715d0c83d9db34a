/*
 * The smallest program that does what a transaction pooler does: many clients share one session of
 * the server, each for the length of a transaction.
 */
#ifndef LG_TESTS_UNIT_STORE_FAKE_POOLER_H
#define LG_TESTS_UNIT_STORE_FAKE_POOLER_H

#include <sys/types.h>

/*
 * Starts it as a child process that listens at folder/.s.PGSQL.5432 and connects to the server at
 * server_folder as that user to that database. Returns its process id, or -1.
 */
pid_t fake_pooler_start(const char *folder, const char *server_folder, const char *user,
                        const char *database);

/* Stops it. */
void fake_pooler_stop(pid_t pooler);

#endif
