/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests with who signed them, and their tags: which versions count, and what a CoTL activates. */
#include "verifier/knowledge/sources.h"

#include <stdlib.h>

#include "verifier/knowledge/store.h"
#include "verifier/knowledge/table.h"

static table_key key_of_source(const knowledge *k, uint32_t index)
{
    return (table_key){.parts = {TPS_SPAN_OF(k->sources[index].identity)}};
}

static table_key key_of_signer(const knowledge *k, uint32_t index)
{
    return (table_key){.parts = {k->signers[index].path}};
}

static table_key key_of_named(const uint8_t *owner, uint32_t id_kind, tps_span id)
{
    return (table_key){id_kind, {tps_span_make(owner, 32), id}};
}

static table_key key_of_tag(const knowledge *k, uint32_t index)
{
    const knowledge_tag *tag = &k->tags[index];

    return key_of_named(tag->owner, tag->id_kind, tag->id);
}

/* ---- manifests ---- */

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

uint32_t knowledge_find_source(const knowledge *k, tps_span identity)
{
    table_key key = {.parts = {identity}};

    return table_find(k, &k->source_table, &key, key_of_source);
}

/* True when the first is valid whenever the second is. */
static bool covers(const tps_corim_validity *a, const tps_corim_validity *b)
{
    bool from = !a->has_not_before || (b->is_present && b->has_not_before && a->not_before <= b->not_before);

    return !a->is_present || (from && b->is_present && a->not_after >= b->not_after);
}

bool knowledge_says_as_much(const knowledge *k, uint32_t known, uint32_t source)
{
    const knowledge_source *a = &k->sources[known];
    const knowledge_source *b = &k->sources[source];

    return known == source ||
           (a->is_demonstration == b->is_demonstration && a->signer == b->signer && a->tag == b->tag &&
            !a->needs_activation && covers(&a->validity, &b->validity) &&
            covers(&a->signature_validity, &b->signature_validity));
}

bool knowledge_source_is_of(const knowledge *k, uint32_t source, const uint8_t *maker)
{
    static const uint8_t nobody[32] = {0};
    const uint8_t *is = k->sources[source].maker;

    return maker == NULL || memcmp(is, maker, sizeof nobody) == 0 || memcmp(is, nobody, sizeof nobody) == 0;
}

/* ---- signers ---- */

tps_status knowledge_add_signer(knowledge *k, tps_span path, int64_t counts_until, uint32_t *index)
{
    table_key key = {.parts = {path}};
    knowledge_signer made = {.counts_until = counts_until};
    void *signers;

    *index = table_find(k, &k->signer_table, &key, key_of_signer);
    if (*index != KNOWLEDGE_NONE) {
        k->signers[*index].counts_until = counts_until;
        return TPS_OK;
    }
    signers = store_grow(k, k->signers, &k->signer_capacity, k->signer_count, sizeof *k->signers);
    if (signers == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->signers = signers;
    TPS_TRY(table_reserve(k, &k->signer_table, key_of_signer));
    TPS_TRY(store_copy(k, path, &made.path));
    *index = (uint32_t)k->signer_count;
    k->signers[k->signer_count++] = made;
    table_put(k, &k->signer_table, *index, key_of_signer);
    return TPS_OK;
}

bool knowledge_is_withdrawn(const knowledge *k, uint32_t signer, int64_t now)
{
    return signer != 0 && k->signers[signer - 1].counts_until != INT64_MAX &&
           now >= k->signers[signer - 1].counts_until;
}

/* ---- tags ---- */

/* True when a tag took its place whose signer is not withdrawn. */
static bool is_superseded(const knowledge *k, uint32_t tag, int64_t now)
{
    for (uint32_t i = k->tags[tag].superseded_by; i != KNOWLEDGE_NONE; i = k->tags[i].superseded_by) {
        if (!knowledge_is_withdrawn(k, k->tags[i].signer, now)) {
            return true;
        }
    }
    return false;
}

static uint32_t find_tag(const knowledge *k, const uint8_t *owner, uint32_t id_kind, tps_span id)
{
    table_key key = key_of_named(owner, id_kind, id);

    return table_find(k, &k->tag_table, &key, key_of_tag);
}

static tps_status append_tag(knowledge *k, const knowledge_tag *given, uint32_t *index)
{
    knowledge_tag made = *given;
    void *tags = store_grow(k, k->tags, &k->tag_capacity, k->tag_count, sizeof *k->tags);

    if (tags == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->tags = tags;
    TPS_TRY(table_reserve(k, &k->tag_table, key_of_tag));
    TPS_TRY(store_copy(k, given->id, &made.id));
    made.source = KNOWLEDGE_NONE;
    made.superseded_by = KNOWLEDGE_NONE;
    made.last_activation = KNOWLEDGE_NONE;
    *index = (uint32_t)k->tag_count;
    k->tags[k->tag_count++] = made;
    table_put(k, &k->tag_table, *index, key_of_tag);
    return TPS_OK;
}

/* Whether what is known bars a tag; `*is_same` when it is the very same. */
static tps_status check_known_tag(const knowledge *k, uint32_t known, const knowledge_tag *given,
                                  bool *is_same)
{
    const knowledge_tag *tag = &k->tags[known];

    *is_same = false;
    if (is_superseded(k, known, k->load_time)) {
        return TPS_VERIFIER_TAG_OLDER; /* replaced by another */
    }
    if (knowledge_is_withdrawn(k, tag->signer, k->load_time)) {
        return TPS_OK;
    }
    if (given->version != tag->version) {
        return given->version < tag->version ? TPS_VERIFIER_TAG_OLDER : TPS_OK;
    }
    *is_same = memcmp(given->content, tag->content, sizeof tag->content) == 0;
    return *is_same ? TPS_OK : TPS_VERIFIER_TAG_CHANGED;
}

tps_status knowledge_add_tag(knowledge *k, const knowledge_tag *given, uint32_t *tag)
{
    uint32_t known = find_tag(k, given->owner, given->id_kind, given->id);
    bool is_same = false;

    if (known != KNOWLEDGE_NONE) {
        TPS_TRY(check_known_tag(k, known, given, &is_same));
        if (is_same) {
            *tag = known;
            return TPS_OK;
        }
    }
    TPS_TRY(append_tag(k, given, tag));
    if (known != KNOWLEDGE_NONE) {
        k->tags[known].superseded_by = *tag;
    }
    return TPS_OK;
}

tps_status knowledge_replace_tag(knowledge *k, uint32_t tag, const tps_corim_value *replaced)
{
    knowledge_tag absent = {.id_kind = replaced->kind, .id = replaced->bytes, .signer = k->tags[tag].signer};
    uint32_t known = find_tag(k, k->tags[tag].owner, replaced->kind, replaced->bytes);

    bool is_new = known == KNOWLEDGE_NONE;

    if (known == tag) {
        return TPS_CORIM_BAD_VALUE;
    }
    if (is_new) {
        memcpy(absent.owner, k->tags[tag].owner, sizeof absent.owner);
        TPS_TRY(append_tag(k, &absent, &known));
    }
    /* Never from a newer tag to an older one, so that no way leads round. */
    if (k->tags[known].superseded_by == KNOWLEDGE_NONE && (is_new || tag > known)) {
        k->tags[known].superseded_by = tag;
    }
    return TPS_OK;
}

/* ---- activation ---- */

tps_status knowledge_activate_tag(knowledge *k, const uint8_t owner[32], const tps_corim_identity *identity,
                                  const tps_corim_validity *validity, uint32_t source)
{
    knowledge_activation made = {.validity = *validity, .source = source};
    void *activations;

    made.tag = find_tag(k, owner, identity->id.kind, identity->id.bytes);
    if (made.tag == KNOWLEDGE_NONE || k->tags[made.tag].version != identity->version) {
        return TPS_NOT_FOUND;
    }
    activations =
        store_grow(k, k->activations, &k->activation_capacity, k->activation_count, sizeof *k->activations);
    if (activations == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->activations = activations;
    made.previous = k->tags[made.tag].last_activation;
    k->tags[made.tag].last_activation = (uint32_t)k->activation_count;
    k->activations[k->activation_count++] = made;
    return TPS_OK;
}

/* ---- what counts ---- */

bool knowledge_stands_at(const knowledge *k, uint32_t source, int64_t now)
{
    const knowledge_source *s = source < k->source_count ? &k->sources[source] : NULL;

    return s == NULL || (!knowledge_is_withdrawn(k, s->signer, now) &&
                         (s->tag == 0 || !is_superseded(k, s->tag - 1, now)));
}

bool knowledge_stands(const knowledge *k, uint32_t source)
{
    return knowledge_stands_at(k, source, k->load_time);
}

/* But for a CoTL that must activate it. */
static bool counts_by_itself(const knowledge *k, const knowledge_source *s, int64_t now)
{
    return tps_corim_validity_check(&s->validity, now) == TPS_OK &&
           tps_corim_validity_check(&s->signature_validity, now) == TPS_OK &&
           !knowledge_is_withdrawn(k, s->signer, now) && (s->tag == 0 || !is_superseded(k, s->tag - 1, now));
}

/* A CoTL is activated by standing in its manifest. */
static bool is_activated(const knowledge *k, uint32_t tag, int64_t now)
{
    for (uint32_t i = k->tags[tag].last_activation; i != KNOWLEDGE_NONE; i = k->activations[i].previous) {
        if (tps_corim_validity_check(&k->activations[i].validity, now) == TPS_OK &&
            counts_by_itself(k, &k->sources[k->activations[i].source], now)) {
            return true;
        }
    }
    return false;
}

bool knowledge_is_current(const knowledge *k, uint32_t source, int64_t now)
{
    const knowledge_source *s = &k->sources[source];

    return counts_by_itself(k, s, now) && (!s->needs_activation || is_activated(k, s->tag - 1, now));
}

/* ---- going back ---- */

static void tags_go_back(knowledge *k, const knowledge_mark *mark)
{
    if (k->source_count == mark->sources && k->tag_count == mark->tags) {
        return;
    }
    while (k->activation_count > mark->activations) {
        const knowledge_activation *last = &k->activations[--k->activation_count];
        k->tags[last->tag].last_activation = last->previous;
    }
    for (size_t i = 0; i < mark->tags; i++) {
        if (k->tags[i].source != KNOWLEDGE_NONE && k->tags[i].source >= mark->sources) {
            k->tags[i].source = KNOWLEDGE_NONE;
        }
        if (k->tags[i].superseded_by != KNOWLEDGE_NONE && k->tags[i].superseded_by >= mark->tags) {
            k->tags[i].superseded_by = KNOWLEDGE_NONE;
        }
    }
    k->tag_count = mark->tags;
    table_refill(k, &k->tag_table, k->tag_count, key_of_tag);
}

void sources_go_back(knowledge *k, const knowledge_mark *mark)
{
    tags_go_back(k, mark);
    if (k->signer_count != mark->signers) {
        k->signer_count = mark->signers;
        table_refill(k, &k->signer_table, k->signer_count, key_of_signer);
    }
    if (k->source_count != mark->sources) {
        k->source_count = mark->sources;
        table_refill(k, &k->source_table, k->source_count, key_of_source);
    }
}

void sources_free(knowledge *k)
{
    free(k->sources);
    free(k->signers);
    free(k->tags);
    free(k->activations);
    free(k->source_table.slots);
    free(k->signer_table.slots);
    free(k->tag_table.slots);
}
