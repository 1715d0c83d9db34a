#include "base/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"

#define MAX_MESSAGE_BYTES 1024

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_init(struct log *log, int fd, enum log_format format, enum log_level least)
{
    *log = (struct log){fd, true, format, least};
}

/* Text without spaces, quotes and the like stands as it is; all else is quoted as in JSON. */
static bool is_plain(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7F ||
            strchr("\"\\=", *text) != NULL)
            return false;
    return true;
}

static enum error_code append_value(struct buffer *line, enum log_format format,
                                    const struct log_field *field)
{
    char time[CLOCK_TEXT_BYTES];
    const char *quote = format == LOG_JSON ? "\"" : "";
    switch (field->type) {
    case LOG_FIELD_STRING:
        if (format == LOG_TEXT && is_plain(field->value.string))
            return buffer_append_string(line, field->value.string, NULL);
        return text_append_json(line, field->value.string, strlen(field->value.string), NULL);
    case LOG_FIELD_INT:
        return buffer_printf(line, NULL, "%" PRId64, field->value.integer);
    case LOG_FIELD_UINT:
        return buffer_printf(line, NULL, "%" PRIu64, field->value.natural);
    case LOG_FIELD_DOUBLE:
        if (!isfinite(field->value.real))
            return buffer_append_string(line, "null", NULL);
        return buffer_printf(line, NULL, "%.10g", field->value.real);
    case LOG_FIELD_BOOL:
        return buffer_append_string(line, field->value.boolean ? "true" : "false", NULL);
    case LOG_FIELD_TIME:
        return buffer_printf(line, NULL, "%s%s%s", quote,
                             clock_format_rfc3339(field->value.integer, time), quote);
    case LOG_FIELD_END:
        break;
    }
    return OK;
}

static enum error_code append_field(struct buffer *line, enum log_format format,
                                    const struct log_field *field)
{
    if (format == LOG_TEXT)
        TRY(buffer_printf(line, NULL, " %s=", field->name));
    else
        TRY(buffer_printf(line, NULL, ",\"%s\":", field->name));
    return append_value(line, format, field);
}

static enum error_code append_head(struct buffer *line, const struct log *log, enum log_level level,
                                   const char *id, const char *message)
{
    char time[CLOCK_TEXT_BYTES];
    (void)clock_format_rfc3339(clock_now_us(), time);
    if (log->format == LOG_JSON) {
        TRY(buffer_printf(line, NULL, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",", time,
                          level_names[level], id));
        TRY(buffer_append_string(line, "\"message\":", NULL));
        return text_append_json(line, message, strlen(message), NULL);
    }
    TRY(buffer_printf(line, NULL, "%s %s %s: ", time, level_names[level], id));
    size_t start = line->len;
    TRY(text_append_clean(line, message, strlen(message), NULL));
    for (char *p = line->data + start; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    return OK;
}

/* A field that no longer fits is left out; the line stays whole. */
static void append_fields(struct buffer *line, enum log_format format,
                          const struct log_field *fields)
{
    for (; fields != NULL && fields->type != LOG_FIELD_END; fields++) {
        size_t before = line->len;
        if (append_field(line, format, fields) != OK) {
            line->len = before;
            line->data[before] = '\0';
        }
    }
}

void log_event(const struct log *log, enum log_level level, const char *id,
               const struct log_field *fields, const char *format, ...)
{
    if (!log->open || level < log->least)
        return;
    char message[MAX_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct buffer line;
    buffer_init(&line, LOG_MAX_LINE_BYTES);
    if (append_head(&line, log, level, id, message) == OK) {
        line.max_bytes = LOG_MAX_LINE_BYTES - 2; /* room for the end of the line */
        append_fields(&line, log->format, fields);
        line.max_bytes = LOG_MAX_LINE_BYTES;
        (void)(buffer_append_string(&line, log->format == LOG_JSON ? "}\n" : "\n", NULL) == OK);
        ssize_t ignored = write(log->fd, line.data, line.len);
        (void)ignored;
    }
    buffer_release(&line);
}

void log_failure(const struct log *log, enum log_level level, const char *id,
                 const struct error *failure)
{
    struct log_field fields[8];
    size_t n = 0;
    fields[n++] = log_string("code", error_name(failure->code));
    if (failure->file[0] != '\0')
        fields[n++] = log_string("file", failure->file);
    if (failure->line > 0)
        fields[n++] = log_uint("line", failure->line);
    if (failure->sqlstate[0] != '\0')
        fields[n++] = log_string("sqlstate", failure->sqlstate);
    if (failure->detail[0] != '\0')
        fields[n++] = log_string("detail", failure->detail);
    if (failure->hint[0] != '\0')
        fields[n++] = log_string("hint", failure->hint);
    fields[n] = (struct log_field){0};
    log_event(log, level, id, fields, "%s", failure->message);
}
