#include "store/clean.h"

#include <string.h>

#include "base/text.h"

enum error_code clean_text(const char *text, struct buffer *space, const char **ret_text,
                           struct error *err)
{
    if (text == NULL || text_is_utf8(text, strlen(text))) {
        *ret_text = text;
        return OK;
    }
    TRY(text_append_clean(space, text, strlen(text), err));
    *ret_text = buffer_string(space);
    return OK;
}
