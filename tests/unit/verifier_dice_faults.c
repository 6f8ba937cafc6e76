/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence under DICE chains when a decoder, an allocation or an operation of cryptography fails, one call
 * after the other: nothing may be affirming, nothing may leak, and afterwards all is as before. The linker
 * puts the functions below in the place of the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "dice_maker.h"
#include "support/faults.h"
#include "tps/revocation.h"

#define FAULTS_MAX 400u

/* Each in place of a function that returns a status: fails when it is asked to. */
#define STAND_IN(name, parameters, arguments, failure)            \
    tps_status __real_##name parameters;                          \
    tps_status __wrap_##name parameters;                          \
    tps_status __wrap_##name parameters                           \
    {                                                             \
        return fault_now() ? (failure) : __real_##name arguments; \
    }

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now() ? NULL : __real_calloc(count, size);
}

STAND_IN(tps_dice_certificate_read, (tps_span der, tps_dice_certificate *out, tps_error *why),
         (der, out, why), TPS_DER_TRAILING)
STAND_IN(tps_dice_chain_verify,
         (const tps_span *chain, size_t count, const tps_dice_anchor *anchor, tps_dice_layer *layers,
          size_t *layer_count, tps_crypto_key **leaf, tps_error *why),
         (chain, count, anchor, layers, layer_count, leaf, why), TPS_CRYPTO_FAILED)
STAND_IN(tps_dice_chain_layers,
         (const tps_span *chain, size_t count, tps_dice_layer *layers, size_t *layer_count, tps_error *why),
         (chain, count, layers, layer_count, why), TPS_CRYPTO_FAILED)
STAND_IN(tps_dice_cwt_read, (tps_span certificate, tps_dice_cwt *out, tps_error *why),
         (certificate, out, why), TPS_DICE_MISSING)
STAND_IN(tps_cose_key_parse, (tps_span encoded, tps_cose_key *out, tps_error *why), (encoded, out, why),
         TPS_COSE_BAD_KEY)
STAND_IN(tps_cose_key_public, (const tps_cose_key *key, tps_crypto_key **out), (key, out), TPS_OUT_OF_MEMORY)
STAND_IN(tps_crypto_key_from_spki, (tps_span spki, tps_crypto_key **key), (spki, key), TPS_CRYPTO_BAD_KEY)
STAND_IN(tps_crypto_key_spki, (const tps_crypto_key *key, tps_buf out, size_t *size), (key, out, size),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_point, (const tps_crypto_key *key, tps_crypto_point *point), (key, point),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_crypto_key_change_point, (tps_crypto_key * *key, const tps_crypto_point *point), (key, point),
         TPS_OUT_OF_MEMORY)
STAND_IN(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest),
         TPS_CRYPTO_FAILED)
STAND_IN(tps_x509_describe, (tps_span der, tps_x509_info *info), (der, info), TPS_CRYPTO_BAD_CERTIFICATE)
STAND_IN(tps_x509_check_purpose, (tps_span der, tps_x509_purpose purpose), (der, purpose),
         TPS_CRYPTO_CHAIN_PURPOSE)
STAND_IN(tps_x509_class_id, (tps_span der, uint8_t class_id[TPS_X509_CLASS_SIZE]), (der, class_id),
         TPS_CRYPTO_BAD_CERTIFICATE)

/* ---- evidence that is good, and verifiers that know it ---- */

static tps_span evidence;

static tps_verifier *anchored(void)
{
    return dice_verifier();
}

/* By the key that signed the last certificate. */
static tps_verifier *rooted(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    uint8_t spki[128];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(device_key(KEY_CA), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, tps_span_make(spki, size),
                                                    &(tps_anchor_scope){.uses = TPS_ANCHOR_DICE}),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    return v;
}

static tps_verifier *identified(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_environment lamp = {.class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lamp_class)},
                                  .instance = {.kind = TPS_CORIM_UEID, .bytes = instance_of(device_key(1))}};

    assert_int_equal(tps_verifier_add_corim(v, lamp_layer(), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, identity(lamp, KEY_DEVICE_ID), NOW, NULL), TPS_OK);
    return v;
}

static tps_verifier *identified_in_cbor(void)
{
    static const tps_corim_digest code = {.alg = TPS_ALG_SHA256, .value = {cbor_code, 32}};
    const tps_corim_measurement measurements[2] = {
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("code")},
         .digests = {.items = &code, .count = 1}},
        {.key = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("configuration")},
         .raw_tag = TPS_CORIM_TAG_BYTES,
         .raw_value = TPS_SPAN_OF(cbor_configuration)}};
    tps_verifier *v = identified();

    assert_int_equal(tps_verifier_add_corim(
                         v,
                         references((tps_corim_environment){.has_layer = true, .layer = 1}, measurements, 2),
                         NOW, NULL),
                     TPS_OK);
    return v;
}

static tps_span x509_evidence(size_t certificates)
{
    dice_device device = dice_lamp();
    size_t count;
    const tps_span *chain = chain_of(&device, &count);

    return sign_under(answer_claims(TPS_SPAN_OF(the_nonce), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY), chain,
                      certificates);
}

static tps_span cbor_evidence(void)
{
    size_t count;
    const tps_span *chain = cbor_chain(TPS_DICE_MODE_NORMAL, &count);

    return sign_under_cbor(answer_claims(TPS_SPAN_OF(the_nonce), instance_of(device_key(1)), TPS_SPAN_EMPTY),
                           chain, count);
}

/* What was affirmed despite of a fault: only what did not need the thing that failed. */
static void appraise_under_faults(tps_verifier *v)
{
    unsigned nth = 1;
    bool struck = true;

    for (; struck; nth++) {
        const tps_appraisal *appraisal;
        fault_arm(nth);
        appraisal = appraise(v, evidence);
        struck = fault_struck();
        if (struck && appraisal->tier == TPS_EAR_TIER_AFFIRMING) {
            /* A cache that cannot be asked, or another way to the root: the evidence is good all the same. */
            assert_int_equal(appraisal->finding_count, 0);
        }
        assert_true(nth < FAULTS_MAX);
    }
    assert_true(nth > 5);
    expect_affirming(appraise(v, evidence));
}

/* With a new verifier for each fault, nothing is known before; with one for all, the chain is. */
static void cold_and_warm(tps_verifier *(*make)(void))
{
    tps_verifier *v;
    bool struck = true;

    for (unsigned nth = 1; struck; nth++) {
        v = make();
        fault_arm(nth);
        (void)appraise(v, evidence);
        struck = fault_struck();
        expect_affirming(appraise(v, evidence));
        tps_verifier_free(v);
        assert_true(nth < FAULTS_MAX);
    }
    v = make();
    expect_affirming(appraise(v, evidence));
    appraise_under_faults(v);
    tps_verifier_free(v);
}

static void no_fault_below_an_anchor_is_fatal(void **state)
{
    (void)state;
    evidence = x509_evidence(4);
    cold_and_warm(anchored);
}

static void no_fault_below_a_key_is_fatal(void **state)
{
    (void)state;
    evidence = x509_evidence(3);
    cold_and_warm(rooted);
}

static void no_fault_below_an_identity_key_is_fatal(void **state)
{
    (void)state;
    evidence = x509_evidence(4);
    cold_and_warm(identified);
    evidence = x509_evidence(2);
    cold_and_warm(identified);
}

static void no_fault_in_cbor_is_fatal(void **state)
{
    (void)state;
    evidence = cbor_evidence();
    cold_and_warm(identified_in_cbor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_fault_below_an_anchor_is_fatal),
        cmocka_unit_test(no_fault_below_a_key_is_fatal),
        cmocka_unit_test(no_fault_below_an_identity_key_is_fatal),
        cmocka_unit_test(no_fault_in_cbor_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
