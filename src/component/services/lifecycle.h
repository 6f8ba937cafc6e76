/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lifecycle.h
 * The lifecycle service: tells in which state the device is, and takes it through its life: from assembly to
 * its end. Every step is one way, made by who speaks for the owner (tps_session_is_administrator()), and
 * confirmed: the session asks for a challenge for one step, and names step and challenge again, hashed, with
 * a nonce of its own. So no step is made by accident, and none is replayed.
 *
 * Steps of the state answer with evidence of the new state over that nonce. The state is a counter of the
 * platform: the step is made or not, whenever the power goes. The evidence is made before, and leaves the
 * component only if the counter was stepped. What runs has its keys from the state in which it started;
 * those of the new state come with the next start, which is why storage that was sealed before is closed
 * then (spec/keys.md).
 *
 * Decommissioning: evidence; the owner secret is forgotten; the storage is formatted; the counter is stepped;
 * all services but this one end. A power cut between leaves a device that forgot its owner, or has empty
 * storage, too: each is a state that it may be in, and the step can be asked for again. Storage that cannot
 * be erased does not stop it: from the next start on nothing can derive the keys under which it is sealed;
 * the answer tells.
 *
 * Messages in spec/lifecycle.cddl: tag 10 state (any login), 11 prepare, 12 step. Nothing is stored but by
 * the steps themselves.
 *
 * A device that was made needs the attestation service in its component: without it no step of the state can
 * be made (TPS_COMPONENT_NO_SERVICE).
 */
#ifndef TPS_COMPONENT_LIFECYCLE_H
#define TPS_COMPONENT_LIFECYCLE_H

#include "component/core/service.h"

/** Steps. Sent; never change a number. */
enum {
    TPS_STEP_PROVISIONING = 1, /**< assembly to provisioning */
    TPS_STEP_SECURED = 2,      /**< provisioning to secured; all images that run must be signed */
    TPS_STEP_DEBUG = 3,        /**< provisioning or secured to debug: allowed for good */
    TPS_STEP_DECOMMISSION = 4, /**< any but assembly to decommissioned */
    TPS_STEP_NEW_OWNER = 5,    /**< the owner is forgotten; the state stays */
    TPS_STEP_FORMAT = 6, /**< storage begins anew, also corrupt or rolled-back storage; the state stays */
    TPS_STEP_RESTART = 7 /**< the device starts anew; the state stays */
};

/** Bytes of a challenge and of a confirmation; of the caller's nonce. */
#define TPS_LIFECYCLE_CHALLENGE_SIZE 32u
#define TPS_LIFECYCLE_NONCE_MIN      32u
#define TPS_LIFECYCLE_NONCE_MAX      64u
/** Bytes of the evidence in an answer, at most. */
#define TPS_LIFECYCLE_EVIDENCE_MAX 8192u
/** What a confirmation begins with: SHA-256 of the CBOR array [this text, step, challenge, nonce]. */
#define TPS_LIFECYCLE_LABEL "opentps lifecycle"

/** Errors in responses. */
enum {
    TPS_LIFECYCLE_ERROR_STATE = 1,        /**< the state does not allow this step */
    TPS_LIFECYCLE_ERROR_CONFIRMATION = 2, /**< nothing was prepared, or the confirmation is not right */
    TPS_LIFECYCLE_ERROR_UNSUPPORTED = 3,  /**< the platform cannot do this */
    TPS_LIFECYCLE_ERROR_UNSIGNED = 4      /**< an image runs that no release key signed */
};

extern const tps_service tps_lifecycle_service;

#endif
