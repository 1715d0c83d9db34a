#include "notify/standard_webhooks.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#define PREFIX "whsec_"
#define DIGEST_BYTES 32
#define NEW_KEY_BYTES 32

/* Base64 text of n bytes, and its zero byte. */
#define BASE64_BYTES(n) (((n) + 2) / 3 * 4 + 1)

static enum error_code bad_secret(struct error *err, const char *reason)
{
    (void)error_set(err, ERR_CONFIG, "a webhook secret %s", reason);
    error_hint(err, "It is \"whsec_\" and base64 of %d to %d random bytes.", WEBHOOK_KEY_MIN_BYTES,
               WEBHOOK_KEY_MAX_BYTES);
    return ERR_CONFIG;
}

/* Decodes standard base64 with its padding; the decoder of OpenSSL alone would forgive too much. */
static bool decode_base64(const char *text, size_t len, unsigned char *out, size_t *ret_len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t letters = strspn(text, alphabet);
    size_t padding = len - letters;
    if (len == 0 || len % 4 != 0 || padding > 2 || strspn(text + letters, "=") != padding)
        return false;
    int decoded = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    if (decoded < 0)
        return false;
    *ret_len = (size_t)decoded - padding;
    return true;
}

static enum error_code parse_key(const struct secret *secret, unsigned char *key, size_t *ret_len,
                                 struct error *err)
{
    const char *text = secret_reveal(secret);
    if (strncmp(text, PREFIX, strlen(PREFIX)) == 0)
        text += strlen(PREFIX);
    /* One block more than the longest key, for padding. */
    unsigned char bytes[WEBHOOK_KEY_MAX_BYTES + 3];
    size_t len = strlen(text);
    if (len + 1 > BASE64_BYTES(WEBHOOK_KEY_MAX_BYTES))
        return bad_secret(err, "is too long");
    enum error_code code = OK;
    if (!decode_base64(text, len, bytes, &len))
        code = bad_secret(err, "is not base64");
    else if (len < WEBHOOK_KEY_MIN_BYTES)
        code = bad_secret(err, "is too short");
    else if (len > WEBHOOK_KEY_MAX_BYTES)
        code = bad_secret(err, "is too long");
    if (code == OK) {
        memcpy(key, bytes, len);
        *ret_len = len;
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return code;
}

enum error_code webhook_keys_parse(const struct secret *current, const struct secret *older,
                                   struct webhook_keys *ret_keys, struct error *err)
{
    struct webhook_keys keys = {0};
    enum error_code code = parse_key(current, keys.current, &keys.current_len, err);
    if (code == OK && older != NULL && older->len > 0)
        code = parse_key(older, keys.older, &keys.older_len, err);
    if (code == OK)
        *ret_keys = keys;
    webhook_keys_release(&keys);
    return code;
}

void webhook_keys_release(struct webhook_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

enum error_code webhook_secret_generate(struct secret *ret_secret, struct error *err)
{
    unsigned char key[NEW_KEY_BYTES];
    char text[sizeof(PREFIX) - 1 + BASE64_BYTES(NEW_KEY_BYTES)] = PREFIX;
    if (RAND_bytes(key, sizeof(key)) != 1)
        return error_set(err, ERR_IO, "the system has no random bytes for a webhook secret");
    (void)EVP_EncodeBlock((unsigned char *)text + strlen(PREFIX), key, sizeof(key));
    enum error_code code = secret_set(ret_secret, text, strlen(text), err);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    return code;
}

static enum error_code append_signature(const unsigned char *key, size_t key_len,
                                        const struct buffer *signed_bytes, const char *before,
                                        struct buffer *signature, struct error *err)
{
    unsigned char digest[DIGEST_BYTES];
    char text[BASE64_BYTES(DIGEST_BYTES)];
    unsigned len = 0;
    if (HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)signed_bytes->data,
             signed_bytes->len, digest, &len) == NULL)
        return error_set(err, ERR_MEMORY, "cannot compute the signature of a webhook");
    (void)EVP_EncodeBlock((unsigned char *)text, digest, (int)len);
    return buffer_printf(signature, err, "%sv1,%s", before, text);
}

static bool is_id(const char *id)
{
    if (*id == '\0')
        return false;
    for (; *id != '\0'; id++)
        if ((unsigned char)*id <= 0x20 || (unsigned char)*id >= 0x7F || *id == '.')
            return false;
    return true;
}

enum error_code webhook_sign(const struct webhook_keys *keys, const char *id, int64_t timestamp_s,
                             const char *body, size_t body_bytes, struct buffer *signature,
                             struct error *err)
{
    assert(keys->current_len >= WEBHOOK_KEY_MIN_BYTES);
    if (!is_id(id))
        return error_set(err, ERR_CONFIG,
                         "the id of a webhook is empty or holds a character that "
                         "it must not");
    struct buffer text;
    buffer_init(&text, BUFFER_DEFAULT_MAX_BYTES);
    enum error_code code = buffer_printf(&text, err, "%s.%" PRId64 ".", id, timestamp_s);
    if (code == OK)
        code = buffer_append(&text, body, body_bytes, err);
    if (code == OK)
        code = append_signature(keys->current, keys->current_len, &text, "", signature, err);
    if (code == OK && keys->older_len > 0)
        code = append_signature(keys->older, keys->older_len, &text, " ", signature, err);
    buffer_release(&text);
    return code;
}
