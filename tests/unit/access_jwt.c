/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets and bearer tokens of identity providers: what counts, and each way in which one does not. */
#include "server/access/jwt.h"

#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "access_support.h"
#include "tps/base64.h"

#define NOW 1790000000

#define CLAIMS(more)                                                                            \
    "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"aud\":\"opentps\",\"exp\":1790000300" \
    ",\"iat\":1789999990" more "}"

enum { RS, PS, ES, E3, E5, ED, KEY_COUNT };

static issuer_key keys[KEY_COUNT];
static tps_jwks *set;
static tps_jwt *jwt; /* large, and of exactly its size for the sanitizer */
static char text[2 * TPS_JWT_SIZE_MAX];

static int set_up(void **state)
{
    static const char *const algs[KEY_COUNT] = {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"};
    static const char *const kids[KEY_COUNT] = {"k-rs", "k-ps", "k-es", "k-e3", "k-e5", "k-ed"};
    static char json[16384];

    (void)state;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        keys[i] = issuer_key_make(algs[i], kids[i]);
    }
    issuer_jwks(keys, KEY_COUNT, json, sizeof json);
    jwt = malloc(sizeof *jwt);
    return tps_jwks_read(tps_span_of_text(json), &set, NULL) != TPS_OK || jwt == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        issuer_key_end(&keys[i]);
    }
    tps_jwks_release(set);
    free(jwt);
    return 0;
}

/* ---- tokens that are good ---- */

static tps_status judge(const char **detail)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_jwt_read(tps_span_of_text(text), jwt, &why);

    if (status == TPS_OK) {
        status = tps_jwt_verify(jwt, set, &why);
    }
    if (status == TPS_OK) {
        status = tps_jwt_check(jwt, TPS_SPAN_LITERAL("https://idp.example"), TPS_SPAN_LITERAL("opentps"), NOW,
                               &why);
    }
    *detail = why.detail;
    return status;
}

static void assert_judged(tps_status expected, const char *detail)
{
    const char *found;

    assert_status(judge(&found), expected);
    if (detail != NULL) {
        assert_non_null(found);
        assert_string_equal(found, detail);
    }
}

static void assert_claims(const char *claims, tps_status expected, const char *detail)
{
    issuer_token(&keys[ES], claims, text, sizeof text);
    assert_judged(expected, detail);
}

static void assert_header(const issuer_key *key, const char *header, tps_status expected, const char *detail)
{
    issuer_sign(key, header, CLAIMS(""), text, sizeof text);
    assert_judged(expected, detail);
}

static void tokens_by_every_algorithm_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        issuer_token(&keys[i], CLAIMS(""), text, sizeof text);
        assert_judged(TPS_OK, NULL);
        assert_span_text(jwt->subject, "alice");
        assert_span_text(jwt->issuer, "https://idp.example");
    }
    assert_header(&keys[ED], "{\"alg\":\"Ed25519\",\"kid\":\"k-ed\"}", TPS_OK, NULL);
}

static void every_kind_of_token_that_is_for_bearers_counts(void **state)
{
    (void)state;
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\"}", TPS_OK, NULL);
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"typ\":\"at+jwt\"}", TPS_OK, NULL);
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"typ\":\"AT+JWT\"}", TPS_OK, NULL);
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"typ\":\"application/at+jwt\"}", TPS_OK,
                  NULL);
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"typ\":\"jwt\",\"x5t\":\"x\"}", TPS_OK,
                  NULL);
}

/* ---- headers ---- */

static void a_token_for_another_purpose_is_refused(void **state)
{
    static const char *const types[] = {"logout+jwt", "dpop+jwt", "secevent+jwt",
                                        "JOSE",       "ear+jwt",  "at+jwt "};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char header[128];

        (void)snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"typ\":\"%s\"}",
                       types[i]);
        assert_header(&keys[ES], header, TPS_SERVER_TOKEN_REFUSED, "typ");
    }
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"cty\":\"JWT\"}", TPS_SERVER_TOKEN_REFUSED,
                  "cty");
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-es\",\"crit\":[\"exp\"],\"exp\":1}",
                  TPS_SERVER_TOKEN_REFUSED, "crit");
    assert_header(&keys[ES], "{\"kid\":\"k-es\"}", TPS_SERVER_TOKEN_REFUSED, "its header");
    assert_header(&keys[ES], "[]", TPS_SERVER_TOKEN_REFUSED, "its header");
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"alg\":\"none\"}", TPS_SERVER_TOKEN_REFUSED, "its header");
}

static void no_algorithm_but_those_listed_counts(void **state)
{
    static const char *const algs[] = {"none",  "None",     "NONE",  "HS256", "HS384", "HS512",
                                       "RS1",   "RS384",    "RS512", "PS384", "PS512", "ES256K",
                                       "es256", "RSA-OAEP", "dir",   "A128KW"};

    (void)state;
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        char header[128];

        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"k-rs\"}", algs[i]);
        assert_header(&keys[RS], header, TPS_SERVER_TOKEN_REFUSED, "alg");
    }
}

/* The oldest trick: the public key as the secret of a code. */
static void a_code_made_with_the_public_key_is_refused(void **state)
{
    static const char head[] = "{\"alg\":\"HS256\",\"kid\":\"k-rs\",\"typ\":\"JWT\"}";
    static const char claims[] = CLAIMS("");
    uint8_t *spki = NULL;
    int spki_size = i2d_PUBKEY(keys[RS].key, &spki);
    uint8_t mac[32];
    unsigned mac_size = sizeof mac;
    size_t size = tps_base64url_write(tps_span_make(head, sizeof head - 1), text);

    (void)state;
    text[size++] = '.';
    size += tps_base64url_write(tps_span_make(claims, sizeof claims - 1), text + size);
    HMAC(EVP_sha256(), spki, spki_size, (const uint8_t *)text, size, mac, &mac_size);
    text[size++] = '.';
    size += tps_base64url_write(TPS_SPAN_OF(mac), text + size);
    text[size] = '\0';
    OPENSSL_free(spki);
    assert_judged(TPS_SERVER_TOKEN_REFUSED, "alg");
}

static void a_token_without_a_signature_is_refused(void **state)
{
    size_t size;

    (void)state;
    size = tps_base64url_write(TPS_SPAN_LITERAL("{\"alg\":\"none\"}"), text);
    text[size++] = '.';
    size += tps_base64url_write(TPS_SPAN_LITERAL(CLAIMS("")), text + size);
    strcpy(text + size, ".");
    assert_judged(TPS_SERVER_TOKEN_REFUSED, "its form");
    strcpy(text + size, ".AA");
    assert_judged(TPS_SERVER_TOKEN_REFUSED, "alg");
}

static void a_key_is_used_for_its_own_algorithm_alone(void **state)
{
    (void)state;
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-e3\"}", TPS_SERVER_TOKEN_REFUSED, "alg");
    assert_header(&keys[ES], "{\"alg\":\"ES384\",\"kid\":\"k-es\"}", TPS_SERVER_TOKEN_REFUSED, "alg");
    assert_header(&keys[ES], "{\"alg\":\"RS256\",\"kid\":\"k-es\"}", TPS_SERVER_TOKEN_REFUSED, "alg");
    assert_header(&keys[RS], "{\"alg\":\"PS256\",\"kid\":\"k-rs\"}", TPS_SERVER_TOKEN_REFUSED,
                  "its signature");
    assert_header(&keys[PS], "{\"alg\":\"RS256\",\"kid\":\"k-ps\"}", TPS_SERVER_TOKEN_REFUSED,
                  "its signature");
}

static void a_kid_that_is_not_there_asks_for_newer_keys(void **state)
{
    (void)state;
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-new\"}", TPS_COSE_NO_KEY, "kid");
    assert_header(&keys[ES], "{\"alg\":\"ES256\",\"kid\":\"k-e\"}", TPS_COSE_NO_KEY, "kid");
    assert_header(&keys[ES], "{\"alg\":\"ES256\"}", TPS_OK, NULL); /* the only one of its algorithm */
    assert_header(&keys[RS], "{\"alg\":\"RS256\"}", TPS_COSE_NO_KEY, "kid"); /* two are */
}

static void every_changed_character_is_seen(void **state)
{
    size_t length;

    (void)state;
    issuer_token(&keys[ES], CLAIMS(""), text, sizeof text);
    length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        char kept = text[i];
        const char *detail;

        text[i] = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(judge(&detail), TPS_OK);
        text[i] = kept;
    }
    assert_judged(TPS_OK, NULL);
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_not_equal(tps_jwt_read(tps_span_make(text, cut), jwt, NULL) == TPS_OK &&
                                 tps_jwt_verify(jwt, set, NULL) == TPS_OK,
                             true);
    }
}

/* ---- claims ---- */

static void issuer_and_audience_are_compared_whole(void **state)
{
    (void)state;
    assert_claims("{\"iss\":\"https://idp.example/\",\"sub\":\"a\",\"aud\":\"opentps\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "iss");
    assert_claims("{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":\"opentps2\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "aud");
    assert_claims("{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "aud");
    assert_claims("{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":[],\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "aud");
    assert_claims(
        "{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":{\"opentps\":1},\"exp\":1790000300}",
        TPS_SERVER_TOKEN_REFUSED, "aud");
    assert_claims(
        "{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":[[\"opentps\"],7],\"exp\":1790000300}",
        TPS_SERVER_TOKEN_REFUSED, "aud");
    assert_claims(
        "{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":[\"x\",\"op\\u0065ntps\"],\"exp\":1790000300}",
        TPS_OK, NULL);
}

static void times_are_judged_with_a_minute_of_leeway(void **state)
{
    static const struct {
        const char *times;
        tps_status status;
        const char *detail;
    } cases[] = {
        {"\"exp\":1789999941", TPS_OK, NULL},
        {"\"exp\":1789999940", TPS_SERVER_CREDENTIAL_EXPIRED, "exp"},
        {"\"exp\":1", TPS_SERVER_CREDENTIAL_EXPIRED, "exp"},
        {"\"exp\":0", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"exp\":-1", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"exp\":1e300", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"exp\":\"1790000300\"", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"exp\":null", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"nbf\":1", TPS_SERVER_TOKEN_REFUSED, "exp"},
        {"\"exp\":1790000300.5", TPS_OK, NULL},
        {"\"exp\":1.7900003e9", TPS_OK, NULL},
        {"\"exp\":1790000300,\"nbf\":1790000060", TPS_OK, NULL},
        {"\"exp\":1790000300,\"nbf\":1790000061", TPS_SERVER_TOKEN_REFUSED, "nbf"},
        {"\"exp\":1790000300,\"iat\":1790000060", TPS_OK, NULL},
        {"\"exp\":1790000300,\"iat\":1790000061", TPS_SERVER_TOKEN_REFUSED, "iat"},
        {"\"exp\":1790000300,\"iat\":\"x\"", TPS_SERVER_TOKEN_REFUSED, "iat"},
        {"\"exp\":1790000300,\"nbf\":[]", TPS_SERVER_TOKEN_REFUSED, "nbf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char claims[256];

        (void)snprintf(claims, sizeof claims,
                       "{\"iss\":\"https://idp.example\",\"sub\":\"a\",\"aud\":\"opentps\",%s}",
                       cases[i].times);
        assert_claims(claims, cases[i].status, cases[i].detail);
    }
}

static void claims_that_must_be_there_are(void **state)
{
    char claims[1024];

    (void)state;
    assert_claims("{\"sub\":\"a\",\"aud\":\"opentps\",\"exp\":1790000300}", TPS_SERVER_TOKEN_REFUSED, "iss");
    assert_claims("{\"iss\":7,\"sub\":\"a\",\"aud\":\"opentps\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "iss");
    assert_claims("{\"iss\":\"https://idp.example\",\"aud\":\"opentps\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "sub");
    assert_claims("{\"iss\":\"https://idp.example\",\"sub\":\"\",\"aud\":\"opentps\",\"exp\":1790000300}",
                  TPS_SERVER_TOKEN_REFUSED, "sub");
    (void)snprintf(claims, sizeof claims,
                   "{\"iss\":\"https://idp.example\",\"sub\":\"%0300d\",\"aud\":\"opentps\"}", 7);
    assert_claims(claims, TPS_SERVER_TOKEN_REFUSED, "sub");
    assert_claims("[]", TPS_SERVER_TOKEN_REFUSED, "its claims");
    assert_claims("{\"iss\":\"a\",\"iss\":\"b\"}", TPS_SERVER_TOKEN_REFUSED, "its claims");
    assert_claims("{} ", TPS_SERVER_TOKEN_REFUSED, "iss");
    assert_claims("x", TPS_SERVER_TOKEN_REFUSED, "its claims");
}

/* A token that is bound to a key is not for whoever bears it (RFC 7800; RFC 8705; RFC 9449). */
static void a_token_that_is_bound_to_a_key_is_refused(void **state)
{
    (void)state;
    assert_claims(CLAIMS(",\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}"),
                  TPS_SERVER_TOKEN_REFUSED, "cnf");
}

static void claims_are_found_by_name_and_by_pointer(void **state)
{
    static const struct {
        const char *name, *value;
        bool has;
    } cases[] = {
        {"groups", "admins", true},
        {"groups", "admin", false},
        {"groups", "users", true},
        {"role", "ops", true},
        {"role", "op", false},
        {"a/b", "c", true},
        {"/a~1b", "c", true},
        {"/realm_access/roles", "ops", true},
        {"/realm_access/roles", "opsx", false},
        {"/realm_access", "ops", false},
        {"/realm_access/roles/0", "ops", false},
        {"realm_access", "roles", false},
        {"/til~0de", "yes", true},
        {"/", "empty", true},
        {"", "empty", true},
        {"n", "7", false},
        {"t", "true", false},
        {"missing", "", false},
    };

    (void)state;
    assert_claims(
        CLAIMS(",\"groups\":[\"users\",7,null,{\"x\":1},\"admins\"],\"role\":\"\\u006fps\",\"a/b\":\"c\","
               "\"realm_access\":{\"roles\":[\"ops\"]},\"til~de\":\"yes\",\"\":\"empty\",\"n\":7,\"t\":true"),
        TPS_OK, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(tps_jwt_has(jwt, tps_span_of_text(cases[i].name), tps_span_of_text(cases[i].value)),
                         cases[i].has);
    }
}

static void what_is_too_large_or_no_token_at_all_is_refused(void **state)
{
    static const char *const bad[] = {"", ".", "..", "a.b", "a.b.c.d", "a.b.c=", "a b.c.d", "eyJ.e30.AA"};
    char *large = malloc(TPS_JWT_SIZE_MAX + 1);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(tps_jwt_read(tps_span_of_text(bad[i]), jwt, NULL), TPS_SERVER_TOKEN_REFUSED);
    }
    memset(large, 'A', TPS_JWT_SIZE_MAX + 1);
    large[10] = '.';
    large[20] = '.';
    assert_status(tps_jwt_read(tps_span_make(large, TPS_JWT_SIZE_MAX + 1), jwt, NULL),
                  TPS_SERVER_TOKEN_REFUSED);
    assert_status(tps_jwt_read(tps_span_make(large, TPS_JWT_SIZE_MAX), jwt, NULL), TPS_SERVER_TOKEN_REFUSED);
    free(large);
    assert_true(tps_jwt_is_meant(TPS_SPAN_LITERAL("a.b.c")));
    assert_false(tps_jwt_is_meant(TPS_SPAN_LITERAL("a.b.c.d.e"))); /* encrypted */
}

/* ---- key sets ---- */

static tps_status read_set(const char *json, size_t *count)
{
    tps_jwks *found;
    tps_status status = tps_jwks_read(tps_span_of_text(json), &found, NULL);

    *count = found == NULL ? 0 : tps_jwks_count(found);
    tps_jwks_release(found);
    return status;
}

/* How many keys count of a set with the good one of ES256, with `more`, and one that is good. */
static size_t count_with(const issuer_key *key, const char *more)
{
    static char json[8192];
    size_t count;

    strcpy(json, "{\"keys\":[");
    issuer_put_jwk(key, more, json, sizeof json);
    strcat(json, ",");
    issuer_put_jwk(&keys[ED], "", json, sizeof json);
    strcat(json, "]}");
    assert_status(read_set(json, &count), TPS_OK);
    return count - 1;
}

static void keys_that_cannot_be_used_are_passed_over(void **state)
{
    static const char *const bad[] = {",\"use\":\"enc\"",     ",\"key_ops\":[\"sign\"]",
                                      ",\"alg\":\"ECDH-ES\"", ",\"alg\":\"ES384\"",
                                      ",\"alg\":\"HS256\"",   ",\"d\":\"AAAA\"",
                                      ",\"alg\":7",           ",\"key_ops\":\"verify\"",
                                      ",\"use\":\"tls\"",     ",\"key_ops\":[\"verify\",\"verify\"]"};
    static const char *const good[] = {"", ",\"use\":\"sig\"", ",\"alg\":\"ES256\"",
                                       ",\"key_ops\":[\"verify\"]",
                                       ",\"x5c\":[\"MII\"],\"x5t\":\"x\",\"exp\":7"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(count_with(&keys[ES], bad[i]), 0);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(count_with(&keys[ES], good[i]), 1);
    }
    assert_int_equal(count_with(&keys[RS], ",\"alg\":\"RS512\""), 0);
    assert_int_equal(count_with(&keys[RS], ",\"alg\":\"RS256\""), 1);
}

static void sets_without_a_key_that_counts_are_refused(void **state)
{
    static const struct {
        const char *json;
        tps_status status;
    } cases[] = {
        {"{}", TPS_SERVER_BAD_KEY_SET},
        {"[]", TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[]}", TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":{}}", TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[7,null,[],\"x\",{}]}", TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}]}",
         TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}]}",
         TPS_SERVER_BAD_KEY_SET},
        {"{\"keys\":[", TPS_JSON_TRUNCATED},
        {"{\"keys\":[],\"keys\":[]}", TPS_JSON_DUPLICATE_NAME},
        {"<html>", TPS_JSON_NOT_WELL_FORMED},
        {"", TPS_JSON_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;

        assert_status(read_set(cases[i].json, &count), cases[i].status);
    }
}

/* RFC 7517, 4.5: keys of one kid may be there for different algorithms, or twice while keys change. */
static void keys_of_one_kid_are_all_asked(void **state)
{
    issuer_key twins[3] = {issuer_key_make("ES256", "same"), issuer_key_make("ES256", "same"),
                           issuer_key_make("EdDSA", "same")};
    static char json[4096];
    tps_jwks *others;

    (void)state;
    issuer_jwks(twins, 3, json, sizeof json);
    assert_status(tps_jwks_read(tps_span_of_text(json), &others, NULL), TPS_OK);
    for (size_t i = 0; i < 3; i++) {
        issuer_token(&twins[i], CLAIMS(""), text, sizeof text);
        assert_status(tps_jwt_read(tps_span_of_text(text), jwt, NULL), TPS_OK);
        assert_status(tps_jwt_verify(jwt, others, NULL), TPS_OK);
        issuer_key_end(&twins[i]);
    }
    twins[0] = issuer_key_make("ES256", "same");
    issuer_token(&twins[0], CLAIMS(""), text, sizeof text);
    assert_status(tps_jwt_read(tps_span_of_text(text), jwt, NULL), TPS_OK);
    assert_status(tps_jwt_verify(jwt, others, NULL), TPS_SERVER_TOKEN_REFUSED);
    issuer_key_end(&twins[0]);
    tps_jwks_release(others);
}

static void a_set_keeps_so_many_keys_and_short_kids(void **state)
{
    char *json = calloc(1, TPS_JWKS_SIZE_MAX);
    char kid[TPS_JWKS_KID_MAX + 2];
    issuer_key key = keys[ED];
    size_t count;

    (void)state;
    strcpy(json, "{\"keys\":[");
    for (unsigned i = 0; i < TPS_JWKS_KEYS_MAX + 6; i++) {
        strcat(json, i == 0 ? "" : ",");
        issuer_put_jwk(&keys[ED], "", json, TPS_JWKS_SIZE_MAX);
    }
    strcat(json, "]}");
    assert_status(read_set(json, &count), TPS_OK);
    assert_int_equal(count, TPS_JWKS_KEYS_MAX);
    memset(kid, 'k', sizeof kid);
    key.kid = kid;
    kid[TPS_JWKS_KID_MAX + 1] = '\0';
    assert_int_equal(count_with(&key, ""), 0);
    kid[TPS_JWKS_KID_MAX] = '\0';
    assert_int_equal(count_with(&key, ""), 1);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_by_every_algorithm_count),
        cmocka_unit_test(every_kind_of_token_that_is_for_bearers_counts),
        cmocka_unit_test(a_token_for_another_purpose_is_refused),
        cmocka_unit_test(no_algorithm_but_those_listed_counts),
        cmocka_unit_test(a_code_made_with_the_public_key_is_refused),
        cmocka_unit_test(a_token_without_a_signature_is_refused),
        cmocka_unit_test(a_key_is_used_for_its_own_algorithm_alone),
        cmocka_unit_test(a_kid_that_is_not_there_asks_for_newer_keys),
        cmocka_unit_test(every_changed_character_is_seen),
        cmocka_unit_test(issuer_and_audience_are_compared_whole),
        cmocka_unit_test(times_are_judged_with_a_minute_of_leeway),
        cmocka_unit_test(claims_that_must_be_there_are),
        cmocka_unit_test(a_token_that_is_bound_to_a_key_is_refused),
        cmocka_unit_test(claims_are_found_by_name_and_by_pointer),
        cmocka_unit_test(what_is_too_large_or_no_token_at_all_is_refused),
        cmocka_unit_test(keys_that_cannot_be_used_are_passed_over),
        cmocka_unit_test(sets_without_a_key_that_counts_are_refused),
        cmocka_unit_test(keys_of_one_kid_are_all_asked),
        cmocka_unit_test(a_set_keeps_so_many_keys_and_short_kids),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
