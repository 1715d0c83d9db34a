#include "report/stored.h"

#include <string.h>

#include "report/visible.h"
#include "rules/judgement.h"
#include "snapshot/value.h"

const char *stored_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

const char *stored_text_or_empty(const json_t *object, const char *name)
{
    const char *text = stored_text(object, name);
    return text == NULL ? "" : text;
}

uint64_t stored_count(const json_t *object, const char *name)
{
    json_int_t count = json_integer_value(json_object_get(object, name));
    return count < 0 ? 0 : (uint64_t)count;
}

bool stored_is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

static enum error_code check_rows(const json_t *rows, struct error *err)
{
    static const char *const names[] = {"old",     "new",     "kept",      "added",
                                        "removed", "changed", "duplicates"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const json_t *count = json_object_get(rows, names[i]);
        if (!json_is_integer(count) || json_integer_value(count) < 0)
            return error_set(err, ERR_DATA, "the stored report has no row count '%s'", names[i]);
    }
    return OK;
}

static enum error_code check_verdict(const json_t *report, struct error *err)
{
    const char *verdict = stored_text_or_empty(report, "verdict");
    for (enum verdict v = VERDICT_PASS; v <= VERDICT_BLOCK; v++)
        if (strcmp(verdict, verdict_name(v)) == 0)
            return OK;
    return error_set(err, ERR_DATA, "the stored report has no verdict");
}

/* Whether the member is a list of objects; a member that is not there is an empty list. */
static bool is_list_of_objects(const json_t *object, const char *name)
{
    const json_t *list = json_object_get(object, name);
    size_t index = 0;
    const json_t *element = NULL;
    if (list == NULL)
        return true;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, index, element) if (!json_is_object(element)) return false;
    return true;
}

static bool is_action(const char *name)
{
    for (enum action action = ACTION_WARN; action <= ACTION_BLOCK; action++)
        if (strcmp(name, action_name(action)) == 0)
            return true;
    return false;
}

static enum error_code check_outcomes(const json_t *report, const char *list, struct error *err)
{
    if (!is_list_of_objects(report, list))
        return error_set(err, ERR_DATA, "'%s' of the stored report is not a list of objects", list);
    const json_t *outcomes = json_object_get(report, list);
    for (size_t i = 0; i < json_array_size(outcomes); i++) {
        const json_t *outcome = json_array_get(outcomes, i);
        if (stored_text(outcome, "rule") == NULL)
            return error_set(err, ERR_DATA, "number %zu of '%s' of the stored report has no rule",
                             i + 1, list);
        if (!is_action(stored_text_or_empty(outcome, "action")))
            return error_set(err, ERR_DATA, "number %zu of '%s' of the stored report has no action",
                             i + 1, list);
        if (!is_list_of_objects(outcome, "measures") || !is_list_of_objects(outcome, "examples"))
            return error_set(err, ERR_DATA,
                             "number %zu of '%s' of the stored report has no proper measures or "
                             "examples",
                             i + 1, list);
    }
    return OK;
}

enum error_code stored_check(const json_t *report, struct error *err)
{
    if (!json_is_object(report))
        return error_set(err, ERR_DATA, "the stored report is not a JSON object");
    TRY(check_verdict(report, err));
    TRY(check_rows(json_object_get(report, "rows"), err));
    if (json_object_get(report, "findings") == NULL)
        return error_set(err, ERR_DATA, "the stored report has no findings");
    TRY(check_outcomes(report, "findings", err));
    return check_outcomes(report, "outcomes", err);
}

static bool needs_quotes(const char *text, size_t len)
{
    return len == 0 || text[0] == ' ' || text[len - 1] == ' ' || strcmp(text, "NULL") == 0;
}

const char *stored_value_text(struct arena *arena, const json_t *value)
{
    char digits[VALUE_TEXT_BYTES];
    switch (json_typeof(value)) {
    case JSON_STRING:
        break;
    case JSON_INTEGER:
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return arena_strndup(arena, digits, value_format_double(json_real_value(value), digits));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "NULL";
    case JSON_OBJECT:
    case JSON_ARRAY:
        return "?";
    }
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    const char *visible = visible_copy(arena, text, len);
    return needs_quotes(text, len) ? arena_printf(arena, "\"%s\"", visible) : visible;
}
