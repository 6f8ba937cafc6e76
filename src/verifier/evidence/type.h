/* SPDX-License-Identifier: Apache-2.0 */
/* The media types under which evidence comes, and what each says of it. */
#ifndef TPS_VERIFIER_EVIDENCE_TYPE_H
#define TPS_VERIFIER_EVIDENCE_TYPE_H

#include "tps/span.h"
#include "tps/status.h"

/** A type of evidence. */
typedef struct {
    const char *type;
    const char *profile;     /**< the eat_profile that it promises; NULL: it leaves it open */
    uint32_t content_format; /**< CoAP's, or TPS_CMW_NO_CONTENT_FORMAT */
    uint32_t form;           /**< EVIDENCE_* */
    bool is_psa;             /**< of any profile of PSA */
} evidence_type;

/** The type of this name, or else number; NULL when it is none of evidence that is known. */
const evidence_type *evidence_type_of(tps_span media_type, uint32_t content_format);

/** The profile that evidence names; empty when it cannot be taken apart, of which the appraisal will tell.
 * Of evidence in CBOR. */
tps_span evidence_profile_of(tps_span evidence);

/** Whether a type and a profile agree: also when either is not known (NULL, empty). */
bool evidence_type_agrees(const evidence_type *type, tps_span profile);

#endif
