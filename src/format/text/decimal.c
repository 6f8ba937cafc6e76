/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal to double, exactly: the number is a fraction of two naturals; scaled to lie between 1 and 2, its
 * bits come out by long division, and the rest tells how to round. Slower than table-driven methods, and
 * small enough to read.
 */
#include "format/text/decimal.h"

#include "format/text/natural.h"

/* Where a double lies between two neighbours shows within so many digits; of those behind, only whether they
 * are all zero matters. */
#define DIGITS_MAX 768u

/* 0.d1d2d3... * 10^point: beyond the largest, and below half of the least double. */
#define POINT_MAX 310
#define POINT_MIN (-330)

/* 10^(330 + 769) has 3651 bits. */
#define LIMBS 116u

#define FRACTION_BITS  53
#define EXPONENT_LEAST (-1022)
#define EXPONENT_BIAS  1023
#define INFINITY_BITS  ((uint64_t)0x7ff << 52)
#define EXPONENT_LIMIT ((int64_t)1 << 40)

/* A decimal number's parts: 0.d1d2d3... * 10^point, with d1..dn, not all of them, in `digits`. */
typedef struct {
    natural digits;
    uint32_t count;
    int64_t point;
    bool has_rest; /* digits that are not zero follow */
} parts;

static void take_digit(parts *p, uint8_t digit, bool is_behind_point)
{
    bool is_leading = p->count == 0 && digit == 0;

    if (!is_behind_point && !is_leading) {
        p->point++;
    }
    if (is_behind_point && is_leading) {
        p->point--;
    }
    if (is_leading) {
        return;
    }
    if (p->count < DIGITS_MAX) {
        natural_multiply_add(&p->digits, 10, digit);
        p->count++;
    } else {
        p->has_rest = p->has_rest || digit != 0;
    }
}

static int64_t exponent_of(const uint8_t *at, const uint8_t *end)
{
    bool is_negative = *at == '-';
    int64_t value = 0;

    if (*at == '-' || *at == '+') {
        at++;
    }
    for (; at < end; at++) {
        if (value < EXPONENT_LIMIT) {
            value = value * 10 + (*at - '0');
        }
    }
    return is_negative ? -value : value;
}

static void take_apart(const uint8_t *at, const uint8_t *end, parts *p)
{
    bool is_behind_point = false;

    for (; at < end; at++) {
        if (*at == '.') {
            is_behind_point = true;
        } else if (*at == 'e' || *at == 'E') {
            p->point += exponent_of(at + 1, end);
            break;
        } else {
            take_digit(p, (uint8_t)(*at - '0'), is_behind_point);
        }
    }
    if (p->has_rest) {
        natural_multiply_add(&p->digits, 10, 1);
        p->count++;
    }
}

/* Scales so that 1 <= number / whole < 2; returns the power of two that this took away. */
static int normalize(natural *number, natural *whole)
{
    int exponent = (int)natural_bits(number) - (int)natural_bits(whole);

    if (exponent > 0) {
        natural_shift_left(whole, (uint32_t)exponent);
    } else {
        natural_shift_left(number, (uint32_t)-exponent);
    }
    if (natural_compare(number, whole) < 0) {
        natural_shift_left(number, 1);
        exponent--;
    }
    return exponent;
}

/* The first `count` bits of number / whole, rounded to nearest, ties to even. */
static uint64_t divide(natural *number, const natural *whole, int count)
{
    uint64_t quotient = 0;
    int order;

    for (int i = 0; i < count; i++) {
        quotient <<= 1;
        if (natural_compare(number, whole) >= 0) {
            natural_subtract(number, whole);
            quotient |= 1;
        }
        natural_shift_left(number, 1);
    }
    order = natural_compare(number, whole);
    return quotient + (order > 0 || (order == 0 && (quotient & 1) != 0) ? 1 : 0);
}

/* A carry out of the fraction steps the exponent, as the bits of a double are laid out. */
static uint64_t to_bits(natural *number, natural *whole)
{
    int exponent = normalize(number, whole);
    int count = FRACTION_BITS;

    if (exponent > EXPONENT_BIAS) {
        return INFINITY_BITS;
    }
    if (exponent >= EXPONENT_LEAST) {
        return ((uint64_t)(exponent + EXPONENT_BIAS - 1) << (FRACTION_BITS - 1)) +
               divide(number, whole, count);
    }
    count -= EXPONENT_LEAST - exponent;
    return count < 0 ? 0 : divide(number, whole, count);
}

bool decimal_to_double(tps_span text, uint64_t *bits)
{
    uint32_t number_limbs[LIMBS];
    uint32_t whole_limbs[LIMBS];
    natural whole = natural_make(whole_limbs, LIMBS, 1);
    parts p = {.digits = natural_make(number_limbs, LIMBS, 0)};
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    uint64_t sign = *at == '-' ? (uint64_t)1 << 63 : 0;
    int64_t exponent;

    take_apart(*at == '-' || *at == '+' ? at + 1 : at, end, &p);
    *bits = sign;
    if (p.count == 0 || p.point < POINT_MIN) {
        return true;
    }
    *bits = sign | INFINITY_BITS;
    if (p.point > POINT_MAX) {
        return false;
    }
    exponent = p.point - (int64_t)p.count;
    natural_multiply_power_of_ten(exponent > 0 ? &p.digits : &whole,
                                  (uint32_t)(exponent > 0 ? exponent : -exponent));
    *bits = sign | to_bits(&p.digits, &whole);
    return (*bits & ~((uint64_t)1 << 63)) != INFINITY_BITS;
}
