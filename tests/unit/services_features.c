/* SPDX-License-Identifier: Apache-2.0 */
/* What services say that they can do is what the back end of the cryptography under them has, and what they
 * say nothing of they refuse. Run with each of them. */
#include "component/services/keys/key_store.h"
#include "component/services/keys/policy.h"
#include "component/services/verification.h"
#include "key_store_support.h"
#include "services_session.h"
#include "support/check.h"

static tps_login me;

static int setup(void **state)
{
    device *d = device_new();

    device_start(d);
    me = somebody();
    *state = d;
    return 0;
}

/* Each kind that can be made is told, and each that is told can be made. */
static void the_key_store_makes_the_kinds_that_it_tells(void **state)
{
    device *d = *state;

    for (uint32_t kind = 0; kind <= TPS_KEY_P256_IMPORT + 1; kind++) {
        bool is_there = tells_feature(d, &tps_key_store_service, kind);
        uint64_t error = ERROR(d, &me, TPS_KEY_TAG_GENERATE, NAME("k"), KIND(kind));

        assert_int_equal(error, is_there ? 0 : TPS_KEY_ERROR_KIND);
        if (is_there) {
            assert_int_equal(ERROR(d, &me, TPS_KEY_TAG_DESTROY, NAME("k")), 0);
        }
    }
}

static void the_key_store_tells_what_there_is_on_a_chip(void **state)
{
    static const bool on_a_chip[TPS_KEY_P256_IMPORT + 1] = {
        [TPS_KEY_P256_SIGN] = true,  [TPS_KEY_P256_AGREE] = true, [TPS_KEY_AES128_GCM] = true,
        [TPS_KEY_AES256_GCM] = true, [TPS_KEY_HMAC256] = true,    [TPS_KEY_HKDF] = true,
        [TPS_KEY_P256_IMPORT] = true};
    bool is_chip = strcmp(TPS_TEST_BACKEND, "psa_chip") == 0;

    for (uint32_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++) {
        bool has_eddsa = tps_crypto_supports(TPS_ALG_ED25519);

        assert_int_equal(tells_feature(*state, &tps_key_store_service, kind),
                         is_chip ? on_a_chip[kind] : kind != TPS_KEY_ED25519_SIGN || has_eddsa);
    }
}

static void verification_tells_the_algorithms_that_there_are(void **state)
{
    static const int32_t algorithms[] = {TPS_ALG_ES256, TPS_ALG_ESP256, TPS_ALG_ES384, TPS_ALG_ESP384,
                                         TPS_ALG_ES512, TPS_ALG_ESP512, TPS_ALG_EDDSA, TPS_ALG_ED25519};

    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        assert_int_equal(tells_feature(*state, &tps_verification_service, algorithms[i]),
                         tps_crypto_supports(algorithms[i]));
    }
}

/* The point of RFC 6979, A.2.6, as a COSE_Key. */
static void keys_on_a_curve_that_is_not_there_are_not_registered(void **state)
{
    static const uint8_t coordinates[2][48] = {
        {0xec, 0x3a, 0x4e, 0x41, 0x5b, 0x4e, 0x19, 0xa4, 0x56, 0x86, 0x18, 0x02, 0x9f, 0x42, 0x7f, 0xa5,
         0xda, 0x9a, 0x8b, 0xc4, 0xae, 0x92, 0xe0, 0x2e, 0x06, 0xaa, 0xe5, 0x28, 0x6b, 0x30, 0x0c, 0x64,
         0xde, 0xf8, 0xf0, 0xea, 0x90, 0x55, 0x86, 0x60, 0x64, 0xa2, 0x54, 0x51, 0x54, 0x80, 0xbc, 0x13},
        {0x80, 0x15, 0xd9, 0xb7, 0x2d, 0x7d, 0x57, 0x24, 0x4e, 0xa8, 0xef, 0x9a, 0xc0, 0xc6, 0x21, 0x89,
         0x67, 0x08, 0xa5, 0x93, 0x67, 0xf9, 0xdf, 0xb9, 0xf5, 0x4c, 0xa8, 0x4b, 0x3f, 0x1c, 0x9d, 0xb1,
         0x28, 0x8b, 0x23, 0x1c, 0x3a, 0xe0, 0xd4, 0xfe, 0x73, 0x44, 0xfd, 0x25, 0x33, 0x26, 0x47, 0x20}};
    device *d = *state;
    uint32_t session = open_session(d, &tps_verification_service, administrator());
    tps_cbor_writer *w = message(12, 3); /* register */

    put_uint(1, TPS_ROLE_OWNER);
    tps_cbor_put_uint(w, 2);
    tps_cbor_put_map(w, 4);
    put_uint(1, TPS_KEY_EC2);
    tps_cbor_put_int(w, -1);
    tps_cbor_put_uint(w, TPS_CURVE_P384);
    tps_cbor_put_int(w, -2);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(coordinates[0]));
    tps_cbor_put_int(w, -3);
    tps_cbor_put_bytes(w, TPS_SPAN_OF(coordinates[1]));
    put_text(3, "the key");
    send_expecting(d, session,
                   tps_crypto_supports_curve(TPS_CURVE_P384) ? 0 : TPS_VERIFICATION_ERROR_ALGORITHM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_key_store_makes_the_kinds_that_it_tells),
        TEST(the_key_store_tells_what_there_is_on_a_chip),
        TEST(verification_tells_the_algorithms_that_there_are),
        TEST(keys_on_a_curve_that_is_not_there_are_not_registered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
