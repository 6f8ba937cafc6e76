/* SPDX-License-Identifier: Apache-2.0 */
/* Connections through the door of an application: one end of a socket pair is sent to the component. */
#include "connector/local/door.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "component/core/door.h"

static bool is_door(int fd)
{
    int type = 0;
    socklen_t size = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

tps_status tps_local_door_find(int *door)
{
    const char *text = getenv(TPS_DOOR_VARIABLE);
    char *end;
    long number;

    *door = -1;
    if (text == NULL) {
        return TPS_OK;
    }
    number = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > INT_MAX || !is_door((int)number)) {
        return TPS_BAD_ARGUMENT;
    }
    *door = (int)number;
    return TPS_OK;
}

/** Sends a descriptor; the caller keeps its own. */
static bool pass(int door, int descriptor)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    char packet[] = TPS_DOOR_CONNECT;
    struct iovec part = {.iov_base = packet, .iov_len = sizeof(packet) - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    ssize_t sent;

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(descriptor));
    memcpy(CMSG_DATA(head), &descriptor, sizeof(descriptor));
    do {
        sent = sendmsg(door, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)part.iov_len;
}

int tps_local_door_connect(int door)
{
    int ends[2];
    int result = -1;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    if (pass(door, ends[1])) {
        result = ends[0];
    } else {
        close(ends[0]);
    }
    close(ends[1]);
    return result;
}
