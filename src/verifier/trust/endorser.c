/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed a manifest: by chain, by a raw anchor, by a key that was added. */
#include "verifier/trust/endorser.h"

#include "verifier/trust/chain.h"
#include "verifier/trust/key_read.h"

/* A revoked signer of endorsements is a withdrawn one. */
static tps_status as_endorser(tps_status status)
{
    return status == TPS_VERIFIER_REVOKED_KEY || status == TPS_VERIFIER_REVOKED_CERTIFICATE
               ? TPS_VERIFIER_SIGNER_WITHDRAWN
               : status;
}

static tps_status check_leaf(tps_verifier *v, const tps_cose_sign1 *envelope, tps_span leaf,
                             const verified_chain *verified, endorser *out)
{
    TPS_TRY(tps_x509_check_purpose(leaf, TPS_X509_ENDORSEMENTS));
    TPS_TRY(verifier_check_signature(v, envelope, verified->key, NULL));
    memcpy(out->signer, verified->path.links[0].key, sizeof out->signer);
    memcpy(out->maker, verified->maker, sizeof out->maker);
    out->is_demonstration = verified->is_demonstration;
    out->is_scoped = true;
    out->scope = verified->scope;
    out->path = verified->path;
    return TPS_OK;
}

static tps_status find_by_chain(tps_verifier *v, const tps_cose_sign1 *envelope, int64_t now, endorser *out)
{
    tps_span chain[TPS_COSE_X5CHAIN_MAX];
    size_t count = tps_cose_certificates(envelope->headers.x5chain, chain, TPS_COSE_X5CHAIN_MAX);
    verified_chain verified;
    tps_status status = chain_verify(v, chain, count, TPS_ANCHOR_ENDORSES, now, &verified);

    if (status != TPS_OK) {
        return !v->options.allow_demonstration && key_names_demonstration(chain, count)
                   ? TPS_VERIFIER_DEMONSTRATION
                   : as_endorser(status);
    }
    status = check_leaf(v, envelope, chain[0], &verified, out);
    tps_crypto_key_free(verified.key);
    return status;
}

/* ---- without a chain ---- */

static tps_status take_anchor(const tps_verifier *v, const key_anchor *a, endorser *out)
{
    memcpy(out->maker, a->digest, sizeof out->maker);
    out->is_scoped = true;
    out->scope = scope_of(&v->scopes, a->digest);
    return scope_has_use(out->scope, TPS_ANCHOR_ENDORSES) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

static tps_status find_by_anchor(tps_verifier *v, const tps_cose_sign1 *envelope, endorser *out)
{
    tps_status worst = TPS_COSE_NO_KEY;

    for (size_t i = 0; i < v->key_anchor_count; i++) {
        const key_anchor *a = &v->key_anchors[i];
        tps_status status = verifier_check_signature(v, envelope, a->key, &a->algs);
        if (status == TPS_OK) {
            memcpy(out->signer, a->digest, sizeof out->signer);
            return take_anchor(v, a, out);
        }
        worst = status == TPS_COSE_KEY_USE ? status : worst;
    }
    return worst;
}

static tps_status find_by_key(tps_verifier *v, const tps_cose_sign1 *envelope, endorser *out)
{
    tps_status worst = TPS_COSE_NO_KEY;

    for (size_t i = 0; i < v->key_count; i++) {
        const added_key *added = &v->keys[i];
        tps_status status = verifier_check_signature(v, envelope, added->key, &added->algs);
        if (status == TPS_OK) {
            memcpy(out->signer, added->digest, sizeof out->signer);
            return TPS_OK;
        }
        worst = status == TPS_COSE_KEY_USE ? status : worst;
    }
    return worst;
}

tps_status endorser_find(tps_verifier *v, const tps_cose_sign1 *envelope, int64_t now, endorser *out)
{
    tps_status status;

    *out = (endorser){.is_scoped = false};
    TPS_TRY(verifier_check_headers(envelope, true));
    if (envelope->headers.x5chain_count > 0) {
        return find_by_chain(v, envelope, now, out);
    }
    status = find_by_anchor(v, envelope, out);
    if (status == TPS_COSE_NO_KEY || status == TPS_COSE_KEY_USE) {
        tps_status added = find_by_key(v, envelope, out);
        status = added == TPS_COSE_NO_KEY ? status : added;
    }
    TPS_TRY(status);
    TPS_TRY(path_add_key(&out->path, out->signer));
    return as_endorser(path_check(v, &out->path, now));
}
