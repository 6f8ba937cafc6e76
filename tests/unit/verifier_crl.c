/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists of issuers of certificates (RFC 5280, 5), made with OpenSSL alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "certified_support.h"
#include "crypto/openssl/key.h"
#include "crypto/x509.h"
#include "support/faults.h"
#include "tps/base64.h"
#include "tps/revocation.h"
#include "verifier/state.h"

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);

void *__wrap_malloc(size_t size)
{
    return fault_now() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fault_now() ? NULL : __real_realloc(old, size);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

static const tps_corim_validity always = {.is_present = false};

static tps_span lamp_evidence(void)
{
    tps_psa_claims claims = lamp_psa();

    return sign_psa(&claims, device_key(1), TPS_ALG_ES256);
}

/* ---- making lists ---- */

typedef struct {
    int64_t from;
    int64_t until;    /* INT64_MIN: none */
    tps_span revoked; /* a certificate, or empty */
    size_t others;    /* how many more there are, of certificates that nobody has */
    int critical;     /* NID of a critical extension, or 0 */
} crl_plan;

static X509 *read_certificate(tps_span der)
{
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);

    assert_non_null(certificate);
    return certificate;
}

static void add_revoked(X509_CRL *crl, tps_span der)
{
    X509 *certificate = read_certificate(der);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)NOW - 5);

    assert_int_equal(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)), 1);
    assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
    ASN1_TIME_free(when);
    X509_free(certificate);
}

/* Numbers of 1 to 20 bytes, none of them in order. */
static void add_other(X509_CRL *crl, size_t i)
{
    uint8_t bytes[20] = {(uint8_t)(1 + i * 7 % 127), (uint8_t)(i >> 8), (uint8_t)i};
    BIGNUM *number = BN_bin2bn(bytes, (int)(3 + i % 18), NULL);
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)NOW - 5);

    assert_int_equal(X509_REVOKED_set_serialNumber(entry, serial), 1);
    assert_int_equal(X509_REVOKED_set_revocationDate(entry, when), 1);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
    ASN1_TIME_free(when);
    ASN1_INTEGER_free(serial);
    BN_free(number);
}

static void add_critical(X509_CRL *crl, int nid)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();

    assert_int_equal(ASN1_INTEGER_set(number, 1), 1);
    assert_int_equal(X509_CRL_add1_ext_i2d(crl, nid, number, 1, 0), 1);
    ASN1_INTEGER_free(number);
}

/* A list in DER, signed by `key` in the name of `issuer`. */
static tps_span make_crl(const crl_plan *plan, tps_span issuer, uint8_t key)
{
    static uint8_t rooms[8][32768];
    static size_t next;
    uint8_t *room = rooms[next++ % 8];
    unsigned char *at = room;
    X509_CRL *crl = X509_CRL_new();
    X509 *certificate = read_certificate(issuer);
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)plan->from);
    ASN1_TIME *until = plan->until == INT64_MIN ? NULL : ASN1_TIME_set(NULL, (time_t)plan->until);
    int size;

    assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
    assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate)), 1);
    assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
    if (until != NULL) {
        assert_int_equal(X509_CRL_set1_nextUpdate(crl, until), 1);
    }
    if (plan->revoked.size > 0) {
        add_revoked(crl, plan->revoked);
    }
    for (size_t i = 0; i < plan->others; i++) {
        add_other(crl, i);
    }
    if (plan->critical != 0) {
        add_critical(crl, plan->critical);
    }
    assert_int_equal(X509_CRL_sort(crl), 1);
    assert_true(X509_CRL_sign(crl, device_key(key)->pkey, EVP_sha256()) > 0);
    size = i2d_X509_CRL(crl, NULL);
    assert_in_range(size, 1, 32768);
    (void)i2d_X509_CRL(crl, &at);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_free(certificate);
    X509_CRL_free(crl);
    return tps_span_make(room, (size_t)size);
}

static size_t put_pem(char *out, size_t size, const char *kind, tps_span der)
{
    static char base64[45000];
    size_t length = tps_base64_write(der, base64);
    size_t at = (size_t)snprintf(out, size, "-----BEGIN %s-----\n", kind);

    for (size_t i = 0; i < length; i += 64) {
        at += (size_t)snprintf(out + at, size - at, "%.*s\n", (int)(length - i < 64 ? length - i : 64),
                               base64 + i);
    }
    return at + (size_t)snprintf(out + at, size - at, "-----END %s-----\n", kind);
}

/* The list, and the certificates that lead from its signer to an anchor. */
static tps_span as_pem(tps_span crl, tps_span certificate)
{
    static char text[65536];
    size_t at = put_pem(text, sizeof text, "X509 CRL", crl);

    if (certificate.size > 0) {
        at += put_pem(text + at, sizeof text - at, "CERTIFICATE", certificate);
    }
    return tps_span_make(text, at);
}

static tps_status add_crl(tps_verifier *v, tps_span crl, int64_t now)
{
    tps_error why = {.status = TPS_OK};
    tps_status status = tps_verifier_add_crl(v, crl, now, &why);

    assert_int_equal(why.status, status);
    return status;
}

/* ---- what they do ---- */

static void a_certificate_on_its_issuers_list_is_refused(void **state)
{
    certified c = make_certified();
    const crl_plan empty = {.from = NOW - 20, .until = NOW + 100};
    const crl_plan with_leaf = {.from = NOW - 10, .until = NOW + 100, .revoked = c.chain[0]};
    const crl_plan with_ca = {.from = NOW - 10, .until = NOW + 100, .revoked = c.ca};
    tps_verifier *v = verifier_with_root(&c);

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&empty, c.root, 20), NOW), TPS_OK);
    assert_int_equal(add_crl(v, as_pem(make_crl(&empty, c.ca, 21), c.ca), NOW), TPS_OK);
    expect_affirming(appraise(v, c.evidence));
    expect_affirming(appraise(v, c.evidence));
    assert_int_equal(add_crl(v, as_pem(make_crl(&with_leaf, c.ca, 21), c.ca), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);

    v = verifier_with_root(&c);
    assert_int_equal(add_crl(v, as_pem(make_crl(&with_ca, c.root, 20), TPS_SPAN_EMPTY), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    /* and so nothing that this CA signs counts */
    assert_int_equal(add_crl(v, as_pem(make_crl(&empty, c.ca, 21), c.ca), NOW),
                     TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

static void an_older_list_does_not_take_the_place_of_a_newer_one(void **state)
{
    certified c = make_certified();
    const crl_plan old = {.from = NOW - 20, .until = NOW + 100};
    const crl_plan new = {.from = NOW - 10, .until = NOW + 100, .revoked = c.ca};
    tps_verifier *v = verifier_with_root(&c);

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&new, c.root, 20), NOW), TPS_OK);
    assert_int_equal(add_crl(v, make_crl(&old, c.root, 20), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

static void an_issuer_whose_list_is_out_of_date_vouches_for_nobody(void **state)
{
    certified c = make_certified();
    const crl_plan plan = {.from = NOW - 20, .until = NOW + 5};
    const crl_plan next = {.from = NOW + 1, .until = NOW + 50};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    static tps_appraisal out;
    tps_verifier *v = verifier_with_root(&c);

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&plan, c.root, 20), NOW), TPS_OK);
    for (; request.now <= NOW + 5; request.now++) {
        tps_verifier_appraise(v, c.evidence, &request, &out);
        expect_affirming(&out);
    }
    tps_verifier_appraise(v, c.evidence, &request, &out);
    expect_finding(&out, "instance-identity.revocation-unknown", TPS_VERIFIER_CRL_OUTDATED);
    assert_int_equal(add_crl(v, make_crl(&next, c.root, 20), request.now), TPS_OK);
    tps_verifier_appraise(v, c.evidence, &request, &out);
    expect_affirming(&out);
    tps_verifier_free(v);
}

static void endorsements_of_a_signer_on_a_list_count_no_more(void **state)
{
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20),
                                  NOW + 50000);
    tps_corim_manifest manifest = lamp_manifest();
    tps_span corim = sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    const crl_plan plan = {.from = NOW - 20, .until = NOW + 100, .revoked = leaf};
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_OK);
    expect_affirming(appraise(v, lamp_evidence()));
    assert_int_equal(add_crl(v, make_crl(&plan, root, 20), NOW), TPS_OK);
    expect_finding(appraise(v, lamp_evidence()), "instance-identity.signer-withdrawn",
                   TPS_VERIFIER_SIGNER_WITHDRAWN);
    tps_verifier_free(v);
}

static void lists_that_say_less_than_all_or_come_from_others_are_refused(void **state)
{
    certified c = make_certified();
    tps_verifier *v = verifier_with_root(&c);
    tps_span other = make_ca("Other", device_key(30), TPS_SPAN_EMPTY, NULL);
    tps_span garbage = TPS_SPAN_LITERAL("0garbage");
    const crl_plan good = {.from = NOW - 20, .until = NOW + 100};
    const crl_plan late = {.from = NOW + 1, .until = NOW + 100};
    const crl_plan over = {.from = NOW - 20, .until = NOW - 1};
    const crl_plan endless = {.from = NOW - 20, .until = INT64_MIN};
    const crl_plan delta = {.from = NOW - 20, .until = NOW + 100, .critical = NID_delta_crl};
    tps_span list = make_crl(&good, c.root, 20);
    static uint8_t longer[32800];

    (void)state;
    assert_int_equal(add_crl(v, garbage, NOW), TPS_CRYPTO_BAD_CRL);
    assert_int_equal(add_crl(v, TPS_SPAN_EMPTY, NOW), TPS_CRYPTO_BAD_CRL);
    assert_int_equal(add_crl(v, TPS_SPAN_LITERAL("-----BEGIN X509 CRL-----\n"), NOW), TPS_CRYPTO_BAD_CRL);
    memcpy(longer, list.data, list.size);
    longer[list.size] = 0;
    assert_int_equal(add_crl(v, tps_span_make(longer, list.size + 1), NOW), TPS_CRYPTO_BAD_CRL);
    assert_int_equal(add_crl(v, make_crl(&late, c.root, 20), NOW), TPS_VERIFIER_CRL_OUTDATED);
    assert_int_equal(add_crl(v, make_crl(&over, c.root, 20), NOW), TPS_VERIFIER_CRL_OUTDATED);
    assert_int_equal(add_crl(v, make_crl(&endless, c.root, 20), NOW), TPS_CRYPTO_BAD_CRL);
    assert_int_equal(add_crl(v, make_crl(&delta, c.root, 20), NOW), TPS_UNSUPPORTED);
    assert_int_equal(add_crl(v, make_crl(&good, c.root, 21), NOW), TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(add_crl(v, make_crl(&good, other, 30), NOW), TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(add_crl(v, as_pem(make_crl(&good, other, 30), TPS_SPAN_EMPTY), NOW),
                     TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(add_crl(v, as_pem(make_crl(&good, other, 30), other), NOW), TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_int_equal(add_crl(v, as_pem(make_crl(&good, other, 30), c.ca), NOW), TPS_CRYPTO_CHAIN_BROKEN);
    assert_int_equal(add_crl(v, as_pem(make_crl(&good, c.chain[0], 3), c.root), NOW),
                     TPS_CRYPTO_CHAIN_BROKEN);
    expect_affirming(appraise(v, c.evidence));
    tps_verifier_free(v);
}

/* A device signs a list, with a chain that is good. */
static void who_is_no_ca_lists_nothing(void **state)
{
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 3", device_key(3), root, device_key(20), NOW + 500);
    const crl_plan good = {.from = NOW - 20, .until = NOW + 100};
    tps_verifier *v = maker_verifier();

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_int_equal(add_crl(v, as_pem(make_crl(&good, leaf, 3), leaf), NOW), TPS_CRYPTO_CHAIN_RULES);
    tps_verifier_free(v);
}

static void a_number_is_found_among_hundreds_of_every_size(void **state)
{
    certified c = make_certified();
    const crl_plan without = {.from = NOW - 20, .until = NOW + 100, .others = 400};
    const crl_plan with = {.from = NOW - 10, .until = NOW + 100, .others = 400, .revoked = c.ca};
    tps_verifier *v = verifier_with_root(&c);

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&without, c.root, 20), NOW), TPS_OK);
    expect_affirming(appraise(v, c.evidence));
    assert_int_equal(add_crl(v, make_crl(&with, c.root, 20), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

static void keys_are_not_moved_past_a_list_that_is_new(void **state)
{
    static const uint8_t secret[32] = {3};
    certified c = make_certified();
    const crl_plan old = {.from = NOW - 20, .until = NOW + 100};
    const crl_plan new = {.from = NOW - 10, .until = NOW + 100};
    tps_verifier *v = verifier_with_root(&c);
    tps_verifier *next = verifier_with_root(&c);
    tps_appraisal basis;

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&old, c.root, 20), NOW), TPS_OK);
    assert_int_equal(add_crl(next, make_crl(&old, c.root, 20), NOW), TPS_OK);
    basis = *appraise(v, c.evidence);
    assert_int_equal(tps_verifier_establish_key(v, &basis, TPS_SPAN_OF(secret), NOW + 9), TPS_OK);
    tps_verifier_take_established(next, v, NOW);
    assert_int_equal(next->established.count, 1);
    assert_int_equal(add_crl(v, make_crl(&new, c.root, 20), NOW), TPS_OK);
    tps_verifier_take_established(v, next, NOW);
    assert_int_equal(v->established.count, 0);
    tps_verifier_free(next);
    next = verifier_with_root(&c); /* without any list */
    assert_int_equal(tps_verifier_establish_key(next, &basis, TPS_SPAN_OF(secret), NOW + 9), TPS_OK);
    tps_verifier_take_established(v, next, NOW);
    assert_int_equal(v->established.count, 0);
    tps_verifier_free(v);
    tps_verifier_free(next);
}

static void who_is_taken_off_the_list_counts_again(void **state)
{
    certified c = make_certified();
    const crl_plan with = {.from = NOW - 20, .until = NOW + 100, .revoked = c.ca};
    const crl_plan without = {.from = NOW - 10, .until = NOW + 100};
    tps_verifier *v = verifier_with_root(&c);

    (void)state;
    assert_int_equal(add_crl(v, make_crl(&with, c.root, 20), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    assert_int_equal(add_crl(v, make_crl(&without, c.root, 20), NOW), TPS_OK);
    expect_affirming(appraise(v, c.evidence));
    tps_verifier_free(v);
}

/* A root without a certificate among the anchors: its key is one. */
static void the_list_of_a_key_that_is_an_anchor_comes_with_its_certificate(void **state)
{
    certified c = make_certified();
    const crl_plan plan = {.from = NOW - 20, .until = NOW + 100, .revoked = c.ca};
    tps_verifier *v = maker_verifier();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_spki(device_key(20), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, tps_span_make(spki, size), &(tps_anchor_scope){.uses = 0}), TPS_OK);
    expect_affirming(appraise(v, c.evidence));
    assert_int_equal(add_crl(v, make_crl(&plan, c.root, 20), NOW), TPS_VERIFIER_NO_TRUST_ANCHOR);
    assert_int_equal(add_crl(v, as_pem(make_crl(&plan, c.root, 20), c.root), NOW), TPS_OK);
    expect_finding(appraise(v, c.evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_CERTIFICATE);
    tps_verifier_free(v);
}

/* The certificate again, with another serial number or key usage, signed by `key`. */
static tps_span changed(tps_span der, const char *serial, const char *usage, uint8_t key)
{
    static uint8_t rooms[4][1024];
    static size_t next;
    uint8_t *room = rooms[next++ % 4];
    unsigned char *at = room;
    X509 *certificate = read_certificate(der);
    int size;

    if (serial != NULL) {
        BIGNUM *number = NULL;
        assert_true(BN_hex2bn(&number, serial) > 0);
        assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)));
        BN_free(number);
    }
    if (usage != NULL) {
        X509_EXTENSION *made = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
        X509_EXTENSION_free(
            X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, NID_key_usage, -1)));
        assert_int_equal(X509_add_ext(certificate, made, -1), 1);
        X509_EXTENSION_free(made);
    }
    assert_true(X509_sign(certificate, device_key(key)->pkey, EVP_sha256()) > 0);
    size = i2d_X509(certificate, &at);
    assert_in_range(size, 1, 1024);
    X509_free(certificate);
    return tps_span_make(room, (size_t)size);
}

static void a_number_that_no_list_can_hold_counts_as_revoked(void **state)
{
    static const char *const numbers[] = {"7f0102030405060708090a0b0c0d0e0f1011121314", "-5"};
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    const crl_plan empty = {.from = NOW - 20, .until = NOW + 100};
    tps_device_claims claims = lamp_eat();

    (void)state;
    claims.ueid = instance_of(device_key(3));
    for (size_t i = 0; i < 2; i++) {
        tps_span leaf = make_leaf("Lamp 3", device_key(3), root, device_key(20), NOW + 500);
        tps_span odd = changed(leaf, numbers[i], NULL, 20);
        tps_verifier *v = maker_verifier();

        assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
        expect_affirming(appraise(v, sign_eat(&claims, device_key(3), &odd, 1)));
        assert_int_equal(add_crl(v, make_crl(&empty, root, 20), NOW), TPS_OK);
        expect_finding(appraise(v, sign_eat(&claims, device_key(3), &odd, 1)), "instance-identity.revoked",
                       TPS_VERIFIER_REVOKED_CERTIFICATE);
        expect_affirming(appraise(v, sign_eat(&claims, device_key(3), &leaf, 1)));
        tps_verifier_free(v);
    }
}

static void an_anchor_that_signs_no_lists_or_no_certificates_lists_nothing(void **state)
{
    static const char *const usages[] = {"critical,keyCertSign", "critical,cRLSign"};
    const crl_plan plan = {.from = NOW - 20, .until = NOW + 100};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_span root = changed(make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL), NULL, usages[i], 20);
        tps_verifier *v = maker_verifier();

        assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
        assert_int_equal(add_crl(v, make_crl(&plan, root, 20), NOW), TPS_CRYPTO_CHAIN_RULES);
        tps_verifier_free(v);
    }
}

static void a_list_that_fails_changes_nothing_and_can_be_given_again(void **state)
{
    certified c = make_certified();
    const crl_plan plan = {.from = NOW - 20, .until = NOW + 100, .revoked = c.chain[0]};
    static uint8_t room[16384];
    tps_span list = as_pem(make_crl(&plan, c.ca, 21), c.ca);
    bool has_failed = true;

    (void)state;
    memcpy(room, list.data, list.size);
    list = tps_span_make(room, list.size);
    for (unsigned n = 1; has_failed; n++) {
        tps_verifier *v = verifier_with_root(&c);
        tps_status status;

        fault_arm(n);
        status = tps_verifier_add_crl(v, list, NOW, NULL);
        has_failed = fault_struck();
        assert_int_equal(status != TPS_OK, has_failed);
        if (has_failed) {
            expect_affirming(appraise(v, c.evidence));
            assert_int_equal(add_crl(v, list, NOW), TPS_OK);
        }
        expect_finding(appraise(v, c.evidence), "instance-identity.revoked",
                       TPS_VERIFIER_REVOKED_CERTIFICATE);
        tps_verifier_free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_on_its_issuers_list_is_refused),
        cmocka_unit_test(an_older_list_does_not_take_the_place_of_a_newer_one),
        cmocka_unit_test(an_issuer_whose_list_is_out_of_date_vouches_for_nobody),
        cmocka_unit_test(endorsements_of_a_signer_on_a_list_count_no_more),
        cmocka_unit_test(lists_that_say_less_than_all_or_come_from_others_are_refused),
        cmocka_unit_test(who_is_no_ca_lists_nothing),
        cmocka_unit_test(a_number_is_found_among_hundreds_of_every_size),
        cmocka_unit_test(keys_are_not_moved_past_a_list_that_is_new),
        cmocka_unit_test(who_is_taken_off_the_list_counts_again),
        cmocka_unit_test(the_list_of_a_key_that_is_an_anchor_comes_with_its_certificate),
        cmocka_unit_test(a_number_that_no_list_can_hold_counts_as_revoked),
        cmocka_unit_test(an_anchor_that_signs_no_lists_or_no_certificates_lists_nothing),
        cmocka_unit_test(a_list_that_fails_changes_nothing_and_can_be_given_again),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
