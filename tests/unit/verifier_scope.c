/* SPDX-License-Identifier: Apache-2.0 */
/* For what trust anchors are trusted: what lies outside of a scope is refused, and no mistake widens one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "tps/anchor.h"
#include "verifier/trust/scope.h"
#include "verifier_support.h"

#define TEXT(text) TPS_SPAN_LITERAL(text)

static const uint8_t makers[2][32] = {{1}, {2}};
static const tps_corim_validity always = {.is_present = false};

/* ---- what scopes permit ---- */

static scope_list one_scope(const tps_anchor_scope *given)
{
    scope_list list = {.items = NULL};

    assert_int_equal(scope_add(&list, makers[0], given), TPS_OK);
    return list;
}

static bool permits(const tps_anchor_scope *given, const scope_question *question)
{
    scope_list list = one_scope(given);
    bool is_permitted = scope_permits(scope_of(&list, makers[0]), question);

    scope_free(&list);
    return is_permitted;
}

static void an_empty_scope_permits_everything(void **state)
{
    const tps_anchor_scope open = {.uses = 0};

    (void)state;
    for (uint32_t use = TPS_ANCHOR_CERTIFIES; use <= TPS_ANCHOR_ENDORSES; use <<= 1) {
        assert_true(permits(&open, &(scope_question){.use = use, .triple = SCOPE_NO_TRIPLE}));
        assert_true(permits(&open, &(scope_question){.use = use, .triple = 31}));
    }
    assert_false(permits(&open, &(scope_question){.use = TPS_ANCHOR_ENDORSES, .triple = 32}));
    assert_false(scope_permits(NULL, &(scope_question){.use = TPS_ANCHOR_ENDORSES}));
}

static void uses_and_triples_are_told_apart(void **state)
{
    const tps_anchor_scope keys_only = {.uses = TPS_ANCHOR_ENDORSES, .triples = 1u << 3};
    scope_list list = one_scope(&keys_only);

    (void)state;
    assert_true(permits(&keys_only, &(scope_question){.use = TPS_ANCHOR_ENDORSES, .triple = 3}));
    assert_false(permits(&keys_only, &(scope_question){.use = TPS_ANCHOR_ENDORSES, .triple = 0}));
    assert_false(permits(&keys_only, &(scope_question){.use = TPS_ANCHOR_DICE, .triple = SCOPE_NO_TRIPLE}));
    assert_true(scope_has_use(scope_of(&list, makers[0]), TPS_ANCHOR_ENDORSES));
    assert_false(scope_has_use(scope_of(&list, makers[0]), TPS_ANCHOR_TPM));
    assert_null(scope_of(&list, makers[1]));
    scope_free(&list);
}

static void a_class_must_be_told_and_the_same(void **state)
{
    const tps_scope_class bulbs = {.vendor = TEXT("Lumen AG"), .model = TEXT("Bulb 100")};
    const tps_scope_class by_id = {.id = TPS_SPAN_OF(lock_class)};
    const tps_scope_class both[] = {bulbs, by_id};
    const tps_anchor_scope given = {.classes = both, .class_count = 2};
    scope_question q = {.use = TPS_ANCHOR_ENDORSES, .triple = 0};

    (void)state;
    assert_false(permits(&given, &q));
    q.vendor = TEXT("Lumen AG");
    assert_false(permits(&given, &q));
    q.model = TEXT("Bulb 100");
    assert_true(permits(&given, &q));
    q.model = TEXT("Bulb 1000");
    assert_false(permits(&given, &q));
    q.class_id = TPS_SPAN_OF(lock_class);
    assert_true(permits(&given, &q));
    q = (scope_question){.use = TPS_ANCHOR_ENDORSES, .class_id = TPS_SPAN_OF(lamp_class)};
    assert_false(permits(&given, &q));
}

static void instances_lie_between_both_ends_in_size_and_value(void **state)
{
    const tps_scope_instances range = {.first = TEXT("\x01\x10"), .last = TEXT("\x01\x20")};
    const tps_anchor_scope given = {.instances = &range, .instance_count = 1};
    const struct {
        tps_span instance;
        bool is_within;
    } cases[] = {
        {TEXT("\x01\x10"), true},  {TEXT("\x01\x20"), true},      {TEXT("\x01\x18"), true},
        {TEXT("\x01\x0f"), false}, {TEXT("\x01\x21"), false},     {TEXT("\x01"), false},
        {TEXT(""), false},         {TEXT("\x01\x10\x10"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scope_question q = {.use = TPS_ANCHOR_CERTIFIES, .triple = 3, .instance = cases[i].instance};
        assert_int_equal(permits(&given, &q), cases[i].is_within);
    }
}

static void two_scopes_are_not_one_wider(void **state)
{
    const tps_scope_class lamp = {.id = TPS_SPAN_OF(lamp_class)};
    const tps_scope_class lock = {.id = TPS_SPAN_OF(lock_class)};
    const tps_anchor_scope keys_of_lamps = {.triples = 1u << 3, .classes = &lamp, .class_count = 1};
    const tps_anchor_scope values_of_locks = {.triples = 1u << 0, .classes = &lock, .class_count = 1};
    scope_list list = one_scope(&keys_of_lamps);
    const scope *newest;
    scope_question q = {.use = TPS_ANCHOR_ENDORSES, .triple = 3, .class_id = TPS_SPAN_OF(lamp_class)};

    (void)state;
    assert_int_equal(scope_add(&list, makers[0], &values_of_locks), TPS_OK);
    newest = scope_of(&list, makers[0]);
    assert_true(scope_permits(newest, &q));
    q.triple = 0;
    assert_false(scope_permits(newest, &q));
    q.class_id = TPS_SPAN_OF(lock_class);
    assert_true(scope_permits(newest, &q));
    q.triple = 3;
    assert_false(scope_permits(newest, &q));
    scope_free(&list);
}

static void environments_ask_by_what_they_tell(void **state)
{
    tps_corim_environment environment = {
        .class_id = {.kind = TPS_CORIM_BYTES, .bytes = TPS_SPAN_OF(lamp_class)},
        .vendor = TEXT("V"),
        .model = TEXT("M"),
        .instance = {.kind = TPS_CORIM_UEID, .bytes = TEXT("\x01 123456")}};
    scope_question q = scope_ask(3, &environment);

    (void)state;
    assert_int_equal(q.use, TPS_ANCHOR_ENDORSES);
    assert_int_equal(q.triple, 3);
    assert_int_equal(q.class_id.size, 32);
    assert_int_equal(q.vendor.size + q.model.size, 2);
    assert_int_equal(q.instance.size, 8);
    environment.instance.kind = TPS_CORIM_KEY;
    assert_int_equal(scope_ask(3, &environment).instance.size, 0);
    environment.instance.kind = TPS_CORIM_OTHER;
    assert_int_equal(scope_ask(3, &environment).instance.size, 0);
}

/* ---- what is no scope ---- */

static void entries_that_would_permit_all_or_nothing_are_refused(void **state)
{
    const tps_scope_class no_class = {.id = TPS_SPAN_EMPTY};
    static tps_scope_class many[TPS_SCOPE_ENTRIES_MAX + 1];
    static tps_scope_instances ranges[TPS_SCOPE_ENTRIES_MAX + 1];
    const tps_scope_instances wrong[] = {{TPS_SPAN_EMPTY, TPS_SPAN_EMPTY},
                                         {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"abc", 3}},
                                         {{(const uint8_t *)"b", 1}, {(const uint8_t *)"a", 1}}};
    scope_list list = {.items = NULL};

    (void)state;
    for (size_t i = 0; i <= TPS_SCOPE_ENTRIES_MAX; i++) {
        many[i] = (tps_scope_class){.vendor = TEXT("V")};
        ranges[i] = (tps_scope_instances){TEXT("a"), TEXT("b")};
    }
    assert_int_equal(scope_add(&list, makers[0], &(tps_anchor_scope){.uses = 1u << 4}), TPS_BAD_ARGUMENT);
    assert_int_equal(scope_add(&list, makers[0], &(tps_anchor_scope){.classes = &no_class, .class_count = 1}),
                     TPS_BAD_ARGUMENT);
    assert_int_equal(
        scope_add(&list, makers[0],
                  &(tps_anchor_scope){.classes = many, .class_count = TPS_SCOPE_ENTRIES_MAX + 1}),
        TPS_BAD_ARGUMENT);
    assert_int_equal(
        scope_add(&list, makers[0],
                  &(tps_anchor_scope){.instances = ranges, .instance_count = TPS_SCOPE_ENTRIES_MAX + 1}),
        TPS_BAD_ARGUMENT);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            scope_add(&list, makers[0], &(tps_anchor_scope){.instances = &wrong[i], .instance_count = 1}),
            TPS_BAD_ARGUMENT);
    }
    assert_int_equal(list.count, 0);
    assert_int_equal(scope_add(&list, makers[0],
                               &(tps_anchor_scope){.classes = many, .class_count = TPS_SCOPE_ENTRIES_MAX}),
                     TPS_OK);
    scope_free(&list);
}

static void scopes_are_bounded_and_everything_is_said_once(void **state)
{
    scope_list list = one_scope(&(tps_anchor_scope){.uses = 0});

    (void)state;
    assert_int_equal(scope_add(&list, makers[0], &(tps_anchor_scope){.uses = TPS_ANCHOR_TPM}), TPS_OK);
    assert_int_equal(list.count, 1);
    while (list.count < 4096) {
        assert_int_equal(scope_add(&list, makers[1], &(tps_anchor_scope){.uses = TPS_ANCHOR_TPM}), TPS_OK);
    }
    assert_int_equal(scope_add(&list, makers[1], &(tps_anchor_scope){.uses = TPS_ANCHOR_TPM}), TPS_TOO_LARGE);
    scope_cut(&list, 1);
    assert_null(scope_of(&list, makers[1]));
    scope_free(&list);
}

/* ---- anchors of a verifier ---- */

/* A lamp, device 3, that nobody endorsed, under a root. */
static tps_span certified_lamp(tps_span root)
{
    tps_device_claims claims = lamp_eat();
    tps_span leaf = make_leaf("Lamp 3", device_key(3), root, device_key(20), NOW + 1000);

    claims.ueid = instance_of(device_key(3));
    return sign_eat(&claims, device_key(3), &leaf, 1);
}

static tps_span the_root(void)
{
    return make_ca("Root", device_key(20), TPS_SPAN_EMPTY, NULL);
}

static tps_span spki_of(uint8_t number)
{
    static uint8_t spki[128];
    size_t size;

    assert_int_equal(tps_crypto_key_spki(device_key(number), TPS_BUF_OF(spki), &size), TPS_OK);
    return tps_span_make(spki, size);
}

/* How a certified lamp fares under a root with a scope. */
static const tps_appraisal *fare(const tps_anchor_scope *given)
{
    tps_verifier *v = maker_verifier();
    tps_span root = the_root();
    const tps_appraisal *out;

    assert_int_equal(tps_verifier_add_scoped_anchor(v, root, given), TPS_OK);
    out = appraise(v, certified_lamp(root));
    tps_verifier_free(v);
    return out;
}

static void a_device_within_the_scope_of_its_anchor_is_affirmed(void **state)
{
    const tps_scope_class lamp = {.id = TPS_SPAN_OF(lamp_class)};
    uint8_t id[33];
    const tps_scope_instances only = {.first = TPS_SPAN_OF(id), .last = TPS_SPAN_OF(id)};

    (void)state;
    memcpy(id, instance_of(device_key(3)).data, sizeof id);
    expect_affirming(fare(&(tps_anchor_scope){.uses = 0}));
    expect_affirming(fare(&(tps_anchor_scope){.uses = TPS_ANCHOR_CERTIFIES,
                                              .triples = 1,
                                              .classes = &lamp,
                                              .class_count = 1,
                                              .instances = &only,
                                              .instance_count = 1}));
}

static void a_device_outside_of_the_scope_of_its_anchor_is_refused(void **state)
{
    const tps_scope_class lock = {.id = TPS_SPAN_OF(lock_class)};
    uint8_t id[33];
    const tps_scope_instances elsewhere = {.first = TPS_SPAN_OF(id), .last = TPS_SPAN_OF(id)};
    const tps_anchor_scope scopes[] = {
        {.uses = TPS_ANCHOR_ENDORSES},
        {.uses = TPS_ANCHOR_DICE | TPS_ANCHOR_TPM},
        {.classes = &lock, .class_count = 1},
        {.instances = &elsewhere, .instance_count = 1},
    };

    (void)state;
    memcpy(id, instance_of(device_key(4)).data, sizeof id);
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        expect_finding(fare(&scopes[i]), "instance-identity.out-of-scope", TPS_VERIFIER_OUT_OF_SCOPE);
    }
}

static void vendor_and_model_of_a_certified_class_are_what_endorsements_told(void **state)
{
    tps_corim_manifest manifest = lamp_manifest();
    const tps_scope_class own = {.vendor = manifest.vendor, .model = manifest.model};
    const tps_scope_class foreign = {.vendor = TEXT("Bolt GmbH")};

    (void)state;
    expect_affirming(fare(&(tps_anchor_scope){.classes = &own, .class_count = 1}));
    expect_finding(fare(&(tps_anchor_scope){.classes = &foreign, .class_count = 1}),
                   "instance-identity.out-of-scope", TPS_VERIFIER_OUT_OF_SCOPE);
}

static void what_one_of_its_scopes_permits_is_permitted(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_span root = the_root();
    tps_verifier_counts counts;

    (void)state;
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, root, &(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES}), TPS_OK);
    expect_finding(appraise(v, certified_lamp(root)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, root, &(tps_anchor_scope){.uses = TPS_ANCHOR_CERTIFIES}), TPS_OK);
    expect_affirming(appraise(v, certified_lamp(root)));
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 1);
    tps_verifier_free(v);
}

static void a_key_is_as_good_an_anchor_as_its_certificate(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_span root = the_root();
    tps_verifier_counts counts;

    (void)state;
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(21), &(tps_anchor_scope){.uses = 0}), TPS_OK);
    expect_finding(appraise(v, certified_lamp(root)), "instance-identity.unknown-signer",
                   TPS_CRYPTO_CHAIN_UNTRUSTED);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, spki_of(20), &(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES}),
        TPS_OK);
    expect_finding(appraise(v, certified_lamp(root)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    assert_int_equal(
        tps_verifier_add_scoped_anchor(v, spki_of(20), &(tps_anchor_scope){.uses = TPS_ANCHOR_CERTIFIES}),
        TPS_OK);
    expect_affirming(appraise(v, certified_lamp(root)));
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 2);
    assert_int_equal(counts.keys, 0);
    tps_verifier_free(v);
}

static void a_key_that_is_an_anchor_signs_no_evidence(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();

    (void)state;
    claims.instance_id = instance_of(device_key(5));
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(5), &(tps_anchor_scope){.uses = 0}), TPS_OK);
    expect_finding(appraise(v, sign_psa(&claims, device_key(5), TPS_ALG_ES256)),
                   "instance-identity.unknown-signer", TPS_VERIFIER_NO_TRUST_ANCHOR);
    tps_verifier_free(v);
}

static tps_status endorse_under(const tps_anchor_scope *given, bool is_raw)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_corim_manifest manifest = lamp_manifest();
    tps_span root = the_root();
    tps_span leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), root, device_key(20),
                                  NOW + 1000);
    tps_span corim = is_raw ? sign_manifest(&manifest, device_key(20), NULL, 0, always)
                            : sign_manifest(&manifest, device_key(22), &leaf, 1, always);
    tps_status status;

    assert_int_equal(tps_verifier_add_scoped_anchor(v, is_raw ? spki_of(20) : root, given), TPS_OK);
    status = tps_verifier_add_corim(v, corim, NOW, NULL);
    tps_verifier_free(v);
    return status;
}

static void a_maker_endorses_within_its_scope_only(void **state)
{
    const tps_scope_class lamp = {.id = TPS_SPAN_OF(lamp_class)};
    const tps_scope_class lock = {.id = TPS_SPAN_OF(lock_class)};

    (void)state;
    for (int is_raw = 0; is_raw < 2; is_raw++) {
        assert_int_equal(endorse_under(&(tps_anchor_scope){.uses = 0}, is_raw), TPS_OK);
        assert_int_equal(endorse_under(&(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES,
                                                           .triples = 1u << 0 | 1u << 3,
                                                           .classes = &lamp,
                                                           .class_count = 1},
                                       is_raw),
                         TPS_OK);
        assert_int_equal(endorse_under(&(tps_anchor_scope){.uses = TPS_ANCHOR_CERTIFIES}, is_raw),
                         TPS_VERIFIER_OUT_OF_SCOPE);
        assert_int_equal(endorse_under(&(tps_anchor_scope){.triples = 1u << 3}, is_raw),
                         TPS_VERIFIER_OUT_OF_SCOPE);
        assert_int_equal(endorse_under(&(tps_anchor_scope){.classes = &lock, .class_count = 1}, is_raw),
                         TPS_VERIFIER_OUT_OF_SCOPE);
    }
}

/* A COSE_Key of P-256 that is for ES256 (-7) alone; manifests here are signed by ESP256 (-9). */
static tps_span es256_key(uint8_t number)
{
    static uint8_t bytes[80];
    tps_crypto_point point;
    uint8_t *at = bytes;

    assert_int_equal(tps_crypto_key_point(device_key(number), &point), TPS_OK);
    memcpy(at, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10);
    memcpy(at + 10, point.x, 32);
    memcpy(at + 42, "\x22\x58\x20", 3);
    memcpy(at + 45, point.y, 32);
    return tps_span_make(bytes, 77);
}

static void a_raw_anchor_is_held_to_its_algorithm(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_corim_manifest manifest = lamp_manifest();
    tps_span corim = sign_manifest(&manifest, device_key(20), NULL, 0, always);

    (void)state;
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(21), &(tps_anchor_scope){.uses = 0}), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_COSE_NO_KEY);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, es256_key(20), &(tps_anchor_scope){.uses = 0}),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_COSE_KEY_USE);
    assert_int_equal(tps_verifier_add_key(v, spki_of(22)), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_COSE_KEY_USE);
    assert_int_equal(tps_verifier_add_key(v, es256_key(20)), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_COSE_KEY_USE);
    assert_int_equal(tps_verifier_add_key(v, spki_of(20)), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, corim, NOW, NULL), TPS_OK);
    tps_verifier_free(v);
}

/* The root is an anchor for devices, its CA for endorsements: a chain through both meets the CA first. */
static void the_anchor_that_a_chain_meets_first_decides(void **state)
{
    tps_span root = the_root();
    tps_span ca = make_ca("CA", device_key(21), root, device_key(20));
    tps_span chain[2] = {make_leaf("Lamp 3", device_key(3), ca, device_key(21), NOW + 1000), ca};
    tps_device_claims claims = lamp_eat();
    tps_verifier *v = maker_verifier();

    (void)state;
    claims.ueid = instance_of(device_key(3));
    assert_int_equal(tps_verifier_add_anchor(v, root), TPS_OK);
    expect_affirming(appraise(v, sign_eat(&claims, device_key(3), chain, 2)));
    assert_int_equal(tps_verifier_add_scoped_anchor(v, ca, &(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES}),
                     TPS_OK);
    expect_finding(appraise(v, sign_eat(&claims, device_key(3), chain, 2)), "instance-identity.out-of-scope",
                   TPS_VERIFIER_OUT_OF_SCOPE);
    tps_verifier_free(v);
}

static void an_unknown_signer_is_unknown_where_demonstrations_are_allowed_too(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_demonstration = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_span leaf = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(22), the_root(),
                                  device_key(20), NOW + 1000);

    (void)state;
    assert_int_equal(
        tps_verifier_add_corim(v, sign_manifest(&manifest, device_key(22), &leaf, 1, always), NOW, NULL),
        TPS_CRYPTO_CHAIN_UNTRUSTED);
    tps_verifier_free(v);
}

/* With --demo the demonstration CA's key may be an anchor, too. */
static void the_demonstration_key_is_an_anchor_where_it_is_allowed(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_demonstration = true});
    tps_verifier_counts counts;

    (void)state;
    assert_int_equal(tps_verifier_add_scoped_anchor(v, TPS_SPAN_OF(tps_demonstration_spki),
                                                    &(tps_anchor_scope){.uses = TPS_ANCHOR_ENDORSES}),
                     TPS_OK);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 2);
    tps_verifier_free(v);
}

static void an_anchor_that_fails_leaves_nothing_behind(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_verifier_counts counts;

    (void)state;
    assert_int_equal(tps_verifier_add_scoped_anchor(v, the_root(), &(tps_anchor_scope){.uses = 1u << 9}),
                     TPS_BAD_ARGUMENT);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(20), &(tps_anchor_scope){.uses = 1u << 9}),
                     TPS_BAD_ARGUMENT);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, TPS_SPAN_EMPTY, &(tps_anchor_scope){.uses = 0}),
                     TPS_CRYPTO_BAD_KEY);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, TEXT("0 no key"), &(tps_anchor_scope){.uses = 0}),
                     TPS_CRYPTO_BAD_KEY);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, TPS_SPAN_OF(tps_demonstration_spki),
                                                    &(tps_anchor_scope){.uses = 0}),
                     TPS_VERIFIER_DEMONSTRATION);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, TPS_SPAN_OF(tps_demonstration_certificate),
                                                    &(tps_anchor_scope){.uses = 0}),
                     TPS_VERIFIER_DEMONSTRATION);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 0);
    tps_verifier_free(v);
}

static void raw_anchors_are_bounded_and_taken_once(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_verifier_counts counts;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(
            tps_verifier_add_scoped_anchor(v, spki_of((uint8_t)(100 + i)), &(tps_anchor_scope){.uses = 0}),
            TPS_OK);
    }
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(100), &(tps_anchor_scope){.uses = 0}), TPS_OK);
    assert_int_equal(tps_verifier_add_scoped_anchor(v, spki_of(164), &(tps_anchor_scope){.uses = 0}),
                     TPS_TOO_LARGE);
    tps_verifier_count(v, &counts);
    assert_int_equal(counts.anchors, 64);
    tps_verifier_free(v);
}

/* ---- files ---- */

static tps_status add_file(tps_verifier *v, const char *text)
{
    tps_error why = {.status = TPS_OK};
    tps_status status = tps_verifier_add_anchor_with_scopes(v, the_root(), tps_span_of_text(text), &why);

    assert_int_equal(why.status, status);
    return status;
}

static void a_file_of_scopes_is_read(void **state)
{
    tps_verifier *v = maker_verifier();
    char text[1024];

    (void)state;
    snprintf(text, sizeof text,
             "{\"scopes\":[{\"uses\":[\"endorses\"],\"triples\":[\"reference\",\"attest-key\"],"
             "\"instances\":[{\"first\":\"00\",\"last\":\"Ff\"}]},"
             "{\"uses\":[\"certifies\",\"dice\",\"tpm\"],\"classes\":[{\"id\":\"1a3b%060d\"},"
             "{\"vendor\":\"V\\u00e4\",\"model\":\"M\"}]}]}",
             0);
    assert_int_equal(add_file(v, text), TPS_OK);
    expect_affirming(appraise(v, certified_lamp(the_root())));
    tps_verifier_free(v);
}

static void a_file_with_a_mistake_adds_nothing(void **state)
{
    static const struct {
        const char *text;
        tps_status status;
    } cases[] = {
        {"", TPS_JSON_TRUNCATED},
        {"[]", TPS_JSON_UNEXPECTED_TYPE},
        {"{}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[]}", TPS_BAD_ARGUMENT},
        {"{\"scope\":[{}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{}],\"more\":1}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"use\":[\"endorses\"]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"uses\":[]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"uses\":[\"endorse\"]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"uses\":[\"endorses\",\"endorses\"]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"uses\":\"endorses\"}]}", TPS_JSON_UNEXPECTED_TYPE},
        {"{\"scopes\":[{\"uses\":[1]}]}", TPS_JSON_UNEXPECTED_TYPE},
        {"{\"scopes\":[{\"triples\":[]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"triples\":[\"references\"]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"vendor\":\"\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"abc\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"xy\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"0g\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\":0\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"/0\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":\"0`\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"classes\":[{\"id\":5}]}]}", TPS_JSON_UNEXPECTED_TYPE},
        {"{\"scopes\":[{\"classes\":[{\"name\":\"x\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"instances\":[]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"instances\":[{\"first\":\"01\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"instances\":[{\"from\":\"01\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{\"instances\":[{\"first\":\"02\",\"last\":\"01\"}]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{},{\"uses\":[]}]}", TPS_BAD_ARGUMENT},
        {"{\"scopes\":[{}]} x", TPS_JSON_TRAILING},
    };
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_verifier_counts counts;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (add_file(v, cases[i].text) != cases[i].status) {
            fail_msg("%s", cases[i].text);
        }
        tps_verifier_count(v, &counts);
        assert_int_equal(counts.anchors, 0);
    }
    tps_verifier_free(v);
}

static void a_file_holds_64_entries_of_a_list(void **state)
{
    static char text[8192];

    (void)state;
    for (size_t count = 64; count <= 65; count++) {
        static const char *const entries[] = {"{\"id\":\"01\"}", "{\"first\":\"01\",\"last\":\"01\"}"};

        for (size_t list = 0; list < 2; list++) {
            tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
            static char entry[4096];
            size_t at = 0;

            for (size_t i = 0; i < count; i++) {
                at +=
                    (size_t)snprintf(entry + at, sizeof entry - at, "%s%s", i == 0 ? "" : ",", entries[list]);
            }
            at = (size_t)snprintf(text, sizeof text, "{\"scopes\":[{\"%s\":[%s]}]}",
                                  list == 0 ? "classes" : "instances", entry);
            assert_true(at < sizeof text);
            assert_int_equal(add_file(v, text), count == 64 ? TPS_OK : TPS_BAD_ARGUMENT);
            tps_verifier_free(v);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_scope_permits_everything),
        cmocka_unit_test(uses_and_triples_are_told_apart),
        cmocka_unit_test(a_class_must_be_told_and_the_same),
        cmocka_unit_test(instances_lie_between_both_ends_in_size_and_value),
        cmocka_unit_test(two_scopes_are_not_one_wider),
        cmocka_unit_test(environments_ask_by_what_they_tell),
        cmocka_unit_test(entries_that_would_permit_all_or_nothing_are_refused),
        cmocka_unit_test(scopes_are_bounded_and_everything_is_said_once),
        cmocka_unit_test(a_device_within_the_scope_of_its_anchor_is_affirmed),
        cmocka_unit_test(a_device_outside_of_the_scope_of_its_anchor_is_refused),
        cmocka_unit_test(vendor_and_model_of_a_certified_class_are_what_endorsements_told),
        cmocka_unit_test(what_one_of_its_scopes_permits_is_permitted),
        cmocka_unit_test(a_key_is_as_good_an_anchor_as_its_certificate),
        cmocka_unit_test(a_key_that_is_an_anchor_signs_no_evidence),
        cmocka_unit_test(a_maker_endorses_within_its_scope_only),
        cmocka_unit_test(a_raw_anchor_is_held_to_its_algorithm),
        cmocka_unit_test(the_anchor_that_a_chain_meets_first_decides),
        cmocka_unit_test(an_unknown_signer_is_unknown_where_demonstrations_are_allowed_too),
        cmocka_unit_test(the_demonstration_key_is_an_anchor_where_it_is_allowed),
        cmocka_unit_test(an_anchor_that_fails_leaves_nothing_behind),
        cmocka_unit_test(raw_anchors_are_bounded_and_taken_once),
        cmocka_unit_test(a_file_of_scopes_is_read),
        cmocka_unit_test(a_file_with_a_mistake_adds_nothing),
        cmocka_unit_test(a_file_holds_64_entries_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
