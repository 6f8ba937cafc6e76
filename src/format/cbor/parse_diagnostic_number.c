/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of diagnostic notation: integers of any base and size, floats, and the numbers of tags. */
#include "format/cbor/notation.h"

#include "format/cbor/head.h"
#include "format/text/decimal.h"
#include "format/text/natural.h"

/* Two more than the largest integer takes: a digit may be added before the size is looked at. */
#define LIMBS (TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX / 32 + 2)

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The value of a digit below `radix`, or -1. */
static int digit_of(uint8_t c, uint32_t radix)
{
    int value = -1;

    if (is_digit(c)) {
        value = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        value = (c | 0x20) - 'a' + 10;
    }
    return value < (int)radix ? value : -1;
}

/* The radix that 0x, 0o, 0b say, and moves behind them; else 10. */
static uint32_t take_radix(notation *n)
{
    if (notation_take(n, "0x") || notation_take(n, "0X")) {
        return 16;
    }
    if (notation_take(n, "0o") || notation_take(n, "0O")) {
        return 8;
    }
    return notation_take(n, "0b") || notation_take(n, "0B") ? 2 : 10;
}

static tps_status read_digits(notation *n, uint32_t radix, natural *value)
{
    const uint8_t *start = n->at;

    while (n->at < n->end && digit_of(*n->at, radix) >= 0) {
        natural_multiply_add(value, radix, (uint32_t)digit_of(*n->at, radix));
        if (natural_bits(value) > TPS_CBOR_DIAGNOSTIC_INTEGER_BITS_MAX) {
            return notation_fail(n, start, TPS_CBOR_OUT_OF_RANGE, "an integer of more than 4096 bits");
        }
        n->at++;
    }
    if (n->at == start) {
        return notation_bad(n, "a digit is missing");
    }
    return TPS_OK;
}

static uint64_t low_64(const natural *value)
{
    return (value->size > 0 ? value->limb[0] : 0) | (uint64_t)(value->size > 1 ? value->limb[1] : 0) << 32;
}

/* A big number: tag 2 or 3 with the magnitude's bytes (RFC 8949, 3.4.3). */
static void put_big(notation *n, const natural *magnitude, bool is_negative)
{
    size_t size = (natural_bits(magnitude) + 7) / 8;

    tps_cbor_put_tag(&n->out, is_negative ? CBOR_TAG_BIG + 1 : CBOR_TAG_BIG);
    tps_cbor_put_bytes_head(&n->out, size);
    for (size_t i = size; i-- > 0;) {
        uint8_t byte = (uint8_t)(magnitude->limb[i / 4] >> (i % 4 * 8));
        tps_cbor_put_raw(&n->out, tps_span_make(&byte, 1));
    }
}

/* An integer, or the number of the tag that a bracket begins. */
static tps_status end_integer(notation *n, const uint8_t *start, natural *magnitude, bool *is_open)
{
    bool is_negative = *start == '-';
    uint32_t one_limbs[2];
    natural one = natural_make(one_limbs, 2, 1);
    uint8_t indicator;

    TPS_TRY(notation_indicator(n, &indicator));
    *is_open = notation_take(n, "(");
    if (is_negative) {
        if (magnitude->size == 0) {
            return notation_fail(n, start, TPS_CBOR_BAD_DIAGNOSTIC, "write 0, or -0.0 for the float");
        }
        natural_subtract(magnitude, &one);
    }
    if (*is_open) {
        if (is_negative || magnitude->size > 2) {
            return notation_fail(n, start, TPS_CBOR_OUT_OF_RANGE,
                                 "a tag number has at most 64 bits and no sign");
        }
        TPS_TRY(notation_put_head(n, TPS_CBOR_TAG, low_64(magnitude), indicator));
        return notation_open(n, NOTATION_TAG, 0, indicator);
    }
    if (magnitude->size <= 2) {
        return notation_put_head(n, is_negative ? TPS_CBOR_NINT : TPS_CBOR_UINT, low_64(magnitude),
                                 indicator);
    }
    if (indicator != NOTATION_SHORTEST) {
        return notation_fail(n, start, TPS_CBOR_OUT_OF_RANGE, "a big number takes no encoding indicator");
    }
    put_big(n, magnitude, is_negative);
    return TPS_OK;
}

static tps_status read_integer(notation *n, const uint8_t *start, bool *is_open)
{
    uint32_t limbs[LIMBS];
    natural magnitude = natural_make(limbs, LIMBS, 0);
    uint32_t radix = take_radix(n);
    uint8_t next;

    TPS_TRY(read_digits(n, radix, &magnitude));
    next = notation_peek(n);
    if (next == '.' || next == 'p' || next == 'P') {
        return notation_bad(n, "floats are written in decimal");
    }
    return end_integer(n, start, &magnitude, is_open);
}

/* Moves over digits; false if there is none. */
static bool take_digits(notation *n)
{
    const uint8_t *start = n->at;

    while (is_digit(notation_peek(n))) {
        n->at++;
    }
    return n->at > start;
}

/* The float that began at `start`; the reader stands behind the digits before its point. */
static tps_status read_float(notation *n, const uint8_t *start)
{
    uint64_t bits;

    if (notation_take(n, ".") && !take_digits(n)) {
        return notation_bad(n, "a digit is missing behind the point");
    }
    if (notation_take(n, "e") || notation_take(n, "E")) {
        if (notation_peek(n) == '+' || notation_peek(n) == '-') {
            n->at++;
        }
        if (!take_digits(n)) {
            return notation_bad(n, "a digit is missing in the exponent");
        }
    }
    if (!decimal_to_double(tps_span_make(start, (size_t)(n->at - start)), &bits)) {
        return notation_fail(n, start, TPS_CBOR_OUT_OF_RANGE, "a number beyond the largest double");
    }
    return notation_put_float(n, bits);
}

tps_status notation_number(notation *n, bool *is_open)
{
    const uint8_t *start = n->at;
    const uint8_t *digits;

    *is_open = false;
    if (notation_take(n, "-") && notation_take(n, "Infinity")) {
        return notation_put_float(n, NOTATION_INFINITY | (uint64_t)1 << 63);
    }
    digits = n->at;
    take_digits(n);
    if (n->at - digits > 1 && *digits == '0') {
        return notation_fail(n, digits, TPS_CBOR_BAD_DIAGNOSTIC, "a number has a leading zero");
    }
    if (n->at > digits && (notation_peek(n) == '.' || (notation_peek(n) | 0x20) == 'e')) {
        return read_float(n, start);
    }
    n->at = digits;
    return read_integer(n, start, is_open);
}

/* The bits of the single that has the value of this double, of which a half has it, too. */
static uint64_t single_of(uint64_t bits)
{
    uint64_t sign = bits >> 63 << 31;
    uint64_t exponent = bits >> 52 & 0x7ff;
    uint64_t fraction = bits >> 29 & 0x7fffff;

    if (exponent == 0x7ff) {
        return sign | 0x7f800000 | fraction;
    }
    return exponent == 0 ? sign : sign | (exponent - 1023 + 127) << 23 | fraction;
}

tps_status notation_put_float(notation *n, uint64_t bits)
{
    uint8_t shortest[9];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(shortest));
    tps_span encoded;
    uint8_t indicator;
    double value;

    TPS_TRY(notation_indicator(n, &indicator));
    memcpy(&value, &bits, sizeof value);
    tps_cbor_put_double(&w, value);
    TPS_TRY(tps_cbor_writer_finish(&w, &encoded));
    if (indicator == NOTATION_SHORTEST || encoded.size == (size_t)1 + ((size_t)1 << indicator)) {
        tps_cbor_put_raw(&n->out, encoded);
        return TPS_OK;
    }
    if (indicator == 0 || indicator > 3 || encoded.size > (size_t)1 + ((size_t)1 << indicator)) {
        return notation_fail(n, n->at, TPS_CBOR_OUT_OF_RANGE, "a float of this value has no such width");
    }
    return notation_put_head(n, 7, indicator == 3 ? bits : single_of(bits), indicator);
}
