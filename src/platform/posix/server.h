/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file server.h
 * Serves a component's clients over a Unix socket (SOCK_SEQPACKET, one frame a packet; see
 * component/core/frame.h), in one thread.
 *
 * Fairness: clients with something to do stand in one line and get one request done each. A client that does
 * not read its responses waits for itself only. One that sends what is no frame, or does not log in, is
 * closed, alone. Requests are read ahead, so that a cancel finds one that has not begun. What is kept of one
 * client is bounded: TPS_SERVER_QUEUE_BYTES_MAX, one further frame, and one response that it has not read.
 */
#ifndef TPS_PLATFORM_POSIX_SERVER_H
#define TPS_PLATFORM_POSIX_SERVER_H

#include <signal.h>

#include "component/core/component.h"

/** Clients at one time, and of one user at one time, so that one user cannot lock out the others. */
#define TPS_SERVER_CLIENTS_MAX          128u
#define TPS_SERVER_CLIENTS_PER_USER_MAX 96u

/** Requests read ahead of one client; and bytes, after which no further one is: so many and one frame are
 * kept.
 */
#define TPS_SERVER_QUEUE_MAX       8u
#define TPS_SERVER_QUEUE_BYTES_MAX 65536u

/** Frames taken of one client in its turn, so that cancels, which are not kept, cannot hold up the others. */
#define TPS_SERVER_FRAMES_A_TURN 16u

/** Clients accepted before those that are connected have their turn. */
#define TPS_SERVER_ACCEPTS_A_TURN 16u

/** How long a client may be connected without having logged in. */
#define TPS_SERVER_LOGIN_MS 10000

/** How long nobody is accepted when the process has no descriptors left. */
#define TPS_SERVER_DEAF_MS 100

/** Lines about clients that go to the log in one second; further ones are counted only. */
#define TPS_SERVER_LOG_LINES_A_SECOND 20u

/**
 * Open the listening socket at `path`, for every user who can reach it. A socket that a dead component left
 * is replaced.
 * @param[out] listener  The caller closes it.
 * @retval TPS_TOO_LARGE          The path is longer than a socket's name may be (107 bytes).
 * @retval TPS_COMPONENT_IN_USE   Somebody answers there, or the path is no socket.
 * @retval TPS_IO                 It cannot be made.
 */
TPS_MUST_USE tps_status tps_server_listen(const char *path, int *listener);

/**
 * Serve until `*stop` is not 0, or the first stage is gone. Signals that set it must be blocked by the
 * caller; they are let in while waiting, under `waiting_mask`.
 * @param control  Where the first stage sends the doors of applications (doors.h), or -1. Closed at the end.
 * @retval TPS_OK             Asked to stop; every client is closed.
 * @retval TPS_OUT_OF_MEMORY  No memory for the table of clients.
 * @retval TPS_IO             Waiting failed.
 */
TPS_MUST_USE tps_status tps_server_run(tps_component *component, int listener, int control,
                                       const volatile sig_atomic_t *stop, const sigset_t *waiting_mask);

#endif
