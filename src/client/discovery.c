/* SPDX-License-Identifier: Apache-2.0 */
/* Which services there are: asks the connectors, remembers which instance is whose, and selects. */
#include <string.h>

#include "client/state.h"

tps_client_service *tps_client_find_service_locked(const TPSC_UUID *instance)
{
    for (size_t i = 0; i < TPS_CLIENT_SERVICES_MAX; i++) {
        tps_client_service *s = &tps_client.services[i];

        if (s->owner != NULL && tps_client_uuid_equal(&s->instance, instance)) {
            return s;
        }
    }
    return NULL;
}

void tps_client_forget_services_locked(const tps_client_connector *owner)
{
    for (size_t i = 0; i < TPS_CLIENT_SERVICES_MAX; i++) {
        if (tps_client.services[i].owner == owner) {
            tps_client.services[i].owner = NULL;
        }
    }
}

/* ---- asking connectors ---- */

/** What one connector has at this moment. */
typedef struct {
    TPSC_ServiceIdentifier entries[TPS_CLIENT_SERVICES_PER_CONNECTOR];
    size_t count;
} offer;

static uint32_t ask(const TPSC_Connector2 *c, offer *out)
{
    uint32_t connection;
    uint32_t result = c->connect(c->context, TPSC_LOGIN_PUBLIC, NULL, &connection);

    if (result != TPSC_SUCCESS) {
        return result;
    }
    out->count = TPS_CLIENT_SERVICES_PER_CONNECTOR;
    result = c->service_discovery(c->context, connection, out->entries, &out->count);
    (void)c->disconnect(c->context, connection);
    if (result == TPSC_ERROR_SHORT_BUFFER) {
        return TPSC_ERROR_OUT_OF_MEMORY;
    }
    if (result == TPSC_SUCCESS && out->count > TPS_CLIENT_SERVICES_PER_CONNECTOR) {
        return TPSC_ERROR_COMMUNICATION;
    }
    return result;
}

/** Puts one instance into the table. False when it belongs to a connector registered earlier, or is NIL. */
static bool claim_locked(tps_client_connector *owner, const TPSC_UUID *instance, uint32_t *result)
{
    tps_client_service *entry = tps_client_find_service_locked(instance);

    if (tps_client_uuid_is_nil(instance) || (entry != NULL && entry->owner->order <= owner->order)) {
        return false;
    }
    for (size_t i = 0; entry == NULL && i < TPS_CLIENT_SERVICES_MAX; i++) {
        if (tps_client.services[i].owner == NULL) {
            entry = &tps_client.services[i];
        }
    }
    if (entry == NULL) {
        *result = TPSC_ERROR_OUT_OF_MEMORY;
        return false;
    }
    *entry = (tps_client_service){.instance = *instance, .owner = owner};
    return true;
}

/** Remembers what a connector offers now, and drops from `found` what is not its own to offer. */
static uint32_t remember(tps_client_connector *owner, offer *found)
{
    uint32_t result = TPSC_SUCCESS;
    size_t kept = 0;

    tps_client_lock();
    tps_client_forget_services_locked(owner);
    for (size_t i = 0; i < found->count; i++) {
        if (claim_locked(owner, &found->entries[i].service_instance, &result)) {
            found->entries[kept++] = found->entries[i];
        }
    }
    tps_client_unlock();
    found->count = kept;
    return result;
}

/* ---- selecting ---- */

static int compare(const TPSC_ServiceVersion *a, const TPSC_ServiceVersion *b)
{
    if (a->major_version != b->major_version) {
        return a->major_version < b->major_version ? -1 : 1;
    }
    if (a->minor_version != b->minor_version) {
        return a->minor_version < b->minor_version ? -1 : 1;
    }
    if (a->patch_version != b->patch_version) {
        return a->patch_version < b->patch_version ? -1 : 1;
    }
    return 0;
}

/** The version is at or above (exclusive: above) the bound; always so if there is none. */
static bool is_from(const TPSC_ServiceVersion *version, const TPSC_ServiceBounds *bound)
{
    int order = bound->tag == TPSC_BOUNDS_NONE ? 1 : compare(version, &bound->inclusive);

    return order > 0 || (order == 0 && bound->tag == TPSC_BOUNDS_INCLUSIVE);
}

/** The version is at or below (exclusive: below) the bound; always so if there is none. */
static bool is_up_to(const TPSC_ServiceVersion *version, const TPSC_ServiceBounds *bound)
{
    int order = bound->tag == TPSC_BOUNDS_NONE ? -1 : compare(version, &bound->inclusive);

    return order < 0 || (order == 0 && bound->tag == TPSC_BOUNDS_INCLUSIVE);
}

static bool version_matches(const TPSC_ServiceVersion *version, const TPSC_ServiceRange *range)
{
    const TPSC_ServiceBounds *first = &range->first_excluded_version;
    const TPSC_ServiceBounds *last = &range->last_excluded_version;
    bool some_excluded = first->tag != TPSC_BOUNDS_NONE || last->tag != TPSC_BOUNDS_NONE;
    bool excluded = some_excluded && is_from(version, first) && is_up_to(version, last);

    return is_from(version, &range->lowest_acceptable_version) &&
           is_up_to(version, &range->highest_acceptable_version) && !excluded;
}

static bool uuid_matches(const TPSC_UUID *uuid, const TPSC_UUID *wanted)
{
    return tps_client_uuid_is_nil(wanted) || tps_client_uuid_equal(uuid, wanted);
}

static bool matches(const TPSC_ServiceIdentifier *service, const TPSC_ServiceSelector *selector)
{
    return uuid_matches(&service->service_id, &selector->service_id) &&
           uuid_matches(&service->secure_component_type, &selector->secure_component_type) &&
           uuid_matches(&service->secure_component_instance, &selector->secure_component_instance) &&
           version_matches(&service->service_version, &selector->service_version_range);
}

static bool range_is_valid(const TPSC_ServiceRange *range)
{
    return range->lowest_acceptable_version.tag <= TPSC_BOUNDS_NONE &&
           range->first_excluded_version.tag <= TPSC_BOUNDS_NONE &&
           range->last_excluded_version.tag <= TPSC_BOUNDS_NONE &&
           range->highest_acceptable_version.tag <= TPSC_BOUNDS_NONE;
}

/* ---- both together ---- */

/** What was selected so far. `selector` NULL selects nothing: only the table is brought up to date. */
typedef struct {
    const TPSC_ServiceSelector *selector;
    TPSC_ServiceIdentifier *array;
    size_t capacity;
    size_t count;
} selection;

static void select_from(const offer *found, selection *out)
{
    for (size_t i = 0; out->selector != NULL && i < found->count; i++) {
        if (matches(&found->entries[i], out->selector)) {
            if (out->count < out->capacity) {
                out->array[out->count] = found->entries[i];
            }
            out->count++;
        }
    }
}

/** Asks every connector. One that fails does not hide the others; if all fail, the first failure counts. */
static uint32_t discover(selection *out)
{
    uint32_t failure = TPSC_ERROR_NO_DATA;
    bool answered = false;
    tps_client_connector *c = tps_client_next_connector(0);

    for (; c != NULL;) {
        uint32_t order = c->order;
        offer found;
        uint32_t result = ask(c->connector, &found);

        if (result == TPSC_SUCCESS) {
            answered = true;
            result = remember(c, &found);
            select_from(&found, out);
        }
        tps_client_release(c);
        if (result == TPSC_ERROR_OUT_OF_MEMORY) {
            return result; /* services would be missing without a word */
        }
        if (result != TPSC_SUCCESS && failure == TPSC_ERROR_NO_DATA) {
            failure = tps_client_result(result);
        }
        c = tps_client_next_connector(order);
    }
    return answered ? TPSC_SUCCESS : failure;
}

uint32_t tps_client_refresh(void)
{
    selection nothing = {NULL, NULL, 0, 0};

    return discover(&nothing);
}

uint32_t TPSC_ServiceDiscovery(const TPSC_ServiceSelector *selector, size_t *no_of_services,
                               TPSC_ServiceIdentifier *service_array)
{
    selection out = {selector, service_array, 0, 0};
    uint32_t result;

    if (selector == NULL || no_of_services == NULL || (service_array == NULL && *no_of_services > 0)) {
        return TPSC_ERROR_NULL_POINTER;
    }
    if (!range_is_valid(&selector->service_version_range)) {
        return TPSC_ERROR_BAD_FORMAT;
    }
    out.capacity = *no_of_services;
    result = discover(&out);
    if (result != TPSC_SUCCESS) {
        return result;
    }
    *no_of_services = out.count;
    return out.count <= out.capacity ? TPSC_SUCCESS : TPSC_ERROR_SHORT_BUFFER;
}
