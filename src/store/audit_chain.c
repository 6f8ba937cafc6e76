/* SPDX-License-Identifier: Apache-2.0 */
/* The hash that chains the entries of an audit log. Every field has a fixed size or says its size first. */
#include "store/audit_chain.h"

#include "tps/crypto.h"

/* With its final zero. */
static const uint8_t domain[] = "opentps audit entry 1";

static void put_number(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

tps_status tps_audit_hash(const char *tenant, int64_t sequence, int64_t time,
                          const uint8_t previous[TPS_AUDIT_HASH_SIZE], tps_span entry,
                          uint8_t out[TPS_AUDIT_HASH_SIZE])
{
    tps_span name = tps_span_of_text(tenant);
    uint8_t name_size = (uint8_t)name.size;
    uint8_t numbers[16];
    uint8_t entry_size[4];
    tps_crypto_hash hash;
    tps_digest digest;

    if (name.size > UINT8_MAX || entry.size > UINT32_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    put_number(numbers, (uint64_t)sequence, 8);
    put_number(numbers + 8, (uint64_t)time, 8);
    put_number(entry_size, entry.size, 4);
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(domain));
    tps_crypto_hash_update(&hash, tps_span_make(&name_size, 1));
    tps_crypto_hash_update(&hash, name);
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(numbers));
    tps_crypto_hash_update(&hash, tps_span_make(previous, TPS_AUDIT_HASH_SIZE));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(entry_size));
    tps_crypto_hash_update(&hash, entry);
    TPS_TRY(tps_crypto_hash_finish(&hash, &digest));
    memcpy(out, digest.bytes, TPS_AUDIT_HASH_SIZE);
    return TPS_OK;
}
