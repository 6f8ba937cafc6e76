/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes CBOR certificates of DICE: what is read lies inside the input, is made again and read the same, and
 * nothing verifies. */
#include <stdlib.h>

#include "tps/dice.h"

static uint8_t room[1 << 16];
static uint8_t claims[1 << 16];

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

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {7};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

/* A signature that is none: signing has nothing to do with what is fuzzed. */
static tps_status sign_with_zeros(void *context, int32_t alg, tps_span digest, tps_buf signature)
{
    (void)context;
    (void)alg;
    (void)digest;
    memset(signature.data, 0, signature.size);
    return TPS_OK;
}

/* Issuer, subject, values and usage survive being made into a certificate; claims of others do not. */
static void make_again(const tps_dice_cwt *read)
{
    const tps_cose_signer signer = {.alg = TPS_ALG_ESP256, .sign = sign_with_zeros};
    tps_dice_cwt again;
    tps_span encoded;

    require(tps_dice_cwt_make(&read->claims, &signer, TPS_BUF_OF(claims), TPS_BUF_MEASURE, TPS_BUF_OF(room),
                              &encoded) == TPS_OK);
    require(tps_dice_cwt_read(encoded, &again, NULL) == TPS_OK);
    require(tps_span_equal(again.claims.issuer, read->claims.issuer) &&
            tps_span_equal(again.claims.subject, read->claims.subject));
    require(tps_span_equal(again.claims.public_key, read->claims.public_key) &&
            again.claims.key_usage == read->claims.key_usage);
    require(again.claims.input.present == read->claims.input.present &&
            again.claims.input.mode == read->claims.input.mode);
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        require(tps_span_equal(again.claims.input.value[i], read->claims.input.value[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_span chain[] = {input, input};
    tps_dice_anchor anchor = {.root = fixed_key(), .scratch = TPS_BUF_OF(room)};
    tps_crypto_key *leaf;
    tps_dice_cwt read;

    if (size > sizeof room / 2) {
        return 0;
    }
    if (tps_dice_cwt_read(input, &read, NULL) == TPS_OK) {
        require(read.claims.issuer.size > 0 && read.claims.subject.size > 0 && read.claims.key_usage > 0);
        require_inside(read.claims.issuer, input);
        require_inside(read.claims.public_key, input);
        make_again(&read);
    }
    require(tps_dice_cwt_chain_verify(chain, 2, &anchor, NULL, &leaf, NULL) != TPS_OK);
    require(leaf == NULL);
    return 0;
}
