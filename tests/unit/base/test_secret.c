#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

static struct error err;
static char path[] = "/tmp/loadguard-secret-XXXXXX";

static void write_file(const char *bytes, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_scrubbed(const char *url, const char *expected)
{
    char out[URL_SCRUBBED_BYTES];
    assert_string_equal(url_scrub(url, out), expected);
}

static void a_url_keeps_scheme_host_and_port_only(void **state)
{
    (void)state;
    assert_scrubbed("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/***");
    assert_scrubbed("http://me:secret@host:8080/a?token=1#f", "http://***@host:8080/***");
    assert_scrubbed("https://host?key=secret", "https://host/***");
    assert_scrubbed("https://host", "https://host");
    assert_scrubbed("https://host/", "https://host/");
    assert_scrubbed("https://me:se@cret@host/", "https://***@host/");
    assert_scrubbed("https://[::1]:80/x", "https://[::1]:80/***");
}

static void what_is_no_url_is_hidden_altogether(void **state)
{
    (void)state;
    assert_scrubbed("", "***");
    assert_scrubbed("secret", "***");
    assert_scrubbed("secret value://x", "***");
    assert_scrubbed("://x", "***");
}

static void a_url_with_control_characters_or_great_length_is_shown_safely(void **state)
{
    (void)state;
    assert_scrubbed("http://a\r\nb/", "http://a??b/");
    char url[2000] = "http://";
    memset(url + 7, 'h', sizeof(url) - 8);
    char out[URL_SCRUBBED_BYTES];
    assert_true(strlen(url_scrub(url, out)) < URL_SCRUBBED_BYTES);
}

static void a_secret_file_is_read_without_its_line_end(void **state)
{
    (void)state;
    struct secret secret = {0};
    write_file("s3cret\r\n", 8, 0600);
    assert_ok(secret_read_file(&secret, path, &err));
    assert_string_equal(secret_reveal(&secret), "s3cret");
    assert_string_equal(secret_text(&secret), SECRET_SCRUBBED);
    secret_release(&secret);
    assert_string_equal(secret_reveal(&secret), "");
    assert_string_equal(secret_text(&secret), "(none)");
}

static void a_secret_file_that_cannot_be_one_is_refused(void **state)
{
    (void)state;
    struct secret secret = {0};
    write_file("s3cret", 6, 0644);
    assert_fails(ERR_CONFIG, secret_read_file(&secret, path, &err));
    assert_contains(err.message, "everybody");
    write_file("\n", 1, 0600);
    assert_fails(ERR_CONFIG, secret_read_file(&secret, path, &err));
    assert_contains(err.message, "empty");
    write_file("a\0b", 3, 0600);
    assert_fails(ERR_CONFIG, secret_read_file(&secret, path, &err));
    assert_contains(err.message, "zero byte");
    assert_fails(ERR_CONFIG, secret_read_file(&secret, "/tmp", &err));
    assert_contains(err.message, "regular");
    assert_fails(ERR_CONFIG, secret_read_file(&secret, "/no/such/file", &err));
    assert_null(secret.do_not_print);
}

static void a_secret_file_has_a_limit(void **state)
{
    (void)state;
    static char bytes[SECRET_MAX_BYTES + 1];
    memset(bytes, 'x', sizeof(bytes));
    struct secret secret = {0};
    write_file(bytes, SECRET_MAX_BYTES, 0600);
    assert_ok(secret_read_file(&secret, path, &err));
    assert_int_equal(secret.len, SECRET_MAX_BYTES);
    secret_release(&secret);
    write_file(bytes, sizeof(bytes), 0600);
    assert_fails(ERR_CONFIG, secret_read_file(&secret, path, &err));
    assert_fails(ERR_LIMIT, secret_set(&secret, bytes, sizeof(bytes), &err));
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_keeps_scheme_host_and_port_only),
        cmocka_unit_test(what_is_no_url_is_hidden_altogether),
        cmocka_unit_test(a_url_with_control_characters_or_great_length_is_shown_safely),
        cmocka_unit_test(a_secret_file_is_read_without_its_line_end),
        cmocka_unit_test(a_secret_file_that_cannot_be_one_is_refused),
        cmocka_unit_test(a_secret_file_has_a_limit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
