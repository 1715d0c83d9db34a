#include "tests/fuzz/loads.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "rules/rule_set.h"
#include "snapshot/packed.h"
#include "snapshot/reader.h"
#include "tests/fuzz/target.h"

#define N_HISTORY_LOADS 12
#define MAX_JUDGED_MEASURES 200 /* more would only take time */

/* Two nights of everything that a column can hold, extremes and what is not finite among them. */
static const char old_rows[] =
    "id,score,level,rate,price,network,active,born,seen,token\n"
    "1,50,1,0.5,12.50,twitter,t,2001-01-01,2024-02-28T04:00:00Z,"
    "00000000-0000-0000-0000-000000000001\n"
    "2,0,-2147483648,NaN,-0.00,\"\",f,infinity,infinity,ffffffffffffffffffffffffffffffff\n"
    "3,-1e308,2147483647,inf,1e-20,\"a,b\",,,,\n"
    "4,1,7,1,99999999999999999999999999999999,facebook,t,0001-01-01,0001-01-01T00:00:00Z,\n"
    "5,10,7,1,1,twitter,t,2024-02-29,2024-02-29T04:00:00Z,\n"
    "6,,,,,,,,,\n";

static const char new_rows[] =
    "id,score,level,rate,price,network,active,born,seen,token\n"
    "1,1,2,0.25,NaN,twitter,f,2001-01-02,2024-02-29T04:00:00Z,"
    "00000000-0000-0000-0000-000000000002\n"
    "2,1e308,2147483647,-inf,0,\"\",f,-infinity,-infinity,\n"
    "3,-1e308,-2147483648,NaN,-1e20,NULL,t,9999-12-31,9999-12-31T23:59:59.999999Z,\n"
    "5,,7,1,1.000,\"x\"\"y\",,2024-02-29,2024-02-29T04:00:00Z,\n"
    "6,1,1,1,1,facebook,t,2024-02-29,2024-02-29T04:00:00Z,\n"
    "9223372036854775807,inf,0,0,0,twitter,t,2024-03-01,2024-03-01T04:00:00Z,\n";

static struct schema *make_schema(void)
{
    static const struct schema_column columns[] = {
        {.name = "id", .type = TYPE_BIGINT, .not_null = true},
        {.name = "score", .type = TYPE_DOUBLE, .allow_nonfinite = true},
        {.name = "level", .type = TYPE_INTEGER},
        {.name = "rate", .type = TYPE_REAL, .allow_nonfinite = true},
        {.name = "price", .type = TYPE_NUMERIC, .allow_nonfinite = true},
        {.name = "network", .type = TYPE_TEXT},
        {.name = "active", .type = TYPE_BOOLEAN},
        {.name = "born", .type = TYPE_DATE, .allow_nonfinite = true},
        {.name = "seen", .type = TYPE_TIMESTAMPTZ, .allow_nonfinite = true},
        {.name = "token", .type = TYPE_UUID},
    };
    static const char *const keys[] = {"id"};
    static struct arena arena;
    struct schema *schema = NULL;
    struct error err;
    enum error_code code =
        schema_make(&arena, columns, ARRAY_SIZE(columns), keys, 1, &schema, &err);
    assert(code == OK);
    return schema;
}

static enum error_code pack(const struct schema *schema, const char *csv,
                            struct packed **ret_packed, struct error *err)
{
    const struct reader_options reading = {.format = FORMAT_CSV, .name = "rows"};
    const struct packer_options packing = {.directory = "/tmp"};
    struct reader *reader CLEANUP(reader_cleanup) = NULL;
    struct packer *packer CLEANUP(packer_cleanup) = NULL;
    const struct batch *batch = NULL;
    CLEANUP(fd_cleanup) int fd = memfd_create("rows", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, csv, strlen(csv)) == (ssize_t)strlen(csv));
    (void)lseek(fd, 0, SEEK_SET);
    TRY(reader_open(fd, schema, &reading, &reader, err));
    TRY(packer_new(schema, &packing, &packer, err));
    TRY(reader_next(reader, &batch, err));
    TRY(reader_check(reader, err));
    TRY(packer_add(packer, batch, err));
    return packer_finish(packer, ret_packed, err);
}

struct loads {
    struct schema *schema;
    struct packed *old_load;
    struct packed *new_load;
};

/* Made once; the fuzzer calls the target millions of times. */
static const struct loads *loads_get(void)
{
    static struct loads loads;
    struct error err;
    if (loads.schema != NULL)
        return &loads;
    loads.schema = make_schema();
    if (pack(loads.schema, old_rows, &loads.old_load, &err) != OK ||
        pack(loads.schema, new_rows, &loads.new_load, &err) != OK) {
        error_print(&err, stderr);
        abort();
    }
    return &loads;
}

/* Earlier loads in which each measure was a little different; some have no record of it. */
static void make_history(const struct measure_plan *plan, struct arena *arena,
                         struct history *history)
{
    history_init(history, arena);
    for (size_t i = 0; i < N_HISTORY_LOADS; i++) {
        const struct history_load load = {
            .load = (int64_t)(100 - i), .has_as_of = i % 5 != 0, .as_of_us = (int64_t)i << 40};
        size_t index = history_add_load(history, &load);
        for (size_t m = 0; m < plan->n_measures; m++) {
            const struct history_record record = {.text = plan->measures[m].text,
                                                  .segment = "",
                                                  .is_null = (m + i) % 11 == 10,
                                                  .value = 0.5 + 0.01 * (double)(i * m % 7),
                                                  .trains = (i + m) % 9 != 8};
            history_add(history, index, &record);
        }
    }
    history->previous = 0;
}

static void judge(const struct rule_set *set, const struct diff_result *result,
                  const struct judge_context *context)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct judgement judgement;
    struct error err;
    enum error_code code = rule_set_judge(set, result, context, &arena, &judgement, &err);
    assert(code == OK);
    for (size_t i = 0; i < judgement.n_outcomes; i++) {
        const struct outcome *outcome = &judgement.outcomes[i];
        assert(outcome->rule != NULL && outcome->condition != NULL && outcome->sentence != NULL);
        assert(outcome->kind == OUTCOME_PASS || outcome->sentence[0] != '\0');
        assert(outcome->kind != OUTCOME_FINDING || judgement.verdict != VERDICT_PASS ||
               outcome->shadow);
    }
}

static void measure_and_judge(const struct rule_set *set, const struct loads *loads, bool has_old)
{
    struct arena arena CLEANUP(arena_release) = {0};
    struct packed *old_load = has_old ? loads->old_load : NULL;
    struct measure_plan plan;
    struct diff_result result;
    struct history history;
    struct error err;
    enum error_code code = rule_set_plan_for(set, old_load, loads->new_load, &arena, &plan, &err);
    assert(code == OK);
    code = diff_run(old_load, loads->new_load, &plan, &arena, NULL, NULL, &result, &err);
    assert(code == OK);
    judge(set, &result, &(struct judge_context){.has_old = has_old});
    if (!has_old)
        return;
    make_history(&plan, &arena, &history);
    judge(set, &result,
          &(struct judge_context){
              .has_old = true, .has_as_of = true, .history = &history, .gap = 2.5});
}

void fuzz_rule_set(const struct yaml_node *root, struct diagnostics *diags)
{
    const struct loads *loads = loads_get();
    struct rule_set *set CLEANUP(rule_set_cleanup) = NULL;
    struct error err;
    enum error_code code = rule_set_from_node(root, loads->schema, &set, diags, &err);
    if (code != OK) {
        assert(code == ERR_CONFIG);
        fuzz_expect_problems(diags);
        return;
    }
    assert(diagnostics_count(diags) == 0);
    assert(strlen(rule_set_digest(set)) == RULE_SET_DIGEST_BYTES - 1);
    for (size_t i = 0; i < rule_set_n_rules(set); i++)
        assert(rule_set_rule(set, i).name != NULL && rule_set_rule(set, i).condition != NULL);
    if (rule_set_plan(set)->n_measures > MAX_JUDGED_MEASURES)
        return;
    measure_and_judge(set, loads, true);
    measure_and_judge(set, loads, false);
}
