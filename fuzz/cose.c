/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes COSE: taking messages apart, and reading keys. What is found lies inside the input; nothing
 * verifies. */
#include <stdlib.h>

#include "tps/cose.h"
#include "tps/crypto.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void require_inside(tps_span part, tps_span whole)
{
    require(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

static void require_parts_inside(const tps_cose_sign1 *message, tps_span input)
{
    tps_span chain[TPS_COSE_X5CHAIN_MAX];

    require_inside(message->protected_raw, input);
    require_inside(message->payload, input);
    require_inside(message->signature, input);
    require_inside(message->headers.kid, input);
    require_inside(message->headers.content_type, input);
    require_inside(message->headers.corim_meta, input);
    require_inside(message->headers.cwt_claims, input);
    require_inside(message->headers.x5chain, input);
    require(message->headers.x5chain_count ==
            tps_cose_certificates(message->headers.x5chain, chain, TPS_COSE_X5CHAIN_MAX));
    for (size_t i = 0; i < message->headers.x5chain_count; i++) {
        require_inside(chain[i], input);
    }
    require(!message->is_detached || message->payload.size == 0);
}

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {1};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

/* A key that was read is written and read again. */
static void read_key(tps_span input)
{
    tps_crypto_key *key = NULL;
    tps_crypto_key *again = NULL;
    uint8_t bytes[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    if (tps_cose_key_read(input, &key) != TPS_OK) {
        require(key == NULL);
        return;
    }
    require(!tps_crypto_key_is_private(key));
    require(tps_cose_key_put(&w, key) == TPS_OK);
    require(tps_cose_key_read(tps_span_make(bytes, w.size), &again) == TPS_OK);
    tps_crypto_key_free(again);
    tps_crypto_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_cose_sign1 message;
    tps_error why = {0};
    tps_status status = tps_cose_sign1_parse(input, &message, &why);

    if (status == TPS_OK) {
        require_parts_inside(&message, input);
        require(tps_cose_sign1_verify_parsed(&message, fixed_key(), NULL) != TPS_OK);
    } else {
        require(why.status == status && why.offset <= size);
    }
    read_key(input);
    return 0;
}
