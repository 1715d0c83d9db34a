#include "tests/unit/store/fake_pooler.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CLIENTS 8
#define GREETING_BYTES 8192
#define IDLE "Z\0\0\0\5I" /* ready for a query, in no transaction */
#define IDLE_BYTES 6

struct pooler {
    int listening;
    int server;
    int clients[MAX_CLIENTS];
    bool greeted[MAX_CLIENTS];
    int owner; /* index of the client that has the server's session, or -1 */
    char greeting[GREETING_BYTES];
    size_t greeting_len;
};

static struct sockaddr_un address_in(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", folder);
    return address;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool ends_idle(const char *bytes, size_t len)
{
    return len >= IDLE_BYTES && memcmp(bytes + len - IDLE_BYTES, IDLE, IDLE_BYTES) == 0;
}

/* Opens the server's session and keeps what it says, to say it to every client. */
static bool greet_server(struct pooler *pooler, const char *user, const char *database)
{
    char packet[256] = {0};
    size_t len = 8;
    const char *const words[] = {"user", user, "database", database};
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(packet + len, sizeof(packet) - len, "%s", words[i]);
        len += strlen(words[i]) + 1;
    }
    len++;
    uint32_t head[2] = {htonl((uint32_t)len), htonl(196608)};
    memcpy(packet, head, sizeof(head));
    if (!send_all(pooler->server, packet, len))
        return false;
    while (!ends_idle(pooler->greeting, pooler->greeting_len)) {
        ssize_t got = recv(pooler->server, pooler->greeting + pooler->greeting_len,
                           GREETING_BYTES - pooler->greeting_len, 0);
        if (got <= 0)
            return false;
        pooler->greeting_len += (size_t)got;
    }
    return true;
}

/* Clients get a process id of the pooler's own, as they do from a real one. */
static void change_process_id(struct pooler *pooler)
{
    for (size_t at = 0; at + 9 <= pooler->greeting_len;) {
        uint32_t len;
        memcpy(&len, pooler->greeting + at + 1, sizeof(len));
        if (pooler->greeting[at] == 'K')
            pooler->greeting[at + 5] ^= 0x40;
        at += 1 + ntohl(len);
    }
}

static void accept_client(struct pooler *pooler)
{
    int client = accept(pooler->listening, NULL, NULL);
    for (int i = 0; i < MAX_CLIENTS; i++) {
        if (pooler->clients[i] < 0) {
            pooler->clients[i] = client;
            pooler->greeted[i] = false;
            return;
        }
    }
    (void)close(client);
}

static void drop_client(struct pooler *pooler, int i)
{
    (void)close(pooler->clients[i]);
    pooler->clients[i] = -1;
    if (pooler->owner != i)
        return;
    /* Left within a transaction: end it, and swallow the answer. */
    char answer[256];
    static const char rollback[] = "Q\0\0\0\rrollback";
    if (send_all(pooler->server, rollback, sizeof(rollback)))
        (void)!recv(pooler->server, answer, sizeof(answer), 0);
    pooler->owner = -1;
}

static void serve_client(struct pooler *pooler, int i)
{
    char bytes[65536];
    ssize_t got = recv(pooler->clients[i], bytes, sizeof(bytes), 0);
    if (got <= 0 || bytes[0] == 'X') {
        drop_client(pooler, i);
    } else if (!pooler->greeted[i]) {
        pooler->greeted[i] = true;
        (void)send_all(pooler->clients[i], pooler->greeting, pooler->greeting_len);
    } else {
        pooler->owner = i;
        (void)send_all(pooler->server, bytes, (size_t)got);
    }
}

static void serve_server(struct pooler *pooler)
{
    char bytes[65536];
    ssize_t got = recv(pooler->server, bytes, sizeof(bytes), 0);
    if (got <= 0)
        _exit(0);
    if (pooler->owner >= 0)
        (void)send_all(pooler->clients[pooler->owner], bytes, (size_t)got);
    if (ends_idle(bytes, (size_t)got))
        pooler->owner = -1;
}

static void serve(struct pooler *pooler)
{
    for (;;) {
        struct pollfd fds[MAX_CLIENTS + 2] = {{.fd = pooler->listening, .events = POLLIN},
                                              {.fd = pooler->server, .events = POLLIN}};
        for (int i = 0; i < MAX_CLIENTS; i++) {
            /* Whoever does not have the server's session waits until it is free. */
            bool may_speak = pooler->owner < 0 || pooler->owner == i || !pooler->greeted[i];
            fds[i + 2].fd = may_speak ? pooler->clients[i] : -1;
            fds[i + 2].events = POLLIN;
        }
        if (poll(fds, MAX_CLIENTS + 2, -1) < 0)
            _exit(1);
        if (fds[0].revents != 0)
            accept_client(pooler);
        if (fds[1].revents != 0)
            serve_server(pooler);
        for (int i = 0; i < MAX_CLIENTS; i++) {
            if (fds[i + 2].revents != 0) {
                serve_client(pooler, i);
                break;
            }
        }
    }
}

static bool open_sockets(struct pooler *pooler, const char *folder, const char *server_folder)
{
    struct sockaddr_un here = address_in(folder);
    struct sockaddr_un there = address_in(server_folder);
    pooler->owner = -1;
    for (int i = 0; i < MAX_CLIENTS; i++)
        pooler->clients[i] = -1;
    pooler->listening = socket(AF_UNIX, SOCK_STREAM, 0);
    pooler->server = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(pooler->listening, (const struct sockaddr *)&here, sizeof(here)) == 0 &&
           listen(pooler->listening, 8) == 0 &&
           connect(pooler->server, (const struct sockaddr *)&there, sizeof(there)) == 0;
}

pid_t fake_pooler_start(const char *folder, const char *server_folder, const char *user,
                        const char *database)
{
    struct pooler *pooler = calloc(1, sizeof(*pooler));
    if (pooler == NULL || !open_sockets(pooler, folder, server_folder) ||
        !greet_server(pooler, user, database)) {
        free(pooler);
        return -1;
    }
    change_process_id(pooler);
    pid_t child = fork();
    if (child == 0)
        serve(pooler);
    (void)close(pooler->listening);
    (void)close(pooler->server);
    free(pooler);
    return child;
}

void fake_pooler_stop(pid_t pooler)
{
    (void)kill(pooler, SIGKILL);
    (void)waitpid(pooler, NULL, 0);
}
