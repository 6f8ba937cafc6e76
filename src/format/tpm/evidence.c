/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of a TPM: the map of spec/tpm-evidence.cddl, EnactTrust's token and keylime's text. */
#include "format/tpm/pcrs.h"
#include "format/tpm/reader.h"
#include "tps/base64.h"

/* Members of the map. */
enum {
    MEMBER_PROFILE = 0,
    MEMBER_ATTEST = 1,
    MEMBER_SIGNATURE = 2,
    MEMBER_AK = 3,
    MEMBER_CHAIN = 4,
    MEMBER_EK_CHAIN = 5,
    MEMBER_PCRS = 6,
    MEMBER_EVENT_LOG = 7,
    MEMBER_INSTANCE = 8,
    MEMBER_NONCE = 9,
    MEMBER_AUD = 10,
    MEMBERS
};

enum {
    INSTANCE_MIN = 7,
    INSTANCE_MAX = 33,
    NONCE_MIN = 8,
    NONCE_MAX = 64,
    AUD_MAX = 256,
    NODE_SIZE = 16,
    TOKEN_MAX = 4096,
    SIGNATURE_MAX = 600,
    PARTS = 3
};

static const uint8_t magic[] = {0xff, 'T', 'C', 'G', 0x80, 0x18};

static const tps_cbor_limits map_limits = {
    .size = TPS_TPM_EVIDENCE_MAX, .depth = 6, .entries = 64, .form = &tps_cbor_deterministic};

/* ---- which form ---- */

/* A map that begins with 0: the profile. No collection of wrappers has a text as its value. */
static bool is_map(tps_span bytes)
{
    tps_cbor_reader r = tps_cbor_reader_init(bytes);

    if (bytes.size == 0 || bytes.data[0] < 0xa1 || bytes.data[0] > 0xb7 || bytes.data[1 % bytes.size] != 0) {
        return false;
    }
    (void)tps_cbor_enter_map(&r);
    (void)tps_cbor_get_uint(&r);
    return tps_span_is_text(tps_cbor_get_text(&r), TPS_TPM_PROFILE);
}

static bool is_token(tps_span bytes)
{
    return bytes.size > NODE_SIZE + 2 + sizeof magic &&
           memcmp(bytes.data + NODE_SIZE + 2, magic, sizeof magic) == 0;
}

/* "r", and in base 64 what begins with the magic number: its last character holds bits of the next byte. */
static bool is_keylime(tps_span bytes)
{
    static const char start[] = "r/1RDR4AY";

    return bytes.size > sizeof start && memcmp(bytes.data, start, sizeof start - 1) == 0;
}

uint32_t tps_tpm_evidence_form(tps_span bytes)
{
    if (is_map(bytes)) {
        return TPS_TPM_FORM_MAP;
    }
    if (is_token(bytes)) {
        return TPS_TPM_FORM_TOKEN;
    }
    return is_keylime(bytes) ? TPS_TPM_FORM_KEYLIME : TPS_TPM_FORM_NONE;
}

/* ---- the map ---- */

static tps_span get_bytes(const tps_cbor_reader *map, tps_span value, size_t least, size_t most)
{
    tps_cbor_reader r = tps_cbor_reader_of(map, value);
    tps_span bytes = tps_cbor_get_bytes(&r);

    return r.status == TPS_OK && bytes.size >= least && bytes.size <= most ? bytes : TPS_SPAN_EMPTY;
}

static bool get_chain(const tps_cbor_reader *map, tps_span value, tps_span *chain, size_t *count)
{
    tps_cbor_reader r = tps_cbor_reader_of(map, value);
    tps_cbor_list list;

    *count = 0;
    if (value.data == NULL) {
        return true;
    }
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        tps_span der = tps_cbor_get_bytes(&r);
        if (*count == TPS_TPM_CHAIN_MAX || der.size == 0) {
            return false;
        }
        chain[(*count)++] = der;
    }
    return r.status == TPS_OK && *count > 0;
}

static tps_status bad(tps_error *why, const char *detail)
{
    return tps_fail(why, TPS_TPM_BAD_EVIDENCE, 0, detail);
}

static tps_status take_optional(const tps_cbor_reader *map, const tps_span *values, tps_tpm_evidence *out,
                                tps_error *why)
{
    tps_cbor_reader aud = tps_cbor_reader_of(map, values[MEMBER_AUD]);

    out->ak = get_bytes(map, values[MEMBER_AK], 1, UINT16_MAX);
    out->event_log = get_bytes(map, values[MEMBER_EVENT_LOG], 1, TPS_TPM_LOG_SIZE_MAX);
    out->instance = get_bytes(map, values[MEMBER_INSTANCE], INSTANCE_MIN, INSTANCE_MAX);
    out->nonce = get_bytes(map, values[MEMBER_NONCE], NONCE_MIN, NONCE_MAX);
    out->pcrs = values[MEMBER_PCRS];
    if ((values[MEMBER_AK].data != NULL && out->ak.size == 0) ||
        (values[MEMBER_EVENT_LOG].data != NULL && out->event_log.size == 0) ||
        (values[MEMBER_INSTANCE].data != NULL && out->instance.size == 0) ||
        (values[MEMBER_NONCE].data != NULL && out->nonce.size == 0)) {
        return bad(why, "a byte string is missing, or has a size that it cannot have");
    }
    if (out->pcrs.data != NULL && tpm_pcrs_are_good(out->pcrs) != TPS_OK) {
        return bad(why, "register values");
    }
    if (values[MEMBER_AUD].data != NULL) {
        out->aud = tps_cbor_get_text(&aud);
        out->aud_encoded = values[MEMBER_AUD];
        if (out->aud.size == 0 || out->aud.size > AUD_MAX || out->nonce.size == 0) {
            return bad(why, "audience");
        }
    }
    return TPS_OK;
}

static tps_status decode_map(tps_span bytes, tps_tpm_evidence *out, tps_error *why)
{
    tps_cbor_label labels[MEMBERS];
    tps_span values[MEMBERS];
    tps_cbor_reader r = tps_cbor_reader_init(bytes);

    for (int i = 0; i < MEMBERS; i++) {
        labels[i] = (tps_cbor_label){.number = i};
    }
    TPS_TRY(tps_cbor_check(bytes, &map_limits, NULL, why));
    if (tps_cbor_find(&r, labels, values, MEMBERS) != 0) {
        return bad(why, "an unknown member");
    }
    out->attest = get_bytes(&r, values[MEMBER_ATTEST], 1, UINT16_MAX);
    out->signature = get_bytes(&r, values[MEMBER_SIGNATURE], 1, SIGNATURE_MAX);
    if (out->attest.size == 0 || out->signature.size == 0) {
        return bad(why, "quote and signature");
    }
    if (!get_chain(&r, values[MEMBER_CHAIN], out->chain, &out->chain_count) ||
        !get_chain(&r, values[MEMBER_EK_CHAIN], out->ek_chain, &out->ek_chain_count)) {
        return bad(why, "certificates");
    }
    return take_optional(&r, values, out, why);
}

/* ---- EnactTrust's token: a UUID, the quote behind its size, the signature ---- */

static tps_status decode_token(tps_span bytes, tps_tpm_evidence *out, tps_error *why)
{
    tpm_reader r = tpm_reader_init(bytes);

    if (bytes.size > TOKEN_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, NULL);
    }
    out->instance = tpm_take(&r, NODE_SIZE, "node");
    out->attest = tpm_sized(&r, UINT16_MAX, "quote");
    if (r.status == TPS_OK) {
        out->signature = tpm_take(&r, bytes.size - r.at, "signature");
    }
    return tpm_finish(&r, why) != TPS_OK || out->signature.size == 0 ? bad(why, "quote and signature")
                                                                     : TPS_OK;
}

/* ---- keylime's text: "r", then quote, signature and values in base 64, with colons between ---- */

/* The next part, decoded into the room, which becomes smaller. */
static tps_status next_part(tps_span *text, tps_buf *room, tps_span *part)
{
    size_t length = 0;
    size_t size = 0;

    while (length < text->size && text->data[length] != ':') {
        length++;
    }
    TPS_TRY(tps_base64_read(tps_span_make(text->data, length), *room, &size));
    *part = tps_span_make(room->data, size);
    *room = (tps_buf){room->data + size, room->size - size};
    length += length < text->size ? 1 : 0;
    *text = tps_span_make(text->data + length, text->size - length);
    return TPS_OK;
}

static tps_status decode_keylime(tps_span bytes, tps_buf room, tps_tpm_evidence *out, tps_error *why)
{
    tps_span text = tps_span_make(bytes.data + 1, bytes.size - 1);
    tps_span parts[PARTS] = {{NULL, 0}};
    tps_tpm_quote quote;

    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r')) {
        text.size--;
    }
    if (room.data == NULL) {
        return tps_fail(why, TPS_TPM_BAD_EVIDENCE, 0, "keylime's text, which names no key: wrap it");
    }
    for (size_t i = 0; i < PARTS; i++) {
        TPS_TRY(next_part(&text, &room, &parts[i]));
    }
    if (text.size != 0 || parts[0].size == 0 || parts[1].size == 0) {
        return bad(why, "three parts in base 64");
    }
    out->attest = parts[0];
    out->signature = parts[1];
    if (parts[2].size == 0) {
        return TPS_OK;
    }
    TPS_TRY(tps_tpm_quote_decode(out->attest, &quote, why));
    return tps_tpm_pcrs_encode(&quote, parts[2], room, &out->pcrs);
}

/* ---- the whole ---- */

tps_status tps_tpm_evidence_decode(tps_span bytes, tps_buf room, tps_tpm_evidence *out, tps_error *why)
{
    memset(out, 0, sizeof *out);
    if (bytes.size > TPS_TPM_EVIDENCE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, NULL);
    }
    out->form = tps_tpm_evidence_form(bytes);
    switch (out->form) {
    case TPS_TPM_FORM_MAP: return decode_map(bytes, out, why);
    case TPS_TPM_FORM_TOKEN: return decode_token(bytes, out, why);
    case TPS_TPM_FORM_KEYLIME: return decode_keylime(bytes, room, out, why);
    default: return bad(why, NULL);
    }
}

static void put_optional(tps_cbor_writer *w, int32_t member, tps_span bytes)
{
    if (bytes.size != 0) {
        tps_cbor_pair_bytes(w, member, bytes);
    }
}

static void put_chain(tps_cbor_writer *w, int32_t member, const tps_span *chain, size_t count)
{
    if (count == 0) {
        return;
    }
    tps_cbor_pair_array(w, member, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_bytes(w, chain[i]);
    }
}

static uint64_t count_members(const tps_tpm_evidence *e)
{
    return 3u + (e->ak.size != 0) + (e->chain_count != 0) + (e->ek_chain_count != 0) + (e->pcrs.size != 0) +
           (e->event_log.size != 0) + (e->instance.size != 0) + (e->nonce.size != 0) + (e->aud.size != 0);
}

tps_status tps_tpm_evidence_encode(const tps_tpm_evidence *e, tps_buf out, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_tpm_evidence back;

    if (e->chain_count > TPS_TPM_CHAIN_MAX || e->ek_chain_count > TPS_TPM_CHAIN_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    tps_cbor_put_map(&w, count_members(e));
    tps_cbor_pair_text(&w, MEMBER_PROFILE, TPS_TPM_PROFILE);
    tps_cbor_pair_bytes(&w, MEMBER_ATTEST, e->attest);
    tps_cbor_pair_bytes(&w, MEMBER_SIGNATURE, e->signature);
    put_optional(&w, MEMBER_AK, e->ak);
    put_chain(&w, MEMBER_CHAIN, e->chain, e->chain_count);
    put_chain(&w, MEMBER_EK_CHAIN, e->ek_chain, e->ek_chain_count);
    if (e->pcrs.size != 0) {
        tps_cbor_put_uint(&w, MEMBER_PCRS);
        tps_cbor_put_raw(&w, e->pcrs);
    }
    put_optional(&w, MEMBER_EVENT_LOG, e->event_log);
    put_optional(&w, MEMBER_INSTANCE, e->instance);
    put_optional(&w, MEMBER_NONCE, e->nonce);
    if (e->aud.size != 0) {
        tps_cbor_pair_text_span(&w, MEMBER_AUD, e->aud);
    }
    TPS_TRY(tps_cbor_writer_finish(&w, encoded));
    /* nothing that is refused when read is ever written */
    return out.data != NULL && tps_tpm_evidence_decode(*encoded, TPS_BUF_MEASURE, &back, NULL) != TPS_OK
               ? TPS_BAD_ARGUMENT
               : TPS_OK;
}

tps_status tps_tpm_qualifying_data(tps_span nonce, tps_span aud, uint8_t data[TPS_SHA256_SIZE], size_t *size)
{
    uint8_t room[NONCE_MAX + AUD_MAX + 8];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_digest digest;
    tps_span joined;

    if (nonce.size < NONCE_MIN || nonce.size > NONCE_MAX || aud.size > AUD_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    if (aud.size == 0 && nonce.size <= TPS_SHA256_SIZE) {
        memcpy(data, nonce.data, nonce.size);
        *size = nonce.size;
        return TPS_OK;
    }
    tps_cbor_put_array(&w, aud.size == 0 ? 1 : 2);
    tps_cbor_put_bytes(&w, nonce);
    if (aud.size != 0) {
        tps_cbor_put_text_span(&w, aud);
    }
    TPS_TRY(tps_cbor_writer_finish(&w, &joined));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, joined, &digest));
    memcpy(data, digest.bytes, TPS_SHA256_SIZE);
    *size = TPS_SHA256_SIZE;
    return TPS_OK;
}
