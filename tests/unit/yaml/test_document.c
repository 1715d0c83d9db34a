#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "yaml/document.h"

struct parsed {
    struct arena arena;
    struct diagnostics diags;
    struct error err;
    enum error_code code;
    const struct yaml_node *root;
};

static void parse_bytes(struct parsed *p, const char *text, size_t len)
{
    *p = (struct parsed){0};
    p->code = yaml_parse_text("f.yaml", text, len, &p->arena, &p->root, &p->diags, &p->err);
}

static void parse(struct parsed *p, const char *text)
{
    parse_bytes(p, text, strlen(text));
}

static void release(struct parsed *p)
{
    arena_release(&p->arena);
    diagnostics_release(&p->diags);
}

static void assert_refused(const char *text, unsigned line, unsigned column, const char *words)
{
    struct parsed p;
    parse(&p, text);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, words);
    assert_int_equal(p.err.line, line);
    assert_int_equal(p.err.column, column);
    assert_null(p.root);
    release(&p);
}

static void maps_and_lists_keep_their_order_and_places(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "b: 1\na:\n  - x\n  - {k: 'q'}\n");
    assert_int_equal(p.code, OK);
    assert_int_equal(p.root->kind, YAML_KIND_MAP);
    assert_int_equal(p.root->n, 2);
    assert_string_equal(p.root->entries[0].key->text, "b");
    const struct yaml_node *list = yaml_get(p.root, "a");
    assert_int_equal(list->kind, YAML_KIND_LIST);
    assert_int_equal(list->items[0]->line, 3);
    assert_int_equal(list->items[0]->column, 5);
    const struct yaml_node *q = yaml_get(list->items[1], "k");
    assert_true(yaml_is_quoted(q));
    assert_int_equal(q->line, 4);
    assert_int_equal(q->column, 9);
    char path[YAML_PATH_BYTES];
    assert_string_equal(yaml_path(q, path), "a[1].k");
    assert_string_equal(yaml_path(p.root, path), "");
    assert_null(yaml_get(list, "k"));
    assert_null(yaml_get(NULL, "k"));
    release(&p);
}

static void an_empty_document_is_null(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "# nothing but a comment\n");
    assert_int_equal(p.code, OK);
    assert_true(yaml_is_null(p.root));
    release(&p);
    parse(&p, "a: null\nb: ~\nc:\nd: ''\ne: 'null'\n");
    assert_true(yaml_is_null(yaml_get(p.root, "a")));
    assert_true(yaml_is_null(yaml_get(p.root, "b")));
    assert_true(yaml_is_null(yaml_get(p.root, "c")));
    assert_false(yaml_is_null(yaml_get(p.root, "d")));
    assert_false(yaml_is_null(yaml_get(p.root, "e")));
    release(&p);
}

static void a_byte_order_mark_does_not_shift_columns(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "\xEF\xBB\xBF"
              "a: 1\n");
    assert_int_equal(p.code, OK);
    assert_int_equal(yaml_get(p.root, "a")->column, 4);
    release(&p);
}

static void windows_line_ends_are_line_ends(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "a: 1\r\nb:\r\n  c: 2\r\n");
    assert_int_equal(p.code, OK);
    const struct yaml_node *c = yaml_get(yaml_get(p.root, "b"), "c");
    assert_int_equal(c->line, 3);
    assert_int_equal(c->column, 6);
    assert_string_equal(c->text, "2");
    release(&p);
}

static void duplicate_keys_are_refused_with_both_places(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "store: 1\nfeeds:\n  a: 1\n  b: 2\n  a: 3\nstore: 2\n");
    assert_int_equal(p.code, ERR_CONFIG);
    assert_int_equal(diagnostics_count(&p.diags), 2);
    diagnostics_sort(&p.diags);
    assert_string_equal(p.diags.problems[0].key, "feeds.a");
    assert_int_equal(p.diags.problems[0].line, 5);
    assert_contains(p.diags.problems[0].hint, "line 3, column 3");
    assert_string_equal(p.diags.problems[1].key, "store");
    assert_int_equal(p.diags.problems[1].line, 6);
    release(&p);
}

static void what_a_file_does_not_plainly_show_is_refused(void **state)
{
    (void)state;
    assert_refused("a: &x 1\nb: 2\n", 1, 4, "anchors and aliases (&x)");
    assert_refused("a: *x\n", 1, 4, "anchors and aliases (*x)");
    assert_refused("a: !!str 5\n", 1, 4, "tags such as");
    assert_refused("a: !secret 5\n", 1, 4, "tags such as !secret");
    assert_refused("a: 1\n---\nb: 2\n", 2, 1, "second document");
    assert_refused("? [a, b]\n: 1\n", 1, 3, "a key cannot be a list or a map");
    assert_refused("{a: 1}: 2\n", 1, 1, "a key cannot be a list or a map");
}

static void all_refusals_are_reported_at_once(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "a: &x 1\nb: *x\nc: 1\nc: 2\n");
    assert_int_equal(p.code, ERR_CONFIG);
    assert_int_equal(diagnostics_count(&p.diags), 3);
    release(&p);
}

static void broken_yaml_is_refused_where_it_breaks(void **state)
{
    (void)state;
    assert_refused("a: b: c\n", 1, 5, "mapping values are not allowed");
    assert_refused("a: [1, 2\n", 2, 1, "did not find expected ',' or ']'");
    assert_refused("a: 'x\n", 2, 1, "unexpected end of stream");
    assert_refused("a:\n\tb: 1\n", 2, 1, "cannot start any token");
    assert_refused("a: 1\n b: 2\n", 2, 3, "mapping values are not allowed");
    assert_refused("a: @x\n", 1, 4, "cannot start any token");
    assert_refused("a: \x01\n", 1, 4, "control characters");
}

static void bytes_that_are_not_text_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: \xFF\n", 2, 4, "not UTF-8");
    assert_refused("a: \xC0\xAF\n", 1, 4, "not UTF-8");
    assert_refused("a: \xED\xA0\x80\n", 1, 4, "not UTF-8");
    assert_refused("a: \xF4\x90\x80\x80\n", 1, 4, "not UTF-8");
    assert_refused("a: \xE2\x82", 1, 4, "not UTF-8");
    assert_refused("a: \"x\\0y\"\n", 1, 4, "zero byte");
    struct parsed p;
    parse_bytes(&p, "a: 1\0b", 6);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, "zero byte");
    release(&p);
    static const char utf16[] = {'\xFF', '\xFE', 'a', '\0', ':', '\0'};
    parse_bytes(&p, utf16, sizeof(utf16));
    assert_int_equal(p.code, ERR_CONFIG);
    release(&p);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[YAML_MAX_DEPTH + 2];
    memset(text, '[', sizeof(text));
    struct parsed p;
    parse_bytes(&p, text, sizeof(text));
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, "nested more than 64 deep");
    release(&p);
    char balanced[2 * YAML_MAX_DEPTH];
    memset(balanced, '[', YAML_MAX_DEPTH);
    memset(balanced + YAML_MAX_DEPTH, ']', YAML_MAX_DEPTH);
    parse_bytes(&p, balanced, sizeof(balanced));
    assert_int_equal(p.code, OK);
    release(&p);
}

static void repeated(struct buffer *buf, const char *start, const char *part, size_t n)
{
    struct error err;
    buffer_init(buf, 8 << 20);
    assert_ok(buffer_append_string(buf, start, &err));
    for (size_t i = 0; i < n; i++)
        assert_ok(buffer_append_string(buf, part, &err));
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    struct buffer buf CLEANUP(buffer_release);
    repeated(&buf, "[a", ",a", YAML_MAX_NODES);
    struct parsed p;
    parse_bytes(&p, buf.data, buf.len);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, "more than 1000000 values");
    release(&p);
}

static void too_large_a_text_is_refused(void **state)
{
    (void)state;
    struct buffer buf CLEANUP(buffer_release);
    repeated(&buf, "a: x", "xxxxxxxxxxxxxxxx", YAML_MAX_FILE_BYTES / 16);
    struct parsed p;
    parse_bytes(&p, buf.data, buf.len);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, "larger than 4 MiB");
    release(&p);
}

static void many_keys_in_one_map_are_no_problem(void **state)
{
    (void)state;
    struct error err;
    struct buffer buf CLEANUP(buffer_release);
    buffer_init(&buf, 4 << 20);
    for (int i = 0; i < 50000; i++)
        assert_ok(buffer_printf(&buf, &err, "k%d: 1\n", i));
    struct parsed p;
    parse_bytes(&p, buf.data, buf.len);
    assert_int_equal(p.code, OK);
    assert_int_equal(p.root->n, 50000);
    release(&p);
}

static void a_missing_file_is_a_problem_that_names_it(void **state)
{
    (void)state;
    struct parsed p = {0};
    p.code = yaml_parse_file("/nonexistent/x.yaml", &p.arena, &p.root, &p.diags, &p.err);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_string_equal(p.err.file, "/nonexistent/x.yaml");
    assert_contains(p.err.message, "No such file");
    release(&p);
    p = (struct parsed){0};
    p.code = yaml_parse_file("/", &p.arena, &p.root, &p.diags, &p.err);
    assert_int_equal(p.code, ERR_CONFIG);
    release(&p);
}

static void a_file_is_read_whole_and_capped(void **state)
{
    (void)state;
    char path[] = "/tmp/loadguard-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: [1, 2]\n", 10), 10);
    struct parsed p = {0};
    p.code = yaml_parse_file(path, &p.arena, &p.root, &p.diags, &p.err);
    assert_int_equal(p.code, OK);
    assert_int_equal(yaml_get(p.root, "a")->n, 2);
    release(&p);
    assert_int_equal(ftruncate(fd, YAML_MAX_FILE_BYTES + 1), 0);
    p = (struct parsed){0};
    p.code = yaml_parse_file(path, &p.arena, &p.root, &p.diags, &p.err);
    assert_int_equal(p.code, ERR_CONFIG);
    assert_contains(p.err.message, "larger than 4 MiB");
    release(&p);
    (void)close(fd);
    (void)unlink(path);
}

/* Texts made of YAML's own characters reach more of a parser than random bytes do. */
static void random_texts_end_in_a_tree_or_a_problem(void **state)
{
    (void)state;
    static const char alphabet[] = "ab:-?,[]{}#&*!|>'\"%@` \n\n  \t\\\r0\xC3\xA4~";
    uint64_t seed = 42;
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t len = 0;
        for (; len < sizeof(text); len++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[len] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
            if ((seed >> 60) == 0)
                break;
        }
        struct parsed p;
        parse_bytes(&p, text, len);
        assert_true((p.code == OK && p.root != NULL) ||
                    (p.code == ERR_CONFIG && diagnostics_count(&p.diags) > 0));
        release(&p);
    }
}

static void long_paths_keep_their_end(void **state)
{
    (void)state;
    struct buffer buf CLEANUP(buffer_release);
    repeated(&buf, "", "{a_rather_long_key: ", 30);
    struct error err;
    assert_ok(buffer_append_string(&buf, "{last: 1", &err));
    for (int i = 0; i < 31; i++)
        assert_ok(buffer_append_char(&buf, '}', &err));
    struct parsed p;
    parse_bytes(&p, buf.data, buf.len);
    assert_int_equal(p.code, OK);
    const struct yaml_node *node = p.root;
    while (node->kind == YAML_KIND_MAP)
        node = node->entries[0].value;
    char path[YAML_PATH_BYTES];
    assert_contains(yaml_path(node, path), "a_rather_long_key.last");
    assert_true(strlen(path) < YAML_PATH_BYTES);
    release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_and_lists_keep_their_order_and_places),
        cmocka_unit_test(an_empty_document_is_null),
        cmocka_unit_test(a_byte_order_mark_does_not_shift_columns),
        cmocka_unit_test(windows_line_ends_are_line_ends),
        cmocka_unit_test(duplicate_keys_are_refused_with_both_places),
        cmocka_unit_test(what_a_file_does_not_plainly_show_is_refused),
        cmocka_unit_test(all_refusals_are_reported_at_once),
        cmocka_unit_test(broken_yaml_is_refused_where_it_breaks),
        cmocka_unit_test(bytes_that_are_not_text_are_refused_where_they_stand),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(too_large_a_text_is_refused),
        cmocka_unit_test(many_keys_in_one_map_are_no_problem),
        cmocka_unit_test(a_missing_file_is_a_problem_that_names_it),
        cmocka_unit_test(a_file_is_read_whole_and_capped),
        cmocka_unit_test(random_texts_end_in_a_tree_or_a_problem),
        cmocka_unit_test(long_paths_keep_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
