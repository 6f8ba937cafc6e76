/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of triples in all their forms, and for what the signer's anchor is trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "endorsements_support.h"
#include "support/keys.h"
#include "tps/base64.h"
#include "tps/coswid.h"

static const uint8_t a_digest[32] = {0xd1};
static const uint8_t another_digest[32] = {0xd2};

/* ---- keys ---- */

static tps_span pem_of(tps_span der, const char *label)
{
    static char pem[4096];
    char text[2048];
    size_t size = tps_base64_write(der, text);
    size_t at = (size_t)snprintf(pem, sizeof pem, "-----BEGIN %s-----\n", label);

    for (size_t i = 0; i < size; i += 64) {
        at += (size_t)snprintf(pem + at, sizeof pem - at, "%.*s\n", (int)(size - i < 64 ? size - i : 64),
                               text + i);
    }
    at += (size_t)snprintf(pem + at, sizeof pem - at, "-----END %s-----\n", label);
    return tps_span_make(pem, at);
}

static tps_span sha256_of(tps_span bytes)
{
    static tps_digest digests[16];
    static size_t next;
    tps_digest *digest = &digests[next++ % 16];

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, digest), TPS_OK);
    return tps_span_make(digest->bytes, digest->size);
}

static size_t count_by_key(tps_verifier *v, uint32_t kind, uint32_t by, tps_span digest)
{
    knowledge_statement_walk walk = knowledge_statements_by_key(&v->knowledge, kind, by, digest, NOW);
    knowledge_statement found;
    size_t count = 0;

    while (knowledge_next_statement(&walk, &found)) {
        count++;
    }
    return count;
}

static void keys_of_every_form_are_found(void **state)
{
    static uint8_t spki_room[128];
    static uint8_t cose[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cose));
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span pem_key;
    tps_span spki;
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(20), TPS_BUF_OF(spki_room), &size), TPS_OK);
    spki = tps_span_make(spki_room, size);
    assert_int_equal(tps_cose_key_put(&w, device_key(20)), TPS_OK);
    for (uint32_t i = 0; i < 8; i++) {
        static char pem_room[4096];
        const tps_corim_digest digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)};
        const struct {
            tps_corim_key key;
            uint32_t by;
            tps_span found_by;
        } forms[] = {
            {{.tag = TPS_CORIM_TAG_KEY_PEM}, STATEMENT_BY_KEY, sha256_of(spki)},
            {{.tag = TPS_CORIM_TAG_CERTIFICATE_PEM}, STATEMENT_BY_KEY, sha256_of(spki)},
            {{.tag = TPS_CORIM_TAG_PATH_PEM}, STATEMENT_BY_CERTIFICATE, sha256_of(root)},
            {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = digest}, STATEMENT_BY_KEY, digest.value},
            {{.tag = TPS_CORIM_TAG_COSE_KEY, .value = tps_span_make(cose, w.size)},
             STATEMENT_BY_KEY,
             sha256_of(spki)},
            {{.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT, .digest = digest},
             STATEMENT_BY_CERTIFICATE,
             digest.value},
            {{.tag = TPS_CORIM_TAG_PATH_THUMBPRINT, .digest = digest}, STATEMENT_BY_PATH, digest.value},
            {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = root},
             STATEMENT_BY_CERTIFICATE,
             sha256_of(root)},
        };
        tps_verifier *v = make_verifier(LENIENT);
        tps_corim_environment board = the_board();
        tps_corim_key key = forms[i].key;
        tps_corim_key_statement keys = {.environment = board, .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys), .identity_keys = ONE(&keys)};

        if (i < 3) {
            pem_key = i == 0 ? pem_of(spki, "PUBLIC KEY") : pem_of(root, "CERTIFICATE");
            memcpy(pem_room, pem_key.data, pem_key.size);
            key.value = tps_span_make(pem_room, pem_key.size);
        }
        expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
        assert_int_equal(count_by_key(v, STATEMENT_ATTEST_KEYS, forms[i].by, forms[i].found_by), 1);
        assert_int_equal(count_by_key(v, STATEMENT_IDENTITY_KEYS, forms[i].by, forms[i].found_by), 1);
        assert_int_equal(count_by_key(v, STATEMENT_ATTEST_KEYS, forms[i].by, TPS_SPAN_OF(another_digest)), 0);
        assert_int_equal(count_of(v, STATEMENT_IDENTITY_KEYS, &board), 1);
        tps_verifier_free(v);
    }
}

/* A plain key in PEM is read without the crypto library; whatever looks otherwise goes to it. */
static void plain_keys_and_others_are_read_alike(void **state)
{
    static const struct {
        size_t at; /* which character of the PEM is made another one */
        char c;
        tps_status expected;
    } cases[] = {{0, '-', TPS_OK},
                 {40, '!', TPS_CRYPTO_BAD_KEY},
                 {28, 'A', TPS_CRYPTO_BAD_KEY},
                 {11, 'X', TPS_CRYPTO_BAD_KEY}};
    tps_corim_manifest lamp = lamp_manifest();
    char text[1024];
    tps_span pem = pem_of(lamp.devices[0].spki, "PUBLIC KEY");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM, .value = tps_span_make(text, pem.size)};
        tps_corim_key_statement keys = {
            .environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                            .instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id}},
            .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys)};

        memcpy(text, pem.data, pem.size);
        text[cases[i].at] = cases[i].c;
        expect(v, write_comid(&comid, TPS_CORIM_PROFILE_PSA_URI), cases[i].expected, NULL);
        tps_verifier_free(v);
    }
}

/* That a plain key is on its curve is found when it is first used. */
static void a_key_off_its_curve_verifies_nothing(void **state)
{
    static uint8_t spki[128];
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_device device = lamp.devices[0];
    tps_psa_claims claims = lamp_psa();

    (void)state;
    memcpy(spki, device.spki.data, device.spki.size);
    spki[device.spki.size - 1] ^= 1;
    device.spki = tps_span_make(spki, device.spki.size);
    lamp.devices = &device;
    expect(v, encode(&lamp), TPS_OK, NULL);
    assert_int_not_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->tier,
                         TPS_EAR_TIER_AFFIRMING);
    tps_verifier_free(v);
}

/* Without a profile an instance id with one key is a device, too. */
static void a_device_needs_no_profile(void **state)
{
    tps_verifier *v = make_verifier(LENIENT);
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM, .value = pem_of(lamp.devices[0].spki, "PUBLIC KEY")};
    tps_corim_key_statement keys = {
        .environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                        .instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id}},
        .keys = ONE(&key)};
    tps_corim_comid comid = {.attest_keys = ONE(&keys)};
    tps_psa_claims claims = lamp_psa();

    (void)state;
    expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
    assert_int_equal(count_of(v, STATEMENT_ATTEST_KEYS, &keys.environment), 1);
    lamp.device_count = 0;
    expect(v, encode(&lamp), TPS_OK, NULL);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));
    tps_verifier_free(v);
}

/* The key is known by its thumbprint, or its certificate's; the evidence brings the certificate. */
static void a_device_may_be_known_by_a_thumbprint(void **state)
{
    static uint8_t spki[128];
    tps_span root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(21), NOW + 100);
    tps_span old_leaf = make_leaf("Lamp 1", device_key(1), root, device_key(21), NOW - 100);
    tps_span other_leaf = make_leaf("Lamp 2", device_key(2), root, device_key(21), NOW + 100);
    tps_corim_manifest lamp = lamp_manifest();
    tps_device_claims claims = lamp_eat();
    tps_span spki_span;
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(spki), &size), TPS_OK);
    spki_span = tps_span_make(spki, size);
    for (size_t i = 0; i < 3; i++) {
        const tps_span value = sha256_of(i == 0 ? spki_span : i == 1 ? leaf : old_leaf);
        tps_corim_key key = {.tag =
                                 i == 0 ? TPS_CORIM_TAG_KEY_THUMBPRINT : TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT,
                             .digest = {.alg = TPS_ALG_SHA256, .value = value}};
        tps_corim_key_statement keys = {
            .environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                            .instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id}},
            .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys)};
        tps_corim_manifest software = lamp;
        tps_verifier *v = make_verifier(LENIENT);

        software.device_count = 0;
        expect(v, encode(&software), TPS_OK, NULL);
        expect(v, write_comid(&comid, TPS_CORIM_PROFILE_PSA_URI), TPS_OK, NULL);
        expect(v, encode(&lamp), TPS_VERIFIER_CONFLICT, "the device is known with another key or class");
        expect_finding(appraise(v, sign_eat(&claims, device_key(1), NULL, 0)), "evidence.unverifiable",
                       TPS_COSE_NO_KEY);
        expect_finding(appraise(v, sign_eat(&claims, device_key(2), &other_leaf, 1)),
                       "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
        if (i == 2) {
            assert_int_not_equal(appraise(v, sign_eat(&claims, device_key(1), &old_leaf, 1))->tier,
                                 TPS_EAR_TIER_AFFIRMING);
        } else {
            expect_affirming(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)));
        }
        tps_verifier_free(v);
    }
}

/* What is no key in an identity-key triple of the general form, and who must not be in it. */
static void keys_that_cannot_be_read_are_named(void **state)
{
    const tps_corim_digest unknown = {.value = TPS_SPAN_OF(a_digest), .name = {.number = 99}};
    const struct {
        tps_corim_key key;
        tps_status expected;
    } cases[] = {
        {{.tag = TPS_CORIM_TAG_KEY_PEM, .value = TEXT("nonsense")}, TPS_CRYPTO_BAD_KEY},
        {{.tag = TPS_CORIM_TAG_KEY_PEM, .value = pem_of(TPS_SPAN_OF(tps_demonstration_spki), "PUBLIC KEY")},
         TPS_VERIFIER_DEMONSTRATION},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = TEXT("nonsense")}, TPS_CRYPTO_BAD_KEY},
        {{.tag = TPS_CORIM_TAG_PATH_PEM, .value = TEXT("nonsense")}, TPS_CRYPTO_BAD_CERTIFICATE},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = TEXT("nonsense")}, TPS_CRYPTO_BAD_CERTIFICATE},
        {{.tag = TPS_CORIM_TAG_KEY_THUMBPRINT, .digest = unknown}, TPS_CORIM_UNSUPPORTED},
        {{.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT, .digest = unknown}, TPS_CORIM_UNSUPPORTED},
        {{.tag = 999, .value = TEXT("\xd9\x03\xe7\x01")}, TPS_CORIM_UNSUPPORTED},
    };
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_corim_key key = cases[i].key;
        tps_corim_key_statement keys = {.environment = the_board(), .keys = ONE(&key)};
        tps_corim_comid comid = {.identity_keys = ONE(&keys)};
        expect(v, write_comid(&comid, NULL), cases[i].expected, NULL);
    }
    tps_verifier_free(v);
}

/* A key in PEM that the short way does not take is taken by the long one, or refused by it. */
static void pem_of_every_layout_is_read(void **state)
{
    static char text[8][1024];
    tps_corim_manifest lamp = lamp_manifest();
    tps_span pem = pem_of(lamp.devices[0].spki, "PUBLIC KEY");
    tps_crypto_key *p384 = test_key_p384();
    uint8_t spki[256];
    size_t size;
    size_t at = 0;
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    for (size_t i = 0; i < pem.size; i++) { /* line ends of two characters */
        if (pem.data[i] == '\n') {
            text[0][at++] = '\r';
        }
        text[0][at++] = (char)pem.data[i];
    }
    snprintf(text[1], sizeof text[1], "%.*s", (int)pem.size - 12, (const char *)pem.data);
    snprintf(text[2], sizeof text[2], "-----BEGIN PUBLIC KEY-----");
    snprintf(text[3], sizeof text[3], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    snprintf(text[4], sizeof text[4], "%.*s", (int)pem.size, (const char *)pem.data);
    memcpy(strstr(text[4], "-----END"), "-----ABC", 8);
    assert_int_equal(tps_crypto_key_spki(p384, TPS_BUF_OF(spki), &size), TPS_OK);
    pem = pem_of(tps_span_make(spki, size), "PUBLIC KEY");
    snprintf(text[5], sizeof text[5], "%.*s", (int)pem.size, (const char *)pem.data);
    for (size_t i = 0; i < 6; i++) {
        tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM, .value = tps_span_of_text(text[i])};
        tps_corim_key_statement keys = {.environment = the_board(), .keys = ONE(&key)};
        tps_corim_comid comid = {.identity_keys = ONE(&keys)};
        expect(v, write_comid(&comid, NULL), i == 0 || i == 5 ? TPS_OK : TPS_CRYPTO_BAD_KEY, NULL);
    }
    tps_crypto_key_free(p384);
    tps_verifier_free(v);
}

/* Where an instance id is made of the key, the key must be there, and on P-256. */
static void the_opentps_profile_takes_keys_it_can_check(void **state)
{
    tps_crypto_key *p384 = test_key_p384();
    tps_corim_manifest lamp = lamp_manifest();
    uint8_t spki[256];
    size_t size;
    tps_verifier *v = make_verifier(LENIENT);

    (void)state;
    assert_int_equal(tps_crypto_key_spki(p384, TPS_BUF_OF(spki), &size), TPS_OK);
    for (size_t i = 0; i < 2; i++) {
        tps_corim_key key = {.tag = i == 0 ? TPS_CORIM_TAG_KEY_THUMBPRINT : TPS_CORIM_TAG_KEY_PEM,
                             .value = pem_of(tps_span_make(spki, size), "PUBLIC KEY"),
                             .digest = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(a_digest)}};
        tps_corim_key_statement keys = {
            .environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                            .vendor = lamp.vendor,
                            .model = lamp.model,
                            .instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id}},
            .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys)};
        expect(v, write_comid(&comid, TPS_CORIM_PROFILE_OPENTPS_URI),
               i == 0 ? TPS_CORIM_UNSUPPORTED : TPS_CORIM_BAD_VALUE, NULL);
    }
    tps_crypto_key_free(p384);
    tps_verifier_free(v);
}

/* Thumbprints of every hash; revoked ones; a signature by another key; an instance that is another key's. */
static void a_thumbprint_is_no_shortcut(void **state)
{
    static const int32_t hashes[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};
    tps_span root = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(21), NOW + 100);
    tps_span other_leaf = make_leaf("Lamp 2", device_key(2), root, device_key(21), NOW + 100);
    tps_span broken = tps_span_make(leaf.data, leaf.size - 1);
    tps_corim_manifest lamp = lamp_manifest();
    tps_device_claims claims = lamp_eat();

    (void)state;
    lamp.device_count = 0;
    for (size_t i = 0; i < 4; i++) {
        tps_verifier *v = make_verifier(LENIENT);
        tps_digest digest;
        tps_corim_key key = {.tag = TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT};
        tps_corim_key_statement keys = {.environment = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id},
                                                        .instance = {TPS_CORIM_UEID, 0, claims.ueid}},
                                        .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys)};
        tps_revocation revocation = {.kind = TPS_REVOKED_CERTIFICATE, .value = sha256_of(leaf)};

        assert_int_equal(tps_crypto_hash_of(hashes[i % 3], i == 3 ? other_leaf : leaf, &digest), TPS_OK);
        key.digest =
            (tps_corim_digest){.alg = hashes[i % 3], .value = tps_span_make(digest.bytes, digest.size)};
        expect(v, encode(&lamp), TPS_OK, NULL);
        expect(v, write_comid(&comid, TPS_CORIM_PROFILE_PSA_URI), TPS_OK, NULL);
        if (i == 3) { /* a key of somebody else's, in a profile that cannot tell: not for this one */
            expect_finding(appraise(v, sign_eat(&claims, device_key(2), &other_leaf, 1)),
                           "instance-identity.other-device", TPS_VERIFIER_INSTANCE_MISMATCH);
            tps_verifier_free(v);
            continue;
        }
        expect_affirming(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)));
        expect_finding(appraise(v, sign_eat(&claims, device_key(2), &leaf, 1)), "evidence.bad-signature",
                       TPS_COSE_BAD_SIGNATURE);
        assert_int_not_equal(appraise(v, sign_eat(&claims, device_key(1), &broken, 1))->tier,
                             TPS_EAR_TIER_AFFIRMING);
        assert_int_equal(tps_verifier_revoke(v, &revocation), TPS_OK);
        expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)), "instance-identity.revoked",
                       TPS_VERIFIER_REVOKED_CERTIFICATE);
        tps_verifier_free(v);
    }
}

/* ---- scope ---- */

/* A manifest in bytes, signed with a chain of one. */
static tps_span sign(tps_span corim, tps_crypto_key *key, const tps_span *leaf)
{
    static uint8_t room[16384];
    tps_corim_signer who = {.name = TEXT("Somebody"), .x5chain = leaf, .x5chain_count = 1};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_span message;

    assert_int_equal(tps_corim_sign(corim, &who, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

/* Loads a manifest, signed under an anchor with this scope. */
static void expect_scoped(const tps_anchor_scope *given, const tps_corim_manifest *manifest,
                          tps_status expected)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = false});
    tps_span root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20), NOW + 100);

    assert_int_equal(tps_verifier_add_scoped_anchor(v, root, given), TPS_OK);
    expect(v, sign_manifest(manifest, device_key(22), &leaf, 1, (tps_corim_validity){0}), expected, NULL);
    tps_verifier_free(v);
}

static void an_anchor_endorses_within_its_scope_only(void **state)
{
    const tps_corim_manifest lamp = lamp_manifest();
    const tps_span instance = instance_of(device_key(1));
    const tps_scope_class classes[] = {{.id = TPS_SPAN_OF(lamp_class)},
                                       {.id = TPS_SPAN_OF(lock_class)},
                                       {.vendor = TEXT("Lumen")},
                                       {.vendor = TEXT("Lumen"), .model = TEXT("Lock")},
                                       {.vendor = TEXT("Other")}};
    const tps_scope_instances range = {instance, instance};
    static const uint8_t low[33] = {0};
    const tps_scope_instances other_range = {TPS_SPAN_OF(low), TPS_SPAN_OF(low)};
    const struct {
        tps_anchor_scope scope;
        tps_status expected;
    } cases[] = {
        {{.uses = 0}, TPS_OK},
        {{.uses = TPS_ANCHOR_ENDORSES}, TPS_OK},
        {{.uses = TPS_ANCHOR_CERTIFIES}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.triples = 1u << STATEMENT_REFERENCE | 1u << STATEMENT_ATTEST_KEYS}, TPS_OK},
        {{.triples = 1u << STATEMENT_REFERENCE}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.triples = 1u << STATEMENT_ATTEST_KEYS}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.classes = &classes[0], .class_count = 1}, TPS_OK},
        {{.classes = &classes[1], .class_count = 1}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.classes = &classes[0], .class_count = 2}, TPS_OK},
        {{.classes = &classes[2], .class_count = 1}, TPS_OK},
        {{.classes = &classes[3], .class_count = 1}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.classes = &classes[4], .class_count = 1}, TPS_VERIFIER_OUT_OF_SCOPE},
        {{.triples = 1u << STATEMENT_ATTEST_KEYS, .instances = &range, .instance_count = 1},
         TPS_VERIFIER_OUT_OF_SCOPE}, /* for its reference values */
        {{.instances = &other_range, .instance_count = 1}, TPS_VERIFIER_OUT_OF_SCOPE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_scoped(&cases[i].scope, &lamp, cases[i].expected);
    }
}

/* Two makers are trusted; one has spoken of the lamp, as a class and as a device. */
static void the_general_form_is_no_way_to_speak_for_another_maker(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = false});
    tps_span one = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span two = make_ca("Other root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf_one =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), one, device_key(20), NOW + 100);
    tps_span leaf_two =
        make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(23), two, device_key(21), NOW + 100);
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_environment lamps = {.class_id = {TPS_CORIM_BYTES, 0, lamp.class_id}};
    tps_corim_environment lamp_1 = {.instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id}};
    tps_corim_measurement value = {.name = TEXT("mine")};
    tps_corim_environment board = the_board();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, one), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, two), TPS_OK);
    expect(v, sign_manifest(&lamp, device_key(22), &leaf_one, 1, (tps_corim_validity){0}), TPS_OK, NULL);
    for (size_t i = 0; i < 4; i++) {
        tps_corim_environment *subject = i % 2 == 0 ? &lamps : &lamp_1;
        tps_corim_statement statement = {*subject, ONE(&value)};
        tps_corim_domain domain = {board, ONE(subject)};
        tps_corim_comid comid = {.endorsed_values = ONE(&statement)};
        tps_status refusal = i % 2 == 0 ? TPS_VERIFIER_CLASS_OF_ANOTHER : TPS_VERIFIER_INSTANCE_OF_ANOTHER;

        if (i >= 2) {
            comid = (tps_corim_comid){.dependencies = ONE(&domain)};
        }
        expect(v, sign(write_comid(&comid, NULL), device_key(23), &leaf_two), refusal, NULL);
        expect(v, sign(write_comid(&comid, NULL), device_key(22), &leaf_one), TPS_OK, NULL);
    }
    tps_verifier_free(v);
}

/* The device is in no index; whoever spoke of its keys first speaks for it all the same. */
static void keys_of_an_instance_are_the_first_makers(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = false});
    tps_corim_manifest lamp = lamp_manifest();
    const tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM,
                               .value = pem_of(lamp.devices[0].spki, "PUBLIC KEY")};
    const uint32_t kinds[] = {TPS_CORIM_UEID, TPS_CORIM_BYTES};
    tps_span leaves[2];

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        tps_span ca = make_ca(i == 0 ? "Lumen root" : "Other root", device_key(20 + i), TPS_SPAN_EMPTY, NULL);
        leaves[i] = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22 + i), ca,
                                  device_key(20 + i), NOW + 100);
        assert_int_equal(tps_verifier_add_anchor(v, ca), TPS_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        size_t who = i == 0 ? 0 : 1;
        tps_corim_key_statement keys = {
            .environment = {.vendor = who == 0 ? TEXT("Lumen") : TEXT("Other"),
                            .instance = {kinds[i == 2], 0, lamp.devices[0].instance_id}},
            .keys = ONE(&key)};
        tps_corim_comid comid = {.attest_keys = ONE(&keys)};
        expect(v, sign(write_comid(&comid, NULL), device_key(22 + (uint8_t)who), &leaves[who]),
               who == 0 ? TPS_OK : TPS_VERIFIER_INSTANCE_OF_ANOTHER, NULL);
    }
    lamp.tag_version++;
    expect(v, sign_manifest(&lamp, device_key(23), &leaves[1], 1, (tps_corim_validity){0}),
           TPS_VERIFIER_INSTANCE_OF_ANOTHER, NULL);
    tps_verifier_free(v);
}

/* Without a profile: what is no device of the index is found as a statement alone. */
static void a_statement_of_keys_is_no_device_by_itself(void **state)
{
    tps_corim_manifest lamp = lamp_manifest();
    const tps_corim_value class_value = {TPS_CORIM_BYTES, 0, lamp.class_id};
    const tps_corim_value short_class = {TPS_CORIM_BYTES, 0, TEXT("short")};
    const tps_corim_value other_class = {TPS_CORIM_UUID, 37, TEXT("0123456789abcdef")};
    const tps_corim_value instance = {TPS_CORIM_UEID, 0, lamp.devices[0].instance_id};
    const tps_corim_value short_instance = {TPS_CORIM_UEID, 0, TEXT("1234567")};
    const tps_corim_environment environments[] = {{.class_id = class_value, .instance = short_instance},
                                                  {.class_id = class_value},
                                                  {.class_id = short_class, .instance = instance},
                                                  {.class_id = other_class, .instance = instance},
                                                  {.class_id = class_value, .instance = instance}};
    const tps_corim_key plain = {.tag = TPS_CORIM_TAG_KEY_PEM,
                                 .value = pem_of(lamp.devices[0].spki, "PUBLIC KEY")};
    const tps_corim_key identifier = {.tag = TPS_CORIM_TAG_BYTES, .value = TEXT("id")};
    tps_verifier *v = make_verifier(LENIENT);
    tps_verifier_counts counts;

    (void)state;
    for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
        const tps_corim_key keys_of[2] = {i == 4 ? identifier : plain, identifier};
        tps_corim_key_statement keys[] = {
            {.environment = environments[i], .keys = {.items = keys_of, .count = 1}},
            {.environment = environments[4], .keys = {.items = keys_of, .count = 2}}};
        tps_corim_comid comid = {.attest_keys = {.items = keys, .count = 2}};
        expect(v, write_comid(&comid, NULL), TPS_OK, NULL);
    }
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.devices, 0);
    assert_int_equal(counts.statements, 10);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_form_are_found),
        cmocka_unit_test(plain_keys_and_others_are_read_alike),
        cmocka_unit_test(a_key_off_its_curve_verifies_nothing),
        cmocka_unit_test(a_device_needs_no_profile),
        cmocka_unit_test(a_device_may_be_known_by_a_thumbprint),
        cmocka_unit_test(a_thumbprint_is_no_shortcut),
        cmocka_unit_test(keys_that_cannot_be_read_are_named),
        cmocka_unit_test(pem_of_every_layout_is_read),
        cmocka_unit_test(the_opentps_profile_takes_keys_it_can_check),
        cmocka_unit_test(the_general_form_is_no_way_to_speak_for_another_maker),
        cmocka_unit_test(keys_of_an_instance_are_the_first_makers),
        cmocka_unit_test(a_statement_of_keys_is_no_device_by_itself),
        cmocka_unit_test(an_anchor_endorses_within_its_scope_only),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
