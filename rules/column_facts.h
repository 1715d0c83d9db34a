/* What can be seen of a column in a snapshot, to choose how to damage it; for rules/ only. */
#ifndef LG_RULES_COLUMN_FACTS_H
#define LG_RULES_COLUMN_FACTS_H

#include "rules/cell.h"
#include "snapshot/packed.h"

#define FACTS_MAX_DISTINCT 1000 /* different values that are told apart */
#define FACTS_MAX_CATEGORY 100  /* as for `by: each category` */

struct column_facts {
    uint64_t nulls;
    size_t distinct; /* in a sample of the blocks, at most FACTS_MAX_DISTINCT */
    bool has_range;  /* of numbers, times and whole keys; NaN left out */
    struct cell min;
    struct cell max;
    bool is_category;     /* text or boolean with 2 to FACTS_MAX_CATEGORY values */
    struct cell category; /* the value that most nearly a fifth of the sample has */
};

/* facts[n_columns], in the arena. ERR_CORRUPT, ERR_MEMORY, ERR_CANCELLED. */
enum error_code column_facts_find(struct packed *rows, struct arena *arena,
                                  struct column_facts **ret_facts, struct error *err) MUST_CHECK;

#endif
