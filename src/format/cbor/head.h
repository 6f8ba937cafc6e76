/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a CBOR item (RFC 8949, 3), taken apart: shared by the reader, the checker and the printer. */
#ifndef TPS_FORMAT_CBOR_HEAD_H
#define TPS_FORMAT_CBOR_HEAD_H

#include "tps/cbor.h"

/** The additional information of a head, before it is given a meaning. */
typedef struct {
    uint8_t major;     /**< 0..7 */
    uint8_t info;      /**< 0..31 */
    uint8_t size;      /**< of the head, in bytes: 1, 2, 3, 5 or 9 */
    uint64_t argument; /**< the argument; 0 when `info` is 31 */
} cbor_head;

static inline uint64_t cbor_big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/** Reads a head from [at, end). TPS_CBOR_TRUNCATED or TPS_CBOR_RESERVED; nothing else is judged. */
static inline tps_status cbor_head_read(const uint8_t *at, const uint8_t *end, cbor_head *head)
{
    if (at == end) {
        return TPS_CBOR_TRUNCATED;
    }
    head->major = (uint8_t)(*at >> 5);
    head->info = *at & 0x1f;
    head->size = 1;
    head->argument = head->info;
    if (head->info < 24) {
        return TPS_OK;
    }
    if (head->info < 28) {
        size_t extra = (size_t)1 << (head->info - 24);
        if ((size_t)(end - at) <= extra) {
            return TPS_CBOR_TRUNCATED;
        }
        head->argument = cbor_big_endian(at + 1, extra);
        head->size = (uint8_t)(1 + extra);
        return head->major == 7 && head->info == 24 && head->argument < 32 ? TPS_CBOR_RESERVED : TPS_OK;
    }
    head->argument = 0;
    /* 31: indefinite strings, arrays, maps, and the break; integers and tags have none. */
    return head->info == 31 && head->major != 0 && head->major != 1 && head->major != 6 ? TPS_OK
                                                                                        : TPS_CBOR_RESERVED;
}

/** True when the head could have been shorter (floats are judged elsewhere). */
static inline bool cbor_head_is_long(const cbor_head *head)
{
    switch (head->size) {
    case 2: return head->argument < 24;
    case 3: return head->argument <= UINT8_MAX;
    case 5: return head->argument <= UINT16_MAX;
    case 9: return head->argument <= UINT32_MAX;
    default: return false;
    }
}

#endif
