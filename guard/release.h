/* Publishing a judged load: index, attach, wait, flip; and what follows a publication. */
#ifndef LG_GUARD_RELEASE_H
#define LG_GUARD_RELEASE_H

#include "guard/gate.h"
#include "store/ledger.h"
#include "store/publish.h"

/* Who released the load, if a person did. */
struct release_order {
    const char *actor;  /* NULL: the rules */
    const char *reason; /* NULL: none */
};

/*
 * Takes a load in state releasing to published. May be repeated after a crash at any moment.
 * ERR_CONFLICT: another load went live or a rollback took place since it was judged; the load is
 * still releasing and has to be judged again. Other errors leave it releasing, too.
 */
enum error_code release_load(struct gate *gate, const struct load_record *load,
                             const struct release_order *order, struct error *err) MUST_CHECK;

/*
 * Makes room after a publication: detaches and drops loads that are no longer kept, ends held and
 * blocked loads that are older than the live one, removes their packed files. What fails is left
 * to the next time.
 */
void release_tidy(struct gate *gate);

/* One line about what a publication or rollback waits for and who is in the way, in the arena. */
const char *release_blocked_summary(const struct blockage *blockage, struct arena *arena);

#endif
