/* SPDX-License-Identifier: Apache-2.0 */
/* PSA tokens: which are accepted, which are refused, and under which name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/keys.h"
#include "support/vectors.h"
#include "verifier_support.h"

/* ---- published tokens ---- */

static tps_appraisal appraisal;

static void load(tps_verifier *v, const char *name)
{
    tps_buf file = vector_read(name);

    assert_int_equal(tps_verifier_add_corim(v, span_of(file), NOW, NULL), TPS_OK);
    free(file.data);
}

/* A verifier with the published endorsements, the token, and the nonce that goes with it. */
typedef struct {
    tps_verifier *v;
    tps_buf token;
    tps_buf nonce;
    tps_appraisal_request request;
} published;

static published published_begin(void)
{
    published p = {.v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true})};

    p.token = vector_read("veraison/psa-evidence.cbor");
    p.nonce = bytes_from_hex("414a7c174141b3d0e9a1d28af31520f0d42299feac4007ded89d68ae6cd92f19");
    p.request = (tps_appraisal_request){.nonce = span_of(p.nonce), .now = NOW};
    load(p.v, "veraison/psa-endorsements.cbor");
    return p;
}

static void published_end(published *p)
{
    tps_verifier_free(p->v);
    free(p->token.data);
    free(p->nonce.data);
}

static void accepts_the_published_token_with_its_nonce_and_endorsements(void **state)
{
    published p;

    (void)state;
    vectors_require();
    p = published_begin();

    tps_verifier_appraise(p.v, span_of(p.token), &p.request, &appraisal);

    expect_affirming(&appraisal);
    assert_true(appraisal.is_fresh);
    assert_false(appraisal.is_demonstration);
    assert_int_equal(appraisal.scheme, TPS_SCHEME_PSA);
    assert_string_equal(appraisal.device_class, "ACME RoadRunner");
    assert_int_equal(appraisal.vector[TPS_EAR_INSTANCE_IDENTITY], 2);
    assert_int_equal(appraisal.vector[TPS_EAR_EXECUTABLES], 2);
    assert_int_equal(appraisal.vector[TPS_EAR_HARDWARE], 2);
    published_end(&p);
}

static void refuses_the_published_token_with_any_one_bit_changed(void **state)
{
    published p;

    (void)state;
    vectors_require();
    p = published_begin();
    for (size_t i = 0; i < p.token.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            p.token.data[i] ^= (uint8_t)(1u << bit);
            tps_verifier_appraise(p.v, span_of(p.token), &p.request, &appraisal);
            if (appraisal.tier == TPS_EAR_TIER_AFFIRMING || appraisal.finding_count == 0 ||
                appraisal.payload.size != 0) {
                fail_msg("byte %zu bit %u", i, bit);
            }
            p.token.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    published_end(&p);
}

static void refuses_the_published_token_cut_at_any_length(void **state)
{
    published p;

    (void)state;
    vectors_require();
    p = published_begin();
    for (size_t size = 0; size < p.token.size; size++) {
        uint8_t *exact = malloc(size + 1);
        assert_non_null(exact);
        memcpy(exact, p.token.data, size);
        tps_verifier_appraise(p.v, tps_span_make(exact, size), &p.request, &appraisal);
        expect_finding(&appraisal, "evidence.malformed", TPS_CBOR_TRUNCATED);
        assert_int_equal(appraisal.vector[TPS_EAR_SOURCED_DATA], TPS_EAR_CRYPTO_FAILED);
        free(exact);
    }
    published_end(&p);
}

static void refuses_the_published_token_with_another_nonce_and_warns_without_one(void **state)
{
    published p;

    (void)state;
    vectors_require();
    p = published_begin();

    p.nonce.data[31] ^= 1;
    tps_verifier_appraise(p.v, span_of(p.token), &p.request, &appraisal);
    expect_finding(&appraisal, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    assert_int_equal(appraisal.tier, TPS_EAR_TIER_CONTRAINDICATED);
    p.nonce.data[31] ^= 1;
    p.request.nonce.size = 31;
    tps_verifier_appraise(p.v, span_of(p.token), &p.request, &appraisal);
    expect_finding(&appraisal, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);

    p.request.nonce = TPS_SPAN_EMPTY;
    tps_verifier_appraise(p.v, span_of(p.token), &p.request, &appraisal);
    expect_finding(&appraisal, "freshness.not-judged", TPS_OK);
    assert_false(appraisal.is_fresh);
    assert_int_equal(appraisal.tier, TPS_EAR_TIER_WARNING);
    published_end(&p);
}

/* The RFC's example: one component without version, made by a key that is given by itself. */
static void accepts_the_example_of_the_rfc_with_its_key_and_a_manifest(void **state)
{
    static const uint8_t class_id[32];
    static const uint8_t instance_id[33] = {1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
                                            2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_component component = {.name = TPS_SPAN_LITERAL("PRoT")};
    uint8_t digest[32];
    uint8_t signer[32];
    tps_verifier *v;
    tps_buf token;
    tps_buf key;

    (void)state;
    vectors_require();
    token = vector_read("psa/psa-sign1.cbor");
    key = vector_read("psa/tfm-es-iak.json");
    memset(digest, 3, sizeof digest);
    memset(signer, 4, sizeof signer);
    component.digest = TPS_SPAN_OF(digest);
    component.signer_id = TPS_SPAN_OF(signer);
    manifest.class_id = TPS_SPAN_OF(class_id);
    manifest.components = &component;
    manifest.component_count = 1;
    manifest.device_count = 0;
    v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true});
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    expect_finding(appraise(v, span_of(token)), "instance-identity.unknown-signer",
                   TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(tps_verifier_add_key(v, span_of(key)), TPS_OK);

    expect_affirming(appraise(v, span_of(token)));

    assert_memory_equal(appraise(v, span_of(token))->instance_id, instance_id, 33);
    tps_verifier_free(v);
    free(token.data);
    free(key.data);
}

static void a_key_alone_is_never_affirming(void **state)
{
    tps_verifier *v;
    tps_buf token;
    tps_buf key;

    (void)state;
    vectors_require();
    v = make_verifier((tps_verifier_options){.require_key = true});
    token = vector_read("psa/psa-sign1.cbor");
    key = vector_read("psa/tfm-es-iak.json");
    assert_int_equal(tps_verifier_add_key(v, span_of(key)), TPS_OK);

    expect_finding(appraise(v, span_of(token)), "executables.no-reference-values", TPS_OK);
    expect_finding(appraise(v, span_of(token)), "hardware.unknown-class", TPS_OK);

    tps_verifier_free(v);
    free(token.data);
    free(key.data);
}

/* ---- software ---- */

static void software_that_is_as_endorsed_is_accepted_in_any_order(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_psa_component first = claims.components[0];

    (void)state;
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    claims.components[0] = claims.components[2];
    claims.components[2] = first;
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    tps_verifier_free(v);
}

static void a_missing_component_is_named(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    (void)state;
    claims.component_count = 2;

    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));

    expect_finding(a, "executables.missing-component", TPS_OK);
    assert_string_equal(a->findings[0].cause,
                        "component \"app\", which the maker endorses for this class, is missing");
    assert_int_equal(a->finding_count, 1);
    assert_int_equal(a->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_UNRECOGNIZED);
    tps_verifier_free(v);
}

static void components_of_another_class_do_not_count(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    claims.components[2].measurement = lock_software()[2].digest;
    claims.components[2].signer_id = lock_software()[2].signer_id;
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "executables.unknown-signer",
                   TPS_OK);

    for (size_t i = 0; i < 3; i++) {
        claims.components[i].measurement = lock_software()[i].digest;
        claims.components[i].signer_id = lock_software()[i].signer_id;
    }
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "executables.unknown-signer",
                   TPS_OK);
    tps_verifier_free(v);
}

static void digests_under_each_others_names_do_not_count(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_span first = claims.components[0].measurement;

    (void)state;
    claims.components[0].measurement = claims.components[1].measurement;
    claims.components[1].measurement = first;
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)),
                   "executables.unknown-measurement", TPS_OK);
    tps_verifier_free(v);
}

static void one_component_cannot_stand_for_two(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    claims.components[3] = claims.components[0];
    claims.component_count = 4;
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)),
                   "executables.repeated-component", TPS_OK);

    claims.components[2] = claims.components[0];
    claims.component_count = 3;
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)),
                   "executables.missing-component", TPS_OK);
    tps_verifier_free(v);
}

static void unknown_versions_signers_and_names_are_told_apart(void **state)
{
    static const uint8_t other[32] = {0x66};
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    (void)state;
    claims.components[1].measurement = TPS_SPAN_OF(other);
    claims.components[1].version = TPS_SPAN_LITERAL("0.9");
    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    expect_finding(a, "executables.unknown-measurement", TPS_OK);
    assert_string_equal(a->findings[0].cause,
                        "component \"rot\" 0.9 is not among the maker's reference values");
    assert_string_equal(a->findings[0].evidence, "sha-256 6600000000000000..., signer 51000000...");
    assert_string_equal(a->findings[0].known, "1.0");

    claims = lamp_psa();
    claims.components[1].signer_id = TPS_SPAN_OF(other);
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "executables.other-signer",
                   TPS_OK);

    claims = lamp_psa();
    claims.components[3] = claims.components[0];
    claims.components[3].type = TPS_SPAN_LITERAL("\x1b[2J");
    claims.component_count = 4;
    a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    expect_finding(a, "executables.unknown-component", TPS_OK);
    assert_null(strchr(a->findings[0].cause, '\x1b'));
    tps_verifier_free(v);
}

static void each_endorsed_version_is_taken_and_all_are_told(void **state)
{
    static const uint8_t newer_digest[32] = {0xa9};
    static const uint8_t other[32] = {0x66};
    tps_verifier *v = maker_verifier();
    tps_corim_component newer = lamp_software()[2];
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    newer.digest = TPS_SPAN_OF(newer_digest);
    newer.version = TPS_SPAN_LITERAL("1.1");
    manifest.components = &newer;
    manifest.component_count = 1;
    manifest.device_count = 0;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);

    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    claims.components[2].measurement = newer.digest;
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    claims.components[2].measurement = TPS_SPAN_OF(other);
    assert_string_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->findings[0].known,
                        "1.1, 1.0");
    tps_verifier_free(v);
}

/* ---- who signed ---- */

static void the_key_of_another_device_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    expect_finding(appraise(v, sign_psa(&claims, device_key(2), TPS_ALG_ES256)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);

    assert_int_equal(tps_crypto_key_spki(device_key(2), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    expect_finding(appraise(v, sign_psa(&claims, device_key(2), TPS_ALG_ES256)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_required_key_must_be_the_endorsed_one(void **state)
{
    tps_verifier *v =
        make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(device_key(2), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);

    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, sign_psa(&claims, device_key(2), TPS_ALG_ES256)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_device_that_claims_another_class_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    claims.implementation_id = TPS_SPAN_OF(lock_class);
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)),
                   "instance-identity.other-class", TPS_VERIFIER_CLASS_MISMATCH);
    tps_verifier_free(v);
}

static void an_unknown_device_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;

    (void)state;
    claims.instance_id = instance_of(device_key(9));
    a = appraise(v, sign_psa(&claims, device_key(9), TPS_ALG_ES256));
    expect_finding(a, "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_UNRECOGNIZED);
    assert_int_equal(a->payload.size, 0);
    tps_verifier_free(v);
}

/* ---- algorithms ---- */

/* The token with other protected headers. */
static tps_span with_protected(tps_span token, tps_span protected_raw)
{
    static uint8_t room[4096];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_cose_sign1 parsed;
    tps_span out;

    assert_int_equal(tps_cose_sign1_parse(token, &parsed, NULL), TPS_OK);
    tps_cbor_put_tag(&w, 18);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, protected_raw);
    tps_cbor_put_map(&w, 0);
    tps_cbor_put_bytes(&w, parsed.payload);
    tps_cbor_put_bytes(&w, parsed.signature);
    assert_int_equal(tps_cbor_writer_finish(&w, &out), TPS_OK);
    return out;
}

static void algorithms_are_not_interchangeable(void **state)
{
    static const uint8_t es256[] = {0xa1, 0x01, 0x26};
    static const uint8_t esp256[] = {0xa1, 0x01, 0x28};
    static const uint8_t es384[] = {0xa1, 0x01, 0x38, 0x22};
    static const uint8_t none[] = {0xa1, 0x01, 0x00};
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_span token = sign_psa(&claims, device_key(1), TPS_ALG_ES256);

    (void)state;
    expect_affirming(appraise(v, with_protected(token, TPS_SPAN_OF(es256))));
    expect_finding(appraise(v, with_protected(token, TPS_SPAN_OF(esp256))), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, with_protected(token, TPS_SPAN_OF(es384))), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    expect_finding(appraise(v, with_protected(token, TPS_SPAN_OF(none))), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    expect_finding(appraise(v, with_protected(token, TPS_SPAN_EMPTY)), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    tps_verifier_free(v);
}

static void es384_is_taken_with_its_curve_and_es256_is_not(void **state)
{
    static const uint8_t es256[] = {0xa1, 0x01, 0x26};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();
    tps_crypto_key *key = test_key_p384();
    tps_corim_device device = manifest.devices[0];
    uint8_t spki[128];
    size_t size;
    tps_span token;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    device.spki = tps_span_make(spki, size);
    manifest.devices = &device;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);

    token = sign_psa(&claims, key, TPS_ALG_ES384);
    expect_affirming(appraise(v, token));
    expect_finding(appraise(v, with_protected(token, TPS_SPAN_OF(es256))), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    tps_crypto_key_free(key);
    tps_verifier_free(v);
}

/* ---- lifecycle ---- */

static void only_a_secured_device_is_affirming(void **state)
{
    static const struct {
        uint16_t lifecycle;
        uint8_t tier;
    } cases[] = {
        {0x3000, TPS_EAR_TIER_AFFIRMING},       {0x30ff, TPS_EAR_TIER_AFFIRMING},
        {0x0000, TPS_EAR_TIER_CONTRAINDICATED}, {0x1000, TPS_EAR_TIER_CONTRAINDICATED},
        {0x2000, TPS_EAR_TIER_CONTRAINDICATED}, {0x4000, TPS_EAR_TIER_WARNING},
        {0x5000, TPS_EAR_TIER_CONTRAINDICATED}, {0x6000, TPS_EAR_TIER_CONTRAINDICATED},
    };
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const tps_appraisal *a;
        claims.lifecycle = cases[i].lifecycle;
        a = appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
        assert_int_equal(a->tier, cases[i].tier);
        if (a->tier != TPS_EAR_TIER_AFFIRMING) {
            expect_finding(a, "configuration.lifecycle", TPS_OK);
        }
    }
    tps_verifier_free(v);
}

/* ---- bytes that are no evidence ---- */

static void nested_ten_thousand_deep_is_refused(void **state)
{
    static uint8_t deep[10001];
    tps_verifier *v = maker_verifier();

    (void)state;
    memset(deep, 0x81, sizeof deep);
    deep[10000] = 0;
    expect_finding(appraise(v, TPS_SPAN_OF(deep)), "evidence.malformed", TPS_COSE_NOT_WELL_FORMED);
    expect_finding(appraise(v, sign_bytes(TPS_SPAN_OF(deep), device_key(1), TPS_ALG_ES256)),
                   "evidence.malformed", TPS_CBOR_TOO_DEEP);
    tps_verifier_free(v);
}

static void malformed_evidence_is_named(void **state)
{
    static uint8_t large[65537];
    static const uint8_t twice[] = {0xa2, 0x0a, 0x41, 0x01, 0x0a, 0x41, 0x01};
    static const uint8_t empty_map[] = {0xa0};
    static const uint8_t detached[] = {0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0xf6, 0x40};
    static const uint8_t mac0[] = {0xd1, 0x84, 0x43, 0xa1, 0x01, 0x05, 0xa0, 0x41, 0xa0, 0x40};
    tps_verifier *v = maker_verifier();

    (void)state;
    expect_finding(appraise(v, TPS_SPAN_EMPTY), "evidence.malformed", TPS_CBOR_TRUNCATED);
    expect_finding(appraise(v, TPS_SPAN_OF(large)), "evidence.malformed", TPS_TOO_LARGE);
    expect_finding(appraise(v, TPS_SPAN_LITERAL("hello")), "evidence.malformed", TPS_CBOR_TRUNCATED);
    expect_finding(appraise(v, TPS_SPAN_OF(empty_map)), "evidence.malformed", TPS_COSE_NOT_WELL_FORMED);
    expect_finding(appraise(v, sign_bytes(TPS_SPAN_OF(twice), device_key(1), TPS_ALG_ES256)),
                   "evidence.malformed", TPS_CBOR_DUPLICATE_KEY);
    expect_finding(appraise(v, sign_bytes(TPS_SPAN_OF(empty_map), device_key(1), TPS_ALG_ES256)),
                   "evidence.malformed", TPS_CLAIM_UNKNOWN_PROFILE);
    expect_finding(appraise(v, TPS_SPAN_OF(detached)), "evidence.malformed", TPS_COSE_DETACHED);
    expect_finding(appraise(v, TPS_SPAN_OF(mac0)), "evidence.malformed", TPS_UNSUPPORTED);
    assert_int_equal(appraise(v, TPS_SPAN_OF(mac0))->tier, TPS_EAR_TIER_CONTRAINDICATED);
    tps_verifier_free(v);
}

/* {265: profile}: a name alone makes it neither. */
static void what_no_decoder_took_has_no_scheme(void **state)
{
    static const char *const profiles[] = {TPS_PSA_PROFILE, TPS_PSA_PROFILE_2_0_0, TPS_DEVICE_PROFILE};
    tps_verifier *v = maker_verifier();

    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        uint8_t payload[64];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
        const tps_appraisal *a;

        tps_cbor_put_map(&w, 1);
        tps_cbor_put_int(&w, 265);
        tps_cbor_put_text(&w, profiles[i]);
        a = appraise(v, sign_bytes(tps_span_make(payload, w.size), device_key(1), TPS_ALG_ES256));
        expect_finding(a, "evidence.malformed", TPS_CLAIM_MISSING);
        assert_int_equal(a->scheme, TPS_SCHEME_UNKNOWN);
    }
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_decoder_took_has_no_scheme),
        cmocka_unit_test(accepts_the_published_token_with_its_nonce_and_endorsements),
        cmocka_unit_test(refuses_the_published_token_with_any_one_bit_changed),
        cmocka_unit_test(refuses_the_published_token_cut_at_any_length),
        cmocka_unit_test(refuses_the_published_token_with_another_nonce_and_warns_without_one),
        cmocka_unit_test(accepts_the_example_of_the_rfc_with_its_key_and_a_manifest),
        cmocka_unit_test(a_key_alone_is_never_affirming),
        cmocka_unit_test(software_that_is_as_endorsed_is_accepted_in_any_order),
        cmocka_unit_test(a_missing_component_is_named),
        cmocka_unit_test(components_of_another_class_do_not_count),
        cmocka_unit_test(digests_under_each_others_names_do_not_count),
        cmocka_unit_test(one_component_cannot_stand_for_two),
        cmocka_unit_test(unknown_versions_signers_and_names_are_told_apart),
        cmocka_unit_test(each_endorsed_version_is_taken_and_all_are_told),
        cmocka_unit_test(the_key_of_another_device_is_refused),
        cmocka_unit_test(a_required_key_must_be_the_endorsed_one),
        cmocka_unit_test(a_device_that_claims_another_class_is_refused),
        cmocka_unit_test(an_unknown_device_is_refused),
        cmocka_unit_test(algorithms_are_not_interchangeable),
        cmocka_unit_test(es384_is_taken_with_its_curve_and_es256_is_not),
        cmocka_unit_test(only_a_secured_device_is_affirming),
        cmocka_unit_test(nested_ten_thousand_deep_is_refused),
        cmocka_unit_test(malformed_evidence_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
