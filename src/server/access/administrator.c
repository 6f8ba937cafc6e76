/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of tokens and administrators: read strictly, written, and held against who comes. */
#include "server/access/administrator.h"

#include "server/access/token.h"
#include "tps/secret.h"

static const json_limits limits = {.size = 65536, .depth = 16, .entries = 512};

/* What is being read, and the member that is at fault if it fails. */
typedef struct {
    json_reader r;
    const char *member;
} reading;

static void spoil(reading *now)
{
    json_fail(&now->r, TPS_SERVER_BAD_ACCESS);
}

static tps_status begin(reading *now, tps_span json, tps_error *why)
{
    TPS_TRY(json_check(json, &limits, why));
    *now = (reading){.r = json_reader_init(json), .member = "no object"};
    return TPS_OK;
}

static tps_status finish(reading *now, bool is_whole, tps_error *why)
{
    tps_status status = json_reader_finish(&now->r);

    if (status == TPS_SERVER_UNKNOWN_SCOPE) {
        return tps_fail(why, status, json_offset(&now->r), "scopes");
    }
    return status == TPS_OK && is_whole
               ? TPS_OK
               : tps_fail(why, TPS_SERVER_BAD_ACCESS, json_offset(&now->r), now->member);
}

/* ---- texts ---- */

/* A text of 1 to `max` bytes without control characters. */
static void read_text(reading *now, char *out, size_t max)
{
    uint8_t space[TPS_KEYS_URL_MAX];
    tps_buf room = TPS_BUF_OF(space);
    tps_span text = json_get_text(&now->r, &room);

    if (now->r.status != TPS_OK || text.size == 0 || text.size > max) {
        spoil(now);
        return;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] == 0x7f) {
            spoil(now);
            return;
        }
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static void read_url(reading *now, char out[TPS_KEYS_URL_MAX + 1])
{
    read_text(now, out, TPS_KEYS_URL_MAX);
    if (now->r.status == TPS_OK && !tps_keys_url_is_allowed(out)) {
        spoil(now);
    }
}

bool tps_access_name_is_valid(tps_span name)
{
    if (name.size == 0 || name.size > TPS_ACCESS_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '.' || c == '_' || c == '~')) {
            return false;
        }
    }
    return name.data[0] != '.'; /* neither . nor .. are segments of a path */
}

tps_status tps_access_may_give(const tps_principal *who, const char *tenant, uint32_t scopes, tps_error *why)
{
    if ((scopes & TPS_SCOPE_OPERATOR) == 0) {
        return TPS_OK;
    }
    if (strcmp(tenant, TPS_STORE_DEFAULT_TENANT) != 0) {
        return tps_fail(why, TPS_SERVER_BAD_ACCESS, 0, "operator is for the default tenant");
    }
    return (who->scopes & TPS_SCOPE_OPERATOR) != 0
               ? TPS_OK
               : tps_fail(why, TPS_SERVER_FORBIDDEN, 0, "operator is given by who has it");
}

/* ---- tokens ---- */

tps_status tps_token_attributes_read(tps_span json, tps_token_attributes *out, tps_error *why)
{
    tps_token_attributes made = {0, TPS_TOKEN_NO_EXPIRY};
    reading now;
    json_list list;

    TPS_TRY(begin(&now, json, why));
    list = json_enter_object(&now.r);
    while (json_next(&now.r, &list)) {
        json_str name = json_get_name(&now.r);

        if (json_str_is(name, "scopes")) {
            now.member = "scopes";
            made.scopes = tps_scopes_get(&now.r);
        } else if (json_str_is(name, "expires")) {
            now.member = "expires";
            if (json_peek(&now.r) == JSON_NULL) {
                json_get_null(&now.r);
            } else {
                made.expires = json_get_int(&now.r);
            }
        } else {
            now.member = "a member is not known";
            spoil(&now);
        }
    }
    now.member = now.r.status == TPS_OK ? "scopes" : now.member;
    TPS_TRY(finish(&now, made.scopes != 0, why));
    *out = made;
    return TPS_OK;
}

tps_status tps_token_attributes_write(const tps_token_attributes *token, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_key(&w, "scopes");
    tps_scopes_put(&w, token->scopes);
    json_key(&w, "expires");
    if (token->expires == TPS_TOKEN_NO_EXPIRY) {
        json_put_null(&w);
    } else {
        json_int(&w, token->expires);
    }
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

/* ---- administrators ---- */

static void read_claims(reading *now, tps_administrator *out)
{
    json_list list = json_enter_object(&now->r);

    while (json_next(&now->r, &list)) {
        json_str name = json_get_name(&now->r);
        uint8_t space[TPS_ADMINISTRATOR_TEXT_MAX];
        tps_buf room = TPS_BUF_OF(space);
        tps_span text;
        size_t count = out->oidc.claim_count;

        if (count == TPS_ADMINISTRATOR_CLAIMS_MAX || json_str_value(name, &room, &text) != TPS_OK ||
            text.size == 0 || text.size > TPS_ADMINISTRATOR_TEXT_MAX ||
            memchr(text.data, '\0', text.size) != NULL) {
            spoil(now);
            return;
        }
        memcpy(out->oidc.claims[count].name, text.data, text.size);
        out->oidc.claims[count].name[text.size] = '\0';
        read_text(now, out->oidc.claims[count].value, TPS_ADMINISTRATOR_TEXT_MAX);
        out->oidc.claim_count++;
    }
}

static void read_oidc_member(reading *now, tps_administrator *out)
{
    json_str name = json_get_name(&now->r);

    if (json_str_is(name, "issuer")) {
        now->member = "issuer";
        read_text(now, out->oidc.issuer, TPS_KEYS_URL_MAX);
    } else if (json_str_is(name, "audience")) {
        now->member = "audience";
        read_text(now, out->oidc.audience, TPS_ADMINISTRATOR_TEXT_MAX);
    } else if (json_str_is(name, "subject")) {
        now->member = "subject";
        read_text(now, out->oidc.subject, TPS_ADMINISTRATOR_TEXT_MAX);
    } else if (json_str_is(name, "claims")) {
        now->member = "claims";
        read_claims(now, out);
    } else if (json_str_is(name, "jwks_uri")) {
        now->member = "jwks_uri";
        read_url(now, out->oidc.jwks_uri);
    } else if (json_str_is(name, "jwks") && json_peek(&now->r) == JSON_OBJECT) {
        out->oidc.jwks = json_skip(&now->r);
    } else {
        now->member = "a member is not known";
        spoil(now);
    }
}

static void read_oidc(reading *now, tps_administrator *out)
{
    json_list list = json_enter_object(&now->r);

    out->is_oidc = true;
    while (json_next(&now->r, &list)) {
        read_oidc_member(now, out);
    }
    if (now->r.status != TPS_OK) {
        return;
    }
    if (out->oidc.issuer[0] == '\0' || out->oidc.audience[0] == '\0') {
        now->member = out->oidc.issuer[0] == '\0' ? "issuer" : "audience";
        spoil(now);
    } else if (out->oidc.subject[0] == '\0' && out->oidc.claim_count == 0) {
        now->member = "subject or claims: else whoever the issuer knows would be it";
        spoil(now);
    } else if (out->oidc.jwks.size == 0 && !tps_keys_url_is_allowed(out->oidc.issuer)) {
        now->member = "issuer: keys come over https, or are given as jwks";
        spoil(now);
    } else if (out->oidc.jwks.size > 0 && out->oidc.jwks_uri[0] != '\0') {
        now->member = "jwks and jwks_uri exclude each other";
        spoil(now);
    }
}

static uint32_t value_of_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - (uint32_t)'0';
    }
    return c >= 'a' && c <= 'f' ? c - (uint32_t)'a' + 10 : 16;
}

static void read_digest(reading *now, uint8_t out[TPS_SHA256_SIZE])
{
    tps_span text = json_get_text(&now->r, NULL);

    if (text.size != 2 * TPS_SHA256_SIZE) {
        spoil(now);
        return;
    }
    for (size_t i = 0; i < TPS_SHA256_SIZE; i++) {
        uint32_t high = value_of_hex(text.data[2 * i]);
        uint32_t low = value_of_hex(text.data[2 * i + 1]);

        if (high > 15 || low > 15) {
            spoil(now);
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
}

static void read_certificate(reading *now, tps_administrator *out)
{
    json_list list = json_enter_object(&now->r);

    while (json_next(&now->r, &list)) {
        json_str name = json_get_name(&now->r);

        if (json_str_is(name, "spki_sha256")) {
            now->member = "spki_sha256";
            out->certificate.has_spki = true;
            read_digest(now, out->certificate.spki_sha256);
        } else if (json_str_is(name, "subject")) {
            now->member = "subject";
            read_text(now, out->certificate.subject, TPS_CERTIFICATE_SUBJECT_SIZE - 2);
        } else {
            now->member = "a member is not known";
            spoil(now);
        }
    }
    if (now->r.status == TPS_OK && !out->certificate.has_spki && out->certificate.subject[0] == '\0') {
        now->member = "spki_sha256 or subject: else every certificate would be it";
        spoil(now);
    }
}

tps_status tps_administrator_read(tps_span json, tps_administrator *out, tps_error *why)
{
    reading now;
    json_list list;
    bool has_certificate = false;

    memset(out, 0, sizeof *out);
    TPS_TRY(begin(&now, json, why));
    list = json_enter_object(&now.r);
    while (json_next(&now.r, &list)) {
        json_str name = json_get_name(&now.r);

        if (json_str_is(name, "scopes")) {
            now.member = "scopes";
            out->scopes = tps_scopes_get(&now.r);
        } else if (json_str_is(name, "oidc")) {
            now.member = "oidc";
            read_oidc(&now, out);
        } else if (json_str_is(name, "certificate")) {
            now.member = "certificate";
            has_certificate = true;
            read_certificate(&now, out);
        } else {
            now.member = "a member is not known";
            spoil(&now);
        }
    }
    if (now.r.status == TPS_OK) {
        now.member = out->scopes == 0 ? "scopes" : "exactly one of oidc and certificate must be there";
    }
    return finish(&now, out->scopes != 0 && out->is_oidc != has_certificate, why);
}

static void put_oidc(json_writer *w, const tps_administrator *administrator)
{
    json_key(w, "oidc");
    json_begin_object(w);
    json_member_text(w, "issuer", administrator->oidc.issuer);
    json_member_text(w, "audience", administrator->oidc.audience);
    json_member_text_if_any(w, "subject", tps_span_of_text(administrator->oidc.subject));
    if (administrator->oidc.claim_count > 0) {
        json_key(w, "claims");
        json_begin_object(w);
        for (size_t i = 0; i < administrator->oidc.claim_count; i++) {
            json_member_text(w, administrator->oidc.claims[i].name, administrator->oidc.claims[i].value);
        }
        json_end_object(w);
    }
    json_member_text_if_any(w, "jwks_uri", tps_span_of_text(administrator->oidc.jwks_uri));
    if (administrator->oidc.jwks.size > 0) {
        json_key(w, "jwks");
        json_raw(w, administrator->oidc.jwks);
    }
    json_end_object(w);
}

tps_status tps_administrator_write(const tps_administrator *administrator, tps_buf out, size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_key(&w, "scopes");
    tps_scopes_put(&w, administrator->scopes);
    if (administrator->is_oidc) {
        put_oidc(&w, administrator);
    } else {
        json_key(&w, "certificate");
        json_begin_object(&w);
        if (administrator->certificate.has_spki) {
            json_member_hex(&w, "spki_sha256", TPS_SPAN_OF(administrator->certificate.spki_sha256));
        }
        json_member_text_if_any(&w, "subject", tps_span_of_text(administrator->certificate.subject));
        json_end_object(&w);
    }
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

/* ---- who comes ---- */

bool tps_administrator_fits_certificate(const tps_administrator *administrator,
                                        const tps_certificate *certificate)
{
    if (administrator->is_oidc) {
        return false;
    }
    if (administrator->certificate.has_spki && !tps_equal_secret(administrator->certificate.spki_sha256,
                                                                 certificate->spki_sha256, TPS_SHA256_SIZE)) {
        return false;
    }
    return administrator->certificate.subject[0] == '\0' ||
           strcmp(administrator->certificate.subject, certificate->subject) == 0;
}

const char *tps_administrator_misfit_of_token(const tps_administrator *administrator, const tps_jwt *jwt)
{
    if (administrator->oidc.subject[0] != '\0' &&
        !tps_span_is_text(jwt->subject, administrator->oidc.subject)) {
        return "sub";
    }
    for (size_t i = 0; i < administrator->oidc.claim_count; i++) {
        if (!tps_jwt_has(jwt, tps_span_of_text(administrator->oidc.claims[i].name),
                         tps_span_of_text(administrator->oidc.claims[i].value))) {
            return "the claims";
        }
    }
    return NULL;
}
