/* SPDX-License-Identifier: Apache-2.0 */
/* Registered claims of CWTs: each one, each wrong type of it, dates with fractions, times judged, one key in
 * cnf. */
#include "tps/cwt.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/claims_map.h"
#include "support/vectors.h"

/* The claims of RFC 8392, A.1, with the others beside them. */
static const claim full[] = {
    {TPS_CWT_ISS, "75 636f61703a2f2f61732e6578616d706c652e636f6d"},
    {TPS_CWT_SUB, "65 6572696b77"},
    {TPS_CWT_AUD, "78 18 636f61703a2f2f6c696768742e6578616d706c652e636f6d"},
    {TPS_CWT_EXP, "1a 5612aeb0"},
    {TPS_CWT_NBF, "1a 5610d9f0"},
    {TPS_CWT_IAT, "1a 5610d9f0"},
    {TPS_CWT_CTI, "42 0b71"},
    {TPS_CWT_CNF, "a1 03 42 abcd"},
    {TPS_CWT_SCOPE, "64 72656164"},
    {TPS_CWT_CNONCE, "48 0001020304050607"},
};

#define FULL_COUNT (sizeof full / sizeof full[0])

static tps_cwt_claims out;
static tps_error why;

static tps_status decode_with(int64_t label, const char *value)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    claims_map_set(&map, label, value);
    memset(&why, 0, sizeof why);
    return tps_cwt_decode(claims_map_encode(&map), &out, &why);
}

static void assert_refused(int64_t label, const char *value, tps_status expected, const char *detail)
{
    assert_status(decode_with(label, value), expected);
    assert_int_equal(why.status, expected);
    assert_names(&why, detail);
}

static void every_claim_is_found(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_SUB, "65 6572696b77"), TPS_OK);
    assert_span_text(out.iss, "coap://as.example.com");
    assert_span_text(out.sub, "erikw");
    assert_true(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("coap://light.example.com")));
    assert_false(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("coap://light.example.co")));
    assert_int_equal(out.present, TPS_CWT_HAS_EXP | TPS_CWT_HAS_NBF | TPS_CWT_HAS_IAT);
    assert_false(out.exp.is_float);
    assert_int_equal(out.exp.value.integer, 1444064944);
    assert_int_equal(out.nbf.value.integer, 1443944944);
    assert_int_equal(out.iat.value.integer, 1443944944);
    assert_span(out.cti, tps_span_make("\x0b\x71", 2));
    assert_span_text(out.scope, "read");
    assert_false(out.is_scope_binary);
    assert_int_equal(out.cnonce.size, 8);
    assert_int_equal(out.cnf.size, 5);
}

static void every_claim_may_be_absent(void **state)
{
    (void)state;
    assert_status(tps_cwt_decode(tps_span_make("\xa0", 1), &out, &why), TPS_OK);
    assert_null(out.iss.data);
    assert_null(out.aud.data);
    assert_null(out.cnf.data);
    assert_int_equal(out.present, 0);
    assert_false(tps_cwt_is_for(&out, TPS_SPAN_EMPTY));
    assert_status(tps_cwt_check_time(&out, 0, 0, &why), TPS_OK);
}

static void each_wrong_type_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused(TPS_CWT_ISS, "01", TPS_CLAIM_BAD_TYPE, "iss");
    assert_refused(TPS_CWT_ISS, "41 00", TPS_CLAIM_BAD_TYPE, "iss");
    assert_refused(TPS_CWT_SUB, "f5", TPS_CLAIM_BAD_TYPE, "sub");
    assert_refused(TPS_CWT_AUD, "01", TPS_CLAIM_BAD_TYPE, "aud");
    assert_refused(TPS_CWT_AUD, "82 61 61 01", TPS_CLAIM_BAD_TYPE, "aud");
    assert_refused(TPS_CWT_AUD, "80", TPS_CLAIM_BAD_VALUE, "aud");
    assert_refused(TPS_CWT_EXP, "61 31", TPS_CLAIM_BAD_TYPE, "exp");
    assert_refused(TPS_CWT_EXP, "c1 01", TPS_CLAIM_BAD_TYPE, "exp");
    assert_refused(TPS_CWT_NBF, "f6", TPS_CLAIM_BAD_TYPE, "nbf");
    assert_refused(TPS_CWT_IAT, "81 01", TPS_CLAIM_BAD_TYPE, "iat");
    assert_refused(TPS_CWT_CTI, "61 61", TPS_CLAIM_BAD_TYPE, "cti");
    assert_refused(TPS_CWT_CNF, "80", TPS_CLAIM_BAD_TYPE, "cnf");
    assert_refused(TPS_CWT_SCOPE, "01", TPS_CLAIM_BAD_TYPE, "scope");
    assert_refused(TPS_CWT_CNONCE, "61 61", TPS_CLAIM_BAD_TYPE, "cnonce");
    assert_status(tps_cwt_decode(tps_span_make("\x80", 1), &out, &why), TPS_CLAIM_BAD_TYPE);
    assert_string_equal(why.detail, "claims");
}

static void what_is_unknown_is_skipped(void **state)
{
    (void)state;
    assert_status(decode_with(4711, "a1 01 82 02 03"), TPS_OK);
    assert_status(decode_with(-1, "f7"), TPS_OK);
    assert_span_text(out.sub, "erikw");
}

static void bytes_that_are_no_map_are_refused(void **state)
{
    (void)state;
    assert_status(tps_cwt_decode(TPS_SPAN_EMPTY, &out, &why), TPS_CBOR_TRUNCATED);
    assert_status(tps_cwt_decode(tps_span_make("\xa2\x02\x61\x61\x02\x61\x62", 7), &out, &why),
                  TPS_CBOR_DUPLICATE_KEY);
}

static void an_audience_may_be_several(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_AUD, "82 61 61 61 62"), TPS_OK);
    assert_true(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("a")));
    assert_true(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("b")));
    assert_false(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("c")));
    assert_status(decode_with(TPS_CWT_AUD, "9f 61 61 ff"), TPS_OK);
    assert_true(tps_cwt_is_for(&out, TPS_SPAN_LITERAL("a")));
}

static void a_scope_may_be_binary(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_SCOPE, "42 0102"), TPS_OK);
    assert_true(out.is_scope_binary);
    assert_int_equal(out.scope.size, 2);
}

/* ---- dates ---- */

static void assert_date(const char *value, bool is_float, int64_t ceiling)
{
    assert_status(decode_with(TPS_CWT_EXP, value), TPS_OK);
    assert_int_equal(out.exp.is_float, is_float);
    assert_int_equal(tps_number_ceiling(out.exp), ceiling);
}

static void dates_are_integers_or_floats_of_every_width(void **state)
{
    (void)state;
    assert_date("00", false, 0);
    assert_date("3a 7fffffff", false, -2147483648);
    assert_date("f9 3e00", true, 2);  /* 1.5 */
    assert_date("f9 be00", true, -1); /* -1.5 */
    assert_date("f9 0001", true, 1);  /* the least half float */
    assert_date("f9 8001", true, 0);
    assert_date("f9 0000", true, 0);
    assert_date("f9 8000", true, 0);
    assert_date("f9 4900", true, 10);
    assert_date("f9 7bff", true, 65504);
    assert_date("fa 4eb00000", true, 1476395008);
    assert_date("fa 00000001", true, 1);                  /* the least single float */
    assert_date("fb 41d5612aeb200000", true, 1434758061); /* .5 */
    assert_date("fb 43cfffffffffffff", true, 4611686018427387392);
    assert_true(out.exp.is_float);
}

static void dates_that_are_no_numbers_are_refused(void **state)
{
    static const char *const bad[] = {
        "f9 7c00",
        "f9 fc00",
        "f9 7e00",
        "fa 7f800000",
        "fb 7ff0000000000000",
        "fb 7ff8000000000000",
        "fb 43e0000000000000",
        "fb c3e0000000000001",
        "fb 43d0000000000001",
        "1b 4000000000000001",
        "1b ffffffffffffffff",
        "3b 4000000000000000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(TPS_CWT_EXP, bad[i], TPS_CLAIM_BAD_VALUE, "exp");
        assert_refused(TPS_CWT_NBF, bad[i], TPS_CLAIM_BAD_VALUE, "nbf");
    }
    assert_status(decode_with(TPS_CWT_EXP, "1b 4000000000000000"), TPS_OK);
}

static void times_are_judged_with_a_leeway(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_EXP, "19 03e8"), TPS_OK); /* 1000 */
    out.nbf = (tps_number){false, {.integer = 900}};
    assert_status(tps_cwt_check_time(&out, 999, 0, &why), TPS_OK);
    assert_status(tps_cwt_check_time(&out, 900, 0, &why), TPS_OK);
    assert_status(tps_cwt_check_time(&out, 1000, 0, &why), TPS_CLAIM_EXPIRED);
    assert_string_equal(why.detail, "exp");
    assert_status(tps_cwt_check_time(&out, 1059, 60, &why), TPS_OK);
    assert_status(tps_cwt_check_time(&out, 1060, 60, &why), TPS_CLAIM_EXPIRED);
    assert_status(tps_cwt_check_time(&out, 899, 0, &why), TPS_CLAIM_NOT_YET_VALID);
    assert_string_equal(why.detail, "nbf");
    assert_status(tps_cwt_check_time(&out, 840, 60, &why), TPS_OK);
    assert_status(tps_cwt_check_time(&out, 839, 60, &why), TPS_CLAIM_NOT_YET_VALID);
}

static void times_with_fractions_count_to_the_end(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_EXP, "f9 3e00"), TPS_OK); /* 1.5 */
    out.present = TPS_CWT_HAS_EXP;
    assert_status(tps_cwt_check_time(&out, 1, 0, NULL), TPS_OK);
    assert_status(tps_cwt_check_time(&out, 2, 0, NULL), TPS_CLAIM_EXPIRED);
}

static void clocks_at_their_limits_do_not_overflow(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_CWT_EXP, "00"), TPS_OK);
    out.nbf = (tps_number){false, {.integer = 0}};
    assert_status(tps_cwt_check_time(&out, INT64_MAX, UINT32_MAX, &why), TPS_CLAIM_EXPIRED);
    assert_status(tps_cwt_check_time(&out, INT64_MIN, UINT32_MAX, &why), TPS_CLAIM_NOT_YET_VALID);
    assert_int_equal(tps_number_ceiling((tps_number){true, {.real = 1e300}}), INT64_MAX);
    assert_int_equal(tps_number_ceiling((tps_number){true, {.real = -1e300}}), INT64_MIN);
}

/* ---- cnf ---- */

static tps_cwt_confirmation confirmation;

static tps_status confirm(const char *hex)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_status status = tps_cwt_confirmation_decode(span_of(bytes), &confirmation, &why);

    free(bytes.data);
    return status;
}

static void a_confirmation_names_one_key_in_one_way(void **state)
{
    (void)state;
    assert_status(confirm("a1 01 a1 01 02"), TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_KEY);
    assert_int_equal(confirmation.value.size, 3);
    assert_status(confirm("a1 02 d0 83 40 a0 40"), TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_ENCRYPTED_KEY);
    assert_int_equal(confirmation.value.size, 5);
    assert_status(confirm("a1 02 d8 60 84 40 a0 40 80"), TPS_OK);
    assert_status(confirm("a1 02 83 40 a0 40"), TPS_OK);
    assert_status(confirm("a1 03 41 07"), TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_KEY_ID);
    assert_status(confirm("a1 05 5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                  TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_THUMBPRINT);
    assert_int_equal(confirmation.value.size, 32);
}

static void members_that_are_unknown_are_counted(void **state)
{
    (void)state;
    assert_status(confirm("a2 03 41 07 61 78 01"), TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_KEY_ID);
    assert_int_equal(confirmation.unknown_count, 1);
    assert_status(confirm("a1 04 01"), TPS_OK);
    assert_int_equal(confirmation.kind, TPS_CWT_CONFIRMATION_UNKNOWN);
}

static void a_confirmation_that_leaves_the_key_open_is_refused(void **state)
{
    (void)state;
    assert_status(confirm("a2 01 a1 01 02 03 41 07"), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "cnf: more than one key");
    assert_status(confirm("a2 01 a1 01 02 02 83 40 a0 40"), TPS_CLAIM_BAD_VALUE);
    assert_status(confirm("a0"), TPS_CLAIM_BAD_VALUE);
    assert_status(confirm("a1 03 40"), TPS_CLAIM_BAD_VALUE);
    assert_status(confirm("a1 05 41 00"), TPS_CLAIM_BAD_VALUE);
    assert_status(confirm("a1 01 41 00"), TPS_CLAIM_BAD_TYPE);
    assert_status(confirm("a1 02 a0"), TPS_CLAIM_BAD_TYPE);
    assert_status(confirm("a1 03 61 61"), TPS_CLAIM_BAD_TYPE);
    assert_status(confirm("a1 05 01"), TPS_CLAIM_BAD_TYPE);
    assert_status(confirm("80"), TPS_CLAIM_BAD_TYPE);
    assert_status(confirm("a1 03"), TPS_CBOR_TRUNCATED);
    assert_refused(TPS_CWT_CNF, "a2 01 a1 01 02 03 41 07", TPS_CLAIM_BAD_VALUE, "cnf: more than one key");
}

/* ---- encoding ---- */

static void claims_come_back_from_encoding(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_buf sorted = exact_copy(claims_map_encode(&map));
    uint8_t room[512];
    tps_span encoded;

    (void)state;
    claims_map_reverse(&map);
    assert_status(tps_cwt_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_status(tps_cwt_encode(&out, TPS_BUF_MEASURE, &encoded, &why), TPS_OK);
    assert_int_equal(encoded.size, sorted.size);
    assert_status(tps_cwt_encode(&out, (tps_buf){room, sorted.size - 1}, &encoded, &why),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, sorted.size);
    assert_status(tps_cwt_encode(&out, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, span_of(sorted));
    free(sorted.data);
}

static void floats_are_encoded_in_their_shortest_form(void **state)
{
    static const struct {
        const char *given;
        const char *expected;
    } cases[] = {
        {"fb 3ff8000000000000", "f93e00"},
        {"fb 8000000000000000", "f98000"},
        {"fb 3e70000000000000", "f90001"},
        {"fb 3e60000000000000", "fa33000000"},
        {"fb 40effc0000000000", "f97bff"},
        {"fb 40effc2000000000", "fa477fe100"},
        {"fb 40f0000000000000", "fa47800000"},
        {"fb 3f10000000000000", "f90400"},
        {"fb 3f0ff80000000000", "f903ff"},
        {"fb 3f0ff00000000000", "f903fe"},
        {"fb 36a0000000000000", "fa00000001"},
        {"fb 3690000000000000", "fb3690000000000000"},
        {"fb 3ff8000000000001", "fb3ff8000000000001"},
        {"fa 3fc00000", "f93e00"},
        {"fb 380fffffc0000000", "fa007fffff"},
        {"fb 41d5612aeb200000", "fb41d5612aeb200000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_buf expected = bytes_from_hex(cases[i].expected);
        uint8_t room[16];
        tps_span encoded;
        claim one = {TPS_CWT_IAT, cases[i].given};
        claims_map map = claims_map_of(&one, 1);

        assert_status(tps_cwt_decode(claims_map_encode(&map), &out, &why), TPS_OK);
        assert_status(tps_cwt_encode(&out, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
        assert_status(tps_cbor_check(encoded, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        assert_span(tps_span_make(encoded.data + 2, encoded.size - 2), span_of(expected));
        free(expected.data);
    }
}

static void assert_not_encoded(tps_status expected, const char *detail)
{
    uint8_t room[512];
    tps_span encoded = TPS_SPAN_LITERAL("x");

    assert_status(tps_cwt_encode(&out, TPS_BUF_OF(room), &encoded, &why), expected);
    assert_int_equal(encoded.size, 0);
    assert_names(&why, detail);
}

static void what_decoding_refuses_is_not_encoded(void **state)
{
    (void)state;
    out = (tps_cwt_claims){.present = 8};
    assert_not_encoded(TPS_BAD_ARGUMENT, "present");
    out = (tps_cwt_claims){.iss = tps_span_make("\xff", 1)};
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "iss");
    out = (tps_cwt_claims){.sub = tps_span_make("\xff", 1)};
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "sub");
    out = (tps_cwt_claims){.scope = tps_span_make("\xff", 1)};
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "scope");
    out = (tps_cwt_claims){.present = TPS_CWT_HAS_EXP, .exp = {false, {.integer = INT64_MAX}}};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "exp");
    out = (tps_cwt_claims){.present = TPS_CWT_HAS_NBF, .nbf = {false, {.integer = INT64_MIN}}};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "nbf");
    out = (tps_cwt_claims){.present = TPS_CWT_HAS_IAT, .iat = {true, {.real = 1e200}}};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "iat");
    out = (tps_cwt_claims){.aud = tps_span_make("\x01", 1)};
    assert_not_encoded(TPS_CLAIM_BAD_TYPE, "aud");
    out = (tps_cwt_claims){.aud = tps_span_make("\x78\x01x", 3)};
    assert_not_encoded(TPS_CBOR_NOT_DETERMINISTIC, "aud");
    out = (tps_cwt_claims){.cnf = tps_span_make("\xa1\x18\x03\x41\x01", 5)};
    assert_not_encoded(TPS_CBOR_NOT_DETERMINISTIC, "cnf");
    out = (tps_cwt_claims){.cnf = tps_span_make("\xa0", 1)};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "cnf");
}

static void a_binary_scope_is_encoded_as_bytes(void **state)
{
    uint8_t room[16];
    tps_span encoded;

    (void)state;
    out = (tps_cwt_claims){.scope = tps_span_make("\xff", 1), .is_scope_binary = true};
    assert_status(tps_cwt_encode(&out, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, tps_span_make("\xa1\x09\x41\xff", 4));
}

static void claims_longer_than_a_decoder_takes_are_not_encoded(void **state)
{
    static uint8_t text[70000];
    tps_span encoded;

    (void)state;
    memset(text, 'a', sizeof text);
    out = (tps_cwt_claims){.iss = TPS_SPAN_OF(text)};
    assert_status(tps_cwt_encode(&out, TPS_BUF_MEASURE, &encoded, &why), TPS_CBOR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_is_found),
        cmocka_unit_test(every_claim_may_be_absent),
        cmocka_unit_test(each_wrong_type_is_refused_by_name),
        cmocka_unit_test(what_is_unknown_is_skipped),
        cmocka_unit_test(bytes_that_are_no_map_are_refused),
        cmocka_unit_test(an_audience_may_be_several),
        cmocka_unit_test(a_scope_may_be_binary),
        cmocka_unit_test(dates_are_integers_or_floats_of_every_width),
        cmocka_unit_test(dates_that_are_no_numbers_are_refused),
        cmocka_unit_test(times_are_judged_with_a_leeway),
        cmocka_unit_test(times_with_fractions_count_to_the_end),
        cmocka_unit_test(clocks_at_their_limits_do_not_overflow),
        cmocka_unit_test(a_confirmation_names_one_key_in_one_way),
        cmocka_unit_test(members_that_are_unknown_are_counted),
        cmocka_unit_test(a_confirmation_that_leaves_the_key_open_is_refused),
        cmocka_unit_test(claims_come_back_from_encoding),
        cmocka_unit_test(floats_are_encoded_in_their_shortest_form),
        cmocka_unit_test(what_decoding_refuses_is_not_encoded),
        cmocka_unit_test(a_binary_scope_is_encoded_as_bytes),
        cmocka_unit_test(claims_longer_than_a_decoder_takes_are_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
