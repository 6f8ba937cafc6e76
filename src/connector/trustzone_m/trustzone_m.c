/* SPDX-License-Identifier: Apache-2.0 */
/* The connector through the veneer: each operation is one call of it. Portable; its one state are the ends
 * that wait for a moment at which the secure world has time. */
#include "tps/connector_trustzone_m.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "client/limits.h"
#include "component/core/veneer.h"

/** A connection each: as many as the client library can have open, and one that asks what there is. */
enum { WAITING_MAX = TPS_CLIENT_SESSIONS_MAX + 1 };

/** Connections that are over, and could not be ended yet; 0: none. There is one secure world, so there is one
 * of these, as the client's own table. */
static atomic_uint waiting[WAITING_MAX];

static bool put_off(uint32_t connection)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        unsigned int none = 0;

        if (atomic_compare_exchange_strong(&waiting[i], &none, connection)) {
            return true;
        }
    }
    return false;
}

static uint32_t disconnect_now(uint32_t connection)
{
    tps_veneer_call call = {
        .version = TPS_VENEER_VERSION, .op = TPS_VENEER_DISCONNECT, .connection = connection};

    return tps_veneer(&call);
}

/** Ends what waits for it; what still has to, is put back. */
static void end_waiting(void)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        unsigned int connection = atomic_exchange(&waiting[i], 0);

        if (connection != 0 && disconnect_now(connection) == TPSC_ERROR_BUSY) {
            (void)put_off(connection); /* the entry was just left: there is room */
        }
    }
}

static uint32_t ask(tps_veneer_call *call)
{
    call->version = TPS_VENEER_VERSION;
    return tps_veneer(call);
}

/** Sizes of the veneer have 32 bits; more room than that is as good as that. */
static uint32_t in_32_bits(size_t size)
{
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static uint32_t chip_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                             uint32_t *connection_id)
{
    tps_veneer_call call = {.op = TPS_VENEER_CONNECT, .method = method};
    uint32_t result;

    (void)context;
    if (data != NULL && data->tag == TPSC_CONNECTIONDATA_GID) {
        call.gid = data->gid;
    } else if (data != NULL && data->tag != TPSC_CONNECTIONDATA_NONE) {
        return TPSC_ERROR_BAD_FORMAT;
    } else if (method == TPSC_LOGIN_GROUP || method == TPSC_LOGIN_GROUP_APPLICATION) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    end_waiting();
    result = ask(&call);
    if (result == TPSC_SUCCESS) {
        *connection_id = call.connection;
    }
    return result;
}

static uint32_t chip_disconnect(void *context, uint32_t connection_id)
{
    uint32_t result = disconnect_now(connection_id);

    (void)context;
    if (result == TPSC_ERROR_BUSY && put_off(connection_id)) {
        return TPSC_SUCCESS;
    }
    return result;
}

static uint32_t chip_discovery(void *context, uint32_t connection_id, TPSC_ServiceIdentifier *services,
                               size_t *count)
{
    size_t most = UINT32_MAX / sizeof(*services);
    tps_veneer_call call = {.op = TPS_VENEER_DISCOVER,
                            .connection = connection_id,
                            .receive = (uintptr_t)services,
                            .room = (uint32_t)((*count < most ? *count : most) * sizeof(*services))};
    uint32_t result = ask(&call);

    (void)context;
    if (result == TPSC_SUCCESS && (call.received > call.room || call.received % sizeof(*services) != 0)) {
        return TPSC_ERROR_COMMUNICATION;
    }
    if (result == TPSC_SUCCESS || result == TPSC_ERROR_SHORT_BUFFER) {
        *count = call.received / sizeof(*services);
    }
    return result;
}

static uint32_t chip_open(void *context, uint32_t connection_id, const TPSC_UUID *instance,
                          uint32_t *session_id)
{
    tps_veneer_call call = {.op = TPS_VENEER_OPEN,
                            .connection = connection_id,
                            .send = (uintptr_t)instance,
                            .send_size = sizeof(*instance)};
    uint32_t result = ask(&call);

    (void)context;
    if (result == TPSC_SUCCESS) {
        *session_id = call.session;
    }
    return result;
}

static uint32_t chip_close(void *context, uint32_t connection_id, uint32_t session_id)
{
    tps_veneer_call call = {.op = TPS_VENEER_CLOSE, .connection = connection_id, .session = session_id};

    (void)context;
    return ask(&call);
}

static uint32_t chip_execute(void *context, uint32_t connection_id, uint32_t session_id,
                             uint32_t transaction_id, const uint8_t *send_buf, size_t send_len,
                             uint8_t *recv_buf, size_t *recv_len)
{
    tps_veneer_call call = {.op = TPS_VENEER_EXECUTE,
                            .connection = connection_id,
                            .session = session_id,
                            .send = (uintptr_t)send_buf,
                            .send_size = in_32_bits(send_len),
                            .receive = (uintptr_t)recv_buf,
                            .room = in_32_bits(*recv_len)};
    uint32_t result;

    (void)context;
    (void)transaction_id;
    if (call.send_size != send_len) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    result = ask(&call);
    if (result == TPSC_SUCCESS && call.received > call.room) {
        return TPSC_ERROR_COMMUNICATION;
    }
    if (result == TPSC_SUCCESS || result == TPSC_ERROR_SHORT_BUFFER) {
        *recv_len = call.received;
    }
    return result;
}

const TPSC_Connector2 *tps_connector_trustzone_m_table(void)
{
    static const TPSC_Connector2 table = {
        .abi_version = TPSC_CONNECTOR_ABI_VERSION,
        .connect = chip_connect,
        .disconnect = chip_disconnect,
        .service_discovery = chip_discovery,
        .open_session = chip_open,
        .close_session = chip_close,
        .execute_transaction = chip_execute,
        .cancel_transaction = NULL, /* a call runs to its end */
    };

    return &table;
}
