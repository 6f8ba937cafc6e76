/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of RFC 9711: each one in all of its forms, each wrong type and size of it by name, lists entry by
 * entry. */
#include "tps/eat.h"

#include "support/check.h"
#include "support/claims_map.h"
#include "support/vectors.h"

#define B16 "000102030405060708090a0b0c0d0e0f"
#define B32 B16 "101112131415161718191a1b1c1d1e1f"

static const claim full[] = {
    {TPS_CWT_ISS, "61 69"},
    {TPS_CWT_IAT, "1a 5b00d6ee"},
    {TPS_EAT_NONCE, "82 48 0001020304050607 50" B16},
    {TPS_EAT_UEID, "51 01" B16},
    {TPS_EAT_SUEIDS, "a2 61 61 47 01020304050607 61 62 51 01" B16},
    {TPS_EAT_OEMID, "43 894823"},
    {TPS_EAT_HWMODEL, "44 01020304"},
    {TPS_EAT_HWVERSION, "82 65 312e332e34 01"},
    {TPS_EAT_UPTIME, "1b ffffffffffffffff"},
    {TPS_EAT_OEMBOOT, "f5"},
    {TPS_EAT_DBGSTAT, "03"},
    {TPS_EAT_LOCATION,
     "a9 01 fb 404a400000000000 02 38 09 03 18 64 04 01 05 f9 3800 06 19 0167 07 00 08 1a 5b00d6ee 09 05"},
    {TPS_EAT_PROFILE, "71 7461673a6578616d706c652e636f6d2c78"},
    {TPS_EAT_SUBMODS, "a4 61 61 a1 0a 48 0001020304050607 61 62 46 d28440a04040"
                      " 61 63 65 5b224122 5d 61 64 82 2f 5820" B32},
    {TPS_EAT_BOOTCOUNT, "07"},
    {TPS_EAT_BOOTSEED, "5820" B32},
    {TPS_EAT_DLOAS, "82 82 61 75 61 70 83 61 75 61 70 61 61"},
    {TPS_EAT_SWNAME, "64 41636d65"},
    {TPS_EAT_SWVERSION, "81 63 312e30"},
    {TPS_EAT_MANIFESTS, "82 82 19 0102 42 a000 82 00 61 7b"},
    {TPS_EAT_MEASUREMENTS, "81 82 19 0102 41 a0"},
    {TPS_EAT_MEASRES, "81 82 61 73 82 82 61 69 01 82 42 0102 04"},
    {TPS_EAT_INTUSE, "04"},
};

#define FULL_COUNT (sizeof full / sizeof full[0])

static tps_eat_claims out;
static tps_error why;

static tps_status decode_with(int64_t label, const char *value)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    claims_map_set(&map, label, value);
    memset(&why, 0, sizeof why);
    return tps_eat_decode(claims_map_encode(&map), &out, &why);
}

static void decode_full(void)
{
    assert_status(decode_with(TPS_CWT_ISS, "61 69"), TPS_OK);
}

typedef struct {
    int64_t label;
    const char *value;
    const char *detail;
} bad_claim;

static void assert_all_refused(const bad_claim *bad, size_t count, tps_status expected)
{
    for (size_t i = 0; i < count; i++) {
        tps_status status = decode_with(bad[i].label, bad[i].value);
        if (status != expected || why.detail == NULL || strstr(why.detail, bad[i].detail) == NULL) {
            fail_msg("%s as %lld gives %s (%s)", bad[i].value, (long long)bad[i].label,
                     tps_status_name(status), why.detail == NULL ? "" : why.detail);
        }
    }
}

static void every_claim_is_found(void **state)
{
    (void)state;
    decode_full();
    assert_span_text(out.cwt.iss, "i");
    assert_int_equal(out.cwt.iat.value.integer, 0x5b00d6ee);
    assert_int_equal(out.nonces.count, 2);
    assert_int_equal(out.ueid.size, 17);
    assert_int_equal(out.sueids.count, 2);
    assert_int_equal(out.oem_kind, TPS_EAT_OEM_IEEE);
    assert_int_equal(out.oemid.size, 3);
    assert_int_equal(out.hwmodel.size, 4);
    assert_span_text(out.hwversion.version, "1.3.4");
    assert_true(out.hwversion.has_scheme);
    assert_int_equal(out.hwversion.scheme, 1);
    assert_true(out.uptime == UINT64_MAX);
    assert_true(out.oemboot);
    assert_int_equal(out.dbgstat, TPS_EAT_DEBUG_DISABLED_PERMANENTLY);
    assert_int_equal(out.present, TPS_EAT_HAS_UPTIME | TPS_EAT_HAS_OEMBOOT | TPS_EAT_HAS_BOOTCOUNT);
    assert_span_text(out.profile, "tag:example.com,x");
    assert_false(out.is_profile_oid);
    assert_int_equal(out.submods.count, 4);
    assert_true(out.bootcount == 7);
    assert_int_equal(out.bootseed.size, 32);
    assert_int_equal(out.dloas.count, 2);
    assert_span_text(out.swname, "Acme");
    assert_span_text(out.swversion.version, "1.0");
    assert_false(out.swversion.has_scheme);
    assert_int_equal(out.manifests.count, 2);
    assert_int_equal(out.measurements.count, 1);
    assert_int_equal(out.measres.count, 1);
    assert_int_equal(out.intuse, TPS_EAT_USE_CERTIFICATE_ISSUANCE);
    assert_int_equal(out.unknown_count, 0);
}

static void all_members_of_a_location_are_found(void **state)
{
    (void)state;
    decode_full();
    assert_int_equal(out.location.present, 0x3fe);
    assert_true(out.location.member[TPS_EAT_LATITUDE].is_float);
    assert_true(out.location.member[TPS_EAT_LATITUDE].value.real == 52.5);
    assert_int_equal(out.location.member[TPS_EAT_LONGITUDE].value.integer, -10);
    assert_int_equal(out.location.member[TPS_EAT_ALTITUDE].value.integer, 100);
    assert_int_equal(out.location.member[TPS_EAT_ACCURACY].value.integer, 1);
    assert_true(out.location.member[TPS_EAT_ALTITUDE_ACCURACY].value.real == 0.5);
    assert_int_equal(out.location.member[TPS_EAT_HEADING].value.integer, 359);
    assert_int_equal(out.location.member[TPS_EAT_SPEED].value.integer, 0);
    assert_int_equal(out.location.member[TPS_EAT_TIMESTAMP].value.integer, 0x5b00d6ee);
    assert_int_equal(out.location.member[TPS_EAT_AGE].value.integer, 5);
}

static void every_claim_may_be_absent(void **state)
{
    (void)state;
    assert_status(tps_eat_decode(tps_span_make("\xa0", 1), &out, &why), TPS_OK);
    assert_int_equal(out.dbgstat, TPS_EAT_DEBUG_ABSENT);
    assert_int_equal(out.oem_kind, TPS_EAT_OEM_ABSENT);
    assert_int_equal(out.intuse, TPS_EAT_USE_ABSENT);
    assert_int_equal(out.nonces.count, 0);
    assert_int_equal(out.location.present, 0);
    assert_null(out.ueid.data);
}

static void other_forms_of_claims_are_taken(void **state)
{
    (void)state;
    assert_status(decode_with(TPS_EAT_NONCE, "48 0001020304050607"), TPS_OK);
    assert_int_equal(out.nonces.count, 1);
    assert_status(decode_with(TPS_EAT_OEMID, "50" B16), TPS_OK);
    assert_int_equal(out.oem_kind, TPS_EAT_OEM_RANDOM);
    assert_status(decode_with(TPS_EAT_OEMID, "19 faf2"), TPS_OK);
    assert_int_equal(out.oem_kind, TPS_EAT_OEM_PEN);
    assert_int_equal(out.oem_pen, 64242);
    assert_status(decode_with(TPS_EAT_PROFILE, "47 2b06010401a020"), TPS_OK);
    assert_true(out.is_profile_oid);
    assert_status(decode_with(TPS_EAT_SWVERSION, "82 61 31 63 666f6f"), TPS_OK);
    assert_span_text(out.swversion.scheme_name, "foo");
    assert_status(decode_with(TPS_EAT_HWVERSION, "82 61 31 3a 0001869f"), TPS_OK);
    assert_int_equal(out.hwversion.scheme, -100000);
    assert_status(decode_with(TPS_EAT_UEID, "47 01020304050607"), TPS_OK);
    assert_status(decode_with(TPS_EAT_UEID, "58 21 01" B32), TPS_OK);
    assert_status(decode_with(TPS_EAT_LOCATION, "a2 01 00 02 00"), TPS_OK);
    assert_status(decode_with(TPS_EAT_OEMBOOT, "f4"), TPS_OK);
    assert_false(out.oemboot);
    assert_status(decode_with(TPS_EAT_BOOTSEED, "40"), TPS_OK);
    assert_non_null(out.bootseed.data);
    assert_status(decode_with(TPS_EAT_MEASRES, "9f 9f 61 73 9f 9f 61 69 01 ff ff ff ff"), TPS_OK);
    assert_status(decode_with(TPS_CWT_EXP, "f9 3e00"), TPS_OK);
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 65 20090a0d5b"), TPS_OK);
}

static void what_is_unknown_is_counted(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);

    (void)state;
    map.extra = "3a 0001387f 61 66 63 666f6f a1 01 f7 1b ffffffffffffffff 00";
    map.extra_count = 3;
    assert_status(tps_eat_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_int_equal(out.unknown_count, 3);
}

static void each_wrong_type_is_refused_by_name(void **state)
{
    static const bad_claim bad[] = {
        {TPS_CWT_ISS, "01", "iss"},
        {TPS_CWT_IAT, "f9 3e00", "iat"},
        {TPS_CWT_CTI, "61 61", "cti"},
        {TPS_CWT_ISS, "7f 61 61 ff", "iss"},
        {TPS_EAT_UEID, "5f 47 01020304050607 ff", "ueid"},
        {TPS_EAT_NONCE, "68 3031323334353637", "eat_nonce"},
        {TPS_EAT_NONCE, "82 48 0001020304050607 01", "eat_nonce"},
        {TPS_EAT_UEID, "67 30313233343536", "ueid"},
        {TPS_EAT_SUEIDS, "80", "sueids"},
        {TPS_EAT_SUEIDS, "a1 01 47 01020304050607", "sueids"},
        {TPS_EAT_SUEIDS, "a1 61 61 01", "sueids"},
        {TPS_EAT_OEMID, "63 616263", "oemid"},
        {TPS_EAT_OEMID, "20", "oemid"},
        {TPS_EAT_HWMODEL, "61 61", "hwmodel"},
        {TPS_EAT_HWVERSION, "61 31", "hwversion"},
        {TPS_EAT_HWVERSION, "81 01", "hwversion"},
        {TPS_EAT_HWVERSION, "82 61 31 f5", "hwversion"},
        {TPS_EAT_UPTIME, "20", "uptime"},
        {TPS_EAT_UPTIME, "f9 3e00", "uptime"},
        {TPS_EAT_OEMBOOT, "01", "oemboot"},
        {TPS_EAT_DBGSTAT, "61 31", "dbgstat"},
        {TPS_EAT_LOCATION, "80", "location"},
        {TPS_EAT_LOCATION, "a2 01 61 31 02 00", "location"},
        {TPS_EAT_LOCATION, "a3 01 00 02 00 08 f9 3e00", "location"},
        {TPS_EAT_LOCATION, "a3 01 00 02 00 09 f9 3e00", "location"},
        {TPS_EAT_PROFILE, "01", "eat_profile"},
        {TPS_EAT_SUBMODS, "80", "submods"},
        {TPS_EAT_SUBMODS, "a1 01 a0", "submods"},
        {TPS_EAT_SUBMODS, "a1 61 61 01", "submods"},
        {TPS_EAT_SUBMODS, "a1 61 61 82 f5 41 00", "submods"},
        {TPS_EAT_SUBMODS, "a1 61 61 82 2f 61 61", "submods"},
        {TPS_EAT_BOOTCOUNT, "20", "bootcount"},
        {TPS_EAT_BOOTSEED, "61 61", "bootseed"},
        {TPS_EAT_DLOAS, "a0", "dloas"},
        {TPS_EAT_DLOAS, "81 61 61", "dloas"},
        {TPS_EAT_DLOAS, "81 82 01 61 61", "dloas"},
        {TPS_EAT_DLOAS, "81 82 61 61 01", "dloas"},
        {TPS_EAT_DLOAS, "81 83 61 61 61 61 01", "dloas"},
        {TPS_EAT_SWNAME, "41 61", "swname"},
        {TPS_EAT_SWVERSION, "a0", "swversion"},
        {TPS_EAT_MANIFESTS, "01", "manifests"},
        {TPS_EAT_MANIFESTS, "81 82 61 61 41 a0", "manifests"},
        {TPS_EAT_MANIFESTS, "81 82 00 01", "manifests"},
        {TPS_EAT_MEASUREMENTS, "81 82 00 61 61", "measurements"},
        {TPS_EAT_MEASRES, "81 82 01 81 82 61 69 01", "measres"},
        {TPS_EAT_MEASRES, "81 82 61 73 a0", "measres"},
        {TPS_EAT_MEASRES, "81 82 61 73 81 82 01 01", "measres"},
        {TPS_EAT_MEASRES, "81 82 61 73 81 82 61 69 61 31", "measres"},
        {TPS_EAT_INTUSE, "61 31", "intuse"},
    };

    (void)state;
    assert_all_refused(bad, sizeof bad / sizeof bad[0], TPS_CLAIM_BAD_TYPE);
    assert_status(tps_eat_decode(tps_span_make("\x80", 1), &out, &why), TPS_CLAIM_BAD_TYPE);
}

/* Values of the right type. */
static const bad_claim bad_values[] = {
    {TPS_CWT_EXP, "f9 7c00", "exp"},
    {TPS_CWT_CNF, "a0", "cnf"},
    {TPS_EAT_NONCE, "47 00010203040506", "eat_nonce"},
    {TPS_EAT_NONCE, "58 41 00" B32 B32, "eat_nonce"},
    {TPS_EAT_NONCE, "80", "eat_nonce"},
    {TPS_EAT_NONCE, "81 48 0001020304050607", "eat_nonce"},
    {TPS_EAT_NONCE, "82 48 0001020304050607 40", "eat_nonce"},
    {TPS_EAT_UEID, "46 010203040506", "ueid"},
    {TPS_EAT_UEID, "58 22 0101" B32, "ueid"},
    {TPS_EAT_SUEIDS, "a0", "sueids"},
    {TPS_EAT_SUEIDS, "a1 61 61 46 010203040506", "sueids"},
    {TPS_EAT_OEMID, "42 0102", "oemid"},
    {TPS_EAT_OEMID, "44 01020304", "oemid"},
    {TPS_EAT_OEMID, "51 01" B16, "oemid"},
    {TPS_EAT_OEMID, "1b 0000000100000000", "oemid"},
    {TPS_EAT_HWMODEL, "40", "hwmodel"},
    {TPS_EAT_HWMODEL, "58 21 01" B32, "hwmodel"},
    {TPS_EAT_HWVERSION, "80", "hwversion"},
    {TPS_EAT_HWVERSION, "83 61 31 01 02", "hwversion"},
    {TPS_EAT_SWVERSION, "82 61 31 1b ffffffffffffffff", "swversion"},
    {TPS_EAT_DBGSTAT, "05", "dbgstat"},
    {TPS_EAT_LOCATION, "a1 01 00", "location"},
    {TPS_EAT_LOCATION, "a1 02 00", "location"},
    {TPS_EAT_LOCATION, "a3 01 00 02 00 0a 00", "location"},
    {TPS_EAT_LOCATION, "a3 01 00 02 00 00 00", "location"},
    {TPS_EAT_LOCATION, "a2 01 f9 7e00 02 00", "location"},
    {TPS_EAT_LOCATION, "a3 01 00 02 00 09 20", "location"},
    {TPS_EAT_PROFILE, "60", "eat_profile"},
    {TPS_EAT_PROFILE, "40", "eat_profile"},
    {TPS_EAT_PROFILE, "41 80", "eat_profile"},
    {TPS_EAT_PROFILE, "42 2b86", "eat_profile"},
    {TPS_EAT_PROFILE, "43 2b8001", "eat_profile"},
    {TPS_EAT_SUBMODS, "a0", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 40", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 45 8440a04040", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 42 c100", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 45 d28440a040", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 60", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 62 2020", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 62 7b7d", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 81 2f", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 2f 41 00", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 382a 5820" B32, "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 67 5348412d353132 5820" B32, "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 18 64 40", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 1b 0000000100000000 41 00", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 83 2f 5820" B32 "00", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 82 3b 0000000100000000 41 00", "submods"},
    {TPS_EAT_SUBMODS, "a1 61 61 80", "submods"},
    {TPS_EAT_DLOAS, "80", "dloas"},
    {TPS_EAT_DLOAS, "81 80", "dloas"},
    {TPS_EAT_DLOAS, "81 81 61 61", "dloas"},
    {TPS_EAT_DLOAS, "81 84 61 61 61 61 61 61 61 61", "dloas"},
    {TPS_EAT_MANIFESTS, "80", "manifests"},
    {TPS_EAT_MANIFESTS, "81 80", "manifests"},
    {TPS_EAT_MANIFESTS, "81 81 00", "manifests"},
    {TPS_EAT_MANIFESTS, "81 83 00 41 a0 00", "manifests"},
    {TPS_EAT_MANIFESTS, "81 82 1a 00010000 41 a0", "manifests"},
    {TPS_EAT_MEASUREMENTS, "80", "measurements"},
    {TPS_EAT_MEASRES, "80", "measres"},
    {TPS_EAT_MEASRES, "81 80", "measres"},
    {TPS_EAT_MEASRES, "81 81 61 73", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 80", "measres"},
    {TPS_EAT_MEASRES, "81 83 61 73 81 82 61 69 01 01", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 80", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 81 61 69", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 82 61 69 00", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 82 61 69 05", "measres"},
    {TPS_EAT_MEASRES, "81 82 61 73 81 83 61 69 01 01", "measres"},
    {TPS_EAT_INTUSE, "00", "intuse"},
    {TPS_EAT_INTUSE, "06", "intuse"},
};

static void each_wrong_size_or_value_is_refused_by_name(void **state)
{
    (void)state;
    assert_all_refused(bad_values, sizeof bad_values / sizeof bad_values[0], TPS_CLAIM_BAD_VALUE);
}

static void each_truncation_is_refused(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_buf whole = exact_copy(claims_map_encode(&map));

    (void)state;
    for (size_t size = 0; size < whole.size; size++) {
        tps_buf part = exact_copy(tps_span_make(whole.data, size));
        assert_true(tps_eat_decode(span_of(part), &out, &why) != TPS_OK);
        free(part.data);
    }
    free(whole.data);
}

static void each_flipped_bit_is_decoded_or_refused_with_a_reason(void **state)
{
    claims_map map = claims_map_of(full, FULL_COUNT);
    tps_buf bytes = exact_copy(claims_map_encode(&map));

    (void)state;
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ 1u << bit % 8);
        memset(&why, 0, sizeof why);
        if (tps_eat_decode(span_of(bytes), &out, &why) != TPS_OK) {
            assert_true(why.status != TPS_OK);
        } else {
            assert_true(tps_eat_walk(span_of(bytes), NULL, NULL) != TPS_CBOR_TOO_DEEP);
        }
        bytes.data[bit / 8] = (uint8_t)(bytes.data[bit / 8] ^ 1u << bit % 8);
    }
    free(bytes.data);
}

/* ---- lists ---- */

static void nonces_are_given_one_by_one(void **state)
{
    tps_eat_iterator it;
    tps_span nonce;

    (void)state;
    decode_full();
    it = tps_eat_each(&out.nonces);
    assert_true(tps_eat_next_nonce(&it, &nonce));
    assert_int_equal(nonce.size, 8);
    assert_true(tps_eat_next_nonce(&it, &nonce));
    assert_int_equal(nonce.size, 16);
    assert_false(tps_eat_next_nonce(&it, &nonce));
    assert_true(tps_eat_answers(&out, nonce));
    assert_true(tps_eat_answers(&out, tps_span_make("\0\1\2\3\4\5\6\7", 8)));
    assert_false(tps_eat_answers(&out, tps_span_make("\0\1\2\3\4\5\6\6", 8)));
    assert_false(tps_eat_answers(&out, tps_span_make("\0\1\2\3\4\5\6", 7)));
    assert_status(decode_with(TPS_EAT_NONCE, "48 0001020304050607"), TPS_OK);
    it = tps_eat_each(&out.nonces);
    assert_true(tps_eat_next_nonce(&it, &nonce));
    assert_false(tps_eat_next_nonce(&it, &nonce));
    assert_status(decode_with(TPS_EAT_NONCE, NULL), TPS_OK);
    it = tps_eat_each(&out.nonces);
    assert_false(tps_eat_next_nonce(&it, &nonce));
    assert_false(tps_eat_answers(&out, TPS_SPAN_EMPTY));
}

static void sueids_and_dloas_are_given_one_by_one(void **state)
{
    tps_eat_iterator it;
    tps_eat_sueid sueid;
    tps_eat_dloa dloa;

    (void)state;
    decode_full();
    it = tps_eat_each(&out.sueids);
    assert_true(tps_eat_next_sueid(&it, &sueid));
    assert_span_text(sueid.label, "a");
    assert_int_equal(sueid.ueid.size, 7);
    assert_true(tps_eat_next_sueid(&it, &sueid));
    assert_span_text(sueid.label, "b");
    assert_false(tps_eat_next_sueid(&it, &sueid));
    it = tps_eat_each(&out.dloas);
    assert_true(tps_eat_next_dloa(&it, &dloa));
    assert_span_text(dloa.registrar, "u");
    assert_span_text(dloa.platform, "p");
    assert_null(dloa.application.data);
    assert_true(tps_eat_next_dloa(&it, &dloa));
    assert_span_text(dloa.application, "a");
    assert_false(tps_eat_next_dloa(&it, &dloa));
}

static void manifests_and_measurements_are_given_one_by_one(void **state)
{
    tps_eat_iterator it;
    tps_eat_manifest manifest;

    (void)state;
    decode_full();
    it = tps_eat_each(&out.manifests);
    assert_true(tps_eat_next_manifest(&it, &manifest));
    assert_int_equal(manifest.format, 258);
    assert_false(manifest.is_text);
    assert_int_equal(manifest.content.size, 2);
    assert_true(tps_eat_next_manifest(&it, &manifest));
    assert_true(manifest.is_text);
    assert_span_text(manifest.content, "{");
    assert_false(tps_eat_next_manifest(&it, &manifest));
    it = tps_eat_each(&out.measurements);
    assert_true(tps_eat_next_manifest(&it, &manifest));
    assert_false(tps_eat_next_manifest(&it, &manifest));
}

static void results_are_given_one_by_one(void **state)
{
    tps_eat_iterator it;
    tps_eat_iterator inner;
    tps_eat_measurement_results results;
    tps_eat_result result;

    (void)state;
    decode_full();
    it = tps_eat_each(&out.measres);
    assert_true(tps_eat_next_measurement_results(&it, &results));
    assert_span_text(results.system, "s");
    assert_int_equal(results.results.count, 2);
    inner = tps_eat_each(&results.results);
    assert_true(tps_eat_next_result(&inner, &result));
    assert_span_text(result.id, "i");
    assert_false(result.is_id_binary);
    assert_int_equal(result.result, TPS_EAT_RESULT_SUCCESS);
    assert_true(tps_eat_next_result(&inner, &result));
    assert_true(result.is_id_binary);
    assert_int_equal(result.result, TPS_EAT_RESULT_ABSENT);
    assert_false(tps_eat_next_result(&inner, &result));
    assert_false(tps_eat_next_measurement_results(&it, &results));
}

/* ---- submodules ---- */

static void submodules_say_what_they_are(void **state)
{
    tps_eat_submodule s;

    (void)state;
    decode_full();
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("a"), &s));
    assert_int_equal(s.kind, TPS_EAT_SUBMODULE_CLAIMS);
    assert_int_equal(s.content.size, 11);
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("b"), &s));
    assert_int_equal(s.kind, TPS_EAT_SUBMODULE_CBOR_TOKEN);
    assert_true(s.tag == 18);
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("c"), &s));
    assert_int_equal(s.kind, TPS_EAT_SUBMODULE_JSON_TOKEN);
    assert_span_text(s.content, "[\"A\"]");
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("d"), &s));
    assert_int_equal(s.kind, TPS_EAT_SUBMODULE_DIGEST);
    assert_int_equal(s.alg, -16);
    assert_int_equal(s.digest.size, 32);
    assert_false(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("e"), &s));
}

static void every_tag_of_a_token_is_taken(void **state)
{
    static const char *const tags[] = {"d0",    "d1",    "d2",      "d8 3d",  "d8 60",
                                       "d8 61", "d8 62", "d9 0259", "d9 025a"};
    char value[64];

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        size_t size = strlen(tags[i]) / 2 + 1;
        snprintf(value, sizeof value, "a1 61 61 4%zu %s 80", size, tags[i]);
        assert_status(decode_with(TPS_EAT_SUBMODS, value), TPS_OK);
    }
}

static void digests_may_name_their_algorithm(void **state)
{
    tps_eat_submodule s;

    (void)state;
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 67 5348412d323536 5820" B32), TPS_OK);
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("a"), &s));
    assert_int_equal(s.alg, -16);
    assert_span_text(s.alg_name, "SHA-256");
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 67 5348412d333834 5830" B32 B16), TPS_OK);
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 67 5348412d353132 5840" B32 B32), TPS_OK);
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 38 2a 5830" B32 B16), TPS_OK);
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 38 2b 5840" B32 B32), TPS_OK);
    assert_status(decode_with(TPS_EAT_SUBMODS, "a1 61 61 82 63 666f6f 41 00"), TPS_OK);
    assert_true(tps_eat_find_submodule(&out, TPS_SPAN_LITERAL("a"), &s));
    assert_int_equal(s.alg, 0);
}

/* ---- the walk ---- */

typedef struct {
    char seen[256];  /* "1a 1b 2c ": depth and name */
    tps_span opened; /* what stands for token "t" */
    tps_status ends;
} witness;

static tps_status see(void *context, const tps_eat_submodule *submodule, uint32_t depth, tps_span *claims)
{
    witness *w = context;
    size_t size = strlen(w->seen);

    assert_int_equal(claims->size, submodule->kind == TPS_EAT_SUBMODULE_CLAIMS ? submodule->content.size : 0);
    snprintf(w->seen + size, sizeof w->seen - size, "%u%.*s ", depth, (int)submodule->name.size,
             (const char *)submodule->name.data);
    if (submodule->kind == TPS_EAT_SUBMODULE_CBOR_TOKEN) {
        *claims = w->opened;
    }
    return w->ends;
}

static tps_status walk(const char *hex, const tps_eat_visitor *visitor)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_status status = tps_eat_walk(span_of(bytes), visitor, &why);

    free(bytes.data);
    return status;
}

/* {266: {name: inner}} */
#define IN(name, inner) "a1 19 010a a1 61 " name inner

static void submodules_are_walked_depth_first(void **state)
{
    static const uint8_t opened[] = {0xa1, 0x19, 0x01, 0x0a, 0xa1, 0x61, 'z', 0xa0};
    witness w = {.opened = TPS_SPAN_OF(opened)};
    tps_eat_visitor visitor = {see, &w};

    (void)state;
    assert_status(walk("a1 19 010a a3 61 61" IN("62", "a0") "61 63 46 d28440a04040 61 64 a0", &visitor),
                  TPS_OK);
    assert_string_equal(w.seen, "1a 2b 1c 2z 1d ");
    w = (witness){.ends = TPS_NOT_FOUND};
    assert_status(walk("a1 19 010a a3 61 61" IN("62", "a0") "61 63 46 d28440a04040 61 64 a0", &visitor),
                  TPS_NOT_FOUND);
    assert_string_equal(w.seen, "1a ");
}

static void a_walk_judges_the_claims_of_submodules(void **state)
{
    (void)state;
    assert_status(walk(IN("61", IN("62", "a1 0a 47 00010203040506")), NULL), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "eat_nonce");
    assert_status(walk("a1 0a 40", NULL), TPS_CLAIM_BAD_VALUE);
    assert_status(walk(IN("61", IN("62", "a1 0a 48 0001020304050607")), NULL), TPS_OK);
}

static void a_walk_ends_where_submodules_lie_too_deep(void **state)
{
    (void)state;
    assert_status(walk(IN("61", IN("61", IN("61", IN("61", IN("61", IN("61", IN("61", "a0"))))))), NULL),
                  TPS_OK);
    assert_status(
        walk(IN("61", IN("61", IN("61", IN("61", IN("61", IN("61", IN("61", IN("61", "a0")))))))), NULL),
        TPS_CBOR_TOO_DEEP);
}

static tps_status open_itself(void *context, const tps_eat_submodule *submodule, uint32_t depth,
                              tps_span *claims)
{
    (void)submodule;
    assert_true(depth <= TPS_EAT_DEPTH_MAX);
    *claims = *(const tps_span *)context;
    return TPS_OK;
}

static void tokens_that_a_visitor_opens_count_as_deep_as_claims(void **state)
{
    static const uint8_t around[] = {0xa1, 0x19, 0x01, 0x0a, 0xa1, 0x61, 't',
                                     0x46, 0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40};
    tps_span itself = TPS_SPAN_OF(around);
    tps_eat_visitor visitor = {open_itself, &itself};

    (void)state;
    assert_status(tps_eat_walk(itself, &visitor, &why), TPS_CBOR_TOO_DEEP);
}

/* ---- names ---- */

static void everything_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(tps_eat_claim_name(TPS_EAT_NONCE), "eat_nonce");
    assert_string_equal(tps_eat_claim_name(TPS_CWT_CTI), "jti");
    assert_null(tps_eat_claim_name(11));
    assert_null(tps_eat_claim_name(INT64_MIN));
    for (int64_t label = TPS_EAT_UEID; label <= TPS_EAT_INTUSE; label++) {
        assert_non_null(tps_eat_claim_name(label));
    }
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_GENERIC), "generic");
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_REGISTRATION), "registration");
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_PROVISIONING), "provisioning");
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_CERTIFICATE_ISSUANCE), "certificate issuance");
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_PROOF_OF_POSSESSION), "proof of possession");
    assert_string_equal(tps_eat_use_name(TPS_EAT_USE_ABSENT), "not said");
    assert_string_equal(tps_eat_result_name(TPS_EAT_RESULT_NOT_RUN), "not-run");
    assert_string_equal(tps_eat_result_name(9), "unknown");
    assert_string_equal(tps_eat_location_name(TPS_EAT_ALTITUDE_ACCURACY), "altitude-accuracy");
    assert_null(tps_eat_location_name(10));
}

static void object_identifiers_have_a_text(void **state)
{
    char text[TPS_EAT_OID_TEXT_MAX];
    uint8_t longest[80];

    (void)state;
    assert_true(tps_eat_oid_text(tps_span_make("\x2b\x06\x01\x04\x01\xa0\x20", 7), text));
    assert_string_equal(text, "1.3.6.1.4.1.4128");
    assert_true(tps_eat_oid_text(tps_span_make("\x88\x37", 2), text));
    assert_string_equal(text, "2.999");
    assert_true(tps_eat_oid_text(tps_span_make("\0", 1), text));
    assert_string_equal(text, "0.0");
    assert_true(tps_eat_oid_text(tps_span_make("\x81\xff\xff\xff\xff\xff\xff\xff\x7f", 9), text));
    assert_string_equal(text, "2.144115188075855791");
    assert_false(tps_eat_oid_text(tps_span_make("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10), text));
    assert_string_equal(text, "");
    assert_false(tps_eat_oid_text(TPS_SPAN_EMPTY, text));
    memset(longest, 1, sizeof longest);
    assert_false(tps_eat_oid_text(TPS_SPAN_OF(longest), text));
    assert_true(tps_eat_oid_text(tps_span_make(longest, 62), text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_is_found),
        cmocka_unit_test(all_members_of_a_location_are_found),
        cmocka_unit_test(every_claim_may_be_absent),
        cmocka_unit_test(other_forms_of_claims_are_taken),
        cmocka_unit_test(what_is_unknown_is_counted),
        cmocka_unit_test(each_wrong_type_is_refused_by_name),
        cmocka_unit_test(each_wrong_size_or_value_is_refused_by_name),
        cmocka_unit_test(each_truncation_is_refused),
        cmocka_unit_test(each_flipped_bit_is_decoded_or_refused_with_a_reason),
        cmocka_unit_test(nonces_are_given_one_by_one),
        cmocka_unit_test(sueids_and_dloas_are_given_one_by_one),
        cmocka_unit_test(manifests_and_measurements_are_given_one_by_one),
        cmocka_unit_test(results_are_given_one_by_one),
        cmocka_unit_test(submodules_say_what_they_are),
        cmocka_unit_test(every_tag_of_a_token_is_taken),
        cmocka_unit_test(digests_may_name_their_algorithm),
        cmocka_unit_test(submodules_are_walked_depth_first),
        cmocka_unit_test(a_walk_judges_the_claims_of_submodules),
        cmocka_unit_test(a_walk_ends_where_submodules_lie_too_deep),
        cmocka_unit_test(tokens_that_a_visitor_opens_count_as_deep_as_claims),
        cmocka_unit_test(everything_has_a_name),
        cmocka_unit_test(object_identifiers_have_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
