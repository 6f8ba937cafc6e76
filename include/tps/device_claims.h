/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file device_claims.h
 * The claims of the opentps device profile, an Entity Attestation Token (RFC 9711) in CBOR: decoded strictly
 * and encoded deterministically. The profile's CDDL is spec/device-profile.cddl; eat.h has every claim of RFC
 * 9711, whatever the profile.
 */
#ifndef TPS_DEVICE_CLAIMS_H
#define TPS_DEVICE_CLAIMS_H

#include "tps/eat.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The one fixed name of the opentps device profile. */
#define TPS_DEVICE_PROFILE "tag:opentps.org,2026:device"

/** Bits of tps_device_claims.present for claims whose value alone cannot say that they are absent. */
enum {
    TPS_DEVICE_HAS_EXP = 1u << 0,
    TPS_DEVICE_HAS_IAT = 1u << 1,
    TPS_DEVICE_HAS_OEMBOOT = 1u << 2,
    TPS_DEVICE_HAS_BOOTCOUNT = 1u << 3,
    TPS_DEVICE_HAS_INTUSE = 1u << 4,
    TPS_DEVICE_HAS_LIFECYCLE = 1u << 5,
    TPS_DEVICE_HAS_SECURITY_COUNTER = 1u << 6
};

/** Labels of the claims that the profile adds (RFC 8392, 9.1: below -65536 for private use). */
enum {
    TPS_DEVICE_CLAIM_LIFECYCLE = -80001,
    TPS_DEVICE_CLAIM_SECURITY_COUNTER = -80002,
    TPS_DEVICE_CLAIM_BINDER_ORIGIN = -80003,
    TPS_DEVICE_CLAIM_APPLICATION = -80004,
    TPS_DEVICE_CLAIM_REGISTERS = -80005,
    TPS_DEVICE_CLAIM_APPLICATIONS = -80006,
    TPS_DEVICE_CLAIM_STAGED = -80007,
    TPS_DEVICE_CLAIM_PAIRWISE = -80008
};

/** Values of lifecycle. */
enum {
    TPS_DEVICE_LIFECYCLE_ASSEMBLY = 0,
    TPS_DEVICE_LIFECYCLE_PROVISIONING = 1,
    TPS_DEVICE_LIFECYCLE_SECURED = 2,
    TPS_DEVICE_LIFECYCLE_DEBUG = 3,
    TPS_DEVICE_LIFECYCLE_DECOMMISSIONED = 4
};

/** Values of binder-origin: who chose the nonce, or computed it from a channel. */
enum {
    TPS_DEVICE_BINDER_ABSENT = 0,      /**< the claim is not there */
    TPS_DEVICE_BINDER_COMPONENT = 1,   /**< the secure component itself */
    TPS_DEVICE_BINDER_APPLICATION = 2, /**< an application that was verified and started: `application` */
    TPS_DEVICE_BINDER_CALLER = 3       /**< whoever asked */
};

/** Entries of lists in evidence, at most. */
#define TPS_DEVICE_REGISTERS_MAX    32u
#define TPS_DEVICE_APPLICATIONS_MAX 32u
#define TPS_DEVICE_STAGED_MAX       8u
#define TPS_DEVICE_SUBMODS_MAX      8u

/** The content format of the profile's measurements: a CBOR array of software components, as in a PSA token.
 */
#define TPS_DEVICE_MEASUREMENTS_FORMAT 60u

/** The most software components in one token. */
#define TPS_DEVICE_COMPONENTS_MAX 32u

/** One measured piece of software: the opentps profile's measurement (spec/device-profile.cddl). */
typedef struct {
    tps_span name;      /**< text, such as "boot" or "application" */
    tps_span version;   /**< text; empty when absent */
    tps_span digest;    /**< SHA-256, 32 bytes */
    tps_span signer_id; /**< SHA-256 of the signer's SubjectPublicKeyInfo, 32 bytes; empty when the image is
                           unsigned */
} tps_device_component;

/** Spans point into the encoded claims; empty spans mean absent. */
typedef struct {
    uint32_t present;     /**< TPS_DEVICE_HAS_* */
    tps_span profile;     /**< text */
    tps_span nonce;       /**< 8..64 bytes */
    tps_span aud;         /**< text */
    tps_span ueid;        /**< 7..33 bytes */
    tps_span sueid_label; /**< the label of the one pairwise identifier; text */
    tps_span sueid;       /**< 7..33 bytes */
    tps_span oemid;       /**< 3 or 16 bytes */
    tps_span hwmodel;     /**< 1..32 bytes */
    tps_span hwversion;   /**< text */
    tps_span swname;      /**< text */
    tps_span swversion;   /**< text */
    tps_span bootseed;    /**< 32 bytes */
    tps_span cnf;         /**< the encoded confirmation map of RFC 8747 */
    int64_t exp;          /**< seconds since 1970 */
    int64_t iat;          /**< seconds since 1970 */
    uint64_t bootcount;
    uint32_t intuse; /**< 1..5 */
    uint8_t dbgstat; /**< TPS_EAT_DEBUG_* */
    bool oemboot;
    uint32_t lifecycle;        /**< TPS_DEVICE_LIFECYCLE_* */
    uint32_t security_counter; /**< the least of all images that run */
    uint32_t binder_origin;    /**< TPS_DEVICE_BINDER_* */
    tps_span application;      /**< SHA-256 of the application whose binder it is, 32 bytes */
    tps_span pairwise_id;      /**< SUEID_p of the key in `cnf`, 33 bytes: to the attestation CA only */
    /* As they are encoded, checked by the decoder; see spec/device-profile.cddl. */
    tps_span registers;    /**< array of [number, head, ? extensions, ? application] */
    tps_span applications; /**< array of [digest, starts]; in pairwise mode a byte string over it */
    tps_span staged;       /**< array of [image, version, digest]; null: not known */
    tps_span submods;      /**< map of nested tokens, carried and not verified by the device */
    size_t component_count;
    tps_device_component components[TPS_DEVICE_COMPONENTS_MAX];
} tps_device_claims;

/**
 * @brief Decode and check the claims of an EAT of the opentps device profile.
 *
 * @param encoded   The payload of the COSE message: one CBOR map, keys in any order.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_UNKNOWN_PROFILE  eat_profile is absent or another.
 * @retval TPS_CLAIM_MISSING          nonce, measurements, oemid, hwmodel, dbgstat, or both of ueid and sueids
 * are absent.
 * @retval TPS_CLAIM_BAD_TYPE, TPS_CLAIM_BAD_VALUE  A claim is not as RFC 9711 or the profile says.
 * @retval TPS_CBOR_*                 From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_device_claims_decode(tps_span encoded, tps_device_claims *out, tps_error *why);

/** As tps_device_claims_decode(), of claims that lie in the token of another entity (RFC 9711, 4.2.18): its
 * nonce makes them fresh, so they need none of their own. */
TPS_MUST_USE tps_status tps_device_claims_decode_submodule(tps_span encoded, tps_device_claims *out,
                                                           tps_error *why);

/**
 * Encode claims deterministically; checked first, as in decoding, with the same errors. Sizes as in
 * tps_psa_encode().
 * @retval TPS_CBOR_NOT_DETERMINISTIC  `cnf` or a list, which are put as they are, is not in deterministic
 * form.
 * @retval TPS_BAD_ARGUMENT            `present` has a bit that is none of TPS_DEVICE_HAS_*.
 */
TPS_MUST_USE tps_status tps_device_claims_encode(const tps_device_claims *claims, tps_buf out,
                                                 tps_span *encoded, tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
