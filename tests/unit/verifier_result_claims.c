/* SPDX-License-Identifier: Apache-2.0 */
/* What a result says beside the vector (spec/ear-extensions.md): freshness, what it is bound to and whose key
 * may present it, purpose and policy; in both forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "tps/base64.h"
#include "tps/cose_key.h"
#include "tps/cwt.h"
#include "tps/jws.h"
#include "tps/receipt.h"
#include "tps/tpm.h"
#include "verifier/result/confirmation.h"
#include "verifier_support.h"

static const tps_ear_options plain = {.iat = NOW, .exp = NOW + 300, .with_claims = true};

static json_t *result_of(const tps_appraisal *part)
{
    static uint8_t room[65536];
    static uint8_t payload[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_buf spare = TPS_BUF_OF(room);
    tps_ear ear;
    tps_jws jws;
    size_t size;
    json_t *json;

    assert_int_equal(tps_ear_jwt(part, 1, &plain, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(tps_jws_parse(tps_span_make(room, size), &jws), TPS_OK);
    assert_int_equal(tps_base64_read(jws.payload, TPS_BUF_OF(payload), &size), TPS_OK);
    json = json_loadb((const char *)payload, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_int_equal(tps_ear_decode(tps_span_make(payload, size), &spare, &ear, NULL), TPS_OK);
    assert_int_equal(ear.confirmation.size != 0, json_object_get(json, "cnf") != NULL);
    return json;
}

/* The claims of the CWT, checked to be deterministic. */
static tps_ear cwt_of(const tps_appraisal *part)
{
    static uint8_t room[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_cbor_limits limits = tps_cbor_limits_message;
    tps_cose_message message;
    tps_ear ear;
    size_t size;

    limits.form = &tps_cbor_deterministic;
    assert_int_equal(tps_ear_cwt(part, 1, &plain, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(tps_cose_sign1_parse(tps_span_make(room, size), &message, NULL), TPS_OK);
    assert_int_equal(tps_cbor_check(message.payload, &limits, NULL, NULL), TPS_OK);
    assert_int_equal(tps_ear_decode(message.payload, NULL, &ear, NULL), TPS_OK);
    return ear;
}

static json_t *submod_of(const json_t *result)
{
    return json_object_get(json_object_get(result, "submods"), "OPENTPS");
}

/* The value of a private label in the one part; empty when it is absent. */
static tps_span label_of(const tps_ear *ear, int64_t label)
{
    tps_ear_walk parts = tps_ear_appraisals(ear);
    tps_ear_appraisal part;
    tps_ear_walk walk;
    tps_ear_extra extra;

    assert_true(tps_ear_next_appraisal(&parts, NULL, &part));
    walk = tps_ear_appraisal_extras(&part);
    while (tps_ear_next_extra(&walk, NULL, &extra)) {
        if (extra.is_int && extra.number == label) {
            return extra.value;
        }
    }
    return TPS_SPAN_EMPTY;
}

/* A claim of text: in JSON under its name, in CBOR under its label; NULL: in neither. */
static void expect_text(const tps_appraisal *part, const char *name, int64_t label, const char *expected)
{
    json_t *result = result_of(part);
    const char *got = json_string_value(json_object_get(submod_of(result), name));
    tps_ear ear = cwt_of(part);
    tps_span value = label_of(&ear, label);
    tps_cbor_reader r = tps_cbor_reader_init(value);

    if (expected == NULL) {
        assert_null(got);
        assert_int_equal(value.size, 0);
    } else {
        assert_non_null(got);
        assert_string_equal(got, expected);
        assert_true(tps_span_is_text(tps_cbor_get_text(&r), expected));
    }
    json_decref(result);
}

static tps_appraisal fresh_part(void)
{
    return (tps_appraisal){.scheme = TPS_SCHEME_OPENTPS,
                           .vector = {2},
                           .tier = TPS_EAR_TIER_AFFIRMING,
                           .is_fresh = true,
                           .freshness = TPS_FRESHNESS_NONCE};
}

static void the_way_in_which_it_is_fresh_is_told(void **state)
{
    static const char *const names[] = {"none", "nonce", "time", "epoch", "none"};
    static tps_appraisal part;

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        part = fresh_part();
        part.freshness = i;
        expect_text(&part, "opentps.freshness", -70108, names[i]);
        part.is_fresh = false;
        expect_text(&part, "opentps.freshness", -70108, "none");
    }
}

static void whose_nonce_it_was_is_told(void **state)
{
    static tps_appraisal part;
    json_t *got;
    tps_ear ear;

    (void)state;
    part = fresh_part();
    got = result_of(&part);
    assert_null(json_object_get(submod_of(got), "opentps.freshness-of-relying-party"));
    json_decref(got);
    part.is_nonce_of_relying_party = true;
    got = result_of(&part);
    assert_true(json_is_true(json_object_get(submod_of(got), "opentps.freshness-of-relying-party")));
    json_decref(got);
    ear = cwt_of(&part);
    assert_int_equal(label_of(&ear, -70109).size, 1);
    assert_int_equal(label_of(&ear, -70109).data[0], 0xf5);
}

static void what_it_is_bound_to_is_told_and_an_unknown_number_binds_to_nothing(void **state)
{
    static const char *const bounds[] = {"none", "key", "channel", "none"};
    static const char *const origins[] = {NULL, "component", "measured-app", "caller", NULL};
    static tps_appraisal part;

    (void)state;
    part = fresh_part();
    for (part.bound = 0; part.bound < 4; part.bound++) {
        expect_text(&part, "opentps.bound", -70102, bounds[part.bound]);
    }
    for (part.binder_origin = 0; part.binder_origin < 5; part.binder_origin++) {
        part.bound = TPS_BOUND_CHANNEL;
        expect_text(&part, "opentps.binder-origin", -70110, origins[part.binder_origin]);
        part.bound = TPS_BOUND_KEY;
        expect_text(&part, "opentps.binder-origin", -70110, NULL);
    }
}

static void purpose_and_policy_are_told_when_they_are_known(void **state)
{
    static tps_appraisal part;
    json_t *got;
    tps_ear ear;
    tps_cbor_reader r;

    (void)state;
    part = fresh_part();
    expect_text(&part, "opentps.purpose", -70111, NULL);
    ear = cwt_of(&part);
    assert_int_equal(label_of(&ear, -70112).size, 0);
    got = result_of(&part);
    assert_string_equal(json_string_value(json_object_get(submod_of(got), "ear.appraisal-policy-id")),
                        "policy:OPENTPS");
    json_decref(got);

    snprintf(part.purpose, sizeof part.purpose, "door lock");
    snprintf(part.policy_id, sizeof part.policy_id, "strict@2");
    memset(part.policy_sha256, 7, sizeof part.policy_sha256);
    expect_text(&part, "opentps.purpose", -70111, "door lock");
    ear = cwt_of(&part);
    r = tps_cbor_reader_init(label_of(&ear, -70112));
    assert_true(tps_span_equal(tps_cbor_get_bytes(&r), TPS_SPAN_OF(part.policy_sha256)));
    got = result_of(&part);
    assert_string_equal(json_string_value(json_object_get(submod_of(got), "ear.appraisal-policy-id")),
                        "strict@2");
    assert_string_equal(json_string_value(json_object_get(submod_of(got), "opentps.policy-sha-256")),
                        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    json_decref(got);
}

/* ---- what a device tells of its state ---- */

#define D32 \
    "\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09"

static void the_state_of_a_device_is_annotated(void **state)
{
    static tps_appraisal part;
    static uint8_t room[4096];
    static const uint8_t digest[33] = {1, 9};
    tps_device_claims claims = lamp_eat();
    json_t *got;
    json_t *told;
    json_t *list;

    (void)state;
    claims.present |= TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER | TPS_DEVICE_HAS_OEMBOOT;
    claims.lifecycle = TPS_DEVICE_LIFECYCLE_SECURED;
    claims.security_counter = 3;
    claims.binder_origin = TPS_DEVICE_BINDER_APPLICATION;
    claims.application = tps_span_make(digest, 32);
    claims.registers = TPS_SPAN_LITERAL("\x81\x82\x00\x58\x20" D32);
    claims.applications = TPS_SPAN_LITERAL("\x81\x82\x58\x20" D32 "\x02");
    claims.staged = TPS_SPAN_LITERAL("\x81\x83\x61\x61\x61\x31\x58\x20" D32);
    part = fresh_part();
    assert_int_equal(tps_device_claims_encode(&claims, TPS_BUF_OF(room), &part.payload, NULL), TPS_OK);
    got = result_of(&part);
    told = json_object_get(submod_of(got), "ear.veraison.annotated-evidence");
    assert_int_equal(json_integer_value(json_object_get(told, "lifecycle")), TPS_DEVICE_LIFECYCLE_SECURED);
    assert_int_equal(json_integer_value(json_object_get(told, "security-counter")), 3);
    assert_string_equal(json_string_value(json_object_get(told, "binder-origin")), "measured-app");
    list = json_array_get(json_object_get(told, "registers"), 0);
    assert_int_equal(json_integer_value(json_array_get(list, 0)), 0);
    assert_int_equal(json_string_length(json_array_get(list, 1)), 44);
    list = json_array_get(json_object_get(told, "staged-update"), 0);
    assert_string_equal(json_string_value(json_array_get(list, 0)), "a");
    json_decref(got);

    claims.applications = TPS_SPAN_LITERAL("\x58\x20" D32); /* pairwise: a digest over the list */
    claims.staged = TPS_SPAN_LITERAL("\xf6");               /* not known */
    claims.registers = TPS_SPAN_EMPTY;
    assert_int_equal(tps_device_claims_encode(&claims, TPS_BUF_OF(room), &part.payload, NULL), TPS_OK);
    got = result_of(&part);
    told = json_object_get(submod_of(got), "ear.veraison.annotated-evidence");
    assert_int_equal(json_string_length(json_object_get(told, "applications")), 44);
    assert_null(json_object_get(told, "staged-update"));
    assert_null(json_object_get(told, "registers"));
    json_decref(got);
}

/* ---- a TPM ---- */

static tps_span hex_to(const char *hex, uint8_t *out)
{
    size_t size = 0;

    for (; hex[2 * size] != '\0'; size++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * size, "%2x", &byte), 1);
        out[size] = (uint8_t)byte;
    }
    return tps_span_make(out, size);
}

#define B32 "0707070707070707070707070707070707070707070707070707070707070707"

/* A quote over PCRs 0 and 7 in SHA-256 and 8 in SHA-384, in evidence with a log. */
static tps_span tpm_evidence(tps_span *attest)
{
    static uint8_t attest_bytes[256];
    static uint8_t signature_bytes[128];
    static uint8_t room[4096];
    static uint8_t log[1024];
    tps_tpm_evidence evidence = {.form = TPS_TPM_FORM_MAP, .event_log = TPS_SPAN_OF(log)};
    tps_span encoded;

    *attest = hex_to("ff5443478018" /* magic, quote */
                     "0022000b" B32 /* qualified signer */
                     "0020" B32     /* extra data */
                     "0000000000001000"
                     "00000003"
                     "00000004"
                     "01"               /* clock, resets, restarts, safe */
                     "2019112300000001" /* firmware */
                     "00000002"
                     "000b"
                     "03"
                     "810000"
                     "000c"
                     "03"
                     "000100" /* selections */
                     "0020" B32,
                     attest_bytes);
    evidence.attest = *attest;
    evidence.signature = hex_to("0018000b0020" B32 "0020" B32, signature_bytes);
    evidence.nonce = TPS_SPAN_EMPTY;
    assert_int_equal(tps_tpm_evidence_encode(&evidence, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

static void what_a_tpm_quoted_is_told_and_its_log_is_not(void **state)
{
    static tps_appraisal part;
    tps_span attest;
    tps_cbor_reader r;
    json_t *got;
    json_t *claims;
    json_t *banks;
    tps_ear ear;

    (void)state;
    part = fresh_part();
    part.payload = tpm_evidence(&attest);
    part.scheme = TPS_SCHEME_TPM;
    got = result_of(&part);
    claims = json_object_get(json_object_get(json_object_get(got, "submods"), "TPM2"),
                             "ear.veraison.annotated-evidence");
    assert_int_equal(json_integer_value(json_object_get(claims, "tpm-clock")), 4096);
    assert_int_equal(json_integer_value(json_object_get(claims, "tpm-reset-count")), 3);
    assert_int_equal(json_integer_value(json_object_get(claims, "tpm-restart-count")), 4);
    assert_true(json_is_true(json_object_get(claims, "tpm-safe")));
    assert_int_equal(json_integer_value(json_object_get(claims, "tpm-firmware-version")), 0x2019112300000001);
    assert_string_equal(json_string_value(json_object_get(claims, "tpm-extra-data")),
                        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    banks = json_object_get(claims, "tpm-pcr-selection");
    assert_int_equal(json_array_size(banks), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(banks, 0), "bank")),
                        tps_tpm_alg_name(TPS_TPM_ALG_SHA256));
    claims = json_object_get(json_array_get(banks, 0), "pcrs");
    assert_int_equal(json_array_size(claims), 2);
    assert_int_equal(json_integer_value(json_array_get(claims, 1)), 7);
    json_decref(got);
    ear = cwt_of(&part);
    r = tps_cbor_reader_init(label_of(&ear, -70106));
    assert_true(tps_span_equal(tps_cbor_get_bytes(&r), attest));

    part.payload = TPS_SPAN_LITERAL("no evidence of a TPM");
    ear = cwt_of(&part);
    assert_int_equal(label_of(&ear, -70106).size, 0);
}

/* The nonce that a receipt by time needs is what the TPM signed. */
static void a_receipt_by_time_of_a_tpm_has_its_qualifying_data(void **state)
{
    static uint8_t room[32768];
    static tps_appraisal part;
    tps_appraisal_request request = {.freshness = TPS_FRESHNESS_TIME, .now = NOW};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_verifier *v = maker_verifier();
    tps_cose_message message;
    tps_receipt receipt;
    tps_span attest;
    size_t size;

    (void)state;
    part = fresh_part();
    part.scheme = TPS_SCHEME_TPM;
    for (int i = 0; i < 2; i++) {
        part.payload = i == 0 ? tpm_evidence(&attest) : TPS_SPAN_LITERAL("none");
        assert_int_equal(
            tps_receipt_make(v, part.payload, &request, &part, 1, &plain, &signer, TPS_BUF_OF(room), &size),
            TPS_OK);
        assert_int_equal(tps_cose_sign1_parse(tps_span_make(room, size), &message, NULL), TPS_OK);
        assert_int_equal(tps_receipt_decode(message.payload, &receipt, NULL), TPS_OK);
        assert_int_equal(receipt.request.nonce.size, i == 0 ? 32 : 0);
        assert_true(i == 1 || receipt.request.nonce.data[31] == 7);
    }
    tps_verifier_free(v);
}

/* ---- cnf ---- */

static tps_span confirmation_with_key(tps_crypto_key *key)
{
    static uint8_t room[1024];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, 1);
    assert_int_equal(tps_cose_key_put(&w, key), TPS_OK);
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void the_key_that_fresh_evidence_is_bound_to_may_present_the_result(void **state)
{
    static tps_appraisal part;
    tps_cwt_confirmation confirmation;
    tps_crypto_key *key = NULL;
    json_t *got;
    json_t *jwk;
    tps_ear ear;

    (void)state;
    part = fresh_part();
    part.bound = TPS_BOUND_KEY;
    part.confirmation = confirmation_with_key(device_key(7));

    got = result_of(&part);
    jwk = json_object_get(json_object_get(got, "cnf"), "jwk");
    assert_string_equal(json_string_value(json_object_get(jwk, "kty")), "EC");
    assert_string_equal(json_string_value(json_object_get(jwk, "crv")), "P-256");
    assert_int_equal(json_string_length(json_object_get(jwk, "x")), 43);
    assert_int_equal(json_object_size(jwk), 4);
    json_decref(got);
    ear = cwt_of(&part);
    assert_int_equal(tps_cwt_confirmation_decode(ear.confirmation, &confirmation, NULL), TPS_OK);
    assert_int_equal(tps_cose_key_read(confirmation.value, &key), TPS_OK);
    tps_crypto_key_free(key);
    assert_true(tps_span_equal(ear.confirmation, part.confirmation));
}

static void no_key_may_present_a_result_that_is_stale_or_not_bound_to_it(void **state)
{
    static tps_appraisal part;

    (void)state;
    part = fresh_part();
    part.confirmation = confirmation_with_key(device_key(7));
    for (uint32_t i = 0; i < 4; i++) {
        json_t *got;
        part.bound = i % 2 == 0 ? TPS_BOUND_KEY : i == 1 ? TPS_BOUND_NONE : TPS_BOUND_CHANNEL;
        part.is_fresh = i != 0;
        if (i == 2) {
            continue;
        }
        got = result_of(&part);
        assert_null(json_object_get(got, "cnf"));
        json_decref(got);
        assert_int_equal(cwt_of(&part).confirmation.size, 0);
    }
}

static tps_span written(const char *hex, bool is_json)
{
    static uint8_t room[CONFIRMATION_ROOM];
    uint8_t encoded[1024];
    tps_span value;

    confirmation_write(hex_to(hex, encoded), is_json, TPS_BUF_OF(room), &value);
    return value;
}

#define X "2222222222222222222222222222222222222222222222222222222222222222"

static void expect_written(const char *hex, const char *json, const char *cbor)
{
    tps_span got = written(hex, true);
    uint8_t bytes[256];

    assert_int_equal(got.size, strlen(json));
    assert_memory_equal(got.data, json, got.size);
    assert_true(tps_span_equal(written(hex, false), hex_to(cbor, bytes)));
}

static void only_what_is_public_of_a_key_goes_into_a_result(void **state)
{
    const char *b64 = "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI";
    char expected[256];

    (void)state;
    /* in another order, with kid, alg and a private part */
    snprintf(expected, sizeof expected, "{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}}", b64);
    expect_written("a101a5200601010241012158"
                   "20" X "235820" X,
                   expected, "a101a301012006215820" X);
    snprintf(expected, sizeof expected,
             "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}}", b64, b64);
    expect_written("a101a401022001225820" X "215820" X, expected, "a101a401022001215820" X "225820" X);
    expect_written("a101a401022001215820" X "22f5", "", "a101a401022001215820" X "22f5");
}

static void keys_on_each_curve_have_their_name(void **state)
{
    static const struct {
        int32_t curve;
        const char *json;
    } cases[] = {{TPS_CURVE_P384, "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-384\","},
                 {TPS_CURVE_P521, "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-521\","}};
    static uint8_t room[CONFIRMATION_ROOM];
    tps_span value;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_crypto_key *key = NULL;
        assert_int_equal(tps_crypto_key_generate(cases[i].curve, &key), TPS_OK);
        confirmation_write(confirmation_with_key(key), true, TPS_BUF_OF(room), &value);
        assert_memory_equal(value.data, cases[i].json, strlen(cases[i].json));
        tps_crypto_key_free(key);
    }
    confirmation_write(confirmation_with_key(device_key(7)), true, (tps_buf){room, 20}, &value);
    assert_int_equal(value.size, 0);
}

static void what_names_no_public_key_goes_as_it_is_or_not_at_all(void **state)
{
    (void)state;
    expect_written("a103420102", "{\"kid\":\"AQI\"}", "a103420102");
    expect_written("a1055820" X, "", "a1055820" X);
    expect_written("a102d08340a040", "", "");   /* encrypted */
    expect_written("a101a201042050" X, "", ""); /* symmetric: malformed, too */
    expect_written("a101a20104204101", "", ""); /* symmetric */
    expect_written("a0", "", "");               /* nothing */
    expect_written("a11903e701", "", "");       /* nothing that is known */
    expect_written("01", "", "");
}

static void rsa_keys_are_named_by_modulus_and_exponent(void **state)
{
    static uint8_t encoded[600] = {0xa1, 0x01, 0xa3, 0x01, 0x03, 0x20, 0x59, 0x01, 0x00};
    static uint8_t room[CONFIRMATION_ROOM];
    tps_span value;

    (void)state;
    memset(encoded + 9, 0xff, 256);
    memcpy(encoded + 265, "\x21\x43\x01\x00\x01", 5);
    confirmation_write(tps_span_make(encoded, 270), false, TPS_BUF_OF(room), &value);
    assert_true(tps_span_equal(value, tps_span_make(encoded, 270)));
    confirmation_write(tps_span_make(encoded, 270), true, TPS_BUF_OF(room), &value);
    assert_memory_equal(value.data, "{\"jwk\":{\"kty\":\"RSA\",\"n\":\"____", 29);
    assert_memory_equal(value.data + value.size - 12, "\"e\":\"AQAB\"}}", 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_in_which_it_is_fresh_is_told),
        cmocka_unit_test(whose_nonce_it_was_is_told),
        cmocka_unit_test(what_it_is_bound_to_is_told_and_an_unknown_number_binds_to_nothing),
        cmocka_unit_test(purpose_and_policy_are_told_when_they_are_known),
        cmocka_unit_test(the_state_of_a_device_is_annotated),
        cmocka_unit_test(what_a_tpm_quoted_is_told_and_its_log_is_not),
        cmocka_unit_test(a_receipt_by_time_of_a_tpm_has_its_qualifying_data),
        cmocka_unit_test(the_key_that_fresh_evidence_is_bound_to_may_present_the_result),
        cmocka_unit_test(no_key_may_present_a_result_that_is_stale_or_not_bound_to_it),
        cmocka_unit_test(only_what_is_public_of_a_key_goes_into_a_result),
        cmocka_unit_test(keys_on_each_curve_have_their_name),
        cmocka_unit_test(what_names_no_public_key_goes_as_it_is_or_not_at_all),
        cmocka_unit_test(rsa_keys_are_named_by_modulus_and_exponent),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
