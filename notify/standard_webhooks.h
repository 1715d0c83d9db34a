/* Signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com). */
#ifndef LG_NOTIFY_STANDARD_WEBHOOKS_H
#define LG_NOTIFY_STANDARD_WEBHOOKS_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/secret.h"

#define WEBHOOK_KEY_MIN_BYTES 24
#define WEBHOOK_KEY_MAX_BYTES 64

/* The secret's raw bytes; the older one too while a rotation lasts. */
struct webhook_keys {
    unsigned char current[WEBHOOK_KEY_MAX_BYTES];
    size_t current_len;
    unsigned char older[WEBHOOK_KEY_MAX_BYTES];
    size_t older_len; /* 0: none */
};

/*
 * Reads "whsec_" and standard base64 of 24 to 64 bytes; the prefix may be missing. older may be
 * NULL or empty. ERR_CONFIG with the reason, never with the secret.
 */
enum error_code webhook_keys_parse(const struct secret *current, const struct secret *older,
                                   struct webhook_keys *ret_keys, struct error *err) MUST_CHECK;

/* Zeroes the keys. */
void webhook_keys_release(struct webhook_keys *keys);

/* A new random secret of 32 bytes, "whsec_…". ERR_IO if the system has no randomness. */
enum error_code webhook_secret_generate(struct secret *ret_secret, struct error *err) MUST_CHECK;

/*
 * Appends the value of the header webhook-signature: "v1,<base64>", with an older key a second one
 * after a space. Each is base64(HMAC-SHA256(key, id "." timestamp_s "." body)). id is the value of
 * webhook-id and must not hold a dot or a control character (ERR_CONFIG); timestamp_s is the
 * attempt's time in seconds since the Unix epoch.
 */
enum error_code webhook_sign(const struct webhook_keys *keys, const char *id, int64_t timestamp_s,
                             const char *body, size_t body_bytes, struct buffer *signature,
                             struct error *err) MUST_CHECK;

#endif
