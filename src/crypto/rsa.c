/* SPDX-License-Identifier: Apache-2.0 */
/* Public RSA keys in DER (RFC 8017, A.1.1; RFC 3279, 2.3.1) without a library. */
#include "crypto/rsa.h"

/* AlgorithmIdentifier of rsaEncryption with its NULL. */
static const uint8_t rsa_algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

/* ---- reading ---- */

bool crypto_rsa_is_sound(const tps_crypto_rsa *rsa)
{
    if (rsa->n_size < TPS_RSA_SIZE_MIN || rsa->n_size > TPS_RSA_SIZE_MAX || rsa->e_size == 0 ||
        rsa->e_size > sizeof rsa->e || rsa->n[0] == 0 || rsa->e[0] == 0) {
        return false;
    }
    return rsa->n[0] >= 0x80 && rsa->n[rsa->n_size - 1] % 2 != 0 && rsa->e[rsa->e_size - 1] % 2 != 0 &&
           (rsa->e_size > 1 || rsa->e[0] > 1);
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

size_t crypto_rsa_size(const tps_crypto_key *key)
{
    tps_crypto_rsa rsa;

    return tps_crypto_key_rsa(key, &rsa) == TPS_OK ? rsa.n_size : 0;
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

tps_status crypto_rsa_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
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
