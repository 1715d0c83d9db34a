#include "store/feed_table.h"

#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/feed_names.h"
#include "store/load_index.h"
#include "store/sql_template.h"

#define DATA_SCHEMA "loadguard_data"
#define MAX_LIST_BYTES ((size_t)1 << 20)

/* The relation that bears a name; kind is 0 if there is none. */
struct relation {
    char kind;
    char partition_key[64];
    int64_t oid;
};

static enum error_code find_relation(struct store *store, const char *schema, const char *name,
                                     struct relation *ret_relation, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    TRY(store_exec(store,
                   &(struct store_query){feed_relation_kind_sql, STORE_MAYBE_ROW, STORE_QUICK_MS},
                   (struct store_param[]){store_text(schema), store_text(name)}, 2, &result, err));
    *ret_relation = (struct relation){0};
    if (store_rows(&result) == 0)
        return OK;
    ret_relation->kind = store_get_text(&result, 0, 0)[0];
    (void)snprintf(ret_relation->partition_key, sizeof(ret_relation->partition_key), "%s",
                   store_get_text(&result, 0, 1));
    ret_relation->oid = store_get_int(&result, 0, 2);
    return OK;
}

static enum error_code check_columns_allowed(const struct feed_table *feed, struct error *err)
{
    static const char *const taken[] = {"load_id", "load_part"};
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        if (schema_find(feed->schema, taken[i]) < 0)
            continue;
        (void)error_set(err, ERR_CONFIG, "feed '%s' has a column '%s', which the store adds itself",
                        feed->feed, taken[i]);
        error_hint(err, "Give the column another name in what the scorer writes.");
        return ERR_CONFIG;
    }
    return OK;
}

static enum error_code create_parent(struct store *store, const struct feed_table *feed,
                                     struct error *err)
{
    struct buffer definitions CLEANUP(buffer_release);
    buffer_init(&definitions, MAX_LIST_BYTES);
    TRY(append_definitions(store, feed->schema, &definitions, err));
    const struct sql_word words[] = {
        {.placeholder = "parent", .kind = SQL_IDENTIFIER, .text = feed->feed},
        {.placeholder = "definitions", .kind = SQL_PLAIN, .text = buffer_string(&definitions)},
    };
    return sql_run(store, feed_create_parent_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err);
}

/* The configured columns and those that the store adds, as three array literals. */
struct wanted_columns {
    struct buffer names;
    struct buffer types;
    struct buffer not_null;
};

static void wanted_columns_release(struct wanted_columns *wanted)
{
    buffer_release(&wanted->names);
    buffer_release(&wanted->types);
    buffer_release(&wanted->not_null);
}

static enum error_code wanted_columns_fill(struct wanted_columns *wanted,
                                           const struct schema *schema, struct error *err)
{
    const char *names[SCHEMA_MAX_COLUMNS + 2];
    const char *types[SCHEMA_MAX_COLUMNS + 2];
    const char *not_null[SCHEMA_MAX_COLUMNS + 2];
    size_t n = schema->n_columns;
    for (size_t i = 0; i < n; i++) {
        names[i] = schema->columns[i].name;
        types[i] = schema_type_name(schema->columns[i].type);
        not_null[i] = column_not_null(schema, i) ? "t" : "f";
    }
    names[n] = "load_id";
    types[n] = "bigint";
    names[n + 1] = "load_part";
    types[n + 1] = "smallint";
    not_null[n] = not_null[n + 1] = "t";
    TRY(store_text_array(names, n + 2, &wanted->names, err));
    TRY(store_text_array(types, n + 2, &wanted->types, err));
    return store_text_array(not_null, n + 2, &wanted->not_null, err);
}

static enum error_code refuse_columns(const struct feed_table *feed,
                                      const struct store_result *differences, struct error *err)
{
    struct buffer detail CLEANUP(buffer_release);
    buffer_init(&detail, MAX_LIST_BYTES);
    for (size_t i = 0; i < store_rows(differences); i++)
        TRY(buffer_printf(&detail, err, "%s%s", i == 0 ? "" : "; ",
                          store_get_text(differences, i, 0)));
    (void)error_set(err, ERR_REFUSED,
                    "the table of feed '%s' has other columns than the configuration", feed->feed);
    error_detail(err, "Differences: %s.", buffer_string(&detail));
    error_hint(err, "Columns of a feed that has loads cannot change. Configure a new feed with "
                    "another name and view, and move readers over.");
    return ERR_REFUSED;
}

static enum error_code check_parent(struct store *store, const struct feed_table *feed,
                                    const struct relation *parent, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    struct wanted_columns wanted CLEANUP(wanted_columns_release) = {0};
    if (parent->kind != 'p' || strcmp(parent->partition_key, "LIST (load_id)") != 0)
        return error_set(err, ERR_REFUSED,
                         "%s.%s exists and is not the partitioned table of a feed", DATA_SCHEMA,
                         feed->feed);
    buffer_init(&wanted.names, MAX_LIST_BYTES);
    buffer_init(&wanted.types, MAX_LIST_BYTES);
    buffer_init(&wanted.not_null, MAX_LIST_BYTES);
    TRY(wanted_columns_fill(&wanted, feed->schema, err));
    const struct store_param params[] = {
        store_text(feed->feed),
        store_text(buffer_string(&wanted.names)),
        store_text(buffer_string(&wanted.types)),
        store_text(buffer_string(&wanted.not_null)),
    };
    TRY(store_exec(store,
                   &(struct store_query){feed_columns_differ_sql, STORE_ANY_ROWS, STORE_QUICK_MS},
                   params, ARRAY_SIZE(params), &result, err));
    return store_rows(&result) == 0 ? OK : refuse_columns(feed, &result, err);
}

static enum error_code create_view(struct store *store, const struct feed_table *feed,
                                   const char *schema, const char *name, struct error *err)
{
    struct buffer columns CLEANUP(buffer_release);
    buffer_init(&columns, MAX_LIST_BYTES);
    TRY(append_columns(store, feed->schema, &columns, err));
    const struct sql_word words[] = {
        {.placeholder = "schema", .kind = SQL_IDENTIFIER, .text = schema},
        {.placeholder = "view", .kind = SQL_IDENTIFIER, .text = name},
        {.placeholder = "columns", .kind = SQL_PLAIN, .text = buffer_string(&columns)},
        {.placeholder = "parent", .kind = SQL_IDENTIFIER, .text = feed->feed},
        {.placeholder = "feed", .kind = SQL_LITERAL, .text = feed->feed},
    };
    return sql_run(store, feed_create_view_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err);
}

static enum error_code drop_probe(struct store *store, const char *template, const char *probe,
                                  struct error *err)
{
    const struct sql_word words[] = {
        {.placeholder = "name", .kind = SQL_IDENTIFIER, .text = probe},
    };
    return sql_run(store, template, words, ARRAY_SIZE(words), STORE_QUICK_MS, err);
}

/* The server prints a view in its own words, so what it should say is printed by it too. */
static enum error_code check_view(struct store *store, const struct feed_table *feed,
                                  const struct relation *view, const char *probe, struct error *err)
{
    struct store_result result CLEANUP(store_result_release) = {0};
    if (view->kind == 'v') {
        TRY(create_view(store, feed, DATA_SCHEMA, probe, err));
        TRY(store_exec(
            store, &(struct store_query){feed_view_definitions_sql, STORE_ONE_ROW, STORE_QUICK_MS},
            (struct store_param[]){store_int(view->oid), store_text(probe)}, 2, &result, err));
        if (store_get_bool(&result, 0, 0))
            return drop_probe(store, feed_drop_view_sql, probe, err);
    }
    (void)error_set(err, ERR_REFUSED, "%s '%s' exists and is not the view of feed '%s'",
                    view->kind == 'v' ? "a view" : "something called", feed->view, feed->feed);
    error_hint(err, "Choose another name for the view, or rename what is there.");
    return ERR_REFUSED;
}

static enum error_code try_indexes(struct store *store, const struct feed_table *feed,
                                   const char *table, struct error *err)
{
    const struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
        {.placeholder = "parent", .kind = SQL_IDENTIFIER, .text = feed->feed},
    };
    TRY(sql_run(store, feed_try_table_sql, words, ARRAY_SIZE(words), STORE_QUICK_MS, err));
    enum error_code code = load_index_leaf(store, feed, table, err);
    if (code == ERR_SQL && err != NULL)
        err->code = ERR_CONFIG;
    if (code != OK)
        return code == ERR_SQL ? ERR_CONFIG : code;
    return drop_probe(store, drop_table_sql, table, err);
}

/* Creates what is missing and tries out what cannot be compared otherwise. */
static enum error_code ensure(struct store *store, const struct feed_table *feed,
                              const struct view_name *view, bool *ret_created, struct error *err)
{
    struct relation parent;
    struct relation reader;
    struct store_result pointer CLEANUP(store_result_release) = {0};
    char probe[LOAD_TABLE_NAME_BYTES];
    (void)snprintf(probe, sizeof(probe), "probe %d", store_backend_pid(store));
    TRY(store_exec(store, &(struct store_query){feed_pointer_sql, STORE_NO_ROWS, STORE_QUICK_MS},
                   (struct store_param[]){store_text(feed->feed)}, 1, &pointer, err));
    TRY(find_relation(store, DATA_SCHEMA, feed->feed, &parent, err));
    if (parent.kind == 0)
        TRY(create_parent(store, feed, err));
    else
        TRY(check_parent(store, feed, &parent, err));
    TRY(find_relation(store, view->schema, view->name, &reader, err));
    if (reader.kind == 0)
        TRY(create_view(store, feed, view->schema, view->name, err));
    else
        TRY(check_view(store, feed, &reader, probe, err));
    *ret_created = parent.kind == 0 || reader.kind == 0 || store_affected(&pointer) > 0;
    return try_indexes(store, feed, probe, err);
}

enum error_code feed_table_ensure(struct store *store, const struct feed_table *feed,
                                  struct error *err)
{
    struct store *open CLEANUP(store_rollbackp) = store;
    struct view_name view;
    bool created;
    TRY(feed_name_check(feed->feed, err));
    TRY(view_name_parse(feed->view, &view, err));
    TRY(check_columns_allowed(feed, err));
    TRY(store_begin(store, err));
    TRY(ensure(store, feed, &view, &created, err));
    if (created)
        TRY(store_commit(store, err));
    fault_point("feed.created");
    store_rollback(open);
    return OK;
}
