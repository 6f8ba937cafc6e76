/* SPDX-License-Identifier: Apache-2.0 */
/* PSA Crypto on a chip: its start, its source of random bytes, and the one block that is its memory. These
 * two are the only variables of ours: PSA Crypto's own interface has no place for a context. */
#include "crypto/psa/start.h"

#include <psa/crypto.h>

#include "tps/secret.h"

static tps_psa_entropy source;

static struct {
    union {
        uint64_t alignment;
        uint8_t bytes[TPS_PSA_BLOCK_SIZE];
    } block;
    bool is_taken;
} memory;

tps_status tps_psa_start(const tps_psa_entropy *entropy)
{
    if (entropy->fill == NULL) {
        return TPS_BAD_ARGUMENT;
    }
    source = *entropy;
    return psa_crypto_init() == PSA_SUCCESS ? TPS_OK : TPS_CRYPTO_FAILED;
}

/* Called by mbedTLS for every random byte (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG). */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (source.fill == NULL || source.fill(source.context, (tps_buf){output, output_size}) != TPS_OK) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}

void *tps_psa_take_block(size_t count, size_t size)
{
    if (memory.is_taken || size == 0 || count > sizeof memory.block / size) {
        return NULL;
    }
    memory.is_taken = true;
    memset(&memory.block, 0, sizeof memory.block);
    return &memory.block;
}

void tps_psa_give_block(void *block)
{
    if (block != NULL) {
        tps_wipe(&memory.block, sizeof memory.block);
        memory.is_taken = false;
    }
}
