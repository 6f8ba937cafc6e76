/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces with their time, single use, epochs; and that evidence of every scheme answers its request. */
#include "tps/freshness.h"

#include <stdlib.h>

#include "support/check.h"
#include "verifier_support.h"

static const uint8_t key_bytes[32] = "0123456789abcdef0123456789abcde";
static const tps_span key = {key_bytes, 32};
static const tps_span context = {(const uint8_t *)"tenant/session", 14};
static uint8_t nonce[TPS_NONCE_SIZE];

/* What the wrapped tps_crypto_random() does: fails when told so. */
static bool has_no_entropy;
tps_status __real_tps_crypto_random(tps_buf out);
tps_status __wrap_tps_crypto_random(tps_buf out);
tps_status __wrap_tps_crypto_random(tps_buf out)
{
    return has_no_entropy ? TPS_CRYPTO_NO_ENTROPY : __real_tps_crypto_random(out);
}

static tps_status check_at(int64_t now, int64_t max_age)
{
    return tps_nonce_check(key, context, TPS_SPAN_OF(nonce), now, max_age, NULL);
}

/* ---- nonces ---- */

static void a_nonce_of_ours_is_known_again(void **state)
{
    uint8_t other[TPS_NONCE_SIZE];
    int64_t age = -1;

    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    assert_status(tps_nonce_make(key, context, NOW, other), TPS_OK);
    assert_memory_not_equal(nonce, other, sizeof nonce);
    assert_status(tps_nonce_check(key, context, TPS_SPAN_OF(nonce), NOW + 7, 60, &age), TPS_OK);
    assert_int_equal(age, 7);
}

/* Computed with Python: time.to_bytes(5,"big") + bytes(range(11)), then hmac.new(key, b"opentps nonce\0" +
 * that
 * + context, "sha256").digest()[:16]. */
static void a_nonce_is_laid_out_as_the_header_says(void **state)
{
    static const uint8_t known[TPS_NONCE_SIZE] = {
        0x00, 0x6a, 0xb1, 0x3b, 0x80, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
        0x20, 0x57, 0x42, 0x67, 0x0b, 0x5e, 0x68, 0xdf, 0xfe, 0x57, 0x78, 0x7f, 0x84, 0xdc, 0x8a, 0xe9};

    (void)state;
    assert_status(tps_nonce_check(key, context, TPS_SPAN_OF(known), 1790000000, 0, NULL), TPS_OK);
}

static void every_changed_bit_makes_it_foreign(void **state)
{
    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    for (size_t bit = 0; bit < 8 * sizeof nonce; bit++) {
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_status(check_at(NOW, 60), TPS_VERIFIER_NONCE_FOREIGN);
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(check_at(NOW, 60), TPS_OK);
}

static void it_is_for_its_key_and_context_alone(void **state)
{
    const uint8_t other_key[32] = {1};
    tps_span n = TPS_SPAN_OF(nonce);

    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    assert_status(tps_nonce_check(TPS_SPAN_OF(other_key), context, n, NOW, 60, NULL),
                  TPS_VERIFIER_NONCE_FOREIGN);
    assert_status(tps_nonce_check(key, TPS_SPAN_LITERAL("tenant/sessio"), n, NOW, 60, NULL),
                  TPS_VERIFIER_NONCE_FOREIGN);
    assert_status(tps_nonce_check(key, TPS_SPAN_EMPTY, n, NOW, 60, NULL), TPS_VERIFIER_NONCE_FOREIGN);
    assert_status(tps_nonce_check(key, context, tps_span_make(nonce, 31), NOW, 60, NULL),
                  TPS_VERIFIER_NONCE_FOREIGN);
}

static void it_is_too_old_after_its_time(void **state)
{
    int64_t age = 0;

    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    assert_status(check_at(NOW + 60, 60), TPS_OK);
    assert_status(tps_nonce_check(key, context, TPS_SPAN_OF(nonce), NOW + 61, 60, &age),
                  TPS_VERIFIER_NONCE_TOO_OLD);
    assert_int_equal(age, 61);
}

static void another_nodes_clock_may_be_a_little_ahead(void **state)
{
    int64_t age = -1;

    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    assert_status(tps_nonce_check(key, context, TPS_SPAN_OF(nonce), NOW - TPS_NONCE_SKEW, 60, &age), TPS_OK);
    assert_int_equal(age, 0);
    assert_status(check_at(NOW - TPS_NONCE_SKEW - 1, 60), TPS_VERIFIER_NONCE_FOREIGN);
}

static void what_cannot_be_made_is_refused_and_leaves_nothing(void **state)
{
    const uint8_t zeros[TPS_NONCE_SIZE] = {0};

    (void)state;
    memset(nonce, 0, sizeof nonce);
    assert_status(tps_nonce_make(tps_span_make(key.data, 31), context, NOW, nonce), TPS_BAD_ARGUMENT);
    assert_status(tps_nonce_make(key, context, -1, nonce), TPS_BAD_ARGUMENT);
    assert_status(tps_nonce_make(key, context, (int64_t)1 << 40, nonce), TPS_BAD_ARGUMENT);
    has_no_entropy = true;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_CRYPTO_NO_ENTROPY);
    has_no_entropy = false;
    assert_memory_equal(nonce, zeros, sizeof nonce);
    assert_status(tps_nonce_check(tps_span_make(key.data, 31), context, TPS_SPAN_OF(nonce), NOW, 60, NULL),
                  TPS_BAD_ARGUMENT);
}

/* ---- single use ---- */

static uint8_t memory[3 * 16 * 8];
static tps_nonce_uses uses;

static tps_status use(int64_t made, int64_t now)
{
    assert_status(tps_nonce_make(key, context, made, nonce), TPS_OK);
    return tps_nonce_uses_take(&uses, TPS_SPAN_OF(nonce), now);
}

static void a_nonce_counts_once(void **state)
{
    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    assert_status(use(NOW, NOW), TPS_OK);
    assert_status(tps_nonce_uses_take(&uses, TPS_SPAN_OF(nonce), NOW), TPS_VERIFIER_NONCE_USED);
    assert_status(tps_nonce_uses_take(&uses, TPS_SPAN_OF(nonce), NOW + 60), TPS_VERIFIER_NONCE_USED);
    assert_status(use(NOW, NOW), TPS_OK); /* another one of the same second */
    assert_status(tps_nonce_uses_take(&uses, tps_span_make(nonce, 31), NOW), TPS_BAD_ARGUMENT);
}

/* In every second for a long time: whatever was used within max_age stays used. */
static void nothing_is_forgotten_before_it_is_too_old(void **state)
{
    static uint8_t large[3 * 16 * 256];
    static uint8_t given[1000][TPS_NONCE_SIZE];

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(large), 60), TPS_OK);
    for (int64_t t = 0; t < 1000; t++) {
        assert_status(tps_nonce_make(key, context, NOW + t, given[t]), TPS_OK);
        assert_status(tps_nonce_uses_take(&uses, TPS_SPAN_OF(given[t]), NOW + t - 3), TPS_OK);
        for (int64_t old = t - 57; old <= t; old++) {
            if (old >= 0) {
                assert_status(tps_nonce_uses_take(&uses, TPS_SPAN_OF(given[old]), NOW + t),
                              TPS_VERIFIER_NONCE_USED);
            }
        }
    }
    assert_status(tps_nonce_uses_take(&uses, TPS_SPAN_OF(given[900]), NOW + 961), TPS_VERIFIER_NONCE_TOO_OLD);
}

static void a_full_memory_refuses_and_gets_room_with_time(void **state)
{
    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    for (int i = 0; i < 6; i++) {
        assert_status(use(600, 600), TPS_OK);
    }
    assert_status(use(600, 600), TPS_TOO_LARGE);
    assert_status(use(660, 660), TPS_OK); /* the next generation */
    assert_status(use(600, 660), TPS_TOO_LARGE);
    for (int i = 0; i < 6; i++) {
        assert_status(use(780, 780), TPS_OK); /* where those of 600 were */
    }
}

static void a_clock_that_went_back_is_no_second_chance(void **state)
{
    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    assert_status(use(600, 600), TPS_OK);
    assert_status(use(780, 780), TPS_OK);
    assert_status(use(600, 600), TPS_VERIFIER_NONCE_TOO_OLD);
}

static void a_memory_of_uses_needs_room_and_an_age(void **state)
{
    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 0), TPS_BAD_ARGUMENT);
    assert_status(tps_nonce_uses_init(&uses, (tps_buf){memory, sizeof memory - 1}, 60), TPS_BUFFER_TOO_SMALL);
}

static void memory_for_so_many_is_enough(void **state)
{
    static const size_t counts[] = {1, 6, 7, 100, 4096, 5000};

    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        tps_buf room = {malloc(TPS_NONCE_USES_SIZE(counts[c])), TPS_NONCE_USES_SIZE(counts[c])};
        assert_non_null(room.data);
        assert_status(tps_nonce_uses_init(&uses, room, 60), TPS_OK);
        for (size_t i = 0; i < counts[c]; i++) {
            assert_status(use(600, 600), TPS_OK);
        }
        free(room.data);
    }
}

/* ---- epochs ---- */

static void epochs_follow_each_other(void **state)
{
    uint8_t now[2][TPS_EPOCH_ID_SIZE];
    uint8_t next[2][TPS_EPOCH_ID_SIZE];

    (void)state;
    assert_status(tps_epoch_ids(key, context, 600, 1200, now), TPS_OK);
    assert_status(tps_epoch_ids(key, context, 600, 1799, next), TPS_OK);
    assert_memory_equal(now, next, sizeof now);
    assert_status(tps_epoch_ids(key, context, 600, 1800, next), TPS_OK);
    assert_memory_equal(now[0], next[1], sizeof now[0]);
    assert_memory_not_equal(now[0], next[0], sizeof now[0]);
    assert_memory_not_equal(now[1], next[1], sizeof now[0]);
    assert_status(tps_epoch_ids(key, TPS_SPAN_EMPTY, 600, 1200, next), TPS_OK);
    assert_memory_not_equal(now[0], next[0], sizeof now[0]);
    assert_status(tps_epoch_ids(key, context, 601, 1203, next), TPS_OK); /* the same number, another period */
    assert_memory_not_equal(now[0], next[0], sizeof now[0]);
}

static void epochs_that_are_none_give_zeros(void **state)
{
    const uint8_t zeros[2][TPS_EPOCH_ID_SIZE] = {{0}};
    uint8_t ids[2][TPS_EPOCH_ID_SIZE];

    (void)state;
    memset(ids, 1, sizeof ids);
    assert_status(tps_epoch_ids(key, context, 0, 1200, ids), TPS_BAD_ARGUMENT);
    assert_memory_equal(ids, zeros, sizeof ids);
    memset(ids, 1, sizeof ids);
    assert_status(tps_epoch_ids(key, context, 600, -1, ids), TPS_BAD_ARGUMENT);
    assert_memory_equal(ids, zeros, sizeof ids);
    memset(ids, 1, sizeof ids);
    assert_status(tps_epoch_ids(tps_span_make(key.data, 16), context, 600, 1200, ids), TPS_BAD_ARGUMENT);
    assert_memory_equal(ids, zeros, sizeof ids);
}

/* ---- requests ---- */

static tps_verifier *v;

static int set_up(void **state)
{
    (void)state;
    v = maker_verifier();
    return 0;
}

static int tear_down(void **state)
{
    tps_verifier_free(v);
    return support_end(state);
}

static const tps_appraisal *ask(tps_span evidence, const tps_appraisal_request *request)
{
    static tps_appraisal appraisal;

    tps_verifier_appraise(v, evidence, request, &appraisal);
    return &appraisal;
}

/* The lamp's answer over a nonce, in either profile. */
static tps_span answer(bool is_psa, tps_span over)
{
    tps_psa_claims psa = lamp_psa();
    tps_device_claims eat = lamp_eat();

    psa.nonce = over;
    eat.nonce = over;
    return is_psa ? sign_psa(&psa, device_key(1), TPS_ALG_ES256) : sign_eat(&eat, device_key(1), NULL, 0);
}

static tps_appraisal_request by_time(int64_t now)
{
    return (tps_appraisal_request){.freshness = TPS_FRESHNESS_TIME,
                                   .nonce_key = key,
                                   .nonce_context = context,
                                   .max_age = 60,
                                   .now = now};
}

static void a_nonce_with_its_time_is_fresh_in_every_scheme(void **state)
{
    tps_appraisal_request request = by_time(NOW + 60);

    (void)state;
    for (int is_psa = 0; is_psa < 2; is_psa++) {
        const tps_appraisal *a;
        assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
        a = ask(answer(is_psa, TPS_SPAN_OF(nonce)), &request);
        expect_affirming(a);
        assert_true(a->is_fresh);
        assert_int_equal(a->freshness, TPS_FRESHNESS_TIME);
    }
}

static void an_old_nonce_is_refused_with_its_age(void **state)
{
    tps_appraisal_request request = by_time(NOW + 301);
    const tps_appraisal *a;

    (void)state;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    a = ask(answer(true, TPS_SPAN_OF(nonce)), &request);
    expect_finding(a, "freshness.too-old", TPS_VERIFIER_NONCE_TOO_OLD);
    assert_string_equal(a->findings[0].evidence, "a nonce made 301 s ago");
    assert_string_equal(a->findings[0].known, "at most 60 s");
    assert_false(a->is_fresh);
    assert_int_equal(a->freshness, TPS_FRESHNESS_NONE);
    request.max_age = 0; /* 300 */
    expect_finding(ask(answer(true, TPS_SPAN_OF(nonce)), &request), "freshness.too-old",
                   TPS_VERIFIER_NONCE_TOO_OLD);
    request.now--;
    expect_affirming(ask(answer(true, TPS_SPAN_OF(nonce)), &request));
}

static void a_foreign_nonce_is_refused(void **state)
{
    tps_appraisal_request request = by_time(NOW);

    (void)state;
    expect_finding(ask(answer(false, TPS_SPAN_OF(the_nonce)), &request), "freshness.foreign-nonce",
                   TPS_VERIFIER_NONCE_FOREIGN);
    request.nonce_key = TPS_SPAN_EMPTY;
    expect_finding(ask(answer(false, TPS_SPAN_OF(the_nonce)), &request), "freshness.foreign-nonce",
                   TPS_BAD_ARGUMENT);
}

static void evidence_shown_again_is_refused(void **state)
{
    tps_appraisal_request request = by_time(NOW);

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    request.uses = &uses;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    expect_affirming(ask(answer(true, TPS_SPAN_OF(nonce)), &request));
    expect_finding(ask(answer(true, TPS_SPAN_OF(nonce)), &request), "freshness.reused",
                   TPS_VERIFIER_NONCE_USED);
}

static void a_full_memory_of_uses_makes_nothing_fresh(void **state)
{
    tps_appraisal_request request = by_time(600);

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    request.uses = &uses;
    for (int i = 0; i < 6; i++) {
        assert_status(use(600, 600), TPS_OK);
    }
    assert_status(tps_nonce_make(key, context, 600, nonce), TPS_OK);
    expect_finding(ask(answer(true, TPS_SPAN_OF(nonce)), &request), "freshness.not-judged", TPS_TOO_LARGE);
}

/* A stranger could otherwise use up what a device has yet to answer with. */
static void a_forgery_uses_no_nonce_up(void **state)
{
    tps_appraisal_request request = by_time(NOW);
    tps_psa_claims claims = lamp_psa();

    (void)state;
    assert_status(tps_nonce_uses_init(&uses, TPS_BUF_OF(memory), 60), TPS_OK);
    request.uses = &uses;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    claims.nonce = TPS_SPAN_OF(nonce);
    expect_finding(ask(sign_psa(&claims, device_key(9), TPS_ALG_ES256), &request), "evidence.bad-signature",
                   TPS_COSE_BAD_SIGNATURE);
    expect_affirming(ask(answer(true, TPS_SPAN_OF(nonce)), &request));
}

static void an_epoch_that_counts_is_fresh(void **state)
{
    uint8_t ids[2][TPS_EPOCH_ID_SIZE];
    uint8_t old[2][TPS_EPOCH_ID_SIZE];
    tps_span epochs[2] = {TPS_SPAN_OF(ids[0]), TPS_SPAN_OF(ids[1])};
    tps_appraisal_request request = {
        .freshness = TPS_FRESHNESS_EPOCH, .epochs = epochs, .epoch_count = 2, .now = NOW};

    (void)state;
    assert_status(tps_epoch_ids(key, context, 600, NOW, ids), TPS_OK);
    assert_status(tps_epoch_ids(key, context, 600, NOW - 1200, old), TPS_OK);
    for (int i = 0; i < 2; i++) {
        const tps_appraisal *a = ask(answer(i == 0, epochs[i]), &request);
        expect_affirming(a);
        assert_int_equal(a->freshness, TPS_FRESHNESS_EPOCH);
    }
    expect_finding(ask(answer(true, TPS_SPAN_OF(old[0])), &request), "freshness.unknown-epoch",
                   TPS_VERIFIER_EPOCH_UNKNOWN);
    request.epoch_count = 0;
    expect_finding(ask(answer(true, epochs[0]), &request), "freshness.unknown-epoch",
                   TPS_VERIFIER_EPOCH_UNKNOWN);
}

static void a_kind_of_freshness_that_is_none_is_refused(void **state)
{
    tps_appraisal_request request = {.freshness = 4, .nonce = TPS_SPAN_OF(the_nonce), .now = NOW};

    (void)state;
    expect_finding(ask(answer(true, TPS_SPAN_OF(the_nonce)), &request), "freshness.not-judged",
                   TPS_BAD_ARGUMENT);
}

static void the_relying_partys_nonce_is_told(void **state)
{
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .is_nonce_of_relying_party = true, .now = NOW};
    const tps_appraisal *a = ask(answer(true, TPS_SPAN_OF(the_nonce)), &request);

    (void)state;
    expect_affirming(a);
    assert_true(a->is_nonce_of_relying_party);
    request.nonce = tps_span_make(the_nonce, 31);
    a = ask(answer(true, TPS_SPAN_OF(the_nonce)), &request);
    expect_finding(a, "freshness.nonce-mismatch", TPS_VERIFIER_NONCE_MISMATCH);
    assert_false(a->is_nonce_of_relying_party);
}

/* ---- bound ---- */

static void a_key_in_cnf_binds(void **state)
{
    static const uint8_t with_thumbprint[] = {0xa1, 0x05, 0x58, 0x20, 1,  2,  3,  4,  5,  6,  7,  8,
                                              9,    10,   11,   12,   13, 14, 15, 16, 17, 18, 19, 20,
                                              21,   22,   23,   24,   25, 26, 27, 28, 29, 30, 31, 32};
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .now = NOW};
    tps_device_claims claims = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    claims.cnf = TPS_SPAN_OF(with_thumbprint);
    a = ask(sign_eat(&claims, device_key(1), NULL, 0), &request);
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_KEY);
    assert_int_equal(a->confirmation.size, sizeof with_thumbprint);
    claims.cnf = TPS_SPAN_LITERAL("\xa1\x03\x41\x07"); /* a key's id could be anybody's */
    assert_int_equal(ask(sign_eat(&claims, device_key(1), NULL, 0), &request)->bound, TPS_BOUND_NONE);
    claims.cnf = TPS_SPAN_LITERAL("\xa1\x01\xa2\x01\x04\x20\x50"
                                  "a secret for all"); /* read by everybody */
    assert_int_equal(ask(sign_eat(&claims, device_key(1), NULL, 0), &request)->bound, TPS_BOUND_NONE);
    claims.cnf = TPS_SPAN_OF(with_thumbprint);
    request.nonce = TPS_SPAN_EMPTY; /* what may be old binds nothing */
    assert_int_equal(ask(sign_eat(&claims, device_key(1), NULL, 0), &request)->bound, TPS_BOUND_NONE);
}

/* A COSE_Key (EC2, P-256) in cnf: of the lamp itself. */
static void a_whole_key_in_cnf_binds_too(void **state)
{
    uint8_t cnf[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(cnf));
    tps_device_claims claims = lamp_eat();
    tps_crypto_point point;

    (void)state;
    assert_status(tps_crypto_key_point(device_key(1), &point), TPS_OK);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, TPS_CWT_CONFIRMATION_KEY);
    tps_cbor_put_map(&w, 4);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, 2);
    tps_cbor_put_int(&w, -1);
    tps_cbor_put_int(&w, 1);
    tps_cbor_put_int(&w, -2);
    tps_cbor_put_bytes(&w, tps_span_make(point.x, 32));
    tps_cbor_put_int(&w, -3);
    tps_cbor_put_bytes(&w, tps_span_make(point.y, 32));
    claims.cnf = tps_span_make(cnf, w.size);
    assert_int_equal(appraise(v, sign_eat(&claims, device_key(1), NULL, 0))->bound, TPS_BOUND_KEY);
}

/* The lamp's answer to a binder, with an origin; an application's with its digest. */
static const tps_appraisal *bind(uint32_t origin, tps_span application, uint32_t permitted)
{
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .is_binder = true, .binder_origins = permitted, .now = NOW};
    tps_device_claims claims = lamp_eat();

    claims.binder_origin = origin;
    claims.application = application;
    return ask(sign_eat(&claims, device_key(1), NULL, 0), &request);
}

static void the_binder_of_a_channel_binds(void **state)
{
    const tps_appraisal *a = bind(TPS_DEVICE_BINDER_COMPONENT, TPS_SPAN_EMPTY, 0);

    (void)state;
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_CHANNEL);
    assert_int_equal(a->binder_origin, TPS_DEVICE_BINDER_COMPONENT);
}

static void an_origin_that_is_not_enough_is_told(void **state)
{
    const uint32_t all_but_caller = 1u << TPS_DEVICE_BINDER_COMPONENT | 1u << TPS_DEVICE_BINDER_APPLICATION;
    const tps_appraisal *a = bind(TPS_DEVICE_BINDER_CALLER, TPS_SPAN_EMPTY, all_but_caller);

    (void)state;
    expect_finding(a, "freshness.binder-origin", TPS_VERIFIER_BINDER_ORIGIN);
    assert_int_equal(a->bound, TPS_BOUND_NONE);
    assert_true(a->is_fresh);
    expect_finding(bind(TPS_DEVICE_BINDER_ABSENT, TPS_SPAN_EMPTY, 0), "freshness.binder-origin",
                   TPS_VERIFIER_BINDER_ORIGIN);
    a = bind(TPS_DEVICE_BINDER_ABSENT, TPS_SPAN_EMPTY, 1u << TPS_DEVICE_BINDER_ABSENT);
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_CHANNEL);
}

static void a_psa_token_tells_no_origin(void **state)
{
    tps_appraisal_request request = {.nonce = TPS_SPAN_OF(the_nonce), .is_binder = true, .now = NOW};
    const tps_appraisal *a = ask(answer(true, TPS_SPAN_OF(the_nonce)), &request);

    (void)state;
    expect_finding(a, "freshness.binder-origin", TPS_VERIFIER_BINDER_ORIGIN);
    request.binder_origins = 1u << TPS_DEVICE_BINDER_ABSENT;
    a = ask(answer(true, TPS_SPAN_OF(the_nonce)), &request);
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_CHANNEL);
}

static void only_a_nonce_can_be_a_binder(void **state)
{
    tps_appraisal_request request = by_time(NOW);
    const tps_appraisal *a;

    (void)state;
    request.is_binder = true;
    assert_status(tps_nonce_make(key, context, NOW, nonce), TPS_OK);
    a = ask(answer(false, TPS_SPAN_OF(nonce)), &request);
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_NONE);
}

static void an_application_binds_if_it_is_measured(void **state)
{
    static const uint8_t unknown[32] = {7};
    tps_span measured = lamp_software()[2].digest;
    const uint32_t permitted = 1u << TPS_DEVICE_BINDER_APPLICATION;
    const tps_appraisal *a = bind(TPS_DEVICE_BINDER_APPLICATION, measured, permitted);

    (void)state;
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_CHANNEL);
    assert_int_equal(a->binder_origin, TPS_DEVICE_BINDER_APPLICATION);
    expect_finding(bind(TPS_DEVICE_BINDER_APPLICATION, TPS_SPAN_OF(unknown), permitted),
                   "freshness.binder-origin", TPS_VERIFIER_BINDER_ORIGIN);
    expect_finding(bind(TPS_DEVICE_BINDER_APPLICATION, measured, 0), "freshness.binder-origin",
                   TPS_VERIFIER_BINDER_ORIGIN);
}

static void without_a_channel_an_origin_is_not_asked(void **state)
{
    tps_device_claims claims = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    claims.binder_origin = TPS_DEVICE_BINDER_CALLER;
    a = appraise(v, sign_eat(&claims, device_key(1), NULL, 0));
    expect_affirming(a);
    assert_int_equal(a->bound, TPS_BOUND_NONE);
    assert_int_equal(a->binder_origin, 0);
}

/* ---- audience ---- */

/* A claims map with one claim more in front. */
static tps_span with_claim(tps_span map, const char *claim, size_t claim_size)
{
    static uint8_t room[4096];

    room[0] = (uint8_t)(map.data[0] + 1);
    memcpy(room + 1, claim, claim_size);
    memcpy(room + 1 + claim_size, map.data + 1, map.size - 1);
    return tps_span_make(room, map.size + claim_size);
}

static void a_psa_tokens_audience_is_asked_for_too(void **state)
{
    static uint8_t room[4096];
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .aud = TPS_SPAN_LITERAL("us"), .now = NOW};
    tps_psa_claims claims = lamp_psa();
    const tps_appraisal *a;
    tps_span map;

    (void)state;
    assert_status(tps_psa_encode(&claims, TPS_BUF_OF(room), &map, NULL), TPS_OK);
    expect_affirming(
        ask(sign_bytes(with_claim(map, "\x03\x62us", 4), device_key(1), TPS_ALG_ES256), &request));
    expect_affirming(ask(
        sign_bytes(with_claim(map, "\x03\x82\x64them\x62us", 10), device_key(1), TPS_ALG_ES256), &request));
    a = ask(sign_bytes(with_claim(map, "\x03\x81\x64them", 7), device_key(1), TPS_ALG_ES256), &request);
    expect_finding(a, "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    assert_string_equal(a->findings[0].known, "\"us\"");
}

static void an_audience_may_be_long(void **state)
{
    static const char ours[] =
        "https://verifier.example/a/name/that/is/longer/than/what/is/shown/to/people/1";
    static const char theirs[] =
        "https://verifier.example/a/name/that/is/longer/than/what/is/shown/to/people/2";
    tps_appraisal_request request = {
        .nonce = TPS_SPAN_OF(the_nonce), .aud = tps_span_of_text(ours), .now = NOW};
    tps_device_claims claims = lamp_eat();
    const tps_appraisal *a;

    (void)state;
    claims.aud = tps_span_of_text(ours);
    expect_affirming(ask(sign_eat(&claims, device_key(1), NULL, 0), &request));
    claims.aud = tps_span_of_text(theirs);
    a = ask(sign_eat(&claims, device_key(1), NULL, 0), &request);
    expect_finding(a, "freshness.other-audience", TPS_VERIFIER_AUDIENCE);
    assert_true(strlen(a->findings[0].evidence) < sizeof theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nonce_of_ours_is_known_again),
        cmocka_unit_test(a_nonce_is_laid_out_as_the_header_says),
        cmocka_unit_test(every_changed_bit_makes_it_foreign),
        cmocka_unit_test(it_is_for_its_key_and_context_alone),
        cmocka_unit_test(it_is_too_old_after_its_time),
        cmocka_unit_test(another_nodes_clock_may_be_a_little_ahead),
        cmocka_unit_test(what_cannot_be_made_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_nonce_counts_once),
        cmocka_unit_test(nothing_is_forgotten_before_it_is_too_old),
        cmocka_unit_test(a_full_memory_refuses_and_gets_room_with_time),
        cmocka_unit_test(a_clock_that_went_back_is_no_second_chance),
        cmocka_unit_test(a_memory_of_uses_needs_room_and_an_age),
        cmocka_unit_test(memory_for_so_many_is_enough),
        cmocka_unit_test(epochs_follow_each_other),
        cmocka_unit_test(epochs_that_are_none_give_zeros),
        cmocka_unit_test(a_nonce_with_its_time_is_fresh_in_every_scheme),
        cmocka_unit_test(an_old_nonce_is_refused_with_its_age),
        cmocka_unit_test(a_foreign_nonce_is_refused),
        cmocka_unit_test(evidence_shown_again_is_refused),
        cmocka_unit_test(a_full_memory_of_uses_makes_nothing_fresh),
        cmocka_unit_test(a_forgery_uses_no_nonce_up),
        cmocka_unit_test(an_epoch_that_counts_is_fresh),
        cmocka_unit_test(a_kind_of_freshness_that_is_none_is_refused),
        cmocka_unit_test(the_relying_partys_nonce_is_told),
        cmocka_unit_test(a_key_in_cnf_binds),
        cmocka_unit_test(a_whole_key_in_cnf_binds_too),
        cmocka_unit_test(the_binder_of_a_channel_binds),
        cmocka_unit_test(an_origin_that_is_not_enough_is_told),
        cmocka_unit_test(a_psa_token_tells_no_origin),
        cmocka_unit_test(only_a_nonce_can_be_a_binder),
        cmocka_unit_test(an_application_binds_if_it_is_measured),
        cmocka_unit_test(without_a_channel_an_origin_is_not_asked),
        cmocka_unit_test(an_audience_may_be_long),
        cmocka_unit_test(a_psa_tokens_audience_is_asked_for_too),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
