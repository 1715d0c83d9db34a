#include "guard/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/rule_map.h"
#include "yaml/suggest.h"

#define HOURS_US (INT64_C(3600) * 1000000)
#define DAYS_US (24 * HOURS_US)

static const struct key store_keys[] = {
    {.name = "url",
     .kind = KEY_TEXT,
     .offset = offsetof(struct store_config, url),
     .doc = "PostgreSQL to use, as a libpq URL or connection string. Without it Loadguard runs a "
            "private cluster under `state_dir`."},
    {.name = "url_file",
     .kind = KEY_TEXT,
     .offset = offsetof(struct store_config, url_file),
     .doc = "File that holds the URL, so that no password stands in this one."},
    {.name = "keep_running",
     .kind = KEY_BOOL,
     .offset = offsetof(struct store_config, keep_running),
     .by_default = "true",
     .doc = "Whether the private cluster stays up when nobody is connected, so that readers find "
            "it."},
    {.name = "pg_bindir",
     .kind = KEY_TEXT,
     .offset = offsetof(struct store_config, pg_bindir),
     .doc = "Folder of the PostgreSQL programs for the private cluster; the newest installed one "
            "otherwise."},
};
static const struct key_table store_table = KEY_TABLE(struct store_config, store_keys);

static const struct key source_keys[] = {
    {.name = "max_age",
     .kind = KEY_DURATION,
     .offset = offsetof(struct source_config, max_age_us),
     .required = true,
     .min = 1,
     .max = 3650 * DAYS_US,
     .doc = "The load is incomplete if the source's `as_of` in the manifest is older than this."},
};
static const struct key_table source_table = KEY_TABLE_NAMED(struct source_config, source_keys);

static const struct key complete_when_keys[] = {
    {.name = "marker_file",
     .kind = KEY_TEXT,
     .offset = offsetof(struct complete_when_config, marker_file),
     .doc = "Complete if this file exists and is not older than the rows."},
    {.name = "row_count_file",
     .kind = KEY_TEXT,
     .offset = offsetof(struct complete_when_config, row_count_file),
     .doc = "Complete if this file holds the number of rows that were read."},
    {.name = "query",
     .kind = KEY_TEXT,
     .offset = offsetof(struct complete_when_config, query),
     .doc = "Complete if this query, run in the store, yields true."},
};
static const struct key_table complete_when_table = {
    .keys = complete_when_keys,
    .n_keys = ARRAY_SIZE(complete_when_keys),
    .struct_bytes = sizeof(struct complete_when_config),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = KEY_NO_OFFSET,
    .schema = "\"maxProperties\": 1",
};

static const char *const format_choices[] = {"csv", "binary", NULL};

static const struct key scorer_keys[] = {
    {.name = "command",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct scorer_config, command),
     .doc = "Program and arguments, run without a shell; writes the rows to standard output."},
    {.name = "file",
     .kind = KEY_TEXT,
     .offset = offsetof(struct scorer_config, file),
     .doc = "File that holds the rows, plain or gzip."},
    {.name = "query",
     .kind = KEY_TEXT,
     .offset = offsetof(struct scorer_config, query),
     .doc = "Query in the store that yields the rows; its columns have the declared names and "
            "order."},
    {.name = "format",
     .kind = KEY_CHOICE,
     .offset = offsetof(struct scorer_config, format),
     .choices = format_choices,
     .by_default = "csv",
     .doc = "`csv` with a header, or PostgreSQL's `binary` COPY."},
    {.name = "timeout",
     .kind = KEY_DURATION,
     .offset = offsetof(struct scorer_config, timeout_us),
     .by_default = "12h",
     .min = 1000,
     .max = 30 * DAYS_US,
     .doc = "After this long the command is stopped and the load fails."},
    {.name = "drain",
     .kind = KEY_DURATION,
     .offset = offsetof(struct scorer_config, drain_us),
     .by_default = "10s",
     .min = 1000,
     .max = HOURS_US,
     .doc = "How long pipes that a grandchild still holds are read after the command ended."},
    {.name = "grace",
     .kind = KEY_DURATION,
     .offset = offsetof(struct scorer_config, grace_us),
     .by_default = "10s",
     .min = 1000,
     .max = HOURS_US,
     .doc = "Time between TERM and KILL when the command has to be stopped."},
    {.name = "directory",
     .kind = KEY_TEXT,
     .offset = offsetof(struct scorer_config, directory),
     .doc = "Working directory of the command; the configuration's folder otherwise."},
    {.name = "environment",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct scorer_config, environment),
     .doc = "Names of environment variables that the command gets besides PATH, HOME, LANG, TZ and "
            "TMPDIR."},
    {.name = "ready",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct scorer_config, ready),
     .doc = "Queries in the store that all have to yield true before the start."},
    {.name = "complete_when",
     .kind = KEY_MAP,
     .offset = offsetof(struct scorer_config, complete_when),
     .table = &complete_when_table,
     .doc = "How completeness is known if there is no manifest."},
    {.name = "sources",
     .kind = KEY_NAMED,
     .offset = offsetof(struct scorer_config, sources),
     .table = &source_table,
     .doc = "How fresh each source named in the manifest has to be."},
};
static const struct key_table scorer_table = {
    .keys = scorer_keys,
    .n_keys = ARRAY_SIZE(scorer_keys),
    .struct_bytes = sizeof(struct scorer_config),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = KEY_NO_OFFSET,
    .schema = "\"oneOf\": [{\"required\": [\"command\"]}, {\"required\": [\"file\"]}, "
              "{\"required\": [\"query\"]}]",
};

struct column_options {
    const char *type;
    bool not_null;
    bool allow_nonfinite;
};

/* Also in any other case, which the JSON Schema does not tell. */
static const char *const type_choices[] = {"bigint",
                                           "integer",
                                           "real",
                                           "double precision",
                                           "numeric",
                                           "text",
                                           "boolean",
                                           "date",
                                           "timestamptz",
                                           "uuid",
                                           "int8",
                                           "int",
                                           "int4",
                                           "float4",
                                           "float8",
                                           "float",
                                           "double",
                                           "decimal",
                                           "varchar",
                                           "bool",
                                           "timestamp with time zone",
                                           NULL};

static const struct key column_keys[] = {
    {.name = "type",
     .kind = KEY_TEXT,
     .offset = offsetof(struct column_options, type),
     .choices = type_choices,
     .required = true,
     .doc = "bigint, integer, real, double precision, numeric, text, boolean, date, timestamptz or "
            "uuid."},
    {.name = "not_null",
     .kind = KEY_BOOL,
     .offset = offsetof(struct column_options, not_null),
     .by_default = "false",
     .doc = "Whether a missing value fails the row."},
    {.name = "allow_nonfinite",
     .kind = KEY_BOOL,
     .offset = offsetof(struct column_options, allow_nonfinite),
     .by_default = "false",
     .doc = "Whether NaN and infinity are values; otherwise they fail the row."},
};
static const struct key_table column_table = {
    .keys = column_keys,
    .n_keys = ARRAY_SIZE(column_keys),
    .struct_bytes = sizeof(struct column_options),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = KEY_NO_OFFSET,
    .shorthand = "type",
};

static const struct key index_keys[] = {
    {.name = "columns",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct index_config, columns),
     .required = true,
     .min = 1,
     .max = 32,
     .doc = "Columns of the index in order."},
    {.name = "unique",
     .kind = KEY_BOOL,
     .offset = offsetof(struct index_config, unique),
     .by_default = "false",
     .doc = "Whether the values have to be unique."},
};
static const struct key_table index_table = {
    .keys = index_keys,
    .n_keys = ARRAY_SIZE(index_keys),
    .struct_bytes = sizeof(struct index_config),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = offsetof(struct index_config, node),
    .shorthand = "columns",
};

/* In the order of enum measure_in. */
static const char *const measure_in_choices[] = {"here", "database", NULL};

static const struct key feed_keys[] = {
    {.name = "view",
     .kind = KEY_TEXT,
     .offset = offsetof(struct feed_config, view),
     .doc = "View that readers use, as schema.name; public.<feed> otherwise."},
    {.name = "key",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct feed_config, key),
     .required = true,
     .min = 1,
     .max = SCHEMA_MAX_KEYS,
     .doc = "Column or columns that identify a row: bigint, integer, text or uuid."},
    {.name = "columns",
     .kind = KEY_NODE,
     .offset = offsetof(struct feed_config, columns_node),
     .required = true,
     .schema = "\"type\": \"object\", \"minProperties\": 1, "
               "\"additionalProperties\": {\"$ref\": \"#/$defs/column\"}",
     .doc = "Every column in the order of the file, as `name: type`, or as `name: {type: …, "
            "not_null: true, allow_nonfinite: true}`."},
    {.name = "indexes",
     .kind = KEY_LIST,
     .offset = offsetof(struct feed_config, indexes),
     .table = &index_table,
     .doc = "Further indexes, built on every load before it is published."},
    {.name = "keep",
     .kind = KEY_INTEGER,
     .offset = offsetof(struct feed_config, keep_loads),
     .by_default = "7",
     .min = 2,
     .max = 1000,
     .doc = "How many loads stay in the store, the live one included."},
    {.name = "attached",
     .kind = KEY_INTEGER,
     .offset = offsetof(struct feed_config, attached_loads),
     .by_default = "3",
     .min = 2,
     .max = 16,
     .doc = "How many of them stay attached, so that a rollback to them takes milliseconds."},
    {.name = "publish_wait",
     .kind = KEY_DURATION,
     .offset = offsetof(struct feed_config, publish_wait_us),
     .by_default = "5m",
     .min = 1000,
     .max = 30 * DAYS_US,
     .doc = "How long a publication waits for older transactions before it says who is in the way; "
            "it keeps waiting."},
    {.name = "terminate_blockers",
     .kind = KEY_DURATION,
     .offset = offsetof(struct feed_config, terminate_blockers_us),
     .doc = "After this long the sessions in the way are terminated; never if absent."},
    {.name = "measure_in",
     .kind = KEY_CHOICE,
     .offset = offsetof(struct feed_config, measure_in),
     .choices = measure_in_choices,
     .by_default = "here",
     .doc =
         "Where the measures of a load are computed: `here`, by Loadguard from its packed files, "
         "or in the `database`, by queries over the tables, which is far slower."},
    {.name = "scorer",
     .kind = KEY_MAP,
     .offset = offsetof(struct feed_config, scorer),
     .table = &scorer_table,
     .doc = "Where the rows come from: one of command, file and query."},
    {.name = "rules",
     .kind = KEY_NODE,
     .offset = offsetof(struct feed_config, rules_node),
     .schema = "\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/rule\"}",
     .doc = "The rules; `- include: default` if absent."},
};
static const struct key_table feed_table = KEY_TABLE_NAMED(struct feed_config, feed_keys);

static const struct key route_keys[] = {
    {.name = "name",
     .kind = KEY_TEXT,
     .offset = offsetof(struct route_config, name),
     .required = true,
     .doc = "Name of the route; deliveries are recorded under it."},
    {.name = "webhook",
     .kind = KEY_TEXT,
     .offset = offsetof(struct route_config, webhook),
     .required = true,
     .doc = "URL that events are posted to, signed as Standard Webhooks."},
    {.name = "secret_file",
     .kind = KEY_TEXT,
     .offset = offsetof(struct route_config, secret_file),
     .required = true,
     .doc = "File that holds the signing secret (`whsec_…`); a second line holds the older one "
            "during rotation."},
    {.name = "feeds",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct route_config, feeds),
     .doc = "Feeds whose events go here; all if absent."},
};
static const struct key_table route_table = {
    .keys = route_keys,
    .n_keys = ARRAY_SIZE(route_keys),
    .struct_bytes = sizeof(struct route_config),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = offsetof(struct route_config, node),
};

static const struct key config_keys[] = {
    {.name = "state_dir",
     .kind = KEY_TEXT,
     .offset = offsetof(struct config, state_dir),
     .doc = "Where the private cluster, packed snapshots and logs live. Default: "
            "/var/lib/loadguard for root, else ~/.local/state/loadguard."},
    {.name = "memory",
     .kind = KEY_SIZE,
     .offset = offsetof(struct config, memory_bytes),
     .by_default = "1GiB",
     .min = INT64_C(16) << 20,
     .max = INT64_C(1) << 42,
     .doc = "For sorting rows that do not arrive in the order of their key; beyond it they are "
            "spilled to disk."},
    {.name = "store",
     .kind = KEY_MAP,
     .offset = offsetof(struct config, store),
     .table = &store_table,
     .doc = "The PostgreSQL that holds ledger and data."},
    {.name = "feeds",
     .kind = KEY_NAMED,
     .offset = offsetof(struct config, feeds),
     .table = &feed_table,
     .required = true,
     .min = 1,
     .max = 10000,
     .doc = "What is loaded."},
    {.name = "routes",
     .kind = KEY_LIST,
     .offset = offsetof(struct config, routes),
     .table = &route_table,
     .doc = "Who is told."},
};
static const struct key_definition definitions[] = {
    {"column", &column_table},
    {"rule", &rule_map_table},
};
const struct key_table config_table = {
    .keys = config_keys,
    .n_keys = ARRAY_SIZE(config_keys),
    .struct_bytes = sizeof(struct config),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = KEY_NO_OFFSET,
    .definitions = definitions,
    .n_definitions = ARRAY_SIZE(definitions),
};

static void parse_columns(struct feed_config *feed, struct arena *arena, struct diagnostics *diags)
{
    const struct yaml_node *node = feed->columns_node;
    if (node == NULL)
        return;
    if (node->kind != YAML_KIND_MAP || node->n == 0) {
        yaml_problem(diags, node, "has to be a map of column names to types");
        diagnostics_hint(diags, "Write 'columns: {profile_id: bigint, score: double precision}'.");
        return;
    }
    size_t problems_before = diagnostics_count(diags);
    struct schema_column *columns = arena_calloc(arena, node->n, sizeof(*columns));
    for (size_t i = 0; i < node->n; i++) {
        struct column_options options = {0};
        struct error err = {0};
        keys_parse(&column_table, node->entries[i].value, &options, arena, diags);
        columns[i] = (struct schema_column){.name = node->entries[i].key->text,
                                            .not_null = options.not_null,
                                            .allow_nonfinite = options.allow_nonfinite};
        if (options.type != NULL && schema_type_parse(options.type, &columns[i].type, &err) != OK) {
            yaml_problem(diags, node->entries[i].value, "%s", err.message);
            diagnostics_hint(diags, "%s", err.hint);
        }
    }
    struct error err = {0};
    if (diagnostics_count(diags) > problems_before || feed->key.n == 0)
        return;
    if (schema_make(arena, columns, node->n, feed->key.texts, feed->key.n, &feed->schema, &err) !=
        OK) {
        yaml_problem(diags, yaml_get(feed->node, "key"), "%s", err.message);
        diagnostics_hint(diags, "%s", err.hint);
    }
}

static void check_indexes(const struct feed_config *feed, struct diagnostics *diags)
{
    const struct index_config *indexes = feed->indexes.items;
    for (size_t i = 0; feed->schema != NULL && i < feed->indexes.n; i++) {
        for (size_t j = 0; j < indexes[i].columns.n; j++) {
            if (schema_find(feed->schema, indexes[i].columns.texts[j]) < 0)
                yaml_problem(diags, indexes[i].columns.nodes[j], "there is no column '%s'",
                             indexes[i].columns.texts[j]);
        }
    }
}

static void check_scorer(const struct feed_config *feed, struct diagnostics *diags)
{
    const struct scorer_config *scorer = &feed->scorer;
    const struct yaml_node *node = yaml_get(feed->node, "scorer");
    int given = (scorer->command.n > 0) + (scorer->file != NULL) + (scorer->query != NULL);
    if (node != NULL && given != 1) {
        yaml_problem(diags, node,
                     given == 0 ? "needs one of command, file and query"
                                : "has more than one of command, file and query");
        diagnostics_hint(diags, "Rows come from exactly one place.");
    }
    const struct complete_when_config *when = &scorer->complete_when;
    if ((when->marker_file != NULL) + (when->row_count_file != NULL) + (when->query != NULL) > 1)
        yaml_problem(diags, yaml_get(node, "complete_when"),
                     "has more than one of marker_file, row_count_file and query");
    if (scorer->query != NULL && scorer->format == FORMAT_COPY_BINARY)
        yaml_problem(diags, yaml_get(node, "format"), "does not go with query");
}

/* A feed's name becomes part of table and file names. */
static bool feed_name_valid(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= 40 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len &&
           (name[0] < '0' || name[0] > '9');
}

static void finish_feed(struct feed_config *feed, struct arena *arena, struct diagnostics *diags)
{
    if (!feed_name_valid(feed->name)) {
        yaml_problem(diags, feed->node, "'%s' cannot be the name of a feed", feed->name);
        diagnostics_hint(diags, "Use up to 40 lower-case letters, digits and underscores, a letter "
                                "first; tables and files are named after it.");
    }
    if (feed->view == NULL)
        feed->view = arena_printf(arena, "public.%s", feed->name);
    parse_columns(feed, arena, diags);
    check_indexes(feed, diags);
    check_scorer(feed, diags);
}

static void check_routes(const struct config *config, struct diagnostics *diags)
{
    const struct route_config *routes = config->routes.items;
    for (size_t i = 0; i < config->routes.n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (routes[i].name != NULL && routes[j].name != NULL &&
                strcmp(routes[i].name, routes[j].name) == 0)
                yaml_problem(diags, routes[i].node, "there is a route '%s' already",
                             routes[i].name);
        }
        for (size_t j = 0; j < routes[i].feeds.n; j++) {
            struct error err = {0};
            const struct feed_config *feed = NULL;
            if (config_feed(config, routes[i].feeds.texts[j], &feed, &err) != OK) {
                yaml_problem(diags, routes[i].feeds.nodes[j], "%s", err.message);
                diagnostics_hint(diags, "%s", err.hint);
            }
        }
    }
}

static const char *default_state_dir(struct arena *arena)
{
    if (geteuid() == 0)
        return "/var/lib/loadguard";
    const char *xdg = getenv("XDG_STATE_HOME");
    if (xdg != NULL && xdg[0] == '/')
        return arena_printf(arena, "%s/loadguard", xdg);
    const char *home = getenv("HOME");
    return arena_printf(arena, "%s/.local/state/loadguard", home == NULL ? "" : home);
}

enum error_code config_find(const char *given, struct arena *arena, const char **ret_path,
                            struct error *err)
{
    static const char *const usual[] = {"loadguard.yaml", "/etc/loadguard/loadguard.yaml"};
    if (given != NULL) {
        *ret_path = arena_strdup(arena, given);
        return OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        if (access(usual[i], F_OK) == 0) {
            *ret_path = usual[i];
            return OK;
        }
    }
    (void)error_set(err, ERR_CONFIG, "there is no configuration: neither %s here nor %s", usual[0],
                    usual[1]);
    error_hint(err, "'loadguard init' writes a commented one; --config FILE names another.");
    return ERR_CONFIG;
}

static const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

const char *config_path(const struct config *config, struct arena *arena, const char *path)
{
    if (path[0] == '/' || strcmp(config->directory, ".") == 0)
        return path;
    return arena_printf(arena, "%s/%s", config->directory, path);
}

enum error_code config_load(const char *path, struct arena *arena, struct diagnostics *diags,
                            struct config *ret_config, struct error *err)
{
    const struct yaml_node *root = NULL;
    TRY(yaml_parse_file(path, arena, &root, diags, err));
    struct config config = {0};
    keys_parse(&config_table, root, &config, arena, diags);
    config.path = path;
    config.directory = directory_of(arena, path);
    if (yaml_is_null(root))
        yaml_problem(diags, root, "is empty");
    if (config.store.url != NULL && config.store.url_file != NULL)
        yaml_problem(diags, yaml_get(yaml_get(root, "store"), "url_file"), "does not go with url");
    config.state_dir = config.state_dir == NULL ? default_state_dir(arena)
                                                : config_path(&config, arena, config.state_dir);
    struct feed_config *feeds = config.feeds.items;
    for (size_t i = 0; i < config.feeds.n; i++)
        finish_feed(&feeds[i], arena, diags);
    check_routes(&config, diags);
    TRY(diagnostics_to_error(diags, err));
    *ret_config = config;
    return OK;
}

enum error_code config_feed(const struct config *config, const char *name,
                            const struct feed_config **ret_feed, struct error *err)
{
    const struct feed_config *feeds = config->feeds.items;
    struct arena scratch = {0};
    const char **names = arena_calloc(&scratch, config->feeds.n + 1, sizeof(*names));
    for (size_t i = 0; i < config->feeds.n; i++) {
        names[i] = feeds[i].name;
        if (strcmp(feeds[i].name, name) == 0) {
            arena_release(&scratch);
            *ret_feed = &feeds[i];
            return OK;
        }
    }
    (void)error_set(err, ERR_USAGE, "there is no feed '%s' in the configuration", name);
    const char *closest = suggest_closest(name, names, config->feeds.n);
    if (closest != NULL)
        error_hint(err, "Did you mean '%s'?", closest);
    else
        error_hint(err, "'loadguard status' lists the feeds.");
    arena_release(&scratch);
    return ERR_USAGE;
}
