/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a manifest in: is its signer trusted, is it valid now, does all of it follow its profile. */
#include "crypto/x509.h"
#include "tps/corim.h"
#include "tps/verifier.h"
#include "verifier/state.h"
#include "verifier/trust/key_read.h"

/* One manifest under way. */
typedef struct {
    tps_verifier *verifier;
    const tps_corim *corim;
    uint32_t source;
    uint8_t signer[32]; /* SHA-256 of its key; zeros when nobody signed */
    bool is_demonstration;
    uint8_t maker[32]; /* see knowledge_source */
    uint8_t identity[32];
    tps_error why; /* more telling than the decoder's: set by the functions below */
} load;

static tps_status refuse(load *l, tps_status status, const char *detail)
{
    return tps_fail(&l->why, status, 0, detail);
}

/* ---- the signer ---- */

static tps_status check_chain(load *l, const tps_cose_headers *headers, int64_t now, tps_crypto_key **key)
{
    tps_verifier *v = l->verifier;
    tps_span chain[TPS_COSE_X5CHAIN_MAX];
    size_t count = tps_cose_certificates(headers->x5chain, chain, TPS_COSE_X5CHAIN_MAX);
    size_t anchor = 0;
    tps_status status = tps_x509_chain_verify_under(chain, count, v->read_anchors, now, key, &anchor);

    if (status == TPS_OK) {
        status = tps_x509_check_purpose(chain[0], TPS_X509_ENDORSEMENTS);
        if (status != TPS_OK) {
            tps_crypto_key_free(*key);
            *key = NULL;
            return status;
        }
        memcpy(l->maker, v->anchors[anchor].maker, sizeof l->maker);
        l->is_demonstration = v->anchors[anchor].is_demonstration;
        return TPS_OK;
    }
    return !v->options.allow_demonstration && key_names_demonstration(chain, count)
               ? TPS_VERIFIER_DEMONSTRATION
               : status;
}

static tps_status check_signature(load *l, int64_t now)
{
    tps_verifier *v = l->verifier;
    const tps_cose_sign1 *envelope = &l->corim->envelope;
    tps_status status = TPS_COSE_NO_KEY;

    TPS_TRY(verifier_check_headers(envelope, true));
    if (envelope->headers.x5chain_count > 0) {
        tps_crypto_key *key = NULL;
        TPS_TRY(check_chain(l, &envelope->headers, now, &key));
        status = verifier_check_signature(v, envelope, key, NULL);
        status = status == TPS_OK ? key_digest(key, l->signer) : status;
        tps_crypto_key_free(key);
        return status;
    }
    for (size_t i = 0; i < v->key_count; i++) {
        const added_key *added = &v->keys[i];
        tps_status checked = verifier_check_signature(v, envelope, added->key, &added->algs);
        if (checked == TPS_OK) {
            memcpy(l->signer, added->digest, sizeof l->signer);
            return TPS_OK;
        }
        status = checked == TPS_COSE_KEY_USE ? checked : status;
    }
    return status;
}

/* The signer, then what was signed: neither the signature nor what is unprotected. */
static tps_status identify(load *l)
{
    tps_span protected_raw = l->corim->is_signed ? l->corim->envelope.protected_raw : TPS_SPAN_EMPTY;
    uint8_t size[8];
    tps_crypto_hash hash;
    tps_digest digest;

    for (size_t i = 0; i < sizeof size; i++) {
        size[i] = (uint8_t)((uint64_t)protected_raw.size >> 8 * i);
    }
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(l->signer));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(size));
    tps_crypto_hash_update(&hash, protected_raw);
    tps_crypto_hash_update(&hash, l->corim->body);
    TPS_TRY(tps_crypto_hash_finish(&hash, &digest));
    memcpy(l->identity, digest.bytes, sizeof l->identity);
    return TPS_OK;
}

/* ---- what the manifest says ---- */

/* A class by its id in the profile's form; anything narrower could not be matched with evidence. */
static tps_status check_environment(load *l, const tps_corim_environment *environment)
{
    uint32_t wanted =
        l->corim->profile_kind == TPS_CORIM_PROFILE_PSA_IOT ? TPS_CORIM_IMPLEMENTATION_ID : TPS_CORIM_BYTES;

    if (environment->class_id.kind != wanted || environment->class_id.bytes.size != TPS_CORIM_CLASS_ID_SIZE) {
        return refuse(
            l, TPS_CORIM_BAD_VALUE,
            wanted == TPS_CORIM_BYTES
                ? "the class id is not the implementation id of 32 bytes (tag 560) that its profile asks for"
                : "the class id is not the implementation id of 32 bytes (tag 600) that its profile asks for");
    }
    if (environment->has_layer || environment->has_index || environment->group.kind != TPS_CORIM_ABSENT) {
        return refuse(l, TPS_CORIM_UNSUPPORTED, "an environment with layer, index or group");
    }
    if (l->corim->profile_kind == TPS_CORIM_PROFILE_OPENTPS &&
        (environment->vendor.size == 0 || environment->model.size == 0)) {
        return refuse(l, TPS_CORIM_BAD_VALUE, "the class names no vendor or no model");
    }
    return TPS_OK;
}

static tps_status add_class(load *l, const tps_corim_environment *environment, uint32_t *class_index)
{
    tps_status status;

    TPS_TRY(check_environment(l, environment));
    status = knowledge_add_class(&l->verifier->knowledge, environment->class_id.bytes, environment->vendor,
                                 environment->model, l->source, class_index);
    if (status == TPS_VERIFIER_CLASS_OF_ANOTHER) {
        return refuse(l, status, "a maker endorses for its own classes only");
    }
    return status == TPS_VERIFIER_CONFLICT
               ? refuse(l, status, "the class is known with another vendor or model")
               : status;
}

/* Nothing that is known is taken back here. To add a CoMID that replaces another would leave both, and what
 * its maker withdrew would count on. */
static tps_status check_links(void *context, const tps_corim_comid *comid)
{
    enum { SUPPLEMENTS = 0 };
    tps_corim_cursor cursor = TPS_CORIM_WALK(comid->linked_tags);
    tps_corim_linked_tag linked;

    while (tps_corim_next_linked_tag(&cursor, &linked)) {
        if (linked.relation.text.size != 0 || linked.relation.number != SUPPLEMENTS) {
            return refuse(context, TPS_CORIM_UNSUPPORTED, "a CoMID that replaces another");
        }
    }
    return TPS_OK;
}

static tps_status take_reference(void *context, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement)
{
    load *l = context;
    tps_corim_component component;
    uint32_t class_index = 0;
    tps_status status;

    if (environment->instance.kind != TPS_CORIM_ABSENT) {
        return refuse(l, TPS_CORIM_UNSUPPORTED, "reference values of a single device");
    }
    TPS_TRY(tps_corim_component_of(measurement, l->corim->profile_kind, &component, &l->why));
    TPS_TRY(add_class(l, environment, &class_index));
    status = knowledge_add_reference(&l->verifier->knowledge, class_index, &component, l->source);
    return status == TPS_TOO_LARGE ? refuse(l, status, "more than 4,096 reference values of one class")
                                   : status;
}

static tps_status read_endorsed_key(load *l, const tps_corim_key *given, found_key *found)
{
    tps_status status;

    switch (given->tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY: status = key_read(given->value, found); break;
    case TPS_CORIM_TAG_CERTIFICATE_DER:
        *found = (found_key){.key = NULL};
        status = key_read_certificate(given->value, &found->key, &found->is_demonstration);
        break;
    default: return refuse(l, TPS_CORIM_UNSUPPORTED, tps_corim_tag_name(given->tag));
    }
    if (status != TPS_OK) {
        return refuse(l, status, "the attestation key of a device");
    }
    if (found->is_demonstration && !l->verifier->options.allow_demonstration) {
        tps_crypto_key_free(found->key);
        return refuse(l, TPS_VERIFIER_DEMONSTRATION, "the attestation key of a device");
    }
    return TPS_OK;
}

/* The one key of a device, without conditions that would have to be looked at. */
static tps_status only_key(load *l, const tps_corim_key_statement *statement, tps_corim_key *out)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);

    if (statement->element.kind != TPS_CORIM_ABSENT || statement->authorized_by.count != 0) {
        return refuse(l, TPS_CORIM_UNSUPPORTED, "keys under conditions");
    }
    if (statement->keys.count != 1 || !tps_corim_next_key(&cursor, out)) {
        return refuse(l, TPS_CORIM_BAD_VALUE, "a device has more than one attestation key");
    }
    return TPS_OK;
}

/*
 * In the opentps profile an instance id is made of the key, so that nobody can endorse a key of his own for
 * the device of another. RFC 9783 leaves open how a key is hashed: there the first maker's word stands.
 */
static tps_status check_instance(load *l, const tps_crypto_point *key, tps_span instance_id)
{
    tps_status status;

    if (l->corim->profile_kind != TPS_CORIM_PROFILE_OPENTPS) {
        return TPS_OK;
    }
    status =
        key->curve == TPS_CURVE_P256 ? key_check_instance(key, instance_id) : TPS_VERIFIER_INSTANCE_MISMATCH;
    return status == TPS_VERIFIER_INSTANCE_MISMATCH
               ? refuse(l, TPS_CORIM_BAD_VALUE,
                        "the instance is not 01, SHA-256 of the P-256 key that is endorsed")
               : status;
}

static tps_status add_device(load *l, tps_span instance_id, uint32_t class_index, const knowledge_key *key)
{
    tps_status status =
        knowledge_add_device(&l->verifier->knowledge, instance_id, class_index, key, l->source);

    switch (status) {
    case TPS_VERIFIER_CONFLICT: return refuse(l, status, "the device is known with another key or class");
    case TPS_VERIFIER_INSTANCE_OF_ANOTHER: return refuse(l, status, "a maker endorses its own devices only");
    default: return status;
    }
}

static tps_status take_attest_keys(void *context, const tps_corim_key_statement *statement)
{
    load *l = context;
    const tps_corim_value *instance = &statement->environment.instance;
    tps_corim_key given;
    knowledge_key key = {.alg = TPS_ALG_NONE};
    found_key found;
    uint32_t class_index = 0;
    tps_status status;

    if (instance->kind != TPS_CORIM_UEID || instance->bytes.size != 33 || instance->bytes.data[0] != 0x01) {
        return refuse(l, TPS_CORIM_BAD_VALUE,
                      "the instance of an attestation key is not a UEID of 33 bytes (tag 550)");
    }
    TPS_TRY(only_key(l, statement, &given));
    TPS_TRY(add_class(l, &statement->environment, &class_index));
    TPS_TRY(read_endorsed_key(l, &given, &found));
    status = tps_crypto_key_point(found.key, &key.point);
    tps_crypto_key_free(found.key);
    TPS_TRY(status);
    key.alg = found.algs.alg;
    TPS_TRY(check_instance(l, &key.point, instance->bytes));
    return add_device(l, instance->bytes, class_index, &key);
}

/* Whatever has no function in take_tags(): endorsed values, conditions, links ... are understood by the
 * decoder, and not appraised yet. Half a manifest could say the opposite of the whole. */
static tps_status refuse_unsupported(void *context, const char *name)
{
    return refuse(context, TPS_CORIM_UNSUPPORTED, name);
}

static tps_status take_tags(load *l, tps_error *why)
{
    tps_corim_visitor visitor = {
        .context = l,
        .comid = check_links,
        .reference_value = take_reference,
        .attest_keys = take_attest_keys,
        .unsupported = refuse_unsupported,
    };
    knowledge *k = &l->verifier->knowledge;
    knowledge_mark mark = knowledge_mark_now(k);
    knowledge_source source = {.validity = l->corim->validity,
                               .signature_validity = l->corim->signature_validity,
                               .is_demonstration = l->is_demonstration};
    tps_status status;

    memcpy(source.maker, l->maker, sizeof source.maker);
    memcpy(source.identity, l->identity, sizeof source.identity);
    TPS_TRY(knowledge_add_source(k, &source, &l->source));
    status = tps_corim_visit(l->corim, &visitor, why);
    if (status != TPS_OK) {
        knowledge_go_back(k, &mark);
        if (why != NULL && l->why.status == status) {
            why->detail = l->why.detail;
        }
    }
    return status;
}

/* ---- the whole ---- */

static tps_status check_manifest(load *l, int64_t now, tps_error *why)
{
    const tps_corim *corim = l->corim;
    tps_status status = TPS_OK;

    if (corim->is_signed) {
        status = check_signature(l, now);
    } else if (!l->verifier->options.allow_unsigned_endorsements) {
        status = TPS_CORIM_UNSIGNED;
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, corim->is_signed ? "the signer of the endorsements" : NULL);
    }
    if (corim->profile_kind == TPS_CORIM_PROFILE_UNKNOWN) {
        return tps_fail(why, TPS_CORIM_UNKNOWN_PROFILE, 0, NULL);
    }
    if (tps_corim_validity_check(&corim->validity, now) != TPS_OK ||
        tps_corim_validity_check(&corim->signature_validity, now) != TPS_OK) {
        return tps_fail(why, TPS_CORIM_EXPIRED, 0, NULL);
    }
    return TPS_OK;
}

tps_status tps_verifier_add_corim_once(tps_verifier *v, tps_span corim, int64_t now, uint8_t identity[32],
                                       tps_error *why)
{
    tps_corim manifest;
    load l = {.verifier = v, .corim = &manifest};

    TPS_TRY(tps_corim_decode(corim, &manifest, why));
    TPS_TRY(check_manifest(&l, now, why));
    TPS_TRY(identify(&l));
    if (knowledge_find_source(&v->knowledge, TPS_SPAN_OF(l.identity)) == KNOWLEDGE_NONE) {
        verifier_forget_keys(v);
        TPS_TRY(take_tags(&l, why));
        v->corim_count++;
    }
    memcpy(identity, l.identity, sizeof l.identity);
    return TPS_OK;
}

tps_status tps_verifier_add_corim(tps_verifier *v, tps_span corim, int64_t now, tps_error *why)
{
    uint8_t identity[32];

    return tps_verifier_add_corim_once(v, corim, now, identity, why);
}
