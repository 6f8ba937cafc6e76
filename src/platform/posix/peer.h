/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file peer.h
 * Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED): never as the client says.
 */
#ifndef TPS_PLATFORM_POSIX_PEER_H
#define TPS_PLATFORM_POSIX_PEER_H

#include "component/core/service.h"

/**
 * Fill `out` with the credentials that the peer had when it connected, as a PUBLIC login.
 * @retval TPS_IO  The kernel does not tell.
 */
TPS_MUST_USE tps_status tps_peer_of(int socket, tps_login *out);

/**
 * Turn `login` into the identity that the client asks for, if it has it.
 *
 * USER is the peer's effective uid. GROUP must be the peer's effective gid or one of its supplementary
 * groups. The application logins hold where the connection came through a door that the first stage labelled
 * (doors.h), under that label's digest; on any other nothing tells one program of a user from another.
 *
 * @param method       One of TPSC_LOGIN_*.
 * @param has_gid, gid The group asked for.
 * @param application  32 bytes, the label's digest; NULL: there is none.
 *
 * @retval TPS_COMPONENT_DENIED       The peer is not that, or nobody can be on this socket.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The method is unknown, or the group is missing.
 */
TPS_MUST_USE tps_status tps_peer_login(int socket, uint32_t method, bool has_gid, uint32_t gid,
                                       const uint8_t *application, tps_login *login);

#endif
