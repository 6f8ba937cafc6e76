/* SPDX-License-Identifier: Apache-2.0 */
/* COSE header buckets (RFC 9052, 3): reading both, writing ours. Shared by the message kinds. */
#ifndef TPS_FORMAT_COSE_HEADERS_H
#define TPS_FORMAT_COSE_HEADERS_H

#include "tps/cose.h"

/**
 * Reads the protected bucket (a byte string's content, already taken out) and the unprotected one (at the
 * reader). Errors as tps_cose_sign1_parse().
 */
TPS_MUST_USE tps_status cose_headers_read(tps_span protected_raw, tps_cbor_reader *unprotected,
                                          tps_cose_headers *out, tps_error *why);

#endif
