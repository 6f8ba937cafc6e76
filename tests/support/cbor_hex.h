/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cbor_hex.h
 * CBOR in tests, written as hex digits.
 */
#ifndef TPS_TEST_CBOR_HEX_H
#define TPS_TEST_CBOR_HEX_H

#include "tps/cbor.h"

/** tps_cbor_check() of the bytes that `hex` stands for, in memory of exactly their size. */
tps_status cbor_hex_check(const char *hex, const tps_cbor_limits *limits, tps_error *why);

/** Asserts that tps_cbor_check() returns `expected`; prints the hex digits where it does not. */
#define assert_cbor(hex, limits, expected) cbor_hex_assert(hex, limits, expected, __FILE__, __LINE__)

void cbor_hex_assert(const char *hex, const tps_cbor_limits *limits, tps_status expected, const char *file,
                     int line);

/** tps_cbor_limits_message, and deterministic. */
extern const tps_cbor_limits cbor_limits_deterministic;

#endif
