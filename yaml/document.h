/*
 * YAML documents as trees that remember where everything stands. One document a file; anchors,
 * aliases, tags, complex keys and duplicate keys are refused, so that a file means what it shows.
 */
#ifndef LG_YAML_DOCUMENT_H
#define LG_YAML_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "yaml/diagnostics.h"

enum yaml_kind {
    YAML_KIND_SCALAR,
    YAML_KIND_LIST,
    YAML_KIND_MAP,
};

enum yaml_style {
    YAML_STYLE_PLAIN,
    YAML_STYLE_SINGLE_QUOTED,
    YAML_STYLE_DOUBLE_QUOTED,
    YAML_STYLE_LITERAL, /* | */
    YAML_STYLE_FOLDED,  /* > */
};

/* The text that nodes were read from; kept so that places inside scalars can be named. */
struct yaml_source {
    const char *name; /* for messages: the path as given */
    const char *text;
    size_t len;
    const size_t *line_starts; /* byte offset of each line */
    size_t n_lines;
};

struct yaml_entry;

/* Immutable; owned by the arena it was parsed into. */
struct yaml_node {
    enum yaml_kind kind;
    const struct yaml_source *source;
    unsigned line;                  /* 1-based, where the node begins */
    unsigned column;                /* 1-based, in characters */
    const struct yaml_node *parent; /* NULL for the root */
    const char *name;               /* key under which it stands in a map, else NULL */
    size_t index;                   /* position in the parent */

    /* Scalars: UTF-8 without NUL, zero-terminated. */
    const char *text;
    size_t len;
    enum yaml_style style;

    /* Lists: n items. Maps: n entries in the order of the file. */
    size_t n;
    const struct yaml_node **items;
    const struct yaml_entry *entries;
};

struct yaml_entry {
    const struct yaml_node *key; /* a scalar */
    const struct yaml_node *value;
};

#define YAML_MAX_FILE_BYTES ((size_t)4 << 20)
#define YAML_MAX_DEPTH 64
#define YAML_MAX_NODES 1000000

/*
 * Parses a file or a text. Problems go to diags with their place, and ERR_CONFIG is returned:
 * anything the limits or the restrictions above refuse, broken YAML, bytes that are not UTF-8.
 * A file that cannot be read is a problem, too. An empty document is a null scalar. *ret_root and
 * everything under it belong to the arena; it is untouched on failure. ERR_MEMORY.
 */
enum error_code yaml_parse_file(const char *path, struct arena *arena,
                                const struct yaml_node **ret_root, struct diagnostics *diags,
                                struct error *err) MUST_CHECK;
enum error_code yaml_parse_text(const char *name, const char *text, size_t len, struct arena *arena,
                                const struct yaml_node **ret_root, struct diagnostics *diags,
                                struct error *err) MUST_CHECK;

/* Value of a map's key, or NULL; also NULL if node is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *node, const char *key);

/* Whether the node is a plain scalar that is empty, ~ or null; NULL counts as null. */
bool yaml_is_null(const struct yaml_node *node);

/* Whether it is a scalar in single or double quotes. */
bool yaml_is_quoted(const struct yaml_node *node);

#define YAML_PATH_BYTES 256

/*
 * Path of the node: "feeds.klout.routes[0].url", lists from 0, "" for the root; long ones are cut
 * at the front. Returns out.
 */
char *yaml_path(const struct yaml_node *node, char out[YAML_PATH_BYTES]);

/*
 * Place in the file of byte `offset` of a scalar's text, whatever its style; an offset at or beyond
 * the end gives the place after the last character.
 */
void yaml_place(const struct yaml_node *node, size_t offset, unsigned *ret_line,
                unsigned *ret_column);

/* Adds a problem about the node, or about byte `offset` of its text, with its place and path. */
void yaml_problem(struct diagnostics *diags, const struct yaml_node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
void yaml_problem_in(struct diagnostics *diags, const struct yaml_node *node, size_t offset,
                     const char *format, ...) PRINTF_LIKE(4, 5);

#endif
