/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file posix.h
 * platform.h on a Unix system: secrets and storage are files in a folder that only one user can read. Nothing
 * but the operating system protects them, so this platform names itself TPS_PLATFORM_INSECURE: it is for
 * demonstrations and development.
 *
 * The device's folder DIR:
 *   DIR/                     belongs to the user of the first stage; nobody else may write it
 *   DIR/boot/                mode 0700: the first stage's own
 *   DIR/boot/unique-secret   32 bytes, made with the device
 *   DIR/secure/              mode 0700: the component's own
 *   DIR/secure/storage       raw storage, of the vault: 256 KiB, as flash
 *   DIR/secure/counter-N     counters, 8 bytes little-endian; counter-N.new while one is stepped
 * What the maker provided (DIR's other files) is only read; see spec/device-folder.md.
 */
#ifndef TPS_PLATFORM_POSIX_POSIX_H
#define TPS_PLATFORM_POSIX_POSIX_H

#include "component/platform.h"

/** Images that the first stage holds in sealed memory: the component, and an application. */
#define TPS_POSIX_TAKEN_MAX 2u

/** An image that is read from memory in place of its file. */
typedef struct {
    const char *name; /**< NULL: none */
    int image;        /**< as tps_boot_image_take() made it; the caller's */
} tps_posix_taken;

/** An open device folder. Private, but for `table`, `program`, `log_level`, `taken` and `owner`. */
typedef struct {
    tps_platform table;    /**< for tps_boot() and tps_component_init() */
    const char *program;   /**< who speaks in the log */
    int device;            /**< DIR, read only */
    int secure;            /**< DIR/secure, locked against a second component */
    int storage;           /**< DIR/secure/storage once it was used; -1: not yet */
    bool is_whole;         /**< that file has all of its TPS_POSIX_STORAGE_SIZE bytes */
    const uint8_t *mapped; /**< these, to be read; NULL: they are read from the file */
    int secret;            /**< the file of the unique secret; -1: it is not, or no more, to be had */
    uint32_t owner;        /**< the user who owns DIR */
    uint32_t log_level;    /**< lines above it are dropped; TPS_LOG_INFO at first */
    tps_posix_taken taken[TPS_POSIX_TAKEN_MAX];
} tps_posix;

/**
 * @brief Open a device folder as the first stage. Afterwards files are reached through its descriptors only.
 *
 * @param[out] posix  The caller's; must not move until tps_posix_close().
 * @param folder      DIR.
 * @param[out] why    What was wrong with which file; may be NULL.
 *
 * @retval TPS_DEVICE_BAD_FOLDER      There is no such folder, or it has no folder `secure`.
 * @retval TPS_COMPONENT_EXPOSED      Another user owns or can write DIR, DIR/identity.cbor or DIR/firmware,
 * or can reach DIR/secure. (Where this process is root, DIR/secure may belong to any one user.)
 * @retval TPS_COMPONENT_IN_USE       Another component has it open.
 */
TPS_MUST_USE tps_status tps_posix_open(tps_posix *posix, const char *folder, tps_error *why);

/**
 * Open the unique secret, for unique_secret() until lock_secret(). Whoever cannot read DIR/boot any more
 * afterwards (another user, in tps-boot) has it until then, and never again.
 * @retval TPS_COMPONENT_NO_SECRET  There is no such file.
 * @retval TPS_COMPONENT_EXPOSED    Others can reach DIR/boot or the file; `why` says which.
 */
TPS_MUST_USE tps_status tps_posix_open_secret(tps_posix *posix, tps_error *why);

/**
 * The platform of a component, which the first stage gave the descriptors `device` and `secure`: without the
 * unique secret. They belong to `posix` from now on.
 * @retval TPS_BAD_ARGUMENT  They are no folders.
 */
TPS_MUST_USE tps_status tps_posix_adopt(tps_posix *posix, int device, int secure);

/** Closes the folder. */
void tps_posix_close(tps_posix *posix);

/** One line to standard error: "PROGRAM: text: cause: next step" (the latter two unless TPS_OK). */
void tps_posix_log(void *context, uint32_t level, const char *text, tps_status status);

#endif
