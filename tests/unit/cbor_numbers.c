/* SPDX-License-Identifier: Apache-2.0 */
/* Floats of all widths, big numbers and simple values: read and written, each judged by arithmetic of the C
 * library or by the checker's deterministic form. */
#include <math.h>

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A float of 2, 4 or 8 bytes with these bits, in `out`. */
static tps_span encode(uint64_t bits, uint32_t width, uint8_t out[9])
{
    out[0] = width == 2 ? 0xf9 : width == 4 ? 0xfa : 0xfb;
    for (uint32_t i = width; i > 0; i--) {
        out[i] = (uint8_t)bits;
        bits >>= 8;
    }
    return tps_span_make(out, 1 + width);
}

static double read_float(uint64_t bits, uint32_t width)
{
    uint8_t bytes[9];
    tps_cbor_reader r = tps_cbor_reader_init(encode(bits, width, bytes));
    double value = tps_cbor_get_double(&r);

    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    return value;
}

/* What a half is by RFC 8949, appendix D. */
static double value_of_half(uint32_t half)
{
    double fraction = half & 0x3ff;
    int exponent = (int)(half >> 10 & 0x1f);
    double value = exponent == 0    ? ldexp(fraction, -24)
                   : exponent != 31 ? ldexp(fraction + 1024, exponent - 25)
                   : fraction == 0  ? (double)INFINITY
                                    : (double)NAN;

    return (half & 0x8000) != 0 ? -value : value;
}

static void every_half_is_read_exactly(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        double value = read_float(half, 2);
        double expected = value_of_half(half);

        if (isnan(expected)) {
            assert_true(isnan(value));
            assert_int_equal(signbit(value) != 0, half >> 15);
            assert_int_equal(bits_of(value) >> 42 & 0x3ff, half & 0x3ff);
        } else {
            assert_true(bits_of(value) == bits_of(expected));
        }
    }
}

/* Numbers from a fixed seed, so that a failure comes back. */
static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void singles_are_read_as_the_processor_widens_them(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        /* Every exponent, and fractions of few bits among others. */
        uint32_t bits = (uint32_t)next_random();
        float single;

        bits = i % 3 == 0 ? bits & 0xff800003u : i % 3 == 1 ? bits & 0xfff00000u : bits;
        memcpy(&single, &bits, sizeof single);
        if (isnan(single)) {
            assert_true(isnan(read_float(bits, 4)));
        } else {
            assert_true(bits_of(read_float(bits, 4)) == bits_of((double)single));
        }
    }
}

static void doubles_are_read_bit_by_bit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t bits = next_random();

        assert_true(bits_of(read_float(bits, 8)) == bits);
    }
}

static void a_double_is_read_from_nothing_but_floats(void **state)
{
    static const char *const others[] = {"00", "20", "f5", "f7", "c100", "4100", "6130", "80", "f800"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        tps_buf bytes = bytes_from_hex(others[i]);
        tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));

        assert_true(bits_of(tps_cbor_get_double(&r)) == 0);
        assert_status(r.status, i + 1 < sizeof others / sizeof others[0] ? TPS_CBOR_UNEXPECTED_TYPE
                                                                         : TPS_CBOR_RESERVED);
        assert_int_equal(tps_cbor_offset(&r), 0);
        free(bytes.data);
    }
}

/* The value comes back, in the form that the checker takes as deterministic. */
static size_t assert_double_round_trip(double value)
{
    uint8_t bytes[9];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span encoded;
    tps_cbor_reader r;

    tps_cbor_put_double(&w, value);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    r = tps_cbor_reader_init(encoded);
    if (isnan(value)) {
        assert_span(encoded, tps_span_make("\xf9\x7e\x00", 3));
    } else {
        assert_true(bits_of(tps_cbor_get_double(&r)) == bits_of(value));
    }
    return encoded.size;
}

static void every_half_is_written_as_a_half(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        assert_int_equal(assert_double_round_trip(value_of_half(half)), 3);
    }
}

static void floats_are_written_in_the_shortest_form_that_keeps_them(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300000; i++) {
        uint64_t bits = next_random();
        double value;
        size_t size;

        /* Exponents near those of the smaller widths, and fractions that have few bits. */
        if (i % 2 == 0) {
            bits = (bits & 0x800fffffffffffffu) | (uint64_t)(1023 - 160 + (bits >> 52) % 300) << 52;
        }
        bits &= i % 5 == 0   ? UINT64_MAX
                : i % 5 == 1 ? 0xffffffffe0000000u
                : i % 5 == 2 ? 0xfffffc0000000000u
                : i % 5 == 3 ? 0xfff8000000000000u
                             : 0xffffffffc0000000u;
        value = double_of(bits);
        size = assert_double_round_trip(value);
        if (!isnan(value)) {
            assert_int_equal(size == 9, (double)(float)value != value);
        }
    }
}

/* The magnitude in hex, with its sign in front. */
static void assert_big(const char *hex, const char *expected)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_buf magnitude = bytes_from_hex(expected + 1);
    tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));
    tps_cbor_big big = tps_cbor_get_big(&r);

    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
    assert_int_equal(big.is_negative, expected[0] == '-');
    assert_span(big.magnitude, span_of(magnitude));
    free(bytes.data);
    free(magnitude.data);
}

static void integers_of_every_size_are_read_as_big_numbers(void **state)
{
    (void)state;
    assert_big("00", "+");
    assert_big("01", "+01");
    assert_big("17", "+17");
    assert_big("1818", "+18");
    assert_big("190100", "+0100");
    assert_big("1a00000005", "+05");
    assert_big("1b0000000000000000", "+");
    assert_big("1bffffffffffffffff", "+ffffffffffffffff");
    assert_big("20", "-");
    assert_big("29", "-09");
    assert_big("3863", "-63");
    assert_big("3bffffffffffffffff", "-ffffffffffffffff");
    assert_big("c249010000000000000000", "+010000000000000000");
    assert_big("c349010000000000000000", "-010000000000000000");
    assert_big("c240", "+");
    assert_big("c340", "-");
    assert_big("c2430000ff", "+ff");
    assert_big("d8034101", "-01");
}

static void what_is_no_big_number_is_refused(void **state)
{
    static const struct {
        const char *hex;
        tps_status status;
    } samples[] = {
        {"", TPS_CBOR_TRUNCATED},
        {"40", TPS_CBOR_UNEXPECTED_TYPE},
        {"f93c00", TPS_CBOR_UNEXPECTED_TYPE},
        {"c100", TPS_CBOR_UNEXPECTED_TYPE},
        {"c44101", TPS_CBOR_UNEXPECTED_TYPE},
        {"dbffffffffffffffff4101", TPS_CBOR_UNEXPECTED_TYPE},
        {"c201", TPS_CBOR_UNEXPECTED_TYPE},
        {"c3616f", TPS_CBOR_UNEXPECTED_TYPE},
        {"c25f4101ff", TPS_CBOR_INDEFINITE},
        {"c2", TPS_CBOR_TRUNCATED},
        {"c24201", TPS_CBOR_TRUNCATED},
        {"1801", TPS_OK},
        {"18", TPS_CBOR_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_buf bytes = bytes_from_hex(samples[i].hex);
        tps_cbor_reader r = tps_cbor_reader_init(span_of(bytes));
        tps_cbor_big big = tps_cbor_get_big(&r);

        assert_status(r.status, samples[i].status);
        if (samples[i].status != TPS_OK) {
            assert_int_equal(big.magnitude.size, 0);
            assert_false(big.is_negative);
            assert_int_equal(tps_cbor_offset(&r), 0);
        }
        free(bytes.data);
    }
}

static void assert_big_written(const char *magnitude, bool is_negative, const char *hex)
{
    uint8_t room[64];
    tps_buf bytes = bytes_from_hex(magnitude);
    tps_buf expected = bytes_from_hex(hex);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_big(&w, (tps_cbor_big){span_of(bytes), is_negative});
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    assert_span(encoded, span_of(expected));
    assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    free(bytes.data);
    free(expected.data);
}

static void big_numbers_are_written_in_preferred_form(void **state)
{
    (void)state;
    assert_big_written("", false, "00");
    assert_big_written("", true, "20");
    assert_big_written("000000", false, "00");
    assert_big_written("17", false, "17");
    assert_big_written("00ff", true, "38ff");
    assert_big_written("ffffffffffffffff", false, "1bffffffffffffffff");
    assert_big_written("0000ffffffffffffffff", true, "3bffffffffffffffff");
    assert_big_written("010000000000000000", false, "c249010000000000000000");
    assert_big_written("00010000000000000000", true, "c349010000000000000000");
    assert_big_written("ffffffffffffffffffffffffffffffffffffffffffffffff", false,
                       "c25818ffffffffffffffffffffffffffffffffffffffffffffffff");
}

static void simple_values_are_read_and_written(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t bytes[2];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
        tps_span encoded;
        tps_cbor_reader r;

        tps_cbor_put_simple(&w, (uint8_t)value);
        if (value >= 24 && value < 32) {
            assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_BAD_ARGUMENT);
            continue;
        }
        assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
        assert_int_equal(encoded.size, value < 24 ? 1 : 2);
        r = tps_cbor_reader_init(encoded);
        assert_int_equal(tps_cbor_get_simple(&r), value);
        assert_status(tps_cbor_reader_finish(&r), TPS_OK);
        r = tps_cbor_reader_init(encoded);
        tps_cbor_get_undefined(&r);
        assert_status(r.status, value == 23 ? TPS_OK : TPS_CBOR_UNEXPECTED_TYPE);
    }
}

static void undefined_is_simple_23(void **state)
{
    uint8_t bytes[2];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_undefined(&w);
    assert_int_equal(w.size, 1);
    assert_int_equal(bytes[0], 0xf7);
}

static void negative_integers_are_written_in_their_full_range(void **state)
{
    uint8_t bytes[16];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_cbor_reader r;
    tps_cbor_item item;

    (void)state;
    tps_cbor_put_nint(&w, 0);
    tps_cbor_put_nint(&w, UINT64_MAX);
    r = tps_cbor_reader_init(tps_span_make(bytes, w.size));
    assert_true(tps_cbor_get_int(&r) == -1);
    assert_true(tps_cbor_read(&r, &item));
    assert_int_equal(item.type, TPS_CBOR_NINT);
    assert_true(item.value == UINT64_MAX);
    assert_status(tps_cbor_reader_finish(&r), TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_read_exactly),
        cmocka_unit_test(singles_are_read_as_the_processor_widens_them),
        cmocka_unit_test(doubles_are_read_bit_by_bit),
        cmocka_unit_test(a_double_is_read_from_nothing_but_floats),
        cmocka_unit_test(every_half_is_written_as_a_half),
        cmocka_unit_test(floats_are_written_in_the_shortest_form_that_keeps_them),
        cmocka_unit_test(integers_of_every_size_are_read_as_big_numbers),
        cmocka_unit_test(what_is_no_big_number_is_refused),
        cmocka_unit_test(big_numbers_are_written_in_preferred_form),
        cmocka_unit_test(simple_values_are_read_and_written),
        cmocka_unit_test(undefined_is_simple_23),
        cmocka_unit_test(negative_integers_are_written_in_their_full_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
