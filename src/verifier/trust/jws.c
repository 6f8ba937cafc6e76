/* SPDX-License-Identifier: Apache-2.0 */
/* From the signature of a JWT to somebody who vouches for its key. */
#include "verifier/trust/jws.h"

#include "verifier/trust/key_read.h"

static tps_status check(const evidence_message *m, tps_crypto_key *key, const key_algs *algs)
{
    int32_t alg = tps_jws_algorithm(m->jws_header.alg);
    tps_status status;

    if (alg == TPS_ALG_NONE) {
        return TPS_COSE_ALG_REFUSED;
    }
    if (!key_algs_permit(algs, alg)) {
        return TPS_COSE_KEY_USE;
    }
    status = tps_jws_verify_as(&m->jws, m->jws_header.alg, key);
    return status == TPS_CRYPTO_BAD_SIGNATURE ? TPS_COSE_BAD_SIGNATURE
           : status == TPS_CRYPTO_ALG_REFUSED ? TPS_COSE_ALG_REFUSED
                                              : status;
}

/* How close a key came to the signature. */
static uint32_t closeness(tps_status status)
{
    return status == TPS_COSE_ALG_REFUSED ? 0 : status == TPS_COSE_KEY_USE ? 1 : 2;
}

static tps_status check_added(const tps_verifier *v, const evidence_message *m, trust *out)
{
    tps_status worst = v->key_count == 0 ? TPS_VERIFIER_NO_TRUST_ANCHOR : TPS_COSE_ALG_REFUSED;

    for (size_t i = 0; i < v->key_count; i++) {
        tps_status status = check(m, v->keys[i].key, &v->keys[i].algs);
        if (status == TPS_OK) {
            memcpy(out->digest, v->keys[i].digest, sizeof out->digest);
            return TPS_OK;
        }
        worst = closeness(status) >= closeness(worst) ? status : worst;
    }
    return worst;
}

static tps_status check_device(tps_verifier *v, const evidence_message *m, const evidence_claims *e,
                               int64_t now, trust *out)
{
    const knowledge_device *device = &v->knowledge.devices[out->device];
    const knowledge_source *source = &v->knowledge.sources[device->source];
    const ready_key *key;
    tps_crypto_point point;

    if (!knowledge_is_current(&v->knowledge, device->source, now)) {
        return knowledge_is_withdrawn(&v->knowledge, source->signer, now) ? TPS_VERIFIER_SIGNER_WITHDRAWN
                                                                          : TPS_CORIM_EXPIRED;
    }
    if (e->claims.eat.ueid.size > 0) { /* evidence_open() takes JWTs of this profile alone */
        knowledge_device_point(device, &point);
        TPS_TRY(key_check_instance(&point, e->claims.eat.ueid));
    }
    TPS_TRY(verifier_device_key(v, out->device, &key));
    TPS_TRY(check(m, key->key, &(key_algs){.alg = device->alg}));
    memcpy(out->digest, key->digest, sizeof out->digest);
    out->is_demonstration = source->is_demonstration;
    return TPS_OK;
}

static tps_status find_signer(tps_verifier *v, const evidence_message *m, const evidence_claims *e,
                              int64_t now, trust *out)
{
    *out = (trust){.device = knowledge_find_device(&v->knowledge, e->instance_id)};
    if (v->options.require_key || out->device == KNOWLEDGE_NONE) {
        TPS_TRY(check_added(v, m, out));
    }
    return out->device != KNOWLEDGE_NONE ? check_device(v, m, e, now, out) : TPS_OK;
}

tps_status trust_jws(tps_verifier *v, const evidence_message *m, const evidence_claims *e, int64_t now,
                     trust *out)
{
    TPS_TRY(find_signer(v, m, e, now, out));
    return trust_check_revoked(v, out, e->instance_id, now);
}
