#include "rules/file_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/file.h"
#include "snapshot/numeric.h"
#include "snapshot/value.h"

static enum error_code parse_numeric(const char *text, size_t len, struct arena *arena,
                                     struct value *value, struct error *err)
{
    struct numeric_scan scan;
    TRY(numeric_scan(text, len, &scan, err));
    char *normal = arena_alloc(arena, scan.text_len + 1);
    numeric_write(&scan, normal);
    value->text = (struct text_ref){.bytes = normal, .len = scan.text_len};
    return OK;
}

static enum error_code parse_double(const char *text, size_t len, bool is_real, struct value *value,
                                    struct error *err)
{
    float rounded = 0;
    if (!is_real)
        return value_parse_double(text, len, true, &value->f64, err);
    TRY(value_parse_real(text, len, true, &rounded, err));
    value->f64 = (double)rounded;
    return OK;
}

static enum error_code parse_date(const char *text, size_t len, struct value *value,
                                  struct error *err)
{
    int32_t days = 0;
    TRY(value_parse_date(text, len, false, &days, err));
    value->i64 = days;
    return OK;
}

enum error_code file_set_parse_value(const char *text, size_t len, enum value_type type,
                                     bool is_real, struct arena *arena, struct value *ret_value,
                                     struct error *err)
{
    struct value value = {.type = type};
    switch (type) {
    case VALUE_BOOLEAN:
        TRY(value_parse_boolean(text, len, &value.u8, err));
        break;
    case VALUE_INTEGER:
        TRY(value_parse_bigint(text, len, &value.i64, err));
        break;
    case VALUE_DOUBLE:
        TRY(parse_double(text, len, is_real, &value, err));
        break;
    case VALUE_NUMERIC:
        TRY(parse_numeric(text, len, arena, &value, err));
        break;
    case VALUE_DATE:
        TRY(parse_date(text, len, &value, err));
        break;
    case VALUE_TIME:
        TRY(value_parse_timestamptz(text, len, false, &value.i64, err));
        break;
    case VALUE_UUID:
        TRY(value_parse_uuid(text, len, &value.uuid, err));
        break;
    case VALUE_DURATION:
        return error_set(err, ERR_DATA, "durations cannot be listed in a file");
    case VALUE_TEXT:
        TRY(value_check_text(text, len, err));
        value.text = (struct text_ref){.bytes = text, .len = len};
        break;
    }
    *ret_value = value;
    return OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Adds the value of one line. */
static enum error_code add_line(struct file_set *set, const char *line, size_t len,
                                struct error *err)
{
    if (len > 0 && line[len - 1] == '\r')
        len--;
    while (set->type != VALUE_TEXT && len > 0 && is_space(line[len - 1]))
        len--;
    while (set->type != VALUE_TEXT && len > 0 && is_space(line[0])) {
        line++;
        len--;
    }
    if (len == 0)
        return OK;
    /* The set copies what it keeps. */
    struct arena scratch CLEANUP(arena_release) = {0};
    struct value value;
    TRY(file_set_parse_value(line, len, set->type, set->is_real, &scratch, &value, err));
    return value_set_add(set->values, &value, err);
}

static enum error_code add_lines(struct file_set *set, const char *text, size_t len,
                                 struct error *err)
{
    unsigned line = 1;
    size_t at = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < len) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t next = end == NULL ? len : (size_t)(end - text);
        enum error_code code = add_line(set, text + at, next - at, err);
        if (code == ERR_MEMORY)
            return code;
        if (code != OK) {
            err->code = ERR_CONFIG;
            error_at(err, set->path, line, 1);
            return ERR_CONFIG;
        }
        at = next + 1;
        line++;
    }
    if (value_set_size(set->values) > 0)
        return OK;
    (void)error_set(err, ERR_CONFIG, "the file has no value in it");
    error_at(err, set->path, 0, 0);
    return ERR_CONFIG;
}

static enum error_code read_bytes(const char *path, struct buffer *bytes, struct error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set(err, ERR_CONFIG, "cannot open the file %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, ERR_CONFIG, "%s is not a regular file", path);
    enum error_code code = file_read(path, bytes, err);
    if (code == ERR_LIMIT)
        return error_set(err, ERR_CONFIG, "the file %s is larger than %zu MiB", path,
                         FILE_SET_MAX_BYTES >> 20);
    if (code != OK && code != ERR_MEMORY)
        err->code = code = ERR_CONFIG;
    return code;
}

static enum error_code fill(struct file_set *set, struct error *err)
{
    struct buffer bytes CLEANUP(buffer_release);
    buffer_init(&bytes, FILE_SET_MAX_BYTES);
    TRY(read_bytes(set->path, &bytes, err));
    XXH128_hash_t hash = XXH3_128bits(buffer_string(&bytes), bytes.len);
    (void)snprintf(set->digest, sizeof(set->digest), "%016llx%016llx",
                   (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    TRY(value_set_new(set->type, &set->values, err));
    return add_lines(set, buffer_string(&bytes), bytes.len, err);
}

void file_sets_release(struct file_sets *sets)
{
    for (size_t i = 0; i < sets->n_sets; i++)
        value_set_free(sets->sets[i].values);
    *sets = (struct file_sets){0};
}

enum error_code file_sets_get(struct file_sets *sets, const char *path, enum value_type type,
                              bool is_real, struct arena *arena, const struct value_set **ret_set,
                              struct error *err)
{
    for (size_t i = 0; i < sets->n_sets; i++) {
        const struct file_set *set = &sets->sets[i];
        if (set->type == type && set->is_real == is_real && strcmp(set->path, path) == 0) {
            *ret_set = set->values;
            return OK;
        }
    }
    struct file_set set = {.path = arena_strdup(arena, path), .type = type, .is_real = is_real};
    enum error_code code = fill(&set, err);
    if (code != OK) {
        value_set_free(set.values);
        return code;
    }
    sets->sets =
        arena_grow(arena, sets->sets, sizeof(*sets->sets), &sets->capacity, sets->n_sets + 1);
    sets->sets[sets->n_sets++] = set;
    *ret_set = set.values;
    return OK;
}
