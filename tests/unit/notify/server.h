/* A small HTTP server for tests: a thread on the loopback interface that misbehaves on request. */
#ifndef LG_TESTS_UNIT_NOTIFY_SERVER_H
#define LG_TESTS_UNIT_NOTIFY_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum server_manner {
    SERVER_ANSWER,  /* sends the text and closes */
    SERVER_HANG,    /* sends the text and keeps the connection open in silence */
    SERVER_ENDLESS, /* sends the text and then its last eight bytes again and again */
};

struct server_route {
    const char *path;
    enum server_manner manner;
    const char *text;
};

#define SERVER_MAX_REQUEST 40000

struct server {
    const struct server_route *routes;
    size_t n_routes;
    int listener;
    int stop_fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t lock;
    char last_request[SERVER_MAX_REQUEST + 1]; /* under lock */
    unsigned n_connections;                    /* under lock; ever accepted */
    unsigned n_open;                           /* under lock */
};

struct server_connection {
    struct server *server;
    int fd;
};

static inline bool server_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = send(fd, bytes, len, MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

/* Waits for bytes, the other side's end, or the server's stop; false for the last. */
static inline bool server_wait(struct server_connection *connection)
{
    struct pollfd fds[] = {{connection->fd, POLLIN, 0}, {connection->server->stop_fd, POLLIN, 0}};
    return poll(fds, 2, -1) > 0 && fds[1].revents == 0;
}

static inline bool server_read_request(struct server_connection *connection, char *request)
{
    size_t len = 0;
    request[0] = '\0';
    for (;;) {
        const char *end = strstr(request, "\r\n\r\n");
        const char *length = strcasestr(request, "content-length:");
        size_t body = end != NULL && length != NULL ? (size_t)atol(length + 15) : 0;
        if (end != NULL && len >= (size_t)(end + 4 - request) + body)
            return true;
        if (len == SERVER_MAX_REQUEST || !server_wait(connection))
            return false;
        ssize_t got = recv(connection->fd, request + len, SERVER_MAX_REQUEST - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        request[len] = '\0';
    }
}

static inline void server_answer(struct server_connection *connection, const char *request)
{
    const struct server *server = connection->server;
    const char *path = strchr(request, ' ');
    for (size_t i = 0; path != NULL && i < server->n_routes; i++) {
        const struct server_route *route = &server->routes[i];
        size_t len = strlen(route->path);
        if (strncmp(path + 1, route->path, len) != 0 || path[1 + len] != ' ')
            continue;
        size_t text_len = strlen(route->text);
        bool open = server_send(connection->fd, route->text, text_len);
        while (open && route->manner == SERVER_ENDLESS)
            open = server_send(connection->fd, route->text + text_len - 8, 8);
        if (open && route->manner == SERVER_HANG)
            (void)server_wait(connection);
        return;
    }
}

static inline void *server_serve(void *argument)
{
    struct server_connection *connection = argument;
    struct server *server = connection->server;
    char *request = malloc(SERVER_MAX_REQUEST + 1);
    if (request != NULL && server_read_request(connection, request)) {
        (void)pthread_mutex_lock(&server->lock);
        memcpy(server->last_request, request, strlen(request) + 1);
        (void)pthread_mutex_unlock(&server->lock);
        server_answer(connection, request);
    }
    free(request);
    (void)shutdown(connection->fd, SHUT_RDWR);
    (void)close(connection->fd);
    free(connection);
    (void)pthread_mutex_lock(&server->lock);
    server->n_open--;
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}

static inline void *server_accept(void *argument)
{
    struct server *server = argument;
    struct pollfd fds[] = {{server->listener, POLLIN, 0}, {server->stop_fd, POLLIN, 0}};
    while (poll(fds, 2, -1) > 0 && fds[1].revents == 0) {
        struct server_connection *connection = malloc(sizeof(*connection));
        if (connection == NULL)
            return NULL;
        *connection = (struct server_connection){server, accept(server->listener, NULL, NULL)};
        pthread_t thread;
        (void)pthread_mutex_lock(&server->lock);
        server->n_connections++;
        server->n_open++;
        (void)pthread_mutex_unlock(&server->lock);
        if (pthread_create(&thread, NULL, server_serve, connection) == 0)
            (void)pthread_detach(thread);
    }
    return NULL;
}

/* Routes are borrowed. False if it cannot listen. */
static inline bool server_start(struct server *server, const struct server_route *routes, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    *server = (struct server){.routes = routes, .n_routes = n};
    (void)pthread_mutex_init(&server->lock, NULL);
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || server->stop_fd < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listener, 128) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return pthread_create(&server->thread, NULL, server_accept, server) == 0;
}

static inline void server_stop(struct server *server)
{
    (void)!write(server->stop_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)pthread_join(server->thread, NULL);
    for (unsigned open = 1; open > 0;) {
        (void)pthread_mutex_lock(&server->lock);
        open = server->n_open;
        (void)pthread_mutex_unlock(&server->lock);
        (void)usleep(1000);
    }
    (void)close(server->listener);
    (void)close(server->stop_fd);
}

/* Copies the last request, headers and body, as it came. */
static inline void server_last_request(struct server *server, char out[SERVER_MAX_REQUEST + 1])
{
    (void)pthread_mutex_lock(&server->lock);
    memcpy(out, server->last_request, strlen(server->last_request) + 1);
    (void)pthread_mutex_unlock(&server->lock);
}

#endif
