/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of RFC 9711, encoded: what was decoded comes back, in order, and nothing is written that a decoder
 * would refuse. */
#include "tps/eat.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/claims_map.h"
#include "support/vectors.h"

#define B16 "000102030405060708090a0b0c0d0e0f"
#define B32 B16 "101112131415161718191a1b1c1d1e1f"

/* In the order of their labels, each in deterministic form. */
static const claim full[] = {
    {TPS_CWT_ISS, "61 69"},
    {TPS_CWT_SUB, "61 73"},
    {TPS_CWT_AUD, "82 61 61 61 62"},
    {TPS_CWT_EXP, "f9 3e00"},
    {TPS_CWT_NBF, "20"},
    {TPS_CWT_IAT, "1a 5b00d6ee"},
    {TPS_CWT_CTI, "41 00"},
    {TPS_CWT_CNF, "a1 03 41 07"},
    {TPS_CWT_SCOPE, "41 01"},
    {TPS_EAT_NONCE, "82 48 0001020304050607 50" B16},
    {11, "f5"},
    {TPS_CWT_CNONCE, "41 02"},
    {40, "80"},
    {255, "a1 01 02"},
    {TPS_EAT_UEID, "51 01" B16},
    {TPS_EAT_SUEIDS, "a2 61 61 47 01020304050607 61 62 51 01" B16},
    {TPS_EAT_OEMID, "43 894823"},
    {TPS_EAT_HWMODEL, "44 01020304"},
    {TPS_EAT_HWVERSION, "82 65 312e332e34 01"},
    {TPS_EAT_UPTIME, "1b ffffffffffffffff"},
    {TPS_EAT_OEMBOOT, "f4"},
    {TPS_EAT_DBGSTAT, "00"},
    {TPS_EAT_LOCATION, "a9 01 f9 5290 02 29 03 18 64 04 01 05 f9 3800 06 19 0167 07 00 08 1a 5b00d6ee 09 05"},
    {TPS_EAT_PROFILE, "71 7461673a6578616d706c652e636f6d2c78"},
    {TPS_EAT_SUBMODS, "a1 61 61 a0"},
    {TPS_EAT_BOOTCOUNT, "00"},
    {TPS_EAT_BOOTSEED, "40"},
    {TPS_EAT_SWVERSION, "82 61 31 63 666f6f"},
    {TPS_EAT_INTUSE, "05"},
    {276, "01"},
    {100000, "02"},
    {-1, "03"},
};

/* The rest of them: a map of a test holds so many. */
static const claim rest[] = {
    {TPS_EAT_OEMID, "50" B16},
    {TPS_EAT_HWVERSION, "81 61 31"},
    {TPS_EAT_OEMBOOT, "f5"},
    {TPS_EAT_PROFILE, "47 2b06010401a020"},
    {TPS_EAT_DLOAS, "81 82 61 75 61 70"},
    {TPS_EAT_SWNAME, "64 41636d65"},
    {TPS_EAT_MANIFESTS, "81 82 19 0102 42 a000"},
    {TPS_EAT_MEASUREMENTS, "81 82 19 0102 41 a0"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 82 61 69 01"},
    {-65537, "61 78"},
};

static tps_eat_claims claims;
static tps_error why;
static uint8_t room[1024];

static void assert_comes_back(const claim *set, size_t count)
{
    claims_map map = claims_map_of(set, count);
    tps_buf sorted;
    tps_span encoded;

    map.extra = "61 78 01 61 79 02 62 6161 03";
    map.extra_count = 3;
    sorted = exact_copy(claims_map_encode(&map));
    assert_status(tps_cbor_check(span_of(sorted), &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_status(tps_eat_decode(span_of(sorted), &claims, &why), TPS_OK);
    assert_status(tps_eat_encode(&claims, TPS_BUF_MEASURE, &encoded, &why), TPS_OK);
    assert_int_equal(encoded.size, sorted.size);
    assert_status(tps_eat_encode(&claims, (tps_buf){room, sorted.size - 1}, &encoded, &why),
                  TPS_BUFFER_TOO_SMALL);
    assert_int_equal(encoded.size, sorted.size);
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, span_of(sorted));
    free(sorted.data);
}

static void claims_come_back_from_encoding(void **state)
{
    (void)state;
    assert_comes_back(full, sizeof full / sizeof full[0]);
    assert_comes_back(rest, sizeof rest / sizeof rest[0]);
}

static void claims_are_sorted(void **state)
{
    claims_map map = claims_map_of(full, sizeof full / sizeof full[0]);
    tps_buf sorted = exact_copy(claims_map_encode(&map));
    tps_buf reversed;
    tps_span encoded;

    (void)state;
    claims_map_reverse(&map);
    reversed = exact_copy(claims_map_encode(&map));
    assert_status(tps_eat_decode(span_of(reversed), &claims, &why), TPS_OK);
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_CBOR_NOT_DETERMINISTIC);
    assert_string_equal(why.detail, "others");
    claims.others = span_of(sorted);
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, span_of(sorted));
    free(reversed.data);
    free(sorted.data);
}

static void a_claims_set_is_made_from_its_members(void **state)
{
    static const uint8_t nonces[] = {0x48, 1, 2, 3, 4, 5, 6, 7, 8};
    tps_span encoded;
    tps_buf expected = bytes_from_hex("a4 0a 48 0102030405060708 19 0102 19 faf2 19 0107 02"
                                      "19 010e 63 66 6f 6f");

    (void)state;
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_DISABLED_SINCE_BOOT,
                              .nonces = {TPS_SPAN_OF(nonces), 1},
                              .oem_kind = TPS_EAT_OEM_PEN,
                              .oem_pen = 64242,
                              .swname = TPS_SPAN_LITERAL("foo")};
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, span_of(expected));
    free(expected.data);
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT};
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, tps_span_make("\xa0", 1));
}

static void assert_not_encoded(tps_status expected, const char *detail)
{
    tps_span encoded = TPS_SPAN_LITERAL("x");

    memset(&why, 0, sizeof why);
    assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), expected);
    assert_int_equal(encoded.size, 0);
    assert_names(&why, detail);
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT};
}

static const tps_span not_utf8 = {(const uint8_t *)"\xff", 1};

static void what_decoding_refuses_is_not_encoded(void **state)
{
    static uint8_t many[40];

    (void)state;
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT};
    claims.present = 8;
    assert_not_encoded(TPS_BAD_ARGUMENT, "present");
    claims.dbgstat = 5;
    assert_not_encoded(TPS_BAD_ARGUMENT, "dbgstat");
    claims.intuse = 6;
    assert_not_encoded(TPS_BAD_ARGUMENT, "intuse");
    claims.oem_kind = 4;
    assert_not_encoded(TPS_BAD_ARGUMENT, "oem_kind");
    claims.oem_kind = TPS_EAT_OEM_IEEE;
    claims.oemid = tps_span_make(many, 16);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "oemid");
    claims.oem_kind = TPS_EAT_OEM_RANDOM;
    claims.oemid = tps_span_make(many, 3);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "oemid");
    claims.cwt.iss = not_utf8;
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "iss");
    claims.cwt.cnf = tps_span_make("\xa0", 1);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "cnf");
    claims.cwt.present = TPS_CWT_HAS_IAT;
    claims.cwt.iat.is_float = true;
    assert_not_encoded(TPS_CLAIM_BAD_TYPE, "iat");
    claims.ueid = tps_span_make(many, 6);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "ueid");
    claims.ueid = tps_span_make(many, 34);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "ueid");
    claims.hwmodel = tps_span_make(many, 33);
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "hwmodel");
    claims.hwversion.version = not_utf8;
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "hwversion");
    claims.swversion = (tps_eat_version){TPS_SPAN_LITERAL("1"), true, 0, not_utf8};
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "swversion");
    claims.swname = not_utf8;
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "swname");
    claims.profile = not_utf8;
    assert_not_encoded(TPS_CBOR_BAD_UTF8, "eat_profile");
    claims.profile = (tps_span){many, 0};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "eat_profile");
    claims.profile = tps_span_make("\x80", 1);
    claims.is_profile_oid = true;
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "eat_profile");
    claims.others = tps_span_make("\x80", 1);
    assert_not_encoded(TPS_CLAIM_BAD_TYPE, "others");
    claims.others = tps_span_make("\xa1", 1);
    assert_not_encoded(TPS_CBOR_TRUNCATED, "others");
}

static void lists_that_are_none_are_not_encoded(void **state)
{
    (void)state;
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT};
    claims.nonces = (tps_eat_list){tps_span_make("\x47\0\0\0\0\0\0\0", 8), 1};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "eat_nonce");
    claims.nonces = (tps_eat_list){tps_span_make("\x48\0\0\0\0\0\0\0\0", 9), 2};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "eat_nonce");
    claims.nonces = (tps_eat_list){tps_span_make("\x48\0\0\0\0\0\0\0\0\0", 10), 1};
    assert_not_encoded(TPS_CBOR_TRAILING, "eat_nonce");
    claims.sueids = (tps_eat_list){tps_span_make("\x80", 1), 1};
    assert_not_encoded(TPS_CLAIM_BAD_TYPE, "sueids");
    claims.submods = (tps_eat_list){tps_span_make("\xbf\x61\x61\xa0\xff", 5), 1};
    assert_not_encoded(TPS_CBOR_NOT_DETERMINISTIC, "submods");
    claims.dloas = (tps_eat_list){tps_span_make("\x81\x80", 2), 1};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "dloas");
    claims.manifests = (tps_eat_list){tps_span_make("\x81\x80", 2), 1};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "manifests");
    claims.measurements = (tps_eat_list){tps_span_make("\x81\x80", 2), 1};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "measurements");
    claims.measres = (tps_eat_list){tps_span_make("\x81\x80", 2), 1};
    assert_not_encoded(TPS_CLAIM_BAD_VALUE, "measres");
}

static void assert_location(uint32_t present, uint32_t member, tps_number number, bool is_good)
{
    tps_span encoded;
    tps_status status;

    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT};
    claims.location.present = present;
    claims.location.member[member] = number;
    status = tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why);
    assert_status(status, is_good ? TPS_OK : TPS_CLAIM_BAD_VALUE);
}

static void places_that_are_none_are_not_encoded(void **state)
{
    const uint32_t here = 1u << TPS_EAT_LATITUDE | 1u << TPS_EAT_LONGITUDE;
    const tps_number one = {false, {.integer = 1}};
    const tps_number half = {true, {.real = 0.5}};
    const tps_number infinite = {true, {.real = 1e308 * 10}};
    const tps_number negative = {false, {.integer = -1}};

    (void)state;
    assert_location(here, TPS_EAT_LATITUDE, half, true);
    assert_location(here, TPS_EAT_LATITUDE, infinite, false);
    assert_location(1u << TPS_EAT_LATITUDE, TPS_EAT_LATITUDE, one, false);
    assert_location(1u << TPS_EAT_LONGITUDE, TPS_EAT_LATITUDE, one, false);
    assert_location(here | 1, TPS_EAT_LATITUDE, one, false);
    assert_location(here | 1u << 10, TPS_EAT_LATITUDE, one, false);
    assert_location(here | 1u << TPS_EAT_TIMESTAMP, TPS_EAT_TIMESTAMP, half, false);
    assert_location(here | 1u << TPS_EAT_TIMESTAMP, TPS_EAT_TIMESTAMP, negative, true);
    assert_location(here | 1u << TPS_EAT_AGE, TPS_EAT_AGE, half, false);
    assert_location(here | 1u << TPS_EAT_AGE, TPS_EAT_AGE, negative, false);
    assert_location(here | 1u << TPS_EAT_AGE, TPS_EAT_AGE, one, true);
}

static void claims_longer_than_a_decoder_takes_are_not_encoded(void **state)
{
    static uint8_t text[70000];
    tps_span encoded;

    (void)state;
    memset(text, 'a', sizeof text);
    claims = (tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT, .swname = TPS_SPAN_OF(text)};
    assert_status(tps_eat_encode(&claims, TPS_BUF_MEASURE, &encoded, &why), TPS_CBOR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_come_back_from_encoding),
        cmocka_unit_test(claims_are_sorted),
        cmocka_unit_test(a_claims_set_is_made_from_its_members),
        cmocka_unit_test(what_decoding_refuses_is_not_encoded),
        cmocka_unit_test(lists_that_are_none_are_not_encoded),
        cmocka_unit_test(places_that_are_none_are_not_encoded),
        cmocka_unit_test(claims_longer_than_a_decoder_takes_are_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
