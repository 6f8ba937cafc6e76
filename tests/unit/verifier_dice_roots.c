/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence under DICE chains: CBOR certificates, scopes and keys as anchors, what is revoked, and layers that
 * tell everything that they can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "dice_maker.h"
#include "tps/revocation.h"

#define UNSIGNED ((tps_verifier_options){.allow_unsigned_endorsements = true})

static tps_corim_environment lamp_instance(void)
{
    return (tps_corim_environment){.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};
}

static tps_span claims_of_lamp(void)
{
    return answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(1)), TPS_SPAN_EMPTY);
}

static tps_span spki_of(uint8_t number)
{
    static uint8_t spki[128];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(device_key(number), TPS_BUF_OF(spki), &size), TPS_OK);
    return tps_span_make(spki, size);
}

static tps_span digest_of(tps_span bytes)
{
    static tps_digest digest;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest), TPS_OK);
    return tps_span_make(digest.bytes, digest.size);
}

/* ---- CBOR certificates ---- */

static const tps_appraisal *answer_cbor(tps_verifier *v, tps_span claims, uint32_t mode)
{
    size_t count;
    const tps_span *chain = cbor_chain(mode, &count);

    return appraise(v, sign_under_cbor(claims, chain, count));
}

/* Code and configuration of layer 1, which nobody else has. */
static tps_span cbor_references(bool has_configuration)
{
    static const tps_corim_digest code = {.alg = TPS_ALG_SHA256, .value = {cbor_code, 32}};
    const tps_corim_measurement measurements[2] = {
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("code")},
         .digests = {.items = &code, .count = 1},
         .flags_present = 1u << TPS_CORIM_FLAG_DEBUG},
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("configuration")},
         .raw_tag = TPS_CORIM_TAG_BYTES,
         .raw_value = TPS_SPAN_OF(cbor_configuration)}};

    return references((tps_corim_environment){.has_layer = true, .layer = 1, .vendor = TPS_SPAN_EMPTY},
                      measurements, has_configuration ? 2 : 1);
}

static tps_verifier *cbor_verifier(bool has_configuration)
{
    tps_verifier *v = make_verifier(UNSIGNED);

    assert_int_equal(tps_verifier_add_corim(v, cbor_references(has_configuration), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp_instance(), KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    return v;
}

static void a_chain_in_cbor_is_affirming_below_an_endorsed_identity(void **state)
{
    tps_verifier *v = cbor_verifier(true);
    const tps_appraisal *appraisal = answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_NORMAL);

    (void)state;
    expect_affirming(appraisal);
    assert_int_equal(appraisal->scheme, TPS_SCHEME_DICE);
    assert_int_equal(appraisal->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
    assert_int_equal(appraisal->instance_id_size, 33);
    tps_verifier_free(v);
}

static void a_chain_in_cbor_needs_code_and_configuration(void **state)
{
    tps_verifier *v = cbor_verifier(false);

    (void)state;
    assert_int_not_equal(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_NORMAL)->tier,
                         TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

static void modes_in_cbor_are_states_of_the_layer(void **state)
{
    tps_verifier *v = cbor_verifier(true);

    (void)state;
    expect_finding(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_DEBUG), "configuration.layer-debug",
                   TPS_OK);
    expect_finding(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_RECOVERY), "configuration.layer-recovery",
                   TPS_OK);
    expect_finding(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_NOT_CONFIGURED),
                   "configuration.layer-not-configured", TPS_OK);
    tps_verifier_free(v);
}

static void a_chain_in_cbor_that_names_nobody_needs_a_key_as_anchor(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    tps_anchor_scope scope = {.uses = TPS_ANCHOR_DICE};
    tps_span nameless = answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY);

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, cbor_references(true), NOW, NULL), TPS_OK);
    expect_finding(answer_cbor(v, nameless, TPS_DICE_MODE_NORMAL), "instance-identity.unknown-signer",
                   TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(KEY_DEVICE_ID), &scope), TPS_OK);
    expect_affirming(answer_cbor(v, nameless, TPS_DICE_MODE_NORMAL));
    /* An anchor does not say which device it is. */
    expect_finding(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_NORMAL), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_header_that_is_no_chain_is_refused(void **state)
{
    tps_verifier *v = cbor_verifier(true);
    tps_span chain[17];
    size_t count;
    const tps_span *good = cbor_chain(TPS_DICE_MODE_NORMAL, &count);

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        chain[i] = good[0];
    }
    expect_finding(appraise(v, sign_under_cbor(claims_of_lamp(), chain, 0)), "evidence.unverifiable",
                   TPS_COSE_BAD_HEADER);
    assert_int_equal(appraise(v, sign_under_cbor(claims_of_lamp(), chain, 7))->tier,
                     TPS_EAR_TIER_CONTRAINDICATED);
    tps_verifier_free(v);
}

static void a_revoked_key_within_a_chain_in_cbor_ends_it(void **state)
{
    tps_verifier *v = cbor_verifier(true);
    tps_revocation layer = {.kind = TPS_REVOKED_KEY, .value = digest_of(spki_of(KEY_LAYER))};

    (void)state;
    assert_int_equal(tps_verifier_revoke(v, &layer), TPS_OK);
    assert_int_equal(answer_cbor(v, claims_of_lamp(), TPS_DICE_MODE_NORMAL)->findings[0].status,
                     TPS_VERIFIER_REVOKED_KEY);
    tps_verifier_free(v);
}

/* ---- scopes and anchors ---- */

static const tps_appraisal *answer_x509(tps_verifier *v, const dice_device *device)
{
    size_t count;
    const tps_span *chain = chain_of(device, &count);

    return appraise(
        v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count));
}

static tps_verifier *scoped_verifier(const tps_anchor_scope *scope)
{
    tps_verifier *v = make_verifier(UNSIGNED);

    assert_int_equal(tps_verifier_add_scoped_anchor(v, dice_ca(), scope), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    return v;
}

static void an_anchor_vouches_within_its_scope_only(void **state)
{
    const tps_scope_class good[] = {{.id = TPS_SPAN_OF(lamp_class)}};
    const tps_scope_class vendor[] = {{.vendor = TPS_SPAN_LITERAL("Lumen")}};
    const tps_scope_class other[] = {{.id = TPS_SPAN_OF(lock_class)}};
    const tps_scope_class other_model[] = {
        {.vendor = TPS_SPAN_LITERAL("Lumen"), .model = TPS_SPAN_LITERAL("Lock")}};
    const uint8_t low[33] = {0};
    const uint8_t high[33] = {0};
    const tps_scope_instances none[] = {{TPS_SPAN_OF(low), TPS_SPAN_OF(high)}};
    const struct {
        tps_anchor_scope scope;
        bool is_good;
    } cases[] = {
        {{.uses = TPS_ANCHOR_DICE}, true},
        {{.uses = TPS_ANCHOR_CERTIFIES | TPS_ANCHOR_TPM}, false},
        {{.classes = good, .class_count = 1}, true},
        {{.classes = vendor, .class_count = 1}, true},
        {{.classes = other, .class_count = 1}, false},
        {{.classes = other_model, .class_count = 1}, false},
        {{.instances = none, .instance_count = 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = scoped_verifier(&cases[i].scope);
        dice_device device = dice_lamp();
        if (cases[i].is_good) {
            expect_affirming(answer_x509(v, &device));
        } else {
            assert_int_equal(answer_x509(v, &device)->findings[0].status, TPS_VERIFIER_OUT_OF_SCOPE);
        }
        tps_verifier_free(v);
    }
}

static void layers_of_another_vendor_are_out_of_scope_behind_a_good_one(void **state)
{
    const tps_scope_class classes[] = {{.vendor = TPS_SPAN_LITERAL("Lumen")}};
    tps_verifier *v = scoped_verifier(&(tps_anchor_scope){.classes = classes, .class_count = 1});
    dice_device device = dice_lamp();

    (void)state;
    device.info.vendor = TPS_SPAN_LITERAL("Dark");
    assert_int_equal(answer_x509(v, &device)->findings[0].status, TPS_VERIFIER_OUT_OF_SCOPE);
    device.info.present &= ~(1u << TPS_DICE_VENDOR | 1u << TPS_DICE_MODEL); /* one that tells nothing, too */
    assert_int_equal(answer_x509(v, &device)->findings[0].status, TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
}

static void a_key_may_be_the_root_of_chains(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();

    (void)state;
    device.has_root = false;
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(KEY_OTHER_CA),
                                                    &(tps_anchor_scope){.uses = TPS_ANCHOR_DICE}),
                     TPS_OK);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, spki_of(KEY_CA), &(tps_anchor_scope){.uses = TPS_ANCHOR_CERTIFIES}),
        TPS_OK);
    expect_finding(answer_x509(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, spki_of(KEY_CA), &(tps_anchor_scope){.uses = TPS_ANCHOR_DICE}),
        TPS_OK);
    expect_affirming(answer_x509(v, &device));
    tps_verifier_free(v);
}

static void a_layers_certificate_may_be_the_anchor(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);

    (void)state;
    /* Below DeviceID: what certified that does not matter, and its certificate proves nothing. */
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, chain[2]), TPS_OK);
    expect_affirming(appraise(
        v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count)));
    device.ca = device_key(KEY_OTHER_CA);
    device.ca_der = make_ca("Other CA", device.ca, TPS_SPAN_EMPTY, NULL);
    expect_finding(answer_x509(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

static void what_stands_behind_the_root_proves_nothing(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();
    tps_span chain[5];
    size_t count;

    (void)state;
    device.layer_ueid = device.ak_ueid = TPS_SPAN_EMPTY;
    memcpy(chain, chain_of(&device, &count), 4 * sizeof chain[0]);
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    /* The Ueid of a certificate that nobody verifies is not the device's. */
    chain[4] = make_leaf_of(instance_of(device_key(1)));
    expect_finding(appraise(v, sign_under(claims_of_lamp(), chain, 5)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void revoked_certificates_keys_and_devices_end_a_chain(void **state)
{
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_span values[3];
    uint8_t rooms[2][32];
    const uint32_t kinds[3] = {TPS_REVOKED_CERTIFICATE, TPS_REVOKED_KEY, TPS_REVOKED_DEVICE};
    const tps_status expected[3] = {TPS_VERIFIER_REVOKED_CERTIFICATE, TPS_VERIFIER_REVOKED_KEY,
                                    TPS_VERIFIER_REVOKED_DEVICE};

    (void)state;
    memcpy(rooms[0], digest_of(chain[2]).data, 32);
    memcpy(rooms[1], digest_of(spki_of(KEY_CA)).data, 32);
    values[0] = TPS_SPAN_OF(rooms[0]);
    values[1] = TPS_SPAN_OF(rooms[1]);
    values[2] = instance_of(device_key(1));
    for (size_t i = 0; i < 3; i++) {
        tps_verifier *v = scoped_verifier(&(tps_anchor_scope){.uses = 0});
        tps_revocation revoked = {.kind = kinds[i], .value = values[i]};
        tps_span evidence =
            sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count);
        expect_affirming(appraise(v, evidence));
        assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK);
        assert_int_equal(appraise(v, evidence)->findings[0].status, expected[i]);
        tps_verifier_free(v);
    }
}

static void a_chain_that_is_known_is_judged_as_one_that_is_new(void **state)
{
    tps_verifier *v = scoped_verifier(&(tps_anchor_scope){.uses = 0});
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_device_claims eat = lamp_eat();
    tps_revocation revoked = {.kind = TPS_REVOKED_DEVICE, .value = instance_of(device_key(1))};
    static tps_appraisal appraisal;
    tps_appraisal_request late = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 200000};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const tps_appraisal *again =
            appraise(v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY),
                                   chain, count));
        expect_affirming(again);
        assert_int_equal(again->instance_id_size, 33);
        assert_int_equal(again->vector[TPS_EAR_CONFIGURATION], TPS_EAR_CONFIG_APPROVED);
        assert_memory_equal(again->signer_sha256, digest_of(spki_of(KEY_AK)).data, 32);
    }
    /* Another signature, another device, another time: each is looked at. */
    expect_finding(appraise(v, sign_eat(&eat, device_key(99), chain, count)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(2)),
                                                        TPS_SPAN_EMPTY),
                                          chain, count)),
                   "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_appraise(
        v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain, count),
        &late, &appraisal);
    expect_finding(&appraisal, "instance-identity.certificate-expired", TPS_CRYPTO_CHAIN_EXPIRED);
    assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            appraise(v, sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY),
                                   chain, count))
                ->findings[0]
                .status,
            TPS_VERIFIER_REVOKED_DEVICE);
    }
    tps_verifier_free(v);
}

/* ---- layers that tell much ---- */

static void vendor_information_and_registers_are_measured(void **state)
{
    static const uint8_t information[] = {1, 2, 3};
    static const uint8_t head[32] = {0x4e};
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();
    tps_corim_measurement measurement = r_measurement(&device);
    tps_dice_fwid fwid = {.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(head)};
    tps_dice_register registers[2] = {{.name = TPS_SPAN_LITERAL("boot")}, {.has_number = true, .number = 7}};
    tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(head)};
    tps_corim_register expected[2] = {
        {.id = {.type = TPS_CBOR_UINT, .value = 7}, .digests = {.items = &digest, .count = 1}},
        {.id = {.type = TPS_CBOR_TEXT, .value = 4, .bytes = TPS_SPAN_LITERAL("boot")},
         .digests = {.items = &digest, .count = 1}}};
    uint8_t fwids[128];
    uint8_t room[256];

    (void)state;
    assert_int_equal(tps_dice_fwids_encode(&fwid, 1, TPS_BUF_OF(fwids), &registers[0].digests), TPS_OK);
    registers[1].digests = registers[0].digests;
    assert_int_equal(tps_dice_registers_encode(registers, 2, TPS_BUF_OF(room), &device.info.registers),
                     TPS_OK);
    device.info.vendor_info = TPS_SPAN_OF(information);
    device.info.present |= 1u << TPS_DICE_VENDOR_INFO | 1u << TPS_DICE_REGISTERS;
    device.fwid_count = 1;
    measurement.raw_tag = TPS_CORIM_TAG_BYTES;
    measurement.raw_value = device.info.vendor_info;
    measurement.registers = (tps_corim_registers){.items = expected, .count = 2};
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(
        tps_verifier_add_corim(
            v, references((tps_corim_environment){.vendor = device.info.vendor}, &measurement, 1), NOW, NULL),
        TPS_OK);
    expect_affirming(answer_x509(v, &device));
    device.info.vendor_info = tps_span_make(information, 2);
    assert_int_not_equal(answer_x509(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    device.info.vendor_info = TPS_SPAN_OF(information);
    registers[1].number = 8;
    assert_int_equal(tps_dice_registers_encode(registers, 2, TPS_BUF_OF(room), &device.info.registers),
                     TPS_OK);
    assert_int_not_equal(answer_x509(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

static void the_type_of_what_is_measured_is_a_class(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();
    tps_corim_measurement measurement = r_measurement(&device);

    (void)state;
    device.fwid_count = 1;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(
        tps_verifier_add_corim(
            v,
            references((tps_corim_environment){.class_id = {.kind = TPS_CORIM_BYTES,
                                                            .bytes = TPS_SPAN_LITERAL("opentps boot log")}},
                       &measurement, 1),
            NOW, NULL),
        TPS_OK);
    expect_affirming(answer_x509(v, &device));
    device.info.type = TPS_SPAN_LITERAL("something else");
    assert_int_not_equal(answer_x509(v, &device)->tier, TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_in_cbor_is_affirming_below_an_endorsed_identity),
        cmocka_unit_test(a_chain_in_cbor_needs_code_and_configuration),
        cmocka_unit_test(modes_in_cbor_are_states_of_the_layer),
        cmocka_unit_test(a_chain_in_cbor_that_names_nobody_needs_a_key_as_anchor),
        cmocka_unit_test(a_header_that_is_no_chain_is_refused),
        cmocka_unit_test(a_revoked_key_within_a_chain_in_cbor_ends_it),
        cmocka_unit_test(an_anchor_vouches_within_its_scope_only),
        cmocka_unit_test(layers_of_another_vendor_are_out_of_scope_behind_a_good_one),
        cmocka_unit_test(a_key_may_be_the_root_of_chains),
        cmocka_unit_test(a_layers_certificate_may_be_the_anchor),
        cmocka_unit_test(what_stands_behind_the_root_proves_nothing),
        cmocka_unit_test(revoked_certificates_keys_and_devices_end_a_chain),
        cmocka_unit_test(a_chain_that_is_known_is_judged_as_one_that_is_new),
        cmocka_unit_test(vendor_information_and_registers_are_measured),
        cmocka_unit_test(the_type_of_what_is_measured_is_a_class),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
