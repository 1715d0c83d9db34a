/* Values of measures and limits as people read them. */
#ifndef LG_RULES_FIGURE_H
#define LG_RULES_FIGURE_H

#include "base/number.h"
#include "diff/expr.h"

#define FIGURE_TEXT_BYTES NUMBER_TEXT_BYTES

/* "93.2 %" if is_percentage and a number, "1,234.5", "4 h 3 min", "NULL"; more_digits as for
 * number_format_double; returns out. */
char *figure_text(const struct value *value, bool is_percentage, int more_digits,
                  char out[FIGURE_TEXT_BYTES]);

/*
 * A value and the limit that it passed, with so many digits that the two do not read alike:
 * "4.9996 %" and "5 %".
 */
void figure_texts(const struct value *measured, const struct value *limit, bool is_percentage,
                  char ret_measured[FIGURE_TEXT_BYTES], char ret_limit[FIGURE_TEXT_BYTES]);

#endif
