/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier knows: classes and their reference values; the rest stands in files of its own. */
#include "verifier/knowledge/knowledge.h"

#include <stdlib.h>

#include "verifier/knowledge/devices.h"
#include "verifier/knowledge/releases.h"
#include "verifier/knowledge/sources.h"
#include "verifier/knowledge/statements.h"
#include "verifier/knowledge/store.h"
#include "verifier/knowledge/table.h"

/* The same reference values stand in any number of manifests: these newest ones are compared when another
 * comes, and asked whether they count. */
enum { VOUCHES_COMPARED = 8, VOUCHES_ASKED = 64 };

static table_key key_of_id(tps_span id)
{
    return (table_key){.parts = {id}};
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

/* Releases: scope is the name and the size of the digest. */
static table_key key_of_release_of(uint32_t name, const tps_corim_component *c)
{
    return (table_key){name * 4 + (uint32_t)(c->digest.size / 16 & 3), {c->version, c->signer_id}};
}

static table_key key_of_release(const knowledge *k, uint32_t index)
{
    return key_of_release_of(k->references[index].name, &k->references[index].component);
}

void knowledge_free(knowledge *k)
{
    store_free(k);
    statements_free(k);
    sources_free(k);
    devices_free(k);
    free(k->classes);
    free(k->names);
    free(k->references);
    free(k->vouches);
    free(k->joints);
    free(k->class_table.slots);
    free(k->name_table.slots);
    free(k->reference_table.slots);
    free(k->release_table.slots);
    memset(k, 0, sizeof *k);
}

knowledge_mark knowledge_mark_now(const knowledge *k)
{
    return (knowledge_mark){.sources = k->source_count,
                            .signers = k->signer_count,
                            .tags = k->tag_count,
                            .activations = k->activation_count,
                            .classes = k->class_count,
                            .names = k->name_count,
                            .references = k->reference_count,
                            .vouches = k->vouch_count,
                            .joints = k->joint_count,
                            .devices = k->device_count,
                            .statements = k->statement_count,
                            .subjects = k->subject_count,
                            .links = k->link_count};
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
    while (k->vouch_count > mark->vouches) {
        const knowledge_vouch *vouch = &k->vouches[--k->vouch_count];
        k->references[vouch->reference].last_vouch = vouch->previous;
    }
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
    bool is_changed = k->reference_count != mark->references || k->name_count != mark->names ||
                      k->class_count != mark->classes;

    releases_go_back(k, mark);
    references_go_back(k, mark);
    for (size_t i = 0; i < mark->classes; i++) {
        class_go_back(k, &k->classes[i], mark);
    }
    k->class_count = mark->classes;
    sources_go_back(k, mark);
    devices_go_back(k, mark);
    statements_go_back(k, mark);
    if (is_changed) {
        table_refill(k, &k->class_table, k->class_count, key_of_class);
        table_refill(k, &k->name_table, k->name_count, key_of_name);
        table_refill(k, &k->reference_table, k->reference_count, key_of_reference);
        table_refill(k, &k->release_table, k->reference_count, key_of_release);
    }
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

static tps_status append_reference(knowledge *k, const tps_corim_component *component, uint32_t name,
                                   uint32_t source)
{
    knowledge_reference made = {.source = source,
                                .name = name,
                                .last_vouch = KNOWLEDGE_NONE,
                                .last_joint = KNOWLEDGE_NONE,
                                .previous = k->names[name].last_reference};
    void *references =
        store_grow(k, k->references, &k->reference_capacity, k->reference_count, sizeof *k->references);

    if (references == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->references = references;
    TPS_TRY(table_reserve(k, &k->reference_table, key_of_reference));
    TPS_TRY(table_reserve(k, &k->release_table, key_of_release));
    made.component.name = k->names[name].text;
    TPS_TRY(store_copy(k, component->version, &made.component.version));
    TPS_TRY(store_copy(k, component->digest, &made.component.digest));
    TPS_TRY(store_copy(k, component->signer_id, &made.component.signer_id));
    k->names[name].last_reference = (uint32_t)k->reference_count;
    k->references[k->reference_count] = made;
    table_put(k, &k->reference_table, (uint32_t)k->reference_count, key_of_reference);
    table_put(k, &k->release_table, (uint32_t)k->reference_count++, key_of_release);
    return TPS_OK;
}

static bool is_demonstration(const knowledge *k, uint32_t source)
{
    return source < k->source_count && k->sources[source].is_demonstration;
}

/* Whether one of those who said it first or last says as much. */
static bool is_vouched_for(const knowledge *k, uint32_t reference, uint32_t source)
{
    uint32_t steps = 0;

    if (knowledge_says_as_much(k, k->references[reference].source, source)) {
        return true;
    }
    for (uint32_t i = k->references[reference].last_vouch; i != KNOWLEDGE_NONE && steps < VOUCHES_COMPARED;
         i = k->vouches[i].previous) {
        steps++;
        if (knowledge_says_as_much(k, k->vouches[i].source, source)) {
            return true;
        }
    }
    return false;
}

/* One more manifest says what is known. */
static tps_status vouch_for(knowledge *k, uint32_t reference, uint32_t source)
{
    void *vouches;

    if (is_vouched_for(k, reference, source)) {
        return TPS_OK;
    }
    vouches = store_grow(k, k->vouches, &k->vouch_capacity, k->vouch_count, sizeof *k->vouches);
    if (vouches == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->vouches = vouches;
    k->vouches[k->vouch_count] = (knowledge_vouch){source, reference, k->references[reference].last_vouch};
    k->references[reference].last_vouch = (uint32_t)k->vouch_count++;
    return TPS_OK;
}

/* One of those who said it stands. */
static bool reference_stands(const knowledge *k, uint32_t reference)
{
    uint32_t steps = 0;

    if (knowledge_stands(k, k->references[reference].source)) {
        return true;
    }
    for (uint32_t i = k->references[reference].last_vouch; i != KNOWLEDGE_NONE && steps < VOUCHES_ASKED;
         i = k->vouches[i].previous) {
        steps++;
        if (knowledge_stands(k, k->vouches[i].source)) {
            return true;
        }
    }
    return false;
}

/* Whether the same version of the same signer is known with another digest. What has no version has none. */
static bool is_other_release(const knowledge *k, uint32_t name, const tps_corim_component *component)
{
    table_key key = key_of_release_of(name, component);
    uint32_t known = component->version.size == 0 ? KNOWLEDGE_NONE
                                                  : table_find(k, &k->release_table, &key, key_of_release);

    return known != KNOWLEDGE_NONE && reference_stands(k, known) &&
           !tps_span_equal(k->references[known].component.digest, component->digest);
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
    if (known != KNOWLEDGE_NONE &&
        is_demonstration(k, k->references[known].source) == is_demonstration(k, source)) {
        return vouch_for(k, known, source);
    }
    if (is_other_release(k, name, component)) {
        return TPS_VERIFIER_CONFLICT;
    }
    if (k->classes[class_index].reference_count == KNOWLEDGE_REFERENCES_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(append_reference(k, component, name, source));
    k->classes[class_index].reference_count++;
    return TPS_OK;
}

bool knowledge_reference_is_current(const knowledge *k, uint32_t reference, int64_t now)
{
    const knowledge_reference *r = &k->references[reference];
    uint32_t steps = 0;

    if (knowledge_is_current(k, r->source, now)) {
        return true;
    }
    for (uint32_t i = r->last_vouch; i != KNOWLEDGE_NONE && steps < VOUCHES_ASKED;
         i = k->vouches[i].previous) {
        steps++;
        if (knowledge_is_current(k, k->vouches[i].source, now)) {
            return true;
        }
    }
    return false;
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

uint32_t knowledge_find_reference(const knowledge *k, uint32_t class_index,
                                  const tps_corim_component *component)
{
    uint32_t name = knowledge_find_name(k, class_index, component->name);
    table_key key = key_of_component(name, component);

    return name == KNOWLEDGE_NONE ? KNOWLEDGE_NONE
                                  : table_find(k, &k->reference_table, &key, key_of_reference);
}
