/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes receipts of appraisals: any bytes as claims. What is read lies inside the input, and when it is made
 * to name what an empty verifier knows, its evidence is appraised again and the results are compared. */
#include <stdlib.h>

#include "tps/receipt.h"
#include "verifier/result/known.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static bool is_inside(tps_span part, tps_span whole)
{
    return part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

static void walk(const tps_receipt *receipt, tps_span claims)
{
    tps_appraisal_request request = tps_receipt_request(receipt);

    require(is_inside(receipt->evidence, claims) && is_inside(request.nonce, claims) &&
            is_inside(request.aud, claims) && is_inside(request.service, claims) &&
            is_inside(receipt->rules, claims));
    for (size_t i = 0; i < request.epoch_count; i++) {
        require(is_inside(request.epochs[i], claims));
    }
    for (uint32_t kind = 0; kind < TPS_RECEIPT_KINDS; kind++) {
        for (uint32_t i = 0; i < receipt->known_count[kind] && i < 8; i++) {
            tps_span digest = tps_receipt_known_at(receipt, kind, i);
            require(digest.size == 32 && is_inside(digest, claims));
        }
    }
}

static void check(tps_receipt receipt)
{
    tps_verifier *v;
    uint8_t rules[32];
    size_t gaps;
    tps_error why = {0};
    tps_status status;

    require(tps_verifier_new(&(tps_verifier_options){.allow_unsigned_endorsements = true}, &v) == TPS_OK);
    require(tps_receipt_gaps(&receipt, v, NULL, 0, &gaps) == TPS_OK);
    require(known_rules(v, rules) == TPS_OK);
    receipt.rules = TPS_SPAN_OF(rules);
    for (uint32_t kind = 0; kind <= TPS_RECEIPT_CORIM; kind++) {
        receipt.known[kind] = TPS_SPAN_LITERAL("\x80");
        receipt.known_count[kind] = 0;
    }
    require(tps_receipt_gaps(&receipt, v, NULL, 0, &gaps) == TPS_OK && gaps == 0);
    status = tps_receipt_check(&receipt, v, &why);
    if (status == TPS_OK) { /* nobody vouches for anything */
        tps_ear_walk parts = tps_ear_appraisals(&receipt.result);
        tps_ear_appraisal part;
        while (tps_ear_next_appraisal(&parts, NULL, &part)) {
            require(part.status != TPS_EAR_TIER_AFFIRMING);
        }
    } else {
        require(status == TPS_VERIFIER_RECEIPT_DIFFERS || status == TPS_VERIFIER_RECEIPT_SECRET);
    }
    tps_verifier_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span claims = tps_span_make(data, size);
    tps_receipt receipt;

    if (tps_receipt_decode(claims, &receipt, NULL) == TPS_OK) {
        walk(&receipt, claims);
        check(receipt);
    }
    return 0;
}
