/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded evidence: a file of JSON objects, one a line, each with what came, what it had to answer to, and
 * what the outcome was. `tps verify --record` writes one, `tps policy dry-run` reads them.
 *
 *     {"time":1790000000,"evidence":"0oRD...","nonce":"AQEB...","aud":"...","service":"...",
 *      "history":{"count":3,"first-seen":...,"last-seen":...,"last-status":"affirming","bootcount":7,
 *                 "security-counter":2},
 *      "status":"affirming","vector":{"instance-identity":2,...},"policy":"policy:PSA_IOT"}
 *
 * Evidence and nonce are base64url. All but time and evidence may be absent; members that are not known here
 * are passed over.
 */
#ifndef TPS_CLI_RECORD_H
#define TPS_CLI_RECORD_H

#include <stdio.h>

#include "tps/verifier.h"

/** Evidence that was recorded. */
typedef struct {
    tps_appraisal_request request; /**< points into `root`, `nonce` and `history` */
    tps_span evidence;
    uint8_t *bytes; /**< where `evidence` lies */
    uint8_t nonce[64];
    tps_device_history history;
    bool has_outcome; /**< status and vector are there */
    uint8_t tier;
    int8_t vector[TPS_EAR_CLAIMS];
    void *root; /**< the JSON that texts lie in */
} record;

/** Appends one line to a file, whole, whoever else does; prints its error. */
bool record_append(const char *path, tps_span evidence, const tps_appraisal_request *request,
                   const tps_appraisal *lead, uint8_t tier);

/**
 * Reads the next line that is not empty.
 * @param[in,out] line  Its number, for messages.
 * @return 1: read, end it with record_end(); 0: none is left; -1: it cannot be read, which was printed.
 */
int record_read(FILE *from, const char *path, size_t *line, record *out);

void record_end(record *r);

#endif
