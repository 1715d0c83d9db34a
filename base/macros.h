/* Compiler attributes and ownership macros that every folder uses. */
#ifndef LG_BASE_MACROS_H
#define LG_BASE_MACROS_H

#include <stddef.h>

#define PRINTF_LIKE(format_index, first_arg)                                                       \
    __attribute__((format(printf, format_index, first_arg)))
#define MUST_CHECK __attribute__((warn_unused_result))

/* Runs release(&variable) when the variable leaves its scope. */
#define CLEANUP(release) __attribute__((cleanup(release)))

/*
 * Defines release_name(type **p), for use with CLEANUP on a pointer that free_function frees.
 * free_function has to accept NULL.
 */
#define DEFINE_POINTER_CLEANUP(type, release_name, free_function)                                  \
    static inline void release_name(type **p)                                                      \
    {                                                                                              \
        free_function(*p);                                                                         \
        *p = NULL;                                                                                 \
    }

/* Hands the pointer over: yields its value and leaves NULL behind, so that CLEANUP frees nothing.
 */
#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(&(pointer)) take_from_ = &(pointer);                                            \
        __typeof__(pointer) taken_ = *take_from_;                                                  \
        *take_from_ = NULL;                                                                        \
        taken_;                                                                                    \
    })

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Leaves the function with the code of a call that failed. For the many calls whose only handling
 * is to pass the error on; anything that has to be undone belongs to CLEANUP variables.
 */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum error_code try_code_ = (call);                                                        \
        if (try_code_ != OK)                                                                       \
            return try_code_;                                                                      \
    } while (0)

#endif
