/*
 * A rule set: rules read from YAML and checked against a schema, the measures that they need, and
 * the judgement of a comparison by them. The language is described in docs/rules.md.
 */
#ifndef LG_RULES_RULE_SET_H
#define LG_RULES_RULE_SET_H

#include "base/arena.h"
#include "diff/diff.h"
#include "rules/judgement.h"
#include "snapshot/schema.h"
#include "yaml/document.h"

/* Immutable once made; owns its memory. Safe to use from several threads. */
struct rule_set;

/* Name of the default rules in `include:`, and their text. */
#define RULE_SET_DEFAULT_NAME "default"
const char *rule_set_default_text(void);

/*
 * Reads the rules of a file: a list of rules, or a map whose key `rules` has one. The schema must
 * outlive the set. All problems go to diags, with their places, and ERR_CONFIG is returned with the
 * first: unknown columns, functions and keys, wrong types, files that are missing. ERR_MEMORY.
 */
enum error_code rule_set_read(const char *path, const struct schema *schema,
                              struct rule_set **ret_set, struct diagnostics *diags,
                              struct error *err) MUST_CHECK;

/*
 * The same for rules that stand in a larger document: `rules` is a list of rules. Paths in them are
 * relative to the directory of the document's file. The node must outlive the call only.
 */
enum error_code rule_set_from_node(const struct yaml_node *rules, const struct schema *schema,
                                   struct rule_set **ret_set, struct diagnostics *diags,
                                   struct error *err) MUST_CHECK;

/* The default rules alone, for a feed or a pair of files without rules of its own. */
enum error_code rule_set_default(const struct schema *schema, struct rule_set **ret_set,
                                 struct error *err) MUST_CHECK;

void rule_set_free(struct rule_set *set);
DEFINE_POINTER_CLEANUP(struct rule_set, rule_set_cleanup, rule_set_free)

/* The measures to compute, each once; lives as long as the set. */
const struct measure_plan *rule_set_plan(const struct rule_set *set);

/*
 * The same plan for two given snapshots, with the same indices: where a sample of the rows already
 * shows that a text column has too many values for a category, the measures that `by: each
 * category` wanted by it are computed over all rows instead of in thousands of segments. Judgements
 * are the same with either plan. old_snapshot may be NULL. The plan belongs to the arena.
 * ERR_CORRUPT, ERR_MEMORY.
 */
enum error_code rule_set_plan_for(const struct rule_set *set, struct packed *old_snapshot,
                                  struct packed *new_snapshot, struct arena *arena,
                                  struct measure_plan *ret_plan, struct error *err) MUST_CHECK;

#define RULE_SET_DIGEST_BYTES 33

/*
 * Hexadecimal digest of what the rules say: names, actions, conditions, limits, reasons, the
 * contents of files that they name, with includes resolved. Comments and layout do not change it.
 */
const char *rule_set_digest(const struct rule_set *set);

/* One rule as it was read, for lists. */
struct rule_info {
    const char *name;
    enum action action; /* the strongest, if it has several */
    const char *condition;
    const char *because; /* or "" */
    const char *file;
    unsigned line;
    bool shadow;
    size_t n_checks; /* columns and segmentations that it is applied to; 0: no column fits */
};
/* The first rule whose conditions look at a measure of the plan; false if none does by itself. */
bool rule_set_rule_of_measure(const struct rule_set *set, size_t measure,
                              struct rule_info *ret_rule);

size_t rule_set_n_rules(const struct rule_set *set);
struct rule_info rule_set_rule(const struct rule_set *set, size_t index);

/*
 * Judges a result of rule_set_plan(set). Everything in *ret_judgement belongs to the arena or to
 * the set, and texts in values to the result. ERR_MEMORY.
 */
enum error_code rule_set_judge(const struct rule_set *set, const struct diff_result *result,
                               const struct judge_context *context, struct arena *arena,
                               struct judgement *ret_judgement, struct error *err) MUST_CHECK;

#endif
