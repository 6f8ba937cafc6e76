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

tps_status tps_peer_login(int socket, uint32_t method, bool has_gid, uint32_t gid, const uint8_t *application,
                          tps_login *login)
{
    bool of_application = method == TPSC_LOGIN_APPLICATION || method == TPSC_LOGIN_USER_APPLICATION ||
                          method == TPSC_LOGIN_GROUP_APPLICATION;
    bool of_group = method == TPSC_LOGIN_GROUP || method == TPSC_LOGIN_GROUP_APPLICATION;

    if (!of_application && !of_group && method != TPSC_LOGIN_PUBLIC && method != TPSC_LOGIN_USER) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    if (of_application && application == NULL) {
        return TPS_COMPONENT_DENIED;
    }
    if (of_group && !has_gid) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    if (of_group && gid != login->gid && !is_member(socket, gid)) {
        return TPS_COMPONENT_DENIED;
    }
    if (of_group) {
        login->gid = gid;
    }
    if (of_application) {
        memcpy(login->application, application, sizeof(login->application));
    }
    login->method = method;
    return TPS_OK;
}
