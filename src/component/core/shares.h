/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file shares.h
 * How much of the vault a login has. Each provider that a session is bound to makes another owner of what it
 * stores (tps_session_owner()): a limit for each owner alone would be no limit for a login that binds itself
 * to many. Services that keep things have a limit for each login beside it, so that no program can take all
 * that there is; who speaks for the owner of the device is not held to it.
 */
#ifndef TPS_COMPONENT_SHARES_H
#define TPS_COMPONENT_SHARES_H

#include "component/core/service.h"

/** Of `all`, what one login may have. The rest is for the others. */
#define TPS_SHARE_OF_LOGIN(all) ((all) - (all) / 4)

/** How much is there. */
typedef struct {
    uint32_t values;
    size_t bytes; /**< of the values; one that cannot be read counts as TPS_VAULT_VALUE_MAX */
} tps_share;

/** Whose a thing of a session is: tps_session_owner(), or what a service makes of it. */
typedef tps_status (*tps_owner_of)(const tps_session *session, uint8_t owner[TPS_LOGIN_OWNER_SIZE]);

/**
 * The owners that a session's login has: as not bound, then for each provider of the present owner of the
 * device.
 * @param[in,out] place  0 to begin.
 * @param[out] owner     The next one's id.
 * @retval TPS_NOT_FOUND  There are no more. @retval others  What `owner_of` returned.
 */
TPS_MUST_USE tps_status tps_login_next_owner(const tps_component *component, const tps_session *session,
                                             tps_owner_of owner_of, size_t *place,
                                             uint8_t owner[TPS_LOGIN_OWNER_SIZE]);

/** What one owner has in a space of the vault (NULL: what all have), added to `share`. */
void tps_owner_share(tps_vault *vault, uint8_t space, const uint8_t *owner, tps_share *share);

/**
 * What a session's login has in a space of the vault, over all of its owners, added to `share`.
 * @return TPS_OK, or as tps_component_vault(), or what `owner_of` returned.
 */
TPS_MUST_USE tps_status tps_login_share(const tps_component *component, const tps_session *session,
                                        uint8_t space, tps_owner_of owner_of, tps_share *share);

/**
 * Whether a session's login may have another value in the vault, whatever service keeps it: it has less than
 * its share of the places and of the bytes that the vault has, or it is an administrator's. Beside the limits
 * of each service, whose sum is more than the vault has. (Keys that a group shares are counted by the key
 * store alone.)
 * @return TPS_OK, or as tps_login_share().
 */
TPS_MUST_USE tps_status tps_login_may_store(const tps_component *component, const tps_session *session,
                                            bool *may);

#endif
