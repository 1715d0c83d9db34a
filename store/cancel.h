/* Asking the server to stop a statement, without ever waiting long for the answer. */
#ifndef LG_STORE_CANCEL_H
#define LG_STORE_CANCEL_H

#include <libpq-fe.h>

#include "base/error.h"

/*
 * Sends a cancel request for what conn is running. libpq does this with a blocking connection, so
 * it happens on a thread of its own; ERR_TIMEOUT if that is not through after timeout_ms. A request
 * that late may still hit whatever the session runs next, so the session must be given up then.
 */
enum error_code cancel_request(PGconn *conn, int timeout_ms, struct error *err) MUST_CHECK;

#endif
