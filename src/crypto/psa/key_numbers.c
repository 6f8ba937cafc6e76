/* SPDX-License-Identifier: Apache-2.0 */
/* What PSA Crypto has no function for: a key from derived bytes, and compressed points. With the arithmetic
 * that mbedTLS has under it. */
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>

#include "crypto/psa/key.h"
#include "tps/secret.h"

/* scalar = (number mod (n - 1)) + 1, where `blind` times n - 1 is added first: it does not change the
 * remainder, and mbedTLS's division takes a time that depends on what it divides. */
static int reduce(mbedtls_mpi *number, mbedtls_mpi *blind, uint8_t scalar[32])
{
    mbedtls_ecp_group group; /* its numbers are constants of mbedTLS */
    mbedtls_mpi modulus;
    int failure;

    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&modulus);
    failure = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (failure == 0) {
        failure = mbedtls_mpi_sub_int(&modulus, &group.N, 1);
    }
    if (failure == 0) {
        failure = mbedtls_mpi_mul_mpi(blind, blind, &modulus);
    }
    if (failure == 0) {
        failure = mbedtls_mpi_add_mpi(number, number, blind);
    }
    if (failure == 0) {
        failure = mbedtls_mpi_mod_mpi(number, number, &modulus);
    }
    if (failure == 0) {
        failure = mbedtls_mpi_add_int(number, number, 1);
    }
    if (failure == 0) {
        failure = mbedtls_mpi_write_binary(number, scalar, 32);
    }
    mbedtls_mpi_free(&modulus);
    mbedtls_ecp_group_free(&group);
    return failure;
}

tps_status tps_crypto_key_derive_p256(const uint8_t seed[48], tps_crypto_key **key)
{
    mbedtls_mpi number;
    mbedtls_mpi blind;
    uint8_t random[16];
    uint8_t scalar[32];
    tps_status status = TPS_CRYPTO_FAILED;

    *key = NULL;
    mbedtls_mpi_init(&number);
    mbedtls_mpi_init(&blind);
    if (psa_generate_random(random, sizeof random) != PSA_SUCCESS) {
        status = TPS_CRYPTO_NO_ENTROPY;
    } else if (mbedtls_mpi_read_binary(&number, seed, 48) == 0 &&
               mbedtls_mpi_read_binary(&blind, random, sizeof random) == 0 &&
               reduce(&number, &blind, scalar) == 0) {
        status = tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), key);
    }
    mbedtls_mpi_free(&number); /* wipes */
    mbedtls_mpi_free(&blind);
    tps_wipe(random, sizeof random);
    tps_wipe(scalar, sizeof scalar);
    return status;
}

static mbedtls_ecp_group_id group_of(int32_t curve)
{
    switch (curve) {
    case TPS_CURVE_P256: return MBEDTLS_ECP_DP_SECP256R1;
    case TPS_CURVE_P384: return MBEDTLS_ECP_DP_SECP384R1;
    case TPS_CURVE_P521: return MBEDTLS_ECP_DP_SECP521R1;
    default: return MBEDTLS_ECP_DP_NONE;
    }
}

/* mbedTLS computes a square root without asking whether there is one: the point is checked against the curve.
 */
static bool decompress(mbedtls_ecp_group *group, const uint8_t *compressed, size_t half, uint8_t *y)
{
    mbedtls_ecp_point point;
    uint8_t encoded[1 + 2 * TPS_COORDINATE_SIZE_MAX];
    size_t size = 0;
    bool good;

    mbedtls_ecp_point_init(&point);
    good = mbedtls_ecp_point_read_binary(group, &point, compressed, 1 + half) == 0 &&
           mbedtls_ecp_check_pubkey(group, &point) == 0 &&
           mbedtls_ecp_point_write_binary(group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &size, encoded,
                                          sizeof encoded) == 0 &&
           size == 1 + 2 * half;
    if (good) {
        memcpy(y, encoded + 1 + half, half);
    }
    mbedtls_ecp_point_free(&point);
    return good;
}

tps_status tps_crypto_point_decompress(tps_crypto_point *point, bool is_odd)
{
    mbedtls_ecp_group_id id = group_of(point->curve);
    size_t half = tps_crypto_curve_size(point->curve);
    uint8_t compressed[1 + TPS_COORDINATE_SIZE_MAX];
    mbedtls_ecp_group group;
    tps_status status = TPS_CRYPTO_FAILED;

    if (id == MBEDTLS_ECP_DP_NONE) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (point->size != half) {
        return TPS_CRYPTO_BAD_KEY;
    }
    compressed[0] = is_odd ? 3 : 2;
    memcpy(compressed + 1, point->x, half);
    mbedtls_ecp_group_init(&group);
    if (mbedtls_ecp_group_load(&group, id) == 0) {
        status = decompress(&group, compressed, half, point->y) ? TPS_OK : TPS_CRYPTO_BAD_KEY;
    }
    mbedtls_ecp_group_free(&group);
    return status;
}
