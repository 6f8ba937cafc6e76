/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of what an entry may say, of how many there may be, and of who may give what; certificates at their
 * edges. unit.access_principal has what entries mean. */
#include "server/access/administrator.h"

#include "crypto/x509.h"
#include "server/access/table.h"
#include "support/check.h"
#include "support/keys.h"

#define NOW 1790000000

static tps_administrator found;

static tps_status read_text(const char *json)
{
    return tps_administrator_read(tps_span_of_text(json), &found, NULL);
}

/* An entry whose member has a text of this many characters. */
static tps_status read_long(const char *before, size_t size, const char *after)
{
    static char json[4096];
    size_t length = strlen(before);

    strcpy(json, before);
    memset(json + length, 'x', size);
    strcpy(json + length + size, after);
    return read_text(json);
}

static void texts_have_their_limits(void **state)
{
#define OIDC "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"https://a.example\","
    (void)state;
    assert_status(read_long(OIDC "\"subject\":\"s\",\"audience\":\"", 255, "\"}}"), TPS_OK);
    assert_status(read_long(OIDC "\"subject\":\"s\",\"audience\":\"", 256, "\"}}"), TPS_SERVER_BAD_ACCESS);
    assert_status(read_long(OIDC "\"subject\":\"s\",\"audience\":\"", 600, "\"}}"), TPS_SERVER_BAD_ACCESS);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"subject\":\"", 255, "\"}}"), TPS_OK);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"subject\":\"", 256, "\"}}"), TPS_SERVER_BAD_ACCESS);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"claims\":{\"", 255, "\":\"v\"}}}"), TPS_OK);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"claims\":{\"", 256, "\":\"v\"}}}"),
                  TPS_SERVER_BAD_ACCESS);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"claims\":{\"n\":\"", 256, "\"}}}"),
                  TPS_SERVER_BAD_ACCESS);
    assert_status(read_long(OIDC "\"audience\":\"a\",\"subject\":\"s\",\"jwks_uri\":\"https://a.example/",
                            TPS_KEYS_URL_MAX, "\"}}"),
                  TPS_SERVER_BAD_ACCESS);
    assert_status(read_long("{\"scopes\":[\"read\"],\"certificate\":{\"subject\":\"", 254, "\"}}"), TPS_OK);
    assert_status(read_long("{\"scopes\":[\"read\"],\"certificate\":{\"subject\":\"", 255, "\"}}"),
                  TPS_SERVER_BAD_ACCESS);
    assert_status(read_text(OIDC "\"audience\":\"a\\u007f\",\"subject\":\"s\"}}"), TPS_SERVER_BAD_ACCESS);
    assert_status(read_text(OIDC "\"audience\":\"a\\n\",\"subject\":\"s\"}}"), TPS_SERVER_BAD_ACCESS);
    assert_status(read_text(OIDC "\"audience\":\"\\u0061\",\"claims\":{\"\\u0062\":\"c\"}}}"), TPS_OK);
    assert_string_equal(found.oidc.audience, "a");
    assert_string_equal(found.oidc.claims[0].name, "b");
    assert_status(read_text(OIDC "\"audience\":\"a\",\"claims\":{\"b\\u0000\":\"c\"}}}"),
                  TPS_SERVER_BAD_ACCESS);
}

static void eight_claims_are_taken_and_nine_are_not(void **state)
{
    char json[1024];

    (void)state;
    for (int count = 8; count <= 9; count++) {
        strcpy(json, OIDC "\"audience\":\"a\",\"claims\":{");
        for (int i = 0; i < count; i++) {
            (void)snprintf(json + strlen(json), 32, "%s\"n%d\":\"v\"", i == 0 ? "" : ",", i);
        }
        strcat(json, "}}}");
        assert_status(read_text(json), count == 8 ? TPS_OK : TPS_SERVER_BAD_ACCESS);
    }
}

static void members_of_a_wrong_type_are_refused(void **state)
{
    static const char *const bad[] = {
        "{\"scopes\":[\"read\"],\"oidc\":[]}",
        "{\"scopes\":[\"read\"],\"oidc\":null}",
        "{\"scopes\":[\"read\"],\"certificate\":\"x\"}",
        "{\"scopes\":\"read\",\"certificate\":{\"subject\":\"CN=a\"}}",
        "{\"scopes\":[\"read\"],\"certificate\":{\"subject\":7}}",
        "{\"scopes\":[\"read\"],\"certificate\":{\"spki_sha256\":7}}",
        "{\"scopes\":[\"read\"],\"certificate\":{\"spki_sha256\":\"\\u0030\"}}",
        OIDC "\"audience\":7,\"subject\":\"s\"}}",
        OIDC "\"audience\":\"a\",\"claims\":[]}}",
        OIDC "\"audience\":\"a\",\"subject\":\"s\",\"jwks_uri\":7}}",
        OIDC "\"audience\":\"a\",\"subject\":\"s\",\"jwks\":7}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(read_text(bad[i]), TPS_SERVER_BAD_ACCESS);
    }
}

static void names_stand_in_a_path_as_they_are(void **state)
{
    char name[TPS_ACCESS_NAME_MAX + 1];

    (void)state;
    memset(name, 'n', sizeof name);
    assert_true(tps_access_name_is_valid(tps_span_make(name, TPS_ACCESS_NAME_MAX)));
    assert_false(tps_access_name_is_valid(tps_span_make(name, TPS_ACCESS_NAME_MAX + 1)));
    assert_false(tps_access_name_is_valid(TPS_SPAN_EMPTY));
    assert_false(tps_access_name_is_valid(TPS_SPAN_LITERAL(".a")));
    for (unsigned c = 0; c < 256; c++) {
        uint8_t text[2] = {'a', (uint8_t)c};

        assert_int_equal(
            tps_access_name_is_valid(TPS_SPAN_OF(text)),
            c != 0 &&
                strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", (int)c) != NULL);
    }
}

static void operator_is_given_by_who_has_it_in_the_default_tenant(void **state)
{
    tps_principal admin = {.scopes = TPS_SCOPE_ADMIN};
    tps_principal operator_too = {.scopes = TPS_SCOPE_ADMIN | TPS_SCOPE_OPERATOR};

    (void)state;
    assert_status(tps_access_may_give(&admin, "default", TPS_SCOPES_OF_TENANT, NULL), TPS_OK);
    assert_status(tps_access_may_give(&admin, "acme", TPS_SCOPES_OF_TENANT, NULL), TPS_OK);
    assert_status(tps_access_may_give(&admin, "default", TPS_SCOPES_ALL, NULL), TPS_SERVER_FORBIDDEN);
    assert_status(tps_access_may_give(&operator_too, "default", TPS_SCOPES_ALL, NULL), TPS_OK);
    assert_status(tps_access_may_give(&operator_too, "acme", TPS_SCOPE_OPERATOR, NULL),
                  TPS_SERVER_BAD_ACCESS);
}

/* ---- certificates ---- */

static tps_span certificate_of(const char *name, const char *organization, uint8_t room[1024])
{
    tps_x509_request request = {
        .common_name = name, .organization = organization, .not_before = NOW, .not_after = NOW + 100};
    tps_crypto_key *own = test_key(1);
    size_t size;

    assert_status(tps_x509_issue(&request, own, TPS_SPAN_EMPTY, own, (tps_buf){room, 1024}, &size), TPS_OK);
    tps_crypto_key_free(own);
    return tps_span_make(room, size);
}

static void a_certificate_counts_from_its_first_to_its_last_second(void **state)
{
    uint8_t room[1024];
    tps_span der = certificate_of("ops", "Example", room);
    tps_certificate read;

    (void)state;
    assert_status(tps_certificate_read(der, NOW - 1, &read), TPS_SERVER_CREDENTIAL_EXPIRED);
    assert_status(tps_certificate_read(der, NOW, &read), TPS_OK);
    assert_string_equal(read.subject, "CN=ops,O=Example");
    assert_status(tps_certificate_read(der, NOW + 100, &read), TPS_OK);
    assert_status(tps_certificate_read(der, NOW + 101, &read), TPS_SERVER_CREDENTIAL_EXPIRED);
    for (size_t size = 0; size < der.size; size += 7) {
        assert_status(tps_certificate_read(tps_span_make(der.data, size), NOW, &read),
                      TPS_CRYPTO_BAD_CERTIFICATE);
    }
}

/* Characters that are escaped take three places each: what is too long to be compared is nobody's subject. */
static void a_subject_that_may_be_cut_is_nobodys(void **state)
{
    char name[65];
    uint8_t room[1024];
    tps_certificate read;

    (void)state;
    memset(name, 0x01, 64);
    name[64] = '\0';
    assert_status(tps_certificate_read(certificate_of(name, name, room), NOW, &read), TPS_OK);
    assert_string_equal(read.subject, "");
    assert_status(read_text("{\"scopes\":[\"read\"],\"certificate\":{\"subject\":\"CN=a\"}}"), TPS_OK);
    assert_false(tps_administrator_fits_certificate(&found, &read));
}

static void key_and_subject_must_both_fit_where_both_are_said(void **state)
{
    uint8_t room[1024];
    tps_certificate read;

    (void)state;
    assert_status(tps_certificate_read(certificate_of("ops", "Example", room), NOW, &read), TPS_OK);
    found =
        (tps_administrator){.scopes = 1, .certificate = {.has_spki = true, .subject = "CN=ops,O=Example"}};
    assert_false(tps_administrator_fits_certificate(&found, &read));
    memcpy(found.certificate.spki_sha256, read.spki_sha256, TPS_SHA256_SIZE);
    assert_true(tps_administrator_fits_certificate(&found, &read));
    strcpy(found.certificate.subject, "CN=ops,O=Other");
    assert_false(tps_administrator_fits_certificate(&found, &read));
    found.certificate.subject[0] = '\0';
    assert_true(tps_administrator_fits_certificate(&found, &read));
    found.is_oidc = true;
    assert_false(tps_administrator_fits_certificate(&found, &read));
}

/* ---- how many ---- */

typedef struct {
    tps_store store;
    size_t count;
    size_t issuers; /* that keys are fetched from; 0: certificates */
} many;

static tps_status each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    const many *m = (const many *)store;

    (void)tenant;
    (void)after;
    (void)limit;
    (void)with_bodies;
    for (size_t i = 0; kind == TPS_STORE_ADMINISTRATOR && i < m->count; i++) {
        char json[256];
        tps_store_item item = {
            .kind = kind, .name = TPS_SPAN_LITERAL("a"), .attributes = {(uint8_t *)json, 0}};

        item.attributes.size = (size_t)snprintf(
            json, sizeof json,
            m->issuers > 0
                ? "{\"scopes\":[\"read\"],\"oidc\":{\"issuer\":\"http://127.0.0.1:9/%zu\",\"audience\":\"a\",\"subject\":\"s\"}}"
                : "{\"scopes\":[\"read\"],\"certificate\":{\"subject\":\"CN=%zu\"}}",
            m->issuers > 0 ? i % m->issuers : i);
        TPS_TRY(visit(context, &item));
    }
    return TPS_OK;
}

static size_t faults_of(size_t count, size_t issuers)
{
    static const tps_store_ops ops = {.each_item = each_item};
    many m = {{&ops}, count, issuers};
    tps_access_table *table;
    const char *name;
    const char *detail;
    tps_status status;
    size_t faults;

    assert_status(tps_access_table_build(&m.store, 1, "acme", &table), TPS_OK);
    faults = tps_access_table_fault(table, &name, &status, &detail);
    assert_status(status, faults == 0 ? TPS_OK : TPS_TOO_LARGE);
    tps_access_table_free(table);
    return faults;
}

static void a_tenant_has_so_many_administrators_and_sources_of_keys(void **state)
{
    (void)state;
    assert_int_equal(faults_of(TPS_ACCESS_ADMINISTRATORS_MAX, 0), 0);
    assert_int_equal(faults_of(TPS_ACCESS_ADMINISTRATORS_MAX + 2, 0), 2);
    assert_int_equal(faults_of(100, TPS_ACCESS_SOURCES_MAX), 0);
    assert_int_equal(faults_of(TPS_ACCESS_SOURCES_MAX + 3, 100), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_have_their_limits),
        cmocka_unit_test(eight_claims_are_taken_and_nine_are_not),
        cmocka_unit_test(members_of_a_wrong_type_are_refused),
        cmocka_unit_test(names_stand_in_a_path_as_they_are),
        cmocka_unit_test(operator_is_given_by_who_has_it_in_the_default_tenant),
        cmocka_unit_test(a_certificate_counts_from_its_first_to_its_last_second),
        cmocka_unit_test(a_subject_that_may_be_cut_is_nobodys),
        cmocka_unit_test(key_and_subject_must_both_fit_where_both_are_said),
        cmocka_unit_test(a_tenant_has_so_many_administrators_and_sources_of_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
