/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052, 4.4), verified. What is signed is hashed as a stream, but for EdDSA, which takes it
 * whole. */
#include "format/cose/parse.h"
#include "format/cose/structure.h"

static tps_status verify_digest(const cose_structure *structure, int32_t alg, tps_crypto_key *key,
                                tps_span signature)
{
    tps_digest digest;

    TPS_TRY(cose_structure_hash(structure, tps_crypto_alg_hash(alg), &digest));
    return tps_crypto_verify(key, alg, &digest, signature);
}

tps_status tps_cose_sign1_verify_parsed(const tps_cose_message *message, tps_crypto_key *key,
                                        const tps_cose_terms *terms)
{
    cose_structure structure;
    tps_status status;
    int32_t alg;

    if (message->tag != TPS_TAG_COSE_SIGN1 && message->tag != 0) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_structure_of(message, "Signature1", terms, &structure));
    TPS_TRY(cose_alg_of(message, terms, &alg));
    if (tps_crypto_alg_fits(alg, key) != TPS_OK) {
        return TPS_COSE_ALG_REFUSED;
    }
    status = tps_crypto_alg_hash(alg) != TPS_ALG_NONE
                 ? verify_digest(&structure, alg, key, message->signature)
                 : cose_verify_whole(&structure, alg, key, terms == NULL ? TPS_BUF_MEASURE : terms->scratch,
                                     message->signature);
    return status == TPS_CRYPTO_BAD_SIGNATURE ? TPS_COSE_BAD_SIGNATURE : status;
}

static tps_status verify(tps_span message, const tps_cose_key_finder *keys, const tps_cose_terms *terms,
                         tps_cose_message *parsed, tps_error *why)
{
    tps_crypto_key *key = NULL;
    tps_status status;

    TPS_TRY(cose_parse(message, COSE_SIGNED, terms, parsed, why));
    status = keys->find(keys->context, parsed, &key);
    if (status == TPS_OK) {
        status = key == NULL ? TPS_COSE_NO_KEY : tps_cose_sign1_verify_parsed(parsed, key, terms);
    }
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, NULL);
}

tps_status tps_cose_sign1_verify(tps_span message, const tps_cose_key_finder *keys,
                                 const tps_cose_terms *terms, tps_cose_message *out, tps_error *why)
{
    tps_cose_message parsed;

    TPS_TRY(verify(message, keys, terms, &parsed, why));
    if (parsed.is_detached) {
        parsed.payload = terms->detached;
    }
    *out = parsed;
    return TPS_OK;
}
