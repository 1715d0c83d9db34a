/* Measures of earlier loads of a feed: what a load is judged against beside the last good one. */
#ifndef LG_RULES_HISTORY_H
#define LG_RULES_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "diff/diff.h"

/* Loads that are looked back on: four weeks of nights, so that each weekday is seen four times. */
#define HISTORY_MAX_LOADS 28

/* Loads that a range needs unless a rule says otherwise: a whole week and a night. */
#define HISTORY_MIN_LOADS 8

/* Loads that recent() can take the mean of; more would leave nothing to compare with. */
#define HISTORY_MAX_WINDOW 14

#define HISTORY_NO_LOAD SIZE_MAX

struct history_load {
    int64_t load; /* its number, for people */
    bool has_as_of;
    int64_t as_of_us; /* microseconds since the Unix epoch */
    bool approved;    /* a person released it in spite of its findings */
};

/* The values of one measure in one segment; bit i of the masks is loads[i]. */
struct history_series {
    const char *text;
    const char *segment; /* "" for all rows */
    double values[HISTORY_MAX_LOADS];
    uint32_t known;  /* loads that have a record, be it NULL */
    uint32_t null;   /* loads whose record is NULL */
    uint32_t trains; /* loads whose record later loads are judged against */
};

/*
 * Earlier loads that were published and not found bad since, the newest first. All texts and tables
 * belong to the arena.
 */
struct history {
    struct arena *arena;
    struct history_load loads[HISTORY_MAX_LOADS];
    size_t n_loads;
    size_t previous; /* index of the last good load, or HISTORY_NO_LOAD */
    struct history_series *series;
    size_t n_series;
    size_t capacity;
    size_t *slots; /* hash table of index + 1, 0 for free */
    size_t n_slots;
};

void history_init(struct history *history, struct arena *arena);

/* Adds an older load than those before; its index, or HISTORY_NO_LOAD if there are enough. */
size_t history_add_load(struct history *history, const struct history_load *load);

/* One measure of a load that was added. Texts are copied; a second record of the same is ignored.
 */
struct history_record {
    const char *text;
    const char *segment;
    bool is_null;
    double value;
    bool trains;
};
void history_add(struct history *history, size_t load, const struct history_record *record);

/*
 * Whether what a measure came to trains, if so many usual intervals lay between the two loads: one
 * that compares loads does not if it spans several nights.
 */
bool history_trains(const struct measure *measure, double gap);

/* A measure's value as it is recorded; false for NULL and what is no number or time. */
bool history_number(const struct value *value, double *ret_number);

/* as_of as conditions see it: from microseconds since the Unix epoch, or NULL. */
struct value history_time(bool is_known, int64_t unix_us);

/*
 * Segments that are recorded of a measure and load: those with the most rows on either side, and
 * the rest. Others have no history.
 */
#define HISTORY_MAX_SEGMENTS 1000

/*
 * What is recorded of one measure, for later loads: nothing if the columns to segment by had too
 * many values to do it. Records belong to the arena.
 */
void history_records(const struct measure *measure, const struct measure_result *result, double gap,
                     struct arena *arena, struct history_record **ret_records, size_t *ret_n);

/* What an approval says about one measure of a load, or (text NULL) about none. */
struct history_excuse {
    int64_t load;
    bool new_normal; /* the loads before it no longer train; else this one does not */
    const char *text;
};

/* Whether the measure of a load does not train because of approvals of loads before `judged`. */
bool history_is_excused(const struct history_excuse *excuses, size_t n, int64_t load,
                        int64_t judged, const char *text);

bool history_is_approved(const struct history_excuse *excuses, size_t n, int64_t load);

/* Adds all that a comparison measured: no queries, which it does not run. */
void history_add_result(struct history *history, size_t load, const struct measure_plan *plan,
                        const struct diff_result *result, double gap);

/* NULL if no load has a record of it. history may be NULL. */
const struct history_series *history_find(const struct history *history, const char *text,
                                          const char *segment);

/*
 * How many usual intervals lie between two loads: the time between them over the median of the
 * intervals between the given times, which are in order of time. At least 1, also where too little
 * is known to tell.
 */
double history_gap(const int64_t *times_us, size_t n_times, int64_t from_us, int64_t to_us);

#endif
