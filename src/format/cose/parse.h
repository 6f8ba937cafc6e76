/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a COSE message of any kind apart (RFC 9052, 2). */
#ifndef TPS_FORMAT_COSE_PARSE_H
#define TPS_FORMAT_COSE_PARSE_H

#include "tps/cose.h"

/** Families of kinds: what a caller takes, and what an untagged message may be. */
enum {
    COSE_SIGNED = 1,    /**< Sign1, Mac0 */
    COSE_ENCRYPTED = 2, /**< Encrypt0, Encrypt */
    COSE_MAC = 4        /**< Mac0, Mac */
};

/** Takes a message of the family `kind` apart. `terms` may be NULL. Errors as tps_cose_sign1_parse(). */
TPS_MUST_USE tps_status cose_parse(tps_span message, uint32_t kind, const tps_cose_terms *terms,
                                   tps_cose_message *out, tps_error *why);

#endif
