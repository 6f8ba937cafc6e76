/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes of trust anchors: kept in one block of memory each, and asked. */
#include "verifier/trust/scope.h"

#include <stdlib.h>
#include <string.h>

#include "tps/crypto.h"

enum { SCOPES_MAX = 4096, FIRST_CAPACITY = 4, USES_ALL = 0xf };

struct scope {
    uint8_t maker[32];
    const scope *older; /* of the same key, or NULL */
    uint32_t uses;
    uint32_t triples;
    size_t class_count;
    size_t instance_count;
    tps_scope_class *classes;
    tps_scope_instances *instances;
};

/* ---- asking ---- */

scope_question scope_ask(uint32_t triple, const tps_corim_environment *environment)
{
    const tps_corim_value *instance = &environment->instance;
    bool is_named = instance->kind != TPS_CORIM_KEY && instance->kind != TPS_CORIM_OTHER;

    return (scope_question){.use = TPS_ANCHOR_ENDORSES,
                            .triple = triple,
                            .class_id = environment->class_id.bytes,
                            .vendor = environment->vendor,
                            .model = environment->model,
                            .instance = is_named ? instance->bytes : TPS_SPAN_EMPTY};
}

const scope *scope_of(const scope_list *list, const uint8_t maker[32])
{
    for (size_t i = list->count; i > 0; i--) {
        if (memcmp(list->items[i - 1]->maker, maker, 32) == 0) {
            return list->items[i - 1];
        }
    }
    return NULL;
}

/* What a scope leaves open is anything; else it must be told, and the same. */
static bool fits(tps_span wanted, tps_span told)
{
    return wanted.size == 0 || tps_span_equal(wanted, told);
}

static bool permits_class(const scope *s, const scope_question *q)
{
    for (size_t i = 0; i < s->class_count; i++) {
        const tps_scope_class *class = &s->classes[i];
        if (fits(class->id, q->class_id) && fits(class->vendor, q->vendor) && fits(class->model, q->model)) {
            return true;
        }
    }
    return s->class_count == 0;
}

static bool permits_instance(const scope *s, const scope_question *q)
{
    for (size_t i = 0; i < s->instance_count; i++) {
        const tps_scope_instances *range = &s->instances[i];
        if (q->instance.size == range->first.size &&
            memcmp(q->instance.data, range->first.data, range->first.size) >= 0 &&
            memcmp(q->instance.data, range->last.data, range->last.size) <= 0) {
            return true;
        }
    }
    return s->instance_count == 0;
}

static bool permits_triple(const scope *s, uint32_t triple)
{
    return triple == SCOPE_NO_TRIPLE || (triple < 32 && (s->triples & UINT32_C(1) << triple) != 0);
}

bool scope_permits(const scope *newest, const scope_question *q)
{
    for (const scope *s = newest; s != NULL; s = s->older) {
        if ((s->uses & q->use) != 0 && permits_triple(s, q->triple) && permits_class(s, q) &&
            permits_instance(s, q)) {
            return true;
        }
    }
    return false;
}

bool scope_has_use(const scope *newest, uint32_t use)
{
    for (const scope *s = newest; s != NULL; s = s->older) {
        if ((s->uses & use) != 0) {
            return true;
        }
    }
    return false;
}

/* ---- adding ---- */

static tps_status check(const tps_anchor_scope *given)
{
    if (given->class_count > TPS_SCOPE_ENTRIES_MAX || given->instance_count > TPS_SCOPE_ENTRIES_MAX ||
        (given->uses & ~(uint32_t)USES_ALL) != 0) {
        return TPS_BAD_ARGUMENT;
    }
    for (size_t i = 0; i < given->class_count; i++) {
        const tps_scope_class *class = &given->classes[i];
        if (class->id.size == 0 && class->vendor.size == 0 && class->model.size == 0) {
            return TPS_BAD_ARGUMENT;
        }
    }
    for (size_t i = 0; i < given->instance_count; i++) {
        const tps_scope_instances *range = &given->instances[i];
        if (range->first.size == 0 || range->first.size != range->last.size ||
            memcmp(range->first.data, range->last.data, range->first.size) > 0) {
            return TPS_BAD_ARGUMENT;
        }
    }
    return TPS_OK;
}

static size_t size_of(const tps_anchor_scope *given)
{
    size_t size = sizeof(scope) + given->class_count * sizeof(tps_scope_class) +
                  given->instance_count * sizeof(tps_scope_instances);

    for (size_t i = 0; i < given->class_count; i++) {
        size += given->classes[i].id.size + given->classes[i].vendor.size + given->classes[i].model.size;
    }
    for (size_t i = 0; i < given->instance_count; i++) {
        size += given->instances[i].first.size + given->instances[i].last.size;
    }
    return size;
}

/* Copies bytes to where `at` points, and moves it on. */
static tps_span put(uint8_t **at, tps_span bytes)
{
    tps_span copy = tps_span_make(*at, bytes.size);

    if (bytes.size == 0) {
        return TPS_SPAN_EMPTY;
    }
    memcpy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return copy;
}

/* Everything lies behind the scope itself: classes, instances, then what they point to. */
static scope *copy_of(const tps_anchor_scope *given, const uint8_t maker[32])
{
    scope *s = malloc(size_of(given));
    uint8_t *at;

    if (s == NULL) {
        return NULL;
    }
    *s = (scope){.uses = given->uses == 0 ? USES_ALL : given->uses,
                 .triples = given->triples == 0 ? UINT32_MAX : given->triples,
                 .class_count = given->class_count,
                 .instance_count = given->instance_count,
                 .classes = (tps_scope_class *)(s + 1)};
    memcpy(s->maker, maker, sizeof s->maker);
    s->instances = (tps_scope_instances *)(s->classes + s->class_count);
    at = (uint8_t *)(s->instances + s->instance_count);
    for (size_t i = 0; i < s->class_count; i++) {
        const tps_scope_class *class = &given->classes[i];
        s->classes[i] = (tps_scope_class){
            .id = put(&at, class->id), .vendor = put(&at, class->vendor), .model = put(&at, class->model)};
    }
    for (size_t i = 0; i < s->instance_count; i++) {
        const tps_scope_instances *range = &given->instances[i];
        s->instances[i] =
            (tps_scope_instances){.first = put(&at, range->first), .last = put(&at, range->last)};
    }
    return s;
}

static bool is_open(const scope *s)
{
    return s->uses == USES_ALL && s->triples == UINT32_MAX && s->class_count == 0 && s->instance_count == 0;
}

static bool has_open(const scope *newest)
{
    for (const scope *s = newest; s != NULL; s = s->older) {
        if (is_open(s)) {
            return true;
        }
    }
    return false;
}

static tps_status reserve(scope_list *list)
{
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : 2 * list->capacity;
    scope **items;

    if (list->count < list->capacity) {
        return TPS_OK;
    }
    items = realloc(list->items, capacity * sizeof(scope *));
    if (items == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    list->items = items;
    list->capacity = capacity;
    return TPS_OK;
}

tps_status scope_add(scope_list *list, const uint8_t maker[32], const tps_anchor_scope *given)
{
    const scope *older = scope_of(list, maker);
    scope *made;

    TPS_TRY(check(given));
    if (has_open(older)) {
        return TPS_OK; /* nothing could be added to everything */
    }
    if (list->count == SCOPES_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(reserve(list));
    made = copy_of(given, maker);
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->older = older;
    list->items[list->count++] = made;
    return TPS_OK;
}

/* ---- their digests ---- */

static void absorb_number(tps_crypto_hash *hash, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    tps_crypto_hash_update(hash, TPS_SPAN_OF(bytes));
}

static void absorb(tps_crypto_hash *hash, tps_span bytes)
{
    absorb_number(hash, bytes.size);
    tps_crypto_hash_update(hash, bytes);
}

tps_status scope_digest(const scope_list *list, size_t index, uint8_t sha256[32])
{
    const scope *s = list->items[index];
    tps_crypto_hash hash;
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(s->maker));
    absorb_number(&hash, s->uses);
    absorb_number(&hash, s->triples);
    absorb_number(&hash, s->class_count);
    for (size_t i = 0; i < s->class_count; i++) {
        absorb(&hash, s->classes[i].id);
        absorb(&hash, s->classes[i].vendor);
        absorb(&hash, s->classes[i].model);
    }
    for (size_t i = 0; i < s->instance_count; i++) {
        absorb(&hash, s->instances[i].first);
        absorb(&hash, s->instances[i].last);
    }
    TPS_TRY(tps_crypto_hash_finish(&hash, &digest));
    memcpy(sha256, digest.bytes, 32);
    return TPS_OK;
}

void scope_cut(scope_list *list, size_t count)
{
    while (list->count > count) {
        free(list->items[--list->count]);
    }
}

void scope_free(scope_list *list)
{
    scope_cut(list, 0);
    free(list->items);
    *list = (scope_list){.items = NULL};
}
