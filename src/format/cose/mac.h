/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication codes over MAC_structures (RFC 9052, 6.3): shared by Mac0 and Mac. */
#ifndef TPS_FORMAT_COSE_MAC_H
#define TPS_FORMAT_COSE_MAC_H

#include "format/cose/key_use.h"
#include "format/cose/structure.h"

/** The code of a structure under a key. @retval TPS_CRYPTO_* */
TPS_MUST_USE tps_status cose_mac_of(const cose_structure *structure, int32_t alg, tps_span key,
                                    tps_digest *tag);

/** Checks the code of a message that was taken apart, in constant time.
 * @retval TPS_COSE_BAD_TAG, TPS_COSE_DETACHED, TPS_COSE_ATTACHED, TPS_CRYPTO_* */
TPS_MUST_USE tps_status cose_mac_check(const tps_cose_message *message, const char *start, int32_t alg,
                                       tps_span key, const tps_cose_terms *terms);

#endif
