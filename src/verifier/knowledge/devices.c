/* SPDX-License-Identifier: Apache-2.0 */
/* Devices with their attestation keys, by instance id. */
#include "verifier/knowledge/devices.h"

#include <stdlib.h>

#include "verifier/knowledge/store.h"
#include "verifier/knowledge/table.h"

static table_key key_of_device(const knowledge *k, uint32_t index)
{
    return (table_key){.parts = {tps_span_make(k->devices[index].id, k->devices[index].id_size)}};
}

bool knowledge_same_key(const tps_crypto_point *a, const tps_crypto_point *b)
{
    return a->curve == b->curve && a->size == b->size && memcmp(a->x, b->x, a->size) == 0 &&
           memcmp(a->y, b->y, a->size) == 0;
}

/* X, then Y; what is longer than 64 bytes lies elsewhere, and a span to it here. */
static tps_status keep_point(knowledge *k, const tps_crypto_point *point, knowledge_device *made)
{
    uint8_t bytes[2 * TPS_COORDINATE_SIZE_MAX];
    tps_span kept;

    if (made->by != 0) {
        return TPS_OK;
    }
    made->curve = (uint8_t)point->curve;
    memcpy(bytes, point->x, point->size);
    memcpy(bytes + point->size, point->y, point->size);
    if (2 * point->size <= sizeof made->key) {
        memcpy(made->key, bytes, 2 * point->size);
        return TPS_OK;
    }
    TPS_TRY(store_copy(k, tps_span_make(bytes, 2 * point->size), &kept));
    memcpy(made->key, &kept, sizeof kept);
    return TPS_OK;
}

void knowledge_device_point(const knowledge_device *device, tps_crypto_point *point)
{
    tps_span bytes = TPS_SPAN_OF(device->key);

    point->curve = device->curve;
    point->size = tps_crypto_curve_size(device->curve);
    if (2 * point->size > sizeof device->key) {
        memcpy(&bytes, device->key, sizeof bytes);
    }
    memcpy(point->x, bytes.data, point->size);
    memcpy(point->y, bytes.data + point->size, point->size);
}

tps_span knowledge_device_thumbprint(const knowledge_device *device)
{
    return device->by == 0 ? TPS_SPAN_EMPTY : tps_span_make(device->key, device->thumbprint_size);
}

static bool is_same_key(const knowledge_device *known, const knowledge_key *key)
{
    tps_crypto_point point;

    if (known->by != 0 || key->by != 0) {
        return known->by == key->by && tps_span_equal(knowledge_device_thumbprint(known), key->thumbprint);
    }
    knowledge_device_point(known, &point);
    return knowledge_same_key(&point, &key->point);
}

/* Whether what is known of a device contradicts what is said now. */
static bool is_contradiction(const knowledge_device *known, uint32_t class_index, const knowledge_key *key)
{
    bool is_other_alg = known->alg != TPS_ALG_NONE && key->alg != TPS_ALG_NONE && known->alg != key->alg;

    return known->class_index != class_index || is_other_alg || !is_same_key(known, key);
}

/* Whether a device is known already with all that would be said of it. */
static bool adds_nothing(const knowledge *k, const knowledge_device *known, const knowledge_device *made)
{
    return (known->maker_source != KNOWLEDGE_NONE || made->maker_source == KNOWLEDGE_NONE) &&
           known->alg == made->alg && knowledge_says_as_much(k, known->source, made->source);
}

/* What stays of a device that is known: whose it is, and what was said of its key. */
static tps_status keep_known(const knowledge *k, const knowledge_device *known, knowledge_device *made)
{
    uint32_t first = known->maker_source;

    if (first != KNOWLEDGE_NONE) {
        if (made->maker_source != KNOWLEDGE_NONE &&
            memcmp(k->sources[first].maker, k->sources[made->maker_source].maker, 32) != 0) {
            return TPS_VERIFIER_INSTANCE_OF_ANOTHER;
        }
        made->maker_source = first;
    }
    made->alg = made->alg == TPS_ALG_NONE ? known->alg : made->alg;
    return TPS_OK;
}

static tps_status append_device(knowledge *k, tps_span instance_id, const tps_crypto_point *point,
                                knowledge_device *made)
{
    void *devices;

    devices = store_grow(k, k->devices, &k->device_capacity, k->device_count, sizeof *k->devices);
    if (devices == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->devices = devices;
    TPS_TRY(table_reserve(k, &k->device_table, key_of_device));
    TPS_TRY(keep_point(k, point, made));
    memcpy(made->id, instance_id.data, instance_id.size);
    k->devices[k->device_count] = *made;
    table_put(k, &k->device_table, (uint32_t)k->device_count++, key_of_device);
    return TPS_OK;
}

tps_status knowledge_add_device(knowledge *k, tps_span instance_id, uint32_t class_index,
                                const knowledge_key *key, uint32_t source)
{
    knowledge_device made = {.class_index = class_index,
                             .source = source,
                             .maker_source = store_has_maker(k, source) ? source : KNOWLEDGE_NONE,
                             .id_size = (uint8_t)instance_id.size,
                             .by = (uint8_t)key->by,
                             .alg = (int16_t)key->alg};
    uint32_t known = knowledge_find_device(k, instance_id);

    if (instance_id.size == 0 || instance_id.size > KNOWLEDGE_INSTANCE_MAX ||
        key->thumbprint.size > sizeof made.key) {
        return TPS_CORIM_BAD_VALUE;
    }
    if (key->by != 0) {
        memcpy(made.key, key->thumbprint.data, key->thumbprint.size);
        made.thumbprint_size = (uint8_t)key->thumbprint.size;
    }
    if (known != KNOWLEDGE_NONE) {
        TPS_TRY(keep_known(k, &k->devices[known], &made));
        if (knowledge_stands(k, k->devices[known].source)) {
            if (is_contradiction(&k->devices[known], class_index, key)) {
                return TPS_VERIFIER_CONFLICT;
            }
            if (adds_nothing(k, &k->devices[known], &made)) {
                return TPS_OK;
            }
        }
    }
    return append_device(k, instance_id, &key->point, &made);
}

uint32_t knowledge_find_device(const knowledge *k, tps_span instance_id)
{
    table_key key = {.parts = {instance_id}};

    return table_find(k, &k->device_table, &key, key_of_device);
}

bool knowledge_device_is_of(const knowledge *k, uint32_t device, const uint8_t maker[32])
{
    uint32_t source = k->devices[device].maker_source;

    return source == KNOWLEDGE_NONE || memcmp(k->sources[source].maker, maker, 32) == 0;
}

void devices_go_back(knowledge *k, const knowledge_mark *mark)
{
    if (k->device_count != mark->devices) {
        k->device_count = mark->devices;
        table_refill(k, &k->device_table, k->device_count, key_of_device);
    }
}

void devices_free(knowledge *k)
{
    free(k->devices);
    free(k->device_table.slots);
}
