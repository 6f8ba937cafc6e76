/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: what is in them, that only the very same knowledge reproduces a result, and that every forgery or
 * exchange is seen. */
#include <stdlib.h>

#include "support/check.h"
#include "tps/freshness.h"
#include "tps/receipt.h"
#include "tps/revocation.h"
#include "verifier_support.h"

#define LIFETIME 300

static uint8_t room[131072];

static tps_status find_40(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = device_key(40);
    return TPS_OK;
}

static const tps_cose_key_finder verifiers_key = {find_40, NULL};

static tps_cose_signer signer_40(void)
{
    return tps_cose_signer_of_key(device_key(40), TPS_ALG_ES256);
}

static tps_span kept(tps_span bytes)
{
    static uint8_t memory[65536];

    assert_true(bytes.size <= sizeof memory);
    memcpy(memory, bytes.data, bytes.size);
    return tps_span_make(memory, bytes.size);
}

static tps_span good_evidence(void)
{
    tps_device_claims claims = lamp_eat();

    return kept(sign_eat(&claims, device_key(1), NULL, 0));
}

static tps_span bad_evidence(void)
{
    static const uint8_t other[32] = {0x66};
    tps_psa_claims claims = lamp_psa();

    claims.components[1].measurement = TPS_SPAN_OF(other);
    return kept(sign_psa(&claims, device_key(1), TPS_ALG_ES256));
}

static tps_appraisal_request request_now(void)
{
    return (tps_appraisal_request){.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
}

/* Appraises and makes a receipt; measuring and too small a room on the way. */
static tps_span make_receipt(tps_verifier *v, tps_span evidence, const tps_appraisal_request *request)
{
    static tps_appraisal part;
    tps_ear_options options = {.generation = TPS_EAR_2026,
                               .nonce = request->nonce,
                               .key_id = "k1",
                               .with_claims = true,
                               .iat = NOW,
                               .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    size_t measured;
    size_t size;

    tps_verifier_appraise(v, evidence, request, &part);
    assert_status(
        tps_receipt_make(v, evidence, request, &part, 1, &options, &signer, TPS_BUF_MEASURE, &measured),
        TPS_OK);
    assert_status(
        tps_receipt_make(v, evidence, request, &part, 1, &options, &signer, (tps_buf){room, 9}, &size),
        TPS_BUFFER_TOO_SMALL);
    assert_int_equal(size, measured);
    assert_status(
        tps_receipt_make(v, evidence, request, &part, 1, &options, &signer, TPS_BUF_OF(room), &size), TPS_OK);
    assert_int_equal(size, measured);
    return tps_span_make(room, size);
}

static tps_receipt verified(tps_span message)
{
    tps_receipt receipt;
    tps_error why = {0};
    tps_status status = tps_receipt_verify(message, &verifiers_key, &receipt, &why);

    if (status != TPS_OK) {
        fail_msg("%s (%s)", tps_status_name(status), why.detail);
    }
    return receipt;
}

static void expect_outcome(const tps_receipt *receipt, tps_verifier *v, tps_status expected,
                           const char *detail)
{
    tps_error why = {0};
    tps_status status = tps_receipt_check(receipt, v, &why);

    if (status != expected || (detail != NULL && strcmp(why.detail, detail) != 0)) {
        fail_msg("%s (%s)", tps_status_name(status), why.detail);
    }
}

/* ---- what is reproduced ---- */

static void the_same_knowledge_reproduces_a_result_at_its_time(void **state)
{
    tps_verifier *then = maker_verifier();
    tps_verifier *now = maker_verifier();
    tps_appraisal_request request = request_now();

    (void)state;
    for (int i = 0; i < 2; i++) {
        tps_span evidence = i == 0 ? good_evidence() : bad_evidence();
        tps_receipt receipt = verified(make_receipt(then, evidence, &request));
        tps_ear_walk walk = tps_ear_appraisals(&receipt.result);
        tps_ear_appraisal part;
        assert_span(receipt.evidence, evidence);
        assert_true(tps_ear_next_appraisal(&walk, NULL, &part));
        assert_int_equal(part.status, i == 0 ? TPS_EAR_TIER_AFFIRMING : TPS_EAR_TIER_WARNING);
        expect_outcome(&receipt, now, TPS_OK, NULL);
    }
    tps_verifier_free(then);
    tps_verifier_free(now);
}

static void a_receipt_names_all_that_was_known(void **state)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.allow_unsigned_endorsements = true});
    tps_corim_manifest lamp = lamp_manifest();
    tps_corim_manifest lock = lock_manifest();
    tps_span root = make_ca("root", device_key(30), TPS_SPAN_EMPTY, NULL);
    tps_appraisal_request request = request_now();
    uint8_t identities[2][32];
    uint8_t spki[128];
    tps_digest digest;
    tps_receipt receipt;
    size_t size;

    (void)state;
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, root, &digest), TPS_OK);
    assert_status(tps_verifier_add_anchor(v, root), TPS_OK);
    assert_status(tps_crypto_key_spki(device_key(12), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    assert_status(tps_verifier_add_corim_once(v, encode(&lock), NOW, identities[0], NULL), TPS_OK);
    assert_status(tps_verifier_add_corim_once(v, encode(&lamp), NOW, identities[1], NULL), TPS_OK);

    receipt = verified(make_receipt(v, good_evidence(), &request));

    assert_int_equal(receipt.known_count[TPS_RECEIPT_ANCHOR], 1);
    assert_span(tps_receipt_known_at(&receipt, TPS_RECEIPT_ANCHOR, 0), tps_span_make(digest.bytes, 32));
    assert_int_equal(receipt.known_count[TPS_RECEIPT_KEY], 1);
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest), TPS_OK);
    assert_span(tps_receipt_known_at(&receipt, TPS_RECEIPT_KEY, 0), tps_span_make(digest.bytes, 32));
    assert_int_equal(receipt.known_count[TPS_RECEIPT_CORIM], 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_span(tps_receipt_known_at(&receipt, TPS_RECEIPT_CORIM, i), TPS_SPAN_OF(identities[i]));
    }
    assert_int_equal(tps_receipt_known_at(&receipt, TPS_RECEIPT_CORIM, 2).size, 32); /* the last one stays */
    assert_true(receipt.options.allow_unsigned_endorsements);
    assert_false(receipt.options.allow_demonstration);
    assert_false(receipt.options.require_key);
    tps_verifier_free(v);
}

static void all_of_a_request_is_in_a_receipt(void **state)
{
    static const tps_device_history history = {.is_known = true,
                                               .count = 7,
                                               .first_seen = NOW - 1000,
                                               .last_seen = -5,
                                               .last_tier = TPS_EAR_TIER_WARNING,
                                               .has_bootcount = true,
                                               .bootcount = 12,
                                               .has_security_counter = true,
                                               .security_counter = 3};
    static const tps_span epochs[] = {{the_nonce, 8}, {the_nonce, 32}};
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = {.freshness = TPS_FRESHNESS_EPOCH,
                                     .nonce = TPS_SPAN_OF(the_nonce),
                                     .is_nonce_of_relying_party = true,
                                     .is_binder = true,
                                     .binder_origins = 6,
                                     .epochs = epochs,
                                     .epoch_count = 2,
                                     .aud = TPS_SPAN_LITERAL("us"),
                                     .service = TPS_SPAN_LITERAL("doors"),
                                     .history = &history,
                                     .now = NOW};
    tps_receipt receipt = verified(make_receipt(v, good_evidence(), &request));
    tps_appraisal_request got = tps_receipt_request(&receipt);

    (void)state;
    assert_int_equal(got.freshness, TPS_FRESHNESS_EPOCH);
    assert_span(got.nonce, request.nonce);
    assert_true(got.is_nonce_of_relying_party);
    assert_true(got.is_binder);
    assert_int_equal(got.binder_origins, 6);
    assert_int_equal(got.epoch_count, 2);
    assert_span(got.epochs[0], epochs[0]);
    assert_span(got.epochs[1], epochs[1]);
    assert_span(got.aud, request.aud);
    assert_span(got.service, request.service);
    assert_int_equal(got.now, NOW);
    assert_true(got.history->is_known);
    assert_int_equal(got.history->count, 7);
    assert_int_equal(got.history->first_seen, NOW - 1000);
    assert_int_equal(got.history->last_seen, -5);
    assert_int_equal(got.history->last_tier, TPS_EAR_TIER_WARNING);
    assert_int_equal(got.history->bootcount, 12);
    assert_int_equal(got.history->security_counter, 3);
    assert_true(got.history->has_bootcount && got.history->has_security_counter);
    expect_outcome(&receipt, v, TPS_OK, NULL);
    tps_verifier_free(v);
}

static void all_parts_of_a_composite_device_are_reproduced(void **state)
{
    static tps_appraisal parts[TPS_PARTS_MAX];
    static uint8_t collection[65536];
    static uint8_t decoded[TPS_APPRAISAL_ROOM(65536)];
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.generation = TPS_EAR_2026, .iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    tps_psa_claims lamp = lamp_psa();
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(collection));
    tps_receipt receipt;
    tps_span evidence;
    size_t count;
    size_t size;
    uint8_t tier;

    (void)state;
    tps_cbor_put_map(&w, 2); /* RFC 9999: a collection of two records */
    tps_cbor_put_text(&w, "a");
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, 263);
    tps_cbor_put_bytes(&w, good_evidence());
    tps_cbor_put_text(&w, "b");
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_uint(&w, 263);
    lamp.lifecycle = 0x6000;
    tps_cbor_put_bytes(&w, sign_psa(&lamp, device_key(1), TPS_ALG_ES256));
    assert_status(tps_cbor_writer_finish(&w, &evidence), TPS_OK);
    tps_verifier_appraise_all(v, evidence, TPS_BUF_OF(decoded), &request, parts, TPS_PARTS_MAX, &count,
                              &tier);
    assert_true(count > 1);
    assert_status(
        tps_receipt_make(v, evidence, &request, parts, count, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_OK);
    receipt = verified(tps_span_make(room, size));
    assert_int_equal(receipt.result.submod_count, count);
    assert_int_equal(receipt.result.status, TPS_EAR_TIER_CONTRAINDICATED);
    expect_outcome(&receipt, v, TPS_OK, NULL);
    tps_verifier_free(v);
}

/* ---- what is seen ---- */

static void expect_gap(const tps_receipt *receipt, tps_verifier *v, uint32_t kind, bool is_missing)
{
    tps_receipt_gap gaps[4];
    size_t count;

    assert_status(tps_receipt_gaps(receipt, v, gaps, 4, &count), TPS_OK);
    assert_int_equal(count, kind == TPS_RECEIPT_ANCHOR ? 2 : 1); /* an anchor comes with its scope */
    assert_int_equal(gaps[count - 1].kind, count == 2 ? TPS_RECEIPT_RULES : kind);
    assert_int_equal(gaps[0].kind, kind);
    assert_int_equal(gaps[0].is_missing, is_missing);
    expect_outcome(receipt, v, TPS_VERIFIER_RECEIPT_DIFFERS, "other things are known");
}

static void knowledge_that_is_missing_or_too_much_is_told(void **state)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_corim_manifest lamp = lamp_manifest();
    tps_verifier *then = make_verifier(options);
    tps_verifier *v = make_verifier(options);
    tps_span root = make_ca("root", device_key(30), TPS_SPAN_EMPTY, NULL);
    tps_appraisal_request request = request_now();
    tps_receipt receipt;
    uint8_t spki[128];
    size_t size;
    size_t count;

    (void)state;
    assert_status(tps_verifier_add_corim(then, encode(&lamp), NOW, NULL), TPS_OK);
    receipt = verified(make_receipt(then, good_evidence(), &request));
    assert_status(tps_receipt_gaps(&receipt, then, NULL, 0, &count), TPS_OK);
    assert_int_equal(count, 0);

    expect_gap(&receipt, v, TPS_RECEIPT_CORIM, true);
    assert_status(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    expect_outcome(&receipt, v, TPS_OK, NULL);
    assert_status(tps_verifier_add_anchor(v, root), TPS_OK);
    expect_gap(&receipt, v, TPS_RECEIPT_ANCHOR, false);
    tps_verifier_free(v);

    v = make_verifier(options);
    assert_status(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    assert_status(tps_crypto_key_spki(device_key(12), TPS_BUF_OF(spki), &size), TPS_OK);
    assert_status(tps_verifier_add_key(v, tps_span_make(spki, size)), TPS_OK);
    expect_gap(&receipt, v, TPS_RECEIPT_KEY, false);
    tps_verifier_free(v);

    options.require_key = true;
    v = make_verifier(options);
    assert_status(tps_verifier_add_corim(v, encode(&lamp), NOW, NULL), TPS_OK);
    expect_gap(&receipt, v, TPS_RECEIPT_RULES, true);
    tps_verifier_free(v);
    tps_verifier_free(then);
}

static void a_clock_before_1970_is_a_clock(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_receipt receipt;

    (void)state;
    request.now = -5;
    receipt = verified(make_receipt(v, good_evidence(), &request));
    assert_int_equal(receipt.request.now, -5);
    expect_outcome(&receipt, v, TPS_OK, NULL);
    tps_verifier_free(v);
}

static void the_order_in_which_things_became_known_does_not_count(void **state)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_corim_manifest manifests[] = {lamp_manifest(), lock_manifest()};
    tps_appraisal_request request = request_now();
    tps_verifier *v[2];
    tps_receipt receipt;

    (void)state;
    for (int i = 0; i < 2; i++) {
        v[i] = make_verifier(options);
        assert_status(tps_verifier_add_corim(v[i], encode(&manifests[i]), NOW, NULL), TPS_OK);
        assert_status(tps_verifier_add_corim(v[i], encode(&manifests[1 - i]), NOW, NULL), TPS_OK);
    }
    receipt = verified(make_receipt(v[0], good_evidence(), &request));
    expect_outcome(&receipt, v[1], TPS_OK, NULL);
    tps_verifier_free(v[0]);
    tps_verifier_free(v[1]);
}

/* A verifier that signs what does not follow is found out: the receipt says more than the evidence gives. */
static void a_result_that_does_not_follow_is_seen(void **state)
{
    static const struct {
        const char *detail;
        int change;
    } cases[] = {{"status or vector differ", 0},
                 {"status or vector differ", 1},
                 {"the findings differ", 2},
                 {"the findings differ", 3},
                 {"another policy judges", 4},
                 {"the parts have other names", 5},
                 {"the evidence has another number of parts", 6},
                 {"claims of the result differ", 7},
                 {"what is endorsed of the class differs", 8},
                 {"freshness differs", 9},
                 {"what the evidence is bound to differs", 10},
                 {"claims of the result differ", 11}};
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    static tps_appraisal parts[2];
    tps_span evidence = bad_evidence();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 1;
        tps_receipt receipt;
        size_t size;
        tps_verifier_appraise(v, evidence, &request, &parts[0]);
        parts[1] = parts[0];
        switch (cases[i].change) {
        case 0: parts[0].tier = TPS_EAR_TIER_CONTRAINDICATED; break;
        case 1: parts[0].vector[TPS_EAR_CONFIGURATION] = 3; break;
        case 2: parts[0].findings[0].value = 32; break;
        case 3: parts[0].finding_count = 0; break;
        case 4: memset(parts[0].policy_sha256, 9, 32); break;
        case 5: memcpy(parts[0].name, "x", 2); break;
        case 6: count = 2; break;
        case 7: parts[0].evidence_sha256[3] ^= 1; break;
        case 8: memcpy(parts[0].purpose, "x", 2); break;
        case 9: parts[0].is_fresh = false; break;
        case 10: parts[0].bound = TPS_BOUND_KEY; break;
        default: parts[0].is_demonstration = true;
        }
        assert_status(
            tps_receipt_make(v, evidence, &request, parts, count, &options, &signer, TPS_BUF_OF(room), &size),
            TPS_OK);
        receipt = verified(tps_span_make(room, size));
        expect_outcome(&receipt, v, TPS_VERIFIER_RECEIPT_DIFFERS, cases[i].detail);
    }
    tps_verifier_free(v);
}

/* ---- results that a verifier could not have written ---- */

enum {
    AS_IT_IS,
    ONE_LESS,
    ONE_MORE,
    ONE_MORE_WITH_A_NAME,
    ANOTHER_LABEL,
    NO_FINDINGS,
    OTHER_WORDS,
    LESS_VECTOR,
    NOTHING_ABOVE,
    MORE_ABOVE,
    A_KEY,
    CHANGES
};

/* The further claims of a walk as a map, with one change. */
static tps_span rewrite_extras(tps_ear_walk walk, int change, uint8_t room_bytes[8192])
{
    tps_ear_walk again = walk;
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room_bytes, 8192});
    tps_ear_extra extra;
    tps_span encoded;
    uint64_t count = 0;

    while (tps_ear_next_extra(&again, NULL, &extra)) {
        count++;
    }
    tps_cbor_put_map(&w, change == ONE_LESS                                     ? count - 1
                         : change == ONE_MORE || change == ONE_MORE_WITH_A_NAME ? count + 1
                                                                                : count);
    for (uint64_t i = 0; tps_ear_next_extra(&walk, NULL, &extra); i++) {
        bool is_last = i + 1 == count;
        if (is_last && change == ONE_LESS) {
            break;
        }
        tps_cbor_put_int(&w, extra.number - (is_last && change == ANOTHER_LABEL));
        if (extra.number == -70101 && change == NO_FINDINGS) {
            tps_cbor_put_array(&w, 0);
        } else if (extra.number == -70001 && change == OTHER_WORDS) {
            tps_cbor_put_map(&w, 0);
        } else {
            tps_cbor_put_raw(&w, extra.value);
        }
    }
    if (change == ONE_MORE) {
        tps_cbor_pair_uint(&w, -70999, 1);
    } else if (change == ONE_MORE_WITH_A_NAME) {
        tps_cbor_put_text(&w, "x");
        tps_cbor_put_uint(&w, 1);
    }
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

/* A result of one part, written anew with one change. */
static tps_ear rewritten(const tps_ear *ear, int change)
{
    static uint8_t written[16384];
    static uint8_t above[8192];
    static uint8_t beside[8192];
    tps_ear_walk walk = tps_ear_appraisals(ear);
    tps_ear_appraisal was;
    tps_ear_appraisal_content part;
    tps_ear_content content = {.generation = ear->generation,
                               .iat = ear->iat,
                               .developer = ear->developer,
                               .build = ear->build,
                               .appraisals = &part,
                               .appraisal_count = 1};
    tps_ear out;
    size_t size;

    assert_true(tps_ear_next_appraisal(&walk, NULL, &was));
    part = (tps_ear_appraisal_content){
        .name = was.name, .status = was.status, .vector_claims = was.vector_claims};
    memcpy(part.vector, was.vector, sizeof part.vector);
    part.more = rewrite_extras(tps_ear_appraisal_extras(&was), change, beside);
    content.more = rewrite_extras(tps_ear_extras(ear), change == MORE_ABOVE ? ONE_MORE : AS_IT_IS, above);
    if (change == NOTHING_ABOVE) {
        content.more = TPS_SPAN_EMPTY;
    } else if (change == A_KEY) {
        content.confirmation = TPS_SPAN_LITERAL("\xa1\x03\x41\x07");
    } else if (change == LESS_VECTOR) {
        part.vector_claims = 0x7f;
    }
    assert_status(tps_ear_encode(&content, NULL, TPS_BUF_OF(written), &size), TPS_OK);
    assert_status(tps_ear_decode(tps_span_make(written, size), NULL, &out, NULL), TPS_OK);
    return out;
}

static void each_claim_of_a_result_is_compared_but_words(void **state)
{
    static const char *const details[CHANGES] = {[ONE_LESS] = "freshness differs",
                                                 [ONE_MORE] = "claims of the result differ",
                                                 [ONE_MORE_WITH_A_NAME] = "claims of the result differ",
                                                 [ANOTHER_LABEL] = "claims of the result differ",
                                                 [NO_FINDINGS] = "the findings differ",
                                                 [LESS_VECTOR] = "status or vector differ",
                                                 [NOTHING_ABOVE] = "claims of the result differ",
                                                 [MORE_ABOVE] = "claims of the result differ",
                                                 [A_KEY] = "claims of the result differ"};
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_receipt receipt = verified(make_receipt(v, bad_evidence(), &request));
    tps_ear genuine = receipt.result;

    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        receipt.result = rewritten(&genuine, change);
        expect_outcome(&receipt, v, details[change] == NULL ? TPS_OK : TPS_VERIFIER_RECEIPT_DIFFERS,
                       details[change]);
    }
    tps_verifier_free(v);
}

static void the_words_of_a_finding_may_differ(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    static tps_appraisal part;
    tps_span evidence = bad_evidence();
    tps_receipt receipt;
    size_t size;

    (void)state;
    tps_verifier_appraise(v, evidence, &request, &part);
    memcpy(part.findings[0].cause, "in other words", 15);
    memcpy(part.findings[0].next_step, "do it", 6);
    assert_status(
        tps_receipt_make(v, evidence, &request, &part, 1, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_OK);
    receipt = verified(tps_span_make(room, size));
    expect_outcome(&receipt, v, TPS_OK, NULL);
    tps_verifier_free(v);
}

static void a_changed_receipt_does_not_verify(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_span message = make_receipt(v, good_evidence(), &request);
    tps_receipt receipt;

    (void)state;
    for (size_t i = 0; i < message.size; i += 7) {
        room[i] ^= 0x10;
        assert_int_not_equal(tps_receipt_verify(message, &verifiers_key, &receipt, NULL), TPS_OK);
        room[i] ^= 0x10;
    }
    assert_status(tps_receipt_verify(message, &verifiers_key, &receipt, NULL), TPS_OK);
    tps_verifier_free(v);
}

static void what_is_signed_for_something_else_is_no_receipt(void **state)
{
    static uint8_t ear[16384];
    static tps_appraisal part;
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    tps_receipt receipt;
    size_t size;

    (void)state;
    tps_verifier_appraise(v, good_evidence(), &request, &part);
    assert_status(tps_ear_cwt(&part, 1, &options, &signer, TPS_BUF_OF(ear), &size), TPS_OK);
    assert_status(tps_receipt_verify(tps_span_make(ear, size), &verifiers_key, &receipt, NULL),
                  TPS_COSE_BAD_HEADER);
    tps_verifier_free(v);
}

static void anchors_that_are_keys_scopes_and_revocations_are_compared(void **state)
{
    static const uint8_t digest[32] = {1, 2};
    tps_scope_class class = {.vendor = TPS_SPAN_LITERAL("Lumen"), .model = TPS_SPAN_LITERAL("Lamp")};
    tps_scope_instances instances = {TPS_SPAN_LITERAL("\x01\x02"), TPS_SPAN_LITERAL("\x01\x03")};
    tps_anchor_scope scopes[] = {{.uses = TPS_ANCHOR_ENDORSES},
                                 {.uses = TPS_ANCHOR_CERTIFIES},
                                 {.uses = TPS_ANCHOR_ENDORSES, .classes = &class, .class_count = 1},
                                 {.uses = TPS_ANCHOR_ENDORSES, .instances = &instances, .instance_count = 1}};
    tps_revocation revocations[] = {
        {.kind = TPS_REVOKED_IMAGE, .value = TPS_SPAN_OF(digest), .since = NOW + 5, .reason = "one"},
        {.kind = TPS_REVOKED_IMAGE, .value = TPS_SPAN_OF(digest), .since = NOW + 6},
        {.kind = TPS_REVOKED_KEY, .value = TPS_SPAN_OF(digest), .since = NOW + 5}};
    tps_appraisal_request request = request_now();
    uint8_t spki[128];
    size_t size;

    (void)state;
    assert_status(tps_crypto_key_spki(device_key(12), TPS_BUF_OF(spki), &size), TPS_OK);
    for (size_t then = 0; then < 4; then++) {
        for (size_t now = 0; now < 4; now++) {
            tps_verifier *v[2] = {maker_verifier(), maker_verifier()};
            tps_receipt receipt;
            for (int i = 0; i < 2; i++) {
                size_t at = i == 0 ? then : now;
                assert_status(tps_verifier_add_scoped_anchor(v[i], tps_span_make(spki, size), &scopes[at]),
                              TPS_OK);
                if (at != 3) {
                    assert_status(tps_verifier_revoke(v[i], &revocations[at]), TPS_OK);
                }
            }
            receipt = verified(make_receipt(v[0], good_evidence(), &request));
            assert_int_equal(receipt.known_count[TPS_RECEIPT_ANCHOR], 1);
            if (then == now) {
                expect_outcome(&receipt, v[1], TPS_OK, NULL);
            } else {
                expect_gap(&receipt, v[1], TPS_RECEIPT_RULES, true);
            }
            tps_verifier_free(v[0]);
            tps_verifier_free(v[1]);
        }
    }
}

static void the_reason_of_a_revocation_is_words(void **state)
{
    static const uint8_t digest[32] = {1, 2};
    tps_revocation revocation = {.kind = TPS_REVOKED_IMAGE, .value = TPS_SPAN_OF(digest), .reason = "one"};
    tps_verifier *then = maker_verifier();
    tps_verifier *now = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_receipt receipt;

    (void)state;
    assert_status(tps_verifier_revoke(then, &revocation), TPS_OK);
    memcpy(revocation.reason, "two", 4);
    assert_status(tps_verifier_revoke(now, &revocation), TPS_OK);
    receipt = verified(make_receipt(then, good_evidence(), &request));
    expect_outcome(&receipt, now, TPS_OK, NULL);
    tps_verifier_free(then);
    tps_verifier_free(now);
}

/* ---- freshness by time: a secret of the verifier ---- */

static const uint8_t nonce_key[TPS_NONCE_KEY_SIZE] = "0123456789abcdefghijklmnopqrstuv";

static tps_span evidence_of_nonce(tps_span nonce)
{
    tps_device_claims claims = lamp_eat();

    claims.nonce = nonce;
    return kept(sign_eat(&claims, device_key(1), NULL, 0));
}

static void by_time_all_but_the_age_is_appraised_again(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = {.freshness = TPS_FRESHNESS_TIME,
                                     .nonce_key = TPS_SPAN_OF(nonce_key),
                                     .nonce_context = TPS_SPAN_LITERAL("tenant"),
                                     .max_age = 60,
                                     .now = NOW};
    uint8_t nonce[TPS_NONCE_SIZE];
    tps_receipt receipt;

    (void)state;
    assert_status(tps_nonce_make(TPS_SPAN_OF(nonce_key), request.nonce_context, NOW - 10, nonce), TPS_OK);
    receipt = verified(make_receipt(v, evidence_of_nonce(TPS_SPAN_OF(nonce)), &request));
    assert_int_equal(receipt.request.freshness, TPS_FRESHNESS_TIME);
    assert_int_equal(receipt.request.max_age, 60);
    assert_span(receipt.request.nonce, TPS_SPAN_OF(nonce));
    assert_null(memmem(room, sizeof room, nonce_key, sizeof nonce_key)); /* the secret stays */
    expect_outcome(&receipt, v, TPS_OK, NULL);
    tps_verifier_free(v);
}

static void by_time_what_was_not_fresh_cannot_be_appraised_again(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = {
        .freshness = TPS_FRESHNESS_TIME, .nonce_key = TPS_SPAN_OF(nonce_key), .max_age = 60, .now = NOW};
    uint8_t nonce[TPS_NONCE_SIZE];
    tps_receipt receipt;

    (void)state;
    assert_status(tps_nonce_make(TPS_SPAN_OF(nonce_key), TPS_SPAN_EMPTY, NOW - 61, nonce), TPS_OK);
    receipt = verified(make_receipt(v, evidence_of_nonce(TPS_SPAN_OF(nonce)), &request));
    expect_outcome(&receipt, v, TPS_VERIFIER_RECEIPT_SECRET, NULL);
    receipt = verified(make_receipt(v, TPS_SPAN_LITERAL("no evidence"), &request));
    assert_int_equal(receipt.request.nonce.size, 0);
    expect_outcome(&receipt, v, TPS_VERIFIER_RECEIPT_SECRET, NULL);
    receipt = verified(make_receipt(v, TPS_SPAN_LITERAL("\xff\x54\x43\x47"), &request));
    expect_outcome(&receipt, v, TPS_VERIFIER_RECEIPT_SECRET, NULL);
    tps_verifier_free(v);
}

/* ---- what has no receipt ---- */

static void evidence_under_a_shared_key_has_no_receipt(void **state)
{
    static tps_appraisal parts[2];
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    size_t size = 1;

    (void)state;
    parts[1].is_mac = true;
    assert_status(
        tps_receipt_make(v, good_evidence(), &request, parts, 2, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_VERIFIER_RECEIPT_MAC);
    assert_int_equal(size, 0);
    tps_verifier_free(v);
}

/* Half a memory, and no memory: nothing is made up. */
static void what_a_history_lacks_stays_out(void **state)
{
    tps_device_history history = {.is_known = true, .count = 1};
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_receipt receipt;

    (void)state;
    request.history = &history;
    receipt = verified(make_receipt(v, good_evidence(), &request));
    assert_true(receipt.history.is_known);
    assert_false(receipt.history.has_bootcount || receipt.history.has_security_counter);
    history.is_known = false;
    receipt = verified(make_receipt(v, good_evidence(), &request));
    assert_null(tps_receipt_request(&receipt).history);
    tps_verifier_free(v);
}

static void policies_are_named_once(void **state)
{
    static tps_appraisal parts[4];
    tps_verifier *v = maker_verifier();
    tps_appraisal_request request = request_now();
    tps_ear_options options = {.iat = NOW, .exp = NOW + LIFETIME};
    tps_cose_signer signer = signer_40();
    tps_receipt receipt;
    size_t size;

    (void)state;
    memset(parts[0].policy_sha256, 1, 32);
    memset(parts[1].policy_sha256, 2, 32);
    memset(parts[3].policy_sha256, 1, 32);
    assert_status(
        tps_receipt_make(v, good_evidence(), &request, parts, 4, &options, &signer, TPS_BUF_OF(room), &size),
        TPS_OK);
    receipt = verified(tps_span_make(room, size));
    assert_int_equal(receipt.known_count[TPS_RECEIPT_POLICY], 2);
    assert_span(tps_receipt_known_at(&receipt, TPS_RECEIPT_POLICY, 1), TPS_SPAN_OF(parts[1].policy_sha256));
    tps_verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_knowledge_reproduces_a_result_at_its_time),
        cmocka_unit_test(a_receipt_names_all_that_was_known),
        cmocka_unit_test(all_of_a_request_is_in_a_receipt),
        cmocka_unit_test(all_parts_of_a_composite_device_are_reproduced),
        cmocka_unit_test(knowledge_that_is_missing_or_too_much_is_told),
        cmocka_unit_test(a_clock_before_1970_is_a_clock),
        cmocka_unit_test(the_order_in_which_things_became_known_does_not_count),
        cmocka_unit_test(a_result_that_does_not_follow_is_seen),
        cmocka_unit_test(each_claim_of_a_result_is_compared_but_words),
        cmocka_unit_test(the_words_of_a_finding_may_differ),
        cmocka_unit_test(a_changed_receipt_does_not_verify),
        cmocka_unit_test(what_is_signed_for_something_else_is_no_receipt),
        cmocka_unit_test(anchors_that_are_keys_scopes_and_revocations_are_compared),
        cmocka_unit_test(the_reason_of_a_revocation_is_words),
        cmocka_unit_test(by_time_all_but_the_age_is_appraised_again),
        cmocka_unit_test(by_time_what_was_not_fresh_cannot_be_appraised_again),
        cmocka_unit_test(evidence_under_a_shared_key_has_no_receipt),
        cmocka_unit_test(what_a_history_lacks_stays_out),
        cmocka_unit_test(policies_are_named_once),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
