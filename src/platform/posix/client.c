/* SPDX-License-Identifier: Apache-2.0 */
/* What the frames of one client do. Everything a client sends is untrusted; everything kept of it is bounded.
 */
#include "platform/posix/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "platform/posix/linger.h"
#include "tps/secret.h"

/* ---- what is said of clients ---- */

uint64_t tps_server_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void tps_server_say(tps_server_log *log, uint32_t level, const char *text, tps_status status)
{
    const tps_platform *platform = log->platform;
    uint64_t second = tps_server_now() / 1000;

    if (log->second != second) {
        log->second = second;
        log->lines = 0;
    }
    if (log->lines == TPS_SERVER_LOG_LINES_A_SECOND) {
        log->unsaid++;
        return;
    }
    if (log->unsaid > 0) {
        char left_out[64];

        (void)snprintf(left_out, sizeof(left_out), "%u lines about clients were left out",
                       (unsigned int)log->unsaid);
        platform->log(platform->context, TPS_LOG_WARNING, left_out, TPS_OK);
        log->unsaid = 0;
    }
    log->lines++;
    platform->log(platform->context, level, text, status);
}

/* ---- taking ---- */

static void free_waiting(tps_server_waiting *waiting)
{
    tps_wipe(waiting->frame, waiting->size); /* a request can hold a secret */
    free(waiting);
}

static void cancel(tps_server_client *client, uint32_t transaction)
{
    for (size_t i = 0; i < client->queue_size; i++) {
        if (client->queue[i]->request.op == TPS_FRAME_EXECUTE &&
            client->queue[i]->request.transaction == transaction) {
            client->queue[i]->cancelled = true;
        }
    }
}

static void log_refusal(const tps_server_client *client, tps_server_log *log, tps_status status)
{
    char text[96];

    (void)snprintf(text, sizeof(text), "a client (pid %u, uid %u) sent no frame and is closed",
                   (unsigned int)client->login.pid, (unsigned int)client->login.uid);
    tps_server_say(log, TPS_LOG_WARNING, text, status);
}

bool tps_server_client_has_room(const tps_server_client *client)
{
    return client->queue_size < TPS_SERVER_QUEUE_MAX && client->queue_bytes < TPS_SERVER_QUEUE_BYTES_MAX;
}

bool tps_server_client_take(tps_server_client *client, tps_span frame, tps_server_log *log)
{
    tps_server_waiting *waiting;
    tps_frame_request request;
    tps_status status = TPS_TOO_LARGE;

    if (frame.size <= TPS_FRAME_MAX) {
        status = tps_frame_read_request(frame, &request, NULL);
    }
    if (status != TPS_OK) {
        log_refusal(client, log, status);
        return false;
    }
    if (request.op == TPS_FRAME_CANCEL) {
        cancel(client, request.transaction);
        return true;
    }
    waiting = malloc(sizeof(*waiting) + frame.size);
    if (waiting == NULL) {
        tps_server_say(log, TPS_LOG_ERROR, "a client is closed", TPS_OUT_OF_MEMORY);
        return false;
    }
    memcpy(waiting->frame, frame.data, frame.size);
    waiting->size = frame.size;
    waiting->cancelled = false;
    waiting->request = request;
    if (request.message.data != NULL) {
        waiting->request.message.data = waiting->frame + (request.message.data - frame.data);
    }
    client->queue[client->queue_size++] = waiting;
    client->queue_bytes += waiting->size;
    return true;
}

/* ---- answering ---- */

static void fail(tps_frame_response *response, tps_status status)
{
    response->status = status;
    response->result = tps_component_result(status);
}

static void login(tps_server_client *client, const tps_frame_request *request, tps_frame_response *response)
{
    tps_status status;

    if (request->version != TPS_FRAME_VERSION) {
        fail(response, TPS_UNSUPPORTED);
        return;
    }
    if (client->logged_in) {
        fail(response, TPS_COMPONENT_BAD_MESSAGE);
        return;
    }
    status = tps_peer_login(client->fd, request->method, request->has_gid, request->gid,
                            client->is_labelled ? client->application : NULL, &client->login);
    client->logged_in = status == TPS_OK;
    fail(response, status);
}

static void discover(const tps_component *component, TPSC_ServiceIdentifier *services,
                     tps_frame_response *response)
{
    tps_status status =
        tps_component_discover(component, services, TPS_COMPONENT_SERVICES_MAX, &response->services_count);

    fail(response, status);
    if (status == TPS_OK) {
        response->kind = TPS_FRAME_SERVICES;
        response->services = services;
    }
}

static void open_session(tps_server_client *client, tps_component *component,
                         const tps_frame_request *request, tps_frame_response *response)
{
    tps_status status = tps_component_open(component, client->connection, &client->login, &request->instance,
                                           &response->number);

    fail(response, status);
    response->kind = status == TPS_OK ? TPS_FRAME_NUMBER : TPS_FRAME_NOTHING;
}

static void execute(tps_server_client *client, tps_component *component, const tps_frame_request *request,
                    tps_server_room *room, tps_frame_response *response, tps_server_log *log)
{
    uint8_t *message = room->packet + TPS_FRAME_HEAD_MAX;
    size_t capacity = request->room < TPS_COMPONENT_MESSAGE_MAX ? request->room : TPS_COMPONENT_MESSAGE_MAX;
    size_t size = 0;
    tps_error why;
    tps_status status = tps_component_execute(component, client->connection, request->session,
                                              request->message, (tps_buf){message, capacity}, &size, &why);

    fail(response, status);
    if (status == TPS_OK) {
        response->kind = TPS_FRAME_MESSAGE;
        response->message = tps_span_make(message, size);
    } else if (status == TPS_BUFFER_TOO_SMALL) {
        response->kind = TPS_FRAME_NUMBER;
        response->number = (uint32_t)size;
    } else {
        tps_server_say(log, TPS_LOG_INFO, why.detail == NULL ? "a request failed" : why.detail, status);
    }
}

static void answer(tps_server_client *client, tps_component *component, tps_server_room *room,
                   TPSC_ServiceIdentifier *services, tps_frame_response *response, tps_server_log *log)
{
    const tps_server_waiting *waiting = client->queue[0];
    const tps_frame_request *request = &waiting->request;

    *response = (tps_frame_response){.transaction = request->transaction};
    if (waiting->cancelled) {
        fail(response, TPS_COMPONENT_CANCELLED);
    } else if (request->op == TPS_FRAME_LOGIN) {
        login(client, request, response);
    } else if (!client->logged_in) {
        fail(response, TPS_COMPONENT_DENIED);
    } else if (request->op == TPS_FRAME_DISCOVER) {
        discover(component, services, response);
    } else if (request->op == TPS_FRAME_OPEN) {
        open_session(client, component, request, response);
    } else if (request->op == TPS_FRAME_CLOSE) {
        fail(response, tps_component_close(component, client->connection, request->session));
    } else {
        execute(client, component, request, room, response, log);
    }
}

/* ---- sending ---- */

static bool keep_unsent(tps_server_client *client, tps_span packet)
{
    client->unsent = malloc(sizeof(*client->unsent) + packet.size);
    if (client->unsent == NULL) {
        return false;
    }
    client->unsent->size = packet.size;
    memcpy(client->unsent->frame, packet.data, packet.size);
    return true;
}

static bool transmit(tps_server_client *client, tps_span packet)
{
    if (send(client->fd, packet.data, packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        return true;
    }
    return (errno == EAGAIN || errno == EINTR) && keep_unsent(client, packet);
}

/** The response as one packet: its head alone, or put right before the message. */
static tps_status write_packet(const tps_frame_response *response, tps_server_room *room, tps_span *packet)
{
    uint8_t *start = room->packet + TPS_FRAME_HEAD_MAX;

    TPS_TRY(tps_frame_write_response(response, TPS_BUF_OF(room->head), packet));
    if (response->kind == TPS_FRAME_MESSAGE) {
        if (packet->size > TPS_FRAME_HEAD_MAX) {
            return TPS_TOO_LARGE;
        }
        start -= packet->size;
        memcpy(start, packet->data, packet->size);
        *packet = tps_span_make(start, packet->size + response->message.size);
    }
    return TPS_OK;
}

static void drop_oldest(tps_server_client *client)
{
    client->queue_bytes -= client->queue[0]->size;
    free_waiting(client->queue[0]);
    client->queue_size--;
    for (size_t i = 0; i < client->queue_size; i++) {
        client->queue[i] = client->queue[i + 1];
    }
}

bool tps_server_client_serve(tps_server_client *client, tps_component *component, tps_server_room *room,
                             tps_server_log *log)
{
    TPSC_ServiceIdentifier services[TPS_COMPONENT_SERVICES_MAX];
    tps_frame_response response;
    tps_span packet;
    bool good;

    answer(client, component, room, services, &response, log);
    good = write_packet(&response, room, &packet) == TPS_OK && transmit(client, packet);
    tps_wipe(room->packet, TPS_FRAME_HEAD_MAX + response.message.size);
    drop_oldest(client);
    return good;
}

static void free_unsent(tps_server_client *client)
{
    if (client->unsent != NULL) {
        tps_wipe(client->unsent->frame, client->unsent->size);
        free(client->unsent);
        client->unsent = NULL;
    }
}

bool tps_server_client_flush(tps_server_client *client)
{
    if (client->unsent == NULL) {
        return true;
    }
    if (send(client->fd, client->unsent->frame, client->unsent->size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    free_unsent(client);
    return true;
}

void tps_server_client_end(tps_server_client *client)
{
    for (size_t i = 0; i < client->queue_size; i++) {
        free_waiting(client->queue[i]);
    }
    free_unsent(client);
    tps_linger_close(client->fd);
    *client = (tps_server_client){.fd = -1};
}
