/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts while every allocation and every hash fails once, one after the other: they are refused, nothing
 * leaks, and no check says that a result follows. The linker puts the functions below in the place of the
 * real ones. */
#include <stdlib.h>

#include "support/check.h"
#include "support/faults.h"
#include "tps/receipt.h"
#include "tps/result_keys.h"
#include "tps/revocation.h"
#include "verifier/result/known.h"
#include "verifier/state.h"
#include "verifier_support.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
tps_status __real_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __wrap_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __real_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);

void *__wrap_malloc(size_t size)
{
    return fault_now() ? NULL : __real_malloc(size);
}

tps_status __wrap_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_begin(hash, alg);
}

tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest)
{
    if (fault_now()) {
        tps_crypto_hash_abort(hash);
        return TPS_CRYPTO_FAILED;
    }
    return __real_tps_crypto_hash_finish(hash, digest);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

tps_status __real_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);

tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_point(key, point);
}

static uint8_t room[65536];

static tps_status find_40(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = device_key(40);
    return TPS_OK;
}

/* A verifier that knows something of every kind. */
static tps_verifier *full_verifier(void)
{
    static const uint8_t digest[32] = {1};
    tps_revocation revocation = {.kind = TPS_REVOKED_IMAGE, .value = TPS_SPAN_OF(digest)};
    tps_anchor_scope narrow = {.uses = TPS_ANCHOR_ENDORSES};
    tps_verifier *v = maker_verifier();
    uint8_t spki[128];
    size_t size;

    assert_status(tps_verifier_add_anchor(v, make_ca("root", device_key(30), TPS_SPAN_EMPTY, NULL)), TPS_OK);
    assert_status(tps_crypto_key_spki(device_key(12), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_verifier_add_scoped_anchor(v, tps_span_make(spki, size), &narrow), TPS_OK);
    assert_status(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    assert_status(tps_verifier_revoke(v, &revocation), TPS_OK);
    return v;
}

static void each_fault_gives_no_receipt_and_no_good_check(void **state)
{
    static tps_appraisal part;
    static uint8_t evidence[4096];
    tps_verifier *v = full_verifier();
    tps_device_claims claims = lamp_eat();
    tps_span made = sign_eat(&claims, device_key(1), NULL, 0);
    tps_span kept = tps_span_make(evidence, made.size);
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_ear_options options = {.iat = NOW, .exp = NOW + 1};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_cose_key_finder keys = {find_40, NULL};
    tps_receipt receipt;
    unsigned faults = 0;
    size_t size = 0;
    bool has_struck = true;

    (void)state;
    memcpy(evidence, made.data, made.size);
    tps_verifier_appraise(v, kept, &request, &part);
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;
        fault_arm(n);
        status = tps_receipt_make(v, kept, &request, &part, 1, &options, &signer, TPS_BUF_OF(room), &size);
        has_struck = fault_struck();
        assert_int_equal(status != TPS_OK, has_struck);
        faults += has_struck;
    }
    assert_true(faults > 10);
    assert_status(tps_receipt_verify(tps_span_make(room, size), &keys, &receipt, NULL), TPS_OK);
    has_struck = true;
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;
        fault_arm(n);
        status = tps_receipt_check(&receipt, v, NULL);
        has_struck = fault_struck();
        assert_int_equal(status != TPS_OK, has_struck);
    }
    tps_verifier_free(v);
}

static void each_rule_changes_the_digest_of_all(void **state)
{
    static tps_x509_serial serials[] = {{{1}, 1}, {{2}, 1}};
    static tps_x509_serial others[] = {{{1}, 1}, {{3}, 1}};
    issuer_crl crls[] = {{.issuer = {1}, .this_update = 5, .next_update = 9, .serials = serials, .count = 2},
                         {.issuer = {2}, .this_update = 5, .next_update = 9, .serials = serials, .count = 2},
                         {.issuer = {1}, .this_update = 6, .next_update = 9, .serials = serials, .count = 2},
                         {.issuer = {1}, .this_update = 5, .next_update = 8, .serials = serials, .count = 2},
                         {.issuer = {1}, .this_update = 5, .next_update = 9, .serials = serials, .count = 1},
                         {.issuer = {1}, .this_update = 5, .next_update = 9, .serials = others, .count = 2}};
    enum { CRLS = 6, ALL = CRLS + 8 };
    uint8_t digests[ALL][32];
    static tps_verifier v;

    (void)state;
    for (size_t i = 0; i < ALL; i++) {
        v = (tps_verifier){.options = known_options(i < CRLS ? 0 : i - CRLS)};
        v.crls.items = &crls[i % CRLS];
        v.crls.count = i < CRLS;
        assert_int_equal(known_option_bits(&v), i < CRLS ? 0 : i - CRLS);
        assert_status(known_rules(&v, digests[i]), TPS_OK);
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(digests[i], digests[k], 32);
        }
    }
    v = (tps_verifier){.crls = {crls, 1}};
    for (unsigned n = 1; n <= 6; n++) {
        fault_arm(n);
        assert_int_equal(known_rules(&v, digests[0]) == TPS_OK, !fault_struck());
    }
}

static void more_than_a_receipt_can_name_is_refused(void **state)
{
    static tps_verifier v;
    static tps_appraisal part;
    tps_appraisal_request request = {.now = NOW};
    tps_ear_options options = {.iat = NOW, .exp = NOW + 1};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    size_t size;

    (void)state;
    v.key_count = TPS_RECEIPT_KNOWN_MAX + 1;
    assert_status(
        tps_receipt_make(&v, TPS_SPAN_EMPTY, &request, &part, 1, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_TOO_LARGE);
}

static void what_cannot_be_written_is_refused(void **state)
{
    static tps_appraisal parts[TPS_RESULT_PARTS_MAX + 1];
    static const tps_span epochs[TPS_RECEIPT_EPOCHS_MAX + 1];
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = {.now = NOW};
    tps_ear_options options = {.iat = NOW, .exp = NOW + 1};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_span evidence = TPS_SPAN_LITERAL("any");
    size_t size;

    (void)state;
    assert_status(
        tps_receipt_make(v, evidence, &request, parts, 0, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_BAD_ARGUMENT);
    assert_status(tps_receipt_make(v, evidence, &request, parts, TPS_RESULT_PARTS_MAX + 1, &options, &signer,
                                   TPS_BUF_OF(room), &size),
                  TPS_BAD_ARGUMENT);
    options.iat = -1;
    assert_status(
        tps_receipt_make(v, evidence, &request, parts, 1, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_EAR_BAD_TIME);
    options.iat = NOW;
    request.aud = TPS_SPAN_LITERAL("\xff");
    assert_int_not_equal(
        tps_receipt_make(v, evidence, &request, parts, 1, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_OK);
    request.aud = TPS_SPAN_EMPTY;
    request.epochs = epochs;
    request.epoch_count = TPS_RECEIPT_EPOCHS_MAX + 1;
    assert_status(
        tps_receipt_make(v, evidence, &request, parts, 1, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_BAD_ARGUMENT);
    tps_verifier_free(v);
}

/* ---- keys of results ---- */

static void a_key_without_a_name_is_not_in_the_ring(void **state)
{
    tps_result_keys ring = {0};
    char text[TPS_RESULT_KEYS_MAX * TPS_RESULT_JWK_MAX];
    bool has_struck = true;
    size_t size;

    (void)state;
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;
        fault_arm(n);
        status = tps_result_keys_add(&ring, device_key(1), 0);
        has_struck = fault_struck();
        assert_int_equal(status != TPS_OK, has_struck);
        assert_int_equal(ring.count, !has_struck);
    }
    assert_status(tps_result_keys_add(&ring, device_key(2), 5), TPS_OK);
    has_struck = true;
    for (unsigned n = 1; has_struck; n++) {
        tps_status status;
        fault_arm(n);
        status = tps_result_keys_jwks(&ring, 6, 100, (tps_buf){(uint8_t *)text, sizeof text}, &size);
        has_struck = fault_struck();
        assert_int_equal(status != TPS_OK, has_struck);
    }
    fault_arm(1);
    assert_status(tps_result_key_jwk(&ring.keys[0], (tps_buf){(uint8_t *)text, sizeof text}, &size),
                  TPS_CRYPTO_FAILED);
    assert_true(fault_struck());
    assert_status(tps_result_key_jwk(&ring.keys[0], (tps_buf){(uint8_t *)text, sizeof text}, &size), TPS_OK);
    assert_true(size <= TPS_RESULT_JWK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_gives_no_receipt_and_no_good_check),
        cmocka_unit_test(each_rule_changes_the_digest_of_all),
        cmocka_unit_test(more_than_a_receipt_can_name_is_refused),
        cmocka_unit_test(what_cannot_be_written_is_refused),
        cmocka_unit_test(a_key_without_a_name_is_not_in_the_ring),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
