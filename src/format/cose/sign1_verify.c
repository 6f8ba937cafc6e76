/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 (RFC 9052, 4.4), verified. What is signed is hashed as a stream, but for EdDSA, which takes it
 * whole. */
#include "format/cose/parse.h"
#include "format/cose/structure.h"

tps_status tps_cose_sign1_verify_parsed(const tps_cose_message *message, tps_crypto_key *key,
                                        const tps_cose_terms *terms)
{
    cose_structure structure;
    tps_digest digest;
    tps_status status;
    int32_t hash_alg;
    int32_t alg;

    if (message->tag != TPS_TAG_COSE_SIGN1 && message->tag != 0) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    TPS_TRY(cose_structure_of(message, COSE_SIGNATURE1_START, terms, &structure));
    TPS_TRY(cose_alg_of(message, terms, &alg));
    hash_alg = tps_crypto_alg_hash(alg);
    if (tps_crypto_alg_fits(alg, key) != TPS_OK || (hash_alg == TPS_ALG_NONE && !COSE_HAS_EDDSA)) {
        return TPS_COSE_ALG_REFUSED;
    }
    if (COSE_HAS_EDDSA && hash_alg == TPS_ALG_NONE) {
        status = cose_verify_whole(&structure, alg, key, terms, message->signature);
    } else {
        TPS_TRY(cose_structure_hash(&structure, hash_alg, &digest));
        status = tps_crypto_verify(key, alg, &digest, message->signature);
    }
    return status == TPS_CRYPTO_BAD_SIGNATURE ? TPS_COSE_BAD_SIGNATURE : status;
}

static tps_status find_and_verify(const tps_cose_message *message, const tps_cose_key_finder *keys,
                                  const tps_cose_terms *terms)
{
    tps_crypto_key *key = NULL;

    TPS_TRY(keys->find(keys->context, message, &key));
    return key == NULL ? TPS_COSE_NO_KEY : tps_cose_sign1_verify_parsed(message, key, terms);
}

tps_status tps_cose_sign1_verify(tps_span message, const tps_cose_key_finder *keys,
                                 const tps_cose_terms *terms, tps_cose_message *out, tps_error *why)
{
    tps_status status = cose_parse(message, cose_signed, terms, out, why);

    if (status == TPS_OK) {
        status = tps_fail(why, find_and_verify(out, keys, terms), 0, NULL);
    }
    if (status != TPS_OK) {
        memset(out, 0, sizeof *out); /* nobody shall take for good what is not */
        return status;
    }
    if (out->is_detached) {
        out->payload = terms->detached;
    }
    return TPS_OK;
}
