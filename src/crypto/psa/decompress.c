/* SPDX-License-Identifier: Apache-2.0 */
/* What PSA Crypto has no function for: compressed points. With the arithmetic that mbedTLS has under it. */
#include <mbedtls/ecp.h>

#include "crypto/psa/key.h"

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
