/*
 * The scorer's own word that its output is complete: JSON lines, any number of
 * {"progress": 0.4, "rows": 30000000} and last one object with "complete".
 */
#ifndef LG_SCORER_MANIFEST_H
#define LG_SCORER_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "scorer/completeness.h"

#define MANIFEST_MAX_LINE_BYTES ((size_t)64 << 10)

/* Of a manifest file, this much of the end is read. */
#define MANIFEST_MAX_FILE_BYTES ((off_t)1 << 20)

/* Lines as they arrive. Only the last progress is kept. To be used by one thread at a time. */
struct manifest {
    struct buffer line; /* begun and not ended yet */
    uint64_t n_lines;
    json_t *complete; /* the object with "complete", owned; NULL so far */
    struct scorer_progress progress;
    struct error problem; /* the first; lines after it are not read */
};

void manifest_init(struct manifest *manifest);
void manifest_release(struct manifest *manifest);

/* Takes more bytes, which may end anywhere. */
void manifest_add(struct manifest *manifest, const char *bytes, size_t len);

/* The end of the bytes also ends the last line. */
void manifest_end(struct manifest *manifest);

/*
 * Reads the file "manifest" in the folder, if it is there. It must be a regular file with one name:
 * the folder is writable for the scorer, whose account may be another one than ours.
 */
enum error_code manifest_read_file(struct manifest *manifest, const char *folder,
                                   struct error *err) MUST_CHECK;

/*
 * Makes one of what came through the descriptor and through the file: *ret_manifest is the one with
 * a problem, else the one that says "complete", else the one with any line. ERR_INCOMPLETE if both
 * say "complete" and contradict each other.
 */
enum error_code manifest_choose(const struct manifest *from_fd, const struct manifest *from_file,
                                const struct manifest **ret_manifest, struct error *err) MUST_CHECK;

/*
 * A count in a manifest: a JSON integer, or a real that is one (some languages know no other
 * numbers), not negative. False otherwise.
 */
bool manifest_count(const json_t *value, uint64_t *ret_count);

#endif
