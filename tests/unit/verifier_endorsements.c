/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsements, anchors and keys: what a verifier takes in, and what it refuses under which name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/base64.h"
#include "verifier_support.h"

#define LENIENT ((tps_verifier_options){.allow_unsigned_endorsements = true})
#define STRICT  ((tps_verifier_options){.allow_unsigned_endorsements = false})

static void expect_load(tps_verifier *v, tps_span corim, tps_status status, const char *detail)
{
    tps_error why = {0};
    tps_verifier_counts before;
    tps_verifier_counts after;
    tps_status got;

    tps_verifier_count(v, &before);
    got = tps_verifier_add_corim(v, corim, NOW, &why);
    tps_verifier_count(v, &after);

    if (got != status || (detail != NULL && (why.detail == NULL || strcmp(why.detail, detail) != 0))) {
        fail_msg("%s (%s) instead of %s", tps_status_name(got), why.detail == NULL ? "" : why.detail,
                 tps_status_name(status));
    }
    if (got != TPS_OK) { /* all or nothing, but for memory that is held */
        before.bytes = after.bytes;
        assert_memory_equal(&before, &after, sizeof before);
    }
}

static const tps_corim_validity always = {0};

/* ---- who signed ---- */

static void unsigned_endorsements_need_permission(void **state)
{
    tps_verifier *strict = make_verifier(STRICT);
    tps_verifier *lenient = make_verifier(LENIENT);
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier_counts counts;

    (void)state;
    expect_load(strict, encode(&manifest), TPS_CORIM_UNSIGNED, NULL);
    expect_load(lenient, encode(&manifest), TPS_OK, NULL);

    tps_verifier_count(lenient, &counts);
    assert_int_equal(counts.corims, 1);
    assert_int_equal(counts.reference_values, 3);
    assert_int_equal(counts.devices, 1);
    tps_verifier_free(strict);
    tps_verifier_free(lenient);
}

static void a_signer_under_an_anchor_is_trusted_and_no_other(void **state)
{
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span other_root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20), NOW + 100);
    tps_span old_leaf =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20), NOW - 100);
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = make_verifier(STRICT);
    tps_verifier *other = make_verifier(LENIENT);
    tps_span message;
    uint8_t copy[16384];

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(other, other_root), TPS_OK);

    message = sign_manifest(&manifest, device_key(22), &old_leaf, 1, always);
    expect_load(v, message, TPS_CRYPTO_CHAIN_EXPIRED, NULL);
    message = sign_manifest(&manifest, device_key(23), &leaf, 1, always);
    expect_load(v, message, TPS_COSE_BAD_SIGNATURE, NULL);
    message = sign_manifest(&manifest, device_key(22), NULL, 0, always);
    expect_load(v, message, TPS_COSE_NO_KEY, NULL);
    message = sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    expect_load(other, message, TPS_CRYPTO_CHAIN_UNTRUSTED, NULL);
    for (size_t i = 0; i < message.size; i += 7) {
        tps_status status;
        memcpy(copy, message.data, message.size);
        copy[i] ^= 1;
        status = tps_verifier_add_corim(v, tps_span_make(copy, message.size), NOW, NULL);
        assert_int_not_equal(status, TPS_OK);
    }
    expect_load(v, message, TPS_OK, NULL);

    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    tps_verifier_free(v);
    tps_verifier_free(other);
}

/* Two makers are trusted. Neither endorses software or devices for a class that the other spoke of first. */
static void a_maker_has_no_say_in_the_classes_of_another(void **state)
{
    tps_span one = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span two = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span signer_one =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), one, device_key(20), NOW + 100);
    tps_span signer_two =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(23), two, device_key(21), NOW + 100);
    static uint8_t lamp_bytes[16384];
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest lock = lock_manifest();
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = make_verifier(STRICT);
    tps_verifier_counts counts;
    tps_span message;

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, one), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    message = sign_manifest(&lamp, device_key(22), &signer_one, 1, always);
    assert_true(message.size <= sizeof lamp_bytes);
    memcpy(lamp_bytes, message.data, message.size);
    expect_load(v, tps_span_make(lamp_bytes, message.size), TPS_OK, NULL);

    lamp.tag_version++;
    expect_load(v, sign_manifest(&lamp, device_key(23), &signer_two, 1, always),
                TPS_VERIFIER_CLASS_OF_ANOTHER, "a maker endorses for its own classes only");
    expect_load(v, sign_manifest(&lock, device_key(23), &signer_two, 1, always), TPS_OK, NULL);
    lock.tag_version++;
    expect_load(v, sign_manifest(&lock, device_key(22), &signer_one, 1, always),
                TPS_VERIFIER_CLASS_OF_ANOTHER, NULL);

    tps_verifier_count(v, &counts);
    assert_int_equal(counts.corims, 2);
    assert_int_equal(counts.devices, 2);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    tps_verifier_free(v);
}

/* Maker two endorses its own key for a device of maker one. */
static void a_maker_has_no_say_in_the_devices_of_another(void **state)
{
    tps_span one = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span two = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span signer_one =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), one, device_key(20), NOW + 100);
    tps_span signer_two =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(23), two, device_key(21), NOW + 100);
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest lock = lock_manifest();
    tps_corim_device stolen = {instance_of(device_key(1)), lock.devices[0].spki};
    tps_device_claims claims = lamp_eat();
    tps_verifier *v = make_verifier(STRICT);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, one), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    lock.devices = &stolen;
    lock.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    expect_load(v, sign_manifest(&lock, device_key(23), &signer_two, 1, always), TPS_CORIM_BAD_VALUE,
                "the instance is not 01, SHA-256 of the P-256 key that is endorsed");

    /* In PSA's profile it may be so, while nobody else speaks of the device: for tokens of that profile. */
    lock.profile_kind = TPS_CORIM_PROFILE_PSA;
    expect_load(v, sign_manifest(&lock, device_key(23), &signer_two, 1, always), TPS_OK, NULL);
    claims.hwmodel = TPS_SPAN_OF(lock_class);
    expect_finding(appraise(v, sign_eat(&claims, device_key(2), NULL, 0)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    expect_load(v, sign_manifest(&lamp, device_key(22), &signer_one, 1, always),
                TPS_VERIFIER_INSTANCE_OF_ANOTHER, "a maker endorses its own devices only");
    tps_verifier_free(v);

    v = make_verifier(STRICT);
    assert_int_equal(tps_verifier_add_anchor(v, one), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    lamp.profile_kind = TPS_CORIM_PROFILE_OPENTPS;
    expect_load(v, sign_manifest(&lamp, device_key(22), &signer_one, 1, always), TPS_OK, NULL);
    expect_load(v, sign_manifest(&lock, device_key(23), &signer_two, 1, always),
                TPS_VERIFIER_INSTANCE_OF_ANOTHER, "a maker endorses its own devices only");
    claims = lamp_eat();
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    tps_verifier_free(v);
}

/* Maker two certifies a key of its own: an instance that maker one endorsed is not for it to certify. */
static void an_endorsed_device_is_not_for_another_maker_to_certify(void **state)
{
    tps_span two = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(2), two, device_key(21), NOW + 100);
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    expect_finding(appraise(v, sign_eat(&claims, device_key(2), &leaf, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

/* Anybody can wrap a signed manifest anew, and send it as often as he likes. */
static void a_manifest_is_taken_once_however_it_is_wrapped(void **state)
{
    static uint8_t room[16384];
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20), NOW + 100);
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(STRICT);
    tps_span message = sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    tps_verifier_counts counts;
    uint8_t first[32];
    uint8_t again[32];

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    memcpy(room, message.data, message.size);
    assert_int_equal(tps_verifier_add_corim_once(v, tps_span_make(room, message.size), NOW, first, NULL),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_corim_once(v, tps_span_make(room, message.size), NOW, again, NULL),
                     TPS_OK);
    assert_memory_equal(first, again, 32);
    message =
        sign_manifest(&manifest, device_key(22), &leaf, 1, always); /* a new random number in the signature */
    assert_memory_not_equal(room, message.data, message.size);
    assert_int_equal(tps_verifier_add_corim_once(v, message, NOW, again, NULL), TPS_OK);
    assert_memory_equal(first, again, 32);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.corims, 1);
    assert_int_equal(counts.reference_values, 3);

    manifest.id = TPS_SPAN_LITERAL("another-manifest");
    message = sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    assert_int_equal(tps_verifier_add_corim_once(v, message, NOW, again, NULL), TPS_OK);
    assert_memory_not_equal(first, again, 32);
    tps_verifier_free(v);
}

/* A thief of one device has its key and its certificate. They must not let it speak for the maker. */
static void keys_for_other_purposes_do_not_sign_endorsements(void **state)
{
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(STRICT);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(20), NOW + 100);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    expect_load(v, sign_manifest(&manifest, device_key(1), &leaf, 1, always), TPS_CRYPTO_CHAIN_PURPOSE, NULL);
    leaf = make_leaf_for(TPS_X509_RELEASES, TPS_SPAN_EMPTY, device_key(1), root, device_key(20), NOW + 100);
    expect_load(v, sign_manifest(&manifest, device_key(1), &leaf, 1, always), TPS_CRYPTO_CHAIN_PURPOSE, NULL);
    leaf =
        make_leaf_for(TPS_X509_ANY_PURPOSE, TPS_SPAN_EMPTY, device_key(1), root, device_key(20), NOW + 100);
    expect_load(v, sign_manifest(&manifest, device_key(1), &leaf, 1, always), TPS_CRYPTO_CHAIN_PURPOSE, NULL);
    expect_load(v, sign_manifest(&manifest, device_key(20), &root, 1, always), TPS_CRYPTO_CHAIN_PURPOSE,
                NULL);
    tps_verifier_free(v);
}

static void a_key_that_was_added_may_sign_endorsements(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(STRICT);
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(22), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);

    expect_load(v, sign_manifest(&manifest, device_key(23), NULL, 0, always), TPS_COSE_NO_KEY, NULL);
    expect_load(v, sign_manifest(&manifest, device_key(22), NULL, 0, always), TPS_OK, NULL);
    tps_verifier_free(v);
}

static void anchors_come_as_pem_or_der(void **state)
{
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_verifier *v = make_verifier(STRICT);
    tps_verifier_counts counts;
    char pem[4096];
    char base64[2048];
    size_t size = tps_base64_write(root, base64);
    int length = snprintf(pem, sizeof pem, "-----BEGIN CERTIFICATE-----\n%.*s\n-----END CERTIFICATE-----\n",
                          (int)size, base64);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, tps_span_make(pem, (size_t)length)), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, TPS_SPAN_LITERAL("nonsense")), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_int_equal(tps_verifier_add_anchor(v, TPS_SPAN_EMPTY), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_int_equal(tps_verifier_add_anchor(v, TPS_SPAN_LITERAL("0nonsense")), TPS_CRYPTO_BAD_CERTIFICATE);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 1);
    tps_verifier_free(v);
}

/* ---- validity ---- */

static void expired_endorsements_are_refused_then_and_forgotten_later(void **state)
{
    tps_corim_validity until_now = {true, false, 0, NOW};
    tps_corim_validity past = {true, false, 0, NOW - 1};
    tps_corim_validity future = {true, true, NOW + 1, NOW + 2};
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(LENIENT);
    tps_psa_claims claims = lamp_psa();
    tps_appraisal_request later = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW + 1};
    static tps_appraisal appraisal;

    (void)state;
    manifest.validity = past;
    expect_load(v, encode(&manifest), TPS_CORIM_EXPIRED, NULL);
    manifest.validity = future;
    expect_load(v, encode(&manifest), TPS_CORIM_EXPIRED, NULL);
    manifest.validity = until_now;
    expect_load(v, encode(&manifest), TPS_OK, NULL);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));

    tps_verifier_appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256), &later, &appraisal);
    expect_finding(&appraisal, "instance-identity.endorsement-expired", TPS_CORIM_EXPIRED);

    manifest.validity = always; /* renewed for the device alone: the reference values are still too old */
    manifest.component_count = 0;
    expect_load(v, encode(&manifest), TPS_OK, NULL);
    tps_verifier_appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256), &later, &appraisal);
    expect_finding(&appraisal, "executables.no-reference-values", TPS_OK);
    tps_verifier_free(v);
}

static void a_signature_has_a_validity_of_its_own(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(STRICT);
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(22), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    expect_load(
        v, sign_manifest(&manifest, device_key(22), NULL, 0, (tps_corim_validity){true, false, 0, NOW - 1}),
        TPS_CORIM_EXPIRED, NULL);
    tps_verifier_free(v);
}

/* ---- content ---- */

static void published_manifests_are_taken_or_refused_by_name(void **state)
{
    static const struct {
        const char *name;
        tps_status status;
        const char *detail;
    } cases[] = {
        {"veraison/psa-endorsements.cbor", TPS_OK, NULL},
        {"veraison/corim-enacttrust-valid.cbor", TPS_OK, NULL},
        {"veraison/corim-psa-bad-class.cbor", TPS_CORIM_BAD_VALUE,
         "the class id is not the implementation id of 32 bytes (tag 560) that its profile asks for"},
        {"veraison/corim-psa-valid.cbor", TPS_OK, NULL},
    };

    (void)state;
    vectors_require();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT); /* some of them have the same tag with another content */
        tps_buf file = vector_read(cases[i].name);
        expect_load(v, span_of(file), cases[i].status, cases[i].detail);
        free(file.data);
        tps_verifier_free(v);
    }
}

static void contradictions_are_refused_as_a_whole(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_manifest second;
    tps_corim_device device = manifest.devices[0];
    tps_verifier *v = make_verifier(LENIENT);
    tps_psa_claims claims = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    expect_load(v, encode(&manifest), TPS_OK, NULL);
    expect_load(v, encode(&manifest), TPS_OK, NULL); /* the same again is no contradiction */

    assert_int_equal(tps_crypto_key_spki(device_key(9), TPS_BUF_OF(spki), &size), TPS_OK);
    device.spki = tps_span_make(spki, size);
    manifest.devices = &device;
    expect_load(v, encode(&manifest), TPS_VERIFIER_CONFLICT, "the device is known with another key or class");
    second = lock_manifest();
    second.devices = lamp_manifest().devices;
    expect_load(v, encode(&second), TPS_VERIFIER_CONFLICT, "the device is known with another key or class");
    manifest = lamp_manifest();
    manifest.vendor = TPS_SPAN_LITERAL("Somebody else");
    expect_load(v, encode(&manifest), TPS_VERIFIER_CONFLICT,
                "the class is known with another vendor or model");

    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    claims.implementation_id = TPS_SPAN_OF(lock_class); /* nothing is left of the refused lock */
    claims.instance_id = instance_of(device_key(2));
    expect_finding(appraise(v, sign_psa(&claims, device_key(2), TPS_ALG_ES256)),
                   "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static void a_refused_manifest_leaves_no_names_or_versions_behind(void **state)
{
    static const uint8_t newer_digest[32] = {0xa9};
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest bad = lamp_manifest();
    tps_corim_component newer = lamp_software()[2];
    tps_corim_device device = bad.devices[0];
    tps_verifier *v = make_verifier(LENIENT);
    tps_psa_claims claims = lamp_psa();
    uint8_t spki[128];
    size_t size;

    (void)state;
    lamp.vendor = TPS_SPAN_EMPTY;
    lamp.model = TPS_SPAN_EMPTY;
    expect_load(v, encode(&lamp), TPS_OK, NULL);
    assert_int_equal(tps_crypto_key_spki(device_key(9), TPS_BUF_OF(spki), &size), TPS_OK);
    device.spki = tps_span_make(spki, size);
    bad.devices = &device;
    newer.digest = TPS_SPAN_OF(newer_digest);
    bad.components = &newer;
    bad.component_count = 1;
    expect_load(v, encode(&bad), TPS_VERIFIER_CONFLICT, NULL); /* for its device, after names and software */

    assert_string_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->device_class, "");
    claims.components[2].measurement = newer.digest;
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)),
                   "executables.unknown-measurement", TPS_OK);
    lamp = lamp_manifest();
    lamp.device_count = 0;
    expect_load(v, encode(&lamp), TPS_OK, NULL);
    claims = lamp_psa();
    assert_string_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->device_class,
                        "Lumen Lamp");
    lamp.model = TPS_SPAN_LITERAL("Lantern");
    expect_load(v, encode(&lamp), TPS_VERIFIER_CONFLICT, "the class is known with another vendor or model");
    tps_verifier_free(v);
}

static void many_classes_and_long_texts_are_kept(void **state)
{
    static char model[70000];
    static uint8_t room[400000];
    uint8_t class_id[32] = {0xee};
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(LENIENT);
    tps_device_claims claims = lamp_eat();
    tps_span encoded;

    (void)state;
    manifest.device_count = 0;
    manifest.class_id = TPS_SPAN_OF(class_id);
    for (class_id[1] = 0; class_id[1] < 40; class_id[1]++) {
        expect_load(v, encode(&manifest), TPS_OK, NULL);
    }
    memset(model, 'm', sizeof model);
    manifest = lamp_manifest();
    manifest.model = TPS_SPAN_OF(model);
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    expect_load(v, encoded, TPS_OK, NULL);

    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)));
    tps_verifier_free(v);
}

static void thousands_of_devices_are_found(void **state)
{
    enum { COUNT = 3000 };
    static uint8_t ids[COUNT][33];
    static tps_corim_device devices[COUNT];
    static uint8_t room[COUNT * 320];
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier(LENIENT);
    tps_psa_claims claims = lamp_psa();
    tps_verifier_counts counts;
    tps_span encoded;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        ids[i][0] = 1;
        memcpy(ids[i] + 1, &i, sizeof i);
        devices[i] = (tps_corim_device){TPS_SPAN_OF(ids[i]), manifest.devices[0].spki};
    }
    manifest.devices = devices;
    manifest.device_count = COUNT;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encoded, NOW, NULL), TPS_OK);

    tps_verifier_count(v, &counts);
    assert_int_equal(counts.devices, COUNT);
    for (uint32_t i = 0; i < COUNT; i += 299) {
        claims.instance_id = TPS_SPAN_OF(ids[i]);
        expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    }
    tps_verifier_free(v);
}

static void malformed_manifests_are_named(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest manifest = lamp_manifest();
    tps_span encoded = encode(&manifest);

    (void)state;
    expect_load(v, TPS_SPAN_EMPTY, TPS_CBOR_TRUNCATED, NULL);
    expect_load(v, TPS_SPAN_LITERAL("\xf6"), TPS_CORIM_NOT_WELL_FORMED, NULL);
    for (size_t size = 1; size < encoded.size; size++) {
        assert_int_not_equal(tps_verifier_add_corim(v, tps_span_make(encoded.data, size), NOW, NULL), TPS_OK);
    }
    tps_verifier_free(v);
}

/* ---- keys ---- */

static tps_status add_text_key(const char *text)
{
    tps_verifier *v = make_verifier(STRICT);
    tps_status status = tps_verifier_add_key(v, tps_span_of_text(text));

    tps_verifier_free(v);
    return status;
}

#define X "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
#define Y "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""

static void keys_come_in_several_forms(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    uint8_t room[256] = {0x04};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_crypto_point point;
    tps_verifier_counts counts;
    size_t size;

    (void)state;
    assert_int_equal(add_text_key(" \n{\"kty\":\"EC\",\"crv\":\"P-256\"," X Y "}"), TPS_OK);
    assert_int_equal(add_text_key("-----BEGIN PUBLIC KEY-----\n"
                                  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMKBCTNIcKUSDii11ySs3526iDZ8A\n"
                                  "iTo7Tu6KPAqv7D7gS2XpJFbZiItSs3m9+9Ue6GnvHw/GW2ZZaVtszggXIw==\n"
                                  "-----END PUBLIC KEY-----\n"),
                     TPS_OK);
    assert_int_equal(tps_cose_key_put(&w, device_key(5)), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(room, w.size)), TPS_OK);
    assert_int_equal(tps_crypto_key_point(device_key(5), &point), TPS_OK);
    room[0] = 0x04;
    memcpy(room + 1, point.x, 32);
    memcpy(room + 33, point.y, 32);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(room, 65)), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(device_key(5), TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(room, size)), TPS_OK);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.keys, 3);
    tps_verifier_free(v);
}

/* RFC 9052, 7.1: a key whose key_ops lack "verify" verifies nothing. */
static void what_a_cose_key_says_of_its_use_is_obeyed(void **state)
{
    static const struct {
        int64_t op;
        tps_status expected;
    } cases[] = {{TPS_KEY_OP_VERIFY, TPS_OK},
                 {TPS_KEY_OP_SIGN, TPS_COSE_KEY_USE},
                 {TPS_KEY_OP_DERIVE_KEY, TPS_COSE_KEY_USE}};
    tps_crypto_point point;

    (void)state;
    assert_int_equal(tps_crypto_key_point(device_key(5), &point), TPS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(STRICT);
        uint8_t room[128];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

        tps_cbor_put_map(&w, 5);
        tps_cbor_put_int(&w, 1);
        tps_cbor_put_int(&w, TPS_KEY_EC2);
        tps_cbor_put_int(&w, 4);
        tps_cbor_put_array(&w, 1);
        tps_cbor_put_int(&w, cases[i].op);
        tps_cbor_put_int(&w, -1);
        tps_cbor_put_int(&w, TPS_CURVE_P256);
        tps_cbor_put_int(&w, -2);
        tps_cbor_put_bytes(&w, tps_span_make(point.x, 32));
        tps_cbor_put_int(&w, -3);
        tps_cbor_put_bytes(&w, tps_span_make(point.y, 32));
        assert_int_equal(tps_verifier_add_key(v, tps_span_make(room, w.size)), cases[i].expected);
        tps_verifier_free(v);
    }
}

static void keys_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    assert_int_equal(add_text_key(""), TPS_CRYPTO_BAD_KEY);
    assert_int_equal(add_text_key("nonsense"), TPS_CRYPTO_BAD_KEY);
    assert_int_equal(add_text_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
                     TPS_CRYPTO_BAD_KEY);
    assert_int_equal(add_text_key("{"), TPS_JSON_TRUNCATED);
    assert_int_equal(add_text_key("{}"), TPS_JWK_BAD_KEY);
    assert_int_equal(add_text_key("{\"kty\":\"RSA\",\"crv\":\"P-256\"," X Y "}"), TPS_JWK_BAD_KEY);
    assert_int_equal(add_text_key("{\"kty\":\"EC\",\"crv\":\"P-521\"," X Y "}"), TPS_JWK_BAD_KEY);
    assert_int_equal(add_text_key("{\"kty\":\"EC\",\"crv\":\"P-384\"," X Y "}"), TPS_JWK_BAD_KEY);
    assert_int_equal(add_text_key("{\"kty\":\"EC\",\"crv\":\"P-256\"," Y "}"), TPS_JWK_BAD_KEY);
    assert_int_equal(add_text_key("{\"kty\":\"EC\",\"kty\":\"EC\",\"crv\":\"P-256\"," X Y "}"),
                     TPS_JSON_DUPLICATE_NAME);
    assert_int_equal(add_text_key("{\"kty\":\"EC\",\"crv\":\"P-256\"," X
                                  "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyI\"}"),
                     TPS_CRYPTO_BAD_KEY); /* off the curve */
    assert_int_equal(add_text_key("\xa0"), TPS_COSE_BAD_KEY);
}

/* ---- the demonstration CA ---- */

/* Its private key is in share/demo-ca, for everybody. */
static tps_crypto_key *demonstration_key(void)
{
    tps_buf pem = file_read("share/demo-ca/opentps-INSECURE-demonstration-ca.key.pem");
    tps_crypto_key *key;

    assert_int_equal(tps_crypto_key_from_pem(span_of(pem), &key), TPS_OK);
    free(pem.data);
    return key;
}

static void the_demonstration_key_is_the_one_that_is_compiled_in(void **state)
{
    tps_crypto_key *key = demonstration_key();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(size, TPS_DEMONSTRATION_SPKI_SIZE);
    assert_memory_equal(spki, tps_demonstration_spki, size);
    tps_crypto_key_free(key);
}

static void whatever_is_under_the_demonstration_ca_is_refused(void **state)
{
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_crypto_key *key = demonstration_key();
    tps_span maker = make_ca("Demo maker", device_key(30), demo, key);
    tps_span signer = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(31), maker,
                                    device_key(30), NOW + 100);
    tps_span chain[2] = {signer, maker};
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device device = manifest.devices[0];
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, demo), TPS_VERIFIER_DEMONSTRATION);
    assert_int_equal(tps_verifier_add_anchor(v, maker), TPS_VERIFIER_DEMONSTRATION);
    assert_int_equal(tps_verifier_add_key(v, TPS_SPAN_OF(tps_demonstration_spki)),
                     TPS_VERIFIER_DEMONSTRATION);
    expect_load(v, sign_manifest(&manifest, device_key(31), chain, 2, always), TPS_VERIFIER_DEMONSTRATION,
                NULL);
    device.spki = TPS_SPAN_OF(tps_demonstration_spki);
    manifest.devices = &device;
    expect_load(v, encode(&manifest), TPS_VERIFIER_DEMONSTRATION, "the attestation key of a device");
    tps_verifier_free(v);
    tps_crypto_key_free(key);
}

static void a_demonstration_that_is_allowed_is_marked(void **state)
{
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_crypto_key *key = demonstration_key();
    tps_span maker = make_ca("Demo maker", device_key(30), demo, key);
    tps_span signer = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(31), maker,
                                    device_key(30), NOW + 100);
    tps_span chain[2] = {signer, maker};
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_demonstration = true});
    tps_psa_claims claims = lamp_psa();
    tps_verifier_counts counts;

    (void)state;
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 1);
    expect_load(v, sign_manifest(&manifest, device_key(31), chain, 2, always), TPS_OK, NULL);

    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    assert_true(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->is_demonstration);
    tps_verifier_free(v);
    tps_crypto_key_free(key);
}

static void more_reference_values_of_a_class_than_an_appraisal_can_bear_are_refused(void **state)
{
    enum { MAX = 4096 };
    static tps_corim_component components[MAX + 1];
    static uint8_t digests[MAX + 1][32];
    static char versions[MAX + 1][8];
    static uint8_t room[1 << 20];
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_verifier_counts counts;
    tps_error why = {0};
    tps_span encoded;

    (void)state;
    for (uint32_t i = 0; i <= MAX; i++) {
        memcpy(digests[i], &i, sizeof i);
        components[i] = lamp_software()[0];
        components[i].digest = TPS_SPAN_OF(digests[i]);
        snprintf(versions[i], sizeof versions[i], "%u", i);
        components[i].version = tps_span_of_text(versions[i]);
    }
    manifest.components = components;
    manifest.component_count = MAX + 1;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encoded, NOW, &why), TPS_TOO_LARGE);
    assert_string_equal(why.detail, "more than 4,096 reference values of one class");
    manifest.component_count = MAX;
    assert_int_equal(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, encoded, NOW, &why), TPS_OK);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.reference_values, MAX);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsigned_endorsements_need_permission),
        cmocka_unit_test(a_signer_under_an_anchor_is_trusted_and_no_other),
        cmocka_unit_test(a_maker_has_no_say_in_the_classes_of_another),
        cmocka_unit_test(a_maker_has_no_say_in_the_devices_of_another),
        cmocka_unit_test(an_endorsed_device_is_not_for_another_maker_to_certify),
        cmocka_unit_test(a_manifest_is_taken_once_however_it_is_wrapped),
        cmocka_unit_test(keys_for_other_purposes_do_not_sign_endorsements),
        cmocka_unit_test(a_key_that_was_added_may_sign_endorsements),
        cmocka_unit_test(anchors_come_as_pem_or_der),
        cmocka_unit_test(expired_endorsements_are_refused_then_and_forgotten_later),
        cmocka_unit_test(a_signature_has_a_validity_of_its_own),
        cmocka_unit_test(published_manifests_are_taken_or_refused_by_name),
        cmocka_unit_test(contradictions_are_refused_as_a_whole),
        cmocka_unit_test(a_refused_manifest_leaves_no_names_or_versions_behind),
        cmocka_unit_test(many_classes_and_long_texts_are_kept),
        cmocka_unit_test(thousands_of_devices_are_found),
        cmocka_unit_test(malformed_manifests_are_named),
        cmocka_unit_test(keys_come_in_several_forms),
        cmocka_unit_test(what_a_cose_key_says_of_its_use_is_obeyed),
        cmocka_unit_test(keys_that_cannot_be_read_are_named),
        cmocka_unit_test(the_demonstration_key_is_the_one_that_is_compiled_in),
        cmocka_unit_test(whatever_is_under_the_demonstration_ca_is_refused),
        cmocka_unit_test(a_demonstration_that_is_allowed_is_marked),
        cmocka_unit_test(more_reference_values_of_a_class_than_an_appraisal_can_bear_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
