/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stage.h
 * One start of a device: a process that is the first stage and becomes the component. It opens the unique
 * secret, gives up its user, verifies and derives (component/boot/boot.h), closes the secret for good, and
 * executes the image that it verified. What it held in memory ends with that.
 */
#ifndef TPS_PLATFORM_POSIX_BOOT_STAGE_H
#define TPS_PLATFORM_POSIX_BOOT_STAGE_H

#include <signal.h>

#include "platform/posix/boot/user.h"

/** What a start needs. Descriptors are the supervisor's, and above TPS_STAGE_END. */
typedef struct {
    tps_posix *posix; /**< open; `taken` holds the images that are there */
    tps_boot_user user;
    const char *program;     /**< the file given by --component, for the log; NULL if none */
    int program_image;       /**< taken from it; -1: none */
    const char *application; /**< the image to be started, or NULL */
    int listener;
    int control; /**< the component's end */
    int report;  /**< where the report is written */
    bool verbose;
} tps_boot_stage;

/** What the supervisor learns of a start that succeeded. */
typedef struct {
    uint8_t application[32];     /**< the digest of the application that may run, if one was asked for */
    uint32_t application_status; /**< TPS_OK, or why it may not */
} tps_boot_report;

/**
 * Run the first stage in this process, and become the component. Only returns if it failed, having said why
 * in the log.
 * @param mask  The component's signal mask.
 */
void tps_boot_stage_run(tps_boot_stage *stage, const sigset_t *mask);

#endif
