#include "guard/schema.h"

#include "guard/config.h"

#define MAX_BYTES ((size_t)1 << 20)

enum error_code schema_of_config(json_t **ret_schema, struct error *err)
{
    struct buffer text CLEANUP(buffer_release);
    buffer_init(&text, MAX_BYTES);
    TRY(keys_write_schema(&config_table, "Loadguard's configuration", &text, err));
    json_t *schema = json_loadb(text.data, text.len, 0, NULL);
    if (schema == NULL)
        return error_set(err, ERR_MEMORY, "cannot make a JSON Schema");
    *ret_schema = schema;
    return OK;
}

enum error_code schema_of_rules(json_t **ret_schema, struct error *err)
{
    json_t *config = NULL;
    TRY(schema_of_config(&config, err));
    json_t *list = json_pack("{s:s, s:{s:s}}", "type", "array", "items", "$ref", "#/$defs/rule");
    json_t *map = json_pack("{s:s, s:b, s:[s], s:{s:O}}", "type", "object", "additionalProperties",
                            0, "required", "rules", "properties", "rules", list);
    json_t *schema =
        json_pack("{s:O, s:s, s:[o, o], s:{s:O}}", "$schema", json_object_get(config, "$schema"),
                  "title", "Loadguard's rules", "anyOf", list, map, "$defs", "rule",
                  json_object_get(json_object_get(config, "$defs"), "rule"));
    json_decref(config);
    if (schema == NULL)
        return error_set(err, ERR_MEMORY, "cannot make a JSON Schema");
    *ret_schema = schema;
    return OK;
}
