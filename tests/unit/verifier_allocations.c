/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After warm-up an appraisal and its signed results allocate nothing of ours: the linker puts counters in the
 * place of malloc and its kin for all of our libraries. What libcrypto allocates for keys, hashes and
 * signatures is counted beside, and printed with what the raw operations cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "crypto/x509.h"
#include "tps/attestation_result.h"
#include "tps/revocation.h"
#include "verifier_support.h"

enum { APPRAISALS = 1000, DEVICES = 4, ROOM = 8192 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t ours;
static size_t of_library;

void *__wrap_malloc(size_t size)
{
    ours++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    ours++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    ours++;
    return __real_realloc(old, size);
}

static void *library_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    of_library++;
    return __real_malloc(size);
}

static void *library_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    of_library++;
    return __real_realloc(old, size);
}

static void library_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* ---- what is appraised ---- */

typedef struct {
    uint8_t room[ROOM];
    tps_span bytes;
} kept;

static void keep(kept *k, tps_span bytes)
{
    assert_true(bytes.size <= sizeof k->room);
    memcpy(k->room, bytes.data, bytes.size);
    k->bytes = tps_span_make(k->room, bytes.size);
}

/* Numbers of devices: those from 1 are endorsed, those from 11 have certificates. */
enum { ENDORSED = 1, CERTIFIED = 11 };

/* One verifier for all: a maker's root, and a manifest with the software and the keys of the endorsed. */
static tps_verifier *the_verifier(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_corim_device devices[DEVICES];
    uint8_t spki[DEVICES][128];

    for (size_t i = 0; i < DEVICES; i++) {
        tps_crypto_key *key = device_key((uint8_t)(ENDORSED + i));
        size_t size;

        assert_int_equal(tps_crypto_key_spki(key, TPS_BUF_OF(spki[i]), &size), TPS_OK);
        devices[i] = (tps_corim_device){instance_of(key), tps_span_make(spki[i], size)};
    }
    manifest.devices = devices;
    manifest.device_count = DEVICES;
    assert_int_equal(tps_verifier_add_corim(v, encode(&manifest), NOW, NULL), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL)),
                     TPS_OK);
    return v;
}

static void keep_psa(kept *k, uint8_t number)
{
    tps_psa_claims claims = lamp_psa();

    claims.instance_id = instance_of(device_key(number));
    keep(k, sign_psa(&claims, device_key(number), TPS_ALG_ES256));
}

static void keep_eat(kept *k, uint8_t number, bool has_chain)
{
    tps_device_claims claims = lamp_eat();
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp", device_key(number), root, device_key(20), NOW + 1000);

    claims.ueid = instance_of(device_key(number));
    keep(k, sign_eat(&claims, device_key(number), &leaf, has_chain ? 1 : 0));
}

/* ---- counting ---- */

/* Appraises and writes the result, in either form. */
static void judge(tps_verifier *v, tps_span evidence, const tps_cose_signer *signer)
{
    static tps_appraisal appraisal;
    static uint8_t result[16384];
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_ear_options options = {.nonce = request.nonce, .iat = NOW, .exp = NOW + 300};
    size_t size;

    tps_verifier_appraise(v, evidence, &request, &appraisal);
    assert_int_equal(appraisal.tier, TPS_EAR_TIER_AFFIRMING);
    assert_int_equal(tps_ear_jwt(&appraisal, 1, &options, signer, TPS_BUF_OF(result), &size), TPS_OK);
    assert_int_equal(tps_ear_cwt(&appraisal, 1, &options, signer, TPS_BUF_OF(result), &size), TPS_OK);
}

static void count(const char *name, tps_verifier *v, const kept *evidence)
{
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(50), TPS_ALG_ES256);

    for (size_t i = 0; i < 2 * DEVICES; i++) { /* to warm up */
        judge(v, evidence[i % DEVICES].bytes, &signer);
    }
    ours = 0;
    of_library = 0;
    for (size_t i = 0; i < APPRAISALS; i++) {
        judge(v, evidence[i % DEVICES].bytes, &signer);
    }
    printf("%s: %zu allocations of ours, %zu of libcrypto, in %d appraisals with two results each\n", name,
           ours, of_library, (int)APPRAISALS);
    assert_int_equal(ours, 0);
}

static void endorsed_devices_cost_no_allocation(void **state)
{
    static kept psa[DEVICES];
    static kept eat[DEVICES];
    tps_verifier *v = the_verifier();

    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        keep_psa(&psa[i], (uint8_t)(ENDORSED + i));
        keep_eat(&eat[i], (uint8_t)(ENDORSED + i), false);
    }
    assert_true(ours > 0); /* the counter is in its place */
    assert_true(of_library > 0);
    count("PSA, endorsed", v, psa);
    count("opentps, endorsed", v, eat);
    tps_verifier_free(v);
}

static void certified_devices_cost_no_allocation(void **state)
{
    static kept eat[DEVICES];
    static const uint8_t other[32] = {1};
    const tps_revocation revoked = {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(other)};
    tps_verifier *v = the_verifier();

    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        keep_eat(&eat[i], (uint8_t)(CERTIFIED + i), true);
    }
    count("opentps, certified", v, eat);
    assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK);
    count("opentps, certified, something is revoked", v, eat);
    tps_verifier_free(v);
}

/* What one verification and two signatures cost by themselves, for comparison. */
static void the_library_is_counted_by_itself(void **state)
{
    tps_crypto_key *key = device_key(50);
    uint8_t signature[64];
    tps_digest digest;
    size_t size;

    (void)state;
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_LITERAL("x"), &digest), TPS_OK);
    for (size_t i = 0; i <= APPRAISALS; i++) {
        of_library = i == 1 ? 0 : of_library;
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(tps_crypto_sign(key, TPS_ALG_ES256, &digest, TPS_BUF_OF(signature), &size),
                             TPS_OK);
        }
        assert_int_equal(tps_crypto_verify(key, TPS_ALG_ES256, &digest, TPS_SPAN_OF(signature)), TPS_OK);
    }
    printf("raw: %zu of libcrypto in as many verifications, with two signatures each\n", of_library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endorsed_devices_cost_no_allocation),
        cmocka_unit_test(certified_devices_cost_no_allocation),
        cmocka_unit_test(the_library_is_counted_by_itself),
    };

    if (CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) != 1) {
        return 1; /* it has allocated already */
    }
    return cmocka_run_group_tests(tests, NULL, support_end);
}
