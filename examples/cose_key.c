/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Key (RFC 9052, 7): a public key written as CBOR, read for one use, and named by its thumbprint (RFC
 * 9679). docs/cose-in-ten-lines.md shows parts of this program.
 *
 *     cc cose_key.c $(pkg-config --cflags --libs opentps-format) -o cose_key
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cose_key.h"

static tps_status write_key(const tps_crypto_key *key, tps_buf room, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    TPS_TRY(tps_cose_key_put(&w, key)); /* the public part, whatever else the key has */
    return tps_cbor_writer_finish(&w, encoded);
}

static tps_status read_key(tps_span encoded, tps_crypto_key **key)
{
    /* Obeys what the key says of its own use; refuses a private part, which must never travel. */
    return tps_cose_key_read_for(encoded, TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, key);
}

static tps_status name_key(tps_span encoded, tps_digest *thumbprint, tps_error *why)
{
    tps_cose_key parts;

    TPS_TRY(tps_cose_key_parse(encoded, &parts, why));
    return tps_cose_key_thumbprint(&parts, TPS_ALG_SHA256, thumbprint);
}

static tps_status show(const tps_crypto_key *key)
{
    uint8_t room[128];
    tps_span encoded;
    tps_digest thumbprint;
    tps_crypto_key *received = NULL;
    tps_error why = {0};

    TPS_TRY(write_key(key, TPS_BUF_OF(room), &encoded));
    TPS_TRY(read_key(encoded, &received));
    tps_crypto_key_free(received);
    TPS_TRY(name_key(encoded, &thumbprint, &why));
    printf("%zu bytes of COSE_Key, thumbprint ", encoded.size);
    for (size_t i = 0; i < thumbprint.size; i++) {
        printf("%02x", thumbprint.bytes[i]);
    }
    printf("\n");
    return TPS_OK;
}

int main(void)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &key);

    if (status == TPS_OK) {
        status = show(key);
    }
    tps_crypto_key_free(key);
    if (status != TPS_OK) {
        fprintf(stderr, "%s: %s\n", tps_status_cause(status), tps_status_next_step(status));
    }
    return status == TPS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
