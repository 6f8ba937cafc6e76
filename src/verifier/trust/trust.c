/* SPDX-License-Identifier: Apache-2.0 */
/* From a signature to somebody who vouches for its key. */
#include "verifier/trust/trust.h"

#include "crypto/x509.h"
#include "verifier/trust/dice.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/mac.h"
#include "verifier/trust/thumbprint.h"

/* The certificate of the signer: the first of x5chain; empty if there is none. */
static tps_span leaf_of(const tps_cose_sign1 *message)
{
    tps_span leaf = TPS_SPAN_EMPTY;

    (void)tps_cose_certificates(message->headers.x5chain, &leaf, 1);
    return leaf;
}

/* How close a key came to the signature. */
static uint32_t closeness(tps_status status)
{
    return status == TPS_COSE_ALG_REFUSED ? 0 : status == TPS_COSE_KEY_USE ? 1 : 2;
}

/* The added key that verifies. Without one: what is wrong with the one that came closest. */
static tps_status check_added(tps_verifier *v, const tps_cose_sign1 *message, size_t *index)
{
    tps_status worst = v->key_count == 0 ? TPS_VERIFIER_NO_TRUST_ANCHOR : TPS_COSE_ALG_REFUSED;

    for (size_t i = 0; i < v->key_count; i++) {
        const added_key *added = &v->keys[i];
        tps_status status = verifier_check_signature(v, message, added->key, &added->algs);
        if (status == TPS_OK) {
            *index = i;
            return TPS_OK;
        }
        worst = closeness(status) >= closeness(worst) ? status : worst;
    }
    return worst;
}

static tps_status trust_added(tps_verifier *v, const tps_cose_sign1 *message, trust *out)
{
    size_t index = 0;

    TPS_TRY(check_added(v, message, &index));
    memcpy(out->digest, v->keys[index].digest, sizeof out->digest);
    return TPS_OK;
}

/* ---- an endorsed device ---- */

/* The signature is not the endorsed key's. Whose is it? A name for the cause, nothing is trusted here. */
static tps_status name_other_signer(tps_verifier *v, const tps_cose_sign1 *message)
{
    tps_crypto_key *leaf = NULL;
    size_t index;
    bool is_other = check_added(v, message, &index) == TPS_OK;

    if (!is_other && message->headers.x5chain_count > 0 &&
        tps_x509_public_key(leaf_of(message), &leaf) == TPS_OK) {
        is_other = verifier_check_signature(v, message, leaf, NULL) == TPS_OK;
        tps_crypto_key_free(leaf);
    }
    return is_other ? TPS_VERIFIER_INSTANCE_MISMATCH : TPS_COSE_BAD_SIGNATURE;
}

/* A ueid is of its key; whoever endorses another key for it, in a profile that cannot tell, endorses that for
 * this profile in vain. Empty where nothing is made of the key. */
static tps_span ueid_of(const evidence_claims *e)
{
    return e->scheme == TPS_SCHEME_OPENTPS ? e->claims.eat.ueid : TPS_SPAN_EMPTY;
}

static tps_status check_ueid(tps_span ueid, const knowledge_device *device)
{
    tps_crypto_point key;

    if (ueid.size == 0) {
        return TPS_OK;
    }
    knowledge_device_point(device, &key);
    return key_check_instance(&key, ueid);
}

/* Whether what endorses a device, if it is one that is endorsed, counts now. */
static tps_status check_endorsed(const tps_verifier *v, uint32_t device, int64_t now)
{
    const knowledge *k = &v->knowledge;
    uint32_t source = device == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : k->devices[device].source;

    if (source == KNOWLEDGE_NONE || knowledge_is_current(k, source, now)) {
        return TPS_OK;
    }
    return knowledge_is_withdrawn(k, k->sources[source].signer, now) ? TPS_VERIFIER_SIGNER_WITHDRAWN
                                                                     : TPS_CORIM_EXPIRED;
}

static tps_status trust_device(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                               uint32_t device, int64_t now, trust *out)
{
    uint32_t source = v->knowledge.devices[device].source;
    const ready_key *key;
    tps_status status;

    TPS_TRY(check_endorsed(v, device, now));
    out->is_demonstration = v->knowledge.sources[source].is_demonstration;
    if (v->knowledge.devices[device].by != 0) {
        return thumbprint_check(v, message, &v->knowledge.devices[device], ueid_of(e), now, out->digest);
    }
    TPS_TRY(check_ueid(ueid_of(e), &v->knowledge.devices[device]));
    TPS_TRY(verifier_device_key(v, device, &key));
    status =
        verifier_check_signature(v, message, key->key, &(key_algs){.alg = v->knowledge.devices[device].alg});
    if (status != TPS_OK) {
        return status == TPS_COSE_BAD_SIGNATURE ? name_other_signer(v, message) : status;
    }
    memcpy(out->digest, key->digest, sizeof out->digest);
    return TPS_OK;
}

/* ---- a certificate chain ---- */

/* Of a class its vendor and model may be known: for scopes that name them. */
static scope_question ask_for(const tps_verifier *v, const chain_facts *facts, tps_span instance)
{
    uint32_t class_index = knowledge_find_class(&v->knowledge, TPS_SPAN_OF(facts->class_id));
    scope_question question = {.use = TPS_ANCHOR_CERTIFIES,
                               .triple = SCOPE_NO_TRIPLE,
                               .class_id = TPS_SPAN_OF(facts->class_id),
                               .instance = instance};

    if (class_index != KNOWLEDGE_NONE) {
        question.vendor = v->knowledge.classes[class_index].vendor;
        question.model = v->knowledge.classes[class_index].model;
    }
    return question;
}

static tps_status check_leaf(const tps_cose_sign1 *message, const evidence_claims *e,
                             const tps_crypto_key *leaf, chain_facts *facts)
{
    tps_status status;

    TPS_TRY(tps_crypto_key_point(leaf, &facts->key));
    TPS_TRY(dice_check_instance(leaf_of(message), &facts->key, e));
    TPS_TRY(tps_x509_check_purpose(leaf_of(message), TPS_X509_ATTESTATION));
    status = tps_x509_class_id(leaf_of(message), facts->class_id);
    return status == TPS_NOT_FOUND ? TPS_VERIFIER_CLASS_UNPROVEN : status;
}

/* All that is asked of a chain that was not met before, and of the signature under it. */
static tps_status inspect_chain(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                                const verified_chain *verified, chain_facts *facts)
{
    scope_question question;

    *facts = (chain_facts){
        .is_demonstration = verified->is_demonstration, .from = verified->from, .until = verified->until};
    memcpy(facts->maker, verified->maker, sizeof facts->maker);
    memcpy(facts->digest, verified->path.links[0].key, sizeof facts->digest);
    TPS_TRY(verifier_check_signature(v, message, verified->key, NULL));
    TPS_TRY(check_leaf(message, e, verified->key, facts));
    question = ask_for(v, facts, e->instance_id);
    return scope_permits(verified->scope, &question) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

/* A certificate under one maker's anchor proves no class that another maker speaks for. */
static tps_status take_chain(const tps_verifier *v, const chain_facts *facts, trust *out)
{
    uint32_t class_index = knowledge_find_class(&v->knowledge, TPS_SPAN_OF(facts->class_id));

    if (class_index != KNOWLEDGE_NONE && !knowledge_class_is_of(&v->knowledge, class_index, facts->maker)) {
        return TPS_VERIFIER_CLASS_OF_ANOTHER;
    }
    out->is_certified = true;
    out->is_demonstration = facts->is_demonstration;
    out->has_maker = true;
    memcpy(out->class_id, facts->class_id, sizeof out->class_id);
    memcpy(out->maker, facts->maker, sizeof out->maker);
    memcpy(out->digest, facts->digest, sizeof out->digest);
    return TPS_OK;
}

/* What the leaf must prove depends on the evidence (dice_check_instance()), so it is part of the name. */
static tps_status name_chain(const tps_cose_sign1 *message, const evidence_claims *e, chain_name *name)
{
    bool is_pairwise = e->scheme == TPS_SCHEME_OPENTPS && e->claims.eat.ueid.size == 0;

    TPS_TRY(chain_name_of(TPS_ANCHOR_CERTIFIES, message->headers.x5chain, e->instance_id, name));
    name->proof = is_pairwise ? CHAIN_PAIRWISE : CHAIN_DIRECT;
    return TPS_OK;
}

/* A chain that was verified before: the signature is left. */
static tps_status trust_known_chain(tps_verifier *v, const tps_cose_sign1 *message, const chain_facts *known,
                                    trust *out)
{
    TPS_TRY(tps_crypto_key_change_point(&v->chain_key, &known->key));
    TPS_TRY(verifier_check_signature(v, message, v->chain_key, NULL));
    return take_chain(v, known, out);
}

static tps_status trust_chain(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                              int64_t now, trust *out)
{
    tps_span chain[TPS_COSE_X5CHAIN_MAX];
    size_t count = tps_cose_certificates(message->headers.x5chain, chain, TPS_COSE_X5CHAIN_MAX);
    verified_chain verified;
    chain_facts facts;
    chain_name name;
    tps_status status;

    TPS_TRY(chain_verify(v, chain, count, TPS_ANCHOR_CERTIFIES, now, &verified));
    status = inspect_chain(v, message, e, &verified, &facts);
    tps_crypto_key_free(verified.key);
    TPS_TRY(status);
    TPS_TRY(take_chain(v, &facts, out));
    TPS_TRY(name_chain(message, e, &name));
    chain_cache_keep(v->chains, &name, &facts);
    return TPS_OK;
}

/* What is known of the chain that came with the evidence; NULL when nothing is, or something else goes
 * first. */
static tps_status find_known_chain(const tps_verifier *v, const tps_cose_sign1 *message,
                                   const evidence_claims *e, uint32_t device, int64_t now,
                                   const chain_facts **known)
{
    chain_name name;

    *known = NULL;
    if (message->headers.x5chain_count > 0 && device == KNOWLEDGE_NONE && !v->options.require_key &&
        v->chains != NULL) {
        TPS_TRY(name_chain(message, e, &name));
        *known = chain_cache_find(v->chains, &name, now);
    }
    return TPS_OK;
}

static tps_status trust_required(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                                 uint32_t device, int64_t now, trust *out)
{
    trust endorsed = {.device = device};

    TPS_TRY(trust_added(v, message, out));
    if (device != KNOWLEDGE_NONE) {
        TPS_TRY(trust_device(v, message, e, device, now, &endorsed));
        out->is_demonstration = endorsed.is_demonstration;
    }
    return TPS_OK;
}

/* A key that was agreed on with this very instance, whoever vouched for it then. */
static tps_status check_established(const established_key *key, const tps_cose_message *message, int64_t now)
{
    const tps_cose_secret secret = {.bytes = TPS_SPAN_OF(key->key), .alg = TPS_ALG_HMAC256};

    if (message->headers.alg != TPS_ALG_HMAC256) {
        return TPS_COSE_ALG_REFUSED;
    }
    return key->until > now ? tps_cose_mac0_verify_parsed(message, &secret, NULL) : TPS_VERIFIER_KEY_ENDED;
}

/* Who the device was when the key was agreed on, it must be still, by whoever speaks of it now. */
static tps_status check_still_same(const tps_verifier *v, const established_key *key, uint32_t device)
{
    const knowledge *k = &v->knowledge;
    uint32_t class_index = knowledge_find_class(k, TPS_SPAN_OF(key->class_id));
    bool is_of_another_class = device != KNOWLEDGE_NONE && k->devices[device].class_index != class_index;
    bool is_of_another_maker =
        (class_index != KNOWLEDGE_NONE && !knowledge_class_is_of(k, class_index, key->maker)) ||
        (device != KNOWLEDGE_NONE && !knowledge_device_is_of(k, device, key->maker));

    if (key->is_demonstration && !v->options.allow_demonstration) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    return is_of_another_class || is_of_another_maker ? TPS_VERIFIER_CLASS_OF_ANOTHER : TPS_OK;
}

static tps_status trust_established(const tps_verifier *v, const tps_cose_message *message,
                                    const established_key *key, int64_t now, trust *out)
{
    static const uint8_t nobody[32];

    TPS_TRY(check_endorsed(v, out->device, now));
    TPS_TRY(check_established(key, message, now));
    TPS_TRY(check_still_same(v, key, out->device));
    out->is_certified = true; /* as by the signature that the key was agreed under */
    out->is_demonstration = key->is_demonstration;
    out->has_maker = memcmp(key->maker, nobody, sizeof nobody) != 0;
    memcpy(out->class_id, key->class_id, sizeof out->class_id);
    memcpy(out->maker, key->maker, sizeof out->maker);
    return TPS_OK;
}

/* Where the maker says with which key an instance signs, a shared secret cannot speak for it, unless it was
 * established with the instance. */
static tps_status trust_mac(const tps_verifier *v, const tps_cose_message *message, const evidence_claims *e,
                            int64_t now, trust *out)
{
    const established_key *established = established_find(&v->established, e->instance_id);

    if (established != NULL) {
        TPS_TRY(trust_established(v, message, established, now, out));
    } else {
        TPS_TRY(mac_check(v, message, e->instance_id));
        if (out->device != KNOWLEDGE_NONE) {
            return TPS_VERIFIER_INSTANCE_MISMATCH;
        }
    }
    out->is_mac = true;
    return TPS_OK;
}

/* Where nobody vouches for the layers, the key itself may be endorsed. */
static tps_status trust_layers(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                               int64_t now, trust *out)
{
    tps_status status = trust_dice(v, message, e, now, out);
    bool may_be_endorsed = status == TPS_CRYPTO_CHAIN_UNTRUSTED && out->device != KNOWLEDGE_NONE;

    return may_be_endorsed && trust_device(v, message, e, out->device, now, out) == TPS_OK ? TPS_OK : status;
}

/* Nobody mends by adding a key what makes its chain untrustworthy. */
static bool is_final(tps_status status)
{
    return status == TPS_VERIFIER_REVOKED_KEY || status == TPS_VERIFIER_REVOKED_CERTIFICATE ||
           status == TPS_VERIFIER_CRL_OUTDATED;
}

static tps_status find_signer(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                              int64_t now, trust *out)
{
    const tps_cose_headers *headers = &message->headers;
    tps_span chain[TPS_COSE_X5CHAIN_MAX];
    size_t count = tps_cose_certificates(headers->x5chain, chain, TPS_COSE_X5CHAIN_MAX);
    const chain_facts *known;
    tps_status status = TPS_VERIFIER_NO_TRUST_ANCHOR;

    *out = (trust){.device = knowledge_find_device(&v->knowledge, e->instance_id)};
    if (message->tag == TPS_TAG_COSE_MAC0) {
        return trust_mac(v, message, e, now, out);
    }
    TPS_TRY(find_known_chain(v, message, e, out->device, now, &known));
    if (known != NULL) {
        return trust_known_chain(v, message, known, out);
    }
    if (!v->options.allow_demonstration && key_names_demonstration(chain, count)) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    if (v->options.require_key) {
        return trust_required(v, message, e, out->device, now, out);
    }
    if (dice_is_under(message)) {
        status = trust_layers(v, message, e, now, out);
    } else if (out->device != KNOWLEDGE_NONE) {
        return trust_device(v, message, e, out->device, now, out);
    } else if (headers->x5chain_count > 0 && v->chains != NULL) {
        status = trust_chain(v, message, e, now, out);
    }
    if (status != TPS_OK && v->key_count > 0 && !is_final(status)) {
        tps_status added;
        /* Nothing stays of a chain that did not do. */
        *out = (trust){.device = knowledge_find_device(&v->knowledge, e->instance_id)};
        added = trust_added(v, message, out);
        status = added == TPS_OK || headers->x5chain_count == 0 ? added : status;
    }
    return status;
}

tps_status trust_check_revoked(const tps_verifier *v, const trust *t, tps_span instance, int64_t now)
{
    if (v->revoked == NULL) {
        return TPS_OK;
    }
    if (instance.size > 0 && revocation_at(v->revoked, TPS_REVOKED_DEVICE, instance, now) != NULL) {
        return TPS_VERIFIER_REVOKED_DEVICE;
    }
    return !t->is_mac && revocation_at(v->revoked, TPS_REVOKED_KEY, TPS_SPAN_OF(t->digest), now) != NULL
               ? TPS_VERIFIER_REVOKED_KEY
               : TPS_OK;
}

tps_status trust_establish(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                           int64_t now, trust *out)
{
    TPS_TRY(find_signer(v, message, e, now, out));
    return trust_check_revoked(v, out, e->instance_id, now);
}
