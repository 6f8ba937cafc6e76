/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file posix.h
 * platform.h on a Unix system: secrets and storage are files in a folder that only one user can read. Nothing
 * but the operating system protects them, so this platform names itself TPS_PLATFORM_INSECURE: it is for
 * demonstrations and development.
 *
 * The device's folder DIR:
 *   DIR/                     belongs to the user of the component; nobody else may write it
 *   DIR/secure/              mode 0700: the component's own
 *   DIR/boot/unique-secret   32 bytes, made with the device; DIR/boot is for the first stage alone
 *   DIR/secure/NAME.value    storage; NAME.new while one is being replaced
 *   DIR/secure/storage       raw storage, of the vault: 256 KiB, as flash
 *   DIR/secure/counter-N     counters, 8 bytes little-endian
 * What the maker provided (DIR's other files) is only read; see spec/device-folder.md.
 */
#ifndef TPS_PLATFORM_POSIX_POSIX_H
#define TPS_PLATFORM_POSIX_POSIX_H

#include "component/platform.h"

/** An open device folder. Private, but for `table`. */
typedef struct {
    tps_platform table;    /**< for tps_component_init() */
    int device;            /**< DIR, read only */
    int secure;            /**< DIR/secure, locked against a second component */
    bool is_secret_locked; /**< the unique secret is read no more */
    uint32_t log_level;    /**< lines above it are dropped; TPS_LOG_INFO at first */
} tps_posix;

/**
 * @brief Open a device folder. Afterwards files are reached through its two descriptors only.
 *
 * @param[out] posix  The caller's; must not move until tps_posix_close().
 * @param folder      DIR.
 * @param[out] why    What was wrong with which file; may be NULL.
 *
 * @retval TPS_DEVICE_BAD_FOLDER      There is no such folder, or it has no folder `secure`.
 * @retval TPS_COMPONENT_EXPOSED      Another user owns or can write DIR, or can reach DIR/secure.
 * @retval TPS_COMPONENT_IN_USE       Another component has it open.
 */
TPS_MUST_USE tps_status tps_posix_open(tps_posix *posix, const char *folder, tps_error *why);

/** Closes the folder. */
void tps_posix_close(tps_posix *posix);

/** One line to standard error: "tps-component: text: cause: next step" (the latter two unless TPS_OK). */
void tps_posix_log(void *context, uint32_t level, const char *text, tps_status status);

#endif
