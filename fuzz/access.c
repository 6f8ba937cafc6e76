/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what access/ reads of strangers and of the store: the field Authorization against a table with a
 * token and an issuer, by which nobody must come in; bearer tokens with good form and any contents; key sets;
 * attributes, which come back as they were read. */
#include <stdlib.h>

#include "server/access/administrator.h"
#include "server/access/principal.h"
#include "server/access/rate_limit.h"
#include "tps/base64.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* ---- a table ---- */

#define ISSUER                                                                                                  \
    "{\"scopes\":[\"admin\"],\"oidc\":{\"issuer\":\"https://i\",\"audience\":\"a\",\"subject\":\"s\",\"jwks\":" \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":"                                      \
    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}}}"

static tps_status each_item(tps_store *store, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    static const uint8_t sha256[32] = {1};
    bool is_token = kind == TPS_STORE_TOKEN;
    tps_store_item item = {.kind = kind,
                           .name = TPS_SPAN_LITERAL("n"),
                           .attributes = is_token ? TPS_SPAN_LITERAL("{\"scopes\":[\"admin\"]}")
                                                  : TPS_SPAN_LITERAL(ISSUER),
                           .body = is_token ? TPS_SPAN_OF(sha256) : TPS_SPAN_EMPTY};

    (void)store;
    (void)tenant;
    (void)after;
    (void)limit;
    (void)with_bodies;
    return visit(context, &item);
}

static const tps_access_table *fixed_table(void)
{
    static const tps_store_ops ops = {.each_item = each_item};
    static tps_store store = {&ops};
    static tps_access_table *table;

    if (table == NULL) {
        require(tps_access_table_build(&store, 1, "default", &table) == TPS_OK);
    }
    return table;
}

static void nobody_comes_in(tps_span field)
{
    tps_credentials brought = {.has_authorization = true, .authorization = field, .now = 1790000000};
    tps_principal who;
    tps_refusal refusal;

    require(tps_access_identify(fixed_table(), &brought, &who, &refusal) == refusal.status);
    require(refusal.status != TPS_OK && refusal.http_status >= 400);
}

/* ---- each reader ---- */

/* header, a zero, claims: as a token whose signature is zeros. */
static void token(tps_span input)
{
    static tps_jwt jwt;
    char text[8 + 8192] = "Bearer ";
    const uint8_t *zero = memchr(input.data, 0, input.size);
    tps_span header = tps_span_make(input.data, zero == NULL ? input.size : (size_t)(zero - input.data));
    tps_span claims = tps_span_make(input.data + header.size, input.size - header.size);
    size_t size = 7;

    if (input.size > 4096 || zero == NULL) {
        return;
    }
    claims = tps_span_make(claims.data + 1, claims.size - 1);
    size += tps_base64url_write(header, text + size);
    text[size++] = '.';
    size += tps_base64url_write(claims, text + size);
    memcpy(text + size, ".AAAA", 5);
    size += 5;
    nobody_comes_in(tps_span_make(text, size));
    if (tps_jwt_read(tps_span_make(text + 7, size - 7), &jwt, NULL) == TPS_OK) {
        (void)tps_jwt_check(&jwt, jwt.issuer, TPS_SPAN_LITERAL("a"), 1790000000, NULL);
        (void)tps_jwt_has(&jwt, TPS_SPAN_LITERAL("/a/b~1c"), TPS_SPAN_LITERAL("d"));
        (void)tps_jwt_has(&jwt, TPS_SPAN_LITERAL("groups"), jwt.subject);
    }
}

static void administrator(tps_span input)
{
    static tps_administrator first;
    static tps_administrator second;
    static uint8_t json[2][131072];
    size_t size[2];

    if (tps_administrator_read(input, &first, NULL) != TPS_OK) {
        return;
    }
    require(tps_administrator_write(&first, TPS_BUF_OF(json[0]), &size[0]) == TPS_OK);
    require(tps_administrator_read(tps_span_make(json[0], size[0]), &second, NULL) == TPS_OK);
    require(tps_administrator_write(&second, TPS_BUF_OF(json[1]), &size[1]) == TPS_OK);
    require(size[0] == size[1] && memcmp(json[0], json[1], size[0]) == 0);
}

static void token_attributes(tps_span input)
{
    tps_token_attributes first;
    tps_token_attributes second;
    uint8_t json[256];
    size_t size;

    if (tps_token_attributes_read(input, &first, NULL) == TPS_OK) {
        require(tps_token_attributes_write(&first, TPS_BUF_OF(json), &size) == TPS_OK);
        require(tps_token_attributes_read(tps_span_make(json, size), &second, NULL) == TPS_OK);
        require(first.scopes == second.scopes && first.expires == second.expires);
    }
}

static void key_set(tps_span input)
{
    static const char *const algs[] = {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "none"};
    tps_jwks *set;

    if (tps_jwks_read(input, &set, NULL) == TPS_OK) {
        for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
            uint8_t signature[64] = {0};

            (void)tps_jwks_verify(set, tps_span_of_text(algs[i]), TPS_SPAN_LITERAL("k"), TPS_SPAN_EMPTY,
                                  TPS_SPAN_OF(signature));
        }
        tps_jwks_release(set);
    }
}

static void texts(tps_span input)
{
    char address[128];
    tps_rate_client client;
    uint32_t scopes;

    (void)tps_scopes_read(input, &scopes);
    if (input.size < sizeof address) {
        memcpy(address, input.data, input.size);
        address[input.size] = '\0';
        (void)tps_rate_client_read(address, &client);
        (void)tps_keys_url_is_allowed(address);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(tps_span) = {nobody_comes_in,  token,   administrator,
                                                token_attributes, key_set, texts};

    if (size > 1) {
        readers[data[0] % (sizeof readers / sizeof readers[0])](tps_span_make(data + 1, size - 1));
    }
    return 0;
}
