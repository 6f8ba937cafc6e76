/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file verification.h
 * The verification service: is this signature one of a trusted role's? Roles are the maker's release signers
 * (the release keys of the device's identity), service providers and the owner, whose public keys somebody
 * who speaks for the owner registers here.
 *
 * The answer is who signed, by key id, or a named refusal. Only public keys are used, so nothing of a secret
 * can be learnt from an answer.
 *
 * Messages in spec/verification.cddl: tag 10 verify, 11 list, 12 register, 13 remove. Logins: all but PUBLIC;
 * 12 and 13 only for who speaks for the owner (tps_session_is_administrator()). A session that is bound to a
 * provider sees of the providers' keys that of its own provider alone: which others the owner has is none of
 * its business. In pairwise and passport mode it sees no key of the owner's, since two providers could tell
 * by it that the device is one.
 *
 * Each registered key is one value of the vault, in space TPS_VAULT_VERIFICATION, sealed with the owner
 * secret: a new owner begins without any.
 */
#ifndef TPS_COMPONENT_VERIFICATION_H
#define TPS_COMPONENT_VERIFICATION_H

#include "component/core/service.h"
#include "tps/crypto.h"

/** Roles. Stored and sent; never change a number. */
enum {
    TPS_ROLE_RELEASE = 1,  /**< signs firmware for this device: part of its identity, cannot be changed */
    TPS_ROLE_PROVIDER = 2, /**< the root key of a service provider */
    TPS_ROLE_OWNER = 3     /**< a key of the owner's */
};

/** Registered keys of one role, at most. */
#define TPS_VERIFICATION_KEYS_MAX 8u
/** Bytes of an encoded COSE_Key, at most: P-521 fits. */
#define TPS_VERIFICATION_KEY_SIZE_MAX 256u
/** Bytes of a key's label, at most. */
#define TPS_VERIFICATION_LABEL_MAX 32u
/** Bytes that EdDSA can sign as a COSE_Sign1 here, headers and external data counted; of the component's work
 * area. A build without EdDSA needs none of them. */
#ifndef TPS_VERIFICATION_SCRATCH
#define TPS_VERIFICATION_SCRATCH 4096u
#endif

/** Errors in responses. */
enum {
    TPS_VERIFICATION_ERROR_NO_KEY = 1,    /**< the role has no key, or none with this id */
    TPS_VERIFICATION_ERROR_SIGNATURE = 2, /**< no key of the role made this signature over this content */
    TPS_VERIFICATION_ERROR_ALGORITHM = 3, /**< no key of the role may be used with this algorithm */
    TPS_VERIFICATION_ERROR_MALFORMED = 4, /**< it is no COSE_Sign1, or no COSE_Key, or has a private part */
    TPS_VERIFICATION_ERROR_PAYLOAD = 5,   /**< the payload is missing, or there both inside and beside */
    TPS_VERIFICATION_ERROR_TOO_LARGE = 6, /**< EdDSA: more than TPS_VERIFICATION_SCRATCH bytes */
    TPS_VERIFICATION_ERROR_EXISTS = 7,    /**< the role has this key */
    TPS_VERIFICATION_ERROR_FULL = 8       /**< TPS_VERIFICATION_KEYS_MAX, or no room in the vault */
};

extern const tps_service tps_verification_service;

#endif
