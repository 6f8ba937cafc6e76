/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and cryptography that fail, once at each place: nobody comes in who would not, nothing leaks, and
 * what failed is no "no" that lasts. */
#include "access_support.h"
#include "server/access/principal.h"
#include "server/access/rate_limit.h"
#include "server/access/token.h"
#include "support/faults.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __real_tps_crypto_random(tps_buf out);
tps_status __real_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);
tps_status __real_tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message,
                                            tps_span signature);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest);
tps_status __wrap_tps_crypto_random(tps_buf out);
tps_status __wrap_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key);
tps_status __wrap_tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message,
                                            tps_span signature);

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

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span bytes, tps_digest *digest)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, bytes, digest);
}

tps_status __wrap_tps_crypto_random(tps_buf out)
{
    return fault_now() ? TPS_CRYPTO_NO_ENTROPY : __real_tps_crypto_random(out);
}

tps_status __wrap_tps_crypto_key_from_point(const tps_crypto_point *point, tps_crypto_key **key)
{
    *key = NULL;
    return fault_now() ? TPS_OUT_OF_MEMORY : __real_tps_crypto_key_from_point(point, key);
}

tps_status __wrap_tps_crypto_verify_message(tps_crypto_key *key, int32_t alg, tps_span message,
                                            tps_span signature)
{
    return fault_now() ? TPS_CRYPTO_FAILED : __real_tps_crypto_verify_message(key, alg, message, signature);
}

/* ---- a store that has twelve tokens and two administrators ---- */

enum { TOKENS = 12 };

static uint8_t hashes[TOKENS][TPS_SHA256_SIZE];
static char tokens[TOKENS][TPS_TOKEN_TEXT_SIZE + 1];
static char administrators[2][8192];

static tps_status each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    bool is_token = kind == TPS_STORE_TOKEN;

    (void)store;
    (void)tenant;
    (void)after;
    (void)limit;
    (void)with_bodies;
    for (size_t i = 0; i < (is_token ? TOKENS : 2); i++) {
        tps_store_item item = {.kind = kind, .name = TPS_SPAN_LITERAL("name")};

        item.attributes =
            is_token ? TPS_SPAN_LITERAL("{\"scopes\":[\"read\"]}") : tps_span_of_text(administrators[i]);
        item.body = is_token ? TPS_SPAN_OF(hashes[i]) : TPS_SPAN_EMPTY;
        TPS_TRY(visit(context, &item));
    }
    return TPS_OK;
}

static const tps_store_ops ops = {.each_item = each_item};
static tps_store store = {&ops};
static char bearer[2][4096]; /* a good JWT, and one by another key */

static tps_status ask(const tps_access_table *table, const char *field, tps_principal *who)
{
    tps_credentials brought = {
        .has_authorization = true, .authorization = tps_span_of_text(field), .now = 1790000000};
    tps_refusal refusal;

    return tps_access_identify(table, &brought, who, &refusal);
}

static bool is_of_the_moment(tps_status status)
{
    return status == TPS_OUT_OF_MEMORY || status == TPS_CRYPTO_FAILED;
}

/* A table is whole or there is none; who asks it is told that it failed, never that they do not count. */
static void build_and_ask(bool is_perfect)
{
    tps_access_table *table = NULL;
    tps_status status = tps_access_table_build(&store, 1, "acme", &table);
    tps_principal who;
    char field[64];

    assert_true(status == TPS_OK || (!is_perfect && status == TPS_OUT_OF_MEMORY && table == NULL));
    for (size_t i = 0; status == TPS_OK && i < TOKENS; i++) {
        (void)snprintf(field, sizeof field, "Bearer %s", tokens[i]);
        status = ask(table, field, &who);
        assert_true(status == TPS_OK ? who.scopes == TPS_SCOPE_READ
                                     : !is_perfect && is_of_the_moment(status));
        status = TPS_OK;
    }
    if (table != NULL) {
        status = ask(table, bearer[0], &who);
        assert_true(status == TPS_OK ? who.scopes == TPS_SCOPE_ADMIN
                                     : !is_perfect && is_of_the_moment(status));
        status = ask(table, bearer[1], &who);
        assert_true(status == TPS_SERVER_TOKEN_REFUSED || (!is_perfect && is_of_the_moment(status)));
    }
    tps_access_table_free(table);
}

static void whatever_fails_nobody_comes_in_who_would_not(void **state)
{
    (void)state;
    build_and_ask(true);
    for (unsigned nth = 1;; nth++) {
        bool struck;

        fault_arm(nth);
        build_and_ask(false);
        struck = fault_struck();
        if (!struck) {
            assert_true(nth > 20);
            break;
        }
    }
    build_and_ask(true);
}

static void a_token_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    for (unsigned nth = 1; nth <= 2; nth++) {
        static const uint8_t zeros[TPS_TOKEN_TEXT_SIZE + 1];
        char text[TPS_TOKEN_TEXT_SIZE + 1] = "x";
        uint8_t hash[TPS_SHA256_SIZE] = {1};

        fault_arm(nth);
        assert_int_not_equal(tps_token_make(text, hash), TPS_OK);
        assert_true(fault_struck());
        assert_memory_equal(text, zeros, sizeof text);
        assert_memory_equal(hash, zeros, sizeof hash);
    }
}

static void a_table_of_buckets_without_memory_or_key_is_none(void **state)
{
    tps_rate_table *table;

    (void)state;
    fault_arm(1);
    assert_status(tps_rate_table_new(64, &table), TPS_OUT_OF_MEMORY);
    assert_null(table);
    fault_arm(2);
    assert_status(tps_rate_table_new(64, &table), TPS_CRYPTO_NO_ENTROPY);
    assert_null(table);
    (void)fault_struck();
}

static int set_up(void **state)
{
    static const char claims[] =
        "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"aud\":\"opentps\",\"exp\":1790000300}";
    issuer_key keys[2] = {issuer_key_make("ES256", "k"), issuer_key_make("ES256", "k")};
    static char jwks[4096];

    (void)state;
    for (size_t i = 0; i < TOKENS; i++) {
        assert_status(tps_token_make(tokens[i], hashes[i]), TPS_OK);
    }
    issuer_jwks(keys, 1, jwks, sizeof jwks);
    (void)snprintf(
        administrators[0], sizeof administrators[0],
        "{\"scopes\":[\"admin\"],\"oidc\":{\"issuer\":\"https://idp.example\",\"audience\":\"opentps\","
        "\"subject\":\"alice\",\"jwks\":%s}}",
        jwks);
    strcpy(administrators[1], "{\"scopes\":[\"audit\"],\"certificate\":{\"subject\":\"CN=a\"}}");
    for (size_t i = 0; i < 2; i++) {
        strcpy(bearer[i], "Bearer ");
        issuer_token(&keys[i], claims, bearer[i] + 7, sizeof bearer[i] - 7);
        issuer_key_end(&keys[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_nobody_comes_in_who_would_not),
        cmocka_unit_test(a_token_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_table_of_buckets_without_memory_or_key_is_none),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
