#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct error_entry {
    const char *name;
    int exit_status;
    bool retryable;
};

static const struct error_entry entries[] = {
    [OK] = {"ok", 0, false},
#define LG_ERROR(code, name, exit_status, retryable) [ERR_##code] = {name, exit_status, retryable},
#include "base/error.def"
#undef LG_ERROR
};

/* The functions themselves, not what the header makes of them for the analyzer. */
#undef error_set
#undef error_set_errno

/* Cuts a text that did not fit back to a whole UTF-8 sequence. */
static void trim_partial_utf8(char *text, size_t capacity)
{
    size_t len = strlen(text);
    if (len + 1 < capacity)
        return;
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < need)
        text[start - 1] = '\0';
}

static void format_text(char *out, size_t capacity, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void format_text(char *out, size_t capacity, const char *format, va_list args)
{
    (void)vsnprintf(out, capacity, format, args);
    trim_partial_utf8(out, capacity);
}

enum error_code error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    struct error fresh = {.code = code};
    format_text(fresh.message, sizeof(fresh.message), format, args);
    va_end(args);
    *err = fresh;
    return code;
}

enum error_code error_set_errno(struct error *err, enum error_code code, int errno_value,
                                const char *format, ...)
{
    if (errno_value == ENOMEM)
        code = ERR_MEMORY;
    else if (errno_value == ENOSPC || errno_value == EDQUOT)
        code = ERR_SPACE;
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    struct error fresh = {.code = code, .sys_errno = errno_value};
    format_text(fresh.message, sizeof(fresh.message), format, args);
    va_end(args);
    size_t len = strlen(fresh.message);
    (void)snprintf(fresh.message + len, sizeof(fresh.message) - len, ": %s", strerror(errno_value));
    *err = fresh;
    return code;
}

void error_detail(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, format);
    format_text(err->detail, sizeof(err->detail), format, args);
    va_end(args);
}

void error_hint(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    va_list args;
    va_start(args, format);
    format_text(err->hint, sizeof(err->hint), format, args);
    va_end(args);
}

void error_at(struct error *err, const char *file, unsigned line, unsigned column)
{
    if (err == NULL)
        return;
    (void)snprintf(err->file, sizeof(err->file), "%s", file);
    err->line = line;
    err->column = column;
}

void error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char prefix[256];
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    format_text(prefix, sizeof(prefix), format, args);
    va_end(args);
    memcpy(message, err->message, sizeof(message));
    size_t len = strlen(prefix);
    memcpy(err->message, prefix, len);
    (void)snprintf(err->message + len, sizeof(err->message) - len, ": %s", message);
    trim_partial_utf8(err->message, sizeof(err->message));
}

const char *error_name(enum error_code code)
{
    return entries[code].name;
}

int error_exit_status(enum error_code code)
{
    return entries[code].exit_status;
}

bool error_retryable(enum error_code code)
{
    return entries[code].retryable;
}

static void print_clean(const char *text, FILE *out)
{
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        (void)fputc((c < 0x20 && c != '\n') || c == 0x7F ? '?' : c, out);
    }
}

void error_print(const struct error *err, FILE *out)
{
    if (err->file[0] != '\0') {
        print_clean(err->file, out);
        if (err->line > 0)
            (void)fprintf(out, ":%u", err->line);
        if (err->line > 0 && err->column > 0)
            (void)fprintf(out, ":%u", err->column);
        (void)fputs(": ", out);
    }
    print_clean(err->message, out);
    (void)fputc('\n', out);
    if (err->detail[0] != '\0') {
        (void)fputs("  ", out);
        print_clean(err->detail, out);
        (void)fputc('\n', out);
    }
    if (err->hint[0] != '\0') {
        (void)fputs("  hint: ", out);
        print_clean(err->hint, out);
        (void)fputc('\n', out);
    }
}
