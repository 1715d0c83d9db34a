/* What every unit test includes: cmocka with its required headers, and checks on errors. */
#ifndef LG_TESTS_UNIT_TEST_H
#define LG_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

/* Fails the test with the whole error text unless the call returned OK. Needs `struct error err`.
 */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        enum error_code assert_code_ = (call);                                                     \
        if (assert_code_ != OK) {                                                                  \
            error_print(&err, stderr);                                                             \
            fail_msg("%s failed", #call);                                                          \
        }                                                                                          \
    } while (0)

#define assert_fails(expected, call) assert_int_equal(expected, call)

/* Whether the text contains the words, with both shown when it does not. */
#define assert_contains(text, words)                                                               \
    do {                                                                                           \
        if (strstr((text), (words)) == NULL)                                                       \
            fail_msg("'%s' does not contain '%s'", (text), (words));                               \
    } while (0)

#endif
