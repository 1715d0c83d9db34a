/*
 * Runs what produces a feed's rows, and finds out whether it produced all of them.
 *
 *     scorer_check_ready → scorer_start → read scorer_rows_fd to its end → scorer_finish
 *
 * The rows go from the scorer to the reader through two pipes that an own thread connects (by
 * splice, without copying). That thread also collects standard error and the manifest, so a scorer
 * never blocks on those, and it keeps the deadlines, so the rows always end: the reader sees the
 * end of its input also when the scorer hangs, is stopped, or leaves a child behind that holds the
 * pipe. Whether that end was a good one is what scorer_finish says.
 */
#ifndef LG_SCORER_SCORER_H
#define LG_SCORER_SCORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "scorer/completeness.h"
#include "scorer/spec.h"

struct scorer;

/*
 * Asks every `ready` query, and whether a rows file and its marker are there.
 * ERR_NOT_READY naming the first query that is not true, or the file. A query that fails is an
 * error too, with the code of the callback: what cannot be told is not ready.
 */
enum error_code scorer_check_ready(const struct scorer_spec *spec,
                                   const struct scorer_callbacks *callbacks,
                                   struct error *err) MUST_CHECK;

/*
 * Starts the scorer. spec, context and callbacks are borrowed until scorer_free. To be called from
 * a thread that outlives the scorer (see process_start). ERR_SCORER if the program cannot be
 * executed; ERR_NOT_READY if the rows file does not exist; ERR_CONFIG, ERR_IO, or what
 * callbacks->open_rows says.
 */
enum error_code scorer_start(const struct scorer_spec *spec, const struct scorer_context *context,
                             const struct scorer_callbacks *callbacks, struct scorer **ret_scorer,
                             struct error *err) MUST_CHECK;

/* The rows, for reading to the end; owned by the scorer. */
int scorer_rows_fd(const struct scorer *scorer);

/* What messages call the rows: "standard output of score.sh", or the file's path. */
const char *scorer_rows_name(const struct scorer *scorer);

/* What the scorer last said of itself on the manifest's descriptor. Safe from any thread. */
void scorer_progress(struct scorer *scorer, struct scorer_progress *ret_progress);

/*
 * To be called once all rows were read: waits for the end of the scorer and checks everything that
 * makes a load complete. rows_read is the count of rows that the reader found, bad ones included.
 *
 *   OK             *ret_completeness->state is COMPLETE, or UNKNOWN if nobody vouches for the rows:
 *                  such a load has to be held.
 *   ERR_SCORER     the scorer ended with another status than 0, or by a signal
 *   ERR_TIMEOUT    it ran longer than spec->timeout_us and was stopped
 *   ERR_CANCELLED  it was stopped because this process was interrupted
 *   ERR_INCOMPLETE the manifest is missing a part, is garbage, says it is not complete, or counts
 *                  other rows; a source is missing or too old; a child of the scorer still held the
 *                  rows' pipe; the marker or count file does not vouch for these rows
 *   ERR_STALE      as_of is older than the live load's
 *
 * For the first two the detail holds the last lines of standard error. If several things are wrong
 * with completeness, the message is the first and the detail lists the others.
 */
enum error_code scorer_finish(struct scorer *scorer, uint64_t rows_read,
                              struct completeness *ret_completeness, struct error *err) MUST_CHECK;

/*
 * To be called instead of scorer_finish when the rows could not be read: stops the scorer. If the
 * scorer had failed before that (status, signal, timeout, interrupt), that is the cause of a broken
 * row, so *err is replaced by it and its code returned; else err->code.
 */
enum error_code scorer_fail(struct scorer *scorer, struct error *err) MUST_CHECK;

/*
 * The last lines of standard error, at most SCORER_TAIL_BYTES of valid UTF-8 without control
 * characters other than newline and tab. To be called after scorer_finish or scorer_fail; valid
 * until scorer_free.
 */
const char *scorer_stderr_tail(const struct scorer *scorer);

/* Stops the scorer if it still runs, kills what is left of its process group. Accepts NULL. */
void scorer_free(struct scorer *scorer);
DEFINE_POINTER_CLEANUP(struct scorer, scorer_cleanup, scorer_free)

#endif
