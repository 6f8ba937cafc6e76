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

bool number_is_finite(tps_number number)
{
    return !number.is_float || exponent_of(bits_of(number.value.real)) != DOUBLE_MAX_EXP;
}

tps_number number_read(tps_cbor_reader *reader)
{
    tps_number number = {false, {0}};

    if (tps_cbor_peek(reader) != TPS_CBOR_FLOAT) {
        number.value.integer = tps_cbor_get_int(reader);
        return number;
    }
    number.is_float = true;
    number.value.real = tps_cbor_get_double(reader);
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
        tps_cbor_put_double(writer, number.value.real);
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
