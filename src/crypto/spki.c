/* SPDX-License-Identifier: Apache-2.0 */
/* SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 5480; RFC 8410) without a library. */
#include "crypto/spki.h"

#include "crypto/rsa.h"

/* A SubjectPublicKeyInfo of an uncompressed point begins with these bytes, always (RFC 5480, 2). */
static const uint8_t p256_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const uint8_t p384_head[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};
static const uint8_t p521_head[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
                                    0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04};
static const uint8_t ed25519_head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
static const struct {
    int32_t curve;
    tps_span head;
} kinds[] = {
    {TPS_CURVE_P256, {p256_head, sizeof p256_head}},
    {TPS_CURVE_P384, {p384_head, sizeof p384_head}},
    {TPS_CURVE_P521, {p521_head, sizeof p521_head}},
    {TPS_CURVE_ED25519, {ed25519_head, sizeof ed25519_head}},
};

/* ---- reading ---- */

bool crypto_spki_point(tps_span spki, tps_crypto_point *point)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tps_span head = kinds[i].head;
        size_t half = tps_crypto_curve_size(kinds[i].curve);
        size_t whole = kinds[i].curve == TPS_CURVE_ED25519 ? half : 2 * half;
        if (spki.size == head.size + whole && memcmp(spki.data, head.data, head.size) == 0) {
            *point = (tps_crypto_point){.curve = kinds[i].curve, .size = half};
            memcpy(point->x, spki.data + head.size, half);
            memcpy(point->y, spki.data + head.size + half, whole - half);
            return true;
        }
    }
    return false;
}

/* ---- writing ---- */

static tps_span head_of(int32_t curve)
{
    size_t i = 0;

    while (kinds[i].curve != curve) { /* a key's curve is one of them */
        i++;
    }
    return kinds[i].head;
}

tps_status tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    tps_crypto_point point;
    tps_span head;
    size_t rest;

    *size = 0;
    if (tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        return crypto_rsa_spki(key, out, size);
    }
    TPS_TRY(tps_crypto_key_point(key, &point));
    head = head_of(point.curve);
    rest = point.curve == TPS_CURVE_ED25519 ? 0 : point.size;
    *size = head.size + point.size + rest;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    memcpy(out.data, head.data, head.size);
    memcpy(out.data + head.size, point.x, point.size);
    memcpy(out.data + head.size + point.size, point.y, rest);
    return TPS_OK;
}
