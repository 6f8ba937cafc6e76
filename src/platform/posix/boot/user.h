/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file user.h
 * As whom the component and the applications run.
 */
#ifndef TPS_PLATFORM_POSIX_BOOT_USER_H
#define TPS_PLATFORM_POSIX_BOOT_USER_H

#include <sys/types.h>

#include "platform/posix/posix.h"

/** Users without an account: the range that systemd keeps for services without one. */
#define TPS_BOOT_UID_FIRST 61184u
#define TPS_BOOT_UID_LAST  65519u

typedef struct {
    uid_t uid;
    gid_t gid;
    bool is_separate; /**< another user than the first stage's: it can be kept from its files and memory */
} tps_boot_user;

/**
 * Find a user by name or number; a number needs no account, and is its group's then too.
 * @retval TPS_NOT_FOUND     There is no such user.
 * @retval TPS_BAD_ARGUMENT  It is root, or root's group is its group.
 */
TPS_MUST_USE tps_status tps_boot_user_find(const char *name, tps_boot_user *out);

/**
 * @brief Who the component of a device is, and let DIR/secure belong to it.
 *
 * Not root: the same user, and nothing is separate. Root: `name` if given; else who owns DIR/secure; if that
 * is root, a user without an account, which is chosen once for this device and owns DIR/secure from then on.
 *
 * @param name      From the command line, or NULL.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_NOT_FOUND, TPS_BAD_ARGUMENT  As tps_boot_user_find(); BAD_ARGUMENT also for a name where the
 * process is not root.
 * @retval TPS_COMPONENT_STORAGE            DIR/secure cannot be given to it, or holds what is no plain file.
 */
TPS_MUST_USE tps_status tps_boot_user_of_component(const tps_posix *posix, const char *name,
                                                   tps_boot_user *out, tps_error *why);

/**
 * Become that user for good: no supplementary groups, no capabilities, and no way back (which is tried).
 * Nothing happens unless it is separate.
 * @retval TPS_COMPONENT_NOT_LOCKED  It did not work: run nothing.
 */
TPS_MUST_USE tps_status tps_boot_user_become(const tps_boot_user *user);

#endif
