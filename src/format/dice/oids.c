/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers: of hashes, and of DICE's extensions. */
#include "format/dice/oids.h"

#include "tps/dice.h"

#define HASH_OID_SIZE 9u

static const struct {
    int32_t alg;
    uint8_t size;
    uint8_t oid[HASH_OID_SIZE];
} hashes[] = {
    {TPS_ALG_SHA256, 32, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}},
    {TPS_ALG_SHA384, 48, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}},
    {TPS_ALG_SHA512, 64, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}},
};

#define HASHES (sizeof hashes / sizeof hashes[0])

/* 2.23.133.5.4.n, and 1.3.6.1.4.1.11129.2.1.24 */
static const uint8_t tcb_info[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x01};
static const uint8_t ueid[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x04};
static const uint8_t multi_tcb_info[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x05};
static const uint8_t cmw[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x09};
static const uint8_t open_dice[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x18};

int32_t dice_hash_of_oid(tps_span oid)
{
    for (size_t i = 0; i < HASHES; i++) {
        if (tps_span_equal(oid, TPS_SPAN_OF(hashes[i].oid))) {
            return hashes[i].alg;
        }
    }
    return TPS_ALG_NONE;
}

tps_span dice_oid_of_hash(int32_t alg)
{
    for (size_t i = 0; i < HASHES; i++) {
        if (hashes[i].alg == alg) {
            return TPS_SPAN_OF(hashes[i].oid);
        }
    }
    return TPS_SPAN_EMPTY;
}

size_t dice_hash_size(int32_t alg)
{
    for (size_t i = 0; i < HASHES; i++) {
        if (hashes[i].alg == alg) {
            return hashes[i].size;
        }
    }
    return 0;
}

tps_span tps_dice_extension_oid(uint32_t extension)
{
    switch (extension) {
    case TPS_DICE_EXTENSION_TCB_INFO: return TPS_SPAN_OF(tcb_info);
    case TPS_DICE_EXTENSION_UEID: return TPS_SPAN_OF(ueid);
    case TPS_DICE_EXTENSION_MULTI_TCB_INFO: return TPS_SPAN_OF(multi_tcb_info);
    case TPS_DICE_EXTENSION_CMW: return TPS_SPAN_OF(cmw);
    case TPS_DICE_EXTENSION_OPEN: return TPS_SPAN_OF(open_dice);
    default: return TPS_SPAN_EMPTY;
    }
}
