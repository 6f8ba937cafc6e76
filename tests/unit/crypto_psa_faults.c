/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end psa/ with every call of PSA Crypto and mbedTLS failing in turn: it ends in an error, leaves no
 * key behind, wipes its outputs, and never takes what is bad for good. The linker puts the functions below in
 * the place of the real ones.
 */
#include <mbedtls/ecp.h>
#include <mbedtls/nist_kw.h>
#include <mbedtls/pk.h>
#include <psa/crypto.h>

#include "crypto/psa/key.h"
#include "support/check.h"
#include "support/faults.h"
#include "support/keys.h"
#include "tps/crypto.h"

/* A stand-in that fails when told so and is the real function otherwise. */
#define STAND_IN(type, failure, name, parameters, arguments)      \
    type __real_##name parameters;                                \
    type __wrap_##name parameters;                                \
    type __wrap_##name parameters                                 \
    {                                                             \
        return fault_now() ? (failure) : __real_##name arguments; \
    }

static psa_status_t failure = PSA_ERROR_INSUFFICIENT_MEMORY;

#define PSA(name, parameters, arguments) STAND_IN(psa_status_t, failure, name, parameters, arguments)
/* A failure of these ends the operation, which is the first of their parameters. */
#define ENDING(name, abort, parameters, arguments) \
    psa_status_t __real_##name parameters;         \
    psa_status_t __wrap_##name parameters;         \
    psa_status_t __wrap_##name parameters          \
    {                                              \
        if (fault_now()) {                         \
            (void)abort(o);                        \
            return failure;                        \
        }                                          \
        return __real_##name arguments;            \
    }
#define MBED(name, parameters, arguments) \
    STAND_IN(int, MBEDTLS_ERR_ECP_ALLOC_FAILED, name, parameters, arguments)

PSA(psa_import_key,
    (const psa_key_attributes_t *a, const uint8_t *data, size_t size, mbedtls_svc_key_id_t *id),
    (a, data, size, id))
PSA(psa_generate_key, (const psa_key_attributes_t *a, mbedtls_svc_key_id_t *id), (a, id))
PSA(psa_copy_key, (mbedtls_svc_key_id_t from, const psa_key_attributes_t *a, mbedtls_svc_key_id_t *id),
    (from, a, id))
PSA(psa_export_key, (mbedtls_svc_key_id_t id, uint8_t *out, size_t room, size_t *size), (id, out, room, size))
PSA(psa_export_public_key, (mbedtls_svc_key_id_t id, uint8_t *out, size_t room, size_t *size),
    (id, out, room, size))
PSA(psa_hash_setup, (psa_hash_operation_t * o, psa_algorithm_t alg), (o, alg))
PSA(psa_hash_finish, (psa_hash_operation_t * o, uint8_t *out, size_t room, size_t *size),
    (o, out, room, size))
PSA(psa_hash_compute,
    (psa_algorithm_t alg, const uint8_t *in, size_t in_size, uint8_t *out, size_t room, size_t *size),
    (alg, in, in_size, out, room, size))
PSA(psa_mac_sign_setup, (psa_mac_operation_t * o, mbedtls_svc_key_id_t id, psa_algorithm_t alg), (o, id, alg))
PSA(psa_mac_sign_finish, (psa_mac_operation_t * o, uint8_t *out, size_t room, size_t *size),
    (o, out, room, size))
ENDING(psa_mac_update, psa_mac_abort, (psa_mac_operation_t * o, const uint8_t *in, size_t in_size),
       (o, in, in_size))
PSA(psa_generate_random, (uint8_t * out, size_t size), (out, size))
PSA(psa_key_derivation_setup, (psa_key_derivation_operation_t * o, psa_algorithm_t alg), (o, alg))
PSA(psa_key_derivation_input_bytes,
    (psa_key_derivation_operation_t * o, psa_key_derivation_step_t step, const uint8_t *data, size_t size),
    (o, step, data, size))
PSA(psa_key_derivation_output_bytes, (psa_key_derivation_operation_t * o, uint8_t *out, size_t size),
    (o, out, size))
PSA(psa_aead_encrypt_setup, (psa_aead_operation_t * o, mbedtls_svc_key_id_t id, psa_algorithm_t alg),
    (o, id, alg))
PSA(psa_aead_decrypt_setup, (psa_aead_operation_t * o, mbedtls_svc_key_id_t id, psa_algorithm_t alg),
    (o, id, alg))
PSA(psa_aead_set_lengths, (psa_aead_operation_t * o, size_t aad, size_t plain), (o, aad, plain))
PSA(psa_aead_set_nonce, (psa_aead_operation_t * o, const uint8_t *nonce, size_t size), (o, nonce, size))
PSA(psa_aead_update_ad, (psa_aead_operation_t * o, const uint8_t *in, size_t size), (o, in, size))
PSA(psa_aead_update,
    (psa_aead_operation_t * o, const uint8_t *in, size_t in_size, uint8_t *out, size_t room, size_t *size),
    (o, in, in_size, out, room, size))
PSA(psa_aead_finish,
    (psa_aead_operation_t * o, uint8_t *out, size_t room, size_t *size, uint8_t *tag, size_t tag_room,
     size_t *tag_size),
    (o, out, room, size, tag, tag_room, tag_size))
PSA(psa_aead_verify,
    (psa_aead_operation_t * o, uint8_t *out, size_t room, size_t *size, const uint8_t *tag, size_t tag_size),
    (o, out, room, size, tag, tag_size))
PSA(psa_sign_hash,
    (mbedtls_svc_key_id_t id, psa_algorithm_t alg, const uint8_t *hash, size_t hash_size, uint8_t *out,
     size_t room, size_t *size),
    (id, alg, hash, hash_size, out, room, size))
PSA(psa_verify_hash,
    (mbedtls_svc_key_id_t id, psa_algorithm_t alg, const uint8_t *hash, size_t hash_size,
     const uint8_t *signature, size_t size),
    (id, alg, hash, hash_size, signature, size))
PSA(psa_raw_key_agreement,
    (psa_algorithm_t alg, mbedtls_svc_key_id_t id, const uint8_t *peer, size_t peer_size, uint8_t *out,
     size_t room, size_t *size),
    (alg, id, peer, peer_size, out, room, size))
MBED(mbedtls_ecp_group_load, (mbedtls_ecp_group * group, mbedtls_ecp_group_id id), (group, id))
MBED(mbedtls_mpi_read_binary, (mbedtls_mpi * x, const unsigned char *data, size_t size), (x, data, size))
MBED(mbedtls_mpi_sub_int, (mbedtls_mpi * x, const mbedtls_mpi *a, mbedtls_mpi_sint b), (x, a, b))
MBED(mbedtls_mpi_mul_mpi, (mbedtls_mpi * x, const mbedtls_mpi *a, const mbedtls_mpi *b), (x, a, b))
MBED(mbedtls_mpi_add_mpi, (mbedtls_mpi * x, const mbedtls_mpi *a, const mbedtls_mpi *b), (x, a, b))
MBED(mbedtls_mpi_mod_mpi, (mbedtls_mpi * x, const mbedtls_mpi *a, const mbedtls_mpi *b), (x, a, b))
MBED(mbedtls_mpi_add_int, (mbedtls_mpi * x, const mbedtls_mpi *a, mbedtls_mpi_sint b), (x, a, b))
MBED(mbedtls_mpi_write_binary, (const mbedtls_mpi *x, unsigned char *out, size_t size), (x, out, size))
MBED(mbedtls_nist_kw_setkey,
     (mbedtls_nist_kw_context * c, mbedtls_cipher_id_t cipher, const unsigned char *data, unsigned int bits,
      const int wrap),
     (c, cipher, data, bits, wrap))
MBED(mbedtls_nist_kw_wrap,
     (mbedtls_nist_kw_context * c, mbedtls_nist_kw_mode_t mode, const unsigned char *in, size_t in_size,
      unsigned char *out, size_t *size, size_t room),
     (c, mode, in, in_size, out, size, room))
MBED(mbedtls_pk_import_into_psa,
     (const mbedtls_pk_context *pk, const psa_key_attributes_t *a, mbedtls_svc_key_id_t *id), (pk, a, id))

static tps_crypto_key *key;
static tps_crypto_point point;
static tps_digest digest = {.size = 32};
static uint8_t signature[64];
static uint8_t out[64];
static uint8_t back[64]; /* what seals and opens writes */
static size_t out_size;

static int make(void **state)
{
    size_t size;

    (void)state;
    fault_arm(0);
    key = test_key(1);
    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_status(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size), TPS_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tps_crypto_key_free(key);
    return 0;
}

/* Keys that exist: PSA Crypto knows how many, and a slot that is left behind is never found again. */
static size_t keys_there(void)
{
    mbedtls_psa_stats_t stats;

    mbedtls_psa_get_stats(&stats);
    return stats.MBEDTLS_PRIVATE(volatile_slots);
}

/* Runs the operation with the first call failing, then the second, ... until none is left to fail. `out` is
 * what it writes `out_size` bytes to: wiped where it fails. */
static void fail_each_call(tps_status (*operation)(void), tps_status expected)
{
    bool has_struck = true;
    unsigned n = 1;

    while (has_struck) {
        size_t before = keys_there();
        tps_status status;

        memset(out, 0xa5, sizeof out);
        fault_arm(n);
        n += 1 +
             n / 40; /* a point is multiplied in thousands of calls: all of the first, then fewer and fewer */
        status = operation();
        has_struck = fault_struck();
        assert_int_equal(keys_there(), before);
        if (!has_struck) {
            assert_status(status, expected);
            break;
        }
        assert_int_not_equal(status, TPS_OK);
        assert_int_not_equal(status, TPS_CRYPTO_BAD_SIGNATURE);
        for (size_t i = 0; i < out_size; i++) {
            assert_int_equal(out[i], 0);
        }
    }
    assert_true(n > 2);
    out_size = 0;
}

/* ---- without keys ---- */

static tps_status hash(void)
{
    tps_crypto_hash h;
    tps_digest d;
    tps_status status = tps_crypto_hash_begin(&h, TPS_ALG_SHA512);

    tps_crypto_hash_update(&h, TPS_SPAN_LITERAL("abc"));
    if (status != TPS_OK) { /* what was not begun cannot be ended */
        assert_status(tps_crypto_hash_finish(&h, &d), TPS_CRYPTO_FAILED);
        return status;
    }
    status = tps_crypto_hash_finish(&h, &d);
    assert_int_equal(d.size, status == TPS_OK ? 64 : 0);
    return status;
}

static tps_status hash_of(void)
{
    tps_digest d;
    tps_status status = tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_LITERAL("abc"), &d);

    assert_int_equal(d.size, status == TPS_OK ? 32 : 0);
    return status;
}

static tps_status uuid(void)
{
    uint8_t name[16] = {0};

    return tps_crypto_uuid5(name, TPS_SPAN_LITERAL("abc"), name);
}

static tps_status mac(void)
{
    tps_crypto_mac m;
    tps_digest d;
    tps_status status = tps_crypto_mac_begin(&m, TPS_ALG_HMAC256, TPS_SPAN_LITERAL("key"));

    tps_crypto_mac_update(&m, TPS_SPAN_LITERAL("abc"));
    if (status != TPS_OK) {
        assert_status(tps_crypto_mac_finish(&m, &d), TPS_CRYPTO_FAILED);
        return status;
    }
    return tps_crypto_mac_finish(&m, &d);
}

static tps_status hmac(void)
{
    return tps_crypto_hmac_sha256(TPS_SPAN_LITERAL("key"), TPS_SPAN_LITERAL("abc"), out);
}

static tps_status hkdf(void)
{
    return tps_crypto_hkdf(TPS_SPAN_LITERAL("key"), TPS_SPAN_LITERAL("salt"), TPS_SPAN_LITERAL("info"),
                           (tps_buf){out, 48});
}

static tps_status draw(void)
{
    return tps_crypto_random((tps_buf){out, 32});
}

static const uint8_t zeros[48];
static const tps_span parts[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}};

static tps_status seal(void)
{
    return tps_crypto_aead_seal(TPS_ALG_AES_CCM_16_64_128, tps_span_make(zeros, 16), tps_span_make(zeros, 13),
                                (tps_crypto_aad){parts, 2}, TPS_SPAN_LITERAL("abcd"), (tps_buf){out, 12});
}

static tps_status seal_and_open(void)
{
    uint8_t sealed[20];

    TPS_TRY(tps_crypto_aead_seal(TPS_ALG_A256GCM, tps_span_make(zeros, 32), tps_span_make(zeros, 12),
                                 (tps_crypto_aad){parts, 2}, TPS_SPAN_LITERAL("abcd"), TPS_BUF_OF(sealed)));
    return tps_crypto_aead_open(TPS_ALG_A256GCM, tps_span_make(zeros, 32), tps_span_make(zeros, 12),
                                (tps_crypto_aad){parts, 2}, TPS_SPAN_OF(sealed), (tps_buf){back, 4});
}

static tps_status wrap(void)
{
    return tps_crypto_wrap(TPS_ALG_A128KW, tps_span_make(zeros, 16), tps_span_make(zeros, 16),
                           (tps_buf){out, 24});
}

static tps_status unwrap_changed(void)
{
    return tps_crypto_unwrap(TPS_ALG_A128KW, tps_span_make(zeros, 16), tps_span_make(zeros, 24),
                             (tps_buf){out, 16});
}

static void symmetric_operations_fail_with_an_error_and_wiped(void **state)
{
    (void)state;
    fail_each_call(hash, TPS_OK);
    fail_each_call(hash_of, TPS_OK);
    fail_each_call(uuid, TPS_OK);
    fail_each_call(mac, TPS_OK);
    out_size = 32;
    fail_each_call(hmac, TPS_OK);
    out_size = 48;
    fail_each_call(hkdf, TPS_OK);
    out_size = 32;
    fail_each_call(draw, TPS_OK);
    out_size = 12;
    fail_each_call(seal, TPS_OK);
    fail_each_call(seal_and_open, TPS_OK);
    out_size = 24;
    fail_each_call(wrap, TPS_OK);
    out_size = 16;
    fail_each_call(unwrap_changed, TPS_CRYPTO_BAD_TAG);
}

/* ---- keys ---- */

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
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_derive_p256(zeros, &made);

    return ended(status, made);
}

static tps_status from_point(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_from_point(&point, &made);

    return ended(status, made);
}

static tps_status copy(void)
{
    tps_crypto_key *made = NULL;
    tps_status status = tps_crypto_key_copy(key, &made);

    return ended(status, made);
}

static tps_status rsa(void)
{
    tps_crypto_rsa numbers = {.n_size = 256, .e = {3}, .e_size = 1};
    tps_crypto_key *made = NULL;
    tps_status status;

    memset(numbers.n, 0xb5, numbers.n_size);
    status = tps_crypto_key_from_rsa(&numbers, &made);
    if (status == TPS_OK) {
        status = tps_crypto_key_rsa(made, &numbers);
        tps_crypto_key_free(made);
    }
    return status;
}

/* An RSA key, which mbedTLS's parser reads. */
static tps_status rsa_spki(void)
{
    static uint8_t spki[300];
    static size_t size;
    tps_crypto_rsa numbers = {.n_size = 256, .e = {3}, .e_size = 1};
    tps_crypto_key *made = NULL;
    tps_status status;

    if (size == 0) { /* in the run before any failure */
        memset(numbers.n, 0xb5, numbers.n_size);
        assert_status(tps_crypto_key_from_rsa(&numbers, &made), TPS_OK);
        assert_status(tps_crypto_key_spki(made, TPS_BUF_OF(spki), &size), TPS_OK);
        tps_crypto_key_free(made);
    }
    status = tps_crypto_key_from_spki(tps_span_make(spki, size), &made);
    return ended(status, made);
}

static tps_status point_of(void)
{
    tps_crypto_point other;

    return tps_crypto_key_point(key, &other);
}

static tps_status scalar_of(void)
{
    uint8_t scalar[32];

    return tps_crypto_key_scalar(key, TPS_BUF_OF(scalar));
}

static tps_status decompress(void)
{
    tps_crypto_point other = point;

    return tps_crypto_point_decompress(&other, point.y[31] % 2 != 0);
}

static tps_status agree(void)
{
    return tps_crypto_ecdh(key, key, (tps_buf){out, 32});
}

static void keys_are_whole_or_none(void **state)
{
    (void)state;
    assert_status(rsa_spki(), TPS_OK);
    fail_each_call(generate, TPS_OK);
    fail_each_call(derive, TPS_OK);
    fail_each_call(from_point, TPS_OK);
    fail_each_call(copy, TPS_OK);
    fail_each_call(rsa, TPS_OK);
    fail_each_call(rsa_spki, TPS_OK);
    fail_each_call(point_of, TPS_OK);
    fail_each_call(scalar_of, TPS_OK);
    fail_each_call(decompress, TPS_OK);
    out_size = 32;
    fail_each_call(agree, TPS_OK);
}

/* ---- signatures ---- */

static tps_status sign(void)
{
    size_t size;

    return tps_crypto_sign_message(key, TPS_ALG_ES256, TPS_SPAN_LITERAL("abc"), (tps_buf){out, 64}, &size);
}

static tps_status verify(void)
{
    return tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signature));
}

static tps_status verify_message(void)
{
    return tps_crypto_verify_message(key, TPS_ALG_ES256, TPS_SPAN_LITERAL("abc"), TPS_SPAN_OF(signature));
}

static void a_signature_is_neither_good_nor_bad_when_the_library_fails(void **state)
{
    (void)state;
    fail_each_call(sign, TPS_OK);
    fail_each_call(verify, TPS_OK);
    fail_each_call(verify_message, TPS_CRYPTO_BAD_SIGNATURE);
}

/* The library's words for a failure, in ours. */
static void failures_keep_their_cause(void **state)
{
    static const struct {
        psa_status_t theirs;
        tps_status ours;
    } words[] = {
        {PSA_ERROR_INSUFFICIENT_MEMORY, TPS_OUT_OF_MEMORY},
        {PSA_ERROR_INSUFFICIENT_ENTROPY, TPS_CRYPTO_NO_ENTROPY},
        {PSA_ERROR_BAD_STATE, TPS_CRYPTO_FAILED},
        {PSA_ERROR_HARDWARE_FAILURE, TPS_CRYPTO_FAILED},
        {PSA_ERROR_COMMUNICATION_FAILURE, TPS_CRYPTO_FAILED},
        {PSA_ERROR_CORRUPTION_DETECTED, TPS_CRYPTO_FAILED},
        {PSA_ERROR_INVALID_ARGUMENT, TPS_CRYPTO_BAD_SIGNATURE},
        {PSA_ERROR_INVALID_SIGNATURE, TPS_CRYPTO_BAD_SIGNATURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        failure = words[i].theirs;
        fault_arm(1);
        assert_status(verify(), words[i].ours);
        assert_true(fault_struck());
    }
    failure = PSA_ERROR_INSUFFICIENT_MEMORY;
}

/* A key that was ended answers nothing, and harms nothing. */
static void an_ended_key_is_refused(void **state)
{
    tps_crypto_key *gone = test_key(2);
    uint8_t room[64];
    size_t size;

    (void)state;
    tps_crypto_key_free(gone);
    assert_false(tps_crypto_key_is_private(gone));
    assert_int_equal(tps_crypto_key_curve(gone), 0);
    assert_status(tps_crypto_key_point(gone, &point), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_sign(gone, TPS_ALG_ES256, &digest, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_operations_fail_with_an_error_and_wiped),
        cmocka_unit_test(keys_are_whole_or_none),
        cmocka_unit_test(a_signature_is_neither_good_nor_bad_when_the_library_fails),
        cmocka_unit_test(failures_keep_their_cause),
        cmocka_unit_test(an_ended_key_is_refused),
    };

    return cmocka_run_group_tests(tests, make, end);
}
