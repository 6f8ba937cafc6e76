/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that manifests of each profile keep, beyond being well-formed; and texts that quote devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/keys.h"
#include "support/vectors.h"
#include "verifier/finding.h"
#include "verifier_support.h"

/* 501({0: "a", 1: [506(<<{1: {0: "b"}, 4: triples}>>)], 3: profile}) */
static tps_status load_triples(const char *profile, const char *triples, tps_error *why)
{
    uint8_t room[1024];
    uint8_t inner[800];
    tps_cbor_writer comid = tps_cbor_writer_init(TPS_BUF_OF(inner));
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_buf bytes = bytes_from_hex(triples);
    tps_span encoded;
    tps_status status;

    tps_cbor_put_map(&comid, 2);
    tps_cbor_put_uint(&comid, 1);
    tps_cbor_put_map(&comid, 1);
    tps_cbor_put_uint(&comid, 0);
    tps_cbor_put_text(&comid, "b");
    tps_cbor_put_uint(&comid, 4);
    tps_cbor_put_raw(&comid, span_of(bytes));
    free(bytes.data);
    assert_int_equal(tps_cbor_writer_finish(&comid, &encoded), TPS_OK);
    tps_cbor_put_tag(&w, 501);
    tps_cbor_put_map(&w, 3);
    tps_cbor_put_uint(&w, 0);
    tps_cbor_put_text(&w, "a");
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_array(&w, 1);
    tps_cbor_put_tag(&w, 506);
    tps_cbor_put_bytes(&w, encoded);
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_text(&w, profile);
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    status = tps_verifier_add_corim(v, encoded, NOW, why);
    tps_verifier_free(v);
    return status;
}

static void expect_rule(const char *profile, const char *triples, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_status got = load_triples(profile, triples, &why);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s (%s)", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(status), detail == NULL ? "" : detail);
    }
}

#define PSA     "tag:arm.com,2025:psa#1.0.0"
#define IOT     "http://arm.com/psa/iot/1"
#define OPENTPS "tag:opentps.org,2026:endorsements"
#define BYTES32 "0101010101010101010101010101010101010101010101010101010101010101"
#define ID_560  "D902305820" BYTES32
#define ID_600  "D902585820" BYTES32
#define UEID    "D90226582101" BYTES32
/* {0: "psa.software-component", 1: {2: [[1, digest]], 13: [560(signer)]}} */
#define PSA_SOFTWARE \
    "A200767073612E736F6674776172652D636F6D706F6E656E7401A2028182015820" BYTES32 "0D81D902305820" BYTES32
#define REFERENCE(environment) "A10081 82" environment "81" PSA_SOFTWARE
/* P-256's generator as a COSE_Key */
#define COSE_KEY                                                                                    \
    "D9022E A4 01 02 20 01 21 58206B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296" \
    " 22 58204FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
/* 01, SHA-256 of it as a point */
#define UEID_OF_KEY             "D90226582101698bea63dc44a344663ff1429aea10842df27b6b991ef25866b2c6c02cdcc5be"
#define KEYED(environment, key) "A10381 82" environment "81" key

static void reference_values_speak_of_a_class_alone(void **state)
{
    (void)state;
    expect_rule(PSA, REFERENCE("A100A100" ID_560), TPS_OK, NULL);
    expect_rule(PSA, REFERENCE("A200A100" ID_560 "01" UEID), TPS_CORIM_UNSUPPORTED,
                "reference values of a single device");
    expect_rule(PSA, REFERENCE("A100A200" ID_560 "0301"), TPS_CORIM_UNSUPPORTED,
                "an environment with layer, index or group");
    expect_rule(PSA, REFERENCE("A100A200" ID_560 "0401"), TPS_CORIM_UNSUPPORTED, NULL);
    expect_rule(PSA, REFERENCE("A200A100" ID_560 "02D902304101"), TPS_CORIM_UNSUPPORTED, NULL);
    expect_rule(PSA, REFERENCE("A100A100" ID_600), TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(PSA, REFERENCE("A100A100D902304101"), TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(PSA, REFERENCE("A100A1016161"), TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(IOT, REFERENCE("A100A100" ID_600), TPS_CORIM_UNSUPPORTED,
                "an element (mkey) that its profile does not know");
    expect_rule(IOT, KEYED("A200A100" ID_560 "01" UEID, COSE_KEY), TPS_CORIM_BAD_VALUE,
                "the class id is not the implementation id of 32 bytes (tag 600) that its profile asks for");
    expect_rule(IOT, KEYED("A200A100" ID_600 "01" UEID, COSE_KEY), TPS_OK, NULL);
}

static void the_opentps_profile_names_vendor_and_model(void **state)
{
    (void)state;
    expect_rule(OPENTPS, KEYED("A200A100" ID_560 "01" UEID, COSE_KEY), TPS_CORIM_BAD_VALUE,
                "the class names no vendor or no model");
    expect_rule(OPENTPS, KEYED("A200A200" ID_560 "01616101" UEID, COSE_KEY), TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(OPENTPS, KEYED("A200A300" ID_560 "0161610261 6201" UEID_OF_KEY, COSE_KEY), TPS_OK, NULL);
    expect_rule(OPENTPS, KEYED("A200A300" ID_560 "0161610261 6201" UEID, COSE_KEY), TPS_CORIM_BAD_VALUE,
                "the instance is not 01, SHA-256 of the P-256 key that is endorsed");
}

static void a_device_has_a_ueid_and_one_key_that_can_be_read(void **state)
{
    (void)state;
    expect_rule(PSA, KEYED("A200A100" ID_560 "01" UEID, COSE_KEY), TPS_OK, NULL);
    expect_rule(PSA, KEYED("A100A100" ID_560, COSE_KEY), TPS_CORIM_BAD_VALUE,
                "the instance of an attestation key is not a UEID of 33 bytes (tag 550)");
    expect_rule(PSA,
                KEYED("A200A100" ID_560 "01D9022647"
                      "01020304050607",
                      COSE_KEY),
                TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(PSA, KEYED("A200A100" ID_560 "01D90226582102" BYTES32, COSE_KEY), TPS_CORIM_BAD_VALUE, NULL);
    expect_rule(PSA, "A10381 82A200A100" ID_560 "01" UEID "82" COSE_KEY COSE_KEY, TPS_CORIM_BAD_VALUE,
                "a device has more than one attestation key");
    expect_rule(PSA, KEYED("A200A100" ID_560 "01" UEID, "D9022D82094100"), TPS_CORIM_UNSUPPORTED,
                "key thumbprint"); /* of an algorithm that is not known */
    expect_rule(PSA, KEYED("A200A100" ID_560 "01" UEID, "D9022A6161"), TPS_CRYPTO_BAD_KEY,
                "the attestation key of a device");
    expect_rule(PSA, KEYED("A200A100" ID_560 "01" UEID, "D902324130"), TPS_CRYPTO_BAD_CERTIFICATE,
                "the attestation key of a device");
    expect_rule(PSA, KEYED("A200A100" ID_560 "01" UEID, "D9022E80"), TPS_CRYPTO_BAD_KEY, NULL);
}

/* {1: {11: "a"}}; [{0: {0: 560(id)}}, [{1: {11: "a"}}]] */
#define NAMED  "A101A10B6161"
#define STATED "82A100A100" ID_560 "81" NAMED

/* The decoder reads all of it; nothing of it may count before it is appraised. */
static void triples_of_every_kind_are_taken(void **state)
{
    (void)state;
    expect_rule(PSA, "A10281 82A200A100" ID_560 "01" UEID "81" COSE_KEY, TPS_OK, NULL);
    expect_rule(PSA, "A10181" STATED, TPS_OK, NULL);
    expect_rule(PSA, "A10A81 82 81" STATED "81" STATED, TPS_OK, NULL);
    expect_rule(PSA, "A10881 82 82A100A100" ID_560 "80 81 82 81" NAMED "81" NAMED, TPS_OK, NULL);
    expect_rule(PSA, "A10481 82A100A100" ID_560 "81A100A100" ID_560, TPS_OK, NULL);
    expect_rule(PSA, "A10581 82A100A100" ID_560 "81A100A100" ID_560, TPS_OK, NULL);
    expect_rule(PSA, "A10681 82A100A100" ID_560 "816161", TPS_OK, NULL);
}

static void what_is_not_understood_refuses_the_whole(void **state)
{
    (void)state;
    expect_rule(PSA, "A1181881 00", TPS_CORIM_UNSUPPORTED, "triples of an unknown kind");
    expect_rule(PSA, "A10381 83A200A100" ID_560 "01" UEID "81" COSE_KEY "A10001", TPS_CORIM_UNSUPPORTED,
                "keys under conditions");
    expect_rule(PSA, "A10381 83A200A100" ID_560 "01" UEID "81" COSE_KEY "A10181D902304101",
                TPS_CORIM_UNSUPPORTED, "keys under conditions");
    /* a reference value with a security version beside the digest */
    expect_rule(PSA,
                "A10081 82 A100A100" ID_560
                "81 A200767073612E736F6674776172652D636F6D706F6E656E74 01A301050281820158"
                "20" BYTES32 "0D81D902305820" BYTES32,
                TPS_CORIM_UNSUPPORTED, "a measurement with members that are not compared");
}

static void certificates_may_stand_for_keys(void **state)
{
    tps_span certificate = make_ca("Lamp 1", device_key(1), TPS_SPAN_EMPTY, NULL);
    char triples[4096] = "A10381 82A200A100" ID_560 "01" UEID "81D9023259";
    size_t at = strlen(triples);

    (void)state;
    at += (size_t)sprintf(triples + at, "%04zX", certificate.size);
    for (size_t i = 0; i < certificate.size; i++) {
        at += (size_t)sprintf(triples + at, "%02X", certificate.data[i]);
    }
    expect_rule(PSA, triples, TPS_OK, NULL);
}

/* ---- keys ---- */

static void a_p384_key_may_come_as_a_point(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    tps_crypto_key *key = test_key_p384();
    tps_psa_claims claims = lamp_psa();
    uint8_t room[97] = {0x04};
    tps_crypto_point point;

    (void)state;
    assert_int_equal(tps_crypto_key_point(key, &point), TPS_OK);
    memcpy(room + 1, point.x, 48);
    memcpy(room + 49, point.y, 48);
    assert_int_equal(tps_verifier_add_key(v, TPS_SPAN_OF(room)), TPS_OK);
    expect_finding(appraise(v, sign_psa(&claims, key, TPS_ALG_ES384)), "hardware.unknown-class", TPS_OK);
    room[1] ^= 1;
    assert_int_equal(tps_verifier_add_key(v, TPS_SPAN_OF(room)), TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(key);
    tps_verifier_free(v);
}

static void too_many_keys_are_refused(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = true});
    uint8_t spki[128];
    size_t size;
    tps_status status = TPS_OK;
    size_t count = 0;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(spki), &size), TPS_OK);
    while (status == TPS_OK && count < 1000) {
        status = tps_verifier_add_key(v, tps_span_make(spki, size));
        count++;
    }
    assert_int_equal(status, TPS_TOO_LARGE);
    assert_int_equal(count, 65);
    tps_verifier_free(v);
}

/* ---- texts ---- */

static void quoted_text_is_made_harmless(void **state)
{
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"plain", "plain"},
        {"\x1b[2J\x7f\n", "?[2J??"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"a\xc2\x9bz\xc2\xa0", "a?z\xc2\xa0"},
        {"\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", "??????"},
        {"\xe2\x80\x90\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xb0",
         "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xb0"},
        {"a\xd8\x9c\xe2\x80\x8b\xc2\xad\xef\xbb\xbf\xf3\xa0\x80\x81z", "a?????z"},
        {"\xff\xc3", "??"},
        {"\xc0\x80\xf5", "???"},
        {"\xe2\x82", "??"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "%s", cases[i].in);
        finding_clean(text);
        assert_string_equal(text, cases[i].out);
    }
}

static void long_text_is_cut_between_characters(void **state)
{
    char text[TPS_FINDING_TEXT_MAX];
    char many[600] = "";

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        strcat(many, "\xe2\x82\xac");
    }
    finding_text(text, "a%s", many);
    assert_true(strlen(text) < TPS_FINDING_TEXT_MAX);
    for (const char *at = text + 1; *at != '\0' && *at != '?'; at += 3) {
        assert_memory_equal(at, "\xe2\x82\xac", 3);
    }
}

static void many_versions_are_cut_short(void **state)
{
    static const uint8_t other[32] = {0x66};
    static uint8_t digests[8][32];
    tps_corim_component versions[8];
    char names[8][8];
    tps_verifier *v = maker_verifier();
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        digests[i][0] = (uint8_t)(0xe0 + i);
        snprintf(names[i], sizeof names[i], "2.%zu", i);
        versions[i] = lamp_software()[2];
        versions[i].digest = TPS_SPAN_OF(digests[i]);
        versions[i].version = tps_span_of_text(names[i]);
    }
    manifest.components = versions;
    manifest.component_count = 8;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    claims.components[2].measurement = TPS_SPAN_OF(other);
    claims.components[2].version = TPS_SPAN_EMPTY;
    assert_string_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->findings[0].known,
                        "2.7, 2.6, 2.5, 2.4, ...");
    tps_verifier_free(v);
}

static tps_span sign_with(const tps_cose_make_options *options)
{
    static uint8_t payload_room[4096];
    static uint8_t room[8192];
    tps_psa_claims claims = lamp_psa();
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(1), TPS_ALG_ES256);
    tps_span payload;
    tps_span message;

    assert_int_equal(tps_psa_encode(&claims, TPS_BUF_OF(payload_room), &payload, NULL), TPS_OK);
    assert_int_equal(tps_cose_sign1_make(payload, options, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

/* What is critical is processed, or the message is refused; x5t and claims in the header tell no lies. */
static void headers_demand_nothing_that_is_ignored(void **state)
{
    static const uint8_t claims[] = {0xa1, 0x04, 0x00}; /* exp, which the payload has not */
    static const uint8_t names_claims[] = {0x81, 0x0f};
    static const uint8_t empty_map[] = {0xa0};
    tps_verifier *v = maker_verifier();
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(20), NOW + 100);
    uint8_t x5t_room[TPS_COSE_X5T_SIZE];
    tps_cose_make_options options = {.cwt_claims = TPS_SPAN_OF(empty_map)};

    (void)state;
    expect_affirming(appraise(v, sign_with(&options)));
    options.crit = TPS_SPAN_OF(names_claims);
    expect_finding(appraise(v, sign_with(&options)), "evidence.malformed", TPS_COSE_CRIT_UNKNOWN);
    options = (tps_cose_make_options){.cwt_claims = TPS_SPAN_OF(claims)};
    expect_finding(appraise(v, sign_with(&options)), "evidence.malformed", TPS_COSE_BAD_HEADER);

    options = (tps_cose_make_options){.x5chain = &leaf, .x5chain_count = 1};
    assert_int_equal(tps_cose_x5t_make(leaf, x5t_room, &options.x5t), TPS_OK);
    expect_affirming(appraise(v, sign_with(&options)));
    assert_int_equal(tps_cose_x5t_make(root, x5t_room, &options.x5t), TPS_OK);
    expect_finding(appraise(v, sign_with(&options)), "evidence.malformed", TPS_COSE_BAD_HEADER);
    tps_verifier_free(v);
}

static void a_critical_algorithm_is_taken(void **state)
{
    static const uint8_t alg[] = {0x81, 0x01};
    tps_verifier *v = maker_verifier();
    tps_cose_make_options options = {.crit = TPS_SPAN_OF(alg)};

    (void)state;
    expect_affirming(appraise(v, sign_with(&options)));
    tps_verifier_free(v);
}

static void a_nonce_in_the_header_is_that_of_the_payload(void **state)
{
    tps_psa_claims claims = lamp_psa();
    uint8_t header[80];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(header));
    tps_verifier *v = maker_verifier();
    tps_cose_make_options options = {.x5chain_count = 0};

    (void)state;
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 10);
    tps_cbor_put_bytes(&w, claims.nonce);
    options.cwt_claims = tps_span_make(header, w.size);
    expect_affirming(appraise(v, sign_with(&options)));
    header[w.size - 1] ^= 1;
    expect_finding(appraise(v, sign_with(&options)), "evidence.malformed", TPS_COSE_BAD_HEADER);
    tps_verifier_free(v);
}

/* Header claims are for who routes: whom the evidence is for must not be said in two ways. */
static void an_audience_in_the_header_is_that_of_the_payload(void **state)
{
    static const uint8_t somebody[] = {0xa1, 0x03, 0x63, 'b', 'o', 'b'}; /* aud, which the payload has not */
    tps_verifier *v = maker_verifier();
    tps_cose_make_options options = {.cwt_claims = TPS_SPAN_OF(somebody)};

    (void)state;
    expect_finding(appraise(v, sign_with(&options)), "evidence.malformed", TPS_COSE_BAD_HEADER);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_values_speak_of_a_class_alone),
        cmocka_unit_test(the_opentps_profile_names_vendor_and_model),
        cmocka_unit_test(a_device_has_a_ueid_and_one_key_that_can_be_read),
        cmocka_unit_test(triples_of_every_kind_are_taken),
        cmocka_unit_test(what_is_not_understood_refuses_the_whole),
        cmocka_unit_test(certificates_may_stand_for_keys),
        cmocka_unit_test(a_p384_key_may_come_as_a_point),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(quoted_text_is_made_harmless),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(many_versions_are_cut_short),
        cmocka_unit_test(headers_demand_nothing_that_is_ignored),
        cmocka_unit_test(a_critical_algorithm_is_taken),
        cmocka_unit_test(a_nonce_in_the_header_is_that_of_the_payload),
        cmocka_unit_test(an_audience_in_the_header_is_that_of_the_payload),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
