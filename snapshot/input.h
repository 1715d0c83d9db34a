/* Bytes of a file or pipe as a window that moves forward, decompressed if they are gzip. */
#ifndef LG_SNAPSHOT_INPUT_H
#define LG_SNAPSHOT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define INPUT_SLACK_BYTES                                                                          \
    16 /* zero bytes after the window, so that words can be read at its end                        \
        */

struct gunzip;

/*
 * The unread bytes are data[start .. end); INPUT_SLACK_BYTES zero bytes follow. Users move start
 * forward. at_end says that no bytes come after end.
 */
struct input {
    char *data;
    size_t start;
    size_t end;
    bool at_end;

    int fd;
    const char *name;
    size_t capacity;
    size_t max_bytes; /* of the window */
    uint64_t raw_bytes;
    bool regular;
    bool started;
    struct gunzip *gunzip; /* NULL: not compressed */
};

/* fd and name stay the caller's. The window never grows far beyond max_bytes. */
void input_init(struct input *input, int fd, const char *name, size_t max_bytes);
void input_release(struct input *input);

/*
 * Makes at least twice as many unread bytes available as there are, or sets at_end; moves the
 * window in memory. So taking a row that is still incomplete from its start again costs, in sum,
 * time proportional to its length. Waits for a silent pipe together with the interrupt.
 * ERR_LIMIT when max_bytes are unread already; ERR_DATA for damaged gzip; ERR_IO, ERR_MEMORY,
 * ERR_CANCELLED.
 */
enum error_code input_more(struct input *input, struct error *err) MUST_CHECK;

/*
 * Reads up to capacity bytes into out as they are in the file; *ret_len is 0 at its end. For
 * gunzip.
 */
enum error_code input_read_raw(struct input *input, void *out, size_t capacity, size_t *ret_len,
                               struct error *err) MUST_CHECK;

#endif
