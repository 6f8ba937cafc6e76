/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a verifier: what the files of this folder share. */
#ifndef TPS_VERIFIER_STATE_H
#define TPS_VERIFIER_STATE_H

#include "crypto/x509.h"
#include "tps/crypto.h"
#include "tps/verifier.h"
#include "verifier/knowledge/knowledge.h"
#include "verifier/match/accepted.h"
#include "verifier/trust/anchors.h"
#include "verifier/trust/chain.h"
#include "verifier/trust/crl.h"
#include "verifier/trust/established.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/revocation.h"
#include "verifier/trust/scope.h"

/** The key of an endorsed device, ready for use: of the one that was asked for last. One key object takes
 * each device's point in turn (tps_crypto_key_change_point()), which costs less than what a cache of many
 * misses. */
typedef struct {
    tps_crypto_key *key;
    uint32_t device;    /**< whose it is, or KNOWLEDGE_NONE */
    uint8_t digest[32]; /**< SHA-256 of its SubjectPublicKeyInfo */
} ready_key;

/** A key that was added by itself. */
typedef struct {
    tps_crypto_key *key;
    key_algs algs;
    uint8_t digest[32];
} added_key;

/** A secret that is shared with a device, or with devices (mac.c). */
typedef struct mac_key mac_key;

struct tps_verifier {
    tps_verifier_options options;
    anchor_certificate *anchors;    /**< DER */
    tps_x509_anchors *read_anchors; /**< the same, read */
    size_t anchor_count;
    key_anchor *key_anchors; /**< raw keys */
    size_t key_anchor_count;
    scope_list scopes; /**< of both */
    added_key *keys;
    size_t key_count;
    mac_key *macs;
    size_t mac_count;
    established_keys established; /**< with single devices, for re-attestation */
    size_t corim_count;
    knowledge knowledge;
    revocations *revoked;                /**< NULL: nothing is */
    crl_list crls;                       /**< of issuers of certificates */
    chain_cache *chains;                 /**< verified before; NULL before the first anchor */
    tps_crypto_key *chain_key;           /**< takes the point of each chain's leaf in turn */
    accepted_claims *accepted;           /**< room for one appraisal */
    struct tps_explanation *explanation; /**< appraisals tell of themselves there; NULL: they do not */
    struct dice_chain *dice; /**< room for one chain of DICE; NULL before the first (trust/dice.h) */
    struct tpm_room *tpm;    /**< room for one quote; NULL before the first (trust/tpm.h) */
    ready_key device_key;
    struct policies *policies; /**< NULL: the default one alone (policy/policy.h) */
    tps_buf scratch;           /**< for what EdDSA takes whole (verifier_check_signature()) */
};

/**
 * Checks a signature with a key, for what the key is for: `algs` may be NULL, for any.
 * @retval TPS_OK, TPS_COSE_BAD_SIGNATURE, TPS_COSE_ALG_REFUSED, TPS_COSE_BAD_HEADER, TPS_OUT_OF_MEMORY
 * @retval TPS_COSE_KEY_USE  The key says that it is for another algorithm.
 */
TPS_MUST_USE tps_status verifier_check_signature(tps_verifier *v, const tps_cose_sign1 *message,
                                                 tps_crypto_key *key, const key_algs *algs);

/**
 * Whether all that the headers demand is done here: "crit" names nothing that is read and then ignored, x5t
 * is the thumbprint of the chain's leaf, and claims in evidence's header (RFC 9597) are those of its payload.
 * @retval TPS_COSE_CRIT_UNKNOWN, TPS_COSE_BAD_HEADER
 */
TPS_MUST_USE tps_status verifier_check_headers(const tps_cose_message *message, bool is_manifest);

/** The key of an endorsed device, ready for use until the next call; it stays the verifier's. */
TPS_MUST_USE tps_status verifier_device_key(tps_verifier *v, uint32_t device, const ready_key **key);

/** Forgets whose key is ready: indices are about to mean other devices. */
void verifier_forget_keys(tps_verifier *v);

#endif
