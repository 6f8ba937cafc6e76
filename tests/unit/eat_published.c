/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and tokens that others publish, in diagnostic notation: read, encoded to CBOR, decoded, turned to
 * JSON and back; the CWT's signature as far as its key is known; the bundle's digest. And the GOOD and FAIL
 * sets of PSA. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"
#include "tps/cose.h"
#include "tps/eat_bundle.h"
#include "tps/eat_json.h"
#include "tps/psa.h"

static tps_error why;
static tps_eat_claims claims;
static uint8_t cbor_room[8192];

/* The CBOR that the notation in a vector stands for. */
static tps_span notation(const char *name)
{
    tps_buf text = vector_read(name);
    tps_span cbor;

    if (tps_cbor_from_diagnostic(span_of(text), TPS_BUF_OF(cbor_room), &cbor, &why) != TPS_OK) {
        fail_msg("%s: %s at %zu", name, tps_status_name(why.status), why.offset);
    }
    free(text.data);
    return cbor;
}

/* Claims -> CBOR -> the same claims, and CBOR -> JSON -> CBOR. What others publish need not be sorted: then
 * sorting alone changes it. */
static void assert_comes_back(tps_span cbor)
{
    static uint8_t room[8192];
    static uint8_t json[16384];
    static uint8_t again[8192];
    bool is_sorted = tps_cbor_check(cbor, &cbor_limits_deterministic, NULL, NULL) == TPS_OK;
    tps_span encoded;
    tps_span turned;
    size_t size;

    assert_status(tps_eat_walk(cbor, NULL, &why), TPS_OK);
    if (is_sorted) {
        assert_status(tps_eat_encode(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
        assert_span(encoded, cbor);
    }
    if (claims.unknown_count > 0) {
        assert_status(tps_eat_to_json(cbor, TPS_BUF_OF(json), &size, &why), TPS_CLAIM_NO_JSON);
        return;
    }
    assert_status(tps_eat_to_json(cbor, TPS_BUF_OF(json), &size, &why), TPS_OK);
    assert_status(tps_eat_from_json(tps_span_make(json, size), TPS_BUF_OF(again), &turned, &why), TPS_OK);
    assert_int_equal(turned.size, cbor.size);
    assert_status(tps_cbor_check(turned, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    if (is_sorted) {
        assert_span(turned, cbor);
    }
}

static void decode(const char *name)
{
    tps_span cbor = notation(name);

    if (tps_eat_decode(cbor, &claims, &why) != TPS_OK) {
        fail_msg("%s: %s (%s)", name, tps_status_name(why.status), why.detail == NULL ? "" : why.detail);
    }
    assert_comes_back(cbor);
}

static void minimal_is_taken(void **state)
{
    (void)state;
    vectors_require();
    decode("eat/minimal.diag");
    assert_int_equal(claims.nonces.count, 1);
    assert_true(claims.oemboot);
}

static void iot_has_an_operating_system_that_was_measured(void **state)
{
    tps_eat_submodule os;
    tps_eat_claims inside;
    tps_eat_manifest measurement;
    tps_eat_iterator it;

    (void)state;
    vectors_require();
    decode("eat/valid_iot.diag");
    assert_int_equal(claims.oem_kind, TPS_EAT_OEM_IEEE);
    assert_int_equal(claims.ueid.size, 16);
    assert_true(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("OS"), &os));
    assert_status(tps_eat_decode(os.content, &inside, &why), TPS_OK);
    assert_int_equal(inside.dbgstat, TPS_EAT_DEBUG_DISABLED_SINCE_BOOT);
    it = tps_eat_each(&inside.measurements);
    assert_true(tps_eat_next_manifest(&it, &measurement));
    assert_int_equal(measurement.format, 258);
    assert_status(tps_cbor_check(measurement.content, &tps_cbor_limits_message, NULL, &why), TPS_OK);
}

static void key_store_has_private_claims(void **state)
{
    (void)state;
    vectors_require();
    decode("eat/valid_key_store.diag");
    assert_int_equal(claims.unknown_count, 2);
    assert_int_equal(claims.cwt.exp.value.integer, 1634324274);
    assert_int_equal(claims.cwt.iat.value.integer, 1634317080);
    assert_int_equal(claims.manifests.count, 1);
    assert_status(tps_cwt_check_time(&claims.cwt, 1634320000, 0, &why), TPS_OK);
    assert_status(tps_cwt_check_time(&claims.cwt, 1634324274, 0, &why), TPS_CLAIM_EXPIRED);
}

static void submods_have_makers_of_their_own(void **state)
{
    tps_eat_submodule device;
    tps_eat_claims inside;

    (void)state;
    vectors_require();
    decode("eat/valid_submods.diag");
    assert_span_text(claims.swname, "Acme OS");
    assert_int_equal(claims.submods.count, 2);
    assert_true(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("device"), &device));
    assert_status(tps_eat_decode(device.content, &inside, &why), TPS_OK);
    assert_int_equal(inside.oem_kind, TPS_EAT_OEM_PEN);
    assert_int_equal(inside.oem_pen, 61234);
    assert_span_text(inside.hwversion.version, "4.0");
}

static void tee_has_a_manifest(void **state)
{
    (void)state;
    vectors_require();
    decode("eat/valid_tee.diag");
    assert_int_equal(claims.manifests.count, 1);
}

/* ---- tokens ---- */

static void the_cwt_holds_claims_that_its_signer_alone_can_change(void **state)
{
    tps_cose_message message;
    tps_span token;

    (void)state;
    vectors_require();
    token = notation("eat/valid_cwt.diag");
    assert_int_equal(token.data[0], 0xd8); /* the tag of a CWT */
    assert_int_equal(token.data[1], TPS_TAG_CWT);
    assert_status(tps_cose_sign1_parse(token, &message, &why), TPS_OK);
    assert_true(message.tag == TPS_TAG_COSE_SIGN1);
    assert_int_equal(message.headers.alg, -7);
    assert_int_equal(message.signature.size, 64);
    assert_status(tps_eat_decode(message.payload, &claims, &why), TPS_OK);
    assert_int_equal(claims.oem_pen, 64242);
    assert_int_equal(claims.dbgstat, TPS_EAT_DEBUG_DISABLED_PERMANENTLY);
    assert_comes_back(message.payload);
}

static void the_bundle_holds_the_set_that_its_token_has_the_digest_of(void **state)
{
    static uint8_t room[1024];
    tps_eat_bundle bundle;
    tps_cose_message main_token;
    tps_eat_iterator it;
    tps_eat_detached detached;
    tps_span encoded;
    tps_span file;
    uint8_t *last;

    (void)state;
    vectors_require();
    file = notation("eat/valid_deb.diag");
    assert_status(tps_eat_bundle_read(file, &bundle, &why), TPS_OK);
    assert_int_equal(bundle.main_kind, TPS_EAT_SUBMODULE_CBOR_TOKEN);
    assert_int_equal(bundle.main_tag, TPS_TAG_CWT);
    assert_status(tps_cose_sign1_parse(bundle.main_token, &main_token, &why), TPS_OK);
    assert_status(tps_eat_bundle_check(&bundle, main_token.payload, NULL, &why), TPS_OK);
    it = tps_eat_each(&bundle.detached);
    assert_true(tps_eat_next_detached(&it, &detached));
    assert_span_text(detached.name, "TEE");
    assert_status(tps_eat_decode(detached.content, &claims, &why), TPS_OK);
    assert_comes_back(detached.content);
    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, file);
    last = cbor_room + file.size - 1;
    *last = (uint8_t)(*last ^ 1);
    assert_status(tps_eat_bundle_check(&bundle, main_token.payload, NULL, &why), TPS_CLAIM_DIGEST_MISMATCH);
}

/* ---- PSA ---- */

static void assert_psa(const char *name, tps_status expected, const char *detail)
{
    static tps_psa_claims psa;
    static uint8_t room[2048];
    tps_span cbor = notation(name);
    tps_span encoded;

    memset(&why, 0, sizeof why);
    assert_status(tps_psa_decode(cbor, &psa, &why), expected);
    if (expected == TPS_OK) {
        assert_status(tps_psa_encode(&psa, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
        assert_int_equal(encoded.size, cbor.size);
        assert_status(tps_eat_decode(cbor, &claims, &why), TPS_OK);
    } else {
        assert_string_equal(why.detail, detail);
    }
}

static void psa_sets_are_taken_or_refused_as_their_names_say(void **state)
{
    (void)state;
    vectors_require();
    assert_psa("psa/GOOD_full.diag", TPS_OK, NULL);
    assert_psa("psa/GOOD_mandatory_only.diag", TPS_OK, NULL);
    assert_psa("psa/FAIL_BootSeed_too_big.diag", TPS_CLAIM_BAD_VALUE, "boot seed");
    assert_psa("psa/FAIL_ImplementationID_missing.diag", TPS_CLAIM_MISSING, "implementation id");
    assert_psa("psa/FAIL_InstanceID_wrong_format.diag", TPS_CLAIM_BAD_VALUE, "instance id");
    assert_psa("psa/FAIL_SoftwareComponent_Measurement_missing.diag", TPS_CLAIM_MISSING, "measurement");
}

static void psa_tokens_are_what_their_notation_says(void **state)
{
    static const char *const names[][2] = {{"psa/psa-sign1.diag", "psa/psa-sign1.cbor"},
                                           {"psa/psa-mac0.diag", "psa/psa-mac0.cbor"}};

    (void)state;
    vectors_require();
    for (size_t i = 0; i < 2; i++) {
        tps_span notated = notation(names[i][0]);
        tps_buf token = vector_read(names[i][1]);
        tps_cose_message message;

        assert_status(tps_cose_sign1_parse(span_of(token), &message, &why), TPS_OK);
        assert_status(tps_eat_decode(message.payload, &claims, &why), TPS_OK);
        assert_int_equal(claims.ueid.size, 33);
        assert_span(notated, span_of(token));
        free(token.data);
    }
}

static void the_published_mac_token_is_verified(void **state)
{
    tps_buf token;
    tps_buf key;
    tps_cose_message message;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-mac0.cbor");
    key = vector_read("psa/tfm-hs-iak.bin");
    assert_int_equal(key.size, 64);
    assert_status(tps_cose_mac0_verify(span_of(token), &(tps_cose_secret){.bytes = span_of(key)},
                                       &(tps_cose_terms){.alg = TPS_ALG_HMAC256}, &message, &why),
                  TPS_OK);
    key.data[0] = (uint8_t)(key.data[0] ^ 1);
    assert_status(
        tps_cose_mac0_verify(span_of(token), &(tps_cose_secret){.bytes = span_of(key)}, NULL, &message, &why),
        TPS_COSE_BAD_TAG);
    free(token.data);
    free(key.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimal_is_taken),
        cmocka_unit_test(iot_has_an_operating_system_that_was_measured),
        cmocka_unit_test(key_store_has_private_claims),
        cmocka_unit_test(submods_have_makers_of_their_own),
        cmocka_unit_test(tee_has_a_manifest),
        cmocka_unit_test(the_cwt_holds_claims_that_its_signer_alone_can_change),
        cmocka_unit_test(the_bundle_holds_the_set_that_its_token_has_the_digest_of),
        cmocka_unit_test(psa_sets_are_taken_or_refused_as_their_names_say),
        cmocka_unit_test(psa_tokens_are_what_their_notation_says),
        cmocka_unit_test(the_published_mac_token_is_verified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
