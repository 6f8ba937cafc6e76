/* SPDX-License-Identifier: Apache-2.0 */
/* The derivations of spec/keys.md. Which service uses which key is not said here. */
#include "component/boot/keys.h"

#include "tps/secret.h"

enum { SEED_SIZE = 48, UEID_RAND = 0x01, POINT_UNCOMPRESSED = 0x04, HIDDEN_SIZE = 32 };

/** The longest label before P and E. */
#define LABEL_MAX 8u

static tps_span key_span(const uint8_t key[TPS_KEYS_SIZE])
{
    return tps_span_make(key, TPS_KEYS_SIZE);
}

/* 32 bytes from 32 bytes; `salt` as many, or NULL. */
static tps_status derive(const uint8_t secret[TPS_KEYS_SIZE], const uint8_t *salt, tps_span info,
                         uint8_t to[TPS_KEYS_SIZE])
{
    return tps_crypto_hkdf(key_span(secret), salt == NULL ? TPS_SPAN_EMPTY : key_span(salt), info,
                           (tps_buf){to, TPS_KEYS_SIZE});
}

static tps_status derive_p256(tps_span secret, tps_span info, tps_crypto_key **key)
{
    uint8_t seed[SEED_SIZE];
    tps_status status = tps_crypto_hkdf(secret, TPS_SPAN_EMPTY, info, TPS_BUF_OF(seed));

    *key = NULL;
    if (status == TPS_OK) {
        status = tps_crypto_key_derive_p256(seed, key);
    }
    tps_wipe(seed, sizeof(seed));
    return status;
}

static tps_status label_p256(const uint8_t secret[TPS_KEYS_SIZE], const char *label, tps_crypto_key **key)
{
    return derive_p256(key_span(secret), tps_span_of_text(label), key);
}

/* `info` for one provider under one owner: label P E. It holds E: wipe it. */
typedef struct {
    uint8_t bytes[LABEL_MAX + TPS_SHA256_SIZE + TPS_KEYS_SIZE];
    tps_span span;
} pairwise_info;

static void put_info(const char *label, const uint8_t provider[TPS_SHA256_SIZE],
                     const uint8_t owner[TPS_KEYS_SIZE], pairwise_info *info)
{
    size_t size = strlen(label);

    memcpy(info->bytes, label, size);
    memcpy(info->bytes + size, provider, TPS_SHA256_SIZE);
    memcpy(info->bytes + size + TPS_SHA256_SIZE, owner, TPS_KEYS_SIZE);
    info->span = tps_span_make(info->bytes, size + TPS_SHA256_SIZE + TPS_KEYS_SIZE);
}

static tps_status pairwise(const uint8_t secret[TPS_KEYS_SIZE], const char *label,
                           const uint8_t provider[TPS_SHA256_SIZE], const uint8_t owner[TPS_KEYS_SIZE],
                           uint8_t to[TPS_KEYS_SIZE])
{
    pairwise_info info;
    tps_status status;

    put_info(label, provider, owner, &info);
    status = derive(secret, NULL, info.span, to);
    tps_wipe(&info, sizeof(info));
    return status;
}

static tps_status pairwise_p256(const uint8_t secret[TPS_KEYS_SIZE], const char *label,
                                const uint8_t provider[TPS_SHA256_SIZE], const uint8_t owner[TPS_KEYS_SIZE],
                                tps_crypto_key **key)
{
    pairwise_info info;
    tps_status status;

    put_info(label, provider, owner, &info);
    status = derive_p256(key_span(secret), info.span, key);
    tps_wipe(&info, sizeof(info));
    return status;
}

/* ---- the first stage's ---- */

tps_status tps_keys_device_id(tps_span unique_secret, tps_crypto_key **key)
{
    return derive_p256(unique_secret, TPS_SPAN_LITERAL(TPS_KEYS_LABEL_DEVICE_ID), key);
}

/* CDI_A takes all values, CDI_S those that stay over updates. */
static tps_status derive_cdi(tps_span unique_secret, const tps_keys_inputs *inputs, bool takes_code,
                             const char *label, uint8_t cdi[TPS_KEYS_SIZE])
{
    static const uint8_t hidden[HIDDEN_SIZE];
    uint8_t mode = (uint8_t)inputs->mode;
    tps_crypto_hash hash;
    tps_digest salt;
    tps_status status = tps_crypto_hash_begin(&hash, TPS_ALG_SHA256);

    if (status == TPS_OK) {
        if (takes_code) {
            tps_crypto_hash_update(&hash, TPS_SPAN_OF(inputs->code));
            tps_crypto_hash_update(&hash, TPS_SPAN_OF(inputs->configuration));
        }
        tps_crypto_hash_update(&hash, TPS_SPAN_OF(inputs->authority));
        tps_crypto_hash_update(&hash, tps_span_make(&mode, 1));
        tps_crypto_hash_update(&hash, TPS_SPAN_OF(hidden));
        status = tps_crypto_hash_finish(&hash, &salt);
    }
    if (status != TPS_OK) {
        tps_wipe(cdi, TPS_KEYS_SIZE);
        return status;
    }
    return tps_crypto_hkdf(unique_secret, tps_span_make(salt.bytes, salt.size), tps_span_of_text(label),
                           (tps_buf){cdi, TPS_KEYS_SIZE});
}

tps_status tps_keys_cdi_attest(tps_span unique_secret, const tps_keys_inputs *inputs,
                               uint8_t cdi[TPS_KEYS_SIZE])
{
    return derive_cdi(unique_secret, inputs, true, TPS_KEYS_LABEL_CDI_ATTEST, cdi);
}

tps_status tps_keys_cdi_seal(tps_span unique_secret, const tps_keys_inputs *inputs,
                             uint8_t cdi[TPS_KEYS_SIZE])
{
    return derive_cdi(unique_secret, inputs, false, TPS_KEYS_LABEL_CDI_SEAL, cdi);
}

/* The output may be the input. */
static tps_status step(const uint8_t from[TPS_KEYS_SIZE], const char *label, uint8_t to[TPS_KEYS_SIZE])
{
    uint8_t secret[TPS_KEYS_SIZE];
    tps_status status;

    memcpy(secret, from, sizeof(secret));
    status = derive(secret, NULL, tps_span_of_text(label), to);
    tps_wipe(secret, sizeof(secret));
    return status;
}

tps_status tps_keys_newest(const uint8_t cdi_seal[TPS_KEYS_SIZE], uint8_t newest[TPS_KEYS_SIZE])
{
    return step(cdi_seal, TPS_KEYS_LABEL_NEWEST, newest);
}

tps_status tps_keys_older(const uint8_t newer[TPS_KEYS_SIZE], uint8_t older[TPS_KEYS_SIZE])
{
    return step(newer, TPS_KEYS_LABEL_OLDER, older);
}

tps_status tps_keys_s(const uint8_t sv[TPS_KEYS_SIZE], uint32_t v, uint32_t u, uint8_t su[TPS_KEYS_SIZE])
{
    if (v > TPS_KEYS_NEWEST || u > v) {
        tps_wipe(su, TPS_KEYS_SIZE);
        return TPS_BAD_ARGUMENT;
    }
    memmove(su, sv, TPS_KEYS_SIZE);
    for (; v > u; v--) {
        TPS_TRY(tps_keys_older(su, su));
    }
    return TPS_OK;
}

tps_status tps_keys_s0(tps_span unique_secret, const tps_keys_inputs *inputs, uint8_t s0[TPS_KEYS_SIZE])
{
    TPS_TRY(tps_keys_cdi_seal(unique_secret, inputs, s0));
    TPS_TRY(tps_keys_newest(s0, s0));
    return tps_keys_s(s0, TPS_KEYS_NEWEST, 0, s0);
}

/* ---- from CDI_A ---- */

tps_status tps_keys_layer(const uint8_t cdi_attest[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return label_p256(cdi_attest, TPS_KEYS_LABEL_LAYER, key);
}

tps_status tps_keys_ak(const uint8_t cdi_attest[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return label_p256(cdi_attest, TPS_KEYS_LABEL_AK, key);
}

tps_status tps_keys_pairwise_ak(const uint8_t cdi_attest[TPS_KEYS_SIZE],
                                const uint8_t provider[TPS_SHA256_SIZE], const uint8_t owner[TPS_KEYS_SIZE],
                                tps_crypto_key **key)
{
    return pairwise_p256(cdi_attest, TPS_KEYS_LABEL_AK, provider, owner, key);
}

/* ---- from S(v) ---- */

tps_status tps_keys_iak(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return label_p256(s0, TPS_KEYS_LABEL_IAK, key);
}

tps_status tps_keys_authentication(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return label_p256(s0, TPS_KEYS_LABEL_AUTH, key);
}

tps_status tps_keys_pairwise_authentication(const uint8_t s0[TPS_KEYS_SIZE],
                                            const uint8_t provider[TPS_SHA256_SIZE],
                                            const uint8_t owner[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return pairwise_p256(s0, TPS_KEYS_LABEL_AUTH, provider, owner, key);
}

tps_status tps_keys_fdo(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key)
{
    return label_p256(s0, TPS_KEYS_LABEL_FDO, key);
}

tps_status tps_keys_context(const uint8_t sv[TPS_KEYS_SIZE], const uint8_t provider[TPS_SHA256_SIZE],
                            const uint8_t owner[TPS_KEYS_SIZE], uint8_t key[TPS_KEYS_SIZE])
{
    return pairwise(sv, TPS_KEYS_LABEL_CONTEXT, provider, owner, key);
}

tps_status tps_keys_sealed(const uint8_t base[TPS_KEYS_SIZE], const uint8_t *cdi_attest, tps_span owner,
                           uint8_t key[TPS_KEYS_SIZE])
{
    const tps_span label = TPS_SPAN_LITERAL(TPS_KEYS_LABEL_SEALED);
    uint8_t info[sizeof(TPS_KEYS_LABEL_SEALED) - 1 + 32];

    if (owner.size > 32) {
        return TPS_BAD_ARGUMENT;
    }
    memcpy(info, label.data, label.size);
    memcpy(info + label.size, owner.data, owner.size);
    return derive(base, cdi_attest, tps_span_make(info, label.size + owner.size), key);
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

tps_status tps_keys_ueid(const uint8_t s0[TPS_KEYS_SIZE], uint8_t id[TPS_KEYS_UEID_SIZE])
{
    tps_crypto_key *iak;
    tps_status status;

    TPS_TRY(tps_keys_iak(s0, &iak));
    status = tps_keys_instance_id(iak, id);
    tps_crypto_key_free(iak);
    return status;
}

tps_status tps_keys_public_part(const tps_crypto_key *key, tps_crypto_key **public_part)
{
    tps_crypto_point point;

    *public_part = NULL;
    TPS_TRY(tps_crypto_key_point(key, &point));
    return tps_crypto_key_from_point(&point, public_part);
}

tps_status tps_keys_sueid(const uint8_t s0[TPS_KEYS_SIZE], const uint8_t provider[TPS_SHA256_SIZE],
                          const uint8_t owner[TPS_KEYS_SIZE], uint8_t id[TPS_KEYS_UEID_SIZE])
{
    id[0] = UEID_RAND;
    return pairwise(s0, TPS_KEYS_LABEL_SUEID, provider, owner, id + 1);
}

tps_status tps_keys_bootseed(const uint8_t boot_seed[TPS_KEYS_SIZE], const uint8_t provider[TPS_SHA256_SIZE],
                             uint8_t seed[TPS_KEYS_SIZE])
{
    return derive(boot_seed, NULL, tps_span_make(provider, TPS_SHA256_SIZE), seed);
}

tps_status tps_keys_mac(tps_span shared, const uint8_t pairwise_bootseed[TPS_KEYS_SIZE],
                        uint8_t key[TPS_KEYS_SIZE])
{
    return tps_crypto_hkdf(shared, key_span(pairwise_bootseed), TPS_SPAN_LITERAL(TPS_KEYS_LABEL_MAC),
                           (tps_buf){key, TPS_KEYS_SIZE});
}
