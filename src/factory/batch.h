/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file batch.h
 * Devices under way, whoever made their keys: their certificates, their line in devices.csv, and what
 * providers are told of them.
 */
#ifndef TPS_FACTORY_BATCH_H
#define TPS_FACTORY_BATCH_H

#include "component/boot/keys.h"
#include "factory/maker.h"
#include "factory/release.h"

#define FACTORY_SPKI_MAX     128u
#define FACTORY_REGISTRY_MAX ((size_t)256 << 20)

/** What one device is endorsed by. */
typedef struct {
    uint8_t instance_id[TPS_KEYS_UEID_SIZE];
    uint8_t spki[FACTORY_SPKI_MAX];
    size_t spki_size;
} factory_endorsed;

/** A batch. */
typedef struct {
    const tps_factory_make_request *request;
    factory_maker *maker;
    factory_latest latest;
    uint8_t class_id[32];
    uint8_t release_key[128]; /**< encoded COSE_Key */
    size_t release_key_size;
    size_t first_number; /**< of the first serial number */
    factory_endorsed *devices;
    tps_factory_made *made; /**< what the caller is told */
    tps_factory_problem *problem;
} factory_batch;

/** Writes a new file of a device, with this mode whatever the umask. */
TPS_MUST_USE tps_status factory_batch_write(const factory_batch *b, const char *folder, const char *file,
                                            unsigned mode, tps_span content);

/** A folder that the component's user may enter. */
TPS_MUST_USE tps_status factory_batch_make_public(const factory_batch *b, const char *path);

/** device-id.cbor: the chain of DeviceID, leaf first. */
TPS_MUST_USE tps_status factory_batch_certify_device_id(const factory_batch *b, const char *folder,
                                                        const char *serial, const tps_crypto_key *key);

/** certificates.cbor and certificates.pem: the chain of the IAK. */
TPS_MUST_USE tps_status factory_batch_certify(const factory_batch *b, const char *folder, const char *serial,
                                              const tps_crypto_key *key);

/** What the device with this IAK is endorsed by. */
TPS_MUST_USE tps_status factory_batch_describe(const factory_batch *b, const char *serial,
                                               const tps_crypto_key *key, factory_endorsed *out);

/** An instance id as devices.csv has it. */
void factory_instance_hex(const uint8_t id[TPS_KEYS_UEID_SIZE], char hex[2 * TPS_KEYS_UEID_SIZE + 1]);

/** One line of devices.csv: serial, model, instance id, time. @param device  NULL: its keys are not known
 * yet. */
TPS_MUST_USE tps_status factory_batch_record(const factory_batch *b, const char *serial,
                                             const factory_endorsed *device);

/** The endorsements of the first `count` devices, as CoRIMs. */
TPS_MUST_USE tps_status factory_batch_endorse(const factory_batch *b, size_t count, tps_factory_made *out);

#endif
