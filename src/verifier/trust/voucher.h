/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that lie in the token of another part: that part's signature is theirs. */
#ifndef TPS_VERIFIER_VOUCHER_H
#define TPS_VERIFIER_VOUCHER_H

#include "verifier/trust/trust.h"

/**
 * What stands behind claims that somebody else's token carries.
 *
 * @param voucher  Who signed that token.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  A key is endorsed for the very instance that the claims name: it
 * must sign them itself.
 * @retval TPS_VERIFIER_CLASS_OF_ANOTHER   Another maker speaks for the class that they name.
 * @retval TPS_VERIFIER_REVOKED_DEVICE, TPS_VERIFIER_REVOKED_KEY
 */
TPS_MUST_USE tps_status trust_voucher(const tps_verifier *v, const trust *voucher, const evidence_claims *e,
                                      int64_t now, trust *out);

#endif
