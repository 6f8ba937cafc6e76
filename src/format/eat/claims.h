/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the claim decoders share: walking a map of claims by their integer labels, and the rules that values
 * keep. Errors name the claim.
 */
#ifndef TPS_FORMAT_CLAIMS_H
#define TPS_FORMAT_CLAIMS_H

#include "tps/cbor.h"

/** A label that no claim known here has: text keys and integers beyond int64. */
#define CLAIM_LABEL_FOREIGN INT64_MIN

/** Reads the next key of a claims map, of whatever type. */
int64_t claim_label(tps_cbor_reader *reader);

/**
 * Called behind the reading of a claim's value: TPS_OK if the reader is well, else TPS_CLAIM_BAD_TYPE or (out
 * of its range) TPS_CLAIM_BAD_VALUE, named `claim`. Other errors (a truncated item) keep their status.
 */
TPS_MUST_USE tps_status claim_read_status(const tps_cbor_reader *reader, const char *claim, tps_error *why);

/** TPS_OK if the size lies in [low, high], else TPS_CLAIM_BAD_VALUE named `claim`. */
TPS_MUST_USE tps_status claim_size_in(tps_span value, size_t low, size_t high, const char *claim,
                                      tps_error *why);

/** TPS_CBOR_BAD_UTF8 named `claim` unless the text is UTF-8: for encoders, whose texts come from a caller. */
TPS_MUST_USE tps_status claim_is_utf8(tps_span text, const char *claim, tps_error *why);

/** TPS_OK if `encoded` is one item in deterministic form (RFC 8949, 4.2.1), else an error of tps_cbor_check()
 * named `claim`: for encoders, which put it as it is. */
TPS_MUST_USE tps_status claim_is_deterministic(tps_span encoded, const char *claim, tps_error *why);

/** tps_cbor_writer_finish(), or TPS_CBOR_TOO_LONG where no decoder would take the claims. */
TPS_MUST_USE tps_status claims_finish(const tps_cbor_writer *writer, tps_span *encoded, tps_error *why);

/** TPS_CLAIM_MISSING named `claim` unless `is_present`. */
TPS_MUST_USE tps_status claim_present(bool is_present, const char *claim, tps_error *why);

#endif
