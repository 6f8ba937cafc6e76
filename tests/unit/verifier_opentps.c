/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of the opentps device profile: by endorsed key and by certificate chain, and what its claims mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "support/vectors.h"
#include "verifier_support.h"

/* A verifier that trusts the maker's root, and knows the lamp's software and no device. */
typedef struct {
    tps_verifier *v;
    tps_span root;
    tps_span device; /* certificate of device 1 */
} by_chain;

static by_chain by_chain_begin(void)
{
    tps_corim_manifest manifest = lamp_manifest();
    by_chain c = {.v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true})};

    c.root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    c.device = make_leaf("Lamp 1", device_key(1), c.root, device_key(20), NOW + 100);
    manifest.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    manifest.device_count = 0;
    assert_int_equal(tps_verifier_add_anchor(c.v, c.root), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(c.v, encode(&manifest), NOW, NULL), TPS_OK);
    return c;
}

static const tps_appraisal *appraise_for(tps_verifier *v, tps_span evidence, const char *aud)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .aud = tps_span_of_text(aud), .now = NOW};

    tps_verifier_appraise(v, evidence, &request, &appraisal);
    return &appraisal;
}

static void an_endorsed_device_is_accepted(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();
    const tps_appraisal *a = appraise(v, sign_eat(&claims, device_key(1), NULL, 0));

    (void)state;
    expect_affirming(a);
    assert_int_equal(a->scheme, TPS_SCHEME_OPENTPS);
    assert_int_equal(a->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
    assert_string_equal(a->device_class, "Lumen Lamp");
    tps_verifier_free(v);
}

static void the_profile_without_its_claims_is_named(void **state)
{
    uint8_t room[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_verifier *v = maker_verifier();

    (void)state;
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TPS_EAT_PROFILE);
    tps_cbor_put_text(&w, TPS_DEVICE_PROFILE);
    expect_finding(appraise(v, sign_bytes(tps_span_make(room, w.size), device_key(1), TPS_ALG_ESP256)),
                   "evidence.malformed", TPS_CLAIM_MISSING);
    tps_verifier_free(v);
}

static void a_certified_device_is_accepted(void **state)
{
    by_chain c = by_chain_begin();
    tps_device_claims claims = lamp_eat();

    (void)state;
    expect_affirming(appraise(c.v, sign_eat(&claims, device_key(1), &c.device, 1)));
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), NULL, 0)),
                   "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(c.v);
}

static void a_certificate_vouches_for_its_own_device_alone(void **state)
{
    by_chain c = by_chain_begin();
    tps_device_claims claims = lamp_eat();
    tps_span other = make_leaf("Lamp 2", device_key(2), c.root, device_key(20), NOW + 100);
    tps_span foreign_root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span foreign = make_leaf("Lamp 1", device_key(1), foreign_root, device_key(21), NOW + 100);
    tps_span old = make_leaf("Lamp 1", device_key(1), c.root, device_key(20), NOW - 1);

    (void)state;
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(2), &other, 1)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &foreign, 1)),
                   "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &old, 1)),
                   "instance-identity.certificate-expired", TPS_CRYPTO_CHAIN_EXPIRED);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(2), &c.device, 1)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(c.v);
}

/* A certified device must not pass for one of a better class, and no maker's signer for a device. */
static void a_certificate_vouches_for_its_class_and_purpose_alone(void **state)
{
    by_chain c = by_chain_begin();
    tps_device_claims claims = lamp_eat();
    tps_span ca = c.root;
    tps_span none = TPS_SPAN_EMPTY;
    tps_span lock = make_leaf_for(TPS_X509_ATTESTATION, TPS_SPAN_OF(lock_class), device_key(1), ca,
                                  device_key(20), NOW + 100);
    tps_span unproven =
        make_leaf_for(TPS_X509_ATTESTATION, none, device_key(1), ca, device_key(20), NOW + 100);
    tps_span plain = make_leaf_for(TPS_X509_ANY_PURPOSE, TPS_SPAN_OF(lamp_class), device_key(1), ca,
                                   device_key(20), NOW + 100);
    tps_span signer = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_OF(lamp_class), device_key(1), ca,
                                    device_key(20), NOW + 100);

    (void)state;
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &lock, 1)), "instance-identity.other-class",
                   TPS_VERIFIER_CLASS_MISMATCH);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &unproven, 1)),
                   "instance-identity.class-unproven", TPS_VERIFIER_CLASS_UNPROVEN);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &signer, 1)),
                   "instance-identity.other-purpose", TPS_CRYPTO_CHAIN_PURPOSE);
    expect_affirming(appraise(c.v, sign_eat(&claims, device_key(1), &plain, 1)));
    claims.ueid = instance_of(device_key(20));
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(20), &c.root, 1)),
                   "instance-identity.other-purpose", TPS_CRYPTO_CHAIN_PURPOSE);
    tps_verifier_free(c.v);
}

/* Both makers are trusted; the lamp's class is the first one's, who endorsed it. */
static void a_certificate_proves_no_class_of_another_maker(void **state)
{
    tps_span one = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span two = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span signer =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), one, device_key(20), NOW + 100);
    tps_span own = make_leaf("Lamp 3", device_key(3), one, device_key(20), NOW + 100);
    tps_span posing = make_leaf("Lamp 3", device_key(3), two, device_key(21), NOW + 100);
    tps_corim_manifest manifest = lamp_manifest();
    tps_device_claims claims = lamp_eat();
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = false});

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, one), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v,
                                            sign_manifest(&manifest, device_key(22), &signer, 1,
                                                          (tps_corim_validity){.is_present = false}),
                                            NOW, NULL),
                     TPS_OK);
    claims.ueid = instance_of(device_key(3));

    expect_affirming(appraise(v, sign_eat(&claims, device_key(3), &own, 1)));
    expect_finding(appraise(v, sign_eat(&claims, device_key(3), &posing, 1)),
                   "instance-identity.class-of-another", TPS_VERIFIER_CLASS_OF_ANOTHER);
    tps_verifier_free(v);
}

static void an_endorsed_key_goes_before_a_certificate(void **state)
{
    by_chain c = by_chain_begin();
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device device = manifest.devices[0];
    tps_device_claims claims = lamp_eat();
    tps_psa_claims psa = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(9), TPS_BUF_OF(spki), &size), TPS_OK);
    device.spki = tps_span_make(spki, size); /* the maker says: instance 1 signs with key 9 */
    manifest.devices = &device;
    manifest.component_count = 0;
    assert_int_equal(tps_verifier_add_corim(c.v, encode(&manifest), NOW, NULL), TPS_OK);

    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &c.device, 1)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_affirming(appraise(c.v, sign_psa(&psa, device_key(9), TPS_ALG_ES256)));
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(9), NULL, 0)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH); /* a ueid is of its key */
    tps_verifier_free(c.v);
}

static void chains_under_the_demonstration_ca_are_refused_or_marked(void **state)
{
    tps_buf pem = file_read("share/demo-ca/opentps-INSECURE-demonstration-ca.key.pem");
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_corim_manifest manifest = lamp_manifest();
    tps_device_claims claims = lamp_eat();
    tps_verifier *strict = maker_verifier();
    tps_verifier *open = make_verifier(
        (tps_verifier_options){.allow_unsigned_endorsements = true, .allow_demonstration = true});
    tps_crypto_key *key;
    tps_span device;

    (void)state;
    assert_int_equal(tps_crypto_key_from_pem(span_of(pem), &key), TPS_OK);
    device = make_leaf("Lamp 1", device_key(1), demo, key, NOW + 100);
    manifest.device_count = 0;
    assert_int_equal(tps_verifier_add_corim(open, encode(&manifest), NOW, NULL), TPS_OK);

    expect_finding(appraise(strict, sign_eat(&claims, device_key(1), &device, 1)),
                   "instance-identity.demonstration", TPS_VERIFIER_DEMONSTRATION);
    expect_affirming(appraise(open, sign_eat(&claims, device_key(1), &device, 1)));
    assert_true(appraise(open, sign_eat(&claims, device_key(1), &device, 1))->is_demonstration);
    tps_crypto_key_free(key);
    tps_verifier_free(strict);
    tps_verifier_free(open);
    free(pem.data);
}

static void expired_evidence_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    claims.present |= TPS_DEVICE_HAS_EXP;
    claims.exp = NOW + 1;
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    claims.exp = NOW; /* on exp is too late (RFC 8392, 4.1.4) */
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), "freshness.expired",
                   TPS_VERIFIER_EVIDENCE_EXPIRED);
    claims.exp = NOW - 12;
    a = appraise(v, sign_eat(&claims, device_key(1), NULL, 0));
    expect_finding(a, "freshness.expired", TPS_VERIFIER_EVIDENCE_EXPIRED);
    assert_string_equal(a->findings[0].evidence, "expired 12 s ago");
    tps_verifier_free(v);
}

static void evidence_from_the_future_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    claims.present |= TPS_DEVICE_HAS_IAT;
    claims.iat = NOW + 300;
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    claims.iat = NOW + 301;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), "freshness.not-yet-valid",
                   TPS_CLAIM_NOT_YET_VALID);
    tps_verifier_free(v);
}

/* The claims with one more behind them: {..., label: value}. */
static tps_span with_claim(tps_span payload, const uint8_t *more, size_t size)
{
    static uint8_t room[8192];

    assert_in_range(payload.data[0], 0xa1, 0xb6);
    memcpy(room, payload.data, payload.size);
    room[0]++;
    memcpy(room + payload.size, more, size);
    return tps_span_make(room, payload.size + size);
}

static void a_lifecycle_that_promises_nothing_is_not_affirmed(void **state)
{
    static uint8_t room[8192];
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    tps_span payload;

    (void)state;
    eat.present |= TPS_DEVICE_HAS_LIFECYCLE;
    for (uint32_t lifecycle = 0; lifecycle <= TPS_DEVICE_LIFECYCLE_DECOMMISSIONED; lifecycle++) {
        eat.lifecycle = lifecycle;
        assert_int_equal(tps_device_claims_encode(&eat, TPS_BUF_OF(room), &payload, NULL), TPS_OK);
        const tps_appraisal *a = appraise(v, sign_bytes(payload, device_key(1), TPS_ALG_ESP256));

        if (lifecycle == TPS_DEVICE_LIFECYCLE_SECURED) {
            expect_affirming(a);
        } else {
            expect_finding(a, "configuration.lifecycle", TPS_OK);
        }
    }
    tps_verifier_free(v);
}

static void what_moves_after_the_start_is_passed_on(void **state)
{
    static uint8_t room[8192];
    static uint8_t lists[256];
    static const uint8_t digest[32] = {7};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(lists));
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    tps_span payload;

    (void)state;
    tps_cbor_put_array(&w, 1);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(digest));
    eat.present |= TPS_DEVICE_HAS_SECURITY_COUNTER;
    eat.security_counter = 3;
    eat.binder_origin = TPS_DEVICE_BINDER_APPLICATION;
    eat.application = TPS_SPAN_OF(digest);
    eat.registers = tps_span_make(lists, w.size);
    eat.applications = tps_span_make(lists + 3, 34); /* the byte string alone: pairwise mode */
    eat.staged = TPS_SPAN_LITERAL("\xf6");
    assert_int_equal(tps_device_claims_encode(&eat, TPS_BUF_OF(room), &payload, NULL), TPS_OK);
    expect_affirming(appraise(v, sign_bytes(payload, device_key(1), TPS_ALG_ESP256)));
    tps_verifier_free(v);
}

static void times_and_submodules_are_not_overlooked(void **state)
{
    static const uint8_t exp[] = {0x04, 0x1a, 0x6a, 0xb1, 0x3b, 0x80}; /* NOW */
    static const uint8_t nbf[] = {0x05, 0x1a, 0x6a, 0xb1, 0x3b, 0x81}; /* NOW + 1 */
    static const uint8_t submods[] = {0x19, 0x01, 0x0a, 0xa1, 0x61, 'a', 0x41, 0xd2};
    static uint8_t room[2][8192];
    tps_verifier *v = maker_verifier();
    tps_device_claims eat = lamp_eat();
    tps_psa_claims psa = lamp_psa();
    tps_span payloads[2];

    (void)state;
    assert_int_equal(NOW, 0x6ab13b80);
    assert_int_equal(tps_device_claims_encode(&eat, TPS_BUF_OF(room[0]), &payloads[0], NULL), TPS_OK);
    assert_int_equal(tps_psa_encode(&psa, TPS_BUF_OF(room[1]), &payloads[1], NULL), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        int32_t alg = i == 0 ? TPS_ALG_ESP256 : TPS_ALG_ES256;
        tps_span late = with_claim(payloads[i], exp, sizeof exp);
        expect_finding(appraise(v, sign_bytes(late, device_key(1), alg)), "freshness.expired",
                       TPS_VERIFIER_EVIDENCE_EXPIRED);
        tps_span early = with_claim(payloads[i], nbf, sizeof nbf);
        expect_finding(appraise(v, sign_bytes(early, device_key(1), alg)), "freshness.not-yet-valid",
                       TPS_CLAIM_NOT_YET_VALID);
    }
    expect_finding(appraise(v, sign_bytes(with_claim(payloads[0], submods, sizeof submods), device_key(1),
                                          TPS_ALG_ESP256)),
                   "evidence.submodules-not-judged", TPS_OK);
    tps_verifier_free(v);
}

static void evidence_for_another_audience_is_refused(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    expect_affirming(appraise_for(v, sign_eat(&claims, device_key(1), NULL, 0), "a.example"));
    claims.aud = TPS_SPAN_LITERAL("a.example");
    expect_affirming(appraise_for(v, sign_eat(&claims, device_key(1), NULL, 0), "a.example"));
    expect_affirming(appraise_for(v, sign_eat(&claims, device_key(1), NULL, 0), NULL));
    expect_finding(appraise_for(v, sign_eat(&claims, device_key(1), NULL, 0), "b.example"),
                   "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    tps_verifier_free(v);
}

static void debugging_and_foreign_software_show_in_the_configuration(void **state)
{
    static const uint8_t tiers[] = {TPS_EAR_TIER_CONTRAINDICATED, TPS_EAR_TIER_WARNING,
                                    TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_AFFIRMING, TPS_EAR_TIER_AFFIRMING};
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    for (uint8_t debug = 0; debug < 5; debug++) {
        const tps_appraisal *a;
        claims.dbgstat = debug;
        a = appraise(v, sign_eat(&claims, device_key(1), NULL, 0));
        assert_int_equal(a->tier, tiers[debug]);
        if (a->tier != TPS_EAR_TIER_AFFIRMING) {
            expect_finding(a, "configuration.debug", TPS_OK);
        }
    }
    claims.oemboot = false;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), "configuration.oemboot", TPS_OK);
    tps_verifier_free(v);
}

static void pairwise_evidence_is_known_by_its_pairwise_identifier(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    claims.sueid_label = TPS_SPAN_LITERAL("provider");
    claims.sueid = claims.ueid;
    claims.ueid = TPS_SPAN_EMPTY;
    claims.present = 0; /* oemboot is not told */
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    tps_verifier_free(v);
}

static void a_chain_to_nowhere_does_not_hide_a_key_that_was_added(void **state)
{
    by_chain c = by_chain_begin();
    tps_device_claims claims = lamp_eat();
    tps_span foreign_root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span foreign = make_leaf("Lamp 1", device_key(1), foreign_root, device_key(21), NOW + 100);
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(2), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(c.v, tps_span_make(spki, size)), TPS_OK);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &foreign, 1)),
                   "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), NULL, 0)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    assert_int_equal(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(c.v, tps_span_make(spki, size)), TPS_OK);
    expect_affirming(appraise(c.v, sign_eat(&claims, device_key(1), &foreign, 1)));
    tps_verifier_free(c.v);
}

static void unsigned_software_is_matched_as_unsigned(void **state)
{
    static const uint8_t nobody[32];
    by_chain c = by_chain_begin();
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_component components[3];
    tps_device_claims claims = lamp_eat();
    tps_psa_claims psa = lamp_psa();
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});

    (void)state;
    memcpy(components, lamp_software(), sizeof components);
    components[2].signer_id = TPS_SPAN_EMPTY;
    manifest.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    manifest.components = components;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);

    expect_finding(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), "executables.other-signer",
                   TPS_OK);
    claims.components[2].signer_id = TPS_SPAN_EMPTY;
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    expect_finding(appraise(c.v, sign_eat(&claims, device_key(1), &c.device, 1)), "executables.other-signer",
                   TPS_OK);
    psa.components[2].signer_id = TPS_SPAN_OF(nobody); /* a PSA token cannot leave it out */
    expect_affirming(appraise(v, sign_psa(&psa, device_key(1), TPS_ALG_ES256)));
    tps_verifier_free(v);
    tps_verifier_free(c.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endorsed_device_is_accepted),
        cmocka_unit_test(the_profile_without_its_claims_is_named),
        cmocka_unit_test(a_certified_device_is_accepted),
        cmocka_unit_test(a_certificate_vouches_for_its_own_device_alone),
        cmocka_unit_test(a_certificate_vouches_for_its_class_and_purpose_alone),
        cmocka_unit_test(a_certificate_proves_no_class_of_another_maker),
        cmocka_unit_test(an_endorsed_key_goes_before_a_certificate),
        cmocka_unit_test(chains_under_the_demonstration_ca_are_refused_or_marked),
        cmocka_unit_test(expired_evidence_is_refused),
        cmocka_unit_test(evidence_from_the_future_is_refused),
        cmocka_unit_test(a_lifecycle_that_promises_nothing_is_not_affirmed),
        cmocka_unit_test(what_moves_after_the_start_is_passed_on),
        cmocka_unit_test(times_and_submodules_are_not_overlooked),
        cmocka_unit_test(evidence_for_another_audience_is_refused),
        cmocka_unit_test(debugging_and_foreign_software_show_in_the_configuration),
        cmocka_unit_test(pairwise_evidence_is_known_by_its_pairwise_identifier),
        cmocka_unit_test(a_chain_to_nowhere_does_not_hide_a_key_that_was_added),
        cmocka_unit_test(unsigned_software_is_matched_as_unsigned),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
