/*
 * The log of a running program: events with a stable id, a text for people and named fields, one
 * line each, as text or as JSON. Libraries return errors and do not log.
 */
#ifndef LG_BASE_LOG_H
#define LG_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/secret.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

enum log_format {
    LOG_TEXT, /* "2011-05-23T11:00:00Z info load.published: text feed=klout rows=75" */
    LOG_JSON, /* {"time":…,"level":…,"event":…,"message":…,"feed":"klout","rows":75} */
};

/* A message is cut at 1 KiB; fields that would make the line longer than this are left out. */
#define LOG_MAX_LINE_BYTES 8192

/* Zero-initialised it drops everything. Events may come from several threads at once. */
struct log {
    int fd; /* borrowed */
    bool open;
    enum log_format format;
    enum log_level least;
};

void log_init(struct log *log, int fd, enum log_format format, enum log_level least);

enum log_field_type {
    LOG_FIELD_END,
    LOG_FIELD_STRING,
    LOG_FIELD_INT,
    LOG_FIELD_UINT,
    LOG_FIELD_DOUBLE,
    LOG_FIELD_BOOL,
    LOG_FIELD_TIME, /* microseconds since the Unix epoch */
};

/* Made by the functions below. name is a literal in lower case with underscores. */
struct log_field {
    const char *name;
    enum log_field_type type;
    union {
        const char *string;
        int64_t integer;
        uint64_t natural;
        double real;
        bool boolean;
    } value;
};

/* The last argument of log_event: LOG_FIELDS(log_string("feed", feed), log_int("load", id)). */
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {0}})

/* NULL is shown as an empty string; outside text may hold anything, it is cleaned. */
static inline struct log_field log_string(const char *name, const char *value)
{
    return (struct log_field){name, LOG_FIELD_STRING, {.string = value != NULL ? value : ""}};
}

static inline struct log_field log_int(const char *name, int64_t value)
{
    return (struct log_field){name, LOG_FIELD_INT, {.integer = value}};
}

static inline struct log_field log_uint(const char *name, uint64_t value)
{
    return (struct log_field){name, LOG_FIELD_UINT, {.natural = value}};
}

static inline struct log_field log_double(const char *name, double value)
{
    return (struct log_field){name, LOG_FIELD_DOUBLE, {.real = value}};
}

static inline struct log_field log_bool(const char *name, bool value)
{
    return (struct log_field){name, LOG_FIELD_BOOL, {.boolean = value}};
}

static inline struct log_field log_time(const char *name, int64_t unix_us)
{
    return (struct log_field){name, LOG_FIELD_TIME, {.integer = unix_us}};
}

/* Whether there is one, never its bytes. */
static inline struct log_field log_secret(const char *name, const struct secret *secret)
{
    return log_string(name, secret_text(secret));
}

/*
 * Writes one event in one write(2), so that lines of several threads or processes do not mix.
 * id is a literal such as "load.published", which scripts may rely on. fields ends with a zeroed
 * field or is NULL. A log that cannot be written is no reason to fail, so there is no result.
 */
void log_event(const struct log *log, enum log_level level, const char *id,
               const struct log_field *fields, const char *format, ...) PRINTF_LIKE(5, 6);

/* Logs a failure: message with fields code, file, line, detail and hint as far as they are set. */
void log_failure(const struct log *log, enum log_level level, const char *id,
                 const struct error *failure);

#endif
