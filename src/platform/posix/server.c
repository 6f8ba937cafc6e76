/* SPDX-License-Identifier: Apache-2.0 */
/* The component process's loop: accept, read ahead, answer one request a client a turn, send without waiting.
 * What one client's frames do is in client.c. */
#include "platform/posix/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform/posix/client.h"
#include "platform/posix/doors.h"
#include "platform/posix/linger.h"
#include "tps/secret.h"

struct tps_server {
    tps_component *component;
    int listener;
    uint32_t last_connection;
    tps_server_client clients[TPS_SERVER_CLIENTS_MAX];
    size_t top; /**< entries behind this one are free: what is walked each round is as long as it must be */
    tps_doors doors;
    bool is_alone;          /**< the first stage is gone */
    bool takes_descriptors; /**< who connects can send some: the kernel is old */
    uint64_t deaf_until;    /**< nobody is accepted before: there were no descriptors */
    /** The listener, then a client each, then the doors. */
    struct pollfd polls[1 + TPS_SERVER_CLIENTS_MAX + TPS_DOORS_POLLS];
    tps_server_client *polled[TPS_SERVER_CLIENTS_MAX]; /**< the clients of these */
    size_t polled_count;
    /** Clients with a request to answer, in the order in which they came to have one. */
    tps_server_client *line[TPS_SERVER_CLIENTS_MAX];
    size_t line_size;
    tps_server_log log;
    tps_server_room room;
};

typedef struct tps_server tps_server;

/* ---- the socket ---- */

static bool somebody_answers(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool answers = probe >= 0 && connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0;

    if (probe >= 0) {
        close(probe);
    }
    return answers;
}

/** Removes what a dead component left, and nothing else. */
static tps_status make_way(const struct sockaddr_un *address)
{
    struct stat info;

    if (lstat(address->sun_path, &info) != 0) {
        return errno == ENOENT ? TPS_OK : TPS_IO;
    }
    if (!S_ISSOCK(info.st_mode) || somebody_answers(address)) {
        return TPS_COMPONENT_IN_USE;
    }
    return unlink(address->sun_path) == 0 ? TPS_OK : TPS_IO;
}

tps_status tps_server_listen(const char *path, int *listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t before;
    bool good;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        return TPS_TOO_LARGE;
    }
    memcpy(address.sun_path, path, strlen(path));
    TPS_TRY(make_way(&address));
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return TPS_IO;
    }
    /* Any user may connect who can reach the folder: what each may do is decided by login, service by
     * service. The socket is made with its mode: a path could lead elsewhere the second time. */
    before = umask(0111);
    good = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    umask(before);
    (void)tps_linger_refuse(fd); /* where it cannot, a timer does it */
    if (!good || listen(fd, TPS_SERVER_CLIENTS_MAX) != 0) {
        close(fd);
        return TPS_IO;
    }
    *listener = fd;
    return TPS_OK;
}

/* ---- the line ---- */

/** At its end, if there is something to answer and it is not in it. */
static void line_up(tps_server *server, tps_server_client *client)
{
    if (client->fd >= 0 && !client->is_in_line && client->queue_size > 0 && client->unsent == NULL) {
        client->is_in_line = true;
        server->line[server->line_size++] = client;
    }
}

static void leave_line(tps_server *server, size_t place)
{
    server->line[place]->is_in_line = false;
    server->line_size--;
    for (size_t i = place; i < server->line_size; i++) {
        server->line[i] = server->line[i + 1];
    }
}

/* ---- clients ---- */

static void hang_up(tps_server *server, tps_server_client *client)
{
    for (size_t i = 0; client->is_in_line; i++) {
        if (server->line[i] == client) {
            leave_line(server, i);
        }
    }
    tps_component_hang_up(server->component, client->connection);
    tps_server_client_end(client);
    while (server->top > 0 && server->clients[server->top - 1].fd < 0) {
        server->top--;
    }
}

static size_t clients_of(const tps_server *server, uint32_t uid)
{
    size_t count = 0;

    for (size_t i = 0; i < server->top; i++) {
        count += server->clients[i].fd >= 0 && server->clients[i].login.uid == uid ? 1 : 0;
    }
    return count;
}

static tps_server_client *find_free(tps_server *server)
{
    for (size_t i = 0; i < TPS_SERVER_CLIENTS_MAX; i++) {
        if (server->clients[i].fd < 0) {
            return &server->clients[i];
        }
    }
    return NULL;
}

/** A new client; one that came through an application's door has its label. As tps_doors_admit. */
static void admit(void *context, int fd, const tps_login *login, const uint8_t *application)
{
    tps_server *server = context;
    tps_server_client *client = find_free(server);

    if (client == NULL || clients_of(server, login->uid) >= TPS_SERVER_CLIENTS_PER_USER_MAX) {
        tps_server_say(&server->log, TPS_LOG_WARNING, "a client was turned away", TPS_COMPONENT_FULL);
        tps_linger_close(fd);
        return;
    }
    *client = (tps_server_client){.fd = fd,
                                  .connection = ++server->last_connection,
                                  .login = *login,
                                  .takes_descriptors = server->takes_descriptors,
                                  .login_until = tps_server_now() + TPS_SERVER_LOGIN_MS};
    if (server->top <= (size_t)(client - server->clients)) {
        server->top = (size_t)(client - server->clients) + 1;
    }
    if (application != NULL) {
        client->is_labelled = true;
        client->takes_descriptors = true; /* its other end can have that turned on */
        memcpy(client->application, application, sizeof(client->application));
    }
}

/** Accepts one client, or turns it away. False when none waits. */
static bool accept_one(tps_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    tps_login login;

    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        server->deaf_until = tps_server_now() + TPS_SERVER_DEAF_MS; /* who waits would wake us at once */
    }
    if (fd < 0) {
        return false;
    }
    if (tps_peer_of(fd, &login) != TPS_OK) {
        tps_linger_close(fd);
        return true;
    }
    admit(server, fd, &login, NULL);
    return true;
}

/** Reads ahead; false when the client is gone or sent nonsense. */
static bool read_ahead(tps_server *server, tps_server_client *client)
{
    for (size_t i = 0; i < TPS_SERVER_FRAMES_A_TURN && tps_server_client_has_room(client); i++) {
        size_t size;
        tps_status status =
            tps_linger_receive(client->fd, client->takes_descriptors, TPS_BUF_OF(server->room.frame), &size);

        if (status == TPS_COMPONENT_BAD_MESSAGE) {
            tps_server_say(&server->log, TPS_LOG_WARNING, "a client sent descriptors and is closed", TPS_OK);
        }
        if (status != TPS_OK) {
            return status == TPS_NOT_FOUND;
        }
        if (!tps_server_client_take(client, tps_span_make(server->room.frame, size), &server->log)) {
            return false;
        }
    }
    return true;
}

static void look_at(tps_server *server, tps_server_client *client, short events)
{
    if ((events & POLLOUT) != 0 && !tps_server_client_flush(client)) {
        hang_up(server, client);
        return;
    }
    if ((events & POLLIN) != 0 && !read_ahead(server, client)) {
        hang_up(server, client);
        return;
    }
    if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
        hang_up(server, client);
        return;
    }
    line_up(server, client);
}

/**
 * One request each for the first in the line: for an eighth of it, then it is looked who came meanwhile. Were
 * all of it served first, a client that asks again just after that look would be served every second time.
 * True when more wait.
 */
static bool serve_turn(tps_server *server)
{
    for (size_t left = (server->line_size + 7) / 8; left > 0; left--) {
        tps_server_client *client = server->line[0];

        leave_line(server, 0);
        if (tps_server_client_serve(client, server->component, &server->room, &server->log)) {
            line_up(server, client);
        } else {
            hang_up(server, client);
        }
    }
    return server->line_size > 0;
}

/** Who is connected goes into the list to wait for; @return when the first of them has to have logged in. */
static uint64_t list_clients(tps_server *server)
{
    uint64_t first = UINT64_MAX;
    bool is_deaf;

    server->polls[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    if (server->deaf_until != 0) {
        is_deaf = server->deaf_until > tps_server_now();
        server->polls[0].fd = is_deaf ? -1 : server->listener;
        server->deaf_until = is_deaf ? server->deaf_until : 0;
        first = is_deaf ? server->deaf_until : first;
    }
    server->polled_count = 0;
    for (size_t i = 0; i < server->top; i++) {
        tps_server_client *client = &server->clients[i];
        struct pollfd *entry = &server->polls[server->polled_count + 1];

        if (client->fd < 0) {
            continue;
        }
        *entry = (struct pollfd){.fd = client->fd};
        entry->events |= tps_server_client_has_room(client) ? POLLIN : 0;
        entry->events |= client->unsent != NULL ? POLLOUT : 0;
        server->polled[server->polled_count++] = client;
        if (!client->logged_in && client->login_until < first) {
            first = client->login_until;
        }
    }
    return first;
}

/** Closes who has not logged in for too long. */
static void close_strangers(tps_server *server)
{
    uint64_t now = tps_server_now();

    for (size_t i = 0; i < server->top; i++) {
        tps_server_client *client = &server->clients[i];

        if (client->fd >= 0 && !client->logged_in && client->login_until <= now) {
            tps_server_say(&server->log, TPS_LOG_WARNING, "a client did not log in and is closed", TPS_OK);
            hang_up(server, client);
        }
    }
}

/** How long to wait: not at all when more waits, else until the first stranger is to be closed. */
static const struct timespec *patience(bool more, uint64_t until, struct timespec *room)
{
    uint64_t now;

    *room = (struct timespec){0, 0};
    if (more) {
        return room;
    }
    if (until == UINT64_MAX) {
        return NULL;
    }
    now = tps_server_now();
    if (until > now) {
        room->tv_sec = (time_t)((until - now) / 1000);
        room->tv_nsec = (long)((until - now) % 1000) * 1000000;
    }
    return room;
}

static tps_status wait_and_read(tps_server *server, bool more, const sigset_t *waiting_mask)
{
    uint64_t until = list_clients(server);
    struct pollfd *doors = &server->polls[server->polled_count + 1];
    size_t count = server->polled_count + 1 + tps_doors_watch(&server->doors, doors);
    struct timespec room;

    if (ppoll(server->polls, count, patience(more, until, &room), waiting_mask) < 0) {
        return errno == EINTR ? TPS_OK : TPS_IO;
    }
    for (size_t i = 0; i < server->polled_count; i++) {
        if (server->polls[i + 1].revents != 0) {
            look_at(server, server->polled[i], server->polls[i + 1].revents);
        }
    }
    if (until != UINT64_MAX) {
        close_strangers(server);
    }
    for (size_t i = 0; server->polls[0].revents != 0 && i < TPS_SERVER_ACCEPTS_A_TURN; i++) {
        if (!accept_one(server)) {
            break;
        }
    }
    server->is_alone = !tps_doors_look(&server->doors, doors, server->component, admit, server);
    return TPS_OK;
}

tps_status tps_server_run(tps_component *component, int listener, int control,
                          const volatile sig_atomic_t *stop, const sigset_t *waiting_mask)
{
    tps_server *server = calloc(1, sizeof(*server));
    tps_status status = TPS_OK;
    bool more = false;

    if (server == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    server->component = component;
    server->listener = listener;
    server->takes_descriptors = tps_linger_can_come(listener);
    tps_linger_prepare();
    server->log.platform = component->platform;
    tps_doors_begin(&server->doors, control);
    for (size_t i = 0; i < TPS_SERVER_CLIENTS_MAX; i++) {
        server->clients[i].fd = -1;
    }
    while (status == TPS_OK && *stop == 0 && !server->is_alone) {
        status = wait_and_read(server, more, waiting_mask);
        more = status == TPS_OK && *stop == 0 && serve_turn(server);
    }
    while (server->top > 0) {
        hang_up(server, &server->clients[server->top - 1]);
    }
    tps_doors_end(&server->doors);
    tps_wipe(&server->room, sizeof(server->room));
    free(server);
    return status;
}
