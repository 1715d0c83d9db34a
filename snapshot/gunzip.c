#include "snapshot/gunzip.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "snapshot/input.h"

#define RAW_BYTES ((size_t)128 << 10)
#define GZIP_ONLY (MAX_WBITS + 16) /* for inflateInit2: expect a gzip header */

struct gunzip {
    z_stream stream;
    bool between_members; /* the last member is complete */
    unsigned char raw[RAW_BYTES];
};

bool gunzip_recognise(const char *bytes, size_t len)
{
    return len >= 2 && memcmp(bytes, "\x1F\x8B", 2) == 0;
}

enum error_code gunzip_new(const char *bytes, size_t len, struct gunzip **ret_gunzip,
                           struct error *err)
{
    assert(len <= RAW_BYTES);
    struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
    if (gunzip == NULL || inflateInit2(&gunzip->stream, GZIP_ONLY) != Z_OK) {
        free(gunzip);
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot set up decompression");
    }
    memcpy(gunzip->raw, bytes, len);
    gunzip->stream.next_in = gunzip->raw;
    gunzip->stream.avail_in = (uInt)len;
    *ret_gunzip = gunzip;
    return OK;
}

void gunzip_free(struct gunzip *gunzip)
{
    if (gunzip == NULL)
        return;
    (void)inflateEnd(&gunzip->stream);
    free(gunzip);
}

/* Gets compressed bytes if there are none; *ret_any is false at the end of the file. */
static enum error_code fill(struct gunzip *gunzip, struct input *input, bool *ret_any,
                            struct error *err)
{
    if (gunzip->stream.avail_in == 0) {
        size_t len = 0;
        TRY(input_read_raw(input, gunzip->raw, sizeof(gunzip->raw), &len, err));
        gunzip->stream.next_in = gunzip->raw;
        gunzip->stream.avail_in = (uInt)len;
    }
    *ret_any = gunzip->stream.avail_in > 0;
    return OK;
}

/* After a member: another one, or zero bytes as padding up to the end. */
static enum error_code next_member(struct gunzip *gunzip, struct input *input, bool *ret_any,
                                   struct error *err)
{
    TRY(fill(gunzip, input, ret_any, err));
    while (*ret_any && *gunzip->stream.next_in == 0) {
        gunzip->stream.next_in++;
        gunzip->stream.avail_in--;
        TRY(fill(gunzip, input, ret_any, err));
    }
    if (*ret_any && *gunzip->stream.next_in != 0x1F)
        return error_set(err, ERR_DATA, "the gzip data are followed by something else");
    if (*ret_any)
        (void)inflateReset(&gunzip->stream);
    return OK;
}

static enum error_code inflate_error(const struct gunzip *gunzip, int result, struct error *err)
{
    if (result == Z_MEM_ERROR)
        return error_set_errno(err, ERR_MEMORY, ENOMEM, "cannot decompress");
    return error_set(err, ERR_DATA, "the gzip data are damaged: %s",
                     gunzip->stream.msg == NULL ? "unknown reason" : gunzip->stream.msg);
}

enum error_code gunzip_read(struct gunzip *gunzip, struct input *input, char *out, size_t capacity,
                            size_t *ret_len, struct error *err)
{
    size_t wanted = capacity < RAW_BYTES ? capacity : RAW_BYTES;
    gunzip->stream.next_out = (unsigned char *)out;
    gunzip->stream.avail_out = (uInt)wanted;
    while (gunzip->stream.avail_out == wanted) {
        bool any = false;
        TRY(gunzip->between_members ? next_member(gunzip, input, &any, err)
                                    : fill(gunzip, input, &any, err));
        if (!any && gunzip->between_members)
            break;
        if (!any)
            return error_set(err, ERR_DATA, "the gzip data end early");
        gunzip->between_members = false;
        int result = inflate(&gunzip->stream, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            gunzip->between_members = true;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return inflate_error(gunzip, result, err);
    }
    *ret_len = wanted - gunzip->stream.avail_out;
    return OK;
}
