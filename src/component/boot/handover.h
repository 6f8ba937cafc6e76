/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file handover.h
 * What the first stage hands to the component: the facts of this start, and the only secrets that the
 * component ever has. spec/keys.md says what the secrets are.
 */
#ifndef TPS_COMPONENT_BOOT_HANDOVER_H
#define TPS_COMPONENT_BOOT_HANDOVER_H

#include "component/boot/identity.h"
#include "component/boot/keys.h"
#include "component/boot/manifest.h"
#include "component/platform.h"
#include "tps/cbor.h"

/**
 * Lifecycle of a device, one way. Each step is one step of one counter (component/platform.h), so that it is
 * made or not, whenever the power goes. Only the first stage says in which state a device starts.
 */
enum {
    TPS_LIFECYCLE_ASSEMBLY = 0,     /**< no maker has made it */
    TPS_LIFECYCLE_PROVISIONING = 1, /**< its maker is making it: secrets are there, nothing is promised */
    TPS_LIFECYCLE_SECURED = 2,      /**< it is what its maker made */
    TPS_LIFECYCLE_DEBUG = 3, /**< a debugger can or could reach what runs; other keys than when secured */
    TPS_LIFECYCLE_DECOMMISSIONED =
        4 /**< at its end: the unique secret is not read any more, there are no keys */
};

/** Bytes of a CBOR certificate, at most; 375 are made. */
#ifndef TPS_BOOT_CWT_MAX
#define TPS_BOOT_CWT_MAX 512u
#endif
/** Bytes of a certificate that the first stage makes, at most: 990 where all names are as long as they may
 * be. */
#ifndef TPS_BOOT_CERTIFICATE_MAX
#define TPS_BOOT_CERTIFICATE_MAX 1280u
#endif

/** The state for a PSA token (RFC 9783, 4.3.1): TPS_PSA_LIFECYCLE_* in the upper byte. */
uint16_t tps_lifecycle_in_psa(uint32_t lifecycle);

/** One image as the first stage found it. */
typedef struct {
    char name[TPS_IMAGE_NAME_MAX + 1];
    char version[TPS_VERSION_MAX + 1]; /**< empty unless signed */
    uint8_t digest[32];                /**< SHA-256 of its bytes */
    uint8_t signer_id[32];             /**< zeros unless signed */
    uint8_t manifest_digest[32];       /**< SHA-256 of its manifest's bytes, believed or not; zeros: none */
    uint32_t security_counter;         /**< from its manifest; 0 unless signed */
    uint32_t refusal;                  /**< why it does not run: a tps_status; TPS_OK if it does */
    bool
        is_signed; /**< a release key of the identity signed a manifest of exactly these bytes, and it runs */
    bool is_running; /**< it may run. false: refused, and it does not */
} tps_boot_image;

/** About 7 KiB. Must not be moved: `identity` points into it. Wiped by tps_handover_wipe(). */
typedef struct {
    bool is_made;        /**< there is an identity, and the device is not at its end */
    uint32_t lifecycle;  /**< TPS_LIFECYCLE_* */
    bool has_boot_count; /**< the platform counts */
    uint64_t boot_count;
    uint8_t boot_seed[32];   /**< random, new at every start */
    uint8_t boot_digest[32]; /**< over all images: see spec/keys.md */
    bool are_all_signed;     /**< every image of the identity is there, signed, and runs */
    size_t image_count;      /**< images that are there; may be fewer than the identity names */
    tps_boot_image images[TPS_IMAGES_MAX];
    tps_device_identity identity; /**< if `is_made` */
    uint8_t identity_bytes[TPS_IDENTITY_MAX];
    size_t identity_size; /**< of it: the identity as encoded; 0 unless `is_made` */

    /** What CDI_A was derived from: code, configuration (the boot digest), authority, mode. */
    tps_keys_inputs inputs;
    /** v of what runs: the least of all images; where one is missing or refused, TPS_COUNTER_SECURITY. */
    uint32_t security_counter;
    uint8_t ueid[TPS_KEYS_UEID_SIZE]; /**< the device's identifier: tps_keys_ueid(); zeros where there are no
                                         keys */

    /** L_R, certified by DeviceID, and AK_0, certified by L_R: X.509, DER. */
    uint8_t layer_certificate[TPS_BOOT_CERTIFICATE_MAX];
    size_t layer_certificate_size; /**< 0: none, as the device was not made */
    uint8_t ak_certificate[TPS_BOOT_CERTIFICATE_MAX];
    size_t ak_certificate_size;
    /** The same of L_R as a CBOR certificate of the Open Profile for DICE; for AK_0 see
     * tps_handover_ak_cwt(). */
    uint8_t layer_cwt[TPS_BOOT_CWT_MAX];
    size_t layer_cwt_size;

    uint8_t cdi_attest[TPS_KEYS_SIZE]; /**< secret: CDI_A(R) */
    uint8_t sv[TPS_KEYS_SIZE];         /**< secret: S(v), v being `security_counter` */
    uint8_t s0[TPS_KEYS_SIZE];         /**< secret: S(0) */
} tps_handover;

/**
 * Puts the images as an array of maps, keyed as in a PSA token.
 * @param has_all_signers  An unsigned image has a signer id, too: zeros. (RFC 9783 has no way to leave the
 * signer out; no key hashes to zero.)
 */
void tps_handover_put_images(tps_cbor_writer *writer, const tps_handover *handover, bool has_all_signers);

/** Puts the boot log (spec/handover.cddl): all that was found of every image. The boot digest is SHA-256 of
 * it. */
void tps_handover_put_log(tps_cbor_writer *writer, const tps_handover *handover);

/** Bytes of an encoded handover, at most. */
#define TPS_HANDOVER_MAX 8192u

/**
 * @brief Encode a handover for a component that is another program (spec/handover.cddl).
 *
 * Of the secrets only CDI_A and S(v) go into it: S(0) and all else are computed again when it is read.
 *
 * @param handover      From tps_boot().
 * @param out           TPS_HANDOVER_MAX bytes are enough. They hold secrets: wipe them when they are handed
 * over.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed, and `out` is wiped.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 */
TPS_MUST_USE tps_status tps_handover_encode(const tps_handover *handover, tps_buf out, tps_span *encoded);

/**
 * @brief Decode a handover, strictly: exactly what tps_handover_encode() writes.
 *
 * @param encoded   At most TPS_HANDOVER_MAX bytes; secrets: wipe them afterwards.
 * @param[out] out  As tps_boot() gave it; must not be moved. Wiped unless TPS_OK.
 * @param[out] why  The member at fault, in `detail`; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COMPONENT_BAD_HANDOVER  It is no handover, or contradicts itself.
 * @retval TPS_COMPONENT_BAD_IDENTITY, TPS_CBOR_*  The identity in it cannot be read.
 * @retval TPS_CRYPTO_FAILED and others of crypto.h.
 */
TPS_MUST_USE tps_status tps_handover_decode(tps_span encoded, tps_handover *out, tps_error *why);

/** What the first stage found of the image of this name. NULL: the device has none. It lies in `handover`. */
const tps_boot_image *tps_handover_image(const tps_handover *handover, const char *name);

/** The same, but NULL also where it does not run, or no release key has signed it. */
const tps_boot_image *tps_handover_verified(const tps_handover *handover, const char *name);

/** The device is at its end: wipes the secrets and the boot seed; what was found at this start stays. */
void tps_handover_end(tps_handover *handover);

/** Wipes all of it. */
void tps_handover_wipe(tps_handover *handover);

#endif
