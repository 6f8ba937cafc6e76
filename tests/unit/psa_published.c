/* SPDX-License-Identifier: Apache-2.0 */
/* PSA claim sets that others publish: the GOOD and FAIL sets of draft-psa-token, encoded here by hand from
 * their diagnostic notation (keys in their order), and the claims of real tokens. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/claims_map.h"
#include "support/vectors.h"
#include "tps/cose.h"
#include "tps/psa.h"

#define H32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define H31 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"

#define TFM                 "7821 7461673a7073616365727469666965642e6f72672c323032333a7073612374666d"
#define BARE                "a2 025820" H32 "055820" H32
#define FULL(version, type) "a4 025820" H32 "04" version "055820" H32 "01" type

#define FULL_COMPONENTS                                                                               \
    "84" FULL("65332e312e34", "62424c") FULL("63312e31", "6450526f54") FULL("63312e30", "6441526f54") \
        FULL("63322e32", "63417070")

static const claim good_full[] = {
    {268, "5820" H32},
    {2396, "5820" H32},
    {2399, FULL_COMPONENTS},
    {2395, "193000"},
    {10, "5820" H32},
    {2400, "6c7073615f7665726966696572"},
    {2394, "20"},
    {256, "582101" H32},
    {265, TFM},
    {2398, "73303132333435363738393031322d3132333435"},
};

static const claim good_mandatory_only[] = {
    {2396, "5820" H32}, {2399, "84" BARE BARE BARE BARE},
    {2395, "193000"},   {10, "5820" H32},
    {2394, "20"},       {256, "582101" H32},
    {265, TFM},
};

#define COUNT(set) (sizeof(set) / sizeof(set)[0])

static tps_psa_claims out;
static tps_error why;

static tps_status decode(const claims_map *map)
{
    memset(&why, 0, sizeof why);
    return tps_psa_decode(claims_map_encode(map), &out, &why);
}

static void good_full_is_taken(void **state)
{
    static const char *const types[] = {"BL", "PRoT", "ARoT", "App"};
    static const char *const versions[] = {"3.1.4", "1.1", "1.0", "2.2"};
    claims_map map = claims_map_of(good_full, COUNT(good_full));

    (void)state;
    assert_status(decode(&map), TPS_OK);
    assert_int_equal(out.client_id, -1);
    assert_int_equal(out.boot_seed.size, 32);
    assert_span_text(out.certification_reference, "0123456789012-12345");
    assert_int_equal(out.component_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_span_text(out.components[i].type, types[i]);
        assert_span_text(out.components[i].version, versions[i]);
    }
}

static void good_mandatory_only_is_taken(void **state)
{
    claims_map map = claims_map_of(good_mandatory_only, COUNT(good_mandatory_only));

    (void)state;
    assert_status(decode(&map), TPS_OK);
    assert_int_equal(out.component_count, 4);
    assert_null(out.boot_seed.data);
    assert_null(out.components[0].type.data);
}

static void fail_bootseed_too_big_is_refused(void **state)
{
    claims_map map = claims_map_of(good_full, COUNT(good_full));

    (void)state;
    claims_map_set(&map, 268, "5821" H32 "00");
    assert_status(decode(&map), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "boot seed");
}

static void fail_implementation_id_missing_is_refused(void **state)
{
    claims_map map = claims_map_of(good_mandatory_only, COUNT(good_mandatory_only));

    (void)state;
    claims_map_set(&map, 2396, NULL);
    claims_map_set(&map, 268, "5820" H32);
    assert_status(decode(&map), TPS_CLAIM_MISSING);
    assert_string_equal(why.detail, "implementation id");
}

static void fail_instance_id_wrong_format_is_refused(void **state)
{
    claims_map map = claims_map_of(good_mandatory_only, COUNT(good_mandatory_only));

    (void)state;
    claims_map_set(&map, 256, "582001" H31);
    assert_status(decode(&map), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "instance id");
}

static void fail_software_component_measurement_missing_is_refused(void **state)
{
    claims_map map = claims_map_of(good_mandatory_only, COUNT(good_mandatory_only));

    (void)state;
    claims_map_set(&map, 2399, "84 a1055820" H32 BARE BARE BARE);
    assert_status(decode(&map), TPS_CLAIM_MISSING);
    assert_string_equal(why.detail, "measurement");
}

/* The claims of a token, in memory that the caller frees through `token`. */
static void decode_token(const char *name, tps_buf *token)
{
    tps_cose_sign1 message;

    *token = vector_read(name);
    assert_status(tps_cose_sign1_parse(span_of(*token), &message, NULL), TPS_OK);
    assert_status(tps_psa_decode(message.payload, &out, &why), TPS_OK);
}

static void psa_sign1_holds_what_its_notation_says(void **state)
{
    tps_buf token;
    uint8_t expected[33];

    (void)state;
    vectors_require();
    decode_token("psa/psa-sign1.cbor", &token);
    memset(expected, 1, sizeof expected);
    assert_span(out.nonce, tps_span_make(expected, 32));
    memset(expected + 1, 2, 32);
    assert_span(out.instance_id, TPS_SPAN_OF(expected));
    memset(expected, 0, sizeof expected);
    assert_span(out.implementation_id, tps_span_make(expected, 32));
    assert_int_equal(out.client_id, INT32_MAX);
    assert_int_equal(out.lifecycle, 0x3000);
    assert_span(out.boot_seed, tps_span_make(expected, 8));
    assert_int_equal(out.component_count, 1);
    assert_span_text(out.components[0].type, "PRoT");
    memset(expected, 3, sizeof expected);
    assert_span(out.components[0].measurement, tps_span_make(expected, 32));
    memset(expected, 4, sizeof expected);
    assert_span(out.components[0].signer_id, tps_span_make(expected, 32));
    free(token.data);
}

static void a_token_of_the_older_profile_is_taken(void **state)
{
    tps_buf token;

    (void)state;
    vectors_require();
    decode_token("veraison/psa-evidence.cbor", &token);
    assert_true(out.is_2_0_0);
    assert_int_equal(out.boot_seed.size, 32);
    assert_true(out.component_count > 1);
    free(token.data);
}

static void claims_of_tokens_come_back_from_encoding(void **state)
{
    static const char *const names[] = {"psa/psa-sign1.cbor", "psa/psa-mac0.cbor",
                                        "veraison/psa-evidence.cbor", "veraison/psa.good.cose"};

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint8_t once[1024];
        uint8_t twice[1024];
        tps_span first;
        tps_span second;
        tps_buf token;

        decode_token(names[i], &token);
        assert_status(tps_psa_encode(&out, TPS_BUF_OF(once), &first, &why), TPS_OK);
        assert_status(tps_cbor_check(first, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        assert_status(tps_psa_decode(first, &out, &why), TPS_OK);
        assert_status(tps_psa_encode(&out, TPS_BUF_OF(twice), &second, &why), TPS_OK);
        assert_span(first, second);
        free(token.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_full_is_taken),
        cmocka_unit_test(good_mandatory_only_is_taken),
        cmocka_unit_test(fail_bootseed_too_big_is_refused),
        cmocka_unit_test(fail_implementation_id_missing_is_refused),
        cmocka_unit_test(fail_instance_id_wrong_format_is_refused),
        cmocka_unit_test(fail_software_component_measurement_missing_is_refused),
        cmocka_unit_test(psa_sign1_holds_what_its_notation_says),
        cmocka_unit_test(a_token_of_the_older_profile_is_taken),
        cmocka_unit_test(claims_of_tokens_come_back_from_encoding),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
