/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: listening, room for connections, deadlines, stopping. Deadlines are kept in the
 * connections and looked at by one tick of the server, so that a request costs no timer operations.
 */
#include "server/http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/internal.h"

#define TICK_MS 50u

tps_http_server_options tps_http_server_defaults(void)
{
    return (tps_http_server_options){.address = "127.0.0.1:8080",
                                     .limits = {.target = 8192, .head = 16384, .fields = TPS_HTTP_FIELDS_MAX},
                                     .connections_max = 10000,
                                     .body_memory_max = 256u << 20,
                                     .header_timeout_ms = 10000,
                                     .request_timeout_ms = 30000,
                                     .idle_timeout_ms = 60000,
                                     .write_timeout_ms = 30000,
                                     .grace_ms = 10000};
}

static bool make_room(tps_http_server *server)
{
    if (server->connections < server->options.connections_max) {
        return true;
    }
    if (server->idle.first == NULL) {
        return false;
    }
    tps_http_connection_free(server->idle.first);
    return true;
}

/* Best effort, and no reason to wait: the client may never read it. */
static void turn_away(evutil_socket_t fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";

    (void)!write(fd, answer, sizeof(answer) - 1);
    (void)evutil_closesocket(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int peer_size, void *context)
{
    tps_http_server *server = context;

    (void)listener;
    (void)peer;
    (void)peer_size;
    if (!make_room(server) || tps_http_connection_open(server, fd) == NULL) {
        turn_away(fd);
    }
}

/* Most likely no file descriptor is left: the tick listens again. Else the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    tps_http_server *server = context;

    (void)evconnlistener_disable(listener);
    server->listener_paused = true;
}

static void sweep(connection_list *list, uint64_t now, bool in_order)
{
    tps_http_exchange *next;

    for (tps_http_exchange *c = list->first; c != NULL; c = next) {
        next = c->next;
        if (c->deadline <= now) {
            tps_http_connection_time_out(c);
        } else if (in_order) {
            return;
        }
    }
}

static void close_all(tps_http_server *server)
{
    while (server->idle.first != NULL) {
        tps_http_connection_free(server->idle.first);
    }
    while (server->busy.first != NULL) {
        tps_http_connection_abandon(server->busy.first);
    }
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
    tps_http_server *server = context;
    uint64_t now = tps_http_now_ms();
    void (*stopped)(void *) = server->stopped;

    (void)fd;
    (void)events;
    if (server->listener_paused && server->listener != NULL && evconnlistener_enable(server->listener) == 0) {
        server->listener_paused = false;
    }
    sweep(&server->idle, now, true);
    sweep(&server->busy, now, false);
    if (!server->stopping || stopped == NULL) {
        return;
    }
    if (now >= server->stop_deadline) {
        close_all(server);
    }
    if (server->connections == 0) {
        server->stopped = NULL;
        stopped(server->stopped_context);
    }
}

/* ---- the server ---- */

static tps_status start_tick(tps_http_server *server)
{
    struct timeval every = {0, TICK_MS * 1000};

    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    return server->tick != NULL && event_add(server->tick, &every) == 0 ? TPS_OK : TPS_OUT_OF_MEMORY;
}

static void note_address(tps_http_server *server)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char ip[INET6_ADDRSTRLEN] = "";

    memset(&bound, 0, sizeof(bound));
    (void)getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&bound, &size);
    if (bound.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&bound;

        (void)evutil_inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
        (void)snprintf(server->address, sizeof(server->address), "[%s]:%u", ip,
                       (unsigned)ntohs(in6->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&bound;

        (void)evutil_inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
        (void)snprintf(server->address, sizeof(server->address), "%s:%u", ip, (unsigned)ntohs(in->sin_port));
    }
}

/* "IP:port" or "[IPv6]:port". libevent's own parser does not take port 0. */
static bool parse_address(const char *text, struct sockaddr_storage *address, int *size)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
    size_t ip_size = colon == NULL ? 0 : (size_t)(colon - text) - (bracketed ? 2 : 0);
    char ip[INET6_ADDRSTRLEN];
    char *end;
    unsigned long port;

    if (ip_size == 0 || ip_size >= sizeof(ip) || colon[1] < '0' || colon[1] > '9') {
        return false;
    }
    memcpy(ip, text + (bracketed ? 1 : 0), ip_size);
    ip[ip_size] = '\0';
    port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX) {
        return false;
    }
    memset(address, 0, sizeof(*address));
    address->ss_family = bracketed ? AF_INET6 : AF_INET;
    *size = bracketed ? (int)sizeof(*in6) : (int)sizeof(*in);
    if (bracketed) {
        in6->sin6_port = htons((uint16_t)port);
        return evutil_inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1;
    }
    in->sin_port = htons((uint16_t)port);
    return evutil_inet_pton(AF_INET, ip, &in->sin_addr) == 1;
}

static tps_status start_listener(tps_http_server *server)
{
    struct sockaddr_storage address;
    int size;

    if (!parse_address(server->options.address, &address, &size)) {
        return TPS_BAD_ARGUMENT;
    }
    server->listener = evconnlistener_new_bind(
        server->base, on_accept, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        512, (struct sockaddr *)&address, size);
    if (server->listener == NULL) {
        return TPS_IO;
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    note_address(server);
    return TPS_OK;
}

tps_status tps_http_server_open(struct event_base *base, const tps_http_server_options *options,
                                const tps_http_server_ops *ops, tps_http_server **server)
{
    tps_http_server *made = calloc(1, sizeof(*made));
    tps_status status;

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->base = base;
    made->options = *options;
    made->ops = *ops;
    made->date_second = -1;
    status = start_tick(made);
    if (status == TPS_OK) {
        status = start_listener(made);
    }
    if (status != TPS_OK) {
        int error = errno;

        tps_http_server_free(made);
        errno = error;
        return status;
    }
    made->options.address = made->address;
    *server = made;
    return TPS_OK;
}

const char *tps_http_server_address(const tps_http_server *server)
{
    return server->address;
}

size_t tps_http_server_connections(const tps_http_server *server)
{
    return server->connections;
}

void tps_http_server_stop(tps_http_server *server, void (*stopped)(void *context), void *context)
{
    if (server->stopping) {
        return;
    }
    server->stopping = true;
    server->stop_deadline = tps_http_now_ms() + server->options.grace_ms;
    server->stopped = stopped;
    server->stopped_context = context;
    evconnlistener_free(server->listener);
    server->listener = NULL;
    while (server->idle.first != NULL) {
        tps_http_connection_free(server->idle.first);
    }
}

void tps_http_server_free(tps_http_server *server)
{
    if (server == NULL) {
        return;
    }
    close_all(server);
    if (server->listener != NULL) {
        evconnlistener_free(server->listener);
    }
    if (server->tick != NULL) {
        event_free(server->tick);
    }
    free(server);
}
