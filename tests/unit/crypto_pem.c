/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from PEM: every kind that crypto.h names; nothing ever asks on the terminal. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include "crypto/openssl/key.h"
#include "crypto/x509.h"
#include "support/check.h"
#include "support/keys.h"

static tps_crypto_key *key;
static char pem[4096];
static unsigned asked;

static int ask(UI *ui)
{
    (void)ui;
    asked++;
    return 0;
}

/* From here on a question on the terminal is counted, and answered with a failure. */
static int make(void **state)
{
    UI_METHOD *method = UI_create_method("counts questions");

    (void)state;
    key = test_key(1);
    UI_method_set_opener(method, ask);
    UI_set_default_method(method);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    UI_destroy_method((UI_METHOD *)(uintptr_t)UI_get_default_method());
    UI_set_default_method(UI_OpenSSL());
    return 0;
}

/* Takes what was written to `bio` as the PEM text of the test. */
static void take(BIO *bio)
{
    int size = BIO_read(bio, pem, sizeof pem - 1);

    assert_true(size > 0);
    pem[size] = '\0';
    BIO_free(bio);
}

static tps_status read_pem(tps_crypto_key **out)
{
    tps_buf copy = exact_copy(tps_span_of_text(pem));
    tps_status status = tps_crypto_key_from_pem((tps_span){copy.data, copy.size}, out);

    free(copy.data);
    return status;
}

static void assert_key(bool is_private)
{
    tps_crypto_key *back = NULL;
    tps_crypto_point expected;
    tps_crypto_point point;

    assert_status(read_pem(&back), TPS_OK);
    assert_int_equal(tps_crypto_key_is_private(back), is_private);
    assert_status(tps_crypto_key_point(key, &expected), TPS_OK);
    assert_status(tps_crypto_key_point(back, &point), TPS_OK);
    assert_memory_equal(point.x, expected.x, 32);
    assert_memory_equal(point.y, expected.y, 32);
    tps_crypto_key_free(back);
}

static void assert_refused_without_a_question(void)
{
    tps_crypto_key *back = NULL;

    asked = 0;
    assert_status(read_pem(&back), TPS_CRYPTO_BAD_KEY);
    assert_null(back);
    assert_int_equal(asked, 0);
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left behind for the next user of the library */
}

static void public_keys_are_read(void **state)
{
    BIO *bio = BIO_new(BIO_s_mem());

    (void)state;
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key->pkey), 1);
    take(bio);
    assert_non_null(strstr(pem, "BEGIN PUBLIC KEY"));
    assert_key(false);
}

static void private_keys_of_both_forms_are_read(void **state)
{
    BIO *bio = BIO_new(BIO_s_mem());

    (void)state;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL), 1);
    take(bio);
    assert_non_null(strstr(pem, "BEGIN PRIVATE KEY"));
    assert_key(true);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key->pkey, NULL, NULL, 0, NULL, NULL), 1);
    take(bio);
    assert_non_null(strstr(pem, "BEGIN EC PRIVATE KEY"));
    assert_key(true);
}

static X509 *certificate(void)
{
    tps_x509_request request = {.common_name = "x", .not_after = 4000000000};
    uint8_t der[1024];
    const unsigned char *at = der;
    size_t size;

    assert_status(tps_x509_issue(&request, key, TPS_SPAN_EMPTY, key, TPS_BUF_OF(der), &size), TPS_OK);
    return d2i_X509(NULL, &at, (long)size);
}

static void a_certificate_gives_its_public_key(void **state)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509 *made = certificate();

    (void)state;
    assert_int_equal(PEM_write_bio_X509(bio, made), 1);
    take(bio);
    assert_key(false);
    X509_free(made);
}

static void text_before_the_key_is_passed_over(void **state)
{
    BIO *bio = BIO_new(BIO_s_mem());

    (void)state;
    BIO_puts(bio, "the key of the bulb\n\n");
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key->pkey), 1);
    take(bio);
    assert_key(false);
}

static unsigned char passphrase[] = "secret";

static void encrypted_private_keys_are_refused_without_a_question(void **state)
{
    BIO *bio = BIO_new(BIO_s_mem());

    (void)state;
    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, EVP_aes_256_cbc(), (char *)passphrase, 6, NULL, NULL),
        1);
    take(bio);
    assert_non_null(strstr(pem, "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_refused_without_a_question();
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(
        PEM_write_bio_PrivateKey_traditional(bio, key->pkey, EVP_aes_256_cbc(), passphrase, 6, NULL, NULL),
        1);
    take(bio);
    assert_non_null(strstr(pem, "Proc-Type: 4,ENCRYPTED"));
    assert_refused_without_a_question();
}

/* PEM can encrypt anything, a certificate and a public key too. */
static void other_encrypted_texts_are_refused_without_a_question(void **state)
{
    static const char *const names[] = {PEM_STRING_X509, PEM_STRING_PUBLIC};
    X509 *made = certificate();

    (void)state;
    for (int i = 0; i < 2; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        uint8_t der[1024];
        tps_span spans[1];
        size_t count = 1;

        assert_int_equal(PEM_ASN1_write_bio((i2d_of_void *)i2d_X509, names[i], bio, made, EVP_aes_256_cbc(),
                                            passphrase, 6, NULL, NULL),
                         1);
        take(bio);
        assert_refused_without_a_question();
        assert_status(tps_x509_from_pem(tps_span_of_text(pem), TPS_BUF_OF(der), spans, &count),
                      TPS_CRYPTO_BAD_CERTIFICATE);
        assert_int_equal(asked, 0);
    }
    X509_free(made);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    static const char *const kinds[] = {"X25519", "RSA", "secp256k1", "brainpoolP256r1"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        EVP_PKEY *other = i == 0   ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519")
                          : i == 1 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)
                                   : EVP_EC_gen(kinds[i]);
        BIO *bio = BIO_new(BIO_s_mem());

        assert_int_equal(PEM_write_bio_PUBKEY(bio, other), 1);
        take(bio);
        assert_refused_without_a_question();
        bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, other, NULL, NULL, 0, NULL, NULL), 1);
        take(bio);
        assert_refused_without_a_question();
        EVP_PKEY_free(other);
    }
}

static void what_is_no_pem_is_refused(void **state)
{
    static const char *const samples[] = {
        "",
        "\n",
        "no key at all",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        snprintf(pem, sizeof pem, "%s", samples[i]);
        assert_refused_without_a_question();
    }
    asked = 0;
    assert_status(tps_crypto_key_from_pem(TPS_SPAN_EMPTY, &(tps_crypto_key *){NULL}), TPS_CRYPTO_BAD_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_keys_are_read),
        cmocka_unit_test(private_keys_of_both_forms_are_read),
        cmocka_unit_test(a_certificate_gives_its_public_key),
        cmocka_unit_test(text_before_the_key_is_passed_over),
        cmocka_unit_test(encrypted_private_keys_are_refused_without_a_question),
        cmocka_unit_test(other_encrypted_texts_are_refused_without_a_question),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(what_is_no_pem_is_refused),
    };

    return cmocka_run_group_tests(tests, make, end);
}
