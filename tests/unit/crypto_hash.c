/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and names: known answers (FIPS 180-4's examples; RFC 9562, A.4), streams, misuse. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

static void assert_digest(const tps_digest *digest, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);

    assert_span(tps_span_make(digest->bytes, digest->size), span_of(expected));
    free(expected.data);
}

static const struct {
    int32_t alg;
    const char *of_nothing;
    const char *of_abc;
} known[] = {
    {TPS_ALG_SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {TPS_ALG_SHA384,
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {TPS_ALG_SHA512,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void the_published_digests_come_out(void **state)
{
    tps_digest digest;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        if (!tps_crypto_supports(known[i].alg)) {
            continue;
        }
        assert_status(tps_crypto_hash_of(known[i].alg, TPS_SPAN_EMPTY, &digest), TPS_OK);
        assert_digest(&digest, known[i].of_nothing);
        assert_status(tps_crypto_hash_of(known[i].alg, TPS_SPAN_LITERAL("abc"), &digest), TPS_OK);
        assert_digest(&digest, known[i].of_abc);
    }
}

static void a_stream_gives_the_digest_of_the_whole(void **state)
{
    tps_crypto_hash hash;
    tps_digest digest;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        if (!tps_crypto_supports(known[i].alg)) {
            continue;
        }
        assert_status(tps_crypto_hash_begin(&hash, known[i].alg), TPS_OK);
        tps_crypto_hash_update(&hash, TPS_SPAN_LITERAL("a"));
        tps_crypto_hash_update(&hash, TPS_SPAN_EMPTY);
        tps_crypto_hash_update(&hash, TPS_SPAN_LITERAL("bc"));
        assert_status(tps_crypto_hash_finish(&hash, &digest), TPS_OK);
        assert_digest(&digest, known[i].of_abc);
    }
}

static void a_hash_given_up_or_ended_cannot_be_ended_again(void **state)
{
    tps_crypto_hash hash;
    tps_digest digest;

    (void)state;
    assert_status(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256), TPS_OK);
    tps_crypto_hash_abort(&hash);
    tps_crypto_hash_abort(&hash);
    tps_crypto_hash_update(&hash, TPS_SPAN_LITERAL("abc"));
    assert_status(tps_crypto_hash_finish(&hash, &digest), TPS_CRYPTO_FAILED);
    assert_int_equal(digest.size, 0);
}

static void what_is_no_hash_is_refused(void **state)
{
    static const int32_t others[] = {TPS_ALG_NONE, TPS_ALG_ES256, TPS_ALG_ESP384, -14, 1};
    tps_crypto_hash hash;
    tps_digest digest;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_status(tps_crypto_hash_begin(&hash, others[i]), TPS_CRYPTO_ALG_REFUSED);
        assert_status(tps_crypto_hash_of(others[i], TPS_SPAN_EMPTY, &digest), TPS_CRYPTO_ALG_REFUSED);
    }
}

static void signature_algorithms_have_their_hash_and_size(void **state)
{
    (void)state;
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ES256), TPS_ALG_SHA256);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ESP256), TPS_ALG_SHA256);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ES384), TPS_ALG_SHA384);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ESP384), TPS_ALG_SHA384);
    assert_int_equal(tps_crypto_alg_hash(-8), TPS_ALG_NONE);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_SHA256), TPS_ALG_NONE);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_ES256), 64);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_ESP384), 96);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ES512), TPS_ALG_SHA512);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_ESP512), TPS_ALG_SHA512);
    assert_int_equal(tps_crypto_alg_hash(TPS_ALG_PS256), TPS_ALG_SHA256);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_ES512), 132);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_ESP512), 132);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_EDDSA), 64);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_ED25519), 64);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_PS256), 0);
    assert_int_equal(tps_crypto_alg_signature_size(TPS_ALG_A128GCM), 0);
}

/* RFC 9562, A.4: www.example.com in the name space of DNS. */
static void a_uuid_of_version_5_is_as_published(void **state)
{
    static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                    0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    static const uint8_t expected[16] = {0x2e, 0xd6, 0x65, 0x7d, 0xe9, 0x27, 0x56, 0x8b,
                                         0x95, 0xe1, 0x26, 0x65, 0xa8, 0xae, 0xa6, 0xa2};
    uint8_t uuid[16];

    (void)state;
    assert_status(tps_crypto_uuid5(dns, TPS_SPAN_LITERAL("www.example.com"), uuid), TPS_OK);
    assert_memory_equal(uuid, expected, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_digests_come_out),
        cmocka_unit_test(a_stream_gives_the_digest_of_the_whole),
        cmocka_unit_test(a_hash_given_up_or_ended_cannot_be_ended_again),
        cmocka_unit_test(what_is_no_hash_is_refused),
        cmocka_unit_test(signature_algorithms_have_their_hash_and_size),
        cmocka_unit_test(a_uuid_of_version_5_is_as_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
