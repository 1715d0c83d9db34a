/* The JSON Schemas of the files that people write, made from the tables that read them. */
#ifndef LG_GUARD_SCHEMA_H
#define LG_GUARD_SCHEMA_H

#include <jansson.h>

#include "base/error.h"

/* Of loadguard.yaml; a new object (draft 2020-12) that the caller drops. ERR_MEMORY. */
enum error_code schema_of_config(json_t **ret_schema, struct error *err) MUST_CHECK;

/* Of a file of rules: a list of them, or a map with the key `rules`. */
enum error_code schema_of_rules(json_t **ret_schema, struct error *err) MUST_CHECK;

#endif
