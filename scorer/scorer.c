#include "scorer/scorer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "scorer/environment.h"
#include "scorer/evidence.h"
#include "scorer/manifest_folder.h"
#include "scorer/pump.h"

/* Enough that the scorer, this process and the reader seldom wait for each other. */
#define ROWS_PIPE_BYTES (1 << 20)

/* Of standard error, what fits into the detail of an error. */
#define DETAIL_TAIL_BYTES 900

struct scorer {
    const struct scorer_spec *spec;
    const struct scorer_context *context;
    const struct scorer_callbacks *callbacks;
    struct arena arena;
    const char *rows_name;
    int rows_fd; /* owned, unless the rows are those of a query */
    int64_t started_us;
    struct pump pump;
    bool has_file;
    struct rows_file file;
    bool query_open;
    struct manifest_folder manifest_folder;
    struct buffer tail;
};

/* --- Ready ------------------------------------------------------------------------------------ */

static enum error_code check_file_ready(const struct scorer_spec *spec, struct error *err)
{
    const struct complete_when *when = &spec->complete_when;
    if (spec->kind != SCORER_FILE || strcmp(spec->path, "-") == 0)
        return OK;
    struct rows_file file;
    TRY(rows_file_open(spec->path, &file, err));
    (void)close(file.fd);
    bool has_voucher =
        when->kind == COMPLETE_WHEN_MARKER_FILE || when->kind == COMPLETE_WHEN_ROW_COUNT_FILE;
    if (!file.is_plain || !has_voucher)
        return OK;
    uint64_t ignored;
    return voucher_check(when, rows_file_time_us(&file.info), ERR_NOT_READY, &ignored, err);
}

enum error_code scorer_check_ready(const struct scorer_spec *spec,
                                   const struct scorer_callbacks *callbacks, struct error *err)
{
    for (size_t i = 0; i < spec->n_ready; i++) {
        bool answer = false;
        enum error_code code = callbacks->ask(callbacks->context, spec->ready[i], &answer, err);
        if (code != OK) {
            error_prefix(err, "cannot tell whether the input is ready");
            return code;
        }
        if (!answer) {
            (void)error_set(err, ERR_NOT_READY, "the input is not ready: %s", spec->ready[i]);
            error_hint(err, "The query has to be true before the scorer starts; try again later.");
            return ERR_NOT_READY;
        }
    }
    return check_file_ready(spec, err);
}

/* --- Starting --------------------------------------------------------------------------------- */

/* Makes the pipe between the pump and the reader. */
static enum error_code open_relay(struct scorer *scorer, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe for the rows");
    (void)fcntl(ends[0], F_SETPIPE_SZ, ROWS_PIPE_BYTES);
    scorer->rows_fd = ends[0];
    scorer->pump.rows_out = ends[1];
    return OK;
}

static enum error_code start_pump(struct scorer *scorer, struct error *err)
{
    struct pump *pump = &scorer->pump;
    pump->timeout_us = scorer->spec->timeout_us;
    pump->drain_us = scorer->spec->drain_us;
    pump->grace_us = scorer->spec->grace_us;
    TRY(open_relay(scorer, err));
    return pump_start(pump, err);
}

static enum error_code start_process(struct scorer *scorer, const struct process_user *user,
                                     const char *const *env, struct error *err)
{
    struct pump *pump = &scorer->pump;
    int manifest_pipe[2];
    if (pipe2(manifest_pipe, O_CLOEXEC) != 0)
        return error_set_errno(err, ERR_IO, errno, "cannot create a pipe for the manifest");
    pump->manifest_fd = manifest_pipe[0];
    struct process_options options;
    process_options_init(&options);
    options.argv = scorer->spec->argv;
    options.env = env;
    options.dir = scorer->spec->dir;
    options.run_as = user;
    options.extra_fd = manifest_pipe[1];
    options.stdout_pipe_bytes = ROWS_PIPE_BYTES;
    enum error_code code = process_start(&options, &pump->process, err);
    (void)close(manifest_pipe[1]);
    if (code == OK)
        pump->rows_in = fd_take(&pump->process.stdout_fd);
    return code;
}

static enum error_code start_command(struct scorer *scorer, struct error *err)
{
    const struct scorer_spec *spec = scorer->spec;
    struct process_user user;
    const struct process_user *run_as = NULL;
    if (spec->run_as != NULL) {
        TRY(process_user_lookup(spec->run_as, &user, err));
        run_as = &user;
    }
    TRY(stderr_log_open(&scorer->pump.log, scorer->context->log_path, spec->max_log_bytes, err));
    TRY(manifest_folder_make(&scorer->manifest_folder, scorer->context->temp_dir, run_as,
                             &scorer->arena, err));
    const char *const *env = NULL;
    TRY(scorer_environment(
        spec, scorer->context, run_as,
        arena_printf(&scorer->arena, "%s/manifest", scorer->manifest_folder.path), &scorer->arena,
        &env, err));
    TRY(start_process(scorer, run_as, env, err));
    scorer->rows_name = arena_printf(&scorer->arena, "standard output of %s", spec->argv[0]);
    return start_pump(scorer, err);
}

/* A plain file is read as it is; what somebody still writes goes through the pump's deadline. */
static enum error_code start_file(struct scorer *scorer, struct error *err)
{
    TRY(rows_file_open(scorer->spec->path, &scorer->file, err));
    scorer->has_file = true;
    scorer->rows_name = scorer->file.name;
    if (scorer->file.is_plain) {
        scorer->rows_fd = scorer->file.fd;
        return OK;
    }
    scorer->pump.rows_in = scorer->file.fd;
    return start_pump(scorer, err);
}

static enum error_code start_query(struct scorer *scorer, struct error *err)
{
    scorer->rows_name = "the scorer's query";
    TRY(scorer->callbacks->open_rows(scorer->callbacks->context, scorer->spec->sql,
                                     &scorer->rows_fd, err));
    scorer->query_open = true;
    return OK;
}

static enum error_code start(struct scorer *scorer, struct error *err)
{
    switch (scorer->spec->kind) {
    case SCORER_COMMAND:
        return start_command(scorer, err);
    case SCORER_FILE:
        return start_file(scorer, err);
    case SCORER_QUERY:
        break;
    }
    return start_query(scorer, err);
}

enum error_code scorer_start(const struct scorer_spec *spec, const struct scorer_context *context,
                             const struct scorer_callbacks *callbacks, struct scorer **ret_scorer,
                             struct error *err)
{
    CLEANUP(scorer_cleanup) struct scorer *scorer = calloc(1, sizeof(*scorer));
    if (scorer == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the scorer");
    scorer->spec = spec;
    scorer->context = context;
    scorer->callbacks = callbacks;
    scorer->rows_fd = -1;
    scorer->manifest_folder = MANIFEST_NO_FOLDER;
    scorer->started_us = clock_now_us();
    pump_init(&scorer->pump);
    buffer_init(&scorer->tail, SCORER_TAIL_BYTES);
    TRY(start(scorer, err));
    *ret_scorer = TAKE(scorer);
    return OK;
}

int scorer_rows_fd(const struct scorer *scorer)
{
    return scorer->rows_fd;
}

const char *scorer_rows_name(const struct scorer *scorer)
{
    return scorer->rows_name;
}

void scorer_progress(struct scorer *scorer, struct scorer_progress *ret_progress)
{
    pump_progress(&scorer->pump, ret_progress);
}

/* --- Ending ----------------------------------------------------------------------------------- */

static void close_rows_fd(struct scorer *scorer)
{
    if (scorer->spec->kind == SCORER_QUERY)
        scorer->rows_fd = -1;
    else
        fd_cleanup(&scorer->rows_fd);
}

static void tell_last_words(const struct scorer *scorer, struct error *err)
{
    struct buffer words;
    buffer_init(&words, DETAIL_TAIL_BYTES);
    if (stderr_log_tail(&scorer->pump.log, DETAIL_TAIL_BYTES, &words, NULL) == OK && words.len > 0)
        error_detail(err, "Its last lines on standard error:\n%s", buffer_string(&words));
    else
        error_detail(err, "It wrote nothing to standard error.");
    buffer_release(&words);
}

static enum error_code timed_out(const struct scorer *scorer, struct error *err)
{
    char limit[CLOCK_TEXT_BYTES];
    (void)clock_format_duration(scorer->spec->timeout_us, limit);
    if (scorer->has_file)
        return error_set(err, ERR_TIMEOUT, "the rows of %s did not end within %s",
                         scorer->rows_name, limit);
    (void)error_set(err, ERR_TIMEOUT, "the scorer ran longer than %s and was stopped", limit);
    tell_last_words(scorer, err);
    error_hint(err, "If it needs that long, raise the scorer's timeout.");
    return ERR_TIMEOUT;
}

static enum error_code ended_badly(const struct scorer *scorer, struct error *err)
{
    const struct process_result *result = &scorer->pump.result;
    char text[PROCESS_TEXT_BYTES];
    (void)process_result_text(result, text);
    if (result->signal != 0)
        (void)error_set(err, ERR_SCORER, "the scorer was killed by %s", text);
    else
        (void)error_set(err, ERR_SCORER, "the scorer ended with %s", text);
    tell_last_words(scorer, err);
    if (result->signal == SIGKILL)
        error_hint(err, "If nobody killed it, the kernel may have, for lack of memory: look into "
                        "the kernel's log.");
    return ERR_SCORER;
}

static enum error_code interrupted(struct error *err)
{
    enum error_code code = interrupt_check(err);
    return code != OK ? code : error_set(err, ERR_CANCELLED, "the scorer was stopped");
}

/* How the run itself failed, whatever its rows look like. To be called after the pump's end. */
static enum error_code run_failure(const struct scorer *scorer, struct error *err)
{
    const struct pump *pump = &scorer->pump;
    switch (pump->stopped) {
    case PUMP_INTERRUPTED:
        return interrupted(err);
    case PUMP_TIMED_OUT:
        return timed_out(scorer, err);
    case PUMP_UNWANTED:
        return OK;
    case PUMP_NOT_STOPPED:
        break;
    }
    if (pump->result.signal != 0 || pump->result.status != 0)
        return ended_badly(scorer, err);
    return OK;
}

static enum error_code rows_held(const struct scorer *scorer, struct error *err)
{
    char waited[CLOCK_TEXT_BYTES];
    (void)error_set(err, ERR_INCOMPLETE,
                    "%s after the scorer's end a process that it left behind still held its "
                    "standard output",
                    clock_format_duration(scorer->spec->drain_us, waited));
    error_hint(err, "Let the scorer wait for its children, or redirect their standard output.");
    return ERR_INCOMPLETE;
}

static void end_pump(struct scorer *scorer)
{
    pump_join(&scorer->pump);
    if (scorer->tail.len == 0 &&
        stderr_log_tail(&scorer->pump.log, SCORER_TAIL_BYTES, &scorer->tail, NULL) != OK)
        buffer_clear(&scorer->tail);
}

static enum error_code weigh_manifests(struct scorer *scorer, struct evidence *evidence,
                                       struct completeness *found, struct error *err)
{
    struct manifest from_file;
    manifest_init(&from_file);
    enum error_code code = manifest_read_file(&from_file, scorer->manifest_folder.path, err);
    if (code == OK)
        code = manifest_choose(&scorer->pump.manifest, &from_file, &evidence->manifest, err);
    if (code == OK)
        code = evidence_weigh(evidence, found, err);
    manifest_release(&from_file);
    return code;
}

static enum error_code weigh(struct scorer *scorer, uint64_t rows_read, struct completeness *found,
                             struct error *err)
{
    struct evidence evidence = {
        .spec = scorer->spec,
        .context = scorer->context,
        .callbacks = scorer->callbacks,
        .file = scorer->has_file ? &scorer->file : NULL,
        .started_us = scorer->started_us,
        .now_us = clock_now_us(),
        .rows_read = rows_read,
    };
    if (scorer->manifest_folder.path != NULL)
        return weigh_manifests(scorer, &evidence, found, err);
    return evidence_weigh(&evidence, found, err);
}

static void add_notes(const struct scorer *scorer, struct completeness *found)
{
    const struct pump *pump = &scorer->pump;
    if (pump->log.cut)
        completeness_add_note(found, "The scorer's standard error was longer than its log may "
                                     "be; the log is cut.");
    if (pump->log.write_errno != 0)
        completeness_add_note(found, "The scorer's standard error could not be logged to its end.");
    if (pump->left_open)
        completeness_add_note(found, "The scorer left a process behind that held its standard "
                                     "error or its manifest; its group was killed.");
}

static enum error_code finish_query(struct scorer *scorer, struct error *err)
{
    if (!scorer->query_open)
        return OK;
    scorer->query_open = false;
    enum error_code code = scorer->callbacks->close_rows(scorer->callbacks->context, err);
    if (code != OK)
        error_prefix(err, "the scorer's query failed");
    return code;
}

enum error_code scorer_finish(struct scorer *scorer, uint64_t rows_read,
                              struct completeness *ret_completeness, struct error *err)
{
    if (scorer->has_file)
        TRY(rows_file_check_unchanged(&scorer->file, err));
    close_rows_fd(scorer);
    end_pump(scorer);
    TRY(finish_query(scorer, err));
    TRY(run_failure(scorer, err));
    if (scorer->pump.rows_held)
        return rows_held(scorer, err);
    struct completeness found = {0};
    TRY(weigh(scorer, rows_read, &found, err));
    add_notes(scorer, &found);
    *ret_completeness = found;
    return OK;
}

enum error_code scorer_fail(struct scorer *scorer, struct error *err)
{
    enum error_code code = err->code;
    pump_stop(&scorer->pump);
    /* Only then close the rows: the scorer would die of SIGPIPE, and that would look like a cause.
     */
    end_pump(scorer);
    close_rows_fd(scorer);
    struct error why;
    enum error_code cause = finish_query(scorer, &why);
    if (cause == OK)
        cause = run_failure(scorer, &why);
    if (cause != OK)
        *err = why;
    return cause != OK ? cause : code;
}

const char *scorer_stderr_tail(const struct scorer *scorer)
{
    return buffer_string(&scorer->tail);
}

void scorer_free(struct scorer *scorer)
{
    if (scorer == NULL)
        return;
    pump_release(&scorer->pump);
    close_rows_fd(scorer);
    (void)(finish_query(scorer, NULL) == OK);
    manifest_folder_remove(&scorer->manifest_folder);
    buffer_release(&scorer->tail);
    arena_release(&scorer->arena);
    free(scorer);
}
