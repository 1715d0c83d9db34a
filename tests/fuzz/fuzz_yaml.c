/* Fuzz target: YAML documents, alone, as the keys of a table, and as a list of rules. */
#include <assert.h>
#include <string.h>

#include "tests/fuzz/loads.h"
#include "tests/fuzz/target.h"
#include "yaml/keys.h"

/* Where nothing can be included from. */
#define FILE_NAME "/nonexistent/rules.yaml"

#define MAX_INPUT_BYTES ((size_t)64 << 10)
#define MAX_PLACES 100 /* looked at in one scalar */

/* A member for every kind of key. */
struct item {
    const char *name;
    const struct yaml_node *node;
    const char *file;
    int64_t retries;
};

struct everything {
    const char *text;
    bool flag;
    int64_t integer;
    double number;
    int64_t duration_us;
    int64_t size_bytes;
    double share;
    int64_t time_us;
    int64_t time_of_day_s;
    int choice;
    uint32_t choices;
    struct key_texts texts;
    struct key_text_map text_map;
    struct item map;
    struct key_list list;
    struct key_list named;
    const struct yaml_node *as_it_is;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct key item_keys[] = {
    {.name = "file", .kind = KEY_TEXT, .offset = offsetof(struct item, file), .required = true},
    {.name = "retries",
     .kind = KEY_INTEGER,
     .offset = offsetof(struct item, retries),
     .by_default = "3",
     .min = 0,
     .max = 9},
};
static const struct key_table item_table = {.keys = item_keys,
                                            .n_keys = ARRAY_SIZE(item_keys),
                                            .struct_bytes = sizeof(struct item),
                                            .name_offset = offsetof(struct item, name),
                                            .node_offset = offsetof(struct item, node),
                                            .shorthand = "file"};

#define KEY(key_name, key_kind, ...)                                                               \
    {                                                                                              \
        .name = #key_name, .kind = (key_kind), .offset = offsetof(struct everything, key_name),    \
        __VA_ARGS__                                                                                \
    }
static const struct key everything_keys[] = {
    KEY(text, KEY_TEXT, .by_default = "none"),
    KEY(flag, KEY_BOOL, .required = true),
    KEY(integer, KEY_INTEGER, .min = -10, .max = 1000000),
    KEY(number, KEY_NUMBER, .by_default = "1.5"),
    KEY(duration_us, KEY_DURATION, .max = INT64_C(86400000000)),
    KEY(size_bytes, KEY_SIZE, .by_default = "64MiB"),
    KEY(share, KEY_SHARE, .by_default = "5%"),
    KEY(time_us, KEY_TIME, .doc = ""),
    KEY(time_of_day_s, KEY_TIME_OF_DAY, .by_default = "04:00"),
    KEY(choice, KEY_CHOICE, .choices = colours),
    KEY(choices, KEY_CHOICES, .choices = colours),
    KEY(texts, KEY_TEXTS, .max = 5),
    KEY(text_map, KEY_TEXT_MAP, .doc = ""),
    KEY(map, KEY_MAP, .table = &item_table),
    KEY(list, KEY_LIST, .table = &item_table),
    KEY(named, KEY_NAMED, .table = &item_table),
    KEY(as_it_is, KEY_NODE, .doc = ""),
};
static const struct key_table everything_table = KEY_TABLE(struct everything, everything_keys);

static void look_at_scalar(const struct yaml_node *node)
{
    assert(strlen(node->text) == node->len);
    for (size_t i = 0; i <= node->len && i < MAX_PLACES; i++) {
        unsigned line = 0;
        unsigned column = 0;
        yaml_place(node, i, &line, &column);
        assert(line >= node->line && line <= node->source->n_lines + 1 && column >= 1);
    }
}

/* Every node has a place, a path, and parents up to the root. */
static void look_at(const struct yaml_node *node, unsigned depth)
{
    char path[YAML_PATH_BYTES];
    assert(depth <= YAML_MAX_DEPTH);
    assert(node->line >= 1 && node->column >= 1 && (node->parent == NULL) == (depth == 0));
    assert(strlen(yaml_path(node, path)) < sizeof(path));
    if (node->kind == YAML_KIND_SCALAR)
        look_at_scalar(node);
    for (size_t i = 0; node->kind == YAML_KIND_LIST && i < node->n; i++)
        look_at(node->items[i], depth + 1);
    for (size_t i = 0; node->kind == YAML_KIND_MAP && i < node->n; i++) {
        assert(yaml_get(node, node->entries[i].key->text) == node->entries[i].value);
        look_at(node->entries[i].value, depth + 1);
    }
}

static void read_keys(const struct yaml_node *root, struct arena *arena)
{
    struct diagnostics diags = {0};
    struct everything read;
    keys_parse(&everything_table, root, &read, arena, &diags);
    if (diagnostics_count(&diags) > 0)
        fuzz_expect_problems(&diags);
    else
        assert(read.texts.n <= 5 && read.share >= 0 && read.share <= 1);
    diagnostics_release(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct diagnostics diags = {0};
    const struct yaml_node *root = NULL;
    struct error err;
    if (size > MAX_INPUT_BYTES)
        return 0;
    enum error_code code =
        yaml_parse_text(FILE_NAME, (const char *)data, size, &arena, &root, &diags, &err);
    if (code == OK) {
        look_at(root, 0);
        read_keys(root, &arena);
        fuzz_rule_set(root, &diags);
    } else {
        assert(code == ERR_CONFIG);
        fuzz_expect_problems(&diags);
    }
    diagnostics_release(&diags);
    return 0;
}
