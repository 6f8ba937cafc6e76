/* SPDX-License-Identifier: Apache-2.0 */
/* The registered claims of a CWT, one at a time: what the decoders of CWT and EAT claims share. */
#ifndef TPS_FORMAT_EAT_CWT_CLAIMS_H
#define TPS_FORMAT_EAT_CWT_CLAIMS_H

#include "tps/cwt.h"

/** Reads the value of claim `label`, if it is a registered one. Returns the claim's name, or NULL if it is
 * none; then nothing was read. Errors stay in the reader. */
const char *cwt_claim_read(tps_cbor_reader *reader, int64_t label, tps_cwt_claims *out);

/** What both directions demand of the values, beyond their types. */
TPS_MUST_USE tps_status cwt_claims_check(const tps_cwt_claims *claims, tps_error *why);

/** What encoding demands beside it: texts are UTF-8, encoded parts are deterministic. */
TPS_MUST_USE tps_status cwt_claims_check_encoding(const tps_cwt_claims *claims, tps_error *why);

/** Puts claim `label`, with its label, if it is there. Returns whether it is. */
bool cwt_claim_put(tps_cbor_writer *writer, int64_t label, const tps_cwt_claims *claims);

#endif
