#include "yaml/document.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml/source.h"

/* A list or map whose end has not been seen yet. */
struct open_node {
    struct yaml_node *node;
    const struct yaml_node **items;
    struct yaml_entry *entries;
    size_t capacity;
    const struct yaml_node *key; /* of a map: read, its value not yet */
};

struct composer {
    yaml_parser_t parser;
    const struct yaml_source *source;
    struct arena *arena;
    struct diagnostics *diags;
    struct open_node stack[YAML_MAX_DEPTH];
    size_t depth;
    size_t n_nodes;
    const struct yaml_node *root;
    bool stopped; /* a problem after which the rest cannot be read */
};

/* Place of a mark; the parser sees one more line behind a last one that has no end. */
static void place_of(const struct composer *c, yaml_mark_t mark, unsigned *ret_line,
                     unsigned *ret_column)
{
    *ret_line = (unsigned)mark.line + 1;
    *ret_column = (unsigned)mark.column + 1;
    if (mark.line >= c->source->n_lines)
        source_place(c->source, c->source->len, ret_line, ret_column);
}

/* Adds a problem at a mark of the parser. */
static void problem_at(struct composer *c, yaml_mark_t mark, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void problem_at(struct composer *c, yaml_mark_t mark, const char *format, ...)
{
    unsigned line = 0;
    unsigned column = 0;
    place_of(c, mark, &line, &column);
    va_list args;
    va_start(args, format);
    diagnostics_addv(c->diags, c->source->name, line, column, "", format, args);
    va_end(args);
}

static const char *hint_for(const char *problem)
{
    if (strstr(problem, "mapping values are not allowed") != NULL)
        return "A value that contains ': ' needs quotes around it; keys of one map begin in the "
               "same column.";
    if (strstr(problem, "cannot start any token") != NULL)
        return "Indent with spaces, not tabs; a value that begins with @, %, ` or a tab needs "
               "quotes around it.";
    if (strstr(problem, "expected key") != NULL || strstr(problem, "expected <block end>") != NULL)
        return "Look at the indentation of this line and of the one above it; a value that begins "
               "with a quote ends with it.";
    if (strstr(problem, "could not find expected ':'") != NULL)
        return "A key is followed by a colon and a space, as in 'name: value'.";
    if (strstr(problem, "unexpected end of stream") != NULL)
        return "A quote or a bracket was opened above and never closed.";
    if (strstr(problem, "unknown escape") != NULL)
        return "In double quotes a backslash begins an escape: use single quotes.";
    if (strstr(problem, "tab character") != NULL)
        return "Indent with spaces, not tabs.";
    if (strstr(problem, "expected '-' indicator") != NULL)
        return "The keys of one item begin in the same column, as its first one after '- '.";
    if (strstr(problem, "expected ','") != NULL)
        return "Close the bracket or brace; a text that begins with one needs quotes around it.";
    if (strstr(problem, "comment or line break") != NULL)
        return "A value that begins with > or | needs quotes; the text of a block begins in the "
               "next line.";
    if (strstr(problem, "control characters") != NULL)
        return "Remove the invisible character that stands here.";
    return "Look at the indentation, quotes and brackets here and in the line above; a value with "
           "unusual characters needs quotes around it.";
}

static enum error_code syntax_problem(struct composer *c, struct error *err)
{
    yaml_parser_t *parser = &c->parser;
    const char *problem = parser->problem == NULL ? "cannot be read as YAML" : parser->problem;
    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    if (parser->error == YAML_READER_ERROR) {
        unsigned line = 0;
        unsigned column = 0;
        size_t offset = parser->problem_offset;
        source_place(c->source, offset < c->source->len ? offset : c->source->len, &line, &column);
        diagnostics_add(c->diags, c->source->name, line, column, "", "%s", problem);
    } else if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line) {
        problem_at(c, parser->problem_mark, "%s %s that begins in line %zu", problem,
                   parser->context, parser->context_mark.line + 1);
    } else {
        problem_at(c, parser->problem_mark, "%s", problem);
    }
    diagnostics_hint(c->diags, "%s", hint_for(problem));
    c->stopped = true;
    return OK;
}

static struct yaml_node *new_node(struct composer *c, enum yaml_kind kind, yaml_mark_t mark)
{
    if (++c->n_nodes > YAML_MAX_NODES) {
        problem_at(c, mark, "the document has more than %d values", YAML_MAX_NODES);
        diagnostics_hint(c->diags, "Part it into several files.");
        c->stopped = true;
    }
    struct yaml_node *node = arena_alloc(c->arena, sizeof(*node));
    node->kind = kind;
    node->source = c->source;
    place_of(c, mark, &node->line, &node->column);
    node->text = "";
    return node;
}

static bool names_equal(const struct yaml_node *a, const struct yaml_node *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static int compare_entries(const void *pa, const void *pb)
{
    const struct yaml_node *a = (*(const struct yaml_entry *const *)pa)->key;
    const struct yaml_node *b = (*(const struct yaml_entry *const *)pb)->key;
    size_t shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, shorter);
    if (order == 0)
        order = (a->len > b->len) - (a->len < b->len);
    if (order == 0)
        order = a->line != b->line ? (a->line > b->line ? 1 : -1)
                                   : (a->column > b->column) - (a->column < b->column);
    return order;
}

/* Reports keys that stand twice in a map. */
static enum error_code check_duplicates(struct composer *c, const struct open_node *open,
                                        struct error *err)
{
    size_t n = open->node->n;
    if (n < 2)
        return OK;
    const struct yaml_entry **sorted = malloc(n * sizeof(const struct yaml_entry *));
    if (sorted == NULL)
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    for (size_t i = 0; i < n; i++)
        sorted[i] = &open->entries[i];
    qsort(sorted, n, sizeof(const struct yaml_entry *), compare_entries);
    const struct yaml_node *first = sorted[0]->key;
    for (size_t i = 1; i < n; i++) {
        const struct yaml_node *key = sorted[i]->key;
        if (!names_equal(first, key)) {
            first = key;
            continue;
        }
        char path[YAML_PATH_BYTES];
        diagnostics_add(c->diags, c->source->name, key->line, key->column,
                        yaml_path(sorted[i]->value, path), "the key stands twice");
        diagnostics_hint(c->diags, "It stands first in line %u, column %u; keep one of them.",
                         first->line, first->column);
    }
    free(sorted);
    return OK;
}

static void add_to_list(struct composer *c, struct open_node *open, struct yaml_node *node)
{
    size_t n = open->node->n;
    open->items = arena_grow(c->arena, open->items, sizeof(*open->items), &open->capacity, n + 1);
    node->index = n;
    open->items[n] = node;
    open->node->items = open->items;
    open->node->n++;
}

static void add_to_map(struct composer *c, struct open_node *open, struct yaml_node *node)
{
    size_t n = open->node->n;
    if (open->key == NULL) {
        if (node->kind != YAML_KIND_SCALAR) {
            diagnostics_add(c->diags, c->source->name, node->line, node->column, "",
                            "a key cannot be a list or a map");
            diagnostics_hint(c->diags, "Put quotes around a name with a bracket or a brace in it.");
            c->stopped = true;
        }
        open->key = node;
        return;
    }
    open->entries =
        arena_grow(c->arena, open->entries, sizeof(*open->entries), &open->capacity, n + 1);
    node->name = open->key->text;
    node->index = n;
    open->entries[n] = (struct yaml_entry){.key = open->key, .value = node};
    open->node->entries = open->entries;
    open->node->n++;
    open->key = NULL;
}

/* Puts a node where the document is being read. */
static void attach(struct composer *c, struct yaml_node *node)
{
    if (c->depth == 0) {
        c->root = node;
        return;
    }
    struct open_node *open = &c->stack[c->depth - 1];
    node->parent = open->node;
    if (open->node->kind == YAML_KIND_LIST)
        add_to_list(c, open, node);
    else
        add_to_map(c, open, node);
}

static void open_collection(struct composer *c, enum yaml_kind kind, yaml_mark_t mark)
{
    if (c->depth == YAML_MAX_DEPTH) {
        problem_at(c, mark, "lists and maps are nested more than %d deep", YAML_MAX_DEPTH);
        diagnostics_hint(c->diags, "Put quotes around brackets that belong to a text.");
        c->stopped = true;
        return;
    }
    struct yaml_node *node = new_node(c, kind, mark);
    attach(c, node);
    c->stack[c->depth++] = (struct open_node){.node = node};
}

static enum yaml_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return YAML_STYLE_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return YAML_STYLE_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
        return YAML_STYLE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return YAML_STYLE_FOLDED;
    default:
        return YAML_STYLE_PLAIN;
    }
}

static void add_scalar(struct composer *c, const yaml_event_t *event)
{
    struct yaml_node *node = new_node(c, YAML_KIND_SCALAR, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (memchr(text, '\0', len) != NULL) {
        problem_at(c, event->start_mark, "the text contains a zero byte");
        diagnostics_hint(c->diags, "Remove the \\0 from it.");
        len = strlen(text);
    }
    node->text = arena_strndup(c->arena, text, len);
    node->len = len;
    node->style = style_of(event->data.scalar.style);
    attach(c, node);
}

static void refuse_decorations(struct composer *c, yaml_mark_t mark, const yaml_char_t *anchor,
                               const yaml_char_t *tag)
{
    if (anchor != NULL) {
        problem_at(c, mark, "anchors and aliases (&%s) are not supported", anchor);
        diagnostics_hint(c->diags, "Write the value out in each place.");
    }
    if (tag != NULL) {
        problem_at(c, mark, "tags such as %s are not supported", tag);
        diagnostics_hint(c->diags, "Leave the tag away; quotes make a value a text.");
    }
}

static enum error_code compose_event(struct composer *c, const yaml_event_t *event,
                                     struct error *err)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        problem_at(c, event->start_mark, "anchors and aliases (*%s) are not supported",
                   event->data.alias.anchor);
        diagnostics_hint(c->diags, "Write the value out in each place.");
        attach(c, new_node(c, YAML_KIND_SCALAR, event->start_mark));
        break;
    case YAML_SCALAR_EVENT:
        refuse_decorations(c, event->start_mark, event->data.scalar.anchor, event->data.scalar.tag);
        add_scalar(c, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_decorations(c, event->start_mark, event->data.sequence_start.anchor,
                           event->data.sequence_start.tag);
        open_collection(c, YAML_KIND_LIST, event->start_mark);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_decorations(c, event->start_mark, event->data.mapping_start.anchor,
                           event->data.mapping_start.tag);
        open_collection(c, YAML_KIND_MAP, event->start_mark);
        break;
    case YAML_MAPPING_END_EVENT:
        TRY(check_duplicates(c, &c->stack[c->depth - 1], err));
        c->depth--;
        break;
    case YAML_SEQUENCE_END_EVENT:
        c->depth--;
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (c->root != NULL) {
            problem_at(c, event->start_mark, "the file contains a second document");
            diagnostics_hint(c->diags, "Put it into a file of its own.");
            c->stopped = true;
        }
        break;
    default:
        break;
    }
    return OK;
}

static enum error_code compose(struct composer *c, struct error *err)
{
    bool at_end = false;
    while (!at_end && !c->stopped) {
        yaml_event_t event CLEANUP(yaml_event_delete) = {0};
        if (!yaml_parser_parse(&c->parser, &event))
            return syntax_problem(c, err);
        at_end = event.type == YAML_STREAM_END_EVENT;
        TRY(compose_event(c, &event, err));
    }
    return OK;
}

static enum error_code parse_source(const struct yaml_source *source, struct arena *arena,
                                    const struct yaml_node **ret_root, struct diagnostics *diags,
                                    struct error *err)
{
    struct composer c = {.source = source, .arena = arena, .diags = diags};
    size_t problems_before = diagnostics_count(diags);
    if (!yaml_parser_initialize(&c.parser))
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&c.parser, (const unsigned char *)source->text, source->len);
    enum error_code code = compose(&c, err);
    yaml_parser_delete(&c.parser);
    if (code != OK)
        return code;
    if (diagnostics_count(diags) > problems_before)
        return diagnostics_to_error(diags, err);
    if (c.root == NULL)
        c.root = new_node(&c, YAML_KIND_SCALAR, (yaml_mark_t){0});
    *ret_root = c.root;
    return OK;
}

enum error_code yaml_parse_text(const char *name, const char *text, size_t len, struct arena *arena,
                                const struct yaml_node **ret_root, struct diagnostics *diags,
                                struct error *err)
{
    const struct yaml_source *source = NULL;
    TRY(source_make(name, text, len, arena, &source, diags, err));
    return parse_source(source, arena, ret_root, diags, err);
}

enum error_code yaml_parse_file(const char *path, struct arena *arena,
                                const struct yaml_node **ret_root, struct diagnostics *diags,
                                struct error *err)
{
    const char *text = NULL;
    size_t len = 0;
    TRY(source_read(path, arena, &text, &len, diags, err));
    return yaml_parse_text(path, text, len, arena, ret_root, diags, err);
}

const struct yaml_node *yaml_get(const struct yaml_node *node, const char *key)
{
    if (node == NULL || node->kind != YAML_KIND_MAP)
        return NULL;
    for (size_t i = 0; i < node->n; i++) {
        if (strcmp(node->entries[i].key->text, key) == 0)
            return node->entries[i].value;
    }
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
    if (node == NULL)
        return true;
    if (node->kind != YAML_KIND_SCALAR || node->style != YAML_STYLE_PLAIN)
        return false;
    return node->len == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

bool yaml_is_quoted(const struct yaml_node *node)
{
    return node->kind == YAML_KIND_SCALAR &&
           (node->style == YAML_STYLE_SINGLE_QUOTED || node->style == YAML_STYLE_DOUBLE_QUOTED);
}
