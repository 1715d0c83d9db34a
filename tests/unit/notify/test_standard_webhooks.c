#include "tests/unit/test.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "notify/standard_webhooks.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct error err;

static enum error_code parse(const char *current, const char *older, struct webhook_keys *ret_keys)
{
    struct secret a = {0};
    struct secret b = {0};
    assert_ok(secret_set(&a, current, strlen(current), &err));
    assert_ok(secret_set(&b, older, strlen(older), &err));
    enum error_code code = webhook_keys_parse(&a, &b, ret_keys, &err);
    secret_release(&a);
    secret_release(&b);
    return code;
}

static void assert_signature(const struct webhook_keys *keys, const char *expected)
{
    struct buffer signature;
    buffer_init(&signature, 1000);
    assert_ok(webhook_sign(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                           "{\"test\": 2432232314}", 20, &signature, &err));
    assert_string_equal(buffer_string(&signature), expected);
    buffer_release(&signature);
}

static void the_published_example_is_signed_as_published(void **state)
{
    (void)state;
    struct webhook_keys keys;
    assert_ok(parse(SECRET, "", &keys));
    assert_signature(&keys, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_ok(parse(&SECRET[6], "", &keys));
    assert_signature(&keys, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

/* HMAC by its definition (RFC 2104), so that the library's call is checked by something else. */
static void hmac_sha256(const unsigned char *key, size_t key_len, const char *text,
                        unsigned char out[32])
{
    unsigned char inner[64] = {0};
    unsigned char outer[64] = {0};
    memcpy(inner, key, key_len);
    memcpy(outer, key, key_len);
    for (size_t i = 0; i < 64; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5C;
    }
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(digest, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(digest, inner, 64), 1);
    assert_int_equal(EVP_DigestUpdate(digest, text, strlen(text)), 1);
    assert_int_equal(EVP_DigestFinal_ex(digest, out, NULL), 1);
    assert_int_equal(EVP_DigestInit_ex(digest, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(digest, outer, 64), 1);
    assert_int_equal(EVP_DigestUpdate(digest, out, 32), 1);
    assert_int_equal(EVP_DigestFinal_ex(digest, out, NULL), 1);
    EVP_MD_CTX_free(digest);
}

static void during_a_rotation_both_keys_sign(void **state)
{
    (void)state;
    struct webhook_keys keys;
    assert_ok(parse(OTHER, SECRET, &keys));
    assert_int_equal(keys.current_len, 32);
    unsigned char digest[32];
    char expected[200] = "v1,";
    hmac_sha256(keys.current, keys.current_len,
                "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}", digest);
    (void)EVP_EncodeBlock((unsigned char *)expected + 3, digest, 32);
    strcat(expected, " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_signature(&keys, expected);
    webhook_keys_release(&keys);
    assert_int_equal(keys.current_len, 0);
}

/* "whsec_" and base64 of len bytes. */
static const char *secret_of(size_t len)
{
    static char text[400];
    unsigned char bytes[200];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(i * 7);
    strcpy(text, "whsec_");
    (void)EVP_EncodeBlock((unsigned char *)text + 6, bytes, (int)len);
    return text;
}

static void secrets_have_24_to_64_bytes(void **state)
{
    (void)state;
    struct webhook_keys keys;
    for (size_t len = 1; len < 100; len++) {
        enum error_code code = parse(secret_of(len), "", &keys);
        assert_int_equal(code, len >= 24 && len <= 64 ? OK : ERR_CONFIG);
        if (code == OK)
            assert_int_equal(keys.current_len, len);
    }
}

static void what_is_no_base64_is_refused_without_quoting_it(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "whsec_",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa S",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwM===",
                                      "whsec_MfKQ=r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
                                      "whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct webhook_keys keys = {.current_len = 7};
        assert_fails(ERR_CONFIG, parse(bad[i], "", &keys));
        assert_int_equal(keys.current_len, 7);
        assert_null(strstr(err.message, "MfKQ"));
        assert_null(strstr(err.hint, "MfKQ"));
    }
    struct webhook_keys keys;
    assert_fails(ERR_CONFIG, parse(SECRET, "whsec_short", &keys));
}

static void an_id_must_not_be_ambiguous(void **state)
{
    (void)state;
    struct webhook_keys keys;
    assert_ok(parse(SECRET, "", &keys));
    static const char *const bad[] = {"", "msg.1", "msg 1", "msg\r\nX: y", "ms\xC3\xA4g"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct buffer signature;
        buffer_init(&signature, 1000);
        assert_fails(ERR_CONFIG, webhook_sign(&keys, bad[i], 1, "{}", 2, &signature, &err));
        assert_int_equal(signature.len, 0);
        buffer_release(&signature);
    }
}

static void a_new_secret_is_a_secret_and_never_the_same(void **state)
{
    (void)state;
    struct secret a = {0};
    struct secret b = {0};
    struct webhook_keys keys;
    assert_ok(webhook_secret_generate(&a, &err));
    assert_ok(webhook_secret_generate(&b, &err));
    assert_string_not_equal(secret_reveal(&a), secret_reveal(&b));
    assert_ok(webhook_keys_parse(&a, &b, &keys, &err));
    assert_int_equal(keys.current_len, 32);
    assert_int_equal(keys.older_len, 32);
    secret_release(&a);
    secret_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_is_signed_as_published),
        cmocka_unit_test(during_a_rotation_both_keys_sign),
        cmocka_unit_test(secrets_have_24_to_64_bytes),
        cmocka_unit_test(what_is_no_base64_is_refused_without_quoting_it),
        cmocka_unit_test(an_id_must_not_be_ambiguous),
        cmocka_unit_test(a_new_secret_is_a_secret_and_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
