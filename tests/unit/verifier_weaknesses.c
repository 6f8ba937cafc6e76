/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verifiers before this one were found to get wrong, a test each (docs/compared.md): the library's part.
 * What only a running server can show is in tests/e2e/weaknesses.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <lua.h>

#include "every_scheme.h"
#include "support/check.h"
#include "tps/ear.h"
#include "tps/freshness.h"
#include "tps/policy.h"
#include "tps/revocation.h"

/* ---- what is counted ---- */

static size_t compiled;   /* texts that became Lua code */
static size_t operations; /* of cryptography */

int __real_lua_load(lua_State *L, lua_Reader reader, void *data, const char *name, const char *mode);
int __wrap_lua_load(lua_State *L, lua_Reader reader, void *data, const char *name, const char *mode);
int __wrap_lua_load(lua_State *L, lua_Reader reader, void *data, const char *name, const char *mode)
{
    compiled++;
    return __real_lua_load(L, reader, data, name, mode);
}

#define COUNTED(name, parameters, arguments) \
    tps_status __real_##name parameters;     \
    tps_status __wrap_##name parameters;     \
    tps_status __wrap_##name parameters      \
    {                                        \
        operations++;                        \
        return __real_##name arguments;      \
    }

COUNTED(tps_crypto_verify, (tps_crypto_key * key, int32_t alg, const tps_digest *digest, tps_span signature),
        (key, alg, digest, signature))
COUNTED(tps_crypto_hash_of, (int32_t alg, tps_span bytes, tps_digest *digest), (alg, bytes, digest))
COUNTED(tps_crypto_key_from_point, (const tps_crypto_point *point, tps_crypto_key **key), (point, key))

/* ---- 1: the same nonce twice ---- */

static const uint8_t nonce_key[32] = {0x6b};

static tps_appraisal_request by_time(tps_nonce_uses *uses)
{
    return (tps_appraisal_request){.freshness = TPS_FRESHNESS_TIME,
                                   .nonce_key = TPS_SPAN_OF(nonce_key),
                                   .nonce_context = TPS_SPAN_LITERAL("session 1"),
                                   .uses = uses,
                                   .now = NOW};
}

static void expect_once(tps_verifier *v, tps_span evidence, const tps_appraisal_request *request)
{
    expect_affirming(ask(v, evidence, request));
    for (int again = 0; again < 3; again++) {
        const tps_appraisal *a = ask(v, evidence, request);
        expect_finding(a, "freshness.reused", TPS_VERIFIER_NONCE_USED);
        assert_false(a->is_fresh);
        assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    }
}

static void weakness_01_nonce_reuse(void **state)
{
    static uint8_t memory[TPS_NONCE_USES_SIZE(64)];
    tps_verifier *v = dice_verifier();
    tps_nonce_uses uses;
    tps_appraisal_request request = by_time(&uses);
    uint8_t nonce[TPS_NONCE_SIZE];

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 300), TPS_OK);
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        assert_status(tps_nonce_make(request.nonce_key, request.nonce_context, NOW, nonce), TPS_OK);
        expect_once(v, answer(scheme, TPS_SPAN_OF(nonce)), &request);
    }
    tps_verifier_free(v);
    v = tpm_verifier();
    assert_status(tps_nonce_make(request.nonce_key, request.nonce_context, NOW, nonce), TPS_OK);
    expect_once(v, quote(TPS_SPAN_OF(nonce)), &request);
    tps_verifier_free(v);
}

/* ---- 2: evidence of every scheme answers the nonce ---- */

/* Nonces that are not the_nonce: other bits, sizes, none at all. */
static size_t wrong_nonces(tps_span list[8])
{
    static uint8_t bytes[5][64];

    memset(bytes, 1, sizeof bytes);
    bytes[0][0] ^= 0x80;
    bytes[1][31] ^= 1;
    memset(bytes[2], 0, 32);
    list[0] = tps_span_make(bytes[0], 32);
    list[1] = tps_span_make(bytes[1], 32);
    list[2] = tps_span_make(bytes[2], 32);
    list[3] = tps_span_make(bytes[3], 31);
    list[4] = tps_span_make(bytes[3], 64);
    list[5] = tps_span_make(bytes[3], 8);
    list[6] = tps_span_make(bytes[3], 0); /* there, and empty */
    list[7] = TPS_SPAN_EMPTY;             /* not there */
    return 8;
}

static void expect_stale(tps_verifier *v, tps_span evidence, const char *scheme, size_t which)
{
    const tps_appraisal *a = appraise(v, evidence);

    if (a->is_fresh || a->tier != TPS_EAR_TIER_CONTRAINDICATED ||
        !(has(a, "freshness.nonce-mismatch") || has(a, "evidence.malformed"))) {
        fail_msg("%s took nonce %zu: %s", scheme, which,
                 a->finding_count > 0 ? a->findings[0].name : "nothing was found");
    }
    assert_int_equal(a->vector[TPS_EAR_INSTANCE_IDENTITY], TPS_EAR_CRYPTO_FAILED);
}

static void weakness_02_every_scheme_compares_the_nonce(void **state)
{
    tps_span wrong[8];
    size_t count = wrong_nonces(wrong);
    tps_verifier *v = dice_verifier();

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        expect_affirming(appraise(v, answer(scheme, TPS_SPAN_OF(the_nonce))));
        for (size_t i = 0; i < count; i++) {
            expect_stale(v, answer(scheme, wrong[i]), scheme_names[scheme], i);
        }
    }
    tps_verifier_free(v);
    v = tpm_verifier();
    expect_affirming(appraise(v, quote(TPS_SPAN_OF(the_nonce))));
    for (size_t i = 0; i < count; i++) {
        expect_stale(v, quote(wrong[i]), "TPM", i);
    }
    tps_verifier_free(v);
}

/* Who asks without a nonce is told, and gets nothing affirming. */
static void weakness_02_without_a_nonce_nothing_is_affirming(void **state)
{
    const tps_appraisal_request request = {.now = NOW};
    tps_verifier *v = dice_verifier();

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        const tps_appraisal *a = ask(v, answer(scheme, TPS_SPAN_OF(the_nonce)), &request);
        expect_finding(a, "freshness.not-judged", TPS_OK);
        assert_false(a->is_fresh);
    }
    tps_verifier_free(v);
    v = tpm_verifier();
    expect_finding(ask(v, quote(TPS_SPAN_OF(the_nonce)), &request), "freshness.not-judged", TPS_OK);
    tps_verifier_free(v);
}

/* ---- 3: the profile of RFC 9783 ---- */

static void weakness_03_the_profile_of_rfc_9783_is_taken(void **state)
{
    const tps_span types[] = {
        TPS_SPAN_LITERAL("application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\""),
        TPS_SPAN_LITERAL("application/eat-cwt; profile=\"http://arm.com/psa/2.0.0\"")};
    static const char *const profiles[] = {"tag:psacertified.org,2023:psa#tfm", "http://arm.com/psa/2.0.0"};
    tps_verifier *v = maker_verifier();

    (void)state;
    for (unsigned scheme = PSA; scheme <= PSA_2_0_0; scheme++) {
        tps_span evidence = answer(scheme, TPS_SPAN_OF(the_nonce));
        const tps_cbor_label label = {.number = TPS_EAT_PROFILE};
        tps_cbor_reader r;
        tps_span profile;
        expect_affirming(appraise(v, evidence));
        assert_int_equal(appraise(v, evidence)->scheme, TPS_SCHEME_PSA);
        r = tps_cbor_reader_init(appraise(v, evidence)->payload);
        tps_cbor_find(&r, &label, &profile, 1);
        r = tps_cbor_reader_init(profile);
        assert_true(tps_span_is_text(tps_cbor_get_text(&r), profiles[scheme]));
        assert_status(tps_verifier_check_type(evidence, types[scheme]), TPS_OK);
        assert_status(tps_verifier_check_type(evidence, types[1 - scheme]), TPS_VERIFIER_TYPE_MISMATCH);
    }
    tps_verifier_free(v);
}

/* ---- 4: components ---- */

static const tps_appraisal *appraise_psa(tps_verifier *v, const tps_psa_claims *claims)
{
    return appraise(v, sign_psa(claims, device_key(1), TPS_ALG_ES256));
}

static void weakness_04_the_signer_of_a_component_counts(void **state)
{
    static const uint8_t nobody[32] = {0x66};
    tps_verifier *v = maker_verifier();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        tps_psa_claims claims = lamp_psa();
        claims.components[i].signer_id = TPS_SPAN_OF(nobody);
        expect_finding(appraise_psa(v, &claims), "executables.other-signer", TPS_OK);
        claims.components[i].signer_id = lock_software()[i].signer_id; /* known, and not for this one */
        expect_finding(appraise_psa(v, &claims), "executables.other-signer", TPS_OK);
    }
    tps_verifier_free(v);
}

static void weakness_04_references_are_not_pooled(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        claims = lamp_psa(); /* the digest of another component of the same device */
        claims.components[i].measurement = lamp_software()[(i + 1) % 3].digest;
        expect_finding(appraise_psa(v, &claims), "executables.unknown-measurement", TPS_OK);
        claims = lamp_psa(); /* this component of another class, which is endorsed there */
        claims.components[i].measurement = lock_software()[i].digest;
        claims.components[i].signer_id = lock_software()[i].signer_id;
        expect_finding(appraise_psa(v, &claims), "executables.unknown-signer", TPS_OK);
    }
    tps_verifier_free(v);
}

static void weakness_04_missing_and_mixed_components_are_refused(void **state)
{
    tps_verifier *v = maker_verifier();

    (void)state;
    for (unsigned present = 1; present < 8; present++) { /* each set of components but the whole */
        tps_psa_claims whole = lamp_psa();
        tps_psa_claims claims = lamp_psa();
        claims.component_count = 0;
        for (size_t i = 0; i < 3; i++) {
            if ((present >> i & 1) != 0) {
                claims.components[claims.component_count++] = whole.components[i];
            }
        }
        if (present == 7) {
            expect_affirming(appraise_psa(v, &claims));
            continue;
        }
        expect_finding(appraise_psa(v, &claims), "executables.missing-component", TPS_OK);
        while (claims.component_count < 3) { /* the right number, one several times */
            claims.components[claims.component_count++] = claims.components[0];
        }
        expect_finding(appraise_psa(v, &claims), "executables.missing-component", TPS_OK);
        assert_true(has(appraise_psa(v, &claims), "executables.repeated-component"));
    }
    tps_verifier_free(v);
}

/* ---- 5: lengths ---- */

static void expect_refused(tps_verifier *v, tps_span evidence)
{
    uint8_t *exact = malloc(evidence.size); /* so that one byte too many is seen */
    const tps_appraisal *a;

    assert_non_null(exact);
    memcpy(exact, evidence.data, evidence.size);
    a = appraise(v, tps_span_make(exact, evidence.size));
    assert_int_equal(a->tier, TPS_EAR_TIER_CONTRAINDICATED);
    assert_int_equal(a->payload.size, 0);
    assert_string_not_equal(a->findings[0].cause, "");
    free(exact);
}

/* At each byte of evidence a head of each kind that promises more than there is. */
static void weakness_05_lengths_are_checked(void **state)
{
    static const uint8_t heads[] = {0x5b, 0x7b, 0x9b, 0xbb};
    static const uint8_t lengths[][8] = {{255, 255, 255, 255, 255, 255, 255, 255},
                                         {127, 255, 255, 255, 255, 255, 255, 255},
                                         {0, 0, 0, 1, 0, 0, 0, 0}};
    static uint8_t changed[4096];
    tps_verifier *v = dice_verifier();

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        tps_span evidence = answer(scheme, TPS_SPAN_OF(the_nonce));
        for (size_t at = 0; at + 9 <= evidence.size; at++) {
            size_t which = at + scheme;
            memcpy(changed, evidence.data, evidence.size);
            changed[at] = heads[which % 4];
            memcpy(changed + at + 1, lengths[which % 3], 8);
            expect_refused(v, tps_span_make(changed, evidence.size));
        }
    }
    tps_verifier_free(v);
}

static void weakness_05_evidence_has_a_limit(void **state)
{
    static uint8_t large[65537];
    tps_verifier *v = maker_verifier();
    const uint8_t head[] = {0xd2, 0x84, 0x40, 0xa0, 0x59, 0xff, 0xff};

    (void)state;
    memcpy(large, head, sizeof head);
    expect_refused(v, TPS_SPAN_OF(large));
    assert_true(has(appraise(v, TPS_SPAN_OF(large)), "evidence.malformed"));
    tps_verifier_free(v);
}

/* ---- 6: results end ---- */

static tps_status find_signer(void *context, const tps_cose_sign1 *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = device_key(40);
    return TPS_OK;
}

static void weakness_06_results_end_as_jwt_and_as_cwt(void **state)
{
    static uint8_t bytes[65536];
    static uint8_t room_bytes[65536];
    static tps_appraisal outcome;
    const tps_cose_key_finder keys = {find_signer, NULL};
    const tps_cose_signer signer = tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    tps_ear_options options = {.iat = NOW, .exp = NOW + 300};
    size_t size;

    (void)state;
    outcome = *appraise_psa(v, &claims);
    for (options.generation = TPS_EAR_2023; options.generation <= TPS_EAR_2026; options.generation++) {
        for (int is_cwt = 0; is_cwt < 2; is_cwt++) {
            tps_buf room = TPS_BUF_OF(room_bytes);
            tps_ear_terms terms = {.now = NOW};
            tps_ear ear;
            tps_span result;
            tps_status late;
            assert_status((is_cwt ? tps_ear_cwt : tps_ear_jwt)(&outcome, 1, &options, &signer,
                                                               TPS_BUF_OF(bytes), &size),
                          TPS_OK);
            result = tps_span_make(bytes, size);
            assert_status(is_cwt ? tps_ear_verify_cwt(result, &keys, &terms, &ear, NULL)
                                 : tps_ear_verify_jwt(result, device_key(40), &terms, &room, &ear, NULL),
                          TPS_OK);
            assert_true((ear.present & TPS_EAR_HAS_EXP) != 0);
            assert_true(ear.exp == NOW + 300);
            terms.now = NOW + 301;
            room = TPS_BUF_OF(room_bytes);
            late = is_cwt ? tps_ear_verify_cwt(result, &keys, &terms, &ear, NULL)
                          : tps_ear_verify_jwt(result, device_key(40), &terms, &room, &ear, NULL);
            assert_status(late, TPS_EAR_EXPIRED);
        }
    }
    tps_verifier_free(v);
}

/* ---- 7: what an appraisal costs ---- */

#define POLICY "policy { name = \"mine\", version = \"1\" } "

static void weakness_07_policies_are_compiled_once(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_psa_claims claims = lamp_psa();
    const tps_policy_selector locks = {.vendor = TPS_SPAN_LITERAL("Lumen"),
                                       .model = TPS_SPAN_LITERAL("Lock")};
    tps_span mine =
        TPS_SPAN_LITERAL(POLICY "if evidence.lifecycle ~= 'secured' then set('hardware', 96) end");

    (void)state;
    compiled = 0;
    assert_status(tps_verifier_add_policy(v, mine, NULL, NULL), TPS_OK);
    assert_status(tps_verifier_add_policy(v, TPS_SPAN_LITERAL(POLICY), &locks, NULL), TPS_OK);
    assert_true(compiled >= 2); /* the counter counts */
    compiled = 0;
    for (int i = 0; i < 200; i++) {
        expect_affirming(appraise_psa(v, &claims));
        assert_string_equal(appraise_psa(v, &claims)->policy_id, "mine@1");
    }
    assert_int_equal(compiled, 0);
    tps_verifier_free(v);
}

enum { MANY = 4000 };

/* As many devices of the lamp's class as told, beside device 1. */
static tps_verifier *knows_devices(size_t count)
{
    static tps_corim_device devices[MANY];
    static uint8_t instances[MANY][33];
    static uint8_t room[MANY * 400];
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest manifest = lamp_manifest();
    tps_span encoded;

    devices[0] = manifest.devices[0];
    for (size_t i = 1; i < count; i++) {
        tps_digest digest;
        assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(&i, sizeof i), &digest), TPS_OK);
        instances[i][0] = 1;
        memcpy(instances[i] + 1, digest.bytes, 32);
        devices[i] = (tps_corim_device){TPS_SPAN_OF(instances[i]), manifest.devices[0].spki};
    }
    manifest.devices = devices;
    manifest.device_count = count;
    assert_status(tps_corim_encode(&manifest, TPS_BUF_OF(room), &encoded, NULL), TPS_OK);
    assert_status(tps_verifier_add_corim(v, encoded, NOW, NULL), TPS_OK);
    return v;
}

/* The bench appraise.million measures the time, among a million. */
static void weakness_07_what_is_known_costs_no_appraisal_more(void **state)
{
    static const size_t counts[2] = {1, MANY};
    tps_psa_claims claims = lamp_psa();
    tps_span evidence = sign_psa(&claims, device_key(1), TPS_ALG_ES256);
    size_t costs[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_verifier *v = knows_devices(counts[i]);
        expect_affirming(appraise(v, evidence)); /* warms up */
        operations = 0;
        expect_affirming(appraise(v, evidence));
        costs[i] = operations;
        tps_verifier_free(v);
    }
    assert_in_range(costs[0], 1, 4);
    assert_int_equal(costs[0], costs[1]);
}

/* ---- 8: what was asked for and not done ---- */

static void weakness_08_freshness_may_be_nonce_time_or_epoch(void **state)
{
    uint8_t nonce[TPS_NONCE_SIZE];
    uint8_t ids[2][TPS_EPOCH_ID_SIZE];
    const tps_span epochs[2] = {TPS_SPAN_OF(ids[0]), TPS_SPAN_OF(ids[1])};
    tps_appraisal_request requests[3] = {
        {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW},
        by_time(NULL),
        {.freshness = TPS_FRESHNESS_EPOCH, .epochs = epochs, .epoch_count = 2, .now = NOW}};
    const tps_span fresh[3] = {TPS_SPAN_OF(the_nonce), TPS_SPAN_OF(nonce), TPS_SPAN_OF(ids[0])};
    static const char *const findings[3] = {"freshness.nonce-mismatch", "freshness.foreign-nonce",
                                            "freshness.unknown-epoch"};
    tps_verifier *v = dice_verifier();
    tps_verifier *tpms = tpm_verifier();

    (void)state;
    assert_status(tps_nonce_make(TPS_SPAN_OF(nonce_key), requests[1].nonce_context, NOW, nonce), TPS_OK);
    assert_status(tps_epoch_ids(TPS_SPAN_OF(nonce_key), TPS_SPAN_EMPTY, 600, NOW, ids), TPS_OK);
    for (size_t asked = 0; asked < 3; asked++) {
        for (size_t had = 0; had < 3; had++) {
            for (unsigned scheme = 0; scheme <= SCHEMES; scheme++) {
                const tps_appraisal *a = scheme == SCHEMES
                                             ? ask(tpms, quote(fresh[had]), &requests[asked])
                                             : ask(v, answer(scheme, fresh[had]), &requests[asked]);
                assert_true(a->is_fresh == (asked == had));
                assert_true((a->tier == TPS_EAR_TIER_AFFIRMING) == (asked == had));
                assert_true(has(a, findings[asked]) == (asked != had));
            }
        }
    }
    tps_verifier_free(v);
    tps_verifier_free(tpms);
}

/* A revocation counts at the next appraisal: nothing is loaded again. */
static void weakness_08_key_device_and_image_can_be_revoked(void **state)
{
    uint8_t spki[128];
    size_t size;
    tps_digest key;
    tps_psa_claims claims = lamp_psa();
    tps_span evidence = sign_psa(&claims, device_key(1), TPS_ALG_ES256);

    (void)state;
    assert_status(tps_crypto_key_spki(device_key(1), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &key), TPS_OK);
    {
        const tps_revocation revoked[] = {{.kind = TPS_REVOKED_KEY, .value = tps_span_make(key.bytes, 32)},
                                          {.kind = TPS_REVOKED_DEVICE, .value = instance_of(device_key(1))},
                                          {.kind = TPS_REVOKED_IMAGE, .value = lamp_software()[1].digest}};
        static const char *const findings[] = {"instance-identity.revoked", "instance-identity.revoked",
                                               "executables.known-bad"};
        for (size_t i = 0; i < 3; i++) {
            tps_verifier *v = maker_verifier();
            expect_affirming(appraise(v, evidence));
            assert_status(tps_verifier_revoke(v, &revoked[i]), TPS_OK);
            assert_true(has(appraise(v, evidence), findings[i]));
            assert_int_equal(appraise(v, evidence)->tier, TPS_EAR_TIER_CONTRAINDICATED);
            tps_verifier_free(v);
        }
    }
}

/* ---- 10: refusals that a person can act on ---- */

#define NAME_OF(name, layer, code, cause, next)  "TPS_" #name,
#define VALUE_OF(name, layer, code, cause, next) TPS_##name,
static const tps_status statuses[] = {TPS_STATUS_LIST(VALUE_OF)};
static const char *const status_names[] = {TPS_STATUS_LIST(NAME_OF)};

/* Words: some letters, no number alone, no full stop; and lower case unless they begin with a name. */
static void check_words(const char *words, const char *of)
{
    size_t letters = 0;
    size_t spaces = 0;

    for (const char *c = words; *c != '\0'; c++) {
        letters += (*c | 0x20) >= 'a' && (*c | 0x20) <= 'z';
        spaces += *c == ' ';
    }
    if (letters < 5 || spaces < 1 || strlen(words) >= TPS_FINDING_TEXT_MAX ||
        words[strlen(words) - 1] == '.' || strstr(words, "nternal error") != NULL) {
        fail_msg("%s says \"%s\"", of, words);
    }
}

static void weakness_10_every_status_says_cause_and_next_step(void **state)
{
    (void)state;
    assert_true(sizeof statuses / sizeof statuses[0] > 150);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        assert_string_equal(tps_status_name(statuses[i]), status_names[i]);
        check_words(tps_status_cause(statuses[i]), status_names[i]);
        check_words(tps_status_next_step(statuses[i]), status_names[i]);
        assert_string_not_equal(tps_status_cause(statuses[i]), tps_status_next_step(statuses[i]));
    }
}

/* Whatever byte of evidence is changed, someone can read why it is refused. */
static void weakness_10_every_refusal_says_cause_and_next_step(void **state)
{
    static uint8_t changed[4096];
    tps_verifier *v = dice_verifier();

    (void)state;
    for (unsigned scheme = 0; scheme < SCHEMES; scheme++) {
        tps_span evidence = answer(scheme, TPS_SPAN_OF(the_nonce));
        for (size_t at = 0; at < evidence.size; at += 3) {
            const tps_appraisal *a;
            memcpy(changed, evidence.data, evidence.size);
            changed[at] ^= (uint8_t)(1u << at % 8);
            a = appraise(v, tps_span_make(changed, evidence.size));
            assert_true(a->finding_count > 0 || a->tier == TPS_EAR_TIER_AFFIRMING);
            for (size_t i = 0; i < a->finding_count; i++) {
                check_words(a->findings[i].cause, a->findings[i].name);
                check_words(a->findings[i].next_step, a->findings[i].name);
            }
        }
    }
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weakness_01_nonce_reuse),
        cmocka_unit_test(weakness_02_every_scheme_compares_the_nonce),
        cmocka_unit_test(weakness_02_without_a_nonce_nothing_is_affirming),
        cmocka_unit_test(weakness_03_the_profile_of_rfc_9783_is_taken),
        cmocka_unit_test(weakness_04_the_signer_of_a_component_counts),
        cmocka_unit_test(weakness_04_references_are_not_pooled),
        cmocka_unit_test(weakness_04_missing_and_mixed_components_are_refused),
        cmocka_unit_test(weakness_05_lengths_are_checked),
        cmocka_unit_test(weakness_05_evidence_has_a_limit),
        cmocka_unit_test(weakness_06_results_end_as_jwt_and_as_cwt),
        cmocka_unit_test(weakness_07_policies_are_compiled_once),
        cmocka_unit_test(weakness_07_what_is_known_costs_no_appraisal_more),
        cmocka_unit_test(weakness_08_freshness_may_be_nonce_time_or_epoch),
        cmocka_unit_test(weakness_08_key_device_and_image_can_be_revoked),
        cmocka_unit_test(weakness_10_every_status_says_cause_and_next_step),
        cmocka_unit_test(weakness_10_every_refusal_says_cause_and_next_step),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
