/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verifier whose every allocation and cryptographic operation fails once, one after the other: it must say
 * so, keep what it knew, leak nothing, and never affirm. The linker puts the functions below in the place of
 * the real ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "support/faults.h"
#include "tps/base64.h"
#include "verifier/knowledge/knowledge.h"
#include "verifier_support.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
tps_status __real_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __real_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);
tps_status __real_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __real_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __wrap_tps_crypto_hash_begin(tps_crypto_hash *hash, int32_t alg);
tps_status __real_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __wrap_tps_crypto_hash_finish(tps_crypto_hash *hash, tps_digest *digest);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point);
tps_status __wrap_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);
tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);

void *__wrap_malloc(size_t size)
{
    return fault_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fault_now() ? NULL : __real_realloc(old, size);
}

tps_status __wrap_tps_crypto_key_point(const tps_crypto_key *key, tps_crypto_point *point)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_point(key, point);
}

tps_status __wrap_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_from_point(point, key);
}

tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_spki(key, out, size);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
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

/* What is made beforehand, so that faults hit the verifier alone. */
typedef struct {
    uint8_t lamp[4096];
    size_t lamp_size;
    uint8_t lock[4096];
    size_t lock_size;
    uint8_t token[4096];
    size_t token_size;
    uint8_t certified[8192];
    size_t certified_size;
    uint8_t root[1024];
    size_t root_size;
    char root_pem[2048];
    uint8_t spki[128];
    size_t spki_size;
} material;

static size_t keep(uint8_t *room, size_t size, tps_span bytes)
{
    assert_true(bytes.size <= size);
    memcpy(room, bytes.data, bytes.size);
    return bytes.size;
}

static void prepare(material *m)
{
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest lock = lock_manifest();
    tps_psa_claims claims = lamp_psa();
    tps_device_claims eat = lamp_eat();
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 3", device_key(3), root, device_key(20), NOW + 100);
    char base64[1500];

    m->lamp_size = keep(m->lamp, sizeof m->lamp, encode(&lamp));
    m->lock_size = keep(m->lock, sizeof m->lock, encode(&lock));
    m->token_size = keep(m->token, sizeof m->token, sign_psa(&claims, device_key(1), TPS_ALG_ES256));
    eat.ueid = instance_of(device_key(3));
    m->certified_size = keep(m->certified, sizeof m->certified, sign_eat(&eat, device_key(3), &leaf, 1));
    m->root_size = keep(m->root, sizeof m->root, root);
    snprintf(m->root_pem, sizeof m->root_pem,
             "-----BEGIN CERTIFICATE-----\n%.*s\n-----END CERTIFICATE-----\n",
             (int)tps_base64_write(root, base64), base64);
    assert_int_equal(tps_crypto_key_spki(device_key(40), TPS_BUF_OF(m->spki), &m->spki_size), TPS_OK);
}

/* All that a verifier does, up to the first failure. True when both devices were affirmed. */
static bool run(const material *m, tps_verifier **v)
{
    static tps_appraisal first;
    static tps_appraisal second;
    tps_verifier_options options = {.allow_unsigned_endorsements = true, .allow_demonstration = true};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    if (tps_verifier_new(&options, v) != TPS_OK ||
        tps_verifier_add_anchor(*v, tps_span_make(m->root, m->root_size)) != TPS_OK ||
        tps_verifier_add_anchor(*v, tps_span_of_text(m->root_pem)) != TPS_OK ||
        tps_verifier_add_key(*v, tps_span_make(m->spki, m->spki_size)) != TPS_OK ||
        tps_verifier_add_corim(*v, tps_span_make(m->lamp, m->lamp_size), NOW, NULL) != TPS_OK ||
        tps_verifier_add_corim(*v, tps_span_make(m->lock, m->lock_size), NOW, NULL) != TPS_OK) {
        return false;
    }
    tps_verifier_appraise(*v, tps_span_make(m->token, m->token_size), &request, &first);
    tps_verifier_appraise(*v, tps_span_make(m->certified, m->certified_size), &request, &second);
    return first.tier == TPS_EAR_TIER_AFFIRMING && second.tier == TPS_EAR_TIER_AFFIRMING;
}

static void every_fault_is_survived_and_none_affirms(void **state)
{
    static material m;
    unsigned faults = 0;

    (void)state;
    prepare(&m);
    for (unsigned n = 1;; n++) {
        tps_verifier *v = NULL;
        bool is_affirming;
        bool has_failed;

        fault_arm(n);
        is_affirming = run(&m, &v);
        has_failed = fault_struck();
        tps_verifier_free(v);
        if (!has_failed) {
            assert_true(is_affirming);
            break;
        }
        assert_false(is_affirming);
        faults++;
    }
    assert_true(faults > 40);
}

static void a_load_that_fails_leaves_what_was_known(void **state)
{
    static material m;
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier *v;
    tps_verifier_counts before;
    tps_verifier_counts after;
    tps_status status = TPS_OUT_OF_MEMORY;

    (void)state;
    prepare(&m);
    assert_int_equal(tps_verifier_new(&options, &v), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, tps_span_make(m.lamp, m.lamp_size), NOW, NULL), TPS_OK);
    for (unsigned n = 1; status != TPS_OK; n++) {
        tps_verifier_count(v, &before);
        fault_arm(n);
        status = tps_verifier_add_corim(v, tps_span_make(m.lock, m.lock_size), NOW, NULL);
        fault_arm(0);
        tps_verifier_count(v, &after);
        if (status != TPS_OK) {
            assert_memory_equal(&before, &after, sizeof before);
        }
        tps_verifier_appraise(v, tps_span_make(m.token, m.token_size), &request, &appraisal);
        expect_affirming(&appraisal);
    }
    assert_int_equal(after.devices, 2);
    tps_verifier_free(v);
}

/* Too large for what is left of any chunk: each copy of them allocates. */
static const uint8_t large[70000] = {1};

static void a_class_that_does_not_fit_is_not_half_there(void **state)
{
    tps_status status = TPS_OUT_OF_MEMORY;
    unsigned n = 1;

    (void)state;
    for (; status != TPS_OK; n++) {
        knowledge k = {0};
        uint32_t index;

        fault_arm(n);
        status =
            knowledge_add_class(&k, TPS_SPAN_OF(large), TPS_SPAN_OF(large), TPS_SPAN_OF(large), 0, &index);
        assert_int_equal(status, fault_struck() ? TPS_OUT_OF_MEMORY : TPS_OK);
        assert_int_equal(k.class_count, status == TPS_OK);
        assert_int_equal(knowledge_find_class(&k, TPS_SPAN_OF(large)), status == TPS_OK ? 0 : KNOWLEDGE_NONE);
        knowledge_free(&k);
    }
    assert_int_equal(n, 5 + 2); /* array, table, id, vendor, model */
}

static void a_reference_value_that_does_not_fit_is_not_half_there(void **state)
{
    const tps_corim_component component = {TPS_SPAN_OF(large), TPS_SPAN_OF(large), TPS_SPAN_OF(large),
                                           TPS_SPAN_OF(large)};
    tps_status status = TPS_OUT_OF_MEMORY;
    unsigned n = 1;

    (void)state;
    for (; status != TPS_OK; n++) {
        knowledge k = {0};
        uint32_t index;

        assert_int_equal(
            knowledge_add_class(&k, tps_span_make(large, 1), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY, 0, &index),
            TPS_OK);
        fault_arm(n);
        status = knowledge_add_reference(&k, index, &component, 0);
        assert_int_equal(status, fault_struck() ? TPS_OUT_OF_MEMORY : TPS_OK);
        assert_int_equal(k.reference_count, status == TPS_OK);
        assert_int_equal(k.classes[index].reference_count, status == TPS_OK);
        knowledge_free(&k);
    }
    assert_int_equal(n,
                     9 + 2); /* names, their table, name, references, two tables, version, digest, signer */
}

static void a_long_result_without_memory_is_none(void **state)
{
    static const uint8_t other[32] = {0x66};
    static tps_appraisal appraisal;
    static uint8_t out[65536];
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(30), TPS_ALG_ES256);
    tps_ear_options options = {.iat = NOW, .exp = NOW + 1, .with_claims = true};
    size_t size = 1;

    (void)state;
    for (size_t i = 0; i < TPS_PSA_COMPONENTS_MAX; i++) {
        claims.components[i] = claims.components[0];
        claims.components[i].measurement = TPS_SPAN_OF(other);
        claims.components[i].description = TPS_SPAN_LITERAL("a description that makes the result long");
    }
    claims.component_count = TPS_PSA_COMPONENTS_MAX;
    tps_verifier_appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256), &request, &appraisal);
    fault_arm(1);
    assert_int_equal(tps_ear_jwt(&appraisal, 1, &options, &signer, TPS_BUF_OF(out), &size),
                     TPS_OUT_OF_MEMORY);
    assert_true(fault_struck());
    assert_int_equal(size, 0);
    assert_int_equal(tps_ear_jwt(&appraisal, 1, &options, &signer, TPS_BUF_OF(out), &size), TPS_OK);
    tps_verifier_free(v);
}

static void a_signature_without_room_to_check_it_is_not_taken(void **state)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_verifier_options options = {.require_key = true};
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v;
    tps_crypto_key *key;
    tps_span evidence;
    uint8_t spki[64];
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_ED25519, &key), TPS_OK);
    assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
    assert_int_equal(tps_verifier_new(&options, &v), TPS_OK);
    assert_int_equal(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    evidence = sign_psa(&claims, key, TPS_ALG_EDDSA);
    for (unsigned n = 1;; n++) {
        fault_arm(n);
        tps_verifier_appraise(v, evidence, &request, &appraisal);
        if (!fault_struck()) {
            break;
        }
        if (appraisal.findings[0].status == TPS_OUT_OF_MEMORY) {
            expect_finding(&appraisal, "evidence.unverifiable", TPS_OUT_OF_MEMORY);
            assert_int_equal(appraisal.payload.size, 0);
        }
    }
    assert_true(appraisal.payload.size > 0);
    tps_verifier_free(v);
    tps_crypto_key_free(key);
}

static void a_shared_key_without_memory_leaves_those_before(void **state)
{
    static const uint8_t secret[32] = {1};
    tps_verifier_options options = {.require_key = true};
    tps_verifier_counts counts;
    tps_verifier *v;

    (void)state;
    assert_int_equal(tps_verifier_new(&options, &v), TPS_OK);
    assert_int_equal(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OK);
    fault_arm(1);
    assert_int_equal(tps_verifier_add_mac_key(v, TPS_SPAN_OF(secret), TPS_SPAN_EMPTY), TPS_OUT_OF_MEMORY);
    assert_true(fault_struck());
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.mac_keys, 1);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_survived_and_none_affirms),
        cmocka_unit_test(a_load_that_fails_leaves_what_was_known),
        cmocka_unit_test(a_class_that_does_not_fit_is_not_half_there),
        cmocka_unit_test(a_reference_value_that_does_not_fit_is_not_half_there),
        cmocka_unit_test(a_long_result_without_memory_is_none),
        cmocka_unit_test(a_signature_without_room_to_check_it_is_not_taken),
        cmocka_unit_test(a_shared_key_without_memory_leaves_those_before),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
