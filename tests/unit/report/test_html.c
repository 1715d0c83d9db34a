#include "tests/unit/report/fixture.h"

static char *html_of(const struct report *report)
{
    struct error err;
    return PRINTED(out, report_write_html(report, out, &err));
}

static void assert_has(const struct report *report, const char *expected)
{
    char *html = html_of(report);
    assert_contains(html, expected);
    free(html);
}

static void a_page_needs_nothing_from_elsewhere(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_load(&judgement);
    char *html = html_of(&report);
    assert_contains(html, "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
    static const char *const foreign[] = {"http:", "https:", "<script", "<link",
                                          "src=",  "url(",   "@import"};
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
        if (strstr(html, foreign[i]) != NULL)
            fail_msg("the page has %s", foreign[i]);
    free(html);
}

static void the_verdict_is_a_word_a_sign_and_a_colour(void **state)
{
    (void)state;
    static const char *const words[] = {"Passed", "Warning", "Held", "Blocked"};
    for (enum verdict verdict = VERDICT_PASS; verdict <= VERDICT_BLOCK; verdict++) {
        char expected[200];
        struct judgement judgement = {.verdict = verdict};
        struct report report = fixture_load(&judgement);
        char *html = html_of(&report);
        (void)snprintf(expected, sizeof(expected), "<header class=\"verdict %s\">",
                       verdict_name(verdict));
        assert_contains(html, expected);
        (void)snprintf(expected, sizeof(expected), "<strong>%s</strong>", words[verdict]);
        assert_contains(html, expected);
        assert_contains(html, "<p class=\"stamp\"><svg class=\"sign\"");
        free(html);
    }
}

static void it_says_what_readers_see(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_BLOCK};
    struct report report = fixture_load(&judgement);
    assert_has(&report, "Readers still see the last good load, 11, as of 2011-05-22 11:00 UTC.");
    report.baseline_id = 0;
    assert_has(&report, "Readers see nothing yet.");
    judgement.verdict = VERDICT_WARN;
    assert_has(&report, "Readers see this load as soon as it is published.");
    struct report files = fixture_files(&judgement);
    assert_has(&files, "Two files were compared");
}

/* The page of a blocked load with further members, as a command adds them. */
static char *page_with(const char *members)
{
    struct error err;
    struct judgement judgement = {.verdict = VERDICT_BLOCK};
    struct report report = fixture_load(&judgement);
    json_t *json = NULL;
    json_t *more = json_loads(members, 0, NULL);
    assert_non_null(more);
    assert_ok(report_json(&report, &json, &err));
    assert_int_equal(json_object_update(json, more), 0);
    char *html = PRINTED(out, report_write_html_json(json, out, &err));
    json_decref(json);
    json_decref(more);
    return html;
}

static void a_stored_report_says_what_readers_see_now_and_what_can_be_done(void **state)
{
    (void)state;
    char *html = page_with("{\"state\":\"blocked\",\"live\":{\"load\":11,\"as_of\":null}}");
    assert_contains(html, "Readers see load 11.");
    assert_contains(html, "<li>the load is blocked</li>");
    assert_contains(html, "loadguard approve 12 --override --reason TEXT");
    free(html);
    html = page_with("{\"state\":\"published\",\"live\":{\"load\":12}}");
    assert_contains(html, "Readers see this load.");
    assert_null(strstr(html, "loadguard approve"));
    free(html);
    html = page_with("{\"state\":\"held\",\"live\":null}");
    assert_contains(html, "Readers see nothing yet.");
    free(html);
}

static void what_nobody_can_release_offers_no_approval(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    struct judgement judgement = {
        .verdict = VERDICT_BLOCK, .outcomes = &outcome, .n_outcomes = 1, .n_findings = 1};
    struct report report = fixture_load(&judgement);
    outcome.releasable = false;
    char *html = html_of(&report);
    assert_null(strstr(html, "loadguard approve"));
    assert_contains(html, "loadguard reject 12");
    free(html);
}

static void row_counts_and_findings_are_there(void **state)
{
    (void)state;
    struct outcome outcome = fixture_mass_reset();
    struct judgement judgement = {
        .verdict = VERDICT_BLOCK, .outcomes = &outcome, .n_outcomes = 1, .n_findings = 1};
    struct report_examples examples = {fixture_examples, 2};
    struct report report = fixture_load(&judgement);
    report.examples = &examples;
    report.stderr_tail = "start\r\nKeyError: <twitter>\n";
    char *html = html_of(&report);
    assert_contains(html, "<dt>changed</dt>\n<dd>69,888,123<span class=\"share\">93.2 %</span>");
    assert_contains(html, "93.2 % of kept rows have score = 1 and old.score &gt; 1");
    assert_contains(html, "<span class=\"before\">48.25</span>");
    assert_contains(html, "start\nKeyError: &lt;twitter&gt;\n</pre>");
    free(html);
}

static void a_title_cannot_leave_its_place(void **state)
{
    (void)state;
    struct judgement judgement = {.verdict = VERDICT_PASS};
    struct report report = fixture_files(&judgement);
    report.title = "</title><script>x</script>\033[2J";
    char *html = html_of(&report);
    assert_null(strstr(html, "<script"));
    assert_contains(html, "&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;\\x1b[2J</title>");
    free(html);
}

static void a_stored_report_of_another_shape_is_refused(void **state)
{
    (void)state;
    struct error err;
    json_t *json = json_loads("{\"verdict\":\"block\"}", 0, NULL);
    assert_fails(ERR_DATA, report_write_html_json(json, stdout, &err));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_needs_nothing_from_elsewhere),
        cmocka_unit_test(the_verdict_is_a_word_a_sign_and_a_colour),
        cmocka_unit_test(it_says_what_readers_see),
        cmocka_unit_test(a_stored_report_says_what_readers_see_now_and_what_can_be_done),
        cmocka_unit_test(what_nobody_can_release_offers_no_approval),
        cmocka_unit_test(row_counts_and_findings_are_there),
        cmocka_unit_test(a_title_cannot_leave_its_place),
        cmocka_unit_test(a_stored_report_of_another_shape_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
