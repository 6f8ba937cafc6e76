/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that were established with devices: a table with open addressing, rebuilt where something is taken
 * out. */
#include "verifier/trust/established.h"

#include <stdlib.h>

#include "tps/secret.h"
#include "tps/verifier.h"
#include "verifier/keyed_hash.h"
#include "verifier/state.h"

enum { FIRST_CAPACITY = 64 };

/* ---- the table ---- */

static size_t hash_of(const established_keys *keys, tps_span instance)
{
    uint64_t hash = keyed_hash_bytes(keys->hash_key, 1, instance);

    return (size_t)keyed_hash_number(keys->hash_key, hash, 0);
}

static tps_span instance_of(const established_key *slot)
{
    return tps_span_make(slot->instance, slot->instance_size);
}

/* The slot of the instance, or the empty one where it would stand. There is always an empty one. */
static established_key *slot_of(const established_keys *keys, tps_span instance)
{
    size_t at = hash_of(keys, instance) & (keys->capacity - 1);

    while (keys->slots[at].instance_size != 0 && !tps_span_equal(instance_of(&keys->slots[at]), instance)) {
        at = (at + 1) & (keys->capacity - 1);
    }
    return &keys->slots[at];
}

/* Moves what `keeps` says into a table of this capacity. */
static tps_status rebuild(established_keys *keys, size_t capacity,
                          bool (*keeps)(const established_key *slot, const void *context),
                          const void *context)
{
    established_keys made = {.capacity = capacity, .hash_key = keys->hash_key};

    made.slots = calloc(capacity, sizeof *made.slots);
    if (made.slots == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < keys->capacity; i++) {
        const established_key *slot = &keys->slots[i];
        if (slot->instance_size != 0 && keeps(slot, context)) {
            *slot_of(&made, instance_of(slot)) = *slot;
            made.count++;
        }
    }
    established_free(keys);
    *keys = made;
    return TPS_OK;
}

static bool keeps_all(const established_key *slot, const void *context)
{
    (void)slot;
    (void)context;
    return true;
}

static bool keeps_current(const established_key *slot, const void *context)
{
    return slot->until > *(const int64_t *)context;
}

static tps_status reserve(established_keys *keys)
{
    TPS_TRY(keyed_hash_draw(&keys->hash_key));
    if ((keys->count + 1) * 2 <= keys->capacity) {
        return TPS_OK;
    }
    return rebuild(keys, keys->capacity == 0 ? FIRST_CAPACITY : keys->capacity * 2, keeps_all, NULL);
}

tps_status established_put(established_keys *keys, const tps_appraisal *basis, tps_span key, int64_t until)
{
    tps_span instance = tps_span_make(basis->instance_id, basis->instance_id_size);
    established_key *slot;

    if (keys->count == TPS_ESTABLISHED_MAX && established_find(keys, instance) == NULL) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(reserve(keys));
    slot = slot_of(keys, instance);
    keys->count += slot->instance_size == 0;
    memcpy(slot->instance, instance.data, instance.size);
    slot->instance_size = (uint8_t)instance.size;
    memcpy(slot->key, key.data, ESTABLISHED_KEY_SIZE);
    memcpy(slot->class_id, basis->class_id, sizeof slot->class_id);
    memcpy(slot->maker, basis->maker_sha256, sizeof slot->maker);
    slot->is_demonstration = basis->is_demonstration;
    slot->until = until;
    return TPS_OK;
}

const established_key *established_find(const established_keys *keys, tps_span instance)
{
    const established_key *slot = keys->capacity == 0 || instance.size == 0 ? NULL : slot_of(keys, instance);

    return slot == NULL || slot->instance_size == 0 ? NULL : slot;
}

/* What was behind the hole moves up, so that each is still found from its own place. */
void established_remove(established_keys *keys, tps_span instance)
{
    established_key *hole = (established_key *)(uintptr_t)established_find(keys, instance);
    size_t at;

    if (hole == NULL) {
        return;
    }
    tps_wipe(hole, sizeof *hole);
    keys->count--;
    at = ((size_t)(hole - keys->slots) + 1) & (keys->capacity - 1);
    for (; keys->slots[at].instance_size != 0; at = (at + 1) & (keys->capacity - 1)) {
        established_key moved = keys->slots[at];
        tps_wipe(&keys->slots[at], sizeof keys->slots[at]);
        *slot_of(keys, instance_of(&moved)) = moved;
        tps_wipe(&moved, sizeof moved);
    }
}

void established_expire(established_keys *keys, int64_t now)
{
    if (keys->count > 0) {
        /* Without memory the old ones stay: they do not count anyhow. */
        (void)!rebuild(keys, keys->capacity, keeps_current, &now);
    }
}

void established_free(established_keys *keys)
{
    if (keys->slots != NULL) {
        tps_wipe(keys->slots, keys->capacity * sizeof *keys->slots);
    }
    free(keys->slots);
    keys->slots = NULL;
    keys->capacity = 0;
    keys->count = 0;
}

/* ---- the verifier's ---- */

/* Whether it says, of the device's own word and now, who the device is. */
static bool is_basis(const tps_appraisal *a)
{
    return a->tier == TPS_EAR_TIER_AFFIRMING && a->is_fresh && !a->is_mac && a->instance_id_size > 0 &&
           a->instance_id_size <= ESTABLISHED_INSTANCE_MAX && a->class_id_size == sizeof a->class_id;
}

tps_status tps_verifier_establish_key(tps_verifier *v, const tps_appraisal *basis, tps_span key,
                                      int64_t until)
{
    if (!is_basis(basis) || key.size != ESTABLISHED_KEY_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    return established_put(&v->established, basis, key, until);
}

void tps_verifier_dismiss_key(tps_verifier *v, tps_span instance_id)
{
    established_remove(&v->established, instance_id);
}

void tps_verifier_take_established(tps_verifier *v, tps_verifier *from, int64_t now)
{
    established_free(&v->established);
    if (revocations_say_more(v, from)) {
        established_free(&from->established);
        return;
    }
    v->established = from->established;
    from->established = (established_keys){.slots = NULL};
    established_expire(&v->established, now);
}
