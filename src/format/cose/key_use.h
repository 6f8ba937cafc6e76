/* SPDX-License-Identifier: Apache-2.0 */
/* What a key says about its own use (RFC 9052, 7.1), held against a use. */
#ifndef TPS_FORMAT_COSE_KEY_USE_H
#define TPS_FORMAT_COSE_KEY_USE_H

#include "tps/cose_key.h"

/** @param ops  bits of the allowed uses; 0: all. @retval TPS_OK, TPS_COSE_KEY_USE */
static inline tps_status cose_key_use(int64_t key_alg, uint32_t ops, int32_t alg, uint32_t op)
{
    bool is_for_alg = key_alg == TPS_ALG_NONE || alg == TPS_ALG_NONE || key_alg == alg;
    bool is_for_op = ops == 0 || (ops & 1u << op) != 0;

    return is_for_alg && is_for_op ? TPS_OK : TPS_COSE_KEY_USE;
}

#endif
