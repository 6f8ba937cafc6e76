/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains that were verified before: certificates are not read again, nothing is kept that was not verified in
 * full, nobody fills more than one place with one certificate, and all is forgotten when the trust set
 * changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "tps/revocation.h"
#include "verifier/trust/chain.h"
#include "verifier_support.h"

/* How often a certificate was read. */
static size_t reads;

void *__wrap_d2i_X509(void **a, const unsigned char **in, long size);
void *__real_d2i_X509(void **a, const unsigned char **in, long size);

void *__wrap_d2i_X509(void **a, const unsigned char **in, long size)
{
    reads++;
    return __real_d2i_X509(a, in, size);
}

/* A lamp under a root, device `number`, that nobody endorsed. */
static tps_span certified(uint8_t number, tps_span root, int64_t not_after)
{
    tps_device_claims claims = lamp_eat();
    tps_span leaf = make_leaf("Lamp", device_key(number), root, device_key(20), not_after);

    claims.ueid = instance_of(device_key(number));
    return sign_eat(&claims, device_key(number), &leaf, 1);
}

static tps_span the_root(void)
{
    return make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
}

static tps_verifier *verifier_with(tps_span root)
{
    tps_verifier *v = maker_verifier();

    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    return v;
}

/* Appraises and tells how many certificates were read for it. */
static size_t reads_of(tps_verifier *v, tps_span evidence)
{
    reads = 0;
    expect_affirming(appraise(v, evidence));
    return reads;
}

static void certificates_are_read_once(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span evidence = certified(3, root, NOW + 1000);

    (void)state;
    assert_true(reads_of(v, evidence) > 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reads_of(v, evidence), 0);
    }
    tps_verifier_free(v);
}

static void what_is_known_says_the_same_as_what_is_new(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span evidence = certified(3, root, NOW + 1000);
    static tps_appraisal first;

    (void)state;
    first = *appraise(v, evidence);
    assert_memory_equal(&first, appraise(v, evidence), sizeof first);
    tps_verifier_free(v);
}

static void a_change_of_the_trust_set_forgets_all_chains(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span evidence = certified(3, root, NOW + 1000);
    static const uint8_t other[32] = {5};
    const tps_revocation revoked = {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(other)};

    (void)state;
    (void)reads_of(v, evidence);
    assert_int_equal(tps_verifier_add_anchor(v, make_ca("Another", device_key(21), TPS_SPAN_EMPTY, NULL)),
                     TPS_OK);
    assert_true(reads_of(v, evidence) > 0);
    assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK);
    assert_true(reads_of(v, evidence) > 0);
    assert_int_equal(reads_of(v, evidence), 0);
    assert_int_equal(tps_verifier_revoke(v, &revoked), TPS_OK); /* nothing new */
    assert_int_equal(reads_of(v, evidence), 0);
    tps_verifier_free(v);
}

static void a_known_chain_ends_with_its_certificates(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span evidence = certified(3, root, NOW + 5);
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    static tps_appraisal out;

    (void)state;
    for (; request.now <= NOW + 5; request.now++) {
        tps_verifier_appraise(v, evidence, &request, &out);
        expect_affirming(&out);
    }
    tps_verifier_appraise(v, evidence, &request, &out);
    expect_finding(&out, "instance-identity.certificate-expired", TPS_CRYPTO_CHAIN_EXPIRED);
    request.now = NOW - 1001;
    tps_verifier_appraise(v, evidence, &request, &out);
    expect_finding(&out, "instance-identity.certificate-expired", TPS_CRYPTO_CHAIN_EXPIRED);
    tps_verifier_free(v);
}

/* Evidence under a chain that is known, by somebody else. */
static void a_known_chain_makes_no_signature_good(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span leaf = make_leaf("Lamp", device_key(3), root, device_key(20), NOW + 1000);
    tps_device_claims claims = lamp_eat();
    tps_span evidence;

    (void)state;
    claims.ueid = instance_of(device_key(3));
    evidence = sign_eat(&claims, device_key(9), &leaf, 1);
    for (int i = 0; i < 2; i++) {
        expect_finding(appraise(v, evidence), "evidence.bad-signature", TPS_COSE_BAD_SIGNATURE);
    }
    expect_affirming(appraise(v, sign_eat(&claims, device_key(3), &leaf, 1)));
    expect_finding(appraise(v, sign_eat(&claims, device_key(9), &leaf, 1)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    claims.ueid = instance_of(device_key(9)); /* the chain is another's */
    expect_finding(appraise(v, sign_eat(&claims, device_key(9), &leaf, 1)), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_finding(appraise(v, sign_eat(&claims, device_key(3), &leaf, 1)), "instance-identity.other-device",
                   TPS_VERIFIER_INSTANCE_MISMATCH);
    tps_verifier_free(v);
}

static void endorsements_of_another_maker_are_seen_through_a_known_chain(void **state)
{
    const tps_corim_validity always = {.is_present = false};
    tps_span root = the_root();
    tps_span other = make_ca("Other", device_key(21), TPS_SPAN_EMPTY, NULL);
    tps_span leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), other,
                                  device_key(21), NOW + 1000);
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_span evidence = certified(3, root, NOW + 1000);

    (void)state;
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_int_equal(tps_verifier_add_anchor(v, other), TPS_OK);
    expect_finding(appraise(v, evidence), "hardware.unknown-class", TPS_OK);
    assert_int_equal(
        tps_verifier_add_corim(v, sign_manifest(&manifest, device_key(22), &leaf, 1, always), NOW, NULL),
        TPS_OK);
    expect_finding(appraise(v, evidence), "instance-identity.class-of-another",
                   TPS_VERIFIER_CLASS_OF_ANOTHER);
    tps_verifier_free(v);
}

/* A certificate for a pairwise identity, of key 30 and the instance id of another key. */
static tps_span pairwise_leaf(tps_span root)
{
    static uint8_t room[2048];
    tps_x509_request request = {.common_name = "Lamp",
                                .not_before = NOW - 1000,
                                .not_after = NOW + 1000,
                                .purpose = TPS_X509_ATTESTATION,
                                .class_id = TPS_SPAN_OF(lamp_class),
                                .ueid = instance_of(device_key(40))};
    size_t size;

    assert_int_equal(tps_x509_issue(&request, device_key(30), root, device_key(20), TPS_BUF_OF(room), &size),
                     TPS_OK);
    return tps_span_make(room, size);
}

/* Evidence under it that names its id as the pairwise one, or as the device's own. */
static tps_span under(const tps_span *leaf, bool is_pairwise)
{
    tps_span id = instance_of(device_key(40));
    tps_device_claims claims = lamp_eat();

    claims.ueid = is_pairwise ? TPS_SPAN_EMPTY : id;
    claims.sueid_label = is_pairwise ? TPS_SPAN_LITERAL("p") : TPS_SPAN_EMPTY;
    claims.sueid = is_pairwise ? id : TPS_SPAN_EMPTY;
    return sign_eat(&claims, device_key(30), leaf, 1);
}

static void a_known_pairwise_identity_is_no_devices_own(void **state)
{
    tps_span root = the_root();
    tps_verifier *v = verifier_with(root);
    tps_span leaf = pairwise_leaf(root);

    (void)state;
    for (int i = 0; i < 2; i++) {
        expect_finding(appraise(v, under(&leaf, false)), "instance-identity.other-device",
                       TPS_VERIFIER_INSTANCE_MISMATCH);
        expect_affirming(appraise(v, under(&leaf, true)));
    }
    assert_int_equal(reads_of(v, under(&leaf, true)), 0);
    tps_verifier_free(v);
}

/* ---- the table by itself ---- */

static chain_name name_of(uint32_t instance, uint8_t chain)
{
    static uint8_t ids[4096][33];
    uint8_t *id = ids[instance];
    chain_name name = {.use = TPS_ANCHOR_CERTIFIES, .instance = tps_span_make(id, 33)};

    id[0] = 0x01;
    memcpy(id + 1, &instance, sizeof instance);
    name.digest[0] = chain;
    return name;
}

static void keep(chain_cache *cache, uint32_t instance, uint8_t chain)
{
    chain_name name = name_of(instance, chain);

    chain_cache_keep(cache, &name, &(chain_facts){.from = 10, .until = 20, .digest = {chain}});
}

static bool is_known(chain_cache *cache, uint32_t instance, uint8_t chain, int64_t now)
{
    chain_name name = name_of(instance, chain);
    const chain_facts *facts = chain_cache_find(cache, &name, now);

    assert_true(facts == NULL || facts->digest[0] == chain);
    return facts != NULL;
}

static void a_chain_is_known_within_its_window_for_its_use(void **state)
{
    chain_cache *cache;
    chain_name name = name_of(1, 1);

    (void)state;
    assert_int_equal(chain_cache_new(&cache), TPS_OK);
    keep(cache, 1, 1);
    assert_true(is_known(cache, 1, 1, 10));
    assert_true(is_known(cache, 1, 1, 20));
    assert_false(is_known(cache, 1, 1, 9));
    assert_false(is_known(cache, 1, 1, 21));
    assert_false(is_known(cache, 1, 2, 15));
    assert_false(is_known(cache, 2, 1, 15));
    name.proof = CHAIN_PAIRWISE;
    assert_null(chain_cache_find(cache, &name, 15));
    name.proof = CHAIN_DIRECT;
    name.use = TPS_ANCHOR_DICE;
    assert_null(chain_cache_find(cache, &name, 15));
    chain_cache_clear(cache);
    assert_false(is_known(cache, 1, 1, 15));
    chain_cache_free(cache);
    chain_cache_clear(NULL);
    assert_null(chain_cache_find(NULL, &name, 15));
    chain_cache_keep(NULL, &name, &(chain_facts){.from = 0});
}

static size_t count_known(chain_cache *cache, uint32_t from, uint32_t to)
{
    size_t known = 0;

    for (uint32_t i = from; i < to; i++) {
        known += is_known(cache, i, 1, 15) ? 1 : 0;
    }
    return known;
}

static void one_instance_has_one_place(void **state)
{
    chain_cache *cache;
    size_t before;

    (void)state;
    assert_int_equal(chain_cache_new(&cache), TPS_OK);
    for (uint32_t i = 1; i < 4096; i++) {
        keep(cache, i, 1);
    }
    before = count_known(cache, 1, 4096);
    for (unsigned form = 0; form < 1000; form++) { /* as many forms of one chain as you like */
        keep(cache, 0, (uint8_t)form);
    }
    assert_in_range(count_known(cache, 1, 4096), before - 1, before);
    chain_cache_free(cache);
}

static void the_one_that_was_not_used_for_longer_makes_room(void **state)
{
    enum { MANY = 4096, OFTEN = 7 };
    chain_cache *cache;

    (void)state;
    assert_int_equal(chain_cache_new(&cache), TPS_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        keep(cache, i, 1);
    }
    assert_in_range(count_known(cache, 0, MANY), MANY / 2, MANY);
    /* two that share a set with a third: the one that is used stays, however many come */
    for (uint32_t i = 0; i < MANY; i++) {
        keep(cache, OFTEN, 1);
        assert_true(is_known(cache, OFTEN, 1, 15));
        if (i != OFTEN) {
            keep(cache, i, 2);
        }
        assert_true(is_known(cache, OFTEN, 1, 15));
    }
    chain_cache_free(cache);
}

static void an_instance_that_is_too_long_is_not_kept(void **state)
{
    static const uint8_t longer[34];
    chain_name name = {.use = TPS_ANCHOR_CERTIFIES, .instance = TPS_SPAN_OF(longer)};
    chain_cache *cache;

    (void)state;
    assert_int_equal(chain_cache_new(&cache), TPS_OK);
    chain_cache_keep(cache, &name, &(chain_facts){.from = 10, .until = 20});
    assert_null(chain_cache_find(cache, &name, 15));
    name.instance = TPS_SPAN_EMPTY;
    chain_cache_keep(cache, &name, &(chain_facts){.from = 10, .until = 20});
    assert_non_null(chain_cache_find(cache, &name, 15));
    chain_cache_free(cache);
}

/* ---- paths ---- */

static void a_path_is_bounded_and_says_a_key_once(void **state)
{
    static trust_path path;
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_span root = the_root();
    tps_status why = TPS_CRYPTO_FAILED;
    int64_t from = INT64_MIN;
    int64_t until = INT64_MAX;
    uint8_t key[32] = {0};

    (void)state;
    assert_int_equal(path_add_certificate(&path, root, &from, &until), TPS_OK);
    assert_int_equal(from, NOW - 1000);
    assert_int_equal(until, NOW + 100000);
    assert_int_equal(path_add_certificate(&path, root, NULL, NULL), TPS_OK);
    assert_int_equal(path_add_key(&path, path.links[0].key), TPS_OK);
    assert_int_equal(path.count, 2);
    for (key[0] = 1; path.count < PATH_LINKS_MAX; key[0]++) {
        assert_int_equal(path_add_key(&path, key), TPS_OK);
    }
    assert_int_equal(path_add_key(&path, key), TPS_TOO_LARGE);
    assert_int_equal(path_add_certificate(&path, root, &from, &until), TPS_TOO_LARGE);
    assert_int_equal(path_add_certificate(&path, TPS_SPAN_LITERAL("no certificate"), NULL, NULL),
                     TPS_CRYPTO_BAD_CERTIFICATE);
    assert_true(path_counts_until(v, &path, &why) == INT64_MAX);
    assert_int_equal(why, TPS_OK);
    assert_int_equal(path_check(v, &path, NOW), TPS_OK);
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_read_once),
        cmocka_unit_test(what_is_known_says_the_same_as_what_is_new),
        cmocka_unit_test(a_change_of_the_trust_set_forgets_all_chains),
        cmocka_unit_test(a_known_chain_ends_with_its_certificates),
        cmocka_unit_test(a_known_chain_makes_no_signature_good),
        cmocka_unit_test(endorsements_of_another_maker_are_seen_through_a_known_chain),
        cmocka_unit_test(a_known_pairwise_identity_is_no_devices_own),
        cmocka_unit_test(a_chain_is_known_within_its_window_for_its_use),
        cmocka_unit_test(one_instance_has_one_place),
        cmocka_unit_test(the_one_that_was_not_used_for_longer_makes_room),
        cmocka_unit_test(an_instance_that_is_too_long_is_not_kept),
        cmocka_unit_test(a_path_is_bounded_and_says_a_key_once),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
