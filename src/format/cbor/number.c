/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers beyond 64-bit integers: floats of every width as doubles, and big integers (RFC 8949, 3.4.3). */
#include "format/cbor/head.h"
#include "format/cbor/walk.h"

#define DOUBLE_FRACTION_BITS 52
#define DOUBLE_BIAS          1023
#define DOUBLE_LARGEST       0x7ff

/* The bits of a double with the value of a float of 2 or 4 bytes: each of those has one. */
static uint64_t widen(uint64_t bits, uint32_t width)
{
    int fraction_bits = width == 2 ? 10 : 23;
    int largest = width == 2 ? 0x1f : 0xff;
    uint64_t sign = bits >> (width * 8 - 1);
    uint64_t fraction = bits & (((uint64_t)1 << fraction_bits) - 1);
    int exponent = (int)(bits >> fraction_bits) & largest;

    if (exponent == largest) {
        exponent = DOUBLE_LARGEST;
    } else if (exponent != 0) {
        exponent += DOUBLE_BIAS - largest / 2;
    } else if (fraction != 0) { /* subnormal: made normal */
        exponent = DOUBLE_BIAS - largest / 2 + 1;
        for (; fraction >> fraction_bits == 0; fraction <<= 1) {
            exponent--;
        }
        fraction &= ((uint64_t)1 << fraction_bits) - 1;
    }
    return sign << 63 | (uint64_t)exponent << DOUBLE_FRACTION_BITS |
           fraction << (DOUBLE_FRACTION_BITS - fraction_bits);
}

double tps_cbor_get_double(tps_cbor_reader *reader)
{
    tps_cbor_item item;
    uint64_t bits = 0;
    double value;

    if (cbor_take(reader, CBOR_TYPE(TPS_CBOR_FLOAT), &item)) {
        bits = item.width == 8 ? item.value : widen(item.value, item.width);
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The argument of a head as bytes: behind its first byte, or where it lies within that, from a table. */
static tps_span argument_bytes(const uint8_t *head, const uint8_t *behind, uint64_t value)
{
    static const uint8_t small[24] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

    if (behind - head == 1) {
        return tps_span_make(&small[value], 1);
    }
    return tps_span_make(head + 1, (size_t)(behind - head) - 1);
}

tps_cbor_big tps_cbor_get_big(tps_cbor_reader *reader)
{
    const uint8_t *at = reader->at;
    tps_cbor_big big = {TPS_SPAN_EMPTY, false};
    tps_cbor_item item;

    if (!cbor_take(reader, CBOR_TYPE(TPS_CBOR_UINT) | CBOR_TYPE(TPS_CBOR_NINT) | CBOR_TYPE(TPS_CBOR_TAG),
                   &item)) {
        return big;
    }
    if (item.type != TPS_CBOR_TAG) {
        big.magnitude = argument_bytes(at, reader->at, item.value);
        big.is_negative = item.type == TPS_CBOR_NINT;
    } else if (item.value - CBOR_TAG_BIG > 1) {
        cbor_refuse(reader, at, TPS_CBOR_UNEXPECTED_TYPE);
    } else {
        big.magnitude = tps_cbor_get_bytes(reader);
        big.is_negative = item.value != CBOR_TAG_BIG;
        if (reader->status != TPS_OK) {
            reader->at = at;
            big.is_negative = false;
        }
    }
    big.magnitude = cbor_without_leading_zeros(big.magnitude);
    return big;
}
