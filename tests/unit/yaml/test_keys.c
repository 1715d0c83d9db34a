#include "tests/unit/test.h"

#include <stdlib.h>

#include "yaml/keys.h"

struct source {
    const char *name;
    const struct yaml_node *node;
    int64_t max_age_us;
};

struct scorer {
    struct key_texts command;
    const char *file;
    int64_t timeout_us;
    const struct yaml_node *node;
};

struct feed {
    const char *name;
    const struct yaml_node *node;
    const char *table;
    int64_t memory_bytes;
    double share;
    bool enabled;
    int action;
    uint32_t days;
    int64_t at_seconds;
    int64_t since_us;
    int64_t retries;
    double weight;
    struct scorer scorer;
    struct key_list sources;
    struct key_list routes;
    struct key_text_map headers;
    const struct yaml_node *rules;
    size_t length;
};

struct route {
    const char *url;
};

static const struct key source_keys[] = {
    {.name = "max_age",
     .kind = KEY_DURATION,
     .offset = offsetof(struct source, max_age_us),
     .required = true,
     .min = 1000000,
     .max = INT64_C(86400000000),
     .doc = "How old a source may be."},
};
static const struct key_table source_table = KEY_TABLE_NAMED(struct source, source_keys);

static const struct key scorer_keys[] = {
    {.name = "command",
     .kind = KEY_TEXTS,
     .offset = offsetof(struct scorer, command),
     .min = 1,
     .max = 3,
     .doc = "What to run."},
    {.name = "file", .kind = KEY_TEXT, .offset = offsetof(struct scorer, file)},
    {.name = "timeout",
     .kind = KEY_DURATION,
     .offset = offsetof(struct scorer, timeout_us),
     .by_default = "2h"},
};
static const struct key_table scorer_table = {
    .keys = scorer_keys,
    .n_keys = 3,
    .struct_bytes = sizeof(struct scorer),
    .name_offset = KEY_NO_OFFSET,
    .node_offset = offsetof(struct scorer, node),
    .shorthand = "command",
};

static const struct key route_keys[] = {
    {.name = "url", .kind = KEY_TEXT, .offset = offsetof(struct route, url), .required = true},
};
static const struct key_table route_table = KEY_TABLE(struct route, route_keys);

static const char *const actions[] = {"warn", "hold", "block", NULL};
static const char *const days[] = {"mon", "tue", "wed", NULL};

static void parse_length(const struct yaml_node *node, void *member, struct arena *arena,
                         struct diagnostics *diags)
{
    (void)arena;
    (void)diags;
    *(size_t *)member = node == NULL ? 0 : node->len;
}

#define FEED(member) offsetof(struct feed, member)
static const struct key feed_keys[] = {
    {.name = "table",
     .kind = KEY_TEXT,
     .offset = FEED(table),
     .required = true,
     .doc = "Its name."},
    {.name = "memory", .kind = KEY_SIZE, .offset = FEED(memory_bytes), .by_default = "1GiB"},
    {.name = "share", .kind = KEY_SHARE, .offset = FEED(share), .by_default = "0.1%"},
    {.name = "enabled", .kind = KEY_BOOL, .offset = FEED(enabled), .by_default = "true"},
    {.name = "action", .kind = KEY_CHOICE, .offset = FEED(action), .choices = actions},
    {.name = "days",
     .kind = KEY_CHOICES,
     .offset = FEED(days),
     .choices = days,
     .by_default = "mon"},
    {.name = "at", .kind = KEY_TIME_OF_DAY, .offset = FEED(at_seconds)},
    {.name = "since", .kind = KEY_TIME, .offset = FEED(since_us)},
    {.name = "retries",
     .kind = KEY_INTEGER,
     .offset = FEED(retries),
     .min = 1,
     .max = 9,
     .by_default = "3"},
    {.name = "weight", .kind = KEY_NUMBER, .offset = FEED(weight)},
    {.name = "scorer", .kind = KEY_MAP, .offset = FEED(scorer), .table = &scorer_table},
    {.name = "sources", .kind = KEY_NAMED, .offset = FEED(sources), .table = &source_table},
    {.name = "routes", .kind = KEY_LIST, .offset = FEED(routes), .table = &route_table},
    {.name = "headers", .kind = KEY_TEXT_MAP, .offset = FEED(headers)},
    {.name = "rules", .kind = KEY_NODE, .offset = FEED(rules)},
    {.name = "length", .kind = KEY_CUSTOM, .offset = FEED(length), .parse = parse_length},
};
static const struct key_table feed_table = KEY_TABLE_NAMED(struct feed, feed_keys);

struct fixture {
    struct arena arena;
    struct diagnostics diags;
    struct error err;
    struct feed feed;
};

static void read_feed(struct fixture *f, const char *text)
{
    *f = (struct fixture){0};
    const struct yaml_node *root = NULL;
    struct error err;
    assert_ok(yaml_parse_text("f.yaml", text, strlen(text), &f->arena, &root, &f->diags, &err));
    keys_parse(&feed_table, root, &f->feed, &f->arena, &f->diags);
}

static void release(struct fixture *f)
{
    arena_release(&f->arena);
    diagnostics_release(&f->diags);
}

static void every_kind_of_value_reaches_its_member(void **state)
{
    (void)state;
    struct fixture f;
    read_feed(&f, "table: klout\nmemory: 64MiB\nshare: 0.5%\nenabled: false\naction: hold\n"
                  "days: [mon, wed]\nat: '04:00'\nsince: 1970-01-01T00:00:01Z\nretries: 9\n"
                  "weight: 1.5\nscorer: {command: [a, b], timeout: 5m}\n"
                  "sources: {twitter: {max_age: 26m}, facebook: {max_age: 1h}}\n"
                  "routes: [{url: x}, {url: y}]\nheaders: {A: 1, B: two}\nrules: [1]\n"
                  "length: four\n");
    assert_int_equal(diagnostics_count(&f.diags), 0);
    assert_string_equal(f.feed.table, "klout");
    assert_int_equal(f.feed.memory_bytes, 64 << 20);
    assert_true(f.feed.share == 0.005);
    assert_false(f.feed.enabled);
    assert_int_equal(f.feed.action, 1);
    assert_int_equal(f.feed.days, 5);
    assert_int_equal(f.feed.at_seconds, 14400);
    assert_int_equal(f.feed.since_us, 1000000);
    assert_int_equal(f.feed.retries, 9);
    assert_true(f.feed.weight == 1.5);
    assert_int_equal(f.feed.scorer.command.n, 2);
    assert_string_equal(f.feed.scorer.command.texts[1], "b");
    assert_int_equal(f.feed.scorer.timeout_us, 300000000);
    const struct source *sources = f.feed.sources.items;
    assert_int_equal(f.feed.sources.n, 2);
    assert_string_equal(sources[0].name, "twitter");
    assert_string_equal(sources[1].name, "facebook");
    assert_int_equal(sources[1].max_age_us, INT64_C(3600000000));
    const struct route *routes = f.feed.routes.items;
    assert_int_equal(f.feed.routes.n, 2);
    assert_string_equal(routes[1].url, "y");
    assert_string_equal(f.feed.headers.names[1], "B");
    assert_string_equal(f.feed.headers.values[1], "two");
    assert_int_equal(f.feed.rules->n, 1);
    assert_int_equal(f.feed.length, 4);
    assert_int_equal(f.feed.node->line, 1);
    release(&f);
}

static void absent_keys_get_their_defaults(void **state)
{
    (void)state;
    struct fixture f;
    read_feed(&f, "table: t\n");
    assert_int_equal(diagnostics_count(&f.diags), 0);
    assert_int_equal(f.feed.memory_bytes, 1 << 30);
    assert_true(f.feed.share == 0.001);
    assert_true(f.feed.enabled);
    assert_int_equal(f.feed.days, 1);
    assert_int_equal(f.feed.retries, 3);
    assert_int_equal(f.feed.scorer.timeout_us, INT64_C(7200000000));
    assert_null(f.feed.scorer.node);
    assert_null(f.feed.rules);
    assert_int_equal(f.feed.sources.n, 0);
    release(&f);
}

static void a_scalar_may_stand_for_a_map_and_for_a_list(void **state)
{
    (void)state;
    struct fixture f;
    read_feed(&f, "table: t\nscorer: run-it\n");
    assert_int_equal(diagnostics_count(&f.diags), 0);
    assert_int_equal(f.feed.scorer.command.n, 1);
    assert_string_equal(f.feed.scorer.command.texts[0], "run-it");
    assert_int_equal(f.feed.scorer.timeout_us, INT64_C(7200000000));
    release(&f);
}

struct mistake {
    const char *text;
    unsigned line;
    unsigned column;
    const char *key;
    const char *message;
    const char *hint;
};

static const struct mistake mistakes[] = {
    {"table: t\nmemroy: 1GiB\n", 2, 1, "memroy", "there is no such key here",
     "Did you mean 'memory'?"},
    {"table: t\nzzz: 1\n", 2, 1, "zzz", "there is no such key here", "The keys here are table, "},
    {"memory: 1GiB\n", 1, 1, "", "the key 'table' is missing", "Its name."},
    {"table: t\nmemory: 1GB x\n", 2, 9, "memory", "'1GB x' is not a size", ""},
    {"table: t\nshare: 7\n", 2, 8, "share", "not between 0% and 100%", ""},
    {"table: t\nenabled: yes\n", 2, 10, "enabled", "'yes' is neither true nor false", ""},
    {"table: t\naction: blok\n", 2, 9, "action", "'blok' is not one of warn, hold, block",
     "Did you mean 'block'?"},
    {"table: t\ndays: [mon, tues]\n", 2, 13, "days[1]", "'tues' is not one of mon, tue, wed",
     "Did you mean 'tue'?"},
    {"table: t\nat: 4am\n", 2, 5, "at", "'4am' is not a time of day", ""},
    {"table: t\nsince: yesterday\n", 2, 8, "since", "'yesterday' is not a time", ""},
    {"table: t\nretries: 10\n", 2, 10, "retries", "10 is too large; the most is 9", ""},
    {"table: t\nretries: 0\n", 2, 10, "retries", "0 is too small; the least is 1", ""},
    {"table: t\nretries: many\n", 2, 10, "retries", "'many' is not a whole number", ""},
    {"table: t\nweight: heavy\n", 2, 9, "weight", "'heavy' is not a number", ""},
    {"table: t\nscorer: {command: [a, b, c, d]}\n", 2, 19, "scorer.command", "at most 3", ""},
    {"table: t\nscorer: {command: []}\n", 2, 19, "scorer.command", "at least 1", ""},
    {"table: t\nscorer: {command: {a: b}}\n", 2, 19, "scorer.command", "not a map", ""},
    {"table: t\nscorer: {command: [[a]]}\n", 2, 20, "scorer.command[0]",
     "a single value is expected here, not a list", ""},
    {"table: t\nscorer: [a]\n", 2, 9, "scorer", "a map is expected here, not a list", ""},
    {"table: t\nsources: {twitter: {}}\n", 2, 20, "sources.twitter", "the key 'max_age' is missing",
     "How old"},
    {"table: t\nsources: {twitter: }\n", 2, 20, "sources.twitter", "the key 'max_age' is missing",
     "How old"},
    {"table: t\nsources: {twitter: {max_age: 500ms}}\n", 2, 30, "sources.twitter.max_age",
     "500ms is too small; the least is 1s", ""},
    {"table: t\nsources: [a]\n", 2, 10, "sources", "a map is expected here, not a list", ""},
    {"table: t\nroutes: [{}]\n", 2, 10, "routes[0]", "the key 'url' is missing", ""},
    {"table: t\nroutes: {url: x}\n", 2, 9, "routes", "a list is expected here, not a map", ""},
    {"table: t\nheaders: {a: [1]}\n", 2, 14, "headers.a", "a single value is expected", ""},
    {"table:\n", 1, 7, "table", "the value is missing", "Write a value after the colon"},
    {"table: [t]\n", 1, 8, "table", "a single value is expected here, not a list", ""},
    {"[a]\n", 1, 1, "", "a map is expected here, not a list", ""},
    {"text\n", 1, 1, "", "a map is expected here, not a single value", ""},
    {"\n", 1, 1, "", "the key 'table' is missing", "Its name."},
};

static void each_mistake_is_reported_at_its_place_with_a_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        const struct mistake *m = &mistakes[i];
        struct fixture f;
        read_feed(&f, m->text);
        if (diagnostics_count(&f.diags) != 1)
            fail_msg("%zu problems in '%s'", diagnostics_count(&f.diags), m->text);
        const struct problem *problem = &f.diags.problems[0];
        if (problem->line != m->line || problem->column != m->column)
            fail_msg("'%s': at %u:%u", m->text, problem->line, problem->column);
        assert_string_equal(problem->key, m->key);
        assert_contains(problem->message, m->message);
        assert_contains(problem->hint, m->hint);
        release(&f);
    }
}

static void all_mistakes_are_reported_at_once(void **state)
{
    (void)state;
    struct fixture f;
    read_feed(&f, "retries: 77\nscorer: {timeout: soon, fiel: x}\nenabled: 1\n");
    assert_int_equal(diagnostics_count(&f.diags), 5);
    release(&f);
}

static void the_reference_page_shows_kinds_ranges_and_defaults(void **state)
{
    (void)state;
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    buffer_init(&out, 1 << 20);
    assert_ok(keys_write_reference(&feed_table, "feed", &out, &err));
    const char *text = buffer_string(&out);
    assert_contains(text, "## feed\n");
    assert_contains(text, "| `table` | text | required | Its name. |\n");
    assert_contains(text, "| `retries` | whole number, 1 to 9 | `3` |  |\n");
    assert_contains(text, "| `action` | one of `warn`, `hold`, `block` | |  |\n");
    assert_contains(text, "## feed.sources.NAME\n");
    assert_contains(text, "duration, 1s to 24h | required | How old a source may be. |\n");
    assert_contains(text, "## feed.routes[]\n");
}

static void the_json_schema_has_every_key(void **state)
{
    (void)state;
    struct error err;
    struct buffer out CLEANUP(buffer_release);
    buffer_init(&out, 1 << 20);
    assert_ok(keys_write_schema(&feed_table, "a \"feed\"", &out, &err));
    const char *text = buffer_string(&out);
    assert_contains(text, "\"title\": \"a \\\"feed\\\"\"");
    for (size_t i = 0; i < ARRAY_SIZE(feed_keys); i++)
        assert_contains(text, feed_keys[i].name);
    assert_contains(text, "\"enum\": [\"warn\", \"hold\", \"block\"]");
    assert_contains(text, "\"minimum\": 1, \"maximum\": 9");
    assert_contains(text, "\"required\": [\"table\"]");
    int depth = 0;
    for (const char *p = text; *p != '\0'; p++)
        depth += (*p == '{') - (*p == '}');
    assert_int_equal(depth, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_reaches_its_member),
        cmocka_unit_test(absent_keys_get_their_defaults),
        cmocka_unit_test(a_scalar_may_stand_for_a_map_and_for_a_list),
        cmocka_unit_test(each_mistake_is_reported_at_its_place_with_a_remedy),
        cmocka_unit_test(all_mistakes_are_reported_at_once),
        cmocka_unit_test(the_reference_page_shows_kinds_ranges_and_defaults),
        cmocka_unit_test(the_json_schema_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
