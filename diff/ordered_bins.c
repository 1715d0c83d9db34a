#include "diff/ordered_bins.h"

#include <math.h>
#include <stdlib.h>

#define CELLS ((size_t)8192)
#define PADDING ((size_t)8) /* more than the edges that 3 steps can go past */
#define MAX_STEPS 3U
#define MIN_SCALE 1e-300 /* not 0, by which infinity would become NaN */

void ordered_bins_release(struct ordered_bins *bins)
{
    free(bins->edges);
    free(bins->base);
    *bins = (struct ordered_bins){0};
}

static bool is_time(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_TIME;
}

/* Adds an edge that is above all others so far. */
static void add_edge(struct ordered_bins *bins, int64_t edge)
{
    if (bins->n_edges == 0 || bins->edges[bins->n_edges - 1] < edge)
        bins->edges[bins->n_edges++] = edge;
}

/* The value becomes a bin of its own. */
static void add_value(struct ordered_bins *bins, int64_t value)
{
    add_edge(bins, value);
    if (value < INT64_MAX)
        add_edge(bins, value + 1);
}

/* Above this all is infinite, and below that. */
static int64_t first_finite(enum value_type type)
{
    if (type == VALUE_DOUBLE)
        return order_of_double(-(double)INFINITY) + 1;
    return is_time(type) ? INT64_MIN + 1 : INT64_MIN;
}

static int64_t last_finite(enum value_type type)
{
    if (type == VALUE_DOUBLE)
        return order_of_double((double)INFINITY) - 1;
    return is_time(type) ? INT64_MAX - 1 : INT64_MAX;
}

static size_t run_length(const int64_t *sorted, size_t n, size_t start)
{
    size_t end = start + 1;
    while (end < n && sorted[end] == sorted[start])
        end++;
    return end - start;
}

static size_t count_values(const int64_t *sorted, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i += run_length(sorted, n, i))
        count++;
    return count;
}

/* Edges at even distances in the sample, and around frequent values. */
static void add_edges(struct ordered_bins *bins, const int64_t *sorted, size_t n, size_t max_bins)
{
    size_t group = n / max_bins > 0 ? n / max_bins : 1;
    size_t frequent = count_values(sorted, n) <= max_bins ? 1 : group < 2 ? 2 : group;
    size_t since = group;
    size_t run = 0;
    for (size_t i = 0; i < n; i += run) {
        run = run_length(sorted, n, i);
        if (run >= frequent) {
            add_value(bins, sorted[i]);
            since = 0;
            continue;
        }
        if (since + run > group) {
            add_edge(bins, sorted[i]);
            since = 0;
        }
        since += run;
    }
    if (n == 0)
        add_edge(bins, 0);
    else if (sorted[n - 1] < INT64_MAX)
        add_edge(bins, sorted[n - 1] + 1);
}

/* The finite part of the sample, and edges where infinity begins and ends. */
static void choose_edges(struct ordered_bins *bins, const int64_t *sorted, size_t n,
                         size_t max_bins)
{
    size_t begin = 0;
    int64_t first = first_finite(bins->type);
    int64_t last = last_finite(bins->type);
    while (begin < n && sorted[begin] < first)
        begin++;
    while (n > begin && sorted[n - 1] > last)
        n--;
    if (first > INT64_MIN)
        add_edge(bins, first);
    add_edges(bins, sorted + begin, n - begin, max_bins);
    if (last < INT64_MAX)
        add_edge(bins, last + 1);
    if (bins->type == VALUE_DOUBLE)
        add_edge(bins, last + 2);
}

/* A bin for each integer of a range that takes in the sample, if that is narrow. */
static bool choose_direct(struct ordered_bins *bins, const int64_t *sorted, size_t n, size_t max)
{
    if (bins->type == VALUE_DOUBLE || n == 0 ||
        (uint64_t)sorted[n - 1] - (uint64_t)sorted[0] >= max)
        return false;
    int64_t margin = (int64_t)(max - ((uint64_t)sorted[n - 1] - (uint64_t)sorted[0])) / 2;
    int64_t far = INT64_MAX - (int64_t)(2 * max);
    if (sorted[0] < -far || sorted[n - 1] > far)
        return false;
    bins->is_direct = true;
    for (int64_t edge = sorted[0] - margin; edge <= sorted[n - 1] + margin + 1; edge++)
        bins->edges[bins->n_edges++] = edge;
    return true;
}

/* NaN is in the last cell. Ascends with x, however it rounds. */
static inline int32_t linear_cell(const struct ordered_bins *bins, double x)
{
    double cell = (x - bins->low) * bins->scale;
    cell = cell < (double)(CELLS - 1) ? cell : (double)(CELLS - 1);
    cell = cell > 0 ? cell : 0;
    return (int32_t)cell;
}

static inline int32_t log_cell(const struct ordered_bins *bins, double x)
{
    uint64_t bits = value_double_bits(x);
    int64_t size = (int64_t)(bits & UINT64_MAX >> 1) - (int64_t)bins->smallest;
    size = size > 0 ? (int64_t)((uint64_t)size >> bins->shift) : 0;
    int64_t cell = (bits >> 63 != 0 ? -size : size) + bins->offset;
    cell = cell < (int64_t)CELLS - 1 ? cell : (int64_t)CELLS - 1;
    return (int32_t)(cell > 0 ? cell : 0);
}

static int32_t cell_of(const struct ordered_bins *bins, int64_t order)
{
    double x = order_number(bins->type, order);
    return bins->is_log ? log_cell(bins, x) : linear_cell(bins, x);
}

/* Number of edges in lower cells, for each cell. */
static void set_base(struct ordered_bins *bins)
{
    size_t edge = 0;
    for (size_t cell = 0; cell < CELLS; cell++) {
        while (edge < bins->n_edges && (size_t)cell_of(bins, bins->edges[edge]) < cell)
            edge++;
        bins->base[cell] = (uint16_t)edge;
    }
    bins->base[CELLS] = (uint16_t)bins->n_edges;
}

/* How many of the sample are in cells with more edges than `steps` comparisons tell apart. */
static size_t count_crowded(const struct ordered_bins *bins, const int64_t *sorted, size_t n,
                            unsigned steps)
{
    size_t crowded = 0;
    for (size_t i = 0; i < n; i++) {
        const uint16_t *base = &bins->base[cell_of(bins, sorted[i])];
        crowded += (size_t)(base[1] - base[0]) >= (size_t)1 << steps;
    }
    return crowded;
}

static void set_linear(struct ordered_bins *bins, double low, double high)
{
    bins->is_log = false;
    bins->low = low;
    bins->scale = (double)(CELLS - 1) / (high - low);
    if (!isfinite(bins->scale) || bins->scale < MIN_SCALE)
        bins->scale = MIN_SCALE;
}

static uint64_t magnitude_bits(double x)
{
    return value_double_bits(fabs(x));
}

/* How many cells a number is from the smallest magnitude. */
static uint64_t magnitude_cells(const struct ordered_bins *bins, double x)
{
    uint64_t bits = magnitude_bits(x);
    return (bits > bins->smallest ? bits - bins->smallest : 0) >> bins->shift;
}

/* The smallest magnitude of the sample that is not 0 gets cells of its own. */
static void set_log(struct ordered_bins *bins, const int64_t *sorted, size_t n)
{
    double low = order_number(bins->type, sorted[0]);
    double high = order_number(bins->type, sorted[n - 1]);
    bins->is_log = true;
    bins->smallest = magnitude_bits((double)INFINITY);
    bins->offset = 0;
    for (size_t i = 0; i < n; i++) {
        double x = order_number(bins->type, sorted[i]);
        if (x != 0 && magnitude_bits(x) < bins->smallest)
            bins->smallest = magnitude_bits(x);
    }
    bins->smallest -= bins->smallest > 0;
    /* Both signs together may have more magnitudes than an int64_t. */
    for (bins->shift = 0; bins->shift < 63; bins->shift++) {
        uint64_t to_low = magnitude_cells(bins, low);
        uint64_t to_high = magnitude_cells(bins, high);
        uint64_t cells = low > 0 ? to_high - to_low : high < 0 ? to_low : to_low + to_high;
        bins->offset = low > 0 ? 1 - (int64_t)to_low : 1 + (int64_t)to_low;
        if (cells < CELLS - 2)
            return;
    }
}

/* Fewest comparisons that leave at most one in 64 of the sample to be searched for. */
static unsigned steps_needed(const struct ordered_bins *bins, const int64_t *sorted, size_t n,
                             size_t *ret_crowded)
{
    unsigned steps = 0;
    *ret_crowded = count_crowded(bins, sorted, n, steps);
    while (*ret_crowded > n / 64 && steps < MAX_STEPS)
        *ret_crowded = count_crowded(bins, sorted, n, ++steps);
    return steps;
}

/* The finite middle of the sample decides which map is better. */
static void choose_map(struct ordered_bins *bins, const int64_t *sorted, size_t n)
{
    size_t begin = 0;
    size_t linear_crowded = 0;
    size_t log_crowded = 0;
    while (begin < n && sorted[begin] < first_finite(bins->type))
        begin++;
    while (n > begin && sorted[n - 1] > last_finite(bins->type))
        n--;
    sorted += begin;
    n -= begin;
    set_linear(bins, 0, 1);
    if (n == 0) {
        set_base(bins);
        return;
    }
    set_log(bins, sorted, n);
    set_base(bins);
    unsigned log_steps = steps_needed(bins, sorted, n, &log_crowded);
    set_linear(bins, order_number(bins->type, sorted[n / 256]),
               order_number(bins->type, sorted[n - 1 - n / 256]));
    set_base(bins);
    bins->steps = steps_needed(bins, sorted, n, &linear_crowded);
    if (bins->steps < log_steps || (bins->steps == log_steps && linear_crowded <= log_crowded))
        return;
    set_log(bins, sorted, n);
    set_base(bins);
    bins->steps = log_steps;
}

static enum error_code new_edges(struct ordered_bins *bins, enum value_type type, size_t capacity,
                                 struct error *err)
{
    *bins = (struct ordered_bins){.type = type};
    bins->edges = calloc(capacity + PADDING, sizeof(*bins->edges));
    bins->base = calloc(CELLS + 1, sizeof(*bins->base));
    if (bins->edges == NULL || bins->base == NULL)
        return error_set(err, ERR_MEMORY, "out of memory for the bins of a column");
    return OK;
}

static void pad_edges(struct ordered_bins *bins)
{
    for (size_t i = 0; i < PADDING; i++)
        bins->edges[bins->n_edges + i] = INT64_MAX;
}

enum error_code ordered_bins_init(struct ordered_bins *bins, enum value_type type,
                                  const int64_t *sorted, size_t n, size_t max_bins,
                                  struct error *err)
{
    TRY(new_edges(bins, type, 3 * max_bins + 16, err));
    if (!choose_direct(bins, sorted, n, 2 * max_bins)) {
        choose_edges(bins, sorted, n, max_bins);
        choose_map(bins, sorted, n);
    }
    pad_edges(bins);
    return OK;
}

enum error_code ordered_bins_of_edges(struct ordered_bins *bins, enum value_type type,
                                      const int64_t *edges, size_t n_edges, const int64_t *sorted,
                                      size_t n, struct error *err)
{
    TRY(new_edges(bins, type, n_edges, err));
    for (size_t i = 0; i < n_edges; i++)
        bins->edges[bins->n_edges++] = edges[i];
    choose_map(bins, sorted, n);
    pad_edges(bins);
    return OK;
}

bool ordered_bins_is_value(const struct ordered_bins *bins, size_t bin)
{
    if (bin == 0)
        return bins->n_edges > 0 &&
               (bins->edges[0] == INT64_MIN + 1 || bins->edges[0] == first_finite(bins->type));
    if (bin < bins->n_edges)
        return (uint64_t)bins->edges[bin] - (uint64_t)bins->edges[bin - 1] == 1;
    /* There is one NaN. */
    return bins->edges[bin - 1] == INT64_MAX || bins->edges[bin - 1] > last_finite(bins->type);
}

bool ordered_bins_is_infinite(const struct ordered_bins *bins, size_t bin)
{
    if (bin == 0)
        return bins->n_edges > 0 && bins->edges[0] <= first_finite(bins->type);
    return bins->edges[bin - 1] > last_finite(bins->type);
}

/* Edge 0 and those up to the last one are neighbours. */
static void find_direct(const struct ordered_bins *bins, const int64_t *restrict orders, size_t n,
                        uint32_t *restrict ret_bins)
{
    uint64_t low = (uint64_t)bins->edges[0];
    uint64_t last = bins->n_edges - 1;
    for (size_t i = 0; i < n; i++) {
        uint64_t distance = (uint64_t)orders[i] - low;
        uint64_t bin = (distance < last ? distance : last) + 1;
        ret_bins[i] = orders[i] < bins->edges[0] ? 0 : (uint32_t)bin;
    }
}

#define CELLS_OF(name, type, map)                                                                  \
    VECTORISED static void name(const struct ordered_bins *bins, const type *restrict values,      \
                                size_t n, int32_t *restrict ret_cells)                             \
    {                                                                                              \
        const struct ordered_bins at = *bins;                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            ret_cells[i] = map(&at, (double)values[i]);                                            \
    }

CELLS_OF(linear_cells_f64, double, linear_cell)
CELLS_OF(linear_cells_i64, int64_t, linear_cell)
CELLS_OF(log_cells_f64, double, log_cell)
CELLS_OF(log_cells_i64, int64_t, log_cell)

static void find_cells(const struct ordered_bins *bins, const struct vector *values, size_t n,
                       int32_t *ret_cells)
{
    if (bins->type == VALUE_DOUBLE && bins->is_log)
        log_cells_f64(bins, values->f64, n, ret_cells);
    else if (bins->type == VALUE_DOUBLE)
        linear_cells_f64(bins, values->f64, n, ret_cells);
    else if (bins->is_log)
        log_cells_i64(bins, values->i64, n, ret_cells);
    else
        linear_cells_i64(bins, values->i64, n, ret_cells);
}

/* Number of edges of the cell and below it that are not above the order. */
static uint32_t search_cell(const struct ordered_bins *bins, int32_t cell, int64_t order)
{
    size_t low = bins->base[cell];
    size_t high = bins->base[cell + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bins->edges[middle] <= order)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* Edges of higher cells are above the order, so that looking at them does no harm. */
static inline void find_in_cells(const struct ordered_bins *bins, const int64_t *restrict orders,
                                 const int32_t *restrict cells, size_t n, unsigned steps,
                                 uint32_t *restrict ret_bins)
{
    const int64_t *restrict edges = bins->edges;
    const uint16_t *restrict base = bins->base;
    for (size_t i = 0; i < n; i++) {
        int64_t order = orders[i];
        size_t bin = base[cells[i]];
        for (size_t half = (size_t)1 << steps >> 1; half > 0; half /= 2)
            bin += edges[bin + half - 1] <= order ? half : 0;
        ret_bins[i] = (uint32_t)bin;
        if (__builtin_expect(edges[bin] <= order, 0))
            ret_bins[i] = search_cell(bins, cells[i], order);
    }
}

void ordered_bins_find(const struct ordered_bins *bins, const struct vector *values, size_t n,
                       uint32_t *ret_bins)
{
    int64_t memory[SLICE_ROWS];
    int32_t cells[SLICE_ROWS];
    const int64_t *orders = vector_orders(values, n, memory);
    if (bins->is_direct) {
        find_direct(bins, orders, n, ret_bins);
        return;
    }
    find_cells(bins, values, n, cells);
    switch (bins->steps) {
    case 0:
        find_in_cells(bins, orders, cells, n, 0, ret_bins);
        break;
    case 1:
        find_in_cells(bins, orders, cells, n, 1, ret_bins);
        break;
    case 2:
        find_in_cells(bins, orders, cells, n, 2, ret_bins);
        break;
    default:
        find_in_cells(bins, orders, cells, n, MAX_STEPS, ret_bins);
    }
}
