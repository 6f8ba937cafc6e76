/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed evidence in a JWT. */
#ifndef TPS_VERIFIER_JWS_H
#define TPS_VERIFIER_JWS_H

#include "verifier/trust/trust.h"

/**
 * As trust_establish(), for a JWT: the attestation key endorsed for the instance that it names, else a key
 * that was added. A JWT's header proves nothing here (tps_jws_read_header()), so there are no chains, and
 * what it says is no reason to trust a key.
 */
TPS_MUST_USE tps_status trust_jws(tps_verifier *v, const evidence_message *message, const evidence_claims *e,
                                  int64_t now, trust *out);

#endif
