/*
 * docs/rules.md tells the truth: each of its examples is judged over a small load, and comes to
 * what stands beside it; every function, key and operator has an example.
 *
 * The load: 1,000 rows of which a few come, go and move every night, as in the ten nights before.
 * Tonight 40 scores were reset to 1, and the network flickr came back as text of other case.
 */
#include "tests/unit/rules/folder.h"

#include <sys/mman.h>

#include "base/clock.h"
#include "base/file.h"
#include "rules/functions.h"
#include "rules/rule_map.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"

#define N_NIGHTS 12 /* the last one is the load, the one before it the last good one */
#define N_PROFILES 1000
#define N_LEAVERS 5 /* a night; as many are new */
#define N_RESET 40

struct nights {
    struct arena arena;
    struct schema *schema;
    struct packed *loads[N_NIGHTS];
};

/* A number from 0 to n - 1 that looks drawn. */
static unsigned drawn(unsigned night, unsigned id, unsigned n)
{
    uint64_t x = (night * UINT64_C(1000003) + id) * UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 29;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    return (unsigned)((x >> 32) % n);
}

static double score_of(unsigned night, unsigned id)
{
    double score = 2 + drawn(0, id, 97);
    for (unsigned past = 1; past <= night; past++)
        score += (drawn(past, id, 3) - 1.0) / 8;
    return score;
}

static void append_row(struct buffer *csv, unsigned night, unsigned id)
{
    static const char *const networks[] = {"twitter", "facebook", "linkedin", "flickr"};
    bool last = night == N_NIGHTS - 1;
    struct error err;
    const char *network = networks[drawn(0, id, 4)];
    double score = last && id % (N_PROFILES / N_RESET) == 0 ? 1 : score_of(night, id);
    assert_ok(buffer_printf(csv, &err, "%u,%g,", id, score));
    if (id % 20 != 0)
        assert_ok(buffer_printf(csv, &err, "%u", id % 50));
    assert_ok(buffer_printf(csv, &err, ",0.%u,%u.50,%s,%s,", id % 10, 10 + id % 90 + night % 2,
                            last && id % 100 == 7 ? "FLICKR" : network, id % 10 != 0 ? "t" : "f"));
    assert_ok(buffer_printf(csv, &err, "2024-0%u-15,2024-06-%02uT0%u:00:00Z,\n", 1 + id % 5,
                            night + 1, id % 4));
}

static void append_night(struct buffer *csv, unsigned night)
{
    struct error err;
    unsigned first = 1 + night * N_LEAVERS;
    assert_ok(buffer_append_string(
        csv, "profile_id,score,level,rate,price,network,active,born,seen,token\n", &err));
    for (unsigned id = first; id < first + N_PROFILES; id++)
        append_row(csv, night, id);
}

static struct packed *pack_night(const struct schema *schema, unsigned night)
{
    struct buffer csv CLEANUP(buffer_release);
    struct reader *reader CLEANUP(reader_cleanup) = NULL;
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    struct packer_options options = {.directory = "/tmp"};
    const struct batch *batch = NULL;
    struct packed *packed = NULL;
    struct error err;
    buffer_init(&csv, 1 << 20);
    append_night(&csv, night);
    int fd = memfd_create("night", MFD_CLOEXEC);
    assert_int_equal(write(fd, csv.data, csv.len), (ssize_t)csv.len);
    (void)lseek(fd, 0, SEEK_SET);
    assert_ok(reader_open(fd, schema, &(struct reader_options){.name = "night"}, &reader, &err));
    assert_ok(packer_new(schema, &options, &packer, &err));
    assert_ok(reader_next(reader, &batch, &err));
    assert_ok(reader_check(reader, &err));
    assert_ok(packer_add(packer, batch, &err));
    assert_ok(packer_finish(packer, &packed, &err));
    (void)close(fd);
    return packed;
}

static void nights_init(struct nights *nights)
{
    *nights = (struct nights){0};
    nights->schema = test_schema(&nights->arena);
    for (unsigned i = 0; i < N_NIGHTS; i++)
        nights->loads[i] = pack_night(nights->schema, i);
}

static void nights_release(struct nights *nights)
{
    for (unsigned i = 0; i < N_NIGHTS; i++)
        packed_free(nights->loads[i]);
    arena_release(&nights->arena);
}

/* What the rules measure of a night beside the one before. */
static struct diff_result measure_night(const struct nights *nights, unsigned night,
                                        const struct rule_set *set, struct arena *arena)
{
    struct diff_result result;
    struct error err;
    assert_ok(diff_run(nights->loads[night - 1], nights->loads[night], rule_set_plan(set), arena,
                       NULL, NULL, &result, &err));
    return result;
}

/* Judges the last night, with the ones before as its history. */
static struct judgement judge_last_night(const struct nights *nights, const struct rule_set *set,
                                         struct arena *arena)
{
    struct history history;
    struct judgement judgement;
    struct error err;
    struct diff_result result = measure_night(nights, N_NIGHTS - 1, set, arena);
    history_init(&history, arena);
    for (unsigned night = N_NIGHTS - 2; night > 0; night--) {
        const struct history_load load = {.load = night};
        struct diff_result past = measure_night(nights, night, set, arena);
        size_t index = history_add_load(&history, &load);
        history_add_result(&history, index, rule_set_plan(set), &past, 1);
    }
    history.previous = 0;
    int64_t as_of_us = 0;
    static const char as_of[] = "2024-06-12T06:00:00Z";
    assert_ok(clock_parse_rfc3339(as_of, strlen(as_of), &as_of_us, &err));
    const struct judge_context context = {
        .has_old = true, .has_as_of = true, .as_of_unix_us = as_of_us, .history = &history};
    assert_ok(rule_set_judge(set, &result, &context, arena, &judgement, &err));
    return judgement;
}

/* The strongest kind that a rule came to, for any column and segment. */
static const char *kind_of_rule(const struct judgement *judgement, const char *rule)
{
    static const enum outcome_kind strongest[] = {OUTCOME_FINDING, OUTCOME_ERROR, OUTCOME_PASS,
                                                  OUTCOME_NOT_APPLICABLE};
    for (size_t k = 0; k < ARRAY_SIZE(strongest); k++) {
        for (size_t i = 0; i < judgement->n_outcomes; i++) {
            const struct outcome *outcome = &judgement->outcomes[i];
            if (strcmp(outcome->rule, rule) == 0 && outcome->kind == strongest[k])
                return outcome_kind_name(outcome->kind);
        }
    }
    return "no outcome";
}

/* Cuts a line "- name: example # pass" at both; false if it is none. */
static bool cut_example(char *line, const char **ret_name, const char **ret_expected)
{
    char *name = strstr(line, "name: ");
    if (name == NULL || strstr(line, "off: true") != NULL)
        return false;
    char *expected = strstr(name, " # ");
    if (expected == NULL)
        fail_msg("beside '%s' stands no outcome", line);
    name += strlen("name: ");
    *ret_expected = expected + 3;
    name[strcspn(name, ",#")] = '\0';
    for (size_t len = strlen(name); len > 0 && name[len - 1] == ' '; len--)
        name[len - 1] = '\0';
    *ret_name = name;
    return true;
}

static size_t check_outcomes(const struct judgement *judgement, char *block)
{
    size_t n = 0;
    size_t n_right = 0;
    char *rest = NULL;
    for (char *line = strtok_r(block, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *name = NULL;
        const char *expected = NULL;
        if (!cut_example(line, &name, &expected))
            continue;
        const char *kind = kind_of_rule(judgement, name);
        if (strcmp(kind, expected) != 0)
            print_error("'%s' came to '%s', not to '%s'\n", name, kind, expected);
        else
            n_right++;
        n++;
    }
    assert_int_equal(n_right, n);
    return n;
}

static size_t check_block(const struct nights *nights, struct folder *folder, char *block)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct rules rules;
    folder->n_files = 2;
    folder_write(folder, "block.yaml", block);
    rules_from_file(&rules, folder, "block.yaml");
    if (rules.code != OK) {
        diagnostics_print(&rules.diags, stderr);
        fail_msg("this block does not parse:\n%s", block);
    }
    size_t n = 0;
    if (strstr(block, "sql:") == NULL) { /* that needs a database */
        struct judgement judgement = judge_last_night(nights, rules.set, &arena);
        n = check_outcomes(&judgement, block);
    }
    rules_release(&rules);
    return n;
}

static void read_page(struct buffer *page)
{
    struct error err;
    buffer_init(page, 1 << 20);
    assert_ok(file_read(REFERENCE_PAGE, page, &err));
}

/* The next block of YAML from *at on, which moves behind it; NULL behind the last. Freed by the
 * caller. */
static char *next_block(const char **at)
{
    static const char fence[] = "\n```yaml\n";
    const char *block = strstr(*at, fence);
    if (block == NULL)
        return NULL;
    block += strlen(fence);
    const char *close = strstr(block, "\n```");
    assert_non_null(close);
    *at = close;
    return strndup(block, (size_t)(close - block) + 1);
}

static void every_example_comes_to_what_stands_beside_it(void **state)
{
    (void)state;
    struct buffer page CLEANUP(buffer_release);
    struct nights nights;
    struct folder folder;
    size_t n = 0;
    read_page(&page);
    nights_init(&nights);
    folder_make(&folder);
    folder_write(&folder, "canaries.txt", "100\n200\n");
    folder_write(&folder, "more.yaml", "- {name: more, hold: rows > 5}\n");
    const char *at = buffer_string(&page);
    for (char *block = next_block(&at); block != NULL; block = next_block(&at)) {
        n += check_block(&nights, &folder, block);
        free(block);
    }
    assert_true(n >= 60);
    folder_remove(&folder);
    nights_release(&nights);
}

/* All blocks of the page as one text, without comments, so that what is found stands in a rule. */
static void read_examples(struct buffer *examples)
{
    struct buffer page CLEANUP(buffer_release);
    struct error err;
    read_page(&page);
    buffer_init(examples, 1 << 20);
    const char *at = buffer_string(&page);
    for (char *block = next_block(&at); block != NULL; block = next_block(&at)) {
        assert_ok(buffer_append_string(examples, block, &err));
        free(block);
    }
}

static void assert_example(const struct buffer *examples, const char *before, const char *name,
                           const char *after)
{
    char text[100];
    (void)snprintf(text, sizeof(text), "%s%s%s", before, name, after);
    if (strstr(buffer_string(examples), text) == NULL)
        fail_msg("no example has '%s'", text);
}

static void every_function_has_an_example(void **state)
{
    (void)state;
    struct buffer examples CLEANUP(buffer_release);
    const struct scalar_function *scalars = NULL;
    const struct aggregate_function *aggregates = NULL;
    const struct bare_measure *bare = NULL;
    const struct history_function_info *history = NULL;
    read_examples(&examples);
    size_t n_scalars = scalar_functions_all(&scalars);
    size_t n_aggregates = aggregate_functions_all(&aggregates);
    size_t n_bare = bare_measures_all(&bare);
    size_t n_history = history_functions_all(&history);
    for (size_t i = 0; i < n_scalars; i++)
        assert_example(&examples, "", scalars[i].name, "(");
    for (size_t i = 0; i < n_aggregates; i++)
        assert_example(&examples, "", aggregates[i].name, "(");
    for (size_t i = 0; i < n_bare; i++)
        assert_example(&examples, ": ", bare[i].name, " ");
    for (size_t i = 0; i < n_history; i++)
        assert_example(&examples, "", history[i].name, "(");
    assert_true(n_scalars > 0 && n_aggregates > 0 && n_bare > 0 && n_history > 0);
}

static void every_key_has_an_example(void **state)
{
    (void)state;
    struct buffer examples CLEANUP(buffer_release);
    read_examples(&examples);
    for (size_t i = 0; i < rule_map_table.n_keys; i++) {
        const struct key *key = &rule_map_table.keys[i];
        if (strstr(key->doc, "Not available") == NULL)
            assert_example(&examples, "", key->name, ":");
    }
}

static void every_operator_has_an_example(void **state)
{
    (void)state;
    static const char *const operators[] = {
        " or ",
        " and ",
        "not (",
        " = ",
        " <> ",
        " < ",
        " <= ",
        " > ",
        " >= ",
        " is null",
        " is not null",
        " is distinct from ",
        " is not distinct from ",
        " in (",
        " not in (",
        " in file(",
        " between ",
        " not between ",
        " like ",
        " not like ",
        " + ",
        " - ",
        " * ",
        " / ",
        "(-score)",
        "case when ",
        " else ",
        "as_of",
        "'it''s'",
        "10_000",
        "1e6",
        "%",
        "500ms",
        "1h30m",
        "true",
        "null",

    };
    struct buffer examples CLEANUP(buffer_release);
    read_examples(&examples);
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
        assert_example(&examples, "", operators[i], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_comes_to_what_stands_beside_it),
        cmocka_unit_test(every_function_has_an_example),
        cmocka_unit_test(every_key_has_an_example),
        cmocka_unit_test(every_operator_has_an_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
