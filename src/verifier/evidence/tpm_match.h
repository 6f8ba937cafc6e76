/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a TPM quoted, against reference values of its device.
 *
 * Of the statements (CoMID triple 0) whose environment is the device's, three kinds of measurements count
 * here (spec/tpm-evidence.md):
 *   registers (member 14), of whatever key: numbers of PCRs with their values, all of one state. They are
 *       satisfied together, or not at all: values of two measurements are never pooled;
 *   an unsigned number as the key, with digests: one event of that PCR, by the name (member 11) under which
 *       some event must be there, if it has one;
 *   no key, with digests and no registers: the quote's own digest over all that it selects.
 * A PCR that a measurement with registers speaks of must be within one that is satisfied. A PCR of which
 * there are events only is judged by the log: it must replay to the quoted value, each of its events be among
 * them, and each of their names be there. Where both are, the registers decide, and the events name what
 * changed. PCRs that no reference value speaks of are not judged.
 */
#ifndef TPS_VERIFIER_EVIDENCE_TPM_MATCH_H
#define TPS_VERIFIER_EVIDENCE_TPM_MATCH_H

#include "verifier/judgement.h"

/**
 * Facts of evidence of a TPM, as facts_establish() has them: sets the claims of identity, hardware and
 * executables, adds findings, and puts the quoted registers into `accepted`, proven if they are.
 * @return True: a policy has its say in all of it.
 */
TPS_MUST_USE bool tpm_facts(judgement *j);

#endif
