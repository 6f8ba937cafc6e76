/* SPDX-License-Identifier: Apache-2.0 */
/* The derivations of spec/keys.md. Which service uses which key is not said here. */
#include "component/boot/keys.h"

#include "tps/secret.h"

enum { IAK_SEED_SIZE = 48, UEID_RAND = 0x01, POINT_UNCOMPRESSED = 0x04 };

tps_status tps_keys_s0(tps_span unique_secret, uint8_t s0[TPS_KEYS_SIZE])
{
    return tps_crypto_hkdf(unique_secret, TPS_SPAN_EMPTY, TPS_SPAN_LITERAL(TPS_KEYS_LABEL_S0),
                           (tps_buf){s0, TPS_KEYS_SIZE});
}

tps_status tps_keys_cdi_attest(tps_span unique_secret, const uint8_t boot_digest[TPS_SHA256_SIZE],
                               uint8_t cdi[TPS_KEYS_SIZE])
{
    return tps_crypto_hkdf(unique_secret, tps_span_make(boot_digest, TPS_SHA256_SIZE),
                           TPS_SPAN_LITERAL(TPS_KEYS_LABEL_CDI_ATTEST), (tps_buf){cdi, TPS_KEYS_SIZE});
}

tps_status tps_keys_iak(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    uint8_t seed[IAK_SEED_SIZE];
    tps_status status = tps_crypto_hkdf(tps_span_make(s0, TPS_KEYS_SIZE), TPS_SPAN_EMPTY,
                                        TPS_SPAN_LITERAL(TPS_KEYS_LABEL_IAK), TPS_BUF_OF(seed));

    if (status == TPS_OK) {
        status = tps_crypto_key_derive_p256(seed, key);
    }
    tps_wipe(seed, sizeof(seed));
    return status;
}

tps_status tps_keys_instance_id(const tps_crypto_key *key, uint8_t id[TPS_KEYS_UEID_SIZE])
{
    tps_crypto_point point;
    uint8_t encoded[1 + 2 * 32];
    tps_digest digest;

    TPS_TRY(tps_crypto_key_point(key, &point));
    if (point.curve != TPS_CURVE_P256) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    encoded[0] = POINT_UNCOMPRESSED;
    memcpy(encoded + 1, point.x, 32);
    memcpy(encoded + 33, point.y, 32);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(encoded), &digest));

    id[0] = UEID_RAND;
    memcpy(id + 1, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}

tps_status tps_keys_sueid(const uint8_t s0[TPS_KEYS_SIZE], const uint8_t provider[TPS_SHA256_SIZE],
                          const uint8_t owner[TPS_KEYS_SIZE], uint8_t id[TPS_KEYS_UEID_SIZE])
{
    enum { LABEL = sizeof(TPS_KEYS_LABEL_SUEID) - 1 };
    uint8_t info[LABEL + TPS_SHA256_SIZE + TPS_KEYS_SIZE];
    tps_status status;

    memcpy(info, TPS_KEYS_LABEL_SUEID, LABEL);
    memcpy(info + LABEL, provider, TPS_SHA256_SIZE);
    memcpy(info + LABEL + TPS_SHA256_SIZE, owner, TPS_KEYS_SIZE);
    id[0] = UEID_RAND;
    status = tps_crypto_hkdf(tps_span_make(s0, TPS_KEYS_SIZE), TPS_SPAN_EMPTY, TPS_SPAN_OF(info),
                             (tps_buf){id + 1, TPS_KEYS_UEID_SIZE - 1});
    tps_wipe(info, sizeof(info));
    return status;
}

tps_status tps_keys_bootseed(const uint8_t boot_seed[TPS_KEYS_SIZE], const uint8_t provider[TPS_SHA256_SIZE],
                             uint8_t pairwise[TPS_KEYS_SIZE])
{
    return tps_crypto_hkdf(tps_span_make(boot_seed, TPS_KEYS_SIZE), TPS_SPAN_EMPTY,
                           tps_span_make(provider, TPS_SHA256_SIZE), (tps_buf){pairwise, TPS_KEYS_SIZE});
}
