/* SPDX-License-Identifier: Apache-2.0 */
/* Credential activation: what TPM2_MakeCredential does, without a TPM. */
#include "tps/tpm_credential.h"

#include "crypto/tpm.h"
#include "crypto/x509.h"
#include "tps/secret.h"

enum {
    SEED_MAX = TPS_HASH_SIZE_MAX,
    NAME_MAX = TPS_TPM_NAME_MAX,
    ENCRYPTED_MAX = 600,

    HEAD_VERSION = 1,
    RSA_SMALL = 256
};

/* All that is secret, wiped at one place. */
typedef struct {
    uint8_t seed[SEED_MAX];
    uint8_t key[32];
    uint8_t mac_key[SEED_MAX];
    uint8_t shared[TPS_COORDINATE_SIZE_MAX];
    uint8_t plain[2 + TPS_TPM_SECRET_SIZE];
} secrets;

/* What comes out. */
typedef struct {
    uint8_t encrypted[ENCRYPTED_MAX]; /* the seed, for the endorsement key */
    size_t encrypted_size;
    uint8_t identity[2 + TPS_TPM_SECRET_SIZE];
    size_t identity_size;
    tps_digest mac;
} wrapped;

static int32_t mac_alg(uint32_t name_alg)
{
    return name_alg == TPS_TPM_ALG_SHA384   ? TPS_ALG_HMAC384
           : name_alg == TPS_TPM_ALG_SHA512 ? TPS_ALG_HMAC512
                                            : TPS_ALG_HMAC256;
}

static void put_u16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_u32(uint8_t *to, uint32_t value)
{
    put_u16(to, value >> 16);
    put_u16(to + 2, value & 0xffff);
}

/* KDFa (Part 1, 11.4.10.2): one block is enough for every key here. The label's zero is part of it. */
static tps_status kdf_a(const tps_tpm_ek *ek, tps_span seed, tps_span label, tps_span context, tps_buf out)
{
    uint8_t count[4];
    uint8_t bits[4];
    tps_crypto_mac mac;
    tps_digest block;
    tps_status status;

    put_u32(count, 1);
    put_u32(bits, (uint32_t)out.size * 8);
    TPS_TRY(tps_crypto_mac_begin(&mac, mac_alg(ek->name_alg), seed));
    tps_crypto_mac_update(&mac, TPS_SPAN_OF(count));
    tps_crypto_mac_update(&mac, label);
    tps_crypto_mac_update(&mac, context);
    tps_crypto_mac_update(&mac, TPS_SPAN_OF(bits));
    status = tps_crypto_mac_finish(&mac, &block);
    if (status == TPS_OK) { /* no key here is longer than a block */
        memcpy(out.data, block.bytes, out.size);
    }
    tps_wipe(&block, sizeof block);
    return status;
}

/* KDFe (Part 1, 11.4.10.3), of one block. */
static tps_status kdf_e(const tps_tpm_ek *ek, tps_span shared, const tps_crypto_point *ours,
                        const tps_crypto_point *theirs, uint8_t *seed)
{
    static const char use[] = "IDENTITY";
    uint8_t count[4];
    tps_crypto_hash hash;
    tps_digest block;
    tps_status status;

    put_u32(count, 1);
    TPS_TRY(tps_crypto_hash_begin(&hash, tps_tpm_hash_alg(ek->name_alg)));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(count));
    tps_crypto_hash_update(&hash, shared);
    tps_crypto_hash_update(&hash, tps_span_make(use, sizeof use));
    tps_crypto_hash_update(&hash, tps_span_make(ours->x, ours->size));
    tps_crypto_hash_update(&hash, tps_span_make(theirs->x, theirs->size));
    status = tps_crypto_hash_finish(&hash, &block);
    if (status == TPS_OK) {
        memcpy(seed, block.bytes, block.size);
    }
    tps_wipe(&block, sizeof block);
    return status;
}

/* ---- the seed ---- */

static tps_status seed_for_rsa(const tps_tpm_ek *ek, secrets *s, size_t seed_size, wrapped *out)
{
    static const char label[] = "IDENTITY"; /* with its zero */
    tps_crypto_rsa rsa;

    TPS_TRY(tps_crypto_key_rsa(ek->key, &rsa));
    TPS_TRY(tps_crypto_random((tps_buf){s->seed, seed_size}));
    out->encrypted_size = rsa.n_size;
    return crypto_rsa_encrypt_oaep(ek->key, tps_tpm_hash_alg(ek->name_alg),
                                   tps_span_make(label, sizeof label), tps_span_make(s->seed, seed_size),
                                   (tps_buf){out->encrypted, out->encrypted_size});
}

/* TPMS_ECC_POINT */
static void put_point(const tps_crypto_point *point, wrapped *out)
{
    put_u16(out->encrypted, point->size);
    memcpy(out->encrypted + 2, point->x, point->size);
    put_u16(out->encrypted + 2 + point->size, point->size);
    memcpy(out->encrypted + 4 + point->size, point->y, point->size);
    out->encrypted_size = 4 + 2 * point->size;
}

static tps_status agree(const tps_tpm_ek *ek, const tps_crypto_key *ephemeral, secrets *s, wrapped *out)
{
    tps_crypto_point ours;
    tps_crypto_point theirs;

    TPS_TRY(tps_crypto_key_point(ephemeral, &ours));
    TPS_TRY(tps_crypto_key_point(ek->key, &theirs));
    TPS_TRY(tps_crypto_ecdh(ephemeral, ek->key, (tps_buf){s->shared, theirs.size}));
    put_point(&ours, out);
    return kdf_e(ek, tps_span_make(s->shared, theirs.size), &ours, &theirs, s->seed);
}

static tps_status seed_for_curve(const tps_tpm_ek *ek, secrets *s, wrapped *out)
{
    tps_crypto_key *ephemeral = NULL;
    tps_status status;

    TPS_TRY(tps_crypto_key_generate(tps_crypto_key_curve(ek->key), &ephemeral));
    status = agree(ek, ephemeral, s, out);
    tps_crypto_key_free(ephemeral);
    return status;
}

/* ---- what it protects ---- */

static tps_status protect(const tps_tpm_ek *ek, tps_span name, tps_span secret, secrets *s, size_t seed_size,
                          wrapped *out)
{
    static const char storage[] = "STORAGE";
    static const char integrity[] = "INTEGRITY";
    tps_span seed = tps_span_make(s->seed, seed_size);
    size_t key_size = ek->symmetric_bits / 8;
    tps_crypto_mac mac;

    put_u16(s->plain, secret.size);
    memcpy(s->plain + 2, secret.data, secret.size);
    out->identity_size = 2 + secret.size;
    TPS_TRY(kdf_a(ek, seed, tps_span_make(storage, sizeof storage), name, (tps_buf){s->key, key_size}));
    TPS_TRY(crypto_aes_cfb(tps_span_make(s->key, key_size), tps_span_make(s->plain, out->identity_size),
                           (tps_buf){out->identity, out->identity_size}));
    TPS_TRY(kdf_a(ek, seed, tps_span_make(integrity, sizeof integrity), TPS_SPAN_EMPTY,
                  (tps_buf){s->mac_key, seed_size}));
    TPS_TRY(tps_crypto_mac_begin(&mac, mac_alg(ek->name_alg), tps_span_make(s->mac_key, seed_size)));
    tps_crypto_mac_update(&mac, tps_span_make(out->identity, out->identity_size));
    tps_crypto_mac_update(&mac, name);
    return tps_crypto_mac_finish(&mac, &out->mac);
}

static tps_status wrap(const tps_tpm_ek *ek, tps_span name, tps_span secret, secrets *s, wrapped *out)
{
    size_t seed_size = tps_tpm_digest_size(ek->name_alg);

    TPS_TRY(tps_crypto_key_kind(ek->key) == TPS_KEY_RSA ? seed_for_rsa(ek, s, seed_size, out)
                                                        : seed_for_curve(ek, s, out));
    return protect(ek, name, secret, s, seed_size, out);
}

static tps_status write(const wrapped *w, tps_buf out, size_t *size)
{
    size_t object = 2 + w->mac.size + w->identity_size;
    uint8_t *at = out.data;

    *size = 8 + 2 + object + 2 + w->encrypted_size;
    if (out.size < *size || at == NULL) {
        return TPS_BUFFER_TOO_SMALL;
    }
    put_u32(at, 0xbadcc0deu); /* as tpm2-tools begin it */
    put_u32(at + 4, HEAD_VERSION);
    put_u16(at + 8, object);
    put_u16(at + 10, w->mac.size);
    memcpy(at + 12, w->mac.bytes, w->mac.size);
    at += 12 + w->mac.size;
    memcpy(at, w->identity, w->identity_size);
    at += w->identity_size;
    put_u16(at, w->encrypted_size);
    memcpy(at + 2, w->encrypted, w->encrypted_size);
    return TPS_OK;
}

tps_status tps_tpm_credential_make(const tps_tpm_ek *ek, tps_span name, tps_span secret, tps_buf out,
                                   size_t *size)
{
    secrets s = {.seed = {0}};
    wrapped w = {.encrypted_size = 0};
    tps_status status;

    TPS_TRY(tps_tpm_hash_check(ek->name_alg));
    if (secret.size == 0 || secret.size > TPS_TPM_SECRET_SIZE || name.size < 3 || name.size > NAME_MAX ||
        (ek->symmetric_bits != 128 && ek->symmetric_bits != 256)) {
        return TPS_BAD_ARGUMENT;
    }
    status = wrap(ek, name, secret, &s, &w);
    tps_wipe(&s, sizeof s);
    return status == TPS_OK ? write(&w, out, size) : status;
}

/* ---- endorsement keys ---- */

/* Which of the two templates goes with a key's size. */
static tps_status check_small(const tps_crypto_key *key, bool *is_small)
{
    tps_crypto_rsa rsa;

    if (tps_crypto_key_kind(key) == TPS_KEY_OKP) {
        return TPS_CRYPTO_BAD_KEY;
    }
    *is_small = tps_crypto_key_curve(key) == TPS_CURVE_P256;
    if (tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        TPS_TRY(tps_crypto_key_rsa(key, &rsa));
        *is_small = rsa.n_size == RSA_SMALL;
    }
    return TPS_OK;
}

tps_status tps_tpm_ek_of_certificate(tps_span der, tps_tpm_ek *ek)
{
    tps_crypto_key *key = NULL;
    bool is_low = false;
    tps_status status;

    TPS_TRY(crypto_tpm_check_purpose(der, CRYPTO_TPM_EK));
    TPS_TRY(tps_x509_public_key(der, &key));
    status = check_small(key, &is_low);
    if (status != TPS_OK) {
        tps_crypto_key_free(key);
        return status;
    }
    *ek = (tps_tpm_ek){.key = key,
                       .name_alg = is_low ? TPS_TPM_ALG_SHA256 : TPS_TPM_ALG_SHA384,
                       .symmetric_bits = is_low ? 128 : 256};
    return TPS_OK;
}

tps_status tps_tpm_ek_of_public(const tps_tpm_public *public_area, tps_tpm_ek *ek, tps_error *why)
{
    TPS_TRY(tps_tpm_public_is_endorsement(public_area, why));
    *ek = (tps_tpm_ek){.name_alg = public_area->name_alg, .symmetric_bits = public_area->symmetric_bits};
    return tps_tpm_public_key(public_area, &ek->key);
}
