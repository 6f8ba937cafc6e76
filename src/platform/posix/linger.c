/* SPDX-License-Identifier: Apache-2.0 */
/* Packets without descriptors, and closing what others sent. */
#include "platform/posix/linger.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of Linux 6.16; a few architectures number socket options otherwise, and do without. */
#if !defined(SO_PASSRIGHTS) && !defined(__alpha__) && !defined(__hppa__) && !defined(__sparc__)
#define SO_PASSRIGHTS 83
#endif

bool tps_linger_refuse(int listener)
{
#ifdef SO_PASSRIGHTS
    int passes = 0;

    return setsockopt(listener, SOL_SOCKET, SO_PASSRIGHTS, &passes, sizeof(passes)) == 0;
#else
    (void)listener;
    return false;
#endif
}

bool tps_linger_can_come(int socket)
{
    int passes = 1;
#ifdef SO_PASSRIGHTS
    socklen_t size = sizeof(passes);

    if (getsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &passes, &size) != 0) {
        passes = 1;
    }
#else
    (void)socket;
#endif
    return passes != 0;
}

static void on_alarm(int number)
{
    (void)number; /* that it came is all that it is for */
}

void tps_linger_prepare(void)
{
    struct sigaction action = {.sa_handler = on_alarm};

    sigaction(SIGALRM, &action, NULL);
}

/** It comes again and again: the first may be early. */
static void set_timer(suseconds_t microseconds)
{
    const struct itimerval every = {{0, microseconds}, {0, microseconds}};

    (void)setitimer(ITIMER_REAL, &every, NULL);
}

void tps_linger_begin(void)
{
    set_timer((suseconds_t)TPS_LINGER_MS * 1000 / 2);
}

void tps_linger_end(void)
{
    set_timer(0);
}

void tps_linger_close(int descriptor)
{
    tps_linger_begin();
    close(descriptor); /* EINTR or not: it is closed */
    tps_linger_end();
}

tps_status tps_linger_receive(int socket, bool can_come, tps_buf room, size_t *size)
{
    struct iovec part = {.iov_base = room.data, .iov_len = room.size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1}; /* without room for descriptors */
    ssize_t got;
    int error;

    if (can_come) {
        tps_linger_begin();
    }
    got = recvmsg(socket, &message, MSG_TRUNC | MSG_DONTWAIT);
    error = errno;
    if (can_come) {
        tps_linger_end();
    }
    if (got < 0) {
        return error == EAGAIN || error == EINTR ? TPS_NOT_FOUND : TPS_IO;
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
        return TPS_COMPONENT_BAD_MESSAGE;
    }
    *size = (size_t)got;
    return got == 0 ? TPS_IO : TPS_OK;
}
