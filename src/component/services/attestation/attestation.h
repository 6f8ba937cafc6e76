/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attestation.h
 * The attestation service: evidence about this device, and what goes with it. What a session may have is said
 * by the mode that it was bound in (spec/keys.md, spec/session.cddl):
 *
 *   not bound, direct  evidence by the IAK (PSA token or opentps profile) or by AK_0 (opentps profile)
 *   pairwise           evidence by AK_p that names the device by SUEID_p; nothing that others know it by
 *   passport           no evidence: it keeps and tells the results of a verifier
 *
 * Messages in spec/attestation.cddl:
 *   10 evidence, 11 public key, 12 certificates
 *   13 certification request for an AK_p, 14 keep what the attestation CA certified
 *   15 keep a result, 16 tell it
 *   17 attest a key of the key store
 *   18 agree on MAC_p, for evidence as COSE_Mac0
 *
 * A device that only attests, with no other service beside, is built with TPS_ATTESTATION_ALONE: then there
 * are 10 to 12 for sessions that are not bound, no lists but of applications, no nested tokens, no keys of a
 * key store, and a third of the code.
 *
 * Logins: all but PUBLIC. 13 only for who speaks for the owner (tps_session_is_administrator()), in a session
 * that is not bound or direct: its answer shows AK_0 and SUEID_p together, which the attestation CA may see,
 * and no provider. 14 for the same, or a pairwise session of the login that bound the provider first.
 *
 * What is kept: in the vault (TPS_VAULT_ATTESTATION) the certificates of each AK_p, sealed to the firmware as
 * AK_p is, and results. Each message changes one value. MAC_p lives in its session.
 *
 *   attestation.c  the service, and the messages that tell what there is
 *   attester.c     which key speaks for a session, and its chain
 *   claims.c       which claim gets which fact
 *   evidence.c     evidence, the certification request
 *   key.c          key attestation, MAC_p
 *   kept.c         certificates of AK_p, results
 */
#ifndef TPS_COMPONENT_ATTESTATION_H
#define TPS_COMPONENT_ATTESTATION_H

#include "component/boot/keys.h"
#include "component/core/service.h"
#include "tps/cose.h"

/** Bytes of an encoded chain of certificates that the maker put onto the device, at most: of the IAK, of
 * DeviceID. */
#ifndef TPS_CERTIFICATES_MAX
#define TPS_CERTIFICATES_MAX 8192u
#endif
/** Bytes of the encoded chain of an AK_p, at most; TPS_CERTIFICATES_MAX and TPS_VAULT_VALUE_MAX or
 * less. */
#ifndef TPS_PAIRWISE_CHAIN_MAX
#define TPS_PAIRWISE_CHAIN_MAX 2048u
#endif
/** Bytes of nested tokens in one evidence, at most, with their names. */
#define TPS_SUBMODS_SIZE_MAX 2048u
/** Bytes of a result, at most; TPS_VAULT_VALUE_MAX or less. */
#ifndef TPS_RESULT_MAX
#define TPS_RESULT_MAX 3072u
#endif
/** Values that the service keeps, at most: certificates and results of all providers. */
#define TPS_ATTESTATION_VALUES_MAX 48u
/** Results of one login, over all providers: as many as it may bring itself. */
#define TPS_RESULTS_PER_LOGIN 16u

/** Profiles in requests. */
enum { TPS_EVIDENCE_PSA = 1, TPS_EVIDENCE_OPENTPS = 2 };

/** Keys in requests of sessions that are not bound, or direct. */
enum { TPS_EVIDENCE_KEY_IAK = 1, TPS_EVIDENCE_KEY_AK = 2 };

/** Forms of evidence in requests. */
enum { TPS_EVIDENCE_SIGN1 = 1, TPS_EVIDENCE_MAC0 = 2 };

/** The eat_profile of key attestations. */
#define TPS_KEY_ATTESTATION_PROFILE "tag:opentps.org,2026:key"
/** Bytes of the kid of a COSE_Mac0: the first of HMAC-SHA-256(MAC_p, "kid"). */
#define TPS_MAC_KID_SIZE 16u

/** Errors in responses. */
enum {
    TPS_EVIDENCE_ERROR_PROFILE = 1,  /**< the profile is not known, or not for this mode */
    TPS_EVIDENCE_ERROR_NONCE = 2,    /**< the nonce's size is not allowed in the profile */
    TPS_EVIDENCE_ERROR_CLAIM = 3,    /**< a claim is not part of the profile, has no allowed value, or may not
                                        be left out */
    TPS_EVIDENCE_ERROR_NOT_MADE = 4, /**< the device has no identity, or no image of firmware */
    TPS_EVIDENCE_ERROR_KEY = 5,      /**< this key does not sign this, or not for this session */
    TPS_EVIDENCE_ERROR_MODE = 6,     /**< the mode of the session does not allow it */
    TPS_EVIDENCE_ERROR_SUBMODULE = 7, /**< no token is nested there, or too many bytes of them */
    TPS_EVIDENCE_ERROR_MAC = 8,       /**< MAC_p was not agreed on in this session, or the form is unknown */
    TPS_EVIDENCE_ERROR_NAME = 9, /**< the key store has no such key for this session, or not of this use */
    TPS_EVIDENCE_ERROR_PROVIDER = 10,    /**< no session was bound to this provider in that mode, or another
                                            login was first */
    TPS_EVIDENCE_ERROR_CERTIFICATE = 11, /**< not certificates, too large, or of another key */
    TPS_EVIDENCE_ERROR_NOTHING = 12,     /**< nothing is kept */
    TPS_EVIDENCE_ERROR_FULL = 13         /**< no room for another */
};

/** The attestation key towards one provider: the last that was used. */
typedef struct {
    tps_crypto_key *key;  /**< NULL: none */
    uint32_t generation;  /**< of the owner secret that it was made from */
    uint8_t provider[32]; /**< P */
    uint8_t sueid[TPS_KEYS_UEID_SIZE];
    uint8_t bootseed[TPS_KEYS_SIZE];
} tps_pairwise_identity;

/** A chain of certificates: spans, DER, leaf first, into bytes that lie elsewhere. */
typedef struct {
    size_t count;
    tps_span certificates[TPS_COSE_X5CHAIN_MAX];
} tps_certificate_chain;

/** The service's memory: TPS_CERTIFICATES_MAX and 0.4 KiB. Evidence is made in the response's room. */
typedef struct {
    tps_crypto_key *iak;
    tps_crypto_key *ak; /**< AK_0 */
    tps_pairwise_identity pairwise;
    tps_certificate_chain chain; /**< of the key that spoke last */
    uint32_t chain_whose;        /**< TPS_EVIDENCE_KEY_*; 0: of another, or none */
    uint8_t chain_bytes[TPS_CERTIFICATES_MAX];
} tps_attestation_state;

extern const tps_service tps_attestation_service;

/**
 * The client id in a PSA token: which caller asked for it. Negative, since callers are outside the secure
 * component: -1 minus the first 31 bits (little-endian) of SHA-256 of tps_login_owner(). The same caller has
 * the same id on every device.
 */
TPS_MUST_USE tps_status tps_attestation_client_id(const tps_login *login, int32_t *client_id);

/**
 * SUEID_p of a session that is bound in pairwise mode.
 * @retval TPS_COMPONENT_NOT_BOUND  It is not. @retval others  The owner secret cannot be had; of crypto.h.
 */
TPS_MUST_USE tps_status tps_attestation_sueid(const tps_component *component, const tps_session *session,
                                              uint8_t sueid[TPS_KEYS_UEID_SIZE]);

#endif
