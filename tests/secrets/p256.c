/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a chip computes with secrets on P-256: p256-m of mbedTLS, and src/crypto/psa/derive.c. Private keys,
 * random numbers and seeds are marked undefined, and what comes out public is defined again: memcheck may
 * report nothing, neither in ours nor in the library. p256-m defines what it makes public itself
 * (CT_VALGRIND).
 */
#include <p256-m/p256-m.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "tps/crypto.h"

/* Stands in for the library's source: what it gives is a secret. */
psa_status_t psa_generate_random(uint8_t *output, size_t size)
{
    static uint8_t next = 0x5a;

    for (size_t i = 0; i < size; i++) {
        output[i] = next;
        next = (uint8_t)(5 * next + 1);
    }
    (void)VALGRIND_MAKE_MEM_UNDEFINED(output, size);
    return PSA_SUCCESS;
}

void mbedtls_platform_zeroize(void *bytes, size_t size)
{
    memset(bytes, 0, size);
}

static uint8_t derived[32];

/* Stands in for PSA Crypto, which takes the scalar. */
tps_status tps_crypto_key_from_scalar(int32_t curve, tps_span scalar, tps_crypto_key **key)
{
    (void)curve;
    *key = NULL;
    memcpy(derived, scalar.data, sizeof derived);
    return TPS_OK;
}

static int publish(int result)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(&result, sizeof result);
    return result;
}

static int use_a_key(const uint8_t own[32])
{
    static const uint8_t hash[32] = "thirty-two bytes, as of a hash..";
    uint8_t public_key[64];
    uint8_t signature[64];
    uint8_t agreed[32];
    uint8_t known[32];

    /* Of all functions this one alone does not define whether the key is one, which it tells; what it
     * multiplies by is multiplied by in p256_gen_keypair() and in the others, too. */
    memcpy(known, own, sizeof known);
    (void)VALGRIND_MAKE_MEM_DEFINED(known, sizeof known);
    if (p256_public_from_private(public_key, known) != P256_SUCCESS) {
        return 1;
    }
    if (publish(p256_ecdsa_sign(signature, own, hash, sizeof hash)) != P256_SUCCESS ||
        publish(p256_ecdh_shared_secret(agreed, own, public_key)) != P256_SUCCESS) {
        return 1;
    }
    (void)VALGRIND_MAKE_MEM_DEFINED(signature, sizeof signature);
    return publish(p256_ecdsa_verify(signature, public_key, hash, sizeof hash)) != P256_SUCCESS;
}

int main(void)
{
    uint8_t seed[48];
    uint8_t made[32];
    uint8_t public_key[64];
    tps_crypto_key *key;
    int failures = 0;

    for (int n = 0; n < 3; n++) {
        if (psa_generate_random(seed, sizeof seed) != PSA_SUCCESS ||
            tps_crypto_key_derive_p256(seed, &key) != TPS_OK) {
            return 1;
        }
        failures += use_a_key(derived);
        failures += publish(p256_gen_keypair(made, public_key)) != P256_SUCCESS || use_a_key(made) != 0;
    }
    if (failures != 0 || VALGRIND_COUNT_ERRORS != 0) {
        printf("%d failures, %u reports\n", failures, (unsigned)VALGRIND_COUNT_ERRORS);
        return 1;
    }
    return 0;
}
