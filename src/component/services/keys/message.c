/* SPDX-License-Identifier: Apache-2.0 */
/* The key store's messages: which members each request has, and the answers. */
#include "component/services/keys/message.h"

#define BIT(member) TPS_KEY_MEMBER(member)
/** What a new key shall be. */
#define ATTRIBUTES                                                                            \
    (BIT(TPS_KEY_BOUND) | BIT(TPS_KEY_USAGES) | BIT(TPS_KEY_LIFETIME) | BIT(TPS_KEY_SHARED) | \
     BIT(TPS_KEY_LIMIT))

/** Which members a request must have, and may have beside them. */
static const struct {
    uint64_t tag;
    uint32_t required;
    uint32_t allowed;
} messages[] = {
    {TPS_KEY_TAG_GENERATE, BIT(TPS_KEY_NAME), BIT(TPS_KEY_KIND) | ATTRIBUTES},
    {TPS_KEY_TAG_SIGN, BIT(TPS_KEY_NAME), BIT(TPS_KEY_DIGEST) | BIT(TPS_KEY_DATA)},
    {TPS_KEY_TAG_PUBLIC_KEY, BIT(TPS_KEY_NAME), 0},
    {TPS_KEY_TAG_LIST, 0, 0},
    {TPS_KEY_TAG_DESTROY, BIT(TPS_KEY_NAME), BIT(TPS_KEY_SCRUB)},
    {TPS_KEY_TAG_DESCRIBE, BIT(TPS_KEY_NAME), 0},
    {TPS_KEY_TAG_IMPORT, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_KIND) | BIT(TPS_KEY_SOURCE) | BIT(TPS_KEY_WRAPPED),
     ATTRIBUTES},
    {TPS_KEY_TAG_DERIVE, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_KIND) | BIT(TPS_KEY_SOURCE),
     BIT(TPS_KEY_SALT) | BIT(TPS_KEY_INFO) | ATTRIBUTES},
    {TPS_KEY_TAG_AGREE, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_SOURCE) | BIT(TPS_KEY_PEER), ATTRIBUTES},
    {TPS_KEY_TAG_MAC, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA), 0},
    {TPS_KEY_TAG_VERIFY_MAC, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA) | BIT(TPS_KEY_MAC), 0},
    {TPS_KEY_TAG_ENCRYPT, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA), BIT(TPS_KEY_AAD)},
    {TPS_KEY_TAG_DECRYPT, BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA) | BIT(TPS_KEY_NONCE), BIT(TPS_KEY_AAD)},
};

/* ---- requests ---- */

static uint32_t read_number(tps_cbor_reader *r)
{
    uint64_t number = tps_cbor_get_uint(r);

    if (number > UINT32_MAX) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (uint32_t)number;
}

/** key_ops as a set of bits: at least one, none twice. */
static uint32_t read_usages(tps_cbor_reader *r)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    uint32_t usages = 0;

    while (tps_cbor_next(r, &list)) {
        uint64_t op = tps_cbor_get_uint(r);

        if (op < TPS_KEY_OP_SIGN || op > TPS_KEY_OP_MAC_VERIFY || (usages & TPS_KEY_USE(op)) != 0) {
            tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
            return 0;
        }
        usages |= TPS_KEY_USE(op);
    }
    if (usages == 0) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
    }
    return usages;
}

/** A limit is at least 1. */
static uint32_t read_limit(tps_cbor_reader *r)
{
    uint32_t limit = read_number(r);

    if (limit == 0) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
    }
    return limit;
}

/** Bit of the member that was read; 0 if it failed. */
static uint32_t read_member(tps_cbor_reader *r, tps_key_asked *asked)
{
    uint64_t member = tps_cbor_get_uint(r);

    switch (member) {
    case TPS_KEY_NAME: asked->name = tps_cbor_get_text(r); break;
    case TPS_KEY_BOUND: asked->wish.is_bound = tps_cbor_get_bool(r); break;
    case TPS_KEY_DIGEST: asked->digest = tps_cbor_get_bytes(r); break;
    case TPS_KEY_DATA: asked->data = tps_cbor_get_bytes(r); break;
    case TPS_KEY_KIND: asked->wish.kind = read_number(r); break;
    case TPS_KEY_USAGES: asked->wish.usages = read_usages(r); break;
    case TPS_KEY_LIFETIME: asked->wish.lifetime = read_number(r); break;
    case TPS_KEY_SHARED: asked->wish.is_shared = tps_cbor_get_bool(r); break;
    case TPS_KEY_LIMIT: asked->wish.limit = read_limit(r); break;
    case TPS_KEY_SOURCE: asked->source = tps_cbor_get_text(r); break;
    case TPS_KEY_WRAPPED: asked->wrapped = tps_cbor_get_bytes(r); break;
    case TPS_KEY_PEER: asked->peer = tps_cbor_skip(r); break;
    case TPS_KEY_SALT: asked->salt = tps_cbor_get_bytes(r); break;
    case TPS_KEY_INFO: asked->info = tps_cbor_get_bytes(r); break;
    case TPS_KEY_AAD: asked->aad = tps_cbor_get_bytes(r); break;
    case TPS_KEY_NONCE: asked->nonce = tps_cbor_get_bytes(r); break;
    case TPS_KEY_MAC: asked->mac = tps_cbor_get_bytes(r); break;
    case TPS_KEY_SCRUB: asked->is_scrub = tps_cbor_get_bool(r); break;
    default: tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE); return 0;
    }
    return BIT(member);
}

tps_status tps_key_asked_read(const tps_request *request, tps_key_asked *asked, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(request->body);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    size_t i = 0;

    while (i < sizeof(messages) / sizeof(messages[0]) && messages[i].tag != request->tag) {
        i++;
    }
    if (i == sizeof(messages) / sizeof(messages[0])) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    *asked = (tps_key_asked){.wish = {.kind = TPS_KEY_P256_SIGN, .lifetime = TPS_KEY_PERSISTENT}};
    while (tps_cbor_next(&r, &map)) {
        asked->present |= read_member(&r, asked);
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK ||
        (asked->present & messages[i].required) != messages[i].required ||
        (asked->present & ~(messages[i].required | messages[i].allowed)) != 0) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, tps_cbor_offset(&r), "a member of the request");
    }
    return TPS_OK;
}

/* ---- refusals ---- */

tps_status tps_key_refuse_for(tps_key_call *call, tps_status status)
{
    switch (status) {
    case TPS_NOT_FOUND: return tps_key_refuse(call, TPS_KEY_ERROR_UNKNOWN);
    case TPS_COMPONENT_FULL:
    case TPS_COMPONENT_STORAGE_FULL: return tps_key_refuse(call, TPS_KEY_ERROR_FULL);
    case TPS_COMPONENT_STORAGE_BOUND: return tps_key_refuse(call, TPS_KEY_ERROR_BOUND);
    case TPS_COMPONENT_STORAGE_CORRUPT: return tps_key_refuse(call, TPS_KEY_ERROR_CORRUPT);
    case TPS_COMPONENT_STORAGE_NEWER: return tps_key_refuse(call, TPS_KEY_ERROR_NEWER);
    default: return status;
    }
}

/* ---- room ---- */

/** Bytes of {2: error} under a tag: so much is asked for at least. */
#define ANSWER_ERROR_SIZE 4u
/** Bytes of 16: nonce. */
#define NONCE_MEMBER_SIZE (2u + TPS_KEY_NONCE_SIZE)

tps_status tps_key_need_room(const tps_key_call *call, size_t size)
{
    tps_request *request = call->request;

    size = size < ANSWER_ERROR_SIZE ? ANSWER_ERROR_SIZE : size; /* it may still become an error */
    if (request->response.data != NULL && request->response.size >= size) {
        return TPS_OK;
    }
    request->response_size = size;
    return TPS_BUFFER_TOO_SMALL;
}

/** {1: `bytes`, ? 16: `nonce`}, without the bytes themselves. */
static void put_head(tps_cbor_writer *w, size_t size, bool has_nonce)
{
    tps_cbor_put_map(w, has_nonce ? 2 : 1);
    tps_cbor_put_uint(w, TPS_KEY_RESULT);
    tps_cbor_put_bytes_head(w, size);
}

tps_status tps_key_need_room_for_bytes(const tps_key_call *call, size_t size, tps_buf *room)
{
    tps_cbor_writer w = tps_response_begin(call->request);
    bool has_nonce = call->request->tag == TPS_KEY_TAG_ENCRYPT;

    put_head(&w, size, has_nonce);
    TPS_TRY(tps_key_need_room(call, w.size + size + (has_nonce ? NONCE_MEMBER_SIZE : 0)));
    *room = (tps_buf){call->request->response.data + w.size, size};
    return TPS_OK;
}

/* ---- answers ---- */

tps_status tps_key_answer_error(tps_key_call *call)
{
    tps_cbor_writer w = tps_response_begin(call->request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TPS_KEY_ERROR);
    tps_cbor_put_uint(&w, call->error);
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_empty(tps_key_call *call)
{
    tps_cbor_writer w = tps_response_begin(call->request);

    tps_cbor_put_map(&w, 0);
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_bytes(tps_key_call *call, tps_span bytes, tps_span nonce)
{
    tps_cbor_writer w = tps_response_begin(call->request);

    put_head(&w, bytes.size, nonce.size > 0);
    tps_cbor_put_raw(&w, bytes);
    if (nonce.size > 0) {
        tps_cbor_put_uint(&w, TPS_KEY_NONCE);
        tps_cbor_put_bytes(&w, nonce);
    }
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_bool(tps_key_call *call, bool result)
{
    tps_cbor_writer w = tps_response_begin(call->request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TPS_KEY_RESULT);
    tps_cbor_put_bool(&w, result);
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_public(tps_key_call *call, const tps_key_entry *entry)
{
    tps_cbor_writer w = tps_response_begin(call->request);
    tps_crypto_key *key = NULL;
    uint8_t spki[128];
    size_t size = 0;
    tps_status status = tps_key_entry_public(entry, &key);

    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, TPS_KEY_RESULT);
    if (status == TPS_OK) {
        status = tps_cose_key_put(&w, key);
    }
    if (status == TPS_OK) {
        status = tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size);
    }
    tps_crypto_key_free(key);
    TPS_TRY(status);
    tps_cbor_put_uint(&w, TPS_KEY_SPKI);
    tps_cbor_put_bytes(&w, tps_span_make(spki, size));
    return tps_response_end(call->request, &w);
}

/* ---- what a key is ---- */

static void put_member(tps_cbor_writer *w, uint32_t member, uint64_t value)
{
    tps_cbor_put_uint(w, member);
    tps_cbor_put_uint(w, value);
}

static void put_flag(tps_cbor_writer *w, uint32_t member, bool value)
{
    tps_cbor_put_uint(w, member);
    tps_cbor_put_bool(w, value);
}

static void put_usages(tps_cbor_writer *w, uint32_t usages)
{
    uint64_t count = 0;

    for (uint32_t op = TPS_KEY_OP_SIGN; op <= TPS_KEY_OP_MAC_VERIFY; op++) {
        count += (usages & TPS_KEY_USE(op)) != 0 ? 1u : 0u;
    }
    tps_cbor_put_uint(w, TPS_KEY_USAGES);
    tps_cbor_put_array(w, count);
    for (uint32_t op = TPS_KEY_OP_SIGN; op <= TPS_KEY_OP_MAC_VERIFY; op++) {
        if ((usages & TPS_KEY_USE(op)) != 0) {
            tps_cbor_put_uint(w, op);
        }
    }
}

static tps_status put_public(tps_cbor_writer *w, const tps_key_entry *entry)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_key_entry_public(entry, &key);

    tps_cbor_put_uint(w, TPS_KEY_PUBLIC);
    if (status == TPS_OK) {
        status = tps_cose_key_put(w, key);
    }
    tps_crypto_key_free(key);
    return status;
}

tps_status tps_key_put_attributes(tps_cbor_writer *w, const tps_key_entry *entry, bool is_whole)
{
    bool has_limit = entry->limit != 0;
    bool is_counted = has_limit || entry->uses != 0;
    bool has_public = is_whole && entry->public_size > 0;

    tps_cbor_put_map(w, 8u + (has_limit ? 1u : 0u) + (is_counted ? 1u : 0u) + (has_public ? 1u : 0u));
    tps_cbor_put_uint(w, TPS_KEY_NAME);
    tps_cbor_put_text_span(w, tps_key_entry_name(entry));
    put_flag(w, TPS_KEY_BOUND, entry->is_bound);
    put_member(w, TPS_KEY_KIND, entry->kind);
    put_usages(w, entry->usages);
    put_member(w, TPS_KEY_LIFETIME, entry->lifetime);
    put_flag(w, TPS_KEY_SHARED, entry->is_shared);
    if (has_limit) {
        put_member(w, TPS_KEY_LIMIT, entry->limit);
    }
    put_member(w, TPS_KEY_ORIGIN, entry->origin);
    if (is_counted) {
        put_member(w, TPS_KEY_USES, entry->uses);
    }
    put_flag(w, TPS_KEY_EXPORTABLE, false);
    return has_public ? put_public(w, entry) : TPS_OK;
}
