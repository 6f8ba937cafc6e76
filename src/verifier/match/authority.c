/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who stands behind a claim (draft-ietf-rats-corim-10, "Authority comparison"): who signed the evidence, or
 * the maker of the manifest that corroborated or added the claim. Keys of a condition are brought to SHA-256
 * of their SubjectPublicKeyInfo; kinds that do not lead to a key (paths, thumbprints of certificates or by
 * another hash, opaque names) stand for nobody, so that their condition does not hold.
 */
#include "verifier/match/matching.h"
#include "verifier/trust/key_read.h"

/* SHA-256 of the key's SubjectPublicKeyInfo, in `room` or where it stands; empty when it stands for nobody.
 */
static tps_span identify(const tps_corim_key *key, uint8_t room[32])
{
    found_key found = {.key = NULL};
    tps_status status;

    switch (key->tag) {
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
        return key->digest.alg == TPS_ALG_SHA256 ? key->digest.value : TPS_SPAN_EMPTY;
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY: status = key_read(key->value, &found); break;
    case TPS_CORIM_TAG_CERTIFICATE_DER:
        status = key_read_certificate(key->value, &found.key, &found.is_demonstration);
        break;
    default: return TPS_SPAN_EMPTY;
    }
    if (status == TPS_OK) {
        status = key_digest(found.key, room);
        tps_crypto_key_free(found.key);
    }
    return status == TPS_OK ? tps_span_make(room, 32) : TPS_SPAN_EMPTY;
}

static bool stands_behind(const statement_matching *m, const accepted_claim *claim, tps_span digest)
{
    if (claim->source != KNOWLEDGE_NONE &&
        tps_span_equal(digest, TPS_SPAN_OF(m->k->sources[claim->source].maker))) {
        return true;
    }
    return claim->origin != ACCEPTED_ENDORSED && m->set->signer != NULL &&
           tps_span_equal(digest, tps_span_make(m->set->signer, 32));
}

bool matching_is_authorized(const statement_matching *m, const accepted_claim *claim,
                            const tps_corim_keys *keys)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*keys);
    tps_corim_key key;
    uint8_t room[32];

    while (tps_corim_next_key(&cursor, &key)) {
        if (!stands_behind(m, claim, identify(&key, room))) {
            return false;
        }
    }
    return true;
}
