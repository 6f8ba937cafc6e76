/* SPDX-License-Identifier: Apache-2.0 */
/* The claims that the device profile adds: lifecycle, binder, what moves after the start. Each in its form,
 * in every other form, and back from the encoder. */
#include "tps/device_claims.h"

#include "support/check.h"
#include "support/claims_map.h"

#define H32     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define D       "5820" H32
#define PROFILE "781b 7461673a6f70656e7470732e6f72672c323032363a646576696365"

static const claim base[] = {
    {TPS_EAT_NONCE, D},
    {TPS_EAT_UEID, "5821 01" H32},
    {TPS_EAT_OEMID, "43 000102"},
    {TPS_EAT_HWMODEL, "4462756c62"},
    {TPS_EAT_DBGSTAT, "02"},
    {TPS_EAT_PROFILE, PROFILE},
    {TPS_EAT_MEASUREMENTS, "81 82183c 5828 81a2 016161 025820" H32},
    {TPS_CWT_CNF, "a101a10102"},
};

static const claim added[] = {
    {TPS_EAT_SUBMODS, "a1 6161 41d2"},
    {TPS_DEVICE_CLAIM_LIFECYCLE, "02"},
    {TPS_DEVICE_CLAIM_SECURITY_COUNTER, "07"},
    {TPS_DEVICE_CLAIM_BINDER_ORIGIN, "02"},
    {TPS_DEVICE_CLAIM_APPLICATION, D},
    {TPS_DEVICE_CLAIM_REGISTERS, "82 8200" D "8404" D "05" D},
    {TPS_DEVICE_CLAIM_APPLICATIONS, "81 82" D "01"},
    {TPS_DEVICE_CLAIM_STAGED, "81 83 6161 6131 " D},
    {TPS_DEVICE_CLAIM_PAIRWISE, "5821 01" H32},
};

static tps_device_claims out;
static tps_error why;

static claims_map full_map(void)
{
    claims_map map = claims_map_of(base, sizeof base / sizeof base[0]);

    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) {
        claims_map_set(&map, added[i].label, added[i].value);
    }
    return map;
}

static tps_status decode_with(int64_t label, const char *value)
{
    claims_map map = full_map();

    claims_map_set(&map, label, value);
    memset(&why, 0, sizeof why);
    return tps_device_claims_decode(claims_map_encode(&map), &out, &why);
}

static void refused(int64_t label, const char *value, tps_status expected, const char *detail)
{
    assert_status(decode_with(label, value), expected);
    assert_names(&why, detail);
}

static void added_claims_are_found_and_come_back(void **state)
{
    claims_map map = full_map();
    uint8_t bytes[1024];
    uint8_t again[1024];
    tps_device_claims back;
    tps_span encoded;
    tps_span second;

    (void)state;
    assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_OK);
    assert_int_equal(out.lifecycle, TPS_DEVICE_LIFECYCLE_SECURED);
    assert_int_equal(out.security_counter, 7);
    assert_int_equal(out.binder_origin, TPS_DEVICE_BINDER_APPLICATION);
    assert_int_equal(out.application.size, 32);
    assert_int_equal(out.registers.size, 1 + 2 + 34 + 3 + 2 * 34);
    assert_int_equal(out.applications.size, 2 + 34 + 1);
    assert_int_equal(out.staged.size, 2 + 2 + 2 + 34);
    assert_int_equal(out.submods.size, 5);
    assert_int_equal(out.pairwise_id.size, 33);

    assert_status(tps_device_claims_encode(&out, TPS_BUF_OF(bytes), &encoded, &why), TPS_OK);
    assert_status(tps_device_claims_decode(encoded, &back, &why), TPS_OK);
    assert_status(tps_device_claims_encode(&back, TPS_BUF_OF(again), &second, &why), TPS_OK);
    assert_span(encoded, second);
    assert_int_equal(back.present, TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER);
    assert_span(back.staged, out.staged);
}

static void every_other_form_is_refused_by_name(void **state)
{
    static const struct {
        int64_t label;
        const char *value;
        tps_status expected;
        const char *name;
    } samples[] = {
        {TPS_DEVICE_CLAIM_LIFECYCLE, "05", TPS_CLAIM_BAD_VALUE, "lifecycle"},
        {TPS_DEVICE_CLAIM_LIFECYCLE, "6161", TPS_CLAIM_BAD_TYPE, "lifecycle"},
        {TPS_DEVICE_CLAIM_SECURITY_COUNTER, "1b0000000100000000", TPS_CLAIM_BAD_VALUE, "security-counter"},
        {TPS_DEVICE_CLAIM_BINDER_ORIGIN, "00", TPS_CLAIM_BAD_VALUE, "binder-origin"},
        {TPS_DEVICE_CLAIM_BINDER_ORIGIN, "04", TPS_CLAIM_BAD_VALUE, "binder-origin"},
        {TPS_DEVICE_CLAIM_BINDER_ORIGIN, "03", TPS_CLAIM_BAD_VALUE, "application"},
        {TPS_DEVICE_CLAIM_APPLICATION, NULL, TPS_CLAIM_BAD_VALUE, "application"},
        {TPS_DEVICE_CLAIM_APPLICATION, "40", TPS_CLAIM_BAD_VALUE, "application"},
        {TPS_DEVICE_CLAIM_REGISTERS, "a0", TPS_CLAIM_BAD_TYPE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, "8140", TPS_CLAIM_BAD_TYPE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, "818100", TPS_CLAIM_BAD_VALUE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, "81850000000000", TPS_CLAIM_BAD_VALUE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, "81820040", TPS_CLAIM_BAD_VALUE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, D, TPS_CLAIM_BAD_TYPE, "registers"},
        {TPS_DEVICE_CLAIM_REGISTERS, "f6", TPS_CLAIM_BAD_TYPE, "registers"},
        {TPS_DEVICE_CLAIM_APPLICATIONS, "40", TPS_CLAIM_BAD_VALUE, "applications"},
        {TPS_DEVICE_CLAIM_APPLICATIONS, "81" D, TPS_CLAIM_BAD_TYPE, "applications"},
        {TPS_DEVICE_CLAIM_APPLICATIONS, "8181" D, TPS_CLAIM_BAD_VALUE, "applications"},
        {TPS_DEVICE_CLAIM_STAGED, "f5", TPS_CLAIM_BAD_TYPE, "staged-update"},
        {TPS_DEVICE_CLAIM_STAGED, "8183606131" D, TPS_CLAIM_BAD_VALUE, "staged-update"},
        {TPS_DEVICE_CLAIM_STAGED, "89 00 00 00 00 00 00 00 00 00", TPS_CLAIM_BAD_VALUE, "staged-update"},
        {TPS_EAT_SUBMODS, "a0", TPS_CLAIM_BAD_VALUE, "submods"},
        {TPS_EAT_SUBMODS, "a1 60 41d2", TPS_CLAIM_BAD_VALUE, "submods"},
        {TPS_EAT_SUBMODS, "a1 6161 40", TPS_CLAIM_BAD_VALUE, "submods"},
        {TPS_EAT_SUBMODS, "a1 6161 a0", TPS_CLAIM_BAD_TYPE, "submods"},
        {TPS_DEVICE_CLAIM_PAIRWISE, "40", TPS_CLAIM_BAD_VALUE, "pairwise-id"},
        {TPS_CWT_CNF, NULL, TPS_CLAIM_BAD_VALUE, "pairwise-id"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        refused(samples[i].label, samples[i].value, samples[i].expected, samples[i].name);
    }
    assert_status(decode_with(TPS_DEVICE_CLAIM_REGISTERS, "80"), TPS_OK);
    assert_status(decode_with(TPS_DEVICE_CLAIM_APPLICATIONS, D), TPS_OK);
    assert_status(decode_with(TPS_DEVICE_CLAIM_STAGED, "f6"), TPS_OK);
}

static void a_pairwise_identity_goes_to_the_attestation_ca_alone(void **state)
{
    claims_map map = full_map();

    (void)state;
    claims_map_set(&map, TPS_EAT_UEID, NULL);
    claims_map_set(&map, TPS_EAT_SUEIDS, "a1 6161 4701020304050607");
    assert_status(tps_device_claims_decode(claims_map_encode(&map), &out, &why), TPS_CLAIM_BAD_VALUE);
    assert_names(&why, "pairwise-id");
}

static tps_status encode_with(void (*change)(tps_device_claims *))
{
    uint8_t bytes[1024];
    tps_span encoded;

    assert_status(decode_with(TPS_DEVICE_CLAIM_LIFECYCLE, "02"), TPS_OK);
    change(&out);
    return tps_device_claims_encode(&out, TPS_BUF_OF(bytes), &encoded, &why);
}

static void unknown_lifecycle(tps_device_claims *c)
{
    c->lifecycle = 5;
}

static void unknown_origin(tps_device_claims *c)
{
    c->binder_origin = 4;
    c->application = TPS_SPAN_EMPTY;
}

static void longer_head(tps_device_claims *c)
{
    c->staged = TPS_SPAN_LITERAL("\x98\x00");
}

static void other_list(tps_device_claims *c)
{
    c->registers = TPS_SPAN_LITERAL("\xa0");
}

static void other_submods(tps_device_claims *c)
{
    c->submods = TPS_SPAN_LITERAL("\x80");
}

static void what_decoding_would_refuse_is_not_encoded(void **state)
{
    (void)state;
    assert_status(encode_with(unknown_lifecycle), TPS_CLAIM_BAD_VALUE);
    assert_status(encode_with(unknown_origin), TPS_CLAIM_BAD_VALUE);
    assert_status(encode_with(longer_head), TPS_CBOR_NOT_DETERMINISTIC);
    assert_status(encode_with(other_list), TPS_CLAIM_BAD_TYPE);
    assert_status(encode_with(other_submods), TPS_CLAIM_BAD_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(added_claims_are_found_and_come_back),
        cmocka_unit_test(every_other_form_is_refused_by_name),
        cmocka_unit_test(a_pairwise_identity_goes_to_the_attestation_ca_alone),
        cmocka_unit_test(what_decoding_would_refuse_is_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, claims_map_clean);
}
