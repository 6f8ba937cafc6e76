/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file psa.h
 * The claims of a PSA attestation token (RFC 9783), and of its forerunner "http://arm.com/psa/2.0.0": decoded
 * strictly, encoded deterministically. The signature around them is COSE's (cose.h). Thread-safe for distinct
 * outputs.
 */
#ifndef TPS_PSA_H
#define TPS_PSA_H

#include "tps/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TPS_PSA_PROFILE       "tag:psacertified.org,2023:psa#tfm"
#define TPS_PSA_PROFILE_2_0_0 "http://arm.com/psa/2.0.0"

/** Claim labels (RFC 9783, 4; 2397 in the older profile only). */
enum {
    TPS_PSA_NONCE = 10,
    TPS_PSA_INSTANCE_ID = 256,
    TPS_PSA_EAT_PROFILE = 265,
    TPS_PSA_BOOT_SEED = 268,
    TPS_PSA_CLIENT_ID = 2394,
    TPS_PSA_LIFECYCLE = 2395,
    TPS_PSA_IMPLEMENTATION_ID = 2396,
    TPS_PSA_BOOT_SEED_2_0_0 = 2397,
    TPS_PSA_CERTIFICATION_REFERENCE = 2398,
    TPS_PSA_SOFTWARE_COMPONENTS = 2399,
    TPS_PSA_VERIFICATION_SERVICE = 2400
};

/** Keys within a software component (RFC 9783, 4.4.1). */
enum {
    TPS_PSA_COMPONENT_TYPE = 1,
    TPS_PSA_COMPONENT_MEASUREMENT = 2,
    TPS_PSA_COMPONENT_VERSION = 4,
    TPS_PSA_COMPONENT_SIGNER_ID = 5,
    TPS_PSA_COMPONENT_DESCRIPTION = 6
};

/** The states of the security lifecycle: the upper byte of the claim (RFC 9783, 4.3.1). */
enum {
    TPS_PSA_LIFECYCLE_UNKNOWN = 0x00,
    TPS_PSA_LIFECYCLE_ASSEMBLY = 0x10,
    TPS_PSA_LIFECYCLE_PROVISIONING = 0x20,
    TPS_PSA_LIFECYCLE_SECURED = 0x30,
    TPS_PSA_LIFECYCLE_NON_ROT_DEBUG = 0x40,
    TPS_PSA_LIFECYCLE_RECOVERABLE_DEBUG = 0x50,
    TPS_PSA_LIFECYCLE_DECOMMISSIONED = 0x60
};

/** The most software components in one token. */
#define TPS_PSA_COMPONENTS_MAX 32u

typedef struct {
    tps_span type;        /**< text; empty when absent */
    tps_span measurement; /**< 32, 48 or 64 bytes */
    tps_span version;     /**< text; empty when absent */
    tps_span signer_id;   /**< 32, 48 or 64 bytes */
    tps_span description; /**< text; empty when absent */
} tps_psa_component;

/** Spans point into the encoded claims. */
typedef struct {
    bool is_2_0_0;              /**< the older profile */
    bool has_others;            /**< there are labels that the profile does not know; not written */
    tps_span nonce;             /**< 32, 48 or 64 bytes */
    tps_span instance_id;       /**< 33 bytes, the first 0x01 */
    tps_span implementation_id; /**< 32 bytes */
    int32_t client_id;          /**< above 0: of the secure side; 0 and below: of the other */
    uint16_t lifecycle;         /**< see TPS_PSA_LIFECYCLE_*, in the upper byte */
    tps_span boot_seed;         /**< 8..32 bytes, empty when absent; in the older profile 32, always there */
    tps_span certification_reference; /**< 13 digits, "-", 5 digits; in the older profile the first 13
                                           alone, too. Empty when absent */
    tps_span verification_service;    /**< text; empty when absent */
    size_t component_count;           /**< 1..TPS_PSA_COMPONENTS_MAX */
    tps_psa_component components[TPS_PSA_COMPONENTS_MAX];
} tps_psa_claims;

/**
 * @brief Decode and check the claims of a PSA token.
 *
 * One pass. Claims that are unknown here are skipped (RFC 9711, 7.2.3 asks so): that they are well-formed and
 * come once is checked, what lies inside of them is not looked at; whoever wants that, too, calls
 * tps_cbor_check() before.
 *
 * @param encoded   The payload of the COSE message: one CBOR map, at most 64 KiB. Keys may stand in any order
 * (real tokens do not sort); at most 64 in each map.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK. 1.3 KiB on a Cortex-M33: the caller's.
 * @param[out] why  `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_UNKNOWN_PROFILE  The profile claim is absent or none of the two.
 * @retval TPS_CLAIM_MISSING          A mandatory claim is absent.
 * @retval TPS_CLAIM_BAD_TYPE, TPS_CLAIM_BAD_VALUE  A claim is not as RFC 9783 says.
 * @retval TPS_CBOR_BAD_UTF8          A text is not UTF-8.
 * @retval TPS_CBOR_DUPLICATE_KEY     A claim, or a member of a component, comes twice.
 * @retval TPS_CBOR_TOO_MANY          More than 64 pairs in a map, or than TPS_PSA_COMPONENTS_MAX components.
 * @retval TPS_CBOR_TRUNCATED, TPS_CBOR_TRAILING, TPS_CBOR_RESERVED, TPS_CBOR_BAD_BREAK, TPS_CBOR_TOO_DEEP,
 * TPS_CBOR_TOO_LONG                  It is no CBOR, or beyond these limits.
 *
 * Stack: on a Cortex-M33 450 bytes. RFC 9783, 4 and 5.
 */
TPS_MUST_USE tps_status tps_psa_decode(tps_span encoded, tps_psa_claims *out, tps_error *why);

/**
 * Encode claims deterministically (sorted keys). The same checks as in decoding are made first; what is
 * absent is TPS_SPAN_EMPTY.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed; TPS_BUF_MEASURE only
 * measures. Empty after any other error.
 * @param[out] why      `detail` names the claim; may be NULL.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CLAIM_MISSING    A mandatory claim is absent.
 * @retval TPS_CLAIM_BAD_VALUE  A claim is not as RFC 9783 says; `component_count`.
 * @retval TPS_CBOR_BAD_UTF8    A text is not UTF-8.
 * @retval TPS_CBOR_TOO_LONG    More than the 64 KiB that a decoder takes.
 *
 * Stack: on a Cortex-M33 270 bytes. RFC 9783, 4 and 5.
 */
TPS_MUST_USE tps_status tps_psa_encode(const tps_psa_claims *claims, tps_buf out, tps_span *encoded,
                                       tps_error *why);

/**
 * Encode claims as tps_psa_encode() does, without a check of their values: for a device whose claims come
 * from its own constants and registers, and have been seen to pass tps_psa_encode() when it was built. Of
 * claims that are not as RFC 9783 says it makes CBOR that every decoder refuses; `component_count` must be at
 * most TPS_PSA_COMPONENTS_MAX.
 * @param[out] encoded  As tps_psa_encode().
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 */
TPS_MUST_USE tps_status tps_psa_write(const tps_psa_claims *claims, tps_buf out, tps_span *encoded);

/** The lifecycle's name for people: "secured", "assembly and test", ... or "unknown". */
const char *tps_psa_lifecycle_name(uint16_t lifecycle);

#ifdef __cplusplus
}
#endif

#endif
