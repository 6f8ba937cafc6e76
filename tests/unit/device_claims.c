/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of the opentps device profile: each one missing, of another type, out of its range; any order. */
#include "tps/device_claims.h"

#include "support/check.h"
#include "support/claims_map.h"

#define H32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define H31 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
#define H16 "000102030405060708090a0b0c0d0e0f"

#define PROFILE   "781b 7461673a6f70656e7470732e6f72672c323032363a646576696365"
#define UEID      "5821 01" H32
#define SUEIDS    "a1 6461636d65 5821 01" H32
#define COMPONENT "a4 0164626f6f74 025820" H32 "0463312e30 055820" H32

/* One measurement of 81 bytes and its head: an array of one component. */
#define MEASUREMENTS "81 82 183c 5853 81" COMPONENT

static const claim full[] = {
    {TPS_CWT_AUD, "6461636d65"},
    {TPS_CWT_EXP, "1a6553f100"},
    {TPS_CWT_IAT, "1a6553f000"},
    {TPS_CWT_CNF, "a101a10102"},
    {TPS_EAT_NONCE, "5820" H32},
    {TPS_EAT_UEID, UEID},
    {TPS_EAT_OEMID, "50" H16},
    {TPS_EAT_HWMODEL, "4462756c62"},
    {TPS_EAT_HWVERSION, "8163312e30"},
    {TPS_EAT_OEMBOOT, "f5"},
    {TPS_EAT_DBGSTAT, "02"},
    {TPS_EAT_PROFILE, PROFILE},
    {TPS_EAT_BOOTCOUNT, "1bffffffffffffffff"},
    {TPS_EAT_BOOTSEED, "5820" H32},
    {TPS_EAT_SWNAME, "6462756c62"},
    {TPS_EAT_SWVERSION, "82633 22e3001"},
    {TPS_EAT_MEASUREMENTS, MEASUREMENTS},
    {TPS_EAT_INTUSE, "05"},
};

#define FULL_COUNT (sizeof full / sizeof full[0])

static tps_device_claims out;
static tps_error why;

static tps_status decode_with(int64_t label, const char *value)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    claims_map_set(&map, label, value);
    memset(&why, 0, sizeof why);
    return tps_device_claims_decode(claims_map_encode(&map), &out, &why);
}

static void assert_refused(int64_t label, const char *value, tps_status expected, const char *detail)
{
    assert_status(decode_with(label, value), expected);
    assert_int_equal(why.status, expected);
    assert_names(&why, detail);
}

static void assert_full(void)
{
    assert_int_equal(out.present, TPS_DEVICE_HAS_EXP | TPS_DEVICE_HAS_IAT | TPS_DEVICE_HAS_OEMBOOT |
                                      TPS_DEVICE_HAS_BOOTCOUNT | TPS_DEVICE_HAS_INTUSE);
    assert_span_text(out.profile, TPS_DEVICE_PROFILE);
    assert_span_text(out.aud, "acme");
    assert_true(out.exp == 0x6553f100);
    assert_true(out.iat == 0x6553f000);
    assert_int_equal(out.cnf.size, 5);
    assert_int_equal(out.nonce.size, 32);
    assert_int_equal(out.ueid.size, 33);
    assert_null(out.sueid.data);
    assert_int_equal(out.oemid.size, 16);
    assert_span_text(out.hwmodel, "bulb");
    assert_span_text(out.hwversion, "1.0");
    assert_true(out.oemboot);
    assert_int_equal(out.dbgstat, TPS_EAT_DEBUG_DISABLED_SINCE_BOOT);
    assert_true(out.bootcount == UINT64_MAX);
    assert_int_equal(out.bootseed.size, 32);
    assert_span_text(out.swname, "bulb");
    assert_span_text(out.swversion, "2.0");
    assert_int_equal(out.intuse, 5);
    assert_int_equal(out.component_count, 1);
    assert_span_text(out.components[0].name, "boot");
    assert_span_text(out.components[0].version, "1.0");
    assert_int_equal(out.components[0].digest.size, 32);
    assert_int_equal(out.components[0].signer_id.size, 32);
}

static void every_claim_of_a_full_set_is_found_in_any_order(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_OK);
        assert_full();
        claims_map_reverse(&map);
        map.is_indefinite = turn == 1;
    }
}

static void optional_claims_may_be_absent(void **state)
{
    static const int64_t optional[] = {TPS_CWT_AUD,       TPS_CWT_EXP,       TPS_CWT_IAT,
                                       TPS_CWT_CNF,       TPS_EAT_HWVERSION, TPS_EAT_OEMBOOT,
                                       TPS_EAT_BOOTCOUNT, TPS_EAT_BOOTSEED,  TPS_EAT_SWNAME,
                                       TPS_EAT_SWVERSION, TPS_EAT_INTUSE};
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
        claims_map_set(&map, optional[i], NULL);
        assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    }
    assert_int_equal(out.present, 0);
    assert_null(out.cnf.data);
}

static void mandatory_claims_may_not_be_absent(void **state)
{
    (void)state;
    assert_refused(TPS_EAT_NONCE, NULL, TPS_CLAIM_MISSING, "nonce");
    assert_refused(TPS_EAT_UEID, NULL, TPS_CLAIM_MISSING, "ueid or sueids");
    assert_refused(TPS_EAT_OEMID, NULL, TPS_CLAIM_MISSING, "oemid");
    assert_refused(TPS_EAT_HWMODEL, NULL, TPS_CLAIM_MISSING, "hwmodel");
    assert_refused(TPS_EAT_DBGSTAT, NULL, TPS_CLAIM_MISSING, "dbgstat");
    assert_refused(TPS_EAT_MEASUREMENTS, NULL, TPS_CLAIM_MISSING, "measurements");
    assert_refused(TPS_EAT_PROFILE, NULL, TPS_CLAIM_UNKNOWN_PROFILE, "eat_profile");
    assert_refused(TPS_EAT_PROFILE, "6161", TPS_CLAIM_UNKNOWN_PROFILE, "eat_profile");
}

static void every_claim_of_another_type_is_refused_by_name(void **state)
{
    static const char *const names[] = {"aud",       "exp",          "iat",       "cnf",       "nonce",
                                        "ueid",      "oemid",        "hwmodel",   "hwversion", "oemboot",
                                        "dbgstat",   "eat_profile",  "bootcount", "bootseed",  "swname",
                                        "swversion", "measurements", "intuse"};

    (void)state;
    for (size_t i = 0; i < FULL_COUNT; i++) {
        assert_refused(full[i].label, "f6", TPS_CLAIM_BAD_TYPE, names[i]);
        assert_refused(full[i].label, "fb3ff199999999999a", TPS_CLAIM_BAD_TYPE, names[i]);
        assert_refused(full[i].label, "c100", TPS_CLAIM_BAD_TYPE, names[i]);
        assert_refused(full[i].label, "5f4161ff", TPS_CLAIM_BAD_TYPE, names[i]);
    }
    assert_refused(TPS_CWT_CNF, "80", TPS_CLAIM_BAD_TYPE, "cnf");
    assert_refused(TPS_EAT_OEMID, "190100", TPS_CLAIM_BAD_TYPE, "oemid");
    assert_refused(TPS_EAT_BOOTCOUNT, "20", TPS_CLAIM_BAD_TYPE, "bootcount");
}

static void the_device_is_named_once_and_by_one_kind_of_identifier(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    assert_refused(TPS_EAT_SUEIDS, SUEIDS, TPS_CLAIM_BAD_VALUE, "ueid and sueids");
    claims_map_set(&map, TPS_EAT_UEID, NULL);
    claims_map_set(&map, TPS_EAT_SUEIDS, SUEIDS);
    assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_span_text(out.sueid_label, "acme");
    assert_int_equal(out.sueid.size, 33);
}

static void a_pairwise_identifier_stands_alone(void **state)
{
    static const struct {
        const char *value;
        tps_status expected;
    } samples[] = {
        {"a0", TPS_CLAIM_BAD_VALUE},
        {"a2 6161 4701020304050607 6162 4701020304050607", TPS_CLAIM_BAD_VALUE},
        {"a1 60 4701020304050607", TPS_CLAIM_BAD_VALUE},
        {"a1 6161 46010203040506", TPS_CLAIM_BAD_VALUE},
        {"a1 6161 5822 0100" H32, TPS_CLAIM_BAD_VALUE},
        {"a1 6161 00", TPS_CLAIM_BAD_TYPE},
        {"a1 00 4701020304050607", TPS_CLAIM_BAD_TYPE},
        {"80", TPS_CLAIM_BAD_TYPE},
        {"a1 6161 4701020304050607", TPS_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        claims_map map = claims_map_of(full, FULL_COUNT);

        claims_map_set(&map, TPS_EAT_UEID, NULL);
        claims_map_set(&map, TPS_EAT_SUEIDS, samples[i].value);
        assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), samples[i].expected);
    }
}

static void sizes_are_kept(void **state)
{
    (void)state;
    assert_refused(TPS_EAT_NONCE, "4700010203040506", TPS_CLAIM_BAD_VALUE, "nonce");
    assert_refused(TPS_EAT_NONCE, "5841 00" H32 H32, TPS_CLAIM_BAD_VALUE, "nonce");
    assert_status(decode_with(TPS_EAT_NONCE, "48 0001020304050607"), TPS_OK);
    assert_status(decode_with(TPS_EAT_NONCE, "5840" H32 H32), TPS_OK);
    assert_refused(TPS_EAT_UEID, "46 000102030405", TPS_CLAIM_BAD_VALUE, "ueid");
    assert_refused(TPS_EAT_UEID, "5822 0100" H32, TPS_CLAIM_BAD_VALUE, "ueid");
    assert_status(decode_with(TPS_EAT_UEID, "47 00010203040506"), TPS_OK);
    assert_refused(TPS_EAT_OEMID, "40", TPS_CLAIM_BAD_VALUE, "oemid");
    assert_refused(TPS_EAT_OEMID, "44 00010203", TPS_CLAIM_BAD_VALUE, "oemid");
    assert_status(decode_with(TPS_EAT_OEMID, "43 000102"), TPS_OK);
    assert_refused(TPS_EAT_HWMODEL, "40", TPS_CLAIM_BAD_VALUE, "hwmodel");
    assert_refused(TPS_EAT_HWMODEL, "5821 00" H32, TPS_CLAIM_BAD_VALUE, "hwmodel");
    assert_status(decode_with(TPS_EAT_HWMODEL, "4100"), TPS_OK);
    assert_refused(TPS_EAT_BOOTSEED, "581f" H31, TPS_CLAIM_BAD_VALUE, "bootseed");
    assert_refused(TPS_EAT_BOOTSEED, "5821 00" H32, TPS_CLAIM_BAD_VALUE, "bootseed");
}

static void numbers_stay_in_their_ranges(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_EAT_DBGSTAT, "00"), TPS_OK);
    assert_status(decode_with(TPS_EAT_DBGSTAT, "04"), TPS_OK);
    assert_refused(TPS_EAT_DBGSTAT, "05", TPS_CLAIM_BAD_VALUE, "dbgstat");
    assert_refused(TPS_EAT_DBGSTAT, "18ff", TPS_CLAIM_BAD_VALUE, "dbgstat");
    assert_refused(TPS_EAT_DBGSTAT, "1b0000000100000000", TPS_CLAIM_BAD_VALUE, "dbgstat");
    assert_refused(TPS_EAT_INTUSE, "00", TPS_CLAIM_BAD_VALUE, "intuse");
    assert_refused(TPS_EAT_INTUSE, "06", TPS_CLAIM_BAD_VALUE, "intuse");
    assert_refused(TPS_EAT_INTUSE, "1b0000000100000001", TPS_CLAIM_BAD_VALUE, "intuse");
    assert_refused(TPS_CWT_EXP, "1b8000000000000000", TPS_CLAIM_BAD_VALUE, "exp");
    assert_status(decode_with(TPS_CWT_IAT, "20"), TPS_OK);
    assert_true(out.iat == -1);
}

static void versions_are_a_text_and_perhaps_a_scheme(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_EAT_HWVERSION, "82613120"), TPS_OK);
    assert_span_text(out.hwversion, "1");
    assert_refused(TPS_EAT_HWVERSION, "80", TPS_CLAIM_BAD_VALUE, "hwversion");
    assert_refused(TPS_EAT_HWVERSION, "8361310101", TPS_CLAIM_BAD_VALUE, "hwversion");
    assert_refused(TPS_EAT_HWVERSION, "8101", TPS_CLAIM_BAD_TYPE, "hwversion");
    assert_refused(TPS_EAT_SWVERSION, "8261316131", TPS_CLAIM_BAD_TYPE, "swversion");
    assert_refused(TPS_EAT_SWVERSION, "6131", TPS_CLAIM_BAD_TYPE, "swversion");
}

static void measurements_are_one_list_of_components(void **state)
{
    static const struct {
        const char *value;
        tps_status expected;
    } samples[] = {
        {"80", TPS_CLAIM_BAD_VALUE},
        {"82 82183c4180 82183c4180", TPS_CLAIM_BAD_VALUE},
        {"81 81183c", TPS_CLAIM_BAD_TYPE},
        {"81 83183c418000", TPS_CLAIM_BAD_VALUE},
        {"81 8218 3d 4180", TPS_CLAIM_BAD_VALUE},
        {"81 82183c 4180", TPS_CLAIM_MISSING},
        {"81 82183c 41a0", TPS_CLAIM_BAD_TYPE},
        {"81 82183c 4100", TPS_CLAIM_BAD_TYPE},
        {"81 82183c 40", TPS_CBOR_TRUNCATED},
        {"81 82183c 428000", TPS_CBOR_TRAILING},
        {"81 82183c 428180", TPS_CLAIM_BAD_TYPE},
        {"81 82183c 4281a0", TPS_CLAIM_BAD_VALUE},
        {"81 82183c 4481a10160", TPS_CLAIM_BAD_VALUE},
        {"81 82183c 4281a1", TPS_CBOR_TRUNCATED},
        {"81 82183c f6", TPS_CLAIM_BAD_TYPE},
        {"81 82f6 4180", TPS_CLAIM_BAD_TYPE},
        {"81 00", TPS_CLAIM_BAD_TYPE},
        {"81 82183c 5829 81a2 016161 025820" H32 "00", TPS_CBOR_TRAILING},
        {"81 82183c 5828 81a2 016161 025820" H32, TPS_OK},
        {"81 82183c 5827 81a2 0160 025820" H32, TPS_CLAIM_BAD_VALUE},
        {"81 82183c 5827 81a2 016161 02581f" H31, TPS_CLAIM_BAD_VALUE},
        {"81 82183c 5825 81a1 025820" H32, TPS_CLAIM_BAD_VALUE},
        {"81 82183c 582a 81a3 016161 025820" H32 "0540", TPS_CLAIM_BAD_VALUE},
        {"81 82183c 582a 81a3 016161 025820" H32 "0460", TPS_OK},
        {"81 82183c 582a 81a3 016161 025820" H32 "0300", TPS_OK},
        {"81 82183c 582b 81a3 016161 025820" H32 "180100", TPS_CBOR_DUPLICATE_KEY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        tps_status status = decode_with(TPS_EAT_MEASUREMENTS, samples[i].value);

        if (status != samples[i].expected) {
            fail_msg("%s is %s, must be %s", samples[i].value, tps_status_name(status),
                     tps_status_name(samples[i].expected));
        }
    }
}

static void components_are_taken_to_their_limit(void **state)
{
    static char hex[64 + 40 * 100];

    (void)state;
    for (unsigned count = TPS_DEVICE_COMPONENTS_MAX; count <= TPS_DEVICE_COMPONENTS_MAX + 1; count++) {
        int at = snprintf(hex, sizeof hex, "8182183c59%04x98%02x", 2 + count * 39, count);

        for (unsigned i = 0; i < count; i++) {
            at += snprintf(hex + at, sizeof hex - (size_t)at, "a2016161025820" H32);
        }
        assert_status(decode_with(TPS_EAT_MEASUREMENTS, hex),
                      count == TPS_DEVICE_COMPONENTS_MAX ? TPS_OK : TPS_CBOR_TOO_MANY);
    }
}

static void what_is_unknown_is_skipped_and_nothing_may_come_twice(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.extra = "6161 a10000 1903e8 5f4100ff f5 00";
    map.extra_count = 3;
    assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_full();
    map.extra = "180a 48 0001020304050607";
    map.extra_count = 1;
    assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_CBOR_DUPLICATE_KEY);
}

static void what_is_no_map_is_refused(void **state)
{
    const uint8_t array[] = {0x80};

    (void)state;
    assert_status(tps_device_claims_decode(TPS_SPAN_EMPTY, &out, &why), TPS_CBOR_TRUNCATED);
    assert_status(tps_device_claims_decode(TPS_SPAN_OF(array), &out, NULL), TPS_CLAIM_BAD_TYPE);
}

static void claims_cut_at_any_byte_are_refused(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_span encoded = claims_map_encode(&map);

    (void)state;
    for (size_t size = 0; size < encoded.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(encoded.data, size));

        assert_status(tps_device_claims_decode((tps_span){cut.data, size}, &out, &why), TPS_CBOR_TRUNCATED);
        free(cut.data);
    }
}

static void the_profile_is_found_in_any_map_and_in_nothing_else(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    const uint8_t number[] = {0x00};
    const uint8_t oid[] = {0xa1, 0x19, 0x01, 0x09, 0x41, 0x06};
    const uint8_t none[] = {0xa1, 0x01, 0x02};
    const uint8_t cut[] = {0xa2, 0x01, 0x02, 0x19, 0x01};

    (void)state;
    assert_span_text(tps_eat_profile_of(claims_map_encode(&map)), TPS_DEVICE_PROFILE);
    map.is_indefinite = true;
    claims_map_reverse(&map);
    assert_span_text(tps_eat_profile_of(claims_map_encode(&map)), TPS_DEVICE_PROFILE);
    assert_null(tps_eat_profile_of(TPS_SPAN_EMPTY).data);
    assert_null(tps_eat_profile_of(TPS_SPAN_OF(number)).data);
    assert_null(tps_eat_profile_of(TPS_SPAN_OF(oid)).data);
    assert_null(tps_eat_profile_of(TPS_SPAN_OF(none)).data);
    assert_null(tps_eat_profile_of(TPS_SPAN_OF(cut)).data);
}

static void dbgstat_has_names_for_people(void **state)
{
    (void)state;
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_ENABLED), "enabled");
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_DISABLED), "disabled");
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_DISABLED_SINCE_BOOT), "disabled since boot");
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_DISABLED_PERMANENTLY), "disabled permanently");
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY),
                        "disabled fully and permanently");
    assert_string_equal(tps_eat_debug_name(TPS_EAT_DEBUG_ABSENT), "not said");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_of_a_full_set_is_found_in_any_order),
        cmocka_unit_test(optional_claims_may_be_absent),
        cmocka_unit_test(mandatory_claims_may_not_be_absent),
        cmocka_unit_test(every_claim_of_another_type_is_refused_by_name),
        cmocka_unit_test(the_device_is_named_once_and_by_one_kind_of_identifier),
        cmocka_unit_test(a_pairwise_identifier_stands_alone),
        cmocka_unit_test(sizes_are_kept),
        cmocka_unit_test(numbers_stay_in_their_ranges),
        cmocka_unit_test(versions_are_a_text_and_perhaps_a_scheme),
        cmocka_unit_test(measurements_are_one_list_of_components),
        cmocka_unit_test(components_are_taken_to_their_limit),
        cmocka_unit_test(what_is_unknown_is_skipped_and_nothing_may_come_twice),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(claims_cut_at_any_byte_are_refused),
        cmocka_unit_test(the_profile_is_found_in_any_map_and_in_nothing_else),
        cmocka_unit_test(dbgstat_has_names_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
