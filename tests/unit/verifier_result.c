/* SPDX-License-Identifier: Apache-2.0 */
/* Results: the EAR that existing clients read, in three generations, signed; and what findings become in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/vectors.h"
#include "tps/base64.h"
#include "tps/jws.h"
#include "verifier_support.h"

static const tps_ear_options plain = {.iat = NOW, .exp = NOW + 300, .with_claims = true};

/* The result's payload as JSON, its signature checked. */
static json_t *payload_of(const tps_appraisal *appraisal, const tps_ear_options *options)
{
    static uint8_t room[65536];
    static uint8_t payload[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    size_t size = 0;
    size_t measured = 0;
    tps_jws jws;
    json_t *json;

    assert_int_equal(tps_ear_jwt(appraisal, 1, options, &signer, TPS_BUF_MEASURE, &measured), TPS_OK);
    assert_int_equal(tps_ear_jwt(appraisal, 1, options, &signer, (tps_buf){room, 100}, &size),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, measured);
    assert_int_equal(tps_ear_jwt(appraisal, 1, options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(size, measured);
    assert_int_equal(tps_jws_parse(tps_span_make(room, size), &jws), TPS_OK);
    assert_int_equal(tps_jws_verify(&jws, device_key(40)), TPS_OK);
    assert_int_equal(tps_base64_read(jws.payload, TPS_BUF_OF(payload), &size), TPS_OK);
    json = json_loadb((const char *)payload, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text == NULL ? "" : text;
}

/* Each member that is expected is there and the same. */
static void expect_members(const json_t *got, json_t *expected)
{
    const char *name;
    json_t *value;

    json_object_foreach(expected, name, value)
    {
        if (!json_equal(json_object_get(got, name), value)) {
            char *text = json_dumps(json_object_get(got, name), JSON_ENCODE_ANY | JSON_INDENT(1));
            fail_msg("%s is %s", name, text == NULL ? "absent" : text);
        }
    }
}

static json_t *load_expected(const char *name)
{
    tps_buf file = vector_read(name);
    json_t *json = json_loadb((const char *)file.data, file.size, 0, NULL);

    free(file.data);
    assert_non_null(json);
    return json;
}

static void the_published_good_result_is_reproduced(void **state)
{
    tps_verifier *v;
    tps_buf endorsements;
    tps_buf evidence;
    tps_buf nonce;
    tps_appraisal_request request = {.now = NOW};
    static tps_appraisal appraisal;
    json_t *expected;
    json_t *got;

    (void)state;
    vectors_require();
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    endorsements = vector_read("veraison/psa-endorsements.cbor");
    evidence = vector_read("veraison/psa.good.cose");
    nonce = bytes_from_hex("414a7c174141b3d0e9a1d28af31520f0d42299feac4007ded89d68ae6cd92f19");
    request.nonce = span_of(nonce);
    expected = load_expected("veraison/expected-ear-psa.good.json");
    assert_int_equal(tps_verifier_add_corim(v, span_of(endorsements), NOW, NULL), TPS_OK);

    tps_verifier_appraise(v, span_of(evidence), &request, &appraisal);
    got = payload_of(&appraisal, &plain);

    expect_members(json_object_get(json_object_get(got, "submods"), "PSA_IOT"),
                   json_object_get(expected, "PSA_IOT"));
    json_decref(got);
    json_decref(expected);
    tps_verifier_free(v);
    free(endorsements.data);
    free(evidence.data);
    free(nonce.data);
}

/* The token that belongs to the other expected result is not published: one with its claims is made here. */
static tps_span published_claims_with(tps_span payload, tps_span digest, tps_span instance)
{
    tps_psa_claims claims;

    assert_int_equal(tps_psa_decode(payload, &claims, NULL), TPS_OK);
    claims.components[0].measurement = digest;
    claims.instance_id = instance;
    return sign_psa(&claims, device_key(1), TPS_ALG_ES256);
}

static void endorse_as_published(tps_verifier *v, tps_span payload)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_component components[3];
    tps_corim_device device = manifest.devices[0];
    tps_psa_claims claims;

    assert_int_equal(tps_psa_decode(payload, &claims, NULL), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        components[i] =
            (tps_corim_component){claims.components[i].type, claims.components[i].version,
                                  claims.components[i].measurement, claims.components[i].signer_id};
    }
    device.instance_id = claims.instance_id;
    manifest.class_id = claims.implementation_id;
    manifest.components = components;
    manifest.devices = &device;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
}

static void the_published_result_of_changed_software_is_reproduced(void **state)
{
    tps_verifier *v;
    tps_buf evidence;
    tps_cose_sign1 message;
    tps_psa_claims claims;
    tps_appraisal_request request = {.now = NOW};
    static tps_appraisal appraisal;
    uint8_t digest[48];
    size_t size;
    json_t *expected;
    json_t *got;

    (void)state;
    vectors_require();
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    evidence = vector_read("veraison/psa.good.cose");
    assert_int_equal(tps_cose_sign1_parse(span_of(evidence), &message, NULL), TPS_OK);
    assert_int_equal(tps_psa_decode(message.payload, &claims, NULL), TPS_OK);
    assert_int_equal(tps_base64_read(TPS_SPAN_LITERAL("DEADBEEFxxxxxxxxPPA/5HUJZjHl4Hu9eg/eYMTPJcc="),
                                     TPS_BUF_OF(digest), &size),
                     TPS_OK);
    expected = load_expected("veraison/expected-ear-psa.badswcomp.json");
    endorse_as_published(v, message.payload);
    request.nonce = claims.nonce;

    tps_verifier_appraise(
        v, published_claims_with(message.payload, tps_span_make(digest, size), claims.instance_id), &request,
        &appraisal);
    got = payload_of(&appraisal, &plain);

    expect_members(json_object_get(json_object_get(got, "submods"), "PSA_IOT"),
                   json_object_get(expected, "PSA_IOT"));
    json_decref(got);
    json_decref(expected);
    tps_verifier_free(v);
    free(evidence.data);
}

static void names_follow_the_generation(void **state)
{
    static const struct {
        const char *profile;
        const char *status;
        const char *vector;
    } expected[] = {
        {"tag:github.com,2023:veraison/ear", "ear.status", "ear.trustworthiness-vector"},
        {"tag:ietf.org,2025-07:ear", "ear.status", "ear.trustworthiness-vector"},
        {"tag:ietf.org,2026:rats/ear#04", "ear_status", "ear_trustworthiness_vector"},
    };
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();
    tps_ear_options options = {.nonce = TPS_SPAN_OF(the_nonce),
                               .aud = "lamp.example",
                               .issuer = "verifier.example",
                               .key_id = "k1",
                               .iat = NOW,
                               .exp = NOW + 300,
                               .with_claims = true};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        json_t *got;
        json_t *submod;
        options.generation = i;
        got = payload_of(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), &options);
        submod = json_object_get(json_object_get(got, "submods"), "OPENTPS");
        assert_string_equal(text_of(got, "eat_profile"), expected[i].profile);
        assert_string_equal(text_of(got, "iss"), "verifier.example");
        assert_string_equal(text_of(got, "aud"), "lamp.example");
        assert_string_equal(text_of(got, "eat_nonce"), "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE");
        assert_int_equal(json_integer_value(json_object_get(got, "iat")), NOW);
        assert_int_equal(json_integer_value(json_object_get(got, "exp")), NOW + 300);
        assert_true(json_is_false(json_object_get(got, "opentps.demonstration")));
        assert_string_equal(text_of(submod, expected[i].status), "affirming");
        assert_int_equal(json_object_size(json_object_get(submod, expected[i].vector)), 8);
        assert_string_equal(text_of(submod, "opentps.bound"), "none");
        assert_true(json_is_true(json_object_get(submod, "opentps.fresh")));
        assert_int_equal(json_array_size(json_object_get(submod, "opentps.findings")), 0);
        json_decref(got);
    }
    options.generation = 3;
    {
        tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
        size_t size;
        assert_int_equal(
            tps_ear_jwt(appraise(v, TPS_SPAN_EMPTY), 1, &options, &signer, TPS_BUF_MEASURE, &size),
            TPS_BAD_ARGUMENT);
    }
    tps_verifier_free(v);
}

static void optional_claims_are_annotated_when_they_are_there(void **state)
{
    static const uint8_t seed[32] = {7};
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    tps_psa_claims psa = lamp_psa();
    tps_ear_options options = {.policy_id = "policy:mine", .iat = NOW, .exp = NOW + 1, .with_claims = true};
    json_t *got;
    json_t *submod;
    json_t *claims;

    (void)state;
    eat.present = TPS_DEVICE_HAS_BOOTCOUNT | TPS_DEVICE_HAS_INTUSE;
    eat.bootcount = 12;
    eat.intuse = 1;
    eat.hwversion = TPS_SPAN_LITERAL("A1");
    eat.bootseed = TPS_SPAN_OF(seed);
    got = payload_of(appraise(v, sign_eat(&eat, device_key(1), NULL, 0)), &options);
    submod = json_object_get(json_object_get(got, "submods"), "OPENTPS");
    claims = json_object_get(submod, "ear.veraison.annotated-evidence");
    assert_string_equal(text_of(submod, "ear.appraisal-policy-id"), "policy:mine");
    assert_int_equal(json_integer_value(json_object_get(claims, "bootcount")), 12);
    assert_int_equal(json_integer_value(json_object_get(claims, "intuse")), 1);
    assert_string_equal(text_of(claims, "hwversion"), "A1");
    assert_string_equal(text_of(claims, "bootseed"), "BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_null(json_object_get(claims, "oemboot"));
    json_decref(got);

    psa.certification_reference = TPS_SPAN_LITERAL("0123456789012-12345");
    psa.components[0].description = TPS_SPAN_LITERAL("sha-256");
    psa.boot_seed = TPS_SPAN_EMPTY;
    got = payload_of(appraise(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256)), &plain);
    submod = json_object_get(json_object_get(got, "submods"), "PSA_IOT");
    claims = json_object_get(submod, "ear.veraison.annotated-evidence");
    assert_string_equal(text_of(claims, "eat-profile"), TPS_PSA_PROFILE);
    assert_string_equal(text_of(claims, "psa-certification-reference"), "0123456789012-12345");
    assert_null(json_object_get(claims, "psa-boot-seed"));
    json_decref(got);
    tps_verifier_free(v);
}

static void a_forgery_gives_a_vector_of_99_and_no_claims(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    json_t *got = payload_of(appraise(v, sign_psa(&claims, device_key(9), TPS_ALG_ES256)), &plain);
    json_t *submod = json_object_get(json_object_get(got, "submods"), "PSA_IOT");
    json_t *vector = json_object_get(submod, "ear.trustworthiness-vector");
    json_t *finding = json_array_get(json_object_get(submod, "opentps.findings"), 0);
    const char *name;
    json_t *value;

    (void)state;
    assert_string_equal(text_of(submod, "ear.status"), "contraindicated");
    json_object_foreach(vector, name, value)
    {
        assert_int_equal(json_integer_value(value), 99);
    }
    assert_null(json_object_get(submod, "ear.veraison.annotated-evidence"));
    assert_string_equal(text_of(finding, "name"), "evidence.bad-signature");
    assert_string_equal(text_of(finding, "error"), "TPS_COSE_BAD_SIGNATURE");
    assert_string_equal(text_of(finding, "claim"), "instance-identity");
    assert_string_not_equal(text_of(finding, "next-step"), "");
    assert_string_equal(text_of(json_object_get(submod, "ear.veraison.policy-claims"), "problem"),
                        text_of(finding, "cause"));
    json_decref(got);
    tps_verifier_free(v);
}

static void more_findings_than_there_is_room_for_keep_the_worst_value(void **state)
{
    static const uint8_t other[32] = {0x66};
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;
    json_t *got;

    (void)state;
    for (size_t i = 0; i < TPS_PSA_COMPONENTS_MAX; i++) {
        claims.components[i] = claims.components[0];
        claims.components[i].measurement = TPS_SPAN_OF(other);
        claims.components[i].description = TPS_SPAN_LITERAL("a description that makes the result long");
    }
    claims.component_count = TPS_PSA_COMPONENTS_MAX;
    claims.lifecycle = 0x6000;

    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));

    assert_int_equal(a->finding_count, TPS_FINDINGS_MAX);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
    assert_int_equal(a->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_UNSUPPORTABLE);
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    got = payload_of(a, &plain);
    json_decref(got);
    tps_verifier_free(v);
}

/* ---- as CWT, and read again by whoever relies on it ---- */

static tps_span make_cwt(const tps_appraisal *appraisal, const tps_ear_options *options)
{
    static uint8_t room[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ESP256);
    size_t size = 0;
    size_t measured = 0;

    assert_int_equal(tps_ear_cwt(appraisal, 1, options, &signer, TPS_BUF_MEASURE, &measured), TPS_OK);
    assert_int_equal(tps_ear_cwt(appraisal, 1, options, &signer, (tps_buf){room, 100}, &size),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, measured);
    assert_int_equal(tps_ear_cwt(appraisal, 1, options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(size, measured);
    return tps_span_make(room, size);
}

static tps_status find_40(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = device_key(40);
    return TPS_OK;
}

/* Both forms of one result, read by tps_ear_verify_*(). */
static void read_both(const tps_appraisal *appraisal, const tps_ear_options *options, tps_ear ears[2],
                      tps_ear_appraisal appraisals[2])
{
    static uint8_t text[65536];
    static uint8_t room_bytes[131072];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_cose_key_finder keys = {find_40, NULL};
    tps_ear_terms terms = {.now = NOW, .nonce = options->nonce};
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_error why = {0};
    size_t size;

    assert_int_equal(tps_ear_jwt(appraisal, 1, options, &signer, TPS_BUF_OF(text), &size), TPS_OK);
    assert_int_equal(
        tps_ear_verify_jwt(tps_span_make(text, size), device_key(40), &terms, &room, &ears[0], &why), TPS_OK);
    assert_int_equal(tps_ear_verify_cwt(make_cwt(appraisal, options), &keys, &terms, &ears[1], &why), TPS_OK);
    for (int i = 0; i < 2; i++) {
        tps_ear_walk walk = tps_ear_appraisals(&ears[i]);
        assert_true(tps_ear_next_appraisal(&walk, &room, &appraisals[i]));
        assert_int_equal(ears[i].submod_count, 1);
    }
}

static void a_result_says_the_same_in_both_forms(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims good = lamp_eat();
    tps_psa_claims forged = lamp_psa();
    tps_span evidence[2];
    tps_buf kept;
    tps_ear_options options = {.nonce = TPS_SPAN_OF(the_nonce),
                               .issuer = "verifier.example",
                               .key_id = "k1",
                               .iat = NOW,
                               .exp = NOW + 300,
                               .with_claims = true};

    (void)state;
    evidence[0] = sign_eat(&good, device_key(1), NULL, 0);
    kept = (tps_buf){malloc(evidence[0].size), evidence[0].size};
    memcpy(kept.data, evidence[0].data, kept.size);
    evidence[0] = span_of(kept);
    evidence[1] = sign_psa(&forged, device_key(9), TPS_ALG_ES256);
    for (int i = 0; i < 2; i++) {
        static tps_appraisal appraisal;
        appraisal = *appraise(v, evidence[i]);
        for (options.generation = 0; options.generation < TPS_EAR_GENERATIONS; options.generation++) {
            tps_ear ears[2];
            tps_ear_appraisal appraisals[2];
            read_both(&appraisal, &options, ears, appraisals);
            for (int k = 0; k < 2; k++) {
                assert_int_equal(ears[k].is_json, k == 0);
                assert_int_equal(ears[k].generation, options.generation);
                assert_int_equal(ears[k].exp, NOW + 300);
                assert_true(tps_span_is_text(ears[k].issuer, "verifier.example"));
                assert_true(tps_span_is_text(ears[k].developer, "https://opentps.org"));
                assert_true(tps_span_is_text(appraisals[k].name, i == 0 ? "OPENTPS" : "PSA_IOT"));
                assert_int_equal(appraisals[k].status, appraisal.tier);
                assert_int_equal(appraisals[k].vector_claims, 255);
                assert_memory_equal(appraisals[k].vector, appraisal.vector, TPS_EAR_CLAIMS);
                assert_int_equal(ears[k].unknown_count, 1);
                assert_int_equal(tps_ear_nonce_is(appraisals[k].nonce, k == 0, options.nonce),
                                 options.generation == TPS_EAR_2026);
            }
            assert_int_equal(appraisals[0].unknown_count, appraisals[1].unknown_count);
        }
    }
    free(kept.data);
    tps_verifier_free(v);
}

static tps_span extra_of(const tps_ear_appraisal *appraisal, int64_t label)
{
    tps_ear_walk walk = tps_ear_appraisal_extras(appraisal);
    tps_ear_extra extra;

    while (tps_ear_next_extra(&walk, NULL, &extra)) {
        if (extra.is_int && extra.number == label) {
            return extra.value;
        }
    }
    return TPS_SPAN_EMPTY;
}

/* spec/ear-extensions.md has the labels. */
static void a_cwt_carries_claims_and_findings_under_their_labels(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims good = lamp_eat();
    const tps_appraisal *a = appraise(v, sign_eat(&good, device_key(1), NULL, 0));
    tps_cose_message message;
    tps_ear ear;
    tps_ear_appraisal appraisal;
    tps_ear_walk walk;
    tps_cbor_reader r;
    tps_cbor_limits limits = tps_cbor_limits_message;

    (void)state;
    assert_int_equal(tps_cose_sign1_parse(make_cwt(a, &plain), &message, NULL), TPS_OK);
    assert_true(message.headers.typ_format == UINT64_MAX); /* readers in the field refuse typ */
    limits.form = &tps_cbor_deterministic;
    assert_int_equal(tps_cbor_check(message.payload, &limits, NULL, NULL), TPS_OK);
    assert_int_equal(tps_ear_decode(message.payload, NULL, &ear, NULL), TPS_OK);
    walk = tps_ear_appraisals(&ear);
    assert_true(tps_ear_next_appraisal(&walk, NULL, &appraisal));
    r = tps_cbor_reader_init(extra_of(&appraisal, -70106));
    assert_true(tps_span_equal(tps_cbor_get_bytes(&r), a->payload));
    r = tps_cbor_reader_init(extra_of(&appraisal, -70105));
    assert_true(tps_span_equal(tps_cbor_get_bytes(&r), TPS_SPAN_OF(a->evidence_sha256)));
    r = tps_cbor_reader_init(extra_of(&appraisal, -70104));
    assert_true(tps_span_is_text(tps_cbor_get_text(&r), a->device_class));
    r = tps_cbor_reader_init(extra_of(&appraisal, -70103));
    assert_true(tps_cbor_get_bool(&r));
    r = tps_cbor_reader_init(extra_of(&appraisal, -70102));
    assert_true(tps_span_is_text(tps_cbor_get_text(&r), "none"));
    assert_int_equal(extra_of(&appraisal, -70101).size, 1); /* an empty array */
    assert_int_equal(extra_of(&appraisal, -70001).size, 0);
    tps_verifier_free(v);
}

/* ---- several parts ---- */

static json_t *submods_of(const tps_appraisal *parts, size_t count, const tps_ear_options *options)
{
    static uint8_t room[65536];
    static uint8_t payload[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    size_t size;
    tps_jws jws;

    assert_int_equal(tps_ear_jwt(parts, count, options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(tps_jws_parse(tps_span_make(room, size), &jws), TPS_OK);
    assert_int_equal(tps_base64_read(jws.payload, TPS_BUF_OF(payload), &size), TPS_OK);
    return json_loadb((const char *)payload, size, JSON_REJECT_DUPLICATES, NULL);
}

/* In a CWT, names of parts stand in the order of RFC 8949, 4.2.1, and all is read again. */
static void expect_deterministic(const tps_appraisal *parts, size_t count)
{
    static uint8_t room[65536];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_cbor_limits limits = tps_cbor_limits_message;
    tps_cose_message message;
    tps_ear ear;
    size_t size;

    limits.form = &tps_cbor_deterministic;
    assert_int_equal(tps_ear_cwt(parts, count, &plain, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(tps_cose_sign1_parse(tps_span_make(room, size), &message, NULL), TPS_OK);
    assert_int_equal(tps_cbor_check(message.payload, &limits, NULL, NULL), TPS_OK);
    assert_int_equal(tps_ear_decode(message.payload, NULL, &ear, NULL), TPS_OK);
    assert_int_equal(ear.submod_count, count);
}

static tps_appraisal part_of(const char *name, uint32_t scheme, int8_t value)
{
    tps_appraisal part = {.scheme = scheme, .vector = {value}, .tier = tps_ear_tier_of(value)};

    snprintf(part.name, sizeof part.name, "%s", name);
    return part;
}

static void each_part_is_a_submodule_under_a_name_of_its_own(void **state)
{
    static const char *const names[] = {"PSA_IOT", "PSA_IOT-2", "soc/tee", "soc/tee-2", "PSA_IOT-3", "a"};
    static tps_appraisal parts[6];
    json_t *got;
    size_t at = 0;
    const char *name;
    json_t *submod;

    (void)state;
    parts[0] = part_of("", TPS_SCHEME_PSA, 2);
    parts[1] = part_of("", TPS_SCHEME_PSA, 32);
    parts[2] = part_of("soc/tee", TPS_SCHEME_DICE, 2);
    parts[3] = part_of("soc/tee", TPS_SCHEME_TPM, 2);
    parts[4] = part_of("", TPS_SCHEME_PSA, 96);
    parts[5] = part_of("a", TPS_SCHEME_OPENTPS, 2);
    parts[3].is_demonstration = true;

    got = submods_of(parts, 6, &plain);

    json_object_foreach(json_object_get(got, "submods"), name, submod)
    {
        assert_string_equal(name, names[at]);
        assert_string_equal(text_of(submod, "ear.status"), tps_ear_tier_name(parts[at].tier));
        at++;
    }
    assert_int_equal(at, 6);
    assert_true(json_is_true(json_object_get(got, "opentps.demonstration")));
    json_decref(got);
    expect_deterministic(parts, 6);
}

static void the_status_over_all_is_that_of_the_worst_part(void **state)
{
    static const struct {
        int8_t values[3];
        const char *status;
    } cases[] = {{{2, 2, 2}, "affirming"},         {{2, 0, 2}, "none"},
                 {{0, 2, 32}, "warning"},          {{32, 0, 2}, "warning"},
                 {{2, 96, 32}, "contraindicated"}, {{99, 0, 2}, "contraindicated"}};
    tps_ear_options options = {.generation = TPS_EAR_2026, .iat = NOW, .exp = NOW + 300, .with_claims = true};
    static tps_appraisal parts[3];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *got;
        for (size_t k = 0; k < 3; k++) {
            parts[k] = part_of("", TPS_SCHEME_PSA, cases[i].values[k]);
        }
        got = submods_of(parts, 3, &options);
        assert_string_equal(text_of(got, "ear_status"), cases[i].status);
        json_decref(got);
    }
}

static void a_result_of_no_part_or_of_too_many_is_none(void **state)
{
    static tps_appraisal parts[TPS_RESULT_PARTS_MAX + 1];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    size_t size;

    (void)state;
    assert_int_equal(tps_ear_jwt(parts, 0, &plain, &signer, TPS_BUF_MEASURE, &size), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_ear_cwt(parts, TPS_RESULT_PARTS_MAX + 1, &plain, &signer, TPS_BUF_MEASURE, &size),
                     TPS_BAD_ARGUMENT);
    assert_int_equal(tps_ear_cwt(parts, TPS_RESULT_PARTS_MAX, &plain, &signer, TPS_BUF_MEASURE, &size),
                     TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_good_result_is_reproduced),
        cmocka_unit_test(the_published_result_of_changed_software_is_reproduced),
        cmocka_unit_test(names_follow_the_generation),
        cmocka_unit_test(optional_claims_are_annotated_when_they_are_there),
        cmocka_unit_test(a_forgery_gives_a_vector_of_99_and_no_claims),
        cmocka_unit_test(more_findings_than_there_is_room_for_keep_the_worst_value),
        cmocka_unit_test(a_result_says_the_same_in_both_forms),
        cmocka_unit_test(a_cwt_carries_claims_and_findings_under_their_labels),
        cmocka_unit_test(each_part_is_a_submodule_under_a_name_of_its_own),
        cmocka_unit_test(the_status_over_all_is_that_of_the_worst_part),
        cmocka_unit_test(a_result_of_no_part_or_of_too_many_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
