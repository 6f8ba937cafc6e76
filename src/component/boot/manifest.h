/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file manifest.h
 * The maker's statement about one image of firmware: a COSE_Sign1 (ESP256) by a release key over a small map
 * (spec/device-folder.cddl). A subset of SUIT will take its place.
 */
#ifndef TPS_COMPONENT_MANIFEST_H
#define TPS_COMPONENT_MANIFEST_H

#include "tps/cose.h"

/** Bytes of a manifest, at most. */
#define TPS_MANIFEST_MAX 1024u
/** Bytes of a version's text, at most. */
#define TPS_VERSION_MAX 32u
/** The largest security counter. */
#define TPS_SECURITY_COUNTER_MAX 255u
/** The content type in the protected header. */
#define TPS_MANIFEST_CONTENT_TYPE "application/vnd.opentps.release+cbor"

/** Spans point into the manifest. */
typedef struct {
    tps_span image;    /**< name, text: a valid one (component/platform.h) */
    tps_span version;  /**< text, 1..TPS_VERSION_MAX bytes, no control characters */
    tps_span digest;   /**< SHA-256 of the image */
    uint64_t size;     /**< of the image, in bytes */
    tps_span class_id; /**< of the devices it is for */
    tps_span model;    /**< for people; text, 1..TPS_MODEL_MAX bytes, no control characters */
    uint32_t
        security_counter; /**< 0..TPS_SECURITY_COUNTER_MAX: a device that accepted it runs nothing below */
} tps_manifest;

/**
 * @brief Check a manifest's signature and read it.
 *
 * @param encoded     A COSE_Sign1 whose kid is the signer id: SHA-256 of the key's SubjectPublicKeyInfo.
 * @param keys        Encoded COSE_Keys that may sign. @param count How many.
 * @param[out] out    Undefined unless TPS_OK.
 * @param[out] signer The signer id.
 * @param[out] why    May be NULL.
 *
 * @retval TPS_OK                     A key of `keys` signed it.
 * @retval TPS_COSE_NO_KEY            None of `keys` is named by its kid.
 * @retval TPS_COSE_BAD_SIGNATURE     The check failed.
 * @retval TPS_COSE_*, TPS_CBOR_*     It is not well-formed.
 * @retval TPS_CLAIM_BAD_VALUE        A member is missing, unknown, or of a wrong type, size or character;
 * `why` names it.
 */
TPS_MUST_USE tps_status tps_manifest_verify(tps_span encoded, const tps_span *keys, size_t count,
                                            tps_manifest *out, uint8_t signer[32], tps_error *why);

/**
 * Make a manifest.
 * @param key           The private release key.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 * @retval TPS_CLAIM_BAD_VALUE, or what tps_cose_sign1_make() returns.
 */
TPS_MUST_USE tps_status tps_manifest_make(const tps_manifest *manifest, struct tps_crypto_key *key,
                                          tps_buf out, tps_span *encoded, tps_error *why);

/** The signer id of a key: SHA-256 of its DER SubjectPublicKeyInfo. */
TPS_MUST_USE tps_status tps_manifest_signer_id(const struct tps_crypto_key *key, uint8_t id[32]);

#endif
