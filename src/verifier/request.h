/* SPDX-License-Identifier: Apache-2.0 */
/* Whether evidence answers its request: freshness, times, audience, and what it is bound to. */
#ifndef TPS_VERIFIER_REQUEST_H
#define TPS_VERIFIER_REQUEST_H

#include "verifier/appraise.h"

/**
 * Checks verified evidence of any scheme against the request: sets `is_fresh`, `freshness`, `bound`,
 * `binder_origin`, `confirmation` of the appraisal.
 * @return False when it is no answer: then nothing in it counts, and a finding says why.
 */
TPS_MUST_USE bool request_check(const evidence_claims *e, const appraise_part *part,
                                const tps_appraisal_request *request, tps_appraisal *out);

/** Adds the findings about the request to evidence that was judged: freshness that nobody could judge, and a
 * binder whose origin is not enough. */
void request_report(const evidence_claims *e, const tps_appraisal_request *request, tps_appraisal *out);

#endif
