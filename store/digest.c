#include "store/digest.h"

#include <openssl/evp.h>

enum error_code digest_sha256(const void *bytes, size_t len, char ret_text[DIGEST_TEXT_BYTES],
                              struct error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(bytes, len, digest, &n, EVP_sha256(), NULL) != 1 || n != 32)
        return error_set(err, ERR_MEMORY, "cannot compute a SHA-256 digest");
    for (unsigned i = 0; i < n; i++) {
        ret_text[2 * i] = digits[digest[i] >> 4];
        ret_text[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_text[2 * n] = '\0';
    return OK;
}
