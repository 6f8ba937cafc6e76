/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Encrypt0, COSE_Encrypt and COSE_Mac (RFC 9052, 5 and 6), made. A message is written twice by one path:
 * dry, for its size, and, if it fits, with its secrets. The plaintext is encrypted where it lies in the
 * message.
 */
#include "format/cose/key_use.h"
#include "format/cose/mac.h"
#include "format/cose/make.h"
#include "format/cose/recipient_make.h"
#include "tps/secret.h"

typedef struct plan plan;

/* A message under way. What an Encrypt0 has not, recipients and codes, is reached by pointers: it links none
 * of it. */
struct plan {
    tps_cose_make_options options; /* with a nonce */
    const cose_shape *shape;
    const char *context;
    int32_t alg;
    tps_span content; /* plaintext, or payload */
    tps_span key;     /* empty in a dry run */
    tps_span base_iv; /* of the key */
    uint8_t random[COSE_NONCE_MAX];
    tps_status (*put_content)(tps_cbor_writer *w, const plan *p, tps_span protected_raw, bool is_dry);
    cose_recipients *recipients; /* NULL: an Encrypt0 */
    tps_status (*make_key)(cose_recipients *r);
    tps_status (*put_recipients)(tps_cbor_writer *w, const cose_recipients *r, bool is_dry);
};

/* ---- content ---- */

static tps_status seal(const plan *p, tps_span protected_raw, tps_span plain, tps_buf out)
{
    size_t nonce_size = tps_crypto_aead_nonce_size(p->alg);
    uint8_t nonce[COSE_NONCE_MAX];
    cose_enc_structure structure;
    tps_crypto_aad aad = cose_enc_structure_init(&structure, p->context, protected_raw, p->options.aad);

    if (cose_nonce(p->options.iv, p->options.partial_iv, p->base_iv, nonce_size, nonce) != TPS_OK) {
        return TPS_BAD_ARGUMENT;
    }
    return tps_crypto_aead_seal(p->alg, p->key, tps_span_make(nonce, nonce_size), aad, plain, out);
}

static tps_status put_encrypted(tps_cbor_writer *w, const plan *p, tps_span protected_raw, bool is_dry)
{
    static const uint8_t no_tag[16];
    const tps_cose_make_options *o = &p->options;
    size_t tag_size = tps_crypto_aead_tag_size(p->alg);
    size_t size = p->content.size + tag_size;
    tps_buf place;

    if (o->is_detached) {
        tps_cbor_put_null(w);
        if (o->detached_room.data == NULL || o->detached_room.size != size) {
            return TPS_BUFFER_TOO_SMALL;
        }
        return is_dry ? TPS_OK : seal(p, protected_raw, p->content, o->detached_room);
    }
    tps_cbor_put_bytes_head(w, size);
    place = (tps_buf){is_dry ? NULL : w->data + w->size, size};
    tps_cbor_put_raw(w, p->content);
    tps_cbor_put_raw(w, tps_span_make(no_tag, tag_size));
    return is_dry ? TPS_OK : seal(p, protected_raw, tps_span_make(place.data, p->content.size), place);
}

static tps_status put_authenticated(tps_cbor_writer *w, const plan *p, tps_span protected_raw, bool is_dry)
{
    const cose_structure structure = {COSE_MAC_START, {&protected_raw, &p->options.aad, &p->content}};
    tps_digest tag = {.size = tps_crypto_alg_mac_size(p->alg)};

    cose_put_payload(w, &p->options, p->content);
    if (!is_dry) {
        TPS_TRY(cose_mac_of(&structure, p->alg, p->key, &tag));
    }
    tps_cbor_put_bytes(w, tps_span_make(tag.bytes, tag.size));
    return TPS_OK;
}

static tps_status put_message(tps_cbor_writer *w, const plan *p, bool is_dry)
{
    tps_span protected_raw;

    cose_put_start(w, &p->options, p->shape, p->alg, &protected_raw);
    TPS_TRY(p->put_content(w, p, protected_raw, is_dry));
    return p->recipients == NULL ? TPS_OK : p->put_recipients(w, p->recipients, is_dry);
}

/* ---- the two runs ---- */

static tps_status measure(plan *p, tps_buf out, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_cose_make_options *o = &p->options;
    uint8_t *nothing = NULL;

    if (p->shape->tag != TPS_TAG_COSE_MAC && o->iv.size == 0 && o->partial_iv.size == 0) {
        o->iv = tps_span_make(p->random, tps_crypto_aead_nonce_size(p->alg)); /* drawn in write() */
    }
    TPS_TRY(put_message(&w, p, true));
    TPS_TRY(cose_reserve_last(&w, 0, &nothing, encoded));
    return out.data != NULL && out.size < encoded->size ? TPS_BUFFER_TOO_SMALL : TPS_OK;
}

static tps_status write(plan *p, tps_buf out)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    if (p->options.iv.data == p->random) {
        TPS_TRY(tps_crypto_random((tps_buf){p->random, p->options.iv.size}));
    }
    if (p->recipients != NULL) {
        TPS_TRY(p->make_key(p->recipients));
        p->key = tps_span_make(p->recipients->key.bytes, p->recipients->key.size);
        p->base_iv = p->recipients->key.base_iv;
    }
    return put_message(&w, p, false);
}

static tps_status make(plan *p, const tps_cose_make_options *options, tps_buf out, tps_span *encoded)
{
    tps_status status;

    if (options != NULL) {
        p->options = *options;
    }
    status = measure(p, out, encoded);
    if (status != TPS_OK || out.data == NULL) {
        return status;
    }
    encoded->data = out.data;
    status = write(p, (tps_buf){out.data, encoded->size});
    if (status != TPS_OK) {
        tps_wipe(out.data, encoded->size); /* the plaintext may lie there */
        *encoded = TPS_SPAN_EMPTY;
    }
    return status;
}

tps_status tps_cose_encrypt0_make(tps_span plain, const tps_cose_make_options *options, int32_t alg,
                                  const tps_cose_secret *key, tps_buf out, tps_span *encoded)
{
    plan p = {.shape = &cose_encrypted[0],
              .alg = alg,
              .context = "Encrypt0",
              .put_content = put_encrypted,
              .content = plain,
              .key = key->bytes,
              .base_iv = key->base_iv};

    *encoded = TPS_SPAN_EMPTY;
    if (tps_crypto_aead_key_size(alg) == 0) {
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(cose_key_use(key->alg, key->ops, alg, TPS_KEY_OP_ENCRYPT));
    return make(&p, options, out, encoded);
}

/* A message with recipients. */
static tps_status make_for(plan *p, const tps_cose_make_options *options, cose_recipients *r, tps_buf out,
                           tps_span *encoded)
{
    tps_status status;

    *encoded = TPS_SPAN_EMPTY;
    p->recipients = r;
    p->make_key = cose_make_key;
    p->put_recipients = cose_put_recipients;
    TPS_TRY(cose_recipients_check(r));
    status = make(p, options, out, encoded);
    tps_crypto_key_free(r->ephemeral);
    tps_wipe(r, sizeof *r);
    return status;
}

tps_status tps_cose_encrypt_make(tps_span plain, const tps_cose_make_options *options, int32_t alg,
                                 const tps_cose_recipient *recipients, size_t count, tps_buf out,
                                 tps_span *encoded)
{
    plan p = {.shape = &cose_encrypted[1],
              .alg = alg,
              .context = "Encrypt",
              .put_content = put_encrypted,
              .content = plain};
    cose_recipients r = {.context = "Enc_Recipient",
                         .alg = alg,
                         .op = TPS_KEY_OP_ENCRYPT,
                         .recipients = recipients,
                         .count = count};

    *encoded = TPS_SPAN_EMPTY;
    return tps_crypto_aead_key_size(alg) == 0 ? TPS_COSE_ALG_REFUSED
                                              : make_for(&p, options, &r, out, encoded);
}

tps_status tps_cose_mac_make(tps_span payload, const tps_cose_make_options *options, int32_t alg,
                             const tps_cose_recipient *recipients, size_t count, tps_buf out,
                             tps_span *encoded)
{
    plan p = {.shape = &cose_mac[1], .put_content = put_authenticated, .alg = alg, .content = payload};
    cose_recipients r = {.context = "Mac_Recipient",
                         .alg = alg,
                         .op = TPS_KEY_OP_MAC_CREATE,
                         .recipients = recipients,
                         .count = count};

    *encoded = TPS_SPAN_EMPTY;
    return tps_crypto_alg_mac_size(alg) == 0 ? TPS_COSE_ALG_REFUSED : make_for(&p, options, &r, out, encoded);
}
