/* SPDX-License-Identifier: Apache-2.0 */
/* The owner secret and the table of providers: one value of the vault, its copy in memory, and how both are
 * replaced. The message that binds sessions is binding.c's. */
#include "component/core/ownership.h"

#include "component/core/core.h"
#include "tps/secret.h"

/* Members of the value (spec/session.cddl). */
enum { OWN_SECRET = 1, OWN_IS_FORGETTING = 2, OWN_PROVIDERS = 3 };

static tps_vault_id ownership_id(void)
{
    return tps_vault_id_make(TPS_VAULT_OWNERSHIP, NULL, TPS_SPAN_LITERAL("E"));
}

/* ---- the value: in the work area, while it is read or written ---- */

_Static_assert(TPS_OWNERSHIP_MAX <= TPS_COMPONENT_WORK_SIZE, "set TPS_COMPONENT_WORK_SIZE");

static tps_buf work_of(tps_component *component)
{
    return (tps_buf){tps_component_work(component), TPS_OWNERSHIP_MAX};
}

static tps_status encode(const tps_ownership *own, tps_buf room, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_map(&w, 3);
    tps_cbor_pair_bytes(&w, OWN_SECRET, TPS_SPAN_OF(own->secret));
    tps_cbor_pair_bool(&w, OWN_IS_FORGETTING, own->is_forgetting);
    tps_cbor_pair_array(&w, OWN_PROVIDERS, own->count);
    for (size_t i = 0; i < own->count; i++) {
        tps_cbor_put_array(&w, 3);
        tps_cbor_put_uint(&w, own->providers[i].mode);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(own->providers[i].provider));
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(own->providers[i].login));
    }
    return tps_cbor_writer_finish(&w, encoded);
}

static void get_fixed(tps_cbor_reader *r, uint8_t *to, size_t size)
{
    tps_span bytes = tps_cbor_get_bytes(r);

    if (bytes.size != size) {
        tps_cbor_fail(r, TPS_COMPONENT_STORAGE_CORRUPT);
        return;
    }
    memcpy(to, bytes.data, size);
}

static void get_provider(tps_cbor_reader *r, tps_ownership *own)
{
    tps_provider *p = &own->providers[own->count];
    tps_cbor_list entry = tps_cbor_enter_array(r);
    uint64_t mode = tps_cbor_next(r, &entry) ? tps_cbor_get_uint(r) : TPS_MODE_NONE;

    if (mode < TPS_MODE_DIRECT || mode > TPS_MODE_PASSPORT || !tps_cbor_next(r, &entry)) {
        tps_cbor_fail(r, TPS_COMPONENT_STORAGE_CORRUPT);
        return;
    }
    p->mode = (uint8_t)mode;
    get_fixed(r, p->provider, sizeof(p->provider));
    if (!tps_cbor_next(r, &entry)) {
        tps_cbor_fail(r, TPS_COMPONENT_STORAGE_CORRUPT);
        return;
    }
    get_fixed(r, p->login, sizeof(p->login));
    own->count++;
}

/** The vault vouches for the bytes; this only reads what encode() wrote. */
static tps_status decode(tps_span encoded, tps_ownership *own)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    tps_cbor_list providers;

    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case OWN_SECRET: get_fixed(&r, own->secret, sizeof(own->secret)); break;
        case OWN_IS_FORGETTING: own->is_forgetting = tps_cbor_get_bool(&r); break;
        case OWN_PROVIDERS:
            providers = tps_cbor_enter_array(&r);
            while (own->count < TPS_PROVIDERS_MAX && tps_cbor_next(&r, &providers)) {
                get_provider(&r, own);
            }
            break;
        default: tps_cbor_fail(&r, TPS_COMPONENT_STORAGE_CORRUPT); break;
        }
    }
    return tps_cbor_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_COMPONENT_STORAGE_CORRUPT;
}

static tps_status store(tps_component *component, tps_vault *vault)
{
    tps_vault_id id = ownership_id();
    tps_buf room = work_of(component);
    tps_span encoded;
    tps_status status = encode(&component->ownership, room, &encoded);

    if (status == TPS_OK) {
        status = tps_vault_put(vault, &id, NULL, encoded, 0);
    }
    tps_wipe(room.data, room.size);
    return status;
}

static tps_status load(tps_component *component, tps_vault *vault)
{
    tps_vault_id id = ownership_id();
    tps_buf room = work_of(component);
    size_t size;
    tps_status status = tps_vault_get(vault, &id, NULL, room, &size);

    if (status == TPS_OK) {
        status = decode(tps_span_make(room.data, size), &component->ownership);
    }
    tps_wipe(room.data, room.size);
    return status;
}

/* ---- a new owner ---- */

/** A new E without providers: stored, and in memory only when it is. */
static tps_status renew(tps_component *component, tps_vault *vault, bool is_forgetting)
{
    tps_ownership *own = &component->ownership;
    const tps_platform *p = component->platform;
    uint8_t old[sizeof(own->secret)];
    uint32_t old_count = own->count;
    bool was_forgetting = own->is_forgetting;
    tps_status status;

    memcpy(old, own->secret, sizeof(old));
    status = p->entropy(p->context, TPS_BUF_OF(own->secret));
    if (status == TPS_OK) {
        own->count = 0;
        own->is_forgetting = is_forgetting;
        status = store(component, vault);
    }
    if (status == TPS_OK) {
        own->status = TPS_OK;
        own->generation++;
        tps_wipe(own->providers, sizeof(own->providers));
    } else {
        memcpy(own->secret, old, sizeof(old));
        own->count = old_count;
        own->is_forgetting = was_forgetting;
    }
    tps_wipe(old, sizeof(old));
    return status;
}

/** What was sealed with an E that is gone: deleted, and erased from the medium with that E itself. */
static tps_status erase_old(tps_component *component, tps_vault *vault)
{
    tps_ownership *own = &component->ownership;
    tps_status status = tps_vault_delete_contexts(vault);

    if (status == TPS_OK) {
        status = tps_vault_scrub(vault);
    }
    if (status == TPS_OK) {
        own->is_forgetting = false;
        status = store(component, vault);
        own->is_forgetting = status != TPS_OK;
    }
    return status;
}

static void close_bound_sessions(tps_component *component)
{
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *s = &component->sessions[i];

        if (s->service != NULL && s->binding.mode != TPS_MODE_NONE) {
            tps_component_end_session(component, s);
        }
    }
}

/** What services remember of the old owner's providers, away. */
static void tell_services(tps_component *component)
{
    for (size_t i = 0; i < component->slots_count; i++) {
        const tps_service_slot *slot = &component->slots[i];

        if (slot->service->forget != NULL) {
            slot->service->forget(component, slot->state);
        }
    }
}

tps_status tps_component_owner_forget(tps_component *component)
{
    tps_vault *vault;

    if (component->handover->lifecycle == TPS_LIFECYCLE_DECOMMISSIONED) {
        return TPS_COMPONENT_DECOMMISSIONED;
    }
    TPS_TRY(tps_component_vault(component, &vault));
    TPS_TRY(renew(component, vault, true));
    close_bound_sessions(component);
    tell_services(component);
    return erase_old(component, vault);
}

/* ---- start ---- */

static tps_status open_ownership(tps_component *component)
{
    tps_vault *vault;
    tps_status status;

    if (component->handover->lifecycle == TPS_LIFECYCLE_DECOMMISSIONED) {
        return TPS_COMPONENT_DECOMMISSIONED;
    }
    TPS_TRY(tps_component_vault(component, &vault));
    status = load(component, vault);
    if (status == TPS_NOT_FOUND) {
        status = renew(component, vault, false);
    }
    return status;
}

void tps_component_ownership_start(tps_component *component)
{
    const tps_platform *p = component->platform;
    tps_ownership *own = &component->ownership;
    uint32_t generation = own->generation + 1;
    tps_vault *vault;
    tps_status status;

    tps_wipe(own, sizeof(*own));
    status = open_ownership(component);
    own->generation = generation;
    if (status != TPS_OK) {
        tps_wipe(own->secret, sizeof(own->secret));
        own->count = 0;
        own->is_forgetting = false;
        p->log(p->context, TPS_LOG_WARNING, "no owner secret: no session can be bound to a provider", status);
    }
    own->status = status;
    if (own->is_forgetting && tps_component_vault(component, &vault) == TPS_OK) {
        status = erase_old(component, vault);
        if (status == TPS_OK) {
            p->log(p->context, TPS_LOG_WARNING, "what a former owner left is erased", TPS_OK);
        } else {
            p->log(p->context, TPS_LOG_ERROR, "what a former owner left cannot be erased", status);
        }
    }
}

/* ---- for services ---- */

uint32_t tps_component_owner_generation(const tps_component *component)
{
    return component->ownership.generation;
}

tps_status tps_component_owner_secret(const tps_component *component, const uint8_t **secret)
{
    *secret = component->ownership.secret;
    return component->ownership.status;
}

const tps_provider *tps_component_provider_find(const tps_component *component, const uint8_t provider[32])
{
    const tps_ownership *own = &component->ownership;

    for (size_t i = 0; i < own->count; i++) {
        if (memcmp(own->providers[i].provider, provider, sizeof(own->providers[i].provider)) == 0) {
            return &own->providers[i];
        }
    }
    return NULL;
}

/** Whether this login may bring another provider. */
static bool has_room(const tps_component *component, const tps_session *session,
                     const uint8_t login[TPS_LOGIN_OWNER_SIZE])
{
    const tps_ownership *own = &component->ownership;
    size_t mine = 0;

    for (size_t i = 0; i < own->count; i++) {
        mine += memcmp(own->providers[i].login, login, TPS_LOGIN_OWNER_SIZE) == 0 ? 1u : 0u;
    }
    if (tps_session_is_administrator(component, session)) {
        return own->count < TPS_PROVIDERS_MAX;
    }
    return own->count < TPS_PROVIDERS_MAX - TPS_PROVIDERS_RESERVED && mine < TPS_PROVIDERS_PER_LOGIN;
}

static tps_status add_provider(tps_component *component, const tps_session *session,
                               const tps_binding *binding)
{
    tps_ownership *own = &component->ownership;
    tps_provider entry = {.mode = (uint8_t)binding->mode};
    tps_vault *vault;
    tps_status status;

    TPS_TRY(tps_component_vault(component, &vault));
    if (own->is_forgetting) {
        TPS_TRY(erase_old(component, vault));
    }
    memcpy(entry.provider, binding->provider, sizeof(entry.provider));
    tps_login_owner(&session->login, entry.login);
    if (!has_room(component, session, entry.login)) {
        return TPS_COMPONENT_FULL;
    }
    own->providers[own->count++] = entry;
    status = store(component, vault);
    if (status != TPS_OK) {
        own->count--;
    }
    return status;
}

tps_status tps_component_provider_bind(tps_component *component, const tps_session *session,
                                       const tps_binding *binding)
{
    tps_ownership *own = &component->ownership;
    const tps_provider *known;

    TPS_TRY(own->status);
    known = tps_component_provider_find(component, binding->provider);
    if (known == NULL) {
        return add_provider(component, session, binding);
    }
    return known->mode == binding->mode ? TPS_OK : TPS_COMPONENT_IS_BOUND;
}

tps_status tps_session_sealing(const tps_component *component, const tps_session *session,
                               tps_vault_context *room, const tps_vault_context **out)
{
    const uint8_t *secret;

    *out = NULL;
    if (session->binding.mode == TPS_MODE_NONE) {
        return TPS_OK;
    }
    TPS_TRY(tps_component_owner_secret(component, &secret));
    memcpy(room->provider, session->binding.provider, sizeof(room->provider));
    memcpy(room->owner, secret, sizeof(room->owner));
    *out = room;
    return TPS_OK;
}
