/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts, written. */
#include "verifier/result/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "tps/cbor.h"
#include "verifier/evidence/evidence.h"
#include "verifier/result/known.h"
#include "verifier/result/result.h"

enum { NONCE_MAX = 64 };

/* All that goes into a receipt. */
typedef struct {
    const tps_verifier *verifier;
    tps_span evidence;
    const tps_appraisal_request *request;
    const tps_appraisal *parts;
    size_t count;
    tps_span nonce; /* that the evidence had to have, or had */
    uint8_t nonce_bytes[NONCE_MAX];
    tps_span result; /* claims of the result */
    tps_status status;
} content;

/* ---- the request ---- */

static bool has_history(const tps_appraisal_request *request)
{
    return request->history != NULL && request->history->is_known;
}

static void put_history(tps_cbor_writer *w, const tps_device_history *h)
{
    tps_cbor_put_int(w, REQUEST_HISTORY);
    tps_cbor_put_map(w, 4u + h->has_bootcount + h->has_security_counter);
    tps_cbor_pair_uint(w, HISTORY_COUNT, h->count);
    tps_cbor_put_int(w, HISTORY_FIRST_SEEN);
    tps_cbor_put_int(w, h->first_seen);
    tps_cbor_put_int(w, HISTORY_LAST_SEEN);
    tps_cbor_put_int(w, h->last_seen);
    tps_cbor_pair_uint(w, HISTORY_LAST_TIER, h->last_tier);
    if (h->has_bootcount) {
        tps_cbor_pair_uint(w, HISTORY_BOOTCOUNT, h->bootcount);
    }
    if (h->has_security_counter) {
        tps_cbor_pair_uint(w, HISTORY_SECURITY_COUNTER, h->security_counter);
    }
}

static void put_epochs(tps_cbor_writer *w, const tps_appraisal_request *r)
{
    tps_cbor_pair_array(w, REQUEST_EPOCHS, r->epoch_count);
    for (size_t i = 0; i < r->epoch_count; i++) {
        tps_cbor_put_bytes(w, r->epochs[i]);
    }
}

static void put_true(tps_cbor_writer *w, int32_t label, bool value)
{
    if (value) {
        tps_cbor_pair_bool(w, label, true);
    }
}

/* 0 stands for the default in a request. */
static uint32_t freshness_of(const tps_appraisal_request *r)
{
    return r->freshness == TPS_FRESHNESS_NONE ? TPS_FRESHNESS_NONCE : r->freshness;
}

static void put_request(tps_cbor_writer *w, const content *c)
{
    const tps_appraisal_request *r = c->request;
    bool is_by_time = receipt_is_by_time(r);

    tps_cbor_put_int(w, RECEIPT_REQUEST);
    tps_cbor_put_map(w, 2u + (c->nonce.size != 0) + r->is_nonce_of_relying_party + r->is_binder +
                            (r->binder_origins != 0) + is_by_time + (r->epoch_count != 0) +
                            (r->aud.size != 0) + (r->service.size != 0) + has_history(r));
    tps_cbor_put_int(w, REQUEST_NOW);
    tps_cbor_put_int(w, r->now);
    tps_cbor_pair_uint(w, REQUEST_FRESHNESS, freshness_of(r));
    if (c->nonce.size != 0) {
        tps_cbor_pair_bytes(w, REQUEST_NONCE, c->nonce);
    }
    put_true(w, REQUEST_OF_RELYING_PARTY, r->is_nonce_of_relying_party);
    put_true(w, REQUEST_BINDER, r->is_binder);
    if (r->binder_origins != 0) {
        tps_cbor_pair_uint(w, REQUEST_BINDER_ORIGINS, r->binder_origins);
    }
    if (is_by_time) {
        tps_cbor_put_int(w, REQUEST_MAX_AGE);
        tps_cbor_put_int(w, r->max_age);
    }
    if (r->epoch_count != 0) {
        put_epochs(w, r);
    }
    if (r->aud.size != 0) {
        tps_cbor_pair_text_span(w, REQUEST_AUD, r->aud);
    }
    if (r->service.size != 0) {
        tps_cbor_pair_text_span(w, REQUEST_SERVICE, r->service);
    }
    if (has_history(r)) {
        put_history(w, r->history);
    }
}

/* ---- what was known ---- */

static void put_digests(tps_cbor_writer *w, content *c, uint32_t kind)
{
    size_t count = known_count(c->verifier, kind);
    uint8_t sha256[32];
    size_t at = 0;

    tps_cbor_pair_array(w, (int32_t)(KNOWN_FIRST + kind), count);
    for (size_t i = 0; i < count && c->status == TPS_OK; i++) {
        c->status = known_next(c->verifier, kind, &at, sha256);
        tps_cbor_put_bytes(w, TPS_SPAN_OF(sha256));
    }
}

/* The policy of a part that no part before it was judged by; NULL for none. */
static const uint8_t *new_policy(const content *c, size_t part)
{
    static const uint8_t none[32];
    const uint8_t *sha256 = c->parts[part].policy_sha256;

    for (size_t i = 0; i < part; i++) {
        if (memcmp(c->parts[i].policy_sha256, sha256, 32) == 0) {
            return NULL;
        }
    }
    return memcmp(sha256, none, 32) == 0 ? NULL : sha256;
}

static void put_policies(tps_cbor_writer *w, const content *c)
{
    uint64_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        count += new_policy(c, i) != NULL;
    }
    tps_cbor_pair_array(w, KNOWN_FIRST + TPS_RECEIPT_POLICY, count);
    for (size_t i = 0; i < c->count; i++) {
        const uint8_t *sha256 = new_policy(c, i);
        if (sha256 != NULL) {
            tps_cbor_put_bytes(w, tps_span_make(sha256, 32));
        }
    }
}

static void put_known(tps_cbor_writer *w, content *c)
{
    uint8_t rules[32] = {0};

    tps_cbor_put_int(w, RECEIPT_KNOWN);
    tps_cbor_put_map(w, 6);
    put_digests(w, c, TPS_RECEIPT_ANCHOR);
    put_digests(w, c, TPS_RECEIPT_KEY);
    put_digests(w, c, TPS_RECEIPT_CORIM);
    put_policies(w, c);
    if (c->status == TPS_OK) {
        c->status = known_rules(c->verifier, rules);
    }
    tps_cbor_pair_bytes(w, KNOWN_RULES, TPS_SPAN_OF(rules));
    tps_cbor_pair_uint(w, KNOWN_OPTION_BITS, known_option_bits(c->verifier));
}

/* ---- the whole ---- */

static tps_status write_claims(content *c, tps_buf out, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    tps_cbor_put_map(&w, 5);
    tps_cbor_pair_uint(&w, RECEIPT_OF_VERSION, RECEIPT_VERSION);
    tps_cbor_pair_bytes(&w, RECEIPT_EVIDENCE, c->evidence);
    put_request(&w, c);
    put_known(&w, c);
    tps_cbor_pair_bytes(&w, RECEIPT_RESULT, c->result);
    TPS_TRY(c->status);
    return tps_cbor_writer_finish(&w, encoded);
}

static tps_status judge(const content *c)
{
    for (uint32_t kind = 0; kind <= TPS_RECEIPT_CORIM; kind++) {
        if (known_count(c->verifier, kind) > TPS_RECEIPT_KNOWN_MAX) {
            return TPS_TOO_LARGE;
        }
    }
    for (size_t i = 0; i < c->count; i++) {
        if (c->parts[i].is_mac) {
            return TPS_VERIFIER_RECEIPT_MAC;
        }
    }
    return c->count == 0 || c->count > TPS_RESULT_PARTS_MAX ||
                   c->request->epoch_count > TPS_RECEIPT_EPOCHS_MAX
               ? TPS_BAD_ARGUMENT
               : TPS_OK;
}

/* By time, the evidence brought the nonce: with it a third party can appraise again, though not see how old
 * it was. */
static void find_nonce(content *c)
{
    const tps_appraisal *lead = &c->parts[0];
    evidence_claims e;

    c->nonce = c->request->nonce;
    if (!receipt_is_by_time(c->request)) {
        return;
    }
    c->nonce = TPS_SPAN_EMPTY;
    if (lead->payload.size != 0 &&
        (lead->scheme == TPS_SCHEME_TPM ? evidence_read_tpm(lead->payload, &e, NULL)
                                        : evidence_read(lead->payload, &e, NULL)) == TPS_OK &&
        e.nonce.size != 0 && e.nonce.size <= sizeof c->nonce_bytes) {
        c->nonce = tps_span_make(memcpy(c->nonce_bytes, e.nonce.data, e.nonce.size), e.nonce.size);
    }
}

/* Memory for what is measured first; NULL when there is none. */
static tps_buf take(size_t size)
{
    return (tps_buf){malloc(size + 1), size};
}

/* Without the claims of the evidence, which lies beside it. */
static tps_status write_result(content *c, const tps_ear_options *asked, tps_buf *room)
{
    tps_ear_options options = *asked;
    size_t size;
    tps_ear ear;

    options.with_claims = false;
    TPS_TRY(result_claims(c->parts, c->count, &options, TPS_BUF_MEASURE, &size));
    *room = take(size);
    if (room->data == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    TPS_TRY(result_claims(c->parts, c->count, &options, *room, &size));
    c->result = tps_span_make(room->data, size);
    return tps_ear_decode(c->result, NULL, &ear, NULL);
}

/* Measures, writes, and reads it again, so that nothing leaves that would be refused. */
static tps_status write_receipt(content *c, tps_buf *room, tps_span *claims)
{
    tps_receipt read_again;

    TPS_TRY(write_claims(c, TPS_BUF_MEASURE, claims));
    *room = take(claims->size);
    if (room->data == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    TPS_TRY(write_claims(c, *room, claims));
    return tps_receipt_decode(*claims, &read_again, NULL);
}

tps_status tps_receipt_make(const tps_verifier *verifier, tps_span evidence,
                            const tps_appraisal_request *request, const tps_appraisal *parts, size_t count,
                            const tps_ear_options *options, const tps_cose_signer *signer, tps_buf out,
                            size_t *size)
{
    tps_cose_make_options headers = {.content_type = TPS_SPAN_LITERAL(TPS_RECEIPT_TYPE),
                                     .kid = tps_span_of_text(options->key_id)};
    content c = {
        .verifier = verifier, .evidence = evidence, .request = request, .parts = parts, .count = count};
    tps_buf result_room = TPS_BUF_MEASURE;
    tps_buf claims_room = TPS_BUF_MEASURE;
    tps_span claims = TPS_SPAN_EMPTY;
    tps_span message = TPS_SPAN_EMPTY;
    tps_status status;

    *size = 0;
    TPS_TRY(judge(&c));
    find_nonce(&c);
    status = write_result(&c, options, &result_room);
    if (status == TPS_OK) {
        status = write_receipt(&c, &claims_room, &claims);
    }
    if (status == TPS_OK) {
        status = tps_cose_sign1_make(claims, &headers, signer, out, &message);
        *size = message.size;
    }
    free(claims_room.data);
    free(result_room.data);
    return status;
}
