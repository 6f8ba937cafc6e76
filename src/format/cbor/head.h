/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a CBOR item (RFC 8949, 3), taken apart: shared by the reader, the checker and the way over
 * items. Where code is built for size there is one copy of it; elsewhere each of its few users has it in
 * line, because a call an item is what walking costs.
 */
#ifndef TPS_FORMAT_CBOR_HEAD_H
#define TPS_FORMAT_CBOR_HEAD_H

#include "tps/cbor.h"

/** For what each item passes through: in line where the compiler optimizes, whatever it thinks of the length.
 */
#if defined(__GNUC__) && defined(__OPTIMIZE__)
#define CBOR_INLINE inline __attribute__((always_inline))
#else
#define CBOR_INLINE inline
#endif

/** A part of a function that is one of its own where code is built for size: it comes out smaller so. */
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define CBOR_PART __attribute__((noinline))
#else
#define CBOR_PART CBOR_INLINE
#endif

/** For what is worth its bytes only where code is built for speed. */
#ifdef __OPTIMIZE_SIZE__
#define CBOR_FOR_SIZE true
#else
#define CBOR_FOR_SIZE false
#endif

/** What is rare: a call of its own, so that what is not rare keeps no registers for it. */
#if defined(__GNUC__) && !defined(__OPTIMIZE_SIZE__)
#define CBOR_RARE __attribute__((noinline))
#else
#define CBOR_RARE
#endif

/** The tag of a big number that is not negative; the next one is that of the negative ones. */
#define CBOR_TAG_BIG 2u

/** What an infinity is as a double and as a half; a NaN is more. And the only NaN of the deterministic form.
 */
#define CBOR_DOUBLE_INFINITY 0x7ff0000000000000u
#define CBOR_HALF_INFINITY   0x7c00u
#define CBOR_HALF_NAN        0x7e00u

/** The additional information of an item of indefinite length, and of the break. */
#define CBOR_INFO_INDEFINITE 31u

static inline uint64_t cbor_big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/** Makes the item none: a TPS_CBOR_END whose value is the status. */
static inline const uint8_t *cbor_item_failed(tps_cbor_item *item, tps_status status)
{
    item->type = TPS_CBOR_END;
    item->value = status;
    return NULL;
}

/** True for byte and text strings. */
static inline bool cbor_is_string(uint32_t type)
{
    return (type & ~1u) == TPS_CBOR_BYTES;
}

/*
 * Reads the argument of 1, 2, 4 or 8 bytes that `info` (24 to 27) announces. Returns the byte behind it, or
 * NULL where the input ends before. Each width has code of its own where speed counts: a load, a swap, no
 * loop.
 */
static CBOR_INLINE const uint8_t *cbor_argument_read(const uint8_t *at, const uint8_t *end, uint32_t info,
                                                     uint64_t *value)
{
    size_t rest = (size_t)(end - at);

#ifndef __OPTIMIZE_SIZE__
    if (info == 25) {
        if (rest < 2) {
            return NULL;
        }
        *value = (uint32_t)at[0] << 8 | at[1];
        return at + 2;
    }
    if (info == 24) {
        if (rest < 1) {
            return NULL;
        }
        *value = at[0];
        return at + 1;
    }
    if (info == 26) {
        if (rest < 4) {
            return NULL;
        }
        *value = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        return at + 4;
    }
    if (rest < 8) {
        return NULL;
    }
    *value = (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 | (uint64_t)at[3] << 32 |
             (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | at[7];
    return at + 8;
#else
    if (rest < (size_t)1 << (info & 3)) {
        return NULL;
    }
    *value = cbor_big_endian(at, (size_t)1 << (info & 3));
    return at + ((size_t)1 << (info & 3));
#endif
}

/* All is kept in variables up to the end: what is written to `item` could change what is read from `at`, for
 * all that the compiler knows. */
static CBOR_INLINE const uint8_t *cbor_item_read_inline(const uint8_t *at, const uint8_t *end,
                                                        tps_cbor_item *item)
{
    uint32_t first;
    uint32_t type;
    uint32_t info;
    uint32_t width = 0;
    uint64_t value;
    tps_span content = TPS_SPAN_EMPTY;

    if (at == end) {
        return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
    }
    first = *at++;
    type = first >> 5;
    info = first & 0x1f;
    value = info;
    if (info >= 28) {
        /* 31: indefinite strings, arrays, maps, and the break; integers and tags have none. */
        if (info != CBOR_INFO_INDEFINITE || (0xbcu >> type & 1) == 0) {
            return cbor_item_failed(item, TPS_CBOR_RESERVED);
        }
        value = TPS_CBOR_INDEFINITE_LENGTH;
        type = type == 7 ? TPS_CBOR_BREAK : type;
    } else if (info >= 24) {
        at = cbor_argument_read(at, end, info, &value);
        if (at == NULL) {
            return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
        }
        if (type == 7 && info > 24) {
            type = TPS_CBOR_FLOAT;
            width = 1u << (info & 3);
        }
        if (type == 7 && at[-1] < 32) {
            return cbor_item_failed(item, TPS_CBOR_RESERVED);
        }
    }
    if (type - TPS_CBOR_BYTES <= TPS_CBOR_MAP - TPS_CBOR_BYTES && info != CBOR_INFO_INDEFINITE) {
        /* Neither a string nor a container can have more than one byte or entry for each byte that is left.
         */
        if (value > (size_t)(end - at)) {
            return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
        }
        if (type <= TPS_CBOR_TEXT) {
            content = tps_span_make(at, (size_t)value);
            at += content.size;
        }
    }
    *item = (tps_cbor_item){type, width, value, content};
    return at;
}

/**
 * Reads a head, and the content of a string of definite length; text is not judged. Returns the byte behind,
 * or NULL when there is none such: then the item is a TPS_CBOR_END, and its value the status:
 * TPS_CBOR_TRUNCATED (also for a count of entries that is larger than the bytes that are left) or
 * TPS_CBOR_RESERVED.
 */
#ifdef __OPTIMIZE_SIZE__
const uint8_t *cbor_item_read(const uint8_t *at, const uint8_t *end, tps_cbor_item *item);
#else
#define cbor_item_read cbor_item_read_inline
#endif

/** True when a head, which must be one, could be shorter; nonsense for a float. */
static CBOR_INLINE bool cbor_is_head_long(const uint8_t *head)
{
    uint32_t info = *head & 0x1f;
    uint8_t upper_half = 0;

    if (info <= 24 || info == CBOR_INFO_INDEFINITE) {
        return info == CBOR_INFO_INDEFINITE || (info == 24 && head[1] < 24);
    }
    for (uint32_t i = 1u << (info - 25); i > 0; i--) {
        upper_half |= head[i];
    }
    return upper_half == 0;
}

/** What an item of indefinite length opens. */
#define CBOR_ITEMS_INDEFINITE UINT32_MAX

static CBOR_INLINE uint32_t cbor_items_of_inline(const tps_cbor_item *item)
{
    if (item->type - TPS_CBOR_BYTES > TPS_CBOR_MAP - TPS_CBOR_BYTES) {
        return item->type == TPS_CBOR_TAG;
    }
    if ((int64_t)item->value < 0) { /* as no definite length is, of which each byte is there */
        return CBOR_ITEMS_INDEFINITE;
    }
    if (item->type <= TPS_CBOR_TEXT) {
        return 0;
    }
    return ((size_t)item->value < 1u << 30 ? (uint32_t)item->value : 1u << 30) << (item->type & 1);
}

/** The items that an item opens: for strings in one piece, numbers, simple values and the break 0. A count
 * beyond 2^30 entries, which takes a gigabyte, is that. */
#ifdef __OPTIMIZE_SIZE__
uint32_t cbor_items_of(const tps_cbor_item *item);
#else
#define cbor_items_of cbor_items_of_inline
#endif

/** Makes the shortest head of an argument; returns its size. */
size_t cbor_head_make(uint8_t head[9], uint32_t major, uint64_t argument);

static inline tps_span cbor_without_leading_zeros(tps_span bytes)
{
    while (bytes.size > 0 && *bytes.data == 0) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

/** True when a float of `width` bytes (2, 4 or 8) with these bits has the same value in half the width, or is
 * a NaN other than 0xf97e00 (RFC 8949, 4.2.2). */
bool cbor_float_is_long(uint64_t bits, uint32_t width);

#endif
