/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file release.h
 * A model's latest images: DIR/releases/MODEL/latest, a line "NAME VERSION" for each image, in the order in
 * which they run.
 */
#ifndef TPS_FACTORY_RELEASE_H
#define TPS_FACTORY_RELEASE_H

#include "component/boot/identity.h"
#include "component/boot/manifest.h"
#include "component/platform.h"
#include "factory/maker.h"

typedef struct {
    char name[49];
    char version[TPS_VERSION_MAX + 1];
} factory_latest_image;

typedef struct {
    size_t count;
    factory_latest_image images[TPS_IMAGES_MAX];
} factory_latest;

/** Reads it; a model without release has count 0. */
TPS_MUST_USE tps_status factory_latest_read(const char *folder, const char *model, factory_latest *latest,
                                            tps_factory_problem *problem);

/**
 * Reads a manifest of this maker and verifies it.
 * @param[out] bytes  Heap memory for the caller to free, whatever is returned; `manifest` points into it.
 */
TPS_MUST_USE tps_status factory_manifest_read(const factory_maker *maker, const char *path,
                                              tps_manifest *manifest, tps_buf *bytes,
                                              tps_factory_problem *problem);

/** Releases an image under an opened maker; see tps_factory_release(). */
TPS_MUST_USE tps_status factory_release(factory_maker *maker, const tps_factory_release_request *request,
                                        tps_factory_released *out, tps_factory_problem *problem);

/** The largest image, in bytes. */
#define FACTORY_IMAGE_MAX ((size_t)1 << 30)

#endif
