/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file anchor.h
 * For what a trust anchor of a verifier is trusted: its scope. A trusted maker cannot speak for another's
 * devices, and who certifies devices need not be who endorses software.
 */
#ifndef TPS_ANCHOR_H
#define TPS_ANCHOR_H

#include "tps/appraisal.h"
#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What an anchor may do; bits. */
enum {
    TPS_ANCHOR_CERTIFIES = 1 << 0, /**< issues certificates of attestation keys (X.509, RFC 5280) */
    TPS_ANCHOR_DICE = 1 << 1,      /**< is the root of DICE chains, X.509 or CBOR */
    TPS_ANCHOR_TPM = 1 << 2,       /**< is a TPM maker's root: certifies endorsement and attestation keys */
    TPS_ANCHOR_ENDORSES = 1 << 3   /**< signs endorsements (CoRIM) */
};

/** A class of devices, or several. */
typedef struct {
    tps_span id;     /**< the class id; empty: any of the vendor's */
    tps_span vendor; /**< text; empty: any */
    tps_span model;  /**< text; empty: all of the vendor's */
} tps_scope_class;

/** Instances whose id has as many bytes as `first` and lies between the two, both included, byte for byte. */
typedef struct {
    tps_span first;
    tps_span last;
} tps_scope_instances;

/** A scope. Zero-initialised it permits everything. The verifier copies what it points to. */
typedef struct {
    uint32_t uses;    /**< TPS_ANCHOR_*; 0: all */
    uint32_t triples; /**< which kinds of triples it may sign: bits 1 << number (draft-ietf-rats-corim-10,
                         5.1.4); 0: all */
    const tps_scope_class *classes;
    size_t class_count; /**< 0: every class */
    const tps_scope_instances *instances;
    size_t instance_count; /**< 0: every instance */
} tps_anchor_scope;

/** The most entries of either list of a scope. */
#define TPS_SCOPE_ENTRIES_MAX 64u

#ifdef __cplusplus
}
#endif

#endif
