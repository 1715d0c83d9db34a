/* A CSV record taken apart into fields (RFC 4180; LF as well as CRLF ends a line). */
#ifndef LG_SNAPSHOT_CSV_SPLIT_H
#define LG_SNAPSHOT_CSV_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * One field as it stands in the input. text is without the outer quotes; with doubled, two quotes
 * in it stand for one. problem says why it cannot be read, or is NULL.
 */
struct csv_field {
    const char *text;
    size_t len;
    bool quoted;
    bool doubled;
    const char *problem;
};

/* The caller provides fields[capacity]; fields beyond are counted in n_fields, not kept. */
struct csv_record {
    struct csv_field *fields;
    size_t capacity;
    size_t n_fields;
    const char *next; /* where the next record starts; how far was looked at if this one is bad */
    uint64_t lines;   /* line ends in it, its own included; before the quote or NUL if it is bad */
};

enum csv_result {
    CSV_RECORD,
    CSV_MORE,       /* the record does not end before end, and the input goes on */
    CSV_OPEN_QUOTE, /* the input ends inside quotes */
    CSV_NUL,        /* a NUL byte */
};

/*
 * Takes the record at p apart; p < end. at_end: nothing follows end. Eight zero bytes have to be
 * readable at end.
 */
enum csv_result csv_split(const char *p, const char *end, bool at_end, struct csv_record *record);

/* Whether the record is an empty line. */
static inline bool csv_is_blank(const struct csv_record *record)
{
    return record->n_fields == 1 && record->fields[0].len == 0 && !record->fields[0].quoted;
}

/*
 * The value of a field: its text, or a copy in scratch with doubled quotes made single. Valid until
 * scratch changes.
 */
enum error_code csv_field_value(const struct csv_field *field, struct buffer *scratch,
                                const char **ret_text, size_t *ret_len,
                                struct error *err) MUST_CHECK;

/*
 * The first byte from p on that is below a space, a comma or a quote; never beyond end.
 * *ret_high is set if a byte before it has its high bit set, else left alone. Source: S. E.
 * Anderson, "Bit Twiddling Hacks", "Determine if a word has a byte less than n".
 */
const char *csv_find_special(const char *p, const char *end, bool *ret_high);

#endif
