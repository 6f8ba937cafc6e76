/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence taken apart, in whichever way it is protected. A form is a function here, and one in trust/ that
 * checks it (appraise.c). */
#include "tps/base64.h"
#include "tps/eat_json.h"
#include "verifier/evidence/evidence.h"
#include "verifier/state.h"

enum { EVIDENCE_MAX = 65536 };

/* A bundle's tag, and how the header of a JWT and a bundle in JSON begin. */
static const uint8_t bundle_tag[] = {0xd9, 0x02, 0x5a};
static const uint8_t jwt_head[] = {'e', 'y', 'J'};

static bool begins_with(tps_span bytes, tps_span head)
{
    return bytes.size >= head.size && memcmp(bytes.data, head.data, head.size) == 0;
}

static tps_span skip_white(tps_span text)
{
    while (text.size > 0 && memchr(" \t\r\n", *text.data, 4) != NULL) {
        text = tps_span_make(text.data + 1, text.size - 1);
    }
    return text;
}

/* [[type, token], ...]: a wrapper in JSON begins with a text. */
static bool is_bundle_json(tps_span text)
{
    if (text.size == 0 || *text.data != '[') {
        return false;
    }
    text = skip_white(tps_span_make(text.data + 1, text.size - 1));
    return text.size > 0 && *text.data == '[';
}

uint32_t evidence_form_of(tps_span bytes)
{
    tps_span text = skip_white(bytes);

    if (tps_tpm_evidence_form(bytes) != TPS_TPM_FORM_NONE) {
        return EVIDENCE_TPM;
    }
    if (begins_with(bytes, TPS_SPAN_OF(bundle_tag))) {
        return EVIDENCE_BUNDLE;
    }
    if (begins_with(text, TPS_SPAN_OF(jwt_head))) {
        return EVIDENCE_JWS;
    }
    return is_bundle_json(text) ? EVIDENCE_BUNDLE_JSON : EVIDENCE_COSE;
}

static tps_status open_cose(const tps_verifier *v, tps_span bytes, evidence_message *m, evidence_claims *e,
                            tps_error *why)
{
    if (bytes.size > EVIDENCE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "evidence of more than 64 KiB");
    }
    TPS_TRY(tps_cose_sign1_parse(bytes, &m->cose, why));
    if (m->cose.tag == TPS_TAG_COSE_MAC0 && v->mac_count == 0 && v->established.count == 0) {
        return tps_fail(why, TPS_UNSUPPORTED, 0,
                        "evidence under a shared key (COSE_Mac0), and none is known");
    }
    if (m->cose.is_detached) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, NULL);
    }
    TPS_TRY(verifier_check_headers(&m->cose, false));
    m->payload = m->cose.payload;
    return evidence_read(m->payload, e, why);
}

/* Header and claims are decoded before the signature is checked: by strict decoders, into bounded room. */
static tps_status open_jws(tps_span text, tps_buf *room, evidence_message *m, evidence_claims *e,
                           tps_error *why)
{
    size_t size;

    if (text.size > EVIDENCE_MAX) {
        return tps_fail(why, TPS_TOO_LARGE, 0, "evidence of more than 64 KiB");
    }
    if (room == NULL) {
        return tps_fail(why, TPS_UNSUPPORTED, 0, "a JWT takes room to be decoded, and there is none");
    }
    TPS_TRY(tps_jws_parse(text, &m->jws));
    TPS_TRY(tps_jws_read_header(&m->jws, room, &m->jws_header, why));
    TPS_TRY(tps_base64_read(m->jws.payload, *room, &size));
    TPS_TRY(tps_eat_from_json(tps_span_make(room->data, size),
                              (tps_buf){room->data + size, room->size - size}, &m->payload, why));
    evidence_take_room(room, m->payload);
    TPS_TRY(evidence_read(m->payload, e, why));
    return e->scheme == TPS_SCHEME_OPENTPS
               ? TPS_OK
               : tps_fail(why, TPS_CLAIM_UNKNOWN_PROFILE, 0, "a JWT of a profile that has none");
}

static tps_status open_claims(tps_span bytes, evidence_message *m, evidence_claims *e, tps_error *why)
{
    m->payload = bytes;
    return evidence_read_part(bytes, e, why);
}

static tps_status open_tpm(tps_span bytes, evidence_message *m, evidence_claims *e, tps_error *why)
{
    TPS_TRY(evidence_read_tpm(bytes, e, why));
    m->payload = bytes;
    return TPS_OK;
}

void evidence_take_room(tps_buf *room, tps_span used)
{
    if (used.size > 0 && used.data >= room->data && used.data < room->data + room->size) {
        size_t taken = (size_t)(used.data + used.size - room->data);
        room->data += taken;
        room->size -= taken;
    }
}

tps_status evidence_open(const tps_verifier *v, tps_span bytes, uint32_t form, tps_buf *room,
                         evidence_message *m, evidence_claims *e, tps_error *why)
{
    e->scheme = TPS_SCHEME_UNKNOWN;
    m->form = form;
    m->payload = TPS_SPAN_EMPTY;
    switch (form) {
    case EVIDENCE_COSE: return open_cose(v, bytes, m, e, why);
    case EVIDENCE_JWS: return open_jws(bytes, room, m, e, why);
    case EVIDENCE_CLAIMS: return open_claims(bytes, m, e, why);
    case EVIDENCE_TPM: return open_tpm(bytes, m, e, why);
    default: return tps_fail(why, TPS_UNSUPPORTED, 0, "it holds several parts, and one is appraised here");
    }
}
