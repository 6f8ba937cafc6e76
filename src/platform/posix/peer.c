/* SPDX-License-Identifier: Apache-2.0 */
/* Logins from what the kernel knows about a Unix socket's peer. */
#include "platform/posix/peer.h"

#include <sys/socket.h>
#include <sys/types.h>

/** Supplementary groups looked at; Linux allows 65536, which nobody has. */
#define GROUPS_MAX 1024

tps_status tps_peer_of(int socket, tps_login *out)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof(peer)) {
        return TPS_IO;
    }
    *out = (tps_login){.method = TPSC_LOGIN_PUBLIC,
                       .uid = (uint32_t)peer.uid,
                       .gid = (uint32_t)peer.gid,
                       .pid = (uint32_t)peer.pid};
    return TPS_OK;
}

static bool is_member(int socket, uint32_t gid)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof(groups);

    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
        return false;
    }
    for (size_t i = 0; i < size / sizeof(groups[0]); i++) {
        if (groups[i] == gid) {
            return true;
        }
    }
    return false;
}

tps_status tps_peer_login(int socket, uint32_t method, bool has_gid, uint32_t gid, tps_login *login)
{
    switch (method) {
    case TPSC_LOGIN_PUBLIC:
    case TPSC_LOGIN_USER: break;
    case TPSC_LOGIN_GROUP:
        if (!has_gid) {
            return TPS_COMPONENT_BAD_MESSAGE;
        }
        if (gid != login->gid && !is_member(socket, gid)) {
            return TPS_COMPONENT_DENIED;
        }
        login->gid = gid;
        break;
    case TPSC_LOGIN_APPLICATION:
    case TPSC_LOGIN_USER_APPLICATION:
    case TPSC_LOGIN_GROUP_APPLICATION: return TPS_COMPONENT_DENIED;
    default: return TPS_COMPONENT_BAD_MESSAGE;
    }
    login->method = method;
    return TPS_OK;
}
