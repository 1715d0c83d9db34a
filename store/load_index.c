#include "store/load_index.h"

#include <string.h>

#include "base/fault.h"
#include "embedded/publish_sql.h"
#include "store/feed_names.h"
#include "store/sql_template.h"

#define MAX_LIST_BYTES ((size_t)1 << 20)
#define UNIQUE_PREFIX "unique "
#define UNIQUE_VIOLATION "23505"

static enum error_code explain(enum error_code code, const char *leaf, struct error *err)
{
    if (code != ERR_SQL || err == NULL || strcmp(err->sqlstate, UNIQUE_VIOLATION) != 0)
        return code;
    error_prefix(err, "rows of %s are not unique", leaf);
    return err->code = ERR_DATA;
}

static enum error_code index_key(struct store *store, const struct feed_table *feed,
                                 const char *leaf, struct error *err)
{
    struct buffer keys CLEANUP(buffer_release);
    char name[LOAD_TABLE_NAME_BYTES];
    buffer_init(&keys, MAX_LIST_BYTES);
    TRY(append_keys(store, feed->schema, &keys, err));
    const struct sql_word words[] = {
        {.placeholder = "index", .kind = SQL_IDENTIFIER, .text = key_index_name(leaf, name)},
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = leaf},
        {.placeholder = "keys", .kind = SQL_PLAIN, .text = buffer_string(&keys)},
    };
    return explain(sql_run(store, index_key_sql, words, ARRAY_SIZE(words), 0, err), leaf, err);
}

static enum error_code index_extra(struct store *store, const char *leaf, const char *definition,
                                   struct error *err)
{
    char name[LOAD_TABLE_NAME_BYTES];
    size_t prefix = strlen(UNIQUE_PREFIX);
    bool unique = strncmp(definition, UNIQUE_PREFIX, prefix) == 0;
    const struct sql_word words[] = {
        {.placeholder = "unique", .kind = SQL_PLAIN, .text = unique ? "unique" : ""},
        {.placeholder = "index",
         .kind = SQL_IDENTIFIER,
         .text = extra_index_name(leaf, definition, name)},
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = leaf},
        {.placeholder = "definition",
         .kind = SQL_PLAIN,
         .text = definition + (unique ? prefix : 0)},
    };
    enum error_code code = sql_run(store, index_extra_sql, words, ARRAY_SIZE(words), 0, err);
    if (code == ERR_SQL)
        error_prefix(err, "index '%s'", definition);
    return explain(code, leaf, err);
}

enum error_code load_index_leaf(struct store *store, const struct feed_table *feed,
                                const char *leaf, struct error *err)
{
    TRY(index_key(store, feed, leaf, err));
    fault_point("index.key");
    for (size_t i = 0; i < feed->n_indexes; i++)
        TRY(index_extra(store, leaf, feed->indexes[i], err));
    fault_point("index.extra");
    return OK;
}

enum error_code load_analyze(struct store *store, const char *table, struct error *err)
{
    const struct sql_word words[] = {
        {.placeholder = "table", .kind = SQL_IDENTIFIER, .text = table},
    };
    return sql_run(store, analyze_sql, words, ARRAY_SIZE(words), 0, err);
}
