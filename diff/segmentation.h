/* The segments of a `by:` list: which there are, and to which each row belongs. */
#ifndef LG_DIFF_SEGMENTATION_H
#define LG_DIFF_SEGMENTATION_H

#include "diff/diff.h"
#include "diff/slice.h"
#include "diff/value_table.h"

/*
 * Segments are numbered in the order of their texts, the rest segment last. Rows whose values are
 * not in the table belong to the rest.
 */
struct segmentation {
    const struct schema *schema;
    size_t by[MEASURE_MAX_BY];
    size_t n_by;
    struct value_table table; /* entry i is segment i */
    struct segment *segments; /* n_segments, in the arena; rows are counted by the caller */
    size_t n_segments;
    uint32_t rest; /* number of the rest segment, or VALUE_TABLE_NONE */
    struct vector_buffer buffers[MEASURE_MAX_BY];
};

/*
 * Finds the segments by a pass over the by-columns of both snapshots; old_snapshot may be NULL.
 * after_block is called with the rows done so far and may be used for progress and interruption.
 * ERR_CORRUPT, ERR_MEMORY, or what after_block returns.
 */
enum error_code segmentation_init(struct segmentation *segmentation, const struct measure *measure,
                                  const struct schema *schema, struct packed *old_snapshot,
                                  struct packed *new_snapshot, struct arena *arena,
                                  enum error_code (*after_block)(uint64_t rows_done, void *arg,
                                                                 struct error *err),
                                  void *arg, struct error *err) MUST_CHECK;
void segmentation_release(struct segmentation *segmentation);

/* Whether the measure is divided in this way. */
bool segmentation_fits(const struct segmentation *segmentation, const struct measure *measure);

/* Segment of each of n rows of one side. */
void segmentation_find(struct segmentation *segmentation, const struct rows *rows, size_t n,
                       uint32_t *ret_segments);

#endif
