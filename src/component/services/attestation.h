/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attestation.h
 * The attestation service: evidence about this device, signed by its initial attestation key (IAK), in one of
 * two profiles: the PSA token of RFC 9783, and the opentps device profile (spec/device-profile.cddl). Direct
 * mode only: evidence names the device, so the PUBLIC login may not ask.
 *
 * Messages in spec/attestation.cddl: tag 10 makes evidence, tag 11 tells the public key, tag 12 the
 * certificates.
 */
#ifndef TPS_COMPONENT_ATTESTATION_H
#define TPS_COMPONENT_ATTESTATION_H

#include "component/boot/keys.h"
#include "component/core/service.h"
#include "tps/cose.h"

/** Bytes of the encoded certificate chain, at most. */
#define TPS_CERTIFICATES_MAX 8192u
/** Bytes of the claims in evidence, at most. */
#define TPS_CLAIMS_MAX 4096u

/** Profiles in requests. */
enum { TPS_EVIDENCE_PSA = 1, TPS_EVIDENCE_OPENTPS = 2 };

/** Errors in responses. */
enum {
    TPS_EVIDENCE_ERROR_PROFILE = 1, /**< the profile is not known */
    TPS_EVIDENCE_ERROR_NONCE = 2,   /**< the nonce's size is not allowed in the profile */
    TPS_EVIDENCE_ERROR_CLAIM = 3,   /**< aud or intuse is not part of the profile, or has no allowed value */
    TPS_EVIDENCE_ERROR_NOT_MADE = 4 /**< the device has no identity, or no image of firmware */
};

/** The service's memory, about 12 KiB. */
typedef struct {
    tps_crypto_key *iak;
    uint8_t instance_id[TPS_KEYS_UEID_SIZE];
    size_t certificate_count;
    tps_span certificates[TPS_COSE_X5CHAIN_MAX]; /**< DER, leaf first; inside certificate_bytes */
    uint8_t certificate_bytes[TPS_CERTIFICATES_MAX];
    uint8_t claims[TPS_CLAIMS_MAX];
} tps_attestation_state;

extern const tps_service tps_attestation_service;

/**
 * The client id in a PSA token: which caller asked for it. Negative, since callers are outside the secure
 * component: -1 minus the first 31 bits (little-endian) of SHA-256 of tps_login_owner(). The same caller has
 * the same id on every device.
 */
TPS_MUST_USE tps_status tps_attestation_client_id(const tps_login *login, int32_t *client_id);

#endif
