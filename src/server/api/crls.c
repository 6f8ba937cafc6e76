/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate revocation lists, one an issuer. A list is checked under the tenant's trust anchors, in the
 * reader's thread; an older one never takes a newer one's place.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/x509.h"
#include "format/der/reader.h"
#include "format/text/hex.h"
#include "server/changes.h"
#include "tps/base64.h"
#include "tps/revocation.h"

#define TYPE_DER "application/pkix-crl"
#define TYPE_PEM "application/x-pem-file"

/* ---- how it is shown ---- */

static void put_attributes(json_writer *w, const void *context)
{
    const tps_x509_crl_info *info = context;

    json_begin_object(w);
    json_member_int(w, "this_update", info->this_update);
    json_member_int(w, "next_update", info->next_update);
    json_member_uint(w, "entries", info->count);
    json_end_object(w);
}

typedef struct {
    int64_t this_update, next_update, entries;
} crl_attributes;

static crl_attributes read_attributes(tps_span json)
{
    crl_attributes a = {0, 0, 0};
    json_reader r = json_reader_init(json);
    json_list list = json_enter_object(&r);

    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "this_update")) {
            a.this_update = json_get_int(&r);
        } else if (json_str_is(name, "next_update")) {
            a.next_update = json_get_int(&r);
        } else if (json_str_is(name, "entries")) {
            a.entries = json_get_int(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    return a;
}

static void put(json_writer *w, const tps_store_item *item, bool whole)
{
    crl_attributes a = read_attributes(item->attributes);

    (void)whole;
    json_begin_object(w);
    tps_resource_put_head(w, item);
    json_member_uint(w, "size", item->body_size);
    json_key(w, "about");
    json_begin_object(w);
    tps_json_time(w, "this_update", a.this_update);
    tps_json_time(w, "next_update", a.next_update);
    json_member_int(w, "entries", a.entries);
    json_end_object(w);
    json_end_object(w);
}

static const char *raw_type(const tps_store_item *item)
{
    return item->body.size > 0 && item->body.data[0] == 0x30 ? TYPE_DER : TYPE_PEM;
}

static const tps_resource resource = {
    .kind = TPS_STORE_CRL,
    .path = "/api/v1/crls/",
    .list = "crls",
    .missing = "there is no list of this issuer",
    .raw_type = raw_type,
    .put = put,
};

/* ---- whose list it is ---- */

/* The DER within "-----BEGIN X509 CRL-----"; `room` is twice as large as the text. */
static bool read_pem(tps_span pem, tps_buf room, tps_span *der)
{
    static const char begin[] = "-----BEGIN X509 CRL-----";
    tps_buf text = {room.data, room.size / 2};
    tps_buf out = {room.data + room.size / 2, room.size / 2};
    size_t digits = 0;
    size_t at = 0;
    size_t size;

    while (at + sizeof(begin) <= pem.size && memcmp(pem.data + at, begin, sizeof(begin) - 1) != 0) {
        at++;
    }
    if (at + sizeof(begin) > pem.size) {
        return false;
    }
    for (at += sizeof(begin) - 1; at < pem.size && pem.data[at] != '-' && digits < text.size; at++) {
        if (pem.data[at] > ' ') {
            text.data[digits++] = pem.data[at];
        }
    }
    if (tps_base64_read(tps_span_make(text.data, digits), out, &size) != TPS_OK) {
        return false;
    }
    *der = tps_span_make(out.data, size);
    return true;
}

/* RFC 5280, 5.1: a version where there is one, an algorithm, the issuer's name. */
static tps_span read_issuer(tps_span der)
{
    der_reader r = der_reader_init(der);
    tps_span issuer;

    (void)der_enter(&r, DER_SEQUENCE);
    (void)der_enter(&r, DER_SEQUENCE);
    if (der_peek(&r) == DER_INTEGER) {
        (void)der_skip(&r);
    }
    (void)der_skip(&r);
    issuer = der_skip(&r);
    return r.status == TPS_OK ? issuer : TPS_SPAN_EMPTY;
}

/* ---- a new one ---- */

static tps_status add_anchor(void *context, const tps_store_item *item)
{
    tps_anchor_scope everything = {0};

    (void)!tps_verifier_add_scoped_anchor(context, item->body, &everything); /* the log tells of bad ones */
    return TPS_OK;
}

/* Signed by a CA that an anchor of the tenant vouches for, and up to date? */
static tps_status try_it(tps_change *c, tps_store *store)
{
    tps_verifier_options options = {.allow_demonstration = c->service->options.demonstration};
    tps_error why = {TPS_OK, 0, NULL};
    tps_verifier *verifier = NULL;
    tps_status status = tps_verifier_new(&options, &verifier);

    if (status == TPS_OK) {
        status =
            store->ops->each_item(store, c->tenant_id, TPS_STORE_ANCHOR, 0, 0, true, add_anchor, verifier);
        if (status != TPS_OK) {
            tps_verifier_free(verifier);
            return status;
        }
        status = tps_verifier_add_crl(verifier, c->item.body, c->now, &why);
    }
    tps_verifier_free(verifier);
    return status == TPS_OK || status == TPS_OUT_OF_MEMORY ? status
                                                           : tps_change_refuse_for(c, 422, status, &why);
}

static tps_status describe(tps_change *c)
{
    tps_x509_crl_info info;
    tps_x509_crl *crl = NULL;

    TPS_TRY(tps_x509_crl_read(c->item.body, &crl));
    tps_x509_crl_describe(crl, &info);
    tps_x509_crl_free(crl);
    c->number = info.this_update;
    TPS_TRY(tps_text_append_json(&c->text, put_attributes, &info));
    c->item.attributes = tps_span_make(c->text.data, c->text.size);
    return TPS_OK;
}

/* The SHA-256 of its issuer's name, whichever way the list is written. */
static tps_status digest_issuer(tps_span crl, tps_digest *digest)
{
    tps_buf room = {NULL, 2 * crl.size};
    tps_span der = crl;
    tps_status status = TPS_CRYPTO_BAD_CRL;
    tps_span issuer;

    if (crl.data[0] != 0x30) {
        room.data = malloc(room.size);
        if (room.data == NULL) {
            return TPS_OUT_OF_MEMORY;
        }
        if (!read_pem(crl, room, &der)) {
            der = TPS_SPAN_EMPTY;
        }
    }
    issuer = read_issuer(der);
    if (issuer.size > 0) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, issuer, digest);
    }
    free(room.data);
    return status;
}

static tps_status name_it(tps_change *c)
{
    char name[2 * TPS_SHA256_SIZE];
    tps_digest digest;
    tps_status status = digest_issuer(c->item.body, &digest);

    if (status == TPS_CRYPTO_BAD_CRL) {
        return tps_change_refuse_for(c, 422, status, NULL);
    }
    TPS_TRY(status);
    (void)hex_write(tps_span_make(digest.bytes, TPS_SHA256_SIZE), name);
    (void)tps_change_take_name(c, TPS_SPAN_OF(name));
    return TPS_OK;
}

static tps_status check(tps_change *c, tps_store *store)
{
    tps_status status = describe(c);

    if (status != TPS_OK) {
        return status == TPS_OUT_OF_MEMORY ? status : tps_change_refuse_for(c, 422, status, NULL);
    }
    TPS_TRY(try_it(c, store));
    return name_it(c);
}

typedef struct {
    int64_t this_update, sequence;
} present;

static tps_status see_present(void *context, const tps_store_item *item)
{
    *(present *)context = (present){read_attributes(item->attributes).this_update, item->sequence};
    return TPS_OK;
}

static tps_status apply(tps_change *c, tps_store *store)
{
    tps_audit_note note = tps_change_note(c);
    present there = {INT64_MIN, TPS_STORE_NONE};
    tps_status status =
        store->ops->find_item(store, c->tenant_id, TPS_STORE_CRL, c->item.name, see_present, &there);

    if (status != TPS_OK && status != TPS_NOT_FOUND) {
        return status;
    }
    if (status == TPS_OK && there.this_update > c->number) {
        return tps_change_refuse(c, 409, "a newer list of this issuer is known", "nothing is to be done");
    }
    c->replaced = status == TPS_OK;
    c->item.changed = c->now;
    c->item.body_size = c->item.body.size;
    return tps_audit_put_item(store, c->tenant_id, &c->item, there.sequence, &note, &c->item.sequence);
}

void tps_handle_add_crl(const tps_call *call)
{
    static const char *const types[] = {TYPE_DER, TYPE_PEM};
    tps_media_type media;
    tps_span body;
    tps_change *c;

    if (!tps_call_media_type(call, types, 2, &media) || !tps_call_body(call, &body)) {
        return;
    }
    c = tps_change_new(call, &resource);
    if (c != NULL) {
        c->item.body = body;
        c->check = check;
        c->apply = apply;
        tps_change_submit(c);
    }
}

void tps_handle_list_crls(const tps_call *call)
{
    tps_resource_list(call, &resource);
}

void tps_handle_get_crl(const tps_call *call)
{
    tps_resource_get(call, &resource, false);
}

void tps_handle_remove_crl(const tps_call *call)
{
    tps_change_remove_item(call, &resource);
}
