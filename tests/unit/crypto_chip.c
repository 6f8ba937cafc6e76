/* SPDX-License-Identifier: Apache-2.0 */
/* PSA Crypto as a chip has it: its source of random bytes, which may fail at any call, its slots, its one
 * block of memory, and what it refuses by name. */
#include <sys/random.h>

#include "crypto/psa/start.h"
#include "support/check.h"
#include "support/faults.h"
#include "support/keys.h"
#include "tps/crypto.h"

enum { SLOTS = 16 }; /* MBEDTLS_PSA_KEY_SLOT_COUNT */

/* ---- random bytes ---- */

static unsigned calls;

static tps_status fill(void *context, tps_buf out)
{
    *(unsigned *)context += 1;
    if (fault_now()) {
        return TPS_CRYPTO_NO_ENTROPY;
    }
    return getrandom(out.data, out.size, 0) == (ssize_t)out.size ? TPS_OK : TPS_CRYPTO_NO_ENTROPY;
}

static int give_source(void **state)
{
    (void)state;
    assert_status(tps_psa_start(&(tps_psa_entropy){fill, &calls}), TPS_OK);
    return 0;
}

static void a_start_without_a_source_is_refused(void **state)
{
    (void)state;
    assert_status(tps_psa_start(&(tps_psa_entropy){NULL, NULL}), TPS_BAD_ARGUMENT);
}

static void random_bytes_are_the_sources(void **state)
{
    uint8_t bytes[32];
    unsigned before = calls;

    (void)state;
    assert_status(tps_crypto_random(TPS_BUF_OF(bytes)), TPS_OK);
    assert_int_equal(calls, before + 1);
}

static void without_random_bytes_there_are_no_keys_and_no_signatures(void **state)
{
    tps_crypto_key *pair = test_key(1);
    tps_digest digest = {.size = 32};

    (void)state;
    for (int round = 0; round < 2 * SLOTS; round++) { /* no failure keeps a slot */
        tps_crypto_key *made = NULL;
        uint8_t bytes[64];
        size_t size;

        fault_arm(1);
        assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &made), TPS_CRYPTO_NO_ENTROPY);
        assert_null(made);
        fault_arm(1);
        memset(bytes, 0xa5, sizeof bytes);
        assert_status(tps_crypto_sign(pair, TPS_ALG_ES256, &digest, TPS_BUF_OF(bytes), &size),
                      TPS_CRYPTO_NO_ENTROPY);
        for (size_t i = 0; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], 0);
        }
        fault_arm(1);
        memset(bytes, 0xa5, sizeof bytes);
        assert_status(tps_crypto_random(TPS_BUF_OF(bytes)), TPS_CRYPTO_NO_ENTROPY);
        assert_int_equal(bytes[0], 0);
        assert_true(fault_struck());
    }
    tps_crypto_key_free(pair);
}

/* ---- memory ---- */

static void as_many_keys_as_slots_and_no_more(void **state)
{
    tps_crypto_key *keys[SLOTS];
    tps_crypto_key *more = NULL;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < SLOTS; i++) {
            keys[i] = test_key((uint8_t)i);
        }
        assert_status(tps_crypto_key_copy(keys[0], &more), TPS_OUT_OF_MEMORY);
        assert_null(more);
        assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &more), TPS_OUT_OF_MEMORY);
        assert_null(more);
        for (size_t i = 0; i < SLOTS; i++) {
            tps_crypto_key_free(keys[i]);
        }
    }
}

static void the_info_of_hkdf_may_be_as_long_as_the_block(void **state)
{
    static const uint8_t info[TPS_PSA_BLOCK_SIZE + 1];
    uint8_t out[32];

    (void)state;
    assert_status(tps_crypto_hkdf(TPS_SPAN_LITERAL("secret"), TPS_SPAN_EMPTY,
                                  tps_span_make(info, TPS_PSA_BLOCK_SIZE), TPS_BUF_OF(out)),
                  TPS_OK);
    memset(out, 0xa5, sizeof out);
    assert_status(
        tps_crypto_hkdf(TPS_SPAN_LITERAL("secret"), TPS_SPAN_EMPTY, TPS_SPAN_OF(info), TPS_BUF_OF(out)),
        TPS_OUT_OF_MEMORY);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[31], 0);
}

static void there_is_one_block_of_zeros_and_its_end_wipes_it(void **state)
{
    uint8_t *block = tps_psa_take_block(TPS_PSA_BLOCK_SIZE / 8, 8);

    (void)state;
    assert_non_null(block);
    assert_null(tps_psa_take_block(1, 1));
    for (size_t i = 0; i < TPS_PSA_BLOCK_SIZE; i++) {
        assert_int_equal(block[i], 0);
        block[i] = 0xa5;
    }
    tps_psa_give_block(NULL);
    assert_null(tps_psa_take_block(1, 1));
    tps_psa_give_block(block);
    for (size_t i = 0; i < TPS_PSA_BLOCK_SIZE; i++) {
        assert_int_equal(block[i], 0);
    }
    assert_null(tps_psa_take_block(1, TPS_PSA_BLOCK_SIZE + 1));
    assert_null(tps_psa_take_block(SIZE_MAX / 2 + 2, 2)); /* their product wraps to 2 */
    assert_null(tps_psa_take_block(1, 0));
}

/* While the block is taken, what needs it fails; nothing is left behind. */
static void without_the_block_nothing_is_derived_or_unwrapped(void **state)
{
    static const uint8_t zeros[24];
    uint8_t out[16];
    void *block = tps_psa_take_block(1, 1);

    (void)state;
    assert_non_null(block);
    assert_status(tps_crypto_hkdf(TPS_SPAN_LITERAL("secret"), TPS_SPAN_EMPTY, TPS_SPAN_LITERAL("info"),
                                  TPS_BUF_OF(out)),
                  TPS_OUT_OF_MEMORY);
    assert_status(
        tps_crypto_unwrap(TPS_ALG_A128KW, tps_span_make(zeros, 16), TPS_SPAN_OF(zeros), TPS_BUF_OF(out)),
        TPS_CRYPTO_FAILED);
    tps_psa_give_block(block);
    assert_status(
        tps_crypto_unwrap(TPS_ALG_A128KW, tps_span_make(zeros, 16), TPS_SPAN_OF(zeros), TPS_BUF_OF(out)),
        TPS_CRYPTO_BAD_TAG);
}

/* ---- what is refused ---- */

static void rsa_pem_and_compressed_points_are_refused_by_name(void **state)
{
    tps_crypto_rsa rsa = {.n_size = 256, .e = {3}, .e_size = 1};
    tps_crypto_key *pair = test_key(1);
    tps_crypto_key *key = NULL;
    tps_crypto_point point;

    (void)state;
    memset(rsa.n, 0xb5, rsa.n_size);
    assert_status(tps_crypto_key_from_rsa(&rsa, &key), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_key_rsa(pair, &rsa), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_from_pem(TPS_SPAN_LITERAL("-----BEGIN PUBLIC KEY-----"), &key),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_null(key);
    assert_status(tps_crypto_key_point(pair, &point), TPS_OK);
    assert_status(tps_crypto_point_decompress(&point, false), TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(pair);
}

/* A SubjectPublicKeyInfo of P-384 in its usual form is known, and not had; a compressed point is another
 * form. */
static void subject_public_key_info_is_read_in_its_usual_form(void **state)
{
    static const uint8_t p384_head[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                        0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04};
    uint8_t spki[120] = {0};
    tps_crypto_key *pair = test_key(1);
    tps_crypto_key *key = NULL;
    size_t size;

    (void)state;
    memcpy(spki, p384_head, sizeof p384_head);
    assert_status(tps_crypto_key_from_spki(TPS_SPAN_OF(spki), &key), TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_key_spki(pair, TPS_BUF_OF(spki), &size), TPS_OK);
    spki[26] = 2;
    assert_status(tps_crypto_key_from_spki(tps_span_make(spki, size), &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    tps_crypto_key_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_without_a_source_is_refused),
        cmocka_unit_test(random_bytes_are_the_sources),
        cmocka_unit_test(without_random_bytes_there_are_no_keys_and_no_signatures),
        cmocka_unit_test(as_many_keys_as_slots_and_no_more),
        cmocka_unit_test(the_info_of_hkdf_may_be_as_long_as_the_block),
        cmocka_unit_test(there_is_one_block_of_zeros_and_its_end_wipes_it),
        cmocka_unit_test(without_the_block_nothing_is_derived_or_unwrapped),
        cmocka_unit_test(rsa_pem_and_compressed_points_are_refused_by_name),
        cmocka_unit_test(subject_public_key_info_is_read_in_its_usual_form),
    };

    return cmocka_run_group_tests(tests, give_source, NULL);
}
