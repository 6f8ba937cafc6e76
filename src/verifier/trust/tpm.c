/* SPDX-License-Identifier: Apache-2.0 */
/* From a quote's signature to somebody who vouches for the key. */
#include "verifier/trust/tpm.h"

#include <stdlib.h>

#include "crypto/tpm.h"
#include "crypto/x509.h"
#include "verifier/knowledge/statements.h"
#include "verifier/trust/chain.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/tpm_ek.h"

/* Statements about one instance that are tried: each may cost a signature check. */
enum { STATEMENTS_TRIED = 8 };

/* A quote under way. */
typedef struct {
    tps_verifier *v;
    const evidence_claims *e;
    const evidence_tpm *tpm;
    int64_t now;
    tps_crypto_key *ak;    /* of the evidence; NULL without one */
    uint8_t ak_digest[32]; /* SHA-256 of its SubjectPublicKeyInfo */
    tpm_room *room;
    trust *out;
} inquiry;

/* ---- the signature ---- */

static tps_status check_ecdsa(tps_crypto_key *key, const tps_tpm_signature *signature,
                              const tps_digest *digest)
{
    static const int32_t algs[] = {TPS_ALG_ESP256, TPS_ALG_ESP384, TPS_ALG_ESP512};
    uint8_t joined[2 * TPS_COORDINATE_SIZE_MAX] = {0};
    size_t size = tps_crypto_curve_size(tps_crypto_key_curve(key));

    if (signature->r.size > size || signature->s.size > size) {
        return TPS_COSE_BAD_SIGNATURE;
    }
    memcpy(joined + size - signature->r.size, signature->r.data, signature->r.size);
    memcpy(joined + 2 * size - signature->s.size, signature->s.data, signature->s.size);
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        tps_span whole = tps_span_make(joined, 2 * size);
        if (tps_crypto_alg_fits(algs[i], key) == TPS_OK) {
            return tps_crypto_verify(key, algs[i], digest, whole);
        }
    }
    return TPS_COSE_ALG_REFUSED;
}

static tps_status check_signature(const evidence_tpm *e, tps_crypto_key *key)
{
    const tps_tpm_signature *signature = &e->signature;
    int32_t hash = tps_tpm_hash_alg(signature->hash);
    bool is_rsa = tps_crypto_key_kind(key) == TPS_KEY_RSA;
    tps_digest digest;
    tps_status status;

    TPS_TRY(tps_crypto_hash_of(hash, e->parts.attest, &digest));
    if (is_rsa != (signature->scheme != TPS_TPM_ALG_ECDSA) || tps_crypto_key_kind(key) == TPS_KEY_OKP) {
        return TPS_COSE_ALG_REFUSED;
    }
    status = is_rsa ? crypto_rsa_verify(
                          key, signature->scheme == TPS_TPM_ALG_RSASSA ? CRYPTO_RSA_PKCS1 : CRYPTO_RSA_PSS,
                          hash, &digest, signature->value)
                    : check_ecdsa(key, signature, &digest);
    return status == TPS_CRYPTO_BAD_SIGNATURE ? TPS_COSE_BAD_SIGNATURE
           : status == TPS_CRYPTO_ALG_REFUSED ? TPS_COSE_ALG_REFUSED
                                              : status;
}

/* The key of somebody who vouches must be the one in the evidence, if there is one; the signature its. */
static tps_status check_key(inquiry *q, tps_crypto_key *key, tps_status other)
{
    uint8_t digest[32];
    tps_status status;

    TPS_TRY(key_digest(key, digest));
    if (q->ak != NULL && memcmp(digest, q->ak_digest, sizeof digest) != 0) {
        return other;
    }
    status = check_signature(q->tpm, key);
    if (status == TPS_OK) {
        memcpy(q->out->digest, digest, sizeof digest);
    }
    return status;
}

/* ---- the endorsed device ---- */

/* The class as an environment, for statements to be compared with. */
static void take_class(inquiry *q, const knowledge_class *class)
{
    q->room->environment.class_id = (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = class->id};
    q->room->environment.vendor = class->vendor;
    q->room->environment.model = class->model;
}

static tps_status trust_device(inquiry *q, uint32_t index)
{
    const knowledge *k = &q->v->knowledge;
    const ready_key *ready;

    if (!knowledge_is_current(k, k->devices[index].source, q->now)) {
        return TPS_CORIM_EXPIRED;
    }
    TPS_TRY(verifier_device_key(q->v, index, &ready));
    TPS_TRY(check_key(q, ready->key, TPS_VERIFIER_INSTANCE_MISMATCH));
    q->out->device = index;
    q->room->is_vouched = true;
    q->out->is_demonstration = k->sources[k->devices[index].source].is_demonstration;
    take_class(q, &k->classes[k->devices[index].class_index]);
    return TPS_OK;
}

/* ---- attestation keys in the general form ---- */

static bool read_statement(const knowledge_statement *found, tps_corim_key_statement *out)
{
    tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found->encoded);

    return tps_corim_next_key_statement(&cursor, out);
}

/* Whether a statement is about this very instance. (Keys under conditions are refused when loaded.) A
 * statement that names no instance is about whoever has the key, and so about the instance that is named by
 * it. */
static bool speaks_of(const inquiry *q, const tps_corim_key_statement *statement)
{
    const tps_corim_value *instance = &statement->environment.instance;

    if (instance->kind == TPS_CORIM_ABSENT || instance->kind == TPS_CORIM_KEY) {
        return q->tpm->parts.instance.size == 0;
    }
    return tps_span_equal(instance->bytes, q->e->instance_id);
}

static void take_statement(inquiry *q, const knowledge_statement *found,
                           const tps_corim_key_statement *statement)
{
    static const uint8_t nobody[32] = {0};
    const knowledge_source *source = &q->v->knowledge.sources[found->source];
    const tps_corim_value *class_id = &statement->environment.class_id;

    q->room->environment = statement->environment;
    q->room->is_vouched = true;
    q->out->is_demonstration = source->is_demonstration;
    q->out->has_maker = memcmp(source->maker, nobody, sizeof nobody) != 0;
    memcpy(q->out->maker, source->maker, sizeof q->out->maker);
    if (class_id->bytes.size == sizeof q->out->class_id) {
        q->out->is_certified = true;
        memcpy(q->out->class_id, class_id->bytes.data, sizeof q->out->class_id);
    }
}

/* The key that a statement says in full. Thumbprints, which need the evidence's, are found by digest. */
static tps_status read_key(const tps_corim_key *written, tps_crypto_key **key)
{
    found_key found;
    bool is_demonstration;

    *key = NULL;
    switch (written->tag) {
    case TPS_CORIM_TAG_CERTIFICATE_DER: return key_read_certificate(written->value, key, &is_demonstration);
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY:
        TPS_TRY(key_read(written->value, &found));
        *key = found.key;
        return TPS_OK;
    default: return TPS_CRYPTO_BAD_KEY;
    }
}

static tps_status try_keys(inquiry *q, const knowledge_statement *found,
                           const tps_corim_key_statement *statement)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);
    tps_status worst = TPS_VERIFIER_NO_TRUST_ANCHOR;
    tps_corim_key written;

    while (tps_corim_next_key(&cursor, &written)) {
        tps_crypto_key *key = NULL;
        tps_status status = read_key(&written, &key);
        if (status == TPS_OK) {
            status = check_key(q, key, TPS_VERIFIER_INSTANCE_MISMATCH);
            tps_crypto_key_free(key);
        }
        if (status == TPS_OK) {
            take_statement(q, found, statement);
            return TPS_OK;
        }
        worst = status;
    }
    return worst;
}

/* Statements about the instance that the evidence names. */
static tps_status trust_instance(inquiry *q)
{
    static const uint32_t kinds[] = {TPS_CORIM_UEID, TPS_CORIM_UUID, TPS_CORIM_BYTES};
    tps_status worst = TPS_VERIFIER_NO_TRUST_ANCHOR;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tps_corim_environment device = {
            .instance = {.kind = kinds[i],
                         .number = kinds[i] == TPS_CORIM_UUID ? TPS_CORIM_TAG_UUID : 0,
                         .bytes = q->e->instance_id}};
        knowledge_statement_walk walk =
            knowledge_statements_of(&q->v->knowledge, STATEMENT_ATTEST_KEYS, &device, q->now);
        knowledge_statement found;
        tps_corim_key_statement statement;

        for (size_t n = 0; n < STATEMENTS_TRIED && knowledge_next_statement(&walk, &found);) {
            tps_status status;
            if (!read_statement(&found, &statement) || statement.environment.instance.kind != kinds[i] ||
                !speaks_of(q, &statement)) {
                continue;
            }
            n++;
            status = try_keys(q, &found, &statement);
            if (status == TPS_OK) {
                return TPS_OK;
            }
            worst = status;
        }
    }
    return worst;
}

/* Statements about the key that is in the evidence, by its digest. */
static tps_status trust_key(inquiry *q)
{
    tps_status worst = TPS_VERIFIER_NO_TRUST_ANCHOR;
    knowledge_statement_walk walk;
    knowledge_statement found;
    tps_corim_key_statement statement;

    if (q->ak == NULL) {
        return TPS_VERIFIER_NO_TRUST_ANCHOR;
    }
    walk = knowledge_statements_by_key(&q->v->knowledge, STATEMENT_ATTEST_KEYS, STATEMENT_BY_KEY,
                                       TPS_SPAN_OF(q->ak_digest), q->now);
    while (knowledge_next_statement(&walk, &found)) {
        if (read_statement(&found, &statement) && speaks_of(q, &statement)) {
            TPS_TRY(check_key(q, q->ak, TPS_VERIFIER_INSTANCE_MISMATCH));
            take_statement(q, &found, &statement);
            return TPS_OK;
        }
        worst = TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    return worst;
}

/* ---- certificates ---- */

static tps_status check_leaf(inquiry *q, tps_crypto_key *leaf)
{
    tps_span der = q->tpm->parts.chain[0];
    tps_status status;

    TPS_TRY(crypto_tpm_check_purpose(der, CRYPTO_TPM_AK));
    TPS_TRY(check_key(q, leaf, TPS_TPM_OTHER_KEY));
    status = tps_x509_class_id(der, q->out->class_id);
    if (status == TPS_OK) {
        q->out->is_certified = true;
        memcpy(q->room->class_id, q->out->class_id, sizeof q->room->class_id);
        q->room->environment.class_id =
            (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(q->room->class_id)};
    }
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

/* Whether the anchor may speak of this class and instance. */
static tps_status check_scope(const inquiry *q, const verified_chain *chain)
{
    const tps_corim_environment *environment = &q->room->environment;
    scope_question question = {.use = TPS_ANCHOR_TPM,
                               .triple = SCOPE_NO_TRIPLE,
                               .class_id = environment->class_id.bytes,
                               .instance = q->e->instance_id};

    return scope_permits(chain->scope, &question) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

/* A certificate under one maker's anchor proves no class that another maker speaks for. */
static tps_status check_maker(const inquiry *q, const verified_chain *chain)
{
    const knowledge *k = &q->v->knowledge;
    uint32_t class_index =
        q->out->is_certified ? knowledge_find_class(k, TPS_SPAN_OF(q->out->class_id)) : KNOWLEDGE_NONE;

    return class_index == KNOWLEDGE_NONE || knowledge_class_is_of(k, class_index, chain->maker)
               ? TPS_OK
               : TPS_VERIFIER_CLASS_OF_ANOTHER;
}

/* A certificate speaks of a key, and so of the instance that is named by it, and of no other. */
static tps_status trust_chain(inquiry *q)
{
    const tps_tpm_evidence *parts = &q->tpm->parts;
    verified_chain chain;
    tps_status status;

    if (parts->chain_count == 0) {
        return TPS_VERIFIER_NO_TRUST_ANCHOR;
    }
    if (!q->v->options.allow_demonstration && key_names_demonstration(parts->chain, parts->chain_count)) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    if (parts->instance.size != 0 || q->ak == NULL) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    TPS_TRY(chain_verify(q->v, parts->chain, parts->chain_count, TPS_ANCHOR_TPM, q->now, &chain));
    status = check_leaf(q, chain.key);
    tps_crypto_key_free(chain.key);
    status = status == TPS_OK ? check_scope(q, &chain) : status;
    status = status == TPS_OK ? check_maker(q, &chain) : status;
    if (status == TPS_OK) {
        q->out->is_demonstration = chain.is_demonstration;
        q->out->has_maker = true;
        memcpy(q->out->maker, chain.maker, sizeof q->out->maker);
        q->room->is_vouched = true;
    }
    return status;
}

/* ---- a key that was added ---- */

static tps_status trust_added(inquiry *q)
{
    tps_status worst = TPS_VERIFIER_NO_TRUST_ANCHOR;

    for (size_t i = 0; i < q->v->key_count; i++) {
        tps_status status = check_key(q, q->v->keys[i].key, TPS_VERIFIER_NO_TRUST_ANCHOR);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = status;
    }
    return worst;
}

/* ---- the whole ---- */

/* What says most of why nobody vouches for it. */
static tps_status closer(tps_status a, tps_status b)
{
    return b == TPS_VERIFIER_NO_TRUST_ANCHOR ? a : b;
}

static tps_status find_voucher(inquiry *q)
{
    tps_status status = TPS_VERIFIER_NO_TRUST_ANCHOR;
    uint32_t device = knowledge_find_device(&q->v->knowledge, q->e->instance_id);

    if (q->v->options.require_key) {
        return trust_added(q);
    }
    if (device != KNOWLEDGE_NONE) {
        return trust_device(q, device);
    }
    if (knowledge_has_statements(&q->v->knowledge)) {
        status = trust_instance(q);
        status = status == TPS_VERIFIER_NO_TRUST_ANCHOR ? trust_key(q) : status;
    }
    if (status == TPS_VERIFIER_NO_TRUST_ANCHOR) {
        status = closer(status, trust_chain(q));
    }
    if (status != TPS_OK && q->v->key_count > 0) {
        tps_status added = trust_added(q);
        status = added == TPS_OK ? TPS_OK : closer(status, added);
    }
    return status;
}

/* Keys and devices that do not count any more, whoever vouches for them. */
static tps_status check_revoked(const inquiry *q)
{
    const revocations *list = q->v->revoked;

    if (revocation_at(list, TPS_REVOKED_KEY, TPS_SPAN_OF(q->out->digest), q->now) != NULL) {
        return TPS_VERIFIER_REVOKED_KEY;
    }
    return revocation_at(list, TPS_REVOKED_DEVICE, q->e->instance_id, q->now) != NULL
               ? TPS_VERIFIER_REVOKED_DEVICE
               : TPS_OK;
}

/* The device is the instance that the evidence names, whatever else is said of it. */
static void take_instance(inquiry *q)
{
    tps_corim_environment *environment = &q->room->environment;

    if (environment->instance.kind == TPS_CORIM_ABSENT && q->e->instance_id.size >= 7) {
        environment->instance = (tps_corim_value){.kind = TPS_CORIM_UEID, .bytes = q->e->instance_id};
    }
}

static tps_status begin(inquiry *q)
{
    if (q->v->tpm == NULL) {
        q->v->tpm = malloc(sizeof *q->v->tpm);
        if (q->v->tpm == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
    }
    q->room = q->v->tpm;
    memset(&q->room->environment, 0, sizeof q->room->environment);
    q->room->is_vouched = false;
    *q->out = (trust){.device = KNOWLEDGE_NONE, .tpm = q->room};
    if (!q->tpm->has_ak) {
        return TPS_OK;
    }
    TPS_TRY(tps_tpm_public_key(&q->tpm->ak, &q->ak));
    return key_digest(q->ak, q->ak_digest);
}

tps_status trust_tpm(tps_verifier *v, const evidence_claims *e, int64_t now, trust *out)
{
    inquiry q = {.v = v, .e = e, .tpm = &e->claims.tpm, .now = now, .out = out};
    tps_status status = begin(&q);

    status = status == TPS_OK ? find_voucher(&q) : status;
    status = status == TPS_OK ? check_revoked(&q) : status;
    if (status == TPS_OK) {
        take_instance(&q);
        status = tpm_ek_check(v, e, now, out);
    }
    tps_crypto_key_free(q.ak);
    return status;
}

void tpm_free(tps_verifier *v)
{
    free(v->tpm);
    v->tpm = NULL;
}
