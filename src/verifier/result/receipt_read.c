/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts, read. */
#include <string.h>

#include "tps/cbor.h"
#include "verifier/result/known.h"
#include "verifier/result/receipt.h"

enum { TRIPLE_BITS = 32, ORIGINS_MAX = 15, DIGEST_SIZE = 32, NONCE_MIN = 8, NONCE_MAX = 64 };

/* One map: which labels were there, and the first error. */
typedef struct {
    tps_cbor_reader r;
    uint64_t seen;     /* bit i: label i */
    const char *where; /* of the error, or of the value that is read */
    tps_status status;
} reading;

static void refuse(reading *m, tps_status status)
{
    if (m->status == TPS_OK) {
        m->status = status;
    }
}

static void refuse_unless(reading *m, bool is_good)
{
    if (!is_good) {
        refuse(m, TPS_CLAIM_BAD_VALUE);
    }
}

/* Ends a map: what must be there is there. */
static tps_status finish(const reading *m, uint64_t required, const char *name, tps_error *why)
{
    if (m->r.status != TPS_OK) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, m->where);
    }
    if (m->status != TPS_OK) {
        return tps_fail(why, m->status, 0, m->where);
    }
    return (m->seen & required) == required ? TPS_OK : tps_fail(why, TPS_CLAIM_MISSING, 0, name);
}

/* The next label below 64, noted; 63 for any that has no meaning anywhere. */
static uint32_t next_label(reading *m)
{
    uint64_t label = tps_cbor_get_uint(&m->r);

    if (label > 62) {
        return 63;
    }
    m->seen |= UINT64_C(1) << label;
    return (uint32_t)label;
}

static bool get_true(reading *m)
{
    bool value = tps_cbor_get_bool(&m->r);

    refuse_unless(m, value); /* false is left out */
    return value;
}

static uint32_t get_small(reading *m, uint64_t most)
{
    uint64_t value = tps_cbor_get_uint(&m->r);

    refuse_unless(m, value <= most);
    return (uint32_t)(value <= most ? value : 0);
}

static tps_span get_text(reading *m)
{
    tps_span text = tps_cbor_get_text(&m->r);

    refuse_unless(m, text.size != 0);
    return text;
}

/* ---- the request ---- */

static tps_status read_history(tps_span encoded, tps_device_history *h, tps_error *why)
{
    reading m = {.r = tps_cbor_reader_init(encoded), .where = "history"};
    tps_cbor_list list = tps_cbor_enter_map(&m.r);

    h->is_known = true;
    while (tps_cbor_next(&m.r, &list)) {
        switch (next_label(&m)) {
        case HISTORY_COUNT: h->count = tps_cbor_get_uint(&m.r); break;
        case HISTORY_FIRST_SEEN: h->first_seen = tps_cbor_get_int(&m.r); break;
        case HISTORY_LAST_SEEN: h->last_seen = tps_cbor_get_int(&m.r); break;
        case HISTORY_LAST_TIER: h->last_tier = (uint8_t)get_small(&m, UINT8_MAX); break;
        case HISTORY_BOOTCOUNT:
            h->bootcount = tps_cbor_get_uint(&m.r);
            h->has_bootcount = true;
            break;
        case HISTORY_SECURITY_COUNTER:
            h->security_counter = tps_cbor_get_uint(&m.r);
            h->has_security_counter = true;
            break;
        default: refuse(&m, TPS_CLAIM_BAD_VALUE); (void)tps_cbor_skip(&m.r);
        }
    }
    return finish(&m,
                  1u << HISTORY_COUNT | 1u << HISTORY_FIRST_SEEN | 1u << HISTORY_LAST_SEEN |
                      1u << HISTORY_LAST_TIER,
                  "history", why);
}

static void read_epochs(reading *m, tps_receipt *out)
{
    tps_cbor_list list = tps_cbor_enter_array(&m->r);

    while (tps_cbor_next(&m->r, &list)) {
        tps_span epoch = tps_cbor_get_bytes(&m->r);
        refuse_unless(m, out->request.epoch_count < TPS_RECEIPT_EPOCHS_MAX && epoch.size != 0);
        if (m->status == TPS_OK) {
            out->epochs[out->request.epoch_count++] = epoch;
        }
    }
    refuse_unless(m, out->request.epoch_count != 0);
}

static void read_nonce(reading *m, tps_appraisal_request *request)
{
    request->nonce = tps_cbor_get_bytes(&m->r);
    refuse_unless(m, request->nonce.size != 0);
}

static tps_status read_request(tps_span encoded, tps_receipt *out, tps_error *why)
{
    reading m = {.r = tps_cbor_reader_init(encoded), .where = "request"};
    tps_cbor_list list = tps_cbor_enter_map(&m.r);
    tps_appraisal_request *q = &out->request;
    tps_span history = TPS_SPAN_EMPTY;

    while (tps_cbor_next(&m.r, &list)) {
        switch (next_label(&m)) {
        case REQUEST_NOW: q->now = tps_cbor_get_int(&m.r); break;
        case REQUEST_FRESHNESS: q->freshness = get_small(&m, TPS_FRESHNESS_EPOCH); break;
        case REQUEST_NONCE: read_nonce(&m, q); break;
        case REQUEST_OF_RELYING_PARTY: q->is_nonce_of_relying_party = get_true(&m); break;
        case REQUEST_BINDER: q->is_binder = get_true(&m); break;
        case REQUEST_BINDER_ORIGINS: q->binder_origins = get_small(&m, UINT32_MAX); break;
        case REQUEST_MAX_AGE: q->max_age = tps_cbor_get_int(&m.r); break;
        case REQUEST_EPOCHS: read_epochs(&m, out); break;
        case REQUEST_AUD: q->aud = get_text(&m); break;
        case REQUEST_SERVICE: q->service = get_text(&m); break;
        case REQUEST_HISTORY: history = tps_cbor_skip(&m.r); break;
        default: refuse(&m, TPS_CLAIM_BAD_VALUE); (void)tps_cbor_skip(&m.r);
        }
    }
    refuse_unless(&m, q->freshness != TPS_FRESHNESS_NONE);
    TPS_TRY(finish(&m, 1u << REQUEST_NOW | 1u << REQUEST_FRESHNESS, "request", why));
    return history.size == 0 ? TPS_OK : read_history(history, &out->history, why);
}

/* ---- what was known ---- */

static void read_digests(reading *m, uint32_t kind, tps_receipt *out)
{
    tps_cbor_reader start = m->r;
    tps_cbor_list list = tps_cbor_enter_array(&m->r);

    out->known[kind] = tps_cbor_skip(&start);
    refuse_unless(m, list.left <= TPS_RECEIPT_KNOWN_MAX);
    out->known_count[kind] = (uint32_t)list.left;
    while (m->status == TPS_OK && tps_cbor_next(&m->r, &list)) {
        refuse_unless(m, tps_cbor_get_bytes(&m->r).size == DIGEST_SIZE);
    }
}

static void read_options(reading *m, tps_receipt *out)
{
    out->options = known_options(get_small(m, KNOWN_OPTIONS));
}

static tps_status read_known(tps_span encoded, tps_receipt *out, tps_error *why)
{
    reading m = {.r = tps_cbor_reader_init(encoded), .where = "known"};
    tps_cbor_list list = tps_cbor_enter_map(&m.r);

    while (m.status == TPS_OK && tps_cbor_next(&m.r, &list)) {
        uint32_t label = next_label(&m);
        if (label >= KNOWN_FIRST && label < KNOWN_FIRST + TPS_RECEIPT_KINDS) {
            read_digests(&m, label - KNOWN_FIRST, out);
        } else if (label == KNOWN_RULES) {
            out->rules = tps_cbor_get_bytes(&m.r);
            refuse_unless(&m, out->rules.size == DIGEST_SIZE);
        } else if (label == KNOWN_OPTION_BITS) {
            read_options(&m, out);
        } else {
            refuse(&m, TPS_CLAIM_BAD_VALUE);
        }
    }
    return finish(&m, 0x7e, "known", why);
}

/* ---- the whole ---- */

tps_status tps_receipt_decode(tps_span claims, tps_receipt *out, tps_error *why)
{
    tps_cbor_limits limits = tps_cbor_limits_file;
    reading m = {.r = tps_cbor_reader_init(claims), .where = "receipt"};
    tps_span request = TPS_SPAN_EMPTY;
    tps_span known = TPS_SPAN_EMPTY;
    tps_span result = TPS_SPAN_EMPTY;
    tps_receipt receipt = {0};
    tps_cbor_list list;

    limits.form = &tps_cbor_deterministic;
    TPS_TRY(tps_cbor_check(claims, &limits, NULL, why));
    list = tps_cbor_enter_map(&m.r);
    while (tps_cbor_next(&m.r, &list)) {
        switch (next_label(&m)) {
        case RECEIPT_OF_VERSION:
            if (tps_cbor_get_uint(&m.r) != RECEIPT_VERSION) {
                refuse(&m, TPS_UNSUPPORTED);
            }
            break;
        case RECEIPT_EVIDENCE: receipt.evidence = tps_cbor_get_bytes(&m.r); break;
        case RECEIPT_REQUEST: request = tps_cbor_skip(&m.r); break;
        case RECEIPT_KNOWN: known = tps_cbor_skip(&m.r); break;
        case RECEIPT_RESULT: result = tps_cbor_get_bytes(&m.r); break;
        default: refuse(&m, TPS_CLAIM_BAD_VALUE); (void)tps_cbor_skip(&m.r);
        }
    }
    TPS_TRY(finish(&m, 0x3e, "receipt", why));
    TPS_TRY(read_request(request, &receipt, why));
    TPS_TRY(read_known(known, &receipt, why));
    TPS_TRY(tps_ear_decode(result, NULL, &receipt.result, why));
    *out = receipt;
    return TPS_OK;
}

tps_status tps_receipt_verify(tps_span message, const tps_cose_key_finder *keys, tps_receipt *out,
                              tps_error *why)
{
    tps_cose_message verified;

    TPS_TRY(tps_cose_sign1_verify(message, keys, NULL, &verified, why));
    if (!tps_span_is_text(verified.headers.content_type, TPS_RECEIPT_TYPE)) {
        return tps_fail(why, TPS_COSE_BAD_HEADER, 0, "the content type is not a receipt's");
    }
    return tps_receipt_decode(verified.payload, out, why);
}

tps_appraisal_request tps_receipt_request(const tps_receipt *receipt)
{
    tps_appraisal_request request = receipt->request;

    request.epochs = receipt->epochs;
    request.history = receipt->history.is_known ? &receipt->history : NULL;
    return request;
}

tps_span tps_receipt_known_at(const tps_receipt *receipt, uint32_t kind, uint32_t index)
{
    tps_cbor_reader r = tps_cbor_reader_init(receipt->known[kind]);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    tps_span digest = TPS_SPAN_EMPTY;

    for (uint32_t i = 0; i <= index && tps_cbor_next(&r, &list); i++) {
        digest = tps_cbor_get_bytes(&r);
    }
    return digest;
}
