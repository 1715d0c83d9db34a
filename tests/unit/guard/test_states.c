#include "tests/unit/test.h"

#include "guard/states.h"

static bool reaches_an_end(enum load_state state, unsigned visited)
{
    if (load_state_ends(state))
        return true;
    for (size_t i = 0; i < n_state_transitions; i++) {
        enum load_state next = state_transitions[i].to;
        if (state_transitions[i].from == state && (visited >> next & 1) == 0 &&
            reaches_an_end(next, visited | 1U << next))
            return true;
    }
    return false;
}

static void every_state_but_the_first_is_entered_by_some_transition(void **state)
{
    (void)state;
    for (int s = LOAD_WAITING + 1; s < N_LOAD_STATES; s++) {
        bool entered = false;
        for (size_t i = 0; i < n_state_transitions; i++)
            entered = entered || state_transitions[i].to == (enum load_state)s;
        assert_true(entered);
    }
}

static void every_state_leads_to_an_end(void **state)
{
    (void)state;
    for (int s = 0; s < N_LOAD_STATES; s++)
        assert_true(reaches_an_end((enum load_state)s, 1U << s));
}

static void a_load_in_work_can_always_be_found_abandoned(void **state)
{
    (void)state;
    for (int s = 0; s < N_LOAD_STATES; s++)
        if (!load_state_ends((enum load_state)s))
            assert_true(load_state_may_change((enum load_state)s, LOAD_ABANDONED));
}

static void no_transition_is_listed_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_state_transitions; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(state_transitions[i].from == state_transitions[j].from &&
                         state_transitions[i].to == state_transitions[j].to);
}

static void only_releasing_or_a_rollback_makes_a_load_live(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_state_transitions; i++)
        if (state_transitions[i].to == LOAD_PUBLISHED)
            assert_true(state_transitions[i].from == LOAD_RELEASING ||
                        state_transitions[i].from == LOAD_SUPERSEDED);
    assert_false(load_state_may_change(LOAD_BLOCKED, LOAD_PUBLISHED));
    assert_false(load_state_may_change(LOAD_HELD, LOAD_PUBLISHED));
}

static void names_parse_back(void **state)
{
    (void)state;
    for (int s = 0; s < N_LOAD_STATES; s++) {
        enum load_state parsed = LOAD_WAITING;
        assert_true(load_state_parse(load_state_name((enum load_state)s), &parsed));
        assert_int_equal(parsed, s);
    }
    enum load_state untouched = LOAD_HELD;
    assert_false(load_state_parse("lost", &untouched));
    assert_int_equal(untouched, LOAD_HELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_but_the_first_is_entered_by_some_transition),
        cmocka_unit_test(every_state_leads_to_an_end),
        cmocka_unit_test(a_load_in_work_can_always_be_found_abandoned),
        cmocka_unit_test(no_transition_is_listed_twice),
        cmocka_unit_test(only_releasing_or_a_rollback_makes_a_load_live),
        cmocka_unit_test(names_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
