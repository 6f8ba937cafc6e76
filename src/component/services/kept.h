/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file kept.h
 * What services that keep things in the vault share: where a session's things are, and what is answered when
 * the vault fails. Each failure has a number, so that an application can act. The numbers are the same in
 * these services; a service's other errors have numbers below TPS_KEPT_FULL.
 */
#ifndef TPS_COMPONENT_KEPT_H
#define TPS_COMPONENT_KEPT_H

#include "component/services/members.h"

/** Where a session's things are, and what opens them. Secret: ended by tps_kept_place_close(). */
typedef struct {
    tps_vault *vault;
    uint8_t owner[TPS_VAULT_OWNER_SIZE]; /**< tps_session_owner() */
    tps_vault_context room;
    const tps_vault_context *context; /**< NULL, or `room`: tps_session_sealing() */
} tps_kept_place;

/**
 * Find a session's place.
 * @return TPS_OK, or why the vault, the owner or the owner's secret cannot be had: as service.h says.
 */
TPS_MUST_USE tps_status tps_kept_place_open(const tps_request *request, tps_kept_place *place);

/** Wipes it. */
void tps_kept_place_close(tps_kept_place *place);

/** Errors in responses. Sent; never change a number. */
enum {
    TPS_KEPT_FULL = 16,        /**< the storage is full: delete something */
    TPS_KEPT_CORRUPT = 17,     /**< the value, or the whole storage, was changed or cannot be read */
    TPS_KEPT_ROLLED_BACK = 18, /**< the whole storage is older than its counter: it was put back */
    TPS_KEPT_NEWER = 19,       /**< code with a higher security counter wrote it, or the whole storage */
    TPS_KEPT_BOUND = 20,       /**< it is bound to a boot state that is not this one */
    TPS_KEPT_FAILED =
        21,            /**< the platform failed: try again; the next start finds the old or the new state */
    TPS_KEPT_MODE = 22 /**< the whole storage belongs to another mode of the lifecycle: format it */
};

/**
 * Answers a failure of the vault by its number.
 * @return TPS_OK and others of tps_answer_error() if `status` has a number; else `status`.
 */
TPS_MUST_USE tps_status tps_kept_failure(tps_request *request, tps_status status);

/** The number that stands for a status of the vault, or 0. */
uint32_t tps_kept_number(tps_status status);

#endif
