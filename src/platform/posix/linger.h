/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file linger.h
 * Descriptors that nobody asked for. Whoever can send to a Unix socket can send descriptors (SCM_RIGHTS), and
 * the process that throws them away is the one that closes them: a TCP socket with SO_LINGER and bytes that
 * nobody reads holds it for as long as its sender wants. So the listening socket takes none where the kernel
 * can do that (SO_PASSRIGHTS, Linux 6.16). Elsewhere, and on what comes through an application's door,
 * packets are received and sockets closed under a timer, which breaks such waits.
 *
 * What cannot be broken: the end of a file in a file system whose server does not answer (FUSE). Only an
 * application can have the component install, and so end, such a one; docs/threat-model.md tells it.
 */
#ifndef TPS_PLATFORM_POSIX_LINGER_H
#define TPS_PLATFORM_POSIX_LINGER_H

#include <sys/types.h>

#include "tps/span.h"
#include "tps/status.h"

/** How long a close may wait, at most, in milliseconds. */
#define TPS_LINGER_MS 2

/**
 * Have a listening socket, and all that is accepted from it, take no descriptors: the sender's call fails.
 * @return false where the kernel cannot do that.
 */
bool tps_linger_refuse(int listener);

/** Whether descriptors can come through this socket. */
bool tps_linger_can_come(int socket);

/** Installs the timer's signal (SIGALRM), once, before the first of the following. */
void tps_linger_prepare(void);

/** Between these two, a wait that a signal can break ends within TPS_LINGER_MS. They do not nest. */
void tps_linger_begin(void);
void tps_linger_end(void);

/** Close a descriptor that others had in their hands, or a socket on which descriptors may wait. */
void tps_linger_close(int descriptor);

/**
 * Receive one packet, without waiting.
 *
 * @param can_come   False where tps_linger_can_come() said so: saves the timer.
 * @param[out] size  The packet's, also where it is larger than `room` (and cut off).
 *
 * @retval TPS_NOT_FOUND              Nothing is there now.
 * @retval TPS_IO                     The other end is gone.
 * @retval TPS_COMPONENT_BAD_MESSAGE  Descriptors were beside it; they are closed.
 */
TPS_MUST_USE tps_status tps_linger_receive(int socket, bool can_come, tps_buf room, size_t *size);

#endif
