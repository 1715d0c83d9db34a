#include "snapshot/row_sort.h"

#include <endian.h>
#include <string.h>

#define RADIX_BITS 8
#define RADIX ((size_t)1 << RADIX_BITS)
#define PASSES (64 / RADIX_BITS)
#define SHORT_RUN 8 /* so many entries are sorted by insertion before merging starts */

/* The first eight bytes, zero bytes after a shorter text: text has no zero bytes of its own. */
static uint64_t bytes_prefix(const char *bytes, size_t len)
{
    char first[8] = {0};
    uint64_t prefix = 0;
    if (len > 0)
        memcpy(first, bytes, len < sizeof(first) ? len : sizeof(first));
    memcpy(&prefix, first, sizeof(prefix));
    return be64toh(prefix);
}

uint64_t key_prefix(const struct batch *batch, size_t row)
{
    const struct column *key = &batch->columns[batch->schema->keys[0]];
    size_t len = 0;
    switch (key->type) {
    case TYPE_BIGINT:
        return (uint64_t)key->i64[row] ^ UINT64_C(1) << 63;
    case TYPE_INTEGER:
        return (uint64_t)(int64_t)key->i32[row] ^ UINT64_C(1) << 63;
    case TYPE_UUID:
        return bytes_prefix((const char *)key->uuid[row].bytes, sizeof(key->uuid[row].bytes));
    default: {
        const char *text = column_text(key, row, &len);
        return bytes_prefix(text, len);
    }
    }
}

bool key_prefix_is_whole(const struct schema *schema)
{
    enum column_type type = schema->columns[schema->keys[0]].type;
    return schema->n_keys == 1 && (type == TYPE_BIGINT || type == TYPE_INTEGER);
}

static void count_digits(const struct sort_entry *entries, size_t n, size_t counts[PASSES][RADIX])
{
    memset(counts, 0, PASSES * sizeof(counts[0]));
    for (size_t i = 0; i < n; i++) {
        uint64_t prefix = entries[i].prefix;
        for (size_t pass = 0; pass < PASSES; pass++, prefix >>= RADIX_BITS)
            counts[pass][prefix & (RADIX - 1)]++;
    }
}

/* Moves the entries to their places by one digit; counts become the places. */
static void scatter(const struct sort_entry *from, struct sort_entry *to, size_t n, size_t pass,
                    size_t counts[RADIX])
{
    size_t place = 0;
    for (size_t digit = 0; digit < RADIX; digit++) {
        size_t count = counts[digit];
        counts[digit] = place;
        place += count;
    }
    for (size_t i = 0; i < n; i++)
        to[counts[from[i].prefix >> (pass * RADIX_BITS) & (RADIX - 1)]++] = from[i];
}

/* Radix sort from the last digit on; digits that all entries share are left out. */
static void sort_by_prefix(struct sort_entry *entries, size_t n, struct sort_entry *scratch)
{
    size_t counts[PASSES][RADIX];
    struct sort_entry *from = entries;
    struct sort_entry *to = scratch;
    count_digits(entries, n, counts);
    for (size_t pass = 0; pass < PASSES; pass++) {
        if (counts[pass][from[0].prefix >> (pass * RADIX_BITS) & (RADIX - 1)] == n)
            continue;
        scatter(from, to, n, pass, counts[pass]);
        struct sort_entry *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof(*entries));
}

static int compare(const struct sort_entry *a, const struct sort_entry *b,
                   const struct batch *const *batches)
{
    return batch_compare_keys(batches[a->batch], a->row, batches[b->batch], b->row);
}

static void sort_by_insertion(struct sort_entry *entries, size_t n,
                              const struct batch *const *batches)
{
    for (size_t i = 1; i < n; i++) {
        struct sort_entry entry = entries[i];
        size_t place = i;
        for (; place > 0 && compare(&entries[place - 1], &entry, batches) > 0; place--)
            entries[place] = entries[place - 1];
        entries[place] = entry;
    }
}

static void merge_halves(const struct sort_entry *from, size_t middle, size_t n,
                         struct sort_entry *to, const struct batch *const *batches)
{
    size_t left = 0;
    size_t right = middle;
    for (size_t i = 0; i < n; i++) {
        bool take_left =
            right == n || (left < middle && compare(&from[left], &from[right], batches) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

/* Merge sort by whole keys, from short runs upwards. */
static void sort_by_key(struct sort_entry *entries, size_t n, struct sort_entry *scratch,
                        const struct batch *const *batches)
{
    for (size_t i = 0; i < n; i += SHORT_RUN)
        sort_by_insertion(entries + i, n - i < SHORT_RUN ? n - i : SHORT_RUN, batches);
    struct sort_entry *from = entries;
    struct sort_entry *to = scratch;
    for (size_t run = SHORT_RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            size_t len = n - i < 2 * run ? n - i : 2 * run;
            merge_halves(from + i, len < run ? len : run, len, to + i, batches);
        }
        struct sort_entry *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof(*entries));
}

void row_sort(struct sort_entry *entries, size_t n, struct sort_entry *scratch,
              const struct batch *const *batches)
{
    if (n < 2)
        return;
    sort_by_prefix(entries, n, scratch);
    if (key_prefix_is_whole(batches[0]->schema))
        return;
    for (size_t start = 0; start < n;) {
        size_t end = start + 1;
        while (end < n && entries[end].prefix == entries[start].prefix)
            end++;
        if (end - start > 1)
            sort_by_key(entries + start, end - start, scratch, batches);
        start = end;
    }
}
