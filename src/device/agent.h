/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file agent.h
 * The agent: asks the services of a device's component, through the TPS Client API and the local connector.
 *
 * One agent at a time in a process may serve one folder; calls on one agent come from one thread at a time.
 */
#ifndef TPS_DEVICE_AGENT_H
#define TPS_DEVICE_AGENT_H

#include "device/process.h"
#include "tps/connector_local.h"

/** Private. */
typedef struct {
    tps_device_folder folder;
    tps_connector_local *connector;
} tps_device_agent;

/**
 * Opens a device's folder, starting its component if it does not run.
 * @param[out] started  See tps_device_start(); may be NULL.
 */
TPS_MUST_USE tps_status tps_device_agent_open(const char *folder, tps_device_agent *agent, bool *started,
                                              tps_device_problem *problem);

/** Ends the agent. The component runs on. */
void tps_device_agent_close(tps_device_agent *agent);

/** Evidence of one profile, over one nonce. */
typedef struct {
    uint32_t profile; /**< TPS_EVIDENCE_PSA or TPS_EVIDENCE_OPENTPS
                         (component/services/attestation/attestation.h) */
    tps_span nonce;
    tps_span aud; /**< text; empty to leave out; opentps only */
    uint32_t key; /**< TPS_EVIDENCE_KEY_*, see tps_agent_evidence_request */
} tps_device_evidence_request;

/**
 * Asks for evidence, as the user who runs this program.
 * @param room           Where it is written; 16 KiB are enough for any.
 * @param[out] evidence  Inside `room`.
 */
TPS_MUST_USE tps_status tps_device_evidence(tps_device_agent *agent,
                                            const tps_device_evidence_request *request, tps_buf room,
                                            tps_span *evidence, tps_device_problem *problem);

/** What the component tells of the device; texts are fit for printing. */
typedef struct {
    char vendor[65];
    char model[33];
    char serial[33];
    char hwversion[33];
    char component[65];
    char firmware[49];
    char version[33]; /**< empty: not signed */
    bool is_insecure;
    uint8_t class_id[32];
    uint8_t oemid[16];
    size_t oemid_size;
    uint8_t ueid[33];
    uint64_t lifecycle;
    uint64_t dbgstat;
} tps_device_information;

TPS_MUST_USE tps_status tps_device_inform(tps_device_agent *agent, tps_device_information *out,
                                          tps_device_problem *problem);

/**
 * The ROT13 service's answer to a text of letters: the smallest test that the whole path works.
 * @param out  Room for the text and its zero.
 */
TPS_MUST_USE tps_status tps_device_rot13(tps_device_agent *agent, const char *text, tps_buf out,
                                         tps_device_problem *problem);

#endif
