/* The rules of a feed, or those named on the command line, or the default ones. */
#ifndef LG_GUARD_FEED_RULES_H
#define LG_GUARD_FEED_RULES_H

#include "guard/config.h"
#include "rules/rule_set.h"

/*
 * Loads the rules of the file if path is not NULL, else those of the feed if it is not NULL and has
 * some, else the default ones. All problems are printed to standard error; ERR_CONFIG says how
 * many.
 */
enum error_code feed_rules_load(const char *path, const struct feed_config *feed,
                                const struct schema *schema, struct rule_set **ret_rules,
                                struct error *err) MUST_CHECK;

/* The same, with the problems added to diags instead of being printed. */
enum error_code feed_rules_check(const struct feed_config *feed, struct rule_set **ret_rules,
                                 struct diagnostics *diags, struct error *err) MUST_CHECK;

/* Prints all problems to standard error and says in *err how many there are. Returns ERR_CONFIG. */
enum error_code report_problems(struct diagnostics *diags, struct error *err);

#endif
