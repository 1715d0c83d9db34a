/* Printing what a drill came to. */
#ifndef LG_GUARD_COMMANDS_DRILL_H
#define LG_GUARD_COMMANDS_DRILL_H

#include <jansson.h>

#include "rules/drill.h"

/* What was damaged. */
struct drill_subject {
    const char *name;    /* "klout load 12" or a path */
    const char *against; /* what copies are compared with: "load 11", "itself" */
    uint64_t rows;
    uint64_t seed;
    size_t n_loads; /* of history that there was to judge by */
};

/* Two tables as text: where each damage begins to be stopped, and which rule still catches what. */
void drill_print(const struct drill_subject *subject, const struct drill_result *result,
                 unsigned width);

/* The same as a new JSON object; NULL without memory. */
json_t *drill_json(const struct drill_subject *subject, const struct drill_result *result);

#endif
