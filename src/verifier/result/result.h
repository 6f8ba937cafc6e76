/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of a result before they are signed, and opentps's own labels in them (spec/ear-extensions.md).
 */
#ifndef TPS_VERIFIER_RESULT_H
#define TPS_VERIFIER_RESULT_H

#include "tps/attestation_result.h"

/** Private labels in CBOR; -70001 is Veraison's. */
enum {
    LABEL_POLICY_CLAIMS = -70001,
    LABEL_DEMONSTRATION = -70100,
    LABEL_FINDINGS = -70101,
    LABEL_BOUND = -70102,
    LABEL_FRESH = -70103,
    LABEL_DEVICE_CLASS = -70104,
    LABEL_EVIDENCE_SHA256 = -70105,
    LABEL_CLAIMS = -70106,
    LABEL_MAC = -70107,
    LABEL_FRESHNESS = -70108,
    LABEL_OF_RELYING_PARTY = -70109,
    LABEL_BINDER_ORIGIN = -70110,
    LABEL_PURPOSE = -70111,
    LABEL_POLICY_SHA256 = -70112
};

/** Labels of a finding's members. */
enum {
    FINDING_NAME = 0,
    FINDING_CLAIM = 1,
    FINDING_VALUE = 2,
    FINDING_ERROR = 3,
    FINDING_CAUSE = 4,
    FINDING_EVIDENCE = 5,
    FINDING_KNOWN = 6,
    FINDING_NEXT_STEP = 7
};

/** The claims of tps_ear_cwt(), unsigned; parameters and errors as there. */
TPS_MUST_USE tps_status result_claims(const tps_appraisal *parts, size_t count,
                                      const tps_ear_options *options, tps_buf out, size_t *size);

#endif
