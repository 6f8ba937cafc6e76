/* SPDX-License-Identifier: Apache-2.0 */
/* Writing numbers beyond 64-bit integers in their preferred form (RFC 8949, 3.4.3 and 4.2.2). */
#include "format/cbor/head.h"

/* A float whose value fits half its width, as cbor_float_is_long() says, in that. */
static uint64_t narrow(uint64_t bits, uint32_t width)
{
    int fraction_bits = width == 8 ? 52 : 23;
    int small_fraction_bits = width == 8 ? 23 : 10;
    int largest = width == 8 ? 0x7ff : 0xff;
    int small_largest = width == 8 ? 0xff : 0x1f;
    uint64_t sign = bits >> (width * 8 - 1);
    uint64_t fraction = bits & (((uint64_t)1 << fraction_bits) - 1);
    int exponent = (int)(bits >> fraction_bits) & largest;

    fraction >>= fraction_bits - small_fraction_bits;
    if (exponent == largest) {
        exponent = small_largest;
    } else if (exponent != 0) {
        exponent -= (largest - small_largest) / 2;
        if (exponent < 1) { /* subnormal there: the implicit bit moves into the fraction */
            fraction = (fraction | (uint64_t)1 << small_fraction_bits) >> (1 - exponent);
            exponent = 0;
        }
    }
    return sign << (width * 4 - 1) | (uint64_t)exponent << small_fraction_bits | fraction;
}

void tps_cbor_put_double(tps_cbor_writer *writer, double value)
{
    uint8_t encoded[9];
    uint64_t bits;
    uint32_t width = 8;

    memcpy(&bits, &value, sizeof bits);
    if ((bits & INT64_MAX) > CBOR_DOUBLE_INFINITY) {
        bits = CBOR_HALF_NAN;
        width = 2;
    }
    while (width > 2 && cbor_float_is_long(bits, width)) {
        bits = narrow(bits, width);
        width /= 2;
    }
    encoded[0] = width == 2 ? 0xf9 : width == 4 ? 0xfa : 0xfb;
    for (uint32_t i = width; i > 0; i--) {
        encoded[i] = (uint8_t)bits;
        bits >>= 8;
    }
    tps_cbor_put_raw(writer, tps_span_make(encoded, 1 + width));
}

void tps_cbor_put_big(tps_cbor_writer *writer, tps_cbor_big number)
{
    tps_span bytes = cbor_without_leading_zeros(number.magnitude);

    if (bytes.size > 8) {
        tps_cbor_put_tag(writer, number.is_negative ? CBOR_TAG_BIG + 1 : CBOR_TAG_BIG);
        tps_cbor_put_bytes(writer, bytes);
    } else if (number.is_negative) {
        tps_cbor_put_nint(writer, cbor_big_endian(bytes.data, bytes.size));
    } else {
        tps_cbor_put_uint(writer, cbor_big_endian(bytes.data, bytes.size));
    }
}
