/* SPDX-License-Identifier: Apache-2.0 */
/* The client's static table, its guard, and the connectors in it. */
#include "tps/tpsc_registry.h"

#include <stdatomic.h>
#include <string.h>

#include "client/state.h"

tps_client_state tps_client;
static atomic_flag guard = ATOMIC_FLAG_INIT;

void tps_client_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&guard, memory_order_acquire)) {
        /* another thread walks the table: it will be out in a moment */
    }
}

void tps_client_unlock(void)
{
    atomic_flag_clear_explicit(&guard, memory_order_release);
}

void tps_client_use_locked(tps_client_connector *connector)
{
    connector->users++;
}

void tps_client_release(tps_client_connector *connector)
{
    tps_client_lock();
    connector->users--;
    tps_client_unlock();
}

tps_client_connector *tps_client_next_connector(uint32_t order)
{
    tps_client_connector *next = NULL;

    tps_client_lock();
    for (size_t i = 0; i < TPS_CLIENT_CONNECTORS_MAX; i++) {
        tps_client_connector *c = &tps_client.connectors[i];

        if (c->connector != NULL && c->order > order && (next == NULL || c->order < next->order)) {
            next = c;
        }
    }
    if (next != NULL) {
        tps_client_use_locked(next);
    }
    tps_client_unlock();
    return next;
}

static tps_client_connector *find_locked(const TPSC_Connector2 *connector)
{
    for (size_t i = 0; i < TPS_CLIENT_CONNECTORS_MAX; i++) {
        if (tps_client.connectors[i].connector == connector) {
            return &tps_client.connectors[i];
        }
    }
    return NULL;
}

static bool is_whole(const TPSC_Connector2 *c)
{
    return c->connect != NULL && c->disconnect != NULL && c->service_discovery != NULL &&
           c->open_session != NULL && c->close_session != NULL && c->execute_transaction != NULL;
}

bool tps_client_can_cancel_locked(void)
{
    bool any = false;
    bool can = false;

    for (size_t i = 0; i < TPS_CLIENT_CONNECTORS_MAX; i++) {
        const TPSC_Connector2 *c = tps_client.connectors[i].connector;

        any = any || c != NULL;
        can = can || (c != NULL && c->cancel_transaction != NULL);
    }
    return can || !any;
}

static uint32_t add_locked(const TPSC_Connector2 *connector)
{
    tps_client_connector *entry = find_locked(NULL);

    if (find_locked(connector) != NULL) {
        return TPSC_ERROR_BAD_STATE;
    }
    if (entry == NULL) {
        return TPSC_ERROR_OUT_OF_MEMORY;
    }
    *entry = (tps_client_connector){.connector = connector, .order = ++tps_client.last_order};
    return TPSC_SUCCESS;
}

uint32_t tps_client_register(const TPSC_Connector2 *connector)
{
    uint32_t result;

    if (connector == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (connector->abi_version != TPSC_CONNECTOR_ABI_VERSION) {
        return TPSC_ERROR_NOT_SUPPORTED;
    }
    if (!is_whole(connector)) {
        return TPSC_ERROR_NULL_POINTER;
    }
    tps_client_lock();
    result = add_locked(connector);
    tps_client_unlock();
    return result;
}

uint32_t tps_client_unregister(const TPSC_Connector2 *connector)
{
    tps_client_connector *entry;
    uint32_t result = TPSC_ERROR_BAD_STATE;

    tps_client_lock();
    entry = connector == NULL ? NULL : find_locked(connector);
    if (entry != NULL && entry->users > 0) {
        result = TPSC_ERROR_BUSY;
    } else if (entry != NULL) {
        tps_client_forget_services_locked(entry);
        entry->connector = NULL;
        result = TPSC_SUCCESS;
    }
    tps_client_unlock();
    return result;
}

uint32_t tps_client_result(uint32_t result)
{
    return result == TPSC_ERROR_NOT_IMPLEMENTED_REFERENCE ? TPSC_ERROR_NOT_IMPLEMENTED : result;
}

bool tps_client_uuid_equal(const TPSC_UUID *a, const TPSC_UUID *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool tps_client_uuid_is_nil(const TPSC_UUID *uuid)
{
    static const TPSC_UUID nil = TPSC_UUID_NIL;

    return tps_client_uuid_equal(uuid, &nil);
}
