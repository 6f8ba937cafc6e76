/* SPDX-License-Identifier: Apache-2.0 */
/* COSE header buckets (RFC 9052, 3), read. Shared by all kinds of messages and by recipients. */
#ifndef TPS_FORMAT_COSE_HEADERS_H
#define TPS_FORMAT_COSE_HEADERS_H

#include "tps/cose.h"

/**
 * Reads the two buckets of `message` (protected_raw and unprotected_raw) into its headers. `terms` may be
 * NULL. Errors as tps_cose_sign1_parse().
 */
TPS_MUST_USE tps_status cose_headers_read(tps_cose_message *message, const tps_cose_terms *terms,
                                          tps_error *why);

#endif
