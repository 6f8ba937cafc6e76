/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accepted claims of one appraisal (draft-ietf-rats-corim-10, "Appraisal Claims Set"): what evidence says
 * of environments in the general form, and what endorsements add to it. Layers of DICE and registers of a TPM
 * come here; the pieces of software of the PSA and opentps profiles have a shorter way (components.h), and
 * are put here for conditions.
 */
#ifndef TPS_VERIFIER_MATCH_ACCEPTED_H
#define TPS_VERIFIER_MATCH_ACCEPTED_H

#include "tps/corim.h"

/** The most claims of one appraisal, endorsed ones included. */
#define ACCEPTED_MAX 128u

/** Where a claim comes from. */
enum {
    ACCEPTED_EVIDENCE, /**< the device's own word: affirms nothing until a reference value matches it */
    ACCEPTED_PROVEN,   /**< the device's word, which something else has matched already (components.h) */
    ACCEPTED_ENDORSED  /**< an endorsement's */
};

/** A claim. One whose measurement is empty says only that its environment is there. */
typedef struct {
    tps_corim_environment environment;
    tps_corim_measurement measurement;
    uint32_t origin;      /**< ACCEPTED_* */
    uint32_t source;      /**< of an endorsed one, and of one that is corroborated: the manifest; else
                             KNOWLEDGE_NONE */
    bool is_corroborated; /**< a reference value matched it: set by match_statements() */
    bool must_match;   /**< of evidence: when no reference value matches it, the appraisal is not affirming */
    bool is_known_bad; /**< a digest of it, or of what it matched, is of a revoked image: likewise */
    uint32_t group;    /**< private to match: the first claim of the same environment and origin */
    tps_span statement;      /**< private to match: of an endorsed one, the statement that added it */
    tps_corim_digest digest; /**< room for whoever makes a claim with one digest ... */
    tps_corim_key signer;    /**< ... and one key */
} accepted_claim;

typedef struct {
    /** SHA-256 of the key that signed the evidence, for conditions that name who must have said something;
     * NULL: nobody's. Set by who begins the appraisal. */
    const uint8_t *signer;
    size_t count;
    accepted_claim claims[ACCEPTED_MAX];
} accepted_claims;

/** A new claim to fill, zeroed; NULL when there is no more room. */
accepted_claim *accepted_add(accepted_claims *set, uint32_t origin);

#endif
