/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519: RFC 8032's examples; keys of the kind OKP; or, with a back end that has none, that it says so
 * everywhere. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/crypto.h"

/* RFC 8032, 7.1: tests 1, 2 and 3. */
static const struct {
    const char *seed;
    const char *point;
    const char *message;
    const char *signature;
} published[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
     "b00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
     "c027beceea1ec40a"},
};

static bool is_there;

/* Says once whether the back end has Ed25519; if not, everything must be refused in the same words. */
static int find_out(void **state)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_ED25519, &key);

    (void)state;
    is_there = status == TPS_OK;
    tps_crypto_key_free(key);
    if (!is_there) {
        assert_status(status, TPS_CRYPTO_ALG_REFUSED);
        printf("skipped: this back end has no Ed25519; what it must refuse is tested\n");
    }
    return 0;
}

static void require(void)
{
    if (!is_there) {
        skip();
    }
}

static tps_crypto_key *key_of(size_t i)
{
    tps_buf seed = bytes_from_hex(published[i].seed);
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_scalar(TPS_CURVE_ED25519, span_of(seed), &key), TPS_OK);
    free(seed.data);
    return key;
}

static void published_signatures_are_made_and_verify(void **state)
{
    (void)state;
    require();
    for (size_t i = 0; i < 3; i++) {
        tps_crypto_key *key = key_of(i);
        tps_buf message = bytes_from_hex(published[i].message);
        tps_buf expected = bytes_from_hex(published[i].signature);

        for (int32_t name = 0; name < 2; name++) {
            int32_t alg = name == 0 ? TPS_ALG_EDDSA : TPS_ALG_ED25519;
            uint8_t signature[64];
            size_t size = 0;

            assert_status(tps_crypto_sign_message(key, alg, span_of(message), TPS_BUF_OF(signature), &size),
                          TPS_OK);
            assert_span(tps_span_make(signature, size), span_of(expected));
            assert_status(tps_crypto_verify_message(key, alg, span_of(message), span_of(expected)), TPS_OK);
            assert_status(tps_crypto_verify_message(key, alg, TPS_SPAN_LITERAL("another"), span_of(expected)),
                          TPS_CRYPTO_BAD_SIGNATURE);
            assert_status(tps_crypto_verify_message(key, alg, span_of(message), tps_span_make(signature, 63)),
                          TPS_CRYPTO_BAD_SIGNATURE);
        }
        for (size_t bit = 0; bit < 512; bit += 5) {
            expected.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_status(tps_crypto_verify_message(key, TPS_ALG_EDDSA, span_of(message), span_of(expected)),
                          TPS_CRYPTO_BAD_SIGNATURE);
            expected.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(message.data);
        free(expected.data);
        tps_crypto_key_free(key);
    }
}

static void a_key_tells_its_kind_and_point_and_comes_back(void **state)
{
    tps_crypto_key *key;
    tps_crypto_key *back = NULL;
    tps_crypto_point point;
    tps_buf expected;
    tps_buf seed_of_key;
    uint8_t seed[32];
    uint8_t spki[44];
    uint8_t signature[64];
    size_t size = 0;

    (void)state;
    require();
    key = key_of(0);
    expected = bytes_from_hex(published[0].point);
    assert_int_equal(tps_crypto_key_kind(key), TPS_KEY_OKP);
    assert_int_equal(tps_crypto_key_curve(key), TPS_CURVE_ED25519);
    assert_true(tps_crypto_key_is_private(key));
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_int_equal(point.size, 32);
    assert_span(tps_span_make(point.x, 32), span_of(expected));
    assert_status(tps_crypto_key_scalar(key, TPS_BUF_OF(seed)), TPS_OK);
    seed_of_key = bytes_from_hex(published[0].seed);
    assert_span(TPS_SPAN_OF(seed), span_of(seed_of_key));
    free(seed_of_key.data);
    assert_status(tps_crypto_key_spki(key, (tps_buf){spki, 43}, &size), TPS_BUFFER_TOO_SMALL);
    assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(size, 44);
    assert_status(tps_crypto_key_from_spki(TPS_SPAN_OF(spki), &back), TPS_OK);
    assert_false(tps_crypto_key_is_private(back));
    assert_status(tps_crypto_sign_message(back, TPS_ALG_EDDSA, TPS_SPAN_EMPTY, TPS_BUF_OF(signature), &size),
                  TPS_CRYPTO_BAD_KEY);
    assert_status(
        tps_crypto_sign_message(key, TPS_ALG_EDDSA, TPS_SPAN_EMPTY, (tps_buf){signature, 63}, &size),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 64);
    tps_crypto_key_free(back);
    assert_status(tps_crypto_key_from_point(&point, &back), TPS_OK);
    tps_crypto_key_free(back);
    point.size = 31;
    assert_status(tps_crypto_key_from_point(&point, &back), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_copy(key, &back), TPS_OK);
    assert_true(tps_crypto_key_is_private(back));
    tps_crypto_key_free(back);
    free(expected.data);
    tps_crypto_key_free(key);
}

static void it_signs_messages_only_and_agrees_on_nothing(void **state)
{
    tps_crypto_key *key;
    tps_crypto_key *ec = test_key(1);
    tps_digest digest = {.size = 64};
    uint8_t room[64] = {0};
    size_t size;

    (void)state;
    if (!is_there) {
        tps_crypto_key_free(ec);
        skip();
    }
    key = key_of(0);
    assert_status(tps_crypto_sign(key, TPS_ALG_EDDSA, &digest, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify(key, TPS_ALG_ED25519, &digest, TPS_SPAN_OF(room)),
                  TPS_CRYPTO_ALG_REFUSED);
    digest.size = 0;
    assert_status(tps_crypto_verify(key, TPS_ALG_EDDSA, &digest, TPS_SPAN_OF(room)), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES256, key), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_alg_fits(TPS_ALG_ES512, key), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign_message(key, TPS_ALG_ES256, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify_message(key, TPS_ALG_ES256, TPS_SPAN_EMPTY, TPS_SPAN_OF(room)),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_ecdh(key, key, (tps_buf){room, 32}), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_scalar(key, (tps_buf){room, 31}), TPS_BAD_ARGUMENT);
    tps_crypto_key_free(key);
    tps_crypto_key_free(ec);
}

static void other_keys_do_not_do_eddsa(void **state)
{
    tps_crypto_key *ec = test_key(1);
    uint8_t room[64] = {0};
    size_t size;

    (void)state;
    assert_status(tps_crypto_alg_fits(TPS_ALG_EDDSA, ec), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_verify_message(ec, TPS_ALG_EDDSA, TPS_SPAN_EMPTY, TPS_SPAN_OF(room)),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign_message(ec, TPS_ALG_ED25519, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(ec);
}

static void a_point_is_never_compressed(void **state)
{
    tps_crypto_point point = {.curve = TPS_CURVE_ED25519, .size = 32};

    (void)state;
    assert_status(tps_crypto_point_decompress(&point, true), TPS_CRYPTO_ALG_REFUSED);
}

static void a_back_end_without_it_refuses_every_key(void **state)
{
    tps_buf seed = bytes_from_hex(published[0].seed);
    tps_buf spki = bytes_from_hex(
        "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    tps_crypto_point point = {.curve = TPS_CURVE_ED25519, .size = 32};
    tps_crypto_key *key = NULL;
    tps_status expected = is_there ? TPS_OK : TPS_CRYPTO_ALG_REFUSED;

    (void)state;
    memcpy(point.x, spki.data + 12, 32);
    assert_status(tps_crypto_key_from_scalar(TPS_CURVE_ED25519, span_of(seed), &key), expected);
    tps_crypto_key_free(key);
    assert_status(tps_crypto_key_from_point(&point, &key), expected);
    tps_crypto_key_free(key);
    assert_status(tps_crypto_key_from_spki(span_of(spki), &key), expected);
    tps_crypto_key_free(key);
    free(seed.data);
    free(spki.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_are_made_and_verify),
        cmocka_unit_test(a_key_tells_its_kind_and_point_and_comes_back),
        cmocka_unit_test(it_signs_messages_only_and_agrees_on_nothing),
        cmocka_unit_test(other_keys_do_not_do_eddsa),
        cmocka_unit_test(a_point_is_never_compressed),
        cmocka_unit_test(a_back_end_without_it_refuses_every_key),
    };

    return cmocka_run_group_tests(tests, find_out, NULL);
}
