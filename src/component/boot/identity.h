/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file identity.h
 * What a device is, as its maker wrote it onto the device: one CBOR map (spec/device-folder.cddl). The
 * factory encodes it, the component decodes it.
 */
#ifndef TPS_COMPONENT_IDENTITY_H
#define TPS_COMPONENT_IDENTITY_H

#include "tps/cbor.h"

/** Images of firmware that one device may have. */
#ifndef TPS_IMAGES_MAX
#define TPS_IMAGES_MAX 8u
#endif
/** Keys that may sign a device's firmware: the present one and the next. */
#define TPS_RELEASE_KEYS_MAX 2u
/** Bytes of the encoded map, at most. The handover has room for one. */
#ifndef TPS_IDENTITY_MAX
#define TPS_IDENTITY_MAX 2048u
#endif
/** Bytes of a class id: the PSA implementation id, the hwmodel of the opentps profile. */
#define TPS_CLASS_ID_SIZE 32u
/** Bytes of a model's text, at most. */
#define TPS_MODEL_MAX 32u

/** Spans point into the encoded map. No text has control characters. */
typedef struct {
    tps_span vendor;                 /**< text, 1..64 bytes */
    tps_span model;                  /**< text, 1..TPS_MODEL_MAX bytes */
    tps_span oemid;                  /**< 3 or 16 bytes (RFC 9711, 4.2.3) */
    tps_span class_id;               /**< TPS_CLASS_ID_SIZE bytes */
    tps_span hwversion;              /**< text, 1..32 bytes */
    tps_span serial;                 /**< text, 1..32 bytes: names this one device */
    size_t image_count;              /**< 1..TPS_IMAGES_MAX */
    tps_span images[TPS_IMAGES_MAX]; /**< valid names (platform.h), in the order in which they run */
    size_t release_key_count;        /**< 1..TPS_RELEASE_KEYS_MAX */
    tps_span release_keys[TPS_RELEASE_KEYS_MAX]; /**< encoded COSE_Keys that sign firmware */
} tps_device_identity;

/** True for 1..`most` bytes without a control character (U+0000 to U+001F, U+007F). */
bool tps_identity_is_text(tps_span text, size_t most);

/** tps_image_name_is_valid() of a text that no zero ends. */
bool tps_identity_is_image_name(tps_span text);

/**
 * @brief Decode an identity.
 *
 * @param encoded   At most TPS_IDENTITY_MAX bytes, one map.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  `detail` names the member; may be NULL.
 *
 * @retval TPS_COMPONENT_BAD_IDENTITY  A member is missing, unknown, or of a wrong type, size or character.
 * @retval TPS_CBOR_*                  Not well-formed.
 */
TPS_MUST_USE tps_status tps_identity_decode(tps_span encoded, tps_device_identity *out, tps_error *why);

/**
 * Encode an identity, deterministically.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 * @retval TPS_BUFFER_TOO_SMALL  @retval TPS_COMPONENT_BAD_IDENTITY  As in decoding; `why` names the member.
 */
TPS_MUST_USE tps_status tps_identity_encode(const tps_device_identity *identity, tps_buf out,
                                            tps_span *encoded, tps_error *why);

#endif
