/* Texts from outside (arguments, paths, answers, a scorer's last words) made fit for the ledger. */
#ifndef LG_STORE_CLEAN_H
#define LG_STORE_CLEAN_H

#include "base/buffer.h"

/*
 * PostgreSQL refuses text that is not UTF-8, and a failure must not go unrecorded because of how
 * somebody else spells it. *ret_text is text itself if it is valid or NULL, else a copy in space
 * (initialised by the caller) with U+FFFD for what is not.
 */
enum error_code clean_text(const char *text, struct buffer *space, const char **ret_text,
                           struct error *err) MUST_CHECK;

#endif
