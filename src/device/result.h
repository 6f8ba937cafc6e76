/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file result.h
 * Reading an attestation result (EAR as JWT) for people: any of the generations in use. The signature is not
 * checked: this is what the server said over the connection it was asked on. Who relies on a result checks it
 * with the server's key.
 */
#ifndef TPS_DEVICE_RESULT_H
#define TPS_DEVICE_RESULT_H

#include "device/problem.h"

#define TPS_DEVICE_FINDINGS_MAX 16u
#define TPS_DEVICE_CLAIMS_MAX   8u

/** Texts are fit for printing; empty when absent. */
typedef struct {
    char claim[32];
    char cause[256];
    char evidence[256];
    char known[256];
    char next_step[256];
} tps_device_finding;

typedef struct {
    char status[24]; /**< "affirming", "warning", "contraindicated", "none" */
    char scheme[32]; /**< the submodule */
    char device_class[96];
    bool is_demonstration;
    size_t claim_count;
    struct {
        char name[32];
        int value;
    } claims[TPS_DEVICE_CLAIMS_MAX];
    size_t finding_count;
    tps_device_finding findings[TPS_DEVICE_FINDINGS_MAX];
} tps_device_result;

/**
 * Reads a result.
 * @retval TPS_JWT_NOT_WELL_FORMED  It is no EAR; several submodules are not read either.
 */
TPS_MUST_USE tps_status tps_device_result_read(const char *jwt, tps_device_result *out,
                                               tps_device_problem *problem);

#endif
