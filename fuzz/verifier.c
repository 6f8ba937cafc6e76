/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as endorsements, as a key, and as evidence; the first byte chooses: 'C' a manifest, 'K' a key,
 * all else evidence. Nothing here may be affirmed: no nonce is given.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    tps_verifier_counts before;
    tps_verifier_counts after;
    tps_span rest = tps_span_make(data + (size > 0), size - (size > 0));
    tps_verifier *v;

    if (size == 0 || tps_verifier_new(&options, &v) != TPS_OK) {
        return 0;
    }
    tps_verifier_count(v, &before);
    if (data[0] == 'C') {
        tps_status status = tps_verifier_add_corim(v, rest, 1790000000, NULL);
        tps_verifier_count(v, &after);
        if (status != TPS_OK && memcmp(&before, &after, sizeof before) != 0) {
            abort();
        }
        judge(v, rest);
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
