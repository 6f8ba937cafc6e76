/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Keys of every kind, what they say about their use, key pairs, key sets and thumbprints. */
#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/cose_key.h"

/* The published key of cose-wg/Examples, kid "11", and its private part. */
#define X "215820 bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
#define Y "225820 20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"
#define D "235820 57c92077664146e876760c9520d054aa93c3afb04e306705db6090308507b4d3"
/* RFC 8032, 7.1, test 1. */
#define ED_X "215820 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ED_D "235820 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

static tps_cose_key key;
static tps_buf bytes;

static int clean(void **state)
{
    (void)state;
    free(bytes.data);
    bytes.data = NULL;
    return 0;
}

static tps_status parse(const char *hex, const char **detail)
{
    tps_error why = {0};
    tps_status status;

    free(bytes.data);
    bytes = bytes_from_hex(hex);
    status = tps_cose_key_parse(span_of(bytes), &key, &why);
    assert_int_equal(why.status, status);
    *detail = why.detail;
    return status;
}

static void take(const char *hex)
{
    const char *detail;

    assert_status(parse(hex, &detail), TPS_OK);
}

static void refuse(const char *hex, const char *member)
{
    const char *detail;

    print_message("%.60s\n", hex);
    assert_status(parse(hex, &detail), TPS_COSE_BAD_KEY);
    assert_string_equal(detail, member);
}

static void every_kind_is_read_and_written(void **state)
{
    static const int32_t curves[] = {TPS_CURVE_P256, TPS_CURVE_P384, TPS_CURVE_P521, TPS_CURVE_ED25519};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        tps_crypto_key *pair = NULL;
        tps_crypto_key *public_key = NULL;
        uint8_t room[256];
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
        tps_digest first;
        tps_digest second;

        assert_status(tps_crypto_key_generate(curves[i], &pair), TPS_OK);
        assert_status(tps_cose_key_put(&w, pair), TPS_OK);
        assert_status(tps_cbor_check(tps_span_make(room, w.size), &cbor_limits_deterministic, NULL, NULL),
                      TPS_OK);
        assert_status(tps_cose_key_parse(tps_span_make(room, w.size), &key, NULL), TPS_OK);
        assert_int_equal(key.curve, curves[i]);
        assert_status(tps_cose_key_public(&key, &public_key), TPS_OK);
        assert_int_equal(tps_crypto_key_curve(public_key), curves[i]);
        /* The encoding has the required members alone, in their order: it is what the thumbprint is of. */
        assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &first), TPS_OK);
        assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(room, w.size), &second), TPS_OK);
        assert_memory_equal(first.bytes, second.bytes, 32);
        tps_crypto_key_free(public_key);
        tps_crypto_key_free(pair);
        assert_status(tps_cose_key_private(&key, &pair), TPS_COSE_BAD_KEY); /* it has no private part */
    }
}

/* A modulus that is only good for its size: keys of this kind are verified with by crypto's tests. */
static void an_rsa_key_is_read_and_written(void **state)
{
    char hex[1200];
    char modulus[513];
    tps_crypto_key *public_key = NULL;
    uint8_t room[600];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_digest first;
    tps_digest second;

    (void)state;
    memset(modulus, 'd', 512);
    modulus[512] = '\0';
    snprintf(hex, sizeof hex, "a3010320590100%s2143010001", modulus);
    take(hex);
    assert_int_equal(key.kty, TPS_KEY_RSA);
    assert_status(tps_cose_key_public(&key, &public_key), TPS_OK);
    assert_int_equal(tps_crypto_key_kind(public_key), TPS_KEY_RSA);
    assert_status(tps_cose_key_put(&w, public_key), TPS_OK);
    assert_span(tps_span_make(room, w.size), span_of(bytes));
    assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &first), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, span_of(bytes), &second), TPS_OK);
    assert_memory_equal(first.bytes, second.bytes, 32);
    tps_crypto_key_free(public_key);
    snprintf(hex, sizeof hex, "a4010320590100%s21430100012243010001", modulus);
    refuse(hex, "a private RSA key");
    snprintf(hex, sizeof hex, "a4010320590100%s21430100012343010001", modulus);
    refuse(hex, "a private RSA key");
    snprintf(hex, sizeof hex, "a4010320590100%s21430100012b43010001", modulus);
    refuse(hex, "a private RSA key");
    snprintf(hex, sizeof hex, "a3010320590100%s2140", modulus);
    refuse(hex, "e");
    snprintf(hex, sizeof hex, "a3010320590100%s2149010000000000000001", modulus);
    refuse(hex, "e");
    snprintf(hex, sizeof hex, "a3010320590100%s214200 01", modulus);
    refuse(hex, "e");
    snprintf(hex, sizeof hex, "a3010320590100%s2103", modulus);
    refuse(hex, "e");
    modulus[0] = modulus[1] = '0';
    snprintf(hex, sizeof hex, "a3010320590100%s2143010001", modulus);
    refuse(hex, "n");
    refuse("a3010320410121 43010001", "n");
    refuse("a3010320 00 21 43010001", "n");
    memset(modulus, 'd', 512);
    snprintf(hex, sizeof hex, "a3010320590201%s%s0121 43010001", modulus, modulus);
    refuse(hex, "n");
}

static void a_symmetric_key_is_a_secret(void **state)
{
    tps_cose_secret secret;
    tps_crypto_key *none = NULL;
    tps_digest digest;
    tps_digest expected;

    (void)state;
    take("a60104 024131 0305 0482090a 05420102 2043aabbcc");
    assert_status(tps_cose_key_secret(&key, &secret), TPS_OK);
    assert_span(secret.bytes, tps_span_make("\xaa\xbb\xcc", 3));
    assert_span_text(secret.kid, "1");
    assert_span(secret.base_iv, tps_span_make("\x01\x02", 2));
    assert_int_equal(secret.alg, TPS_ALG_HMAC256);
    assert_status(tps_cose_key_permits(&key, TPS_ALG_HMAC256, TPS_KEY_OP_MAC_CREATE), TPS_OK);
    assert_status(tps_cose_key_permits(&key, TPS_ALG_HMAC384, TPS_KEY_OP_MAC_CREATE), TPS_COSE_KEY_USE);
    assert_status(tps_cose_key_permits(&key, TPS_ALG_NONE, TPS_KEY_OP_SIGN), TPS_COSE_KEY_USE);
    assert_status(tps_cose_key_public(&key, &none), TPS_COSE_BAD_KEY);
    assert_status(tps_cose_key_private(&key, &none), TPS_COSE_BAD_KEY);
    assert_status(tps_cose_key_read(span_of(bytes), &none), TPS_COSE_BAD_KEY);
    assert_null(none);
    assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &digest), TPS_OK);
    assert_status(
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make("\xa2\x01\x04\x20\x43\xaa\xbb\xcc", 8), &expected),
        TPS_OK);
    assert_memory_equal(digest.bytes, expected.bytes, 32);
    refuse("a20104 2040", "k");
    refuse("a20104 2000", "k");
    refuse("a10104", "k");
    take("a401022001" X Y);
    assert_status(tps_cose_key_secret(&key, &secret), TPS_COSE_BAD_KEY);
}

static void what_a_key_says_about_its_use_is_obeyed(void **state)
{
    tps_crypto_key *public_key = NULL;

    (void)state;
    take("a6010203280481022001" X Y);
    assert_status(tps_cose_key_read_for(span_of(bytes), TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, &public_key),
                  TPS_OK);
    tps_crypto_key_free(public_key);
    assert_status(tps_cose_key_read_for(span_of(bytes), TPS_ALG_NONE, TPS_KEY_OP_VERIFY, &public_key),
                  TPS_OK);
    tps_crypto_key_free(public_key);
    assert_status(tps_cose_key_read_for(span_of(bytes), TPS_ALG_ES256, TPS_KEY_OP_VERIFY, &public_key),
                  TPS_COSE_KEY_USE);
    assert_null(public_key);
    assert_status(tps_cose_key_read_for(span_of(bytes), TPS_ALG_ESP256, TPS_KEY_OP_DERIVE_KEY, &public_key),
                  TPS_COSE_KEY_USE);
    take("a501020481182a2001" X Y); /* a use that nobody knows here allows none */
    assert_status(tps_cose_key_permits(&key, TPS_ALG_NONE, TPS_KEY_OP_VERIFY), TPS_COSE_KEY_USE);
    take("a5010204821901f402 2001" X Y);
    assert_status(tps_cose_key_permits(&key, TPS_ALG_NONE, TPS_KEY_OP_VERIFY), TPS_OK);
    take("a501022001" X Y D);
    assert_status(tps_cose_key_read_for(span_of(bytes), TPS_ALG_NONE, TPS_KEY_OP_VERIFY, &public_key),
                  TPS_COSE_BAD_KEY);
    assert_status(
        tps_cose_key_read_for(tps_span_make("\xa0", 1), TPS_ALG_NONE, TPS_KEY_OP_VERIFY, &public_key),
        TPS_COSE_BAD_KEY);
}

static void members_are_refused_by_name(void **state)
{
    (void)state;
    refuse("80", "no map");
    refuse("a0", "kty");
    refuse("a10105", "kty");
    refuse("a10140", "kty");
    refuse("a4016345433220 01" X Y, "kty");
    refuse("a5010202012001" X Y, "kid");
    refuse("a5010203634553322001" X Y, "alg");
    refuse("a50102 0480 2001" X Y, "key_ops");
    refuse("a50102 04820202 2001" X Y, "key_ops");
    refuse("a50102 04816476657269 2001" X Y, "key_ops");
    refuse("a50102 0402 2001" X Y, "key_ops");
    refuse("a50102 0501 2001" X Y, "Base IV");
    refuse("a540000102 2001" X Y, "label");
    refuse("a301022001" X, "y");
    refuse("a401022001" X "2241aa", "y");
    refuse("a401022001" X "22f6", "y");
    refuse("a401022001" Y "2141aa", "x");
    refuse("a401022001" Y "2100", "x");
    refuse("a301022001" Y, "x");
    refuse("a40102200a" X Y, "crv");
    refuse("a401022004" X Y, "crv");
    refuse("a401022006" X Y, "crv");
    refuse("a401022020" X Y, "crv");
    refuse("a3010120 01" ED_X, "crv");
    refuse("a301012007" ED_X, "crv");
    refuse("a401012006" ED_X Y, "y");
    refuse("a501022001" X Y "2300", "d");
    take("a7010220016161002b0038630 0" X Y);
    take("a50102200118 6300" X Y);
}

static void a_key_pair_is_read_by_name_only(void **state)
{
    tps_crypto_key *pair = NULL;

    (void)state;
    take("a501022001" X Y D);
    assert_status(tps_cose_key_private(&key, &pair), TPS_OK);
    assert_true(tps_crypto_key_is_private(pair));
    tps_crypto_key_free(pair);
    assert_status(tps_cose_key_read(span_of(bytes), &pair), TPS_COSE_BAD_KEY);
    take("a501022001" X D "22f4");
    assert_status(tps_cose_key_private(&key, &pair), TPS_OK);
    tps_crypto_key_free(pair);
    take("a501022001" X D "22f5"); /* the other point: not its own */
    assert_status(tps_cose_key_private(&key, &pair), TPS_COSE_BAD_KEY);
    assert_null(pair);
    take("a501022001" Y "2158 20 20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e" D);
    assert_status(tps_cose_key_private(&key, &pair), TPS_COSE_BAD_KEY);
    take("a401012006" ED_X ED_D);
    assert_status(tps_cose_key_private(&key, &pair), TPS_OK);
    tps_crypto_key_free(pair);
    take("a501022001" X Y "2340");
    assert_status(tps_cose_key_private(&key, &pair), TPS_COSE_BAD_KEY);
    take("a501022001" X Y "2341 01");
    assert_status(tps_cose_key_private(&key, &pair), TPS_CRYPTO_BAD_KEY);
    assert_null(pair);
}

static void a_point_that_is_none_has_no_thumbprint(void **state)
{
    tps_crypto_key *public_key = NULL;
    tps_digest digest;

    (void)state;
    take("a401022001 215820 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff 22f5");
    assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &digest), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_cose_key_public(&key, &public_key), TPS_CRYPTO_BAD_KEY);
    assert_null(public_key);
}

static void a_key_set_is_gone_through(void **state)
{
    tps_buf set = bytes_from_hex("82 a401022001" X Y "a10107");
    tps_span encoded;

    (void)state;
    assert_status(tps_cose_key_set_at(span_of(set), 0, &encoded), TPS_OK);
    assert_status(tps_cose_key_parse(encoded, &key, NULL), TPS_OK);
    assert_status(tps_cose_key_set_at(span_of(set), 1, &encoded), TPS_OK);
    assert_int_equal(encoded.size, 3);
    assert_status(tps_cose_key_set_at(span_of(set), 2, &encoded), TPS_NOT_FOUND);
    assert_int_equal(encoded.size, 0);
    set.data[0] = 0x83;
    assert_status(tps_cose_key_set_at(span_of(set), 0, &encoded), TPS_CBOR_TRUNCATED);
    free(set.data);
    assert_status(tps_cose_key_set_at(tps_span_make("\xa0", 1), 0, &encoded), TPS_COSE_BAD_KEY);
}

static void every_bit_and_every_cut_of_a_key_counts(void **state)
{
    tps_buf encoded = bytes_from_hex("a401022001" X Y);
    tps_digest expected;

    (void)state;
    assert_status(tps_cose_key_parse(span_of(encoded), &key, NULL), TPS_OK);
    assert_status(tps_cose_key_thumbprint(&key, TPS_ALG_SHA256, &expected), TPS_OK);
    for (size_t bit = 0; bit < 8 * encoded.size; bit++) {
        tps_crypto_key *public_key = NULL;

        encoded.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(tps_cose_key_read(span_of(encoded), &public_key), TPS_OK);
        assert_null(public_key);
        encoded.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < encoded.size; size++) {
        tps_buf cut = exact_copy(tps_span_make(encoded.data, size));

        assert_status(tps_cose_key_parse(span_of(cut), &key, NULL), TPS_CBOR_TRUNCATED);
        free(cut.data);
    }
    free(encoded.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read_and_written),
        cmocka_unit_test(an_rsa_key_is_read_and_written),
        cmocka_unit_test(a_symmetric_key_is_a_secret),
        cmocka_unit_test(what_a_key_says_about_its_use_is_obeyed),
        cmocka_unit_test(members_are_refused_by_name),
        cmocka_unit_test(a_key_pair_is_read_by_name_only),
        cmocka_unit_test(a_point_that_is_none_has_no_thumbprint),
        cmocka_unit_test(a_key_set_is_gone_through),
        cmocka_unit_test(every_bit_and_every_cut_of_a_key_counts),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
