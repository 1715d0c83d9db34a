#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

static char text[20000];

static struct log opened(enum log_format format)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    struct log log;
    log_init(&log, fd, format, LOG_INFO);
    return log;
}

/* All that was written; closes the log. */
static const char *written(struct log *log)
{
    ssize_t got = pread(log->fd, text, sizeof(text) - 1, 0);
    assert_true(got >= 0);
    text[got] = '\0';
    assert_int_equal(close(log->fd), 0);
    return text;
}

static void an_event_is_a_line_of_text_with_its_fields(void **state)
{
    (void)state;
    struct log log = opened(LOG_TEXT);
    log_event(&log, LOG_WARNING, "load.held",
              LOG_FIELDS(log_string("feed", "klout"), log_int("load", 12),
                         log_string("rule", "mass reset"), log_bool("first", true),
                         log_double("share", 0.93), log_string("empty", NULL)),
              "%s waits", "klout");
    assert_contains(written(&log), " warning load.held: klout waits feed=klout load=12 "
                                   "rule=\"mass reset\" first=true share=0.93 empty=\"\"\n");
}

static void an_event_is_a_json_object_with_its_fields(void **state)
{
    (void)state;
    struct log log = opened(LOG_JSON);
    log_event(&log, LOG_INFO, "load.published",
              LOG_FIELDS(log_uint("rows", UINT64_MAX), log_time("as_of", 0),
                         log_string("note", "a \"b\"\n\x01\xFF")),
              "published");
    const char *line = written(&log);
    assert_int_equal(strncmp(line, "{\"time\":\"20", 11), 0);
    assert_contains(line, "\"level\":\"info\",\"event\":\"load.published\","
                          "\"message\":\"published\",\"rows\":18446744073709551615,"
                          "\"as_of\":\"1970-01-01T00:00:00Z\","
                          "\"note\":\"a \\\"b\\\"\\n\\u0001\xEF\xBF\xBD\"}\n");
}

static void events_below_the_level_are_dropped(void **state)
{
    (void)state;
    struct log log = opened(LOG_TEXT);
    log_event(&log, LOG_DEBUG, "poll", NULL, "nothing");
    assert_string_equal(written(&log), "");
    struct log closed = {0};
    log_event(&closed, LOG_ERROR, "lost", NULL, "nowhere to go");
}

static void outside_text_cannot_forge_a_second_line(void **state)
{
    (void)state;
    struct log log = opened(LOG_TEXT);
    log_event(&log, LOG_INFO, "a", LOG_FIELDS(log_string("x", "1\n2")), "one\ntwo\x1B[2J");
    const char *line = written(&log);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_null(strchr(line, '\x1B'));
}

static void what_does_not_fit_is_left_out_and_the_line_stays_whole(void **state)
{
    (void)state;
    static char long_text[20000];
    memset(long_text, '\x01', sizeof(long_text) - 1);
    struct log log = opened(LOG_JSON);
    log_event(&log, LOG_INFO, "a",
              LOG_FIELDS(log_string("long", long_text), log_string("short", "kept")), "%s",
              long_text);
    const char *line = written(&log);
    assert_true(strlen(line) <= LOG_MAX_LINE_BYTES);
    assert_null(strstr(line, "long"));
    assert_contains(line, "\",\"short\":\"kept\"}\n");
}

static void numbers_that_json_does_not_know_are_null(void **state)
{
    (void)state;
    struct log log = opened(LOG_JSON);
    log_event(&log, LOG_INFO, "a", LOG_FIELDS(log_double("x", 0.0 / 0.0)), "m");
    assert_contains(written(&log), "\"x\":null}");
}

static void a_secret_never_reaches_the_log(void **state)
{
    (void)state;
    struct error err;
    struct secret secret = {0};
    assert_ok(secret_set(&secret, "hunter2", 7, &err));
    struct log log = opened(LOG_TEXT);
    log_event(&log, LOG_INFO, "a", LOG_FIELDS(log_secret("key", &secret)), "m");
    assert_contains(written(&log), "key=***\n");
    assert_null(strstr(text, "hunter2"));
    secret_release(&secret);
}

static void a_failure_is_logged_with_its_detail_and_place(void **state)
{
    (void)state;
    struct error failure;
    (void)error_set(&failure, ERR_CONFIG, "bad key");
    error_at(&failure, "loadguard.yaml", 3, 5);
    error_detail(&failure, "It is unknown.");
    struct log log = opened(LOG_TEXT);
    log_failure(&log, LOG_ERROR, "config.refused", &failure);
    assert_contains(written(&log), " error config.refused: bad key code=configuration "
                                   "file=loadguard.yaml line=3 detail=\"It is unknown.\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_a_line_of_text_with_its_fields),
        cmocka_unit_test(an_event_is_a_json_object_with_its_fields),
        cmocka_unit_test(events_below_the_level_are_dropped),
        cmocka_unit_test(outside_text_cannot_forge_a_second_line),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_the_line_stays_whole),
        cmocka_unit_test(numbers_that_json_does_not_know_are_null),
        cmocka_unit_test(a_secret_never_reaches_the_log),
        cmocka_unit_test(a_failure_is_logged_with_its_detail_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
