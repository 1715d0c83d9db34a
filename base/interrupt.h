/* Ctrl-C and TERM as a flag and a descriptor, so that long work ends at a place of its choosing. */
#ifndef LG_BASE_INTERRUPT_H
#define LG_BASE_INTERRUPT_H

#include <stdbool.h>

#include "base/error.h"

/* Catches SIGINT, SIGTERM and SIGHUP, ignores SIGPIPE. Call once at the start of the process. */
enum error_code interrupt_install(struct error *err) MUST_CHECK;

/* Whether one of the signals has arrived. */
bool interrupt_requested(void);

/* A descriptor that becomes readable when a signal arrives, for poll(); -1 before install. */
int interrupt_fd(void);

/* ERR_CANCELLED once a signal has arrived, else OK. Cheap enough to call for every batch. */
enum error_code interrupt_check(struct error *err) MUST_CHECK;

/* Forgets the signals seen so far; for tests. */
void interrupt_reset(void);

#endif
