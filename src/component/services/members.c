/* SPDX-License-Identifier: Apache-2.0 */
/* Requests read by a table of their members, and the short answers. */
#include "component/services/members.h"

#include "tps/cose_key.h"

enum { TELL_KEY = 1, TELL_ERROR = 2 };

/** Bytes of a SubjectPublicKeyInfo of an elliptic curve, at most (P-384). */
#define SPKI_MAX 128u

static void read_one(tps_cbor_reader *r, const tps_member_rule *rule, tps_member *out)
{
    uint64_t measure;

    out->is_there = true;
    switch (rule->kind) {
    case TPS_MEMBER_UINT: measure = out->number = tps_cbor_get_uint(r); break;
    case TPS_MEMBER_ANY_UINT: out->number = tps_cbor_get_uint(r); return;
    case TPS_MEMBER_INT: out->integer = tps_cbor_get_int(r); return;
    case TPS_MEMBER_BOOL: out->number = tps_cbor_get_bool(r) ? 1u : 0u; return;
    case TPS_MEMBER_BYTES: measure = (out->bytes = tps_cbor_get_bytes(r)).size; break;
    case TPS_MEMBER_TEXT: measure = (out->bytes = tps_cbor_get_text(r)).size; break;
    default: measure = (out->bytes = tps_cbor_skip(r)).size; break;
    }
    if (measure < rule->min || measure > rule->max) {
        tps_cbor_fail(r, TPS_COMPONENT_BAD_MESSAGE);
    }
}

tps_status tps_members_read(tps_span body, const tps_member_rule *rules, size_t count, tps_member *out,
                            tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(body);
    tps_cbor_list map = tps_cbor_enter_map(&r);

    memset(out, 0, count * sizeof(*out));
    while (tps_cbor_next(&r, &map)) {
        uint64_t key = tps_cbor_get_uint(&r);
        size_t i = 0;

        while (i < count && rules[i].key != key) {
            i++;
        }
        if (i == count) {
            tps_cbor_fail(&r, TPS_COMPONENT_BAD_MESSAGE);
        } else {
            read_one(&r, &rules[i], &out[i]);
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, tps_cbor_offset(&r), "a member of the request");
    }
    for (size_t i = 0; i < count; i++) {
        if (!out[i].is_there && !rules[i].is_optional) {
            return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a member of the request is missing");
        }
    }
    return TPS_OK;
}

uint32_t tps_members_present(const tps_member *found, size_t count)
{
    uint32_t present = 0;

    for (size_t i = 0; i < count; i++) {
        present |= found[i].is_there ? 1u << i : 0u;
    }
    return present;
}

tps_status tps_answer_error(tps_request *request, uint32_t error)
{
    tps_cbor_writer w = tps_response_map(request, 1);

    tps_cbor_pair_uint(&w, TELL_ERROR, error);
    return tps_response_end(request, &w);
}

tps_status tps_answer_empty(tps_request *request)
{
    tps_cbor_writer w = tps_response_map(request, 0);

    return tps_response_end(request, &w);
}

tps_status tps_answer_needs(tps_request *request, size_t size)
{
    if (request->response.data != NULL && request->response.size >= size) {
        return TPS_OK;
    }
    request->response_size = size;
    return TPS_BUFFER_TOO_SMALL;
}

tps_status tps_answer_put_key(tps_cbor_writer *w, const tps_crypto_key *key, int32_t spki_label)
{
    uint8_t spki[SPKI_MAX];
    size_t size;

    tps_cbor_put_uint(w, TELL_KEY);
    TPS_TRY(tps_cose_key_put(w, key));
    TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
    tps_cbor_pair_bytes(w, spki_label, tps_span_make(spki, size));
    return TPS_OK;
}

tps_status tps_key_id_of(const tps_crypto_key *key, uint8_t id[TPS_SHA256_SIZE])
{
    uint8_t spki[TPS_SPKI_SIZE_MAX];
    size_t size;
    tps_digest digest;

    TPS_TRY(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size));
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest));
    memcpy(id, digest.bytes, TPS_SHA256_SIZE);
    return TPS_OK;
}
