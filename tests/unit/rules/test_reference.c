/* docs/rules.md tells the truth: its examples are rules, and it names every function. */
#include "tests/unit/rules/folder.h"

#include "base/file.h"
#include "rules/functions.h"

static void read_page(struct buffer *page)
{
    struct error err;
    buffer_init(page, 1 << 20);
    assert_ok(file_read(REFERENCE_PAGE, page, &err));
}

static void assert_block_parses(struct folder *folder, const char *block, size_t len)
{
    struct rules rules;
    char *text = strndup(block, len);
    folder->n_files = 2;
    folder_write(folder, "block.yaml", text);
    rules_from_file(&rules, folder, "block.yaml");
    if (rules.code != OK) {
        diagnostics_print(&rules.diags, stderr);
        fail_msg("this block does not parse:\n%s", text);
    }
    assert_true(rule_set_n_rules(rules.set) > 0);
    rules_release(&rules);
    free(text);
}

static void every_example_is_a_list_of_rules(void **state)
{
    (void)state;
    static const char fence[] = "\n```yaml\n";
    struct buffer page CLEANUP(buffer_release);
    struct folder folder;
    size_t n = 0;
    read_page(&page);
    folder_make(&folder);
    folder_write(&folder, "canaries.txt", "1\n2\n");
    folder_write(&folder, "more.yaml", "- {name: more, hold: rows > 5}\n");
    const char *at = strstr(page.data, fence);
    while (at != NULL) {
        const char *block = at + strlen(fence);
        const char *close = strstr(block, "\n```");
        assert_non_null(close);
        assert_block_parses(&folder, block, (size_t)(close - block) + 1);
        n++;
        at = strstr(close, fence);
    }
    assert_true(n >= 8);
    folder_remove(&folder);
}

static void assert_named(const char *page, const char *name, const char *after)
{
    char text[100];
    (void)snprintf(text, sizeof(text), "%s%s", name, after);
    assert_contains(page, text);
}

static void every_function_is_named(void **state)
{
    (void)state;
    struct buffer page CLEANUP(buffer_release);
    read_page(&page);
    const struct scalar_function *scalars = NULL;
    const struct aggregate_function *aggregates = NULL;
    const struct bare_measure *bare = NULL;
    size_t n_scalars = scalar_functions_all(&scalars);
    size_t n_aggregates = aggregate_functions_all(&aggregates);
    size_t n_bare = bare_measures_all(&bare);
    for (size_t i = 0; i < n_scalars; i++)
        assert_named(page.data, scalars[i].name, "(");
    for (size_t i = 0; i < n_aggregates; i++)
        assert_named(page.data, aggregates[i].name, "(");
    for (size_t i = 0; i < n_bare; i++)
        assert_named(page.data, bare[i].name, "`");
    assert_true(n_scalars > 0 && n_aggregates > 0 && n_bare > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_a_list_of_rules),
        cmocka_unit_test(every_function_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
