/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers of hashes (NIST, 2.16.840.1.101.3.4.2), by COSE's algorithm. */
#ifndef TPS_FORMAT_DICE_OIDS_H
#define TPS_FORMAT_DICE_OIDS_H

#include "tps/crypto.h"

/** TPS_ALG_SHA256, _SHA384, _SHA512 of this identifier; TPS_ALG_NONE of any other. */
int32_t dice_hash_of_oid(tps_span oid);

/** Its identifier; empty if there is none. */
tps_span dice_oid_of_hash(int32_t alg);

/** The size of its digests in bytes; 0 if it is none of the three. */
size_t dice_hash_size(int32_t alg);

#endif
