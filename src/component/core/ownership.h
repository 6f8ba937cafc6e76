/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ownership.h
 * Who owns the device, as far as keys go: the owner secret E of spec/keys.md, and the providers that were
 * bound under it. E is random, new for every owner; what is derived from it or sealed with it (AK_p, SUEID_p,
 * what bound sessions store) is lost when it is replaced.
 *
 * Both lie in one value of the vault (TPS_VAULT_OWNERSHIP, "E"), so that a new owner never has a provider of
 * the old one, whenever the power goes. spec/session.cddl has its form.
 *
 * A device that is decommissioned, or whose vault cannot be opened, has no E: no session can be bound.
 */
#ifndef TPS_COMPONENT_OWNERSHIP_H
#define TPS_COMPONENT_OWNERSHIP_H

#include "component/core/service.h"

/** Providers of one owner. Each takes 49 bytes of memory. */
#ifndef TPS_PROVIDERS_MAX
#define TPS_PROVIDERS_MAX 32u
#endif
/** Of those at most so many were first bound by one login that is no administrator's, so that one program
 * cannot take them all. */
#define TPS_PROVIDERS_PER_LOGIN (TPS_PROVIDERS_MAX / 2)
/** So many places are for administrators: a user with logins of many groups cannot take all of them. */
#define TPS_PROVIDERS_RESERVED (TPS_PROVIDERS_MAX / 4)
/** Bytes of the encoded value, at most: E, a flag, and of each provider mode, P and login. */
#define TPS_OWNERSHIP_MAX (48u + 53u * TPS_PROVIDERS_MAX)

/** A provider and what it may see. The mode is that of the first session that was bound to it. */
typedef struct {
    uint8_t provider[32];                /**< P */
    uint8_t mode;                        /**< TPS_MODE_DIRECT .. TPS_MODE_PASSPORT */
    uint8_t login[TPS_LOGIN_OWNER_SIZE]; /**< who bound it first: tps_login_owner() */
} tps_provider;

/** Belongs to the core. Wiped when the component ends. */
typedef struct {
    tps_status status;   /**< TPS_OK: there is an E; else why there is none */
    uint32_t generation; /**< grows with each E since this start */
    bool is_forgetting; /**< what belonged to an old E is not erased yet: nothing can be bound before it is */
    uint8_t secret[32]; /**< E */
    uint32_t count;
    tps_provider providers[TPS_PROVIDERS_MAX];
} tps_ownership;

/**
 * At start, after the vault was opened, and when the vault began anew: reads E and the providers, or makes E
 * where none was ever stored, and completes what tps_component_owner_forget() could not. Does not fail:
 * `status` says why there is no E, and all that needs none goes on.
 */
void tps_component_ownership_start(tps_component *component);

/**
 * @brief Make the device forget its owner: for a transfer, and before its end.
 *
 * In this order: one put of a new E without any provider (before it nothing has changed, after it nothing of
 * the old owner can be opened); every bound session is closed; the values that were sealed for providers are
 * deleted, and what services hold of them in memory; their bytes and the old E's are erased from the medium
 * (tps_vault_scrub()). After a power cut the next start completes what is left.
 *
 * What is stored by sessions that are not bound is not sealed with E and stays: its services delete it.
 *
 * For a session of a service that takes no bindings: the caller's own would be closed under it. Uses the work
 * area.
 *
 * @retval TPS_OK                All of it.
 * @retval TPS_COMPONENT_DECOMMISSIONED  There is none any more.
 * @retval other                 As tps_component_vault(), tps_vault_put(), the platform's entropy(). With
 * tps_component_owner_generation() unchanged, nothing has changed until the next start, which finds the old
 * E, or the new one where the put had failed halfway; else E is new, and what is left to erase is erased by
 * the next start, or by calling again.
 */
TPS_MUST_USE tps_status tps_component_owner_forget(tps_component *component);

/** Grows by one with each new E since this start: who keeps what was made from E compares it. */
uint32_t tps_component_owner_generation(const tps_component *component);

/**
 * E.
 * @param[out] secret  32 bytes inside the component: do not keep the pointer.
 * @return TPS_OK, or why there is none: TPS_COMPONENT_DECOMMISSIONED, or as tps_component_vault() and
 * tps_vault_get().
 */
TPS_MUST_USE tps_status tps_component_owner_secret(const tps_component *component, const uint8_t **secret);

/**
 * Find a provider in the table, or put it there: the first time it is stored before this returns.
 *
 * @retval TPS_OK                     The provider has this mode, now and until the next owner.
 * @retval TPS_COMPONENT_IS_BOUND     It has another one.
 * @retval TPS_COMPONENT_FULL         TPS_PROVIDERS_MAX; or for a login that is no administrator's
 * TPS_PROVIDERS_PER_LOGIN, and all but TPS_PROVIDERS_RESERVED.
 * @retval other                      As tps_component_owner_secret() and tps_vault_put().
 */
TPS_MUST_USE tps_status tps_component_provider_bind(tps_component *component, const tps_session *session,
                                                    const tps_binding *binding);

/** A provider of the present owner, or NULL: no session was bound to it. */
const tps_provider *tps_component_provider_find(const tps_component *component, const uint8_t provider[32]);

#endif
