/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence under DICE chains: anchors that may not issue, other forms of chains and of identity keys, and
 * endorsements that have ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "dice_maker.h"
#include "tps/anchor.h"
#include "tps/revocation.h"

#define UNSIGNED ((tps_verifier_options){.allow_unsigned_endorsements = true})

static tps_span nameless(void)
{
    return answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY);
}

static const tps_appraisal *answer(tps_verifier *v, const dice_device *device)
{
    size_t count;
    const tps_span *chain = chain_of(device, &count);

    return appraise(v, sign_under(nameless(), chain, count));
}

static tps_verifier *layer_verifier(void)
{
    tps_verifier *v = make_verifier(UNSIGNED);

    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    return v;
}

/* ---- anchors ---- */

/* A certificate of the maker's key that looks like its CA's. */
static tps_span like_ca(const tps_x509_request *request)
{
    static uint8_t room[2048];
    size_t size;

    assert_int_equal(tps_x509_issue(request, device_key(KEY_CA), TPS_SPAN_EMPTY, device_key(KEY_CA),
                                    TPS_BUF_OF(room), &size),
                     TPS_OK);
    return tps_span_make(room, size);
}

static void an_anchor_issues_what_it_may_and_when(void **state)
{
    static const struct {
        tps_x509_request request;
        tps_status expected;
    } cases[] = {
        {{.common_name = "Lumen CA", .not_before = NOW - 1, .not_after = NOW + 1}, TPS_DICE_NOT_A_CA},
        {{.common_name = "Lumen CA", .ca = true, .not_before = NOW - 1, .not_after = NOW + 1},
         TPS_DICE_NOT_A_CA}, /* path length 0: two issue below it */
        {{.common_name = "Lumen CA",
          .ca = true,
          .path_length = 2,
          .not_before = NOW + 1,
          .not_after = NOW + 9},
         TPS_CRYPTO_CHAIN_EXPIRED},
        {{.common_name = "Lumen CA", .ca = true, .path_length = 2, .not_before = NOW, .not_after = NOW},
         TPS_OK},
        {{.common_name = "Lumen CB", .ca = true, .path_length = 2, .not_before = NOW, .not_after = NOW},
         TPS_CRYPTO_CHAIN_UNTRUSTED},
    };
    dice_device device = dice_lamp();

    (void)state;
    device.has_root = false;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = layer_verifier();
        assert_int_equal(tps_verifier_add_anchor(v, like_ca(&cases[i].request)), TPS_OK);
        if (cases[i].expected == TPS_OK) {
            expect_affirming(answer(v, &device));
        } else {
            assert_int_equal(answer(v, &device)->findings[0].status, cases[i].expected);
        }
        tps_verifier_free(v);
    }
}

static void an_anchor_that_the_issuer_issued_is_not_the_issuer(void **state)
{
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.has_root = false;
    assert_int_equal(
        tps_verifier_add_anchor(v, make_ca("Lumen ACA", device_key(KEY_ACA), dice_ca(), device_key(KEY_CA))),
        TPS_OK);
    expect_finding(answer(v, &device), "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

static void two_classes_in_a_chain_are_none(void **state)
{
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();
    tps_corim_environment locks = {.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lock_class)}};

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, identity(locks, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    assert_int_equal(answer(v, &device)->findings[0].status, TPS_VERIFIER_CLASS_MISMATCH);
    tps_verifier_free(v);
}

static void more_layers_than_are_appraised_are_refused(void **state)
{
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    device.fwid_count = 1;
    device.multi_count = 33;
    assert_int_equal(answer(v, &device)->findings[0].status, TPS_TOO_LARGE);
    device.multi_count = 32;
    assert_int_not_equal(answer(v, &device)->findings[0].status, TPS_TOO_LARGE);
    tps_verifier_free(v);
}

static void an_unrelated_revocation_ends_nothing(void **state)
{
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();
    tps_revocation other = {.kind = TPS_REVOKED_DEVICE, .value = instance_of(device_key(2))};

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_revoke(v, &other), TPS_OK);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void a_revocation_in_the_future_bounds_what_is_known(void **state)
{
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_digest digest;
    tps_revocation revoked = {.kind = TPS_REVOKED_CERTIFICATE, .since = NOW + 5};
    static tps_appraisal late;
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 5};

    (void)state;
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, chain[1], &digest), TPS_OK);
    revoked.value = tps_span_make(digest.bytes, 32);
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK);
    expect_affirming(appraise(v, sign_under(nameless(), chain, count)));
    tps_verifier_appraise(v, sign_under(nameless(), chain, count), &request, &late);
    assert_int_equal(late.findings[0].status, TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

/* ---- other forms of chains ---- */

static tps_span open_references(void)
{
    static const tps_corim_digest code = {.alg = TPS_ALG_SHA256, .value = {cbor_code, 32}};
    const tps_corim_measurement measurements[2] = {
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("code")},
         .digests = {.items = &code, .count = 1}},
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("configuration")},
         .raw_tag = TPS_CORIM_TAG_BYTES,
         .raw_value = TPS_SPAN_OF(cbor_configuration)}};

    return references(
        (tps_corim_environment){.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lamp_class)}},
        measurements, 2);
}

static void inputs_of_the_open_profile_may_stand_in_x509(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();

    (void)state;
    device.is_open = true;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, open_references(), NOW, NULL), TPS_OK);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

/* The same message with its chain in CBOR outside of what is signed. */
static tps_span with_unprotected(tps_span value)
{
    static uint8_t room[8192];
    tps_cose_message message;
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    assert_int_equal(
        tps_cose_sign1_parse(
            sign_under(answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(1)), TPS_SPAN_EMPTY),
                       NULL, 0),
            &message, NULL),
        TPS_OK);
    tps_cbor_put_tag(&w, TPS_TAG_COSE_SIGN1);
    tps_cbor_put_array(&w, 4);
    tps_cbor_put_bytes(&w, message.protected_raw);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, TPS_DICE_HEADER_CHAIN);
    tps_cbor_put_raw(&w, value);
    tps_cbor_put_bytes(&w, message.payload);
    tps_cbor_put_bytes(&w, message.signature);
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void a_chain_in_cbor_may_stand_unprotected(void **state)
{
    tps_verifier *v = make_verifier(UNSIGNED);
    size_t count;
    const tps_span *chain = cbor_chain(TPS_DICE_MODE_NORMAL, &count);
    uint8_t room[4096];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span list;
    tps_corim_environment lamp = {.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lamp_class)},
                                  .instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, open_references(), NOW, NULL), TPS_OK);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_bytes(&w, chain[0]);
    tps_cbor_put_bytes(&w, chain[1]);
    assert_int_equal(tps_cbor_writer_finish(&w, &list), TPS_OK);
    expect_affirming(appraise(v, with_unprotected(list)));
    /* What is no such list is no chain, and too many are too many. */
    assert_int_equal(appraise(v, with_unprotected(TPS_SPAN_LITERAL("\x01")))->findings[0].status,
                     TPS_COSE_BAD_HEADER);
    assert_int_equal(appraise(v, with_unprotected(TPS_SPAN_LITERAL("\x81\x01")))->findings[0].status,
                     TPS_COSE_BAD_HEADER);
    assert_int_equal(appraise(v, with_unprotected(TPS_SPAN_LITERAL("\xa2\x01\x01\x01\x01")))->tier,
                     TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(
        appraise(v, with_unprotected(TPS_SPAN_LITERAL(
                        "\x91\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40")))
            ->findings[0]
            .status,
        TPS_TOO_LARGE);
    tps_verifier_free(v);
}

/* ---- identity keys ---- */

static const tps_appraisal *answer_identified(tps_corim_environment environment, const tps_corim_key *key,
                                              const dice_device *device)
{
    tps_verifier *v = layer_verifier();
    const tps_appraisal *appraisal;

    assert_int_equal(
        tps_verifier_add_corim(
            v, key == NULL ? identity(environment, KEY_DEVICE_ID) : identity_of(environment, key), NOW, NULL),
        TPS_OK);
    appraisal = answer(v, device);
    tps_verifier_free(v);
    return appraisal;
}

static void an_identity_key_may_be_of_a_class_or_an_opaque_instance(void **state)
{
    const uint8_t opaque[4] = {1, 2, 3, 4};
    const uint8_t short_class[16] = {9};
    dice_device device = dice_lamp();
    tps_corim_environment of_class = {
        .class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lamp_class)}};
    tps_corim_environment of_short = {
        .class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(short_class)}};
    tps_corim_environment of_opaque = {.instance = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(opaque)}};

    (void)state;
    expect_affirming(answer_identified(of_class, NULL, &device));
    expect_affirming(answer_identified(of_short, NULL, &device));
    expect_finding(answer_identified(of_opaque, NULL, &device), "instance-identity.unknown-signer",
                   TPS_CRYPTO_CHAIN_UNTRUSTED);
    device.layer_ueid = device.ak_ueid = TPS_SPAN_EMPTY;
    expect_affirming(answer_identified(of_opaque, NULL, &device));
}

static void an_identity_key_may_be_written_in_each_form(void **state)
{
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_corim_environment lamp = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};
    tps_dice_certificate certificate;
    tps_digest digest;
    uint8_t room[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_corim_key keys[3] = {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = chain[2]},
                             {.tag = TPS_CORIM_TAG_KEY_THUMBPRINT},
                             {.tag = TPS_CORIM_TAG_COSE_KEY}};

    (void)state;
    assert_int_equal(tps_dice_certificate_read(chain[2], &certificate, NULL), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA384, certificate.public_key, &digest), TPS_OK);
    keys[1].digest =
        (tps_corim_digest){.alg = TPS_ALG_SHA384, .value = tps_span_make(digest.bytes, digest.size)};
    assert_int_equal(tps_cose_key_put(&w, device_key(KEY_DEVICE_ID)), TPS_OK);
    assert_int_equal(tps_cbor_writer_finish(&w, &keys[2].value), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        tps_verifier *v = layer_verifier();
        assert_int_equal(tps_verifier_add_corim(v, identity_of(lamp, &keys[i]), NOW, NULL), TPS_OK);
        expect_affirming(appraise(v, sign_under(nameless(), chain, count)));
        if (i == 1) { /* a thumbprint finds a key that is there, and verifies nothing without it */
            expect_finding(appraise(v, sign_under(nameless(), chain, 2)), "instance-identity.unknown-signer",
                           TPS_CRYPTO_CHAIN_UNTRUSTED);
        } else {
            expect_affirming(appraise(v, sign_under(nameless(), chain, 2)));
        }
        tps_verifier_free(v);
    }
}

static void a_uuid_names_no_device_of_a_chain(void **state)
{
    static const uint8_t uuid[16] = {1};
    dice_device device = dice_lamp();
    tps_corim_environment of_uuid = {
        .instance = {.kind = TPS_CORIM_UUID, .number = TPS_CORIM_TAG_UUID, .bytes = TPS_SPAN_OF(uuid)}};

    (void)state;
    device.layer_ueid = device.ak_ueid = TPS_SPAN_EMPTY;
    expect_finding(answer_identified(of_uuid, NULL, &device), "instance-identity.unknown-signer",
                   TPS_CRYPTO_CHAIN_UNTRUSTED);
}

static void keys_under_conditions_are_nobodys(void **state)
{
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_corim_key key = {.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = chain[2]};
    tps_corim_key_statement statement = {
        .environment = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}},
        .keys = {.items = &key, .count = 1}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_verifier *v = layer_verifier();
        statement.element = i == 1 ? (tps_corim_value){.kind = TPS_CORIM_UINT, .number = 1}
                                   : (tps_corim_value){.kind = TPS_CORIM_ABSENT};
        statement.authorized_by =
            i == 2 ? (tps_corim_keys){.items = &key, .count = 1} : (tps_corim_keys){.count = 0};
        /* Whoever would have to judge the conditions refuses them. */
        assert_int_equal(tps_verifier_add_corim(v, identities(&statement), NOW, NULL),
                         i == 0 ? TPS_OK : TPS_CORIM_UNSUPPORTED);
        if (i == 0) {
            expect_affirming(appraise(v, sign_under(nameless(), chain, count)));
        } else {
            expect_finding(appraise(v, sign_under(nameless(), chain, count)),
                           "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
        }
        tps_verifier_free(v);
    }
}

static void so_many_statements_about_a_device_are_tried(void **state)
{
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);
    tps_corim_environment lamp = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};
    tps_verifier *v = layer_verifier();

    (void)state;
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    for (uint8_t i = 0; i < 16; i++) {
        expect_affirming(appraise(v, sign_under(nameless(), chain, 2)));
        assert_int_equal(tps_verifier_add_corim(v, identity(lamp, (uint8_t)(100 + i)), NOW, NULL), TPS_OK);
    }
    /* Where the key itself is in the chain, it is found at once; without, others have talked too much. */
    expect_affirming(appraise(v, sign_under(nameless(), chain, count)));
    assert_int_not_equal(appraise(v, sign_under(nameless(), chain, 2))->tier, TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

static void an_identity_counts_beside_anchors_that_do_not_know_it(void **state)
{
    dice_device device = dice_lamp();
    tps_corim_environment lamp = {.instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};
    tps_verifier *v = layer_verifier();

    (void)state;
    assert_int_equal(
        tps_verifier_add_anchor(v, make_ca("Other CA", device_key(KEY_OTHER_CA), TPS_SPAN_EMPTY, NULL)),
        TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        expect_affirming(answer(v, &device));
    }
    tps_verifier_free(v);
}

static void a_device_that_nobody_signed_for_is_no_other_makers(void **state)
{
    tps_verifier *v = layer_verifier();
    tps_corim_manifest lamp = lamp_manifest();
    dice_device device = dice_lamp();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void an_identifier_of_another_form_is_the_makers(void **state)
{
    static const uint8_t long_id[40] = {0xaa};
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.layer_ueid = device.ak_ueid = TPS_SPAN_OF(long_id);
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        expect_affirming(answer(v, &device));
    }
    tps_verifier_free(v);
}

static void layers_that_are_not_read_are_not_passed_over(void **state)
{
    /* MultiTcbInfoComp, critical: TRUE, an empty sequence. */
    static const uint8_t compressed[] = {0x30, 0x0f, 0x06, 0x06, 0x67, 0x81, 0x05, 0x05, 0x04,
                                         0x08, 0x01, 0x01, 0xff, 0x04, 0x02, 0x30, 0x00};
    tps_verifier *v = layer_verifier();
    dice_device device = dice_lamp();

    (void)state;
    device.extension = TPS_SPAN_OF(compressed);
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(answer(v, &device)->findings[0].status, TPS_UNSUPPORTED);
    tps_verifier_free(v);
}

static void a_scope_of_vendors_takes_layers_without_model(void **state)
{
    const tps_scope_class classes[] = {{.vendor = TPS_SPAN_LITERAL("Lumen")}};
    tps_verifier *v = make_verifier(UNSIGNED);
    dice_device device = dice_lamp();
    tps_corim_measurement measurement = r_measurement(&device);

    (void)state;
    device.info.present &= ~(1u << TPS_DICE_MODEL);
    device.fwid_count = 1;
    assert_int_equal(tps_verifier_add_scoped_anchor(
                         v, dice_ca(), &(tps_anchor_scope){.classes = classes, .class_count = 1}),
                     TPS_OK);
    assert_int_equal(
        tps_verifier_add_corim(
            v, references((tps_corim_environment){.vendor = device.info.vendor}, &measurement, 1), NOW, NULL),
        TPS_OK);
    expect_affirming(answer(v, &device));
    tps_verifier_free(v);
}

static void what_is_endorsed_of_a_device_may_end_while_its_chain_holds(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_corim_manifest lamp = lamp_manifest();
    dice_device device = dice_lamp();
    const tps_appraisal *appraisal;

    (void)state;
    lamp.validity = (tps_corim_validity){.is_present = true, .not_after = NOW - 10};
    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, sign_corim(encode(&lamp), KEY_CA, dice_ca()), NOW - 500, NULL),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, sign_corim(lamp_layer(), KEY_CA, dice_ca()), NOW, NULL),
                     TPS_OK);
    appraisal = answer(v, &device);
    expect_affirming(appraisal);
    assert_int_equal(appraisal->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_IDENTITY_TRUSTWORTHY);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_anchor_issues_what_it_may_and_when),
        cmocka_unit_test(an_anchor_that_the_issuer_issued_is_not_the_issuer),
        cmocka_unit_test(two_classes_in_a_chain_are_none),
        cmocka_unit_test(more_layers_than_are_appraised_are_refused),
        cmocka_unit_test(an_unrelated_revocation_ends_nothing),
        cmocka_unit_test(a_revocation_in_the_future_bounds_what_is_known),
        cmocka_unit_test(inputs_of_the_open_profile_may_stand_in_x509),
        cmocka_unit_test(a_chain_in_cbor_may_stand_unprotected),
        cmocka_unit_test(an_identity_key_may_be_of_a_class_or_an_opaque_instance),
        cmocka_unit_test(an_identity_key_may_be_written_in_each_form),
        cmocka_unit_test(a_uuid_names_no_device_of_a_chain),
        cmocka_unit_test(keys_under_conditions_are_nobodys),
        cmocka_unit_test(so_many_statements_about_a_device_are_tried),
        cmocka_unit_test(an_identity_counts_beside_anchors_that_do_not_know_it),
        cmocka_unit_test(a_device_that_nobody_signed_for_is_no_other_makers),
        cmocka_unit_test(an_identifier_of_another_form_is_the_makers),
        cmocka_unit_test(layers_that_are_not_read_are_not_passed_over),
        cmocka_unit_test(a_scope_of_vendors_takes_layers_without_model),
        cmocka_unit_test(what_is_endorsed_of_a_device_may_end_while_its_chain_holds),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
