/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed what is known: kept once each, with the path to its anchor. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_SIGNERS_H
#define TPS_VERIFIER_ENDORSEMENTS_SIGNERS_H

#include "verifier/state.h"
#include "verifier/trust/endorser.h"

/** The signer, index + 1, made if it is not known. @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY */
TPS_MUST_USE tps_status signers_add(tps_verifier *v, const endorser *who, uint32_t *signer);

/**
 * Asks anew until when each signer counts. To be called whenever something is revoked, or a CRL is added:
 * what a withdrawn signer vouched for then counts no more.
 */
void signers_recheck(tps_verifier *v);

#endif
