/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in the less usual forms, and forgeries about whose key it is: names of others, keys that do not fit,
 * limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "tps/base64.h"
#include "verifier/trust/key_read.h"
#include "verifier_support.h"

#define STRICT ((tps_verifier_options){.require_key = false})

/* A public key of RFC 8152's example in parts. */
#define X "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
#define Y "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""

static tps_status read_text(const char *text, bool *is_demonstration)
{
    found_key found;
    tps_status status = key_read(tps_span_of_text(text), &found);

    assert_int_equal(found.key == NULL, status != TPS_OK);
    tps_crypto_key_free(found.key);
    *is_demonstration = found.is_demonstration;
    return status;
}

static const char *pem_of(tps_span der)
{
    static char pem[4096];
    char base64[2048];

    snprintf(pem, sizeof pem, "-----BEGIN CERTIFICATE-----\n%.*s\n-----END CERTIFICATE-----\n",
             (int)tps_base64_write(der, base64), base64);
    return pem;
}

static tps_span spki_of(uint8_t number)
{
    static uint8_t room[4][128];
    static size_t next;
    uint8_t *spki = room[next++ % 4];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(device_key(number), (tps_buf){spki, 128}, &size), TPS_OK);
    return tps_span_make(spki, size);
}

static tps_crypto_key *p384_key(void)
{
    static tps_crypto_key *key;

    if (key == NULL) {
        assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P384, &key), TPS_OK);
    }
    return key;
}

static void add_p384_key(tps_verifier *v)
{
    uint8_t spki[192];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(p384_key(), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
}

static void a_certificate_gives_its_key(void **state)
{
    tps_span certificate = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    found_key found;
    bool is_demonstration;
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(key_read(tps_span_of_text(pem_of(certificate)), &found), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(found.key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_true(tps_span_equal(tps_span_make(spki, size), spki_of(20)));
    assert_false(found.is_demonstration);
    tps_crypto_key_free(found.key);
    assert_int_equal(read_text(pem_of(TPS_SPAN_LITERAL("no certificate")), &is_demonstration),
                     TPS_CRYPTO_BAD_CERTIFICATE);
    assert_int_not_equal(read_text("-----BEGIN CERTIFICATE-----\nAAAA", &is_demonstration), TPS_OK);
}

static void the_demonstration_key_is_known_in_every_form(void **state)
{
    tps_verifier *open = make_verifier((tps_verifier_options){.allow_demonstration = true});
    tps_verifier *strict = make_verifier(STRICT);
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_verifier_counts counts;
    bool is_demonstration = false;

    (void)state;
    assert_int_equal(read_text(pem_of(demo), &is_demonstration), TPS_OK);
    assert_true(is_demonstration);
    assert_int_equal(tps_verifier_add_key(strict, tps_span_of_text(pem_of(demo))),
                     TPS_VERIFIER_DEMONSTRATION);
    assert_int_equal(tps_verifier_add_key(open, TPS_SPAN_OF(tps_demonstration_spki)), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(open, demo), TPS_OK); /* it is there already */
    tps_verifier_count(open, &counts);
    assert_int_equal(counts.anchors, 1);
    assert_int_equal(counts.keys, 1);
    tps_verifier_free(open);
    tps_verifier_free(strict);
}

static void a_jwk_may_stand_behind_white_space(void **state)
{
    bool is_demonstration;

    (void)state;
    assert_int_equal(read_text("\t\r\n {\"kty\":\"EC\",\"crv\":\"P-256\"," X Y "}", &is_demonstration),
                     TPS_OK);
    assert_int_equal(read_text("\v{\"kty\":\"EC\",\"crv\":\"P-256\"," X Y "}", &is_demonstration),
                     TPS_CRYPTO_BAD_KEY);
    assert_int_equal(read_text(" \t\r\n", &is_demonstration), TPS_CRYPTO_BAD_KEY);
}

static void a_jwk_with_a_member_missing_or_broken_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{\"kty\":\"EC\"," X Y "}",
        "{\"crv\":\"P-256\"," X Y "}",
        "{\"kty\":7,\"crv\":\"P-256\"," X Y "}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IF!!\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "\"y\":\"4Etl\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\"," X "\"y\":4}",
    };
    bool is_demonstration;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(read_text(wrong[i], &is_demonstration), TPS_JWK_BAD_KEY);
    }
}

static void a_bare_point_begins_with_4(void **state)
{
    uint8_t bytes[97] = {0x02};
    tps_crypto_point point;
    found_key found;

    (void)state;
    assert_int_equal(tps_crypto_key_point(p384_key(), &point), TPS_OK);
    memcpy(bytes + 1, point.x, 48);
    memcpy(bytes + 49, point.y, 48);
    assert_int_equal(key_read(TPS_SPAN_OF(bytes), &found), TPS_CRYPTO_BAD_KEY);
    bytes[0] = 0x04;
    assert_int_equal(key_read(tps_span_make(bytes, 96), &found), TPS_CRYPTO_BAD_KEY);
    assert_int_equal(key_read(TPS_SPAN_OF(bytes), &found), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(found.key), TPS_CURVE_P384);
    tps_crypto_key_free(found.key);
}

/* A CA of the demonstration CA's name, with another key, is somebody's own CA: neither refused nor marked. */
static void the_name_alone_does_not_make_it_the_demonstration_ca(void **state)
{
    tps_span impostor = make_ca(TPS_DEMONSTRATION_NAME, device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), impostor, device_key(20), NOW + 100);
    tps_span unrelated = make_ca("Root", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span demo = TPS_SPAN_OF(tps_demonstration_certificate);
    tps_span chain[3] = {leaf, impostor, demo};
    tps_device_claims claims = lamp_eat();
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();

    (void)state;
    assert_false(key_names_demonstration(chain, 0));
    assert_false(key_names_demonstration(&unrelated, 1));
    assert_false(key_names_demonstration(chain, 2));
    assert_true(key_names_demonstration(chain, 3));

    manifest.device_count = 0;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, unrelated), TPS_OK);
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), chain, 2)),
                   "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), chain, 3)), "instance-identity.demonstration",
                   TPS_VERIFIER_DEMONSTRATION);
    assert_int_equal(tps_verifier_add_anchor(v, impostor), TPS_OK);
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), chain, 2)));
    assert_false(appraise(v, sign_eat(&claims, device_key(1), chain, 2))->is_demonstration);
    tps_verifier_free(v);
}

static void a_certified_device_has_the_instance_id_of_its_key(void **state)
{
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(20), NOW + 100);
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_device_claims claims = lamp_eat();
    uint8_t id[33];

    (void)state;
    manifest.device_count = 0;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    memcpy(id, claims.ueid.data, sizeof id);
    claims.ueid = TPS_SPAN_OF(id);
    expect_affirming(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)));

    id[32] ^= 1;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    id[32] ^= 1;
    id[0] = 0x02; /* another type of UEID */
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    id[0] = 0x01;
    claims.ueid = tps_span_make(id, 17); /* the start of the right one */
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_chain_without_any_anchor_is_nobodys(void **state)
{
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 1", device_key(1), root, device_key(20), NOW + 100);
    tps_verifier *v = make_verifier(STRICT);
    tps_device_claims claims = lamp_eat();

    (void)state;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)),
                   "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static void a_refused_algorithm_hides_no_bad_signature(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    tps_psa_claims claims = lamp_psa();

    (void)state;
    add_p384_key(v);
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "evidence.algorithm-refused",
                   TPS_COSE_ALG_REFUSED);
    assert_int_equal(tps_verifier_add_key(v, spki_of(2)), TPS_OK);
    add_p384_key(v);
    expect_finding(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    tps_verifier_free(v);
}

static void a_chain_that_cannot_be_read_names_no_other_signer(void **state)
{
    const tps_span chain[1] = {TPS_SPAN_LITERAL("no certificate")};
    const tps_span other[1] = {make_ca("Somebody", device_key(3), TPS_SPAN_EMPTY, NULL)};
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();

    (void)state;
    expect_finding(appraise(v, sign_eat(&claims, device_key(3), chain, 1)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, sign_eat(&claims, device_key(4), other, 1)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, sign_eat(&claims, device_key(3), other, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void a_required_key_does_not_outlive_the_endorsement(void **state)
{
    tps_verifier *v =
        make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true, .require_key = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_psa_claims claims = lamp_psa();
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    static tps_appraisal a;

    (void)state;
    manifest.validity = (tps_corim_validity){true, false, 0, NOW + 10};
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, spki_of(1)), TPS_OK);
    expect_affirming(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256)));

    request.now = NOW + 11;
    tps_verifier_appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256), &request, &a);
    assert_int_not_equal(a.tier, TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(a.findings[0].status, TPS_CORIM_EXPIRED);
    tps_verifier_free(v);
}

static void anchors_are_bounded(void **state)
{
    tps_verifier *v = make_verifier(STRICT);
    tps_verifier_counts counts;

    (void)state;
    for (unsigned i = 0; i < 1024; i++) {
        assert_int_equal(tps_verifier_add_anchor(v, make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL)),
                         TPS_OK);
    }
    assert_int_equal(tps_verifier_add_anchor(v, make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL)),
                     TPS_TOO_LARGE);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 1024);
    tps_verifier_free(v);
}

static void schemes_have_names(void **state)
{
    (void)state;
    assert_string_equal(tps_scheme_name(TPS_SCHEME_PSA), "PSA_IOT");
    assert_string_equal(tps_scheme_name(TPS_SCHEME_OPENTPS), "OPENTPS");
    assert_string_equal(tps_scheme_name(77), "UNKNOWN");
}

static int end(void **state)
{
    tps_crypto_key_free(p384_key());
    return support_end(state);
}

/* How often a certificate was read. */
static size_t reads;

void *__wrap_d2i_X509(void **a, const unsigned char **in, long size);
void *__real_d2i_X509(void **a, const unsigned char **in, long size);

void *__wrap_d2i_X509(void **a, const unsigned char **in, long size)
{
    reads++;
    return __real_d2i_X509(a, in, size);
}

static void anchors_are_not_read_again_for_each_chain(void **state)
{
    enum { OTHERS = 100, READS_MAX = 16 };
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_device_claims claims = lamp_eat();
    tps_span root;
    tps_span leaf;
    char name[16];

    (void)state;
    for (unsigned i = 0; i < OTHERS; i++) {
        snprintf(name, sizeof name, "Root %u", i);
        assert_int_equal(tps_verifier_add_anchor(v, make_ca(name, device_key(21), TPS_SPAN_EMPTY, NULL)),
                         TPS_OK);
    }
    root = make_ca("Lumen root", device_key(20), TPS_SPAN_EMPTY, NULL);
    leaf = make_leaf("Lamp 1", device_key(1), root, device_key(20), NOW + 100);
    reads = 0;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)),
                   "instance-identity.unknown-signer", TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_in_range(reads, 1, READS_MAX);
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    reads = 0;
    expect_finding(appraise(v, sign_eat(&claims, device_key(1), &leaf, 1)), "hardware.unknown-class", TPS_OK);
    assert_in_range(reads, 1, READS_MAX);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_gives_its_key),
        cmocka_unit_test(the_demonstration_key_is_known_in_every_form),
        cmocka_unit_test(a_jwk_may_stand_behind_white_space),
        cmocka_unit_test(a_jwk_with_a_member_missing_or_broken_is_refused),
        cmocka_unit_test(a_bare_point_begins_with_4),
        cmocka_unit_test(the_name_alone_does_not_make_it_the_demonstration_ca),
        cmocka_unit_test(a_certified_device_has_the_instance_id_of_its_key),
        cmocka_unit_test(a_chain_without_any_anchor_is_nobodys),
        cmocka_unit_test(a_refused_algorithm_hides_no_bad_signature),
        cmocka_unit_test(a_chain_that_cannot_be_read_names_no_other_signer),
        cmocka_unit_test(a_required_key_does_not_outlive_the_endorsement),
        cmocka_unit_test(anchors_are_bounded),
        cmocka_unit_test(schemes_have_names),
        cmocka_unit_test(anchors_are_not_read_again_for_each_chain),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
