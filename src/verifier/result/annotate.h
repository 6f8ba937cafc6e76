/* SPDX-License-Identifier: Apache-2.0 */
/* Verified evidence in JSON, for results: member names and encodings as existing verifiers have them for PSA.
 */
#ifndef TPS_VERIFIER_ANNOTATE_H
#define TPS_VERIFIER_ANNOTATE_H

#include "format/json/writer.h"
#include "verifier/evidence/evidence.h"

/** Puts an object with the claims. */
void annotate_evidence(json_writer *w, const evidence_claims *e);

#endif
