/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust anchors as a resource: certificates and public keys of device makers, with what they are trusted for.
 * A new one is tried on a verifier of its own before it is stored.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/x509.h"
#include "format/text/hex.h"
#include "server/changes.h"

#define ANCHOR_MAX   16384u /* bytes of one, PEM or DER */
#define REQUEST_MAX  65536u
#define TYPE_DER     "application/pkix-cert"
#define TYPE_PEM     "application/pem-certificate-chain"
#define TYPE_OLD_PEM "application/x-pem-file"

/* ---- how it is shown ---- */

static void put_certificate(json_writer *w, const tps_x509_info *info)
{
    json_member_text(w, "kind", "certificate");
    json_member_text(w, "subject", info->subject);
    json_member_text(w, "issuer", info->issuer);
    tps_json_time(w, "not_before", info->not_before);
    tps_json_time(w, "not_after", info->not_after);
    json_member_hex(w, "key_sha256", TPS_SPAN_OF(info->spki_sha256));
}

/* The members of the attributes, among the others. */
static void put_scopes(json_writer *w, tps_span attributes)
{
    json_reader r = json_reader_init(attributes);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        bool scopes = json_str_is(json_get_name(&r), "scopes");
        tps_span value = json_skip(&r);

        if (scopes && r.status == TPS_OK) {
            json_key(w, "scopes");
            json_raw(w, value);
        }
    }
}

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    tps_x509_info info;

    json_begin_object(w);
    tps_resource_put_head(w, item);
    if (tps_x509_describe(item->body, &info) == TPS_OK) {
        put_certificate(w, &info);
    } else {
        json_member_text(w, "kind", "key");
    }
    put_scopes(w, item->attributes);
    if (whole) {
        json_key(w, "der");
        json_base64(w, item->body);
    }
    json_end_object(w);
}

static const tps_resource resource = {
    .kind = TPS_STORE_ANCHOR,
    .path = "/api/v1/anchors/",
    .list = "anchors",
    .missing = "there is no such trust anchor",
    .list_bodies = true,
    .put = put,
};

/* ---- a new one ---- */

/* As it was sent, and as it is stored; of the heap, with the change. */
typedef struct {
    tps_span sent;
    bool is_pem;
    bool allow_demonstration;
    tps_span scopes; /* {"scopes":[...]}, or empty */
    char subject[256];
    char name[2 * TPS_SHA256_SIZE];
    uint8_t pem[ANCHOR_MAX]; /* out of JSON */
    uint8_t der[ANCHOR_MAX];
} new_anchor;

static bool holds(tps_span text, const char *words)
{
    size_t size = strlen(words);

    for (size_t i = 0; i + size <= text.size; i++) {
        if (memcmp(text.data + i, words, size) == 0) {
            return true;
        }
    }
    return false;
}

static tps_status read_pem_key(new_anchor *a, tps_span *der)
{
    tps_crypto_key *key = NULL;
    size_t size = 0;
    tps_status status = tps_crypto_key_from_pem(a->sent, &key);

    if (status == TPS_OK) {
        status = tps_crypto_key_spki(key, TPS_BUF_OF(a->der), &size);
    }
    tps_crypto_key_free(key);
    *der = tps_span_make(a->der, size);
    return status;
}

/* PEM is stored as the DER in it, so that the same anchor has one name. */
static tps_status read_pem(tps_change *c, new_anchor *a, tps_span *der)
{
    size_t count = 1;
    tps_status status;

    if (holds(a->sent, "PRIVATE KEY")) {
        return tps_change_refuse(c, 422, "that is a private key",
                                 "send the certificate, or the public key, alone");
    }
    if (!holds(a->sent, "BEGIN CERTIFICATE")) {
        status = read_pem_key(a, der);
    } else {
        status = tps_x509_from_pem(a->sent, TPS_BUF_OF(a->der), der, &count);
    }
    if (status == TPS_TOO_LARGE) {
        return tps_change_refuse(c, 422, "there is more than one certificate, or it is too large",
                                 "send one trust anchor a request");
    }
    return status == TPS_OK ? TPS_OK : tps_change_refuse_for(c, 422, status, NULL);
}

/* Would a verifier take it? */
static tps_status try_it(tps_change *c, const new_anchor *a, tps_span der)
{
    tps_verifier_options options = {.allow_demonstration = a->allow_demonstration};
    tps_error why = {TPS_OK, 0, NULL};
    tps_anchor_scope everything = {0};
    tps_verifier *verifier = NULL;
    tps_status status = tps_verifier_new(&options, &verifier);

    if (status == TPS_OK && a->scopes.size > 0) {
        status = tps_verifier_add_anchor_with_scopes(verifier, der, a->scopes, &why);
    } else if (status == TPS_OK) {
        status = tps_verifier_add_scoped_anchor(verifier, der, &everything);
    }
    tps_verifier_free(verifier);
    if (status == TPS_OK || status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    return tps_change_refuse_for(c, 422, status, &why);
}

static tps_status name_it(tps_change *c, new_anchor *a, tps_span der)
{
    tps_digest digest;
    tps_x509_info info;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, der, &digest));
    (void)hex_write(tps_span_make(digest.bytes, TPS_SHA256_SIZE), a->name);
    (void)tps_change_take_name(c, TPS_SPAN_OF(a->name));
    if (tps_x509_describe(der, &info) == TPS_OK) {
        memcpy(a->subject, info.subject, sizeof(a->subject));
        c->details[c->detail_count++] = (tps_audit_detail){"subject", tps_span_of_text(a->subject)};
    }
    return TPS_OK;
}

static tps_status check(tps_change *c, tps_store *store)
{
    new_anchor *a = c->owned;
    tps_span der = a->sent;

    (void)store;
    if (a->is_pem) {
        TPS_TRY(read_pem(c, a, &der));
    }
    TPS_TRY(try_it(c, a, der));
    c->item.body = der;
    if (a->scopes.size > 0) {
        c->item.attributes = a->scopes;
        c->details[c->detail_count++] = (tps_audit_detail){"scopes", a->scopes};
    }
    return name_it(c, a, der);
}

/* {"anchor": PEM, "scopes": [...]}; the scopes are judged later, by the verifier. */
static bool read_json(const tps_call *call, tps_change *c, new_anchor *a)
{
    tps_buf room = TPS_BUF_OF(a->pem);
    const char *member = NULL;
    tps_span scopes = TPS_SPAN_EMPTY;
    json_reader r;
    json_list list;

    if (!tps_call_json(call, REQUEST_MAX, &a->sent)) {
        return false;
    }
    r = json_reader_init(a->sent);
    list = json_enter_object(&r);
    a->sent = TPS_SPAN_EMPTY;
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (tps_json_is(name, "anchor", &member)) {
            a->sent = json_get_text(&r, &room);
        } else if (tps_json_is(name, "scopes", &member)) {
            scopes = json_skip(&r);
        } else {
            tps_json_unknown(&r, &member);
        }
    }
    if (r.status == TPS_OK && a->sent.size == 0) {
        member = "anchor";
        json_fail(&r, TPS_BAD_ARGUMENT);
    }
    if (!tps_call_json_end(call, &r, member)) {
        return false;
    }
    a->is_pem = true;
    if (scopes.size > 0) {
        if (tps_text_append(&c->text, TPS_SPAN_LITERAL("{\"scopes\":")) != TPS_OK ||
            tps_text_append(&c->text, scopes) != TPS_OK ||
            tps_text_append(&c->text, TPS_SPAN_LITERAL("}")) != TPS_OK) {
            tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
            return false;
        }
        a->scopes = tps_span_make(c->text.data, c->text.size);
    }
    return true;
}

static bool read_request(const tps_call *call, tps_change *c, new_anchor *a)
{
    static const char *const types[] = {TPS_TYPE_JSON, TYPE_PEM, TYPE_OLD_PEM, TYPE_DER};
    tps_media_type media;

    if (!tps_call_media_type(call, types, 4, &media)) {
        return false;
    }
    if (strcmp(media.type, TPS_TYPE_JSON) == 0) {
        return read_json(call, c, a);
    }
    a->is_pem = strcmp(media.type, TYPE_DER) != 0;
    if (!tps_call_body(call, &a->sent)) {
        return false;
    }
    if (!a->is_pem && a->sent.data[0] != 0x30) {
        tps_answer_refused(call->exchange, 422, TPS_CRYPTO_BAD_CERTIFICATE, NULL);
        return false;
    }
    if (a->sent.size > ANCHOR_MAX) {
        tps_http_answer_problem(call->exchange, 413, "the trust anchor is larger than 16,384 bytes",
                                "send one certificate, or one public key", NULL, 0);
        return false;
    }
    return true;
}

void tps_handle_add_anchor(const tps_call *call)
{
    tps_change *c = tps_change_new(call, &resource);
    new_anchor *a = c == NULL ? NULL : calloc(1, sizeof(*a));

    if (c == NULL) {
        return;
    }
    if (a == NULL) {
        tps_change_free(c);
        tps_answer_status(call->exchange, 503, TPS_OUT_OF_MEMORY);
        return;
    }
    c->owned = a;
    c->check = check;
    a->allow_demonstration = call->service->options.demonstration;
    if (!read_request(call, c, a)) {
        tps_change_free(c);
        return;
    }
    tps_change_submit(c);
}

void tps_handle_list_anchors(const tps_call *call)
{
    tps_resource_list(call, &resource);
}

void tps_handle_get_anchor(const tps_call *call)
{
    tps_resource_get(call, &resource, true);
}

void tps_handle_remove_anchor(const tps_call *call)
{
    tps_change_remove_item(call, &resource);
}
