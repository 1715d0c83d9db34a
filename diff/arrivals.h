/*
 * arrivals(x [, filter]): the largest share of kept rows that moved to one and the same value.
 *
 * Among the kept rows in scope, n of them, let for a value v
 *
 *   moved  = rows whose new value is distinct from the old one (and for which the filter is true)
 *   in(v)  = moved rows whose new value is v
 *   out(v) = moved rows whose old value was v
 *   p(v)   = rows whose old value is v / n
 *
 * NULL is a value, NaN is one value. The measure is the largest, over all v, of
 *
 *   max(0, in(v) - natural(v) - 4 * sqrt(2 * natural(v))) / n
 *   natural(v) = max(out(v), chance(v))
 *   chance(v)  = (moved - in(v)) * p(v) / (1 - p(v))
 *
 * Why. Rows come to a common value every night, and that is nothing to report. There are two ways
 * to know how many: as many as leave it, because a column's distribution hardly changes from one
 * night to the next; and as many as come if rows that move take a value by chance, common values
 * more often. Under the second, moved rows come to v with probability p, so in = p * moved and
 * moved - in = (1 - p) * moved: the rows that moved elsewhere tell how much churn there was. (To
 * multiply all moved rows by p instead would let a mass reset explain itself away: of 80 % that
 * went to 1 in a counter that was 1 for one row in five, only 64 % would be left.) Both estimate
 * the same flow, so the larger one is taken off, not their sum: else a boolean, where chance is
 * half of what moves, would hide any reset smaller than its daily churn. What is left of the
 * difference of two flows of that size scatters by sqrt(2 * natural) if rows move one by one; four
 * times that is beyond chance however many values and columns are looked at.
 *
 * So ordinary churn of a heavy-tailed counter, where 0 and 1 are frequent, measures 0, while 80 %
 * of the rows set to 1 measure 0.8 whatever the share of 1 was before. A flow that really goes one
 * way every night, such as counters that leave 0 for 1, is left; that is for limits and history.
 *
 * How. To count every value costs two hash tables as large as the column. The first pass draws an
 * even sample of the moved rows instead, up to 4,096 (fewer with many segments): those at which the
 * position times the golden ratio has the smallest fraction, so the same rows whatever the values
 * are. The at most 256 of the values that rows in the sample moved to with the largest in - out
 * there are counted exactly in a second pass. With up to 4,096 moved rows the sample is all of
 * them. Beyond that a value that one in 400 of the moved rows went to stands in it some ten times
 * (not at all with a probability of 4e-5), and is counted unless 256 others gain more; one that got
 * much less is found by luck.
 */
#ifndef LG_DIFF_ARRIVALS_H
#define LG_DIFF_ARRIVALS_H

#include <stdint.h>

/* What was counted for one value; see above. */
struct arrivals {
    uint64_t rows;
    uint64_t moved;
    uint64_t in;
    uint64_t out;
    uint64_t old; /* rows whose old value it is */
};

/* The measure for this value alone; 0 if there are no rows. */
double arrivals_share(const struct arrivals *counts);

#endif
