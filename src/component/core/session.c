/* SPDX-License-Identifier: Apache-2.0 */
/* The component's sessions: a fixed table, each entry bound to the connection that opened it. */
#include "component/core/core.h"
#include "tps/secret.h"

const uint32_t tps_logins_all[TPS_LOGINS_ALL_COUNT] = {TPSC_LOGIN_PUBLIC,
                                                       TPSC_LOGIN_USER,
                                                       TPSC_LOGIN_GROUP,
                                                       TPSC_LOGIN_APPLICATION,
                                                       TPSC_LOGIN_USER_APPLICATION,
                                                       TPSC_LOGIN_GROUP_APPLICATION};

tps_session *tps_component_find_session(tps_component *component, uint32_t connection, uint32_t id)
{
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *s = &component->sessions[i];

        if (s->service != NULL && s->id == id && s->connection == connection) {
            return s;
        }
    }
    return NULL;
}

void tps_component_end_session(tps_component *component, tps_session *session)
{
    const tps_service *service = session->service;

    if (service->close != NULL) {
        service->close(component, tps_component_state_of(component, service), session);
    }
    tps_wipe(session, sizeof(*session));
}

/** A free entry, or NULL if there is none, or this connection or its user has its share. */
static tps_session *find_free(tps_component *component, uint32_t connection, uint32_t uid)
{
    tps_session *found = NULL;
    size_t mine = 0;
    size_t users = 0;

    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *s = &component->sessions[i];

        if (s->service == NULL) {
            found = found == NULL ? s : found; /* the first, so that few are walked to find it again */
            continue;
        }
        mine += s->connection == connection ? 1u : 0u;
        users += s->login.uid == uid ? 1u : 0u;
    }
    return mine < TPS_COMPONENT_SESSIONS_PER_CONNECTION && users < TPS_COMPONENT_SESSIONS_PER_USER ? found
                                                                                                   : NULL;
}

static const tps_service *find_service(const tps_component *component, const TPSC_UUID *instance)
{
    for (size_t i = 0; i < component->slots_count; i++) {
        if (memcmp(&component->instances[i], instance, sizeof(*instance)) == 0) {
            return component->slots[i].service;
        }
    }
    return NULL;
}

static bool takes_login(const tps_service *service, uint32_t method)
{
    for (size_t i = 0; i < service->logins_count; i++) {
        if (service->logins[i] == method) {
            return true;
        }
    }
    return false;
}

tps_status tps_component_open(tps_component *component, uint32_t connection, const tps_login *login,
                              const TPSC_UUID *instance, uint32_t *session)
{
    const tps_service *service = find_service(component, instance);
    tps_session *entry;

    if (service == NULL) {
        return TPS_COMPONENT_NO_SERVICE;
    }
    if (!takes_login(service, login->method)) {
        return TPS_COMPONENT_DENIED;
    }
    entry = find_free(component, connection, login->uid);
    if (entry == NULL) {
        return TPS_COMPONENT_FULL;
    }

    *entry = (tps_session){.service = service, .connection = connection, .login = *login};
    component->next_session = component->next_session == UINT32_MAX ? 1 : component->next_session + 1;
    entry->id = component->next_session;
    if (service->open != NULL) {
        tps_status status = service->open(component, tps_component_state_of(component, service), entry);

        if (status != TPS_OK) {
            tps_wipe(entry, sizeof(*entry));
            return status;
        }
    }
    *session = entry->id;
    return TPS_OK;
}

tps_status tps_component_close(tps_component *component, uint32_t connection, uint32_t session)
{
    tps_session *entry = tps_component_find_session(component, connection, session);

    if (entry == NULL) {
        return TPS_COMPONENT_NO_SESSION;
    }
    tps_component_end_session(component, entry);
    return TPS_OK;
}

void tps_component_hang_up(tps_component *component, uint32_t connection)
{
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *s = &component->sessions[i];

        if (s->service != NULL && s->connection == connection) {
            tps_component_end_session(component, s);
        }
    }
}

static void put_le32(uint8_t *to, uint32_t value)
{
    for (unsigned int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (8 * i));
    }
}

void tps_login_owner(const tps_login *login, uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    bool by_user = login->method == TPSC_LOGIN_USER || login->method == TPSC_LOGIN_USER_APPLICATION;
    bool by_group = login->method == TPSC_LOGIN_GROUP || login->method == TPSC_LOGIN_GROUP_APPLICATION;

    memset(owner, 0, TPS_LOGIN_OWNER_SIZE);
    owner[0] = (uint8_t)login->method;
    if (by_user) {
        put_le32(owner + 1, login->uid);
    } else if (by_group) {
        put_le32(owner + 1, login->gid);
    }
    if (login->method == TPSC_LOGIN_APPLICATION) { /* as much of the digest as there is room for */
        memcpy(owner + 1, login->application, TPS_LOGIN_OWNER_SIZE - 1);
    } else if (login->method > TPSC_LOGIN_APPLICATION) {
        memcpy(owner + 5, login->application, TPS_LOGIN_OWNER_SIZE - 5);
    }
}

tps_status tps_session_owner(const tps_session *session, uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    uint8_t joined[TPS_LOGIN_OWNER_SIZE + TPS_SHA256_SIZE];
    tps_digest digest;

    tps_login_owner(&session->login, joined);
    if (session->binding.mode == TPS_MODE_NONE) {
        memcpy(owner, joined, TPS_LOGIN_OWNER_SIZE);
        return TPS_OK;
    }
    memcpy(joined + TPS_LOGIN_OWNER_SIZE, session->binding.provider, TPS_SHA256_SIZE);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(joined), &digest));
    memcpy(owner, digest.bytes, TPS_LOGIN_OWNER_SIZE);
    return TPS_OK;
}

bool tps_session_is_administrator(const tps_component *component, const tps_session *session)
{
    const tps_platform *p = tps_component_platform(component);
    const tps_login *login = &session->login;

    return p->is_administrator != NULL &&
           p->is_administrator(p->context, login->method, login->uid, login->gid, login->application);
}
