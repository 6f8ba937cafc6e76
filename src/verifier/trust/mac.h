/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a verifier shares with devices, and evidence under them (COSE_Mac0). */
#ifndef TPS_VERIFIER_MAC_H
#define TPS_VERIFIER_MAC_H

#include "verifier/state.h"

/**
 * The shared key that authenticates the message, for the instance that it names.
 * @retval TPS_OK
 * @retval TPS_VERIFIER_NO_TRUST_ANCHOR  No key is for this instance.
 * @retval TPS_COSE_BAD_TAG, TPS_COSE_ALG_REFUSED, TPS_COSE_KEY_USE, TPS_COSE_BAD_HEADER
 */
TPS_MUST_USE tps_status mac_check(const tps_verifier *v, const tps_cose_message *message,
                                  tps_span instance_id);

/** Wipes and frees all shared keys. */
void mac_free(tps_verifier *v);

#endif
