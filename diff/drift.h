/*
 * How far the distribution of a column moved from the old side to the new one: effect sizes between
 * two distributions, of which each side is one of shares that sum to 1. With p the new shares and q
 * the old ones:
 *
 *   ks   the largest |P(x) - Q(x)| over all x, of the cumulative shares P and Q (A. Kolmogorov,
 *        1933; N. Smirnov, 1939): 0 to 1. NULLs are left out.
 *   psi  sum of (p - q) ln(p / q), each share taken as at least 0.0001 (S. Kullback and R. Leibler,
 *        1951, as J; the population stability index of credit scoring): 0 upwards.
 *   js   (sum of p log2(p / m) + sum of q log2(q / m)) / 2 with m = (p + q) / 2 (J. Lin,
 *        "Divergence measures based on the Shannon entropy", 1991): 0 to 1.
 *   emd  the integral of |P(x) - Q(x)| over x, in the unit of the column (the first Wasserstein
 *        distance; S. Vallender, 1974). NULLs, NaN and infinities are left out.
 *
 * All are NULL if either side has no row that counts. None is a test: at many rows the smallest
 * difference is significant, at few a large one is not.
 *
 * Numbers, dates and times are counted once in fine bins that all four share (see
 * diff/ordered_bins.h), NaN above all. Where only single values have rows, ks and emd are exact;
 * else they are what is certain, and the error
 * stated is how much more there may be inside bins. For psi and js neighbouring bins are
 * taken together until they hold a tenth of both sides (the mean of p and q); a bin that holds a
 * tenth by itself stays alone. So noise does not grow with the number of values. Text, booleans and
 * UUIDs have a bin for each value, or with more than 100 different ones for the 100 that are the
 * most frequent in a sample, and one for all others. NULL is a bin of psi and js.
 */
#ifndef LG_DIFF_DRIFT_H
#define LG_DIFF_DRIFT_H

#include <stddef.h>
#include <stdint.h>

#define DRIFT_CATEGORIES ((size_t)100)
#define DRIFT_LEAST_SHARE 1e-4
#define DRIFT_GROUP_SHARE 0.1

/* What one bin adds to psi and js, of its new and old share. */
double drift_psi_term(double p, double q);
double drift_js_term(double p, double q);

#endif
