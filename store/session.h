/* Making a connection and preparing the session, for store/conn.c. */
#ifndef LG_STORE_SESSION_H
#define LG_STORE_SESSION_H

#include "store/pq.h"

/* A new connection to where store points, nothing prepared. Errors as store_open. */
enum error_code session_connect(const struct store *store, PGconn **ret_conn,
                                struct error *err) MUST_CHECK;

/*
 * Prepares the session on store->conn: checks the server's version, sets what every session relies
 * on, refuses a pooler that switches server sessions.
 */
enum error_code session_prepare(struct store *store, struct error *err) MUST_CHECK;

#endif
