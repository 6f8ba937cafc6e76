/* SPDX-License-Identifier: Apache-2.0 */
/* What a firmware brings for PSA Crypto: the random numbers of its chip. This one has none and says so. */
#include <stddef.h>
#include <stdint.h>

#define PSA_ERROR_INSUFFICIENT_ENTROPY (-148)

int32_t mbedtls_psa_external_get_random(void *context, uint8_t *output, size_t size, size_t *length);

int32_t mbedtls_psa_external_get_random(void *context, uint8_t *output, size_t size, size_t *length)
{
    (void)context;
    (void)output;
    (void)size;
    *length = 0;
    return PSA_ERROR_INSUFFICIENT_ENTROPY;
}
