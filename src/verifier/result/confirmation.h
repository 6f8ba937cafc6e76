/* SPDX-License-Identifier: Apache-2.0 */
/* The `cnf` of a result: who may present it. */
#ifndef TPS_VERIFIER_CONFIRMATION_H
#define TPS_VERIFIER_CONFIRMATION_H

#include "format/dual/writer.h"
#include "tps/cwt.h"

/** Room for any confirmation that is written. */
#define CONFIRMATION_ROOM 2048u

/**
 * @brief Write a confirmation of evidence as one of a result: RFC 8747 in CBOR, RFC 7800 in JSON.
 *
 * Of a key only what is public is written, in deterministic form; what names a key otherwise (kid, in CBOR
 * also a thumbprint) goes as it is, in JSON a kid in base64url, as in EATs (RFC 9711, 7.2).
 *
 * @param encoded     The `cnf` of evidence.
 * @param room        At least CONFIRMATION_ROOM bytes.
 * @param[out] value  Inside `room`; empty for what has no such form: an encrypted key, a thumbprint in JSON,
 *                    a key that is symmetric, of an unknown kind or compressed (in JSON).
 */
void confirmation_write(tps_span encoded, bool is_json, tps_buf room, tps_span *value);

#endif
