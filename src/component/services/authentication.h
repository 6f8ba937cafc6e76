/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file authentication.h
 * The device authentication service: proves to a peer that this device is at the other end, and checks the
 * peer's proof in turn. A proof is a COSE_Sign1 over the peer's challenge, an own nonce, the provider, a
 * purpose and, where there is a channel, its binder.
 *
 * The key (spec/keys.md): in direct mode P-256 from S(0), "auth"; in pairwise and passport mode from
 * S(0), "auth" P E, another one for each provider and owner. It signs proofs and nothing else, under external
 * data of their own (TPS_AUTHENTICATION_AAD), so that no proof is ever taken for evidence, for a certificate
 * or for something of another protocol, or the reverse. What the key is worth, evidence says: the attestation
 * service names it in `cnf` where that is asked for.
 *
 * A session that is not bound to a provider speaks for the device as such, and anybody can tell that device
 * by it: only who speaks for the owner may prove or ask for the key there (TPS_COMPONENT_NOT_BOUND for
 * others). Peers are checked in bound sessions alone: a provider is known by P.
 *
 * Messages in spec/authentication.cddl: tag 10 challenge, 11 prove, 12 verify, 13 key. Logins: all but
 * PUBLIC. Nothing is stored.
 */
#ifndef TPS_COMPONENT_AUTHENTICATION_H
#define TPS_COMPONENT_AUTHENTICATION_H

#include "component/core/service.h"
#include "tps/crypto.h"

/** External additional data of every proof (RFC 9052, 4.3), and its content type. */
#define TPS_AUTHENTICATION_AAD          "opentps device authentication 1"
#define TPS_AUTHENTICATION_CONTENT_TYPE "application/vnd.opentps.authentication+cbor"
/** What a certificate must say, as a URI among the subject's alternative names, for its key to speak for a
 * provider. Without it every device that the provider certifies could pass for the provider. */
#define TPS_AUTHENTICATION_PROVIDER_URI "tag:opentps.org,2026:certificate:provider"

/** Bytes of a proof, at most; of an own nonce; of a peer's challenge or nonce; of a purpose; of a binder. */
#define TPS_AUTHENTICATION_PROOF_MAX     640u
#define TPS_AUTHENTICATION_NONCE_SIZE    32u
#define TPS_AUTHENTICATION_CHALLENGE_MIN 16u
#define TPS_AUTHENTICATION_CHALLENGE_MAX 64u
#define TPS_AUTHENTICATION_PURPOSE_MAX   64u
#define TPS_AUTHENTICATION_BINDER_MIN    16u
#define TPS_AUTHENTICATION_BINDER_MAX    64u
/** Certificates between a provider's root and its key, at most. */
#define TPS_AUTHENTICATION_CHAIN_MAX 4u

/** Who signed a proof, so that nobody's own proof can be sent back to them. */
enum { TPS_PROOF_OF_DEVICE = 1, TPS_PROOF_OF_PROVIDER = 2 };

/** Who computed the binder; the component says so, from the session's login. 1 is kept for binders that the
 * component computes itself. */
enum { TPS_BINDER_OF_MEASURED_APPLICATION = 2, TPS_BINDER_OF_CALLER = 3 };

/** Errors in responses. */
enum {
    TPS_AUTHENTICATION_ERROR_NONCE = 1, /**< no challenge is outstanding in this session: ask for one */
    TPS_AUTHENTICATION_ERROR_ROOT = 2,  /**< the root is not that of the session's provider */
    TPS_AUTHENTICATION_ERROR_CHAIN = 3, /**< the chain does not lead to the root, or not from its provider */
    TPS_AUTHENTICATION_ERROR_PROOF = 4, /**< it is no proof, or not signed by that key */
    TPS_AUTHENTICATION_ERROR_CONTENT =
        5,                               /**< it proves something else: challenge, purpose, binder, role, P */
    TPS_AUTHENTICATION_ERROR_EXPIRED = 6 /**< a certificate is outside of its times */
};

extern const tps_service tps_authentication_service;

/**
 * The key of a session's context, for evidence that confirms it: the attestation service puts it into `cnf`,
 * which is what certifies it (spec/attestation.cddl, tag 10).
 * @param[out] key  With its private part; the caller frees it.
 * @retval TPS_COMPONENT_NO_IDENTITY  The device was not made.
 * @retval TPS_COMPONENT_NOT_BOUND    The session speaks for no provider, and not for the owner of the device.
 * @retval others                     Of crypto.h, and as tps_session_sealing().
 */
TPS_MUST_USE tps_status tps_authentication_key(const tps_component *component, const tps_session *session,
                                               tps_crypto_key **key);

#endif
