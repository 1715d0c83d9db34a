/*
 * Measures as SQL for PostgreSQL 14 and later, so that they can be computed where the rows are. The
 * numbers are those of diff/diff.h: comparisons are exact, other arithmetic is double, and what is
 * no number there is NULL here; no statement fails because of a value. Differences that remain are
 * within what diff.h states: sums and means are rounded once and so as good or better; distinct(),
 * arrivals() and top_share() are exact where the other way samples or estimates; log2() may differ
 * in the last digit, and so may exp() and a product in the range that is below all normal doubles.
 *
 * Statements only read. They need no function, table or setting but those of pg_catalog and the two
 * relations, and expect the session settings of store/sql/session.sql.
 */
#ifndef LG_RULES_SQL_TEXT_H
#define LG_RULES_SQL_TEXT_H

#include "base/arena.h"
#include "diff/diff.h"

/* What to compare; each relation as it stands after FROM, with quotes where they are needed. */
struct sql_relations {
    const char *new_relation;
    const char *old_relation; /* NULL: a first load, the old side is empty */
    bool keys_are_unique;     /* on both sides; saves looking for keys that stand twice */
};

/*
 * One way of dividing rows, `by` of the measures that have it. The segments are found by a
 * statement of its own first; keys is then what it called them.
 */
struct sql_division {
    size_t by[MEASURE_MAX_BY];
    size_t n_by;
    const char *segments_sql; /* see sql_text_divisions */
    const char *const *keys;  /* for the caller to set: of the segments chosen */
    size_t n_keys;
    bool has_rest; /* for the caller to set: rows with other keys are the segment "" */
};

/*
 * The divisions of a plan. The statement of each returns at most DIFF_MAX_SEGMENTS + 1 rows, those
 * with the most rows first:
 *
 *   text key, bigint new_rows, bigint old_rows, bigint all_new_rows, bigint all_old_rows,
 *   bigint all_segments, and for each by-column its value as sql_text_value() reads it
 */
void sql_text_divisions(const struct measure_plan *plan, const struct sql_relations *relations,
                        struct arena *arena, struct sql_division **ret_divisions,
                        size_t *ret_n_divisions);

/* Whether the rows of a measure are divided so. */
bool sql_text_divides(const struct sql_division *division, const struct measure *measure);

/*
 * Statements that compute all measures of the plan but those with SQL of their own; each computes
 * many. Every one returns rows of
 *
 *   bigint measure, text segment, text value, bigint scope_rows, text arrived_at
 *
 * measure is the index in the plan, segment the key of a division ("" without by). Where a segment
 * has no row, counts are 0, other values are NULL and so is the scope. ERR_REFUSED names a measure
 * that there is no SQL for, see sql_text_refusal(); ERR_LIMIT: a statement gets too long.
 */
enum error_code sql_text_measures(const struct measure_plan *plan,
                                  const struct sql_relations *relations,
                                  const struct sql_division *divisions, size_t n_divisions,
                                  struct arena *arena, const char *const **ret_statements,
                                  size_t *ret_n_statements, struct error *err) MUST_CHECK;

/* The row counts of struct row_counts: seven columns of type bigint in its order. */
const char *sql_text_counts(const struct schema *schema, const struct sql_relations *relations,
                            struct arena *arena);

/*
 * Why there is no SQL for a measure, or NULL if there is: it works through the rows in an order of
 * its own, or its file has more values than a statement can hold.
 */
const char *sql_text_refusal(const struct measure *measure);

/* Most values that a file of in file() may have. */
#define SQL_TEXT_MAX_SET 100000

/* Reads a value of one of the statements; NULL is SQL null. Texts go to the arena. */
struct value sql_text_value(enum value_type type, const char *text, struct arena *arena);

#endif
