/* SHA-256, for what must not be changed unnoticed. */
#ifndef LG_STORE_DIGEST_H
#define LG_STORE_DIGEST_H

#include <stddef.h>

#include "base/error.h"

/* 64 lower-case hexadecimal digits and a zero byte. */
#define DIGEST_TEXT_BYTES 65

/* Digest of the bytes as text. ERR_MEMORY if the library cannot work. */
enum error_code digest_sha256(const void *bytes, size_t len, char ret_text[DIGEST_TEXT_BYTES],
                              struct error *err) MUST_CHECK;

#endif
