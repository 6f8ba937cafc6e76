/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing certificates, describing them, and reading them from PEM. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/x509.h"
#include "support/check.h"
#include "support/keys.h"

static tps_crypto_key *issuer_key;
static tps_crypto_key *subject_key;
static uint8_t issuer_der[1024];
static tps_span issuer;
static uint8_t der[1024];

static tps_status issue(const tps_x509_request *request, const tps_crypto_key *subject, tps_span under,
                        const tps_crypto_key *key, tps_span *out)
{
    size_t size = 0;
    tps_status status = tps_x509_issue(request, subject, under, key, TPS_BUF_OF(der), &size);

    *out = tps_span_make(der, size);
    return status;
}

static int make(void **state)
{
    tps_x509_request request = {
        .common_name = "Acme Root", .ca = true, .path_length = -1, .not_after = 2000000000};
    size_t size;

    (void)state;
    issuer_key = test_key(1);
    subject_key = test_key(2);
    assert_status(
        tps_x509_issue(&request, issuer_key, TPS_SPAN_EMPTY, issuer_key, TPS_BUF_OF(issuer_der), &size),
        TPS_OK);
    issuer = tps_span_make(issuer_der, size);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tps_crypto_key_free(issuer_key);
    tps_crypto_key_free(subject_key);
    return 0;
}

static const tps_x509_request device = {.common_name = "Bulb",
                                        .organization = "Acm\xc3\xa9",
                                        .serial_number = "A-0001",
                                        .not_before = 1700000000,
                                        .not_after = 1800000000};

static X509 *parsed(tps_span span)
{
    const unsigned char *at = span.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)span.size);

    assert_non_null(certificate);
    return certificate;
}

static void what_was_asked_for_stands_in_the_certificate(void **state)
{
    tps_span made;
    tps_x509_info info;
    tps_digest digest;
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_status(issue(&device, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_status(tps_x509_describe(made, &info), TPS_OK);
    assert_non_null(strstr(info.subject, "CN=Bulb"));
    assert_non_null(strstr(info.subject, "O=Acm\xc3\xa9"));
    assert_non_null(strstr(info.subject, "serialNumber=A-0001"));
    assert_string_equal(info.issuer, "CN=Acme Root");
    assert_true(info.not_before == 1700000000 && info.not_after == 1800000000);
    assert_false(info.ca);
    assert_int_equal(strlen(info.serial), 40);
    assert_in_range(info.serial[0], '4', '7');
    assert_status(tps_crypto_key_spki(subject_key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
    assert_memory_equal(info.spki_sha256, digest.bytes, 32);
}

static void a_device_is_named_as_dice_does(void **state)
{
    static const uint8_t id[34] = {0x01, 0x02, 0x03};
    static const char expected[] = "\x06\x06\x67\x81\x05\x05\x04\x04\x04\x15\x30\x13\x04\x11\x01\x02\x03";
    tps_x509_request request = device;
    tps_span made;

    (void)state;
    request.ueid = tps_span_make(id, 17);
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_non_null(memmem(made.data, made.size, expected, sizeof expected - 1));
    for (size_t size = 1; size <= 34; size++) {
        request.ueid.size = size;
        assert_status(issue(&request, subject_key, issuer, issuer_key, &made),
                      size >= 7 && size <= 33 ? TPS_OK : TPS_BAD_ARGUMENT);
    }
}

static void usage_and_constraints_are_critical_and_as_asked_for(void **state)
{
    tps_x509_request request = {.common_name = "CA", .ca = true, .path_length = 3, .not_after = 1};
    tps_span made;
    X509 *certificate;

    (void)state;
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_OK);
    certificate = parsed(made);
    assert_int_equal(X509_get_pathlen(certificate), 3);
    assert_int_equal(X509_check_ca(certificate), 1);
    assert_int_equal(X509_get_key_usage(certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
    assert_non_null(X509_get0_subject_key_id(certificate));
    assert_non_null(X509_get0_authority_key_id(certificate));
    X509_free(certificate);

    assert_status(issue(&device, subject_key, issuer, issuer_key, &made), TPS_OK);
    certificate = parsed(made);
    assert_int_equal(X509_check_ca(certificate), 0);
    assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_pathlen(certificate), -1);
    assert_true(X509_EXTENSION_get_critical(
        X509_get_ext(certificate, X509_get_ext_by_NID(certificate, NID_key_usage, -1))));
    assert_true(X509_EXTENSION_get_critical(
        X509_get_ext(certificate, X509_get_ext_by_NID(certificate, NID_basic_constraints, -1))));
    X509_free(certificate);
}

static void serial_numbers_differ(void **state)
{
    tps_x509_info first;
    tps_x509_info second;
    tps_span made;

    (void)state;
    assert_status(issue(&device, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_status(tps_x509_describe(made, &first), TPS_OK);
    assert_status(issue(&device, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_status(tps_x509_describe(made, &second), TPS_OK);
    assert_string_not_equal(first.serial, second.serial);
}

/* RFC 5280, 4.1.2.5: times from 2050 on, and the end that is none. */
static void late_and_endless_validity_is_written(void **state)
{
    tps_x509_request request = device;
    tps_x509_info info;
    tps_span made;

    (void)state;
    request.not_after = INT64_C(2600000000);
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_status(tps_x509_describe(made, &info), TPS_OK);
    assert_true(info.not_after == INT64_C(2600000000));
    request.not_after = INT64_MAX;
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_OK);
    assert_status(tps_x509_describe(made, &info), TPS_OK);
    assert_true(info.not_after == INT64_C(253402300799));
}

static void a_small_buffer_is_told_the_size_needed(void **state)
{
    size_t needed = 0;
    size_t size = 0;

    (void)state;
    assert_status(tps_x509_issue(&device, subject_key, issuer, issuer_key, TPS_BUF_MEASURE, &needed), TPS_OK);
    assert_in_range(needed, 300, 600);
    assert_status(tps_x509_issue(&device, subject_key, issuer, issuer_key, (tps_buf){der, 100}, &size),
                  TPS_BUFFER_TOO_SMALL);
    /* The signature's size varies by a few bytes. */
    assert_in_range(size, needed - 4, needed + 4);
}

static void a_key_that_is_not_the_issuers_is_refused(void **state)
{
    tps_crypto_key *public_key = NULL;
    tps_crypto_point point;
    tps_span made;

    (void)state;
    assert_status(issue(&device, subject_key, issuer, subject_key, &made), TPS_BAD_ARGUMENT);
    assert_status(issue(&device, subject_key, TPS_SPAN_EMPTY, issuer_key, &made), TPS_BAD_ARGUMENT);
    assert_status(issue(&device, subject_key, TPS_SPAN_LITERAL("no certificate"), issuer_key, &made),
                  TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(tps_crypto_key_point(issuer_key, &point), TPS_OK);
    assert_status(tps_crypto_key_from_point(&point, &public_key), TPS_OK);
    assert_status(issue(&device, subject_key, issuer, public_key, &made), TPS_CRYPTO_FAILED);
    tps_crypto_key_free(public_key);
}

static void names_that_x509_cannot_hold_are_refused(void **state)
{
    tps_x509_request request = device;
    char name[66];
    tps_span made;

    (void)state;
    memset(name, 'x', sizeof name);
    name[65] = '\0';
    request.common_name = name;
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_CRYPTO_FAILED);
    name[64] = '\0';
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_OK);
    request.common_name = "\xff";
    assert_status(issue(&request, subject_key, issuer, issuer_key, &made), TPS_CRYPTO_FAILED);
}

static void p384_issues_and_is_issued(void **state)
{
    tps_crypto_key *p384 = test_key_p384();
    tps_crypto_key *back = NULL;
    tps_x509_request request = {
        .common_name = "P-384", .ca = true, .path_length = -1, .not_after = 2000000000};
    tps_span made;

    (void)state;
    assert_status(issue(&request, p384, TPS_SPAN_EMPTY, p384, &made), TPS_OK);
    assert_status(tps_x509_public_key(made, &back), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(back), TPS_CURVE_P384);
    tps_crypto_key_free(back);
    assert_status(tps_x509_chain_verify(&made, 1, &made, 1, 1000000000, &back, NULL), TPS_OK);
    tps_crypto_key_free(back);
    tps_crypto_key_free(p384);
}

static void what_is_no_certificate_is_refused(void **state)
{
    tps_crypto_key *key = NULL;
    tps_x509_info info;

    (void)state;
    assert_status(tps_x509_describe(TPS_SPAN_LITERAL("x"), &info), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(tps_x509_describe(TPS_SPAN_EMPTY, &info), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_status(tps_x509_public_key(TPS_SPAN_LITERAL("x"), &key), TPS_CRYPTO_BAD_CERTIFICATE);
    assert_null(key);
}

/* PEM text of the issuer's certificate, `times` over. */
static size_t write_pem(char *pem, size_t room, int times)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *certificate = parsed(issuer);
    int size;

    for (int i = 0; i < times; i++) {
        assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    }
    size = BIO_read(bio, pem, (int)room - 1);
    assert_true(size > 0);
    pem[size] = '\0';
    X509_free(certificate);
    BIO_free(bio);
    return (size_t)size;
}

static void certificates_are_read_from_pem_in_order(void **state)
{
    char pem[4096];
    uint8_t out[2048];
    tps_span ders[3];
    size_t count = 3;
    size_t size = write_pem(pem, sizeof pem, 2);

    (void)state;
    assert_status(tps_x509_from_pem(tps_span_make(pem, size), TPS_BUF_OF(out), ders, &count), TPS_OK);
    assert_int_equal(count, 2);
    assert_span(ders[0], issuer);
    assert_span(ders[1], issuer);
}

static void more_certificates_than_there_is_room_for_are_too_large(void **state)
{
    char pem[4096];
    uint8_t out[2048];
    tps_span ders[2];
    size_t count = 1;
    size_t size = write_pem(pem, sizeof pem, 2);

    (void)state;
    assert_status(tps_x509_from_pem(tps_span_make(pem, size), TPS_BUF_OF(out), ders, &count), TPS_TOO_LARGE);
    count = 2;
    assert_status(
        tps_x509_from_pem(tps_span_make(pem, size), (tps_buf){out, 2 * issuer.size - 1}, ders, &count),
        TPS_TOO_LARGE);
    count = 2;
    assert_status(tps_x509_from_pem(tps_span_make(pem, size), (tps_buf){out, 2 * issuer.size}, ders, &count),
                  TPS_OK);
}

static void broken_and_empty_pem_is_refused(void **state)
{
    char pem[4096];
    uint8_t out[2048];
    tps_span ders[2];
    size_t count = 2;
    size_t size = write_pem(pem, sizeof pem, 2);

    (void)state;
    assert_status(tps_x509_from_pem(TPS_SPAN_EMPTY, TPS_BUF_OF(out), ders, &count),
                  TPS_CRYPTO_BAD_CERTIFICATE);
    count = 2;
    assert_status(tps_x509_from_pem(TPS_SPAN_LITERAL("nothing"), TPS_BUF_OF(out), ders, &count),
                  TPS_CRYPTO_BAD_CERTIFICATE);
    count = 2;
    pem[size - 100] = '?';
    assert_status(tps_x509_from_pem(tps_span_make(pem, size), TPS_BUF_OF(out), ders, &count),
                  TPS_CRYPTO_BAD_CERTIFICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for_stands_in_the_certificate),
        cmocka_unit_test(a_device_is_named_as_dice_does),
        cmocka_unit_test(usage_and_constraints_are_critical_and_as_asked_for),
        cmocka_unit_test(serial_numbers_differ),
        cmocka_unit_test(late_and_endless_validity_is_written),
        cmocka_unit_test(a_small_buffer_is_told_the_size_needed),
        cmocka_unit_test(a_key_that_is_not_the_issuers_is_refused),
        cmocka_unit_test(names_that_x509_cannot_hold_are_refused),
        cmocka_unit_test(p384_issues_and_is_issued),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(certificates_are_read_from_pem_in_order),
        cmocka_unit_test(more_certificates_than_there_is_room_for_are_too_large),
        cmocka_unit_test(broken_and_empty_pem_is_refused),
    };

    return cmocka_run_group_tests(tests, make, end);
}
