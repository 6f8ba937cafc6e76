/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accepted claims of one appraisal (draft-ietf-rats-corim-10, 8): what evidence says of environments in
 * the general form, and what endorsements add to it. Layers of DICE and registers of a TPM come here; the
 * pieces of software of the PSA and opentps profiles have a shorter way (components.h), and are put here for
 * conditions.
 */
#ifndef TPS_VERIFIER_MATCH_ACCEPTED_H
#define TPS_VERIFIER_MATCH_ACCEPTED_H

#include "tps/corim.h"

/** The most claims of one appraisal, endorsed ones included. */
#define ACCEPTED_MAX 128u

/** Where a claim comes from. */
enum {
    ACCEPTED_EVIDENCE, /**< the device's own word: counts for nothing until a reference value matches it */
    ACCEPTED_PROVEN,   /**< the device's word, which something else has matched already (components.h) */
    ACCEPTED_ENDORSED  /**< an endorsement's */
};

typedef struct {
    tps_corim_environment environment;
    tps_corim_measurement measurement;
    uint32_t origin;      /**< ACCEPTED_* */
    uint32_t source;      /**< of an endorsed one, and of one that is corroborated: the manifest; else
                             KNOWLEDGE_NONE */
    bool is_corroborated; /**< a reference value matched it: set by match_statements() */
    bool must_match; /**< of evidence: when no reference value matches it, the appraisal is not affirming */
} accepted_claim;

typedef struct {
    size_t count;
    accepted_claim claims[ACCEPTED_MAX];
} accepted_claims;

/** A new claim to fill, zeroed; NULL when there is no more room. */
accepted_claim *accepted_add(accepted_claims *set, uint32_t origin);

#endif
