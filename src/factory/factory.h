/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file factory.h
 * The maker's side: keys and certificates of a device maker, releases of firmware, devices, and what the
 * maker says of them to service providers (endorsements, as signed CoRIMs). Works on one folder, the maker's
 * (DIR); spec/device-folder.md lists its files and those of a device.
 *
 * Every function returns TPS_OK, or a status with `problem` filled: what went wrong with which file, and what
 * to do. Nothing is ever overwritten; what a function made before it failed stays and is named.
 * Not thread-safe on one folder.
 */
#ifndef TPS_FACTORY_FACTORY_H
#define TPS_FACTORY_FACTORY_H

#include "tps/span.h"
#include "tps/status.h"

#define TPS_FACTORY_PATH_MAX 1024u
#define TPS_FACTORY_NAME_MAX \
    45u /**< a maker's name, in bytes: with a title behind it, a common name has 64 */
#define TPS_FACTORY_MODEL_MAX 24u /**< a model's name, in bytes */
#define TPS_FACTORY_BATCH_MAX 100000u

/** What went wrong, for people. */
typedef struct {
    char cause[TPS_FACTORY_PATH_MAX + 256];
    char next_step[256];
} tps_factory_problem;

/** Who certifies the maker of a demonstration. */
typedef struct {
    tps_span certificate; /**< PEM of the demonstration CA */
    tps_span key;         /**< PEM of its (public!) private key */
} tps_factory_demo_ca;

/** The demonstration CA of share/demo-ca, which is built in. */
tps_factory_demo_ca tps_factory_insecure_demo_ca(void);

/**
 * @brief Make a maker: CA, endorsement signer and release signer, each with key and certificate.
 *
 * @param folder   DIR; must not exist, or be empty.
 * @param name     The maker's name, 1..TPS_FACTORY_NAME_MAX bytes of UTF-8 without control characters.
 * @param demo_ca  Under which CA the maker is; NULL for a root of its own.
 */
TPS_MUST_USE tps_status tps_factory_init(const char *folder, const char *name,
                                         const tps_factory_demo_ca *demo_ca, tps_factory_problem *problem);

typedef struct {
    const char *folder; /**< DIR */
    const char
        *model; /**< a-z, 0-9, '-' and '.', beginning with a letter or digit; at most TPS_FACTORY_MODEL_MAX */
    const char *version; /**< 1..32 characters of letters, digits and . - + _ */
    const char *image;   /**< path of the image: the bytes that the device will run */
    const char *name;    /**< of the image, such as "application"; as `model`. "component" is the secure
                            component itself, which runs before all others */
    /** 0..255: a device that accepted it runs nothing below. TPS_FACTORY_COUNTER_AS_BEFORE: that of the
     * image's latest release, of a new image the least among the model's. */
    int security_counter;
    bool may_lower_counter; /**< else a counter below the latest release's is refused */
} tps_factory_release_request;

#define TPS_FACTORY_COUNTER_AS_BEFORE (-1)

typedef struct {
    char manifest[TPS_FACTORY_PATH_MAX]; /**< the signed release manifest */
    char psa[TPS_FACTORY_PATH_MAX];      /**< reference values as CoRIM, PSA profile */
    char opentps[TPS_FACTORY_PATH_MAX];  /**< the same, opentps profile */
    char layer[TPS_FACTORY_PATH_MAX]; /**< what AK_0's chain says of devices with the model's latest images;
                                         empty while it has no image "component", or no other */
    uint8_t digest[32];               /**< of the image */
    uint8_t class_id[32];             /**< of the model */
    uint32_t security_counter;
} tps_factory_released;

/** What is said of all devices of a model beside their software; at least one of the two texts, in one line.
 */
typedef struct {
    const char *folder;        /**< DIR */
    const char *model;         /**< as in tps_factory_release_request */
    const char *purpose;       /**< what they are for, such as "lighting"; may be NULL */
    const char *certification; /**< scheme and number, such as "SESIP2-1234"; may be NULL */
} tps_factory_endorse_request;

/** The most bytes of either text. */
#define TPS_FACTORY_VALUE_MAX 64u

/**
 * Endorse a model: write DIR/endorsements/MODEL-purpose-N.opentps.corim. Each is a version of one tag, so
 * that verifiers take the one with the highest N for all that is said: what it leaves out is said no more.
 * @param[out] path  Of the file.
 */
TPS_MUST_USE tps_status tps_factory_endorse(const tps_factory_endorse_request *request,
                                            char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem);

/** Release an image: sign a manifest for devices and reference values for verifiers; it becomes the model's
 * latest. */
TPS_MUST_USE tps_status tps_factory_release(const tps_factory_release_request *request,
                                            tps_factory_released *out, tps_factory_problem *problem);

typedef struct {
    const char *folder;             /**< DIR */
    const char *model;              /**< one that has a release */
    size_t count;                   /**< 1..TPS_FACTORY_BATCH_MAX; ignored with device keys */
    const char *out;                /**< where the devices' folders go; NULL for DIR/devices */
    const char *const *device_keys; /**< paths of public keys made in hardware (PEM): one device each */
    size_t device_key_count;
    const char *component;         /**< without device keys: the secure component's program, for a model that
                                      has no image "component" yet; NULL where none was found */
    const char *component_version; /**< its version */
    bool is_component_chosen;      /**< by a person: a model whose component is another one is refused */
    bool is_chip; /**< each device makes its secret itself, and is certified afterwards: tps_factory_certify()
                   */
} tps_factory_make_request;

typedef struct {
    size_t count;
    char first[TPS_FACTORY_PATH_MAX];   /**< folder of the first device */
    char last[TPS_FACTORY_PATH_MAX];    /**< and of the last */
    char psa[TPS_FACTORY_PATH_MAX];     /**< their attestation keys as CoRIM, PSA profile */
    char opentps[TPS_FACTORY_PATH_MAX]; /**< the same, opentps profile */
    bool is_demonstration;
    char component_psa[TPS_FACTORY_PATH_MAX]; /**< of the component, if it was released with them; else empty
                                               */
    char component_opentps[TPS_FACTORY_PATH_MAX];
    char component_layer[TPS_FACTORY_PATH_MAX];
} tps_factory_made;

/**
 * @brief Make devices of a model, with its latest firmware, and the endorsements of the batch.
 *
 * Without device keys each device gets a unique secret in a file, which only a demonstration's maker may do,
 * and its component's own program as the image "component", which comes first: it is released with the first
 * device of a model, and later as any image is.
 * With device keys only certificates and what the device needs beside its own secret are made.
 * For chips only that is made from which their keys follow: identity, images, and the counter that says that
 * they are being made; no certificates, no endorsements. The image "component" must have been released.
 */
TPS_MUST_USE tps_status tps_factory_make(const tps_factory_make_request *request, tps_factory_made *out,
                                         tps_factory_problem *problem);

typedef struct {
    const char *folder;  /**< DIR */
    const char *device;  /**< the device's folder, made as a chip's */
    const char *request; /**< path of its certification request (component/boot/request.h) */
} tps_factory_certify_request;

/**
 * @brief Certify the keys that a chip made: DeviceID and the IAK.
 *
 * The request must be signed by both, for the very identity that was given to the device. Its folder gets
 * certificates.cbor, certificates.pem and device-id.cbor, devices.csv a line with its instance id, and the
 * device is endorsed.
 *
 * @param[out] out  `count` 1, `first` and `last` the device's folder, the endorsements.
 * @retval TPS_STORE_EXISTS  It is certified already, or the key is another device's.
 * @retval TPS_BAD_ARGUMENT  The request is another device's, or the device is another maker's.
 */
TPS_MUST_USE tps_status tps_factory_certify(const tps_factory_certify_request *request, tps_factory_made *out,
                                            tps_factory_problem *problem);

#endif
