/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes compact JWS: what is taken apart, put together again, is the text without the white space around it;
 * nothing verifies. */
#include <stdlib.h>

#include "tps/crypto.h"
#include "tps/jws.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_jws jws;

    if (tps_jws_parse(tps_span_make(data, size), &jws) != TPS_OK) {
        return 0;
    }
    require(jws.header.data >= data && jws.signature.data + jws.signature.size <= data + size);
    require(jws.signed_part.data == jws.header.data);
    require(jws.signed_part.size == jws.header.size + 1 + jws.payload.size);
    require(jws.payload.data == jws.header.data + jws.header.size + 1);
    require(jws.signature.data == jws.payload.data + jws.payload.size + 1);
    require(jws.payload.data[-1] == '.' && jws.signature.data[-1] == '.');
    require(tps_jws_verify(&jws, fixed_key()) != TPS_OK);
    return 0;
}
