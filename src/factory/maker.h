/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file maker.h
 * A maker's folder, opened: its name, its keys and their certificates.
 */
#ifndef TPS_FACTORY_MAKER_H
#define TPS_FACTORY_MAKER_H

#include "crypto/x509.h"
#include "factory/files.h"

#define FACTORY_CERTIFICATE_MAX 2048u

/** A key with its certificate. */
typedef struct {
    tps_crypto_key *key;
    uint8_t bytes[FACTORY_CERTIFICATE_MAX];
    tps_span der; /**< inside `bytes` */
} factory_signer;

/** An opened maker. Must not move: spans point into it. */
typedef struct {
    const char *folder;
    char name[TPS_FACTORY_NAME_MAX + 1];
    bool is_demonstration;
    factory_signer ca;
    factory_signer endorsement;
    factory_signer release;
    int lock;                       /**< the folder, locked against other runs; -1 for none */
    uint8_t ca_id[TPS_SHA256_SIZE]; /**< SHA-256 of the CA's SubjectPublicKeyInfo */
} factory_maker;

/** Opens a maker's folder, and waits until no other run has it open; end it with factory_maker_close() if
 * TPS_OK was returned. */
TPS_MUST_USE tps_status factory_maker_open(const char *folder, factory_maker *maker,
                                           tps_factory_problem *problem);

void factory_maker_close(factory_maker *maker);

/** The class id of a model: SHA-256 of the CBOR array ["opentps class", CA id, model]. */
TPS_MUST_USE tps_status factory_class_id(const factory_maker *maker, const char *model, uint8_t id[32],
                                         tps_factory_problem *problem);

/** The maker's OEM id: the first 16 bytes of the CA id (RFC 9711, 4.2.3, the random kind). */
static inline tps_span factory_oemid(const factory_maker *maker)
{
    return tps_span_make(maker->ca_id, 16);
}

/** True for a name of a model or image: see tps_factory_release_request. */
bool factory_is_name(const char *name, size_t most);

#endif
