#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/report.h"
#include "report/visible.h"
#include "snapshot/value.h"

#define MAX_BYTES ((size_t)1 << 30)

struct writer {
    struct buffer text;
    bool indent;
    struct error *err;
};

static enum error_code write_value(struct writer *writer, const json_t *json, size_t depth);

static enum error_code write_character(struct writer *writer, const char *text, size_t len)
{
    uint32_t code_point = visible_decode(text, len);
    if (code_point == '"' || code_point == '\\')
        return buffer_printf(&writer->text, writer->err, "\\%c", (int)code_point);
    if (code_point == '\n')
        return buffer_append_string(&writer->text, "\\n", writer->err);
    if (visible_is_plain(code_point))
        return buffer_append(&writer->text, text, len, writer->err);
    if (code_point < 0x10000)
        return buffer_printf(&writer->text, writer->err, "\\u%04x", (unsigned)code_point);
    unsigned beyond = code_point - 0x10000;
    return buffer_printf(&writer->text, writer->err, "\\u%04x\\u%04x", 0xD800 + (beyond >> 10),
                         0xDC00 + (beyond & 0x3FF));
}

static enum error_code write_string(struct writer *writer, const char *text, size_t len)
{
    TRY(buffer_append_char(&writer->text, '"', writer->err));
    for (size_t at = 0; at < len;) {
        size_t step = text_utf8_sequence(text + at, len - at);
        if (step == 0)
            return error_set(writer->err, ERR_DATA, "a text of the report is not valid UTF-8");
        TRY(write_character(writer, text + at, step));
        at += step;
    }
    return buffer_append_char(&writer->text, '"', writer->err);
}

static enum error_code write_real(struct writer *writer, double number)
{
    char digits[VALUE_TEXT_BYTES];
    size_t len = value_format_double(number, digits);
    return buffer_append(&writer->text, digits, len, writer->err);
}

static enum error_code write_break(struct writer *writer, size_t depth)
{
    if (!writer->indent)
        return OK;
    return buffer_printf(&writer->text, writer->err, "\n%*s", (int)(2 * depth), "");
}

static enum error_code write_array(struct writer *writer, const json_t *array, size_t depth)
{
    size_t n = json_array_size(array);
    TRY(buffer_append_char(&writer->text, '[', writer->err));
    for (size_t i = 0; i < n; i++) {
        TRY(buffer_append_string(&writer->text, i == 0 ? "" : ",", writer->err));
        TRY(write_break(writer, depth + 1));
        TRY(write_value(writer, json_array_get(array, i), depth + 1));
    }
    if (n > 0)
        TRY(write_break(writer, depth));
    return buffer_append_char(&writer->text, ']', writer->err);
}

static enum error_code write_object(struct writer *writer, json_t *object, size_t depth)
{
    const char *comma = "";
    TRY(buffer_append_char(&writer->text, '{', writer->err));
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        TRY(buffer_append_string(&writer->text, comma, writer->err));
        TRY(write_break(writer, depth + 1));
        TRY(write_string(writer, key, strlen(key)));
        TRY(buffer_append_string(&writer->text, writer->indent ? ": " : ":", writer->err));
        TRY(write_value(writer, json_object_iter_value(at), depth + 1));
        comma = ",";
    }
    if (*comma != '\0')
        TRY(write_break(writer, depth));
    return buffer_append_char(&writer->text, '}', writer->err);
}

/* jansson's iterators want an object that is not const, though they do not change it. */
static json_t *without_const(const json_t *json)
{
    union {
        const json_t *constant;
        json_t *plain;
    } pointer = {.constant = json};
    return pointer.plain;
}

static enum error_code write_value(struct writer *writer, const json_t *json, size_t depth)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return write_object(writer, without_const(json), depth);
    case JSON_ARRAY:
        return write_array(writer, json, depth);
    case JSON_STRING:
        return write_string(writer, json_string_value(json), json_string_length(json));
    case JSON_INTEGER:
        return buffer_printf(&writer->text, writer->err, "%" JSON_INTEGER_FORMAT,
                             json_integer_value(json));
    case JSON_REAL:
        return write_real(writer, json_real_value(json));
    case JSON_TRUE:
        return buffer_append_string(&writer->text, "true", writer->err);
    case JSON_FALSE:
        return buffer_append_string(&writer->text, "false", writer->err);
    case JSON_NULL:
        break;
    }
    return buffer_append_string(&writer->text, "null", writer->err);
}

enum error_code report_write_json(const json_t *json, bool indent, FILE *out, struct error *err)
{
    struct writer writer = {.indent = indent, .err = err};
    buffer_init(&writer.text, MAX_BYTES);
    enum error_code code = write_value(&writer, json, 0);
    if (code == OK)
        code = buffer_append_char(&writer.text, '\n', err);
    errno = 0;
    if (code == OK &&
        (fwrite(writer.text.data, 1, writer.text.len, out) != writer.text.len || fflush(out) != 0))
        code = error_set_errno(err, ERR_IO, errno, "cannot write the report");
    buffer_release(&writer.text);
    return code;
}
