/* SPDX-License-Identifier: Apache-2.0 */
/* The services that this device has, their start, and the connector. The core is single-threaded, and TPSC_*
 * may be called from any thread: one lock is around every call. On a microcontroller that is the secure
 * world's gate. */
#include "component.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "component/boot/boot.h"
#include "component/core/component.h"
#include "component/services/attestation/attestation.h"
#include "component/services/authentication.h"
#include "component/services/counters.h"
#include "component/services/identification.h"
#include "component/services/keys/key_store.h"
#include "component/services/lifecycle.h"
#include "component/services/measurement.h"
#include "component/services/random.h"
#include "component/services/rot13.h"
#include "component/services/storage.h"
#include "component/services/update.h"
#include "component/services/verification.h"

enum { CONNECTIONS_MAX = 48 };

/* ---- the component ---- */

static tps_attestation_state attestation;
static tps_key_store_state key_store;
static tps_measurement_state measurement;
static tps_update_state update;

static const tps_service_slot slots[] = {
    {&tps_measurement_service, &measurement, sizeof measurement},
    {&tps_attestation_service, &attestation, sizeof attestation},
    {&tps_identification_service, NULL, 0},
    {&tps_key_store_service, &key_store, sizeof key_store},
    {&tps_storage_service, NULL, 0},
    {&tps_counters_service, NULL, 0},
    {&tps_random_service, NULL, 0},
    {&tps_verification_service, NULL, 0},
    {&tps_update_service, &update, sizeof update},
    {&tps_authentication_service, NULL, 0},
    {&tps_lifecycle_service, NULL, 0},
    {&tps_rot13_service, NULL, 0},
};

static tps_component component;
static tps_handover handover;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

tps_status ram_component_start(const tps_platform *platform, tps_error *why)
{
    static const TPSC_UUID type = TPSC_UUID_SC_TYPE_INSECURE_TEST;
    tps_status status = tps_boot(platform, &handover, why);

    if (status == TPS_OK) {
        status = tps_component_init(&component, platform, &handover, type, slots,
                                    sizeof slots / sizeof slots[0], why);
    }
    if (status == TPS_OK) {
        status = tps_boot_accept(platform, &handover); /* it is up: nothing older starts from now on */
    }
    if (status != TPS_OK) {
        tps_handover_wipe(&handover);
    }
    return status;
}

void ram_component_stop(void)
{
    tps_component_finish(&component);
    tps_handover_wipe(&handover);
}

/* ---- the connector: connections are logins, by number ---- */

static struct {
    bool is_used;
    tps_login login;
} connections[CONNECTIONS_MAX];

tps_login ram_component_caller(void)
{
    return (tps_login){.uid = (uint32_t)getuid(), .gid = (uint32_t)getgid()};
}

/** Who the caller is, as far as one process can tell itself apart from itself. */
static uint32_t prove(uint32_t method, const TPSC_ConnectionData *data, tps_login *login)
{
    *login = ram_component_caller();
    login->method = method;
    switch (method) {
    case TPSC_LOGIN_PUBLIC:
    case TPSC_LOGIN_USER: return TPSC_SUCCESS;
    case TPSC_LOGIN_GROUP:
        if (data == NULL || data->tag != TPSC_CONNECTIONDATA_GID) {
            return TPSC_ERROR_BAD_FORMAT;
        }
        return data->gid == login->gid ? TPSC_SUCCESS : TPSC_ERROR_ACCESS_DENIED;
    default: return TPSC_ERROR_ACCESS_DENIED;
    }
}

static uint32_t ram_connect(void *context, uint32_t method, const TPSC_ConnectionData *data,
                            uint32_t *connection)
{
    uint32_t result = TPSC_ERROR_OUT_OF_MEMORY;
    tps_login login;
    uint32_t proven = prove(method, data, &login);

    (void)context;
    if (proven != TPSC_SUCCESS) {
        return proven;
    }
    pthread_mutex_lock(&gate);
    for (uint32_t i = 0; i < CONNECTIONS_MAX && result != TPSC_SUCCESS; i++) {
        if (!connections[i].is_used) {
            connections[i].is_used = true;
            connections[i].login = login;
            *connection = i;
            result = TPSC_SUCCESS;
        }
    }
    pthread_mutex_unlock(&gate);
    return result;
}

static uint32_t ram_disconnect(void *context, uint32_t connection)
{
    (void)context;
    pthread_mutex_lock(&gate);
    tps_component_hang_up(&component, connection);
    connections[connection].is_used = false;
    pthread_mutex_unlock(&gate);
    return TPSC_SUCCESS;
}

static uint32_t ram_discovery(void *context, uint32_t connection, TPSC_ServiceIdentifier *services,
                              size_t *count)
{
    tps_status status;

    (void)context;
    (void)connection;
    pthread_mutex_lock(&gate);
    status = tps_component_discover(&component, services, *count, count);
    pthread_mutex_unlock(&gate);
    return tps_component_result(status);
}

static uint32_t ram_open(void *context, uint32_t connection, const TPSC_UUID *instance, uint32_t *session)
{
    tps_status status;

    (void)context;
    pthread_mutex_lock(&gate);
    status = tps_component_open(&component, connection, &connections[connection].login, instance, session);
    pthread_mutex_unlock(&gate);
    return tps_component_result(status);
}

static uint32_t ram_close(void *context, uint32_t connection, uint32_t session)
{
    tps_status status;

    (void)context;
    pthread_mutex_lock(&gate);
    status = tps_component_close(&component, connection, session);
    pthread_mutex_unlock(&gate);
    return tps_component_result(status);
}

static uint32_t ram_execute(void *context, uint32_t connection, uint32_t session, uint32_t transaction,
                            const uint8_t *request, size_t request_size, uint8_t *room, size_t *size)
{
    tps_status status;
    size_t capacity = *size;

    (void)context;
    (void)transaction;
    pthread_mutex_lock(&gate);
    status = tps_component_execute(&component, connection, session, tps_span_make(request, request_size),
                                   (tps_buf){room, capacity}, size, NULL);
    pthread_mutex_unlock(&gate);
    return tps_component_result(status);
}

/** What was begun here is over in a moment: the library lets the caller go and drops the response. */
static uint32_t ram_cancel(void *context, uint32_t connection, uint32_t transaction)
{
    (void)context;
    (void)connection;
    (void)transaction;
    return TPSC_ERROR_NOT_SUPPORTED;
}

const TPSC_Connector2 *ram_component_connector(void)
{
    static const TPSC_Connector2 table = {
        .abi_version = TPSC_CONNECTOR_ABI_VERSION,
        .connect = ram_connect,
        .disconnect = ram_disconnect,
        .service_discovery = ram_discovery,
        .open_session = ram_open,
        .close_session = ram_close,
        .execute_transaction = ram_execute,
        .cancel_transaction = ram_cancel,
    };

    return &table;
}
