#include "tests/unit/test.h"

#include "yaml/suggest.h"

static const char *const words[] = {"schedule", "scorer", NULL, "store", "score_is_old", "by"};

static const char *closest(const char *word)
{
    return suggest_closest(word, words, sizeof(words) / sizeof(words[0]));
}

static void typing_mistakes_find_their_word(void **state)
{
    (void)state;
    assert_string_equal(closest("shcedule"), "schedule");
    assert_string_equal(closest("schedul"), "schedule");
    assert_string_equal(closest("scorrer"), "scorer");
    assert_string_equal(closest("stroe"), "store");
    assert_string_equal(closest("SCORER"), "scorer");
}

static void a_beginning_finds_the_longer_word(void **state)
{
    (void)state;
    assert_string_equal(closest("score_is"), "score_is_old");
    assert_string_equal(closest("sched"), "schedule");
}

static void words_that_are_far_find_nothing(void **state)
{
    (void)state;
    assert_null(closest("partners"));
    assert_null(closest("x"));
    assert_null(closest(""));
    assert_null(closest("bz"));
    assert_null(suggest_closest("a", NULL, 0));
}

static void a_very_long_word_is_compared_with_nothing(void **state)
{
    (void)state;
    char word[5000];
    memset(word, 's', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(closest(word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typing_mistakes_find_their_word),
        cmocka_unit_test(a_beginning_finds_the_longer_word),
        cmocka_unit_test(words_that_are_far_find_nothing),
        cmocka_unit_test(a_very_long_word_is_compared_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
