/* The narrowest type for values that are known as text only. */
#ifndef LG_SNAPSHOT_INFER_TYPE_H
#define LG_SNAPSHOT_INFER_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/schema.h"

/* A set of types that all values so far satisfy; text always does. */
typedef unsigned type_set;

#define TYPE_SET_ALL ((1U << N_COLUMN_TYPES) - 1)

/* Leaves those types in the set that the value satisfies without losing anything of its text. */
type_set infer_narrow(type_set types, const char *text, size_t len);

/* The narrowest type in the set. */
enum column_type infer_narrowest(type_set types);

#endif
