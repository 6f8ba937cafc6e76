/* SPDX-License-Identifier: Apache-2.0 */
/* A result written, in either encoding and the names of each generation. */
#include "format/ear/encode.h"

#include "format/ear/claims.h"

typedef struct {
    dual_writer *writer;
    const tps_ear_content *content;
    const ear_extensions *extensions; /* or NULL */
} encoder;

static void put_key(const encoder *e, uint32_t claim)
{
    dual_put_key(e->writer, ear_label(claim), ear_name(claim, e->content->generation));
}

static void put_text(const encoder *e, uint32_t claim, tps_span text)
{
    if (text.size != 0) {
        put_key(e, claim);
        dual_put_text(e->writer, text);
    }
}

static void put_bytes(const encoder *e, uint32_t claim, tps_span bytes)
{
    if (bytes.size != 0) {
        put_key(e, claim);
        dual_put_bytes(e->writer, bytes);
    }
}

static void put_int(const encoder *e, uint32_t claim, int64_t value)
{
    put_key(e, claim);
    dual_put_int(e->writer, value);
}

static void put_status(const encoder *e, uint8_t status)
{
    put_key(e, EAR_STATUS);
    if (e->content->is_json) {
        dual_put_text(e->writer, tps_span_of_text(tps_ear_tier_name(status)));
    } else {
        dual_put_int(e->writer, status);
    }
}

/* ---- an appraisal ---- */

static uint32_t count_bits(uint8_t bits)
{
    uint32_t count = 0;

    for (; bits != 0; bits >>= 1) {
        count += bits & 1;
    }
    return count;
}

static void put_vector(const encoder *e, const tps_ear_appraisal_content *appraisal)
{
    put_key(e, EAR_VECTOR);
    dual_begin_map(e->writer, count_bits(appraisal->vector_claims));
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        if ((appraisal->vector_claims >> i & 1) != 0) {
            dual_put_key(e->writer, i, tps_ear_claim_name(i));
            dual_put_int(e->writer, appraisal->vector[i]);
        }
    }
    dual_end_map(e->writer);
}

static void put_policy_ids(const encoder *e, const tps_ear_appraisal_content *appraisal)
{
    put_key(e, EAR_POLICY_IDS);
    if (e->content->generation != TPS_EAR_2026) {
        dual_put_text(e->writer, appraisal->policy_ids[0]);
        return;
    }
    dual_begin_array(e->writer, appraisal->policy_id_count);
    for (uint32_t i = 0; i < appraisal->policy_id_count; i++) {
        dual_put_text(e->writer, appraisal->policy_ids[i]);
    }
    dual_end_array(e->writer);
}

static void put_extension(const encoder *e, const ear_extension *extension)
{
    if (extension != NULL) {
        extension->put(extension->context, e->writer);
    }
}

/* Entries of an encoded map that the caller brings; 0 for none, and for what is no map. */
static uint32_t count_entries(tps_span map, bool is_json)
{
    dual_reader r = dual_reader_init(map, is_json, NULL);
    uint32_t count = 0;
    dual_list list;

    if (map.size == 0) {
        return 0;
    }
    list = dual_enter_map(&r);
    while (dual_next(&r, &list)) {
        (void)dual_get_key(&r);
        (void)dual_skip(&r);
        count++;
    }
    return count;
}

static void put_more(const encoder *e, tps_span map)
{
    dual_reader r = dual_reader_init(map, e->content->is_json, NULL);
    uint32_t left = count_entries(map, e->content->is_json);
    dual_list list;

    if (left == 0) {
        return;
    }
    list = dual_enter_map(&r);
    for (; left > 0; left--) {
        dual_key key;
        (void)dual_next(&r, &list); /* there are as many as were counted */
        key = dual_get_key(&r);
        if (key.is_int) {
            dual_put_key(e->writer, key.number, NULL);
        } else {
            dual_put_key_text(e->writer, key.text.raw);
        }
        dual_put_raw(e->writer, dual_skip(&r));
    }
}

static uint32_t count_of(const ear_extension *extension)
{
    return extension == NULL ? 0 : extension->count;
}

/* In CBOR the labels ascend: nonce, status, vector, policies, and what is private. JSON has the order that
 * existing verifiers have. */
static void put_appraisal(const encoder *e, uint32_t index)
{
    const tps_ear_appraisal_content *appraisal = &e->content->appraisals[index];
    const ear_extension *extension = e->extensions == NULL ? NULL : &e->extensions->appraisals[index];
    bool is_json = e->content->is_json;

    dual_put_key_text(e->writer, appraisal->name);
    dual_begin_map(e->writer, 1u + (appraisal->nonce.size != 0) + (appraisal->vector_claims != 0) +
                                  (appraisal->policy_id_count != 0) + count_of(extension) +
                                  count_entries(appraisal->more, is_json));
    if (!is_json) {
        put_bytes(e, EAR_NONCE, appraisal->nonce);
    }
    put_status(e, appraisal->status);
    if (appraisal->vector_claims != 0) {
        put_vector(e, appraisal);
    }
    if (appraisal->policy_id_count != 0) {
        put_policy_ids(e, appraisal);
    }
    if (is_json) {
        put_bytes(e, EAR_NONCE, appraisal->nonce);
    }
    put_extension(e, extension);
    put_more(e, appraisal->more);
    dual_end_map(e->writer);
}

static void put_submods(const encoder *e)
{
    put_key(e, EAR_SUBMODS);
    dual_begin_map(e->writer, e->content->appraisal_count);
    for (uint32_t i = 0; i < e->content->appraisal_count; i++) {
        put_appraisal(e, i);
    }
    dual_end_map(e->writer);
}

/* ---- a result ---- */

static void put_verifier_id(const encoder *e)
{
    put_key(e, EAR_VERIFIER_ID);
    dual_begin_map(e->writer, 2);
    dual_put_key(e->writer, 0, "developer");
    dual_put_text(e->writer, e->content->developer);
    dual_put_key(e->writer, 1, "build");
    dual_put_text(e->writer, e->content->build);
    dual_end_map(e->writer);
}

static void put_profile(const encoder *e)
{
    put_text(e, EAR_PROFILE, tps_span_of_text(tps_ear_profile(e->content->generation)));
}

static void put_times(const encoder *e)
{
    if (e->content->is_json) {
        put_int(e, EAR_IAT, e->content->iat);
    }
    if (e->content->has_exp) {
        put_int(e, EAR_EXP, e->content->exp);
    }
    if (!e->content->is_json) {
        put_int(e, EAR_IAT, e->content->iat);
    }
}

static void put_confirmation(const encoder *e)
{
    if (e->content->confirmation.size != 0) {
        put_key(e, EAR_CNF);
        dual_put_raw(e->writer, e->content->confirmation);
    }
}

/* The names first and the appraisals last, for people. */
static void put_json(const encoder *e)
{
    put_profile(e);
    put_text(e, EAR_ISS, e->content->issuer);
    put_text(e, EAR_AUD, e->content->audience);
    put_times(e);
    put_confirmation(e);
    put_bytes(e, EAR_NONCE, e->content->nonce);
    put_verifier_id(e);
    if (e->content->has_status) {
        put_status(e, e->content->status);
    }
    put_bytes(e, EAR_RAW_EVIDENCE, e->content->raw_evidence);
    put_extension(e, e->extensions == NULL ? NULL : &e->extensions->result);
    put_more(e, e->content->more);
    put_submods(e);
}

/* Labels ascend (RFC 8949, 4.2.1). */
static void put_cbor(const encoder *e)
{
    put_text(e, EAR_ISS, e->content->issuer);
    put_text(e, EAR_AUD, e->content->audience);
    put_times(e);
    put_confirmation(e);
    put_bytes(e, EAR_NONCE, e->content->nonce);
    put_profile(e);
    put_submods(e);
    if (e->content->has_status) {
        put_status(e, e->content->status);
    }
    put_bytes(e, EAR_RAW_EVIDENCE, e->content->raw_evidence);
    put_verifier_id(e);
    put_extension(e, e->extensions == NULL ? NULL : &e->extensions->result);
    put_more(e, e->content->more);
}

static uint64_t count_claims(const encoder *e)
{
    const tps_ear_content *c = e->content;

    return 4u + (c->issuer.size != 0) + (c->audience.size != 0) + c->has_exp + (c->nonce.size != 0) +
           (c->confirmation.size != 0) + c->has_status + (c->raw_evidence.size != 0) +
           count_of(e->extensions == NULL ? NULL : &e->extensions->result) +
           count_entries(c->more, c->is_json);
}

/* What is put in as it comes must be a map of the encoding, with names that stand for themselves. */
static tps_status judge_more(tps_span map, bool is_json)
{
    dual_reader r = dual_reader_init(map, is_json, NULL);
    dual_list list;

    if (map.size == 0) {
        return TPS_OK;
    }
    TPS_TRY(dual_check(map, is_json, &tps_cbor_limits_message, &json_limits_message, NULL));
    if (dual_peek(&r) != DUAL_MAP) {
        return TPS_BAD_ARGUMENT;
    }
    list = dual_enter_map(&r);
    while (dual_next(&r, &list)) {
        dual_key key = dual_get_key(&r);
        if (key.text.is_escaped) {
            return TPS_BAD_ARGUMENT;
        }
        (void)dual_skip(&r);
    }
    return dual_status(&r);
}

static bool is_nonce(tps_span nonce)
{
    return nonce.size == 0 || (nonce.size >= 8 && nonce.size <= 64);
}

static tps_status judge(const tps_ear_content *content)
{
    bool is_new = content->generation == TPS_EAR_2026;

    if (content->generation >= TPS_EAR_GENERATIONS || (content->has_status && !is_new) ||
        !is_nonce(content->nonce)) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(judge_more(content->more, content->is_json));
    TPS_TRY(judge_more(content->confirmation, content->is_json));
    for (uint32_t i = 0; i < content->appraisal_count; i++) {
        const tps_ear_appraisal_content *appraisal = &content->appraisals[i];
        if ((!is_new && (appraisal->policy_id_count > 1 || appraisal->nonce.size != 0)) ||
            !is_nonce(appraisal->nonce)) {
            return TPS_BAD_ARGUMENT;
        }
        TPS_TRY(judge_more(appraisal->more, content->is_json));
    }
    return TPS_OK;
}

tps_status ear_put(dual_writer *writer, const tps_ear_content *content, const ear_extensions *extensions)
{
    encoder e = {writer, content, extensions};

    TPS_TRY(judge(content));
    dual_begin_map(writer, count_claims(&e));
    if (content->is_json) {
        put_json(&e);
    } else {
        put_cbor(&e);
    }
    dual_end_map(writer);
    return TPS_OK;
}

tps_status tps_ear_encode(const tps_ear_content *content, tps_buf *room, tps_buf out, size_t *size)
{
    dual_writer writer = dual_writer_init(out, content->is_json);
    tps_cbor_limits deterministic = tps_cbor_limits_message;
    tps_ear read_again;

    *size = 0;
    TPS_TRY(ear_put(&writer, content, NULL));
    TPS_TRY(dual_writer_finish(&writer, size));
    if (out.data == NULL) {
        return TPS_OK;
    }
    deterministic.form = &tps_cbor_deterministic;
    if (!content->is_json) {
        TPS_TRY(tps_cbor_check(tps_span_make(out.data, *size), &deterministic, NULL, NULL));
    }
    return tps_ear_decode(tps_span_make(out.data, *size), room, &read_again, NULL);
}
