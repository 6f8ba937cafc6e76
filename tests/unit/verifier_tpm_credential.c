/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets for credential activation: their form, opened again as a TPM would, and what is refused.
 * e2e.tpm_swtpm lets a TPM open them. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "support/keys.h"
#include "tpm_maker.h"
#include "tps/tpm_credential.h"

static const uint8_t name[34] = {0, TPS_TPM_ALG_SHA256, 1};
static const uint8_t secret[32] = {5};
static tps_tpm_ek ek;

static int make_key(void **state)
{
    (void)state;
    ek = (tps_tpm_ek){.key = test_key(1), .name_alg = TPS_TPM_ALG_SHA256, .symmetric_bits = 128};
    return 0;
}

static int free_key(void **state)
{
    tps_crypto_key_free(ek.key);
    return support_end(state);
}

static void a_credential_has_the_form_of_tpm2_tools(void **state)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    uint8_t again[TPS_TPM_CREDENTIAL_MAX];
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(size, 8 + 2 + 2 + 32 + 34 + 2 + 68);
    assert_memory_equal(out, "\xba\xdc\xc0\xde\0\0\0\1", 8);
    assert_int_equal(out[9], 2 + 32 + 34);
    assert_int_equal(out[11], 32);
    assert_int_equal(out[10 + 68 + 1], 68);
    assert_null(memmem(out, size, secret, sizeof secret));
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(again), &size),
        TPS_OK);
    assert_memory_not_equal(out, again, size); /* another seed each time */
}

static void what_cannot_be_wrapped_is_refused(void **state)
{
    static const uint8_t large[33];
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    tps_tpm_ek other = ek;
    size_t size;

    (void)state;
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(large), TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_EMPTY, TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(tps_tpm_credential_make(&ek, TPS_SPAN_EMPTY, TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
                  TPS_BAD_ARGUMENT);
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), (tps_buf){out, 100}, &size),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 148);
    other.name_alg = TPS_TPM_ALG_SHA1;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_TPM_SHA1);
    other = ek;
    other.symmetric_bits = 192;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_BAD_ARGUMENT);
}

static void larger_name_algorithms_and_keys_are_taken(void **state)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    tps_tpm_ek other = {.key = test_key_p384(), .name_alg = TPS_TPM_ALG_SHA384, .symmetric_bits = 256};
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&other, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_OK);
    assert_int_equal(size, 8 + 2 + 2 + 48 + 34 + 2 + 4 + 96);
    tps_crypto_key_free(other.key);
}

static void only_endorsement_keys_are_endorsement_keys(void **state)
{
    builder b;
    tps_tpm_public ak;
    tps_tpm_ek made;
    tps_error why = {0};

    (void)state;
    assert_status(tps_tpm_public_decode(make_ak(&b, ek.key, AK_ATTRIBUTES), &ak, NULL), TPS_OK);
    assert_status(tps_tpm_ek_of_public(&ak, &made, &why), TPS_TPM_KEY_ATTRIBUTES);
    assert_names(&why, "decrypt is clear");
    assert_status(tps_tpm_ek_of_certificate(built(&b), &made), TPS_CRYPTO_BAD_CERTIFICATE);
}

/* ---- what TPM2_ActivateCredential does (Part 1, 24), over another library ---- */

static EVP_PKEY *make_rsa(unsigned bits, tps_crypto_key **public_key)
{
    EVP_PKEY *pair = EVP_RSA_gen(bits);
    uint8_t spki[1024];
    uint8_t *at = spki;
    int size = i2d_PUBKEY(pair, &at);

    assert_in_range(size, 1, sizeof spki);
    assert_status(tps_crypto_key_from_spki(tps_span_make(spki, (size_t)size), public_key), TPS_OK);
    return pair;
}

static size_t decrypt_seed(EVP_PKEY *pair, const EVP_MD *md, tps_span encrypted, uint8_t *seed)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
    size_t size = 512;

    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(context, md), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(context, md), 1);
    assert_int_equal(EVP_PKEY_CTX_set0_rsa_oaep_label(context, OPENSSL_strdup("IDENTITY"), 9), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, seed, &size, encrypted.data, encrypted.size), 1);
    EVP_PKEY_CTX_free(context);
    return size;
}

/* KDFa: a block of HMAC. */
static void derive(const EVP_MD *md, tps_span seed, const char *label, tps_span context, uint32_t bits,
                   uint8_t *out)
{
    builder b = {.size = 0};
    unsigned size = 0;

    put_be(&b, 1, 4);
    put(&b, tps_span_make(label, strlen(label) + 1));
    put(&b, context);
    put_be(&b, bits, 4);
    assert_non_null(HMAC(md, seed.data, (int)seed.size, b.bytes, b.size, out, &size));
}

/* Opens the identity behind `seed`; the secret with its size before it. */
static void open_identity(const EVP_MD *md, tps_span seed, uint32_t bits, tps_span blob, uint8_t *plain)
{
    static const uint8_t zeros[16];
    size_t mac_size = seed.size;
    const uint8_t *mac = blob.data + 12;
    const uint8_t *identity = mac + mac_size;
    size_t size = (size_t)(blob.data[8] << 8 | blob.data[9]) - 2 - mac_size;
    uint8_t key[64];
    uint8_t expected[64];
    builder covered = {.size = 0};
    unsigned got = 0;
    int length = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    derive(md, seed, "INTEGRITY", TPS_SPAN_EMPTY, (uint32_t)(8 * mac_size), key);
    put(&covered, tps_span_make(identity, size));
    put(&covered, TPS_SPAN_OF(name));
    assert_non_null(HMAC(md, key, (int)mac_size, covered.bytes, covered.size, expected, &got));
    assert_int_equal(got, mac_size);
    assert_memory_equal(mac, expected, mac_size);
    derive(md, seed, "STORAGE", TPS_SPAN_OF(name), bits, key);
    assert_int_equal(EVP_DecryptInit_ex2(context, bits == 128 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128(),
                                         key, zeros, NULL),
                     1);
    assert_int_equal(EVP_DecryptUpdate(context, plain, &length, identity, (int)size), 1);
    assert_int_equal(length, size);
    EVP_CIPHER_CTX_free(context);
}

static void an_rsa_key_opens_what_was_wrapped_for_it(void **state)
{
    static const struct {
        unsigned rsa;
        uint32_t name_alg;
        uint32_t bits;
    } kinds[] = {{2048, TPS_TPM_ALG_SHA256, 128},
                 {2048, TPS_TPM_ALG_SHA256, 256},
                 {3072, TPS_TPM_ALG_SHA384, 256},
                 {2048, TPS_TPM_ALG_SHA512, 256}};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const EVP_MD *md = kinds[i].name_alg == TPS_TPM_ALG_SHA256   ? EVP_sha256()
                           : kinds[i].name_alg == TPS_TPM_ALG_SHA384 ? EVP_sha384()
                                                                     : EVP_sha512();
        tps_tpm_ek made = {.name_alg = kinds[i].name_alg, .symmetric_bits = kinds[i].bits};
        EVP_PKEY *pair = make_rsa(kinds[i].rsa, &made.key);
        uint8_t out[TPS_TPM_CREDENTIAL_MAX];
        uint8_t seed[512];
        uint8_t plain[64];
        size_t size;
        size_t seed_size;
        size_t tail = kinds[i].rsa / 8;

        assert_status(
            tps_tpm_credential_make(&made, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
            TPS_OK);
        seed_size = decrypt_seed(pair, md, tps_span_make(out + size - tail, tail), seed);
        assert_int_equal(seed_size, EVP_MD_get_size(md));
        open_identity(md, tps_span_make(seed, seed_size), kinds[i].bits, tps_span_make(out, size), plain);
        assert_int_equal(plain[0] << 8 | plain[1], sizeof secret);
        assert_memory_equal(plain + 2, secret, sizeof secret);
        tps_crypto_key_free(made.key);
        EVP_PKEY_free(pair);
    }
}

/* The test derives the seed from its own private key and the point that came: KDFe (Part 1, 11.4.10.3). */
static void a_key_of_a_curve_opens_what_was_wrapped_for_it(void **state)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    tps_crypto_point ours = {.curve = TPS_CURVE_P256, .size = 32};
    tps_crypto_point theirs;
    tps_crypto_key *ephemeral = NULL;
    uint8_t shared[32];
    uint8_t plain[64];
    builder b = {.size = 0};
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size), TPS_OK);
    memcpy(ours.x, out + size - 66, 32);
    memcpy(ours.y, out + size - 32, 32);
    assert_status(tps_crypto_key_from_point(&ours, &ephemeral), TPS_OK);
    assert_status(tps_crypto_ecdh(ek.key, ephemeral, TPS_BUF_OF(shared)), TPS_OK);
    assert_status(tps_crypto_key_point(ek.key, &theirs), TPS_OK);
    put_be(&b, 1, 4);
    put(&b, TPS_SPAN_OF(shared));
    put(&b, tps_span_make("IDENTITY", 9));
    put(&b, tps_span_make(ours.x, 32));
    put(&b, tps_span_make(theirs.x, 32));
    open_identity(EVP_sha256(), tpm_hash(TPS_ALG_SHA256, built(&b)), 128, tps_span_make(out, size), plain);
    assert_memory_equal(plain + 2, secret, sizeof secret);
    tps_crypto_key_free(ephemeral);
}

/* ---- which keys are endorsement keys ---- */

static void a_certificate_tells_key_and_template(void **state)
{
    static const tpm_plan of_rsa = {"2.23.133.8.1", "critical,keyEncipherment", false, NOW + 1000};
    tps_crypto_key *p384 = test_key_p384();
    tps_crypto_key *edwards = NULL;
    tps_crypto_key *keys[4] = {device_key(5), p384, NULL, NULL};
    EVP_PKEY *pairs[2] = {make_rsa(2048, &keys[2]), make_rsa(3072, &keys[3])};
    tps_span root = make_ca("TPM maker", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_tpm_ek made;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tpm_plan plan = i < 2 ? tpm_plan_ek : of_rsa;
        assert_status(tps_tpm_ek_of_certificate(tpm_certify(plan, keys[i], root, device_key(20)), &made),
                      TPS_OK);
        assert_span(tpm_spki(made.key), tpm_spki(keys[i]));
        assert_int_equal(made.name_alg, i % 2 == 0 ? TPS_TPM_ALG_SHA256 : TPS_TPM_ALG_SHA384);
        assert_int_equal(made.symmetric_bits, i % 2 == 0 ? 128 : 256);
        tps_crypto_key_free(made.key);
    }
    assert_status(
        tps_tpm_ek_of_certificate(tpm_certify(tpm_plan_ak, device_key(5), root, device_key(20)), &made),
        TPS_CRYPTO_CHAIN_PURPOSE);
    assert_status(tps_tpm_ek_of_certificate(root, &made), TPS_CRYPTO_CHAIN_PURPOSE);
    assert_status(tps_crypto_key_generate(TPS_CURVE_ED25519, &edwards), TPS_OK);
    assert_status(tps_tpm_ek_of_certificate(tpm_certify(tpm_plan_ek, edwards, root, device_key(20)), &made),
                  TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(edwards);
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY_free(pairs[i]);
        tps_crypto_key_free(keys[2 + i]);
    }
    tps_crypto_key_free(p384);
}

static void a_public_area_tells_key_and_template(void **state)
{
    tps_tpm_public area = {.type = TPS_TPM_ALG_ECC,
                           .name_alg = TPS_TPM_ALG_SHA256,
                           .attributes = TPS_TPM_FIXED_TPM | TPS_TPM_FIXED_PARENT | TPS_TPM_RESTRICTED |
                                         TPS_TPM_SENSITIVE_DATA_ORIGIN | TPS_TPM_DECRYPT,
                           .symmetric = TPS_TPM_ALG_AES,
                           .symmetric_bits = 128,
                           .symmetric_mode = TPS_TPM_ALG_CFB,
                           .curve = TPS_CURVE_P256};
    tps_crypto_point point;
    tps_tpm_ek made = {.key = NULL};

    (void)state;
    assert_status(tps_crypto_key_point(ek.key, &point), TPS_OK);
    area.x = tps_span_make(point.x, 32);
    area.y = tps_span_make(point.y, 32);
    assert_status(tps_tpm_ek_of_public(&area, &made, NULL), TPS_OK);
    assert_span(tpm_spki(made.key), tpm_spki(ek.key));
    assert_int_equal(made.symmetric_bits, 128);
    tps_crypto_key_free(made.key);
    area.symmetric_mode = 0x41; /* counter mode */
    assert_status(tps_tpm_ek_of_public(&area, &made, NULL), TPS_TPM_UNSUPPORTED);
}

static void measuring_takes_no_room(void **state)
{
    static const uint8_t long_name[67];
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    size_t size;

    (void)state;
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_MEASURE, &size),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 148);
    assert_status(
        tps_tpm_credential_make(&ek, TPS_SPAN_OF(long_name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size),
        TPS_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credential_has_the_form_of_tpm2_tools),
        cmocka_unit_test(what_cannot_be_wrapped_is_refused),
        cmocka_unit_test(larger_name_algorithms_and_keys_are_taken),
        cmocka_unit_test(only_endorsement_keys_are_endorsement_keys),
        cmocka_unit_test(an_rsa_key_opens_what_was_wrapped_for_it),
        cmocka_unit_test(a_key_of_a_curve_opens_what_was_wrapped_for_it),
        cmocka_unit_test(a_certificate_tells_key_and_template),
        cmocka_unit_test(a_public_area_tells_key_and_template),
        cmocka_unit_test(measuring_takes_no_room),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
