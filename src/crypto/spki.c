/* SPDX-License-Identifier: Apache-2.0 */
/* SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 5480; RFC 8410; RFC 3279) without a library. */
#include "crypto/spki.h"

#include "crypto/algorithms.h"

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
/* AlgorithmIdentifier of rsaEncryption with its NULL. */
static const uint8_t rsa_algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

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

/* Takes one value of `tag` from the front of `der` and returns what stands in it, or TPS_SPAN_EMPTY: another
 * tag, cut short, or a length that is not the shortest. */
static tps_span take(tps_span *der, uint8_t tag)
{
    size_t head = 2;
    size_t length;
    tps_span content;

    if (der->size < head || der->data[0] != tag) {
        return TPS_SPAN_EMPTY;
    }
    length = der->data[1];
    if (length == 0x81 && der->size > 2 && der->data[2] >= 0x80) {
        length = der->data[2];
        head = 3;
    } else if (length == 0x82 && der->size > 3 && der->data[2] != 0) {
        length = (size_t)der->data[2] << 8 | der->data[3];
        head = 4;
    } else if (length >= 0x80) {
        return TPS_SPAN_EMPTY;
    }
    if (length > der->size - head) {
        return TPS_SPAN_EMPTY;
    }
    content = tps_span_make(der->data + head, length);
    *der = tps_span_make(der->data + head + length, der->size - head - length);
    return content;
}

/* A positive INTEGER without its sign byte into `out`; the size, or 0. */
static size_t take_number(tps_span *der, uint8_t *out, size_t room)
{
    tps_span number = take(der, 0x02);

    if (number.size > 1 && number.data[0] == 0 && number.data[1] >= 0x80) {
        number = tps_span_make(number.data + 1, number.size - 1);
    } else if (number.size == 0 || number.data[0] == 0 || number.data[0] >= 0x80) {
        return 0; /* zero, negative, or not the shortest */
    }
    if (number.size > room) {
        return 0;
    }
    memcpy(out, number.data, number.size);
    return number.size;
}

bool crypto_rsa_read(tps_span der, tps_crypto_rsa *rsa)
{
    tps_span body = take(&der, 0x30);

    rsa->n_size = take_number(&body, rsa->n, sizeof rsa->n);
    rsa->e_size = take_number(&body, rsa->e, sizeof rsa->e);
    return der.size == 0 && body.size == 0 && crypto_rsa_is_sound(rsa);
}

/* ---- writing ---- */

/* Heads as DER writes them, for at most 65,535 bytes. Returns the size. */
static size_t put_head(uint8_t *out, uint8_t tag, size_t length)
{
    out[0] = tag;
    if (length < 0x80) {
        out[1] = (uint8_t)length;
        return 2;
    }
    if (length <= 0xff) {
        out[1] = 0x81;
        out[2] = (uint8_t)length;
        return 3;
    }
    out[1] = 0x82;
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    return 4;
}

static size_t put_integer(uint8_t *out, const uint8_t *number, size_t size)
{
    size_t pad = number[0] >> 7;
    size_t head = put_head(out, 0x02, size + pad);

    out[head] = 0;
    memcpy(out + head + pad, number, size);
    return head + pad + size;
}

size_t crypto_rsa_write(const tps_crypto_rsa *rsa, uint8_t out[CRYPTO_RSA_DER_MAX])
{
    uint8_t body[CRYPTO_RSA_DER_MAX];
    size_t size = put_integer(body, rsa->n, rsa->n_size);
    size_t head;

    size += put_integer(body + size, rsa->e, rsa->e_size);
    head = put_head(out, 0x30, size);
    memcpy(out + head, body, size);
    return head + size;
}

static tps_status write_rsa(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    tps_crypto_rsa rsa;
    uint8_t der[CRYPTO_RSA_DER_MAX];
    uint8_t head[4 + sizeof rsa_algorithm + 5];
    uint8_t bits[5];
    size_t der_size;
    size_t bits_size;
    size_t head_size;

    TPS_TRY(tps_crypto_key_rsa(key, &rsa));
    der_size = crypto_rsa_write(&rsa, der);
    bits_size = put_head(bits, 0x03, der_size + 1);
    bits[bits_size++] = 0;
    head_size = put_head(head, 0x30, sizeof rsa_algorithm + bits_size + der_size);
    memcpy(head + head_size, rsa_algorithm, sizeof rsa_algorithm);
    head_size += sizeof rsa_algorithm;
    memcpy(head + head_size, bits, bits_size);
    head_size += bits_size;
    *size = head_size + der_size;
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    memcpy(out.data, head, head_size);
    memcpy(out.data + head_size, der, der_size);
    return TPS_OK;
}

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
        return write_rsa(key, out, size);
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
