/* SPDX-License-Identifier: Apache-2.0 */
/* INSECURE: what stands for a chip's secret and its source of entropy. */
#include "platform/trustzone_m/insecure_secret.h"

#include "tps/crypto.h"
#include "tps/secret.h"

void tps_insecure_secret_begin(tps_insecure_secret *secret, const uint8_t *sector)
{
    *secret = (tps_insecure_secret){.sector = sector};
}

static void put64(uint8_t out[8], uint64_t value)
{
    for (unsigned int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

tps_status tps_insecure_entropy_begin(tps_insecure_secret *secret, uint64_t start)
{
    tps_chip_insecure_secret found;
    uint8_t number[8];
    tps_status status = secret->sector == NULL ? TPS_COMPONENT_NO_SECRET : TPS_OK;

    if (start == 0) {
        return TPS_CRYPTO_NO_ENTROPY;
    }
    if (status == TPS_OK) {
        status = tps_chip_insecure_secret_decode(secret->sector, &found);
    }
    if (status == TPS_OK) {
        put64(number, start);
        status = tps_crypto_hkdf(TPS_SPAN_OF(found.seed), TPS_SPAN_OF(number),
                                 TPS_SPAN_LITERAL("opentps INSECURE entropy"), TPS_BUF_OF(secret->key));
        tps_wipe(&found, sizeof(found));
    }
    secret->has_key = status == TPS_OK;
    secret->blocks = 0;
    return status;
}

tps_status tps_insecure_unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    const tps_insecure_secret *own = context;
    tps_chip_insecure_secret found;
    tps_status status =
        own->sector == NULL ? TPS_COMPONENT_NO_SECRET : tps_chip_insecure_secret_decode(own->sector, &found);

    if (status != TPS_OK) {
        tps_wipe(secret, TPS_UNIQUE_SECRET_SIZE);
        return status;
    }
    memcpy(secret, found.secret, TPS_UNIQUE_SECRET_SIZE);
    tps_wipe(&found, sizeof(found));
    return TPS_OK;
}

tps_status tps_insecure_lock_secret(void *context)
{
    tps_insecure_secret *own = context;

    own->sector = NULL;
    return TPS_OK;
}

tps_status tps_insecure_entropy(void *context, tps_buf out)
{
    tps_insecure_secret *own = context;
    uint8_t block[TPS_SHA256_SIZE];
    uint8_t number[8];
    size_t done = 0;
    tps_status status = own->has_key ? TPS_OK : TPS_CRYPTO_NO_ENTROPY;

    while (status == TPS_OK && done < out.size) {
        size_t part = out.size - done < sizeof(block) ? out.size - done : sizeof(block);

        put64(number, own->blocks++);
        status = tps_crypto_hmac_sha256(TPS_SPAN_OF(own->key), TPS_SPAN_OF(number), block);
        if (status == TPS_OK) {
            memcpy(out.data + done, block, part);
            done += part;
        }
    }
    tps_wipe(block, sizeof(block));
    if (status != TPS_OK) {
        tps_wipe(out.data, out.size);
        return TPS_CRYPTO_NO_ENTROPY;
    }
    return TPS_OK;
}
