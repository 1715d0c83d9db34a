#include "diff/hyperloglog.h"

#include <math.h>

/* sum over k of x^(2^k) 2^(k-1), added to x */
static double sigma(double x)
{
    if (x == 1)
        return (double)INFINITY;
    double y = 1;
    double z = x;
    double last = 0;
    do {
        x *= x;
        last = z;
        z += x * y;
        y += y;
    } while (z != last);
    return z;
}

/* a third of 1 - x - sum over k of (1 - x^(2^-k))^2 2^-k */
static double tau(double x)
{
    if (x == 0 || x == 1)
        return 0;
    double y = 1;
    double z = 1 - x;
    double last = 0;
    do {
        x = sqrt(x);
        last = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z != last);
    return z / 3;
}

double hyperloglog_estimate(const uint8_t *registers, unsigned precision)
{
    size_t m = (size_t)1 << precision;
    unsigned q = 64 - precision;
    double counts[66] = {0};
    for (size_t i = 0; i < m; i++)
        counts[registers[i]] += 1;
    double z = (double)m * tau(1 - counts[q + 1] / (double)m);
    for (unsigned k = q; k >= 1; k--)
        z = 0.5 * (z + counts[k]);
    z += (double)m * sigma(counts[0] / (double)m);
    return (double)m / (2 * M_LN2) * (double)m / z;
}

double hyperloglog_standard_error(unsigned precision)
{
    return 1.04 / sqrt((double)((size_t)1 << precision));
}
