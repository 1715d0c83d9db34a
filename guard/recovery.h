/* What a process that died has left of a feed, finished or undone at the next start. */
#ifndef LG_GUARD_RECOVERY_H
#define LG_GUARD_RECOVERY_H

#include "guard/gate.h"

/*
 * Needs the feed's lock, so nobody is at work on its loads. A load that was being released goes on;
 * if the world moved meanwhile, or it was not judged yet, it is abandoned, its rows are dropped and
 * whoever has to know is told.
 */
enum error_code recover_loads(struct gate *gate, struct error *err) MUST_CHECK;

#endif
