/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes COSE_Key: what is read is written and read again as the same key, with the same thumbprint; a
 * private part is never read as a public key. */
#include <stdlib.h>

#include "tps/cose_key.h"
#include "tps/secret.h"

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

static void require_members(const tps_cose_key *key, tps_span input)
{
    const tps_span spans[] = {key->kid, key->base_iv, key->x, key->y, key->secret};
    tps_cose_secret secret;

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        require_inside(spans[i], input);
    }
    require(key->kty >= TPS_KEY_OKP && key->kty <= TPS_KEY_SYMMETRIC);
    require((tps_cose_key_secret(key, &secret) == TPS_OK) == (key->kty == TPS_KEY_SYMMETRIC));
    require(tps_cose_key_permits(key, TPS_ALG_NONE, TPS_KEY_OP_VERIFY) == TPS_OK ||
            (key->ops != 0 && (key->ops & 1u << TPS_KEY_OP_VERIFY) == 0));
}

/* Written and read again, it is the same key. */
static void require_round_trip(const tps_cose_key *key, const tps_crypto_key *public_key)
{
    uint8_t bytes[640];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_digest first;
    tps_digest second;
    tps_cose_key again;

    require(tps_cose_key_put(&w, public_key) == TPS_OK && w.size <= sizeof bytes);
    require(tps_cose_key_parse(tps_span_make(bytes, w.size), &again, NULL) == TPS_OK);
    require(tps_cose_key_thumbprint(key, TPS_ALG_SHA256, &first) == TPS_OK);
    require(tps_cose_key_thumbprint(&again, TPS_ALG_SHA256, &second) == TPS_OK);
    require(first.size == second.size && memcmp(first.bytes, second.bytes, first.size) == 0);
}

static void read_set(tps_span input)
{
    tps_span key;
    uint32_t count = 0;

    while (count < 64 && tps_cose_key_set_at(input, count, &key) == TPS_OK) {
        require_inside(key, input);
        count++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_crypto_key *public_key = NULL;
    tps_crypto_key *pair = NULL;
    tps_error why = {0};
    tps_cose_key key;
    tps_status status = tps_cose_key_parse(input, &key, &why);

    read_set(input);
    if (status != TPS_OK) {
        require(why.status == status && why.offset <= size);
        require(tps_cose_key_read(input, &public_key) == status && public_key == NULL);
        return 0;
    }
    require_members(&key, input);
    if (tps_cose_key_private(&key, &pair) == TPS_OK) {
        require(tps_crypto_key_is_private(pair));
        tps_crypto_key_free(pair);
    }
    status = tps_cose_key_read(input, &public_key);
    require((status == TPS_OK) == (public_key != NULL));
    if (status == TPS_OK) {
        require(key.secret.data == NULL && !tps_crypto_key_is_private(public_key));
        require_round_trip(&key, public_key);
        tps_crypto_key_free(public_key);
    }
    return 0;
}
