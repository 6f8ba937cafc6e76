/* SPDX-License-Identifier: Apache-2.0 */
/* Public areas of keys (TPMT_PUBLIC): what they are for, their names, and the keys themselves. */
#include "format/tpm/reader.h"

enum { EXPONENT_DEFAULT = 65537, POLICY_MAX = 64, CURVE_P256 = 3, CURVE_P384 = 4, CURVE_P521 = 5 };

/* TPMT_SYM_DEF_OBJECT */
static void read_symmetric(tpm_reader *r, tps_tpm_public *out)
{
    out->symmetric = tpm_u16(r, "symmetric algorithm");
    if (out->symmetric == TPS_TPM_ALG_NULL) {
        return;
    }
    if (r->status == TPS_OK && out->symmetric != TPS_TPM_ALG_AES) {
        tpm_fail(r, TPS_TPM_UNSUPPORTED, "symmetric algorithm");
    }
    out->symmetric_bits = tpm_u16(r, "symmetric key size");
    out->symmetric_mode = tpm_u16(r, "symmetric mode");
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME: the ones with a hash and nothing else. */
static void read_scheme(tpm_reader *r, tps_tpm_public *out)
{
    out->scheme = tpm_u16(r, "scheme");
    if (r->status != TPS_OK || out->scheme == TPS_TPM_ALG_NULL || out->scheme == TPS_TPM_ALG_RSAES) {
        return;
    }
    if (out->scheme != TPS_TPM_ALG_RSASSA && out->scheme != TPS_TPM_ALG_RSAPSS &&
        out->scheme != TPS_TPM_ALG_OAEP && out->scheme != TPS_TPM_ALG_ECDSA) {
        tpm_fail(r, TPS_TPM_UNSUPPORTED, "scheme");
    }
    out->scheme_hash = tpm_u16(r, "hash of the scheme");
}

static void read_rsa(tpm_reader *r, tps_tpm_public *out)
{
    read_symmetric(r, out);
    read_scheme(r, out);
    out->bits = tpm_u16(r, "key size");
    out->exponent = tpm_u32(r, "exponent");
    if (out->exponent == 0) {
        out->exponent = EXPONENT_DEFAULT;
    }
    out->n = tpm_sized(r, TPS_RSA_SIZE_MAX, "modulus");
    if (r->status == TPS_OK && out->n.size * 8 != out->bits) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "modulus");
    }
}

static int32_t curve_of(uint16_t number)
{
    switch (number) {
    case CURVE_P256: return TPS_CURVE_P256;
    case CURVE_P384: return TPS_CURVE_P384;
    case CURVE_P521: return TPS_CURVE_P521;
    default: return 0;
    }
}

static void read_ecc(tpm_reader *r, tps_tpm_public *out)
{
    size_t size;

    read_symmetric(r, out);
    read_scheme(r, out);
    out->curve = curve_of(tpm_u16(r, "curve"));
    if (r->status == TPS_OK && out->curve == 0) {
        tpm_fail(r, TPS_TPM_UNSUPPORTED, "curve");
    }
    if (tpm_u16(r, "key derivation") != TPS_TPM_ALG_NULL) {
        (void)tpm_u16(r, "hash of the key derivation");
    }
    size = tps_crypto_curve_size(out->curve);
    out->x = tpm_sized(r, size, "x");
    out->y = tpm_sized(r, size, "y");
    if (out->x.size == 0 || out->y.size == 0) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "point");
    }
}

/* A TPM2B_PUBLIC has a size before it; no type of key is as large as that. */
static tps_span without_size(tps_span encoded)
{
    if (encoded.size >= 2 && (size_t)(encoded.data[0] << 8 | encoded.data[1]) == encoded.size - 2 &&
        encoded.size - 2 != TPS_TPM_ALG_RSA && encoded.size - 2 != TPS_TPM_ALG_ECC) {
        return tps_span_make(encoded.data + 2, encoded.size - 2);
    }
    return encoded;
}

tps_status tps_tpm_public_decode(tps_span encoded, tps_tpm_public *out, tps_error *why)
{
    tpm_reader r = tpm_reader_init(without_size(encoded));

    memset(out, 0, sizeof *out);
    out->encoded = r.in;
    out->type = tpm_u16(&r, "type of the key");
    out->name_alg = tpm_u16(&r, "name algorithm");
    out->attributes = tpm_u32(&r, "attributes");
    out->policy = tpm_sized(&r, POLICY_MAX, "policy");
    if (out->type == TPS_TPM_ALG_RSA) {
        read_rsa(&r, out);
    } else if (out->type == TPS_TPM_ALG_ECC) {
        read_ecc(&r, out);
    } else {
        tpm_fail(&r, TPS_TPM_UNSUPPORTED, "type of the key");
    }
    if (r.status == TPS_OK && tps_tpm_digest_size(out->name_alg) == 0) {
        tpm_fail(&r, TPS_TPM_UNSUPPORTED, "name algorithm");
    }
    return tpm_finish(&r, why);
}

/* ---- what a key is for ---- */

typedef struct {
    uint32_t bit;
    bool is_set;
    const char *detail;
} rule;

static tps_status check_rules(const tps_tpm_public *key, const rule *rules, size_t count, tps_error *why)
{
    for (size_t i = 0; i < count; i++) {
        if (((key->attributes & rules[i].bit) != 0) != rules[i].is_set) {
            return tps_fail(why, TPS_TPM_KEY_ATTRIBUTES, 0, rules[i].detail);
        }
    }
    return TPS_OK;
}

static tps_status check_hash(uint32_t alg, const char *what, tps_error *why)
{
    tps_status status = tps_tpm_hash_check(alg);

    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, what);
}

tps_status tps_tpm_public_is_attestation(const tps_tpm_public *key, tps_error *why)
{
    static const rule rules[] = {
        {TPS_TPM_FIXED_TPM, true, "fixedTPM is clear"},
        {TPS_TPM_FIXED_PARENT, true, "fixedParent is clear"},
        {TPS_TPM_SENSITIVE_DATA_ORIGIN, true, "sensitiveDataOrigin is clear"},
        {TPS_TPM_RESTRICTED, true, "restricted is clear"},
        {TPS_TPM_SIGN, true, "sign is clear"},
        {TPS_TPM_DECRYPT, false, "decrypt is set"},
        {TPS_TPM_X509_SIGN, false, "x509sign is set"},
    };

    TPS_TRY(check_rules(key, rules, sizeof rules / sizeof rules[0], why));
    if (key->scheme != (key->type == TPS_TPM_ALG_ECC ? TPS_TPM_ALG_ECDSA : TPS_TPM_ALG_RSASSA) &&
        (key->type == TPS_TPM_ALG_ECC || key->scheme != TPS_TPM_ALG_RSAPSS)) {
        return tps_fail(why, TPS_TPM_KEY_ATTRIBUTES, 0, "it has no scheme that signs");
    }
    TPS_TRY(check_hash(key->scheme_hash, "the hash of the key's scheme", why));
    return check_hash(key->name_alg, "the key's name algorithm", why);
}

tps_status tps_tpm_public_is_endorsement(const tps_tpm_public *key, tps_error *why)
{
    static const rule rules[] = {
        {TPS_TPM_FIXED_TPM, true, "fixedTPM is clear"},
        {TPS_TPM_FIXED_PARENT, true, "fixedParent is clear"},
        {TPS_TPM_SENSITIVE_DATA_ORIGIN, true, "sensitiveDataOrigin is clear"},
        {TPS_TPM_RESTRICTED, true, "restricted is clear"},
        {TPS_TPM_DECRYPT, true, "decrypt is clear"},
        {TPS_TPM_SIGN, false, "sign is set"},
    };

    TPS_TRY(check_rules(key, rules, sizeof rules / sizeof rules[0], why));
    TPS_TRY(check_hash(key->name_alg, "the key's name algorithm", why));
    return key->symmetric != TPS_TPM_ALG_AES || key->symmetric_mode != TPS_TPM_ALG_CFB
               ? tps_fail(why, TPS_TPM_UNSUPPORTED, 0, "symmetric algorithm")
               : TPS_OK;
}

/* ---- the key itself ---- */

/* Numbers of TPMs may lack zeros in front. */
static void put_right(uint8_t *to, size_t size, tps_span number)
{
    memset(to, 0, size - number.size);
    memcpy(to + (size - number.size), number.data, number.size);
}

static tps_status ecc_key(const tps_tpm_public *key, tps_crypto_key **out)
{
    tps_crypto_point point = {.curve = key->curve, .size = tps_crypto_curve_size(key->curve)};

    put_right(point.x, point.size, key->x);
    put_right(point.y, point.size, key->y);
    return tps_crypto_key_from_point(&point, out);
}

#ifdef TPS_WITHOUT_RSA
static tps_status rsa_key(const tps_tpm_public *key, tps_crypto_key **out)
{
    (void)key;
    (void)out;
    return TPS_CRYPTO_ALG_REFUSED;
}
#else
static tps_status rsa_key(const tps_tpm_public *key, tps_crypto_key **out)
{
    tps_crypto_rsa rsa = {.n_size = key->n.size};
    uint32_t exponent = key->exponent;

    memcpy(rsa.n, key->n.data, key->n.size);
    for (size_t i = 4; i > 0; i--) {
        uint8_t digit = (uint8_t)(exponent >> 8 * (i - 1));
        if (digit != 0 || rsa.e_size != 0) {
            rsa.e[rsa.e_size++] = digit;
        }
    }
    return tps_crypto_key_from_rsa(&rsa, out);
}
#endif

tps_status tps_tpm_public_key(const tps_tpm_public *key, tps_crypto_key **out)
{
    return key->type == TPS_TPM_ALG_ECC ? ecc_key(key, out) : rsa_key(key, out);
}

tps_status tps_tpm_public_name(const tps_tpm_public *key, uint8_t name[TPS_TPM_NAME_MAX], size_t *size)
{
    int32_t alg = tps_tpm_hash_alg(key->name_alg);
    tps_digest digest;

    TPS_TRY(tps_tpm_hash_check(key->name_alg));
    TPS_TRY(tps_crypto_hash_of(alg, key->encoded, &digest));
    name[0] = (uint8_t)(key->name_alg >> 8);
    name[1] = (uint8_t)key->name_alg;
    memcpy(name + 2, digest.bytes, digest.size);
    *size = digest.size + 2;
    return TPS_OK;
}

tps_status tps_tpm_instance_of(const tps_tpm_public *key, uint8_t instance[TPS_TPM_INSTANCE_SIZE])
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, key->encoded, &digest));
    instance[0] = 0x01;
    memcpy(instance + 1, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}
