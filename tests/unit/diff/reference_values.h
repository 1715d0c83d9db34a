/* What the two halves of the reference share: expressions of a row, and measures over rows. */
#ifndef LG_TESTS_UNIT_DIFF_REFERENCE_VALUES_H
#define LG_TESTS_UNIT_DIFF_REFERENCE_VALUES_H

#include "tests/unit/diff/reference.h"

__extension__ typedef __int128 wide;
__extension__ typedef __float128 quad;

double reference_as_double(const struct value *value);
struct value reference_converted(struct value value, enum value_type type);
struct value reference_eval_changed(const struct reference_row *row);
int reference_infinity_of(const struct value *value);
bool reference_is_infinite_time(const struct value *value);
bool reference_is_nan(const struct value *value);
bool reference_is_time(const struct value *value);
struct value reference_null_value(enum value_type type);
struct value reference_of_double(double x);
struct value reference_of_wide(enum value_type type, wide x);

#endif
