#include "tests/unit/guard/site.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/ledger.h"

static const char usual_rules[] =
    "[{name: reset, block: share(score = 1 and old.score > 1) > 50%}, "
    "{name: fewer, hold: removed > 2}]";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void site_write(const struct site *site, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", site->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static const char *or_nothing(const char *text)
{
    return text == NULL ? "" : text;
}

static void write_config(const struct site *site, const struct site_options *options)
{
    char text[8192];
    int len = snprintf(
        text, sizeof(text),
        "state_dir: state\n"
        "%s%s\n"
        "feeds:\n"
        "  scores:\n"
        "    view: public.scores_now\n"
        "    key: profile_id\n"
        "    columns: {profile_id: bigint, score: double precision}\n"
        "%s\n"
        "    rules: %s\n"
        "    scorer:\n"
        "%s"
        "      drain: 1s\n"
        "%s\n",
        options->routes == NULL ? "" : "routes: ", or_nothing(options->routes),
        or_nothing(options->feed), options->rules == NULL ? usual_rules : options->rules,
        options->no_command ? "" : "      command: [sh, ./score]\n", or_nothing(options->scorer));
    assert_true(len > 0 && (size_t)len < sizeof(text));
    site_write(site, "loadguard.yaml", text);
}

static void read_config(struct site *site)
{
    struct error err;
    struct diagnostics diags;
    char path[256];
    diagnostics_init(&diags);
    (void)snprintf(path, sizeof(path), "%s/loadguard.yaml", site->dir);
    enum error_code code =
        config_load(arena_strdup(&site->arena, path), &site->arena, &diags, &site->config, &err);
    diagnostics_print(&diags, stderr);
    diagnostics_release(&diags);
    assert_ok(code);
    assert_ok(config_feed(&site->config, "scores", &site->feed, &err));
}

void site_open(struct site *site, struct pg_test *pg, const struct site_options *options)
{
    static const struct site_options usual = {0};
    struct error err;
    (void)signal(SIGPIPE, SIG_IGN);
    *site = (struct site){.pg = pg};
    (void)snprintf(site->dir, sizeof(site->dir), "/tmp/lg-site-XXXXXX");
    assert_non_null(mkdtemp(site->dir));
    write_config(site, options == NULL ? &usual : options);
    site_write(site, "secret", SITE_SECRET "\n");
    read_config(site);
    if (pg != NULL)
        assert_ok(gate_open(&site->config, pg->store, "scores", &site->gate, &err));
}

void site_close(struct site *site)
{
    load_run_result_release(&site->result);
    gate_release(&site->gate);
    arena_release(&site->arena);
    (void)nftw(site->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void site_night(const struct site *site, int rows, double score)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    (void)fputs("profile_id,score\n", out);
    for (int i = 1; i <= rows; i++)
        (void)fprintf(out, "%d,%g\n", i, score);
    assert_int_equal(fclose(out), 0);
    site_write(site, "night.csv", text);
    free(text);
    char manifest[64];
    (void)snprintf(manifest, sizeof(manifest), "{\"complete\": true, \"rows\": %d}\n", rows);
    site_write(site, "manifest.json", manifest);
    site_write(site, "score", "cat night.csv; cat manifest.json >&\"$LOADGUARD_MANIFEST_FD\"\n");
}

enum error_code site_run(struct site *site)
{
    const struct load_run_options options = {
        .as_of_us = STORE_NO_TIME,
        .scheduled_for_us = STORE_NO_TIME,
    };
    load_run_result_release(&site->result);
    if (!site->gate.locked)
        TRY(gate_enter(&site->gate, &site->err));
    return load_run(&site->gate, &options, &site->result, &site->err);
}

int64_t site_load(struct site *site, int rows, double score, enum load_state state)
{
    site_night(site, rows, score);
    enum error_code code = site_run(site);
    struct error err = site->err;
    assert_ok(code);
    assert_string_equal(load_state_name(site->result.state), load_state_name(state));
    return site->result.load_id;
}

const char *site_state(const struct site *site, int64_t load)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "select state from loadguard.load where id = %lld",
                   (long long)load);
    return pg_text(site->pg->store, sql);
}

const char *site_readers_see(const struct site *site)
{
    return pg_text(site->pg->store,
                   "select count(*) || ' rows of ' || coalesce(string_agg(distinct score::text, "
                   "', '), 'nothing') from public.scores_now");
}

const char *site_events(const struct site *site, int64_t load)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(type, ',' order by created_at), '') from "
                   "loadguard.event where load_id = %lld",
                   (long long)load);
    return pg_text(site->pg->store, sql);
}

const char *site_audit(const struct site *site, int64_t load)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(action, ',' order by sequence), '') from "
                   "loadguard.audit where load_id = %lld",
                   (long long)load);
    return pg_text(site->pg->store, sql);
}

bool site_has_rows(const struct site *site, int64_t load)
{
    char sql[256];
    (void)snprintf(sql, sizeof(sql),
                   "select count(*) from pg_class where relkind in ('r', 'p') and relname = "
                   "'scores__%lld'",
                   (long long)load);
    return pg_int(site->pg->store, sql) > 0;
}

enum error_code site_restart(struct site *site)
{
    struct error err;
    gate_release(&site->gate);
    assert_ok(gate_open(&site->config, site->pg->store, "scores", &site->gate, &err));
    return gate_enter(&site->gate, &site->err);
}

void site_lose_connection(struct site *site)
{
    char sql[128];
    struct store *other = pg_open_superuser(site->pg);
    int pid = store_backend_pid(site->pg->store);
    (void)snprintf(sql, sizeof(sql), "select pg_terminate_backend(%d, 5000)", pid);
    pg_run(other, sql);
    store_close(other);
}

struct store *site_old_reader(struct site *site)
{
    struct store *reader = pg_open(site->pg);
    pg_run(reader, "begin; select count(*) from public.scores_now");
    return reader;
}
