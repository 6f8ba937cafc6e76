/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of the TPS Client API: each has a connection of its own, because a connection has one login. */
#include <string.h>

#include "client/state.h"

#define ENTRY_BITS      8u
#define GENERATION_MASK 0xFFFFFFu

static uint32_t handle_of(const tps_client_session *s)
{
    return (s->generation & GENERATION_MASK) << ENTRY_BITS | (uint32_t)(s - tps_client.sessions);
}

tps_client_session *tps_client_find_session_locked(const TPSC_Session *session)
{
    uint32_t entry = session->session_id & ((1u << ENTRY_BITS) - 1);
    tps_client_session *s;

    if (session->imp.guard != TPSC_GUARD_SESSION || entry >= TPS_CLIENT_SESSIONS_MAX) {
        return NULL;
    }
    s = &tps_client.sessions[entry];
    if (s->owner == NULL || !s->open || handle_of(s) != session->session_id ||
        s->connection_id != session->imp.connection_id) {
        return NULL;
    }
    return s;
}

static uint32_t check_login(uint32_t method, const TPSC_ConnectionData *data)
{
    bool group = method == TPSC_LOGIN_GROUP || method == TPSC_LOGIN_GROUP_APPLICATION;
    bool known = method <= TPSC_LOGIN_GROUP ||
                 (method >= TPSC_LOGIN_APPLICATION && method <= TPSC_LOGIN_GROUP_APPLICATION);
    uint32_t tag = data == NULL ? TPSC_CONNECTIONDATA_NONE : data->tag;

    if (!known || tag > TPSC_CONNECTIONDATA_PROPRIETARY) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    if (group != (tag == TPSC_CONNECTIONDATA_GID) && tag != TPSC_CONNECTIONDATA_PROPRIETARY) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    return TPSC_SUCCESS;
}

/** Takes an entry for a known instance; the connector is in use from now on. */
static uint32_t reserve(const TPSC_UUID *instance, tps_client_session **out)
{
    tps_client_service *service;
    uint32_t result = TPSC_ERROR_OUT_OF_MEMORY;

    tps_client_lock();
    service = tps_client_find_service_locked(instance);
    if (service == NULL) {
        tps_client_unlock();
        return TPSC_ERROR_BAD_IDENTIFIER;
    }
    for (size_t i = 0; i < TPS_CLIENT_SESSIONS_MAX; i++) {
        tps_client_session *s = &tps_client.sessions[i];

        if (s->owner == NULL) {
            *s = (tps_client_session){
                .owner = service->owner, .instance = *instance, .generation = s->generation + 1};
            tps_client_use_locked(service->owner);
            *out = s;
            result = TPSC_SUCCESS;
            break;
        }
    }
    tps_client_unlock();
    return result;
}

static void give_back(tps_client_session *s)
{
    tps_client_connector *owner = s->owner;

    tps_client_lock();
    s->owner = NULL;
    s->open = false;
    tps_client_unlock();
    tps_client_release(owner);
}

/** Finds the instance, asking the connectors once if it is not known yet. */
static uint32_t find_and_reserve(const TPSC_UUID *instance, tps_client_session **out)
{
    uint32_t result = reserve(instance, out);
    uint32_t asked;

    if (result != TPSC_ERROR_BAD_IDENTIFIER) {
        return result;
    }
    asked = tps_client_refresh();
    if (asked != TPSC_SUCCESS && asked != TPSC_ERROR_NO_DATA) {
        return asked;
    }
    return reserve(instance, out);
}

static uint32_t connect_and_open(tps_client_session *s, uint32_t method, const TPSC_ConnectionData *data)
{
    const TPSC_Connector2 *c = s->owner->connector;
    uint32_t result = c->connect(c->context, method, data, &s->connection_id);

    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = c->open_session(c->context, s->connection_id, &s->instance, &s->session_id);
    if (result != TPSC_SUCCESS) {
        (void)c->disconnect(c->context, s->connection_id);
    }
    return result;
}

uint32_t TPSC_OpenSession(const TPSC_UUID *service_instance, uint32_t connection_method,
                          const TPSC_ConnectionData *connection_data, TPSC_Session *session)
{
    tps_client_session *s = NULL;
    TPSC_UUID instance;
    uint32_t result;

    if (service_instance == NULL || session == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    instance = *service_instance; /* before clearing: it may lie inside `*session`'s memory */
    memset(session, 0, sizeof(*session));
    if (tps_client_uuid_is_nil(&instance)) {
        return TPSC_ERROR_BAD_IDENTIFIER;
    }
    result = check_login(connection_method, connection_data);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = find_and_reserve(&instance, &s);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    result = connect_and_open(s, connection_method, connection_data);
    if (result != TPSC_SUCCESS) {
        give_back(s);
        return tps_client_result(result);
    }

    tps_client_lock();
    s->open = true;
    *session = (TPSC_Session){&s->instance, handle_of(s), {s->connection_id, TPSC_GUARD_SESSION}};
    tps_client_unlock();
    return TPSC_SUCCESS;
}

uint32_t TPSC_CloseSession(TPSC_Session *session)
{
    tps_client_session *s;
    const TPSC_Connector2 *c;
    uint32_t result = TPSC_SUCCESS;

    if (session == NULL) {
        return TPSC_ERROR_NULL_POINTER;
    }
    tps_client_lock();
    s = tps_client_find_session_locked(session);
    if (s == NULL) {
        result = TPSC_ERROR_BAD_STATE;
    } else if (s->executing > 0) {
        result = TPSC_ERROR_BUSY;
    } else {
        s->open = false;
    }
    tps_client_unlock();
    if (result != TPSC_SUCCESS) {
        return result;
    }

    c = s->owner->connector;
    (void)c->close_session(c->context, s->connection_id, s->session_id);
    (void)c->disconnect(c->context, s->connection_id);
    give_back(s);
    memset(session, 0, sizeof(*session));
    return TPSC_SUCCESS;
}
