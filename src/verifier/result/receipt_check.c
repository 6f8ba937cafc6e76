/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts, checked: is what they name known, and does the result follow from it. */
#include <stdlib.h>
#include <string.h>

#include "tps/cbor.h"
#include "verifier/result/known.h"
#include "verifier/result/receipt.h"
#include "verifier/result/result.h"

/* ---- what is known ---- */

typedef struct {
    tps_receipt_gap *gaps;
    size_t capacity;
    size_t count;
} gap_list;

static void note(gap_list *list, uint32_t kind, bool is_missing, const uint8_t sha256[32])
{
    if (list->count < list->capacity) {
        list->gaps[list->count] = (tps_receipt_gap){.kind = kind, .is_missing = is_missing};
        memcpy(list->gaps[list->count].sha256, sha256, 32);
    }
    list->count++;
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* Both sorted: what only one of them has. */
static void compare_sorted(uint8_t (*named)[32], size_t named_count, uint8_t (*held)[32], size_t held_count,
                           uint32_t kind, gap_list *list)
{
    size_t n = 0;
    size_t h = 0;

    while (n < named_count || h < held_count) {
        int order = n == named_count ? 1 : h == held_count ? -1 : memcmp(named[n], held[h], 32);
        if (order < 0) {
            note(list, kind, true, named[n]);
        } else if (order > 0) {
            note(list, kind, false, held[h]);
        }
        n += order <= 0;
        h += order >= 0;
    }
}

static void copy_named(const tps_receipt *receipt, uint32_t kind, uint8_t (*to)[32])
{
    tps_cbor_reader r = tps_cbor_reader_init(receipt->known[kind]);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    for (size_t i = 0; tps_cbor_next(&r, &list); i++) {
        memcpy(to[i], tps_cbor_get_bytes(&r).data, 32);
    }
}

static tps_status compare_kind(const tps_receipt *receipt, const tps_verifier *v, uint32_t kind,
                               gap_list *list)
{
    size_t named_count = receipt->known_count[kind];
    size_t held_count = known_count(v, kind);
    uint8_t(*digests)[32] = malloc((named_count + held_count + 1) * sizeof *digests);
    tps_status status = digests == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;
    size_t at = 0;

    for (size_t i = 0; i < held_count && status == TPS_OK; i++) {
        status = known_next(v, kind, &at, digests[named_count + i]);
    }
    if (status == TPS_OK) {
        copy_named(receipt, kind, digests);
        qsort(digests, named_count, sizeof *digests, compare_digests);
        qsort(digests + named_count, held_count, sizeof *digests, compare_digests);
        compare_sorted(digests, named_count, digests + named_count, held_count, kind, list);
    }
    free(digests);
    return status;
}

tps_status tps_receipt_gaps(const tps_receipt *receipt, const tps_verifier *verifier, tps_receipt_gap *gaps,
                            size_t capacity, size_t *count)
{
    gap_list list = {.gaps = gaps, .capacity = capacity};
    uint8_t rules[32];

    *count = 0;
    for (uint32_t kind = 0; kind <= TPS_RECEIPT_CORIM; kind++) {
        TPS_TRY(compare_kind(receipt, verifier, kind, &list));
    }
    TPS_TRY(known_rules(verifier, rules));
    if (!tps_span_equal(receipt->rules, TPS_SPAN_OF(rules))) {
        note(&list, TPS_RECEIPT_RULES, true, receipt->rules.data);
    }
    *count = list.count;
    return TPS_OK;
}

/* ---- the results ---- */

/* The member of a finding, encoded; empty when it is absent. */
static tps_span member_of(tps_span finding, uint64_t label)
{
    tps_cbor_reader r = tps_cbor_reader_init(finding);
    tps_cbor_list list = tps_cbor_enter_map(&r);

    while (tps_cbor_next(&r, &list)) {
        bool is_it = tps_cbor_get_uint(&r) == label;
        tps_span value = tps_cbor_skip(&r);
        if (is_it) {
            return value;
        }
    }
    return TPS_SPAN_EMPTY;
}

/* Words may differ from version to version; what programs act on may not. */
static bool are_same_findings(tps_span a, tps_span b)
{
    tps_cbor_reader ra = tps_cbor_reader_init(a);
    tps_cbor_reader rb = tps_cbor_reader_init(b);
    tps_cbor_list la = tps_cbor_enter_array(&ra);
    tps_cbor_list lb = tps_cbor_enter_array(&rb);

    if (la.left != lb.left) {
        return false;
    }
    while (tps_cbor_next(&ra, &la)) {
        tps_span fa = tps_cbor_skip(&ra);
        tps_span fb = tps_cbor_skip(&rb);
        for (uint64_t label = FINDING_NAME; label <= FINDING_ERROR; label++) {
            if (!tps_span_equal(member_of(fa, label), member_of(fb, label))) {
                return false;
            }
        }
    }
    return true;
}

static bool is_same_extra(const tps_ear_extra *a, const tps_ear_extra *b)
{
    if (a->number != b->number || !tps_span_equal(a->name, b->name)) {
        return false;
    }
    switch (a->number) {                   /* 0 where there is a name */
    case LABEL_POLICY_CLAIMS: return true; /* the first cause, in words */
    case LABEL_FINDINGS: return are_same_findings(a->value, b->value);
    default: return tps_span_equal(a->value, b->value);
    }
}

static bool are_same_extras(tps_ear_walk a, tps_ear_walk b, int64_t *label)
{
    tps_ear_extra ea;
    tps_ear_extra eb;

    for (;;) {
        bool has_a = tps_ear_next_extra(&a, NULL, &ea);
        bool has_b = tps_ear_next_extra(&b, NULL, &eb);
        if (!has_a && !has_b) {
            return true;
        }
        if (has_a != has_b || !is_same_extra(&ea, &eb)) {
            *label = has_a ? ea.number : eb.number;
            return false;
        }
    }
}

static const char *name_of_label(int64_t label)
{
    switch (label) {
    case LABEL_FINDINGS: return "the findings differ";
    case LABEL_POLICY_SHA256: return "another policy judges";
    case LABEL_BOUND:
    case LABEL_BINDER_ORIGIN: return "what the evidence is bound to differs";
    case LABEL_FRESH:
    case LABEL_FRESHNESS: return "freshness differs";
    case LABEL_DEVICE_CLASS:
    case LABEL_PURPOSE: return "what is endorsed of the class differs";
    default: return "claims of the result differ";
    }
}

/* What differs between two parts; NULL when nothing does. */
static const char *difference_of_parts(const tps_ear_appraisal *a, const tps_ear_appraisal *b)
{
    int64_t label = 0;

    if (!tps_span_equal(a->name, b->name)) {
        return "the parts have other names";
    }
    if (!are_same_extras(tps_ear_appraisal_extras(a), tps_ear_appraisal_extras(b), &label)) {
        return name_of_label(label);
    }
    if (a->status != b->status || a->vector_claims != b->vector_claims ||
        memcmp(a->vector, b->vector, sizeof a->vector) != 0) {
        return "status or vector differ";
    }
    return NULL;
}

static const char *difference(const tps_ear *a, const tps_ear *b)
{
    tps_ear_walk wa = tps_ear_appraisals(a);
    tps_ear_walk wb = tps_ear_appraisals(b);
    tps_ear_appraisal pa;
    tps_ear_appraisal pb;
    int64_t label;

    if (a->submod_count != b->submod_count) {
        return "the evidence has another number of parts";
    }
    while (tps_ear_next_appraisal(&wa, NULL, &pa)) {
        const char *found;
        (void)tps_ear_next_appraisal(&wb, NULL, &pb); /* there are as many */
        found = difference_of_parts(&pa, &pb);
        if (found != NULL) {
            return found;
        }
    }
    return !are_same_extras(tps_ear_extras(a), tps_ear_extras(b), &label) ||
                   !tps_span_equal(a->confirmation, b->confirmation)
               ? "claims of the result differ"
               : NULL;
}

/* ---- once more ---- */

/* What one check takes. */
typedef struct {
    tps_appraisal *parts;
    size_t count;
    tps_buf room;
    tps_buf result;
} again;

static void appraise_again(const tps_receipt *receipt, tps_verifier *v, again *a)
{
    tps_appraisal_request request = tps_receipt_request(receipt);
    bool is_by_time = receipt_is_by_time(&request);
    uint8_t tier;

    if (is_by_time) {
        request.freshness = TPS_FRESHNESS_NONCE;
    }
    tps_verifier_appraise_all(v, receipt->evidence, a->room, &request, a->parts, TPS_PARTS_MAX, &a->count,
                              &tier);
    for (size_t i = 0; is_by_time && i < a->count; i++) {
        if (a->parts[i].freshness == TPS_FRESHNESS_NONCE) {
            a->parts[i].freshness = TPS_FRESHNESS_TIME;
        }
    }
}

/* The claims of the result that comes out now. */
static tps_status write_again(const tps_receipt *receipt, again *a, tps_ear *ear)
{
    tps_ear_options options = {
        .generation = receipt->result.generation, .iat = receipt->request.now, .exp = receipt->request.now};
    size_t size;

    if (options.iat < 0) {
        options.iat = options.exp = 0;
    }
    TPS_TRY(result_claims(a->parts, a->count, &options, TPS_BUF_MEASURE, &size));
    a->result = (tps_buf){malloc(size + 1), size};
    if (a->result.data == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    TPS_TRY(result_claims(a->parts, a->count, &options, a->result, &size));
    return tps_ear_decode(tps_span_make(a->result.data, size), NULL, ear, NULL);
}

static tps_status compare_again(const tps_receipt *receipt, tps_verifier *v, again *a, tps_error *why)
{
    const char *found;
    tps_ear ear;

    appraise_again(receipt, v, a);
    TPS_TRY(write_again(receipt, a, &ear));
    found = difference(&receipt->result, &ear);
    return found == NULL ? TPS_OK : tps_fail(why, TPS_VERIFIER_RECEIPT_DIFFERS, 0, found);
}

/* With a part that was not fresh, or when nothing tells the nonce, only the holder of the secret can judge.
 */
static bool needs_secret(const tps_receipt *receipt)
{
    tps_ear_walk parts = tps_ear_appraisals(&receipt->result);
    tps_ear_appraisal part;

    if (!receipt_is_by_time(&receipt->request)) {
        return false;
    }
    while (tps_ear_next_appraisal(&parts, NULL, &part)) {
        tps_ear_walk walk = tps_ear_appraisal_extras(&part);
        tps_ear_extra extra;
        while (tps_ear_next_extra(&walk, NULL, &extra)) {
            if (extra.number == LABEL_FRESH && extra.value.data[0] == 0xf4) {
                return true;
            }
        }
    }
    return receipt->request.nonce.size == 0;
}

tps_status tps_receipt_check(const tps_receipt *receipt, tps_verifier *verifier, tps_error *why)
{
    again a = {.room = {NULL, TPS_APPRAISAL_ROOM(receipt->evidence.size)}};
    tps_status status;
    size_t gaps;

    TPS_TRY(tps_receipt_gaps(receipt, verifier, NULL, 0, &gaps));
    if (gaps != 0) {
        return tps_fail(why, TPS_VERIFIER_RECEIPT_DIFFERS, 0, "other things are known");
    }
    if (needs_secret(receipt)) {
        return tps_fail(why, TPS_VERIFIER_RECEIPT_SECRET, 0, NULL);
    }
    a.parts = malloc(TPS_PARTS_MAX * sizeof *a.parts);
    a.room.data = malloc(a.room.size);
    status = a.parts == NULL || a.room.data == NULL ? TPS_OUT_OF_MEMORY
                                                    : compare_again(receipt, verifier, &a, why);
    free(a.result.data);
    free(a.room.data);
    free(a.parts);
    return status;
}
