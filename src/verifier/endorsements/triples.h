/* SPDX-License-Identifier: Apache-2.0 */
/* The triples of a CoMID, into the indices of a verifier's knowledge. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_TRIPLES_H
#define TPS_VERIFIER_ENDORSEMENTS_TRIPLES_H

#include "verifier/endorsements/load.h"

/**
 * @brief Take all triples in.
 *
 * Pieces of software and attestation keys of the profiles that are known go into indices of their own
 * (spec/endorsements.md); all else becomes statements in the general form (knowledge/statements.h).
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_UNSUPPORTED   Something that nobody here would compare.
 * @retval TPS_CORIM_BAD_VALUE     It breaks its profile's rules.
 * @retval TPS_VERIFIER_OUT_OF_SCOPE, TPS_VERIFIER_CONFLICT, TPS_VERIFIER_CLASS_OF_ANOTHER,
 * TPS_VERIFIER_INSTANCE_OF_ANOTHER, TPS_VERIFIER_DEMONSTRATION, TPS_TOO_LARGE, TPS_OUT_OF_MEMORY
 * @retval TPS_CRYPTO_*, TPS_COSE_*  A key cannot be read.
 */
TPS_MUST_USE tps_status triples_take(load *l, const tps_corim_comid *comid);

#endif
