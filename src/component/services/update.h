/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file update.h
 * The update authorisation service: what may be installed on this device, by whom, and not older than what.
 * It installs nothing: an agent does, once the component has seen the maker's manifest and every byte of the
 * image, and has recorded the image as staged. From then on every evidence shows it, until it runs.
 *
 * An image may be installed when a release key of the device's identity signed its manifest, for this class
 * of device and for an image that the identity names; when its security counter is neither below
 * TPS_COUNTER_SECURITY nor below that of the image of that name which runs; when its version is another than
 * the one that runs; and when the owner's policy neither holds updates back nor leaves its signer out.
 *
 * Messages in spec/update.cddl: tag 10 authorise (a manifest: yes, or a named reason why not), 11 begin,
 * 12 chunk, 13 finish (the bytes of the image, hashed here), 14 stage, 15 staged, 16 cancel, 17 set the
 * policy, 18 tell it. Logins: all but PUBLIC; 11 to 14, 16 and 17 only for who speaks for the owner
 * (tps_session_is_administrator()): TPS_COMPONENT_DENIED for others.
 *
 * What is kept: two values in the vault, in space TPS_VAULT_UPDATE: the staged images, and the policy. Each
 * change is one put of one of them. One that cannot be read does not hide the other. While the policy cannot
 * be read, nothing is authorised: set it again. While what is staged cannot be read, evidence says so and
 * nothing is staged: a cancel, of any image, gives all of it up.
 */
#ifndef TPS_COMPONENT_UPDATE_H
#define TPS_COMPONENT_UPDATE_H

#include "component/core/service.h"
#include "tps/crypto.h"

/** Signers that a policy may name. */
#define TPS_UPDATE_SIGNERS_MAX 4u
/** Images under way at one time, one a session. */
#ifndef TPS_UPDATE_UPLOADS_MAX
#define TPS_UPDATE_UPLOADS_MAX 2u
#endif
/** Bytes of an image that is confirmed, at most. */
#ifndef TPS_UPDATE_IMAGE_MAX
#define TPS_UPDATE_IMAGE_MAX (256u << 20)
#endif
/** Bytes of one chunk, at most. */
#ifndef TPS_UPDATE_CHUNK_MAX
#define TPS_UPDATE_CHUNK_MAX 32768u
#endif

/** Errors in responses: why not. */
enum {
    TPS_UPDATE_ERROR_MALFORMED = 1,  /**< it is no manifest */
    TPS_UPDATE_ERROR_SIGNER = 2,     /**< no release key of this device's identity is named as its signer */
    TPS_UPDATE_ERROR_SIGNATURE = 3,  /**< the signature is not that key's */
    TPS_UPDATE_ERROR_CLASS = 4,      /**< it is for devices of another class */
    TPS_UPDATE_ERROR_IMAGE = 5,      /**< the device has no image of that name */
    TPS_UPDATE_ERROR_TOO_OLD = 6,    /**< its security counter is below what the device accepts */
    TPS_UPDATE_ERROR_SAME = 7,       /**< this version runs */
    TPS_UPDATE_ERROR_HELD = 8,       /**< the owner holds updates back */
    TPS_UPDATE_ERROR_NOT_CHOSEN = 9, /**< the owner takes updates of other signers only */
    TPS_UPDATE_ERROR_TOO_LARGE = 10, /**< more than TPS_UPDATE_IMAGE_MAX bytes, or than its manifest says */
    TPS_UPDATE_ERROR_BUSY = 11,      /**< TPS_UPDATE_UPLOADS_MAX images are under way: wait, or close one */
    TPS_UPDATE_ERROR_ORDER = 12,  /**< not begun in this session, not at this offset, or not finished yet */
    TPS_UPDATE_ERROR_BYTES = 13,  /**< the bytes are not those of the manifest; begin anew */
    TPS_UPDATE_ERROR_NOTHING = 14 /**< no such image is staged */
};

/** One image that may be installed and waits for it. */
typedef struct {
    char image[TPS_IMAGE_NAME_MAX + 1];
    char version[TPS_VERSION_MAX + 1];
    uint8_t digest[32];          /**< SHA-256 of the image */
    uint8_t manifest_digest[32]; /**< SHA-256 of its manifest's bytes */
    uint8_t signer_id[32];       /**< who signed the manifest: see tps_manifest_signer_id() */
    uint64_t size;               /**< of the image, in bytes */
    uint32_t security_counter;
} tps_update_record;

/** All images that are staged, at most one for each name. */
typedef struct {
    size_t count;
    tps_update_record records[TPS_IMAGES_MAX];
} tps_update_staging;

/** The owner's word on updates. All zeros, as long as nobody has said anything: every release is taken. */
typedef struct {
    bool is_held;
    size_t signer_count; /**< 0: every release key of the identity */
    uint8_t signers[TPS_UPDATE_SIGNERS_MAX][32];
} tps_update_policy;

/** One image whose bytes are being confirmed. */
typedef struct {
    uint32_t session; /**< 0: free */
    bool is_hashing;
    bool is_confirmed; /**< all bytes were seen and are those of the manifest */
    uint64_t received; /**< bytes so far */
    tps_update_record record;
    tps_crypto_hash hash;
} tps_update_upload;

/** The service's memory, about 2.5 KiB. */
typedef struct {
    tps_status staged_status; /**< TPS_OK, or why what is staged cannot be told */
    tps_status policy_status; /**< the same of the policy */
    tps_update_staging staged;
    tps_update_policy policy;
    tps_update_upload uploads[TPS_UPDATE_UPLOADS_MAX];
} tps_update_state;

extern const tps_service tps_update_service;

/**
 * What is staged, for evidence.
 *
 * An image that runs since it was staged is not among it, nor one that the device would not take any more
 * because its security counter has become too low.
 *
 * @param[out] records  Valid until the next message to the service. @param[out] count  0 unless TPS_OK.
 *
 * @retval TPS_OK  Also where the component has no update service: nothing can be staged then.
 * @retval others  The vault cannot be read: what is staged is not known. As tps_component_vault() and
 * tps_vault_get().
 */
TPS_MUST_USE tps_status tps_update_staged(const tps_component *component, const tps_update_record **records,
                                          size_t *count);

#endif
