/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the local connector. One exchange is under way at a time; others wait for their turn.
 * Every frame has a number of its own, so that the response to a cancelled request, when it comes, is told
 * from the next one's and dropped. */
#include "connector/local/exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "connector/local/door.h"
#include "tps/secret.h"

/** A message of up to so many bytes is copied behind the head of its frame. */
#define JOINED_MAX 512u

/* What the C library knows of threads: where it tells, a program without any is spared a system call a
 * request.
 */
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define TPS_SINGLE_THREADED (__libc_single_threaded != 0)
#endif

/** How long a component may take to answer all but EXECUTE. */
#define PATIENCE_MS 10000

/* ---- open and free ---- */

/** A socket whose connect() gives up when the component does not accept for too long. */
static int make_socket(void)
{
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd >= 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    }
    return fd;
}

/** A connected socket, or -1. */
static int connect_to(const struct sockaddr_un *address)
{
    int fd = make_socket();

    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}

uint32_t tps_local_connection_open(const struct sockaddr_un *address, int door, tps_local_connection **out)
{
    tps_local_connection *c = calloc(1, sizeof(*c));
    uint32_t result = TPSC_ERROR_COMMUNICATION;

    if (c == NULL) {
        return TPSC_ERROR_OUT_OF_MEMORY;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->turn, NULL);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->fd = door >= 0 ? tps_local_door_connect(door) : connect_to(address);
    if (c->fd >= 0 && c->wake >= 0) {
        *out = c;
        return TPSC_SUCCESS;
    }
    if (errno == EACCES || errno == EPERM) {
        result = TPSC_ERROR_ACCESS_DENIED;
    }
    tps_local_connection_free(c);
    return result;
}

void tps_local_connection_free(tps_local_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    if (connection->wake >= 0) {
        close(connection->wake);
    }
    pthread_cond_destroy(&connection->turn);
    pthread_mutex_destroy(&connection->lock);
    tps_wipe(connection->frame, sizeof(connection->frame));
    free(connection);
}

/* ---- executions and their cancelling; the lock is held ---- */

static bool was_cancelled_early(tps_local_connection *c, uint32_t id)
{
    for (size_t i = 0; i < TPS_LOCAL_EARLY_MAX; i++) {
        if (c->early[i] == id) {
            c->early[i] = 0;
            return true;
        }
    }
    return false;
}

/** An entry for an execution; NULL if there are too many. */
static tps_local_execution *enter_execution(tps_local_connection *c, uint32_t id)
{
    for (size_t i = 0; i < TPS_LOCAL_EXECUTIONS_MAX; i++) {
        tps_local_execution *e = &c->executions[i];

        if (!e->used) {
            *e = (tps_local_execution){.id = id, .used = true, .cancelled = was_cancelled_early(c, id)};
            return e;
        }
    }
    return NULL;
}

/** Tells the component not to begin, without waiting: if the packet does not fit now, the response is dropped
 * anyway. */
static void send_cancel(const tps_local_connection *c, uint32_t frame_number)
{
    tps_frame_request request = {.op = TPS_FRAME_CANCEL, .transaction = frame_number};
    uint8_t bytes[TPS_FRAME_HEAD_MAX];
    tps_span head;

    if (tps_frame_write_request(&request, TPS_BUF_OF(bytes), &head) == TPS_OK) {
        (void)!send(c->fd, head.data, head.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

static void wake_up(tps_local_connection *c)
{
    uint64_t one = 1;

    c->woken = true;
    (void)!write(c->wake, &one, sizeof(one));
}

static void reset_wake(tps_local_connection *c)
{
    uint64_t count;

    if (c->woken) {
        (void)!read(c->wake, &count, sizeof(count));
        c->woken = false;
    }
}

void tps_local_cancel(tps_local_connection *connection, uint32_t transaction_id)
{
    tps_local_execution *found = NULL;

    pthread_mutex_lock(&connection->lock);
    for (size_t i = 0; i < TPS_LOCAL_EXECUTIONS_MAX; i++) {
        if (connection->executions[i].used && connection->executions[i].id == transaction_id) {
            found = &connection->executions[i];
        }
    }
    if (found == NULL) {
        connection->early[connection->early_next] = transaction_id;
        connection->early_next = (connection->early_next + 1) % TPS_LOCAL_EARLY_MAX;
    } else if (!found->cancelled) {
        found->cancelled = true;
        if (connection->under_way != 0 && connection->under_way_id == transaction_id) {
            send_cancel(connection, connection->under_way);
            wake_up(connection);
        }
        pthread_cond_broadcast(&connection->turn);
    }
    pthread_mutex_unlock(&connection->lock);
}

/* ---- turns; the lock is held ---- */

/** Waits until the socket is free; then it is the caller's. `execution` (or NULL) may be cancelled meanwhile.
 */
static uint32_t take_turn(tps_local_connection *c, const tps_local_execution *execution)
{
    while (c->busy && !c->broken && (execution == NULL || !execution->cancelled)) {
        pthread_cond_wait(&c->turn, &c->lock);
    }
    if (execution != NULL && execution->cancelled) {
        return TPSC_ERROR_CANCEL;
    }
    if (c->broken) {
        return TPSC_ERROR_COMMUNICATION;
    }
    c->busy = true;
    c->last_frame = c->last_frame == UINT32_MAX ? 1 : c->last_frame + 1;
    return TPSC_SUCCESS;
}

static void end_turn(tps_local_connection *c)
{
    c->busy = false;
    c->under_way = 0;
    reset_wake(c);
    pthread_cond_broadcast(&c->turn);
}

/* ---- the socket; the turn is held, the lock is not ---- */

static uint32_t broken(tps_local_connection *c)
{
    pthread_mutex_lock(&c->lock);
    c->broken = true;
    pthread_mutex_unlock(&c->lock);
    return TPSC_ERROR_COMMUNICATION;
}

/** Waits for `events`; TPSC_ERROR_CANCEL when woken up. */
static uint32_t wait_for(tps_local_connection *c, short events)
{
    struct pollfd polls[2] = {{.fd = c->fd, .events = events}, {.fd = c->wake, .events = POLLIN}};

    for (;;) {
        int n = poll(polls, 2, c->patience);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return broken(c);
        }
        if (n > 0 && polls[1].revents != 0) {
            return TPSC_ERROR_CANCEL;
        }
        if (n > 0 && polls[0].revents != 0) {
            return TPSC_SUCCESS;
        }
    }
}

/** Sends what is in `parts`, one packet; waits for room. */
static uint32_t send_packet(tps_local_connection *c, struct iovec parts[2], size_t count)
{
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = count};

    for (;;) {
        ssize_t sent = count == 1 ? send(c->fd, parts->iov_base, parts->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                  : sendmsg(c->fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
        uint32_t result;

        if (sent >= 0) {
            return TPSC_SUCCESS;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            return broken(c);
        }
        result = wait_for(c, POLLOUT);
        if (result != TPSC_SUCCESS) {
            return result;
        }
    }
}

/** A small message is joined to its head, which is cheaper than to tell the kernel of both. */
static uint32_t transmit(tps_local_connection *c, const tps_frame_request *request)
{
    uint8_t bytes[TPS_FRAME_HEAD_MAX + JOINED_MAX];
    tps_span head;
    struct iovec parts[2];
    uint32_t result;

    if (tps_frame_write_request(request, (tps_buf){bytes, TPS_FRAME_HEAD_MAX}, &head) != TPS_OK) {
        return TPSC_ERROR_GENERIC;
    }
    parts[0] = (struct iovec){.iov_base = bytes, .iov_len = head.size};
    if (request->message.size > JOINED_MAX) {
        parts[1] = (struct iovec){.iov_base = (void *)(uintptr_t)request->message.data,
                                  .iov_len = request->message.size};
        return send_packet(c, parts, 2);
    }
    if (request->message.size > 0) {
        memcpy(bytes + head.size, request->message.data, request->message.size);
        parts[0].iov_len += request->message.size;
    }
    result = send_packet(c, parts, 1);
    tps_wipe(bytes, parts[0].iov_len);
    return result;
}

/** True when nobody can end the wait: there is no other thread, and none can come while this one waits. */
static bool is_alone(void)
{
#ifdef TPS_SINGLE_THREADED
    return TPS_SINGLE_THREADED;
#else
    return false;
#endif
}

/** Waits for the response to frame `number`; those of cancelled requests come first and are dropped. */
static uint32_t receive(tps_local_connection *c, uint32_t number, tps_frame_response *response)
{
    bool wait_in_recv = c->patience < 0 && is_alone();

    for (;;) {
        uint32_t result = wait_in_recv ? TPSC_SUCCESS : wait_for(c, POLLIN);
        ssize_t size;

        if (result != TPSC_SUCCESS) {
            return result;
        }
        size = recv(c->fd, c->frame, sizeof(c->frame), MSG_TRUNC | (wait_in_recv ? 0 : MSG_DONTWAIT));
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (size <= 0 || (size_t)size > sizeof(c->frame) ||
            tps_frame_read_response(tps_span_make(c->frame, (size_t)size), response, NULL) != TPS_OK) {
            return broken(c);
        }
        if (response->transaction == number) {
            return TPSC_SUCCESS;
        }
    }
}

/* ---- exchanges ---- */

uint32_t tps_local_exchange(tps_local_connection *connection, tps_frame_request *request, uint32_t kind,
                            tps_local_keep keep, void *context)
{
    tps_frame_response response;
    uint32_t result;

    pthread_mutex_lock(&connection->lock);
    result = take_turn(connection, NULL);
    request->transaction = connection->last_frame;
    pthread_mutex_unlock(&connection->lock);
    if (result != TPSC_SUCCESS) {
        return result;
    }

    connection->patience = PATIENCE_MS;
    result = transmit(connection, request);
    if (result == TPSC_SUCCESS) {
        result = receive(connection, request->transaction, &response);
    }
    if (result == TPSC_SUCCESS) {
        result = response.result;
        if (result == TPSC_SUCCESS && response.kind != kind) {
            result = broken(connection);
        } else if (result == TPSC_SUCCESS && keep != NULL) {
            result = keep(context, &response);
        }
    }
    pthread_mutex_lock(&connection->lock);
    end_turn(connection);
    pthread_mutex_unlock(&connection->lock);
    return result;
}

/** What the response to EXECUTE means. */
static uint32_t take_message(tps_local_connection *c, const tps_frame_response *response, uint8_t *recv_buf,
                             size_t *recv_len)
{
    size_t room = *recv_len;

    *recv_len = 0;
    if (response->result == TPSC_ERROR_SHORT_BUFFER) {
        *recv_len = response->kind == TPS_FRAME_NUMBER ? response->number : 0;
        return TPSC_ERROR_SHORT_BUFFER;
    }
    if (response->result != TPSC_SUCCESS) {
        return response->result;
    }
    if (response->kind != TPS_FRAME_MESSAGE || response->message.size > room) {
        return broken(c);
    }
    memcpy(recv_buf, response->message.data, response->message.size);
    *recv_len = response->message.size;
    tps_wipe(c->frame, (size_t)(response->message.data - c->frame) + response->message.size);
    return TPSC_SUCCESS;
}

static uint32_t execute_in_turn(tps_local_connection *c, const tps_frame_request *request, uint8_t *recv_buf,
                                size_t *recv_len)
{
    tps_frame_response response;
    uint32_t result;

    c->patience = -1; /* a service may take its time; the caller can cancel */
    result = transmit(c, request);
    if (result == TPSC_SUCCESS) {
        result = receive(c, request->transaction, &response);
    }
    return result == TPSC_SUCCESS ? take_message(c, &response, recv_buf, recv_len) : result;
}

uint32_t tps_local_execute(tps_local_connection *connection, uint32_t transaction_id,
                           tps_frame_request *request, uint8_t *recv_buf, size_t *recv_len)
{
    tps_local_execution *execution;
    uint32_t result = TPSC_ERROR_BUSY;

    pthread_mutex_lock(&connection->lock);
    execution = enter_execution(connection, transaction_id);
    if (execution != NULL) {
        result = take_turn(connection, execution);
    }
    if (result == TPSC_SUCCESS) {
        request->transaction = connection->last_frame;
        connection->under_way = connection->last_frame;
        connection->under_way_id = transaction_id;
        pthread_mutex_unlock(&connection->lock);
        result = execute_in_turn(connection, request, recv_buf, recv_len);
        pthread_mutex_lock(&connection->lock);
        end_turn(connection);
    }
    if (execution != NULL) {
        execution->used = false;
    }
    pthread_mutex_unlock(&connection->lock);
    return result;
}
