/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_chain.h
 * How the entries of a tenant's audit log are chained: each one's hash covers the hash before it, so that who
 * knows a hash knows everything up to there.
 *
 *     hash(n) = SHA-256( "opentps audit entry 1" | 0x00
 *                      | size of the tenant's name: 1 byte | the name
 *                      | sequence: 8 bytes | time: 8 bytes       big-endian, two's complement
 *                      | hash(n - 1): 32 bytes                   zeros before the first
 *                      | size of the entry: 4 bytes | the entry )
 */
#ifndef TPS_STORE_AUDIT_CHAIN_H
#define TPS_STORE_AUDIT_CHAIN_H

#include "tps/span.h"
#include "tps/status.h"

#define TPS_AUDIT_HASH_SIZE 32u

/**
 * @brief The hash of one entry.
 *
 * @param tenant    The tenant's name.
 * @param sequence  From 1 on.
 * @param time      Seconds since 1970.
 * @param previous  The hash of the entry before; 32 zero bytes for the first.
 * @param entry     At most TPS_STORE_AUDIT_ENTRY_MAX bytes.
 * @param[out] out  May be `previous`.
 * @retval TPS_OK, TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY
 * @retval TPS_BAD_ARGUMENT  The name is longer than 255 bytes, or the entry than 2^32 - 1. Thread-safe.
 */
TPS_MUST_USE tps_status tps_audit_hash(const char *tenant, int64_t sequence, int64_t time,
                                       const uint8_t previous[TPS_AUDIT_HASH_SIZE], tps_span entry,
                                       uint8_t out[TPS_AUDIT_HASH_SIZE]);

#endif
