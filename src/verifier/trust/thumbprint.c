/* SPDX-License-Identifier: Apache-2.0 */
/* From a thumbprint to the key that evidence brings. */
#include "verifier/trust/thumbprint.h"

#include "crypto/x509.h"
#include "verifier/knowledge/statements.h"
#include "verifier/trust/path.h"

static int32_t hash_of_size(size_t size)
{
    return size == 32 ? TPS_ALG_SHA256 : size == 48 ? TPS_ALG_SHA384 : TPS_ALG_SHA512;
}

/* Whether the bytes have the thumbprint. */
static tps_status compare(tps_span thumbprint, tps_span bytes)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(hash_of_size(thumbprint.size), bytes, &digest));
    return tps_span_equal(thumbprint, tps_span_make(digest.bytes, digest.size))
               ? TPS_OK
               : TPS_VERIFIER_INSTANCE_MISMATCH;
}

/* Whether the certificate is the one that is endorsed, or has the key that is. */
static tps_status check_leaf(const tps_verifier *v, tps_span leaf, const tps_crypto_key *key,
                             const knowledge_device *device, int64_t now)
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    trust_path path = {.count = 0};
    int64_t from = INT64_MIN;
    int64_t until = INT64_MAX;
    size_t size = 0;

    if (device->by == STATEMENT_BY_KEY) {
        TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
        return compare(knowledge_device_thumbprint(device), tps_span_make(spki, size));
    }
    TPS_TRY(compare(knowledge_device_thumbprint(device), leaf));
    TPS_TRY(path_add_certificate(&path, leaf, &from, &until));
    if (now < from || now > until) {
        return TPS_CRYPTO_CHAIN_EXPIRED;
    }
    return path_check(v, &path, now);
}

static tps_status check_ueid(const tps_crypto_key *key, tps_span ueid)
{
    tps_crypto_point point;

    if (ueid.size == 0) {
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_key_point(key, &point));
    return key_check_instance(&point, ueid);
}

tps_status thumbprint_check(tps_verifier *v, const tps_cose_sign1 *message, const knowledge_device *device,
                            tps_span ueid, int64_t now, uint8_t signer[32])
{
    tps_span leaf = TPS_SPAN_EMPTY;
    tps_crypto_key *key = NULL;
    tps_status status;

    if (tps_cose_certificates(message->headers.x5chain, &leaf, 1) == 0 || leaf.size == 0) {
        return TPS_COSE_NO_KEY;
    }
    TPS_TRY(tps_x509_public_key(leaf, &key));
    status = check_leaf(v, leaf, key, device, now);
    status = status == TPS_OK ? check_ueid(key, ueid) : status;
    status = status == TPS_OK ? verifier_check_signature(v, message, key, NULL) : status;
    status = status == TPS_OK ? key_digest(key, signer) : status;
    tps_crypto_key_free(key);
    return status;
}
