/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who stands behind a claim (draft-ietf-rats-corim-10, "Authority comparison"): who signed the evidence, or
 * the maker of the manifest that corroborated or added the claim. Keys of a condition are brought to SHA-256
 * of their SubjectPublicKeyInfo; kinds that do not lead to a key (paths, thumbprints of certificates or by
 * another hash, opaque names) stand for nobody, so that their condition does not hold.
 */
#include "verifier/match/matching.h"
#include "verifier/trust/key_read.h"

static bool digest_read(tps_crypto_key *key, uint8_t digest[32])
{
    bool is_good = key_digest(key, digest) == TPS_OK;

    tps_crypto_key_free(key);
    return is_good;
}

/* SHA-256 of the key's SubjectPublicKeyInfo; false when it stands for nobody. */
static bool identify(const tps_corim_key *key, uint8_t digest[32])
{
    found_key found;
    tps_crypto_key *read = NULL;
    bool is_demonstration;

    switch (key->tag) {
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
        if (key->digest.alg != TPS_ALG_SHA256 || key->digest.value.size != 32) {
            return false;
        }
        memcpy(digest, key->digest.value.data, 32);
        return true;
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY:
        return key_read(key->value, &found) == TPS_OK && digest_read(found.key, digest);
    case TPS_CORIM_TAG_CERTIFICATE_DER:
        return key_read_certificate(key->value, &read, &is_demonstration) == TPS_OK &&
               digest_read(read, digest);
    default: return false;
    }
}

static bool stands_behind(const statement_matching *m, const accepted_claim *claim, const uint8_t digest[32])
{
    if (claim->source != KNOWLEDGE_NONE && memcmp(m->k->sources[claim->source].maker, digest, 32) == 0) {
        return true;
    }
    return claim->origin != ACCEPTED_ENDORSED && m->set->signer != NULL &&
           memcmp(m->set->signer, digest, 32) == 0;
}

bool matching_is_authorized(const statement_matching *m, const accepted_claim *claim,
                            const tps_corim_keys *keys)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*keys);
    tps_corim_key key;
    uint8_t digest[32];

    while (tps_corim_next_key(&cursor, &key)) {
        if (!identify(&key, digest) || !stands_behind(m, claim, digest)) {
            return false;
        }
    }
    return true;
}
