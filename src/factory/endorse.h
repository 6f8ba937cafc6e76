/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file endorse.h
 * What a maker says of a model, as signed CoRIMs: one file in the PSA profile, one in the opentps profile.
 */
#ifndef TPS_FACTORY_ENDORSE_H
#define TPS_FACTORY_ENDORSE_H

#include "factory/maker.h"
#include "tps/corim.h"

/** What is said: reference values, attestation keys, or both. */
typedef struct {
    const char *model;
    const char *title; /**< the file's name without ending, and the manifest's id: "bulb-application-1.0.0" */
    const tps_corim_component *components;
    size_t component_count;
    const tps_corim_device *devices;
    size_t device_count;
} factory_endorsement;

/**
 * Writes DIR/endorsements/TITLE.psa.corim and TITLE.opentps.corim.
 * @param[out] psa, opentps  Their paths.
 */
TPS_MUST_USE tps_status factory_endorse(const factory_maker *maker, const factory_endorsement *endorsement,
                                        char psa[TPS_FACTORY_PATH_MAX], char opentps[TPS_FACTORY_PATH_MAX],
                                        tps_factory_problem *problem);

/**
 * Signs a manifest with the endorsement signer's key, its chain enclosed.
 * @param[out] signed_corim  Heap memory for the caller to free, whatever is returned.
 */
TPS_MUST_USE tps_status factory_sign_corim(const factory_maker *maker, tps_span corim, int32_t alg,
                                           tps_buf *signed_corim);

#endif
