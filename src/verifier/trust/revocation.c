/* SPDX-License-Identifier: Apache-2.0 */
/* Revoked things in a hash table; those who fill it are trusted, so nobody chooses values that collide. */
#include "verifier/trust/revocation.h"

#include <stdlib.h>

#include "verifier/state.h"

enum { REVOCATIONS_MAX = 1 << 20, FIRST_CAPACITY = 16, VALUE_MAX = 64, KINDS = 5 };

typedef struct {
    tps_revocation revocation; /* its value points to `value` */
    uint8_t value[VALUE_MAX];
} entry;

struct revocations {
    entry **entries; /* in the order of adding */
    size_t count;
    uint32_t *slots; /* index + 1; 0 is empty. Twice as many as there is room for entries */
    size_t capacity; /* of entries; a power of two */
    size_t by_kind[KINDS];
};

static bool has_size(const tps_revocation *r)
{
    size_t size = r->value.size;

    switch (r->kind) {
    case TPS_REVOKED_KEY:
    case TPS_REVOKED_CERTIFICATE: return size == 32;
    case TPS_REVOKED_IMAGE: return size == 32 || size == 48 || size == 64;
    case TPS_REVOKED_DEVICE: return size >= 7 && size <= 33;
    default: return false;
    }
}

tps_status revocation_check(const tps_revocation *r)
{
    return has_size(r) && r->since >= 0 ? TPS_OK : TPS_BAD_ARGUMENT;
}

/* FNV-1a, and its high half folded in. */
static size_t hash_of(uint32_t kind, tps_span value)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ kind;

    for (size_t i = 0; i < value.size; i++) {
        hash = (hash ^ value.data[i]) * UINT64_C(1099511628211);
    }
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of a value, or the empty one where it would stand. */
static uint32_t *slot_of(const revocations *list, uint32_t kind, tps_span value)
{
    size_t mask = 2 * list->capacity - 1;
    size_t at = hash_of(kind, value) & mask;

    while (list->slots[at] != 0) {
        const tps_revocation *r = &list->entries[list->slots[at] - 1]->revocation;
        if (r->kind == kind && tps_span_equal(r->value, value)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &list->slots[at];
}

const tps_revocation *revocation_find(const revocations *list, uint32_t kind, tps_span value)
{
    uint32_t found;

    if (!revocation_has(list, kind)) {
        return NULL;
    }
    found = *slot_of(list, kind, value);
    return found == 0 ? NULL : &list->entries[found - 1]->revocation;
}

const tps_revocation *revocation_at(const revocations *list, uint32_t kind, tps_span value, int64_t now)
{
    const tps_revocation *found = revocation_find(list, kind, value);

    return found != NULL && (found->since == 0 || found->since <= now) ? found : NULL;
}

bool revocation_has(const revocations *list, uint32_t kind)
{
    return list != NULL && kind < KINDS && list->by_kind[kind] > 0;
}

size_t revocation_count(const revocations *list)
{
    return list == NULL ? 0 : list->count;
}

const tps_revocation *revocation_get(const revocations *list, size_t index)
{
    return &list->entries[index]->revocation;
}

/* ---- adding ---- */

/* Twice as much room as there was, or the first. */
static tps_status grow(revocations *list)
{
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : 2 * list->capacity;
    entry **entries = realloc(list->entries, capacity * sizeof(entry *));
    uint32_t *slots;

    if (entries == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    list->entries = entries;
    slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    free(list->slots);
    list->slots = slots;
    list->capacity = capacity;
    for (size_t i = 0; i < list->count; i++) {
        const tps_revocation *r = &list->entries[i]->revocation;
        *slot_of(list, r->kind, r->value) = (uint32_t)i + 1;
    }
    return TPS_OK;
}

static tps_status put(revocations *list, const tps_revocation *r)
{
    entry *made;

    if (list->count == REVOCATIONS_MAX) {
        return TPS_TOO_LARGE;
    }
    if (list->count == list->capacity) {
        TPS_TRY(grow(list));
    }
    made = malloc(sizeof *made);
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->revocation = *r;
    made->revocation.reason[sizeof made->revocation.reason - 1] = '\0';
    memcpy(made->value, r->value.data, r->value.size);
    made->revocation.value = tps_span_make(made->value, r->value.size);
    list->entries[list->count++] = made;
    *slot_of(list, r->kind, made->revocation.value) = (uint32_t)list->count;
    list->by_kind[r->kind]++;
    return TPS_OK;
}

static bool is_earlier(int64_t since, int64_t than)
{
    return than != 0 && (since == 0 || since < than);
}

/* What is revoked already keeps the earlier moment, and the reason that came with it. */
static bool merge(revocations *list, const tps_revocation *r)
{
    tps_revocation *known = &list->entries[*slot_of(list, r->kind, r->value) - 1]->revocation;

    if (!is_earlier(r->since, known->since)) {
        return false;
    }
    known->since = r->since;
    memcpy(known->reason, r->reason, sizeof known->reason - 1);
    return true;
}

tps_status revocation_add(revocations **list, const tps_revocation *r, bool *is_new)
{
    *is_new = true;
    TPS_TRY(revocation_check(r));
    if (revocation_find(*list, r->kind, r->value) != NULL) {
        *is_new = merge(*list, r);
        return TPS_OK;
    }
    if (*list == NULL) {
        *list = calloc(1, sizeof **list);
        if (*list == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
    }
    return put(*list, r);
}

void revocation_free(revocations *list)
{
    if (list == NULL) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i]);
    }
    free(list->entries);
    free(list->slots);
    free(list);
}
