/* Rule sets from documents, and their judgement over two small loads. */
#ifndef LG_TESTS_FUZZ_LOADS_H
#define LG_TESTS_FUZZ_LOADS_H

#include "yaml/document.h"

/*
 * Reads the document as rules over a schema with a column of every type. Rules that are good are
 * measured over two loads of a few rows each, and judged with a history and without.
 */
void fuzz_rule_set(const struct yaml_node *root, struct diagnostics *diags);

#endif
