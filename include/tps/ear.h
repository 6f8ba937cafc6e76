/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ear.h
 * The EAT Attestation Result (draft-ietf-rats-ear) and its trustworthiness vector (draft-ietf-rats-ar4si),
 * written as a signed JWT. Three generations of names are in use; the caller chooses which to write.
 */
#ifndef TPS_EAR_H
#define TPS_EAR_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Generations of EAR, by their eat_profile. */
enum {
    TPS_EAR_2023 = 0, /**< tag:github.com,2023:veraison/ear: "ear.status"; what today's clients read */
    TPS_EAR_2025 = 1, /**< tag:ietf.org,2025-07:ear: the same names */
    TPS_EAR_2026 = 2  /**< tag:ietf.org,2026:rats/ear#04: "ear_status", policy ids as an array */
};

/** The claims of the trustworthiness vector, by their CBOR keys. */
enum {
    TPS_EAR_INSTANCE_IDENTITY = 0,
    TPS_EAR_CONFIGURATION = 1,
    TPS_EAR_EXECUTABLES = 2,
    TPS_EAR_FILE_SYSTEM = 3,
    TPS_EAR_HARDWARE = 4,
    TPS_EAR_RUNTIME_OPAQUE = 5,
    TPS_EAR_STORAGE_OPAQUE = 6,
    TPS_EAR_SOURCED_DATA = 7,
    TPS_EAR_CLAIMS = 8 /**< how many there are */
};

/** Values with a meaning of their own, in every claim (AR4SI, 2.3). */
enum {
    TPS_EAR_NO_CLAIM = 0,
    TPS_EAR_UNEXPECTED = 1,
    TPS_EAR_MALFUNCTION = -1,
    TPS_EAR_AFFIRMING = 2,
    TPS_EAR_CRYPTO_FAILED = 99
};

/** Values of single claims (AR4SI, 2.3.4). */
enum {
    TPS_EAR_IDENTITY_TRUSTWORTHY = 2,
    TPS_EAR_IDENTITY_UNTRUSTWORTHY = 96,
    TPS_EAR_IDENTITY_UNRECOGNIZED = 97,
    TPS_EAR_CONFIG_APPROVED = 2,
    TPS_EAR_CONFIG_UNSAFE = 32,
    TPS_EAR_CONFIG_UNSUPPORTABLE = 96,
    TPS_EAR_EXEC_APPROVED_BOOT = 3,
    TPS_EAR_EXEC_APPROVED = 2,
    TPS_EAR_EXEC_UNSAFE = 32,
    TPS_EAR_EXEC_UNRECOGNIZED = 33,
    TPS_EAR_EXEC_CONTRAINDICATED = 96,
    TPS_EAR_HARDWARE_GENUINE = 2,
    TPS_EAR_HARDWARE_UNSAFE = 32,
    TPS_EAR_HARDWARE_CONTRAINDICATED = 96,
    TPS_EAR_HARDWARE_UNRECOGNIZED = 97
};

/** Tiers (CBOR values). */
enum {
    TPS_EAR_TIER_NONE = 0,
    TPS_EAR_TIER_AFFIRMING = 2,
    TPS_EAR_TIER_WARNING = 32,
    TPS_EAR_TIER_CONTRAINDICATED = 96
};

/** The tier of a claim's value: none -1..1; affirming 2..31, -32..-2; warning 32..95, -96..-33; else
 * contraindicated. */
uint8_t tps_ear_tier_of(int8_t value);

/** The worst tier of a vector; claims with tier none do not count, and a vector of only these is none. */
uint8_t tps_ear_tier_of_vector(const int8_t vector[TPS_EAR_CLAIMS]);

/** "none", "affirming", "warning", "contraindicated". */
const char *tps_ear_tier_name(uint8_t tier);

/** "instance-identity", "configuration", ... for 0..7. */
const char *tps_ear_claim_name(uint32_t claim);

#ifdef __cplusplus
}
#endif

#endif
