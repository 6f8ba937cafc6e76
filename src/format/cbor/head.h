/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a CBOR item (RFC 8949, 3), taken apart: shared by the reader, the checker and the way over
 * items. Where code is built for size there is one copy of it; elsewhere each of its few users has it in
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

/** A part of a function that is one of its own where code is built for size: it comes out smaller so. */
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define CBOR_PART __attribute__((noinline))
#else
#define CBOR_PART CBOR_INLINE
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

/* 1, 2, 4 or 8 bytes. */
static CBOR_INLINE uint64_t cbor_argument(const uint8_t *bytes, size_t size)
{
#ifdef __OPTIMIZE_SIZE__
    return cbor_big_endian(bytes, size);
#else
    switch (size) { /* each a load and a swap */
    case 1: return bytes[0];
    case 2: return cbor_big_endian(bytes, 2);
    case 4: return cbor_big_endian(bytes, 4);
    default: return cbor_big_endian(bytes, 8);
    }
#endif
}

static inline const uint8_t *cbor_item_failed(tps_cbor_item *item, tps_status status)
{
    *item = (tps_cbor_item){.type = TPS_CBOR_END, .value = status};
    return NULL;
}

/* The rest of a head of more than one byte, behind its first. */
static CBOR_INLINE const uint8_t *cbor_item_read_more(const uint8_t *at, const uint8_t *end, uint32_t info,
                                                      tps_cbor_item *item)
{
    size_t extra = (size_t)1 << (info & 3);

    if (info >= 28) {
        /* 31: indefinite strings, arrays, maps, and the break; integers and tags have none. */
        if (info != 31 || (0xbcu >> item->type & 1) == 0) {
            return cbor_item_failed(item, TPS_CBOR_RESERVED);
        }
        item->value = TPS_CBOR_INDEFINITE_LENGTH;
        item->type = item->type == 7 ? TPS_CBOR_BREAK : item->type;
        return at;
    }
    if ((size_t)(end - at) < extra) {
        return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
    }
    item->value = cbor_argument(at, extra);
    if (item->type == 7) {
        if (extra > 1) {
            item->type = TPS_CBOR_FLOAT;
            item->width = (uint32_t)extra;
        } else if (item->value < 32) {
            return cbor_item_failed(item, TPS_CBOR_RESERVED);
        }
    }
    return at + extra;
}

/** True for byte and text strings. */
static inline bool cbor_is_string(uint32_t type)
{
    return (type & ~1u) == TPS_CBOR_BYTES;
}

static CBOR_INLINE const uint8_t *cbor_item_read_inline(const uint8_t *at, const uint8_t *end,
                                                        tps_cbor_item *item)
{
    uint32_t info;

    if (at == end) {
        return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
    }
    item->type = *at >> 5;
    item->width = 0;
    item->bytes = TPS_SPAN_EMPTY;
    info = *at & 0x1f;
    item->value = info;
    at++;
    if (info >= 24) {
        at = cbor_item_read_more(at, end, info, item);
        if (at == NULL || info == 31) {
            return at;
        }
    }
    if (item->type - TPS_CBOR_BYTES <= TPS_CBOR_MAP - TPS_CBOR_BYTES) {
        /* Neither a string nor a container can have more than one byte or entry for each byte that is left.
         */
        if (item->value > (uint64_t)(end - at)) {
            return cbor_item_failed(item, TPS_CBOR_TRUNCATED);
        }
        if (item->type <= TPS_CBOR_TEXT) {
            item->bytes = tps_span_make(at, (size_t)item->value);
            at += item->bytes.size;
        }
    }
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

/** The items that an item of definite length opens: for strings, numbers and simple values 0. */
static inline size_t cbor_items_of(const tps_cbor_item *item)
{
    switch (item->type) {
    case TPS_CBOR_ARRAY: return (size_t)item->value;
    case TPS_CBOR_MAP: return (size_t)item->value * 2; /* there are as many bytes as pairs */
    case TPS_CBOR_TAG: return 1;
    default: return 0;
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

/** True when a float of `width` bytes (2, 4 or 8) with these bits has the same value in half the width, or is
 * a NaN other than 0xf97e00 (RFC 8949, 4.2.2). */
bool cbor_float_is_long(uint64_t bits, uint32_t width);

#endif
