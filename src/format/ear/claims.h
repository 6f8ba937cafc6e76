/* SPDX-License-Identifier: Apache-2.0 */
/* The claims of a result by their labels in CBOR and their names in JSON: what reading and writing share. */
#ifndef TPS_FORMAT_EAR_CLAIMS_H
#define TPS_FORMAT_EAR_CLAIMS_H

#include "format/dual/dual.h"
#include "tps/ear.h"

/** Claims of a result and of an appraisal. */
enum {
    EAR_ISS,
    EAR_AUD,
    EAR_EXP,
    EAR_NBF,
    EAR_IAT,
    EAR_CNF,
    EAR_NONCE,
    EAR_PROFILE,
    EAR_SUBMODS,
    EAR_STATUS,
    EAR_VECTOR,
    EAR_RAW_EVIDENCE,
    EAR_POLICY_IDS,
    EAR_VERIFIER_ID,
    EAR_CLAIM_COUNT,
    EAR_UNKNOWN = EAR_CLAIM_COUNT
};

/** The label of a claim in CBOR. */
int64_t ear_label(uint32_t claim);

/** Its name in JSON, in the names of a generation. */
const char *ear_name(uint32_t claim, uint32_t generation);

/** Which claim of a result (or of an appraisal) this key is, by the names of a generation; EAR_UNKNOWN for
 * one that has no meaning there. */
uint32_t ear_claim_of(const dual_reader *reader, const dual_key *key, uint32_t generation, bool is_appraisal);

/** Reads an appraisal's claims; errors are the reader's, and what they concern goes to `where`. */
void ear_read_appraisal(dual_reader *reader, uint32_t generation, tps_ear_appraisal *out, const char **where);

/** Reads a status. */
uint8_t ear_read_status(dual_reader *reader);

/** Reads eat_nonce, which stays as it is encoded. */
tps_span ear_read_nonce(dual_reader *reader);

/** How much a tier promises, for comparison: the more, the less is promised. */
uint32_t ear_rank(uint8_t tier);

#endif
