/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Sign1 messages made by hand. */
#include "support/cose_craft.h"

#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor.h"

static void sign(tps_span protected_raw, tps_span payload, tps_crypto_key *key, int32_t alg,
                 tps_buf signature, size_t *size)
{
    size_t room = protected_raw.size + payload.size + 64;
    uint8_t *bytes = malloc(room);
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){bytes, room});
    tps_digest digest;

    tps_cbor_put_array(&w, 4);
    tps_cbor_put_text(&w, "Signature1");
    tps_cbor_put_bytes(&w, protected_raw);
    tps_cbor_put_bytes(&w, TPS_SPAN_EMPTY);
    tps_cbor_put_bytes(&w, payload);
    assert_status(tps_crypto_hash_of(tps_crypto_alg_hash(alg), tps_span_make(bytes, w.size), &digest),
                  TPS_OK);
    assert_status(tps_crypto_sign(key, alg, &digest, signature, size), TPS_OK);
    free(bytes);
}

tps_buf craft_sign1(const char *protected_hex, const char *unprotected_hex, tps_span payload,
                    tps_crypto_key *key, int32_t alg)
{
    tps_buf protected_raw = bytes_from_hex(protected_hex);
    tps_buf unprotected = bytes_from_hex(unprotected_hex);
    uint8_t signature[TPS_EC_SIGNATURE_SIZE_MAX] = {0};
    size_t signature_size = 64;
    size_t room = protected_raw.size + unprotected.size + payload.size + 160;
    tps_buf message = {malloc(room), 0};
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){message.data, room});

    if (key != NULL) {
        sign(span_of(protected_raw), payload, key, alg, TPS_BUF_OF(signature), &signature_size);
    }
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, span_of(protected_raw));
    tps_cbor_put_raw(&w, span_of(unprotected));
    tps_cbor_put_bytes(&w, payload);
    tps_cbor_put_bytes(&w, tps_span_make(signature, signature_size));
    message.size = w.size;
    free(unprotected.data);
    free(protected_raw.data);
    return message;
}
