/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence under a DICE chain: what the chain says of the device, once it is verified. */
#include "verifier/trust/dice.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/x509.h"
#include "verifier/state.h"
#include "verifier/trust/dice_inquiry.h"
#include "verifier/trust/key_read.h"

enum { CHAIN_INSTANCE_MAX = 33 };

/* The longest validity of a certificate for a pairwise identity: nobody revokes those (spec/keys.md). */
enum { PAIRWISE_SECONDS_MAX = 7 * 86400 };

/* ---- what comes with the evidence ---- */

/* An object identifier as it stands in DER, or its beginning, and the place of its rarest byte. */
typedef struct {
    const uint8_t *bytes;
    size_t size;
    size_t rare;
} object;

/* Behind the first one from `at` on; NULL if there is none. Six times as quick as memmem(), and on the way of
 * every chain of X.509. */
static const uint8_t *find_object(const uint8_t *at, const uint8_t *end, const object *wanted)
{
    if ((size_t)(end - at) < wanted->size) {
        return NULL;
    }
    for (const uint8_t *p = at + wanted->rare; p < end; p++) {
        p = memchr(p, wanted->bytes[wanted->rare], (size_t)(end - p));
        if (p == NULL || (size_t)(end - p) < wanted->size - wanted->rare) {
            return NULL;
        }
        if (memcmp(p - wanted->rare, wanted->bytes, wanted->size) == 0) {
            return p - wanted->rare + wanted->size;
        }
    }
    return NULL;
}

/* The objects of DICE that measure: TcbInfo, MultiTcbInfo, MultiTcbInfoComp (which is refused later), and the
 * inputs of the Open Profile. */
static bool has_measurement(tps_span chain)
{
    static const uint8_t tcg_bytes[] = {0x06, 0x06, 0x67, 0x81, 0x05, 0x05, 0x04};
    static const uint8_t open_bytes[] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
                                         0x01, 0xd6, 0x79, 0x02, 0x01, 0x18};
    static const object tcg = {tcg_bytes, sizeof tcg_bytes, 3};
    static const object open = {open_bytes, sizeof open_bytes, 7};
    const uint8_t *end = chain.data + chain.size;
    const uint8_t *at = chain.data;

    if (find_object(at, end, &open) != NULL) {
        return true;
    }
    while ((at = find_object(at, end, &tcg)) != NULL) {
        if (at < end && (*at == 0x01 || *at == 0x05 || *at == 0x08)) {
            return true;
        }
    }
    return false;
}

static bool find_cbor_chain(const tps_cose_sign1 *message, tps_span *encoded)
{
    return tps_cose_header_find(message->protected_raw, TPS_DICE_HEADER_CHAIN, encoded) ||
           tps_cose_header_find(message->unprotected_raw, TPS_DICE_HEADER_CHAIN, encoded);
}

bool dice_is_under(const tps_cose_sign1 *message)
{
    tps_span encoded;

    if (message->headers.x5chain.size > 0) {
        return has_measurement(message->headers.x5chain);
    }
    /* Who has nothing but an algorithm: nearly everybody. */
    if (message->protected_raw.size <= sizeof "\xa1\x01\x38\x22" && message->unprotected_raw.size <= 1) {
        return false;
    }
    return find_cbor_chain(message, &encoded);
}

static tps_status read_cbor_chain(dice_inquiry *q)
{
    tps_span encoded;
    tps_cbor_reader r;
    tps_cbor_list array;

    q->room->is_cbor = true;
    if (!find_cbor_chain(q->message, &encoded)) {
        return TPS_COSE_BAD_HEADER;
    }
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL));
    r = tps_cbor_reader_init(encoded);
    array = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &array)) {
        if (q->count == TPS_DICE_CHAIN_MAX) {
            return TPS_TOO_LARGE;
        }
        q->certificates[q->count++] = tps_cbor_get_bytes(&r);
    }
    return r.status != TPS_OK || q->count == 0 ? TPS_COSE_BAD_HEADER : TPS_OK;
}

static tps_status read_chain(dice_inquiry *q)
{
    q->room->is_cbor = false;
    q->room->ueid = TPS_SPAN_EMPTY;
    q->room->layer_count = 0;
    if (q->message->headers.x5chain_count == 0) {
        return read_cbor_chain(q);
    }
    q->count = tps_cose_certificates(q->message->headers.x5chain, q->certificates, TPS_DICE_CHAIN_MAX);
    return TPS_OK;
}

/* ---- what the certificates say of the device ---- */

/* Every certificate that says a class says the same. */
static tps_status find_class(dice_inquiry *q)
{
    uint8_t class_id[32];

    for (size_t i = 0; !q->room->is_cbor && i < q->below; i++) {
        tps_status status = tps_x509_class_id(q->certificates[i], class_id);
        if (status == TPS_NOT_FOUND) {
            continue;
        }
        TPS_TRY(status);
        if (q->out->is_certified && memcmp(class_id, q->out->class_id, sizeof class_id) != 0) {
            return TPS_VERIFIER_CLASS_MISMATCH;
        }
        q->out->is_certified = true;
        memcpy(q->out->class_id, class_id, sizeof class_id);
    }
    return TPS_OK;
}

/* Whom the evidence names must be whom the chain, or the endorsement of its root, names; and so it is with
 * the class, where the profile claims one. */
static tps_status check_claims(const dice_inquiry *q)
{
    tps_span claimed = q->e->instance_id;
    tps_span ueid = q->room->ueid;

    if (claimed.size > 0 && !tps_span_equal(claimed, ueid)) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    if (ueid.size > 0 && q->v->revoked != NULL &&
        revocation_at(q->v->revoked, TPS_REVOKED_DEVICE, ueid, q->now) != NULL) {
        return TPS_VERIFIER_REVOKED_DEVICE;
    }
    return q->out->is_certified || q->e->scheme == TPS_SCHEME_DICE ? TPS_OK : TPS_VERIFIER_CLASS_UNPROVEN;
}

/* The anchor's scope must permit each layer that is named, and the device. */
static tps_status check_scope(const dice_inquiry *q)
{
    scope_question question = {.use = TPS_ANCHOR_DICE,
                               .triple = SCOPE_NO_TRIPLE,
                               .class_id =
                                   q->out->is_certified ? TPS_SPAN_OF(q->out->class_id) : TPS_SPAN_EMPTY,
                               .instance = q->room->ueid};
    bool is_named = false;

    if (!q->is_anchored) {
        return TPS_OK; /* a manifest's scope was judged when it was loaded */
    }
    for (size_t i = 0; i < q->room->layer_count; i++) {
        const tps_dice_layer *layer = &q->room->layers[i];
        if (!layer->has_tcb_info || !tps_dice_has(layer->tcb_info.present, TPS_DICE_VENDOR)) {
            continue;
        }
        is_named = true;
        question.vendor = layer->tcb_info.vendor;
        question.model =
            tps_dice_has(layer->tcb_info.present, TPS_DICE_MODEL) ? layer->tcb_info.model : TPS_SPAN_EMPTY;
        if (!scope_permits(q->scope, &question)) {
            return TPS_VERIFIER_OUT_OF_SCOPE;
        }
    }
    return is_named || scope_permits(q->scope, &question) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

/* False when another maker endorsed this device. */
static bool is_of_maker(const knowledge *k, uint32_t device, const uint8_t maker[32])
{
    uint32_t source = k->devices[device].maker_source;

    return source == KNOWLEDGE_NONE || memcmp(k->sources[source].maker, maker, 32) == 0;
}

/* A chain under one maker proves neither class nor device that another maker speaks for. */
static tps_status check_maker(dice_inquiry *q)
{
    const knowledge *k = &q->v->knowledge;
    trust *out = q->out;
    uint32_t class_index =
        out->is_certified ? knowledge_find_class(k, TPS_SPAN_OF(out->class_id)) : KNOWLEDGE_NONE;

    if (class_index != KNOWLEDGE_NONE && !knowledge_class_is_of(k, class_index, out->maker)) {
        return TPS_VERIFIER_CLASS_OF_ANOTHER;
    }
    out->device = knowledge_find_device(k, q->room->ueid);
    if (out->device == KNOWLEDGE_NONE) {
        return TPS_OK;
    }
    if (!is_of_maker(k, out->device, out->maker)) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    if (!knowledge_is_current(k, k->devices[out->device].source, q->now)) {
        out->device = KNOWLEDGE_NONE; /* the chain vouches for it all the same */
    }
    return TPS_OK;
}

/* What is asked of every evidence, also where the chain is known. */
static tps_status check_device(dice_inquiry *q)
{
    TPS_TRY(check_claims(q));
    TPS_TRY(check_scope(q));
    return check_maker(q);
}

static tps_status check_leaf(dice_inquiry *q)
{
    TPS_TRY(verifier_check_signature(q->v, q->message, q->leaf, NULL));
    if (!q->room->is_cbor) {
        TPS_TRY(tps_x509_check_purpose(q->certificates[0], TPS_X509_ATTESTATION));
    }
    TPS_TRY(find_class(q));
    TPS_TRY(check_device(q));
    return key_digest(q->leaf, q->out->digest);
}

/* ---- chains that were verified before ---- */

/* A chain of X.509 is kept by its bytes, and by the device that its leaf names. */
static bool name_chain(const dice_inquiry *q, chain_name *name)
{
    tps_dice_certificate leaf;

    return !q->room->is_cbor && q->v->chains != NULL &&
           tps_dice_certificate_read(q->certificates[0], &leaf, NULL) == TPS_OK &&
           leaf.ueid.size <= CHAIN_INSTANCE_MAX &&
           chain_name_of(TPS_ANCHOR_DICE, q->message->headers.x5chain, leaf.ueid, name) == TPS_OK;
}

/* One that ends at an anchor; what endorses an identity key may end at any time. */
static tps_status keep_chain(dice_inquiry *q, const chain_name *name)
{
    chain_facts facts = {.is_demonstration = q->out->is_demonstration,
                         .has_class = q->out->is_certified,
                         .from = q->from,
                         .until = q->until,
                         .below = (uint32_t)q->below};

    if (!q->is_anchored) {
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_key_point(q->leaf, &facts.key));
    memcpy(facts.digest, q->out->digest, sizeof facts.digest);
    memcpy(facts.maker, q->out->maker, sizeof facts.maker);
    memcpy(facts.class_id, q->out->class_id, sizeof facts.class_id);
    chain_cache_keep(q->v->chains, name, &facts);
    return TPS_OK;
}

/* The signature is left, and what depends on the evidence or on endorsements. */
static tps_status take_known(dice_inquiry *q, const chain_facts *known)
{
    trust *out = q->out;

    q->is_anchored = true;
    q->scope = scope_of(&q->v->scopes, known->maker);
    q->below = known->below;
    q->room->layer_count = DICE_LAYERS_MAX;
    TPS_TRY(tps_dice_chain_layers(q->certificates, q->below, q->room->layers, &q->room->layer_count, NULL));
    TPS_TRY(dice_ueid_of(q->certificates, q->below, &q->room->ueid));
    TPS_TRY(tps_crypto_key_change_point(&q->v->chain_key, &known->key));
    TPS_TRY(verifier_check_signature(q->v, q->message, q->v->chain_key, NULL));
    out->has_maker = true;
    out->is_demonstration = known->is_demonstration;
    out->is_certified = known->has_class;
    memcpy(out->maker, known->maker, sizeof out->maker);
    memcpy(out->class_id, known->class_id, sizeof out->class_id);
    memcpy(out->digest, known->digest, sizeof out->digest);
    return check_device(q);
}

/* ---- the whole ---- */

static tps_status reserve(tps_verifier *v)
{
    if (v->dice == NULL) {
        v->dice = calloc(1, sizeof *v->dice);
    }
    return v->dice == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;
}

static tps_status establish(dice_inquiry *q)
{
    const chain_facts *known = NULL;
    chain_name name;
    bool may_keep;

    TPS_TRY(read_chain(q));
    may_keep = name_chain(q, &name);
    if (may_keep) {
        known = chain_cache_find(q->v->chains, &name, q->now);
    }
    if (known != NULL) {
        return take_known(q, known);
    }
    TPS_TRY(dice_find_root(q));
    TPS_TRY(check_leaf(q));
    return may_keep ? keep_chain(q, &name) : TPS_OK;
}

tps_status trust_dice(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e, int64_t now,
                      trust *out)
{
    dice_inquiry q = {.v = v, .message = message, .e = e, .now = now, .out = out};
    tps_status status;

    TPS_TRY(reserve(v));
    q.room = v->dice;
    status = establish(&q);
    tps_crypto_key_free(q.leaf);
    out->dice = status == TPS_OK ? q.room : NULL;
    return status;
}

void dice_free(tps_verifier *v)
{
    free(v->dice);
    v->dice = NULL;
}

/* ---- pairwise identities ---- */

tps_status dice_check_instance(tps_span leaf, const tps_crypto_point *key, const evidence_claims *e)
{
    bool is_pairwise = e->scheme == TPS_SCHEME_OPENTPS && e->claims.eat.ueid.size == 0;
    tps_dice_certificate certificate;
    tps_x509_info info;

    if (!is_pairwise) {
        return key_check_instance(key, e->instance_id);
    }
    TPS_TRY(tps_dice_certificate_read(leaf, &certificate, NULL));
    if (!tps_span_equal(certificate.ueid, e->instance_id)) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    TPS_TRY(tps_x509_describe(leaf, &info));
    return info.not_after - info.not_before <= PAIRWISE_SECONDS_MAX ? TPS_OK : TPS_CRYPTO_CHAIN_PURPOSE;
}
