/* SPDX-License-Identifier: Apache-2.0 */
/* A P-256 key from derived bytes (FIPS 186-5, A.2.1), for which PSA Crypto has no function that gives the
 * same key everywhere. All it takes is a remainder, which is computed here bit by bit: no branch and no
 * address depends on the bytes, and no big numbers of mbedTLS are linked for it. */
#include "crypto/psa/key.h"
#include "tps/secret.h"

enum { LIMBS = 8 };

/* n - 1, where n is the order of P-256 (SP 800-186, 3.2.1.3); the lowest limb first. */
static const uint32_t modulus[LIMBS] = {0xfc632550, 0xf3b9cac2, 0xa7179e84, 0xbce6faad,
                                        0xffffffff, 0xffffffff, 0x00000000, 0xffffffff};

/* number = 2 * number + bit; returns the bit that falls out at the top. */
static uint32_t shift_in(uint32_t number[LIMBS], uint32_t bit)
{
    for (size_t i = 0; i < LIMBS; i++) {
        uint32_t top = number[i] >> 31;
        number[i] = number[i] << 1 | bit;
        bit = top;
    }
    return bit;
}

/* difference = number - modulus; returns 1 if that is below zero. */
static uint32_t subtract(const uint32_t number[LIMBS], uint32_t difference[LIMBS])
{
    uint32_t borrow = 0;

    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t limb = (uint64_t)number[i] - modulus[i] - borrow;
        difference[i] = (uint32_t)limb;
        borrow = (uint32_t)(limb >> 32) & 1;
    }
    return borrow;
}

/* number = `seed` mod (n - 1). Before each step it is below the modulus, so one subtraction is enough. */
static void reduce(const uint8_t seed[48], uint32_t number[LIMBS])
{
    uint32_t difference[LIMBS];

    memset(number, 0, LIMBS * sizeof number[0]);
    for (size_t i = 0; i < 8u * 48u; i++) {
        uint32_t carry = shift_in(number, (uint32_t)seed[i / 8] >> (7 - i % 8) & 1);
        uint32_t borrow = subtract(number, difference);
        uint32_t mask = 0u - (carry | (borrow ^ 1)); /* all ones: it was not below the modulus */

        for (size_t j = 0; j < LIMBS; j++) {
            number[j] = (number[j] & ~mask) | (difference[j] & mask);
        }
    }
    tps_wipe(difference, sizeof difference);
}

/* scalar = number + 1, big-endian: at most n - 1. */
static void write_successor(const uint32_t number[LIMBS], uint8_t scalar[32])
{
    uint32_t carry = 1;

    for (size_t i = 0; i < LIMBS; i++) {
        uint64_t limb = (uint64_t)number[i] + carry;
        uint8_t *at = scalar + 28 - 4 * i;

        at[0] = (uint8_t)(limb >> 24);
        at[1] = (uint8_t)(limb >> 16);
        at[2] = (uint8_t)(limb >> 8);
        at[3] = (uint8_t)limb;
        carry = (uint32_t)(limb >> 32);
    }
}

tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key)
{
    uint32_t number[LIMBS];
    uint8_t scalar[32];
    tps_status status;

    reduce(seed, number);
    write_successor(number, scalar);
    status = tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), key);
    tps_wipe(number, sizeof number);
    tps_wipe(scalar, sizeof scalar);
    return status;
}
