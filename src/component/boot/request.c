/* SPDX-License-Identifier: Apache-2.0 */
/* The certification request: what DeviceID signs is signed by the IAK once more, so that both are proved. */
#include "component/boot/request.h"

#include "component/boot/boot.h"
#include "component/boot/handover.h"
#include "tps/cose.h"
#include "tps/cose_key.h"
#include "tps/dice.h"
#include "tps/secret.h"

enum { KEY_IDENTITY = 1, KEY_DEVICE_ID = 2, KEY_IAK = 3, MEMBERS = 3, PAYLOAD_MAX = 224, INNER_MAX = 400 };

/* ---- making ---- */

static tps_status check_lifecycle(const tps_platform *p, tps_error *why)
{
    uint64_t provisioned;
    uint64_t decommissioned;

    TPS_TRY(p->counter_read(p->context, TPS_COUNTER_PROVISIONED, &provisioned));
    TPS_TRY(p->counter_read(p->context, TPS_COUNTER_DECOMMISSIONED, &decommissioned));
    if (decommissioned != 0) {
        return TPS_COMPONENT_DECOMMISSIONED;
    }
    return provisioned < TPS_LIFECYCLE_SECURED
               ? TPS_OK
               : tps_fail(why, TPS_COMPONENT_DENIED, 0, "a secured device makes no requests");
}

/** SHA-256 of the identity, which must be a good one. */
static tps_status hash_identity(const tps_platform *p, tps_buf room, uint8_t hash[TPS_SHA256_SIZE],
                                tps_error *why)
{
    tps_device_identity identity;
    tps_digest digest;
    tps_span encoded;
    tps_status status;

    if (room.size < TPS_IDENTITY_MAX) {
        return TPS_BUFFER_TOO_SMALL;
    }
    room.size = TPS_IDENTITY_MAX;
    status = tps_provided_read_all(p, TPS_PROVIDED_IDENTITY, NULL, room, &encoded);
    if (status != TPS_OK) {
        return tps_fail(why, status == TPS_NOT_FOUND ? TPS_COMPONENT_NO_IDENTITY : status, 0, "identity");
    }
    TPS_TRY(tps_identity_decode(encoded, &identity, why));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest));
    memcpy(hash, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}

/** The two keys. The unique secret is in memory here, and nowhere else. */
static tps_status derive_keys(const tps_platform *p, const uint8_t identity[TPS_SHA256_SIZE],
                              tps_request_keys *keys)
{
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE] = {0};
    uint8_t s0[TPS_KEYS_SIZE] = {0};
    tps_keys_inputs inputs = {.mode = TPS_DICE_MODE_NORMAL};
    tps_status status = p->unique_secret(p->context, secret);

    memcpy(inputs.authority, identity, sizeof(inputs.authority));
    if (status == TPS_OK) {
        status = tps_keys_device_id(TPS_SPAN_OF(secret), &keys->device_id);
    }
    if (status == TPS_OK) {
        status = tps_keys_s0(TPS_SPAN_OF(secret), &inputs, s0);
    }
    if (status == TPS_OK) {
        status = tps_keys_iak(s0, &keys->iak);
    }
    tps_wipe(secret, sizeof(secret));
    tps_wipe(s0, sizeof(s0));
    return status;
}

static tps_status sign(tps_span payload, tps_span content_type, tps_crypto_key *key, tps_buf out,
                       tps_span *encoded)
{
    tps_cose_sign1_options options = {.content_type = content_type};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);

    return tps_cose_sign1_make(payload, &options, &signer, out, encoded);
}

static tps_status sign_both(const tps_request_keys *keys, tps_buf out, tps_span *encoded)
{
    uint8_t payload[PAYLOAD_MAX];
    uint8_t inner[INNER_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(payload));
    tps_span content;

    tps_cbor_put_map(&w, MEMBERS);
    tps_cbor_put_uint(&w, KEY_IDENTITY);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(keys->identity));
    tps_cbor_put_uint(&w, KEY_DEVICE_ID);
    TPS_TRY(tps_cose_key_put(&w, keys->device_id));
    tps_cbor_put_uint(&w, KEY_IAK);
    TPS_TRY(tps_cose_key_put(&w, keys->iak));
    TPS_TRY(tps_cbor_writer_finish(&w, &content));
    TPS_TRY(sign(content, TPS_SPAN_LITERAL(TPS_REQUEST_CONTENT_TYPE), keys->device_id, TPS_BUF_OF(inner),
                 &content));
    return sign(content, TPS_SPAN_LITERAL(TPS_REQUEST_CONTENT_TYPE_COSE), keys->iak, out, encoded);
}

static tps_status make(const tps_platform *p, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_request_keys keys = {.device_id = NULL};
    tps_status status;

    TPS_TRY(check_lifecycle(p, why));
    TPS_TRY(hash_identity(p, out, keys.identity, why));
    status = derive_keys(p, keys.identity, &keys);
    if (status == TPS_OK) {
        status = sign_both(&keys, out, encoded);
    }
    tps_request_keys_free(&keys);
    return status;
}

tps_status tps_request_make(const tps_platform *platform, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_status status;
    tps_status locked;

    tps_fail(why, TPS_OK, 0, NULL);
    *encoded = TPS_SPAN_EMPTY;
    if (platform->version != TPS_PLATFORM_VERSION) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the platform's version");
    }
    status = make(platform, out, encoded, why);
    locked = platform->lock_secret(platform->context);
    if (locked != TPS_OK) {
        status = tps_fail(why, locked, 0, "the unique secret");
    }
    if (status != TPS_OK) {
        *encoded = TPS_SPAN_EMPTY;
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}

/* ---- verifying ---- */

static bool has_content_type(const tps_cose_sign1 *message, const char *content_type)
{
    tps_span value;
    tps_cbor_reader r;

    if (!tps_cose_header_find(message->protected_raw, TPS_HEADER_CONTENT_TYPE, &value)) {
        return false;
    }
    r = tps_cbor_reader_init(value);
    return tps_span_is_text(tps_cbor_get_text(&r), content_type);
}

static tps_status parse(tps_span encoded, const char *content_type, tps_cose_sign1 *message, tps_error *why)
{
    TPS_TRY(tps_cose_sign1_parse(encoded, message, why));
    if (!has_content_type(message, content_type)) {
        return tps_fail(why, TPS_COSE_BAD_HEADER, 0, "content type");
    }
    return message->headers.alg == TPS_ALG_ESP256 ? TPS_OK : tps_fail(why, TPS_COSE_ALG_REFUSED, 0, "alg");
}

/** What the payload says, as spans into it. */
typedef struct {
    tps_span identity;
    tps_span device_id;
    tps_span iak;
} request_members;

static tps_status read_members(tps_span payload, request_members *members, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(payload);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(payload, &tps_cbor_limits_message, NULL, why));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case KEY_IDENTITY: members->identity = tps_cbor_get_bytes(&r); break;
        case KEY_DEVICE_ID: members->device_id = tps_cbor_skip(&r); break;
        case KEY_IAK: members->iak = tps_cbor_skip(&r); break;
        default: tps_cbor_fail(&r, TPS_CLAIM_BAD_VALUE); break;
        }
    }
    return tps_cbor_reader_finish(&r) == TPS_OK
               ? TPS_OK
               : tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(&r), "request");
}

static tps_status read_payload(tps_span payload, tps_request_keys *keys, tps_error *why)
{
    request_members members = {.identity = TPS_SPAN_EMPTY};

    TPS_TRY(read_members(payload, &members, why));
    if (members.identity.size != TPS_SHA256_SIZE || members.device_id.size == 0 || members.iak.size == 0) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "request");
    }
    memcpy(keys->identity, members.identity.data, TPS_SHA256_SIZE);
    TPS_TRY(tps_cose_key_read_for(members.device_id, TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, &keys->device_id));
    return tps_cose_key_read_for(members.iak, TPS_ALG_ESP256, TPS_KEY_OP_VERIFY, &keys->iak);
}

static tps_status check_distinct(const tps_request_keys *keys, tps_error *why)
{
    tps_crypto_point one;
    tps_crypto_point other;

    TPS_TRY(tps_crypto_key_point(keys->device_id, &one));
    TPS_TRY(tps_crypto_key_point(keys->iak, &other));
    return memcmp(one.x, other.x, 32) != 0 ? TPS_OK
                                           : tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "both keys are one");
}

static tps_status verify(tps_span encoded, tps_request_keys *keys, tps_error *why)
{
    tps_cose_sign1 outer;
    tps_cose_sign1 inner;
    tps_status status;

    TPS_TRY(parse(encoded, TPS_REQUEST_CONTENT_TYPE_COSE, &outer, why));
    TPS_TRY(parse(outer.payload, TPS_REQUEST_CONTENT_TYPE, &inner, why));
    TPS_TRY(read_payload(inner.payload, keys, why));
    TPS_TRY(check_distinct(keys, why));
    status = tps_cose_sign1_verify_parsed(&inner, keys->device_id, NULL);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "DeviceID");
    }
    status = tps_cose_sign1_verify_parsed(&outer, keys->iak, NULL);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, 0, "IAK");
}

tps_status tps_request_verify(tps_span encoded, tps_request_keys *keys, tps_error *why)
{
    tps_status status;

    tps_fail(why, TPS_OK, 0, NULL);
    memset(keys, 0, sizeof(*keys));
    status = verify(encoded, keys, why);
    if (status != TPS_OK) {
        tps_request_keys_free(keys);
        if (why != NULL) {
            why->status = status;
        }
    }
    return status;
}

void tps_request_keys_free(tps_request_keys *keys)
{
    tps_crypto_key_free(keys->device_id);
    tps_crypto_key_free(keys->iak);
    memset(keys, 0, sizeof(*keys));
}
