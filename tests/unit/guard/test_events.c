#include "tests/unit/test.h"

#include <jansson.h>

#include "base/macros.h"
#include "guard/events.h"

static const enum event_type types[] = {
    EVENT_PUBLISHED, EVENT_HELD,     EVENT_BLOCKED,     EVENT_FAILED,
    EVENT_NOT_READY, EVENT_REJECTED, EVENT_ROLLED_BACK, EVENT_WAITING,
};

static json_t *payload(const struct event_facts *facts)
{
    struct arena arena = {0};
    struct error err;
    const char *text = NULL;
    assert_ok(event_payload(facts, &arena, &text, &err));
    json_t *json = json_loads(text, 0, NULL);
    arena_release(&arena);
    assert_non_null(json);
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    assert_non_null(text);
    return text;
}

static void types_have_names_severities_and_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        assert_memory_equal(event_type_name(types[i]), "load.", 5);
        const char *severity = event_severity(types[i]);
        assert_true(strcmp(severity, "info") == 0 || strcmp(severity, "warning") == 0 ||
                    strcmp(severity, "error") == 0 || strcmp(severity, "critical") == 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(event_type_name(types[i]), event_type_name(types[j]));
    }
}

static void only_a_publication_ends_an_incident(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        assert_int_equal(event_effect(types[i]) == EFFECT_RESOLVE, types[i] == EVENT_PUBLISHED);
}

static void a_payload_holds_every_fact(void **state)
{
    (void)state;
    const struct event_facts facts = {
        .type = EVENT_ROLLED_BACK,
        .feed = "klout",
        .load_id = 7,
        .state = "rolled_back",
        .verdict = "pass",
        .summary = "load 7 was rolled back",
        .actor = "joe",
        .reason = "scores are wrong",
        .chain_head = "abc",
        .live = {.load_id = 6, .as_of_us = 1000000, .rows = 75, .fingerprint = "f0"},
    };
    json_t *json = payload(&facts);
    assert_string_equal(text_of(json, "feed"), "klout");
    assert_int_equal(json_integer_value(json_object_get(json, "load")), 7);
    assert_string_equal(text_of(json, "state"), "rolled_back");
    assert_string_equal(text_of(json, "verdict"), "pass");
    assert_string_equal(text_of(json, "severity"), "critical");
    assert_string_equal(text_of(json, "summary"), "load 7 was rolled back");
    assert_string_equal(text_of(json, "by"), "joe");
    assert_string_equal(text_of(json, "reason"), "scores are wrong");
    assert_string_equal(text_of(json, "audit_head"), "abc");
    const json_t *live = json_object_get(json, "live");
    assert_int_equal(json_integer_value(json_object_get(live, "load")), 6);
    assert_int_equal(json_integer_value(json_object_get(live, "rows")), 75);
    assert_string_equal(text_of(live, "as_of"), "1970-01-01T00:00:01Z");
    assert_string_equal(text_of(live, "fingerprint"), "f0");
    json_decref(json);
}

static void what_is_not_known_is_null(void **state)
{
    (void)state;
    const struct event_facts facts = {.type = EVENT_FAILED, .feed = "klout", .summary = "no"};
    json_t *json = payload(&facts);
    static const char *const keys[] = {"state", "verdict", "by", "reason", "live", "audit_head"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_true(json_is_null(json_object_get(json, keys[i])));
    json_decref(json);
}

static void every_type_makes_a_payload_with_commands_that_name_the_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        const struct event_facts facts = {
            .type = types[i], .feed = "klout", .load_id = 42, .summary = "x"};
        json_t *json = payload(&facts);
        const json_t *actions = json_object_get(json, "actions");
        assert_true(json_is_array(actions));
        size_t n = json_array_size(actions);
        bool acts = types[i] == EVENT_HELD || types[i] == EVENT_BLOCKED ||
                    types[i] == EVENT_FAILED || types[i] == EVENT_NOT_READY;
        assert_int_equal(n > 0, acts);
        if (acts)
            assert_string_equal(json_string_value(json_array_get(actions, 0)), "loadguard show 42");
        json_decref(json);
    }
}

static void only_a_blocked_load_needs_an_override(void **state)
{
    (void)state;
    const struct event_facts held = {.type = EVENT_HELD, .feed = "k", .load_id = 3, .summary = "x"};
    const struct event_facts blocked = {
        .type = EVENT_BLOCKED, .feed = "k", .load_id = 3, .summary = "x"};
    json_t *json = payload(&held);
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "actions"), 1)),
                        "loadguard approve 3 --reason TEXT");
    json_decref(json);
    json = payload(&blocked);
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "actions"), 1)),
                        "loadguard approve 3 --override --reason TEXT");
    json_decref(json);
}

static void a_summary_in_another_encoding_still_makes_a_message(void **state)
{
    (void)state;
    const struct event_facts facts = {
        .type = EVENT_FAILED, .feed = "klout", .summary = "bad value 'Z\xfcrich'"};
    json_t *json = payload(&facts);
    assert_string_equal(text_of(json, "summary"), "bad value 'Z\xef\xbf\xbdrich'");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_names_severities_and_effects),
        cmocka_unit_test(only_a_publication_ends_an_incident),
        cmocka_unit_test(a_payload_holds_every_fact),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(every_type_makes_a_payload_with_commands_that_name_the_load),
        cmocka_unit_test(only_a_blocked_load_needs_an_override),
        cmocka_unit_test(a_summary_in_another_encoding_still_makes_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
