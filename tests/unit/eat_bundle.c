/* SPDX-License-Identifier: Apache-2.0 */
/* Detached bundles in both encodings, their digests, and claims that nobody protects. */
#include "tps/eat_bundle.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

static tps_error why;
static tps_eat_bundle bundle;
static uint8_t room[1024];

/* Bytes of the test that runs; freed at its end. */
static tps_buf held[32];
static size_t held_count;

static int free_held(void **state)
{
    (void)state;
    while (held_count > 0) {
        free(held[--held_count].data);
    }
    return 0;
}

static tps_span bytes_of(const char *hex)
{
    tps_buf bytes = bytes_from_hex(hex);

    assert_true(held_count < sizeof held / sizeof held[0]);
    held[held_count++] = bytes;
    return span_of(bytes);
}

static tps_status read_bundle(const char *hex)
{
    memset(&why, 0, sizeof why);
    return tps_eat_bundle_read(bytes_of(hex), &bundle, &why);
}

static void assert_refused(const char *hex, tps_status expected, const char *detail)
{
    assert_status(read_bundle(hex), expected);
    assert_names(&why, detail);
}

/* A Sign1 without anything in it, as a byte string. */
#define TOKEN "46 d28440a04040"

static void a_bundle_is_taken_apart(void **state)
{
    tps_eat_iterator it;
    tps_eat_detached detached;

    (void)state;
    assert_status(read_bundle("d9 025a 82" TOKEN "a2 61 61 41 a0 61 62 43 a10102"), TPS_OK);
    assert_false(bundle.is_json);
    assert_int_equal(bundle.main_kind, TPS_EAT_SUBMODULE_CBOR_TOKEN);
    assert_true(bundle.main_tag == 18);
    assert_int_equal(bundle.main_token.size, 6);
    assert_int_equal(bundle.detached.count, 2);
    it = tps_eat_each(&bundle.detached);
    assert_true(tps_eat_next_detached(&it, &detached));
    assert_span_text(detached.name, "a");
    assert_int_equal(detached.content.size, 1);
    assert_true(tps_eat_next_detached(&it, &detached));
    assert_span_text(detached.name, "b");
    assert_false(tps_eat_next_detached(&it, &detached));
}

static void the_tag_may_be_left_out_and_the_token_be_json(void **state)
{
    (void)state;
    assert_status(read_bundle("82" TOKEN "a1 61 61 41 a0"), TPS_OK);
    assert_status(read_bundle("9f" TOKEN "bf 61 61 41 a0 ff ff"), TPS_OK);
    assert_status(read_bundle("82 6f 5b224a5754222c22652e652e65225d a1 61 61 41 a0"), TPS_OK);
    assert_int_equal(bundle.main_kind, TPS_EAT_SUBMODULE_JSON_TOKEN);
}

static void bundles_that_are_none_are_refused_by_name(void **state)
{
    (void)state;
    assert_status(read_bundle("d9 025a"), TPS_CBOR_TRUNCATED);
    assert_refused("a0", TPS_CLAIM_BAD_TYPE, "bundle");
    assert_refused("d9 0259 82" TOKEN "a1 61 61 41 a0", TPS_CLAIM_BAD_TYPE, "bundle");
    assert_refused("80", TPS_CLAIM_BAD_VALUE, "bundle");
    assert_refused("81" TOKEN, TPS_CLAIM_BAD_VALUE, "bundle");
    assert_refused("83" TOKEN "a1 61 61 41 a0 00", TPS_CLAIM_BAD_VALUE, "bundle");
    assert_refused("82 a0 a1 61 61 41 a0", TPS_CLAIM_BAD_TYPE, "main token");
    assert_refused("82 82 2f 41 00 a1 61 61 41 a0", TPS_CLAIM_BAD_TYPE, "main token");
    assert_refused("82 41 a0 a1 61 61 41 a0", TPS_CLAIM_BAD_VALUE, "main token");
    assert_refused("82 60 a1 61 61 41 a0", TPS_CLAIM_BAD_VALUE, "main token");
    assert_refused("82" TOKEN "80", TPS_CLAIM_BAD_TYPE, "detached");
    assert_refused("82" TOKEN "a0", TPS_CLAIM_BAD_VALUE, "detached");
    assert_refused("82" TOKEN "a1 01 41 a0", TPS_CLAIM_BAD_TYPE, "detached");
    assert_refused("82" TOKEN "a1 61 61 a0", TPS_CLAIM_BAD_TYPE, "detached");
}

/* ---- JSON ---- */

static tps_status read_json(const char *json)
{
    memset(&why, 0, sizeof why);
    return tps_eat_bundle_read_json(tps_span_of_text(json), TPS_BUF_OF(room), &bundle, &why);
}

static void a_bundle_in_json_is_taken_apart(void **state)
{
    tps_eat_iterator it;
    tps_eat_detached detached;

    (void)state;
    assert_status(read_json("[ [\"JWT\", \"a.b.c\"] , {\"x\":\"e30\",\"\\u0079\":\"eyJhIjoxfQ\"}]"), TPS_OK);
    assert_true(bundle.is_json);
    assert_int_equal(bundle.main_kind, TPS_EAT_SUBMODULE_JSON_TOKEN);
    assert_span_text(bundle.main_token, "[\"JWT\", \"a.b.c\"]");
    assert_int_equal(bundle.detached.count, 2);
    it = tps_eat_each(&bundle.detached);
    assert_true(tps_eat_next_detached(&it, &detached));
    assert_span_text(detached.name, "x");
    assert_span_text(detached.content, "{}");
    assert_true(tps_eat_next_detached(&it, &detached));
    assert_span_text(detached.name, "y");
    assert_span_text(detached.content, "{\"a\":1}");
    assert_false(tps_eat_next_detached(&it, &detached));
}

static void bundles_in_json_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_status(read_json("{}"), TPS_CLAIM_BAD_TYPE);
    assert_status(read_json("["), TPS_JSON_TRUNCATED);
    assert_status(read_json("[]"), TPS_CLAIM_BAD_VALUE);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"]]"), TPS_CLAIM_BAD_VALUE);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],{\"x\":\"e30\"},1]"), TPS_CLAIM_BAD_VALUE);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],{}]"), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "detached claims sets");
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],[]]"), TPS_CLAIM_BAD_TYPE);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],{\"x\":{}}]"), TPS_CLAIM_BAD_TYPE);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],{\"x\":\"e30=\"}]"), TPS_BAD_BASE64);
    assert_status(read_json("[[\"JWT\",\"a.b.c\"],{\"x\":\"e3\\u0030\"}]"), TPS_BAD_BASE64);
    assert_status(read_json("[\"JWT\",{\"x\":\"e30\"}]"), TPS_CLAIM_BAD_TYPE);
    assert_status(read_json("[[\"DIGEST\",[-16,\"AA\"]],{\"x\":\"e30\"}]"), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "main token");
    assert_status(tps_eat_bundle_read_json(TPS_SPAN_LITERAL("[[\"JWT\",\"a.b.c\"],{\"x\":\"e30\"}]"),
                                           (tps_buf){room, 3}, &bundle, &why),
                  TPS_BUFFER_TOO_SMALL);
}

/* ---- digests ---- */

typedef struct {
    char seen[128]; /* "a0 b1 ": name and verdict */
} witness;

static void see(void *context, tps_span name, uint32_t verdict)
{
    witness *w = context;
    size_t size = strlen(w->seen);

    snprintf(w->seen + size, sizeof w->seen - size, "%.*s%u ", (int)name.size, (const char *)name.data,
             verdict);
}

/* Claims with the digests of `sets`, in submodules called a, b, ... */
static tps_span claims_with(const tps_span *sets, const int32_t *algs, size_t count)
{
    static uint8_t claims[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(claims));
    tps_span encoded;

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, TPS_EAT_SUBMODS);
    tps_cbor_put_map(&w, count + 1);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_text_span(&w, tps_span_make(&"abcd"[i], 1));
        assert_status(tps_eat_put_digest(&w, algs[i], sets[i]), TPS_OK);
    }
    tps_cbor_put_text(&w, "z");
    tps_cbor_put_map(&w, 0);
    assert_status(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static tps_status check(const char *hex, tps_span claims, const char *expected)
{
    witness w = {""};
    tps_eat_bundle_reporter reporter = {see, &w};
    tps_status status;

    assert_status(read_bundle(hex), TPS_OK);
    status = tps_eat_bundle_check(&bundle, claims, &reporter, &why);
    assert_string_equal(w.seen, expected);
    assert_int_equal(tps_eat_bundle_check(&bundle, claims, NULL, NULL), status);
    return status;
}

static void digests_of_every_hash_match(void **state)
{
    const tps_span sets[] = {bytes_of("a0"), bytes_of("a10102"), bytes_of("a20102 0304")};
    const int32_t algs[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};

    (void)state;
    assert_status(check("82" TOKEN "a3 61 61 41 a0 61 62 43 a10102 61 63 45 a201020304",
                        claims_with(sets, algs, 3), "a0 b0 c0 "),
                  TPS_OK);
}

static void every_name_that_does_not_match_is_reported(void **state)
{
    const tps_span sets[] = {bytes_of("a0"), bytes_of("a10102")};
    const int32_t algs[] = {TPS_ALG_SHA256, TPS_ALG_SHA256};
    tps_span claims = claims_with(sets, algs, 2);

    (void)state;
    assert_status(check("82" TOKEN "a2 61 61 41 a1 61 62 43 a10102", claims, "a1 b0 "),
                  TPS_CLAIM_DIGEST_MISMATCH);
    assert_status(check("82" TOKEN "a1 61 61 41 a0", claims, "a0 b2 "), TPS_CLAIM_DETACHED_MISSING);
    assert_status(check("82" TOKEN "a3 61 61 41 a0 61 62 43 a10102 61 63 41 a0", claims, "a0 b0 c3 "),
                  TPS_CLAIM_DETACHED_EXTRA);
    assert_status(check("82" TOKEN "a3 61 61 41 a0 61 62 43 a10102 61 7a 41 a0", claims, "a0 b0 z3 "),
                  TPS_CLAIM_DETACHED_EXTRA);
    assert_status(check("82" TOKEN "a2 61 62 41 a0 61 63 41 a0", claims, "a2 b1 c3 "),
                  TPS_CLAIM_DIGEST_MISMATCH);
    assert_string_equal(why.detail, "submods");
}

static void a_digest_of_another_hash_is_reported(void **state)
{
    (void)state;
    assert_status(check("82" TOKEN "a1 61 61 41 a0", bytes_of("a1 19 010a a1 61 61 82 18 63 41 00"), "a4 "),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(read_bundle("82" TOKEN "a1 61 61 41 a0"), TPS_OK);
    assert_status(tps_eat_bundle_check(&bundle, bytes_of("a1 0a 40"), NULL, &why), TPS_CLAIM_BAD_VALUE);
}

static void digests_of_unknown_hashes_are_not_made(void **state)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

    (void)state;
    assert_status(tps_eat_put_digest(&w, TPS_ALG_ES256, TPS_SPAN_EMPTY), TPS_CRYPTO_ALG_REFUSED);
    assert_int_equal(w.size, 0);
}

/* ---- making ---- */

static void a_bundle_comes_back_from_writing(void **state)
{
    static const char *const bundles[] = {
        "d9 025a 82" TOKEN "a2 61 61 41 a0 61 62 43 a10102",
        "d9 025a 82 6f 5b224a5754222c22652e652e65225d a1 61 61 41 a0",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_span given = bytes_of(bundles[i]);
        tps_span encoded;
        assert_status(tps_eat_bundle_read(given, &bundle, &why), TPS_OK);
        assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
        assert_span(encoded, given);
        assert_status(tps_eat_bundle_write(&bundle, (tps_buf){room, given.size - 1}, &encoded, &why),
                      TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, given.size);
    }
}

static void assert_not_written(tps_status expected)
{
    tps_span encoded;

    assert_status(tps_eat_bundle_write(&bundle, TPS_BUF_OF(room), &encoded, &why), expected);
    assert_int_equal(encoded.size, 0);
    assert_status(read_bundle("82" TOKEN "a1 61 61 41 a0"), TPS_OK);
}

static void bundles_that_are_none_are_not_written(void **state)
{
    (void)state;
    assert_status(read_bundle("82" TOKEN "a1 61 61 41 a0"), TPS_OK);
    bundle.is_json = true;
    assert_not_written(TPS_BAD_ARGUMENT);
    bundle.detached.encoded = bytes_of("bf 61 61 41 a0 ff");
    assert_not_written(TPS_CBOR_NOT_DETERMINISTIC);
    bundle.detached.encoded = bytes_of("a0");
    assert_not_written(TPS_CLAIM_BAD_VALUE);
    bundle.main_token = bytes_of("a0");
    assert_not_written(TPS_CLAIM_BAD_VALUE);
    bundle.main_token = bytes_of("d284");
    assert_not_written(TPS_CBOR_TRUNCATED);
    bundle.main_kind = TPS_EAT_SUBMODULE_JSON_TOKEN;
    bundle.main_token = bytes_of("ff");
    assert_not_written(TPS_CBOR_BAD_UTF8);
}

/* ---- claims without protection ---- */

static void unprotected_claims_are_taken_and_written(void **state)
{
    tps_span given = bytes_of("d9 0259 a1 01 61 69");
    tps_uccs claims;
    tps_span encoded;

    (void)state;
    assert_status(tps_uccs_read(given, &claims, &why), TPS_OK);
    assert_int_equal(claims.unprotected_claims.size, 4);
    assert_status(tps_uccs_write(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_OK);
    assert_span(encoded, given);
}

static void what_is_no_unprotected_claims_set_is_refused(void **state)
{
    tps_uccs claims = {bytes_of("80")};
    tps_span encoded;

    (void)state;
    assert_status(tps_uccs_write(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_CLAIM_BAD_TYPE);
    claims.unprotected_claims = bytes_of("bf ff");
    assert_status(tps_uccs_write(&claims, TPS_BUF_OF(room), &encoded, &why), TPS_CBOR_NOT_DETERMINISTIC);
    assert_status(tps_uccs_read(bytes_of("a0"), &claims, &why), TPS_CLAIM_BAD_TYPE);
    assert_status(tps_uccs_read(bytes_of("d9 0259 80"), &claims, &why), TPS_CLAIM_BAD_TYPE);
    assert_status(tps_uccs_read(bytes_of("d9 0258 a0"), &claims, &why), TPS_CLAIM_BAD_TYPE);
    assert_status(tps_uccs_read(bytes_of("d9 0259"), &claims, &why), TPS_CBOR_TRUNCATED);
}

/* 512 sets would have every token among the submodules checked 512 times: a name is sought by names. */
static void a_submodule_is_found_without_reading_others(void **state)
{
    tps_eat_claims claims = {.submods = {bytes_of("a3 6161 41ff 6162 a0 6163 00"), 3}};
    tps_eat_submodule found;

    (void)state;
    assert_true(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("b"), &found));
    assert_int_equal(found.kind, TPS_EAT_SUBMODULE_CLAIMS);
    assert_true(tps_span_is_text(found.name, "b"));
    assert_false(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("a"), &found));
    assert_false(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("c"), &found));
    assert_false(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("d"), &found));
    claims.submods.count = 0;
    assert_false(tps_eat_find_submodule(&claims, TPS_SPAN_LITERAL("b"), &found));
}

#define TEST(name) cmocka_unit_test_teardown(name, free_held)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bundle_is_taken_apart),
        TEST(the_tag_may_be_left_out_and_the_token_be_json),
        TEST(bundles_that_are_none_are_refused_by_name),
        TEST(a_bundle_in_json_is_taken_apart),
        TEST(bundles_in_json_that_are_none_are_refused),
        TEST(digests_of_every_hash_match),
        TEST(every_name_that_does_not_match_is_reported),
        TEST(a_digest_of_another_hash_is_reported),
        TEST(digests_of_unknown_hashes_are_not_made),
        TEST(a_bundle_comes_back_from_writing),
        TEST(bundles_that_are_none_are_not_written),
        TEST(unprotected_claims_are_taken_and_written),
        TEST(what_is_no_unprotected_claims_set_is_refused),
        TEST(a_submodule_is_found_without_reading_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
