/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file request.h
 * The certification request of a device whose secret never leaves it: its identity, DeviceID's public key and
 * the IAK's, signed by both (spec/device-folder.cddl). The chip makes it on its maker's line, the factory
 * verifies it and certifies the two keys.
 */
#ifndef TPS_COMPONENT_BOOT_REQUEST_H
#define TPS_COMPONENT_BOOT_REQUEST_H

#include "component/boot/identity.h"
#include "component/platform.h"
#include "tps/crypto.h"

/** The content type of what DeviceID signs, and of that with the IAK's signature. */
#define TPS_REQUEST_CONTENT_TYPE      "application/vnd.opentps.device-keys+cbor"
#define TPS_REQUEST_CONTENT_TYPE_COSE "application/vnd.opentps.device-keys+cose"

/** Bytes of a request, at most; 427 are made. */
#define TPS_REQUEST_MAX 640u

/**
 * @brief Make the request: a start of a device on its maker's line does this in place of tps_boot().
 *
 * The identity must be on the device: the IAK follows from it. It is that of the secured device, whose
 * evidence it will sign, whatever the lifecycle is now.
 *
 * @param platform      With unique_secret() not yet locked; afterwards it is, whatever is returned but
 * NOT_LOCKED and BAD_ARGUMENT. To run the device start it anew.
 * @param out           At least TPS_IDENTITY_MAX bytes: the identity is read there first.
 * @param[out] encoded  The request, inside `out`; at most TPS_REQUEST_MAX bytes. Nothing of it is secret.
 * @param[out] why      Which step failed, in `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COMPONENT_NO_IDENTITY     There is none on the device.
 * @retval TPS_COMPONENT_BAD_IDENTITY, TPS_CBOR_*  It cannot be read.
 * @retval TPS_COMPONENT_DENIED          The device is secured: who certifies it has done so.
 * @retval TPS_COMPONENT_DECOMMISSIONED  It is at its end.
 * @retval TPS_COMPONENT_NO_SECRET       The chip has not made its secret.
 * @retval TPS_COMPONENT_NOT_LOCKED      The secret could not be locked away, whatever else failed.
 * @retval TPS_BUFFER_TOO_SMALL          `out`.
 * @retval TPS_BAD_ARGUMENT              The platform is of another TPS_PLATFORM_VERSION.
 * @retval others                        As the platform's operations (a platform without the counters of the
 * lifecycle: TPS_UNSUPPORTED) and crypto.h.
 */
TPS_MUST_USE tps_status tps_request_make(const tps_platform *platform, tps_buf out, tps_span *encoded,
                                         tps_error *why);

/** What a request says, once it is verified. */
typedef struct {
    uint8_t identity[TPS_SHA256_SIZE]; /**< SHA-256 of the identity that the keys belong to */
    tps_crypto_key *device_id;         /**< public; the caller frees it */
    tps_crypto_key *iak;               /**< public; the caller frees it */
} tps_request_keys;

/**
 * @brief Verify a request: whoever made it has both private keys.
 *
 * Whether the identity is one that was given to a device is for the caller to compare.
 *
 * @param[out] keys  All zeros unless TPS_OK. @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_*           It is no request, or a signature does not match.
 * @retval TPS_CLAIM_BAD_VALUE  A member is missing, unknown or of a wrong kind; both keys are one.
 * @retval TPS_CBOR_*, others   As tps_cose_sign1_parse(), tps_cose_key_read_for(), crypto.h.
 */
TPS_MUST_USE tps_status tps_request_verify(tps_span encoded, tps_request_keys *keys, tps_error *why);

void tps_request_keys_free(tps_request_keys *keys);

#endif
