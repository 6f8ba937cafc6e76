/* SPDX-License-Identifier: Apache-2.0 */
/* INSECURE: keys, signatures and key agreement without cryptography. A point is mixed of its scalar; a
 * signature is mixed of the public point, so that whoever can verify can sign. */
#include <stdlib.h>

#include "crypto/algorithms.h"
#include "crypto/rsa.h"
#include "crypto/spki.h"
#include "support/fake_crypto/mix.h"
#include "tps/secret.h"

/* ---- keys ---- */

static tps_status new_key(int32_t kind, tps_crypto_key **key)
{
    *key = insecure_fake_fails() ? NULL : calloc(1, sizeof **key);
    if (*key == NULL) {
        return TPS_CRYPTO_FAILED;
    }
    (*key)->kind = kind;
    insecure_live.keys++;
    return TPS_OK;
}

/* y, but for its lowest bit, comes of x. */
static void set_y(tps_crypto_point *point, bool is_odd)
{
    insecure_mix mix = insecure_mix_begin("y");

    insecure_mix_add(&mix, tps_span_make(point->x, point->size));
    insecure_mix_out(mix, (tps_buf){point->y, point->size});
    point->y[point->size - 1] = (uint8_t)((point->y[point->size - 1] & 0xfe) | (is_odd ? 1 : 0));
}

static tps_crypto_point point_of(int32_t curve, tps_span scalar)
{
    tps_crypto_point point = {.curve = curve, .size = tps_crypto_curve_size(curve)};
    insecure_mix mix = insecure_mix_begin("x");

    insecure_mix_add(&mix, scalar);
    insecure_mix_out(mix, (tps_buf){point.x, point.size});
    if (curve != TPS_CURVE_ED25519) {
        set_y(&point, scalar.data[0] % 2 != 0);
    }
    return point;
}

static bool is_zero(tps_span number)
{
    uint8_t all = 0;

    for (size_t i = 0; i < number.size; i++) {
        all |= number.data[i];
    }
    return all == 0;
}

tps_status tps_crypto_key_from_scalar(int32_t curve, tps_span scalar, tps_crypto_key **key)
{
    *key = NULL;
    if (tps_crypto_curve_size(curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (scalar.size != tps_crypto_curve_size(curve) || (is_zero(scalar) && curve != TPS_CURVE_ED25519)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(new_key(curve == TPS_CURVE_ED25519 ? TPS_KEY_OKP : TPS_KEY_EC2, key));
    (*key)->is_private = true;
    memcpy((*key)->scalar, scalar.data, scalar.size);
    (*key)->point = point_of(curve, scalar);
    return TPS_OK;
}

tps_status tps_crypto_key_generate(int32_t curve, tps_crypto_key **key)
{
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX];

    *key = NULL;
    if (tps_crypto_curve_size(curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(tps_crypto_random(TPS_BUF_OF(scalar)));
    return tps_crypto_key_from_scalar(curve, tps_span_make(scalar, tps_crypto_curve_size(curve)), key);
}

tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key)
{
    insecure_mix mix = insecure_mix_begin("derive");
    uint8_t scalar[32];

    insecure_mix_add(&mix, tps_span_make(seed, 48));
    insecure_mix_out(mix, TPS_BUF_OF(scalar));
    return tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), key);
}

tps_status tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    *key = NULL;
    if (tps_crypto_curve_size(point->curve) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (point->size != tps_crypto_curve_size(point->curve) || is_zero(tps_span_make(point->x, point->size))) {
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(new_key(point->curve == TPS_CURVE_ED25519 ? TPS_KEY_OKP : TPS_KEY_EC2, key));
    (*key)->point = *point;
    return TPS_OK;
}

tps_status tps_crypto_point_decompress(tps_crypto_point *point, bool is_odd)
{
    if (tps_crypto_curve_size(point->curve) == 0 || point->curve == TPS_CURVE_ED25519) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (point->size != tps_crypto_curve_size(point->curve) || is_zero(tps_span_make(point->x, point->size))) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    set_y(point, is_odd);
    return TPS_OK;
}

tps_status tps_crypto_key_from_rsa(const tps_crypto_rsa *rsa, tps_crypto_key **key)
{
    *key = NULL;
    if (!crypto_rsa_is_sound(rsa)) {
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(new_key(TPS_KEY_RSA, key));
    (*key)->rsa = *rsa;
    return TPS_OK;
}

tps_status tps_crypto_key_from_spki(tps_span spki, tps_crypto_key **key)
{
    enum { RSA_HEADS = 4 + 15 + 5 };
    tps_crypto_point point;
    tps_crypto_rsa rsa;

    *key = NULL;
    if (crypto_spki_point(spki, &point)) {
        return tps_crypto_key_from_point(&point, key);
    }
    if (spki.size > RSA_HEADS && spki.data[0] == 0x30 && spki.data[19] == 0x03 &&
        crypto_rsa_read(tps_span_make(spki.data + RSA_HEADS, spki.size - RSA_HEADS), &rsa)) {
        return tps_crypto_key_from_rsa(&rsa, key);
    }
    return TPS_CRYPTO_BAD_KEY;
}

static int digit_of(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == 0 ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* What stands in base64 before the first other character but line ends. */
static size_t read_base64(tps_span text, uint8_t *out, size_t room)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_of(text.data[i]);
        if (text.data[i] == '\n' || text.data[i] == '\r') {
            continue;
        }
        if (digit < 0) {
            break;
        }
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8 && size < room) {
            count -= 8;
            out[size++] = (uint8_t)(bits >> count);
        }
    }
    return size;
}

tps_status tps_crypto_key_from_pem(tps_span pem, tps_crypto_key **key)
{
    static const char head[] = "-----BEGIN PUBLIC KEY-----";
    uint8_t der[600];

    *key = NULL;
    for (size_t at = 0; at + sizeof head <= pem.size; at++) {
        if (memcmp(pem.data + at, head, sizeof head - 1) == 0) {
            at += sizeof head - 1;
            return tps_crypto_key_from_spki(
                tps_span_make(der, read_base64(tps_span_make(pem.data + at, pem.size - at), der, sizeof der)),
                key);
        }
    }
    return TPS_CRYPTO_BAD_KEY;
}

tps_status tps_crypto_key_scalar(const tps_crypto_key *key, tps_buf scalar)
{
    if (!key->is_private) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (scalar.size != tps_crypto_curve_size(key->point.curve)) {
        return TPS_BAD_ARGUMENT;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    memcpy(scalar.data, key->scalar, scalar.size);
    return TPS_OK;
}

int32_t tps_crypto_key_kind(const tps_crypto_key *key)
{
    return key->kind;
}

tps_status tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    if (key->kind == TPS_KEY_RSA) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    insecure_work.public_parts += key->is_private;
    *point = key->point;
    return TPS_OK;
}

tps_status tps_crypto_key_rsa(const tps_crypto_key *key, tps_crypto_rsa *rsa)
{
    if (key->kind != TPS_KEY_RSA) {
        return TPS_CRYPTO_BAD_KEY;
    }
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    *rsa = key->rsa;
    return TPS_OK;
}

int32_t tps_crypto_key_curve(const tps_crypto_key *key)
{
    return key->point.curve;
}

bool tps_crypto_key_is_private(const tps_crypto_key *key)
{
    return key->is_private;
}

tps_status tps_crypto_key_copy(const tps_crypto_key *key, tps_crypto_key **copy)
{
    TPS_TRY(new_key(key->kind, copy));
    **copy = *key;
    return TPS_OK;
}

void tps_crypto_key_free(tps_crypto_key *key)
{
    insecure_live.keys -= key != NULL;
    free(key);
}

/* ---- key agreement ---- */

tps_status tps_crypto_ecdh(const tps_crypto_key *own, const tps_crypto_key *peer, tps_buf secret)
{
    const tps_crypto_key *first = memcmp(own->point.x, peer->point.x, sizeof own->point.x) < 0 ? own : peer;
    const tps_crypto_key *second = first == own ? peer : own;
    insecure_mix mix = insecure_mix_begin("ecdh");
    tps_status status = TPS_OK;

    if (!own->is_private || own->kind != TPS_KEY_EC2 || own->point.curve != peer->point.curve) {
        status = TPS_CRYPTO_BAD_KEY;
    } else if (secret.size != own->point.size) {
        status = TPS_BAD_ARGUMENT;
    } else if (insecure_fake_fails()) {
        status = TPS_CRYPTO_FAILED;
    }
    if (status != TPS_OK) {
        tps_wipe(secret.data, secret.size);
        return status;
    }
    insecure_mix_add(&mix, TPS_SPAN_OF(first->point.x));
    insecure_mix_add(&mix, TPS_SPAN_OF(second->point.x));
    insecure_mix_out(mix, secret);
    return TPS_OK;
}

/* ---- signatures ---- */

static void make_signature(const tps_crypto_key *key, const char *purpose, tps_span of, tps_buf out)
{
    insecure_mix mix = insecure_mix_begin(purpose);

    insecure_mix_add(&mix, key->kind == TPS_KEY_RSA ? TPS_SPAN_OF(key->rsa.n) : TPS_SPAN_OF(key->point.x));
    insecure_mix_add(&mix, of);
    insecure_mix_out(mix, out);
}

static tps_status check_signature(const tps_crypto_key *key, const char *purpose, tps_span of,
                                  tps_span signature)
{
    uint8_t expected[TPS_SIGNATURE_SIZE_MAX];

    insecure_work.verifications++;
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    make_signature(key, purpose, of, (tps_buf){expected, signature.size});
    return memcmp(expected, signature.data, signature.size) == 0 ? TPS_OK : TPS_CRYPTO_BAD_SIGNATURE;
}

tps_status tps_crypto_verify(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_span signature)
{
    TPS_TRY(tps_crypto_alg_fits(alg, key));
    if (digest->size == 0 || digest->size != crypto_hash_size(tps_crypto_alg_hash(alg))) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (signature.size != (key->kind == TPS_KEY_RSA ? key->rsa.n_size : 2 * key->point.size)) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    return check_signature(key, "digest", tps_span_make(digest->bytes, digest->size), signature);
}

tps_status tps_crypto_sign(tps_crypto_key *key, int32_t alg, const tps_digest *digest, tps_buf signature,
                           size_t *size)
{
    *size = 0;
    if (digest->size == 0 || digest->size != crypto_hash_size(tps_crypto_alg_hash(alg))) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    if (insecure_fake_fails()) {
        return TPS_CRYPTO_FAILED;
    }
    insecure_work.signatures++;
    make_signature(key, "digest", tps_span_make(digest->bytes, digest->size),
                   (tps_buf){signature.data, *size});
    return TPS_OK;
}

tps_status tps_crypto_verify_rs256(const tps_crypto_key *key, tps_span message, tps_span signature)
{
    (void)key;
    (void)message;
    (void)signature;
    return TPS_CRYPTO_ALG_REFUSED;
}

tps_status tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_span signature)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_alg_fits(alg, key));
    if (crypto_signs_messages(alg)) {
        return signature.size == 64 ? check_signature(key, "message", message, signature)
                                    : TPS_CRYPTO_BAD_SIGNATURE;
    }
    TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
    return tps_crypto_verify(key, alg, &digest, signature);
}

tps_status tps_crypto_sign_message(tps_crypto_key *key, int32_t alg, tps_span message, tps_buf signature,
                                   size_t *size)
{
    tps_digest digest;

    TPS_TRY(crypto_check_sign(key, alg, signature, size));
    if (crypto_signs_messages(alg)) {
        if (insecure_fake_fails()) {
            return TPS_CRYPTO_FAILED;
        }
        insecure_work.signatures++;
        make_signature(key, "message", message, (tps_buf){signature.data, *size});
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_hash_of(tps_crypto_alg_hash(alg), message, &digest));
    return tps_crypto_sign(key, alg, &digest, signature, size);
}

/* ---- what there is: everything ---- */

bool tps_crypto_supports(int32_t alg)
{
    return crypto_is_known(alg);
}

bool tps_crypto_supports_curve(int32_t curve)
{
    return tps_crypto_curve_size(curve) != 0;
}
