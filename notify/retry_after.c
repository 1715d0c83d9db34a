#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "notify/http.h"

static int64_t clamp(int64_t wait_us)
{
    if (wait_us < 0)
        return 0;
    return wait_us < HTTP_MAX_RETRY_AFTER_US ? wait_us : HTTP_MAX_RETRY_AFTER_US;
}

bool http_parse_retry_after(const char *value, int64_t now_us, int64_t *ret_us)
{
    value += strspn(value, " \t");
    size_t digits = strspn(value, "0123456789");
    if (digits > 0 && value[digits + strspn(value + digits, " \t\r\n")] == '\0') {
        /* More than nine digits is beyond any limit, and would overflow. */
        *ret_us = clamp(digits > 9 ? INT64_MAX : (int64_t)strtol(value, NULL, 10) * USEC_PER_SEC);
        return true;
    }
    /* curl_getdate is generous; a date without a time of day is none here. */
    time_t at = strchr(value, ':') != NULL ? curl_getdate(value, NULL) : -1;
    if (at == -1)
        return false;
    *ret_us = clamp((int64_t)at * USEC_PER_SEC - now_us);
    return true;
}
