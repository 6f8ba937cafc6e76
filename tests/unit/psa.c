/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of PSA tokens: each one missing, of another type, of another size; any order; what is unknown is
 * skipped. */
#include "tps/psa.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/claims_map.h"

#define H32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define H31 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
#define H16 "000102030405060708090a0b0c0d0e0f"

#define TFM     "7821 7461673a7073616365727469666965642e6f72672c323032333a7073612374666d"
#define PSA_2_0 "7818 687474703a2f2f61726d2e636f6d2f7073612f322e302e30"

/* A claim: its label and its value as hex. */
static const claim full[] = {
    {TPS_PSA_NONCE, "5820" H32},
    {TPS_PSA_INSTANCE_ID, "5821 01" H32},
    {TPS_PSA_EAT_PROFILE, TFM},
    {TPS_PSA_BOOT_SEED, "48 0001020304050607"},
    {TPS_PSA_CLIENT_ID, "3a7fffffff"},
    {TPS_PSA_LIFECYCLE, "193000"},
    {TPS_PSA_IMPLEMENTATION_ID, "5820" H32},
    {TPS_PSA_CERTIFICATION_REFERENCE, "73 303132333435363738393031322d3132333435"},
    {TPS_PSA_SOFTWARE_COMPONENTS,
     "81a5 0162424c 025820" H32 " 0465332e312e34 055820" H32 " 0667 7368612d323536"},
    {TPS_PSA_VERIFICATION_SERVICE, "6c 7073615f7665726966696572"},
};

#define FULL_COUNT (sizeof full / sizeof full[0])

static tps_psa_claims out;
static tps_error why;

/* Decodes the full set with one claim's value put in place of it (NULL leaves the claim out). */
static tps_status decode_with(int64_t label, const char *value)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    claims_map_set(&map, label, value);
    memset(&why, 0, sizeof why);
    return tps_psa_decode(claims_map_encode(&map), &out, &why);
}

static void assert_refused(int64_t label, const char *value, tps_status expected, const char *detail)
{
    assert_status(decode_with(label, value), expected);
    assert_int_equal(why.status, expected);
    assert_names(&why, detail);
}

static void every_claim_of_a_full_set_is_found(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_PSA_CLIENT_ID, "3a7fffffff"), TPS_OK);
    assert_false(out.is_2_0_0);
    assert_int_equal(out.nonce.size, 32);
    assert_int_equal(out.instance_id.size, 33);
    assert_int_equal(out.implementation_id.size, 32);
    assert_int_equal(out.client_id, INT32_MIN);
    assert_int_equal(out.lifecycle, 0x3000);
    assert_span(out.boot_seed, tps_span_make("\0\1\2\3\4\5\6\7", 8));
    assert_span_text(out.certification_reference, "0123456789012-12345");
    assert_span_text(out.verification_service, "psa_verifier");
    assert_int_equal(out.component_count, 1);
    assert_span_text(out.components[0].type, "BL");
    assert_int_equal(out.components[0].measurement.size, 32);
    assert_span_text(out.components[0].version, "3.1.4");
    assert_int_equal(out.components[0].signer_id.size, 32);
    assert_span_text(out.components[0].description, "sha-256");
}

static void claims_may_stand_in_any_order(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    claims_map_reverse(&map);
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_span_text(out.verification_service, "psa_verifier");
}

static void a_map_of_indefinite_length_is_taken(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.is_indefinite = true;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "9fbf025820" H32 "055820" H32 "ffff"), TPS_OK);
    assert_int_equal(out.component_count, 1);
}

static void a_break_ends_no_map_whose_size_is_told(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.extra = "ff";
    map.extra_count = 1;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CBOR_BAD_BREAK);
}

static void optional_claims_may_be_absent(void **state)
{
    static const int64_t optional[] = {TPS_PSA_BOOT_SEED, TPS_PSA_CERTIFICATION_REFERENCE,
                                       TPS_PSA_VERIFICATION_SERVICE};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_status(decode_with(optional[i], NULL), TPS_OK);
    }
    assert_null(out.verification_service.data);
    assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "81a2025820" H32 "055820" H32), TPS_OK);
    assert_null(out.components[0].type.data);
    assert_null(out.components[0].version.data);
    assert_null(out.components[0].description.data);
}

static void mandatory_claims_may_not_be_absent(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_NONCE, NULL, TPS_CLAIM_MISSING, "nonce");
    assert_refused(TPS_PSA_INSTANCE_ID, NULL, TPS_CLAIM_MISSING, "instance id");
    assert_refused(TPS_PSA_CLIENT_ID, NULL, TPS_CLAIM_MISSING, "client id");
    assert_refused(TPS_PSA_LIFECYCLE, NULL, TPS_CLAIM_MISSING, "lifecycle");
    assert_refused(TPS_PSA_IMPLEMENTATION_ID, NULL, TPS_CLAIM_MISSING, "implementation id");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, NULL, TPS_CLAIM_MISSING, "software components");
    assert_refused(TPS_PSA_EAT_PROFILE, NULL, TPS_CLAIM_UNKNOWN_PROFILE, "profile");
    assert_refused(TPS_PSA_EAT_PROFILE, "60", TPS_CLAIM_UNKNOWN_PROFILE, "profile");
    assert_refused(TPS_PSA_EAT_PROFILE, "6161", TPS_CLAIM_UNKNOWN_PROFILE, "profile");
}

static void every_claim_of_another_type_is_refused_by_name(void **state)
{
    static const char *const wrong[] = {"f6", "80", "a0", "f93c00", "c10a"};
    static const char *const names[] = {"nonce",
                                        "instance id",
                                        "profile",
                                        "boot seed",
                                        "client id",
                                        "lifecycle",
                                        "implementation id",
                                        "certification reference",
                                        "software components",
                                        "verification service"};

    (void)state;
    for (size_t i = 0; i < FULL_COUNT; i++) {
        bool is_bytes = full[i].value[0] == '5' || full[i].value[0] == '4';

        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            if (full[i].label != TPS_PSA_SOFTWARE_COMPONENTS || strcmp(wrong[j], "80") != 0) {
                assert_refused(full[i].label, wrong[j], TPS_CLAIM_BAD_TYPE, names[i]);
            }
        }
        assert_refused(full[i].label, is_bytes ? "6161" : "4161", TPS_CLAIM_BAD_TYPE, names[i]);
        assert_refused(full[i].label, is_bytes ? "5f4161ff" : "7f6161ff", TPS_CLAIM_BAD_TYPE, names[i]);
    }
    assert_refused(TPS_PSA_LIFECYCLE, "20", TPS_CLAIM_BAD_TYPE, "lifecycle");
}

static void the_nonce_has_the_size_of_a_hash(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_NONCE, "40", TPS_CLAIM_BAD_VALUE, "nonce");
    assert_refused(TPS_PSA_NONCE, "581f" H31, TPS_CLAIM_BAD_VALUE, "nonce");
    assert_refused(TPS_PSA_NONCE, "5821 00" H32, TPS_CLAIM_BAD_VALUE, "nonce");
    assert_status(decode_with(TPS_PSA_NONCE, "5830" H32 H16), TPS_OK);
    assert_status(decode_with(TPS_PSA_NONCE, "5840" H32 H32), TPS_OK);
    assert_refused(TPS_PSA_NONCE, "5841 00" H32 H32, TPS_CLAIM_BAD_VALUE, "nonce");
    /* KEYS: one byte string, no array. */
    assert_refused(TPS_PSA_NONCE, "815820" H32, TPS_CLAIM_BAD_TYPE, "nonce");
}

static void the_instance_id_has_33_bytes_and_begins_with_1(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_INSTANCE_ID, "5820 01" H31, TPS_CLAIM_BAD_VALUE, "instance id");
    assert_refused(TPS_PSA_INSTANCE_ID, "5822 0100" H32, TPS_CLAIM_BAD_VALUE, "instance id");
    assert_refused(TPS_PSA_INSTANCE_ID, "5821 02" H32, TPS_CLAIM_BAD_VALUE, "instance id");
    assert_refused(TPS_PSA_INSTANCE_ID, "40", TPS_CLAIM_BAD_VALUE, "instance id");
}

static void sizes_of_the_other_identifiers_are_kept(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_IMPLEMENTATION_ID, "581f" H31, TPS_CLAIM_BAD_VALUE, "implementation id");
    assert_refused(TPS_PSA_IMPLEMENTATION_ID, "5821 00" H32, TPS_CLAIM_BAD_VALUE, "implementation id");
    assert_refused(TPS_PSA_BOOT_SEED, "47 00010203040506", TPS_CLAIM_BAD_VALUE, "boot seed");
    assert_refused(TPS_PSA_BOOT_SEED, "40", TPS_CLAIM_BAD_VALUE, "boot seed");
    assert_status(decode_with(TPS_PSA_BOOT_SEED, "5820" H32), TPS_OK);
    assert_refused(TPS_PSA_BOOT_SEED, "5821 00" H32, TPS_CLAIM_BAD_VALUE, "boot seed");
}

static void the_client_id_fits_32_bits(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_PSA_CLIENT_ID, "1a7fffffff"), TPS_OK);
    assert_int_equal(out.client_id, INT32_MAX);
    assert_refused(TPS_PSA_CLIENT_ID, "1a80000000", TPS_CLAIM_BAD_VALUE, "client id");
    assert_refused(TPS_PSA_CLIENT_ID, "3a80000000", TPS_CLAIM_BAD_VALUE, "client id");
    assert_refused(TPS_PSA_CLIENT_ID, "1bffffffffffffffff", TPS_CLAIM_BAD_VALUE, "client id");
    assert_refused(TPS_PSA_CLIENT_ID, "3bffffffffffffffff", TPS_CLAIM_BAD_VALUE, "client id");
}

/* RFC 9783, 4.3.1: seven ranges of 256 each, and nothing between them. */
static void the_lifecycle_lies_in_one_of_seven_ranges(void **state)
{
    (void)state;
    for (unsigned value = 0; value <= 0xffff; value += 0x80) {
        char hex[8];
        bool is_good = (value & 0x0f00) == 0 && value <= 0x60ff;

        snprintf(hex, sizeof hex, "19%04x", value);
        assert_status(decode_with(TPS_PSA_LIFECYCLE, hex), is_good ? TPS_OK : TPS_CLAIM_BAD_VALUE);
    }
    assert_refused(TPS_PSA_LIFECYCLE, "1a00010000", TPS_CLAIM_BAD_VALUE, "lifecycle");
    assert_refused(TPS_PSA_LIFECYCLE, "1bffffffffffffffff", TPS_CLAIM_BAD_VALUE, "lifecycle");
}

static void the_certification_reference_has_its_pattern(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "60", TPS_CLAIM_BAD_VALUE, "certification reference");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "6d 30313233343536373839303132", TPS_CLAIM_BAD_VALUE,
                   "certification reference");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "72 303132333435363738393031322d31323334",
                   TPS_CLAIM_BAD_VALUE, "certification reference");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "73 303132333435363738393031322e3132333435",
                   TPS_CLAIM_BAD_VALUE, "certification reference");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "73 3a3132333435363738393031322d3132333435",
                   TPS_CLAIM_BAD_VALUE, "certification reference");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "73 303132333435363738393031322d313233342f",
                   TPS_CLAIM_BAD_VALUE, "certification reference");
}

static void components_need_measurement_and_signer_of_a_hashs_size(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "80", TPS_CLAIM_BAD_VALUE, "software components");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a1055820" H32, TPS_CLAIM_MISSING, "measurement");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a1025820" H32, TPS_CLAIM_MISSING, "signer id");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a202581f" H31 "055820" H32, TPS_CLAIM_BAD_VALUE,
                   "measurement");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a2025820" H32 "05581f" H31, TPS_CLAIM_BAD_VALUE,
                   "signer id");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a2024005 5820" H32, TPS_CLAIM_BAD_VALUE, "measurement");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "82a2025820" H32 "055820" H32 "a0", TPS_CLAIM_MISSING,
                   "measurement");
    assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "81a2025830" H32 H16 "055840" H32 H32), TPS_OK);
}

static void members_of_components_have_their_types(void **state)
{
    static const char *const components[][2] = {
        {"81a101 40", "type"},           {"81a102 60", "measurement"}, {"81a104 40", "version"},
        {"81a105 60", "signer id"},      {"81a106 40", "description"}, {"8180", "software components"},
        {"8100", "software components"}, {"a0", "software components"}};

    (void)state;
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, components[i][0], TPS_CLAIM_BAD_TYPE, components[i][1]);
    }
}

static void components_are_taken_to_their_limit(void **state)
{
    static char hex[4 + 64 * 200];

    (void)state;
    for (unsigned count = TPS_PSA_COMPONENTS_MAX; count <= TPS_PSA_COMPONENTS_MAX + 1; count++) {
        int at = snprintf(hex, sizeof hex, "98%02x", count);

        for (unsigned i = 0; i < count; i++) {
            at += snprintf(hex + at, sizeof hex - (size_t)at, "a2025820" H32 "055820" H32);
        }
        assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, hex),
                      count == TPS_PSA_COMPONENTS_MAX ? TPS_OK : TPS_CBOR_TOO_MANY);
    }
}

static void what_is_unknown_is_skipped(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    claims_map_set(&map, 2401, "a16161820102");
    claims_map_set(&map, -75000, "5f4100ff");
    map.extra = "6161 00 8100 00 f5 00 1b8000000000000000 00 3bffffffffffffffff 00";
    map.extra_count = 5;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_status(
        decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "81a4025820" H32 "035f41ffff 055820" H32 "6161 00"), TPS_OK);
}

static void a_claim_that_appears_twice_is_refused_in_any_encoding(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.extra_count = 1;
    map.extra = "0a 5820" H32;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CBOR_DUPLICATE_KEY);
    map.extra = "180a 5820" H32;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CBOR_DUPLICATE_KEY);
    assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "81a3025820" H32 "1802 5820" H32 "055820" H32),
                  TPS_CBOR_DUPLICATE_KEY);
}

static void an_unknown_claim_that_appears_twice_is_refused(void **state)
{
    static const char *const twice[] = {"6161 00 6161 01", "1a00010000 00 1a00010000 00", "8100 00 8100 00"};
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.extra_count = 2;
    for (size_t i = 0; i < sizeof twice / sizeof twice[0]; i++) {
        map.extra = twice[i];
        map.is_indefinite = i == 1;
        assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CBOR_DUPLICATE_KEY);
    }
    assert_status(decode_with(TPS_PSA_SOFTWARE_COMPONENTS, "81a4025820" H32 "055820" H32 "6161 00 6161 00"),
                  TPS_CBOR_DUPLICATE_KEY);
}

static void more_claims_than_a_token_has_are_refused(void **state)
{
    static char hex[65 * 16];
    claims_map map = claims_map_of(full, FULL_COUNT);
    size_t at = 0;

    (void)state;
    for (unsigned i = 0; i < 55; i++) {
        at += (size_t)snprintf(hex + at, sizeof hex - at, "1a0001%04x 00 ", i);
        map.extra = hex;
        map.extra_count = i + 1;
        assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why),
                      i + 1 + FULL_COUNT <= 64 ? TPS_OK : TPS_CBOR_TOO_MANY);
    }
}

static void text_is_utf8(void **state)
{
    (void)state;
    assert_refused(TPS_PSA_VERIFICATION_SERVICE, "61ff", TPS_CBOR_BAD_UTF8, "claims");
    assert_refused(TPS_PSA_SOFTWARE_COMPONENTS, "81a3025820" H32 "055820" H32 "0161ff", TPS_CBOR_BAD_UTF8,
                   "software components");
    assert_refused(TPS_PSA_CERTIFICATION_REFERENCE, "61ff", TPS_CBOR_BAD_UTF8, "claims");
}

static void claims_of_another_profile_are_named_so_whatever_they_hold(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    claims_map_set(&map, TPS_PSA_EAT_PROFILE, NULL);
    map.extra = "19 0109 63 666f6f"; /* the last claim */
    map.extra_count = 1;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_UNKNOWN_PROFILE);
    map.extra = "19 0109 63 666f6f 1a 00010000 00";
    map.extra_count = 2;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_UNKNOWN_PROFILE);
    map.extra = "19 0109" PSA_2_0; /* an older token without its own boot seed */
    map.extra_count = 1;
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_MISSING);
    map.extra = NULL;
    map.extra_count = 0;
    claims_map_set(&map, TPS_PSA_EAT_PROFILE, "63 666f6f");
    claims_map_set(&map, TPS_PSA_INSTANCE_ID, "51 01" H16);
    claims_map_set(&map, TPS_PSA_CLIENT_ID, NULL);
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_UNKNOWN_PROFILE);
}

static void claims_end_where_the_bytes_end(void **state)
{
    static uint8_t large[65537];
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_span encoded = claims_map_encode(&map);

    (void)state;
    memcpy(large, encoded.data, encoded.size);
    assert_status(tps_psa_decode(tps_span_make(large, encoded.size + 1), &out, &why), TPS_CBOR_TRAILING);
    assert_status(tps_psa_decode(TPS_SPAN_OF(large), &out, &why), TPS_CBOR_TOO_LONG);
}

static void what_is_no_map_is_refused(void **state)
{
    const uint8_t number[] = {0x00};
    const uint8_t array[] = {0x80};
    const uint8_t none[] = {0xa0};

    (void)state;
    assert_status(tps_psa_decode(TPS_SPAN_EMPTY, &out, &why), TPS_CBOR_TRUNCATED);
    assert_status(tps_psa_decode(TPS_SPAN_OF(number), &out, &why), TPS_CLAIM_BAD_TYPE);
    assert_status(tps_psa_decode(TPS_SPAN_OF(array), &out, NULL), TPS_CLAIM_BAD_TYPE);
    assert_status(tps_psa_decode(TPS_SPAN_OF(none), &out, NULL), TPS_CLAIM_UNKNOWN_PROFILE);
}

static void a_token_cut_at_any_byte_is_refused(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_span encoded = claims_map_encode(&map);

    (void)state;
    for (size_t size = 0; size < encoded.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(encoded.data, size));

        assert_status(tps_psa_decode((tps_span){cut.data, size}, &out, &why), TPS_CBOR_TRUNCATED);
        free(cut.data);
    }
}

/* The older profile: its boot seed is 2397, mandatory, of 32 bytes; the hardware version may stand alone. */
static void the_older_profile_has_its_own_rules(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    claims_map_set(&map, TPS_PSA_EAT_PROFILE, PSA_2_0);
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_MISSING);
    assert_string_equal(why.detail, "boot seed");
    claims_map_set(&map, TPS_PSA_BOOT_SEED_2_0_0, "48 0001020304050607");
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_BAD_VALUE);
    claims_map_set(&map, TPS_PSA_BOOT_SEED_2_0_0, "6161");
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_BAD_TYPE);
    claims_map_set(&map, TPS_PSA_BOOT_SEED_2_0_0, "5820" H32);
    claims_map_set(&map, TPS_PSA_CERTIFICATION_REFERENCE, "6d 30313233343536373839303132");
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_true(out.is_2_0_0);
    assert_int_equal(out.boot_seed.size, 32);
    claims_map_set(&map, TPS_PSA_CERTIFICATION_REFERENCE, "6d 3031323334353637383930313a");
    assert_status(tps_psa_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_BAD_VALUE);
}

static void the_lifecycle_has_names_for_people(void **state)
{
    (void)state;
    assert_string_equal(tps_psa_lifecycle_name(0x00ff), "unknown");
    assert_string_equal(tps_psa_lifecycle_name(0x1000), "assembly and test");
    assert_string_equal(tps_psa_lifecycle_name(0x2001), "root of trust provisioning");
    assert_string_equal(tps_psa_lifecycle_name(0x30ff), "secured");
    assert_string_equal(tps_psa_lifecycle_name(0x4000), "debug outside the root of trust");
    assert_string_equal(tps_psa_lifecycle_name(0x5000), "recoverable debug of the root of trust");
    assert_string_equal(tps_psa_lifecycle_name(0x6000), "decommissioned");
    assert_string_equal(tps_psa_lifecycle_name(0xffff), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_of_a_full_set_is_found),
        cmocka_unit_test(claims_may_stand_in_any_order),
        cmocka_unit_test(a_map_of_indefinite_length_is_taken),
        cmocka_unit_test(a_break_ends_no_map_whose_size_is_told),
        cmocka_unit_test(optional_claims_may_be_absent),
        cmocka_unit_test(mandatory_claims_may_not_be_absent),
        cmocka_unit_test(every_claim_of_another_type_is_refused_by_name),
        cmocka_unit_test(the_nonce_has_the_size_of_a_hash),
        cmocka_unit_test(the_instance_id_has_33_bytes_and_begins_with_1),
        cmocka_unit_test(sizes_of_the_other_identifiers_are_kept),
        cmocka_unit_test(the_client_id_fits_32_bits),
        cmocka_unit_test(the_lifecycle_lies_in_one_of_seven_ranges),
        cmocka_unit_test(the_certification_reference_has_its_pattern),
        cmocka_unit_test(components_need_measurement_and_signer_of_a_hashs_size),
        cmocka_unit_test(members_of_components_have_their_types),
        cmocka_unit_test(components_are_taken_to_their_limit),
        cmocka_unit_test(what_is_unknown_is_skipped),
        cmocka_unit_test(a_claim_that_appears_twice_is_refused_in_any_encoding),
        cmocka_unit_test(an_unknown_claim_that_appears_twice_is_refused),
        cmocka_unit_test(more_claims_than_a_token_has_are_refused),
        cmocka_unit_test(text_is_utf8),
        cmocka_unit_test(claims_of_another_profile_are_named_so_whatever_they_hold),
        cmocka_unit_test(claims_end_where_the_bytes_end),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_token_cut_at_any_byte_is_refused),
        cmocka_unit_test(the_older_profile_has_its_own_rules),
        cmocka_unit_test(the_lifecycle_has_names_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
