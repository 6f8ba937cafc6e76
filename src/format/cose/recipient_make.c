/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients, written: their headers, and the content's key in its own way for each. */
#include "format/cose/recipient_make.h"

#include "format/cose/kdf.h"
#include "format/cose/key.h"
#include "format/cose/key_use.h"
#include "tps/secret.h"

/* The largest protected bucket of a recipient: {1: alg}. */
enum { PROTECTED_MAX = 8, WRAP_OVERHEAD = 8 };

/* One recipient under way. */
typedef struct {
    const cose_recipients *all;
    const tps_cose_recipient *to;
    uint32_t kind;
    tps_crypto_key *ephemeral;
    uint8_t protected_bytes[PROTECTED_MAX];
    uint8_t nonce[COSE_NONCE_MAX];
    tps_cose_message headers; /* what the key derivation looks at: only its protected bucket is set */
    tps_cose_kdf_info info;   /* with a salt of ours */
} making;

static bool is_direct(uint32_t kind)
{
    return kind == COSE_DIRECT || kind == COSE_DIRECT_HKDF || kind == COSE_ECDH_DIRECT;
}

static bool is_ecdh(uint32_t kind)
{
    return kind == COSE_ECDH_DIRECT || kind == COSE_ECDH_WRAP;
}

/* ---- whether they can be ---- */

static tps_status check_secret(const cose_recipients *r, const tps_cose_recipient *to, uint32_t kind)
{
    const tps_cose_secret *s = to->secret;

    switch (kind) {
    case COSE_DIRECT:
        TPS_TRY(cose_key_use(s->alg, s->ops, r->alg, r->op));
        return s->bytes.size > 0 && s->bytes.size <= COSE_KEY_MAX ? TPS_OK : TPS_CRYPTO_BAD_KEY;
    case COSE_DIRECT_HKDF: return cose_key_use(s->alg, s->ops, to->alg, TPS_KEY_OP_DERIVE_KEY);
    case COSE_KEY_WRAP: return cose_key_use(s->alg, s->ops, to->alg, TPS_KEY_OP_WRAP);
    default: return cose_key_use(s->alg, s->ops, to->alg, TPS_KEY_OP_WRAP);
    }
}

tps_status cose_recipients_check(const cose_recipients *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const tps_cose_recipient *to = &r->recipients[i];
        uint32_t kind = cose_recipient_kind(to->alg);
        if (kind == COSE_UNKNOWN_KIND) {
            return TPS_COSE_ALG_REFUSED;
        }
        if ((is_direct(kind) && r->count > 1) || (is_ecdh(kind) ? to->peer == NULL : to->secret == NULL)) {
            return TPS_BAD_ARGUMENT;
        }
        if (is_ecdh(kind) && tps_crypto_key_kind(to->peer) != TPS_KEY_EC2) {
            return TPS_COSE_ALG_REFUSED;
        }
        if (!is_ecdh(kind)) {
            TPS_TRY(check_secret(r, to, kind));
        }
    }
    return r->count == 0 ? TPS_BAD_ARGUMENT : TPS_OK;
}

/* ---- setting one up ---- */

static void begin(making *m, const cose_recipients *all, size_t index, const uint8_t *salt)
{
    tps_cbor_writer w;

    memset(m, 0, sizeof *m);
    m->all = all;
    m->to = &all->recipients[index];
    m->kind = cose_recipient_kind(m->to->alg);
    m->ephemeral = all->ephemeral;
    if (m->to->info != NULL) {
        m->info = *m->to->info;
    }
    if (m->kind == COSE_DIRECT_HKDF && m->info.salt.size == 0) {
        m->info.salt = tps_span_make(salt, COSE_SALT_SIZE);
    }
    if (m->kind != COSE_DIRECT && m->kind != COSE_KEY_WRAP) { /* these two have nothing to protect it with */
        w = tps_cbor_writer_init(TPS_BUF_OF(m->protected_bytes));
        tps_cbor_put_map(&w, 1);
        tps_cbor_put_int(&w, TPS_HEADER_ALG);
        tps_cbor_put_int(&w, m->to->alg);
        m->headers.protected_raw = tps_span_make(m->protected_bytes, w.size);
    }
}

/* Derives a key from the agreement of `m->ephemeral` with the recipient. */
static tps_status derive_by_agreement(const making *m, int32_t alg, size_t key_size, uint8_t *key)
{
    const cose_derivation how = {alg, key_size, &m->headers, &m->info};
    uint8_t secret[TPS_COORDINATE_SIZE_MAX];
    tps_buf room = {secret, tps_crypto_curve_size(tps_crypto_key_curve(m->to->peer))};
    tps_status status = tps_crypto_ecdh(m->ephemeral, m->to->peer, room);

    status = status == TPS_OK ? cose_derive(&how, tps_span_make(secret, room.size), key) : status;
    tps_wipe(secret, sizeof secret);
    return status;
}

/* ---- the content's key ---- */

static tps_status make_direct_key(cose_recipients *r, const making *m)
{
    const cose_derivation how = {r->alg, r->key.size, &m->headers, &m->info};

    if (m->kind == COSE_DIRECT) {
        r->key.size = m->to->secret->bytes.size;
        r->key.base_iv = m->to->secret->base_iv;
        memcpy(r->key.bytes, m->to->secret->bytes.data, r->key.size);
        return TPS_OK;
    }
    return m->kind == COSE_DIRECT_HKDF ? cose_derive(&how, m->to->secret->bytes, r->key.bytes)
                                       : derive_by_agreement(m, r->alg, r->key.size, r->key.bytes);
}

tps_status cose_make_key(cose_recipients *r)
{
    uint32_t kind = cose_recipient_kind(r->recipients[0].alg);
    making m;

    r->key.size = cose_content_key_size(r->alg);
    if (!is_direct(kind)) {
        return tps_crypto_random((tps_buf){r->key.bytes, r->key.size});
    }
    if (kind == COSE_DIRECT_HKDF) {
        TPS_TRY(tps_crypto_random(TPS_BUF_OF(r->salt)));
    }
    if (kind == COSE_ECDH_DIRECT) {
        TPS_TRY(tps_crypto_key_generate(tps_crypto_key_curve(r->recipients[0].peer), &r->ephemeral));
    }
    begin(&m, r, 0, r->salt);
    return make_direct_key(r, &m);
}

/* ---- writing ---- */

/* A parameter that is there when it has bytes; returns how many pairs that are. */
static uint32_t put_if(tps_cbor_writer *w, int64_t label, tps_span bytes)
{
    if (bytes.size == 0) {
        return 0;
    }
    tps_cbor_put_int(w, label);
    tps_cbor_put_bytes(w, bytes);
    return 1;
}

static uint32_t put_party(tps_cbor_writer *w, int64_t label, const tps_cose_party *party)
{
    return put_if(w, label, party->identity) + put_if(w, label - 1, party->nonce) +
           put_if(w, label - 2, party->other);
}

/* The public half of the ephemeral key; a dry run has none, but its size is the curve's. */
static tps_status put_ephemeral(tps_cbor_writer *w, const making *m)
{
    tps_crypto_point point = {.curve = tps_crypto_key_curve(m->to->peer)};

    point.size = tps_crypto_curve_size(point.curve);
    if (m->ephemeral != NULL) {
        TPS_TRY(tps_crypto_key_point(m->ephemeral, &point));
    }
    tps_cbor_put_int(w, TPS_HEADER_EPHEMERAL_KEY);
    cose_key_put_point(w, &point);
    return TPS_OK;
}

/* The pairs of the unprotected bucket, in deterministic order; `*count` of them. */
static tps_status put_pairs(tps_cbor_writer *w, const making *m, uint32_t *count)
{
    bool is_alg_here = m->headers.protected_raw.size == 0;
    size_t nonce_size = m->kind == COSE_KEY_AEAD ? tps_crypto_aead_nonce_size(m->to->alg) : 0;

    *count = is_alg_here;
    if (is_alg_here) {
        tps_cbor_put_int(w, TPS_HEADER_ALG);
        tps_cbor_put_int(w, m->to->alg);
    }
    *count += put_if(w, TPS_HEADER_KID, m->to->kid);
    *count += put_if(w, TPS_HEADER_IV, tps_span_make(m->nonce, nonce_size));
    if (is_ecdh(m->kind)) {
        *count += 1;
        TPS_TRY(put_ephemeral(w, m));
    }
    if (m->kind == COSE_DIRECT_HKDF || is_ecdh(m->kind)) {
        *count += put_if(w, TPS_HEADER_SALT, m->info.salt);
        *count += m->info.is_sent ? put_party(w, TPS_HEADER_PARTY_U_IDENTITY, &m->info.u) : 0;
        *count += m->info.is_sent ? put_party(w, TPS_HEADER_PARTY_V_IDENTITY, &m->info.v) : 0;
    }
    return TPS_OK;
}

static tps_status wrap(const making *m, tps_span key, tps_buf out)
{
    int32_t alg = cose_wrap_alg(m->to->alg);
    uint8_t kek[32];
    size_t kek_size = cose_wrap_key_size(alg);
    tps_status status;

    if (m->kind == COSE_KEY_WRAP) {
        return tps_crypto_wrap(alg, m->to->secret->bytes, key, out);
    }
    status = derive_by_agreement(m, alg, kek_size, kek);
    status = status == TPS_OK ? tps_crypto_wrap(alg, tps_span_make(kek, kek_size), key, out) : status;
    tps_wipe(kek, sizeof kek);
    return status;
}

static tps_status encrypt(const making *m, tps_span key, tps_buf out)
{
    cose_enc_structure structure;
    tps_crypto_aad aad =
        cose_enc_structure_init(&structure, m->all->context, m->headers.protected_raw, TPS_SPAN_EMPTY);

    return tps_crypto_aead_seal(m->to->alg, m->to->secret->bytes,
                                tps_span_make(m->nonce, tps_crypto_aead_nonce_size(m->to->alg)), aad, key,
                                out);
}

/* The third member: the content's key under the recipient's, or nothing. */
static tps_status put_ciphertext(tps_cbor_writer *w, const making *m, bool is_dry)
{
    uint8_t sealed[COSE_KEY_MAX + 16] = {0};
    tps_span key = tps_span_make(m->all->key.bytes, cose_content_key_size(m->all->alg));
    tps_buf out = {sealed, 0};

    if (m->kind == COSE_KEY_AEAD) {
        out.size = key.size + tps_crypto_aead_tag_size(m->to->alg);
    } else if (!is_direct(m->kind)) {
        out.size = key.size + WRAP_OVERHEAD;
    }
    if (out.size > 0 && !is_dry) {
        TPS_TRY(m->kind == COSE_KEY_AEAD ? encrypt(m, key, out) : wrap(m, key, out));
    }
    tps_cbor_put_bytes(w, tps_span_make(sealed, out.size));
    return TPS_OK;
}

static tps_status put_recipient(tps_cbor_writer *w, const making *m, bool is_dry)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    uint32_t count;

    tps_cbor_put_array(w, 3);
    tps_cbor_put_bytes(w, m->headers.protected_raw);
    TPS_TRY(put_pairs(&measure, m, &count));
    tps_cbor_put_map(w, count);
    TPS_TRY(put_pairs(w, m, &count));
    return put_ciphertext(w, m, is_dry);
}

/* What is random for one recipient. */
static tps_status draw(making *m)
{
    if (m->kind == COSE_ECDH_WRAP) {
        return tps_crypto_key_generate(tps_crypto_key_curve(m->to->peer), &m->ephemeral);
    }
    return m->kind == COSE_KEY_AEAD
               ? tps_crypto_random((tps_buf){m->nonce, tps_crypto_aead_nonce_size(m->to->alg)})
               : TPS_OK;
}

tps_status cose_put_recipients(tps_cbor_writer *w, const cose_recipients *r, bool is_dry)
{
    tps_cbor_put_array(w, r->count);
    for (size_t i = 0; i < r->count; i++) {
        making m;
        tps_status status = TPS_OK;

        begin(&m, r, i, r->salt);
        status = is_dry ? TPS_OK : draw(&m);
        status = status == TPS_OK ? put_recipient(w, &m, is_dry) : status;
        if (m.ephemeral != r->ephemeral) {
            tps_crypto_key_free(m.ephemeral);
        }
        TPS_TRY(status);
    }
    return TPS_OK;
}
