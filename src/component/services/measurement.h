/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file measurement.h
 * The measurement service: at start it reads the identity, measures every image of firmware, counts the boot
 * and draws the boot seed; later it tells what it found. Other services take their facts from here.
 *
 * This is measured boot: whatever is there runs, and evidence says what it was. Verified boot, which refuses
 * to run it, is another thing and not here yet.
 *
 * Messages (spec/measurement.cddl): tag 10 lists the measurements. All logins but PUBLIC may ask.
 */
#ifndef TPS_COMPONENT_MEASUREMENT_H
#define TPS_COMPONENT_MEASUREMENT_H

#include "component/boot/identity.h"
#include "component/boot/manifest.h"
#include "component/core/service.h"

/** The counter of boots (platform.h). */
#define TPS_COUNTER_BOOT 1u

/** One image as it was found at start. */
typedef struct {
    char name[TPS_STORAGE_NAME_MAX + 1];
    char version[TPS_VERSION_MAX + 1]; /**< empty unless signed */
    uint8_t digest[32];                /**< SHA-256 of its bytes */
    uint8_t signer_id[32];             /**< zeros unless signed */
    bool is_signed; /**< a release key of the identity signed a manifest of exactly these bytes */
} tps_measured_image;

/** What is known since start. All of it may be read; about 5 KiB. */
typedef struct {
    bool is_made; /**< there is an identity: the maker has made the device */
    bool has_boot_count;
    uint64_t boot_count;
    uint8_t boot_seed[32];
    uint8_t boot_digest[32]; /**< over all images: see spec/keys.md */
    uint32_t lifecycle;      /**< TPS_PSA_LIFECYCLE_* in the upper byte, as in a PSA token */
    uint32_t dbgstat;        /**< TPS_EAT_DEBUG_* */
    bool are_all_signed;     /**< every image of the identity is there and signed */
    tps_device_identity identity;
    size_t image_count; /**< those that are there; may be fewer than the identity names */
    tps_measured_image images[TPS_IMAGES_MAX];
    uint8_t identity_bytes[TPS_IDENTITY_MAX];
    uint8_t scratch[TPS_MANIFEST_MAX]; /**< used at start only */
} tps_measured;

extern const tps_service tps_measurement_service;

/**
 * What was measured.
 * @retval TPS_COMPONENT_NO_SERVICE   The component runs without the measurement service, or has not started
 * it yet: it must stand before its users in the list of services.
 * @retval TPS_COMPONENT_NO_IDENTITY  The device was not made yet.
 */
TPS_MUST_USE tps_status tps_measured_of(const tps_component *component, const tps_measured **measured);

/** All of a provided part, at most `out.size` bytes. @retval TPS_TOO_LARGE; others as provided_read(). */
TPS_MUST_USE tps_status tps_provided_read_all(const tps_platform *platform, uint32_t part, const char *image,
                                              tps_buf out, tps_span *content);

/** Puts the software components of `measured` as an array of maps, keyed as in a PSA token. */
void tps_measured_put(tps_cbor_writer *writer, const tps_measured *measured);

#endif
