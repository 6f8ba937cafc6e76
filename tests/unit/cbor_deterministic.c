/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic form (RFC 8949, 4.2.1): shortest heads, shortest floats, sorted keys, definite lengths. */
#include "support/cbor_hex.h"
#include "support/check.h"

#define DETERMINISTIC (&cbor_limits_deterministic)

/* Good as CBOR, and refused where deterministic form is asked for. */
static void refuse(const char *hex)
{
    assert_cbor(hex, &tps_cbor_limits_message, TPS_OK);
    assert_cbor(hex, DETERMINISTIC, TPS_CBOR_NOT_DETERMINISTIC);
}

static void take(const char *hex)
{
    assert_cbor(hex, DETERMINISTIC, TPS_OK);
}

static void long_heads_of_integers_are_refused(void **state)
{
    (void)state;
    take("17");
    take("1818");
    take("18ff");
    take("190100");
    take("19ffff");
    take("1a00010000");
    take("1affffffff");
    take("1b0000000100000000");
    take("1bffffffffffffffff");
    refuse("1817");
    refuse("190017");
    refuse("1900ff");
    refuse("1a0000ffff");
    refuse("1b00000000ffffffff");
    refuse("3817");
    refuse("3900ff");
    refuse("3a0000ffff");
    refuse("3b00000000ffffffff");
}

static void long_heads_of_strings_containers_and_tags_are_refused(void **state)
{
    (void)state;
    refuse("580161");
    refuse("780161");
    refuse("59000161");
    refuse("980100");
    refuse("9a0000000100");
    refuse("b8010000");
    refuse("d80100");
    refuse("d9002000");
    take("d82000");
    take("d9010000");
}

static void indefinite_lengths_are_refused(void **state)
{
    (void)state;
    refuse("5f4100ff");
    refuse("7f6161ff");
    refuse("9fff");
    refuse("bfff");
    refuse("819fff");
}

static void keys_must_ascend_bytewise(void **state)
{
    (void)state;
    take("a3010002000300");
    take("a20a00186400");
    take("a21864002000");
    take("a22000617a00");
    take("a2617a0062616100");
    take("a2617a00810100");
    take("a2810a0081186400");
    refuse("a202000100");
    refuse("a262616100617a00");
    refuse("a281186400810a00");
    assert_cbor("a201000100", DETERMINISTIC, TPS_CBOR_DUPLICATE_KEY);
    /* The length-first order of RFC 7049 is another one. */
    refuse("a22000186400");
}

static void a_large_sorted_map_is_taken_and_one_key_out_of_place_refused(void **state)
{
    uint8_t bytes[4096];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));

    (void)state;
    tps_cbor_put_map(&w, 400);
    for (unsigned i = 0; i < 400; i++) {
        tps_cbor_put_uint(&w, i < 399 ? i + 1 : 0);
        tps_cbor_put_null(&w);
    }
    assert_status(tps_cbor_check(tps_span_make(bytes, w.size), DETERMINISTIC, NULL, NULL),
                  TPS_CBOR_NOT_DETERMINISTIC);
    bytes[w.size - 2] = 0x20;
    assert_status(tps_cbor_check(tps_span_make(bytes, w.size), DETERMINISTIC, NULL, NULL), TPS_OK);
}

/* Singles that halves hold, to the smallest subnormal; and their neighbours, which halves do not. */
static void singles_that_fit_a_half_are_refused(void **state)
{
    (void)state;
    refuse("fa00000000"); /* 0.0 */
    refuse("fa80000000"); /* -0.0 */
    refuse("fa3f800000"); /* 1.0 */
    refuse("fa477fe000"); /* 65504, the largest half */
    take("fa477fe001");
    take("fa477ff000");   /* 65520 rounds to infinity */
    take("fa47800000");   /* 65536 */
    take("fa3f801000");   /* 1 + 2^-11: a bit too fine */
    refuse("fa3f802000"); /* 1 + 2^-10 */
    refuse("fa38800000"); /* 2^-14, the smallest normal half */
    refuse("fa38000000"); /* 2^-15, subnormal */
    refuse("fa33800000"); /* 2^-24, the smallest subnormal */
    take("fa33000000");   /* 2^-25 */
    take("fa33c00000");   /* 1.5 x 2^-24 */
    refuse("fa34400000"); /* 3 x 2^-24 */
    refuse("fa387fc000"); /* 1023 x 2^-24, the largest subnormal half */
    take("fa387fe000");   /* half a step beyond it */
    take("fa00000001");   /* a subnormal single */
    take("fa007fffff");
    take("fa00800000"); /* the smallest normal single */
}

static void doubles_that_fit_a_single_are_refused(void **state)
{
    (void)state;
    refuse("fb0000000000000000");
    refuse("fb8000000000000000");
    refuse("fb3ff0000000000000"); /* 1.0 */
    refuse("fb3ff0000020000000"); /* 1 + 2^-23 */
    take("fb3ff0000010000000");   /* 1 + 2^-24 */
    take("fb3ff199999999999a");   /* 1.1 */
    refuse("fb47efffffe0000000"); /* the largest single */
    take("fb47efffffe0000001");
    take("fb47f0000000000000");   /* 2^128 */
    refuse("fb3810000000000000"); /* 2^-126, the smallest normal single */
    refuse("fb3800000000000000"); /* 2^-127, subnormal */
    refuse("fb36a0000000000000"); /* 2^-149, the smallest subnormal */
    take("fb3690000000000000");   /* 2^-150 */
    take("fb36a8000000000000");   /* 1.5 x 2^-149 */
    refuse("fb36b8000000000000"); /* 3 x 2^-149 */
    refuse("fb380fffffc0000000"); /* the largest subnormal single */
    take("fb380fffffe0000000");
    take("fb0000000000000001"); /* a subnormal double */
    take("fb000fffffffffffff");
}

static void infinities_are_shortest_and_nan_is_one(void **state)
{
    (void)state;
    take("f97c00");
    take("f9fc00");
    take("f97e00");
    refuse("fa7f800000");
    refuse("faff800000");
    refuse("fa7fc00000");
    refuse("fb7ff0000000000000");
    refuse("fbfff0000000000000");
    refuse("fb7ff8000000000000");
    /* There is one NaN, whatever the others' signs and payloads say (RFC 8949, 4.2.2). */
    refuse("f97e01");
    refuse("f97c01");
    refuse("f9fe00");
    refuse("f97fff");
    refuse("fa7fc00001");
    refuse("fa7fc02000");
    refuse("fb7ff8000000000001");
    refuse("fb7ff8000020000000");
}

static void halves_and_simple_values_are_always_short(void **state)
{
    (void)state;
    take("f90000");
    take("f90001");
    take("f93c00");
    take("f9fbff");
    take("f4");
    take("f7");
    take("e0");
    take("f820");
    take("f8ff");
}

static void big_numbers_are_in_preferred_form(void **state)
{
    (void)state;
    take("c249010000000000000000");
    take("c349010000000000000000");
    take("c25818ffffffffffffffffffffffffffffffffffffffffffffffff");
    refuse("c240");
    refuse("c24100");
    refuse("c34101");
    refuse("c248ffffffffffffffff");
    refuse("c24900ffffffffffffffff");
    refuse("c24a00010000000000000000");
    refuse("c2581800ffffffffffffffffffffffffffffffffffffffffffffff");
    refuse("c25f49010000000000000000ff");
    refuse("82c2410101");
    /* Other tags, and other things in these tags, are as they are. */
    take("c14101");
    take("c44101");
    take("c2820102");
    take("c2c14101");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_heads_of_integers_are_refused),
        cmocka_unit_test(long_heads_of_strings_containers_and_tags_are_refused),
        cmocka_unit_test(indefinite_lengths_are_refused),
        cmocka_unit_test(keys_must_ascend_bytewise),
        cmocka_unit_test(a_large_sorted_map_is_taken_and_one_key_out_of_place_refused),
        cmocka_unit_test(singles_that_fit_a_half_are_refused),
        cmocka_unit_test(doubles_that_fit_a_single_are_refused),
        cmocka_unit_test(infinities_are_shortest_and_nan_is_one),
        cmocka_unit_test(big_numbers_are_in_preferred_form),
        cmocka_unit_test(halves_and_simple_values_are_always_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
