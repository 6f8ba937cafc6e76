/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence of TPMs, and secrets for them, when an allocation or an operation of cryptography fails, one call
 * after the other: it must be told, nothing is affirmed that was not judged, nothing leaks, and afterwards
 * all is as before. The linker puts the functions below in the place of the real ones.
 */
#include "crypto/tpm.h"
#include "crypto/x509.h"
#include "support/faults.h"
#include "support/keys.h"
#include "tpm_maker.h"
#include "tps/anchor.h"
#include "tps/revocation.h"
#include "tps/tpm_credential.h"

#define FAULTS_MAX 400u

/* Each in place of a function that returns a status: fails when it is asked to. */
#define STAND_IN(name, parameters, arguments, failure)            \
    tps_status __real_##name parameters;                          \
    tps_status __wrap_##name parameters;                          \
    tps_status __wrap_##name parameters                           \
    {                                                             \
        return fault_now() ? (failure) : __real_##name arguments; \
    }

/* As above, of what ends an operation: the real one is done, as it gives its room back. */
#define STAND_IN_AT_END(name, type)                            \
    tps_status __real_##name(type *state, tps_digest *digest); \
    tps_status __wrap_##name(type *state, tps_digest *digest); \
    tps_status __wrap_##name(type *state, tps_digest *digest)  \
    {                                                          \
        tps_status status = __real_##name(state, digest);      \
        return fault_now() ? TPS_CRYPTO_FAILED : status;       \
    }

STAND_IN_AT_END(tps_crypto_hash_finish, tps_crypto_hash)
STAND_IN_AT_END(tps_crypto_mac_finish, tps_crypto_mac)

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fault_now() ? NULL : __real_malloc(size);
}

STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_hash_begin, (tps_crypto_hash * hash, int32_t alg), (hash, alg), TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key),
         TPS_OUT_OF_MEMORY)
STAND_IN(tps_crypto_key_rsa, (const tps_crypto_key *key, tps_crypto_rsa *rsa), (key, rsa), TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_generate, (int32_t curve, tps_crypto_key **key), (curve, key), TPS_CRYPTO_NO_ENTROPY)
STAND_IN(tps_crypto_random, (tps_buf out), (out), TPS_CRYPTO_NO_ENTROPY)
STAND_IN(tps_crypto_mac_begin, (tps_crypto_mac * mac, int32_t alg, tps_span key), (mac, alg, key),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_ecdh, (const tps_crypto_key *key, const tps_crypto_key *peer, tps_buf out),
         (key, peer, out), TPS_CRYPTO_FAILED)
STAND_IN(crypto_aes_cfb, (tps_span key, tps_span plain, tps_buf out), (key, plain, out), TPS_CRYPTO_FAILED)
STAND_IN(tps_x509_class_id, (tps_span der, uint8_t class_id[TPS_X509_CLASS_SIZE]), (der, class_id),
         TPS_CRYPTO_BAD_CERTIFICATE)
STAND_IN(tps_x509_public_key, (tps_span der, tps_crypto_key **key), (der, key), TPS_OUT_OF_MEMORY)
STAND_IN(tps_x509_from_pem, (tps_span pem, tps_buf out, tps_span *ders, size_t *count),
         (pem, out, ders, count), TPS_OUT_OF_MEMORY)
STAND_IN(tps_x509_identify, (tps_span der, tps_x509_identity *identity), (der, identity), TPS_CRYPTO_FAILED)

/* ---- appraisals ---- */

static tpm_device lamp;
static tps_span root;

static tps_verifier *knowing_key(void)
{
    const tps_corim_key ak = tpm_key(device_key(1));
    const tps_corim_key_statement attest = {.environment = tpm_environment(tpm_instance(&lamp)),
                                            .keys = ONE(&ak)};
    tpm_words words = {.attest = &attest,
                       .attest_count = 1,
                       .registers = &lamp,
                       .values_of = tpm_environment(TPS_SPAN_EMPTY)};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});

    tpm_endorse(v, &words);
    return v;
}

/* In the general form: the node's key, and its EK, while others are revoked. */
static tps_verifier *knowing_node(void)
{
    static const uint8_t other[32] = {3};
    const tps_revocation gone = {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(other)};
    const tps_corim_key ak = tpm_key(device_key(1));
    tps_span certificate = tpm_certify(tpm_plan_ek, device_key(5), root, device_key(20));
    const tps_corim_key eks[3] = {
        tpm_key(device_key(5)),
        {.tag = TPS_CORIM_TAG_CERTIFICATE_PEM, .value = tpm_pem(certificate, "CERTIFICATE")},
        {.tag = TPS_CORIM_TAG_CERTIFICATE_DER, .value = certificate}};
    tps_corim_key_statement attest = {.environment = tpm_environment(TPS_SPAN_EMPTY), .keys = ONE(&ak)};
    tps_corim_key_statement identity = {.keys = {.items = eks, .count = 3}};
    tpm_words words = {.attest = &attest,
                       .attest_count = 1,
                       .identity = &identity,
                       .identity_count = 1,
                       .registers = &lamp,
                       .values_of = tpm_environment(TPS_SPAN_EMPTY)};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});

    attest.environment.instance = (tps_corim_value){.kind = TPS_CORIM_BYTES, .bytes = lamp.evidence.instance};
    identity.environment = attest.environment;
    tpm_endorse(v, &words);
    assert_status(tps_verifier_add_scoped_anchor(v, root, &(tps_anchor_scope){.uses = TPS_ANCHOR_TPM}),
                  TPS_OK);
    assert_status(tps_verifier_revoke(v, &gone), TPS_OK);
    lamp.evidence.ek_chain[0] = certificate;
    lamp.evidence.ek_chain_count = 1;
    return v;
}

static tps_verifier *trusting_root(void)
{
    tpm_words words = {.registers = &lamp, .values_of = tpm_environment(TPS_SPAN_EMPTY)};
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});

    assert_status(tps_verifier_add_scoped_anchor(v, root, &(tps_anchor_scope){.uses = TPS_ANCHOR_TPM}),
                  TPS_OK);
    tpm_endorse(v, &words);
    return v;
}

/* With a new verifier for each fault. What failed must be seen. */
static void every_fault_is_told(tps_verifier *(*make)(void))
{
    bool struck = true;
    unsigned nth = 1;

    for (; struck; nth++) {
        tps_verifier *v = make();
        tps_span evidence = tpm_answer(&lamp);
        const tps_appraisal *a;

        fault_arm(nth);
        a = appraise(v, evidence);
        struck = fault_struck();
        if (struck) {
            assert_int_not_equal(a->tier, TPS_EAR_TIER_AFFIRMING);
            assert_true(a->finding_count > 0);
        }
        expect_affirming(appraise(v, evidence));
        tps_verifier_free(v);
        assert_true(nth < FAULTS_MAX);
    }
    assert_true(nth > 8);
}

static void no_fault_of_an_endorsed_key_is_passed_over(void **state)
{
    (void)state;
    tpm_start(&lamp);
    every_fault_is_told(knowing_key);
}

static void no_fault_of_a_node_and_its_endorsement_key_is_passed_over(void **state)
{
    static const uint8_t node[16] = {0x7d};

    (void)state;
    tpm_start(&lamp);
    root = make_ca("TPM maker", device_key(20), TPS_SPAN_EMPTY, NULL);
    lamp.evidence.instance = TPS_SPAN_OF(node);
    every_fault_is_told(knowing_node);
}

static void no_fault_of_a_certificate_is_passed_over(void **state)
{
    (void)state;
    tpm_start(&lamp);
    root = make_ca("TPM maker", device_key(20), TPS_SPAN_EMPTY, NULL);
    lamp.evidence.chain[0] = tpm_certify(tpm_plan_ak, device_key(1), root, device_key(20));
    lamp.evidence.chain_count = 1;
    every_fault_is_told(trusting_root);
}

static void no_fault_of_a_hashed_nonce_is_passed_over(void **state)
{
    uint8_t data[32];
    size_t size;

    (void)state;
    tpm_start(&lamp);
    lamp.evidence.nonce = tps_span_make(the_nonce, 32);
    lamp.evidence.aud = TPS_SPAN_LITERAL("shop");
    assert_status(tps_tpm_qualifying_data(lamp.evidence.nonce, lamp.evidence.aud, data, &size), TPS_OK);
    lamp.qualifying = tps_span_make(data, size);
    every_fault_is_told(knowing_key);
}

/* ---- secrets ---- */

static const uint8_t name[34] = {0, TPS_TPM_ALG_SHA256, 1};
static const uint8_t secret[32] = {5};

static void make_under_faults(const tps_tpm_ek *ek)
{
    uint8_t out[TPS_TPM_CREDENTIAL_MAX];
    size_t size;
    unsigned nth = 1;
    tps_status status = TPS_CRYPTO_FAILED;

    for (; status != TPS_OK; nth++) {
        fault_arm(nth);
        status = tps_tpm_credential_make(ek, TPS_SPAN_OF(name), TPS_SPAN_OF(secret), TPS_BUF_OF(out), &size);
        assert_int_equal(fault_struck(), status != TPS_OK);
        assert_true(nth < FAULTS_MAX);
    }
    assert_true(nth > 6);
}

static void no_secret_is_wrapped_by_halves(void **state)
{
    static const tpm_plan plan = {"2.23.133.8.1", "critical,keyAgreement", false, NOW + 1000};
    static const tpm_plan of_rsa = {"2.23.133.8.1", "critical,keyEncipherment", false, NOW + 1000};
    tps_tpm_ek ek = {.key = device_key(5), .name_alg = TPS_TPM_ALG_SHA256, .symmetric_bits = 128};
    tps_crypto_rsa numbers = {.n_size = 256, .e = {1, 0, 1}, .e_size = 3};
    tps_span certificate;
    tps_tpm_ek read;

    (void)state;
    make_under_faults(&ek);
    memset(numbers.n, 0xf5, numbers.n_size);
    assert_status(tps_crypto_key_from_rsa(&numbers, &ek.key), TPS_OK);
    make_under_faults(&ek);
    root = make_ca("TPM maker", device_key(20), TPS_SPAN_EMPTY, NULL);
    certificate = tpm_certify(of_rsa, ek.key, root, device_key(20));
    fault_arm(2); /* its size decides, so that it must be known */
    assert_status(tps_tpm_ek_of_certificate(certificate, &read), TPS_CRYPTO_FAILED);
    assert_true(fault_struck());
    tps_crypto_key_free(ek.key);
    certificate = tpm_certify(plan, device_key(5), root, device_key(20));
    fault_arm(1);
    assert_status(tps_tpm_ek_of_certificate(certificate, &read), TPS_OUT_OF_MEMORY);
    assert_true(fault_struck());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_fault_of_an_endorsed_key_is_passed_over),
        cmocka_unit_test(no_fault_of_a_node_and_its_endorsement_key_is_passed_over),
        cmocka_unit_test(no_fault_of_a_certificate_is_passed_over),
        cmocka_unit_test(no_fault_of_a_hashed_nonce_is_passed_over),
        cmocka_unit_test(no_secret_is_wrapped_by_halves),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
