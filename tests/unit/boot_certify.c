/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates that the first stage makes: a chain from DeviceID to AK_0 that says what runs, judged by
 * the verifier of DICE chains. tests/conformance/chain_judge.py judges a running device's in Python. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/boot.h"
#include "component/boot/certify.h"
#include "format/der/certificate.h"
#include "services_support.h"

static int setup(void **state)
{
    *state = device_new();
    return 0;
}

static void boot(device *d)
{
    d->is_locked = false;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
}

/* Verifies the chain of this start under DeviceID, and gives what it says of its one layer. */
static tps_dice_layer verify(device *d)
{
    const tps_handover *h = &d->handover;
    const tps_span chain[] = {tps_span_make(h->ak_certificate, h->ak_certificate_size),
                              tps_span_make(h->layer_certificate, h->layer_certificate_size)};
    uint8_t name[TPS_DICE_NAME_MAX];
    tps_dice_anchor anchor = {.now = 1900000000};
    tps_dice_layer layers[4];
    size_t count = 4;
    tps_crypto_key *leaf = NULL;
    tps_crypto_key *ak = NULL;
    tps_crypto_point one;
    tps_crypto_point other;

    assert_int_equal(tps_keys_device_id(TPS_SPAN_OF(d->secret), &anchor.root), TPS_OK);
    assert_int_equal(tps_device_id_name(&h->identity, TPS_BUF_OF(name), &anchor.issuer), TPS_OK);
    assert_int_equal(tps_dice_chain_verify(chain, 2, &anchor, layers, &count, &leaf, NULL), TPS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(layers[0].certificate, 1);
    assert_true(layers[0].has_tcb_info);

    assert_int_equal(tps_keys_ak(h->cdi_attest, &ak), TPS_OK);
    assert_int_equal(tps_crypto_key_point(ak, &one), TPS_OK);
    assert_int_equal(tps_crypto_key_point(leaf, &other), TPS_OK);
    assert_memory_equal(one.x, other.x, 32);
    tps_crypto_key_free(ak);
    tps_crypto_key_free(leaf);
    tps_crypto_key_free(anchor.root);
    return layers[0];
}

static void the_chain_says_what_runs(void **state)
{
    device *d = *state;
    tps_dice_layer layer;
    tps_dice_fwid fwid;

    device_sign_component(d, 7);
    d->counters[TPS_COUNTER_SECURITY] = 7; /* the application is older, and does not run */
    boot(d);
    layer = verify(d);

    assert_true(tps_span_is_text(layer.tcb_info.vendor, "Acme"));
    assert_true(tps_span_is_text(layer.tcb_info.model, "bulb"));
    assert_true(tps_span_is_text(layer.tcb_info.version, "3.1.0"));
    assert_int_equal(layer.tcb_info.svn, 7);
    assert_int_equal(layer.tcb_info.flags, TPS_DICE_FLAG_NOT_SECURE);
    assert_true(tps_dice_fwid_next(&layer.tcb_info.fwids, &fwid));
    assert_memory_equal(fwid.digest.data, d->handover.images[0].digest, 32);
    assert_true(tps_dice_fwid_next(&layer.tcb_info.fwids, &fwid));
    assert_memory_equal(fwid.digest.data, d->handover.boot_digest, 32);
    assert_false(tps_dice_fwid_next(&layer.tcb_info.fwids, &fwid));
}

static void the_chain_in_cbor_says_the_input_values(void **state)
{
    device *d = *state;
    uint8_t room[TPS_BOOT_CWT_MAX];
    tps_dice_anchor anchor = {.now = 0};
    tps_dice_cwt_layer layers[2];
    tps_crypto_key *leaf;
    tps_crypto_key *ak;
    tps_crypto_point one;
    tps_crypto_point other;
    tps_span chain[2];
    const tps_span *value;

    boot(d);
    chain[0] = tps_span_make(d->handover.layer_cwt, d->handover.layer_cwt_size);
    assert_int_equal(tps_handover_ak_cwt(&d->handover, TPS_BUF_OF(room), &chain[1]), TPS_OK);
    assert_int_equal(tps_keys_device_id(TPS_SPAN_OF(d->secret), &anchor.root), TPS_OK);
    assert_int_equal(tps_dice_cwt_chain_verify(chain, 2, &anchor, layers, &leaf, NULL), TPS_OK);

    value = layers[0].input.value;
    assert_true(tps_span_equal(value[TPS_DICE_CODE_HASH], TPS_SPAN_OF(d->handover.images[0].digest)));
    assert_true(
        tps_span_equal(value[TPS_DICE_CONFIGURATION_DESCRIPTOR], TPS_SPAN_OF(d->handover.boot_digest)));
    assert_true(tps_span_equal(value[TPS_DICE_AUTHORITY_HASH], TPS_SPAN_OF(d->handover.inputs.authority)));
    assert_int_equal(layers[0].input.mode, TPS_DICE_MODE_NORMAL);
    assert_int_equal(layers[1].input.present, 0);
    assert_int_equal(tps_keys_ak(d->handover.cdi_attest, &ak), TPS_OK);
    assert_int_equal(tps_crypto_key_point(ak, &one), TPS_OK);
    assert_int_equal(tps_crypto_key_point(leaf, &other), TPS_OK);
    assert_memory_equal(one.x, other.x, 32);
    tps_crypto_key_free(ak);
    tps_crypto_key_free(leaf);
    tps_crypto_key_free(anchor.root);
}

static void flags_follow_the_mode_and_the_platform(void **state)
{
    device *d = *state;

    d->platform.properties = 0;
    boot(d);
    assert_int_equal(verify(d).tcb_info.flags, 0);
    d->is_open = true;
    boot(d);
    assert_int_equal(verify(d).tcb_info.flags, TPS_DICE_FLAG_DEBUG);
    d->is_open = false;
    d->counters[TPS_COUNTER_PROVISIONED] = 1;
    boot(d);
    assert_int_equal(verify(d).tcb_info.flags, TPS_DICE_FLAG_NOT_CONFIGURED);
}

static void each_certificate_is_for_one_thing(void **state)
{
    device *d = *state;
    tps_dice_certificate layer;
    tps_dice_certificate ak;
    char uri[TPS_CLASS_URI_SIZE];
    uint8_t ueid[TPS_KEYS_UEID_SIZE];
    tps_crypto_key *iak;
    tps_span class_uri;

    boot(d);
    assert_int_equal(
        tps_dice_certificate_read(
            tps_span_make(d->handover.layer_certificate, d->handover.layer_certificate_size), &layer, NULL),
        TPS_OK);
    assert_true(layer.is_ca);
    assert_int_equal(layer.path_length, 0);
    assert_int_equal(layer.present, 1u << TPS_DICE_EXTENSION_TCB_INFO | 1u << TPS_DICE_EXTENSION_UEID);
    assert_int_equal(layer.critical, 1u << TPS_DICE_EXTENSION_TCB_INFO);
    assert_int_equal(
        tps_dice_certificate_read(tps_span_make(d->handover.ak_certificate, d->handover.ak_certificate_size),
                                  &ak, NULL),
        TPS_OK);
    assert_false(ak.is_ca);
    assert_int_equal(ak.present, 1u << TPS_DICE_EXTENSION_UEID);
    assert_int_equal(ak.ueid.size, TPS_KEYS_UEID_SIZE);
    assert_true(tps_span_equal(ak.ueid, layer.ueid));
    assert_int_equal(tps_keys_iak(d->handover.s0, &iak), TPS_OK);
    assert_int_equal(tps_keys_instance_id(iak, ueid), TPS_OK);
    tps_crypto_key_free(iak);
    assert_true(tps_span_equal(ak.ueid, TPS_SPAN_OF(ueid)));
    assert_memory_equal(d->handover.ueid, ueid, sizeof ueid);
    class_uri = tps_class_uri(d->handover.identity.class_id, uri);
    assert_memory_equal(class_uri.data, "tag:opentps.org,2026:class:c1", 29);
}

static void the_longest_names_have_room(void **state)
{
    static const char text[64] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    device *d = *state;
    uint8_t copy[TPS_IDENTITY_MAX];
    tps_device_identity identity;
    tps_span encoded;

    memcpy(copy, d->identity, d->identity_size);
    assert_int_equal(tps_identity_decode(tps_span_make(copy, d->identity_size), &identity, NULL), TPS_OK);
    identity.vendor = tps_span_make(text, 63);
    identity.model = tps_span_make(text, 32);
    identity.serial = tps_span_make(text, 32);
    assert_int_equal(tps_identity_encode(&identity, TPS_BUF_OF(d->identity), &encoded, NULL), TPS_OK);
    d->identity_size = encoded.size;
    boot(d);
    (void)verify(d);
}

static void a_device_that_nobody_made_certifies_nothing(void **state)
{
    device *d = *state;

    d->identity_size = 0;
    boot(d);
    assert_int_equal(d->handover.layer_certificate_size, 0);
    assert_int_equal(d->handover.ak_certificate_size, 0);
}

/* ---- the maker of certificates ---- */

static tps_dice_certificate_plan plan_of(tps_crypto_key *key, tps_span name)
{
    return (tps_dice_certificate_plan){.issuer = name, .subject = name, .subject_key = key};
}

static void too_little_room_asks_for_enough(void **state)
{
    static uint8_t room[2048];
    uint8_t name_room[TPS_DICE_NAME_MAX];
    tps_span name;
    tps_span encoded;
    tps_crypto_key *key;
    tps_dice_certificate_plan plan;
    size_t needed;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    assert_int_equal(tps_dice_name_encode(TPS_SPAN_LITERAL("a"), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY,
                                          TPS_BUF_OF(name_room), &name),
                     TPS_OK);
    plan = plan_of(key, name);
    assert_int_equal(tps_dice_certificate_make(&plan, key, TPS_BUF_MEASURE, &encoded), TPS_OK);
    assert_null(encoded.data);
    needed = encoded.size;
    for (size_t size = 1; size < needed; size++) {
        assert_int_equal(tps_dice_certificate_make(&plan, key, (tps_buf){room, size}, &encoded),
                         TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, needed);
    }
    for (int i = 0; i < 200; i++) { /* signatures differ in size: each is read again */
        der_certificate read;

        assert_int_equal(tps_dice_certificate_make(&plan, key, (tps_buf){room, needed}, &encoded), TPS_OK);
        assert_true(encoded.size <= needed);
        assert_int_equal(der_certificate_read(encoded, &read, NULL), TPS_OK);
        assert_int_equal(read.serial.size, TPS_DICE_KEY_ID_SIZE);
    }
    tps_crypto_key_free(key);
}

static void keys_are_on_p256(void **state)
{
    static uint8_t room[2048];
    tps_span encoded;
    tps_crypto_key *key;
    tps_crypto_key *other;
    uint8_t id[TPS_DICE_KEY_ID_SIZE];
    tps_dice_certificate_plan plan;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &other), TPS_OK);
    assert_int_equal(tps_dice_key_id(other, id), TPS_CRYPTO_ALG_REFUSED);
    plan = plan_of(other, TPS_SPAN_LITERAL("\x30\x00"));
    assert_int_equal(tps_dice_certificate_make(&plan, key, TPS_BUF_OF(room), &encoded),
                     TPS_CRYPTO_ALG_REFUSED);
    plan = plan_of(key, TPS_SPAN_LITERAL("\x30\x00"));
    assert_int_equal(tps_dice_certificate_make(&plan, other, TPS_BUF_OF(room), &encoded),
                     TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(key);
    tps_crypto_key_free(other);
}

static void a_certificate_has_its_limit(void **state)
{
    static uint8_t large[65536];
    tps_span encoded;
    tps_crypto_key *key;
    tps_dice_certificate_plan plan;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    plan = plan_of(key, TPS_SPAN_OF(large));
    assert_int_equal(tps_dice_certificate_make(&plan, key, TPS_BUF_MEASURE, &encoded), TPS_TOO_LARGE);
    tps_crypto_key_free(key);
}

static void names_hold_what_they_are_given(void **state)
{
    static const char large[65] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const tps_span a = TPS_SPAN_LITERAL("a");
    const tps_span too_large = tps_span_make(large, 65);
    const tps_span most = tps_span_make(large, 64);
    uint8_t room[TPS_DICE_NAME_MAX];
    tps_span name;

    (void)state;
    assert_int_equal(
        tps_dice_name_encode(a, TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("1.a-B"), TPS_BUF_OF(room), &name), TPS_OK);
    assert_int_equal(name.size, 2 + 12 + 2 + 14);
    assert_int_equal(room[name.size - 7], 0x13); /* PrintableString */
    assert_int_equal(
        tps_dice_name_encode(a, TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("1_a"), TPS_BUF_OF(room), &name), TPS_OK);
    assert_int_equal(room[name.size - 5], 0x0c); /* UTF8String: '_' is not printable */
    assert_int_equal(tps_dice_name_encode(a, a, TPS_SPAN_LITERAL("1\0a"), TPS_BUF_OF(room), &name), TPS_OK);
    assert_int_equal(room[name.size - 5], 0x0c);
    assert_int_equal(tps_dice_name_encode(most, most, most, TPS_BUF_OF(room), &name), TPS_OK);
    assert_int_equal(tps_dice_name_encode(most, most, most, (tps_buf){room, 100}, &name),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(tps_dice_name_encode(too_large, a, a, TPS_BUF_OF(room), &name), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_dice_name_encode(a, too_large, a, TPS_BUF_OF(room), &name), TPS_BAD_ARGUMENT);
    assert_int_equal(tps_dice_name_encode(a, a, too_large, TPS_BUF_OF(room), &name), TPS_BAD_ARGUMENT);
    assert_int_equal(
        tps_dice_name_encode(TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &name),
        TPS_BAD_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chain_says_what_runs),
        TEST(the_chain_in_cbor_says_the_input_values),
        TEST(flags_follow_the_mode_and_the_platform),
        TEST(each_certificate_is_for_one_thing),
        TEST(the_longest_names_have_room),
        TEST(a_device_that_nobody_made_certifies_nothing),
        cmocka_unit_test(too_little_room_asks_for_enough),
        cmocka_unit_test(keys_are_on_p256),
        cmocka_unit_test(a_certificate_has_its_limit),
        cmocka_unit_test(names_hold_what_they_are_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
