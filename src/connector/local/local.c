/* SPDX-License-Identifier: Apache-2.0 */
/* The local connector: connections in a table, connector ABI version 2 on top. How one connection exchanges
 * frames and is cancelled is in exchange.c. */
#include "tps/connector_local.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "connector/local/door.h"
#include "connector/local/exchange.h"

struct tps_connector_local {
    TPSC_Connector2 table;
    struct sockaddr_un address;
    int door;             /* of an application that the first stage started; -1: there is none */
    pthread_mutex_t lock; /* of `connections` and the counts of users in it */
    tps_local_connection *connections[TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX];
    uint32_t last_id;
};

/* ---- the table of connections ---- */

/** The connection `id`, in use by the caller now; NULL if there is none. */
static tps_local_connection *take(tps_connector_local *local, uint32_t id)
{
    tps_local_connection *found = NULL;

    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX; i++) {
        if (local->connections[i] != NULL && local->connections[i]->id == id) {
            found = local->connections[i];
            found->users++;
        }
    }
    pthread_mutex_unlock(&local->lock);
    return found;
}

/** The last user of a connection that has left the table frees it: a cancel may still hold one that was
 * disconnected. */
static void release(tps_connector_local *local, tps_local_connection *connection)
{
    bool last;

    pthread_mutex_lock(&local->lock);
    last = --connection->users == 0;
    pthread_mutex_unlock(&local->lock);
    if (last) {
        tps_local_connection_free(connection);
    }
}

static bool add(tps_connector_local *local, tps_local_connection *connection)
{
    bool added = false;

    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; !added && i < TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX; i++) {
        if (local->connections[i] == NULL) {
            connection->id = ++local->last_id;
            connection->users = 1; /* the table */
            local->connections[i] = connection;
            added = true;
        }
    }
    pthread_mutex_unlock(&local->lock);
    return added;
}

static tps_local_connection *take_out(tps_connector_local *local, uint32_t id)
{
    tps_local_connection *found = NULL;

    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX; i++) {
        if (local->connections[i] != NULL && local->connections[i]->id == id) {
            found = local->connections[i];
            local->connections[i] = NULL;
        }
    }
    pthread_mutex_unlock(&local->lock);
    return found;
}

/* ---- the operations ---- */

static uint32_t log_in(tps_local_connection *connection, uint32_t method, const TPSC_ConnectionData *data)
{
    tps_frame_request request = {.op = TPS_FRAME_LOGIN, .version = TPS_FRAME_VERSION, .method = method};

    if (data != NULL && data->tag == TPSC_CONNECTIONDATA_GID) {
        request.has_gid = true;
        request.gid = data->gid;
    } else if (data != NULL && data->tag != TPSC_CONNECTIONDATA_NONE) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    return tps_local_exchange(connection, &request, TPS_FRAME_NOTHING, NULL, NULL);
}

static uint32_t local_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                              uint32_t *connection_id)
{
    tps_connector_local *local = context;
    tps_local_connection *connection = NULL;
    uint32_t result = tps_local_connection_open(&local->address, local->door, &connection);

    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = log_in(connection, method, data);
    if (result == TPSC_SUCCESS && !add(local, connection)) {
        result = TPSC_ERROR_OUT_OF_MEMORY;
    }
    if (result != TPSC_SUCCESS) {
        tps_local_connection_free(connection);
        return result;
    }
    *connection_id = connection->id;
    return TPSC_SUCCESS;
}

static uint32_t local_disconnect(void *context, uint32_t connection_id)
{
    tps_connector_local *local = context;
    tps_local_connection *connection = take_out(local, connection_id);

    if (connection == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    release(local, connection); /* closing the socket ends the sessions on it */
    return TPSC_SUCCESS;
}

typedef struct {
    TPSC_ServiceIdentifier *services;
    size_t capacity;
    size_t count;
} discovered;

static uint32_t keep_services(void *context, const tps_frame_response *response)
{
    discovered *d = context;
    tps_status status = tps_frame_read_services(response->message, d->services, d->capacity, &d->count);

    if (status == TPS_BUFFER_TOO_SMALL) {
        return TPSC_ERROR_SHORT_BUFFER;
    }
    return status == TPS_OK ? TPSC_SUCCESS : TPSC_ERROR_COMMUNICATION;
}

static uint32_t local_discovery(void *context, uint32_t connection_id, TPSC_ServiceIdentifier *services,
                                size_t *count)
{
    tps_local_connection *connection = take(context, connection_id);
    tps_frame_request request = {.op = TPS_FRAME_DISCOVER};
    discovered d = {services, *count, 0};
    uint32_t result;

    if (connection == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    result = tps_local_exchange(connection, &request, TPS_FRAME_SERVICES, keep_services, &d);
    release(context, connection);
    if (result == TPSC_SUCCESS || result == TPSC_ERROR_SHORT_BUFFER) {
        *count = d.count;
    }
    return result;
}

static uint32_t keep_number(void *context, const tps_frame_response *response)
{
    *(uint32_t *)context = response->number;
    return TPSC_SUCCESS;
}

static uint32_t local_open(void *context, uint32_t connection_id, const TPSC_UUID *instance,
                           uint32_t *session_id)
{
    tps_local_connection *connection = take(context, connection_id);
    tps_frame_request request = {.op = TPS_FRAME_OPEN, .instance = *instance};
    uint32_t result;

    if (connection == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    result = tps_local_exchange(connection, &request, TPS_FRAME_NUMBER, keep_number, session_id);
    release(context, connection);
    return result;
}

static uint32_t local_close(void *context, uint32_t connection_id, uint32_t session_id)
{
    tps_local_connection *connection = take(context, connection_id);
    tps_frame_request request = {.op = TPS_FRAME_CLOSE, .session = session_id};
    uint32_t result;

    if (connection == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    result = tps_local_exchange(connection, &request, TPS_FRAME_NOTHING, NULL, NULL);
    release(context, connection);
    return result;
}

static uint32_t local_execute(void *context, uint32_t connection_id, uint32_t session_id,
                              uint32_t transaction_id, const uint8_t *send_buf, size_t send_len,
                              uint8_t *recv_buf, size_t *recv_len)
{
    tps_local_connection *connection;
    uint32_t room = *recv_len < TPS_COMPONENT_MESSAGE_MAX ? (uint32_t)*recv_len : TPS_COMPONENT_MESSAGE_MAX;
    tps_frame_request request = {.op = TPS_FRAME_EXECUTE,
                                 .session = session_id,
                                 .room = room,
                                 .message = tps_span_make(send_buf, send_len)};
    uint32_t result;

    if (send_len > TPS_COMPONENT_MESSAGE_MAX) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    connection = take(context, connection_id);
    if (connection == NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    result = tps_local_execute(connection, transaction_id, &request, recv_buf, recv_len);
    release(context, connection);
    return result;
}

static uint32_t local_cancel(void *context, uint32_t connection_id, uint32_t transaction_id)
{
    tps_local_connection *connection = take(context, connection_id);

    if (connection != NULL) {
        tps_local_cancel(connection, transaction_id);
        release(context, connection);
    }
    return TPSC_SUCCESS;
}

/* ---- making and ending ---- */

tps_status tps_connector_local_new(const char *path, tps_connector_local **local)
{
    tps_connector_local *made;
    int door;

    TPS_TRY(tps_local_door_find(&door));
    if (door < 0 && path == NULL) {
        return TPS_BAD_ARGUMENT;
    }
    if (path != NULL && strlen(path) >= sizeof(made->address.sun_path)) {
        return TPS_TOO_LARGE;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->table = (TPSC_Connector2){
        .abi_version = TPSC_CONNECTOR_ABI_VERSION,
        .context = made,
        .connect = local_connect,
        .disconnect = local_disconnect,
        .service_discovery = local_discovery,
        .open_session = local_open,
        .close_session = local_close,
        .execute_transaction = local_execute,
        .cancel_transaction = local_cancel,
    };
    made->address.sun_family = AF_UNIX;
    if (path != NULL) {
        memcpy(made->address.sun_path, path, strlen(path));
    }
    made->door = door;
    pthread_mutex_init(&made->lock, NULL);
    *local = made;
    return TPS_OK;
}

const TPSC_Connector2 *tps_connector_local_table(const tps_connector_local *local)
{
    return &local->table;
}

void tps_connector_local_free(tps_connector_local *local)
{
    if (local == NULL) {
        return;
    }
    for (size_t i = 0; i < TPS_CONNECTOR_LOCAL_CONNECTIONS_MAX; i++) {
        tps_local_connection_free(local->connections[i]);
    }
    pthread_mutex_destroy(&local->lock);
    free(local);
}
