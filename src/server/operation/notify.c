/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to the service manager. */
#include "server/operation/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static uint64_t monotonic_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* An abstract socket's name begins with "@", which stands for a zero byte. */
static void tell(const char *text)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = name == NULL ? 0 : strlen(name);
    int fd;

    if (size == 0 || size >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@')) {
        return;
    }
    memcpy(address.sun_path, name, size);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return;
    }
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    (void)close(fd);
}

void tps_notify_ready(void)
{
    tell("READY=1");
}

void tps_notify_reloading(void)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)monotonic_us());
    tell(text);
}

void tps_notify_stopping(void)
{
    tell("STOPPING=1");
}

static _Atomic uint64_t *counter;

void tps_notify_count_ticks(_Atomic uint64_t *ticks)
{
    counter = ticks;
}

/* WATCHDOG_PID tells which process the manager watches. */
void tps_notify_tick(void)
{
    const char *period = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (counter != NULL) {
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    }
    if (period != NULL && (pid == NULL || strtol(pid, NULL, 10) == (long)getpid())) {
        tell("WATCHDOG=1");
    }
}
