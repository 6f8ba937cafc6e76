/* SPDX-License-Identifier: Apache-2.0 */
/* Reference values of a TPM's device, gone through for what they say of registers and events. */
#ifndef TPS_VERIFIER_EVIDENCE_TPM_REFERENCES_H
#define TPS_VERIFIER_EVIDENCE_TPM_REFERENCES_H

#include "verifier/evidence/tpm_log.h"
#include "verifier/judgement.h"
#include "verifier/knowledge/statements.h"

/** PCR 0 to 7, which firmware extends for the last time before it starts anything else: bits 1 << number. */
#define TPM_FIRMWARE_PCRS 0xffu

/** What reference values come to. Sets of PCRs are bits 1 << number. */
typedef struct {
    uint32_t mentioned;      /**< by measurements with registers */
    uint32_t covered;        /**< by those that are satisfied */
    uint32_t by_events;      /**< of which single events are endorsed */
    bool has_composite;      /**< there is a digest over the whole selection */
    bool is_composite_vague; /**< the selection has others than TPM_FIRMWARE_PCRS: such a digest is not met */
    bool is_composite_met;   /**< it is the quoted one */
    bool has_too_many;       /**< more names of events than TPM_NAMES_MAX */
    uint32_t source;         /**< a manifest that is satisfied, or KNOWLEDGE_NONE */
} tpm_references;

/** Goes through all that is current and of the device's maker, and marks the events of the log that are
 * endorsed. */
void tpm_references_find(const judgement *j, tpm_references *out);

/** An endorsed value of a register, for people: the newest; empty when there is none. */
tps_span tpm_reference_of(const judgement *j, uint32_t pcr);

#endif
