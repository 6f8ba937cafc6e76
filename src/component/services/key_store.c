/* SPDX-License-Identifier: Apache-2.0 */
/* The key store service: messages, and the sealing of private scalars. The table is key_table.c's. */
#include "component/services/key_store.h"

#include "component/boot/keys.h"
#include "tps/cose.h"
#include "tps/secret.h"

enum { TAG_GENERATE = 10, TAG_SIGN = 11, TAG_PUBLIC_KEY = 12, TAG_LIST = 13, TAG_DESTROY = 14 };
enum { ASK_NAME = 1, ASK_BOUND = 2, ASK_DIGEST = 3, ASK_MESSAGE = 4 };
enum { TELL_RESULT = 1, TELL_ERROR = 2, TELL_SPKI = 3 };

/** Bytes of a response with a public key, at most: {1: COSE_Key, 3: spki} is 178 bytes. */
#define PUBLIC_KEY_RESPONSE_MAX 192u

/** A request of any of the tags. Spans point into the message. */
typedef struct {
    tps_span name;
    bool is_bound;
    tps_span digest;
    tps_span message;
    uint32_t present; /**< bit n: member n is there */
} key_request;

/* ---- sealing ---- */

/** What a sealed scalar is bound to: owner, kind and name. */
static tps_span make_aad(const tps_key_entry *entry, uint8_t aad[TPS_LOGIN_OWNER_SIZE + 1 + TPS_KEY_NAME_MAX])
{
    memcpy(aad, entry->owner, TPS_LOGIN_OWNER_SIZE);
    aad[TPS_LOGIN_OWNER_SIZE] = entry->is_bound ? 1 : 0;
    memcpy(aad + TPS_LOGIN_OWNER_SIZE + 1, entry->name, entry->name_size);
    return tps_span_make(aad, TPS_LOGIN_OWNER_SIZE + 1u + entry->name_size);
}

static tps_status sealing_key(const tps_component *component, bool is_bound,
                              uint8_t key[TPS_KEY_SEAL_KEY_SIZE])
{
    tps_span label = TPS_SPAN_LITERAL(TPS_KEYS_LABEL_KEY_STORE);

    if (!is_bound) {
        return tps_component_secret(component, label, (tps_buf){key, TPS_KEY_SEAL_KEY_SIZE});
    }
    return tps_crypto_hkdf(TPS_SPAN_OF(tps_component_handover(component)->cdi_attest), TPS_SPAN_EMPTY, label,
                           (tps_buf){key, TPS_KEY_SEAL_KEY_SIZE});
}

static tps_status seal(tps_request *request, const uint8_t scalar[32], tps_key_entry *entry)
{
    const tps_platform *p = request->platform;
    uint8_t aad[TPS_LOGIN_OWNER_SIZE + 1 + TPS_KEY_NAME_MAX];
    tps_span bound_to = make_aad(entry, aad);
    uint8_t key[TPS_KEY_SEAL_KEY_SIZE];
    tps_status status = sealing_key(request->component, entry->is_bound, key);

    if (status == TPS_OK) {
        status = p->entropy(p->context, TPS_BUF_OF(entry->nonce));
    }
    if (status == TPS_OK) {
        status = tps_crypto_aead_seal(TPS_KEY_SEAL_ALG, TPS_SPAN_OF(key), TPS_SPAN_OF(entry->nonce),
                                      (tps_crypto_aad){&bound_to, 1}, tps_span_make(scalar, 32),
                                      TPS_BUF_OF(entry->sealed));
    }
    tps_wipe(key, sizeof(key));
    return status;
}

/** The private key of an entry; the caller frees it. */
static tps_status unseal(tps_request *request, const tps_key_entry *entry, tps_crypto_key **private_key)
{
    uint8_t aad[TPS_LOGIN_OWNER_SIZE + 1 + TPS_KEY_NAME_MAX];
    tps_span bound_to = make_aad(entry, aad);
    uint8_t key[TPS_KEY_SEAL_KEY_SIZE];
    uint8_t scalar[32];
    tps_status status = sealing_key(request->component, entry->is_bound, key);

    if (status == TPS_OK) {
        status = tps_crypto_aead_open(TPS_KEY_SEAL_ALG, TPS_SPAN_OF(key), TPS_SPAN_OF(entry->nonce),
                                      (tps_crypto_aad){&bound_to, 1}, TPS_SPAN_OF(entry->sealed),
                                      TPS_BUF_OF(scalar));
    }
    if (status == TPS_OK) {
        status = tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), private_key);
    }
    tps_wipe(key, sizeof(key));
    tps_wipe(scalar, sizeof(scalar));
    return status;
}

/* ---- answers ---- */

static tps_status answer_error(tps_request *request, uint32_t error)
{
    tps_cbor_writer w = tps_response_begin(request);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_ERROR);
    tps_cbor_put_uint(&w, error);
    return tps_response_end(request, &w);
}

static tps_status answer_public_key(tps_request *request, const tps_key_entry *entry)
{
    tps_cbor_writer w = tps_response_begin(request);
    tps_crypto_point point = {.curve = TPS_CURVE_P256, .size = 32};
    tps_crypto_key *key;
    uint8_t spki[128];
    size_t size;
    tps_status status;

    memcpy(point.x, entry->x, sizeof(entry->x));
    memcpy(point.y, entry->y, sizeof(entry->y));
    TPS_TRY(tps_crypto_key_from_point(&point, &key));
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, TELL_RESULT);
    status = tps_cose_key_put(&w, key);
    if (status == TPS_OK) {
        status = tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size);
    }
    tps_crypto_key_free(key);
    TPS_TRY(status);
    tps_cbor_put_uint(&w, TELL_SPKI);
    tps_cbor_put_bytes(&w, tps_span_make(spki, size));
    return tps_response_end(request, &w);
}

/** A request that changes something cannot be repeated: refuses before the change if the answer may not fit.
 */
static tps_status need_room(tps_request *request, size_t size)
{
    if (request->response.data != NULL && request->response.size >= size) {
        return TPS_OK;
    }
    request->response_size = size;
    return TPS_BUFFER_TOO_SMALL;
}

/* ---- generate and destroy ---- */

static tps_status fill_entry(tps_request *request, const key_request *asked, tps_key_entry *entry)
{
    tps_crypto_key *key;
    tps_crypto_point point;
    uint8_t scalar[32];
    tps_status status;

    tps_login_owner(&request->session->login, entry->owner);
    memcpy(entry->name, asked->name.data, asked->name.size);
    entry->name_size = (uint8_t)asked->name.size;
    entry->is_bound = asked->is_bound;

    TPS_TRY(tps_crypto_key_generate(TPS_CURVE_P256, &key));
    status = tps_crypto_key_point(key, &point);
    if (status == TPS_OK) {
        status = tps_crypto_key_scalar(key, TPS_BUF_OF(scalar));
    }
    if (status == TPS_OK) {
        memcpy(entry->x, point.x, sizeof(entry->x));
        memcpy(entry->y, point.y, sizeof(entry->y));
        status = seal(request, scalar, entry);
    }
    tps_wipe(scalar, sizeof(scalar));
    tps_crypto_key_free(key);
    return status;
}

static tps_status generate(tps_request *request, const key_request *asked, tps_key_table *table)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_key_entry *entry;
    tps_status status;

    TPS_TRY(need_room(request, PUBLIC_KEY_RESPONSE_MAX));
    tps_login_owner(&request->session->login, owner);
    if (tps_key_table_find(table, owner, asked->name) != NULL) {
        return answer_error(request, TPS_KEY_ERROR_EXISTS);
    }
    if (asked->is_bound && !tps_component_handover(request->component)->is_made) {
        return answer_error(request, TPS_KEY_ERROR_BOUND);
    }
    entry = tps_key_table_free_entry(table, owner);
    if (entry == NULL) {
        return answer_error(request, TPS_KEY_ERROR_FULL);
    }
    status = fill_entry(request, asked, entry);
    if (status == TPS_OK) {
        status = answer_public_key(request, entry); /* first, so that what is stored has been answered */
    }
    if (status == TPS_OK) {
        status = tps_key_table_save(table, request->platform);
    }
    if (status != TPS_OK) {
        tps_wipe(entry, sizeof(*entry)); /* not stored, so not there */
    }
    return status;
}

static tps_status destroy(tps_request *request, tps_key_entry *entry, tps_key_table *table)
{
    tps_key_entry kept = *entry;
    tps_cbor_writer w = tps_response_begin(request);
    tps_status status;

    tps_cbor_put_map(&w, 0);
    TPS_TRY(need_room(request, w.size));
    tps_wipe(entry, sizeof(*entry));
    status = tps_key_table_save(table, request->platform);
    if (status != TPS_OK) {
        *entry = kept; /* it still lies in storage */
        return status;
    }
    return tps_response_end(request, &w);
}

/* ---- sign and list ---- */

static tps_status sign(tps_request *request, const key_request *asked, const tps_key_entry *entry)
{
    tps_cbor_writer w = tps_response_begin(request);
    tps_digest digest = {.size = TPS_SHA256_SIZE};
    uint8_t signature[64];
    tps_crypto_key *key;
    size_t size;
    tps_status status;

    if ((asked->present & (1u << ASK_MESSAGE)) != 0) {
        TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, asked->message, &digest));
    } else {
        memcpy(digest.bytes, asked->digest.data, TPS_SHA256_SIZE);
    }
    status = unseal(request, entry, &key);
    if (status == TPS_CRYPTO_BAD_TAG && entry->is_bound) {
        return answer_error(request, TPS_KEY_ERROR_BOUND);
    }
    TPS_TRY(status);
    status = tps_crypto_sign(key, TPS_ALG_ESP256, &digest, TPS_BUF_OF(signature), &size);
    tps_crypto_key_free(key);
    TPS_TRY(status);

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TELL_RESULT);
    tps_cbor_put_bytes(&w, tps_span_make(signature, size));
    return tps_response_end(request, &w);
}

static tps_status list(tps_request *request, const tps_key_table *table)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_cbor_writer w = tps_response_begin(request);
    uint64_t count = 0;
    bool is_counting = true;

    tps_login_owner(&request->session->login, owner);
    for (int pass = 0; pass < 2; pass++, is_counting = false) {
        if (!is_counting) {
            tps_cbor_put_map(&w, 1);
            tps_cbor_put_uint(&w, TELL_RESULT);
            tps_cbor_put_array(&w, count);
        }
        for (size_t i = 0; i < TPS_KEYS_MAX; i++) {
            const tps_key_entry *entry = &table->entries[i];

            if (entry->name_size == 0 || memcmp(entry->owner, owner, sizeof(owner)) != 0) {
                continue;
            }
            count++;
            if (!is_counting) {
                tps_cbor_put_map(&w, 2);
                tps_cbor_put_uint(&w, ASK_NAME);
                tps_cbor_put_text_span(&w, tps_key_entry_name(entry));
                tps_cbor_put_uint(&w, ASK_BOUND);
                tps_cbor_put_bool(&w, entry->is_bound);
            }
        }
    }
    return tps_response_end(request, &w);
}

/* ---- requests ---- */

static uint64_t read_member(tps_cbor_reader *r, key_request *asked)
{
    uint64_t member = tps_cbor_get_uint(r);

    switch (member) {
    case ASK_NAME: asked->name = tps_cbor_get_text(r); break;
    case ASK_BOUND: asked->is_bound = tps_cbor_get_bool(r); break;
    case ASK_DIGEST: asked->digest = tps_cbor_get_bytes(r); break;
    case ASK_MESSAGE: asked->message = tps_cbor_get_bytes(r); break;
    default: tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE); return 0;
    }
    return member;
}

/** The members that a request must have, or may have, as bits. */
static tps_status read_request(tps_span body, uint32_t required, uint32_t allowed, key_request *asked,
                               tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(body);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    *asked = (key_request){.present = 0};
    while (tps_cbor_next(&r, &map)) {
        asked->present |= 1u << read_member(&r, asked);
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK || (asked->present & required) != required ||
        (asked->present & ~(required | allowed)) != 0) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, tps_cbor_offset(&r), "a member of the request");
    }
    return TPS_OK;
}

/** Either a digest of 32 bytes or a message, not both. */
static bool is_signable(const key_request *asked)
{
    bool has_digest = (asked->present & (1u << ASK_DIGEST)) != 0;
    bool has_message = (asked->present & (1u << ASK_MESSAGE)) != 0;

    return has_digest != has_message && (!has_digest || asked->digest.size == TPS_SHA256_SIZE);
}

static tps_status handle_named(tps_request *request, tps_error *why)
{
    const uint32_t name = 1u << ASK_NAME;
    const uint32_t data = (1u << ASK_DIGEST) | (1u << ASK_MESSAGE);
    tps_key_store_state *state = request->state;
    uint32_t allowed = request->tag == TAG_GENERATE ? 1u << ASK_BOUND : request->tag == TAG_SIGN ? data : 0;
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_key_entry *entry;
    key_request asked;

    TPS_TRY(read_request(request->body, name, allowed, &asked, why));
    if (request->tag == TAG_SIGN && !is_signable(&asked)) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a digest of 32 bytes or a message");
    }
    if (asked.name.size == 0 || asked.name.size > TPS_KEY_NAME_MAX) {
        return answer_error(request, TPS_KEY_ERROR_NAME);
    }
    if (request->tag == TAG_GENERATE) {
        return generate(request, &asked, &state->table);
    }
    tps_login_owner(&request->session->login, owner);
    entry = tps_key_table_find(&state->table, owner, asked.name);
    if (entry == NULL) {
        return answer_error(request, TPS_KEY_ERROR_UNKNOWN);
    }
    switch (request->tag) {
    case TAG_SIGN: return sign(request, &asked, entry);
    case TAG_PUBLIC_KEY: return answer_public_key(request, entry);
    default: return destroy(request, entry, &state->table);
    }
}

static tps_status handle(tps_request *request, tps_error *why)
{
    tps_key_store_state *state = request->state;
    key_request asked;

    if (request->tag >= TAG_GENERATE && request->tag <= TAG_DESTROY && request->tag != TAG_LIST) {
        return handle_named(request, why);
    }
    if (request->tag != TAG_LIST) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(read_request(request->body, 0, 0, &asked, why));
    return list(request, &state->table);
}

static tps_status start(tps_component *component, void *memory, tps_error *why)
{
    tps_key_store_state *state = memory;

    (void)why;
    return tps_key_table_load(&state->table, tps_component_platform(component));
}

static const uint8_t features[] = {0x81, 0x28}; /* [ESP256]: the algorithms of its keys */

const tps_service tps_key_store_service = {
    .id = TPSC_UUID_INIT(0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84, 0xb3, 0x41, 0x8d, 0xd1, 0xc9, 0x40,
                         0xd3, 0xa5),
    .name = "opentps key store",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_key_store_state),
    .start = start,
    .handle = handle,
};
