/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of every table in the verifier: a polynomial whose variable is random. Of that variable, two
 * polynomials of degree d are equal for at most d of its values (universal hashing): who does not know it can
 * choose no ids that fall into one place. It tells equal from different to nobody: tables compare their keys.
 */
#ifndef TPS_VERIFIER_KEYED_HASH_H
#define TPS_VERIFIER_KEYED_HASH_H

#include "tps/crypto.h"

/** A prime below 2^32: hashes are below it. */
#define KEYED_HASH_PRIME UINT64_C(4294967291)

/** Draws the key, unless there is one; 0: there is none yet. @retval TPS_OK, TPS_CRYPTO_NO_ENTROPY */
TPS_MUST_USE static inline tps_status keyed_hash_draw(uint64_t *key)
{
    uint64_t bits = 0;

    if (*key == 0) {
        TPS_TRY(tps_crypto_random((tps_buf){(uint8_t *)&bits, sizeof bits}));
        *key = bits % (KEYED_HASH_PRIME - 2) + 2;
    }
    return TPS_OK;
}

/** A hash goes on with a number; begin with the number 1. The last step must be a number, too. */
static inline uint64_t keyed_hash_number(uint64_t key, uint64_t hash, uint64_t number)
{
    return (hash * key + number % KEYED_HASH_PRIME) % KEYED_HASH_PRIME;
}

/** A hash goes on with bytes, their size first. */
static inline uint64_t keyed_hash_bytes(uint64_t key, uint64_t hash, tps_span bytes)
{
    uint64_t word = 0;

    hash = keyed_hash_number(key, hash, bytes.size);
    for (size_t i = 0; i < bytes.size; i++) {
        word = word << 8 | bytes.data[i];
        if (i % 3 == 2 || i == bytes.size - 1) { /* words of three bytes are below the prime */
            hash = (hash * key + word) % KEYED_HASH_PRIME;
            word = 0;
        }
    }
    return hash;
}

#endif
