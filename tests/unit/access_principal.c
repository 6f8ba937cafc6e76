/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: every credential, against tables of a store that is an array. */
#include "server/access/principal.h"

#include "access_support.h"
#include "crypto/x509.h"
#include "server/access/administrator.h"
#include "server/access/token.h"
#include "support/keys.h"
#include "tps/base64.h"

#define NOW 1790000000

/* ---- a store that has items of one tenant ---- */

typedef struct {
    tps_store store;
    tps_store_item items[40];
    size_t count;
    tps_status failure;
} array_store;

static tps_status each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    array_store *array = (array_store *)store;

    (void)limit;
    (void)after;
    assert_true(with_bodies);
    assert_int_equal(tenant, 7);
    TPS_TRY(array->failure);
    for (size_t i = 0; i < array->count; i++) {
        if (array->items[i].kind == kind) {
            TPS_TRY(visit(context, &array->items[i]));
        }
    }
    return TPS_OK;
}

static const tps_store_ops ops = {.each_item = each_item};

static void add(array_store *array, uint32_t kind, const char *name, const char *attributes, tps_span body)
{
    array->store.ops = &ops;
    array->items[array->count++] = (tps_store_item){.kind = kind,
                                                    .name = tps_span_of_text(name),
                                                    .attributes = tps_span_of_text(attributes),
                                                    .body = body};
}

static tps_access_table *build(array_store *array, const char *tenant, size_t faults)
{
    tps_access_table *table = NULL;
    const char *name;
    const char *detail;
    tps_status status;

    array->store.ops = &ops;
    assert_status(tps_access_table_build(&array->store, 7, tenant, &table), TPS_OK);
    assert_int_equal(tps_access_table_fault(table, &name, &status, &detail), faults);
    return table;
}

/* ---- what is asked ---- */

static tps_principal who;
static tps_refusal refusal;

static tps_status identify_at(const tps_access_table *table, const char *field, tps_span certificate,
                              int64_t now)
{
    tps_credentials credentials = {.has_authorization = field != NULL,
                                   .authorization = tps_span_of_text(field),
                                   .certificate = certificate,
                                   .now = now};

    memset(&who, 0xa5, sizeof who);
    return tps_access_identify(table, &credentials, &who, &refusal);
}

static tps_status identify(const tps_access_table *table, const char *field)
{
    return identify_at(table, field, TPS_SPAN_EMPTY, NOW);
}

static void assert_who(const char *kind, const char *name, uint32_t scopes)
{
    assert_string_equal(who.kind, kind);
    assert_string_equal(who.name, name);
    assert_int_equal(who.scopes, scopes);
}

static void assert_refused(unsigned http, const char *challenge)
{
    assert_int_equal(refusal.http_status, http);
    if (challenge != NULL) {
        assert_non_null(refusal.www_authenticate);
        assert_non_null(strstr(refusal.www_authenticate, challenge));
    }
}

/* ---- API tokens ---- */

typedef struct {
    char text[TPS_TOKEN_TEXT_SIZE + 1];
    uint8_t sha256[32];
    char bearer[80];
} token;

static token make_token(void)
{
    token made;

    assert_status(tps_token_make(made.text, made.sha256), TPS_OK);
    (void)snprintf(made.bearer, sizeof made.bearer, "Bearer %s", made.text);
    return made;
}

static void a_token_is_known_by_its_hash_with_its_name_and_scopes(void **state)
{
    array_store array = {.count = 0};
    token ci = make_token();
    token ops_token = make_token();
    token stranger = make_token();
    tps_access_table *table;
    char field[128];

    (void)state;
    add(&array, TPS_STORE_TOKEN, "ci", "{\"scopes\":[\"endorse\",\"read\"],\"expires\":null}",
        TPS_SPAN_OF(ci.sha256));
    add(&array, TPS_STORE_TOKEN, "ops", "{\"scopes\":[\"admin\"],\"expires\":1790000001}",
        TPS_SPAN_OF(ops_token.sha256));
    table = build(&array, "acme", 0);
    assert_status(identify(table, ci.bearer), TPS_OK);
    assert_who("token", "ci", TPS_SCOPE_ENDORSE | TPS_SCOPE_READ);
    assert_status(identify(table, ops_token.bearer), TPS_OK);
    assert_who("token", "ops", TPS_SCOPE_ADMIN);
    (void)snprintf(field, sizeof field, "bEARER   %s", ci.text);
    assert_status(identify(table, field), TPS_OK);
    assert_status(identify_at(table, ops_token.bearer, TPS_SPAN_EMPTY, NOW + 1),
                  TPS_SERVER_CREDENTIAL_EXPIRED);
    assert_refused(401, "error=\"invalid_token\"");
    assert_status(identify_at(table, ci.bearer, TPS_SPAN_EMPTY, INT64_MAX - 1), TPS_OK);
    assert_status(identify(table, stranger.bearer), TPS_SERVER_UNAUTHENTICATED);
    assert_refused(401, "error=\"invalid_token\"");
    assert_status(identify(NULL, ci.bearer), TPS_SERVER_UNAUTHENTICATED);
    tps_access_table_free(table);
}

static void a_token_is_taken_as_the_password_of_any_user(void **state)
{
    static const char *const users[] = {"", "veraison", "a b", "user@example"};
    array_store array = {.count = 0};
    token ci = make_token();
    tps_access_table *table;
    char plain[256];
    char field[512];

    (void)state;
    add(&array, TPS_STORE_TOKEN, "ci", "{\"scopes\":[\"endorse\"],\"expires\":null}", TPS_SPAN_OF(ci.sha256));
    table = build(&array, "acme", 0);
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        int size = snprintf(plain, sizeof plain, "%s:%s", users[i], ci.text);

        memset(field, 0, sizeof field);
        memcpy(field, "Basic ", 6);
        (void)tps_base64_write(tps_span_make(plain, (size_t)size), field + 6);
        assert_status(identify(table, field), TPS_OK);
        assert_who("token", "ci", TPS_SCOPE_ENDORSE);
    }
    assert_status(identify(table, "Basic dmVyYWlzb246dmVyYWlzb24="), TPS_SERVER_UNAUTHENTICATED);
    assert_refused(401, "invalid_token");
    assert_status(identify(table, "Basic bm9jb2xvbg=="), TPS_SERVER_BAD_CREDENTIAL);
    assert_refused(400, "invalid_request");
    assert_status(identify(table, "Basic !!!!"), TPS_SERVER_BAD_CREDENTIAL);
    memset(field, 'A', sizeof field - 1);
    memcpy(field, "Basic ", 6);
    assert_status(identify(table, field), TPS_SERVER_BAD_CREDENTIAL);
    tps_access_table_free(table);
}

static void what_is_no_credential_of_ours_is_refused(void **state)
{
    static const struct {
        const char *field;
        tps_status status;
    } cases[] = {
        {"", TPS_SERVER_BAD_CREDENTIAL},
        {"Bearer", TPS_SERVER_BAD_CREDENTIAL},
        {"Bearer ", TPS_SERVER_UNAUTHENTICATED},
        {"Bearertps_", TPS_SERVER_BAD_CREDENTIAL},
        {"Bearer\ttps_", TPS_SERVER_BAD_CREDENTIAL},
        {"Digest username=\"a\"", TPS_SERVER_BAD_CREDENTIAL},
        {"Negotiate abc", TPS_SERVER_BAD_CREDENTIAL},
        {"Bearer tps_", TPS_SERVER_UNAUTHENTICATED},
        {"Bearer abc", TPS_SERVER_UNAUTHENTICATED},
        {"Bearer a.b.c", TPS_SERVER_TOKEN_REFUSED},
        {"Bearer a.b.c.d.e", TPS_SERVER_UNAUTHENTICATED},
    };
    array_store array = {.count = 0};
    tps_access_table *table = build(&array, "acme", 0);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_status(identify(table, cases[i].field), cases[i].status);
        assert_refused(401, "Bearer realm=\"opentps\"");
    }
    tps_access_table_free(table);
}

/* ---- items that cannot be used ---- */

static void items_that_cannot_be_used_count_for_nobody(void **state)
{
    array_store array = {.count = 0};
    token good = make_token();
    token bad = make_token();
    tps_access_table *table;
    const char *name;
    const char *detail;
    tps_status status;

    (void)state;
    add(&array, TPS_STORE_TOKEN, "a", "{\"scopes\":[\"reads\"]}", TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_TOKEN, "b", "{\"scopes\":[\"read\"],\"role\":1}", TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_TOKEN, "c", "{}", TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_TOKEN, "d", "[", TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_TOKEN, "e", "{\"scopes\":[\"read\"]}", tps_span_make(bad.sha256, 31));
    add(&array, TPS_STORE_TOKEN, "f", "{\"scopes\":[\"read\"],\"expires\":\"never\"}",
        TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_TOKEN, "g", "{\"scopes\":[\"read\",\"operator\"]}", TPS_SPAN_OF(bad.sha256));
    add(&array, TPS_STORE_ADMINISTRATOR, "h", "{\"scopes\":[\"read\"]}", TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_ADMINISTRATOR, "i",
        "{\"scopes\":[\"operator\"],\"certificate\":{\"subject\":\"CN=a\"}}", TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_ADMINISTRATOR, "j",
        "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"http://a\",\"audience\":\"b\",\"subject\":\"c\",\"jwks\":{}}}",
        TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_TOKEN, "k", "{\"scopes\":[\"read\"]}", TPS_SPAN_OF(good.sha256));
    add(&array, TPS_STORE_TOKEN, "l", "{\"scopes\":[\"admin\"]}",
        TPS_SPAN_OF(good.sha256)); /* the same hash */
    table = build(&array, "acme", 11);
    (void)tps_access_table_fault(table, &name, &status, &detail);
    assert_string_equal(name, "token a");
    assert_status(status, TPS_SERVER_UNKNOWN_SCOPE);
    assert_status(identify(table, bad.bearer), TPS_SERVER_UNAUTHENTICATED);
    assert_status(identify(table, good.bearer), TPS_OK);
    assert_who("token", "k", TPS_SCOPE_READ);
    tps_access_table_free(table);
    table = build(&array, "default", 9); /* where operator is a scope that can be given */
    assert_status(identify(table, bad.bearer), TPS_OK);
    assert_who("token", "g", TPS_SCOPE_READ | TPS_SCOPE_OPERATOR);
    tps_access_table_free(table);
    array.failure = TPS_STORE_AWAY;
    assert_status(tps_access_table_build(&array.store, 7, "acme", &table), TPS_STORE_AWAY);
    assert_null(table);
    tps_access_table_free(NULL);
}

static void assert_read(const char *json, tps_status expected, const char *names)
{
    static tps_administrator found;
    static uint8_t room[4096];
    tps_error why = {TPS_OK, 0, NULL};
    size_t size;

    assert_status(tps_administrator_read(tps_span_of_text(json), &found, &why), expected);
    if (expected != TPS_OK) {
        assert_true(names == NULL || (why.detail != NULL && strstr(why.detail, names) != NULL));
        return;
    }
    assert_status(tps_administrator_write(&found, TPS_BUF_OF(room), &size), TPS_OK);
    assert_span_text(tps_span_make(room, size), json);
    assert_status(tps_administrator_write(&found, (tps_buf){room, 5}, &size), TPS_BUFFER_TOO_SMALL);
}

static void administrators_are_read_strictly_and_written_as_they_were(void **state)
{
    (void)state;
#define OIDC(members)        "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"https://idp.example\"," members "}}"
#define CERTIFICATE(members) "{\"scopes\":[\"read\"],\"certificate\":{" members "}}"
#define SPKI                 "\"spki_sha256\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\""
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\""), TPS_OK, NULL);
    assert_read(OIDC("\"audience\":\"a\",\"claims\":{\"groups\":\"b\",\"/x/y\":\"z\"}"), TPS_OK, NULL);
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\",\"jwks_uri\":\"https://x.example/k\""), TPS_OK,
                NULL);
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\",\"jwks\":{\"keys\":[]}"), TPS_OK, NULL);
    assert_read(CERTIFICATE(SPKI), TPS_OK, NULL);
    assert_read(CERTIFICATE("\"subject\":\"CN=ops,O=Example\""), TPS_OK, NULL);
    assert_read(CERTIFICATE(SPKI ",\"subject\":\"CN=ops\""), TPS_OK, NULL);

    assert_read(OIDC("\"audience\":\"a\""), TPS_SERVER_BAD_ACCESS, "subject or claims");
    assert_read(OIDC("\"audience\":\"a\",\"claims\":{}"), TPS_SERVER_BAD_ACCESS, "subject or claims");
    assert_read(OIDC("\"subject\":\"a\""), TPS_SERVER_BAD_ACCESS, "audience");
    assert_read(OIDC("\"audience\":\"\",\"subject\":\"a\""), TPS_SERVER_BAD_ACCESS, "audience");
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\",\"jwks_uri\":\"http://x.example/k\""),
                TPS_SERVER_BAD_ACCESS, "jwks_uri");
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\",\"jwks_uri\":\"https://x.example/k\",\"jwks\":{}"),
                TPS_SERVER_BAD_ACCESS, "exclude");
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\",\"jwks\":[]"), TPS_SERVER_BAD_ACCESS, "not known");
    assert_read(OIDC("\"audience\":\"a\",\"sub\":\"b\""), TPS_SERVER_BAD_ACCESS, "not known");
    assert_read(OIDC("\"audience\":\"a\",\"claims\":{\"a\":[\"b\"]}"), TPS_SERVER_BAD_ACCESS, "claims");
    assert_read(OIDC("\"audience\":\"a\",\"claims\":{\"\":\"b\"}"), TPS_SERVER_BAD_ACCESS, "claims");
    assert_read(OIDC("\"audience\":\"a\",\"subject\":\"b\\u0000\""), TPS_SERVER_BAD_ACCESS, "subject");
    assert_read(
        "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"http://idp.example\",\"audience\":\"a\",\"subject\":\"b\"}}",
        TPS_SERVER_BAD_ACCESS, "issuer");
    assert_read("{\"scopes\":[\"read\"],\"oidc\":{\"audience\":\"a\",\"subject\":\"b\"}}",
                TPS_SERVER_BAD_ACCESS, "issuer");
    assert_read(CERTIFICATE(""), TPS_SERVER_BAD_ACCESS, "spki_sha256 or subject");
    assert_read(CERTIFICATE("\"spki_sha256\":\"00\""), TPS_SERVER_BAD_ACCESS, "spki_sha256");
    assert_read(
        CERTIFICATE("\"spki_sha256\":\"000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1eff\""),
        TPS_SERVER_BAD_ACCESS, "spki_sha256");
    assert_read(CERTIFICATE(SPKI ",\"sha1\":\"00\""), TPS_SERVER_BAD_ACCESS, "not known");
    assert_read("{\"certificate\":{" SPKI "}}", TPS_SERVER_BAD_ACCESS, "scopes");
    assert_read("{\"scopes\":[\"read\"]}", TPS_SERVER_BAD_ACCESS, "exactly one");
    assert_read("{\"scopes\":[\"read\"],\"certificate\":{" SPKI
                "},\"oidc\":{\"issuer\":\"https://a.b\",\"audience\":\"a\",\"subject\":\"b\"}}",
                TPS_SERVER_BAD_ACCESS, "exactly one");
    assert_read("{\"scopes\":[\"all\"],\"certificate\":{" SPKI "}}", TPS_SERVER_UNKNOWN_SCOPE, "scopes");
    assert_read("{\"scopes\":[\"read\"],\"extra\":1,\"certificate\":{" SPKI "}}", TPS_SERVER_BAD_ACCESS,
                "not known");
    assert_read("[]", TPS_SERVER_BAD_ACCESS, NULL);
    assert_read("{", TPS_JSON_TRUNCATED, NULL);
}

static void token_attributes_come_back_as_they_were_written(void **state)
{
    static const tps_token_attributes cases[] = {
        {TPS_SCOPE_READ, TPS_TOKEN_NO_EXPIRY}, {TPS_SCOPES_ALL, 1}, {TPS_SCOPE_KEYS, INT64_MAX - 1}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint8_t room[256];
        tps_token_attributes found;
        size_t size;

        assert_status(tps_token_attributes_write(&cases[i], TPS_BUF_OF(room), &size), TPS_OK);
        assert_status(tps_token_attributes_read(tps_span_make(room, size), &found, NULL), TPS_OK);
        assert_memory_equal(&found, &cases[i], sizeof found.scopes);
        assert_true(found.expires == cases[i].expires);
    }
}

/* ---- tokens of identity providers ---- */

static issuer_key key;
static char jwks[4096];
static char bearer[4096];

static const char *entry(const char *scopes, const char *rest)
{
    static char text[16][6144];
    static size_t next;
    char *out = text[next++ % 16];

    (void)snprintf(
        out, sizeof text[0],
        "{\"scopes\":[%s],\"oidc\":{\"issuer\":\"https://idp.example\",\"audience\":\"opentps\",%s,"
        "\"jwks\":%s}}",
        scopes, rest, jwks);
    return out;
}

static const char *bearer_of(const char *claims)
{
    strcpy(bearer, "Bearer ");
    issuer_token(&key, claims, bearer + 7, sizeof bearer - 7);
    return bearer;
}

#define ALICE(more) \
    "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"aud\":\"opentps\",\"exp\":1790000300" more "}"

static void a_token_of_an_issuer_has_the_scopes_of_all_entries_that_it_fits(void **state)
{
    array_store array = {.count = 0};
    tps_access_table *table;

    (void)state;
    add(&array, TPS_STORE_ADMINISTRATOR, "alice", entry("\"read\"", "\"subject\":\"alice\""), TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_ADMINISTRATOR, "admins", entry("\"admin\"", "\"claims\":{\"groups\":\"admins\"}"),
        TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_ADMINISTRATOR, "auditors",
        entry("\"audit\"", "\"claims\":{\"groups\":\"auditors\",\"mfa\":\"yes\"}"), TPS_SPAN_EMPTY);
    table = build(&array, "acme", 0);
    assert_status(identify(table, bearer_of(ALICE(""))), TPS_OK);
    assert_who("oidc", "alice/alice", TPS_SCOPE_READ);
    assert_status(identify(table, bearer_of(ALICE(",\"groups\":[\"admins\",\"auditors\"]"))), TPS_OK);
    assert_who("oidc", "alice/alice", TPS_SCOPE_READ | TPS_SCOPE_ADMIN);
    assert_status(
        identify(table, bearer_of("{\"iss\":\"https://idp.example\",\"sub\":\"b\\u00e9 x\",\"aud\":"
                                  "\"opentps\",\"exp\":1790000300,\"groups\":\"auditors\",\"mfa\":\"yes\"}")),
        TPS_OK);
    assert_who("oidc", "auditors/b???x", TPS_SCOPE_AUDIT);
    assert_status(
        identify(table, bearer_of("{\"iss\":\"https://idp.example\",\"sub\":\"bob\",\"aud\":\"opentps\","
                                  "\"exp\":1790000300,\"groups\":\"auditors\"}")),
        TPS_SERVER_TOKEN_REFUSED);
    assert_refused(401, "invalid_token");
    assert_status(identify(table, bearer_of("{\"iss\":\"https://other.example\",\"sub\":\"alice\",\"aud\":"
                                            "\"opentps\",\"exp\":1790000300}")),
                  TPS_SERVER_TOKEN_REFUSED);
    assert_string_equal(refusal.detail, "iss");
    assert_status(identify_at(table, bearer_of(ALICE("")), TPS_SPAN_EMPTY, NOW + 400),
                  TPS_SERVER_CREDENTIAL_EXPIRED);
    assert_status(identify(NULL, bearer_of(ALICE(""))), TPS_SERVER_TOKEN_REFUSED);
    tps_access_table_free(table);
}

static void a_token_by_a_key_that_is_not_the_issuers_is_refused(void **state)
{
    array_store array = {.count = 0};
    issuer_key kept = key;
    tps_access_table *table;

    (void)state;
    add(&array, TPS_STORE_ADMINISTRATOR, "alice", entry("\"read\"", "\"subject\":\"alice\""), TPS_SPAN_EMPTY);
    table = build(&array, "acme", 0);
    key = issuer_key_make("ES256", "k1");
    assert_status(identify(table, bearer_of(ALICE(""))), TPS_SERVER_TOKEN_REFUSED);
    assert_string_equal(refusal.detail, "its signature");
    key.kid = "k2"; /* keys that stand in the entry are never newer */
    assert_status(identify(table, bearer_of(ALICE(""))), TPS_SERVER_TOKEN_REFUSED);
    assert_string_equal(refusal.detail, "kid");
    issuer_key_end(&key);
    key = kept;
    tps_access_table_free(table);
}

static void a_long_subject_is_cut_where_everybody_sees_it(void **state)
{
    array_store array = {.count = 0};
    tps_access_table *table;
    char claims[1024];

    (void)state;
    add(&array, TPS_STORE_ADMINISTRATOR, "all", entry("\"read\"", "\"claims\":{\"x\":\"y\"}"),
        TPS_SPAN_EMPTY);
    table = build(&array, "acme", 0);
    (void)snprintf(
        claims, sizeof claims,
        "{\"iss\":\"https://idp.example\",\"sub\":\"%0250d\",\"aud\":\"opentps\",\"exp\":1790000300,"
        "\"x\":\"y\"}",
        7);
    assert_status(identify(table, bearer_of(claims)), TPS_OK);
    assert_int_equal(strlen(who.name), sizeof who.name - 1);
    assert_string_equal(who.name + sizeof who.name - 4, "...");
    tps_access_table_free(table);
}

/* Keys that are fetched are not there at once: who comes before them is told to come again. */
static void until_keys_are_fetched_nobody_is_refused_for_good(void **state)
{
    array_store array = {.count = 0};
    tps_access_table *table;

    (void)state;
    add(&array, TPS_STORE_ADMINISTRATOR, "alice",
        "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"http://127.0.0.1:9\",\"audience\":\"opentps\",\"subject\":"
        "\"alice\"}}",
        TPS_SPAN_EMPTY);
    table = build(&array, "acme", 0);
    assert_status(
        identify(table, bearer_of("{\"iss\":\"http://127.0.0.1:9\",\"sub\":\"alice\",\"aud\":\"opentps\","
                                  "\"exp\":1790000300}")),
        TPS_SERVER_ISSUER_AWAY);
    assert_int_equal(refusal.http_status, 503);
    assert_true(refusal.retry_after_s > 0);
    tps_access_table_free(table);
}

/* ---- certificates ---- */

static tps_span make_certificate(const char *name, uint8_t *room, size_t size, int64_t not_after)
{
    tps_x509_request request = {
        .common_name = name, .organization = "Example", .not_before = NOW - 10, .not_after = not_after};
    tps_crypto_key *own = test_key(1);

    assert_status(tps_x509_issue(&request, own, TPS_SPAN_EMPTY, own, (tps_buf){room, size}, &size), TPS_OK);
    tps_crypto_key_free(own);
    return tps_span_make(room, size);
}

static void a_certificate_is_known_by_its_key_or_its_subject(void **state)
{
    array_store array = {.count = 0};
    uint8_t room[2][1024];
    tps_span ops_der = make_certificate("ops", room[0], sizeof room[0], NOW + 1000);
    tps_span other = make_certificate("other", room[1], sizeof room[1], NOW + 1000);
    tps_x509_info info;
    char by_key[256];
    tps_access_table *table;
    int size;

    (void)state;
    assert_status(tps_x509_describe(ops_der, &info), TPS_OK);
    size = snprintf(by_key, sizeof by_key, "{\"scopes\":[\"audit\"],\"certificate\":{\"spki_sha256\":\"");
    for (size_t i = 0; i < 32; i++) {
        size += snprintf(by_key + size, sizeof by_key - (size_t)size, "%02x", info.spki_sha256[i]);
    }
    (void)snprintf(by_key + size, sizeof by_key - (size_t)size, "\"}}");
    add(&array, TPS_STORE_ADMINISTRATOR, "by-key", by_key, TPS_SPAN_EMPTY);
    add(&array, TPS_STORE_ADMINISTRATOR, "by-subject",
        "{\"scopes\":[\"read\"],\"certificate\":{\"subject\":\"CN=ops,O=Example\"}}", TPS_SPAN_EMPTY);
    table = build(&array, "acme", 0);
    assert_status(identify_at(table, NULL, ops_der, NOW), TPS_OK);
    assert_who("certificate", "by-key", TPS_SCOPE_AUDIT | TPS_SCOPE_READ);
    assert_status(identify_at(table, NULL, other, NOW), TPS_OK); /* the same key, another subject */
    assert_who("certificate", "by-key", TPS_SCOPE_AUDIT);
    assert_status(identify_at(table, NULL, ops_der, NOW + 1001), TPS_OK);
    assert_who("anybody", "", 0);
    assert_status(identify_at(table, NULL, TPS_SPAN_LITERAL("no DER"), NOW), TPS_OK);
    assert_who("anybody", "", 0);
    assert_status(identify_at(NULL, NULL, ops_der, NOW), TPS_OK);
    assert_who("anybody", "", 0);
    assert_status(identify_at(table, "Bearer x", ops_der, NOW),
                  TPS_SERVER_UNAUTHENTICATED); /* the field decides */
    tps_access_table_free(table);
}

/* ---- may they? ---- */

static void who_lacks_a_scope_is_told_which(void **state)
{
    tps_principal reader = {.kind = "token", .name = "r", .scopes = TPS_SCOPE_READ};
    tps_principal anybody = {.kind = "anybody"};

    (void)state;
    assert_status(tps_access_require(&anybody, 0, &refusal), TPS_OK);
    assert_status(tps_access_require(&reader, TPS_SCOPE_READ, &refusal), TPS_OK);
    for (uint32_t scope = TPS_SCOPE_ENDORSE; scope <= TPS_SCOPE_OPERATOR; scope <<= 1) {
        char expected[64];

        assert_status(tps_access_require(&reader, scope, &refusal), TPS_SERVER_FORBIDDEN);
        (void)snprintf(expected, sizeof expected, "scope=\"%s\"", tps_scope_name(scope));
        assert_refused(403, expected);
        assert_string_equal(refusal.detail, tps_scope_name(scope));
        assert_status(tps_access_require(&anybody, scope, &refusal), TPS_SERVER_NO_CREDENTIAL);
        assert_refused(401, "Basic realm=");
        assert_null(strstr(refusal.www_authenticate, "error"));
    }
}

static int set_up(void **state)
{
    (void)state;
    key = issuer_key_make("ES256", "k1");
    issuer_jwks(&key, 1, jwks, sizeof jwks);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    issuer_key_end(&key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_known_by_its_hash_with_its_name_and_scopes),
        cmocka_unit_test(a_token_is_taken_as_the_password_of_any_user),
        cmocka_unit_test(what_is_no_credential_of_ours_is_refused),
        cmocka_unit_test(items_that_cannot_be_used_count_for_nobody),
        cmocka_unit_test(administrators_are_read_strictly_and_written_as_they_were),
        cmocka_unit_test(token_attributes_come_back_as_they_were_written),
        cmocka_unit_test(a_token_of_an_issuer_has_the_scopes_of_all_entries_that_it_fits),
        cmocka_unit_test(a_token_by_a_key_that_is_not_the_issuers_is_refused),
        cmocka_unit_test(a_long_subject_is_cut_where_everybody_sees_it),
        cmocka_unit_test(until_keys_are_fetched_nobody_is_refused_for_good),
        cmocka_unit_test(a_certificate_is_known_by_its_key_or_its_subject),
        cmocka_unit_test(who_lacks_a_scope_is_told_which),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
