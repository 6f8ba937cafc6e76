/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file process.h
 * Starting and stopping the component process of a device's folder.
 *
 * Which process it is says the kernel: whoever listens on DIR/component.sock (SO_PEERCRED). There is no file
 * with a process id that could be stale or forged.
 */
#ifndef TPS_DEVICE_PROCESS_H
#define TPS_DEVICE_PROCESS_H

#include "device/problem.h"

/** An opened device folder. */
typedef struct {
    int folder;     /**< its descriptor; -1 when closed */
    char path[108]; /**< of the socket, short enough for a Unix socket; valid while it is open */
    char name[512]; /**< the folder as given, for messages (cut if longer) */
} tps_device_folder;

/** Opens a device's folder. @retval TPS_DEVICE_BAD_FOLDER */
TPS_MUST_USE tps_status tps_device_folder_open(const char *path, tps_device_folder *folder,
                                               tps_device_problem *problem);

void tps_device_folder_close(tps_device_folder *folder);

/** The process id of the first stage that runs this folder's component, or 0 if none does. */
int tps_device_running(const tps_device_folder *folder);

/**
 * @brief Start the component unless it runs, and wait until it answers.
 *
 * The first stage, `tps-boot`, verifies and starts it, and stays its parent: that is the process whose id is
 * told. The program is beside this one, else in ../libexec/opentps, else on the PATH; it is given the
 * `tps-component` that lies there too, for a device that has no component image of its own. It runs on when
 * this program ends, and writes its log to DIR/component.log.
 *
 * @param[out] started  True if it was started now; may be NULL.
 * @retval TPS_COMPONENT_UNREACHABLE  It could not be started, or did not answer within 10 s; `problem` has
 * the last line of its log (device/log.h).
 */
TPS_MUST_USE tps_status tps_device_start(const tps_device_folder *folder, bool *started,
                                         tps_device_problem *problem);

/**
 * @brief Stop the component, and wait until it has ended.
 * @param[out] stopped  False if none ran; may be NULL.
 * @retval TPS_COMPONENT_UNREACHABLE  It belongs to another user, or did not end within 10 s.
 */
TPS_MUST_USE tps_status tps_device_stop(const tps_device_folder *folder, bool *stopped,
                                        tps_device_problem *problem);

#endif
