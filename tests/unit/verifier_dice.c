/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence under DICE chains of X.509: who vouches for it, and layers against reference values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "dice_maker.h"

/* The lamp's evidence in the opentps profile, signed below this device's chain. */
static const tps_appraisal *attest(tps_verifier *v, const dice_device *device)
{
    tps_device_claims claims = lamp_eat();
    size_t count;
    const tps_span *chain = chain_of(device, &count);

    return appraise(v, sign_eat(&claims, device_key(KEY_AK), chain, count));
}

/* An answer that says nothing else. */
static const tps_appraisal *answer(tps_verifier *v, const dice_device *device)
{
    size_t count;
    const tps_span *chain = chain_of(device, &count);

    return appraise(
        v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count));
}

/* ---- who vouches for it ---- */

static void a_device_that_attests_by_ak_0_is_affirming(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    const tps_appraisal *appraisal = attest(v, &device);

    (void)state;
    expect_affirming(appraisal);
    assert_int_equal(appraisal->scheme, TPS_SCHEME_OPENTPS);
    assert_string_equal(appraisal->device_class, "Lumen Lamp");
    assert_int_equal(appraisal->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_APPROVED);
    device.has_root = false;
    expect_affirming(attest(v, &device));
    tps_verifier_free(v);
}

static void an_answer_below_a_chain_is_affirming_by_its_layers_alone(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    tps_span ueid = instance_of(device_key(1));
    const tps_appraisal *appraisal = answer(v, &device);

    (void)state;
    expect_affirming(appraisal);
    assert_int_equal(appraisal->scheme, TPS_SCHEME_DICE);
    assert_string_equal(appraisal->device_class, "Lumen Lamp");
    assert_int_equal(appraisal->instance_id_size, ueid.size);
    assert_memory_equal(appraisal->instance_id, ueid.data, ueid.size);
    assert_int_equal(appraisal->vector[TPS_EAR_HARDWARE], TPS_EAR_HARDWARE_GENUINE);
    assert_int_equal(appraisal->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_APPROVED);
    assert_int_equal(appraisal->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
    tps_verifier_free(v);
}

static void a_chain_that_leads_to_nobody_is_an_unknown_signers(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.ca = device_key(KEY_OTHER_CA);
    device.ca_der = make_ca("Other CA", device.ca, TPS_SPAN_EMPTY, NULL);
    expect_finding(answer(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    expect_finding(attest(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

static void a_chain_that_only_names_the_anchor_is_a_forgery(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.ca = device_key(KEY_OTHER_CA); /* signs in the name of the maker's CA */
    expect_finding(answer(v, &device), "evidence.unverifiable", TPS_CRYPTO_BAD_SIGNATURE);
    device.has_root = false;
    expect_finding(answer(v, &device), "evidence.unverifiable", TPS_CRYPTO_BAD_SIGNATURE);
    tps_verifier_free(v);
}

static void another_makers_chain_cannot_speak_for_a_class_or_a_device(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    tps_span other = make_ca("Other CA", device_key(KEY_OTHER_CA), TPS_SPAN_EMPTY, NULL);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, other), TPS_OK);
    device.ca = device_key(KEY_OTHER_CA);
    device.ca_der = other;
    expect_finding(attest(v, &device), "instance-identity.class-of-another", TPS_VERIFIER_CLASS_OF_ANOTHER);
    device.class_id = TPS_SPAN_EMPTY;
    expect_finding(attest(v, &device), "instance-identity.class-unproven", TPS_VERIFIER_CLASS_UNPROVEN);
    expect_finding(answer(v, &device), "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    /* For a device of its own it may answer, but the lamp's reference values are not its maker's. */
    device.layer_ueid = device.ak_ueid = instance_of(device_key(50));
    expect_finding(answer(v, &device), "hardware.unknown-class", TPS_OK);
    tps_verifier_free(v);
}

static void certificates_of_two_devices_are_no_chain(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.layer_ueid = instance_of(device_key(2));
    expect_finding(answer(v, &device), "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    device.ak_ueid = device.layer_ueid;
    expect_finding(attest(v, &device), "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void evidence_that_names_a_device_needs_a_chain_that_does(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.layer_ueid = TPS_SPAN_EMPTY;
    device.ak_ueid = TPS_SPAN_EMPTY;
    expect_finding(attest(v, &device), "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void a_certificate_for_another_purpose_signs_no_evidence(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.purpose = "tag:opentps.org,2026:certificate:endorsements";
    expect_finding(answer(v, &device), "instance-identity.other-purpose", TPS_CRYPTO_CHAIN_PURPOSE);
    device.purpose = NULL; /* other makers name none */
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void a_key_outside_of_the_chain_signs_nothing(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    tps_device_claims claims = lamp_eat();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);

    (void)state;
    expect_finding(appraise(v, sign_eat(&claims, device_key(99), chain, count)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
}

static void an_endorsed_key_needs_nobody_to_vouch_for_its_layers(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest lamp = lamp_manifest();
    dice_device device = dice_lamp();
    tps_device_claims claims = lamp_eat();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), chain, count)));
    expect_finding(attest(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

static void an_anchor_that_has_ended_vouches_for_nothing(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 200000};

    (void)state;
    tps_verifier_appraise(
        v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count),
        &request, &appraisal);
    expect_finding(&appraisal, "instance-identity.certificate-expired", TPS_CRYPTO_CHAIN_EXPIRED);
    tps_verifier_free(v);
}

/* ---- identity keys ---- */

static void an_identity_key_vouches_for_its_own_device(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    dice_device device = dice_lamp();
    tps_corim_environment lamp = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    expect_affirming(answer(v, &device));
    device.ca = device_key(KEY_OTHER_CA); /* who certified the endorsed key does not matter */
    expect_affirming(answer(v, &device));
    device.layer_ueid = device.ak_ueid = instance_of(device_key(2));
    expect_finding(answer(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

static void an_identity_key_that_comes_without_certificate_is_found_by_the_instance(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    dice_device device = dice_lamp();
    tps_corim_environment lamp = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_span claims = answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY);

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    expect_affirming(appraise(v, sign_under(claims, chain, 2)));
    tps_verifier_free(v);
}

static void another_devices_identity_key_vouches_for_nothing(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    dice_device device = dice_lamp();
    tps_corim_environment lock = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(2))}};

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, identity(lock, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    expect_finding(answer(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_int_equal(tps_verifier_add_corim(
                         v,
                         identity((tps_corim_environment){.instance = {.kind = TPS_CORIM_UEID,
                                                                       .bytes = instance_of(device_key(1))}},
                                  KEY_OTHER_CA),
                         NOW, NULL),
                     TPS_OK);
    expect_finding(answer(v, &device), "evidence.unverifiable", TPS_CRYPTO_BAD_SIGNATURE);
    tps_verifier_free(v);
}

/* ---- layers ---- */

static void a_layer_that_measures_something_else_is_not_affirming(void **state)
{
    static const uint8_t unknown[32] = {0xee};
    tps_verifier *v = dice_verifier();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        dice_device device = dice_lamp();
        device.fwids[i].digest = TPS_SPAN_OF(unknown);
        assert_int_not_equal(answer(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
        assert_int_not_equal(attest(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
        assert_int_not_equal(answer(v, &device)->vector[TPS_EAR_EXECUTABLES], TPS_EAR_EXEC_APPROVED);
    }
    tps_verifier_free(v);
}

static void a_further_digest_that_nobody_endorsed_is_not_affirming(void **state)
{
    static const uint8_t third[32] = {0x33};
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.fwids[2] = (tps_dice_fwid){.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(third)};
    device.fwid_count = 3;
    assert_int_not_equal(answer(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    device.fwid_count = 1; /* nor is half of what is endorsed together */
    expect_finding(answer(v, &device), "executables.mixed-state", TPS_OK);
    tps_verifier_free(v);
}

static void a_layer_of_another_version_model_or_number_is_not_affirming(void **state)
{
    tps_verifier *v = dice_verifier();

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        dice_device device = dice_lamp();
        switch (i) {
        case 0: device.info.version = TPS_SPAN_LITERAL("0.9"); break;
        case 1: device.info.svn = 2; break;
        case 2: device.info.model = TPS_SPAN_LITERAL("Lock"); break;
        case 3: device.info.layer = 2; break;
        default: device.info.vendor = TPS_SPAN_LITERAL("Dark"); break;
        }
        assert_int_not_equal(answer(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    }
    tps_verifier_free(v);
}

static void a_layer_that_says_it_is_open_is_a_finding_of_its_own(void **state)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {{TPS_DICE_FLAG_DEBUG, "configuration.layer-debug"},
                 {TPS_DICE_FLAG_NOT_CONFIGURED, "configuration.layer-not-configured"},
                 {TPS_DICE_FLAG_NOT_SECURE, "configuration.layer-not-secure"},
                 {TPS_DICE_FLAG_RECOVERY, "configuration.layer-recovery"}};
    tps_verifier *v = dice_verifier();

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        dice_device device = dice_lamp();
        device.info.flags = flags[i].flag;
        expect_finding(answer(v, &device), flags[i].name, TPS_OK);
        expect_finding(attest(v, &device), flags[i].name, TPS_OK);
        device.info.present &= ~(1u << TPS_DICE_FLAGS_MASK); /* set is set, with or without a mask */
        expect_finding(answer(v, &device), flags[i].name, TPS_OK);
    }
    tps_verifier_free(v);
}

static void a_layer_that_does_not_tell_its_state_is_not_called_configured(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    dice_device device = dice_lamp();
    tps_corim_measurement measurement = r_measurement(&device);
    const tps_appraisal *appraisal;

    (void)state;
    device.info.present &= ~(1u << TPS_DICE_FLAGS | 1u << TPS_DICE_FLAGS_MASK);
    device.fwid_count = 1;
    measurement.flags_present = 0;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(
        tps_verifier_add_corim(
            v, references((tps_corim_environment){.vendor = device.info.vendor}, &measurement, 1), NOW, NULL),
        TPS_OK);
    appraisal = answer(v, &device);
    expect_affirming(appraisal);
    assert_int_equal(appraisal->vector[TPS_EAR_CONFIGURATION], TPS_EAR_NO_CLAIM);
    tps_verifier_free(v);
}

static void each_of_several_layers_must_match(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    dice_device device = dice_lamp();
    tps_corim_measurement measurement = r_measurement(&device);
    tps_corim_environment environment = {.vendor = device.info.vendor,
                                         .model = device.info.model,
                                         .has_layer = true,
                                         .layer = 1,
                                         .has_index = true};

    (void)state;
    device.multi_count = 2;
    device.fwid_count = 1;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, references(environment, &measurement, 1), NOW, NULL), TPS_OK);
    assert_int_not_equal(answer(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    environment.index = 1;
    assert_int_equal(tps_verifier_add_corim(v, references(environment, &measurement, 1), NOW, NULL), TPS_OK);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void without_reference_values_nothing_is_affirming(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    dice_device device = dice_lamp();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    expect_finding(answer(v, &device), "hardware.unknown-class", TPS_OK);
    tps_verifier_free(v);
}

/* ---- the answer ---- */

static void an_answer_must_answer(void **state)
{
    static const uint8_t stale[32] = {9};
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_span short_nonce = tps_span_make(stale, 7);

    (void)state;
    expect_finding(appraise(v, sign_under(answer_claims(TPS_SPAN_OF(stale), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY),
                                          chain, count)),
                   "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    expect_finding(
        appraise(v, sign_under(answer_claims(TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count)),
        "evidence.malformed", TPS_CLAIM_MISSING);
    expect_finding(
        appraise(v, sign_under(answer_claims(short_nonce, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count)),
        "evidence.malformed", TPS_CLAIM_BAD_VALUE);
    expect_finding(appraise(v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(2)),
                                                        TPS_SPAN_EMPTY),
                                          chain, count)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_affirming(appraise(v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(1)),
                                                          TPS_SPAN_LITERAL("me")),
                                            chain, count)));
    tps_verifier_free(v);
}

static void an_answer_for_another_is_refused(void **state)
{
    tps_verifier *v = dice_verifier();
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    static tps_appraisal appraisal;
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .now = NOW, .aud = TPS_SPAN_LITERAL("you")};

    (void)state;
    tps_verifier_appraise(
        v,
        sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("me")), chain,
                   count),
        &request, &appraisal);
    expect_finding(&appraisal, "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    tps_verifier_free(v);
}

static void an_answer_without_a_chain_is_nobodys(void **state)
{
    tps_verifier *v = dice_verifier();

    (void)state;
    expect_finding(
        appraise(v,
                 sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), NULL, 0)),
        "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

/* ---- pairwise identities ---- */

/* A certificate of the attestation CA for KEY_AK. */
static tps_span certify_pairwise(tps_span aca, tps_span ueid, int64_t days)
{
    static uint8_t room[2048];
    tps_x509_request request = {.common_name = "opentps attestation",
                                .not_before = NOW - 1000,
                                .not_after = NOW - 1000 + days * 86400,
                                .purpose = TPS_X509_ATTESTATION,
                                .class_id = TPS_SPAN_OF(lamp_class),
                                .ueid = ueid};
    size_t size;

    assert_int_equal(
        tps_x509_issue(&request, device_key(KEY_AK), aca, device_key(KEY_ACA), TPS_BUF_OF(room), &size),
        TPS_OK);
    return tps_span_make(room, size);
}

static const tps_appraisal *attest_pairwise(tps_verifier *v, tps_span certified, int64_t days)
{
    tps_device_claims claims = lamp_eat();
    tps_span aca = make_ca("Lumen ACA", device_key(KEY_ACA), dice_ca(), device_key(KEY_CA));
    tps_span chain[2] = {certify_pairwise(aca, certified, days), aca};

    claims.ueid = TPS_SPAN_EMPTY;
    claims.sueid_label = TPS_SPAN_LITERAL("p");
    claims.sueid = instance_of(device_key(40)); /* of no key of the evidence's */
    return appraise(v, sign_eat(&claims, device_key(KEY_AK), chain, 2));
}

static void pairwise_evidence_needs_a_certificate_of_its_pairwise_id(void **state)
{
    tps_verifier *v = dice_verifier();

    (void)state;
    expect_affirming(attest_pairwise(v, instance_of(device_key(40)), 7));
    expect_finding(attest_pairwise(v, instance_of(device_key(1)), 7), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_finding(attest_pairwise(v, TPS_SPAN_EMPTY, 7), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_pairwise_certificate_for_more_than_seven_days_is_refused(void **state)
{
    tps_verifier *v = dice_verifier();

    (void)state;
    expect_finding(attest_pairwise(v, instance_of(device_key(40)), 8), "instance-identity.other-purpose",
                   TPS_CRYPTO_CHAIN_PURPOSE);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_attests_by_ak_0_is_affirming),
        cmocka_unit_test(an_answer_below_a_chain_is_affirming_by_its_layers_alone),
        cmocka_unit_test(a_chain_that_leads_to_nobody_is_an_unknown_signers),
        cmocka_unit_test(a_chain_that_only_names_the_anchor_is_a_forgery),
        cmocka_unit_test(another_makers_chain_cannot_speak_for_a_class_or_a_device),
        cmocka_unit_test(certificates_of_two_devices_are_no_chain),
        cmocka_unit_test(evidence_that_names_a_device_needs_a_chain_that_does),
        cmocka_unit_test(a_certificate_for_another_purpose_signs_no_evidence),
        cmocka_unit_test(a_key_outside_of_the_chain_signs_nothing),
        cmocka_unit_test(an_endorsed_key_needs_nobody_to_vouch_for_its_layers),
        cmocka_unit_test(an_anchor_that_has_ended_vouches_for_nothing),
        cmocka_unit_test(an_identity_key_vouches_for_its_own_device),
        cmocka_unit_test(an_identity_key_that_comes_without_certificate_is_found_by_the_instance),
        cmocka_unit_test(another_devices_identity_key_vouches_for_nothing),
        cmocka_unit_test(a_layer_that_measures_something_else_is_not_affirming),
        cmocka_unit_test(a_further_digest_that_nobody_endorsed_is_not_affirming),
        cmocka_unit_test(a_layer_of_another_version_model_or_number_is_not_affirming),
        cmocka_unit_test(a_layer_that_says_it_is_open_is_a_finding_of_its_own),
        cmocka_unit_test(a_layer_that_does_not_tell_its_state_is_not_called_configured),
        cmocka_unit_test(each_of_several_layers_must_match),
        cmocka_unit_test(without_reference_values_nothing_is_affirming),
        cmocka_unit_test(an_answer_must_answer),
        cmocka_unit_test(an_answer_for_another_is_refused),
        cmocka_unit_test(an_answer_without_a_chain_is_nobodys),
        cmocka_unit_test(pairwise_evidence_needs_a_certificate_of_its_pairwise_id),
        cmocka_unit_test(a_pairwise_certificate_for_more_than_seven_days_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
