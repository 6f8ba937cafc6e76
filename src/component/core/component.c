/* SPDX-License-Identifier: Apache-2.0 */
/* Start, end and identity of a secure component: what it is made of, what it is called, which secrets it has.
 */
#include "component/core/component.h"

#include "component/boot/keys.h"
#include "component/core/core.h"
#include "tps/crypto.h"
#include "tps/eat.h"
#include "tps/secret.h"

bool tps_image_name_is_valid(const char *name)
{
    size_t size = 0;

    if (name == NULL || name[0] == '-' || name[0] == '.') {
        return false;
    }
    for (; name[size] != '\0'; size++) {
        char c = name[size];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';

        if (!good || size == TPS_IMAGE_NAME_MAX) {
            return false;
        }
    }
    return size > 0;
}

static bool platform_is_whole(const tps_platform *p)
{
    return p != NULL && p->version == TPS_PLATFORM_VERSION && p->unique_secret != NULL &&
           p->lock_secret != NULL && p->debug_status != NULL && p->entropy != NULL &&
           p->storage_read != NULL && p->storage_write != NULL && p->storage_erase != NULL &&
           p->counter_read != NULL && p->counter_increase != NULL && p->time != NULL && p->log != NULL;
}

static bool slot_is_whole(const tps_service_slot *slot)
{
    const tps_service *s = slot->service;

    return s != NULL && s->name != NULL && s->handle != NULL && s->logins_count > 0 &&
           (s->features.size > 0 || s->put_features != NULL) && slot->state_size >= s->state_size &&
           (slot->state != NULL || s->state_size == 0) && s->work_size <= TPS_COMPONENT_WORK_SIZE;
}

static tps_status check_slots(const tps_service_slot *slots, size_t count, tps_error *why)
{
    if (count > TPS_COMPONENT_SERVICES_MAX || (slots == NULL && count > 0)) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "services");
    }
    for (size_t i = 0; i < count; i++) {
        if (!slot_is_whole(&slots[i])) {
            return tps_fail(why, TPS_BAD_ARGUMENT, i, "a service's table or memory is incomplete");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(slots[i].service->name, slots[j].service->name) == 0) {
                return tps_fail(why, TPS_BAD_ARGUMENT, i, slots[i].service->name);
            }
        }
    }
    return TPS_OK;
}

/** What the component and its services are called. */
static tps_status derive_names(tps_component *component)
{
    uint8_t *uuid = component->instance.bytes;

    TPS_TRY(tps_crypto_hkdf(TPS_SPAN_OF(component->handover->s0), TPS_SPAN_EMPTY,
                            TPS_SPAN_LITERAL(TPS_KEYS_LABEL_INSTANCE),
                            TPS_BUF_OF(component->instance.bytes)));
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80); /* version 8: made by a rule of our own (RFC 9562, 5.8) */
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < component->slots_count; i++) {
        TPS_TRY(tps_crypto_uuid5(uuid, tps_span_of_text(component->slots[i].service->name),
                                 component->instances[i].bytes));
    }
    return TPS_OK;
}

/** A service of a decommissioned device has nothing to start with: there are no keys. */
static bool is_ended(const tps_component *component, const tps_service *service)
{
    return component->lifecycle == TPS_LIFECYCLE_DECOMMISSIONED && !service->serves_to_the_end;
}

/** A component without its vault still tells what it is; services that need the vault say why they cannot. */
static void open_vault(tps_component *component)
{
    const tps_platform *p = component->platform;
    tps_error why = {TPS_OK, 0, NULL};

    component->vault_status = TPS_COMPONENT_DECOMMISSIONED; /* there are no keys to open it with */
    if (component->lifecycle != TPS_LIFECYCLE_DECOMMISSIONED) {
        component->vault_status = tps_vault_open(&component->vault, p, component->handover, &why);
    }
    component->opened_vault = component->vault_status == TPS_OK ? &component->vault : NULL;
    if (component->vault_status != TPS_OK) {
        p->log(p->context, TPS_LOG_ERROR, "sealed storage is not open", component->vault_status);
        if (why.detail != NULL) {
            p->log(p->context, TPS_LOG_ERROR, why.detail, TPS_OK);
        }
    }
}

tps_status tps_component_start_service(tps_component *component, const tps_service_slot *slot, tps_error *why)
{
    const tps_service *service = slot->service;
    tps_status status = service->start == NULL ? TPS_OK : service->start(component, slot->state, why);

    tps_wipe(component->work, service->work_size);
    return status;
}

void tps_component_stop_service(tps_component *component, const tps_service_slot *slot)
{
    if (slot->service->stop != NULL) {
        slot->service->stop(component, slot->state);
    }
    tps_wipe(slot->state, slot->state_size);
}

static tps_status start_services(tps_component *component, tps_error *why)
{
    for (size_t i = 0; i < component->slots_count; i++) {
        const tps_service_slot *slot = &component->slots[i];

        if (!is_ended(component, slot->service)) {
            tps_status status = tps_component_start_service(component, slot, why);

            if (status != TPS_OK) {
                return tps_fail(why, status, i, slot->service->name);
            }
        }
    }
    return TPS_OK;
}

tps_status tps_component_init(tps_component *component, const tps_platform *platform, tps_handover *handover,
                              TPSC_UUID type, const tps_service_slot *slots, size_t count, tps_error *why)
{
    tps_status status;

    tps_fail(why, TPS_OK, 0, NULL);
    if (!platform_is_whole(platform)) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0,
                        "the platform's table is of another version, or lacks an operation");
    }
    if (handover == NULL) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "handover");
    }
    TPS_TRY(check_slots(slots, count, why));

    memset(component, 0, sizeof(*component));
    component->platform = platform;
    component->handover = handover;
    component->lifecycle = handover->lifecycle;
    component->slots = slots;
    component->slots_count = count;
    component->type = type;
    for (size_t i = 0; i < count; i++) {
        if (slots[i].state != NULL) {
            memset(slots[i].state, 0, slots[i].state_size);
        }
    }
    status = derive_names(component);
    if (status == TPS_OK) {
        open_vault(component);
        tps_component_ownership_start(component);
        status = start_services(component, why);
    } else {
        status = tps_fail(why, status, 0, "the component's names");
    }
    if (status != TPS_OK) {
        tps_component_finish(component);
    }
    return status;
}

void tps_component_finish(tps_component *component)
{
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        if (component->sessions[i].service != NULL) {
            tps_component_end_session(component, &component->sessions[i]);
        }
    }
    for (size_t i = 0; i < component->slots_count; i++) {
        tps_component_stop_service(component, &component->slots[i]);
    }
    tps_wipe(component, sizeof(*component));
}

tps_status tps_component_discover(const tps_component *component, TPSC_ServiceIdentifier *services,
                                  size_t capacity, size_t *count)
{
    *count = component->slots_count;
    if (capacity < component->slots_count) {
        return TPS_BUFFER_TOO_SMALL;
    }
    for (size_t i = 0; i < component->slots_count; i++) {
        services[i] = (TPSC_ServiceIdentifier){
            .service_instance = component->instances[i],
            .service_id = component->slots[i].service->id,
            .secure_component_type = component->type,
            .secure_component_instance = component->instance,
            .service_version = component->slots[i].service->version,
        };
    }
    return TPS_OK;
}

void *tps_component_state_of(const tps_component *component, const tps_service *service)
{
    for (size_t i = 0; i < component->slots_count; i++) {
        if (component->slots[i].service == service) {
            return component->slots[i].state;
        }
    }
    return NULL;
}

void *tps_component_work(tps_component *component)
{
    return component->work;
}

const tps_platform *tps_component_platform(const tps_component *component)
{
    return component->platform;
}

const tps_handover *tps_component_handover(const tps_component *component)
{
    return component->handover;
}

uint32_t tps_component_lifecycle(const tps_component *component)
{
    return component->lifecycle;
}

uint32_t tps_component_debug(const tps_component *component)
{
    const tps_platform *p = component->platform;
    uint32_t debug = p->debug_status(p->context);

    return debug <= TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY ? debug : TPS_EAT_DEBUG_ENABLED;
}

uint32_t tps_lifecycle_under_debug(uint32_t lifecycle, uint32_t debug)
{
    bool was_open = debug < TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;

    return lifecycle == TPS_LIFECYCLE_SECURED && was_open ? TPS_LIFECYCLE_DEBUG : lifecycle;
}

/** Nothing is kept of the vault and of the owner, and neither can be had any more. */
static void end_storage(tps_component *component)
{
    tps_vault_close(&component->vault);
    component->opened_vault = NULL;
    component->vault_status = TPS_COMPONENT_DECOMMISSIONED;
    tps_wipe(&component->ownership, sizeof(component->ownership));
    component->ownership.status = TPS_COMPONENT_DECOMMISSIONED;
}

void tps_component_lifecycle_set(tps_component *component, uint32_t lifecycle)
{
    component->lifecycle = lifecycle;
    if (lifecycle != TPS_LIFECYCLE_DECOMMISSIONED) {
        return;
    }
    for (size_t i = 0; i < TPS_COMPONENT_SESSIONS_MAX; i++) {
        tps_session *session = &component->sessions[i];

        if (session->service != NULL && is_ended(component, session->service)) {
            tps_component_end_session(component, session);
        }
    }
    for (size_t i = 0; i < component->slots_count; i++) {
        if (is_ended(component, component->slots[i].service)) {
            tps_component_stop_service(component, &component->slots[i]);
        }
    }
    end_storage(component);
    tps_handover_end(component->handover);
}

TPSC_UUID tps_component_instance(const tps_component *component)
{
    return component->instance;
}

tps_status tps_component_vault(const tps_component *component, tps_vault **vault)
{
    TPS_TRY(component->vault_status);
    *vault = component->opened_vault;
    return TPS_OK;
}
