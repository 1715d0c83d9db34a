#include "store/pq.h"

#include <stdio.h>
#include <string.h>

struct sqlstate_entry {
    const char *sqlstate; /* five characters, or two for a whole class */
    enum error_code code;
    const char *hint; /* used if the server gives none; may be NULL */
};

/* The first entry that fits counts. */
static const struct sqlstate_entry entries[] = {
    {"57P01", ERR_STORE, NULL},
    {"57P02", ERR_STORE, NULL},
    {"57P03", ERR_STORE, NULL},
    {"57P05", ERR_STORE, NULL},
    {"25P03", ERR_STORE, NULL},
    {"57014", ERR_TIMEOUT, NULL},
    {"55P03", ERR_BUSY, NULL},
    {"55006", ERR_BUSY, NULL},
    {"53300", ERR_BUSY, "Raise max_connections of the server, or close sessions."},
    {"53100", ERR_SPACE, "Free space on the disk that holds the database."},
    {"53200", ERR_MEMORY, NULL},
    {"40", ERR_CONFLICT, NULL},
    {"XX001", ERR_CORRUPT, "Restore the table from a backup; the disk or memory may be failing."},
    {"XX002", ERR_CORRUPT, "Rebuild the index with REINDEX; the disk or memory may be failing."},
    {"58030", ERR_IO, NULL},
    {"25006", ERR_SQL, "This server takes no writes. Give the address of the primary."},
    {"42501", ERR_SQL, "Grant the missing privilege to the role of store.url."},
    {"28", ERR_CONFIG, "Check user and password of store.url."},
    {"3D000", ERR_CONFIG, "Create the database, or correct its name in store.url."},
};

static const struct sqlstate_entry *find_entry(const char *sqlstate)
{
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        if (strncmp(sqlstate, entries[i].sqlstate, strlen(entries[i].sqlstate)) == 0)
            return &entries[i];
    return NULL;
}

/* libpq ends its messages with a line end and sometimes spreads them over lines. */
static void one_line(const char *text, char *out, size_t capacity)
{
    (void)snprintf(out, capacity, "%s", text == NULL ? "" : text);
    for (char *p = out; *p != '\0'; p++)
        if (*p == '\n' || *p == '\t')
            *p = ' ';
    for (size_t len = strlen(out); len > 0 && out[len - 1] == ' '; len--)
        out[len - 1] = '\0';
}

static enum error_code lost(const char *libpq_message, struct error *err)
{
    char reason[sizeof(err->message)];
    one_line(libpq_message, reason, sizeof(reason));
    (void)error_set(err, ERR_STORE, "the connection to the store was lost: %s",
                    reason[0] == '\0' ? "no reason given" : reason);
    return ERR_STORE;
}

static void add_detail(const PGresult *result, struct error *err)
{
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    if (detail != NULL)
        error_detail(err, "%s", detail);
    else if (context != NULL)
        error_detail(err, "%s.", context);
    else if (position != NULL)
        error_detail(err, "At character %s of the statement.", position);
}

static enum error_code from_fields(const PGresult *result, const char *sqlstate, struct error *err)
{
    const struct sqlstate_entry *entry = find_entry(sqlstate);
    enum error_code code = entry == NULL ? ERR_SQL : entry->code;
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    (void)error_set(err, code, "%s", primary == NULL ? "the server gave no reason" : primary);
    if (err == NULL)
        return code;
    add_detail(result, err);
    if (hint != NULL)
        error_hint(err, "%s", hint);
    else if (entry != NULL && entry->hint != NULL)
        error_hint(err, "%s", entry->hint);
    (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
    return code;
}

enum error_code pq_error(struct store *store, const PGresult *result, struct error *err)
{
    const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate != NULL)
        return from_fields(result, sqlstate, err);
    if (PQstatus(store->conn) == CONNECTION_BAD)
        return lost(PQerrorMessage(store->conn), err);
    char reason[sizeof(err->message)];
    const char *text = result == NULL ? PQerrorMessage(store->conn) : PQresultErrorMessage(result);
    one_line(text, reason, sizeof(reason));
    return error_set(err, ERR_SQL, "%s", reason);
}

enum error_code pq_connect_error(const PGconn *conn, struct error *err)
{
    char reason[sizeof(err->message)];
    one_line(PQerrorMessage(conn), reason, sizeof(reason));
    (void)error_set(err, ERR_STORE, "cannot connect to the store: %s", reason);
    error_hint(err, "Check store.url, and that the server runs and lets this host in.");
    return ERR_STORE;
}
