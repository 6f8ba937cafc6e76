/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation with OpenSSL's Nth allocation failing, for the first hundred N and more: it ends in success
 * or a named error, leaves no output behind an error, and never takes what is bad for good. */
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "crypto/openssl/key.h"
#include "crypto/x509.h"
#include "support/check.h"
#include "support/keys.h"

static size_t left;
static bool is_armed;
static bool has_failed;

static bool fails_now(void)
{
    if (!is_armed || left-- > 0) {
        return false;
    }
    is_armed = false;
    has_failed = true;
    return true;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : realloc(old, size);
}

static void release(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

static tps_crypto_key *key;
static tps_crypto_point point;
static tps_digest digest = {.size = 32};
static uint8_t signature[64];
static uint8_t spki[128];
static size_t spki_size;
static uint8_t root_der[1024];
static tps_span root;
static uint8_t leaf_der[1024];
static tps_span leaf;
static char pem[512];

static void make_pem(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int size;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL), 1);
    size = BIO_read(bio, pem, sizeof pem - 1);
    assert_true(size > 0);
    pem[size] = '\0';
    BIO_free(bio);
}

static int make(void **state)
{
    tps_x509_request request = {
        .common_name = "Root", .ca = true, .path_length = -1, .not_after = 2000000000};
    tps_crypto_key *other = test_key(2);
    size_t size;

    (void)state;
    key = test_key(1);
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &spki_size), TPS_OK);
    assert_status(tps_x509_issue(&request, key, TPS_SPAN_EMPTY, key, TPS_BUF_OF(root_der), &size), TPS_OK);
    root = tps_span_make(root_der, size);
    request = (tps_x509_request){.common_name = "Leaf", .not_after = 2000000000};
    assert_status(tps_x509_issue(&request, other, root, key, TPS_BUF_OF(leaf_der), &size), TPS_OK);
    leaf = tps_span_make(leaf_der, size);
    make_pem();
    tps_crypto_key_free(other);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    return 0;
}

/* Runs the operation with the first allocation failing, then the second, ... until none is left to fail. */
static void fail_each_allocation(tps_status (*operation)(void), tps_status expected)
{
    size_t n = 0;

    assert_status(operation(), expected); /* first use makes what the library keeps */
    do {
        tps_status status;

        left = n;
        n += 1 + n / 100; /* all of the first hundred, then one in a hundred and less: decoders allocate
                             thousands of times */
        has_failed = false;
        is_armed = true;
        status = operation();
        is_armed = false;
        if (!has_failed) {
            assert_status(status, expected);
        } else if (expected != TPS_OK) {
            assert_int_not_equal(status, TPS_OK);
        }
    } while (has_failed);
    assert_true(n > 1);
    assert_status(operation(), expected); /* nothing is broken for good */
}

static tps_status hash(void)
{
    tps_digest out;

    return tps_crypto_hash_of(TPS_ALG_SHA384, TPS_SPAN_LITERAL("abc"), &out);
}

static tps_status hmac(void)
{
    uint8_t mac[32];

    return tps_crypto_hmac_sha256(TPS_SPAN_LITERAL("key"), TPS_SPAN_LITERAL("abc"), mac);
}

static tps_status hkdf(void)
{
    uint8_t out[48];

    return tps_crypto_hkdf(TPS_SPAN_LITERAL("key"), TPS_SPAN_LITERAL("salt"), TPS_SPAN_LITERAL("info"),
                           TPS_BUF_OF(out));
}

static tps_status aead(void)
{
    static const uint8_t zeros[16];
    const tps_span parts[] = {TPS_SPAN_LITERAL("a"), TPS_SPAN_LITERAL("b")};
    tps_span nonce = tps_span_make(zeros, 13);
    uint8_t sealed[20];
    uint8_t back[4];

    TPS_TRY(tps_crypto_aead_seal(TPS_ALG_AES_CCM_16_128_128, TPS_SPAN_OF(zeros), nonce,
                                 (tps_crypto_aad){parts, 2}, TPS_SPAN_LITERAL("abcd"), TPS_BUF_OF(sealed)));
    return tps_crypto_aead_open(TPS_ALG_AES_CCM_16_128_128, TPS_SPAN_OF(zeros), nonce,
                                (tps_crypto_aad){parts, 2}, TPS_SPAN_OF(sealed), TPS_BUF_OF(back));
}

static tps_status aead_changed(void)
{
    static const uint8_t zeros[40];
    uint8_t back[24];
    tps_status status =
        tps_crypto_aead_open(TPS_ALG_A128GCM, tps_span_make(zeros, 16), tps_span_make(zeros, 12),
                             (tps_crypto_aad){NULL, 0}, TPS_SPAN_OF(zeros), TPS_BUF_OF(back));

    for (size_t i = 0; i < sizeof back; i++) {
        assert_int_equal(back[i], 0);
    }
    return status;
}

static tps_status code(void)
{
    tps_crypto_mac mac;
    tps_digest tag;

    TPS_TRY(tps_crypto_mac_begin(&mac, TPS_ALG_HMAC384, TPS_SPAN_LITERAL("key")));
    tps_crypto_mac_update(&mac, TPS_SPAN_LITERAL("abc"));
    return tps_crypto_mac_finish(&mac, &tag);
}

static tps_status wrap(void)
{
    static const uint8_t zeros[16];
    uint8_t wrapped[24];
    uint8_t back[16];

    TPS_TRY(tps_crypto_wrap(TPS_ALG_A128KW, TPS_SPAN_OF(zeros), TPS_SPAN_OF(zeros), TPS_BUF_OF(wrapped)));
    return tps_crypto_unwrap(TPS_ALG_A128KW, TPS_SPAN_OF(zeros), TPS_SPAN_OF(wrapped), TPS_BUF_OF(back));
}

static tps_status unwrap_changed(void)
{
    static const uint8_t zeros[24];
    uint8_t back[16];

    return tps_crypto_unwrap(TPS_ALG_A128KW, tps_span_make(zeros, 16), TPS_SPAN_OF(zeros), TPS_BUF_OF(back));
}

static tps_status uuid(void)
{
    static const uint8_t zeros[16];
    uint8_t out[16];

    return tps_crypto_uuid5(zeros, TPS_SPAN_LITERAL("abc"), out);
}

static void symmetric_operations_end_in_success_or_an_error(void **state)
{
    (void)state;
    fail_each_allocation(hash, TPS_OK);
    fail_each_allocation(hmac, TPS_OK);
    fail_each_allocation(hkdf, TPS_OK);
    fail_each_allocation(aead, TPS_OK);
    fail_each_allocation(aead_changed, TPS_CRYPTO_BAD_TAG);
    fail_each_allocation(code, TPS_OK);
    fail_each_allocation(wrap, TPS_OK);
    fail_each_allocation(unwrap_changed, TPS_CRYPTO_BAD_TAG);
    fail_each_allocation(uuid, TPS_OK);
}

/* Ends the key that an operation made; one that failed must have made none. */
static tps_status ended(tps_status status, tps_crypto_key *made)
{
    assert_int_equal(made != NULL, status == TPS_OK);
    tps_crypto_key_free(made);
    return status;
}

static tps_status generate(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &made);

    return ended(status, made);
}

static tps_status derive(void)
{
    static const uint8_t seed[48] = {7};
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_derive_p256(seed, &made);

    return ended(status, made);
}

static tps_status from_scalar(void)
{
    const uint8_t scalar[66] = {0, 7};
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_scalar(TPS_CURVE_P521, TPS_SPAN_OF(scalar), &made);

    return ended(status, made);
}

static tps_status from_seed(void)
{
    const uint8_t seed[32] = {7};
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_scalar(TPS_CURVE_ED25519, TPS_SPAN_OF(seed), &made);

    return ended(status, made);
}

static tps_status from_rsa(void)
{
    tps_crypto_rsa rsa = {.n_size = 256, .e = {3}, .e_size = 1};
    tps_crypto_key *made = NULL;
    tps_status status;

    memset(rsa.n, 0xb5, rsa.n_size); /* odd: whether it has two factors is not asked */
    status = tps_crypto_key_from_rsa(&rsa, &made);
    if (status == TPS_OK) {
        status = tps_crypto_key_rsa(made, &rsa);
        tps_crypto_key_free(made);
        return status;
    }
    return ended(status, made);
}

static tps_status decompress(void)
{
    tps_crypto_point other = point;

    return tps_crypto_point_decompress(&other, point.y[31] % 2 != 0);
}

static tps_status agree(void)
{
    uint8_t secret[32];

    return tps_crypto_ecdh(key, key, TPS_BUF_OF(secret));
}

static tps_status from_point(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_point(&point, &made);

    return ended(status, made);
}

static tps_status from_bad_point(void)
{
    tps_crypto_point bad = point;
    tps_crypto_key *made = NULL;
    tps_status status;

    bad.y[31] ^= 1;
    status = tps_crypto_key_from_point(&bad, &made);
    return ended(status, made);
}

static tps_status from_spki(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_spki(tps_span_make(spki, spki_size), &made);

    return ended(status, made);
}

static tps_status from_pem(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_pem(tps_span_of_text(pem), &made);

    return ended(status, made);
}

static tps_status scalar_of(void)
{
    uint8_t scalar[32];

    return tps_crypto_key_scalar(key, TPS_BUF_OF(scalar));
}

static void keys_are_whole_or_none(void **state)
{
    (void)state;
    fail_each_allocation(generate, TPS_OK);
    fail_each_allocation(derive, TPS_OK);
    fail_each_allocation(from_scalar, TPS_OK);
    fail_each_allocation(from_seed, TPS_OK);
    fail_each_allocation(from_rsa, TPS_OK);
    fail_each_allocation(decompress, TPS_OK);
    fail_each_allocation(agree, TPS_OK);
    fail_each_allocation(from_point, TPS_OK);
    fail_each_allocation(from_bad_point, TPS_CRYPTO_BAD_KEY);
    fail_each_allocation(from_spki, TPS_OK);
    fail_each_allocation(from_pem, TPS_OK);
    fail_each_allocation(scalar_of, TPS_OK);
}

/* With a key of its own each time, so that its contexts are made anew. */
static tps_status verify_with(const tps_digest *of)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_point(&point, &made);

    if (status == TPS_OK) {
        status = tps_crypto_verify(made, TPS_ALG_ES256, of, TPS_SPAN_OF(signature));
    }
    tps_crypto_key_free(made);
    return status;
}

static tps_status verify(void)
{
    return verify_with(&digest);
}

static tps_status verify_bad(void)
{
    tps_digest other = digest;

    other.bytes[0] ^= 1;
    return verify_with(&other);
}

static tps_status sign(void)
{
    tps_crypto_key *made = NULL;
    uint8_t out[64];
    size_t size;
    tps_status status = tps_crypto_key_copy(key, &made);

    if (status == TPS_OK) {
        status = tps_crypto_sign(made, TPS_ALG_ES256, &digest, TPS_BUF_OF(out), &size);
    }
    tps_crypto_key_free(made);
    return status;
}

/* With a message that was signed, or another. */
static tps_status ed25519(tps_span other)
{
    const uint8_t seed[32] = {7};
    tps_crypto_key *made = NULL;
    uint8_t out[64];
    size_t size;
    tps_status status = tps_crypto_key_from_scalar(TPS_CURVE_ED25519, TPS_SPAN_OF(seed), &made);

    if (status == TPS_OK) {
        status =
            tps_crypto_sign_message(made, TPS_ALG_EDDSA, TPS_SPAN_LITERAL("abc"), TPS_BUF_OF(out), &size);
    }
    if (status == TPS_OK) {
        status = tps_crypto_verify_message(made, TPS_ALG_EDDSA, other, TPS_SPAN_OF(out));
    }
    tps_crypto_key_free(made);
    return status;
}

static tps_status ed25519_good(void)
{
    return ed25519(TPS_SPAN_LITERAL("abc"));
}

static tps_status ed25519_bad(void)
{
    return ed25519(TPS_SPAN_LITERAL("abd"));
}

static tps_status ps256_bad(void)
{
    tps_crypto_rsa rsa = {.n_size = 256, .e = {3}, .e_size = 1};
    tps_crypto_key *made = NULL;
    const uint8_t zeros[256] = {0};
    tps_status status;

    memset(rsa.n, 0xb5, rsa.n_size);
    status = tps_crypto_key_from_rsa(&rsa, &made);
    if (status == TPS_OK) {
        status = tps_crypto_verify(made, TPS_ALG_PS256, &digest, TPS_SPAN_OF(zeros));
    }
    tps_crypto_key_free(made);
    return status;
}

static void a_bad_signature_never_becomes_a_good_one(void **state)
{
    (void)state;
    fail_each_allocation(sign, TPS_OK);
    fail_each_allocation(verify, TPS_OK);
    fail_each_allocation(verify_bad, TPS_CRYPTO_BAD_SIGNATURE);
    fail_each_allocation(ed25519_good, TPS_OK);
    fail_each_allocation(ed25519_bad, TPS_CRYPTO_BAD_SIGNATURE);
    fail_each_allocation(ps256_bad, TPS_CRYPTO_BAD_SIGNATURE);
}

static tps_status chain_under(const tps_span *anchor, int64_t now)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_x509_chain_verify(&leaf, 1, anchor, anchor == NULL ? 0 : 1, now, &made, NULL);

    return ended(status, made);
}

static tps_status chain(void)
{
    return chain_under(&root, 1000000000);
}

static tps_status chain_expired(void)
{
    return chain_under(&root, 2000000001);
}

static tps_status chain_untrusted(void)
{
    return chain_under(NULL, 1000000000);
}

static tps_status issue(void)
{
    tps_x509_request request = {.common_name = "x", .not_after = 2000000000};
    uint8_t out[1024];
    size_t size;

    return tps_x509_issue(&request, key, root, key, TPS_BUF_OF(out), &size);
}

static tps_status describe(void)
{
    tps_x509_info info;

    return tps_x509_describe(leaf, &info);
}

static tps_status is_under(void)
{
    return tps_x509_is_under(leaf, tps_span_make(spki, spki_size)) ? TPS_OK : TPS_NOT_FOUND;
}

static void a_bad_chain_never_becomes_a_good_one(void **state)
{
    (void)state;
    fail_each_allocation(chain, TPS_OK);
    fail_each_allocation(chain_expired, TPS_CRYPTO_CHAIN_EXPIRED);
    fail_each_allocation(chain_untrusted, TPS_CRYPTO_CHAIN_UNTRUSTED);
    fail_each_allocation(issue, TPS_OK);
    fail_each_allocation(describe, TPS_OK);
    fail_each_allocation(is_under, TPS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_operations_end_in_success_or_an_error),
        cmocka_unit_test(keys_are_whole_or_none),
        cmocka_unit_test(a_bad_signature_never_becomes_a_good_one),
        cmocka_unit_test(a_bad_chain_never_becomes_a_good_one),
    };

    /* Before the library allocates anything. */
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, make, end);
}
