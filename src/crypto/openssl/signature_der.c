/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/openssl/signature_der.h"

/* A DER INTEGER of a big-endian number: no leading zeros but one where the top bit is set. Returns its size.
 */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t size)
{
    size_t pad;

    while (size > 1 && *number == 0) {
        number++;
        size--;
    }
    pad = *number >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(size + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number, size);
    return 2 + pad + size;
}

size_t signature_to_der(tps_span signature, uint8_t der[SIGNATURE_DER_MAX])
{
    size_t half = signature.size / 2;
    uint8_t body[SIGNATURE_DER_MAX];
    size_t size = put_integer(body, signature.data, half);
    size_t head = 2;

    size += put_integer(body + size, signature.data + half, half);
    der[0] = 0x30;
    if (size < 0x80) {
        der[1] = (uint8_t)size;
    } else {
        der[1] = 0x81;
        der[2] = (uint8_t)size;
        head = 3;
    }
    memcpy(der + head, body, size);
    return head + size;
}

/* Takes one INTEGER at `at` into `size` bytes; returns the place behind it, or NULL. */
static const uint8_t *take_integer(const uint8_t *at, const uint8_t *end, uint8_t *number, size_t size)
{
    size_t length;

    if (end - at < 2 || at[0] != 0x02 || at[1] > end - at - 2) {
        return NULL;
    }
    length = at[1];
    at += 2;
    while (length > size && *at == 0) {
        at++;
        length--;
    }
    if (length > size) {
        return NULL;
    }
    memset(number, 0, size - length);
    memcpy(number + size - length, at, length);
    return at + length;
}

bool signature_from_der(const uint8_t *der, size_t size, tps_buf signature)
{
    const uint8_t *end = der + size;
    size_t half = signature.size / 2;
    size_t head = size > 2 && der[1] == 0x81 ? 3 : 2;
    const uint8_t *at;

    if (size < 2 || der[0] != 0x30 || der[head - 1] != size - head) {
        return false;
    }
    at = take_integer(der + head, end, signature.data, half);
    at = at == NULL ? NULL : take_integer(at, end, signature.data + half, half);
    return at == end;
}
