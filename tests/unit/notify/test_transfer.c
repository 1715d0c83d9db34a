#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "notify/http.h"

static struct error err;
static char ca_path[] = "/tmp/loadguard-tls-XXXXXX";
static int listener;
static unsigned port;
static SSL_CTX *context;
static pthread_t thread;

/* --- A server with TLS that keeps connections open, one after the other ----------------------- */

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    (void)X509_set_pubkey(certificate, key);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    (void)X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void make_context(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = self_signed(key);
    int fd = mkstemp(ca_path);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Answers every read, which is one request, until the client closes. */
static void serve(int fd)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char request[4096];
    const struct timeval patience = {.tv_sec = 10};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL *connection = SSL_new(context);
    (void)SSL_set_fd(connection, fd);
    if (SSL_accept(connection) == 1)
        while (SSL_read(connection, request, sizeof(request)) > 0)
            (void)SSL_write(connection, answer, sizeof(answer) - 1);
    SSL_free(connection);
    (void)close(fd);
}

static void *accept_all(void *argument)
{
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
        serve(fd);
    return argument;
}

/* --- The tests -------------------------------------------------------------------------------- */

static struct http_result seen;

static void on_done(void *ignored, size_t index, const struct http_result *result)
{
    (void)ignored;
    assert_int_equal(index, 0);
    seen = *result;
}

static void get(struct http_client *client, enum http_reach reach)
{
    char url[100];
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
    const struct http_request request = {.url = url, .reach = reach};
    assert_ok(http_perform(client, &request, 1, on_done, NULL, &err));
}

static struct http_client *new_client(const char *ca_file)
{
    const struct http_client_options options = {.ca_file = ca_file};
    struct http_client *client = NULL;
    assert_ok(http_client_new(&options, &client, &err));
    return client;
}

static void a_server_with_a_known_certificate_is_spoken_to(void **state)
{
    (void)state;
    struct http_client *client = new_client(ca_path);
    get(client, HTTP_REACH_ANY);
    assert_int_equal(seen.status, 200);
    get(client, HTTP_REACH_ANY);
    assert_int_equal(seen.status, 200);
    http_client_free(client);
}

static void a_server_with_an_unknown_certificate_is_not(void **state)
{
    (void)state;
    struct http_client *client = new_client(NULL);
    get(client, HTTP_REACH_ANY);
    assert_int_equal(seen.failure, HTTP_NO_TLS);
    assert_contains(seen.error.message, "https://127.0.0.1:");
    http_client_free(client);
}

static void a_partner_cannot_use_a_connection_that_an_operator_opened(void **state)
{
    (void)state;
    struct http_client *client = new_client(ca_path);
    get(client, HTTP_REACH_ANY);
    assert_int_equal(seen.status, 200);
    get(client, HTTP_REACH_PUBLIC);
    assert_int_equal(seen.failure, HTTP_BAD_REQUEST);
    assert_int_equal(seen.error.code, ERR_REFUSED);
    http_client_free(client);
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    make_context();
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (interrupt_install(&err) != OK || bind(listener, (struct sockaddr *)&address, len) != 0 ||
        listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    port = ntohs(address.sin_port);
    return pthread_create(&thread, NULL, accept_all, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
    SSL_CTX_free(context);
    return unlink(ca_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_a_known_certificate_is_spoken_to),
        cmocka_unit_test(a_server_with_an_unknown_certificate_is_not),
        cmocka_unit_test(a_partner_cannot_use_a_connection_that_an_operator_opened),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
