/* SPDX-License-Identifier: Apache-2.0 */
/* From what a request brought to who asks, by what the tenant has. */
#include "server/access/principal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "server/access/secret_text.h"
#include "server/access/table.h"
#include "tps/secret.h"

#define REALM         "Bearer realm=\"opentps\""
#define RETRY_AFTER_S 2u

/* A user's name and a token behind it. */
#define BASIC_MAX 384u

static tps_status refuse(tps_refusal *refusal, unsigned http_status, tps_status status, const char *detail)
{
    *refusal = (tps_refusal){.http_status = http_status, .status = status, .detail = detail};
    if (http_status == 400) {
        refusal->www_authenticate = REALM ", error=\"invalid_request\"";
    } else if (http_status == 401) {
        refusal->www_authenticate = status == TPS_SERVER_NO_CREDENTIAL ? REALM
                                        ", Basic realm=\"opentps\", charset=\"UTF-8\""
                                                                       : REALM ", error=\"invalid_token\"";
    } else if (http_status == 503) {
        refusal->retry_after_s = RETRY_AFTER_S;
    }
    return status;
}

/* What is said of a person is shown in logs: printable, and marked where it is cut. */
static void set_name(tps_principal *who, const char *entry, tps_span subject)
{
    size_t room = sizeof who->name - 1;
    size_t size = strlen(entry); /* at most TPS_STORE_ITEM_NAME_MAX */

    memcpy(who->name, entry, size);
    if (subject.size > 0) {
        who->name[size++] = '/';
    }
    for (size_t i = 0; i < subject.size && size < room; i++) {
        uint8_t c = subject.data[i];
        who->name[size++] = (char)(c > ' ' && c <= '~' ? c : '?');
    }
    if (size == room) {
        memcpy(who->name + room - 3, "...", 3);
    }
    who->name[size] = '\0';
}

static void set_kind(tps_principal *who, const char *kind)
{
    (void)snprintf(who->kind, sizeof who->kind, "%s", kind);
}

/* ---- API tokens ---- */

static tps_status identify_token(const tps_access_table *table, tps_span text, int64_t now,
                                 tps_principal *who, tps_refusal *refusal)
{
    uint8_t sha256[TPS_SHA256_SIZE];
    const tps_token_entry *entry = NULL;
    tps_status status = tps_token_read(text, sha256);

    if (status == TPS_OK && table != NULL) {
        entry = tps_token_table_find(&table->tokens, sha256);
    }
    tps_wipe(sha256, sizeof sha256);
    if (status != TPS_OK && status != TPS_SERVER_UNAUTHENTICATED) {
        return refuse(refusal, 503, status, NULL);
    }
    if (entry == NULL) {
        return refuse(refusal, 401, TPS_SERVER_UNAUTHENTICATED, NULL);
    }
    if (now >= entry->expires) {
        return refuse(refusal, 401, TPS_SERVER_CREDENTIAL_EXPIRED, NULL);
    }
    set_kind(who, "token");
    set_name(who, table->token_names[entry->name], TPS_SPAN_EMPTY);
    who->scopes = entry->scopes;
    return TPS_OK;
}

/* The password of `Basic`, which is a token; whatever the user is called. */
static tps_status identify_basic(const tps_access_table *table, tps_span text, int64_t now,
                                 tps_principal *who, tps_refusal *refusal)
{
    uint8_t plain[BASIC_MAX];
    size_t size = 0;
    size_t colon = 0;
    tps_status status;

    if (!secret_text_read(text, TPS_BUF_OF(plain), &size)) {
        tps_wipe(plain, sizeof plain);
        return refuse(refusal, 400, TPS_SERVER_BAD_CREDENTIAL, NULL);
    }
    while (colon < size && plain[colon] != ':') {
        colon++;
    }
    if (colon == size) {
        status = refuse(refusal, 400, TPS_SERVER_BAD_CREDENTIAL, NULL);
    } else {
        status = identify_token(table, tps_span_make(plain + colon + 1, size - colon - 1), now, who, refusal);
    }
    tps_wipe(plain, sizeof plain);
    return status;
}

/* ---- tokens of identity providers ---- */

/* One token on its way along the entries. */
typedef struct {
    tps_jwt jwt;
    int64_t now;
    const tps_access_administrator *asked; /* the entry whose keys were asked last, and what they said */
    tps_status verdict;
    const char *verdict_detail;
    tps_refusal worst; /* of the entries that it did not fit, what is told */
} judging;

/* Whether newer keys may help is worth more than what is wrong with this one, and so on. */
static unsigned rank_of(const tps_refusal *refusal)
{
    return refusal->http_status == 503                            ? 3
           : refusal->status == TPS_SERVER_CREDENTIAL_EXPIRED     ? 2
           : refusal->detail != NULL && refusal->http_status != 0 ? 1
                                                                  : 0;
}

static void note(judging *j, unsigned http_status, tps_status status, const char *detail)
{
    tps_refusal refusal;

    (void)refuse(&refusal, http_status, status, detail);
    if (j->worst.http_status == 0 || rank_of(&refusal) > rank_of(&j->worst)) {
        j->worst = refusal;
    }
}

/* What the keys of this entry say. */
static tps_status verify(judging *j, const tps_access_administrator *entry, const char **detail)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_jwks *keys = NULL;
    tps_status status = TPS_OK;

    if (entry->keys != NULL) {
        keys = tps_jwks_retain(entry->keys);
    } else {
        status = tps_key_source_keys(entry->source, &keys);
    }
    if (status == TPS_OK) {
        status = tps_jwt_verify(&j->jwt, keys, &why);
    }
    tps_jwks_release(keys);
    if (status == TPS_COSE_NO_KEY) {
        bool is_coming = entry->source != NULL && tps_key_source_demand(entry->source);
        status = is_coming ? TPS_SERVER_ISSUER_AWAY : TPS_SERVER_TOKEN_REFUSED;
    }
    *detail = why.detail;
    return status;
}

/* Entries that share a source stand together: it is asked once. */
static tps_status ask_keys(judging *j, const tps_access_administrator *entry, const char **detail)
{
    if (j->asked == NULL || entry->source == NULL || j->asked->source != entry->source) {
        j->verdict = verify(j, entry, &j->verdict_detail);
        j->asked = entry;
    }
    *detail = j->verdict_detail;
    return j->verdict;
}

/* Whether the token is one of this administrator's; notes why not. */
static bool fits(judging *j, const tps_access_administrator *entry)
{
    tps_error why = {TPS_OK, 0, NULL};
    const char *detail = NULL;
    tps_status status = ask_keys(j, entry, &detail);

    if (status != TPS_OK) {
        note(j, status == TPS_SERVER_TOKEN_REFUSED ? 401 : 503, status, detail);
        return false;
    }
    status = tps_jwt_check(&j->jwt, tps_span_of_text(entry->attributes.oidc.issuer),
                           tps_span_of_text(entry->attributes.oidc.audience), j->now, &why);
    if (status != TPS_OK) {
        note(j, 401, status, why.detail);
        return false;
    }
    detail = tps_administrator_misfit_of_token(&entry->attributes, &j->jwt);
    if (detail != NULL) {
        note(j, 401, TPS_SERVER_TOKEN_REFUSED, detail);
    }
    return detail == NULL;
}

static tps_status judge(const tps_access_table *table, judging *j, tps_principal *who, tps_refusal *refusal)
{
    for (size_t i = 0; table != NULL && i < table->administrator_count; i++) {
        const tps_access_administrator *entry = &table->administrators[i];

        if (!entry->attributes.is_oidc || !tps_span_is_text(j->jwt.issuer, entry->attributes.oidc.issuer) ||
            !fits(j, entry)) {
            continue;
        }
        if (who->scopes == 0) {
            set_kind(who, "oidc");
            set_name(who, entry->name, j->jwt.subject);
        }
        who->scopes |= entry->attributes.scopes;
    }
    if (who->scopes != 0) {
        return TPS_OK;
    }
    if (j->worst.http_status == 0) {
        note(j, 401, TPS_SERVER_TOKEN_REFUSED, "iss");
    }
    *refusal = j->worst;
    return refusal->status;
}

static tps_status identify_jwt(const tps_access_table *table, tps_span text, int64_t now, tps_principal *who,
                               tps_refusal *refusal)
{
    tps_error why = {TPS_OK, 0, NULL};
    judging *j = malloc(sizeof *j);
    tps_status status;

    if (j == NULL) {
        return refuse(refusal, 503, TPS_OUT_OF_MEMORY, NULL);
    }
    j->now = now;
    j->asked = NULL;
    j->worst.http_status = 0;
    status = tps_jwt_read(text, &j->jwt, &why);
    status = status == TPS_OK ? judge(table, j, who, refusal) : refuse(refusal, 401, status, why.detail);
    tps_wipe(j, sizeof *j);
    free(j);
    return status;
}

/* ---- certificates ---- */

static void identify_certificate(const tps_access_table *table, tps_span der, int64_t now, tps_principal *who)
{
    tps_certificate certificate;

    if (table == NULL || der.size == 0 || tps_certificate_read(der, now, &certificate) != TPS_OK) {
        return;
    }
    for (size_t i = 0; i < table->administrator_count; i++) {
        const tps_access_administrator *entry = &table->administrators[i];

        if (!tps_administrator_fits_certificate(&entry->attributes, &certificate)) {
            continue;
        }
        if (who->scopes == 0) {
            set_kind(who, "certificate");
            set_name(who, entry->name, TPS_SPAN_EMPTY);
        }
        who->scopes |= entry->attributes.scopes;
    }
}

/* ---- the field Authorization ---- */

/* Takes the scheme off the front, with the spaces behind it (RFC 9110, 11.4). */
static bool take_scheme(tps_span *field, const char *scheme)
{
    size_t size = strlen(scheme);

    if (field->size <= size || strncasecmp((const char *)field->data, scheme, size) != 0 ||
        field->data[size] != ' ') {
        return false;
    }
    while (size < field->size && field->data[size] == ' ') {
        size++;
    }
    *field = tps_span_make(field->data + size, field->size - size);
    return true;
}

static tps_status identify_field(const tps_access_table *table, const tps_credentials *credentials,
                                 tps_principal *who, tps_refusal *refusal)
{
    tps_span rest = credentials->authorization;

    if (take_scheme(&rest, "Basic")) {
        return identify_basic(table, rest, credentials->now, who, refusal);
    }
    if (!take_scheme(&rest, "Bearer")) {
        return refuse(refusal, 401, TPS_SERVER_BAD_CREDENTIAL, NULL);
    }
    if (tps_token_is_meant(rest)) {
        return identify_token(table, rest, credentials->now, who, refusal);
    }
    if (tps_jwt_is_meant(rest)) {
        return identify_jwt(table, rest, credentials->now, who, refusal);
    }
    return refuse(refusal, 401, TPS_SERVER_UNAUTHENTICATED, NULL);
}

tps_status tps_access_identify(const tps_access_table *table, const tps_credentials *credentials,
                               tps_principal *who, tps_refusal *refusal)
{
    tps_principal found = {.kind = "anybody"};

    *refusal = (tps_refusal){.http_status = 0};
    if (credentials->has_authorization) {
        TPS_TRY(identify_field(table, credentials, &found, refusal));
    } else {
        identify_certificate(table, credentials->certificate, credentials->now, &found);
    }
    *who = found;
    return TPS_OK;
}

/* ---- may they? ---- */

/* RFC 6750, 3.1, has the scope that is needed in the challenge. */
static const char *challenge_of(uint32_t scope)
{
#define CHALLENGE(name) REALM ", error=\"insufficient_scope\", scope=\"" name "\""
    switch (scope) {
    case TPS_SCOPE_READ: return CHALLENGE("read");
    case TPS_SCOPE_ENDORSE: return CHALLENGE("endorse");
    case TPS_SCOPE_POLICY: return CHALLENGE("policy");
    case TPS_SCOPE_TRUST: return CHALLENGE("trust");
    case TPS_SCOPE_KEYS: return CHALLENGE("keys");
    case TPS_SCOPE_ADMIN: return CHALLENGE("admin");
    case TPS_SCOPE_APPRAISE: return CHALLENGE("appraise");
    case TPS_SCOPE_AUDIT: return CHALLENGE("audit");
    default: return CHALLENGE("operator");
    }
}

tps_status tps_access_require(const tps_principal *who, uint32_t scope, tps_refusal *refusal)
{
    *refusal = (tps_refusal){.http_status = 0};
    if (scope == 0 || (who->scopes & scope) == scope) {
        return TPS_OK;
    }
    if (who->scopes == 0) {
        return refuse(refusal, 401, TPS_SERVER_NO_CREDENTIAL, NULL);
    }
    (void)refuse(refusal, 403, TPS_SERVER_FORBIDDEN, tps_scope_name(scope));
    refusal->www_authenticate = challenge_of(scope);
    return refusal->status;
}
