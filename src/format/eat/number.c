/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of claims. The bits of floats are taken apart by hand: no processor needs a floating-point unit for
 * a token. */
#include "format/eat/number.h"

/* A double: a sign, 11 bits of exponent, 52 of fraction. */
#define DOUBLE_FRACTION 52u
#define DOUBLE_BIAS     1023
#define DOUBLE_MAX_EXP  0x7ffu
#define FRACTION_MASK   (((uint64_t)1 << DOUBLE_FRACTION) - 1)

/* Dates beyond this are refused: sums with a leeway stay far from any limit. */
#define DATE_MAX ((int64_t)1 << 62)

static uint64_t bits_of(double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof bits);
    return bits;
}

static uint32_t exponent_of(uint64_t bits)
{
    return (uint32_t)(bits >> DOUBLE_FRACTION) & DOUBLE_MAX_EXP;
}

/* The shape of a narrower float. */
typedef struct {
    uint32_t exponent; /* bits */
    uint32_t fraction; /* bits */
} shape;

static shape shape_of(uint32_t width)
{
    return width == 2 ? (shape){5, 10} : (shape){8, 23};
}

static int32_t bias_of(shape s)
{
    return (int32_t)((1u << (s.exponent - 1)) - 1);
}

uint64_t number_widen(uint64_t bits, uint32_t width)
{
    shape s = shape_of(width);
    uint64_t fraction = bits & (((uint64_t)1 << s.fraction) - 1);
    uint32_t most = (1u << s.exponent) - 1;
    uint32_t raw = (uint32_t)(bits >> s.fraction) & most;
    uint64_t sign = bits >> (s.fraction + s.exponent) << 63;
    int32_t exponent = (int32_t)raw - bias_of(s) + DOUBLE_BIAS;

    if (width == 8) {
        return bits;
    }
    if (raw == most) {
        exponent = DOUBLE_MAX_EXP;
    } else if (raw == 0 && fraction == 0) {
        return sign;
    } else if (raw == 0) {
        /* a subnormal number of the narrow form is a normal one here */
        for (exponent++; (fraction >> s.fraction) == 0; exponent--) {
            fraction <<= 1;
        }
        fraction &= ((uint64_t)1 << s.fraction) - 1;
    }
    return sign | (uint64_t)(uint32_t)exponent << DOUBLE_FRACTION |
           fraction << (DOUBLE_FRACTION - s.fraction);
}

/* True when the finite double with these bits has the same value in `width` bytes, whose bits are then given.
 */
static bool narrow(uint64_t bits, uint32_t width, uint64_t *out)
{
    shape s = shape_of(width);
    uint64_t whole = (bits & FRACTION_MASK) | (uint64_t)1 << DOUBLE_FRACTION;
    int32_t exponent = (int32_t)exponent_of(bits) - DOUBLE_BIAS + bias_of(s);
    uint32_t drop = DOUBLE_FRACTION - s.fraction;

    *out = bits >> 63 << (s.fraction + s.exponent);
    if (bits << 1 == 0) {
        return true;
    }
    if (exponent >= (int32_t)(1u << s.exponent) - 1 || exponent < -(int32_t)s.fraction) {
        return false;
    }
    if (exponent <= 0) {
        drop += (uint32_t)(1 - exponent);
        exponent = 0;
    } else {
        *out |= (uint64_t)(uint32_t)exponent << s.fraction;
        whole &= FRACTION_MASK;
    }
    *out |= whole >> drop;
    return (whole & (((uint64_t)1 << drop) - 1)) == 0;
}

void number_put_float(tps_cbor_writer *writer, uint64_t bits)
{
    uint8_t encoded[9];
    uint32_t width = 2;
    uint64_t narrowed;

    while (width < 8 && !narrow(bits, width, &narrowed)) {
        width *= 2;
    }
    narrowed = width == 8 ? bits : narrowed;
    encoded[0] = (uint8_t)(width == 2 ? 0xf9 : width == 4 ? 0xfa : 0xfb);
    for (uint32_t i = width; i > 0; i--) {
        encoded[i] = (uint8_t)narrowed;
        narrowed >>= 8;
    }
    tps_cbor_put_raw(writer, tps_span_make(encoded, 1 + (size_t)width));
}

bool number_is_finite(tps_number number)
{
    return !number.is_float || exponent_of(bits_of(number.value.real)) != DOUBLE_MAX_EXP;
}

tps_number number_read(tps_cbor_reader *reader)
{
    tps_number number = {false, {0}};
    tps_cbor_item item;

    if (tps_cbor_peek(reader) != TPS_CBOR_FLOAT) {
        number.value.integer = tps_cbor_get_int(reader);
        return number;
    }
    if (tps_cbor_read(reader, &item)) {
        uint64_t bits = number_widen(item.value, item.width);
        number.is_float = true;
        memcpy(&number.value.real, &bits, sizeof bits);
    }
    if (!number_is_finite(number)) {
        tps_cbor_fail(reader, TPS_CBOR_OUT_OF_RANGE);
    }
    return number;
}

bool number_is_date(tps_number number)
{
    int64_t ceiling = tps_number_ceiling(number);

    return number_is_finite(number) && ceiling >= -DATE_MAX && ceiling <= DATE_MAX;
}

tps_number number_read_date(tps_cbor_reader *reader)
{
    tps_number number = number_read(reader);

    if (!number_is_date(number)) {
        tps_cbor_fail(reader, TPS_CBOR_OUT_OF_RANGE);
    }
    return number;
}

void number_put(tps_cbor_writer *writer, tps_number number)
{
    if (number.is_float) {
        number_put_float(writer, bits_of(number.value.real));
    } else {
        tps_cbor_put_int(writer, number.value.integer);
    }
}

int64_t tps_number_ceiling(tps_number number)
{
    uint64_t bits = number.is_float ? bits_of(number.value.real) : 0;
    bool is_negative = bits >> 63 != 0;
    int32_t exponent = (int32_t)exponent_of(bits) - DOUBLE_BIAS;
    uint64_t whole = (bits & FRACTION_MASK) | (uint64_t)1 << DOUBLE_FRACTION;
    uint64_t rest = 0;

    if (!number.is_float) {
        return number.value.integer;
    }
    if (exponent >= 63) {
        return is_negative ? INT64_MIN : INT64_MAX;
    }
    if (exponent < 0) {
        return !is_negative && bits != 0 ? 1 : 0;
    }
    if (exponent >= (int32_t)DOUBLE_FRACTION) {
        whole <<= (uint32_t)exponent - DOUBLE_FRACTION;
    } else {
        rest = whole << (64 - DOUBLE_FRACTION + (uint32_t)exponent);
        whole >>= DOUBLE_FRACTION - (uint32_t)exponent;
    }
    return is_negative ? -(int64_t)whole : (int64_t)whole + (rest != 0);
}
