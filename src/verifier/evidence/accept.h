/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What evidence says, as claims in the general form (draft-ietf-rats-corim-10, 8): each layer of a DICE chain
 * here, what a TPM quotes in tpm_accept.c. Pieces of software of the PSA and opentps profiles have a way of
 * their own (match/components.h).
 *
 * One layer with a DiceTcbInfo (TCG DICE Attestation Architecture 1.2, 6.1.1) is one claim, as
 * draft-ietf-rats-evidence-trans-02, 3.1, has it:
 *   environment   class id = `type` (560), else the class that the chain proves, if any; vendor, model,
 *                 layer, index; instance (550) if it is a UEID
 *   key           absent
 *   measurement   version, svn, digests (fwids: the first of each hash), flags, raw value (vendorInfo, 560),
 *                 integrity registers (by name, else by number)
 * A CoRIM has no two digests of one algorithm in a measurement, fwids may have. So the second FWID of a hash
 * is a measurement of its own of the same environment, with the key 1 and digests alone; a third has 2, and
 * so on. All must match.
 * Flags of DICE say mostly what is not so, those of CoRIM what is so: bits are turned accordingly (recovery
 * and debug are not: there that draft says the opposite of either format). Without flagsMask only the flags
 * that are set are told (the module leaves open what another one means).
 *
 * One layer with inputs of the Open Profile for DICE is three claims, of an environment of class id (if
 * proven), layer (its place among the measured ones of the chain, the first is 1) and instance, by their
 * keys:
 *   "code"           digests; flags by mode; raw value: the code descriptor
 *   "configuration"  digests: the configuration hash; raw value: the configuration descriptor
 *   "authority"      digests; raw value: the authority descriptor
 * Code and configuration must match reference values. Who signed the code may be told apart by conditional
 * endorsements, and need not match: in many devices the authority hash is of each device.
 */
#ifndef TPS_VERIFIER_ACCEPT_H
#define TPS_VERIFIER_ACCEPT_H

#include "verifier/evidence/evidence.h"
#include "verifier/match/accepted.h"
#include "verifier/trust/trust.h"

/**
 * @brief Puts the claims of evidence that was signed and is fresh into `accepted`, before statements are
 * matched.
 *
 * Adds findings of the configuration for layers that say of themselves that they are being debugged,
 * recovering, not configured or not secure; not secure is excused where trust comes from the demonstration
 * CA, whose devices are all so. Does nothing for evidence without a DICE chain and not of a TPM, by one test.
 *
 * More claims than ACCEPTED_MAX, digests or registers than DICE_DIGESTS_MAX, _REGISTERS_MAX: a finding
 * "executables.too-many-layers", and nothing is affirming.
 *
 * @param signer  Spans of the claims point into its chain, and into the evidence.
 */
void evidence_accept(const evidence_claims *evidence, const trust *signer, accepted_claims *accepted,
                     tps_appraisal *appraisal);

/**
 * @brief What follows once statements were matched: for schemes whose claims are layers or registers alone
 * (TPS_SCHEME_DICE, TPS_SCHEME_TPM), sets the claims of executables, hardware and configuration, as far as
 * they are unset, and the device's class.
 *
 * Every claim that must match was corroborated: executables approved, hardware genuine, configuration
 * approved if every layer told its flags or mode. None was corroborated: hardware is of an unknown class, a
 * finding. For all other schemes it does nothing.
 */
void evidence_conclude(const evidence_claims *evidence, const trust *signer, const accepted_claims *accepted,
                       tps_appraisal *appraisal);

#endif
