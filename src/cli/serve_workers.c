/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tps serve --workers N`: N processes on one address, each a server of its own, and this one that watches.
 * They share the store, as servers on several machines would, and beside it only the numbers that they count.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/serve_options.h"
#include "server/operation/metrics.h"
#include "server/operation/supervise.h"

typedef struct {
    int (*serve)(void *context); /* as one process does it */
    bool (*announce)(void *context, const char *address);
    void *context;
    serve_settings *settings;
    tps_metrics_block *blocks; /* one for each, and one for this */
    char address[80];
} crew;

struct addrinfo *serve_read_address(const char *text)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[' && colon != NULL && colon > text + 1 && colon[-1] == ']';
    size_t size = colon == NULL ? 0 : (size_t)(colon - text) - (is_bracketed ? 2 : 0);
    char host[64];

    if (size == 0 || size >= sizeof(host)) {
        return NULL;
    }
    memcpy(host, text + (is_bracketed ? 1 : 0), size);
    host[size] = '\0';
    if ((strchr(host, ':') != NULL) != is_bracketed || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        return NULL;
    }
    return found;
}

/* ---- the address ---- */

/*
 * Binds without listening: finds out now whether the address can be had, and which port the system chooses
 * for 0, and keeps it while no process listens.
 */
static int reserve(const char *text, char address[80])
{
    struct addrinfo *wanted = serve_read_address(text);
    struct sockaddr_storage bound;
    char port[8];
    socklen_t size = sizeof(bound);
    int one = 1;
    int fd;

    if (wanted == NULL) {
        (void)cli_fail("give --listen IP:PORT, such as 127.0.0.1:8080", "%s: this is no address and port",
                       text);
        return -1;
    }
    fd = socket(wanted->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0 ||
        bind(fd, wanted->ai_addr, wanted->ai_addrlen) != 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof(port), NI_NUMERICSERV) != 0) {
        (void)cli_fail("choose another address with --listen", "%s: it cannot be listened on: %s", text,
                       strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        fd = -1;
    } else {
        (void)snprintf(address, 80, "%.*s:%s", (int)(strrchr(text, ':') - text), text, port);
    }
    freeaddrinfo(wanted);
    return fd;
}

/* ---- what each does ---- */

static int work(void *context, uint32_t number)
{
    crew *c = context;
    tps_service_options *service = &c->settings->service;

    tps_metrics_use(c->blocks, c->settings->workers + 1, number);
    tps_metrics_set(TPS_METRIC_WORKERS, 0, 1);
    c->settings->log.worker = number + 1;
    service->http.address = c->address;
    service->http.shared_port = true;
    if (number > 0) {
        service->metrics_address = NULL; /* one answers for all */
    }
    return c->serve(c->context);
}

static bool all_ready(void *context)
{
    crew *c = context;

    return c->announce(c->context, c->address);
}

/* Its gauges say nothing any more; what it counted stays. */
static void restarting(void *context, uint32_t number)
{
    crew *c = context;

    tps_metrics_use(c->blocks, c->settings->workers + 1, number);
    tps_metrics_use(c->blocks, c->settings->workers + 1, c->settings->workers);
    tps_metrics_add(TPS_METRIC_WORKER_RESTARTS, 0, 1);
}

int serve_with_workers(serve_settings *settings, int (*serve)(void *context),
                       bool (*announce)(void *context, const char *address), void *context)
{
    crew c = {.serve = serve, .announce = announce, .context = context, .settings = settings};
    size_t size = (settings->workers + 1) * sizeof(tps_metrics_block);
    tps_log_options log = settings->log;
    tps_supervise_options options = {.count = settings->workers,
                                     .hang_ms = TPS_SUPERVISE_HANG_MS,
                                     .work = work,
                                     .all_ready = all_ready,
                                     .restarting = restarting,
                                     .context = &c};
    tps_status status;
    int code = CLI_FAILED;
    int fd = reserve(settings->service.http.address, c.address);

    if (fd < 0) {
        return CLI_FAILED;
    }
    c.blocks = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c.blocks == MAP_FAILED) {
        (void)close(fd);
        return cli_fail_status("the numbers that are counted", TPS_OUT_OF_MEMORY, NULL);
    }
    tps_metrics_use(c.blocks, settings->workers + 1, settings->workers);
    log.at_once = true;
    status = tps_log_begin(&log);
    if (status == TPS_OK) {
        status = tps_supervise(&options, &code);
    }
    (void)munmap(c.blocks, size);
    (void)close(fd);
    return status == TPS_OK ? code : cli_fail_status("the processes", status, NULL);
}
