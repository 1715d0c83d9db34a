#include "tests/unit/test.h"

#include "base/arena.h"

static void memory_is_zeroed_aligned_and_does_not_overlap(void **state)
{
    (void)state;
    struct arena arena = {0};
    unsigned char *last = NULL;
    for (size_t size = 1; size < 40000; size = size * 2 + 1) {
        unsigned char *p = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xFF, size);
        if (last != NULL)
            assert_int_equal(last[0], 0xFF);
        last = p;
    }
    arena_release(&arena);
}

static void a_grown_array_keeps_its_elements(void **state)
{
    (void)state;
    struct arena arena = {0};
    int *array = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        array = arena_grow(&arena, array, sizeof(*array), &capacity, i + 1);
        array[i] = (int)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    arena_release(&arena);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct arena arena = {0};
    char text[] = "score";
    char *copy = arena_strdup(&arena, text);
    char *head = arena_strndup(&arena, text, 2);
    text[0] = 'X';
    assert_string_equal(copy, "score");
    assert_string_equal(head, "sc");
    assert_string_equal(arena_printf(&arena, "%s=%d", copy, 1), "score=1");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_does_not_overlap),
        cmocka_unit_test(a_grown_array_keeps_its_elements),
        cmocka_unit_test(texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
