/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shortest decimal number of a float, after Steele and White, and Burger and Dybvig: the value and half
 * the distance to its neighbours are kept as fractions over one denominator in exact integers, and digits are
 * made until the rest is smaller than that distance. Slower than table-driven methods, and small enough to
 * read.
 */
#include "format/cbor/float.h"

#include "format/text/natural.h"

/* Enough for the smallest and the largest double, times ten: 1088 bits. */
#define LIMBS 36u

/* The value is fraction * 2^exponent, with the fraction of a double: below 2^53, and from 2^52 on where it
 * can. */
typedef struct {
    uint64_t fraction;
    int exponent;
} binary;

#define DOUBLE_TOP       ((uint64_t)1 << 52)
#define DOUBLE_LEAST     (-1074)
#define DIGITS_MAX       17u
#define POSITIONAL_MAX   21
#define POSITIONAL_LEAST (-6)

/* 0.d1 d2 d3 ... * 10^point */
typedef struct {
    char digit[DIGITS_MAX + 1];
    uint32_t count;
    int point;
} decimal;

/* The fractions: value = rest / whole; half the gap to the neighbour below is low / whole, and above it is
 * that or, where the exponent steps, twice that. A neighbour's edge itself still reads back as this value if
 * it is even. */
typedef struct {
    natural rest;
    natural whole;
    natural low;
    natural scratch;
    uint32_t limbs[4][LIMBS]; /* of these four */
    bool is_stepped;
    bool is_even;
} scale;

/* rest + high against whole. */
static int compare_upper_edge(scale *s)
{
    natural_copy(&s->scratch, &s->rest);
    natural_add(&s->scratch, &s->low);
    if (s->is_stepped) {
        natural_add(&s->scratch, &s->low);
    }
    return natural_compare(&s->scratch, &s->whole);
}

static bool reaches_whole(scale *s)
{
    int order = compare_upper_edge(s);

    return s->is_even ? order >= 0 : order > 0;
}

static void begin(scale *s, binary value)
{
    uint32_t doubling;

    s->is_even = value.fraction % 2 == 0;
    s->is_stepped = value.fraction == DOUBLE_TOP && value.exponent > DOUBLE_LEAST;
    doubling = s->is_stepped ? 2 : 1;
    s->rest = natural_make(s->limbs[0], LIMBS, value.fraction);
    s->whole = natural_make(s->limbs[1], LIMBS, 1);
    s->low = natural_make(s->limbs[2], LIMBS, 1);
    s->scratch = natural_make(s->limbs[3], LIMBS, 0);
    natural_shift_left(&s->rest, doubling);
    natural_shift_left(&s->whole, doubling);
    if (value.exponent >= 0) {
        natural_shift_left(&s->rest, (uint32_t)value.exponent);
        natural_shift_left(&s->low, (uint32_t)value.exponent);
    } else {
        natural_shift_left(&s->whole, (uint32_t)-value.exponent);
    }
}

/* Scales by a power of ten so that the first digit stands right behind the point; returns that power. */
static int find_point(scale *s, binary value)
{
    int bits = value.exponent;
    int point;

    for (uint64_t f = value.fraction; f > 1; f >>= 1) {
        bits++;
    }
    point = bits * 30103 / 100000 - 1; /* log10(2); never too high by this, and at most three too low */
    if (point >= 0) {
        natural_multiply_power_of_ten(&s->whole, (uint32_t)point);
    } else {
        natural_multiply_power_of_ten(&s->rest, (uint32_t)-point);
        natural_multiply_power_of_ten(&s->low, (uint32_t)-point);
    }
    while (reaches_whole(s)) {
        natural_multiply_add(&s->whole, 10, 0);
        point++;
    }
    return point;
}

static char next_digit(scale *s)
{
    char digit = '0';

    natural_multiply_add(&s->rest, 10, 0);
    natural_multiply_add(&s->low, 10, 0);
    while (natural_compare(&s->rest, &s->whole) >= 0) {
        natural_subtract(&s->rest, &s->whole);
        digit++;
    }
    return digit;
}

/* Both neighbours' edges are passed: the nearer of this digit and the next. */
static bool rounds_up(scale *s)
{
    natural_copy(&s->scratch, &s->rest);
    natural_add(&s->scratch, &s->rest);
    return natural_compare(&s->scratch, &s->whole) >= 0;
}

static void make_digits(binary value, decimal *out)
{
    scale s;
    bool is_low;
    bool is_high;

    begin(&s, value);
    out->point = find_point(&s, value);
    out->count = 0;
    do {
        char digit = next_digit(&s);
        int order = natural_compare(&s.rest, &s.low);
        is_low = s.is_even ? order <= 0 : order < 0;
        is_high = reaches_whole(&s);
        if (is_high && (!is_low || rounds_up(&s))) {
            digit++; /* never past 9: then the digit before would have ended it */
        }
        out->digit[out->count++] = digit;
    } while (!is_low && !is_high && out->count < DIGITS_MAX);
}

static size_t put_text(char *out, const char *text)
{
    size_t size = strlen(text);

    memcpy(out, text, size);
    return size;
}

/* Digits from..to of the number, with zeros where it has none. */
static size_t put_digits(char *out, const decimal *d, int from, int to)
{
    size_t size = 0;

    for (int i = from; i < to; i++) {
        out[size++] = i >= 0 && (uint32_t)i < d->count ? d->digit[i] : '0';
    }
    return size;
}

static size_t put_positional(char *out, const decimal *d)
{
    int end = (int)d->count > d->point ? (int)d->count : d->point + 1;
    size_t size = d->point > 0 ? put_digits(out, d, 0, d->point) : put_text(out, "0");

    out[size++] = '.';
    return size + put_digits(out + size, d, d->point, end);
}

static size_t put_scientific(char *out, const decimal *d)
{
    int exponent = d->point - 1;
    int magnitude = exponent < 0 ? -exponent : exponent;
    size_t size = put_digits(out, d, 0, 1);

    out[size++] = '.';
    size += put_digits(out + size, d, 1, d->count > 1 ? (int)d->count : 2);
    out[size++] = 'e';
    out[size++] = exponent < 0 ? '-' : '+';
    if (magnitude >= 100) {
        out[size++] = (char)('0' + magnitude / 100);
    }
    if (magnitude >= 10) {
        out[size++] = (char)('0' + magnitude / 10 % 10);
    }
    out[size++] = (char)('0' + magnitude % 10);
    return size;
}

static size_t put_nan(char *out, uint64_t bits, uint32_t width, bool is_usual)
{
    size_t size = put_text(out, "NaN");

    if (is_usual) {
        return size;
    }
    size += put_text(out + size, " /0x");
    for (uint32_t i = width * 2; i-- > 0;) {
        out[size++] = "0123456789abcdef"[bits >> (i * 4) & 15];
    }
    out[size++] = '/';
    return size;
}

static size_t put_finite(char *out, binary value)
{
    decimal d;

    if (value.fraction == 0) {
        return put_text(out, "0.0");
    }
    while (value.fraction < DOUBLE_TOP && value.exponent > DOUBLE_LEAST) {
        value.fraction <<= 1;
        value.exponent--;
    }
    make_digits(value, &d);
    return d.point > POSITIONAL_LEAST && d.point <= POSITIONAL_MAX ? put_positional(out, &d)
                                                                   : put_scientific(out, &d);
}

size_t cbor_float_text(uint64_t bits, uint32_t width, char out[CBOR_FLOAT_TEXT_MAX])
{
    uint32_t fraction_bits = width == 8 ? 52 : width == 4 ? 23 : 10;
    uint32_t exponent_bits = width == 8 ? 11 : width == 4 ? 8 : 5;
    int bias = (1 << (exponent_bits - 1)) - 1;
    uint64_t fraction = bits & (((uint64_t)1 << fraction_bits) - 1);
    int exponent = (int)(bits >> fraction_bits & ((1u << exponent_bits) - 1));
    bool is_negative = (bits >> (fraction_bits + exponent_bits) & 1) != 0;
    size_t size = 0;

    if (exponent == (1 << exponent_bits) - 1 && fraction != 0) {
        return put_nan(out, bits, width, !is_negative && fraction == (uint64_t)1 << (fraction_bits - 1));
    }
    if (is_negative) {
        out[size++] = '-';
    }
    if (exponent == (1 << exponent_bits) - 1) {
        return size + put_text(out + size, "Infinity");
    }
    if (exponent > 0) {
        fraction |= (uint64_t)1 << fraction_bits;
    } else {
        exponent = 1;
    }
    return size + put_finite(out + size, (binary){fraction, exponent - bias - (int)fraction_bits});
}
