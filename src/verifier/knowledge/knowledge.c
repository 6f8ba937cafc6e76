/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier knows: growing arrays, and hash tables over them. */
#include "verifier/knowledge/knowledge.h"

#include <stdlib.h>

#include "verifier/knowledge/statements.h"
#include "verifier/knowledge/store.h"
#include "verifier/knowledge/table.h"

static table_key key_of_id(tps_span id)
{
    return (table_key){.parts = {id}};
}

static table_key key_of_source(const knowledge *k, uint32_t index)
{
    return key_of_id(TPS_SPAN_OF(k->sources[index].identity));
}

static table_key key_of_class(const knowledge *k, uint32_t index)
{
    return key_of_id(k->classes[index].id);
}

static table_key key_of_name(const knowledge *k, uint32_t index)
{
    return (table_key){k->names[index].class_index, {k->names[index].text}};
}

static table_key key_of_component(uint32_t name, const tps_corim_component *c)
{
    return (table_key){name, {c->version, c->digest, c->signer_id}};
}

static table_key key_of_reference(const knowledge *k, uint32_t index)
{
    return key_of_component(k->references[index].name, &k->references[index].component);
}

static table_key key_of_device(const knowledge *k, uint32_t index)
{
    return key_of_id(tps_span_make(k->devices[index].id, k->devices[index].id_size));
}

void knowledge_free(knowledge *k)
{
    store_free(k);
    statements_free(k);
    free(k->sources);
    free(k->classes);
    free(k->names);
    free(k->references);
    free(k->devices);
    free(k->source_table.slots);
    free(k->class_table.slots);
    free(k->name_table.slots);
    free(k->reference_table.slots);
    free(k->device_table.slots);
    memset(k, 0, sizeof *k);
}

knowledge_mark knowledge_mark_now(const knowledge *k)
{
    return (knowledge_mark){k->source_count, k->class_count,     k->name_count,    k->reference_count,
                            k->device_count, k->statement_count, k->subject_count, k->link_count};
}

static void class_go_back(const knowledge *k, knowledge_class *class, const knowledge_mark *mark)
{
    while (class->last_name != KNOWLEDGE_NONE && class->last_name >= mark->names) {
        class->last_name = k->names[class->last_name].previous;
    }
    if (class->vendor.size != 0 && class->vendor_source >= mark->sources) {
        class->vendor = TPS_SPAN_EMPTY;
    }
    if (class->model.size != 0 && class->model_source >= mark->sources) {
        class->model = TPS_SPAN_EMPTY;
    }
    if (class->maker_source != KNOWLEDGE_NONE && class->maker_source >= mark->sources) {
        class->maker_source = KNOWLEDGE_NONE;
    }
}

static void references_go_back(knowledge *k, const knowledge_mark *mark)
{
    for (size_t i = k->reference_count; i > mark->references; i--) {
        knowledge_name *name = &k->names[k->references[i - 1].name];
        name->last_reference = k->references[i - 1].previous;
        k->classes[name->class_index].reference_count--;
    }
    k->reference_count = mark->references;
    k->name_count = mark->names;
}

void knowledge_go_back(knowledge *k, const knowledge_mark *mark)
{
    references_go_back(k, mark);
    for (size_t i = 0; i < mark->classes; i++) {
        class_go_back(k, &k->classes[i], mark);
    }
    k->source_count = mark->sources;
    k->class_count = mark->classes;
    k->device_count = mark->devices;
    statements_go_back(k, mark);
    table_refill(k, &k->source_table, k->source_count, key_of_source);
    table_refill(k, &k->class_table, k->class_count, key_of_class);
    table_refill(k, &k->name_table, k->name_count, key_of_name);
    table_refill(k, &k->reference_table, k->reference_count, key_of_reference);
    table_refill(k, &k->device_table, k->device_count, key_of_device);
}

tps_status knowledge_add_source(knowledge *k, const knowledge_source *source, uint32_t *index)
{
    void *sources = store_grow(k, k->sources, &k->source_capacity, k->source_count, sizeof *k->sources);

    if (sources == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->sources = sources;
    TPS_TRY(table_reserve(k, &k->source_table, key_of_source));
    *index = (uint32_t)k->source_count;
    k->sources[k->source_count++] = *source;
    table_put(k, &k->source_table, *index, key_of_source);
    return TPS_OK;
}

static bool contradicts(tps_span known, tps_span given)
{
    return known.size != 0 && given.size != 0 && !tps_span_equal(known, given);
}

/* Sets what was empty, and remembers who told it. */
static tps_status fill_names(knowledge *k, knowledge_class *known, tps_span vendor, tps_span model,
                             uint32_t source)
{
    if (contradicts(known->vendor, vendor) || contradicts(known->model, model)) {
        return TPS_VERIFIER_CONFLICT;
    }
    if (known->vendor.size == 0) {
        TPS_TRY(store_copy(k, vendor, &known->vendor));
        known->vendor_source = source;
    }
    if (known->model.size == 0) {
        TPS_TRY(store_copy(k, model, &known->model));
        known->model_source = source;
    }
    return TPS_OK;
}

bool knowledge_class_is_of(const knowledge *k, uint32_t class_index, const uint8_t maker[32])
{
    uint32_t source = k->classes[class_index].maker_source;

    return source == KNOWLEDGE_NONE || memcmp(k->sources[source].maker, maker, 32) == 0;
}

/* A class belongs to the maker that spoke of it first: another one that is trusted, too, has no say in it. */
static tps_status claim_class(knowledge *k, uint32_t class_index, uint32_t source)
{
    knowledge_class *known = &k->classes[class_index];

    if (!store_has_maker(k, source)) {
        return TPS_OK; /* unsigned, or signed by a key that was added: who permits that permits all of it */
    }
    if (known->maker_source == KNOWLEDGE_NONE) {
        known->maker_source = source;
    }
    return knowledge_class_is_of(k, class_index, k->sources[source].maker) ? TPS_OK
                                                                           : TPS_VERIFIER_CLASS_OF_ANOTHER;
}

tps_status knowledge_add_class(knowledge *k, tps_span id, tps_span vendor, tps_span model, uint32_t source,
                               uint32_t *index)
{
    knowledge_class made = {.maker_source = KNOWLEDGE_NONE, .last_name = KNOWLEDGE_NONE};
    void *classes;

    *index = knowledge_find_class(k, id);
    if (*index != KNOWLEDGE_NONE) {
        TPS_TRY(claim_class(k, *index, source));
        return fill_names(k, &k->classes[*index], vendor, model, source);
    }
    classes = store_grow(k, k->classes, &k->class_capacity, k->class_count, sizeof *k->classes);
    if (classes == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->classes = classes;
    TPS_TRY(table_reserve(k, &k->class_table, key_of_class));
    TPS_TRY(store_copy(k, id, &made.id));
    TPS_TRY(fill_names(k, &made, vendor, model, source));
    *index = (uint32_t)k->class_count;
    k->classes[k->class_count++] = made;
    table_put(k, &k->class_table, *index, key_of_class);
    return claim_class(k, *index, source);
}

/* The name, made if the class has none such. */
static tps_status add_name(knowledge *k, uint32_t class_index, tps_span text, uint32_t *index)
{
    knowledge_name made = {.class_index = class_index,
                           .previous = k->classes[class_index].last_name,
                           .last_reference = KNOWLEDGE_NONE};
    void *names;

    *index = knowledge_find_name(k, class_index, text);
    if (*index != KNOWLEDGE_NONE) {
        return TPS_OK;
    }
    names = store_grow(k, k->names, &k->name_capacity, k->name_count, sizeof *k->names);
    if (names == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->names = names;
    TPS_TRY(table_reserve(k, &k->name_table, key_of_name));
    TPS_TRY(store_copy(k, text, &made.text));
    *index = (uint32_t)k->name_count;
    k->names[k->name_count++] = made;
    k->classes[class_index].last_name = *index;
    table_put(k, &k->name_table, *index, key_of_name);
    return TPS_OK;
}

/* True when the first is valid whenever the second is. */
static bool covers(const tps_corim_validity *a, const tps_corim_validity *b)
{
    bool from = !a->has_not_before || (b->is_present && b->has_not_before && a->not_before <= b->not_before);

    return !a->is_present || (from && b->is_present && a->not_after >= b->not_after);
}

/* True when what came from `known` says all that `source` would. */
static bool says_as_much(const knowledge *k, uint32_t known, uint32_t source)
{
    const knowledge_source *a = &k->sources[known];
    const knowledge_source *b = &k->sources[source];

    return known == source ||
           (a->is_demonstration == b->is_demonstration && covers(&a->validity, &b->validity) &&
            covers(&a->signature_validity, &b->signature_validity));
}

static tps_status append_reference(knowledge *k, const tps_corim_component *component, uint32_t name,
                                   uint32_t source)
{
    knowledge_reference made = {.source = source, .name = name, .previous = k->names[name].last_reference};
    void *references =
        store_grow(k, k->references, &k->reference_capacity, k->reference_count, sizeof *k->references);

    if (references == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->references = references;
    TPS_TRY(table_reserve(k, &k->reference_table, key_of_reference));
    made.component.name = k->names[name].text;
    TPS_TRY(store_copy(k, component->version, &made.component.version));
    TPS_TRY(store_copy(k, component->digest, &made.component.digest));
    TPS_TRY(store_copy(k, component->signer_id, &made.component.signer_id));
    k->names[name].last_reference = (uint32_t)k->reference_count;
    k->references[k->reference_count] = made;
    table_put(k, &k->reference_table, (uint32_t)k->reference_count++, key_of_reference);
    return TPS_OK;
}

tps_status knowledge_add_reference(knowledge *k, uint32_t class_index, const tps_corim_component *component,
                                   uint32_t source)
{
    table_key key;
    uint32_t name = 0;
    uint32_t known;

    TPS_TRY(add_name(k, class_index, component->name, &name));
    key = key_of_component(name, component);
    known = table_find(k, &k->reference_table, &key, key_of_reference);
    if (known != KNOWLEDGE_NONE && says_as_much(k, k->references[known].source, source)) {
        return TPS_OK;
    }
    if (k->classes[class_index].reference_count == KNOWLEDGE_REFERENCES_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(append_reference(k, component, name, source));
    k->classes[class_index].reference_count++;
    return TPS_OK;
}

bool knowledge_same_key(const tps_crypto_point *a, const tps_crypto_point *b)
{
    return a->curve == b->curve && a->size == b->size && memcmp(a->x, b->x, a->size) == 0 &&
           memcmp(a->y, b->y, a->size) == 0;
}

/* Whether what is known of a device contradicts what is said now. */
static bool is_contradiction(const knowledge_device *known, uint32_t class_index, const knowledge_key *key)
{
    bool is_other_alg = known->alg != TPS_ALG_NONE && key->alg != TPS_ALG_NONE && known->alg != key->alg;

    return known->class_index != class_index || is_other_alg || !knowledge_same_key(&known->key, &key->point);
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

tps_status knowledge_add_device(knowledge *k, tps_span instance_id, uint32_t class_index,
                                const knowledge_key *key, uint32_t source)
{
    knowledge_device made = {.key = key->point,
                             .class_index = class_index,
                             .source = source,
                             .maker_source = store_has_maker(k, source) ? source : KNOWLEDGE_NONE,
                             .id_size = (uint8_t)instance_id.size,
                             .alg = (int16_t)key->alg};
    uint32_t known = knowledge_find_device(k, instance_id);
    void *devices;

    if (instance_id.size == 0 || instance_id.size > KNOWLEDGE_INSTANCE_MAX) {
        return TPS_CORIM_BAD_VALUE;
    }
    if (known != KNOWLEDGE_NONE) {
        TPS_TRY(keep_known(k, &k->devices[known], &made));
        if (is_contradiction(&k->devices[known], class_index, key)) {
            return TPS_VERIFIER_CONFLICT;
        }
    }
    devices = store_grow(k, k->devices, &k->device_capacity, k->device_count, sizeof *k->devices);
    if (devices == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->devices = devices;
    TPS_TRY(table_reserve(k, &k->device_table, key_of_device));
    memcpy(made.id, instance_id.data, instance_id.size);
    k->devices[k->device_count] = made;
    table_put(k, &k->device_table, (uint32_t)k->device_count++, key_of_device);
    return TPS_OK;
}

uint32_t knowledge_find_source(const knowledge *k, tps_span identity)
{
    table_key key = key_of_id(identity);

    return table_find(k, &k->source_table, &key, key_of_source);
}

uint32_t knowledge_find_class(const knowledge *k, tps_span id)
{
    table_key key = key_of_id(id);

    return table_find(k, &k->class_table, &key, key_of_class);
}

uint32_t knowledge_find_name(const knowledge *k, uint32_t class_index, tps_span text)
{
    table_key key = {class_index, {text}};

    return table_find(k, &k->name_table, &key, key_of_name);
}

uint32_t knowledge_find_device(const knowledge *k, tps_span instance_id)
{
    table_key key = key_of_id(instance_id);

    return table_find(k, &k->device_table, &key, key_of_device);
}

bool knowledge_is_current(const knowledge *k, uint32_t source, int64_t now)
{
    return tps_corim_validity_check(&k->sources[source].validity, now) == TPS_OK &&
           tps_corim_validity_check(&k->sources[source].signature_validity, now) == TPS_OK;
}
