/* SPDX-License-Identifier: Apache-2.0 */
/* The one copy of the head's reader where code is built for size, and the forms of what is not shortest. */
#include "format/cbor/head.h"

#ifdef __OPTIMIZE_SIZE__
const uint8_t *cbor_item_read(const uint8_t *at, const uint8_t *end, tps_cbor_item *item)
{
    return cbor_item_read_inline(at, end, item);
}

uint32_t cbor_items_of(const tps_cbor_item *item)
{
    return cbor_items_of_inline(item);
}
#endif

size_t cbor_head_make(uint8_t head[9], uint32_t major, uint64_t argument)
{
    uint32_t info = (uint32_t)argument;
    size_t extra = 0;

    if (argument >= 24) {
        info = argument <= UINT8_MAX ? 24 : argument <= UINT16_MAX ? 25 : argument <= UINT32_MAX ? 26 : 27;
        extra = (size_t)1 << (info - 24);
    }
    head[0] = (uint8_t)(major << 5 | info);
    for (size_t i = extra; i > 0; i--) {
        head[i] = (uint8_t)argument;
        argument >>= 8;
    }
    return 1 + extra;
}

/* Zeros at the low end of a number that is not 0. */
static int trailing_zeros(uint32_t number)
{
#if defined(__GNUC__)
    return __builtin_ctz(number);
#else
    int count = 0;

    for (; (number & 1) == 0; number >>= 1) {
        count++;
    }
    return count;
#endif
}

/* In words of 32 bits, because that is what small processors have. */
bool cbor_float_is_long(uint64_t bits, uint32_t width)
{
    uint32_t low = (uint32_t)bits;
    uint32_t top = low;
    int fraction_bits = 23; /* in the upper word */
    int low_bits = 0;       /* of the fraction in the lower one */
    int lost = 23 - 10;     /* bits of the fraction that the smaller width lacks */
    int bias = 127;
    int small_bias = 15;
    int exponent;
    int zeros;

    if (width == 2) {
        return (top & INT16_MAX) > CBOR_HALF_INFINITY && top != CBOR_HALF_NAN;
    }
    if (width == 8) {
        top = (uint32_t)(bits >> 32);
        fraction_bits = 20;
        low_bits = 32;
        lost = 52 - 23;
        bias = 1023;
        small_bias = 127;
    }
    exponent = (int)((top & INT32_MAX) >> fraction_bits);
    top |= 1u << fraction_bits; /* the implicit bit */
    zeros = low_bits > 0 && low != 0 ? trailing_zeros(low) : low_bits + trailing_zeros(top);
    if (exponent == 0) {
        return zeros == low_bits + fraction_bits; /* zero; what is subnormal here is too small there */
    }
    if (exponent == 2 * bias + 1) {
        return true; /* an infinity fits a half; the only NaN is one */
    }
    exponent -= bias - small_bias;
    if (exponent < 1) { /* subnormal there: the implicit bit takes part */
        lost += 1 - exponent;
    }
    return exponent <= 2 * small_bias && lost <= zeros;
}
