/* SPDX-License-Identifier: Apache-2.0 */
/* The key store's messages: which members each request has, and the answers. */
#include "component/services/keys/message.h"

#define BIT(member) TPS_KEY_MEMBER(member)
#define OF(tag)     [TPS_KEY_TAG_##tag - TPS_KEY_TAG_GENERATE]
/** What a new key shall be. */
#define ATTRIBUTES                                                                            \
    (BIT(TPS_KEY_BOUND) | BIT(TPS_KEY_USAGES) | BIT(TPS_KEY_LIFETIME) | BIT(TPS_KEY_SHARED) | \
     BIT(TPS_KEY_LIMIT))

/** Which members a request must have, and may have beside them: of the tags from the first on. */
static const struct {
    uint32_t required;
    uint32_t allowed;
} messages[] = {
    OF(GENERATE) = {BIT(TPS_KEY_NAME), BIT(TPS_KEY_KIND) | ATTRIBUTES},
    OF(SIGN) = {BIT(TPS_KEY_NAME), BIT(TPS_KEY_DIGEST) | BIT(TPS_KEY_DATA)},
    OF(PUBLIC_KEY) = {BIT(TPS_KEY_NAME), 0},
    OF(LIST) = {0, 0},
    OF(DESTROY) = {BIT(TPS_KEY_NAME), BIT(TPS_KEY_SCRUB)},
    OF(DESCRIBE) = {BIT(TPS_KEY_NAME), 0},
    OF(IMPORT) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_KIND) | BIT(TPS_KEY_SOURCE) | BIT(TPS_KEY_WRAPPED),
                  ATTRIBUTES},
    OF(DERIVE) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_KIND) | BIT(TPS_KEY_SOURCE),
                  BIT(TPS_KEY_SALT) | BIT(TPS_KEY_INFO) | ATTRIBUTES},
    OF(AGREE) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_SOURCE) | BIT(TPS_KEY_PEER), ATTRIBUTES},
    OF(MAC) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA), 0},
    OF(VERIFY_MAC) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA) | BIT(TPS_KEY_MAC), 0},
    OF(ENCRYPT) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA), BIT(TPS_KEY_AAD)},
    OF(DECRYPT) = {BIT(TPS_KEY_NAME) | BIT(TPS_KEY_DATA) | BIT(TPS_KEY_NONCE), BIT(TPS_KEY_AAD)},
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

/** How a member is read, and where it goes. */
enum { NONE, TEXT, BYTES, ITEM, NUMBER, FLAG, USAGES, LIMIT };

#define AT(member) offsetof(tps_key_asked, member)

static const struct {
    uint8_t how;
    uint16_t at;
} members[] = {
    [TPS_KEY_NAME] = {TEXT, AT(name)},
    [TPS_KEY_BOUND] = {FLAG, AT(wish.is_bound)},
    [TPS_KEY_DIGEST] = {BYTES, AT(digest)},
    [TPS_KEY_DATA] = {BYTES, AT(data)},
    [TPS_KEY_KIND] = {NUMBER, AT(wish.kind)},
    [TPS_KEY_USAGES] = {USAGES, AT(wish.usages)},
    [TPS_KEY_LIFETIME] = {NUMBER, AT(wish.lifetime)},
    [TPS_KEY_SHARED] = {FLAG, AT(wish.is_shared)},
    [TPS_KEY_LIMIT] = {LIMIT, AT(wish.limit)},
    [TPS_KEY_SOURCE] = {TEXT, AT(source)},
    [TPS_KEY_WRAPPED] = {BYTES, AT(wrapped)},
    [TPS_KEY_PEER] = {ITEM, AT(peer)},
    [TPS_KEY_SALT] = {BYTES, AT(salt)},
    [TPS_KEY_INFO] = {BYTES, AT(info)},
    [TPS_KEY_AAD] = {BYTES, AT(aad)},
    [TPS_KEY_NONCE] = {BYTES, AT(nonce)},
    [TPS_KEY_MAC] = {BYTES, AT(mac)},
    [TPS_KEY_SCRUB] = {FLAG, AT(is_scrub)},
};

/** Bit of the member that was read; 0 if it failed. */
static uint32_t read_member(tps_cbor_reader *r, tps_key_asked *asked)
{
    uint64_t member = tps_cbor_get_uint(r);
    uint32_t how = member < sizeof(members) / sizeof(members[0]) ? members[member].how : NONE;
    void *to;

    if (how == NONE) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
        return 0;
    }
    to = (uint8_t *)asked + members[member].at;
    switch (how) {
    case TEXT: *(tps_span *)to = tps_cbor_get_text(r); break;
    case BYTES: *(tps_span *)to = tps_cbor_get_bytes(r); break;
    case ITEM: *(tps_span *)to = tps_cbor_skip(r); break;
    case FLAG: *(bool *)to = tps_cbor_get_bool(r); break;
    case USAGES: *(uint32_t *)to = read_usages(r); break;
    case LIMIT: *(uint32_t *)to = read_limit(r); break;
    default: *(uint32_t *)to = read_number(r); break;
    }
    return BIT(member);
}

tps_status tps_key_asked_read(const tps_request *request, tps_key_asked *asked, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(request->body);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    uint64_t i = request->tag - TPS_KEY_TAG_GENERATE;

    if (i >= sizeof(messages) / sizeof(messages[0])) {
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

tps_status tps_key_answer_bytes(tps_key_call *call, tps_span bytes, tps_span nonce)
{
    tps_cbor_writer w = tps_response_begin(call->request);

    put_head(&w, bytes.size, nonce.size > 0);
    tps_cbor_put_raw(&w, bytes);
    if (nonce.size > 0) {
        tps_cbor_pair_bytes(&w, TPS_KEY_NONCE, nonce);
    }
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_bool(tps_key_call *call, bool result)
{
    tps_cbor_writer w = tps_response_map(call->request, 1);

    tps_cbor_pair_bool(&w, TPS_KEY_RESULT, result);
    return tps_response_end(call->request, &w);
}

tps_status tps_key_answer_public(tps_key_call *call, const tps_key_entry *entry)
{
    tps_cbor_writer w = tps_response_map(call->request, 2);
    tps_crypto_key *key;
    tps_status status;

    TPS_TRY(tps_key_entry_public(entry, &key));
    status = tps_answer_put_key(&w, key, TPS_KEY_SPKI);
    tps_crypto_key_free(key);
    TPS_TRY(status);
    return tps_response_end(call->request, &w);
}

/* ---- what a key is ---- */

static void put_usages(tps_cbor_writer *w, uint32_t usages)
{
    uint64_t count = 0;

    for (uint32_t op = TPS_KEY_OP_SIGN; op <= TPS_KEY_OP_MAC_VERIFY; op++) {
        count += (usages & TPS_KEY_USE(op)) != 0 ? 1u : 0u;
    }
    tps_cbor_pair_array(w, TPS_KEY_USAGES, count);
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
    tps_cbor_pair_text_span(w, TPS_KEY_NAME, tps_key_entry_name(entry));
    tps_cbor_pair_bool(w, TPS_KEY_BOUND, entry->is_bound);
    tps_cbor_pair_uint(w, TPS_KEY_KIND, entry->kind);
    put_usages(w, entry->usages);
    tps_cbor_pair_uint(w, TPS_KEY_LIFETIME, entry->lifetime);
    tps_cbor_pair_bool(w, TPS_KEY_SHARED, entry->is_shared);
    if (has_limit) {
        tps_cbor_pair_uint(w, TPS_KEY_LIMIT, entry->limit);
    }
    tps_cbor_pair_uint(w, TPS_KEY_ORIGIN, entry->origin);
    if (is_counted) {
        tps_cbor_pair_uint(w, TPS_KEY_USES, entry->uses);
    }
    tps_cbor_pair_bool(w, TPS_KEY_EXPORTABLE, false);
    return has_public ? put_public(w, entry) : TPS_OK;
}
