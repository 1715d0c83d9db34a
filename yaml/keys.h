/*
 * Key tables: one description of the keys of a map that drives parsing into a struct, checking,
 * the reference page and the JSON Schema.
 *
 *     struct scorer { const char *file; int64_t timeout_us; bool found; };
 *     static const struct key scorer_keys[] = {
 *         {.name = "file", .kind = KEY_TEXT, .offset = offsetof(struct scorer, file),
 *          .required = true, .doc = "File that holds the rows."},
 *         {.name = "timeout", .kind = KEY_DURATION, .offset = offsetof(struct scorer, timeout_us),
 *          .by_default = "2h", .doc = "After this long the scorer is stopped."},
 *     };
 *     static const struct key_table scorer_table = KEY_TABLE(struct scorer, scorer_keys);
 */
#ifndef LG_YAML_KEYS_H
#define LG_YAML_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "yaml/diagnostics.h"
#include "yaml/document.h"

/* What a value is, and the type of the member at key.offset that receives it. */
enum key_kind {
    KEY_TEXT,        /* const char *; any scalar */
    KEY_BOOL,        /* bool; true or false */
    KEY_INTEGER,     /* int64_t */
    KEY_NUMBER,      /* double */
    KEY_DURATION,    /* int64_t, microseconds; "2h" */
    KEY_SIZE,        /* int64_t, bytes; "64MiB" */
    KEY_SHARE,       /* double in [0, 1]; "0.5%" or 0.005 */
    KEY_TIME,        /* int64_t, microseconds since the Unix epoch; RFC 3339 with zone */
    KEY_TIME_OF_DAY, /* int64_t, seconds after midnight; "04:00" */
    KEY_CHOICE,      /* int; index into key.choices */
    KEY_CHOICES,     /* uint32_t; bit i for key.choices[i]; a scalar or a list of scalars */
    KEY_TEXTS,       /* struct key_texts; a scalar or a list of scalars */
    KEY_TEXT_MAP,    /* struct key_text_map; user-chosen names with scalar values */
    KEY_MAP,         /* a struct embedded at offset, described by key.table */
    KEY_LIST,        /* struct key_list; a list of maps described by key.table */
    KEY_NAMED,       /* struct key_list; a map of user-chosen names to maps described by key.table,
                        whose name_offset receives the name; in the order of the file */
    KEY_NODE,        /* const struct yaml_node *; taken as it is for the caller to read */
    KEY_CUSTOM,      /* whatever key.parse writes */
};

struct key_texts {
    const char **texts;
    const struct yaml_node **nodes; /* where each stands; NULL for those of a default */
    size_t n;
};

struct key_text_map {
    const char **names;
    const char **values;
    const struct yaml_node **nodes; /* of the values */
    size_t n;
};

struct key_list {
    void *items; /* n structs of the table's struct_bytes */
    size_t n;
};

/*
 * Reads a node into *member; problems go to diags. Called with NULL if the key is absent, with
 * by_default already ruled out.
 */
typedef void (*key_parse_fn)(const struct yaml_node *node, void *member, struct arena *arena,
                             struct diagnostics *diags);

struct key_table;

/* One key. Unset members are zero. */
struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;
    bool required;
    const char *by_default; /* as a user would write it, read by the same parser; NULL: zero */
    int64_t min;            /* INTEGER, DURATION (microseconds), SIZE (bytes); inclusive; used */
    int64_t max;            /* unless both are 0. For TEXTS and lists: how many */
    /*
     * CHOICE, CHOICES: the words that are possible. TEXT, TEXTS: words that the JSON Schema offers,
     * the only ones that are possible unless choices_open. Ends with NULL.
     */
    const char *const *choices;
    bool choices_open;
    /* NODE, CUSTOM: for the JSON Schema, the members of an object that says what the value is, such
     * as "\"type\": \"string\""; NULL: anything. */
    const char *schema;
    const struct key_table *table;
    key_parse_fn parse;
    const char *doc; /* whole sentences for the reference page */
};

#define KEY_NO_OFFSET SIZE_MAX

/* A table that the `schema` of keys refers to, as "#/$defs/NAME". */
struct key_definition {
    const char *name;
    const struct key_table *table;
};

struct key_table {
    const struct key *keys;
    size_t n_keys;
    size_t struct_bytes;
    size_t name_offset;    /* of a const char * that gets the name under KEY_NAMED */
    size_t node_offset;    /* of a const struct yaml_node * that gets the map, NULL if absent */
    const char *shorthand; /* key that a scalar in place of the map stands for, or NULL */
    const char *doc;
    const char *schema; /* more members of its object in the JSON Schema, or NULL */
    const struct key_definition *definitions; /* of the document's own table */
    size_t n_definitions;
};

/* A table of an array of keys for a struct type; the _NAMED form has members `name` and `node`. */
#define KEY_TABLE(type, key_array)                                                                 \
    {                                                                                              \
        .keys = (key_array), .n_keys = sizeof(key_array) / sizeof((key_array)[0]),                 \
        .struct_bytes = sizeof(type), .name_offset = KEY_NO_OFFSET, .node_offset = KEY_NO_OFFSET   \
    }
#define KEY_TABLE_NAMED(type, key_array)                                                           \
    {                                                                                              \
        .keys = (key_array), .n_keys = sizeof(key_array) / sizeof((key_array)[0]),                 \
        .struct_bytes = sizeof(type), .name_offset = offsetof(type, name),                         \
        .node_offset = offsetof(type, node)                                                        \
    }

/*
 * Reads a map node into *target (struct_bytes, zeroed first), defaults included. A NULL or null
 * node is an absent map: only defaults are filled in, and required keys are not asked for unless
 * node is a null scalar that the user wrote. Unknown keys, missing ones, wrong kinds and values out
 * of range are problems with "did you mean" where something is near. Reading goes on after a
 * problem; whether there was one is diagnostics_count. Texts belong to the arena or the document.
 */
void keys_parse(const struct key_table *table, const struct yaml_node *node, void *target,
                struct arena *arena, struct diagnostics *diags);

/* Reference page: a Markdown table of the keys of the table and those nested in it, below title. */
enum error_code keys_write_reference(const struct key_table *table, const char *title,
                                     struct buffer *out, struct error *err) MUST_CHECK;

/* JSON Schema (draft 2020-12) of a document described by the table. */
enum error_code keys_write_schema(const struct key_table *table, const char *title,
                                  struct buffer *out, struct error *err) MUST_CHECK;

#endif
