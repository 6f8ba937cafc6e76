/* SPDX-License-Identifier: Apache-2.0 */
/* The one copy of the head's reader where code is built for size, and the forms of what is not shortest. */
#include "format/cbor/head.h"

#ifdef __OPTIMIZE_SIZE__
tps_status cbor_head_read(const uint8_t *at, const uint8_t *end, cbor_head *head)
{
    return cbor_head_read_inline(at, end, head);
}
#endif

/* Zeros at the low end of a number that is not 0. */
static int trailing_zeros(uint64_t number)
{
#if defined(__GNUC__)
    return __builtin_ctzll(number);
#else
    int count = 0;

    for (; (number & 1) == 0; number >>= 1) {
        count++;
    }
    return count;
#endif
}

bool cbor_float_is_long(uint64_t bits, uint32_t width)
{
    bool is_double = width == 8;
    int fraction_bits = is_double ? 52 : 23;
    int largest = is_double ? 0x7ff : 0xff;      /* the exponent of infinities and NaNs */
    int small_largest = is_double ? 0xff : 0x1f; /* the same of the next smaller width */
    int lost = is_double ? 52 - 23 : 23 - 10;    /* bits of the fraction that the smaller width lacks */
    int exponent = (int)(bits >> fraction_bits) & largest;
    uint64_t fraction = bits & (((uint64_t)1 << fraction_bits) - 1);

    if (width == 2) {
        return false;
    }
    if (exponent == 0) {
        return fraction == 0; /* what is subnormal here is too small there */
    }
    if (exponent != largest) {
        exponent -= (largest - small_largest) / 2;
        if (exponent >= small_largest) {
            return false;
        }
        lost += exponent < 1 ? 1 - exponent : 0; /* subnormal there: the implicit bit takes part */
    }
    return lost <= trailing_zeros(fraction | (uint64_t)1 << fraction_bits);
}
