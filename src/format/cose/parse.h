/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a COSE message of any kind apart (RFC 9052, 2). */
#ifndef TPS_FORMAT_COSE_PARSE_H
#define TPS_FORMAT_COSE_PARSE_H

#include "tps/cose.h"

/** What a message may look like. */
typedef struct {
    uint8_t tag;
    uint8_t count; /**< members of its array */
    bool has_signature;
} cose_shape;

/* Families of two shapes: what a caller takes, and what an untagged message may be. */
extern const cose_shape cose_signed[2];    /**< Sign1, Mac0 */
extern const cose_shape cose_encrypted[2]; /**< Encrypt0, Encrypt */
extern const cose_shape cose_mac[2];       /**< Mac0, Mac */

/** Takes a message of one of two shapes apart. `terms` may be NULL. Errors as tps_cose_sign1_parse(). */
TPS_MUST_USE tps_status cose_parse(tps_span message, const cose_shape *shapes, const tps_cose_terms *terms,
                                   tps_cose_message *out, tps_error *why);

#endif
