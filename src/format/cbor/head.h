/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a CBOR item (RFC 8949, 3), taken apart: shared by the reader, the checker, the search and the
 * printer. Where code is built for size there is one copy of it; elsewhere each of its few users has it in
 * line, because a call an item is what walking costs.
 */
#ifndef TPS_FORMAT_CBOR_HEAD_H
#define TPS_FORMAT_CBOR_HEAD_H

#include "tps/cbor.h"

/** For what each item passes through: in line, whatever the compiler thinks of its length. */
#if defined(__GNUC__)
#define CBOR_INLINE inline __attribute__((always_inline))
#else
#define CBOR_INLINE inline
#endif

/** The tag of a big number that is not negative; the next one is that of the negative ones. */
#define CBOR_TAG_BIG 2u

/** What an infinity is as a double; a NaN is more. And the only NaN of the deterministic form, as a half. */
#define CBOR_DOUBLE_INFINITY 0x7ff0000000000000u
#define CBOR_HALF_NAN        0x7e00u

/** The additional information of an item of indefinite length, and of the break. */
#define CBOR_INFO_INDEFINITE 31u

/** The additional information of a head, before it is given a meaning. */
typedef struct {
    uint64_t argument; /**< the argument; 0 when `info` is 31 */
    uint8_t major;     /**< 0..7 */
    uint8_t info;      /**< 0..31 */
    uint8_t size;      /**< of the head, in bytes: 1, 2, 3, 5 or 9 */
} cbor_head;

static inline uint64_t cbor_big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* A head that is longer than one byte, or of indefinite length, or none. */
static CBOR_INLINE tps_status cbor_head_read_rest(const uint8_t *at, const uint8_t *end, cbor_head *head)
{
    size_t extra;

    if (head->info >= 28) {
        head->argument = 0;
        /* 31: indefinite strings, arrays, maps, and the break; integers and tags have none. */
        return head->info == CBOR_INFO_INDEFINITE && (0xbcu >> head->major & 1) != 0 ? TPS_OK
                                                                                     : TPS_CBOR_RESERVED;
    }
    extra = (size_t)1 << (head->info - 24);
    if ((size_t)(end - at) <= extra) {
        return TPS_CBOR_TRUNCATED;
    }
    head->size = (uint8_t)(1 + extra);
    at++;
#ifdef __OPTIMIZE_SIZE__
    head->argument = cbor_big_endian(at, extra);
#else
    switch (extra) {
    case 1: head->argument = at[0]; break;
    case 2: head->argument = cbor_big_endian(at, 2); break;
    case 4: head->argument = cbor_big_endian(at, 4); break;
    default: head->argument = cbor_big_endian(at, 8); break;
    }
#endif
    return head->major == 7 && head->info == 24 && head->argument < 32 ? TPS_CBOR_RESERVED : TPS_OK;
}

static CBOR_INLINE tps_status cbor_head_read_inline(const uint8_t *at, const uint8_t *end, cbor_head *head)
{
    if (at == end) {
        return TPS_CBOR_TRUNCATED;
    }
    head->major = (uint8_t)(*at >> 5);
    head->info = *at & 0x1f;
    head->size = 1;
    head->argument = head->info;
    return head->info < 24 ? TPS_OK : cbor_head_read_rest(at, end, head);
}

/** Reads a head from [at, end). TPS_CBOR_TRUNCATED or TPS_CBOR_RESERVED; nothing else is judged. */
#ifdef __OPTIMIZE_SIZE__
tps_status cbor_head_read(const uint8_t *at, const uint8_t *end, cbor_head *head);
#else
#define cbor_head_read cbor_head_read_inline
#endif

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

static inline tps_span cbor_without_leading_zeros(tps_span bytes)
{
    while (bytes.size > 0 && *bytes.data == 0) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

/** True when a float of `width` bytes (2, 4 or 8) with these bits has the same value in half the width (RFC
 * 8949, 4.2.2); a NaN when that keeps its payload. */
bool cbor_float_is_long(uint64_t bits, uint32_t width);

#endif
