/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as endorsements, as a key, and as evidence; the first byte chooses: 'C' a manifest, 'D' two of
 * them (the first one's size in two bytes, then both), 'K' a key, all else evidence. Nothing here may be
 * affirmed: no nonce is given.
 */
#include <stdlib.h>
#include <string.h>

#include "tps/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(tps_verifier *v, tps_span evidence)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.now = 1790000000};

    tps_verifier_appraise(v, evidence, &request, &appraisal);
    if (appraisal.tier == TPS_EAR_TIER_AFFIRMING || appraisal.finding_count == 0) {
        abort();
    }
    for (size_t i = 0; i < appraisal.finding_count; i++) {
        const tps_finding *f = &appraisal.findings[i];
        if (f->cause[0] == '\0' || f->next_step[0] == '\0' || strpbrk(f->cause, "\x1b\n\r\x7f") != NULL) {
            abort();
        }
    }
}

/* All of a manifest is taken, or nothing but memory. */
static void load(tps_verifier *v, tps_span corim)
{
    tps_verifier_counts before;
    tps_verifier_counts after;
    tps_status status;

    tps_verifier_count(v, &before);
    status = tps_verifier_add_corim(v, corim, 1790000000, NULL);
    tps_verifier_count(v, &after);
    before.bytes = after.bytes;
    if (status != TPS_OK && memcmp(&before, &after, sizeof before) != 0) {
        abort();
    }
}

static void load_two(tps_verifier *v, tps_span input)
{
    size_t first = input.size < 2 ? 0 : (size_t)(input.data[0] << 8 | input.data[1]);

    if (input.size < 2 || first > input.size - 2) {
        return;
    }
    load(v, tps_span_make(input.data + 2, first));
    load(v, tps_span_make(input.data + 2 + first, input.size - 2 - first));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier_counts after;
    tps_span rest = tps_span_make(data + (size > 0), size - (size > 0));
    tps_verifier *v;

    if (size == 0 || tps_verifier_new(&options, &v) != TPS_OK) {
        return 0;
    }
    if (data[0] == 'C') {
        load(v, rest);
        judge(v, rest);
    } else if (data[0] == 'D') {
        load_two(v, rest);
    } else if (data[0] == 'K') {
        tps_status status = tps_verifier_add_key(v, rest);
        tps_verifier_count(v, &after);
        if ((status == TPS_OK) != (after.keys == 1)) {
            abort();
        }
    } else {
        judge(v, rest);
    }
    tps_verifier_free(v);
    return 0;
}
