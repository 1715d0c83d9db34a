/*
 * What all fuzz targets share. A target is one function that gets bytes and may do anything but
 * crash, leak or break an assertion.
 */
#ifndef LG_TESTS_FUZZ_TARGET_H
#define LG_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "yaml/diagnostics.h"

/* Called by libFuzzer, or by replay.c for each file; always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* That there is a problem, and that each says where it is, what is wrong and what to do. */
void fuzz_expect_problems(struct diagnostics *diags);

#endif
