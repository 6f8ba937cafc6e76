/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file doors.h
 * The doors of applications in the component process: the first stage labels each with the digest of the
 * application behind it, and the application sends its connections through it (spec/first-stage.cddl).
 */
#ifndef TPS_PLATFORM_POSIX_DOORS_H
#define TPS_PLATFORM_POSIX_DOORS_H

#include <poll.h>

#include "component/core/applications.h"
#include "platform/posix/first_stage.h"
#include "platform/posix/peer.h"

/** Applications that run at one time. */
#define TPS_DOORS_MAX 8u

/** Places that tps_doors_watch() fills, at most. */
#define TPS_DOORS_POLLS (TPS_DOORS_MAX + 1u)

typedef struct {
    int fd; /**< -1: free */
    tps_stage_label label;
} tps_door;

/** Doors, and the control socket that brings them. */
typedef struct {
    int control; /**< -1: there is none */
    tps_door doors[TPS_DOORS_MAX];
} tps_doors;

/**
 * Takes a connection that came through a door: it belongs to the callee from now on.
 * @param login        The kernel's word on who made it.
 * @param application  32 bytes: the label of the door.
 */
typedef void (*tps_doors_admit)(void *context, int connection, const tps_login *login,
                                const uint8_t *application);

/** @param control  The control socket, or -1. Belongs to `doors` from now on. */
void tps_doors_begin(tps_doors *doors, int control);

/**
 * What to wait for. A place for each descriptor that there is, and no more: the kernel refuses to wait for
 * more than a process may have open.
 * @return how many places are filled.
 */
size_t tps_doors_watch(const tps_doors *doors, struct pollfd polls[TPS_DOORS_POLLS]);

/**
 * Take what came: doors, counting each as a start of its application, and connections, each given to `admit`.
 * One packet a socket and call, so that none holds up the others. Whoever breaks the grammar loses its
 * socket.
 * @param polls  As tps_doors_watch() filled them, and poll() after it.
 * @return false when the first stage is gone: nothing watches over this component any more, and it must end.
 */
bool tps_doors_look(tps_doors *doors, const struct pollfd polls[TPS_DOORS_POLLS], tps_component *component,
                    tps_doors_admit admit, void *context);

/** Closes all. */
void tps_doors_end(tps_doors *doors);

#endif
