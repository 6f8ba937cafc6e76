/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file supervisor.h
 * The part of the first stage that stays: starts the device, waits, starts it anew, and ends. It holds no
 * secret and reads nothing that the component or an application writes; it knows how they end.
 *
 * How a device ends and goes on:
 * - asked to stop (SIGTERM, SIGINT): the application ends, then the component; exit code 0;
 * - the component asks for a reset, or is killed: the application is ended, and the device starts anew: the
 *   images are taken again, with a new boot count and boot seed. Clients find their connections closed, and
 * may connect again at once: the listening socket stays;
 * - the component refuses to go on (exit code 1), or the first stage refuses an image: so does this, with 1;
 * - the application ends with 0: it is left; otherwise it is started again, over a new door. What it started
 *   and left in its session is killed;
 * Whatever ends abnormally waits before its next start, longer each time, and is given up when it ends once
 * more after TPS_BOOT_ENDS_MAX ends within TPS_BOOT_ENDS_SECONDS: for the component that ends the device,
 * exit code 1.
 */
#ifndef TPS_PLATFORM_POSIX_BOOT_SUPERVISOR_H
#define TPS_PLATFORM_POSIX_BOOT_SUPERVISOR_H

#include <signal.h>

#include "platform/posix/boot/stage.h"

enum { TPS_BOOT_ENDS_MAX = 5, TPS_BOOT_ENDS_SECONDS = 60 };

/** What the command line says, opened and found. */
typedef struct {
    tps_posix posix;
    tps_boot_user component_user;
    const char *component;   /**< --component FILE, or NULL */
    const char *application; /**< --start NAME, or NULL */
    char **arguments;        /**< of the application, from argv[1] on; ends with NULL */
    tps_boot_user application_user;
    int listener;
    bool verbose;
    sigset_t mask; /**< of what is started; this process blocks SIGTERM, SIGINT and SIGCHLD */
} tps_boot_device;

/** Runs the device to its end. @return the exit code. */
int tps_boot_supervise(tps_boot_device *device);

#endif
