/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anchors, scopes, revocations and lists of issuers, with every allocation and cryptographic operation
 * failing once, one after the other: what fails leaves what was trusted, and nothing that was revoked comes
 * back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "support/faults.h"
#include "tps/revocation.h"
#include "verifier_support.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
tps_status __real_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __real_tps_crypto_random(tps_buf out);
tps_status __real_tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_random(tps_buf out);
tps_status __wrap_tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point);

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

tps_status __wrap_tps_crypto_key_spki(const tps_crypto_key *key, tps_buf out, size_t *size)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_spki(key, out, size);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

tps_status __wrap_tps_crypto_random(tps_buf out)
{
    return fault_now() ? TPS_CRYPTO_NO_ENTROPY : __real_tps_crypto_random(out);
}

tps_status __wrap_tps_crypto_key_change_point(tps_crypto_key **key, const tps_crypto_point *point)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_key_change_point(key, point);
}

/* ---- what is there ---- */

typedef struct {
    uint8_t root[1024];
    tps_span anchor;
    uint8_t spki_room[128];
    tps_span spki; /* of a second anchor, that has no certificate */
    uint8_t room[8192];
    tps_span evidence; /* of a certified lamp */
} material;

static const char scopes[] =
    "{\"scopes\":[{\"uses\":[\"endorses\"]},{\"classes\":[{\"vendor\":\"Lumen\"}]}]}";

static void prepare(material *m)
{
    tps_device_claims claims = lamp_eat();
    tps_span root = make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf("Lamp 3", device_key(3), root, device_key(20), NOW + 1000);
    tps_span evidence;
    size_t size;

    claims.ueid = instance_of(device_key(3));
    evidence = sign_eat(&claims, device_key(3), &leaf, 1);
    memcpy(m->root, root.data, root.size);
    m->anchor = tps_span_make(m->root, root.size);
    assert_true(evidence.size <= sizeof m->room);
    memcpy(m->room, evidence.data, evidence.size);
    m->evidence = tps_span_make(m->room, evidence.size);
    assert_int_equal(tps_crypto_key_spki(device_key(21), TPS_BUF_OF(m->spki_room), &size), TPS_OK);
    m->spki = tps_span_make(m->spki_room, size);
}

static size_t anchors_of(const tps_verifier *v)
{
    tps_verifier_counts counts;

    tps_verifier_count(v, &counts);
    return counts.anchors;
}

static void an_anchor_is_added_whole_or_not_at_all(void **state)
{
    static material m;
    bool has_failed = true;

    (void)state;
    prepare(&m);
    for (unsigned n = 1; has_failed; n++) {
        tps_verifier *v = maker_verifier();
        tps_status first;
        tps_status second;

        fault_arm(n);
        first = tps_verifier_add_anchor_with_scopes(v, m.anchor, tps_span_of_text(scopes), NULL);
        second = tps_verifier_add_scoped_anchor(v, m.spki, &(tps_anchor_scope){.uses = 0});
        has_failed = fault_struck();
        assert_int_equal(first != TPS_OK || second != TPS_OK, has_failed);
        assert_int_equal(anchors_of(v), (first == TPS_OK ? 1 : 0) + (second == TPS_OK ? 1 : 0));
        if (first == TPS_OK) {
            expect_affirming(appraise(v, m.evidence));
        } else {
            expect_finding(appraise(v, m.evidence), "instance-identity.unknown-signer",
                           second == TPS_OK ? TPS_CRYPTO_CHAIN_UNTRUSTED : TPS_VERIFIER_NO_TRUST_ANCHOR);
        }
        tps_verifier_free(v);
    }
}

static void a_fault_while_a_chain_is_met_affirms_nothing_and_is_forgotten(void **state)
{
    static material m;
    bool has_failed = true;

    (void)state;
    prepare(&m);
    for (unsigned n = 1; has_failed; n++) {
        tps_verifier *v = maker_verifier();
        bool first;
        bool second;

        assert_int_equal(tps_verifier_add_anchor(v, m.anchor), TPS_OK);
        fault_arm(n);
        first = appraise(v, m.evidence)->tier == TPS_EAR_TIER_AFFIRMING;
        second = appraise(v, m.evidence)->tier == TPS_EAR_TIER_AFFIRMING;
        has_failed = fault_struck();
        assert_int_equal(first && second, !has_failed);
        expect_affirming(appraise(v, m.evidence));
        tps_verifier_free(v);
    }
}

/* The lamp, 1, and 40 others, so that the table grows. */
static char *list_of_devices(void)
{
    static char text[8192];
    tps_span id = instance_of(device_key(1));
    size_t at = (size_t)snprintf(text, sizeof text, "{\"revoked\":[");

    for (size_t i = 0; i < 40; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "{\"kind\":\"device\",\"value\":\"%016zx\"},", i);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "{\"kind\":\"device\",\"value\":\"");
    for (size_t i = 0; i < id.size; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%02x", id.data[i]);
    }
    snprintf(text + at, sizeof text - at, "\"}]}");
    return text;
}

static void a_list_that_fails_half_way_can_be_given_again(void **state)
{
    tps_psa_claims claims = lamp_psa();
    static uint8_t room[4096];
    tps_span evidence = sign_psa(&claims, device_key(1), TPS_ALG_ES256);
    tps_span list = tps_span_of_text(list_of_devices());
    bool has_failed = true;

    (void)state;
    memcpy(room, evidence.data, evidence.size);
    evidence = tps_span_make(room, evidence.size);
    for (unsigned n = 1; has_failed; n++) {
        tps_verifier *v = maker_verifier();
        tps_status status;

        fault_arm(n);
        status = tps_verifier_revoke_list(v, list, NULL);
        has_failed = fault_struck();
        assert_int_equal(status, has_failed ? TPS_OUT_OF_MEMORY : TPS_OK);
        if (has_failed) { /* the lamp is the last of the list */
            expect_affirming(appraise(v, evidence));
            assert_int_equal(tps_verifier_revoke_list(v, list, NULL), TPS_OK);
        }
        expect_finding(appraise(v, evidence), "instance-identity.revoked", TPS_VERIFIER_REVOKED_DEVICE);
        tps_verifier_free(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_anchor_is_added_whole_or_not_at_all),
        cmocka_unit_test(a_fault_while_a_chain_is_met_affirms_nothing_and_is_forgotten),
        cmocka_unit_test(a_list_that_fails_half_way_can_be_given_again),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
