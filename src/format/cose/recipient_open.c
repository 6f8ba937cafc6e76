/* SPDX-License-Identifier: Apache-2.0 */
/* From the recipients of a message to the content's key, for one receiver. */
#include "format/cose/headers.h"
#include "format/cose/kdf.h"
#include "format/cose/key_use.h"
#include "format/cose/recipient.h"
#include "tps/secret.h"

/* The search for the content's key. */
typedef struct {
    const char *context;
    int32_t alg; /* of the content */
    uint32_t op;
    const tps_cose_receiver *receiver;
    cose_content_key *key;
} search;

/* ---- one recipient, taken apart ---- */

/* A COSE_recipient has the shape of a message; those with recipients of their own have a fourth member. */
static tps_status read_recipient(tps_span encoded, tps_cose_message *out, bool *is_nested)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_item item;

    memset(out, 0, sizeof *out);
    tps_cbor_read(&r, &item);
    if (item.type != TPS_CBOR_ARRAY || (item.value != 3 && item.value != 4)) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    *is_nested = item.value == 4;
    out->protected_raw = tps_cbor_get_bytes(&r);
    if (out->protected_raw.size == 1 && out->protected_raw.data[0] == 0xa0) {
        out->protected_raw = TPS_SPAN_EMPTY;
    }
    out->unprotected_raw = tps_cbor_skip(&r);
    if (tps_cbor_read(&r, &item)) {
        out->payload = item.bytes;
        out->is_detached = item.type == TPS_CBOR_SIMPLE && item.value == 22;
    }
    if (r.status != TPS_OK ||
        (!out->is_detached && (item.type != TPS_CBOR_BYTES || item.value == TPS_CBOR_INDEFINITE_LENGTH))) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    return cose_headers_read(out, NULL, NULL);
}

/* ---- what stands in for ciphertext, key and protected bucket: each kind has its rules (RFC 9052, 8.5) ----
 */

static bool has_ciphertext(uint32_t kind)
{
    return kind == COSE_KEY_WRAP || kind == COSE_KEY_AEAD || kind == COSE_ECDH_WRAP;
}

static tps_status check_form(const tps_cose_message *recipient, uint32_t kind)
{
    bool is_unprotected = kind == COSE_DIRECT || kind == COSE_KEY_WRAP;

    if (is_unprotected && recipient->protected_raw.size > 0) {
        return TPS_COSE_BAD_HEADER;
    }
    if (has_ciphertext(kind)) {
        return recipient->is_detached ? TPS_COSE_NOT_WELL_FORMED : TPS_OK;
    }
    return recipient->payload.size == 0 ? TPS_OK : TPS_COSE_NOT_WELL_FORMED;
}

/* ---- the key by each kind ---- */

static tps_status take_secret(const search *s)
{
    const tps_cose_secret *secret = s->receiver->secret;

    TPS_TRY(cose_key_use(secret->alg, secret->ops, s->alg, s->op));
    if (secret->bytes.size == 0 || secret->bytes.size > sizeof s->key->bytes) {
        return TPS_CRYPTO_BAD_KEY;
    }
    memcpy(s->key->bytes, secret->bytes.data, secret->bytes.size);
    s->key->size = secret->bytes.size;
    s->key->base_iv = secret->base_iv;
    return TPS_OK;
}

static tps_status derive_from_secret(const search *s, const tps_cose_message *recipient)
{
    const tps_cose_secret *secret = s->receiver->secret;
    cose_derivation how = {s->alg, cose_content_key_size(s->alg), recipient, s->receiver->info};

    TPS_TRY(cose_key_use(secret->alg, secret->ops, TPS_ALG_DIRECT_HKDF_256, TPS_KEY_OP_DERIVE_KEY));
    if (!cose_derivation_is_unique(&how)) {
        return TPS_COSE_BAD_HEADER;
    }
    s->key->size = how.key_size;
    return cose_derive(&how, secret->bytes, s->key->bytes);
}

static tps_status unwrap(const search *s, int32_t alg, tps_span kek, tps_span wrapped)
{
    tps_status status;

    if (wrapped.size < 24 || wrapped.size % 8 != 0 || wrapped.size - 8 > sizeof s->key->bytes) {
        return TPS_COSE_NOT_WELL_FORMED;
    }
    s->key->size = wrapped.size - 8;
    status = tps_crypto_unwrap(alg, kek, wrapped, (tps_buf){s->key->bytes, s->key->size});
    return status == TPS_CRYPTO_BAD_TAG ? TPS_COSE_BAD_TAG : status;
}

static tps_status open_with_secret(const search *s, const tps_cose_message *recipient, int32_t alg)
{
    const tps_cose_secret *secret = s->receiver->secret;
    cose_opening how = {.context = s->context,
                        .alg = alg,
                        .key = secret->bytes,
                        .base_iv = secret->base_iv,
                        .sealed = recipient->payload};
    tps_span plain;
    tps_status status;

    TPS_TRY(cose_key_use(secret->alg, secret->ops, alg, TPS_KEY_OP_UNWRAP));
    status = cose_open(recipient, &how, TPS_BUF_OF(s->key->bytes), &plain);
    s->key->size = plain.size;
    return status == TPS_BUFFER_TOO_SMALL ? TPS_COSE_NOT_WELL_FORMED : status;
}

/* The secret of an ephemeral-static agreement: the caller wipes it. */
static tps_status agree(const search *s, const tps_cose_message *recipient, uint8_t *secret, size_t *size)
{
    const tps_cose_agreement *own = s->receiver->agreement;
    tps_crypto_key *peer = NULL;
    tps_span encoded;
    tps_status status;
    tps_cose_key key;

    *size = tps_crypto_curve_size(own->curve);
    if (!tps_cose_header_find(recipient->unprotected_raw, TPS_HEADER_EPHEMERAL_KEY, &encoded) &&
        !tps_cose_header_find(recipient->protected_raw, TPS_HEADER_EPHEMERAL_KEY, &encoded)) {
        return TPS_COSE_BAD_HEADER;
    }
    TPS_TRY(tps_cose_key_parse(encoded, &key, NULL));
    if (key.secret.data != NULL) {
        return TPS_COSE_BAD_KEY;
    }
    if (key.kty != TPS_KEY_EC2 || key.curve != own->curve) {
        return TPS_COSE_NO_KEY;
    }
    TPS_TRY(tps_cose_key_public(&key, &peer));
    status = own->agree(own->context, peer, (tps_buf){secret, *size});
    tps_crypto_key_free(peer);
    return status;
}

static tps_status derive_by_agreement(const search *s, const tps_cose_message *recipient, int32_t alg)
{
    bool is_wrap = cose_recipient_kind(alg) == COSE_ECDH_WRAP;
    int32_t wrap_alg = cose_wrap_alg(alg);
    uint8_t secret[TPS_COORDINATE_SIZE_MAX];
    uint8_t kek[32];
    cose_derivation how = {is_wrap ? wrap_alg : s->alg,
                           is_wrap ? cose_wrap_key_size(wrap_alg) : cose_content_key_size(s->alg), recipient,
                           s->receiver->info};
    size_t size;
    tps_status status = agree(s, recipient, secret, &size);

    if (status == TPS_OK) {
        s->key->size = how.key_size;
        status = cose_derive(&how, tps_span_make(secret, size), is_wrap ? kek : s->key->bytes);
    }
    if (status == TPS_OK && is_wrap) {
        status = unwrap(s, wrap_alg, tps_span_make(kek, how.key_size), recipient->payload);
    }
    tps_wipe(kek, sizeof kek);
    tps_wipe(secret, sizeof secret);
    return status;
}

static tps_status recover(const search *s, const tps_cose_message *recipient, uint32_t kind)
{
    const tps_cose_secret *secret = s->receiver->secret;
    int32_t alg = (int32_t)recipient->headers.alg;

    TPS_TRY(check_form(recipient, kind));
    switch (kind) {
    case COSE_DIRECT: return take_secret(s);
    case COSE_DIRECT_HKDF: return derive_from_secret(s, recipient);
    case COSE_KEY_AEAD: return open_with_secret(s, recipient, alg);
    case COSE_KEY_WRAP:
        TPS_TRY(cose_key_use(secret->alg, secret->ops, alg, TPS_KEY_OP_UNWRAP));
        return unwrap(s, alg, secret->bytes, recipient->payload);
    default: return derive_by_agreement(s, recipient, alg);
    }
}

/* ---- the search ---- */

/* Whether the receiver has what this recipient's algorithm takes, and is not told apart by the kid. */
static bool is_ours(const tps_cose_receiver *receiver, const tps_cose_message *recipient, uint32_t kind)
{
    tps_span kid = recipient->headers.kid;
    bool is_ecdh = kind == COSE_ECDH_DIRECT || kind == COSE_ECDH_WRAP;
    bool has_key = is_ecdh ? receiver->agreement != NULL : receiver->secret != NULL;

    return kind != COSE_UNKNOWN_KIND && has_key &&
           (kid.data == NULL || receiver->kid.size == 0 || tps_span_equal(kid, receiver->kid));
}

/* A failure that only says that the recipient was somebody else: one without a kid may be anybody. */
static bool is_for_another(tps_status status)
{
    return status == TPS_COSE_BAD_TAG || status == TPS_COSE_NO_KEY || status == TPS_COSE_KEY_USE ||
           status == TPS_CRYPTO_BAD_KEY;
}

/* One recipient and its kind, which is unknown, too, when the recipient asks for what only others may know.
 */
static tps_status read_kind(tps_span encoded, tps_cose_message *recipient, uint32_t *kind)
{
    bool is_nested = false;
    tps_status status = read_recipient(encoded, recipient, &is_nested);

    *kind = COSE_UNKNOWN_KIND;
    if (status == TPS_COSE_ALG_REFUSED || status == TPS_COSE_CRIT_UNKNOWN) {
        return TPS_OK;
    }
    if (status == TPS_OK && !is_nested) {
        *kind = cose_recipient_kind(recipient->headers.alg);
    }
    return status;
}

/* Each must be a recipient, and a direct one the only one, whoever it is for (RFC 9052, 8.5.1 and 8.5.5). */
static tps_status check_all(tps_span recipients)
{
    tps_cbor_reader r = tps_cbor_reader_init(recipients);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    bool has_direct = false;
    uint32_t count = 0;

    while (tps_cbor_next(&r, &list)) {
        tps_cose_message recipient;
        uint32_t kind;

        TPS_TRY(read_kind(tps_cbor_skip(&r), &recipient, &kind));
        has_direct |= kind != COSE_UNKNOWN_KIND && !has_ciphertext(kind);
        count++;
    }
    return has_direct && count > 1 ? TPS_COSE_NOT_WELL_FORMED : TPS_OK;
}

tps_status cose_find_key(const tps_cose_message *message, const char *context, int32_t alg, uint32_t op,
                         const tps_cose_receiver *receiver, cose_content_key *key)
{
    const search s = {context, alg, op, receiver, key};
    tps_cbor_reader r = tps_cbor_reader_init(message->recipients);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    tps_status status = TPS_COSE_NO_KEY;
    uint32_t tries = 0;

    TPS_TRY(check_all(message->recipients));
    while (tries < TPS_COSE_TRIES_MAX && tps_cbor_next(&r, &list)) {
        tps_cose_message recipient;
        uint32_t kind;

        TPS_TRY(read_kind(tps_cbor_skip(&r), &recipient, &kind));
        if (!is_ours(receiver, &recipient, kind)) {
            continue;
        }
        tries++;
        status = recover(&s, &recipient, kind);
        if (!is_for_another(status)) {
            return status;
        }
    }
    return status;
}
