/* SPDX-License-Identifier: Apache-2.0 */
/* PEM, as far as the factory writes it. Reading is crypto's. */
#include "factory/pem.h"

#include <stdio.h>

#include "tps/base64.h"
#include "tps/secret.h"

enum { LINE_BYTES = 48, KEY_DER_SIZE = 121 };

size_t factory_pem_write(const char *label, tps_span der, char *out)
{
    size_t at = (size_t)sprintf(out, "-----BEGIN %s-----\n", label);

    for (size_t i = 0; i < der.size; i += LINE_BYTES) {
        size_t left = der.size - i;

        at += tps_base64_write(tps_span_make(der.data + i, left < LINE_BYTES ? left : LINE_BYTES), out + at);
        out[at++] = '\n';
    }
    return at + (size_t)sprintf(out + at, "-----END %s-----\n", label);
}

/* ECPrivateKey of RFC 5915, 3, with the curve's name and the public key: all lengths are fixed for P-256. */
tps_status factory_pem_write_key(const tps_crypto_key *key, char out[FACTORY_KEY_PEM_SIZE], size_t *size)
{
    static const uint8_t start[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};
    static const uint8_t middle[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                     0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00, 0x04};
    uint8_t der[KEY_DER_SIZE];
    tps_crypto_point point;
    uint8_t *at = der;
    tps_status status = tps_crypto_key_point(key, &point);

    if (status == TPS_OK) {
        memcpy(at, start, sizeof(start));
        at += sizeof(start);
        status = tps_crypto_key_scalar(key, (tps_buf){at, 32});
        at += 32;
    }
    if (status == TPS_OK) {
        memcpy(at, middle, sizeof(middle));
        at += sizeof(middle);
        memcpy(at, point.x, 32);
        memcpy(at + 32, point.y, 32);
        *size = factory_pem_write("EC PRIVATE KEY", TPS_SPAN_OF(der), out);
    }
    tps_wipe(der, sizeof(der));
    return status;
}
