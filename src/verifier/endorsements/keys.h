/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of triples: read where they are, and by what they are found. */
#ifndef TPS_VERIFIER_ENDORSEMENTS_KEYS_H
#define TPS_VERIFIER_ENDORSEMENTS_KEYS_H

#include "verifier/endorsements/load.h"

/**
 * A key for the device index: the point (554, 555, 556, 558, 562) and its algorithm, or the thumbprint of a
 * key or certificate (557, 559). Whether a plain P-256 key lies on its curve is found when it is first used.
 *
 * @retval TPS_OK
 * @retval TPS_CORIM_UNSUPPORTED      The thumbprint of a path, a key identifier, or an unknown form.
 * @retval TPS_VERIFIER_DEMONSTRATION
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_BAD_CERTIFICATE, TPS_COSE_*  It cannot be read; or (BAD_KEY) it is
 * no point: RSA.
 */
TPS_MUST_USE tps_status keys_read_point(load *l, const tps_corim_key *given, knowledge_key *out);

/** Lets the statement that was added last be found by this key. A key identifier (560) finds nothing.
 * Errors as above. */
TPS_MUST_USE tps_status keys_index(load *l, const tps_corim_key *given);

#endif
