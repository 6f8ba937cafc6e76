/* SPDX-License-Identifier: Apache-2.0 */
/* A signature checked with one key: whether the key is for it, and the room that EdDSA takes. */
#include <stdlib.h>

#include "tps/cwt.h"
#include "tps/eat.h"
#include "verifier/state.h"

/* What is signed by EdDSA is put together before it is checked. More than this is given back at once: it was
 * a manifest, and evidence is smaller. */
enum { KEPT_MAX = 131072 };

static tps_status reserve(tps_verifier *v, size_t size)
{
    uint8_t *room;

    if (size <= v->scratch.size) {
        return TPS_OK;
    }
    room = malloc(size);
    if (room == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    free(v->scratch.data);
    v->scratch.data = room;
    v->scratch.size = size;
    return TPS_OK;
}

static tps_status check_whole(tps_verifier *v, const tps_cose_sign1 *message, tps_crypto_key *key)
{
    tps_cose_terms terms = {.alg = TPS_ALG_NONE};
    tps_status status;

    TPS_TRY(reserve(v, tps_cose_scratch_size(message->protected_raw.size, 0, message->payload.size)));
    terms.scratch = v->scratch;
    status = tps_cose_sign1_verify_parsed(message, key, &terms);
    if (v->scratch.size > KEPT_MAX) {
        free(v->scratch.data);
        v->scratch = (tps_buf){NULL, 0};
    }
    return status;
}

tps_status verifier_check_signature(tps_verifier *v, const tps_cose_sign1 *message, tps_crypto_key *key,
                                    const key_algs *algs)
{
    if (algs != NULL && !key_algs_permit(algs, message->headers.alg)) {
        return TPS_COSE_KEY_USE;
    }
    return tps_crypto_key_kind(key) == TPS_KEY_OKP ? check_whole(v, message, key)
                                                   : tps_cose_sign1_verify_parsed(message, key, NULL);
}

/* Labels that "crit" may name beside the others: what the reader of signed CoRIMs judges. */
static bool is_processed(const tps_cose_message *message, int64_t label, bool is_manifest)
{
    switch (label) {
    case TPS_HEADER_ALG:
    case TPS_HEADER_X5CHAIN: return true;
    case TPS_HEADER_X5T: return message->headers.x5chain_count > 0;
    case TPS_HEADER_CONTENT_TYPE:
    case TPS_HEADER_CORIM_META:
    case TPS_HEADER_CWT_CLAIMS: return is_manifest;
    default: return false;
    }
}

static tps_status check_critical(const tps_cose_message *message, bool is_manifest)
{
    tps_cbor_reader r;
    tps_cbor_list array;
    tps_span crit;

    if (!tps_cose_header_find(message->protected_raw, TPS_HEADER_CRIT, &crit)) {
        return TPS_OK;
    }
    r = tps_cbor_reader_init(crit);
    array = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &array)) {
        if (!is_processed(message, tps_cbor_get_int(&r), is_manifest)) {
            return TPS_COSE_CRIT_UNKNOWN;
        }
    }
    return r.status;
}

/* Claims in the header (RFC 9597) of which evidence is judged must be those of the payload. */
static tps_status check_header_claims(const tps_cose_message *message)
{
    static const int64_t judged[] = {TPS_CWT_AUD, TPS_CWT_EXP, TPS_CWT_NBF, TPS_EAT_NONCE};

    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        tps_span header;
        tps_span payload;
        if (tps_cose_header_find(message->headers.cwt_claims, judged[i], &header) &&
            (!tps_cose_header_find(message->payload, judged[i], &payload) ||
             !tps_span_equal(header, payload))) {
            return TPS_COSE_BAD_HEADER;
        }
    }
    return TPS_OK;
}

tps_status verifier_check_headers(const tps_cose_message *message, bool is_manifest)
{
    const tps_cose_headers *headers = &message->headers;
    tps_span leaf = TPS_SPAN_EMPTY;
    bool has_thumbprint = headers->x5t.data != NULL;

    TPS_TRY(check_critical(message, is_manifest));
    if (has_thumbprint && headers->x5chain_count > 0) {
        tps_status status;
        (void)tps_cose_certificates(headers->x5chain, &leaf, 1);
        status = tps_cose_x5t_check(headers, leaf);
        TPS_TRY(status == TPS_NOT_FOUND ? TPS_COSE_BAD_HEADER : status);
    }
    return is_manifest || headers->cwt_claims.size == 0 ? TPS_OK : check_header_claims(message);
}
