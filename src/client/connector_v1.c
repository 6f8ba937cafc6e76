/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter from connector ABI version 1 to version 2; its header says what that costs. */
#include "client/connector_v1.h"

#include <string.h>

#include "client/state.h"
#include "tps/cbor.h"

static bool enter(tps_connector_v1 *a)
{
    return !atomic_flag_test_and_set_explicit(&a->busy, memory_order_acquire);
}

static void close_now(tps_connector_v1 *a, bool is_session, uint32_t id)
{
    if (is_session) {
        a->session_open = false;
        (void)a->v1->close_session(id);
    } else {
        (void)a->v1->disconnect(id);
    }
}

/** Takes the oldest closing that waits. */
static bool next_deferred(tps_connector_v1 *a, bool *is_session, uint32_t *id)
{
    bool found;

    tps_client_lock();
    found = a->deferred_count > 0;
    if (found) {
        *is_session = a->deferred[0].is_session;
        *id = a->deferred[0].id;
        a->deferred_count--;
        memmove(&a->deferred[0], &a->deferred[1], a->deferred_count * sizeof(a->deferred[0]));
    }
    tps_client_unlock();
    return found;
}

static uint32_t leave(tps_connector_v1 *a, uint32_t result)
{
    bool is_session;
    uint32_t id;

    while (next_deferred(a, &is_session, &id)) {
        close_now(a, is_session, id);
    }
    atomic_flag_clear_explicit(&a->busy, memory_order_release);
    return result;
}

/** Closes at once, or when the call that is under way ends: a closing must not be lost. */
static uint32_t close_soon(tps_connector_v1 *a, bool is_session, uint32_t id)
{
    uint32_t result = TPSC_SUCCESS;

    if (enter(a)) {
        close_now(a, is_session, id);
        return leave(a, TPSC_SUCCESS);
    }
    tps_client_lock();
    if (a->deferred_count < TPS_CONNECTOR_V1_DEFERRED_MAX) {
        a->deferred[a->deferred_count].is_session = is_session;
        a->deferred[a->deferred_count++].id = id;
    } else {
        result = TPSC_ERROR_BUSY;
    }
    tps_client_unlock();
    if (enter(a)) { /* the other call may have ended in between */
        return leave(a, result);
    }
    return result;
}

static uint32_t v1_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                           uint32_t *connection_id)
{
    tps_connector_v1 *a = context;

    if (!enter(a)) {
        return TPSC_ERROR_BUSY;
    }
    return leave(a, a->v1->connect(method, data, connection_id));
}

static uint32_t v1_disconnect(void *context, uint32_t connection_id)
{
    return close_soon(context, false, connection_id);
}

static uint32_t v1_discovery(void *context, uint32_t connection_id, TPSC_ServiceIdentifier *services,
                             size_t *count)
{
    tps_connector_v1 *a = context;

    (void)connection_id;
    if (!enter(a)) {
        return TPSC_ERROR_BUSY;
    }
    return leave(a, a->v1->service_discovery(services, count));
}

static uint32_t open_locked(tps_connector_v1 *a, uint32_t connection_id, const TPSC_UUID *instance,
                            uint32_t *session_id)
{
    uint32_t result;

    if (a->session_open) {
        return TPSC_ERROR_BUSY;
    }
    result = a->v1->open_session(instance, session_id);
    if (result == TPSC_SUCCESS) {
        a->session_open = true;
        a->session_connection = connection_id;
        a->session_id = *session_id;
    }
    return result;
}

static uint32_t v1_open(void *context, uint32_t connection_id, const TPSC_UUID *instance,
                        uint32_t *session_id)
{
    tps_connector_v1 *a = context;

    if (!enter(a)) {
        return TPSC_ERROR_BUSY;
    }
    return leave(a, open_locked(a, connection_id, instance, session_id));
}

static bool is_open(const tps_connector_v1 *a, uint32_t connection_id, uint32_t session_id)
{
    return a->session_open && a->session_connection == connection_id && a->session_id == session_id;
}

static uint32_t v1_close(void *context, uint32_t connection_id, uint32_t session_id)
{
    (void)connection_id;
    return close_soon(context, true, session_id);
}

/** How long the response is: the first CBOR item in the room, which held zeros before. */
static uint32_t measure(const uint8_t *recv_buf, size_t room, size_t *size)
{
    tps_cbor_limits limits = tps_cbor_limits_message;

    limits.size = room;
    if (tps_cbor_check(tps_span_make(recv_buf, room), &limits, size, NULL) != TPS_OK) {
        *size = 0;
        return TPSC_ERROR_COMMUNICATION;
    }
    return TPSC_SUCCESS;
}

static uint32_t v1_execute(void *context, uint32_t connection_id, uint32_t session_id,
                           uint32_t transaction_id, const uint8_t *send_buf, size_t send_len,
                           uint8_t *recv_buf, size_t *recv_len)
{
    tps_connector_v1 *a = context;
    size_t room = *recv_len;
    uint32_t result;

    (void)transaction_id;
    *recv_len = 0;
    if (!enter(a)) {
        return TPSC_ERROR_BUSY;
    }
    if (!is_open(a, connection_id, session_id)) {
        return leave(a, TPSC_ERROR_BAD_STATE);
    }
    memset(recv_buf, 0, room);
    result = a->v1->execute_transaction(send_buf, send_len, recv_buf, room, &(uint32_t){0});
    if (result == TPSC_SUCCESS) {
        result = measure(recv_buf, room, recv_len);
    }
    return leave(a, result);
}

static uint32_t v1_cancel(void *context, uint32_t connection_id, uint32_t transaction_id)
{
    (void)context;
    (void)connection_id;
    (void)transaction_id;
    return TPSC_ERROR_NOT_SUPPORTED;
}

uint32_t tps_connector_v1_adapt(tps_connector_v1 *adapter, const TPSC_Connector *v1)
{
    if (adapter == NULL || v1 == NULL || v1->connect == NULL || v1->disconnect == NULL ||
        v1->service_discovery == NULL || v1->open_session == NULL || v1->close_session == NULL ||
        v1->execute_transaction == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    memset(adapter, 0, sizeof(*adapter));
    adapter->table = (TPSC_Connector2){
        .abi_version = TPSC_CONNECTOR_ABI_VERSION,
        .context = adapter,
        .connect = v1_connect,
        .disconnect = v1_disconnect,
        .service_discovery = v1_discovery,
        .open_session = v1_open,
        .close_session = v1_close,
        .execute_transaction = v1_execute,
        .cancel_transaction = v1_cancel,
    };
    adapter->v1 = v1;
    atomic_flag_clear(&adapter->busy);
    return TPSC_SUCCESS;
}
