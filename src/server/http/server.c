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

#define TICK_MS          50u
#define SENDING_AT_LEAST 1000u /* ms that a client has to act before it must make room for a new one */
#define SHAKING_SHARE    4u    /* one in so many connections may be in TLS's handshake */
#define SHAKING_BURST_US 2000  /* time for handshakes at once; it comes back at half the clock's speed */
#define TURN_US          1000u /* time for those that wait, in each turn of the loop */

uint64_t tps_http_now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t tps_http_now_ms(void)
{
    return tps_http_now_us() / 1000u;
}

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

static bool evict(tps_http_server *server, tps_http_exchange *c)
{
    tps_http_connection_free(c);
    server->counters.evicted++;
    return true;
}

/*
 * Handshakes get a part of the connections: whoever opens many without ever finishing one must not drive the
 * others out. The oldest that still shakes hands is the first of its kind on its list.
 */
static bool make_room_for_handshake(tps_http_server *server)
{
    tps_http_exchange *c = server->turns.first;

    if (server->options.tls == NULL ||
        server->shaking < server->options.connections_max / SHAKING_SHARE + 1) {
        return true;
    }
    if (c == NULL) {
        for (c = server->clients.first; c != NULL && c->state != CONNECTION_HANDSHAKE; c = c->next) {
        }
    }
    return c != NULL && evict(server, c);
}

static bool make_room(tps_http_server *server)
{
    tps_http_exchange *oldest = server->clients.first;

    if (!make_room_for_handshake(server)) {
        return false;
    }
    if (server->connections < server->options.connections_max) {
        return true;
    }
    if (server->idle.first != NULL) {
        return evict(server, server->idle.first);
    }
    return oldest != NULL && tps_http_now_ms() - oldest->since >= SENDING_AT_LEAST && evict(server, oldest);
}

/* Best effort, and no reason to wait: the client may never read it. */
static void turn_away(tps_http_server *server, evutil_socket_t fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";

    server->counters.refused++;
    if (server->options.tls == NULL) {
        (void)!send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
    }
    (void)evutil_closesocket(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int peer_size, void *context)
{
    tps_http_server *server = context;

    (void)listener;
    (void)peer_size;
    if (make_room(server) && tps_http_connection_open(server, fd, peer) != NULL) {
        server->counters.accepted++;
    } else {
        turn_away(server, fd);
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

static void free_list(connection_list *list)
{
    while (list->first != NULL) {
        tps_http_connection_free(list->first);
    }
}

static void close_all(tps_http_server *server)
{
    free_list(&server->idle);
    free_list(&server->turns);
    free_list(&server->clients);
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
    sweep(&server->turns, now, true);
    sweep(&server->clients, now, false);
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

/* ---- handshakes ---- */

/*
 * A handshake costs as much as several requests. A few go on at once; when many come, they wait in a queue,
 * and each turn of the loop serves all who are connected already, and then the queue for a millisecond. So a
 * flood costs the others a millisecond a turn, and no time is wasted when there are no others.
 */
bool tps_http_handshake_may_go_on(tps_http_server *server, uint64_t now_us)
{
    uint64_t back = (now_us - server->handshake_at) / 2;

    if (back > 0) {
        server->handshake_us += back < SHAKING_BURST_US ? (int64_t)back : SHAKING_BURST_US;
        server->handshake_us =
            server->handshake_us < SHAKING_BURST_US ? server->handshake_us : SHAKING_BURST_US;
        server->handshake_at = now_us;
    }
    return server->handshake_us > 0 && server->turns.first == NULL;
}

void tps_http_handshake_took(tps_http_server *server, uint64_t us)
{
    server->handshake_us -= us < SHAKING_BURST_US ? (int64_t)us : SHAKING_BURST_US;
}

void tps_http_handshake_wait(tps_http_server *server)
{
    struct timeval now = {0, 0}; /* in the loop's next turn, after what is ready by then */

    if (evtimer_pending(server->turn, NULL) == 0) {
        (void)evtimer_add(server->turn, &now);
    }
}

static void on_turn(evutil_socket_t fd, short events, void *context)
{
    tps_http_server *server = context;
    uint64_t begun = tps_http_now_us();

    (void)fd;
    (void)events;
    while (server->turns.first != NULL && tps_http_now_us() - begun < TURN_US) {
        tps_http_connection_take_turn(server->turns.first);
    }
    if (server->turns.first != NULL) {
        tps_http_handshake_wait(server);
    }
}

/* ---- the server ---- */

static tps_status start_tick(tps_http_server *server)
{
    struct timeval every = {0, TICK_MS * 1000};

    server->turn = evtimer_new(server->base, on_turn, server);
    server->tick = event_new(server->base, -1, EV_PERSIST, on_tick, server);
    return server->turn != NULL && server->tick != NULL && event_add(server->tick, &every) == 0
               ? TPS_OK
               : TPS_OUT_OF_MEMORY;
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
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
                     (server->options.shared_port ? LEV_OPT_REUSEABLE_PORT : 0);
    struct sockaddr_storage address;
    int size;

    if (!parse_address(server->options.address, &address, &size)) {
        return TPS_BAD_ARGUMENT;
    }
    server->listener = evconnlistener_new_bind(server->base, on_accept, server, flags, 512,
                                               (struct sockaddr *)&address, size);
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

tps_http_counters tps_http_server_counters(const tps_http_server *server)
{
    tps_http_counters counters = server->counters;

    counters.connections = server->connections;
    for (const tps_http_exchange *c = server->idle.first; c != NULL; c = c->next) {
        counters.idle++;
    }
    return counters;
}

tps_status tps_http_server_reload_tls(tps_http_server *server, char *why, size_t why_size)
{
    return server->options.tls == NULL ? TPS_OK : tps_http_tls_reload(server->options.tls, why, why_size);
}

int64_t tps_http_server_certificate_expires(const tps_http_server *server)
{
    return server->options.tls == NULL ? 0 : tps_http_tls_expires(server->options.tls);
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
    free_list(&server->idle);
    free_list(&server->turns);
}

static void free_stock(tps_http_server *server)
{
    while (server->stock != NULL) {
        connection_work *work = server->stock;

        server->stock = work->next;
        tps_http_work_free(work);
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
    if (server->turn != NULL) {
        event_free(server->turn);
    }
    free_stock(server);
    free(server);
}
