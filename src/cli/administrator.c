/* SPDX-License-Identifier: Apache-2.0 */
/* `tps administrator`: who may log in to a tenant by an identity provider or by a client certificate. */
#include "server/access/administrator.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/access.h"
#include "cli/cli.h"
#include "cli/open_store.h"
#include "crypto/x509.h"

#define FILE_MAX  262144u
#define WORDS_MAX 4u

static const char usage[] =
    "tps administrator add TENANT NAME --scopes SCOPES WHO --store STORE\n"
    "tps administrator list TENANT --store STORE\n"
    "tps administrator remove TENANT NAME --store STORE\n"
    "\n"
    "WHO is either whom an identity provider (OpenID Connect) vouches for:\n"
    "  --issuer URL             as the provider's tokens name it (iss)\n"
    "  --audience TEXT          whom its tokens must be for (aud)\n"
    "  --subject TEXT           one person or program (sub)\n"
    "  --claim NAME=VALUE       all whose token has this claim, or an array with it: groups=tps-admins. May be\n"
    "                           repeated: then all must fit. /a/b=VALUE looks into objects\n"
    "  --jwks-uri URL           where the provider's keys are; without it they are found by discovery\n"
    "  --jwks FILE              the keys themselves, which are never fetched\n"
    "or who holds the key of a TLS client certificate (tps help serve, --client-ca):\n"
    "  --certificate FILE.pem   this key\n"
    "  --certificate-subject S  whom the CA names so: \"CN=ops,O=Example\"\n"
    "\n"
    "SCOPES are those of tps help token. A server that is running on the same store takes changes within a\n"
    "second.\n";

static const cli_access_kind kind = {TPS_STORE_ADMINISTRATOR, "administrator", "tps administrator add"};

/* What the command line says beside words. */
typedef struct {
    const char *store, *scopes;
    const char *issuer, *audience, *subject, *jwks_uri, *jwks, *certificate, *certificate_subject;
    const char *claims[TPS_ADMINISTRATOR_CLAIMS_MAX];
    size_t claim_count;
} arguments;

/* ---- add: the attributes are written as JSON, and then read as the server reads them ---- */

static bool put_claim(json_writer *w, const char *text)
{
    const char *equals = strchr(text, '=');

    if (equals == NULL) {
        (void)cli_fail("give NAME=VALUE", "--claim cannot be \"%s\"", text);
        return false;
    }
    json_key_span(w, tps_span_make(text, (size_t)(equals - text)));
    json_text(w, equals + 1);
    return true;
}

static bool put_oidc(json_writer *w, const arguments *a, tps_span jwks)
{
    json_key(w, "oidc");
    json_begin_object(w);
    json_member_text_if_any(w, "issuer", tps_span_of_text(a->issuer));
    json_member_text_if_any(w, "audience", tps_span_of_text(a->audience));
    json_member_text_if_any(w, "subject", tps_span_of_text(a->subject));
    if (a->claim_count > 0) {
        json_key(w, "claims");
        json_begin_object(w);
        for (size_t i = 0; i < a->claim_count; i++) {
            if (!put_claim(w, a->claims[i])) {
                return false;
            }
        }
        json_end_object(w);
    }
    json_member_text_if_any(w, "jwks_uri", tps_span_of_text(a->jwks_uri));
    if (jwks.size > 0) {
        json_key(w, "jwks");
        json_raw(w, jwks);
    }
    json_end_object(w);
    return true;
}

/* The digest of the key in the first certificate of a PEM file. */
static bool read_certificate(const char *path, uint8_t spki_sha256[TPS_SHA256_SIZE])
{
    uint8_t room[16384];
    tps_span ders[TPS_X509_CHAIN_MAX];
    size_t count = TPS_X509_CHAIN_MAX;
    tps_x509_info info;
    tps_buf pem;
    tps_status status;

    if (!cli_read_file(path, FILE_MAX, &pem)) {
        return false;
    }
    status = tps_x509_from_pem(cli_span(pem), TPS_BUF_OF(room), ders, &count);
    free(pem.data);
    if (status == TPS_OK) {
        status = tps_x509_describe(ders[0], &info);
    }
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, NULL);
        return false;
    }
    memcpy(spki_sha256, info.spki_sha256, TPS_SHA256_SIZE);
    return true;
}

static bool put_certificate(json_writer *w, const arguments *a)
{
    uint8_t digest[TPS_SHA256_SIZE];

    json_key(w, "certificate");
    json_begin_object(w);
    if (a->certificate != NULL) {
        if (!read_certificate(a->certificate, digest)) {
            return false;
        }
        json_member_hex(w, "spki_sha256", TPS_SPAN_OF(digest));
    }
    json_member_text_if_any(w, "subject", tps_span_of_text(a->certificate_subject));
    json_end_object(w);
    return true;
}

static bool is_certificate(const arguments *a)
{
    return a->certificate != NULL || a->certificate_subject != NULL;
}

static bool is_oidc(const arguments *a)
{
    return a->issuer != NULL || a->audience != NULL || a->subject != NULL || a->jwks_uri != NULL ||
           a->jwks != NULL || a->claim_count > 0;
}

/* Writes what was given; true if the server would take it. */
static bool write_attributes(const arguments *a, uint32_t scopes, tps_span jwks, tps_buf room, tps_span *json)
{
    static tps_administrator read_back;
    json_writer w = json_writer_init(room);
    tps_error why = {TPS_OK, 0, NULL};
    tps_jwks *keys = NULL;
    tps_status status;
    size_t size = 0;

    json_begin_object(&w);
    json_key(&w, "scopes");
    tps_scopes_put(&w, scopes);
    if ((is_oidc(a) && !put_oidc(&w, a, jwks)) || (is_certificate(a) && !put_certificate(&w, a))) {
        return false;
    }
    json_end_object(&w);
    status = json_writer_finish(&w, &size);
    *json = tps_span_make(room.data, size);
    if (status == TPS_OK) {
        status = tps_administrator_read(*json, &read_back, &why);
    }
    if (status == TPS_OK && jwks.size > 0) {
        status = tps_jwks_read(jwks, &keys, &why);
        tps_jwks_release(keys);
    }
    if (status != TPS_OK) {
        (void)cli_fail_status("administrator", status, &why);
    }
    return status == TPS_OK;
}

static int add_item(tps_store *store, int64_t tenant, const char *name, const arguments *a, uint32_t scopes,
                    tps_span jwks)
{
    static uint8_t room[TPS_STORE_ATTRIBUTES_MAX];
    char text[TPS_SCOPES_TEXT_SIZE];
    tps_store_item item = {.kind = TPS_STORE_ADMINISTRATOR, .name = tps_span_of_text(name)};
    int code;

    if (!write_attributes(a, scopes, jwks, TPS_BUF_OF(room), &item.attributes)) {
        return CLI_FAILED;
    }
    code = cli_access_add(store, tenant, &kind, &item, tps_scopes_write(scopes, text));
    if (code == CLI_GOOD) {
        printf("made administrator %s with the scopes %s\n", name, text);
    }
    return code;
}

static int add(tps_store *store, const char *tenant, const char *name, const arguments *a)
{
    tps_buf jwks = {NULL, 0};
    uint32_t scopes;
    int64_t id;
    int code;

    if (!cli_access_name(name) || !cli_access_scopes(a->scopes, tenant, &scopes) ||
        !cli_access_tenant(store, tenant, &id)) {
        return CLI_FAILED;
    }
    if (is_oidc(a) == is_certificate(a)) {
        return cli_fail("give --issuer and what belongs to it, or --certificate; see tps help administrator",
                        "it is not clear who that is");
    }
    if (a->jwks != NULL && !cli_read_file(a->jwks, FILE_MAX, &jwks)) {
        return CLI_FAILED;
    }
    code = add_item(store, id, name, a, scopes, cli_span(jwks));
    free(jwks.data);
    return code;
}

/* ---- list ---- */

static void print_oidc(const tps_administrator *who)
{
    printf(" by %s for %s", who->oidc.issuer, who->oidc.audience);
    if (who->oidc.subject[0] != '\0') {
        printf(", sub %s", who->oidc.subject);
    }
    for (size_t i = 0; i < who->oidc.claim_count; i++) {
        printf(", %s=%s", who->oidc.claims[i].name, who->oidc.claims[i].value);
    }
}

static void print_certificate(const tps_administrator *who)
{
    printf(" by certificate");
    if (who->certificate.subject[0] != '\0') {
        printf(" of %s", who->certificate.subject);
    }
    if (who->certificate.has_spki) {
        printf(" with key ");
        for (size_t i = 0; i < 8; i++) {
            printf("%02x", (unsigned)who->certificate.spki_sha256[i]);
        }
        printf("...");
    }
}

static tps_status print_administrator(void *context, const tps_store_item *item)
{
    static tps_administrator who;
    char scopes[TPS_SCOPES_TEXT_SIZE];

    (void)context;
    printf("%-24.*s", (int)item->name.size, (const char *)item->name.data);
    if (tps_administrator_read(item->attributes, &who, NULL) != TPS_OK) {
        puts(" cannot be read, and counts for nobody");
        return TPS_OK;
    }
    printf(" %s", tps_scopes_write(who.scopes, scopes));
    if (who.is_oidc) {
        print_oidc(&who);
    } else {
        print_certificate(&who);
    }
    puts("");
    return TPS_OK;
}

/* ---- the subcommand ---- */

static bool is_understood(const char **words, size_t count)
{
    bool good = count > 0 && ((strcmp(words[0], "add") == 0 && count == 3) ||
                              (strcmp(words[0], "list") == 0 && count == 2) ||
                              (strcmp(words[0], "remove") == 0 && count == 3));

    if (!good) {
        (void)cli_fail("tps administrator add|remove TENANT NAME, or list TENANT; see tps help administrator",
                       "administrator needs to know what to do");
    }
    return good;
}

static int dispatch(tps_store *store, const char **words, const arguments *a)
{
    int64_t id;

    if (strcmp(words[0], "add") == 0) {
        return add(store, words[1], words[2], a);
    }
    if (!cli_access_tenant(store, words[1], &id)) {
        return CLI_FAILED;
    }
    if (strcmp(words[0], "list") == 0) {
        return cli_access_list(store, id, &kind, words[1], print_administrator);
    }
    return cli_access_remove(store, id, &kind, words[2]);
}

static int run(int argc, char **argv)
{
    arguments a = {NULL};
    const cli_option options[] = {
        {.name = "--store", .value = &a.store},
        {.name = "--scopes", .value = &a.scopes},
        {.name = "--issuer", .value = &a.issuer},
        {.name = "--audience", .value = &a.audience},
        {.name = "--subject", .value = &a.subject},
        {.name = "--claim",
         .values = a.claims,
         .capacity = TPS_ADMINISTRATOR_CLAIMS_MAX,
         .count = &a.claim_count},
        {.name = "--jwks-uri", .value = &a.jwks_uri},
        {.name = "--jwks", .value = &a.jwks},
        {.name = "--certificate", .value = &a.certificate},
        {.name = "--certificate-subject", .value = &a.certificate_subject},
    };
    const char *words[WORDS_MAX];
    size_t count = WORDS_MAX;
    tps_store *store;
    int code;

    if (!cli_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), words, &count) ||
        !is_understood(words, count)) {
        return CLI_FAILED;
    }
    store = cli_open_store(a.store, false);
    if (store == NULL) {
        return CLI_FAILED;
    }
    code = dispatch(store, words, &a);
    store->ops->close(store);
    return code;
}

const cli_subcommand cli_administrator = {"administrator", "say who may log in, and how", usage, run};
