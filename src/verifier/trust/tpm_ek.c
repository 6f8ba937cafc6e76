/* SPDX-License-Identifier: Apache-2.0 */
/* The endorsement key behind an attestation key: what is revoked of it, and the certificates that come. */
#include "verifier/trust/tpm_ek.h"

#include "crypto/tpm.h"
#include "crypto/x509.h"
#include "verifier/knowledge/statements.h"
#include "verifier/trust/chain.h"
#include "verifier/trust/crl.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/tpm.h"

enum { PATH_PEM_MAX = 16384, PATH_CERTIFICATES_MAX = 8 };

typedef struct {
    tps_verifier *v;
    const evidence_claims *e;
    const tps_corim_environment *device;
    int64_t now;
} inquiry;

/* ---- what is endorsed as the identity of the instance ---- */

/* Whether a statement names the very instance: by its id, of whatever kind, or by the key that it has. */
static bool is_of_instance(const inquiry *q, const knowledge_statement *found, tps_corim_key_statement *out)
{
    tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found->encoded);
    const tps_corim_value *instance = &out->environment.instance;

    if (!tps_corim_next_key_statement(&cursor, out) || instance->kind == TPS_CORIM_ABSENT) {
        return false;
    }
    return tps_span_equal(instance->bytes,
                          instance->kind == TPS_CORIM_KEY ? q->device->instance.bytes : q->e->instance_id);
}

/* ---- what is revoked ---- */

static tps_status add_pem(tps_span pem, trust_path *path)
{
    uint8_t room[PATH_PEM_MAX];
    tps_span ders[PATH_CERTIFICATES_MAX];
    size_t count = PATH_CERTIFICATES_MAX;

    TPS_TRY(tps_x509_from_pem(pem, TPS_BUF_OF(room), ders, &count));
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(path_add_certificate(path, ders[i], NULL, NULL));
    }
    return TPS_OK;
}

static tps_status add_key(tps_span written, trust_path *path)
{
    found_key found;
    uint8_t digest[32];
    tps_status status;

    TPS_TRY(key_read(written, &found));
    status = key_digest(found.key, digest);
    tps_crypto_key_free(found.key);
    return status == TPS_OK ? path_add_key(path, digest) : status;
}

static void add_certificate_thumbprint(const tps_corim_digest *digest, trust_path *path)
{
    path_link *link = &path->links[path->count++];

    *link = (path_link){.has_certificate = true};
    memcpy(link->certificate, digest->value.data, sizeof link->certificate);
}

/* Who a key of a statement is, for the list of what is revoked; nobody where that cannot be told. */
static tps_status path_of(const tps_corim_key *key, trust_path *path)
{
    bool is_sha256 = key->digest.alg == TPS_ALG_SHA256;

    path->count = 0;
    switch (key->tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_COSE_KEY: return add_key(key->value, path);
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_PATH_PEM: return add_pem(key->value, path);
    case TPS_CORIM_TAG_CERTIFICATE_DER: return path_add_certificate(path, key->value, NULL, NULL);
    case TPS_CORIM_TAG_KEY_THUMBPRINT: return is_sha256 ? path_add_key(path, key->digest.value.data) : TPS_OK;
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT:
        if (is_sha256) {
            add_certificate_thumbprint(&key->digest, path);
        }
        return TPS_OK;
    default: return TPS_OK;
    }
}

static tps_status check_keys(const inquiry *q, const tps_corim_key_statement *statement)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);
    tps_corim_key key;
    trust_path path;

    while (tps_corim_next_key(&cursor, &key)) {
        TPS_TRY(path_of(&key, &path));
        TPS_TRY(path_check(q->v, &path, q->now));
    }
    return TPS_OK;
}

static tps_status check_under(const inquiry *q, const tps_corim_value *instance)
{
    tps_corim_environment device = *q->device;
    knowledge_statement_walk walk;
    knowledge_statement found;
    tps_corim_key_statement statement;

    device.instance = *instance;
    walk = knowledge_statements_of(&q->v->knowledge, STATEMENT_IDENTITY_KEYS, &device, q->now);
    while (knowledge_next_statement(&walk, &found)) {
        if (is_of_instance(q, &found, &statement)) {
            TPS_TRY(check_keys(q, &statement));
        }
    }
    return TPS_OK;
}

/* All that is endorsed as the instance's identity: every form of its id is looked under. */
static tps_status check_revoked(const inquiry *q)
{
    static const uint32_t kinds[] = {TPS_CORIM_UEID, TPS_CORIM_UUID, TPS_CORIM_BYTES};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tps_corim_value instance = {.kind = kinds[i],
                                    .number = kinds[i] == TPS_CORIM_UUID ? TPS_CORIM_TAG_UUID : 0,
                                    .bytes = q->e->instance_id};
        TPS_TRY(check_under(q, &instance));
    }
    return q->device->instance.kind == TPS_CORIM_KEY ? check_under(q, &q->device->instance) : TPS_OK;
}

/* ---- certificates that come with the evidence ---- */

/* Whether bytes, by their hash, are endorsed as the instance's identity. */
static tps_status find_bound(const inquiry *q, uint32_t by, tps_span bytes, bool *is_bound)
{
    static const int32_t hashes[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};

    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0] && !*is_bound; i++) {
        knowledge_statement_walk walk;
        knowledge_statement found;
        tps_corim_key_statement statement;
        tps_digest digest;

        TPS_TRY(tps_crypto_hash_of(hashes[i], bytes, &digest));
        walk = knowledge_statements_by_key(&q->v->knowledge, STATEMENT_IDENTITY_KEYS, by,
                                           tps_span_make(digest.bytes, digest.size), q->now);
        while (!*is_bound && knowledge_next_statement(&walk, &found)) {
            *is_bound = is_of_instance(q, &found, &statement);
        }
    }
    return TPS_OK;
}

static tps_status check_bound(const inquiry *q, const tps_crypto_key *key, tps_span der)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    size_t size = 0;
    bool is_bound = false;

    TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
    TPS_TRY(find_bound(q, STATEMENT_BY_KEY, tps_span_make(spki, size), &is_bound));
    TPS_TRY(find_bound(q, STATEMENT_BY_CERTIFICATE, der, &is_bound));
    return is_bound ? TPS_OK : TPS_TPM_OTHER_KEY;
}

static tps_status check_leaf(const inquiry *q, const verified_chain *chain, tps_span der)
{
    scope_question question = {.use = TPS_ANCHOR_TPM,
                               .triple = SCOPE_NO_TRIPLE,
                               .class_id = q->device->class_id.bytes,
                               .vendor = q->device->vendor,
                               .model = q->device->model,
                               .instance = q->e->instance_id};

    TPS_TRY(crypto_tpm_check_purpose(der, CRYPTO_TPM_EK));
    TPS_TRY(check_bound(q, chain->key, der));
    return scope_permits(chain->scope, &question) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

static tps_status check_chain(const inquiry *q, const tps_tpm_evidence *parts, trust *out)
{
    verified_chain chain;
    tps_status status;

    if (!q->v->options.allow_demonstration &&
        key_names_demonstration(parts->ek_chain, parts->ek_chain_count)) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    TPS_TRY(chain_verify(q->v, parts->ek_chain, parts->ek_chain_count, TPS_ANCHOR_TPM, q->now, &chain));
    status = check_leaf(q, &chain, parts->ek_chain[0]);
    tps_crypto_key_free(chain.key);
    out->is_demonstration = out->is_demonstration || chain.is_demonstration;
    return status;
}

/* ---- the whole ---- */

/* Most verifiers have nothing that could be revoked of an EK. */
static bool can_be_revoked(const tps_verifier *v)
{
    return knowledge_has_statements(&v->knowledge) &&
           (v->crls.count > 0 || revocation_has(v->revoked, TPS_REVOKED_KEY) ||
            revocation_has(v->revoked, TPS_REVOKED_CERTIFICATE));
}

tps_status tpm_ek_check(tps_verifier *v, const evidence_claims *e, int64_t now, trust *out)
{
    const tps_tpm_evidence *parts = &e->claims.tpm.parts;
    const inquiry q = {.v = v, .e = e, .device = &out->tpm->environment, .now = now};

    if (can_be_revoked(v)) {
        TPS_TRY(check_revoked(&q));
    }
    return parts->ek_chain_count > 0 ? check_chain(&q, parts, out) : TPS_OK;
}
